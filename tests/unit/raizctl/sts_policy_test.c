/* The policy of MTA-STS: what is one, what it says, and which mail servers it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/sts_policy.h"

static struct mailtext_value value(const char *text)
{
    return (struct mailtext_value){text, strlen(text)};
}

static void policies(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sts_mode mode;
        uint64_t max_age_s;
        size_t mx;
        const char *error; /* NULL: none */
    } rows[] = {
        {"version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\nmax_age: 604800\n", STS_ENFORCE,
         604800, 2, NULL},
        {"version: STSv1\r\nmode: testing\r\nmx: a.b\r\nmax_age: 0", STS_TESTING, 0, 1, NULL},
        {"mx:a\nmax_age:\t31557600 \nmode:enforce\n\nversion:STSv1\n", STS_ENFORCE, 31557600, 1, NULL},
        {"version: STSv1\nmode: none\nmax_age: 86400\n", STS_NONE, 86400, 0, NULL},
        /* Of what stands there twice the first counts; what nobody knows is passed over. */
        {"version: STSv1\nmode: none\nmode: enforce\nmax_age: 1\nmax_age: x\nversion: 2\nMX: a b\nnew_key: \x80\n",
         STS_NONE, 1, 0, NULL},
        {"version: STSv1\nmode: enforce\nmx: a\nmax_age: 9999999999", STS_ENFORCE, UINT64_C(9999999999), 1, NULL},
        {"", 0, 0, 0, "no version: STSv1"},
        {"<!DOCTYPE html>\n<title>Not found</title>", 0, 0, 0, "a line that is not \"key: value\""},
        {"mode: enforce\nmx: a\nmax_age: 1", 0, 0, 0, "no version: STSv1"},
        {"Version: STSv1\nmode: enforce\nmx: a\nmax_age: 1", 0, 0, 0, "no version: STSv1"},
        {"version: STSv2\nmode: enforce\nmx: a\nmax_age: 1", 0, 0, 0, "another version than STSv1"},
        {"version: stsv1\nmode: enforce\nmx: a\nmax_age: 1", 0, 0, 0, "another version than STSv1"},
        {"version: STSv1\nmx: a\nmax_age: 1", 0, 0, 0, "no mode"},
        {"version: STSv1\nmode: enforced\nmx: a\nmax_age: 1", 0, 0, 0,
         "a mode that is none of enforce, testing and none"},
        {"version: STSv1\nmode: enforce\nmx: a\n", 0, 0, 0, "no max_age"},
        {"version: STSv1\nmode: enforce\nmx: a\nmax_age: 1d", 0, 0, 0, "a max_age that is no number of seconds"},
        {"version: STSv1\nmode: enforce\nmx: a\nmax_age:", 0, 0, 0, "a max_age that is no number of seconds"},
        {"version: STSv1\nmode: enforce\nmx: a\nmax_age: -1", 0, 0, 0, "a max_age that is no number of seconds"},
        {"version: STSv1\nmode: enforce\nmx: a\nmax_age: 10000000000", 0, 0, 0,
         "a max_age that is no number of seconds"},
        {"version: STSv1\nmode: enforce\nmax_age: 1", 0, 0, 0, "no mx"},
        {"version: STSv1\nmode: testing\nmax_age: 1", 0, 0, 0, "no mx"},
        {"version: STSv1\nmode enforce\nmx: a\nmax_age: 1", 0, 0, 0, "a line that is not \"key: value\""},
        {"version: STSv1\nmode: enforce\n: a\nmax_age: 1", 0, 0, 0, "a line that is not \"key: value\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sts_policy p;
        bool good = sts_policy_read(rows[i].text, strlen(rows[i].text), &p);
        if (good != (rows[i].error == NULL) || (p.error != NULL) != (rows[i].error != NULL) ||
            (p.error != NULL && strcmp(p.error, rows[i].error) != 0)) {
            fail_msg("'%s': %s", rows[i].text, p.error);
        }
        if (good && (p.mode != rows[i].mode || p.max_age_s != rows[i].max_age_s || p.mx_count != rows[i].mx)) {
            fail_msg("'%s' says %d %llu %zu", rows[i].text, p.mode, (unsigned long long)p.max_age_s, p.mx_count);
        }
    }
}

/* What may stand behind "mx:". */
static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool good;
    } rows[] = {{"mail.example.com", true},
                {"*.example.com", true},
                {"a_b.x-1", true},
                {"*.com", true},
                {"localhost", true},
                {"", false},
                {"*", false},
                {"*.", false},
                {".a", false},
                {"a.", false},
                {"a..b", false},
                {"mx*.example.com", false},
                {"*.*.example.com", false},
                {"a.*.b", false},
                {"a b", false},
                {"a,b", false},
                {"[192.0.2.1]", false},
                {"user@a.b", false},
                {"m\xc3\xbcll.de", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        struct sts_policy p;
        struct mailtext_value v;
        size_t at = 0;
        snprintf(text, sizeof text, "version: STSv1\nmode: none\nmax_age: 1\nmx: %s\n", rows[i].pattern);
        if (sts_policy_read(text, strlen(text), &p) != rows[i].good) {
            fail_msg("'%s': %s", rows[i].pattern, p.error);
        }
        if (rows[i].good) {
            assert_true(sts_policy_mx(&p, &at, &v));
            assert_int_equal(v.len, strlen(rows[i].pattern));
            assert_memory_equal(v.text, rows[i].pattern, v.len);
            assert_false(sts_policy_mx(&p, &at, &v));
        } else {
            assert_string_equal(p.error, "an mx that is no host name");
        }
    }
}

/* RFC 8461 section 4.1 */
static void matching(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *host;
        bool matches;
    } rows[] = {
        {"mail.example.com", "mail.example.com", true},
        {"mail.example.com", "MAIL.Example.COM", true},
        {"mail.example.com", "mail.example.co", false},
        {"mail.example.com", "xmail.example.com", false},
        {"mail.example.com", "a.mail.example.com", false},
        {"*.example.com", "mail.example.com", true},
        {"*.EXAMPLE.com", "mail.example.com", true},
        {"*.example.com", "mail.us.example.com", false},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "mail.example.com.evil", false},
        {"*.example.com", "mailexample.com", false},
        {"*.com", "example.com", true},
        {"*.com", "com", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sts_mx_matches(value(rows[i].pattern), value(rows[i].host)) != rows[i].matches) {
            fail_msg("%s, %s", rows[i].pattern, rows[i].host);
        }
    }
    static const char text[] = "version: STSv1\nmode: enforce\nmx: a.b\nnote: mx: c.d\nmx: *.e.f\nmax_age: 9\n";
    struct sts_policy p;
    assert_true(sts_policy_read(text, sizeof text - 1, &p));
    assert_true(sts_policy_allows(&p, value("a.b")));
    assert_true(sts_policy_allows(&p, value("x.e.f")));
    assert_false(sts_policy_allows(&p, value("c.d")));
    assert_false(sts_policy_allows(&p, value("e.f")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),
        cmocka_unit_test(patterns),
        cmocka_unit_test(matching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
