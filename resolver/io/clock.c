/*
 * clock.c - the one place that reads the clocks
 */
#include "resolver/io/clock.h"

#include <time.h>

struct now clock_now(void)
{
    struct timespec mono, wall;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct now){.mono_us = (uint64_t)mono.tv_sec * US_PER_S + (uint64_t)mono.tv_nsec / 1000,
                        .wall_s = (int64_t)wall.tv_sec};
}
