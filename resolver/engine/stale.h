/*
 * stale.h - expired data for clients whose question finds no answer in time (RFC 8767)
 *
 * Expired data is given in three cases: the resolution failed; it failed a short while ago, and is not tried again yet
 * (RFC 9520); or it goes on, and the client has waited long enough. In the last case it goes on to its end, so that the
 * next client gets fresh data.
 *
 *     query -> job -> answer in time -> the answer
 *                  -> client timer   -> expired data, if there is any; the job goes on
 *                  -> failure        -> expired data, else SERVFAIL; remembered for 5 s, then 10, 20, 30
 *
 * What is not given: what was not validated, or failed to be, to clients that want validation; data whose signatures
 * have run out meanwhile, which would be bogus if it came now; data that newer data has replaced, also when that has
 * expired as well. When fresh data is bogus, a zone's servers did speak: the expired data of the very name is given,
 * but no chain of aliases that leads to it.
 *
 * Memory: the outcome borrows its sets from the cache, as known_lookup's does. Threads: the engine's, the front's.
 */
#ifndef RAIZ_ENGINE_STALE_H
#define RAIZ_ENGINE_STALE_H

#include "resolver/engine/job.h"
#include "resolver/engine/respond.h"

/* A question, and why there is no better answer to it; FAIL_NONE: there may still be one. */
struct stale_question {
    struct dname name;
    uint16_t type;
    bool checked; /* as known_lookup's */
    enum failure why;
};
/* False: there is no expired data for it, or it is none that may be given. */
bool stale_lookup(struct cache *cache, const struct engine_settings *set, const struct stale_question *q,
                  struct now now, struct outcome *out);

/* When the clients of a new job have waited long enough; UINT64_MAX: they wait for its end. */
uint64_t stale_due_us(const struct job *j);
/* They have: give them what there is. */
void stale_give(struct job *j, struct now now);
/* The job has failed: expired data takes the place of the failure, if there is any. */
void stale_replace(struct job *j, struct now now);

#endif
