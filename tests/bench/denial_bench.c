/*
 * denial_bench.c - random names below signed zones: how many questions they cost, and how long an answer made here
 * takes
 *
 *     denial_bench [names asked]
 *
 * Zones of 500 and 4,000 names, with NSEC and NSEC3; the zone's own server answers what the cache cannot. Then the
 * dearest case there is: 50 iterations and names as long as they get (T60).
 */
#include <stdio.h>
#include <time.h>

#include "resolver/engine/aggressive.h"
#include "tests/unit/engine/chains.h"

struct bench {
    struct cache *cache;
    struct arena arena;
    struct outcome out;
    struct dname_buf end;
    unsigned hashes;
};

static const struct now now = {.mono_us = 1000 * US_PER_S, .wall_s = 1767225600};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum known look(struct bench *b, struct dname name)
{
    struct dnssec_work work = {0};
    struct aggressive a = {.cache = b->cache, .arena = &b->arena, .work = &work};
    arena_clear(&b->arena);
    enum known known = aggressive_lookup(&a, name, DNS_TYPE_A, now, &b->out, &b->end);
    b->hashes = work.hashes;
    return known;
}

static const char *zone_text(unsigned names)
{
    static char text[1 << 20];
    struct text t = text_of(text, sizeof text);
    uint32_t x = 12345;
    text_add(&t, "@ SOA ns admin 1 2 3 4 300\n@ NS ns\nns A 192.0.2.1\n");
    for (unsigned i = 0; i + 2 < names; i++) {
        x = x * 1664525 + 1013904223;
        text_addf(&t, "%c%c%u A 192.0.2.1\n", (int)('a' + x % 26), (int)('a' + (x >> 8) % 26), i);
    }
    return text;
}

static struct dname random_name(uint64_t *x, const char *suffix, struct dname_buf *out)
{
    char text[400];
    *x = *x * UINT64_C(6364136223846793005) + 1442695040888963407u;
    snprintf(text, sizeof text, "%c%c%x.%s", (int)('a' + (*x >> 33) % 26), (int)('a' + (*x >> 40) % 26),
             (unsigned)(*x >> 20), suffix);
    dname_scan(text, strlen(text), NULL, out);
    return dname_of(out);
}

static void flood(struct bench *b, enum chain_kind kind, unsigned names, unsigned iterations, unsigned asked)
{
    struct chain_zone *z = chain_make("example.", zone_text(names), kind, iterations);
    struct cache_stats before, after;
    struct dname_buf buf;
    struct lookup l;
    uint64_t x = 7;
    unsigned questions = 0;
    double busy = 0;

    cache_stats(b->cache, &before);
    for (unsigned i = 0; i < asked; i++) {
        struct dname name = random_name(&x, "example.", &buf);
        double start = seconds();
        enum known known = look(b, name);
        busy += seconds() - start;
        if (known == KNOWN_NOTHING) {
            questions++;
            chain_ask(b->cache, z, name, DNS_TYPE_A, now, &l);
        }
    }
    cache_stats(b->cache, &after);
    printf("%-5s %4zu spans, %2u iterations: %u names, %u questions (%.3f %%), %.2f us a look, %.0f bytes a span\n",
           kind == CHAIN_NSEC ? "NSEC" : "NSEC3", z->owners, iterations, asked, questions, 100.0 * questions / asked,
           busy / asked * 1e6, (double)(after.bytes - before.bytes) / (double)after.spans);
    denial_forget(b->cache, dname_root(), true);
    chain_free(z);
}

static void dearest(struct bench *b)
{
    struct chain_zone *z = chain_make("example.", zone_text(500), CHAIN_NSEC3, 50);
    char suffix[300] = "";
    struct dname_buf buf;
    uint64_t x = 7;
    unsigned hashes = 0;

    chain_learn_all(b->cache, z, now);
    for (unsigned i = 0; i < 112; i++) {
        strcat(suffix, "a.");
    }
    strcat(suffix, "example.");
    double start = seconds();
    for (unsigned i = 0; i < 20000; i++) {
        look(b, random_name(&x, suffix, &buf));
        hashes = b->hashes > hashes ? b->hashes : hashes;
    }
    printf("NSEC3, 50 iterations, %u labels: %.2f us a look, %u names hashed at most\n", dname_of(&buf).labels,
           (seconds() - start) / 20000 * 1e6, hashes);
    chain_free(z);
}

int main(int argc, char **argv)
{
    struct cache_config config = {.size_bytes = 256u << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    unsigned asked = argc > 1 ? (unsigned)atoi(argv[1]) : 1000000;
    struct bench b = {.cache = NULL};

    cache_thread_begin();
    b.cache = cache_new(&config);
    arena_init(&b.arena, NULL, 0, 1 << 20);
    if (b.cache == NULL) {
        return 1;
    }
    flood(&b, CHAIN_NSEC, 500, 0, asked);
    flood(&b, CHAIN_NSEC, 4000, 0, asked);
    flood(&b, CHAIN_NSEC3, 500, 0, asked);
    flood(&b, CHAIN_NSEC3, 4000, 0, asked);
    flood(&b, CHAIN_NSEC3, 500, 50, asked / 10);
    dearest(&b);
    arena_release(&b.arena);
    cache_quiescent();
    cache_free(b.cache);
    cache_thread_end();
    return 0;
}
