/*
 * usage.c - what this process uses of the machine
 */
#include "resolver/io/usage.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t usage_resident_bytes(void)
{
    unsigned long long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL) {
        return 0;
    }
    if (fscanf(f, "%llu %llu", &size, &resident) != 2) {
        resident = 0;
    }
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t ms_of(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_usec / 1000;
}

uint64_t usage_cpu_ms(void)
{
    struct rusage used;
    return getrusage(RUSAGE_SELF, &used) == 0 ? ms_of(&used.ru_utime) + ms_of(&used.ru_stime) : 0;
}
