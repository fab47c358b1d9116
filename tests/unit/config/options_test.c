/*
 * options_test.c - the table of settings agrees with itself and with struct settings
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/config/config.h"
#include "resolver/config/options.h"

static void test_ranges_fit_their_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        bool number = o->list == NULL && (o->kind == OPTION_COUNT || o->kind == OPTION_COUNT_OR_AUTO ||
                                          o->kind == OPTION_SIZE || o->kind == OPTION_DURATION);
        assert_true(o->min <= o->max);
        if (number) {
            assert_true(o->width == 2 || o->width == 4 || o->width == 8);
            assert_true(o->width == 8 || o->max >> 8 * o->width == 0);
        }
        if (o->kind == OPTION_BOOL && o->stored) {
            assert_int_equal(o->width, sizeof(bool));
        }
        if (option_words(o->kind) != NULL) {
            assert_int_equal(o->width, sizeof(enum log_level));
        }
    }
}

static void test_every_row_is_found_and_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        char section[64] = "", hint[OPTION_HINT_MAX];
        const char *dot = strchr(o->key, '.');
        assert_true(strlen(o->help) > 3);
        if (o->list != NULL) {
            assert_ptr_equal(option_find_item(o->list, o->key), o);
        } else if (o->key[0] != '\0') {
            memcpy(section, o->key, dot != NULL ? (size_t)(dot - o->key) : 0);
            const struct option *found = option_find(section, dot != NULL ? dot + 1 : o->key);
            assert_non_null(found);
            assert_true(found == o || o->kind == OPTION_SECTION); /* "forward" is a heading and a list */
        }
        if (o->kind != OPTION_SECTION) {
            assert_true(strlen(option_expected(o, hint)) > 0);
            assert_int_equal(o->help[strlen(o->help) - 1], '.');
        }
    }
    assert_null(option_find("", "size"));
    assert_null(option_find("cache", "cache.size"));
    assert_null(option_find("cach", "e.size"));
    assert_null(option_find("forward", "zone"));
    assert_null(option_find_item("forward", "servers"));
    assert_null(option_find("", ""));
}

/* Two rows that write to one member would hide a slip of the pen. */
static void test_members_are_distinct(void **state)
{
    (void)state;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        for (size_t k = 0; k < i; k++) {
            if (options[i].stored && options[k].stored) {
                assert_int_not_equal(options[i].offset, options[k].offset);
            }
        }
    }
}

static void test_suggestions(void **state)
{
    (void)state;
    static const struct {
        const char *section, *name, *hint;
    } rows[] = {
        {"", "lissten", "did you mean 'listen'?"},     {"", "cahce", "did you mean 'cache'?"},
        {"", "size", "did you mean 'cache.size'?"},    {"", "cache.size", "did you mean 'cache.size'?"},
        {"log", "size", "did you mean 'cache.size'?"}, {"cache", "siez", "did you mean 'size'?"},
        {"root", "hint", "did you mean 'hints'?"},     {"root", "x", "known are hints"},
        {"control", "sock", "did you mean 'socket'?"},
    };
    char hint[OPTION_HINT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(option_suggest(rows[i].section, rows[i].name, hint), rows[i].hint);
    }
    assert_string_equal(option_suggest_item("forward", "first?", hint), "did you mean 'first'?");
    assert_string_equal(option_suggest_item("stub", "to", hint), "known are zone, servers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_fit_their_members),
        cmocka_unit_test(test_every_row_is_found_and_explained),
        cmocka_unit_test(test_members_are_distinct),
        cmocka_unit_test(test_suggestions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
