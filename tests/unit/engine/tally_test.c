/* What the engine's answers are counted by: failures by reason, times in buckets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/engine/tally.h"

static void buckets(void **state)
{
    static const struct {
        uint64_t us;
        unsigned bucket;
    } rows[] = {{0, 0},      {100, 0},      {101, 1},      {1000, 1},     {1001, 2},     {250000, 8},
                {250001, 9}, {1000000, 10}, {2500000, 11}, {5000000, 12}, {5000001, 13}, {UINT64_C(1) << 40, 13}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct histogram h = {.sum_us = 5};
        histogram_add(&h, rows[i].us);
        for (unsigned b = 0; b <= HISTOGRAM_BOUND_COUNT; b++) {
            assert_int_equal(h.bucket[b], b == rows[i].bucket);
        }
        assert_int_equal(h.sum_us, 5 + rows[i].us);
    }
}

static void reasons(void **state)
{
    struct tally t = {.answers.sum_us = 0};
    (void)state;
    assert_int_equal(FAILURE_ROWS, FAIL_BOGUS_CHAIN + 1); /* it is the last row */
    tally_answer(&t, FAIL_NONE, 2000);
    tally_answer(&t, FAIL_ALL_LAME, 3000);
    tally_answer(&t, FAIL_BOGUS_CHAIN, 3000);
    tally_answer(&t, FAIL_BOGUS_CHAIN, 1);
    tally_answer(&t, (enum failure)FAILURE_ROWS, 1);
    assert_int_equal(t.failed[FAIL_NONE], 0);
    assert_int_equal(t.failed[FAIL_ALL_LAME], 1);
    assert_int_equal(t.failed[FAIL_BOGUS_CHAIN], 2);
    assert_int_equal(t.answers.sum_us, 8002);
    assert_int_equal(t.answers.bucket[0], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(buckets), cmocka_unit_test(reasons)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
