/*
 * rest_test.c - how long work in pieces rests
 */
#include "resolver/io/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* As long as the work, where the processor is free; soon four times as long where others want it; and back. */
static void test_times(void **state)
{
    (void)state;
    static const struct {
        unsigned times;
        uint64_t late_us;
        unsigned next;
    } rows[] = {{0, 0, 1},  {0, 8, 1},    {1, 8, 1},  {0, 100, 2}, {1, 100, 2}, {2, 100, 4},
                {4, 21, 4}, {4, 4000, 4}, {4, 20, 2}, {2, 20, 1},  {1, 20, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(rest_times(rows[i].times, rows[i].late_us), rows[i].next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
