/*
 * clock.c - the one place that reads the clocks
 */
#include "resolver/io/clock.h"

#include <time.h>

uint64_t clock_mono_us(void)
{
    struct timespec mono;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (uint64_t)mono.tv_sec * US_PER_S + (uint64_t)mono.tv_nsec / 1000;
}

struct now clock_now(void)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct now){.mono_us = clock_mono_us(), .wall_s = (int64_t)wall.tv_sec};
}
