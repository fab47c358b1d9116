/*
 * store.h - what a struct cache is made of, for the files of this folder
 */
#ifndef RAIZ_CACHE_STORE_H
#define RAIZ_CACHE_STORE_H

#include "cache/cache.h"
#include "cache/denial.h"
#include "cache/table.h"

struct cache {
    struct cache_config config;
    struct cache_clamp *clamp; /* config.clamp, to be freed */
    struct table *names;       /* cache.c, put.c, sweep.c: entries by enum cache_kind */
    struct table *servers;     /* infra.c */
    struct denial *denial;     /* denial.c */
    size_t size_bytes;
    _Atomic uint64_t kept_old;
    _Atomic uint64_t forgiven_us; /* failures that began before are void; 0: none are */
    _Atomic uint32_t ended_ticks; /* cache_keep_ended */
    _Atomic bool has_dname;       /* cache_has_dname */
};

static inline uint32_t ended_ticks(const struct cache *c)
{
    return atomic_load_explicit(&c->ended_ticks, memory_order_relaxed);
}

/* An entry of this kind is about to be stored. */
void put_note_type(struct cache *c, enum cache_kind kind, uint16_t type);

/* Of an entry aside (put.c). */
static inline uint64_t aside_variant(uint64_t name_hash, enum cache_kind kind, uint16_t type)
{
    return table_hash(name_hash, (uint32_t)(TABLE_KINDS + kind) << 16 | type);
}

static inline uint64_t name_variant(uint64_t name_hash, enum cache_kind kind, uint16_t type)
{
    return table_hash(name_hash, (uint32_t)kind << 16 | type);
}

#endif
