/*
 * prefetch.h - data that is asked for shortly before its end is fetched anew while it still serves
 *
 * A hit in the last tenth of a set's life begins a job without clients for its question. Whoever asks while it runs is
 * answered from the cache, so nobody waits for names that are asked for all the time. The set was asked for when it was
 * fetched, and is asked for now: that is popular enough.
 *
 *     hit -> a comparison for each set -> late, and the first to say so: a mark at the entry -> QUERY_REFRESH -> job
 *
 * One job at most for each set: the mark says that one was begun, and goes with the entry when fresh data replaces it.
 * It also goes when the job fails, and it is not set again before the failure's backoff has ended. What is short-lived
 * anyway, PREFETCH_TTL_MIN_S or less, is not fetched ahead: it would mean a job for every few hits. A prefetch obeys
 * all limits of a query, and prolongs no delegation (T20): it follows the same walk.
 *
 * Memory: nothing of its own. Threads: any that may read the cache; jobs are the engine's.
 */
#ifndef RAIZ_ENGINE_PREFETCH_H
#define RAIZ_ENGINE_PREFETCH_H

#include "resolver/engine/job.h"
#include "resolver/engine/respond.h"

#define PREFETCH_TTL_MIN_S 10

/* Has some set of the answer come to its last tenth, or its last second? All that a hit pays. */
static inline bool prefetch_is_late(const struct outcome *o)
{
    bool late = false;

    for (unsigned i = 0; i < o->answers; i++) {
        late |= (uint64_t)o->answer[i].ttl_s * 10 <= (uint64_t)o->answer[i].set->ttl_s + 10;
    }
    return late;
}

/* What is to be asked. The name is the cache's. */
struct prefetch {
    struct dname name;
    uint16_t type;
};
/* An answer to a question of qtype is late: claims its first late set. False: others have, or it is not worth it. */
bool prefetch_claim(struct cache *cache, const struct outcome *o, uint16_t qtype, struct now now, struct prefetch *out);

/* The same and what follows, for a job that the cache has just answered. */
void prefetch_consider(struct job *j, struct now now);
/* QUERY_REFRESH: begins the job, unless the question is being asked already. */
void prefetch_begin(struct engine *e, struct dname name, uint16_t type, uint8_t flags, struct now now);
void prefetch_ended(struct job *j);

#endif
