/*
 * proof_parts.h - the two ways to prove, between the files of proof.c
 */
#ifndef RAIZ_DNSSEC_PROOF_PARTS_H
#define RAIZ_DNSSEC_PROOF_PARTS_H

#include "resolver/dnssec/proof.h"

enum proof nsec_proves_nxdomain(const struct proof_set *p, struct dname qname, struct dname_buf *encloser);
enum proof nsec_proves_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dname_buf *encloser);
enum proof nsec_proves_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels);
enum delegation_proof nsec_proves_no_ds(const struct proof_set *p, struct dname cut);

void nsec3_proves_nxdomain(const struct proof_set *p, struct dname qname, struct dnssec_work *work,
                           struct proof_result *out);
void nsec3_proves_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dnssec_work *work,
                         struct proof_result *out);
void nsec3_proves_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels, struct dnssec_work *work,
                           struct proof_result *out);
enum delegation_proof nsec3_proves_no_ds(const struct proof_set *p, struct dname cut, struct dnssec_work *work,
                                         struct proof_result *out);

#endif
