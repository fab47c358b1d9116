/*
 * aggressive.c - answers made from proofs that came with other answers
 */
#include "resolver/engine/aggressive.h"

#include <assert.h>

#include "cache/denial.h"
#include "dns/nsec.h"
#include "dns/rdata.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/engine/core.h"

static_assert(DENIAL_ITERATIONS_MAX == DNSSEC_ITERATIONS_MAX && DENIAL_SALT_MAX == DNSSEC_SALT_MAX, "L16");

struct look {
    const struct aggressive *with;
    struct now now;
    struct denial_zone zone;
    struct proof_set proofs;
    uint32_t ttl_s; /* of what lives shortest */
    struct outcome *out;
};

static void shorten(struct look *l, uint32_t ttl_s)
{
    l->ttl_s = ttl_s < l->ttl_s ? ttl_s : l->ttl_s;
}

/* The record that matches or covers the name, added to the proofs unless it is there. */
static bool gather(struct look *l, struct dname name, struct denial_span *out)
{
    const struct aggressive *a = l->with;
    uint8_t hash[NSEC3_HASH_SIZE];
    bool found;

    if (l->zone.nsec3) {
        a->work->hashes++;
        found = denial_hash(&l->zone, name, hash) && denial_find_hash(a->cache, &l->zone, hash, l->now, a->arena, out);
    } else {
        found = denial_find(a->cache, &l->zone, name, l->now, a->arena, out);
    }
    if (!found) {
        return false;
    }
    shorten(l, out->ttl_s);
    for (unsigned i = 0; i < l->proofs.count; i++) {
        if (dname_equal(rrset_owner(l->proofs.set[i]), rrset_owner(out->set))) {
            return true;
        }
    }
    l->proofs.set[l->proofs.count++] = out->set;
    return true;
}

enum stand {
    STAND_UNKNOWN,
    STAND_EXISTS,
    STAND_ABSENT,
    STAND_MAYBE, /* absent if the encloser exists, which a wildcard below it would show */
};

/* The one record around the name tells its closest encloser as well (RFC 4592 section 3.3.1). */
static enum stand stand_by_nsec(struct look *l, struct dname qname, struct dname *encloser)
{
    struct denial_span at;
    struct nsec n;

    if (!gather(l, qname, &at) || !nsec_read(at.set, dname_of(&l->zone.name), &n)) {
        return STAND_UNKNOWN;
    }
    if (at.match || dname_below(n.next, qname)) { /* itself, or an empty non-terminal (T69) */
        return STAND_EXISTS;
    }
    unsigned before = dname_common(qname, n.owner), after = dname_common(qname, n.next);
    *encloser = dname_suffix(qname, before > after ? before : after);
    return STAND_ABSENT;
}

/* From the zone downwards: the last name that exists, and the record that covers the first that does not. Two names
 * that follow each other suffice (RFC 5155 section 8.3). */
static enum stand stand_by_nsec3(struct look *l, struct dname qname, struct dname *encloser)
{
    struct denial_span at;
    unsigned top = l->zone.name.labels;

    for (unsigned labels = top; labels <= qname.labels && labels < top + AGGRESSIVE_HASHES_MAX; labels++) {
        const struct rrset *above = l->proofs.count > 0 ? l->proofs.set[0] : NULL;
        uint32_t above_ttl_s = l->ttl_s;
        l->proofs.count = 0;
        l->ttl_s = UINT32_MAX;
        if (!gather(l, dname_suffix(qname, labels), &at)) {
            continue; /* what lies below may be known all the same */
        }
        if (!at.match) {
            if (labels == top) {
                return STAND_UNKNOWN;
            }
            *encloser = dname_suffix(qname, labels - 1);
            if (above == NULL) {
                return STAND_MAYBE;
            }
            if (!dname_equal(rrset_owner(above), rrset_owner(at.set))) { /* a chain of one is both */
                l->proofs.set[l->proofs.count++] = above;
                shorten(l, above_ttl_s);
            }
            return STAND_ABSENT;
        }
        if (labels == qname.labels) {
            return STAND_EXISTS;
        }
    }
    return STAND_UNKNOWN;
}

/* SOA and proofs become the authority section. False: the SOA is not known any more. */
static bool deny(struct look *l, uint16_t rcode)
{
    struct outcome *o = l->out;
    struct denial_span soa;

    if (!denial_soa(l->with->cache, &l->zone, l->now, l->with->arena, &soa)) {
        return false;
    }
    shorten(l, soa.ttl_s);
    o->rcode = rcode;
    o->authority[o->authorities++] = (struct outcome_set){.set = soa.set, .ttl_s = l->ttl_s};
    return true;
}

static void show_proofs(struct look *l)
{
    struct outcome *o = l->out;

    for (unsigned i = 0; i < l->proofs.count; i++) {
        o->authority[o->authorities++] = (struct outcome_set){.set = l->proofs.set[i], .ttl_s = l->ttl_s};
    }
    o->security = SEC_SECURE;
    o->ede = DNS_EDE_SYNTHESIZED;
}

static enum known no_data(struct look *l, struct dname qname, uint16_t qtype)
{
    struct proof_result r;

    proof_nodata(&l->proofs, qname, qtype, l->with->work, &r);
    if (r.proof != PROOF_SECURE || !deny(l, DNS_RCODE_NOERROR)) {
        return KNOWN_NOTHING;
    }
    show_proofs(l);
    return KNOWN_ALL;
}

static enum known no_name(struct look *l, struct dname qname)
{
    struct proof_result r;

    proof_nxdomain(&l->proofs, qname, l->with->work, &r);
    if (r.proof != PROOF_SECURE || !deny(l, DNS_RCODE_NXDOMAIN)) {
        return KNOWN_NOTHING;
    }
    show_proofs(l);
    return KNOWN_ALL;
}

/* Signed by the zone whose proofs these are: what the zone above does not have says nothing of a wildcard of this one
 * (T70). */
static bool wildcard_data(struct look *l, struct dname wildcard, uint16_t type, struct cache_hit *out)
{
    struct dname signer;

    return cache_get(l->with->cache, wildcard, type, l->now, out) && !out->negative &&
           out->origin.security == SEC_SECURE &&
           (!dnssec_signer(out->rrset, &signer) || SEEDED(33, dname_equal(signer, dname_of(&l->zone.name)), true));
}

/* RFC 8198 section 5.3: the wildcard's own data is here, secure, and the name itself does not exist. */
static enum known expand(struct look *l, struct dname qname, uint16_t qtype, struct dname wildcard,
                         struct dname_buf *end)
{
    struct cache_hit hit;
    struct proof_result r;
    struct dname target;
    bool alias = !wildcard_data(l, wildcard, qtype, &hit);

    if (qtype == DNS_TYPE_DS || qtype == DNS_TYPE_NS ||
        (alias && (qtype == DNS_TYPE_ANY || !wildcard_data(l, wildcard, DNS_TYPE_CNAME, &hit)))) {
        return KNOWN_NOTHING;
    }
    struct rdata_ref first = rrset_first(hit.rrset);
    if (alias && !rdata_target(DNS_TYPE_CNAME, first.data, first.len, &target)) {
        return KNOWN_NOTHING;
    }
    proof_wildcard(&l->proofs, qname, (uint8_t)(wildcard.labels - 1), l->with->work, &r);
    struct rrset *set = rrset_with_owner(hit.rrset, qname, l->with->arena);
    if (r.proof != PROOF_SECURE || set == NULL) {
        return KNOWN_NOTHING;
    }
    l->proofs.count = 1; /* what covers the next closer name suffices (RFC 5155 section 7.2.6) */
    shorten(l, hit.ttl_s);
    l->out->answer[l->out->answers++] = (struct outcome_set){.set = set, .ttl_s = l->ttl_s};
    show_proofs(l);
    if (alias) {
        dname_copy(target, end);
    }
    return alias ? KNOWN_PART : KNOWN_ALL;
}

static enum known below_wildcard(struct look *l, struct dname qname, uint16_t qtype, struct dname encloser,
                                 struct dname_buf *end)
{
    struct dname_buf wildcard;
    struct denial_span at;

    if (!dname_prepend((const uint8_t *)"*", 1, encloser, &wildcard)) {
        return KNOWN_NOTHING;
    }
    enum known known = expand(l, qname, qtype, dname_of(&wildcard), end);
    if (known != KNOWN_NOTHING || !gather(l, dname_of(&wildcard), &at)) {
        return known;
    }
    return at.match ? no_data(l, qname, qtype) : no_name(l, qname);
}

enum known aggressive_lookup(const struct aggressive *a, struct dname qname, uint16_t qtype, struct now now,
                             struct outcome *out, struct dname_buf *end)
{
    struct look l = {.with = a, .now = now, .ttl_s = UINT32_MAX, .out = out};
    struct dname encloser = qname;
    struct dname_buf wildcard;

    outcome_init(out);
    if (a->work->hashes > DNSSEC_HASHES_MAX / 2 || !denial_zone_of(a->cache, qname, qtype == DNS_TYPE_DS, &l.zone) ||
        l.zone.name.labels < a->least_labels) {
        return KNOWN_NOTHING;
    }
    l.proofs.zone = dname_of(&l.zone.name);
    switch (l.zone.nsec3 ? stand_by_nsec3(&l, qname, &encloser) : stand_by_nsec(&l, qname, &encloser)) {
    case STAND_EXISTS:
        return no_data(&l, qname, qtype);
    case STAND_ABSENT:
        return below_wildcard(&l, qname, qtype, encloser, end);
    case STAND_MAYBE:
        return dname_prepend((const uint8_t *)"*", 1, encloser, &wildcard)
                   ? expand(&l, qname, qtype, dname_of(&wildcard), end)
                   : KNOWN_NOTHING;
    case STAND_UNKNOWN:
        break;
    }
    return KNOWN_NOTHING;
}

/* ---- jobs ---- */

enum known aggressive_try(struct job *j, unsigned least, struct now now, struct outcome *out, struct dname_buf *end)
{
    struct engine *e = j->engine;

    if (!e->set->aggressive) {
        return KNOWN_NOTHING;
    }
    struct aggressive a = {.cache = e->cache, .arena = &e->scratch, .work = &j->budget->work, .least_labels = least};
    arena_clear(&e->scratch);
    enum known known = aggressive_lookup(&a, j->qname, j->qtype, now, out, end);
    if (known != KNOWN_NOTHING) {
        COUNT(e, synthesised);
    }
    return known;
}

void aggressive_learn(struct job *j, const struct proof_set *proofs, const struct rrset *soa, struct now now)
{
    struct engine *e = j->engine;

    for (unsigned i = 0; e->set->aggressive && i < proofs->count; i++) {
        denial_put(e->cache, proofs->zone, proofs->set[i], soa, now);
    }
}

void aggressive_learn_wildcard(struct job *j, const struct rrset *set, uint8_t labels,
                               const struct cache_origin *origin, struct now now)
{
    struct engine *e = j->engine;
    struct dname owner = rrset_owner(set);
    struct dname_buf name;
    struct cache_hit hit;

    if (!e->set->aggressive || labels >= owner.labels ||
        !dname_prepend((const uint8_t *)"*", 1, dname_suffix(owner, labels), &name) ||
        (cache_get(e->cache, dname_of(&name), set->type, now, &hit) && hit.origin.security == SEC_SECURE)) {
        return;
    }
    struct rrset *wildcard = rrset_with_owner(set, dname_of(&name), &j->arena);
    if (wildcard != NULL) {
        struct cache_origin secure = *origin;
        secure.security = SEC_SECURE;
        cache_put_rrset(e->cache, wildcard, &secure, now);
    }
}
