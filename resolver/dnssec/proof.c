/*
 * proof.c - what a set of NSEC or NSEC3 records proves: the choice between the two
 */
#include "resolver/dnssec/proof.h"

#include "dns/nsec.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/dnssec/proof_parts.h"

bool types_lack(const uint8_t *bitmap, uint16_t len, uint16_t qtype, bool at_root)
{
    bool ns = nsec_bitmap_has(bitmap, len, DNS_TYPE_NS), soa = nsec_bitmap_has(bitmap, len, DNS_TYPE_SOA);
    if (nsec_bitmap_has(bitmap, len, qtype) || nsec_bitmap_has(bitmap, len, DNS_TYPE_CNAME)) {
        return false;
    }
    if (qtype == DNS_TYPE_DS) {
        return SEEDED(46, !soa || at_root, true); /* RFC 6840 section 4.4: the child does not know (T67) */
    }
    if (SEEDED(45, ns && !soa, false)) {
        return false; /* RFC 6840 section 4.1: nor does the parent know of anything but the DS */
    }
    return qtype != DNS_TYPE_ANY || nsec_bitmap_empty(bitmap, len);
}

bool types_silent_below(const uint8_t *bitmap, uint16_t len)
{
    return (nsec_bitmap_has(bitmap, len, DNS_TYPE_NS) && !nsec_bitmap_has(bitmap, len, DNS_TYPE_SOA)) ||
           nsec_bitmap_has(bitmap, len, DNS_TYPE_DNAME);
}

static bool has_nsec(const struct proof_set *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (p->set[i]->type == DNS_TYPE_NSEC) {
            return true;
        }
    }
    return false;
}

/* False: these records cannot speak of the name at all. A zone knows nothing beside itself (T65: an NSEC3 owner may
 * hash any name there is), and of its own DS only its parent knows (RFC 4035 section 2.4, T67, T78); the root has none
 * above it. */
static bool start(const struct proof_set *p, struct dname name, bool ds, struct proof_result *out)
{
    out->proof = PROOF_NONE;
    out->too_many_iterations = false;
    dname_copy(dname_root(), &out->encloser);
    return ds && !dname_is_root(name) ? dname_below(name, p->zone) : dname_under(name, p->zone);
}

/* L16: too many iterations never make anything secure. When they used up the work, that alone is what is known. */
static void settle(const struct dnssec_work *work, struct proof_result *out)
{
    bool spent = work->hashes >= DNSSEC_HASHES_MAX;
    if (out->too_many_iterations && (out->proof == PROOF_SECURE || spent)) {
        out->proof = PROOF_INSECURE;
    }
}

void proof_nxdomain(const struct proof_set *p, struct dname qname, struct dnssec_work *work, struct proof_result *out)
{
    if (!start(p, qname, false, out)) {
        return;
    }
    if (has_nsec(p)) {
        out->proof = nsec_proves_nxdomain(p, qname, &out->encloser);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_nxdomain(p, qname, work, out);
    }
    settle(work, out);
}

void proof_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dnssec_work *work,
                  struct proof_result *out)
{
    if (!start(p, qname, qtype == DNS_TYPE_DS, out)) {
        return;
    }
    if (has_nsec(p)) {
        out->proof = nsec_proves_nodata(p, qname, qtype, &out->encloser);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_nodata(p, qname, qtype, work, out);
    }
    settle(work, out);
}

void proof_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels, struct dnssec_work *work,
                    struct proof_result *out)
{
    if (!start(p, qname, false, out)) {
        return;
    }
    if (has_nsec(p)) {
        out->proof = nsec_proves_wildcard(p, qname, labels);
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_wildcard(p, qname, labels, work, out);
    }
    settle(work, out);
}

enum delegation_proof proof_no_ds(const struct proof_set *p, struct dname cut, struct dnssec_work *work,
                                  struct proof_result *out)
{
    enum delegation_proof proof = CUT_NOT_PROVEN;
    if (!start(p, cut, true, out) || dname_is_root(cut)) {
        return CUT_NOT_PROVEN;
    }
    if (has_nsec(p)) {
        proof = nsec_proves_no_ds(p, cut);
        out->proof = proof != CUT_NOT_PROVEN ? PROOF_SECURE : PROOF_NONE;
    }
    if (proof != CUT_NOT_PROVEN) {
        return proof;
    }
    proof = nsec3_proves_no_ds(p, cut, work, out);
    settle(work, out);
    return out->too_many_iterations && out->proof == PROOF_INSECURE ? CUT_INSECURE : proof;
}
