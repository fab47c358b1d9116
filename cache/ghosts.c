/*
 * ghosts.c - which entries were evicted lately
 */
#include "cache/ghosts.h"

#include "cache/table.h"

#define GHOST_BITS 16
#define GHOST_MASK ((UINT64_C(1) << GHOST_BITS) - 1)

/* By the upper bits of the place: the lower ones are left to tell those of one bucket apart. */
static uint64_t *bucket_of(const struct ghosts *g, uint32_t hash)
{
    return &g->bucket[(uint64_t)(hash & TABLE_PLACE_MASK) * g->buckets >> TABLE_PLACE_BITS];
}

/* Never zero, which is an empty place. */
static uint64_t mark_of(uint32_t hash)
{
    uint64_t mark = (hash >> TABLE_PLACE_BITS | hash << (32 - TABLE_PLACE_BITS)) & GHOST_MASK;
    return mark != 0 ? mark : GHOST_MASK;
}

void ghosts_add(struct ghosts *g, uint32_t hash)
{
    if (g->buckets > 0) {
        uint64_t *b = bucket_of(g, hash);
        *b = *b << GHOST_BITS | mark_of(hash);
    }
}

bool ghosts_know(const struct ghosts *g, uint32_t hash)
{
    uint64_t mark = mark_of(hash);
    for (uint64_t b = g->buckets > 0 ? *bucket_of(g, hash) : 0; b != 0; b >>= GHOST_BITS) {
        if ((b & GHOST_MASK) == mark) {
            return true;
        }
    }
    return false;
}
