/*
 * table_test.c - index, memory and eviction, under names of no meaning: an entry is a number
 */
#include "fixture.h"

#include "cache/table.h"
#include "dns/rng.h"
#include "dns/siphash.h"

struct number {
    struct entry head;
    uint32_t key, value;
    uint8_t filler[];
};

static bool is_number(const struct entry *e, const void *key)
{
    return ((const struct number *)(const void *)e)->key == *(const uint32_t *)key;
}

static const uint8_t live_key[SIPHASH_KEY_SIZE] = "drawn at start..";

static uint64_t hash_of(uint32_t key)
{
    return table_hash(siphash13(live_key, &key, sizeof key), key & 3);
}

static bool put_hashed(struct table *t, uint64_t hash, uint32_t key, uint32_t value, size_t filler, uint32_t ends)
{
    struct table_write w;
    table_begin(&w, t, hash, 0, is_number, &key);
    struct entry *e = table_reserve(&w, sizeof(struct number) + filler);
    bool stored = false;
    if (e != NULL) {
        struct number *n = (struct number *)(void *)e;
        e->kind = (uint8_t)(key % TABLE_KINDS);
        atomic_store(&e->expires, ends);
        n->key = key;
        n->value = value;
        memset(n->filler, (int)value, filler);
        stored = table_commit(&w);
    }
    table_end(&w);
    return stored;
}

static bool put(struct table *t, uint32_t key, uint32_t value, size_t filler)
{
    return put_hashed(t, hash_of(key), key, value, filler, 1000);
}

/* Waits for grace periods when memory is used up; where all is in demand, more than one. */
static void put_patiently(struct table *t, uint32_t key, uint32_t value, size_t filler)
{
    for (unsigned tries = 0; !put(t, key, value, filler); tries++) {
        assert_true(tries < 16);
        cache_quiescent();
        table_settle(t);
    }
}

static const struct number *get(struct table *t, uint32_t key)
{
    return (const struct number *)(const void *)table_find(t, hash_of(key), is_number, &key);
}

static bool drop(struct table *t, uint32_t key)
{
    struct table_write w;
    table_begin(&w, t, hash_of(key), 0, is_number, &key);
    bool there = w.old != NULL;
    table_drop(&w);
    table_end(&w);
    return there;
}

static struct table_check check(struct table *t)
{
    struct table_check k;
    table_check(t, &k);
    assert_true(k.ok);
    return k;
}

/* The index grows with the entries: chains stay short at every size, and nothing is lost while lines are divided. */
static void test_growth(void **state)
{
    (void)state;
    struct table *t = table_new(64 * MIB, 65536);
    assert_non_null(t);
    uint32_t count = 0;
    for (uint32_t step = 1; step <= 400000; step *= 3) {
        for (; count < step; count++) {
            assert_true(put(t, count, count, 0));
        }
        for (uint32_t i = 0; i < count; i++) {
            assert_non_null(get(t, i));
        }
        struct table_check k = check(t);
        assert_int_equal(k.entries, count);
        assert_true(k.longest_chain <= 4);
        assert_true(k.further_lines <= k.lines / 2 + 4);
        assert_true(count < 1000 || (k.lines + k.further_lines) * 64 <= (size_t)count * 18);
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_true(drop(t, i));
    }
    struct table_check k = check(t);
    assert_int_equal(k.entries, 0);
    assert_int_equal(k.further_lines, 0);
    table_free(t);
}

/* T98: keys chosen to fall into one place without a secret key spread under one; without it even the puts would fail.
 */
static void test_hash_flooding(void **state)
{
    (void)state;
    enum { COLLIDING = 2000 };
    static const uint8_t known_key[SIPHASH_KEY_SIZE] = {0};
    struct table *keyed = table_new(8 * MIB, 65536), *unkeyed = table_new(8 * MIB, 65536);
    unsigned found = 0, refused = 0;
    for (uint32_t i = 0; found < COLLIDING; i++) {
        uint64_t h = siphash13(known_key, &i, sizeof i);
        if ((h & 0x3ff) == 0 && h >> 63 == 0) { /* same lines of the same shard until there are thousands of lines */
            found++;
            assert_true(put(keyed, i, i, 0));
            refused += !put_hashed(unkeyed, table_hash(h, 0), i, i, 0, 1000);
        }
    }
    assert_true(check(keyed).longest_chain <= 3);
    assert_true(check(unkeyed).longest_chain > 8);
    assert_true(refused > COLLIDING / 2);
    table_free(keyed);
    table_free(unkeyed);
}

/* All of an owner: up to a hundred, then those go that end first. */
static void test_crowd(void **state)
{
    (void)state;
    struct table *t = table_new(8 * MIB, 65536);
    uint64_t owner = siphash13(live_key, "owner", 5);
    for (uint32_t i = 0; i < 300; i++) {
        assert_true(put_hashed(t, table_hash(owner, i), i, i, 0, 1000 + (i * 7) % 300));
    }
    struct entry *found[TABLE_OWNER_MAX];
    size_t n = table_find_owner(t, owner, found, TABLE_OWNER_MAX);
    assert_int_equal(n, TABLE_CROWD_MAX);
    assert_int_equal(check(t).entries, TABLE_CROWD_MAX);
    unsigned late = 0;
    for (size_t i = 0; i < n; i++) {
        late += entry_left(found[i], 0) >= 1200;
    }
    assert_true(late >= TABLE_CROWD_MAX - 1); /* the newest one may end early */
    table_free(t);
}

/* Memory used up: what is asked for stays, the rest makes room, and the bytes never exceed the bound. */
static void test_eviction(void **state)
{
    (void)state;
    static const struct {
        size_t bytes, segment, filler;
    } rows[] = {{896 * 1024, 32768, 40},
                {128 * 1024, 8192, 100},
                {8 * MIB, 65536, 60},
                {8 * MIB, 65536, 3000},
                {4 * MIB, 65536, 30000}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct table *t = table_new(rows[k].bytes, rows[k].segment);
        size_t each = sizeof(struct number) + rows[k].filler;
        uint32_t total = (uint32_t)(5 * rows[k].bytes / each), hot = total / 100 + 1;
        unsigned asked = 0, hits = 0;
        for (uint32_t i = 0; i < total; i++) {
            uint32_t h = 1000000000 + i % hot;
            struct entry *e = table_find(t, hash_of(h), is_number, &h);
            asked++;
            if (e != NULL) {
                hits++;
                entry_touch(e);
            } else {
                put_patiently(t, h, h, rows[k].filler);
            }
            put_patiently(t, i, i, rows[k].filler);
            if (i % 16 == 0) {
                struct table_stats s;
                table_stats(t, &s);
                assert_true(s.bytes <= s.bytes_max);
                assert_true(s.bytes_max <= rows[k].bytes);
                cache_quiescent();
            }
        }
        struct table_stats s;
        table_stats(t, &s);
        assert_true(hits >= asked - hot - asked / 100);
        assert_true(s.evicted > total / 2);
        assert_int_equal(check(t).entries, s.inserted - s.evicted);
        assert_non_null(get(t, total - 1));
        table_free(t);
    }
}

/* A key that was asked for and is put anew is not treated as a stranger: however many strangers come, it stays. Only
 * others that are asked for push it out, when it is not asked for again. */
static void test_generations(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 32768);
    uint32_t known = 0;
    put_patiently(t, known, 0, 60);
    entry_touch(table_find(t, hash_of(known), is_number, &known));
    put_patiently(t, known, 1, 60);
    for (uint32_t i = 1; i < 30000; i++) {
        put_patiently(t, i, i, 60);
    }
    assert_null(get(t, 1));
    assert_non_null(get(t, known));
    assert_int_equal(get(t, known)->value, 1);
    for (uint32_t i = 30000; i < 60000; i++) {
        put_patiently(t, i, i, 60);
        entry_touch(table_find(t, hash_of(i), is_number, &i));
    }
    assert_null(get(t, known));
    assert_null(get(t, 30000));
    assert_non_null(get(t, 59999));
    check(t);
    table_free(t);
}

static void flood(struct table *t, uint32_t from, uint32_t count)
{
    for (uint32_t i = from; i < from + count; i++) {
        put_patiently(t, i, i, 60);
    }
}

/* What comes back soon after it was evicted is treated as if it had been asked for; what went long ago, or was never
 * there, is a stranger. */
static void test_ghosts(void **state)
{
    (void)state;
    enum { PLACES = MIB / 88, MANY = 5 * PLACES / 2 };
    struct table *t = table_new(MIB, 32768);
    uint32_t ghost = 1, stranger = 2, forgotten = 3;
    put_patiently(t, forgotten, 0, 60);
    flood(t, 1000, 10 * PLACES);
    put_patiently(t, ghost, 0, 60);
    for (uint32_t i = 1000000; get(t, ghost) != NULL; i++) {
        assert_true(i < 1000000 + MANY);
        flood(t, i, 1);
    }
    put_patiently(t, ghost, 1, 60);
    put_patiently(t, stranger, 1, 60);
    put_patiently(t, forgotten, 1, 60);
    flood(t, 2000000, MANY);
    assert_non_null(get(t, ghost));
    assert_int_equal(get(t, ghost)->value, 1);
    assert_null(get(t, stranger));
    assert_null(get(t, forgotten));
    check(t);
    table_free(t);
}

/* Everything is in demand: puts still find room, at a bounded cost, and most of what is old stays. */
static void test_all_in_demand(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 16384);
    uint32_t old = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        put_patiently(t, i, i, 60);
        entry_touch(table_find(t, hash_of(i), is_number, &i));
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t key = (i * 4 + k) % 6000;
            struct entry *e = table_find(t, hash_of(key), is_number, &key);
            if (e != NULL) {
                entry_touch(e);
            }
        }
    }
    for (uint32_t i = 0; i < 6000; i++) {
        old += get(t, i) != NULL;
    }
    assert_true(old > 3000);
    check(t);
    table_free(t);
}

/* Old entries whose time is over make room before anything else is evicted. */
static void test_expired_old_go(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 16384);
    for (uint32_t i = 0; i < 5000; i++) { /* asked for, so that they get old; half of the memory */
        assert_true(put_hashed(t, hash_of(i), i, i, 60, 100));
        entry_touch(table_find(t, hash_of(i), is_number, &i));
    }
    struct table_stats before, after;
    uint32_t i = 5000;
    for (; i < 12000; i++) {
        put_patiently(t, i, i, 60);
    }
    assert_non_null(get(t, 0));
    table_stats(t, &before);
    for (; i < 30000; i++) {
        struct table_write w;
        table_begin(&w, t, hash_of(i), 200, is_number, &i); /* later */
        struct entry *e = table_reserve(&w, sizeof(struct number) + 60);
        if (e != NULL) {
            struct number *n = (struct number *)(void *)e;
            n->key = i;
            e->kind = 0;
            atomic_store(&e->expires, 2000);
            assert_true(table_commit(&w));
        }
        table_end(&w);
        if (e == NULL) {
            cache_quiescent();
            table_settle(t);
        }
    }
    table_stats(t, &after);
    assert_null(get(t, 0));
    assert_true(after.expired - before.expired >= 4000);
    check(t);
    table_free(t);
}

/* Replacing again and again evicts nothing: hollow segments are emptied instead. */
static void test_replacing_evicts_nothing(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 32768);
    enum { LIVE = 4000 }; /* about 0.4 of the memory */
    for (uint32_t round = 0; round < 40; round++) {
        for (uint32_t i = 0; i < LIVE; i++) {
            uint32_t key = round < 20 ? i : i % (LIVE / 2); /* later one half only, so that segments get hollow */
            put_patiently(t, key, round, 60);
        }
    }
    struct table_stats s;
    table_stats(t, &s);
    assert_int_equal(s.evicted, 0);
    assert_int_equal(check(t).entries, LIVE);
    table_free(t);
}

/* Ended entries make room without counting as evicted. */
static void test_expired_go(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 32768);
    for (uint32_t i = 0; i < 40000; i++) {
        if (!put_hashed(t, hash_of(i), i, i, 60, UINT32_MAX)) { /* one tick ago */
            cache_quiescent();
            table_settle(t);
        }
    }
    struct table_stats s;
    table_stats(t, &s);
    assert_int_equal(s.evicted, 0);
    assert_true(s.expired > 30000);
    check(t);
    table_free(t);
}

/* Nobody reports a quiescent state: memory ends, puts say so, what is there stays readable, and all is well afterwards.
 */
static void test_no_memory(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 32768);
    uint32_t stored = 0, refused = 0;
    for (uint32_t i = 0; refused < 1000; i++) {
        if (put(t, i, i, 60)) {
            stored++;
        } else {
            refused++;
        }
    }
    struct table_stats s;
    table_stats(t, &s);
    assert_int_equal(s.no_memory, refused);
    assert_int_equal(s.inserted, stored);
    struct table_check k = check(t);
    assert_int_equal(k.entries, stored - s.evicted);
    assert_true(k.free_segments <= 2); /* which the index must leave to the entries */
    assert_true(k.dying_segments > 0);
    assert_false(put(t, 2000000000, 0, 60));
    assert_null(get(t, 2000000000));
    cache_quiescent();
    table_settle(t);
    assert_int_equal(check(t).dying_segments, 0);
    assert_true(put(t, 2000000000, 0, 60));
    assert_non_null(get(t, 2000000000));
    assert_false(put(t, 1, 1, 32768)); /* larger than a segment */
    table_free(t);
}

/* T100: after random operations the counters are what a recount finds, and each key has its newest value. */
static void test_random_operations(void **state)
{
    (void)state;
    enum { KEYS = 20000, OPERATIONS = 300000 };
    static uint32_t want[KEYS]; /* 0: dropped */
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct rng_seeded r;
        rng_seeded_init(&r, seed);
        struct table *t = table_new(seed == 1 ? 32 * MIB : MIB, seed == 3 ? 16384 : 32768);
        memset(want, 0, sizeof want);
        for (uint32_t i = 1; i <= OPERATIONS; i++) {
            uint32_t key = rng_below(&r.rng, KEYS), what = rng_below(&r.rng, 10);
            const struct number *n = get(t, key);
            assert_true(n == NULL || (n->key == key && n->value == want[key])); /* evicted perhaps, but never old */
            assert_true(seed != 1 || (n != NULL) == (want[key] != 0));
            if (what < 6) {
                size_t filler = what == 0 ? rng_below(&r.rng, 2000) : rng_below(&r.rng, 100);
                want[key] = put(t, key, i, filler) ? i : want[key];
            } else if (what == 6) {
                assert_true(drop(t, key) == (n != NULL));
                want[key] = 0;
            } else if (n != NULL) {
                entry_touch(table_find(t, hash_of(key), is_number, &key));
            }
            if (i % 32 == 0) {
                cache_quiescent();
            }
            if (i % 1000 == 0) {
                table_settle(t);
                check(t);
            }
        }
        table_free(t);
    }
}

/* Hollow segments of both generations, while others are emptied in their turn: nothing may be left in a segment that is
 * given back. */
static void test_hollow(void **state)
{
    (void)state;
    struct table *t = table_new(MIB, 16384);
    struct rng_seeded r;
    rng_seeded_init(&r, 7);
    uint32_t next = 0;
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < 300; i++) {
            put_patiently(t, next++, round, 60);
        }
        for (unsigned i = 0; i < 600; i++) {
            uint32_t recent = next - 1 - rng_below(&r.rng, 3000 < next ? 3000 : next);
            struct entry *e = table_find(t, hash_of(recent), is_number, &recent);
            if (e != NULL && i % 2) {
                entry_touch(e);
            } else if (e != NULL) {
                put_patiently(t, recent, round, 60);
            }
        }
        for (uint32_t i = 0; i < next; i++) {
            const struct number *n = get(t, i);
            assert_true(n == NULL || (n->key == i && n->value <= round && n->filler[59] == (uint8_t)n->value));
        }
        check(t);
        cache_quiescent();
    }
    table_free(t);
}

static bool odd(void *arg, const struct entry *e)
{
    ++*(size_t *)arg;
    return ((const struct number *)(const void *)e)->key & 1;
}

static void test_sweep(void **state)
{
    (void)state;
    struct table *t = table_new(32 * MIB, 65536);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_true(put(t, i, i, 0));
    }
    size_t asked = 0;
    assert_int_equal(table_sweep(t, odd, &asked), 50000);
    assert_int_equal(asked, 100000);
    assert_int_equal(table_sweep(t, odd, &asked), 0);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_int_equal(get(t, i) != NULL, !(i & 1));
    }
    check(t);
    table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_hash_flooding),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_eviction),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_ghosts),
        cmocka_unit_test(test_all_in_demand),
        cmocka_unit_test(test_expired_old_go),
        cmocka_unit_test(test_replacing_evicts_nothing),
        cmocka_unit_test(test_expired_go),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_hollow),
        cmocka_unit_test(test_sweep),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
