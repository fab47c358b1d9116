/*
 * meter_test.c - how much each network has had lately
 */
#include "resolver/front/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

static const uint8_t key[SIPHASH_KEY_SIZE] = "a key for tests";

static struct now at_ms(uint64_t ms)
{
    return (struct now){.mono_us = (1000000 + ms) * US_PER_MS, .wall_s = 1767268800};
}

static struct addr from(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 4000, &a));
    return a;
}

static uint32_t most(struct meter *m, const char *client, uint64_t ms)
{
    struct addr a = from(client);
    return meter_add(m, &a, 0, 0, at_ms(ms)).most;
}

static void add(struct meter *m, const char *client, uint32_t more, uint64_t ms)
{
    struct addr a = from(client);
    meter_add(m, &a, 0, more, at_ms(ms));
}

static struct meter *begin(void)
{
    struct meter *m = meter_new(1000, key);
    assert_non_null(m);
    return m;
}

/* Half of it is left after each half-life, and in between what the curve says. */
static void test_decay(void **state)
{
    (void)state;
    static const struct {
        uint64_t after_ms;
        uint32_t least, most;
    } rows[] = {
        {0, 1000000, 1000000},  {250, 838000, 843000},  {500, 704000, 710000},
        {1000, 499999, 500001}, {2000, 249999, 250001}, {10000, 970, 980},
        {19999, 0, 2},          {60000, 0, 0},          {4294000000, 0, 0}, /* 49 days on */
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct meter *m = begin();
        add(m, "192.0.2.1", 1000000, 0);
        uint32_t left = most(m, "192.0.2.1", rows[i].after_ms);
        if (rows[i].after_ms < UINT32_MAX / 2 && (left < rows[i].least || left > rows[i].most)) {
            fail_msg("after %llu ms: %u", (unsigned long long)rows[i].after_ms, left);
        }
        assert_true(meter_all(m, at_ms(rows[i].after_ms)) >= (rows[i].least > 0 ? rows[i].least : 0));
        meter_free(m);
    }
}

/* Looking often makes no difference. */
static void test_small_steps(void **state)
{
    (void)state;
    struct meter *m = begin();
    for (uint64_t ms = 0; ms <= 5000; ms++) { /* 1,000 each millisecond */
        add(m, "192.0.2.1", 1000, ms);
    }
    assert_in_range(most(m, "192.0.2.1", 5000), 1000000 / 0.72,
                    1000000 / 0.69); /* by the logarithm of 2, and not all of it yet */
    meter_free(m);
}

/* Whoever began a moment before the last one is not given more for it. */
static void test_clock_of_another_worker(void **state)
{
    (void)state;
    struct meter *m = begin();
    add(m, "192.0.2.1", 1000, 100);
    assert_int_equal(most(m, "192.0.2.1", 90), 1000);
    meter_free(m);
}

/* L35: a network may have as much as so many addresses. */
static void test_networks(void **state)
{
    (void)state;
    static const struct {
        const char *had, *asks;
        unsigned clients;  /* addresses of the network that had 1,000 each */
        uint32_t expected; /* of somebody else there */
    } rows[] = {
        {"192.0.2.%u", "192.0.2.200", 32, 1000},
        {"192.0.2.%u", "192.0.2.200", 64, 2000},
        {"192.0.2.%u", "192.0.3.1", 64, 250},
        {"192.0.2.%u", "192.0.16.1", 64, 84},
        {"192.0.2.%u", "192.0.64.1", 64, 0},
        {"192.0.2.%u", "2001:db8::1", 64, 0},
        {"2001:db8::%u", "2001:db8::ffff", 2, 1000},
        {"2001:db8::%u", "2001:db8:0:1::1", 6, 2000},
        {"2001:db8::%u", "2001:db8:0:ff01::1", 8, 2000},
        {"2001:db8::%u", "2001:db8:1::1", 64, 1000},
        {"2001:db8::%u", "2001:db9::1", 64, 0},
        {"2001:db8::%u", "192.0.2.1", 64, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct meter *m = begin();
        for (unsigned k = 1; k <= rows[i].clients; k++) {
            char text[64];
            int n = snprintf(text, sizeof text, rows[i].had[0] == '1' ? "192.0.2.%u" : "2001:db8::%u", k);
            assert_true(n > 0 && (size_t)n < sizeof text);
            add(m, text, 1000, 0);
        }
        uint32_t found = most(m, rows[i].asks, 0);
        if (found != rows[i].expected) {
            fail_msg("row %zu: %u", i, found);
        }
        meter_free(m);
    }
}

static void test_which_network(void **state)
{
    (void)state;
    struct meter *m = begin();
    char text[ADDR_TEXT_MAX];
    struct addr one = from("192.0.2.1"), other = from("192.0.2.77");
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "192.0.2.%u", i + 100);
        add(m, text, 1000, 0);
    }
    add(m, "192.0.2.1", 9000, 0);
    struct addr_prefix p = meter_network(m, &one, 0, at_ms(0));
    addr_prefix_print(&p, text);
    assert_string_equal(text, "192.0.2.1/32");
    p = meter_network(m, &other, 0, at_ms(0));
    addr_prefix_print(&p, text);
    assert_string_equal(text, "192.0.2.0/24");
    meter_free(m);
}

static void test_kinds_and_ceiling(void **state)
{
    (void)state;
    struct meter *m = begin();
    struct addr a = from("192.0.2.1");
    meter_add(m, &a, 3, UINT32_MAX - 5, at_ms(0));
    assert_int_equal(meter_add(m, &a, 2, 0, at_ms(0)).own, 0);
    meter_add(m, &a, 3, 100, at_ms(0));
    assert_int_equal(meter_add(m, &a, 3, 0, at_ms(0)).own, UINT32_MAX);
    assert_int_equal(meter_all(m, at_ms(0)), UINT32_MAX);
    meter_free(m);
}

/* What is read is never too little, and too much for few: here 2,000 clients of as many networks share the table. */
static void test_many(void **state)
{
    (void)state;
    struct meter *m = begin();
    unsigned too_much = 0;
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t ip[4] = {(uint8_t)(i % 200 + 1), (uint8_t)(i / 200), (uint8_t)i, 1};
        struct addr a = addr_ip4(ip, 1);
        meter_add(m, &a, 0, 1000 + i, at_ms(0));
    }
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t ip[4] = {(uint8_t)(i % 200 + 1), (uint8_t)(i / 200), (uint8_t)i, 1};
        struct addr a = addr_ip4(ip, 1);
        uint32_t own = meter_add(m, &a, 0, 0, at_ms(0)).own;
        assert_true(own >= 1000 + i);
        too_much += own > 1000 + i;
    }
    assert_in_range(too_much, 0, 300);
    meter_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decay),         cmocka_unit_test(test_clock_of_another_worker),
        cmocka_unit_test(test_networks),      cmocka_unit_test(test_small_steps),
        cmocka_unit_test(test_which_network), cmocka_unit_test(test_kinds_and_ceiling),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
