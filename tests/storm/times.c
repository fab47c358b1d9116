/*
 * times.c - how long answers took: counts in steps of a thirty-second, which any number of answers fits into
 */
#include <stdio.h>

#include "tests/storm/storm.h"

#define STEPS 32 /* of each doubling */

static unsigned bucket_of(uint64_t us)
{
    if (us < STEPS) {
        return (unsigned)us;
    }
    unsigned doublings = 58u - (unsigned)__builtin_clzll(us); /* above STEPS */
    unsigned bucket = (doublings + 1) * STEPS + (unsigned)(us >> doublings) - STEPS;
    return bucket < TIMES_BUCKETS ? bucket : TIMES_BUCKETS - 1;
}

/* The middle of what falls into it. */
static double value_of(unsigned bucket)
{
    if (bucket < STEPS) {
        return bucket;
    }
    uint64_t width = UINT64_C(1) << (bucket / STEPS - 1);
    return (double)((STEPS + bucket % STEPS) * width) + (double)(width - 1) / 2;
}

void times_add(struct times *t, uint64_t us)
{
    t->count++;
    t->sum_us += us;
    t->bucket[bucket_of(us)]++;
}

double times_percentile_us(const struct times *t, double percent)
{
    double wanted = (double)t->count * percent / 100;
    uint64_t seen = 0;

    for (unsigned i = 0; i < TIMES_BUCKETS; i++) {
        seen += t->bucket[i];
        if (t->bucket[i] > 0 && (double)seen >= wanted) {
            return value_of(i);
        }
    }
    return 0;
}

void times_print(const struct times *t)
{
    double mean = t->count > 0 ? (double)t->sum_us / (double)t->count : 0;

    printf("\"mean_us\": %.1f, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f", mean, times_percentile_us(t, 50),
           times_percentile_us(t, 90), times_percentile_us(t, 99));
}
