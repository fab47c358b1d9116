/*
 * cache.c - the cache as a whole, and lookups
 *
 * Puts are in put.c; flushes, walks and figures in sweep.c; memory and index in table.c.
 */
#include "cache/cache.h"

#include <stdlib.h>
#include <string.h>
#include <urcu/urcu-qsbr.h>

#include "cache/entry.h"
#include "cache/store.h"

#define SIZE_MIN        ((size_t)1 << 20)
#define SERVERS_SHARE   16                  /* the table of servers gets this part of the memory, */
#define SERVERS_MIN     ((size_t)128 << 10) /* at least this much */
#define SERVERS_MAX     ((size_t)64 << 20)  /* and at most this: half a million servers */
#define DENIAL_SHARE    16                  /* so do spans of names that do not exist */
#define DENIAL_MAX      ((size_t)256 << 20) /* half a million */
#define SERVERS_SEGMENT ((size_t)8 << 10)
#define SEGMENT         ((size_t)64 << 10)
#define SEGMENT_SMALL   ((size_t)32 << 10)
#define SMALL           ((size_t)8 << 20) /* caches below this have small segments */

const char *cache_rank_text(enum cache_rank rank)
{
    static const char *const text[] = {
#define X(name, t) t,
        CACHE_RANKS(X)
#undef X
    };
    return rank < sizeof text / sizeof text[0] ? text[rank] : "unknown";
}

struct cache *cache_new(const struct cache_config *config)
{
    urcu_qsbr_get_default_call_rcu_data(); /* begins liburcu's thread */
    struct cache *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->config = *config;
    if (c->config.max_ttl_s > ENTRY_TTL_MAX_S) {
        c->config.max_ttl_s = ENTRY_TTL_MAX_S;
    }
    c->size_bytes = config->size_bytes > SIZE_MIN ? config->size_bytes : SIZE_MIN;
    size_t servers = c->size_bytes / SERVERS_SHARE;
    servers = servers < SERVERS_MIN ? SERVERS_MIN : servers > SERVERS_MAX ? SERVERS_MAX : servers;
    size_t denial = c->size_bytes / DENIAL_SHARE;
    denial = denial > DENIAL_MAX ? DENIAL_MAX : denial;
    size_t names = c->size_bytes - servers - denial - sizeof *c;
    c->config.clamp = c->clamp = config->clamp_count > 0 ? calloc(config->clamp_count, sizeof *c->clamp) : NULL;
    if (c->clamp != NULL) {
        memcpy(c->clamp, config->clamp, config->clamp_count * sizeof *c->clamp);
    }
    c->names = table_new(names, c->size_bytes < SMALL ? SEGMENT_SMALL : SEGMENT);
    c->servers = table_new(servers, SERVERS_SEGMENT);
    c->denial = denial_new(denial);
    if (c->names == NULL || c->servers == NULL || c->denial == NULL || (config->clamp_count > 0 && c->clamp == NULL)) {
        cache_free(c);
        return NULL;
    }
    return c;
}

void cache_free(struct cache *c)
{
    if (c != NULL) {
        table_free(c->names);
        table_free(c->servers);
        denial_free(c->denial);
        free(c->clamp);
        free(c);
    }
}

uint32_t cache_max_negative_ttl(const struct cache *c)
{
    return c->config.max_negative_ttl_s;
}

bool cache_has_dname(const struct cache *c)
{
    return atomic_load_explicit(&c->has_dname, memory_order_relaxed);
}

struct cache_name cache_name_of(const struct cache *c, struct dname name)
{
    return (struct cache_name){.name = name, .hash = dname_hash(c->config.hash_key, name)};
}

/* What came in the meantime and was not validated (put.c). */
static bool find_aside(struct cache *c, uint64_t hash, struct entry_key *key, struct now now, struct cache_hit *out)
{
    key->aside = true;
    struct entry *e = table_find(c->names, aside_variant(hash, key->kind, key->type), entry_match, key);
    if (e == NULL) {
        return false;
    }
    entry_touch(e);
    return entry_hit(packed_of(e), tick_of(now), out);
}

void cache_expect(const struct cache *c, uint64_t name_hash, uint16_t type, struct cache_place *out)
{
    out->hash = name_variant(name_hash, CACHE_RRSET, type);
    out->line = table_expect_find(c->names, out->hash);
}

void cache_expect_set(const struct cache *c, const struct cache_place *at)
{
    table_expect_entry(c->names, at->line, at->hash);
}

bool cache_find(struct cache *c, const struct cache_name *name, enum cache_kind kind, uint16_t type, struct now now,
                struct cache_hit *out)
{
    struct entry_key key = {.kind = kind, .type = type, .name = name->name};
    struct entry *e = table_find(c->names, name_variant(name->hash, kind, type), entry_match, &key);
    if (e == NULL) {
        return false;
    }
    entry_touch(e); /* also if it has ended: what comes in its place is then known to be wanted */
    return entry_hit(packed_of(e), tick_of(now), out) ||
           (entry_serves_ended(packed_of(e), tick_of(now), ended_ticks(c)) &&
            find_aside(c, name->hash, &key, now, out));
}

bool cache_find_ended(struct cache *c, const struct cache_name *name, enum cache_kind kind, uint16_t type,
                      struct now now, struct cache_hit *out, uint32_t *age_s)
{
    struct entry_key key = {.kind = kind, .type = type, .name = name->name};
    struct entry *e = table_find(c->names, name_variant(name->hash, kind, type), entry_match, &key);
    return e != NULL && entry_hit_ended(packed_of(e), tick_of(now), ended_ticks(c), out, age_s);
}

bool cache_claim(struct cache *c, struct dname name, uint16_t type, bool claim)
{
    struct entry_key key = {.kind = CACHE_RRSET, .type = type, .name = name};
    struct cache_name n = cache_name_of(c, name);
    struct entry *e = table_find(c->names, name_variant(n.hash, CACHE_RRSET, type), entry_match, &key);
    if (e == NULL) {
        return false;
    }
    if (!claim) {
        return atomic_fetch_and_explicit(&e->marks, (uint8_t)~ENTRY_CLAIMED, memory_order_relaxed) & ENTRY_CLAIMED;
    }
    return !(atomic_fetch_or_explicit(&e->marks, ENTRY_CLAIMED, memory_order_relaxed) & ENTRY_CLAIMED);
}

void cache_keep_ended(struct cache *c, uint32_t max_s)
{
    max_s = max_s < ENTRY_TTL_MAX_S ? max_s : ENTRY_TTL_MAX_S;
    atomic_store_explicit(&c->ended_ticks, max_s * TICKS_PER_S, memory_order_relaxed);
    table_keep_ended(c->names, max_s * TICKS_PER_S, 1u << CACHE_RRSET | 1u << CACHE_NXDOMAIN);
}

void cache_forgive(struct cache *c, struct now now)
{
    atomic_store_explicit(&c->forgiven_us, now.mono_us, memory_order_relaxed);
}

bool cache_get(struct cache *c, struct dname name, uint16_t type, struct now now, struct cache_hit *out)
{
    struct cache_name n = cache_name_of(c, name);
    return cache_find(c, &n, CACHE_RRSET, type, now, out);
}

bool cache_get_nxdomain(struct cache *c, struct dname name, struct now now, struct cache_hit *out)
{
    struct cache_name n = cache_name_of(c, name);
    return cache_find(c, &n, CACHE_NXDOMAIN, 0, now, out);
}

bool cache_get_nxdomain_above(struct cache *c, struct dname name, struct dname stop, struct now now,
                              struct cache_hit *out)
{
    for (; name.labels > stop.labels; name = dname_parent(name)) {
        if (cache_get_nxdomain(c, name, now, out)) {
            return true;
        }
    }
    return false;
}

bool cache_get_delegation(struct cache *c, struct dname name, bool above, struct now now, struct cache_hit *out)
{
    if (above) {
        if (dname_is_root(name)) {
            return false;
        }
        name = dname_parent(name);
    }
    for (;; name = dname_parent(name)) {
        struct cache_name n = cache_name_of(c, name);
        if (cache_find(c, &n, CACHE_DELEGATION, 0, now, out)) {
            return true;
        }
        if (dname_is_root(name)) {
            return false;
        }
    }
}

bool cache_find_failure(struct cache *c, const struct cache_name *name, uint16_t type, struct now now,
                        struct cache_hit *out)
{
    uint64_t forgiven_us = atomic_load_explicit(&c->forgiven_us, memory_order_relaxed);
    return cache_find(c, name, CACHE_FAILURE, type, now, out) &&
           (forgiven_us == 0 || (int32_t)(out->failure_began - tick_of((struct now){.mono_us = forgiven_us})) >= 0);
}

bool cache_get_failure(struct cache *c, struct dname name, uint16_t type, struct now now, struct cache_hit *out)
{
    struct cache_name n = cache_name_of(c, name);
    return cache_find_failure(c, &n, type, now, out);
}
