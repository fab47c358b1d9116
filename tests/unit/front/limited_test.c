/*
 * limited_test.c - whose answers were withheld lately
 */
#include "resolver/front/limited.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct limited table;

static struct now at_s(uint64_t s)
{
    return (struct now){.mono_us = (1000 + s) * US_PER_S, .wall_s = 1767268800};
}

static void add(const char *network, uint8_t kind, struct limited_row counts, uint64_t hash, uint64_t s)
{
    counts.kind = kind;
    counts.limit = 20;
    assert_true(addr_prefix_scan(network, &counts.network));
    limited_add(&table, &counts, hash, at_s(s));
}

static unsigned read_all(const char *client, int kind, uint64_t s, struct limited_row rows[static 4])
{
    struct addr a;
    assert_true(client == NULL || addr_scan(client, 53, &a));
    return limited_read(&table, client != NULL ? &a : NULL, kind, rows, 0, 4, at_s(s));
}

static int setup(void **state)
{
    (void)state;
    memset(&table, 0, sizeof table);
    return 0;
}

static void test_counts(void **state)
{
    (void)state;
    struct limited_row rows[4];
    add("192.0.2.0/24", 2, (struct limited_row){.withheld = 1}, 7, 1);
    add("192.0.2.0/24", 2, (struct limited_row){.truncated = 1}, 7, 2);
    add("192.0.2.0/24", 2, (struct limited_row){.withheld = 1}, 7, 4);
    add("192.0.2.0/24", 1, (struct limited_row){.let_go = 1}, 7, 5); /* another kind, in the same set */
    assert_int_equal(read_all("192.0.2.77", 2, 9, rows), 1);
    assert_int_equal(rows[0].withheld, 2);
    assert_int_equal(rows[0].truncated, 1);
    assert_int_equal(rows[0].let_go, 0);
    assert_int_equal(rows[0].limit, 20);
    assert_int_equal(rows[0].network.bits, 24);
    assert_int_equal(rows[0].since_us, at_s(1).mono_us);
    assert_int_equal(rows[0].last_us, at_s(4).mono_us);
    assert_int_equal(read_all("192.0.2.77", -1, 9, rows), 2);
    assert_int_equal(read_all("192.0.3.77", -1, 9, rows), 0);
    assert_int_equal(read_all("192.0.2.77", 3, 9, rows), 0);
    assert_int_equal(read_all(NULL, 1, 9, rows), 1);
}

/* Who was limited long ago begins anew, and is not told of for ever. */
static void test_time(void **state)
{
    (void)state;
    struct limited_row rows[4];
    add("192.0.2.1/32", 0, (struct limited_row){.withheld = 1}, 7, 1);
    add("192.0.2.1/32", 0, (struct limited_row){.withheld = 1}, 7, 1 + LIMITED_GAP_S);
    assert_int_equal(read_all(NULL, 0, 100, rows), 1);
    assert_int_equal(rows[0].withheld, 2);
    add("192.0.2.1/32", 0, (struct limited_row){.withheld = 1}, 7, 2 + 2 * LIMITED_GAP_S);
    assert_int_equal(read_all(NULL, 0, 200, rows), 1);
    assert_int_equal(rows[0].withheld, 1);
    assert_int_equal(rows[0].since_us, at_s(2 + 2 * LIMITED_GAP_S).mono_us);
    assert_int_equal(read_all(NULL, 0, 2 + 2 * LIMITED_GAP_S + LIMITED_KEPT_S, rows), 1);
    assert_int_equal(read_all(NULL, 0, 3 + 2 * LIMITED_GAP_S + LIMITED_KEPT_S, rows), 0);
    assert_int_equal(read_all(NULL, 0, 0, rows), 1); /* a reader whose turn began earlier */
}

/* A set is full: who was limited least lately goes. Of more rows than there is room for the latest are told. */
static void test_full(void **state)
{
    (void)state;
    static const char *const networks[] = {"192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32", "192.0.2.4/32",
                                           "192.0.2.5/32"};
    struct limited_row rows[4];
    for (unsigned i = 0; i < 4; i++) {
        add(networks[i], 0, (struct limited_row){.withheld = 1}, 7, 10 + i);
    }
    add(networks[0], 0, (struct limited_row){.withheld = 1}, 7, 20);
    add(networks[4], 0, (struct limited_row){.withheld = 1}, 7 + LIMITED_SETS, 21);
    assert_int_equal(read_all("192.0.2.2", 0, 30, rows), 0);
    assert_int_equal(read_all("192.0.2.1", 0, 30, rows), 1);
    assert_int_equal(rows[0].withheld, 2);
    assert_int_equal(read_all("192.0.2.5", 0, 30, rows), 1);
    add("198.51.100.0/24", 0, (struct limited_row){.withheld = 1}, 8, 25);
    assert_int_equal(read_all(NULL, 0, 30, rows), 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_true(rows[i].last_us > at_s(12).mono_us); /* 192.0.2.3 was the first to stop */
    }
}

/* Rows of several workers are one. While somebody reads, what is limited is not counted. */
static void test_workers(void **state)
{
    (void)state;
    static struct limited other;
    struct limited_row rows[4], one = {.limit = 20, .truncated = 5};
    add("2001:db8::/64", 3, (struct limited_row){.withheld = 3}, 1, 10);
    one.kind = 3;
    one.network = table.row[LIMITED_WAYS].network;
    limited_add(&other, &one, 1, at_s(5));
    unsigned n = limited_read(&table, NULL, 3, rows, 0, 4, at_s(11));
    n = limited_read(&other, NULL, 3, rows, n, 4, at_s(11));
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].withheld, 3);
    assert_int_equal(rows[0].truncated, 5);
    assert_int_equal(rows[0].since_us, at_s(5).mono_us);
    assert_int_equal(rows[0].last_us, at_s(10).mono_us);
    atomic_store(&table.busy, true);
    add("2001:db8::/64", 3, (struct limited_row){.withheld = 1}, 1, 12);
    atomic_store(&table.busy, false);
    assert_int_equal(read_all(NULL, 3, 13, rows), 1);
    assert_int_equal(rows[0].withheld, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_counts, setup),
        cmocka_unit_test_setup(test_time, setup),
        cmocka_unit_test_setup(test_full, setup),
        cmocka_unit_test_setup(test_workers, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
