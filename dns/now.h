/*
 * now.h - the time, as a value
 *
 * Taken once per event by the host and passed down; never stored by pointer. TTLs, round-trip times and deadlines use
 * the monotonic clock, DNSSEC and logs the wall clock. Nothing below resolver/io reads a clock.
 */
#ifndef RAIZ_DNS_NOW_H
#define RAIZ_DNS_NOW_H

#include <stdint.h>

struct now {
    uint64_t mono_us; /* microseconds of a clock that never goes back; its zero means nothing */
    int64_t wall_s;   /* seconds since 1970-01-01T00:00:00Z */
};

#define US_PER_S UINT64_C(1000000)
#define US_PER_MS UINT64_C(1000)

#endif
