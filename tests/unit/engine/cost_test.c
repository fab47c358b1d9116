/*
 * cost_test.c - what a query has cost
 */
#include "resolver/engine/cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

static void test_prices(void **state)
{
    (void)state;
    static const struct {
        struct budget spent;
        uint32_t cost_us;
    } rows[] = {
        {{.sends = 0}, 10},
        {{.sends = 1, .bytes = 256}, 52},
        {{.sends = 100, .connects = 6, .bytes = 262144}, 6418},
        {{.work = {.verifies = 32, .cost = 500}}, 10010},
        {{.work = {.hashes = 96}}, 682},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_int_equal(cost_us(&rows[i].spent), rows[i].cost_us);
    }
}

/* Nothing is charged twice, and nothing given back. */
static void test_charge(void **state)
{
    (void)state;
    struct budget b = {.sends = 2, .connects = 1};
    assert_int_equal(cost_charge(&b), 150);
    assert_int_equal(cost_charge(&b), 0);
    b.sends = 3;
    assert_int_equal(cost_charge(&b), 40);
    b.connects = 0; /* it was open before */
    assert_int_equal(cost_charge(&b), 0);
    b.sends = 4;
    assert_int_equal(cost_charge(&b), 0);
    b.sends = 5;
    assert_int_equal(cost_charge(&b), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_prices), cmocka_unit_test(test_charge)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
