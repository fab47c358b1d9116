/*
 * value_test.c - sizes, durations, counts and truths as text
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/config/suggest.h"
#include "resolver/config/value.h"

static void test_values(void **state)
{
    (void)state;
    static const struct {
        enum value_result (*scan)(const char *, uint64_t *);
        const char *text;
        enum value_result result;
        uint64_t value;
    } rows[] = {
        {value_count, "0", VALUE_OK, 0},
        {value_count, "007", VALUE_OK, 7},
        {value_count, "18446744073709551615", VALUE_OK, UINT64_MAX},
        {value_count, "18446744073709551616", VALUE_RANGE, 0},
        {value_count, "", VALUE_SYNTAX, 0},
        {value_count, "1k", VALUE_SYNTAX, 0},
        {value_count, "-1", VALUE_SYNTAX, 0},
        {value_count, "+1", VALUE_SYNTAX, 0},
        {value_count, " 1", VALUE_SYNTAX, 0},
        {value_count, "0x10", VALUE_SYNTAX, 0},
        {value_size, "1", VALUE_OK, 1},
        {value_size, "64K", VALUE_OK, 65536},
        {value_size, "256M", VALUE_OK, 268435456},
        {value_size, "256m", VALUE_OK, 268435456},
        {value_size, "2G", VALUE_OK, UINT64_C(2) << 30},
        {value_size, "3T", VALUE_OK, UINT64_C(3) << 40},
        {value_size, "16777215T", VALUE_OK, UINT64_C(16777215) << 40},
        {value_size, "16777216T", VALUE_RANGE, 0},
        {value_size, "99999999999999999999T", VALUE_RANGE, 0},
        {value_size, "M", VALUE_SYNTAX, 0},
        {value_size, "1MB", VALUE_SYNTAX, 0},
        {value_size, "1.5G", VALUE_SYNTAX, 0},
        {value_size, "1 M", VALUE_SYNTAX, 0},
        {value_duration, "0", VALUE_OK, 0},
        {value_duration, "90", VALUE_OK, 90},
        {value_duration, "30s", VALUE_OK, 30},
        {value_duration, "5m", VALUE_OK, 300},
        {value_duration, "1h", VALUE_OK, 3600},
        {value_duration, "1d", VALUE_OK, 86400},
        {value_duration, "2w", VALUE_OK, 1209600},
        {value_duration, "1h30m", VALUE_OK, 5400},
        {value_duration, "1d12h", VALUE_OK, 129600},
        {value_duration, "", VALUE_SYNTAX, 0},
        {value_duration, "h", VALUE_SYNTAX, 0},
        {value_duration, "1h30", VALUE_OK, 3630},
        {value_duration, "1x", VALUE_SYNTAX, 0},
        {value_duration, "1hh", VALUE_SYNTAX, 0},
        {value_duration, "30500568904944w", VALUE_RANGE, 0},
        {value_duration, "18446744073709551615s1s", VALUE_RANGE, 0},
        {value_bool, "true", VALUE_OK, 1},
        {value_bool, "false", VALUE_OK, 0},
        {value_bool, "True", VALUE_SYNTAX, 0},
        {value_bool, "1", VALUE_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t v = 12345;
        enum value_result result = rows[i].scan(rows[i].text, &v);
        if (result != rows[i].result || (result == VALUE_OK && v != rows[i].value)) {
            fail_msg("'%s': result %d, value %llu", rows[i].text, (int)result, (unsigned long long)v);
        }
    }
}

static void test_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum value_result result;
        uint64_t value;
    } rows[] = {
        {"0s", VALUE_OK, 0},
        {"1.8s", VALUE_OK, 1800},
        {"1.8", VALUE_OK, 1800},
        {"0.0259s", VALUE_OK, 25},
        {"250ms", VALUE_OK, 250},
        {"2s", VALUE_OK, 2000},
        {"1m30s", VALUE_OK, 90000},
        {"1.", VALUE_SYNTAX, 0},
        {".5s", VALUE_SYNTAX, 0},
        {"1.5m", VALUE_SYNTAX, 0},
        {"1.5s2", VALUE_SYNTAX, 0},
        {"1.5s2s", VALUE_SYNTAX, 0},
        {"ms", VALUE_SYNTAX, 0},
        {"18446744073709551615", VALUE_RANGE, 0},
        {"18446744073709551615.5s", VALUE_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t v = 12345;
        enum value_result result = value_duration_ms(rows[i].text, &v);
        if (result != rows[i].result || (result == VALUE_OK && v != rows[i].value)) {
            fail_msg("'%s': result %d, value %llu", rows[i].text, (int)result, (unsigned long long)v);
        }
    }
}

static void test_print(void **state)
{
    (void)state;
    static const struct {
        uint64_t v;
        const char *size, *duration;
    } rows[] = {
        {0, "0", "0s"},
        {1, "1", "1s"},
        {59, "59", "59s"},
        {60, "60", "1m"},
        {90, "90", "1m30s"},
        {3600, "3600", "1h"},
        {5400, "5400", "1h30m"},
        {86400, "86400", "1d"},
        {604800, "604800", "7d"},
        {1024, "1K", "17m4s"},
        {1536, "1536", "25m36s"},
        {268435456, "256M", "3106d21h24m16s"},
        {UINT64_C(1) << 40, "1T", "12725829d36m16s"},
        {UINT64_MAX, "18446744073709551615", "213503982334601d7h15s"},
    };
    char buf[VALUE_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t back;
        assert_string_equal(value_print_size(rows[i].v, buf), rows[i].size);
        assert_int_equal(value_size(buf, &back), VALUE_OK);
        assert_true(back == rows[i].v);
        assert_string_equal(value_print_duration(rows[i].v, buf), rows[i].duration);
        assert_int_equal(value_duration(buf, &back), VALUE_OK);
        assert_true(back == rows[i].v);
    }
}

static void test_print_ms(void **state)
{
    (void)state;
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {{0, "0s"}, {1, "1ms"}, {250, "250ms"}, {1800, "1.8s"}, {1001, "1.001s"}, {2000, "2s"}, {7000, "7s"}};
    char buf[VALUE_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t back;
        assert_string_equal(value_print_duration_ms(rows[i].ms, buf), rows[i].text);
        assert_int_equal(value_duration_ms(buf, &back), VALUE_OK);
        assert_true(back == rows[i].ms);
    }
}

static void test_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},
        {"a", "", 1},
        {"listen", "listen", 0},
        {"lissten", "listen", 1},
        {"lsiten", "listen", 1},
        {"listne", "listen", 1},
        {"liste", "listen", 1},
        {"Listen", "LISTEN", 0},
        {"max_ttl", "max-ttl", 0},
        {"max-tll", "max-ttl", 1},
        {"stats", "status", 1},
        {"statsu", "status", 1},
        {"ca", "abc", 3}, /* optimal string alignment: no edit between the transposed letters */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(suggest_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(suggest_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
    assert_true(suggest_distance("a-word-that-is-longer-than-any-word-that-is-compared", "a") > SUGGEST_DISTANCE);
}

static void test_suggestion(void **state)
{
    (void)state;
    static const char *const words[] = {"status", "stats", "stop", "cache.ls", "cache.show", "query"};
    static const struct {
        const char *word, *best;
    } rows[] = {
        {"statsu", "status"}, {"stts", "stats"}, {"cahce.ls", "cache.ls"}, {"quarry", "query"}, {"x", NULL},
        {"to", NULL},         {"xyz", NULL},     {"stipp", "stop"},        {"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct suggest s = suggest_for(rows[i].word);
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
            suggest_offer(&s, words[k]);
        }
        if (rows[i].best == NULL) {
            assert_null(s.best);
        } else {
            assert_non_null(s.best);
            assert_string_equal(s.best, rows[i].best);
        }
    }
}

static void test_dates(void **state)
{
    static const struct {
        const char *text;
        int64_t at; /* -1: none */
    } rows[] = {
        {"1970-01-01", 0},
        {"2026-01-01", 1767225600},
        {"2026-12-31", 1798675200},
        {"2024-02-29", 1709164800},
        {"2000-03-01", 951868800},
        {"2100-03-01", 4107542400},
        {"2026-12-31T12:00:00Z", 1798718400},
        {"2026-12-31T23:59:59Z", 1798761599},
        {"2026-02-29", -1},
        {"2100-02-29", -1},
        {"2026-13-01", -1},
        {"2026-00-01", -1},
        {"2026-01-00", -1},
        {"2026-04-31", -1},
        {"1969-12-31", -1},
        {"2026-1-1", -1},
        {"2026-12-31T24:00:00Z", -1},
        {"2026-12-31T12:60:00Z", -1},
        {"2026-12-31T12:00:60Z", -1},
        {"2026-12-31T12:00:00", -1},
        {"2026-12-31T12:00:00Zx", -1},
        {"2026-12-31 12:00:00Z", -1},
        {"tomorrow", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at = 0;
        bool ok = value_date(rows[i].text, &at);
        if (ok != (rows[i].at >= 0) || (ok && at != rows[i].at)) {
            fail_msg("%s: %lld", rows[i].text, (long long)at);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_milliseconds), cmocka_unit_test(test_print),
        cmocka_unit_test(test_print_ms),   cmocka_unit_test(test_dates),        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_suggestion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
