/* Building a zone: order, duplicates, signatures, TTLs, and errors that leave the builder as it was. */
#include "zones/zone.h"

#include <stdio.h>

#include "support.h"

static void text_is(const struct zone *z, const char *want)
{
    char got[8192];
    struct text t = text_of(got, sizeof got);
    zone_walk(z, show_line, &t);
    assert_string_equal(got, want);
}

/* RFC 4034 section 6.1: its own example's order, and records in the order in which they came. */
static void order(void **state)
{
    (void)state;
    struct zonefile zf;
    struct zone *z =
        try_zone("example.",
                 "z A 192.0.2.1\n*.z A 192.0.2.2\n\\200.z A 192.0.2.3\nZ.a A 192.0.2.4\nzABC.a A 192.0.2.5\n"
                 "yljkjljk.a A 192.0.2.6\na A 192.0.2.7\n@ A 192.0.2.8\n\\001.z A 192.0.2.9\n"
                 "a TXT \"b\"\na TXT \"a\"\na NS a\na A 192.0.2.1\n",
                 true, &zf);
    assert_non_null(z);
    text_is(z, "example. 3600 IN A 192.0.2.8\n"
               "a.example. 3600 IN A 192.0.2.7\na.example. 3600 IN A 192.0.2.1\n"
               "a.example. 3600 IN NS a.example.\n"
               "a.example. 3600 IN TXT \"b\"\na.example. 3600 IN TXT \"a\"\n"
               "yljkjljk.a.example. 3600 IN A 192.0.2.6\n"
               "Z.a.example. 3600 IN A 192.0.2.4\n"
               "zABC.a.example. 3600 IN A 192.0.2.5\n"
               "z.example. 3600 IN A 192.0.2.1\n"
               "\\001.z.example. 3600 IN A 192.0.2.9\n"
               "*.z.example. 3600 IN A 192.0.2.2\n"
               "\\200.z.example. 3600 IN A 192.0.2.3\n");
    assert_int_equal(zone_rrset_count(z), 11);
    zone_free(z);
}

static void duplicates(void **state)
{
    (void)state;
    struct zonefile zf;
    struct zone *z = try_zone("example.",
                              "a 9 A 192.0.2.1\nA 5 A 192.0.2.1\na 7 A 192.0.2.2\n" /* the smallest TTL, once each */
                              "b MX 1 Mail\nB MX 1 mAIL\nb MX 2 mail\n"             /* names without regard to case */
                              "c TXT \"x\"\nc TXT \"X\"\nc TXT \"x\"\n"             /* texts with regard to it */
                              "d TYPE65280 \\# 0\nd TYPE65280 \\# 0\n",
                              true, &zf);
    assert_non_null(z);
    text_is(z, "a.example. 5 IN A 192.0.2.1\na.example. 5 IN A 192.0.2.2\n"
               "b.example. 7 IN MX 1 Mail.example.\nb.example. 7 IN MX 2 mail.example.\n"
               "c.example. 7 IN TXT \"x\"\nc.example. 7 IN TXT \"X\"\n"
               "d.example. 7 IN TYPE65280 \\# 0\n");
    zone_free(z);
}

/* Very many records of one name that are equal but for case: found in a time that does not explode. */
static void many_duplicates(void **state)
{
    (void)state;
    struct zone_builder *b = zone_builder_new(NAME("example."));
    assert_non_null(b);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t txt[] = {4, 'a', 'b', 'c', 'd'};
        for (unsigned k = 0; k < 4; k++) {
            txt[1 + k] = (uint8_t)(txt[1 + k] ^ ((i >> k & 1) != 0 ? 0x20 : 0));
        }
        assert_int_equal(zone_builder_add(b, NAME("a.example."), DNS_TYPE_TXT, 1, txt, sizeof txt), DNS_OK);
    }
    struct zone *z;
    char message[200];
    assert_int_equal(zone_builder_finish(b, true, &z, message), DNS_OK);
    assert_int_equal(zone_find(z, NAME("a.example."), DNS_TYPE_TXT)->count, 16);
    zone_free(z);
}

static void signatures(void **state)
{
    (void)state;
    struct zonefile zf;
    static const char text[] = "a 5 A 192.0.2.1\n"
                               "a 9 RRSIG A 8 2 5 20260101000000 20250101000000 1 example. AAEC\n"
                               "a 5 RRSIG MX 8 2 5 20260101000000 20250101000000 1 example. AAEC\n" /* covers nothing */
                               "a 5 RRSIG A 13 2 5 20260101000000 20250101000000 2 example. AAEC\n"
                               "b 5 RRSIG A 8 2 5 20260101000000 20250101000000 1 example. AAEC\n"
                               "b 5 A 192.0.2.2\n";
    struct zone *z = try_zone("example.", text, true, &zf);
    assert_non_null(z);
    const struct rrset *a = zone_find(z, NAME("a.example."), DNS_TYPE_A);
    assert_non_null(a);
    assert_int_equal(a->count, 1);
    assert_int_equal(a->sig_count, 2);
    assert_int_equal(a->ttl_s, 5);
    assert_null(zone_find(z, NAME("a.example."), DNS_TYPE_RRSIG));
    assert_int_equal(zone_find(z, NAME("b.example."), DNS_TYPE_A)->sig_count, 1);
    zone_free(z);
}

static void finding(void **state)
{
    (void)state;
    struct zonefile zf;
    struct zone *z =
        try_zone("example.", "sub NS ns.sub\nns.sub A 192.0.2.1\na.b A 192.0.2.2\n*.w A 192.0.2.3\n", true, &zf);
    assert_non_null(z);
    assert_non_null(zone_find(z, NAME("NS.sub.EXAMPLE."), DNS_TYPE_A)); /* glue too */
    assert_non_null(zone_find(z, NAME("*.w.example."), DNS_TYPE_A));
    assert_null(zone_find(z, NAME("x.w.example."), DNS_TYPE_A)); /* exact only */
    assert_null(zone_find(z, NAME("b.example."), DNS_TYPE_A));
    assert_null(zone_find(z, NAME("example."), DNS_TYPE_SOA));
    assert_null(zone_find(z, NAME("a.b.other."), DNS_TYPE_A));
    assert_null(zone_find(z, NAME("."), DNS_TYPE_A));
    assert_true(dname_equal(zone_origin(z), NAME("example.")));
    zone_free(z);
}

static void refusals(void **state)
{
    (void)state;
    static const uint8_t a[] = {192, 0, 2, 1};
    struct zone_builder *b = zone_builder_new(NAME("example."));
    assert_non_null(b);
    assert_int_equal(zone_builder_add(b, NAME("other."), DNS_TYPE_A, 1, a, 4), DNS_E_NAME);
    assert_int_equal(zone_builder_add(b, NAME("notexample."), DNS_TYPE_A, 1, a, 4), DNS_E_NAME);
    assert_int_equal(zone_builder_add(b, NAME("."), DNS_TYPE_A, 1, a, 4), DNS_E_NAME);
    assert_int_equal(zone_builder_add(b, NAME("a.example."), DNS_TYPE_ANY, 1, a, 4), DNS_E_RDATA);
    assert_int_equal(zone_builder_add(b, NAME("a.example."), DNS_TYPE_RRSIG, 1, a, 1), DNS_E_RDATA);
    zone_builder_free(b);
    zone_builder_free(NULL);
    zone_free(NULL);
}

/* After an error the builder takes what was missing. */
static void second_try(void **state)
{
    (void)state;
    struct zone_builder *b = zone_builder_new(NAME("example."));
    struct zone *z;
    char message[200];
    static const uint8_t ns[] = "\2ns\7example"; /* its NUL is the root */
    uint8_t soa[64];
    struct writer w = writer_of(soa, sizeof soa);
    write_u16(&w, 0); /* two roots */
    for (int i = 0; i < 5; i++) {
        write_u32(&w, 1);
    }
    assert_int_equal(zone_builder_add(b, NAME("example."), DNS_TYPE_NS, 1, ns, sizeof ns), DNS_OK);
    assert_int_equal(zone_builder_finish(b, false, &z, message), DNS_E_MALFORMED);
    assert_null(z);
    assert_string_equal(message, "example.: the zone has no SOA record; it needs one at its apex");
    assert_int_equal(zone_builder_add(b, NAME("example."), DNS_TYPE_SOA, 1, soa, (uint16_t)w.pos), DNS_OK);
    assert_int_equal(zone_builder_add(b, NAME("example."), DNS_TYPE_NS, 1, ns, sizeof ns), DNS_OK); /* once more */
    assert_int_equal(zone_builder_finish(b, false, &z, message), DNS_OK);
    text_is(z, "example. 1 IN NS ns.example.\nexample. 1 IN SOA . . 1 1 1 1 1\n");
    zone_free(z);
}

/* More than fits in a message is refused. */
static void too_big(void **state)
{
    (void)state;
    static uint8_t rdata[40000];
    struct zone_builder *b = zone_builder_new(NAME("example."));
    struct zone *z;
    char message[200];
    assert_int_equal(zone_builder_add(b, NAME("a.example."), 65280, 1, rdata, sizeof rdata), DNS_OK);
    rdata[0] = 1;
    assert_int_equal(zone_builder_add(b, NAME("a.example."), 65280, 1, rdata, sizeof rdata), DNS_OK);
    assert_int_equal(zone_builder_finish(b, true, &z, message), DNS_E_LIMIT);
    assert_string_equal(message, "more than 65535 octets of TYPE65280 at a.example.: they do not fit in a message");
    zone_builder_free(b);
}

/* Names of 127 labels, and a great many names: the tree finds each. */
static void deep_and_wide(void **state)
{
    (void)state;
    struct zone_builder *b = zone_builder_new(dname_root());
    static const uint8_t a[] = {192, 0, 2, 1};
    char text[300];
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "n%u.d%u.example.", i, i % 100);
        assert_int_equal(zone_builder_add(b, NAME(text), DNS_TYPE_A, 1, a, 4), DNS_OK);
    }
    text[0] = '\0';
    for (unsigned i = 0; i < 127; i++) {
        strcat(text, "a.");
    }
    assert_int_equal(zone_builder_add(b, NAME(text), DNS_TYPE_A, 1, a, 4), DNS_OK);
    struct zone *z;
    char message[200];
    assert_int_equal(zone_builder_finish(b, true, &z, message), DNS_OK);
    assert_int_equal(zone_rrset_count(z), 20001);
    assert_non_null(zone_find(z, NAME(text), DNS_TYPE_A));
    assert_null(zone_find(z, NAME(text + 2), DNS_TYPE_A));
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "n%u.d%u.example.", i, i % 100);
        assert_non_null(zone_find(z, NAME(text), DNS_TYPE_A));
        snprintf(text, sizeof text, "n%u.d%u.example.", i, (i + 1) % 100);
        assert_null(zone_find(z, NAME(text), DNS_TYPE_A));
    }
    zone_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order),   cmocka_unit_test(duplicates), cmocka_unit_test(many_duplicates),
        cmocka_unit_test(finding), cmocka_unit_test(signatures), cmocka_unit_test(refusals),
        cmocka_unit_test(too_big), cmocka_unit_test(second_try), cmocka_unit_test(deep_and_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
