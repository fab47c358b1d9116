/*
 * threads_test.c - readers, writers and the control thread at once
 *
 * Made for ThreadSanitizer and AddressSanitizer (which knows of segments that are free): the cache is small, so that
 * segments are emptied and used again all the time while readers hold pointers into them. Each RRset's data is computed
 * from its name, so that every reader can tell a torn or recycled entry.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "cache/infra.h"
#include "dns/rng.h"

#define NAMES   20000
#define READERS 3
#define WRITERS 2

struct shared {
    struct cache *cache;
    uint32_t operations;
    _Atomic unsigned writers_left;
    _Atomic uint64_t hits, stored, refused;
};

struct task {
    struct shared *shared;
    uint64_t seed;
};

/* "kNNNNN.zM.test." without the ring of fixture.h, which is not for threads. */
static struct dname numbered(uint32_t i, struct dname_buf *buf)
{
    char text[40];
    struct dname root = dname_root();
    int n = snprintf(text, sizeof text, "k%u.z%u.test.", i, i % 10);
    if (dname_scan(text, (size_t)n, &root, buf) != DNS_OK) {
        exit(1);
    }
    return dname_of(buf);
}

static uint8_t filling(uint32_t i)
{
    return (uint8_t)(i * 37 + 11);
}

static void put_numbered(struct shared *s, uint32_t i, uint32_t ttl_s)
{
    _Alignas(8) uint8_t memory[1024];
    uint8_t data[200];
    struct dname_buf buf;
    struct rrset *set = (struct rrset *)(void *)memory;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct rdata_ref rr = {.data = data, .len = (uint16_t)(20 + i % 180)};
    memset(data, filling(i), sizeof data);
    rrset_fill(set, numbered(i, &buf), 65000, ttl_s, &rr, 1, NULL, 0);
    bool stored = cache_put_rrset(s->cache, set, &o, at_s(0)) == CACHE_STORED;
    atomic_fetch_add(stored ? &s->stored : &s->refused, 1);
}

static void check_hit(const struct cache_hit *hit)
{
    struct rdata_ref rr = rrset_first(hit->rrset);
    const uint8_t *label = hit->name.wire;
    uint32_t i = 0;
    for (uint8_t k = 2; k <= label[0]; k++) {
        i = i * 10 + (uint32_t)(label[k] - '0');
    }
    bool right = hit->rrset->count == 1 && rr.len == 20 + i % 180;
    for (unsigned k = 0; right && k < rr.len; k++) {
        right = rr.data[k] == filling(i);
    }
    if (!right) {
        fprintf(stderr, "entry of k%u is damaged\n", i);
        exit(1);
    }
}

static void *write_cache(void *arg)
{
    const struct task *t = arg;
    struct shared *s = t->shared;
    struct rng_seeded r;
    struct dname_buf buf;
    rng_seeded_init(&r, t->seed);
    cache_thread_begin();
    for (uint32_t n = 0; n < s->operations; n++) {
        uint32_t i = rng_below(&r.rng, 8) == 0 ? rng_below(&r.rng, NAMES) : rng_below(&r.rng, 200);
        struct addr a = {.family = ADDR_IP4, .port = 53, .ip = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        switch (rng_below(&r.rng, 8)) {
        case 0:
            cache_put_failure(s->cache, numbered(i, &buf), DNS_TYPE_A, 1, 0, at_s(0));
            break;
        case 1:
            cache_clear_failure(s->cache, numbered(i, &buf), DNS_TYPE_A);
            cache_flush(s->cache, numbered(i, &buf), 0);
            break;
        case 2:
            infra_answered(s->cache, &a, i, at_s(0));
            infra_lame_put(s->cache, &a, numbered(i, &buf), INFRA_REFUSED, 60, at_s(0));
            break;
        default:
            put_numbered(s, i, 300);
        }
        if (n % 32 == 0) {
            cache_quiescent();
        }
    }
    atomic_fetch_sub(&s->writers_left, 1);
    cache_thread_end();
    return NULL;
}

static void *read_cache(void *arg)
{
    const struct task *t = arg;
    struct shared *s = t->shared;
    struct rng_seeded r;
    struct dname_buf buf;
    uint64_t hits = 0;
    rng_seeded_init(&r, t->seed);
    cache_thread_begin();
    for (uint32_t n = 0; atomic_load(&s->writers_left) > 0; n++) {
        struct cache_hit held[16];
        unsigned count = 0;
        for (unsigned k = 0; k < COUNT(held); k++) {
            uint32_t i = rng_below(&r.rng, 4) == 0 ? rng_below(&r.rng, NAMES) : rng_below(&r.rng, 200);
            count += cache_get(s->cache, numbered(i, &buf), 65000, at_s(0), &held[count]);
            struct infra infra;
            struct addr a = {.family = ADDR_IP4, .port = 53, .ip = {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
            infra_get(s->cache, &a, at_s(0), &infra);
            infra_lame_get(s->cache, &a, numbered(i, &buf), at_s(0));
        }
        for (unsigned k = 0; k < count; k++) { /* all of them, long after the first was found */
            check_hit(&held[k]);
        }
        hits += count;
        cache_quiescent();
        if (n % 100 == 0) {
            cache_offline();
            cache_online();
        }
    }
    atomic_fetch_add(&s->hits, hits);
    cache_thread_end();
    return NULL;
}

static void visit(void *arg, const struct cache_hit *hit)
{
    (void)arg;
    if (hit->kind == CACHE_RRSET) {
        check_hit(hit);
    }
}

static void *control_cache(void *arg)
{
    const struct task *t = arg;
    struct shared *s = t->shared;
    struct dname_buf buf;
    uint64_t cursor = 0;
    cache_thread_begin();
    for (uint32_t n = 0; atomic_load(&s->writers_left) > 0; n++) {
        cursor = cache_walk(s->cache, cursor, 64, at_s(0), visit, NULL);
        cache_visit_name(s->cache, numbered(n % NAMES, &buf), at_s(0), visit, NULL);
        cache_quiescent();
        if (n % 500 == 0) {
            struct dname zone = dname_parent(numbered(n / 500 % 10, &buf));
            cache_flush_tree(s->cache, zone);
            struct cache_stats stats;
            cache_stats(s->cache, &stats);
        }
    }
    cache_thread_end();
    return NULL;
}

static void test_all_at_once(void **state)
{
    (void)state;
    static const uint32_t operations[] = {60000, 60000};
    for (unsigned round = 0; round < COUNT(operations); round++) {
        struct shared s = {
            .cache = cache_of(round == 0 ? MIB : 16 * MIB), .operations = operations[round], .writers_left = WRITERS};
        pthread_t threads[WRITERS + READERS + 1];
        struct task tasks[COUNT(threads)];
        for (unsigned i = 0; i < COUNT(threads); i++) {
            tasks[i] = (struct task){.shared = &s, .seed = i + 1};
            assert_int_equal(pthread_create(&threads[i], NULL,
                                            i < WRITERS             ? write_cache
                                            : i < WRITERS + READERS ? read_cache
                                                                    : control_cache,
                                            &tasks[i]),
                             0);
        }
        for (unsigned i = 0; i < COUNT(threads); i++) {
            pthread_join(threads[i], NULL);
        }
        assert_true(atomic_load(&s.hits) > 1000);
        assert_true(atomic_load(&s.stored) >
                    2000); /* the small cache refuses many: grace periods take longer than puts */
        assert_true(cache_check(s.cache));
        cache_free(s.cache);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
