/*
 * quiet.c - what a worker does after a crowd has gone
 */
#include "resolver/quiet.h"

#include <malloc.h>

static void on_quiet(void *arg, struct now now)
{
    struct quiet *q = arg;
    if (now.mono_us - q->crowd_us < QUIET_AFTER_US) {
        loop_timer_set(q->timer, q->crowd_us + QUIET_AFTER_US);
        return;
    }
    q->crowd_us = 0;
    engine_trim(q->engine);
    dispatch_trim(q->dispatch);
    malloc_trim(0);
    atomic_store_explicit(&q->trims, q->trims + 1, memory_order_relaxed);
}

bool quiet_init(struct quiet *q, struct loop *loop, struct engine *engine, struct dispatch *dispatch)
{
    q->engine = engine;
    q->dispatch = dispatch;
    q->timer = loop_timer_new(loop, on_quiet, q);
    return q->timer != NULL;
}

void quiet_release(struct quiet *q)
{
    loop_timer_free(q->timer);
}

void quiet_crowd(struct quiet *q, struct now now)
{
    if (q->crowd_us == 0) {
        loop_timer_set(q->timer, now.mono_us + QUIET_AFTER_US);
    }
    q->crowd_us = now.mono_us;
}
