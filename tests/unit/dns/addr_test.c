/* Addresses, ports and prefixes: text both ways, membership, and who may be asked (T27). */
#include "dns/addr.h"

#include "support.h"

static struct addr scanned(const char *text)
{
    struct addr a;
    if (!addr_scan(text, 0, &a)) {
        fail_msg("%s", text);
    }
    return a;
}

static void scan_and_print(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1:53"},
        {"192.0.2.1:5300", "192.0.2.1:5300"},
        {"192.0.2.1@5300", "192.0.2.1:5300"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"2001:DB8::1", "[2001:db8::1]:53"},
        {"2001:db8::1@99", "[2001:db8::1]:99"},
        {"[2001:db8::1]", "[2001:db8::1]:53"},
        {"[2001:db8::1]:99", "[2001:db8::1]:99"},
        {"fe80::1%2", "[fe80::1%2]:53"},
        {"[fe80::1%4294967295]:65535", "[fe80::1%4294967295]:65535"},
        {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:53"},
        {"::", "[::]:53"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr a, b;
        char text[ADDR_TEXT_MAX];
        assert_true(addr_scan(rows[i].text, 53, &a));
        assert_int_equal(addr_print(&a, text), strlen(rows[i].printed));
        assert_string_equal(text, rows[i].printed);
        assert_true(addr_scan(text, 1, &b));
        assert_true(addr_equal(&a, &b));
    }
    struct addr plain = scanned("2001:db8::1");
    char text[ADDR_TEXT_MAX];
    addr_print(&plain, text); /* no port: no brackets */
    assert_string_equal(text, "2001:db8::1");
    plain = scanned("192.0.2.1");
    addr_print(&plain, text);
    assert_string_equal(text, "192.0.2.1");
    addr_print(&(struct addr){.family = ADDR_NONE}, text);
    assert_string_equal(text, "none");
}

static void longest_text_fits(void **state)
{
    (void)state;
    const char *longest = "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255%4294967295]:65535";
    struct addr a;
    char text[ADDR_TEXT_MAX];
    assert_true(addr_scan(longest, 0, &a));
    assert_string_equal(text, (addr_print(&a, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535"));
}

static void scan_refuses(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1.",
        "192.0.2.01",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:-1",
        "192.0.2.1: 53",
        "192.0.2.1:5x",
        "[192.0.2.1]:53",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]x",
        "[2001:db8::1]:",
        "2001:db8:::1",
        "2001:db8::g",
        "fe80::1%",
        "fe80::1%eth0",
        "192.0.2.1%1",
        "fe80::1%4294967296",
        "192.0.2.1@1@2",
        "localhost",
        "@53",
        ":53",
        "[]:53",
        "192.0.2.1:99999999999",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr a;
        if (addr_scan(rows[i], 53, &a)) {
            fail_msg("%s", rows[i]);
        }
    }
}

static void equality_and_hash(void **state)
{
    (void)state;
    static const uint8_t key[SIPHASH_KEY_SIZE] = {7};
    static const char *const all[] = {"192.0.2.1", "192.0.2.1:1", "192.0.2.2", "::192.0.2.1", "fe80::1", "fe80::1%1"};
    for (size_t i = 0; i < ROWS(all); i++) {
        for (size_t k = 0; k < ROWS(all); k++) {
            struct addr a = scanned(all[i]), b = scanned(all[k]);
            assert_int_equal(addr_equal(&a, &b), i == k);
            assert_int_equal(addr_hash(key, &a) == addr_hash(key, &b), i == k);
            assert_int_equal(addr_same_ip(&a, &b), i == k || i + k == 1);
        }
    }
}

static void prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed; /* NULL: refused */
    } rows[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"192.0.2.129/25", "192.0.2.128/25"},
        {"192.0.2.1", "192.0.2.1/32"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"::1", "::1/128"},
        {"::/0", "::/0"},
        {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
        {"10.0.0.0/33", NULL},
        {"::/129", NULL},
        {"10.0.0.0/", NULL},
        {"10.0.0.0/-1", NULL},
        {"10.0.0.0/8/8", NULL},
        {"10/8", NULL},
        {"10.0.0.1:53/8", NULL},
        {"fe80::1%1/64", NULL},
        {"/8", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr_prefix p;
        char text[ADDR_TEXT_MAX];
        bool ok = addr_prefix_scan(rows[i].text, &p);
        assert_int_equal(ok, rows[i].printed != NULL);
        if (ok) {
            addr_prefix_print(&p, text);
            assert_string_equal(text, rows[i].printed);
        }
    }
}

static void membership(void **state)
{
    (void)state;
    static const struct {
        const char *addr, *prefix;
        bool in;
    } rows[] = {
        {"10.1.2.3:53", "10.0.0.0/8", true},
        {"11.0.0.0", "10.0.0.0/8", false},
        {"192.0.2.127", "192.0.2.0/25", true},
        {"192.0.2.128", "192.0.2.0/25", false},
        {"192.0.2.1", "192.0.2.1/32", true},
        {"192.0.2.0", "192.0.2.1/32", false},
        {"1.2.3.4", "0.0.0.0/0", true},
        {"1.2.3.4", "::/0", false},
        {"::1", "0.0.0.0/0", false},
        {"2001:db8::1", "2001:db8::/32", true},
        {"2001:db9::1", "2001:db8::/32", false},
        {"2001:db8:4000::", "2001:db8::/33", true},
        {"2001:db8:8000::", "2001:db8::/33", false},
        {"::ffff:10.1.1.1", "10.0.0.0/8", true},
        {"::ffff:11.1.1.1", "10.0.0.0/8", false},
        {"::ffff:11.1.1.1", "::/0", true},
        {"10.1.1.1", "::ffff:10.0.0.0/104", true},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr a = scanned(rows[i].addr);
        struct addr_prefix p;
        assert_true(addr_prefix_scan(rows[i].prefix, &p));
        if (addr_in(&a, &p) != rows[i].in) {
            fail_msg("%s %s", rows[i].addr, rows[i].prefix);
        }
    }
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *addr;
        bool loopback, unaskable, private;
    } rows[] = {
        {"127.0.0.1", true, false, true},
        {"127.255.255.255", true, false, true},
        {"128.0.0.1", false, false, false},
        {"::1", true, false, true},
        {"::2", false, false, false},
        {"::ffff:127.0.0.1", true, true, true},
        {"0.0.0.0", false, true, false},
        {"0.1.2.3", false, true, false},
        {"1.0.0.0", false, false, false},
        {"::", false, true, false},
        {"::ffff:192.0.2.1", false, true, false},
        {"::fffe:192.0.2.1", false, false, false},
        {"223.255.255.255", false, false, false},
        {"224.0.0.1", false, true, false},
        {"239.255.255.255", false, true, false},
        {"240.0.0.1", false, true, false},
        {"255.255.255.255", false, true, false},
        {"ff02::1", false, true, false},
        {"feff::1", false, false, false},
        {"10.255.0.1", false, false, true},
        {"9.255.255.255", false, false, false},
        {"172.15.255.255", false, false, false},
        {"172.16.0.0", false, false, true},
        {"172.31.255.255", false, false, true},
        {"172.32.0.0", false, false, false},
        {"192.168.3.4", false, false, true},
        {"192.169.0.0", false, false, false},
        {"169.254.1.1", false, false, true},
        {"100.63.255.255", false, false, false},
        {"100.64.0.0", false, false, true},
        {"100.127.255.255", false, false, true},
        {"100.128.0.0", false, false, false},
        {"fc00::1", false, false, true},
        {"fdff::1", false, false, true},
        {"fbff::1", false, false, false},
        {"fe00::1", false, false, false},
        {"fe80::1", false, false, true},
        {"febf::1", false, false, true},
        {"fec0::1", false, false, false},
        {"::ffff:10.0.0.1", false, true, true},
        {"198.41.0.4", false, false, false},
        {"2001:503:ba3e::2:30", false, false, false},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr a = scanned(rows[i].addr);
        if (addr_is_loopback(&a) != rows[i].loopback || addr_is_unaskable(&a) != rows[i].unaskable ||
            addr_is_private(&a) != rows[i].private) {
            fail_msg("%s", rows[i].addr);
        }
    }
    assert_true(addr_is_unaskable(&(struct addr){.family = ADDR_NONE}));
    assert_false(addr_is_loopback(&(struct addr){.family = ADDR_NONE}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_and_print), cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(scan_refuses),   cmocka_unit_test(equality_and_hash),
        cmocka_unit_test(prefixes),       cmocka_unit_test(membership),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
