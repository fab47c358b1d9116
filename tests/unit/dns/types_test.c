/* The lists of types.def: texts both ways, unknown numbers (RFC 3597), meta types; and the texts of errors. */
#include "dns/types.h"

#include "dns/err.h"
#include "support.h"

static void types_both_ways(void **state)
{
    (void)state;
    unsigned named = 0;
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        char buf[DNS_TYPE_TEXT_MAX];
        uint16_t back = 0;
        const char *text = dns_type_text((uint16_t)code, buf);
        assert_true(dns_type_scan(text, strlen(text), &back));
        assert_int_equal(back, code);
        named += strncmp(text, "TYPE", 4) != 0;
        text = dns_class_text((uint16_t)code, buf);
        assert_true(dns_class_scan(text, strlen(text), &back));
        assert_int_equal(back, code);
        text = dns_rcode_text((uint16_t)code, buf);
        assert_true(dns_rcode_scan(text, strlen(text), &back));
        assert_int_equal(back, code);
    }
    assert_int_equal(named, 97); /* none lost, none twice */
}

static void some_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int type; /* -1: refused */
    } rows[] = {
        {"A", 1},     {"aaaa", 28},   {"NsEc3pArAm", 51}, {"NSAP-PTR", 23},     {"nsap_ptr", -1},
        {"NULL", 10}, {"ANY", 255},   {"TYPE1", 1},       {"type65535", 65535}, {"TYPE65536", -1},
        {"TYPE", -1}, {"TYPE-1", -1}, {"TYPE1x", -1},     {"TYPE000001", -1},   {"TYPE 1", -1},
        {"", -1},     {"AA", -1},     {"AAAAA", -1},      {"DLV", 32769},       {"TYPE00001", 1},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint16_t type = 0;
        bool ok = dns_type_scan(rows[i].text, strlen(rows[i].text), &type);
        assert_int_equal(ok, rows[i].type >= 0);
        if (ok) {
            assert_int_equal(type, rows[i].type);
        }
    }
    uint16_t v;
    assert_true(dns_type_scan("MXX", 2, &v)); /* not NUL-terminated */
    assert_int_equal(v, DNS_TYPE_MX);
    assert_true(dns_class_scan("in", 2, &v) && v == DNS_CLASS_IN);
    assert_true(dns_class_scan("CLASS7", 6, &v) && v == 7);
    assert_true(dns_rcode_scan("nxdomain", 8, &v) && v == 3);
    assert_true(dns_rcode_scan("BADSIG", 6, &v) && v == 16);
    char buf[DNS_TYPE_TEXT_MAX];
    assert_string_equal(dns_rcode_text(16, buf), "BADVERS");
    assert_string_equal(dns_opcode_text(5, buf), "UPDATE");
    assert_string_equal(dns_opcode_text(15, buf), "OPCODE15");
}

static void meta(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        bool expected = type == 0 || type == 41 || (type >= 128 && type < 256);
        assert_int_equal(dns_type_is_meta((uint16_t)type), expected);
    }
}

static void ede(void **state)
{
    (void)state;
    assert_string_equal(dns_ede_text(DNS_EDE_STALE_ANSWER), "Stale Answer");
    assert_string_equal(dns_ede_text(22), "No Reachable Authority");
    assert_string_equal(dns_ede_text(0), "Other Error");
    assert_string_equal(dns_ede_text(DNS_EDE_NONE), "Other Error");
    assert_string_equal(dns_ede_text(65535), "Other Error");
    assert_string_equal(dns_ede_text(65536 + 3), "Other Error");
}

static void errors(void **state)
{
    (void)state;
    assert_string_equal(dns_err_text(DNS_OK), "no error");
    assert_string_equal(dns_err_text(DNS_E_RANGE), "number out of range");
    assert_string_equal(dns_err_text((enum dns_err)99), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_both_ways),
        cmocka_unit_test(some_by_hand),
        cmocka_unit_test(meta),
        cmocka_unit_test(ede),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
