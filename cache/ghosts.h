/*
 * ghosts.h - which entries were evicted lately
 *
 * An entry whose name is asked for again soon after it went was evicted too early. To notice that, sixteen bits of the
 * hash of each entry that goes are remembered, in buckets of four: the newest pushes out the oldest of its bucket. One
 * in some 16,000 entries that were never there is taken for a ghost, which does no harm: it is kept a little longer.
 *
 *     hash of an entry | tag 10 | place 22 |      place -> bucket; tag and the place's low bits -> what is remembered
 *
 * Owned by a shard and used under its lock.
 */
#ifndef RAIZ_CACHE_GHOSTS_H
#define RAIZ_CACHE_GHOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ghosts {
    uint64_t *bucket; /* all zero at first */
    uint32_t buckets; /* 0: nothing is remembered */
};

void ghosts_add(struct ghosts *g, uint32_t hash);
bool ghosts_know(const struct ghosts *g, uint32_t hash);

#endif
