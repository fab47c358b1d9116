/*
 * proof_nsec3.c - what NSEC3 records prove (RFC 5155 section 8)
 *
 * All records of one proof belong to one chain: same zone, same parameters as the first (T61). The closest encloser is
 * looked for from the zone downwards: the names that exist come first, and the first name that does not ends the
 * search, so that a name of a hundred labels made up below a zone costs two hashes, not a hundred (T58).
 */
#include <string.h>

#include "dns/nsec.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/dnssec/proof_parts.h"

struct chain {
    struct dname zone;
    struct dnssec_work *work;
    unsigned count;
    struct nsec3 record[DNSSEC_NSEC3_SETS_MAX];
};

static bool same_parameters(const struct nsec3 *a, const struct nsec3 *b)
{
    return SEEDED(51, a->iterations == b->iterations, true) && a->salt_len == b->salt_len &&
           (a->salt_len == 0 || memcmp(a->salt, b->salt, a->salt_len) == 0);
}

/* False: no record that can be used. Unknown hashes and flags are ignored (RFC 5155 sections 8.1 and 8.2). */
static bool chain_of(const struct proof_set *p, struct dnssec_work *work, struct chain *out)
{
    *out = (struct chain){.zone = p->zone, .work = work};
    for (unsigned i = 0; i < p->count && out->count < DNSSEC_NSEC3_SETS_MAX; i++) {
        struct nsec3 *n = &out->record[out->count];
        if (nsec3_read(p->set[i], p->zone, n) && n->algorithm == NSEC3_SHA1 && (n->flags & ~NSEC3_OPT_OUT) == 0 &&
            (out->count == 0 || same_parameters(n, &out->record[0]))) {
            out->count++;
        }
    }
    return out->count > 0;
}

/* L16, the same gate for every kind of proof (T59). */
static bool over_limit(const struct chain *c)
{
    return SEEDED(53, c->record[0].iterations > DNSSEC_ITERATIONS_MAX, false) ||
           c->record[0].salt_len > DNSSEC_SALT_MAX;
}

/* Above the limit nothing is proven, but a few iterations more are computed to find what is plainly wrong. */
static bool worth_computing(const struct chain *c)
{
    return c->record[0].iterations <= DNSSEC_ITERATIONS_COMPUTED_MAX && c->record[0].salt_len <= DNSSEC_SALT_MAX;
}

/* In hashes of the most iterations allowed. */
static uint16_t hash_price(const struct nsec3 *n)
{
    return (uint16_t)(n->iterations <= DNSSEC_ITERATIONS_MAX
                          ? 1
                          : (n->iterations + DNSSEC_ITERATIONS_MAX - 1) / DNSSEC_ITERATIONS_MAX);
}

/* The record that matches or covers a name. */
struct place {
    const struct nsec3 *match, *cover;
};
static struct place place_of(const struct chain *c, struct dname name)
{
    struct place out = {NULL, NULL};
    uint8_t hash[NSEC3_HASH_SIZE];
    if (SEEDED(52, c->work->hashes >= DNSSEC_HASHES_MAX, false)) {
        c->work->given_up = true;
        return out;
    }
    c->work->hashes += hash_price(&c->record[0]);
    if (!nsec3_hash(name, &c->record[0], hash)) {
        return out;
    }
    for (unsigned i = 0; i < c->count; i++) {
        const struct nsec3 *n = &c->record[i];
        if (memcmp(n->owner, hash, sizeof hash) == 0) {
            out.match = n;
        } else if (out.cover == NULL && nsec3_covers(n, hash)) {
            out.cover = n;
        }
    }
    return out;
}

struct encloser {
    struct dname name;
    const struct nsec3 *next_closer; /* covers the name one label longer */
};

/* RFC 5155 section 8.3. */
static bool find_encloser(const struct chain *c, struct dname qname, struct encloser *out)
{
    const struct nsec3 *last = NULL; /* matches the name tried before */
    for (unsigned labels = c->zone.labels; labels <= qname.labels; labels++) {
        struct dname name = dname_suffix(qname, labels);
        struct place at = place_of(c, name);
        if (at.match == NULL && at.cover != NULL && last != NULL) {
            *out = (struct encloser){.name = dname_suffix(qname, labels - 1), .next_closer = at.cover};
            return SEEDED(50, !types_silent_below(last->bitmap, last->bitmap_len), true); /* T66 */
        }
        last = at.match;
        if (SEEDED(52, c->work->hashes >= DNSSEC_HASHES_MAX, false)) {
            c->work->given_up = true;
            return false;
        }
    }
    return false;
}

static bool wildcard_at(const struct chain *c, const struct encloser *e, struct place *out)
{
    struct dname_buf wildcard;
    if (!dname_prepend((const uint8_t *)"*", 1, e->name, &wildcard)) {
        return false;
    }
    *out = place_of(c, dname_of(&wildcard));
    return true;
}

/* RFC 5155 section 9.2: under an opt-out span nothing is certain. */
static enum proof certainty(const struct nsec3 *next_closer)
{
    return (next_closer->flags & NSEC3_OPT_OUT) != 0 ? PROOF_INSECURE : PROOF_SECURE;
}

/* Common beginning. False: *out is decided already. */
static bool begin(const struct proof_set *p, struct dnssec_work *work, struct chain *c, struct proof_result *out)
{
    out->proof = PROOF_NONE;
    out->too_many_iterations = false;
    if (!chain_of(p, work, c)) {
        return false;
    }
    out->too_many_iterations = over_limit(c);
    if (out->too_many_iterations && !worth_computing(c)) {
        out->proof = PROOF_INSECURE;
        return false;
    }
    return true;
}

void nsec3_proves_nxdomain(const struct proof_set *p, struct dname qname, struct dnssec_work *work,
                           struct proof_result *out)
{
    struct chain c;
    struct encloser e;
    struct place wildcard;

    if (!begin(p, work, &c, out) || !find_encloser(&c, qname, &e)) {
        return;
    }
    dname_copy(e.name, &out->encloser);
    if (wildcard_at(&c, &e, &wildcard) && wildcard.match == NULL && wildcard.cover != NULL) {
        out->proof = certainty(e.next_closer); /* section 8.4 */
    }
}

void nsec3_proves_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dnssec_work *work,
                         struct proof_result *out)
{
    struct chain c;
    struct encloser e;
    struct place wildcard;

    if (!begin(p, work, &c, out)) {
        return;
    }
    struct place at = place_of(&c, qname);
    if (at.match != NULL) { /* sections 8.5 and 8.6 */
        bool lacks = types_lack(at.match->bitmap, at.match->bitmap_len, qtype, dname_is_root(qname));
        out->proof = lacks ? PROOF_SECURE : PROOF_NONE;
        return;
    }
    if (!find_encloser(&c, qname, &e)) {
        return;
    }
    dname_copy(e.name, &out->encloser);
    if (certainty(e.next_closer) == PROOF_INSECURE) {
        /* Section 8.6: an unsigned delegation, or an empty non-terminal above one: an opt-out chain leaves both out. */
        out->proof = PROOF_INSECURE;
    } else if (wildcard_at(&c, &e, &wildcard) && wildcard.match != NULL && /* section 8.7 */
               types_lack(wildcard.match->bitmap, wildcard.match->bitmap_len, qtype, false)) {
        out->proof = PROOF_SECURE;
    }
}

void nsec3_proves_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels, struct dnssec_work *work,
                           struct proof_result *out)
{
    struct chain c;

    if (!begin(p, work, &c, out) || labels >= qname.labels || labels < p->zone.labels) {
        return;
    }
    struct place at = place_of(&c, dname_suffix(qname, labels + 1u)); /* section 8.8 */
    if (at.match == NULL && at.cover != NULL) {
        out->proof = certainty(at.cover);
    }
}

enum delegation_proof nsec3_proves_no_ds(const struct proof_set *p, struct dname cut, struct dnssec_work *work,
                                         struct proof_result *out)
{
    struct chain c;

    if (!begin(p, work, &c, out)) {
        return out->proof == PROOF_INSECURE ? CUT_INSECURE : CUT_NOT_PROVEN;
    }
    struct place at = place_of(&c, cut);
    if (at.match != NULL) { /* section 8.9 */
        if (nsec3_has(at.match, DNS_TYPE_SOA) || nsec3_has(at.match, DNS_TYPE_DS)) {
            return CUT_NOT_PROVEN;
        }
        out->proof = PROOF_SECURE;
        return nsec3_has(at.match, DNS_TYPE_NS) ? CUT_INSECURE : CUT_NO_DELEGATION;
    }
    nsec3_proves_nodata(p, cut, DNS_TYPE_DS, work, out);
    if (out->proof == PROOF_INSECURE) {
        return CUT_INSECURE; /* an opt-out span */
    }
    if (out->proof == PROOF_NONE) {
        nsec3_proves_nxdomain(p, cut, work, out);
    }
    return out->proof == PROOF_NONE ? CUT_NOT_PROVEN : CUT_NO_DELEGATION;
}
