/*
 * ghosts_test.c - what went is known for a while, what was never there is not
 */
#include "fixture.h"

#include "cache/ghosts.h"
#include "cache/table.h"
#include "dns/rng.h"

#define BUCKETS 1000u

static uint64_t room[BUCKETS];

static struct ghosts empty(uint32_t buckets)
{
    memset(room, 0, sizeof room);
    return (struct ghosts){.bucket = room, .buckets = buckets};
}

static void test_known(void **state)
{
    (void)state;
    static const uint32_t hashes[] = {0, 1, 0xfffffffeu, TABLE_PLACE_MASK, ~TABLE_PLACE_MASK, 0x80000000u, 0x12345678u};
    static const uint32_t sizes[] = {1, 2, 7, BUCKETS};
    for (size_t k = 0; k < COUNT(sizes); k++) {
        for (size_t i = 0; i < COUNT(hashes); i++) {
            struct ghosts g = empty(sizes[k]);
            assert_false(ghosts_know(&g, hashes[i]));
            ghosts_add(&g, hashes[i]);
            assert_true(ghosts_know(&g, hashes[i]));
            for (size_t other = 0; other < COUNT(hashes); other++) { /* 0 and the mask of places differ in place only */
                assert_true(other == i || !ghosts_know(&g, hashes[other]));
            }
        }
    }
}

/* Four of a bucket; then the oldest is forgotten. */
static void test_order(void **state)
{
    (void)state;
    struct ghosts g = empty(1);
    for (uint32_t i = 0; i < 20; i++) {
        ghosts_add(&g, i << TABLE_PLACE_BITS);
        for (uint32_t k = 0; k <= i; k++) {
            assert_int_equal(ghosts_know(&g, k << TABLE_PLACE_BITS), k + 4 > i);
        }
    }
}

static void test_none(void **state)
{
    (void)state;
    struct ghosts g = {0};
    ghosts_add(&g, 5);
    assert_false(ghosts_know(&g, 5));
}

/* Full of others, it takes few for what they are not, and has kept most of the last three quarters of what it has room
 * for. */
static void test_strangers(void **state)
{
    (void)state;
    struct ghosts g = empty(BUCKETS);
    struct rng_seeded rng;
    uint32_t last[BUCKETS], mistaken = 0, kept = 0;
    rng_seeded_init(&rng, 7);
    for (uint32_t i = 0; i < 20 * BUCKETS; i++) {
        last[i % BUCKETS] = rng_u32(&rng.rng);
        ghosts_add(&g, last[i % BUCKETS]);
    }
    for (uint32_t i = 0; i < 100000; i++) {
        mistaken += ghosts_know(&g, rng_u32(&rng.rng));
    }
    for (uint32_t i = 0; i < BUCKETS; i++) {
        kept += ghosts_know(&g, last[i]);
    }
    assert_in_range(mistaken, 0, 30);
    assert_in_range(kept, BUCKETS - BUCKETS / 20, BUCKETS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
