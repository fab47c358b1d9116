/*
 * proof_parts.h - the two ways to prove, between the files of proof.c
 */
#ifndef RAIZ_DNSSEC_PROOF_PARTS_H
#define RAIZ_DNSSEC_PROOF_PARTS_H

#include "resolver/dnssec/proof.h"

/* A record stands at the name, or at the wildcard that matches it: do its types say that qtype is absent, as far as
 * this side of a zone cut can know? `at_root`: the name is the root, whose DS is nobody else's to deny. */
bool types_lack(const uint8_t *bitmap, uint16_t len, uint16_t qtype, bool at_root);
/* The record of the parent side of a cut, or of a DNAME: it says nothing of what lies below (RFC 6840 section 4.1,
 * T66). */
bool types_silent_below(const uint8_t *bitmap, uint16_t len);

enum proof nsec_proves_nxdomain(const struct proof_set *p, struct dname qname, struct dname_buf *encloser);
enum proof nsec_proves_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype,
                              struct dname_buf *encloser);
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
