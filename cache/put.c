/*
 * put.c - storing: limits, TTLs, and what may take the place of what
 *
 * cache.h states the rules. Each put is one change under the lock of one shard, so a reader sees the old entry or the
 * new one and never neither; only the NXDOMAIN that new data contradicts goes in a second step.
 */
#include "cache/cache.h"

#include "cache/entry.h"
#include "cache/store.h"
#include "dns/limits.h"
#include "dns/seeded.h"
#include "dns/types.h"

#define SIXTEENTH 16

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t clamp_ttl(const struct cache *c, struct dname name, uint32_t ttl_s, enum cache_security security)
{
    uint32_t least_s = c->config.min_ttl_s, most_s = c->config.max_ttl_s;
    const struct cache_clamp *closest = NULL;
    for (size_t i = 0; i < c->config.clamp_count; i++) {
        const struct cache_clamp *clamp = &c->config.clamp[i];
        if (dname_under(name, dname_of(&clamp->zone)) &&
            (closest == NULL || clamp->zone.labels > closest->zone.labels)) {
            closest = clamp;
        }
    }
    if (closest != NULL) {
        least_s = closest->min_ttl_s;
        most_s = closest->max_ttl_s != UINT32_MAX ? closest->max_ttl_s : most_s;
    }
    ttl_s = ttl_s > least_s ? ttl_s : least_s;
    if (SEEDED(37, security == SEC_BOGUS, false)) {
        ttl_s = min_u32(ttl_s, CACHE_BOGUS_MAX_S);
    }
    return min_u32(min_u32(ttl_s, most_s), ENTRY_TTL_MAX_S);
}

/* RFC 2181 section 5.4.1, T73. */
static bool is_better(const struct packed *old, const struct cache_origin *o, uint32_t tick)
{
    if (entry_left(&old->head, tick) <= 0) {
        return false;
    }
    if (SEEDED(35, entry_security(old) == SEC_SECURE && o->security != SEC_SECURE, false)) {
        return true;
    }
    return SEEDED(34, entry_rank(old) > o->rank, false);
}

void put_note_type(struct cache *c, enum cache_kind kind, uint16_t type)
{
    if (kind == CACHE_RRSET && type == DNS_TYPE_DNAME && !cache_has_dname(c)) {
        atomic_store_explicit(&c->has_dname, true, memory_order_relaxed);
    }
}

/* What was validated and has ended still serves whoever finds nothing fresh, and nothing unchecked takes its place. */
static bool is_needed(const struct cache *c, const struct packed *old, const struct cache_origin *o, uint32_t tick)
{
    return o->security == SEC_UNCHECKED && entry_serves_ended(old, tick, ended_ticks(c));
}

/* Takes the place of what has the same key. False: no memory. */
static bool replace(struct table_write *w, const struct entry_content *content)
{
    size_t size = entry_size(content);
    struct entry *e = table_reserve(w, size);
    if (e == NULL) {
        return false;
    }
    struct packed *fresh = (struct packed *)(void *)e;
    entry_fill(fresh, content, w->tick);
    atomic_store_explicit(&e->marks, content->key.aside ? ENTRY_ASIDE : 0, memory_order_relaxed);
    if (w->old != NULL && entry_renew((struct packed *)(void *)w->old, fresh, size)) {
        table_renew(w);
        return true;
    }
    return table_commit(w);
}

enum place { PLACE_OWN, PLACE_KEPT, PLACE_ASIDE };

static enum place place_of(struct cache *c, const struct table_write *w, const struct entry_content *content)
{
    if (w->old == NULL || content->key.aside) {
        return PLACE_OWN;
    }
    return is_better(packed_of(w->old), content->origin, w->tick)      ? PLACE_KEPT
           : is_needed(c, packed_of(w->old), content->origin, w->tick) ? PLACE_ASIDE
                                                                       : PLACE_OWN;
}

static uint64_t key_hash(const struct cache *c, const struct entry_key *key)
{
    uint64_t hash = cache_name_of(c, key->name).hash;
    return key->aside ? aside_variant(hash, key->kind, key->type) : name_variant(hash, key->kind, key->type);
}

/* Out with the entry, unless it is better than what is learnt now, or needed. */
static void drop(struct cache *c, const struct entry_key *key, const struct cache_origin *o, struct now now)
{
    uint64_t hash = key_hash(c, key);
    if (table_find(c->names, hash, entry_match, key) == NULL) {
        return; /* as nearly always: no lock */
    }
    struct table_write w;
    table_begin(&w, c->names, hash, tick_of(now), entry_match, key);
    if (w.old != NULL && !is_better(packed_of(w.old), o, w.tick) && !is_needed(c, packed_of(w.old), o, w.tick)) {
        table_drop(&w);
    }
    table_end(&w);
}

static void drop_aside(struct cache *c, const struct entry_key *key, const struct cache_origin *o, struct now now)
{
    if (ended_ticks(c) > 0) {
        struct entry_key aside = *key;
        aside.aside = true;
        drop(c, &aside, o, now);
    }
}

/* Puts unless something better is there; `guarded` false: in any case. */
static enum cache_put put(struct cache *c, struct entry_content *content, bool guarded, struct now now)
{
    size_t size = entry_size(content);
    if (size > table_entry_max(c->names) || size > c->size_bytes / SIXTEENTH) {
        return CACHE_TOO_BIG;
    }
    put_note_type(c, content->key.kind, content->key.type);
    enum cache_put result = CACHE_KEPT_OLD;
    struct table_write w;
    table_begin(&w, c->names, key_hash(c, &content->key), tick_of(now), entry_match, &content->key);
    enum place place = guarded ? place_of(c, &w, content) : PLACE_OWN;
    if (place == PLACE_OWN) {
        result = replace(&w, content) ? CACHE_STORED : CACHE_NO_MEMORY;
    } else if (place == PLACE_KEPT) {
        atomic_fetch_add_explicit(&c->kept_old, 1, memory_order_relaxed);
    }
    table_end(&w);
    if (place == PLACE_ASIDE) {
        content->key.aside = true;
        table_begin(&w, c->names, key_hash(c, &content->key), tick_of(now), entry_match, &content->key);
        result = replace(&w, content) ? CACHE_STORED : CACHE_NO_MEMORY;
        table_end(&w);
    } else if (result == CACHE_STORED && guarded) {
        drop_aside(c, &content->key, content->origin, now);
    }
    return result;
}

/* There is something at this name: an NXDOMAIN of it or of a name above, within the zone that said so, is out of date.
 */
static void drop_denials(struct cache *c, struct dname name, const struct cache_origin *o, struct now now)
{
    unsigned top = o->zone_labels > 0 ? o->zone_labels : 1;
    for (; name.labels >= top; name = dname_parent(name)) {
        struct entry_key key = {.kind = CACHE_NXDOMAIN, .name = name};
        drop(c, &key, o, now);
        drop_aside(c, &key, o, now);
    }
}

static bool set_is_too_big(const struct rrset *set)
{
    return set->count > DNS_RRSET_RRS_MAX || set->sig_count > DNS_RRSET_SIGS_MAX ||
           set->size_bytes > DNS_RRSET_BYTES_MAX + sizeof *set; /* L19, L14 */
}

/* Proofs that can be kept. */
static bool proofs_fit(const struct rrset *const *proof, unsigned count)
{
    for (unsigned i = 0; i < count && i < CACHE_PROOFS_MAX; i++) {
        if (set_is_too_big(proof[i])) {
            return false;
        }
    }
    return count <= CACHE_PROOFS_MAX;
}

enum cache_put cache_put_rrset_proven(struct cache *c, const struct rrset *set, const struct rrset *const *proof,
                                      unsigned proof_count, const struct cache_origin *o, struct now now)
{
    if (set_is_too_big(set) || !proofs_fit(proof, proof_count)) {
        return CACHE_TOO_BIG;
    }
    struct entry_content content = {
        .key = {.kind = CACHE_RRSET, .type = set->type, .name = rrset_owner(set)},
        .ttl_s = clamp_ttl(c, rrset_owner(set), set->ttl_s, o->security),
        .origin = o,
        .set = set,
        .proof = proof,
        .proof_count = proof_count,
    };
    if (set->type == DNS_TYPE_NS) {
        struct cache_hit cut;
        struct cache_name name = cache_name_of(c, content.key.name);
        if (cache_find(c, &name, CACHE_DELEGATION, 0, now, &cut)) {
            content.ttl_s = SEEDED(36, min_u32(content.ttl_s, cut.ttl_s), content.ttl_s); /* T20 */
        }
    }
    if (content.ttl_s == 0) {
        return CACHE_NOT_STORED;
    }
    enum cache_put result = put(c, &content, true, now);
    if (result == CACHE_STORED) {
        drop_denials(c, content.key.name, o, now);
    }
    return result;
}

enum cache_put cache_put_rrset(struct cache *c, const struct rrset *set, const struct cache_origin *o, struct now now)
{
    return cache_put_rrset_proven(c, set, NULL, 0, o, now);
}

static enum cache_put put_negative(struct cache *c, struct entry_content *content, struct now now)
{
    if ((content->soa != NULL && set_is_too_big(content->soa)) || !proofs_fit(content->proof, content->proof_count)) {
        return CACHE_TOO_BIG;
    }
    /* RFC 2308 section 5 */
    content->ttl_s = min_u32(clamp_ttl(c, content->key.name, content->ttl_s, content->origin->security),
                             c->config.max_negative_ttl_s);
    if (content->ttl_s == 0) {
        return CACHE_NOT_STORED;
    }
    return put(c, content, true, now);
}

enum cache_put cache_put_nodata(struct cache *c, struct dname name, uint16_t type, uint32_t ttl_s,
                                const struct rrset *soa, const struct rrset *const *proof, unsigned proof_count,
                                const struct cache_origin *o, struct now now)
{
    struct entry_content content = {
        .key = {.kind = CACHE_RRSET, .type = type, .name = name},
        .ttl_s = ttl_s,
        .origin = o,
        .soa = soa,
        .proof = proof,
        .proof_count = proof_count,
    };
    enum cache_put result = put_negative(c, &content, now);
    if (result == CACHE_STORED) {
        drop_denials(c, name, o, now);
    }
    return result;
}

enum cache_put cache_put_nxdomain(struct cache *c, struct dname name, uint32_t ttl_s, const struct rrset *soa,
                                  const struct rrset *const *proof, unsigned proof_count, const struct cache_origin *o,
                                  struct now now)
{
    struct entry_content content = {
        .key = {.kind = CACHE_NXDOMAIN, .name = name},
        .ttl_s = ttl_s,
        .origin = o,
        .soa = soa,
        .proof = proof,
        .proof_count = proof_count,
    };
    return put_negative(c, &content, now);
}

enum cache_put cache_put_delegation(struct cache *c, const struct delegation *d, const struct cache_origin *o,
                                    struct now now)
{
    uint32_t ttl_s = clamp_ttl(c, delegation_zone(d), d->ttl_s, SEC_UNCHECKED);
    struct entry_content content = {
        .key = {.kind = CACHE_DELEGATION, .name = delegation_zone(d)},
        .ttl_s = ttl_s > CACHE_DELEGATION_MIN_S ? ttl_s : CACHE_DELEGATION_MIN_S,
        .origin = o,
        .delegation = d,
    };
    enum cache_put result = put(c, &content, false, now);
    if (result == CACHE_STORED) {
        drop_denials(c, content.key.name, o, now);
    }
    return result;
}

static uint32_t put_failure(struct cache *c, struct dname name, uint16_t type, uint16_t failure, uint32_t first_s,
                            uint32_t most_s, struct now now)
{
    struct entry_content content = {
        .key = {.kind = CACHE_FAILURE, .type = type, .name = name},
        .ttl_s = min_u32(first_s != 0 ? first_s : CACHE_FAILURE_MIN_S, most_s),
        .failure = failure,
        .failure_count = 1,
    };
    struct cache_name n = cache_name_of(c, name);
    struct table_write w;
    table_begin(&w, c->names, name_variant(n.hash, CACHE_FAILURE, type), tick_of(now), entry_match, &content.key);
    if (w.old != NULL && entry_left(w.old, w.tick) > 0) {
        uint8_t before = entry_failures(packed_of(w.old));
        content.failure_count = before < UINT8_MAX ? (uint8_t)(before + 1) : before;
        for (uint8_t i = 0; i < before && content.ttl_s < most_s; i++) {
            content.ttl_s = min_u32(content.ttl_s * 2, most_s);
        }
    }
    struct entry *e = table_reserve(&w, entry_size(&content));
    if (e != NULL) { /* without memory it is just not remembered */
        entry_fill((struct packed *)(void *)e, &content, w.tick);
        table_commit(&w);
    }
    table_end(&w);
    return content.ttl_s;
}

uint32_t cache_put_failure(struct cache *c, struct dname name, uint16_t type, uint16_t failure, uint32_t first_s,
                           struct now now)
{
    return put_failure(c, name, type, failure, first_s,
                       ended_ticks(c) > 0 ? CACHE_FAILURE_STALE_S : CACHE_FAILURE_MAX_S, now);
}

uint32_t cache_put_bogus(struct cache *c, struct dname name, uint16_t type, uint16_t failure, struct now now)
{
    return put_failure(c, name, type, failure, 0, CACHE_BOGUS_MAX_S, now);
}

void cache_clear_failure(struct cache *c, struct dname name, uint16_t type)
{
    struct entry_key key = {.kind = CACHE_FAILURE, .type = type, .name = name};
    struct cache_name n = cache_name_of(c, name);
    uint64_t hash = name_variant(n.hash, CACHE_FAILURE, type);
    if (table_find(c->names, hash, entry_match, &key) == NULL) {
        return; /* as nearly always: no lock */
    }
    struct table_write w;
    table_begin(&w, c->names, hash, 0, entry_match, &key);
    table_drop(&w);
    table_end(&w);
}
