/* Root hints: the thirteen that are built in, and those of a file. */
#include "zones/hints.h"

#include "support.h"

static const char *const addresses[13][2] = {
    {"198.41.0.4", "2001:503:ba3e::2:30"},   {"170.247.170.2", "2801:1b8:10::b"},  {"192.33.4.12", "2001:500:2::c"},
    {"199.7.91.13", "2001:500:2d::d"},       {"192.203.230.10", "2001:500:a8::e"}, {"192.5.5.241", "2001:500:2f::f"},
    {"192.112.36.4", "2001:500:12::d0d"},    {"198.97.190.53", "2001:500:1::53"},  {"192.36.148.17", "2001:7fe::53"},
    {"192.58.128.30", "2001:503:c27::2:30"}, {"193.0.14.129", "2001:7fd::1"},      {"199.7.83.42", "2001:500:9f::42"},
    {"202.12.27.33", "2001:dc3::35"},
};

static void built_in(void **state)
{
    (void)state;
    static struct delegation_builder b;
    hints_builtin(&b);
    assert_int_equal(b.kind, DELEGATION_HINTS);
    assert_int_equal(b.zone.len, 1);
    assert_int_equal(b.ns_count, 13);
    assert_int_equal(b.addr_count, 26);
    for (unsigned i = 0; i < 26; i++) {
        char want[] = "a.root-servers.net.", text[ADDR_TEXT_MAX];
        want[0] = (char)('a' + i / 2);
        assert_int_equal(b.addr[i].ns, i / 2);
        assert_true(dname_equal(dname_of(&b.ns[i / 2]), NAME(want)));
        struct addr a = delegation_addr_of(&b.addr[i], 0);
        addr_print(&a, text);
        assert_string_equal(text, addresses[i / 2][i % 2]);
    }
}

static bool load(const char *text, struct zonefile *zf, struct delegation_builder *b)
{
    *zf = (struct zonefile){.text = text, .text_len = strlen(text), .text_name = "hints"};
    return hints_load(zf, b);
}

static void from_a_file(void **state)
{
    (void)state;
    static struct delegation_builder b;
    struct zonefile zf;
    assert_true(load(".                3600000 NS   A.ROOT-SERVERS.NET.\n"
                     "A.ROOT-SERVERS.NET. 3600000 A    198.41.0.4\n"
                     "A.ROOT-SERVERS.NET. 3600000 AAAA 2001:503:ba3e::2:30\n"
                     "; and another\n"
                     ". NS b.example.\n"
                     "b.example. A 192.0.2.1\n"
                     "unused.example. A 192.0.2.2\n",
                     &zf, &b));
    assert_int_equal(b.ns_count, 2);
    assert_int_equal(b.addr_count, 3);
    assert_int_equal(b.kind, DELEGATION_HINTS);
    assert_int_equal(b.ttl_s, 3600000);
}

static void bad_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "hints: root hints without an NS record of '.'; take named.root of IANA as a pattern"},
        {"a.example. A 192.0.2.1\n",
         "hints: root hints without an NS record of '.'; take named.root of IANA as a pattern"},
        {". NS a.example.\n", "hints: root hints without an address: give A or AAAA records of the servers named"},
        {". NS a.example.\nb.example. A 192.0.2.1\n",
         "hints: root hints without an address: give A or AAAA records of the servers named"},
    };
    static struct delegation_builder b;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct zonefile zf;
        char message[400];
        assert_false(load(rows[i].text, &zf, &b));
        assert_int_equal(zf.error_count, 1);
        zonefile_error_print(&zf.errors[0], message, sizeof message);
        assert_string_equal(message, rows[i].message);
    }
    struct zonefile zf = {.path = "/nonexistent/root.hints"};
    assert_false(hints_load(&zf, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in),
        cmocka_unit_test(from_a_file),
        cmocka_unit_test(bad_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
