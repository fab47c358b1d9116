/*
 * tally.h - what the engine's answers are counted by, beside its counters
 *
 * Failures by their reason, and how long answers and servers took: cumulative, never reset. Answers from the cache do
 * not pass here.
 *
 * Threads: written by one, with relaxed stores; read by any.
 */
#ifndef RAIZ_ENGINE_TALLY_H
#define RAIZ_ENGINE_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

#include "resolver/engine/failure.h"

/* Upper bounds in microseconds; one more bucket has none. */
#define HISTOGRAM_BOUNDS(X)                                                                                            \
    X(100, "0.0001")                                                                                                   \
    X(1000, "0.001")                                                                                                   \
    X(2500, "0.0025")                                                                                                  \
    X(5000, "0.005")                                                                                                   \
    X(10000, "0.01")                                                                                                   \
    X(25000, "0.025")                                                                                                  \
    X(50000, "0.05")                                                                                                   \
    X(100000, "0.1")                                                                                                   \
    X(250000, "0.25")                                                                                                  \
    X(500000, "0.5")                                                                                                   \
    X(1000000, "1.0")                                                                                                  \
    X(2500000, "2.5")                                                                                                  \
    X(5000000, "5.0")
enum {
    HISTOGRAM_BOUND_COUNT = 0
#define X(us, text) +1
    HISTOGRAM_BOUNDS(X)
#undef X
};

struct histogram {
    _Atomic uint64_t bucket[HISTOGRAM_BOUND_COUNT + 1]; /* each by itself, not cumulative */
    _Atomic uint64_t sum_us;
};
void histogram_add(struct histogram *h, uint64_t us);

struct tally {
    struct histogram answers; /* time until the engine answered */
    _Atomic uint64_t failed[FAILURE_ROWS];
};
void tally_answer(struct tally *t, enum failure failure, uint64_t took_us);

#endif
