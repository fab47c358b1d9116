/*
 * proof.h - what a set of NSEC or NSEC3 records proves
 *
 * Given records that have been validated under one zone's keys, says whether a name or type does not exist there. The
 * authority rules stand here and nowhere else, each a row in the tests (T61-T75):
 *   - every record speaks for its own zone: owner and next name lie at or below it, an NSEC3 owner is exactly one label
 *     below it; one proof never mixes zones or NSEC3 parameters;
 *   - a record of the parent side of a cut (NS without SOA) or of a DNAME denies nothing below it, save the DS;
 *   - a DS is denied by the parent side only: NS set, SOA and DS clear, or a covering opt-out span;
 *   - a name with descendants exists (empty non-terminal).
 *
 * Pure.
 */
#ifndef RAIZ_DNSSEC_PROOF_H
#define RAIZ_DNSSEC_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"
#include "resolver/dnssec/work.h"

#define PROOF_SETS_MAX 16

struct proof_set {
    struct dname zone; /* whose keys validated all of them */
    unsigned count;
    const struct rrset *set[PROOF_SETS_MAX]; /* NSEC or NSEC3 RRsets, none expanded from a wildcard */
};

enum proof {
    PROOF_NONE,     /* does not prove it: bogus */
    PROOF_SECURE,   /* proven */
    PROOF_INSECURE, /* an opt-out span covers the name, or NSEC3 parameters over the limit: cannot tell, insecure */
};

struct proof_result {
    enum proof proof;
    bool too_many_iterations;  /* extended error 27 */
    struct dname_buf encloser; /* closest encloser, where one was needed */
};

/* The name does not exist, nor a wildcard that would match it (RFC 4035 section 5.4, RFC 5155 section 8.4). */
void proof_nxdomain(const struct proof_set *p, struct dname qname, struct dnssec_work *work, struct proof_result *out);
/* The name exists without the type (or is an empty non-terminal), or a wildcard matches that lacks it (RFC 5155
 * sections 8.5-8.7). Includes qtype DS asked at the parent, and compact denial (RFC 9824). */
void proof_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dnssec_work *work,
                  struct proof_result *out);
/* For a wildcard expansion with `labels` labels in its RRSIG: the name itself, and what lies between, does not exist
 * (RFC 4035 section 5.3.4, RFC 5155 section 8.8). */
void proof_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels, struct dnssec_work *work,
                    struct proof_result *out);
/* At a referral to `cut`: there is a delegation there without a DS (RFC 5155 section 8.9, RFC 6840 section 4.4). */
enum delegation_proof { CUT_NOT_PROVEN, CUT_INSECURE, CUT_NO_DELEGATION /* the name exists and is no cut */ };
enum delegation_proof proof_no_ds(const struct proof_set *p, struct dname cut, struct dnssec_work *work,
                                  struct proof_result *out);

#endif
