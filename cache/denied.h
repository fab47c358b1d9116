/*
 * denied.h - the zones of which spans are known, and the memory that both take
 *
 *     bucket[hash of the name] -> zone -> zone -> NULL        zone: its SOA, its spans in order (spans.h)
 *     oldest -> span -> span -> ... -> newest                 all zones' spans as they came, for eviction
 *
 * Threads: denial.c holds the lock, for writing where something changes.
 */
#ifndef RAIZ_CACHE_DENIED_H
#define RAIZ_CACHE_DENIED_H

#include <pthread.h>

#include "cache/record.h"
#include "cache/spans.h"
#include "cache/store.h"

struct denied {
    struct denied *next; /* in its bucket */
    struct spans spans;
    struct chain chain;
    struct rrset *soa;
    uint64_t soa_expires_us;
    size_t bytes; /* of the spans */
    struct dname_buf name;
};

struct denial {
    pthread_rwlock_t lock;
    size_t bytes_max;
    size_t bucket_mask;
    _Atomic(struct denied *) *bucket; /* whether one is empty is also asked without the lock */
    _Atomic unsigned deepest;         /* labels that no zone has more of */

    size_t bytes, spans, zones;
    struct span *oldest, *newest;
};

#define DENIED_MALLOC_OVERHEAD 16

static inline size_t denied_cost(const struct span *s)
{
    return s->size_bytes + DENIED_MALLOC_OVERHEAD;
}

/* Where the zone is if it is anywhere; may be asked without the lock whether it is NULL. */
_Atomic(struct denied *) *denied_bucket(const struct cache *c, struct dname name);
struct denied *denied_find(const struct cache *c, struct dname name);
struct denied *denied_add(struct cache *c, struct dname name); /* NULL: no memory */
void denied_remove(struct cache *c, struct denied *z);         /* has no spans any more */
/* Takes the place of the one before. False: no memory. */
bool denied_set_soa(struct denial *d, struct denied *z, const struct rrset *soa);

void denied_insert(struct denial *d, struct denied *z, struct span *s);
/* The zone stays, though it may be empty. */
void denied_drop(struct denial *d, struct span *s);
void denied_drop_all(struct denial *d, struct denied *z);
/* For a span of this cost in this place of zone z, which stays. */
void denied_make_room(struct cache *c, struct denied *z, struct dname owner, size_t cost);
/* A few of the oldest, if they have ended. Zone z stays. */
void denied_sweep(struct cache *c, const struct denied *z, struct now now);

#endif
