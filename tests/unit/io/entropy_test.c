/*
 * entropy_test.c - randomness from the kernel: each octet once, none repeated, two streams unlike
 */
#include "resolver/io/entropy.h"

#include "support.h"

static void test_blocks(void **state)
{
    (void)state;
    static struct entropy e;
    static uint8_t seen[8][ENTROPY_BLOCK];
    entropy_init(&e);
    for (unsigned i = 0; i < 8; i++) {
        for (size_t at = 0; at < ENTROPY_BLOCK; at += 16) {
            e.rng.fill(&e.rng, seen[i] + at, 16);
        }
        static const uint8_t zero[ENTROPY_BLOCK];
        assert_memory_equal(e.block, zero, e.used); /* what was handed out is wiped */
        for (unsigned k = 0; k < i; k++) {
            assert_memory_not_equal(seen[i], seen[k], ENTROPY_BLOCK);
        }
    }
}

/* Odd sizes, across the ends of blocks: the bits stay balanced, so nothing is skipped with zeros or given twice. */
static void test_balance(void **state)
{
    (void)state;
    static struct entropy e;
    uint8_t piece[700];
    unsigned long ones = 0, bits = 0;
    entropy_init(&e);
    for (size_t n = 1; n <= sizeof piece; n++) {
        memset(piece, 0, sizeof piece);
        e.rng.fill(&e.rng, piece, n);
        for (size_t i = 0; i < n; i++) {
            ones += (unsigned)__builtin_popcount(piece[i]);
        }
        bits += n * 8;
    }
    double off = ((double)ones - (double)bits / 2) / ((double)bits / 4) * 0.5;
    assert_true(off > -0.01 && off < 0.01); /* twenty standard deviations */
}

static void test_two_streams(void **state)
{
    (void)state;
    static struct entropy a, b;
    unsigned same = 0;
    entropy_init(&a);
    entropy_init(&b);
    for (unsigned i = 0; i < 4096; i++) {
        same += rng_u16(&a.rng) == rng_u16(&b.rng);
    }
    assert_true(same < 8); /* one in 65536 is expected */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_two_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
