/*
 * tally.c - what the engine's answers are counted by, beside its counters
 */
#include "resolver/engine/tally.h"

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + n, memory_order_relaxed);
}

void histogram_add(struct histogram *h, uint64_t us)
{
    static const uint64_t bounds_us[] = {
#define X(us, text) us,
        HISTOGRAM_BOUNDS(X)
#undef X
    };
    unsigned i = 0;
    while (i < HISTOGRAM_BOUND_COUNT && us > bounds_us[i]) {
        i++;
    }
    add(&h->bucket[i], 1);
    add(&h->sum_us, us);
}

void tally_answer(struct tally *t, enum failure failure, uint64_t took_us)
{
    histogram_add(&t->answers, took_us);
    if (failure != FAIL_NONE && (unsigned)failure < FAILURE_ROWS) {
        add(&t->failed[failure], 1);
    }
}
