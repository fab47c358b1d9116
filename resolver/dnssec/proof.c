/*
 * proof.c - what a set of NSEC or NSEC3 records proves: the choice between the two
 */
#include "resolver/dnssec/proof.h"

#include "dns/types.h"
#include "resolver/dnssec/proof_parts.h"

static bool has_nsec(const struct proof_set *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->set[i]->type == DNS_TYPE_NSEC) {
            return true;
        }
    }
    return false;
}

static void start(struct proof_result *out)
{
    out->proof = PROOF_NONE;
    out->too_many_iterations = false;
    dname_copy(dname_root(), &out->encloser);
}

void proof_nxdomain(const struct proof_set *p, struct dname qname, struct dnssec_work *work, struct proof_result *out)
{
    start(out);
    if (has_nsec(p)) {
        out->proof = nsec_proves_nxdomain(p, qname, &out->encloser);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_nxdomain(p, qname, work, out);
    }
}

void proof_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dnssec_work *work,
                  struct proof_result *out)
{
    start(out);
    if (has_nsec(p)) {
        out->proof = nsec_proves_nodata(p, qname, qtype, &out->encloser);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_nodata(p, qname, qtype, work, out);
    }
}

void proof_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels, struct dnssec_work *work,
                    struct proof_result *out)
{
    start(out);
    if (has_nsec(p)) {
        out->proof = nsec_proves_wildcard(p, qname, labels);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_wildcard(p, qname, labels, work, out);
    }
}

enum delegation_proof proof_no_ds(const struct proof_set *p, struct dname cut, struct dnssec_work *work,
                                  struct proof_result *out)
{
    enum delegation_proof proof = CUT_NOT_PROVEN;
    start(out);
    if (has_nsec(p)) {
        proof = nsec_proves_no_ds(p, cut);
        out->proof = proof != CUT_NOT_PROVEN ? PROOF_SECURE : PROOF_NONE;
    }
    return proof != CUT_NOT_PROVEN ? proof : nsec3_proves_no_ds(p, cut, work, out);
}
