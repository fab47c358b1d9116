/*
 * silence.h - when no server at all answers any more
 *
 * One dead zone is that zone's trouble. When nobody answers, it is the way to all of them that is gone, and two things
 * change: a query need not take its whole time to find out once more, and what failed meanwhile is to be tried again as
 * soon as the way is back, not when its backoff ends. So after a number of questions in vain, one is asked that must be
 * answered if anybody can be reached: the root's NS set, of the root's servers or the forwarder in their place.
 *
 *     heard --8 in vain, 3 s--> asking --answer of any server--> heard
 *                               | nothing                         ^
 *                               v                                 | answer of any server: failures are forgiven
 *                             deaf --asks again each second ------'
 *
 * It is asked again for as long as clients ask, and for a minute after. With serve-stale only: without expired data to
 * give there is little to win.
 *
 * Threads: one for each engine; the cache, which forgives, is shared.
 */
#ifndef RAIZ_ENGINE_SILENCE_H
#define RAIZ_ENGINE_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/now.h"

struct engine;
struct job;

struct silence {
    unsigned in_vain;  /* questions since the last reply */
    uint64_t since_us; /* the first of them */
    bool deaf;
    bool wanted; /* the question is to be asked at probe_us */
    uint64_t probe_us;
    uint64_t query_us; /* when a client last asked */
};

void silence_in_vain(struct engine *e, struct now now);
void silence_heard(struct engine *e, struct now now);
void silence_query(struct engine *e, struct now now);
/* When silence_probe() has something to do; UINT64_MAX: never. */
uint64_t silence_due_us(const struct engine *e);
void silence_probe(struct engine *e, struct now now);
/* The probe's own job has ended. */
void silence_probed(struct engine *e, struct now now);

#endif
