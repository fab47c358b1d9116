/*
 * table.h - entries under a hash, within a fixed piece of memory, read without a lock
 *
 * What the cache stores, it stores here: entries of some kinds, each a run of bytes behind a struct entry. The table
 * knows their hash, size and end, not what they mean; a callback compares keys.
 *
 * The memory is one mapping, cut into shards, and each shard into segments of equal size. A segment holds either lines
 * of the hash index or entries, one behind the other:
 *
 *     shard = | lines | entries | entries | entries | free | lines | entries | dying | ...
 *
 *     line    8 slots of 8 bytes: | tag 10, place 22 | where in the shard, in units of 8 bytes 32 |
 *             the last slot may instead lead to a further line, when more than 8 entries meet in a line
 *     entry   | struct entry | bytes of the owner's choice |, padded to 8
 *
 *     lookup: hash -> shard -> place -> line: one cache miss; a slot with the same tag and place -> entry: one more
 *
 * The index grows by linear hashing: with each few entries one more line, which takes its part from one older line. So
 * nothing is ever rebuilt and no put has to wait for that. New entries go to the end of the newest segment. When free
 * segments get few, the oldest is emptied as a whole: entries that were asked for move on, the others are evicted
 * (log.c). So there is no fragmentation, no malloc after the start, and the memory never exceeds what the table was
 * made with.
 *
 * A segment that has been emptied waits for a grace period of liburcu (qsbr), as some reader may still look at an entry
 * in it. If none is free by then a put fails; a sixteenth of the segments is kept free so that this needs a reader that
 * holds up all others for long.
 *
 * Threads: lookups and walks take no lock and write nothing, but for the marks VISITED and CLAIMED of an entry.
 * Writers lock one shard. Entries are immutable once committed except for atomic members, which are changed under the
 * lock only.
 */
#ifndef RAIZ_CACHE_TABLE_H
#define RAIZ_CACHE_TABLE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_KINDS 4 /* entry.kind is less */
#define TABLE_CROWD_MAX                                                                                                \
    100 /* L19: entries of one place, that is of one name; the next pushes out the one that ends first */
#define TABLE_CHAIN_MAX                                                                                                \
    32 /* lines that hang together; a put that needs more fails (T98: unreachable with a secret key) */
#define TABLE_SHARDS_MAX 64

#define TABLE_PLACE_BITS 22
#define TABLE_PLACE_MASK ((UINT32_C(1) << TABLE_PLACE_BITS) - 1)

struct entry {
    uint32_t hash;            /* tag and place */
    _Atomic uint32_t expires; /* tick of its end; compared as a circle */
    uint16_t units;           /* size in units of 8 bytes */
    _Atomic uint8_t marks;
    uint8_t kind;
};
static_assert(sizeof(struct entry) == 12, "no padding");
#define ENTRY_UNIT 8

enum { ENTRY_VISITED = 1, ENTRY_DEAD = 2, ENTRY_CLAIMED = 4, ENTRY_ASIDE = 8 /* a part of the key; never changes */ };

/* Call on a hit. Checks first, as a write would take the cache line from all other readers. */
static inline void entry_touch(struct entry *e)
{
    if (!(atomic_load_explicit(&e->marks, memory_order_relaxed) & ENTRY_VISITED)) {
        atomic_fetch_or_explicit(&e->marks, ENTRY_VISITED, memory_order_relaxed);
    }
}

/* Ticks left, <= 0 when it has ended. */
static inline int32_t entry_left(const struct entry *e, uint32_t tick)
{
    return (int32_t)(atomic_load_explicit(&e->expires, memory_order_relaxed) - tick);
}

/* `owner_hash`, keyed, decides on shard and place, so that all entries of one owner stand together; `variant` tells
 * them apart. */
static inline uint64_t table_hash(uint64_t owner_hash, uint32_t variant)
{
    uint64_t mixed = ((owner_hash >> 20) ^ variant) * UINT64_C(0x9e3779b97f4a7c15);
    uint64_t tag = mixed >> (64 - (32 - TABLE_PLACE_BITS));
    return (owner_hash & ~(UINT64_C(0xffffffff) ^ TABLE_PLACE_MASK)) | tag << TABLE_PLACE_BITS;
}

struct table;
struct shard;

/* Takes at most `bytes`, everything included; NULL: out of memory. */
struct table *table_new(size_t bytes, size_t segment_bytes);
void table_free(struct table *t); /* waits for the grace period; no thread may use it any more */
size_t table_entry_max(const struct table *t);

typedef bool table_match(const struct entry *e, const void *key);

/* Ended entries are found, too. */
struct entry *table_find(const struct table *t, uint64_t hash, table_match *match, const void *key);
/* Somebody is about to put or to look for it: its line comes into the processor's cache meanwhile. */
void table_expect(const struct table *t, uint64_t hash);
const void *table_expect_find(const struct table *t,
                              uint64_t hash); /* the line's place, until the next quiescent state */
/* The next step, when the line has come: the entry does. */
void table_expect_entry(const struct table *t, const void *line, uint64_t hash);
/* All entries of an owner, at most max, and by chance others. */
size_t table_find_owner(const struct table *t, uint64_t owner_hash, struct entry **out, size_t max);
#define TABLE_OWNER_MAX (TABLE_CHAIN_MAX * 8)

/* One change of one shard, between table_begin and table_end. */
struct table_write {
    struct table *table;
    struct shard *shard;
    uint64_t hash;
    uint32_t tick;
    table_match *match;
    const void *key;
    struct entry *old;   /* what is there, or NULL; readable until table_end */
    struct entry *fresh; /* reserved */
};
/* Locks and looks for the key. */
void table_begin(struct table_write *w, struct table *t, uint64_t hash, uint32_t tick, table_match *match,
                 const void *key);
/* Room for an entry of n bytes, head included, to be filled but for hash, units and marks. NULL: no memory free. May
 * evict w->old: then it is NULL afterwards. */
struct entry *table_reserve(struct table_write *w, size_t n);
/* The reserved entry takes the place of w->old. False: no memory for the index; nothing has changed. */
bool table_commit(struct table_write *w);
/* Instead: w->old says what the reserved entry does, and stays, with the end of that one. */
void table_renew(struct table_write *w);
void table_drop(struct table_write *w); /* w->old, if there is one */
void table_end(struct table_write *w);

/* Lock-free walk in slices of about `lines` lines. cursor 0 begins; returns 0 at the end. Entries that stay are seen
 * once. */
typedef void table_visit(void *arg, struct entry *e);
uint64_t table_walk(struct table *t, uint64_t cursor, size_t lines, table_visit *visit, void *arg);
/* Drops all that `doomed` says, under the locks, a few lines at a time. The calling thread is offline meanwhile: all
 * its pointers into the table become void. Returns how many. */
typedef bool table_doomed(void *arg, const struct entry *e);
size_t table_sweep(struct table *t, table_doomed *doomed, void *arg);
/* The same in slices of about `lines` lines: cursor 0 begins; returns 0 at the end. What was there when it began, and
 * is doomed, goes. Adds to *dropped. */
uint64_t table_sweep_part(struct table *t, uint64_t cursor, size_t lines, table_doomed *doomed, void *arg,
                          size_t *dropped);
/* The same for the entries of one owner. */
size_t table_sweep_owner(struct table *t, uint64_t owner_hash, table_doomed *doomed, void *arg);

/* Entries of these kinds (bits) may be of use for so long after their end: they stay until memory is short, and then
 * they go before others unless they are asked for. 0: none. May change at any time. */
void table_keep_ended(struct table *t, uint32_t ticks, uint32_t kinds);

struct table_stats {
    uint64_t entries[TABLE_KINDS];
    uint64_t bytes; /* of entries and lines in use, and what the table itself needs */
    uint64_t bytes_max;
    uint64_t inserted, replaced, expired, evicted, dropped, no_memory;
};
void table_stats(const struct table *t, struct table_stats *out);

/* Counts everything anew; for tests. */
struct table_check {
    bool ok;
    size_t entries, lines, further_lines, longest_chain; /* in lines */
    size_t live_bytes, segments, free_segments, dying_segments;
};
void table_check(struct table *t, struct table_check *out);
/* Waits until all that was retired is free, for tests. The calling thread's pointers become void. */
void table_settle(struct table *t);

/* grace.c: liburcu with what ThreadSanitizer has to be told of it. */
void grace_begins(void); /* before call_rcu */
void grace_passed(void); /* a callback of call_rcu begins */
bool grace_pause(void);  /* the thread looks at nothing for a while; says whether it was a reader */
void grace_resume(bool reader);

#endif
