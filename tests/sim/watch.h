/*
 * watch.h - what must hold at every moment of a simulated world
 *
 * After every event the invariants of the engine (resolver/engine/inspect.h), with every answer the truth, at the end
 * the cache against the truth, and that nothing is left over. What is wrong ends the process, with a line that says why
 * and is the same for the same fault, and a line about this case.
 */
#ifndef RAIZ_SIM_WATCH_H
#define RAIZ_SIM_WATCH_H

#include "play.h"
#include "truth.h"

/* Shared by all processes. */
struct tally {
    _Atomic uint64_t seeds, resolutions, events, sends, failures, drops, certain, stale, prefetches;
};

struct watch {
    struct truth truth;
    bool truth_known;
    struct tally *tally;
    uint64_t events;
    int64_t signed_s; /* when the zones were signed */
};

/* Plays the script under watch. `digest`: of all actions, so that two runs can be compared. Returns when all is well.
 */
void watch_play(const struct script *script, struct watch *w, uint64_t *digest);

#endif
