/*
 * clock_watch.h - the log is told when this host's clock is far behind, and when it is right again (T86)
 *
 * Once for all workers, however many answers it concerns: they share the moment when it was told.
 *
 * Threads: each worker has a struct clock_seen of its own; the moment is atomic.
 */
#ifndef RAIZ_CLOCK_WATCH_H
#define RAIZ_CLOCK_WATCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "dns/now.h"
#include "resolver/engine/engine.h"
#include "resolver/io/log.h"

/* An engine's counters of this name, when they were looked at last. */
struct clock_seen {
    uint64_t clock_behind, secure;
};

/* After each answer. told_us: 0 at first. */
void clock_watch(struct clock_seen *seen, const struct engine_counters *c, _Atomic uint64_t *told_us, struct log *log,
                 struct now now);

#endif
