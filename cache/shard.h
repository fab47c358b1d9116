/*
 * shard.h - the inside of a table: shards, segments, lines
 *
 * Only lines.c (the hash index), log.c (segments) and table.c (the front) include this. See table.h for
 * the drawing. All functions but the inline look-ups want the shard's lock.
 */
#ifndef RAIZ_CACHE_SHARD_H
#define RAIZ_CACHE_SHARD_H

#include <pthread.h>
#include <urcu/urcu-qsbr.h>

#include "cache/ghosts.h"
#include "cache/table.h"

#define LINE_SLOTS 8
#define LINE_BYTES 64

/* A slot: hash in the upper half, below it where the entry or line is, counted from the shard's base in ENTRY_UNITs.
 * Zero is empty: the base is the first line. */
struct line {
    _Atomic uint64_t slot[LINE_SLOTS];
};
static_assert(sizeof(struct line) == LINE_BYTES, "a cache line");

#define SLOT_LINK UINT32_C(0x80000000) /* the rest of the reference is that of a line */
#define NONE      UINT32_MAX

enum segment_state { SEGMENT_FREE, SEGMENT_LINES, SEGMENT_LOG, SEGMENT_DYING };

enum generation { YOUNG, OLD };

struct queue {
    uint32_t oldest, newest, count;
};

struct segment {
    struct rcu_head rcu;
    struct shard *shard;
    _Atomic uint32_t state; /* set to FREE by liburcu's thread, all else under the lock */
    uint32_t used, live;    /* bytes filled; bytes of entries that are not dead */
    uint32_t older, newer;  /* neighbours in its queue, when in state LOG */
    uint8_t generation;
};

struct shard {
    /* What lookups read. */
    _Alignas(64) uint8_t *base;
    uint32_t *line_segment; /* segment of lines 0 .. k-1, k .. 2k-1, ... with k lines in a segment */
    _Atomic uint32_t line_count;
    uint8_t segment_shift; /* log2 of a segment's bytes */
    struct segment *segments;
    uint32_t segment_count;

    /* What writers need. */
    _Alignas(64) pthread_mutex_t lock;
    _Atomic uint32_t free, dying; /* segments in these states */
    uint32_t reserve;             /* free and dying ones to keep */
    uint32_t rotor;               /* where the search for a free one goes on */
    uint32_t steps;               /* segments emptied since enough were free */
    struct queue queue[2];        /* by enum generation; log.c */
    uint32_t hollow;              /* a segment with more dead than alive; NONE: none known */
    uint32_t looked;              /* old segment to be looked through next; NONE: the oldest */
    _Atomic uint32_t ended_ticks; /* ended entries are kept so long, if they are asked for; 0: not at all */
    _Atomic uint32_t ended_kinds; /* of these kinds: bits */
    uint32_t spare_line;          /* list of emptied further lines, by their last slot; 0: none */
    uint32_t further_segment;     /* segment that further lines are cut from; NONE: none yet */
    uint32_t further_used;        /* bytes of it */
    uint32_t further_lines;       /* in use */
    uint64_t entry_count;
    struct ghosts ghosts; /* of what was evicted */

    /* Written under the lock, read by table_stats without. */
    _Alignas(64) _Atomic uint64_t entries[TABLE_KINDS];
    _Atomic uint64_t bytes; /* of live entries and lines in use */
    _Atomic uint64_t inserted, replaced, expired, evicted, dropped, no_memory;
};

struct table {
    struct shard *shards;
    unsigned shard_bits;
    size_t segment_bytes;
    uint8_t *region;                     /* segments, and behind them the ghosts */
    size_t region_bytes, segments_bytes; /* the second without the ghosts */
    size_t own_bytes;                    /* ghosts, descriptors, and what is fixed */
};

/* Only one writer at a time, so no read-modify-write is needed. */
static inline void count_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t count_of(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline struct shard *shard_of(const struct table *t, uint64_t hash)
{
    return &t->shards[t->shard_bits == 0 ? 0 : hash >> (64 - t->shard_bits)];
}

static inline uint8_t *segment_base(const struct shard *s, uint32_t i)
{
    return s->base + ((size_t)i << s->segment_shift);
}

static inline struct entry *entry_at(const struct shard *s, uint32_t ref)
{
    return (struct entry *)(void *)(s->base + (size_t)ref * ENTRY_UNIT);
}

static inline uint32_t ref_of(const struct shard *s, const void *p)
{
    return (uint32_t)((size_t)((const uint8_t *)p - s->base) / ENTRY_UNIT);
}

static inline struct segment *segment_of(const struct shard *s, const struct entry *e)
{
    return &s->segments[(size_t)((const uint8_t *)e - s->base) >> s->segment_shift];
}

/* Linear hashing: with n lines, 2^L <= n < 2^(L+1), the lines below n - 2^L have been divided: their entries are told
 * apart by L+1 bits of the place, those of the others by L bits. */
static inline uint32_t line_index(uint32_t hash, uint32_t n)
{
    uint32_t mask = (UINT32_C(2) << (31 - __builtin_clz(n))) - 1;
    uint32_t i = hash & TABLE_PLACE_MASK & mask;
    return i < n ? i : i & mask >> 1;
}

static inline struct line *line_at(const struct shard *s, uint32_t i)
{
    unsigned per_segment_shift = s->segment_shift - 6u; /* 64 bytes each */
    if (i >> per_segment_shift == 0) {                  /* the first ones stand in the first segment (lines_init) */
        return (struct line *)(void *)s->base + i;
    }
    uint8_t *segment = segment_base(s, s->line_segment[i >> per_segment_shift]);
    return (struct line *)(void *)(segment + (size_t)(i & ((UINT32_C(1) << per_segment_shift) - 1)) * LINE_BYTES);
}

static inline struct line *line_next(const struct shard *s, const struct line *l)
{
    uint32_t ref = (uint32_t)atomic_load_explicit(&l->slot[LINE_SLOTS - 1], memory_order_acquire);
    return ref & SLOT_LINK ? (struct line *)(void *)entry_at(s, ref & ~SLOT_LINK) : NULL;
}

/* Reference in a slot, 0 if it holds no entry. */
static inline uint32_t slot_ref(uint64_t slot)
{
    return slot & SLOT_LINK ? 0 : (uint32_t)slot;
}

static inline uint64_t slot_of(uint32_t hash, uint32_t ref)
{
    return (uint64_t)hash << 32 | ref;
}

/* lines.c */
bool lines_init(struct shard *s);
bool lines_insert(struct shard *s, const struct entry *e);            /* false: no room */
_Atomic uint64_t *lines_find(struct shard *s, const struct entry *e); /* its slot; NULL: not there */
void lines_remove(struct shard *s, const struct entry *e);
void lines_grow(struct shard *s);
/* Entries of a line and those that follow it, whose hash has the bits `place` under `mask`. */
size_t lines_collect(const struct shard *s, uint32_t index, uint32_t mask, uint32_t place, struct entry **out,
                     size_t max);

/* log.c */
void log_init(struct shard *s);
uint32_t log_take(struct shard *s, uint32_t leave); /* a free segment, NONE if no more than `leave` are */
struct entry *log_reserve(struct shard *s, size_t n, uint32_t tick);
void log_commit(struct shard *s, struct entry *e); /* what was reserved is in use from now on */
void log_unlink(struct shard *s, struct entry *e); /* takes a live entry out: lines and counters */
void log_kill(struct shard *s, struct entry *e);   /* the same after its slot has been taken over */

#endif
