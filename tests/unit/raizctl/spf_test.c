/* SPF records taken apart: what is one, what its terms are, what is wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/spf.h"

static void which_are(void **state)
{
    (void)state;
    assert_true(spf_is("v=spf1", 6));
    assert_true(spf_is("V=SPF1 -all", 11));
    assert_false(spf_is("v=spf10 -all", 12));
    assert_false(spf_is("v=spf1-all", 10));
    assert_false(spf_is("v=spf", 5));
    assert_false(spf_is("", 0));
    assert_false(spf_is("spf2.0/pra", 10));
}

/* What each term costs, and the terms as letters of their kinds. */
static void good_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kinds;
        unsigned costs;
        char all;
    } rows[] = {
        {"v=spf1", "", 0, 0},
        {"v=spf1   -all  ", "L", 0, '-'},
        {"v=spf1 ALL", "L", 0, '+'},
        {"v=spf1 a mx ptr ~all", "AMPL", 3, '~'},
        {"v=spf1 a:mail.example a/24 a//64 mx:example/24//64 ?all", "AAAML", 4, '?'},
        {"v=spf1 ip4:192.0.2.1 ip4:192.0.2.77/24 ip6:2001:db8::/32 ip6:::1 -all", "4466L", 0, '-'},
        {"v=spf1 include:_spf.example -include:b.example redirect=c.example", "IIR", 3, 0},
        {"v=spf1 exists:%{ir}.%{v}._spf.%{d2} exp=why.%{d} moo=%{x} x-1.y=", "XEUU", 1, 0},
        {"v=spf1 a:%{d1r+-}/16 -all", "AL", 1, '-'},
        {"v=spf1 exists:%{l1r-}.%%%_%-.example -all", "XL", 1, '-'},
        {"v=spf1 -all +all", "LL", 0, '-'}, /* the first one counts */
    };
    static const char letters[] = "LIAMP46XREU";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spf spf;
        char kinds[SPF_TERMS_MAX + 1] = "";
        unsigned costs = 0;
        if (!spf_parse(rows[i].text, strlen(rows[i].text), &spf)) {
            fail_msg("%s: %s", rows[i].text, spf.error);
        }
        for (size_t k = 0; k < spf.count; k++) {
            kinds[k] = letters[spf.terms[k].kind];
            costs += spf_costs(spf.terms[k].kind);
        }
        assert_string_equal(kinds, rows[i].kinds);
        assert_int_equal(costs, rows[i].costs);
        assert_int_equal(spf.all != NULL ? spf.all->qualifier : 0, rows[i].all);
    }
}

static void bad_ones(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"v=spf1 al", "no such mechanism"},
        {"v=spf1 +", "no such mechanism"},
        {"v=spf1 -all/8", "too much"},
        {"v=spf1 all:example", "too much"},
        {"v=spf1 include", "the domain is missing"},
        {"v=spf1 include:", "the domain is missing"},
        {"v=spf1 include:a..b", "not a domain"},
        {"v=spf1 include:a\\065", "not a domain"},
        {"v=spf1 ip4:192.0.2", "not an IPv4"},
        {"v=spf1 ip4:2001:db8::1", "not an IPv4"},
        {"v=spf1 ip4:192.0.2.1/33", "prefix length"},
        {"v=spf1 ip4:192.0.2.1/", "prefix length"},
        {"v=spf1 ip4:192.0.2.1:53", "not an IPv4"},
        {"v=spf1 ip4", "the network is missing"},
        {"v=spf1 ip6:2001:db8::/129", "prefix length"},
        {"v=spf1 a/33", "prefix length"},
        {"v=spf1 a/", "prefix length"},
        {"v=spf1 a/024", "prefix length"},
        {"v=spf1 a//129", "prefix length"},
        {"v=spf1 mx/24/64", "prefix length"},
        {"v=spf1 exists:%{y}.example", "a macro"},
        {"v=spf1 exists:%{d", "a macro"},
        {"v=spf1 exists:50%.example", "a macro"},
        {"v=spf1 redirect=a.b redirect=c.d", "twice"},
        {"v=spf1 exp=a.b exp=c.d", "twice"},
        {"v=spf1 a:\303\274.example", "a character"},
        {"v=spf1 -all\tmx", "no such mechanism"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spf spf;
        if (spf_parse(rows[i][0], strlen(rows[i][0]), &spf)) {
            fail_msg("%s is taken", rows[i][0]);
        }
        if (strstr(spf.error, rows[i][1]) == NULL) {
            fail_msg("%s: %s, not %s", rows[i][0], spf.error, rows[i][1]);
        }
    }
}

/* A term's domain is a piece of the text; an include has no prefix length, so that a slash is of its name. */
static void domains(void **state)
{
    (void)state;
    static const char text[] = "v=spf1 a mx:m.example/24 include:a/24 exists:%{i}.x";
    static const char *const wanted[] = {NULL, "m.example", "a/24", "%{i}.x"};
    struct spf spf;
    assert_true(spf_parse(text, sizeof text - 1, &spf));
    for (size_t i = 0; i < 4; i++) {
        const struct spf_term *t = &spf.terms[i];
        assert_int_equal(t->domain == NULL, wanted[i] == NULL);
        if (wanted[i] != NULL) {
            assert_int_equal(t->domain_len, strlen(wanted[i]));
            assert_memory_equal(t->domain, wanted[i], t->domain_len);
        }
        assert_int_equal(t->macro, i == 3);
    }
}

static void bounds(void **state)
{
    (void)state;
    char text[8 + SPF_TERMS_MAX * 2 + 4] = "v=spf1";
    struct spf spf;
    for (size_t i = 0; i < SPF_TERMS_MAX; i++) {
        memcpy(text + 6 + 2 * i, " a", 3);
    }
    assert_true(spf_parse(text, strlen(text), &spf));
    assert_int_equal(spf.count, SPF_TERMS_MAX);
    memcpy(text + strlen(text), " a", 3);
    assert_false(spf_parse(text, strlen(text), &spf));
    /* Octets that are no text are shown as such, and no error is longer than its place. */
    static const char odd[] = "v=spf1 \0\033[31m\377";
    assert_false(spf_parse(odd, sizeof odd - 1, &spf));
    assert_string_equal(spf.error, "'??[31m?': no such mechanism");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_are), cmocka_unit_test(good_ones), cmocka_unit_test(bad_ones),
        cmocka_unit_test(domains),   cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
