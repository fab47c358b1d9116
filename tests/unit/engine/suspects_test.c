/*
 * suspects_test.c - when it is believed that a server knows no EDNS
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/engine/suspects.h"

static struct addr server(uint8_t n)
{
    uint8_t ip[4] = {192, 0, 2, n};
    return addr_ip4(ip, 53);
}

static struct now at(uint64_t s)
{
    return (struct now){.mono_us = s * US_PER_S};
}

static void third_time_is_proof(void **state)
{
    struct suspects s = {0};
    struct addr a = server(1), b = server(2);

    (void)state;
    assert_false(suspects_add(&s, &a, at(1)));
    assert_false(suspects_add(&s, &b, at(1)));
    assert_false(suspects_add(&s, &a, at(2)));
    assert_true(suspects_add(&s, &a, at(3)));
    assert_false(suspects_add(&s, &b, at(3)));
    assert_false(suspects_add(&s, &a, at(4))); /* counted anew */
}

static void an_opt_clears(void **state)
{
    struct suspects s = {0};
    struct addr a = server(1);

    (void)state;
    suspects_add(&s, &a, at(1));
    suspects_add(&s, &a, at(2));
    suspects_clear(&s, &a);
    assert_false(suspects_add(&s, &a, at(3)));
    assert_false(suspects_add(&s, &a, at(4)));
    assert_true(suspects_add(&s, &a, at(5)));
}

static void old_suspicions_end(void **state)
{
    struct suspects s = {0};
    struct addr a = server(1);

    (void)state;
    suspects_add(&s, &a, at(1));
    suspects_add(&s, &a, at(2));
    assert_false(suspects_add(&s, &a, at(2 + SUSPECTS_KEEP_S)));
}

static void oldest_gives_way(void **state)
{
    struct suspects s = {0};
    struct addr a = server(200);

    (void)state;
    suspects_add(&s, &a, at(1));
    suspects_add(&s, &a, at(1));
    for (uint8_t i = 0; i < SUSPECTS_MAX; i++) {
        struct addr other = server(i);
        suspects_add(&s, &other, at(2));
    }
    assert_false(suspects_add(&s, &a, at(3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(third_time_is_proof),
        cmocka_unit_test(an_opt_clears),
        cmocka_unit_test(old_suspicions_end),
        cmocka_unit_test(oldest_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
