/*
 * denial.c - validated proofs of what does not exist, for names that nobody has asked for
 */
#include "cache/denial.h"

#include <stdatomic.h>
#include <string.h>

#include "cache/denied.h"
#include "dns/base.h"
#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"

#define HASH_CHARACTERS 32 /* of base32hex */

/* ---- putting ---- */

/* What the record itself replaces or contradicts: its namesake, the span around its owner, the owners in its span. */
static void drop_contradicted(struct denial *d, struct denied *z, const struct record *r, struct dname owner)
{
    struct dname zone = dname_of(&z->name);
    struct span *s = spans_at_or_before(&z->spans, owner);
    if (s == NULL) {
        s = spans_last(&z->spans);
    }
    if (s != NULL) {
        struct span *after = spans_after(&z->spans, s);
        if (dname_equal(span_owner(s), owner) || record_covered_by(r, zone, s)) {
            denied_drop(d, s);
        }
        s = z->spans.count > 0 ? after : NULL;
    }
    while (s != NULL && record_covers_owner(r, zone, s)) {
        struct span *after = spans_after(&z->spans, s);
        denied_drop(d, s);
        s = z->spans.count > 0 ? after : NULL;
    }
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t left_s(uint64_t expires_us, struct now now)
{
    return expires_us <= now.mono_us ? 0 : (uint32_t)((expires_us - now.mono_us + US_PER_S - 1) / US_PER_S);
}

/* But for their TTL and the case of their owner, which is the same name. */
static bool same_octets(const struct rrset *a, const struct rrset *b)
{
    size_t n = a->size_bytes - offsetof(struct rrset, data) - a->owner_len;
    return a->size_bytes == b->size_bytes && a->sig_count == b->sig_count &&
           memcmp(a->data + a->owner_len, b->data + b->owner_len, n) == 0;
}

/* False: no memory. */
static bool take_soa(struct cache *c, struct denied *z, const struct rrset *soa, struct now now)
{
    if ((z->soa == NULL || !same_octets(z->soa, soa)) && !denied_set_soa(c->denial, z, soa)) {
        return false;
    }
    z->soa_expires_us = now.mono_us + min_u32(soa->ttl_s, c->config.max_ttl_s) * US_PER_S;
    return true;
}

/* RFC 9077: as long as a negative answer. 0: not at all. */
static uint32_t ttl_of(const struct cache *c, const struct denied *z, const struct rrset *set, struct now now)
{
    uint32_t ttl_s = min_u32(set->ttl_s, c->config.max_negative_ttl_s);
    if (z->soa == NULL) {
        return ttl_s;
    }
    struct rdata_ref rr = rrset_first(z->soa);
    struct rdata_soa soa;
    if (!rdata_soa(rr.data, rr.len, &soa)) {
        return 0;
    }
    return min_u32(ttl_s, min_u32(soa.minimum_s, left_s(z->soa_expires_us, now)));
}

static enum cache_put put_locked(struct cache *c, struct denied *z, const struct record *r, struct span *s,
                                 struct now now)
{
    struct denial *d = c->denial;
    struct dname owner = span_owner(s);
    struct chain chain = record_chain(r);
    uint32_t ttl_s = ttl_of(c, z, span_set(s), now);
    if (!record_same_chain(&z->chain, &chain)) {
        denied_drop_all(d, z);
        z->chain = chain;
    }
    drop_contradicted(d, z, r, owner);
    denied_make_room(c, z, owner, denied_cost(s));
    if (ttl_s == 0) {
        return CACHE_NOT_STORED;
    }
    s->expires_us = now.mono_us + ttl_s * US_PER_S;
    denied_insert(d, z, s);
    return CACHE_STORED;
}

/* The zone that is to have the record, with its SOA if there is one. NULL: no memory. */
static struct denied *zone_for(struct cache *c, struct dname name, const struct rrset *soa, struct now now)
{
    struct denied *z = denied_find(c, name);
    bool fresh = z == NULL;
    if (fresh) {
        z = denied_add(c, name);
    }
    if (z != NULL && soa != NULL && !take_soa(c, z, soa, now)) {
        if (fresh) {
            denied_remove(c, z);
        }
        return NULL;
    }
    return z;
}

enum cache_put denial_put(struct cache *c, struct dname zone, const struct rrset *set, const struct rrset *soa,
                          struct now now)
{
    struct record r;
    if (set->size_bytes > DENIAL_SET_BYTES_MAX || (soa != NULL && soa->size_bytes > DENIAL_SET_BYTES_MAX)) {
        return CACHE_TOO_BIG;
    }
    if (!record_read(zone, set, &r) || record_is_narrow(&r) ||
        (soa != NULL && (soa->type != DNS_TYPE_SOA || soa->count != 1 || !dname_equal(rrset_owner(soa), zone)))) {
        return CACHE_NOT_STORED;
    }
    struct span *s = span_new(set, dname_hash(c->config.hash_key, rrset_owner(set)));
    if (s == NULL) {
        return CACHE_NO_MEMORY;
    }
    enum cache_put result = CACHE_NO_MEMORY;
    pthread_rwlock_wrlock(&c->denial->lock);
    struct denied *z = zone_for(c, zone, soa, now);
    if (z != NULL) {
        denied_sweep(c, z, now);
        result = put_locked(c, z, &r, s, now);
        if (z->spans.count == 0) {
            denied_remove(c, z);
        }
    }
    pthread_rwlock_unlock(&c->denial->lock);
    if (result != CACHE_STORED) {
        span_free(s);
    }
    return result;
}

/* ---- finding ---- */

static bool may_have_zone(const struct cache *c, struct dname name)
{
    return atomic_load_explicit(denied_bucket(c, name), memory_order_relaxed) != NULL;
}

static void show_zone(const struct denied *z, struct denial_zone *out)
{
    out->name = z->name;
    out->nsec3 = z->chain.nsec3;
    out->iterations = z->chain.iterations;
    out->salt_len = z->chain.salt_len;
    memcpy(out->salt, z->chain.salt, sizeof out->salt);
}

bool denial_zone_of(struct cache *c, struct dname name, bool above, struct denial_zone *out)
{
    struct denial *d = c->denial;
    unsigned deepest = atomic_load_explicit(&d->deepest, memory_order_relaxed);
    bool found = false;
    if (above) {
        if (dname_is_root(name)) {
            return false;
        }
        name = dname_parent(name);
    }
    name = dname_suffix(name, name.labels < deepest ? name.labels : deepest);
    for (;; name = dname_parent(name)) {
        if (may_have_zone(c, name)) {
            pthread_rwlock_rdlock(&d->lock);
            struct denied *z = denied_find(c, name);
            if (z != NULL) {
                show_zone(z, out);
                found = true;
            }
            pthread_rwlock_unlock(&d->lock);
        }
        if (found || dname_is_root(name)) {
            return found;
        }
    }
}

bool denial_hash(const struct denial_zone *z, struct dname name, uint8_t out[static NSEC3_HASH_SIZE])
{
    struct nsec3 parameters = {
        .algorithm = NSEC3_SHA1, .iterations = z->iterations, .salt_len = z->salt_len, .salt = z->salt};
    return nsec3_hash(name, &parameters, out);
}

static bool copy_out(const struct rrset *set, uint64_t expires_us, struct now now, struct arena *arena,
                     struct denial_span *out)
{
    out->ttl_s = left_s(expires_us, now);
    if (out->ttl_s == 0) {
        return false;
    }
    out->set = rrset_dup(set, arena);
    return out->set != NULL;
}

/* What is looked for, and where it stands in the order of owners. */
struct place {
    struct dname name;
    const uint8_t *hash; /* NULL in a zone with NSEC */
};

static bool holds(const struct denied *z, const struct span *s, const struct place *p)
{
    struct record r;
    if (!record_read(dname_of(&z->name), span_set(s), &r)) {
        return false;
    }
    return r.nsec3 ? nsec3_covers(&r.hashed, p->hash) : nsec_covers(&r.nsec, dname_of(&z->name), p->name);
}

static bool find(struct cache *c, const struct denial_zone *zone, const struct place *p, struct now now,
                 struct arena *arena, struct denial_span *out)
{
    bool found = false;
    pthread_rwlock_rdlock(&c->denial->lock);
    const struct denied *z = denied_find(c, dname_of(&zone->name));
    if (z != NULL && z->chain.nsec3 == (p->hash != NULL)) {
        struct span *s = spans_at_or_before(&z->spans, p->name);
        if (s == NULL && p->hash != NULL) {
            s = spans_last(&z->spans); /* the last of the chain goes round (RFC 5155 section 3.1.7) */
        }
        if (s != NULL) {
            out->match = dname_equal(span_owner(s), p->name);
            found = (out->match || holds(z, s, p)) && copy_out(span_set(s), s->expires_us, now, arena, out);
        }
        if (found && !atomic_load_explicit(&s->used, memory_order_relaxed)) {
            atomic_store_explicit(&s->used, true, memory_order_relaxed);
        }
    }
    pthread_rwlock_unlock(&c->denial->lock);
    return found;
}

bool denial_find(struct cache *c, const struct denial_zone *z, struct dname name, struct now now, struct arena *arena,
                 struct denial_span *out)
{
    struct place p = {.name = name};
    return find(c, z, &p, now, arena, out);
}

bool denial_find_hash(struct cache *c, const struct denial_zone *z, const uint8_t hash[static NSEC3_HASH_SIZE],
                      struct now now, struct arena *arena, struct denial_span *out)
{
    char label[HASH_CHARACTERS + 1];
    struct text t = text_of(label, sizeof label);
    struct dname_buf owner;
    base_print(BASE32HEX, hash, NSEC3_HASH_SIZE, &t);
    if (!dname_prepend((const uint8_t *)label, HASH_CHARACTERS, dname_of(&z->name), &owner)) {
        return false;
    }
    struct place p = {.name = dname_of(&owner), .hash = hash};
    return find(c, z, &p, now, arena, out);
}

bool denial_soa(struct cache *c, const struct denial_zone *zone, struct now now, struct arena *arena,
                struct denial_span *out)
{
    pthread_rwlock_rdlock(&c->denial->lock);
    const struct denied *z = denied_find(c, dname_of(&zone->name));
    out->match = true;
    bool found = z != NULL && z->soa != NULL && copy_out(z->soa, z->soa_expires_us, now, arena, out);
    pthread_rwlock_unlock(&c->denial->lock);
    return found;
}

/* ---- forgetting, counting ---- */

static size_t forget_zone(struct cache *c, struct denied *z)
{
    size_t n = z->spans.count;
    denied_drop_all(c->denial, z);
    denied_remove(c, z);
    return n;
}

static struct denied *deepest_zone(const struct cache *c, struct dname name)
{
    struct denied *z;
    while ((z = denied_find(c, name)) == NULL && !dname_is_root(name)) {
        name = dname_parent(name);
    }
    return z;
}

size_t denial_forget_zones(struct cache *c, denial_doomed *doomed, void *arg, size_t bucket, size_t count)
{
    struct denial *d = c->denial;
    pthread_rwlock_wrlock(&d->lock);
    for (; count > 0 && bucket <= d->bucket_mask; count--, bucket++) {
        for (struct denied *z = d->bucket[bucket], *next; z != NULL; z = next) {
            next = z->next;
            if (doomed(arg, dname_of(&z->name))) {
                forget_zone(c, z);
            }
        }
    }
    pthread_rwlock_unlock(&d->lock);
    return bucket <= d->bucket_mask ? bucket : 0;
}

static bool is_in_tree(void *arg, struct dname zone)
{
    return dname_under(zone, *(const struct dname *)arg);
}

size_t denial_forget(struct cache *c, struct dname name, bool tree)
{
    size_t n = 0;
    if (tree) {
        denial_forget_zones(c, is_in_tree, &name, 0, SIZE_MAX);
    }
    pthread_rwlock_wrlock(&c->denial->lock);
    struct denied *own = deepest_zone(c, name), *above = deepest_zone(c, dname_parent(name));
    if (own != NULL) {
        n += forget_zone(c, own);
    }
    if (above != NULL && above != own) {
        n += forget_zone(c, above); /* which may deny its DS */
    }
    pthread_rwlock_unlock(&c->denial->lock);
    return n;
}
