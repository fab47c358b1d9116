/*
 * acl_test.c - who may ask
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dns/rng.h"
#include "resolver/config/acl.h"

static struct acl *acl_of(const char *const *texts, size_t n)
{
    struct addr_prefix list[16];
    for (size_t i = 0; i < n; i++) {
        assert_true(addr_prefix_scan(texts[i], &list[i]));
    }
    struct acl *a = acl_new(list, n);
    assert_non_null(a);
    return a;
}

static void check(const struct acl *a, const char *client, bool want)
{
    struct addr addr;
    assert_true(addr_scan(client, 4242, &addr));
    if (acl_allows(a, &addr) != want) {
        fail_msg("%s should be %s", client, want ? "allowed" : "refused");
    }
}

static void test_rows(void **state)
{
    (void)state;
    static const char *const allow[] = {"10.0.0.0/8",      "10.1.0.0/16",   "192.0.2.128/25",  "192.0.2.0/25",
                                        "198.51.100.7",    "2001:db8::/32", "2001:db8:1::/48", "fe80::/10",
                                        "255.255.255.255", "::1",           "203.0.113.64/26"};
    struct acl *a = acl_of(allow, sizeof allow / sizeof allow[0]);
    static const struct {
        const char *client;
        bool allowed;
    } rows[] = {
        {"9.255.255.255", false},
        {"10.0.0.0", true},
        {"10.1.2.3", true},
        {"10.255.255.255", true},
        {"11.0.0.0", false},
        {"192.0.1.255", false},
        {"192.0.2.0", true},
        {"192.0.2.127", true},
        {"192.0.2.128", true},
        {"192.0.2.255", true},
        {"192.0.3.0", false},
        {"198.51.100.6", false},
        {"198.51.100.7", true},
        {"198.51.100.8", false},
        {"255.255.255.255", true},
        {"255.255.255.254", false},
        {"203.0.113.63", false},
        {"203.0.113.64", true},
        {"203.0.113.127", true},
        {"203.0.113.128", false},
        {"2001:db7:ffff::", false},
        {"2001:db8::", true},
        {"2001:db8:1::5", true},
        {"2001:db8:ffff:ffff::", true},
        {"2001:db9::", false},
        {"fe80::1%3", true},
        {"::1", true},
        {"::2", false},
        {"::ffff:10.2.3.4", true},
        {"::ffff:11.2.3.4", false},
        {"0.0.0.0", false},
        {"::", false},
        {"::10.0.0.1", false}, /* an IPv6 address that ends in an allowed IPv4 address */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check(a, rows[i].client, rows[i].allowed);
    }
    struct addr none = {0};
    assert_false(acl_allows(a, &none));
    acl_free(a);
}

static void test_all_and_nobody(void **state)
{
    (void)state;
    static const char *const ip4[] = {"0.0.0.0/0"}, *const ip6[] = {"::/0"};
    struct acl *a = acl_new(NULL, 0);
    assert_non_null(a);
    check(a, "127.0.0.1", false);
    check(a, "::1", false);
    acl_free(a);
    a = acl_of(ip4, 1);
    check(a, "0.0.0.0", true);
    check(a, "255.255.255.255", true);
    check(a, "::1", false);
    acl_free(a);
    a = acl_of(ip6, 1);
    check(a, "::", true);
    check(a, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true);
    check(a, "10.0.0.1", false);
    check(a, "::ffff:10.0.0.1", false);
    acl_free(a);
}

/* Against the plain reading: is the client in any of the prefixes? */
static void test_against_list(void **state)
{
    (void)state;
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 7);
    struct rng *rng = &seeded.rng;
    for (unsigned round = 0; round < 200; round++) {
        struct addr_prefix list[40];
        size_t n = rng_below(rng, 40);
        for (size_t i = 0; i < n; i++) {
            char text[64];
            if (rng_below(rng, 2) == 0) {
                snprintf(text, sizeof text, "10.%u.%u.0/%u", (unsigned)rng_below(rng, 4), (unsigned)rng_below(rng, 256),
                         8 + (unsigned)rng_below(rng, 25));
            } else {
                snprintf(text, sizeof text, "2001:db8:%x:%x::/%u", (unsigned)rng_below(rng, 4),
                         (unsigned)rng_below(rng, 65536), 30 + (unsigned)rng_below(rng, 40));
            }
            assert_true(addr_prefix_scan(text, &list[i]));
        }
        struct acl *a = acl_new(list, n);
        assert_non_null(a);
        for (unsigned k = 0; k < 200; k++) {
            char text[64];
            struct addr client;
            if (rng_below(rng, 2) == 0) {
                snprintf(text, sizeof text, "10.%u.%u.%u", (unsigned)rng_below(rng, 5), (unsigned)rng_below(rng, 256),
                         (unsigned)rng_below(rng, 256));
            } else {
                snprintf(text, sizeof text, "2001:db8:%x:%x::1", (unsigned)rng_below(rng, 5),
                         (unsigned)rng_below(rng, 65536));
            }
            assert_true(addr_scan(text, 0, &client));
            bool want = false;
            for (size_t i = 0; i < n; i++) {
                want |= addr_in(&client, &list[i]);
            }
            assert_true(acl_allows(a, &client) == want);
        }
        acl_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_all_and_nobody),
        cmocka_unit_test(test_against_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
