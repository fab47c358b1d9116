/* The most frequent keys of a stream: exact while there is room, within its promise afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/control/sketch.h"

static void add(struct sketch *s, const char *key, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        sketch_add(s, key, strlen(key));
    }
}

static void few_keys_are_exact(void **state)
{
    (void)state;
    struct sketch *s = sketch_new();
    struct sketch_row rows[3];
    assert_non_null(s);
    assert_int_equal(sketch_top(s, rows, 3), 0);
    add(s, "b", 5);
    add(s, "a", 7);
    assert_int_equal(sketch_top(s, rows, 3), 2);
    add(s, "c", 1);
    add(s, "d", 9);
    add(s, "b", 1);
    assert_int_equal(sketch_top(s, rows, 3), 3);
    assert_memory_equal(rows[0].key, "d", 1);
    assert_memory_equal(rows[1].key, "a", 1);
    assert_memory_equal(rows[2].key, "b", 1);
    assert_int_equal(rows[0].count, 9);
    assert_int_equal(rows[2].count, 6);
    assert_int_equal(rows[2].error, 0);
    sketch_free(s);
}

/* 20,000 keys seen once, and three that are frequent among them. */
static void the_frequent_ones_stay(void **state)
{
    (void)state;
    struct sketch *s = sketch_new();
    struct sketch_row rows[4];
    char key[SKETCH_KEY_MAX + 1];
    uint64_t truth[3] = {0};
    assert_non_null(s);
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(key, sizeof key, "noise %u", i);
        sketch_add(s, key, strlen(key));
        for (unsigned k = 0; k < 3; k++) {
            if (i % (k + 2) == 0) {
                snprintf(key, sizeof key, "frequent %u", k);
                sketch_add(s, key, strlen(key));
                truth[k]++;
            }
        }
    }
    assert_int_equal(sketch_top(s, rows, 4), 4);
    for (unsigned k = 0; k < 3; k++) {
        snprintf(key, sizeof key, "frequent %u", k);
        assert_int_equal(rows[k].n, strlen(key));
        assert_memory_equal(rows[k].key, key, rows[k].n);
        assert_true(rows[k].count >= truth[k] && rows[k].count - rows[k].error <= truth[k]);
    }
    memset(key, 'x', SKETCH_KEY_MAX);
    sketch_add(s, key, SKETCH_KEY_MAX);
    sketch_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(few_keys_are_exact), cmocka_unit_test(the_frequent_ones_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
