/*
 * cache_bench.c - what the cache costs: memory per name, time per lookup and per put, and whether a hot set survives
 *
 *     cache_bench [NAMES [MIB [HOT]]]      default 5000000 names through 64 MiB, 1000 of them asked throughout
 *     cache_bench grow [NAMES]             the longest put while the cache grows from nothing to 5000000 names
 *     cache_bench scale [NAMES]            lookups by the number of names, and by one thread and by two at once
 *
 * Times of grow and scale are those of the thread on its processor: what else the machine does counts as little as can
 * be.
 *
 * The measurements without a word:
 *   flood   NAMES distinct names are stored; before each one a name of the hot set is asked, and stored again when it
 * is not there. Figures: time for such a pair, hits among the hot set, resident memory. names   a million names in a
 * cache that has room for all. Figure: resident memory per name. lookup  hits and misses over those million names in
 * random order, and over a hundred that fit the processor's cache.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/cache.h"
#include "dns/rng.h"
#include "dns/types.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t rss_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2) {
        exit(1);
    }
    fclose(f);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* "n1234567.example.com.", made by hand: the bench must not measure the scanner of names. */
static struct dname name_of(uint32_t i, struct dname_buf *buf)
{
    static const uint8_t tail[] = "\7example\3com";
    uint8_t *p = buf->wire + 1;
    *p++ = 'n';
    for (uint32_t unit = 1000000; unit > 0; unit /= 10) {
        *p++ = (uint8_t)('0' + i / unit % 10);
    }
    buf->wire[0] = (uint8_t)(p - buf->wire - 1);
    memcpy(p, tail, sizeof tail);
    buf->len = (uint8_t)(p - buf->wire + (long)sizeof tail);
    buf->labels = 3;
    return dname_of(buf);
}

static const struct cache_origin origin = {
    .rank = RANK_AUTH_ANSWER,
    .zone_labels = 2,
    .server = {.family = ADDR_IP4, .port = 53, .ip = {192, 0, 2, 1}},
};
static const struct now now = {.mono_us = 1000 * US_PER_S};

static bool store(struct cache *c, uint32_t i)
{
    _Alignas(struct rrset) uint8_t memory[512];
    struct rrset *set = (struct rrset *)(void *)memory;
    struct dname_buf buf;
    uint8_t ip[4] = {198, 51, 100, (uint8_t)i};
    struct rdata_ref rr = {.data = ip, .len = sizeof ip};
    rrset_fill(set, name_of(i, &buf), DNS_TYPE_A, 3600, &rr, 1, NULL, 0);
    return cache_put_rrset(c, set, &origin, now) == CACHE_STORED;
}

static bool ask(struct cache *c, uint32_t i)
{
    struct dname_buf buf;
    struct cache_hit hit;
    return cache_get(c, name_of(i, &buf), DNS_TYPE_A, now, &hit);
}

static struct cache *make(size_t mib)
{
    struct cache_config config = {.size_bytes = mib << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    memcpy(config.hash_key, "a key of sixteen", SIPHASH_KEY_SIZE);
    struct cache *c = cache_new(&config);
    if (c == NULL) {
        exit(1);
    }
    return c;
}

static void flood(uint32_t names, size_t mib, uint32_t hot)
{
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 1);
    size_t before = rss_bytes(), peak = 0;
    struct cache *c = make(mib);
    uint64_t hits = 0, refused = 0;
    double start = seconds();
    for (uint32_t i = 0; i < names; i++) {
        uint32_t h = 9000000 + rng_below(&seeded.rng, hot);
        if (ask(c, h)) {
            hits++;
        } else {
            store(c, h);
        }
        refused += !store(c, i);
        if (i % 64 == 0) {
            cache_quiescent();
        }
        if (i % 100000 == 0) {
            size_t rss = rss_bytes();
            peak = rss > peak ? rss : peak;
        }
    }
    double took = seconds() - start;
    struct cache_stats s;
    cache_stats(c, &s);
    printf("flood: %u names through %zu MiB, %u hot\n", names, mib, hot);
    printf("  pair of one lookup and one put       %8.0f ns\n", took / names * 1e9);
    printf("  hits of the hot set                  %8.2f %%\n", 100.0 * (double)hits / names);
    printf("  puts refused for want of memory      %8llu\n", (unsigned long long)refused);
    printf("  entries at the end                   %8llu\n", (unsigned long long)s.entries[CACHE_RRSET]);
    printf("  resident memory before, at most      %8.1f MiB, %.1f MiB\n", (double)before / 1048576,
           (double)peak / 1048576);
    printf("  counters right                       %8s\n", cache_check(c) ? "yes" : "NO");
    cache_free(c);
}

static double per_lookup(struct cache *c, uint32_t from, uint32_t range, uint32_t count, uint32_t want_hits)
{
    uint32_t x = 1, hits = 0;
    double start = seconds();
    for (uint32_t i = 0; i < count; i++) {
        x = x * 1664525u + 1013904223u;
        hits += ask(c, from + (uint32_t)((uint64_t)x * range >> 32));
    }
    double took = seconds() - start;
    if (hits != want_hits) {
        printf("  %u hits of %u, wanted %u\n", hits, count, want_hits);
    }
    return took / count * 1e9;
}

static void names_and_lookups(void)
{
    enum { MILLION = 1000000, LOOKUPS = 4000000 };
    size_t before = rss_bytes();
    struct cache *c = make(1024);
    double start = seconds();
    for (uint32_t i = 0; i < MILLION; i++) {
        store(c, i);
    }
    double took = seconds() - start;
    printf("names: a million in 1 GiB\n");
    printf("  resident memory per name             %8.1f bytes\n", (double)(rss_bytes() - before) / MILLION);
    printf("  put                                  %8.0f ns\n", took / MILLION * 1e9);
    printf("lookup\n");
    printf("  hit, of a million names              %8.0f ns\n", per_lookup(c, 0, MILLION, LOOKUPS, LOOKUPS));
    printf("  hit, of a hundred names              %8.0f ns\n", per_lookup(c, 0, 100, LOOKUPS, LOOKUPS));
    printf("  miss                                 %8.0f ns\n", per_lookup(c, MILLION, MILLION, LOOKUPS, 0));
    cache_free(c);
}

/* ---- grow ---- */

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static void grow(uint32_t names)
{
    float *took = calloc(names, sizeof *took);
    struct cache *c = make(1024);
    if (took == NULL) {
        exit(1);
    }
    for (uint32_t i = 0; i < names; i++) {
        double begun = cpu_us();
        store(c, i);
        took[i] = (float)(cpu_us() - begun);
        if (i % 64 == 0) {
            cache_quiescent();
        }
    }
    qsort(took, names, sizeof *took, by_size);
    printf("grow: %u names; a put, microseconds of the processor\n", names);
    printf("  median, 99 %%, 99.9 %%, 99.99 %%, longest  %.2f %.2f %.2f %.2f %.2f\n", (double)took[names / 2],
           (double)took[names / 100 * 99], (double)took[names / 1000 * 999], (double)took[names / 10000 * 9999],
           (double)took[names - 1]);
    double begun = cpu_us();
    static const uint8_t com[] = "\3com";
    size_t gone = cache_flush_tree(c, (struct dname){.wire = com, .len = sizeof com, .labels = 1});
    printf("  flushing all of them                     %.0f ms for %zu\n", (cpu_us() - begun) / 1e3, gone);
    cache_free(c);
    free(took);
}

/* ---- scale ---- */

struct looker {
    struct cache *cache;
    uint32_t names, seed;
    double ns; /* a lookup */
    pthread_t thread;
};

static void *look(void *arg)
{
    enum { LOOKUPS = 3000000 };
    struct looker *l = arg;
    uint32_t x = l->seed, hits = 0;
    cache_thread_begin();
    double begun = cpu_us();
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        x = x * 1664525u + 1013904223u;
        hits += ask(l->cache, (uint32_t)((uint64_t)x * l->names >> 32));
    }
    l->ns = (cpu_us() - begun) * 1e3 / LOOKUPS;
    cache_thread_end();
    if (hits != LOOKUPS) {
        printf("  %u hits of %d\n", hits, LOOKUPS);
    }
    return NULL;
}

/* Nanoseconds of one processor for a hit while n threads look. */
static double looked_by(struct cache *c, uint32_t names, unsigned n)
{
    struct looker l[2];
    double sum = 0;
    cache_offline();
    for (unsigned i = 0; i < n; i++) {
        l[i] = (struct looker){.cache = c, .names = names, .seed = i + 1};
        if (pthread_create(&l[i].thread, NULL, look, &l[i]) != 0) {
            exit(1);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        pthread_join(l[i].thread, NULL);
        sum += l[i].ns;
    }
    cache_online();
    return sum / n;
}

static void scale(uint32_t most)
{
    struct cache *c = make(1024);
    uint32_t there = 0;
    printf("scale: nanoseconds of a processor for a hit, the least of three\n      names   one thread   two threads\n");
    for (uint32_t names = 1000; names <= most; names *= 10) {
        double one = 1e9, two = 1e9;
        for (; there < names; there++) {
            store(c, there);
        }
        for (unsigned i = 0; i < 3; i++) {
            double ns = looked_by(c, names, 1);
            one = ns < one ? ns : one;
            ns = looked_by(c, names, 2);
            two = ns < two ? ns : two;
        }
        printf("  %9u   %10.0f   %11.0f\n", names, one, two);
    }
    cache_free(c);
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "grow") == 0 || strcmp(argv[1], "scale") == 0)) {
        uint32_t most = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 5000000;
        cache_thread_begin();
        (argv[1][0] == 'g' ? grow : scale)(most);
        cache_thread_end();
        return 0;
    }
    uint32_t names = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 5000000;
    size_t mib = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
    uint32_t hot = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000;
    cache_thread_begin();
    flood(names, mib, hot);
    names_and_lookups();
    cache_thread_end();
    return 0;
}
