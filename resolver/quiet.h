/*
 * quiet.h - what a worker does after a crowd has gone
 *
 * Many resolutions or connections at a time need memory, which the C library would keep for the next ones. When there
 * have been few for a while it is given back to the system. The cache has memory of its own, so there is little to walk
 * through.
 *
 *     crowd ... crowd, QUIET_AFTER_US without one -> given back
 *
 * Memory: borrows loop, engine and dispatch. Threads: the worker's own; the counter any.
 */
#ifndef RAIZ_QUIET_H
#define RAIZ_QUIET_H

#include <stdatomic.h>

#include "resolver/io/dispatch.h"

#define QUIET_CROWD_MIN 256     /* resolutions and TCP connections that need memory worth giving back, ... */
#define QUIET_AFTER_US  5000000 /* ... when there have been fewer for so long */

struct quiet {
    struct engine *engine;
    struct dispatch *dispatch;
    struct loop_timer *timer;
    uint64_t crowd_us; /* when there was a crowd last; 0: none since memory was given back */
    _Atomic uint64_t trims;
};

/* False: out of memory. q stays where it is until it is released. */
bool quiet_init(struct quiet *q, struct loop *loop, struct engine *engine, struct dispatch *dispatch);
void quiet_release(struct quiet *q); /* also one that is zero */
void quiet_crowd(struct quiet *q, struct now now);

/* So many resolutions and connections there are in this turn. */
static inline void quiet_turn(struct quiet *q, uint64_t busy, struct now now)
{
    if (busy >= QUIET_CROWD_MIN) {
        quiet_crowd(q, now);
    }
}

#endif
