/* Records as text: print and scan as two sides of one table, errors that say what is wrong, every octet everywhere. */
#include "rdata_rows.h"

#define TEXT_MAX 400000 /* 65535 octets as \DDD and more */

static uint8_t wire[70000];
static char text_a[TEXT_MAX], text_b[TEXT_MAX];

static struct dname origin(void)
{
    static const uint8_t example[] = "\7example";
    return (struct dname){.wire = example, .len = sizeof example, .labels = 1};
}

static enum dns_err scan(uint16_t type, const char *text, struct writer *out, struct scan_error *error)
{
    return rdata_scan_line(type, text, strlen(text), origin(), out, error);
}

/* T106: one line of printable ASCII. */
static void assert_plain_line(const char *text)
{
    for (; *text != '\0'; text++) {
        assert_in_range(*text, 0x20, 0x7e);
    }
}

/* Print, and scan what was printed: the same octets; print those: the same text. */
static void assert_fixed_point(uint16_t type, const uint8_t *rdata, size_t n)
{
    struct text a = text_of(text_a, sizeof text_a), b = text_of(text_b, sizeof text_b);
    struct writer w = writer_of(wire, sizeof wire);
    struct scan_error error;
    rdata_print(type, rdata, (uint16_t)n, &a);
    assert_false(a.cut);
    assert_int_equal(strlen(text_a), a.len);
    assert_plain_line(text_a);
    if (scan(type, text_a, &w, &error) != DNS_OK) {
        fail_msg("%u %.200s: %s", type, text_a, error.message);
    }
    assert_int_equal(w.pos, n);
    assert_memory_equal(wire, rdata, n);
    rdata_print(type, wire, (uint16_t)w.pos, &b);
    assert_string_equal(text_a, text_b);
}

static void rows_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t n;
        uint16_t type = type_in(rows[i].type);
        uint8_t *rdata = octets_of(rows[i].hex, &n);
        struct writer w = writer_of(wire, sizeof wire);
        struct scan_error error;
        if (scan(type, rows[i].text, &w, &error) != DNS_OK || w.pos != n || memcmp(wire, rdata, n) != 0) {
            fail_msg("%s %s: %s", rows[i].type, rows[i].text, error.message);
        }
        struct text t = text_of(text_a, sizeof text_a);
        rdata_print(type, rdata, (uint16_t)n, &t);
        assert_string_equal(text_a, rows[i].printed != NULL ? rows[i].printed : rows[i].text);
        assert_fixed_point(type, rdata, n);
        free(rdata);
    }
}

/* RFC 3597 section 5: every record may be written as \#, its digits in any pieces. */
static void rows_in_generic_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t n;
        uint8_t *rdata = octets_of(rows[i].hex, &n);
        struct text t = text_of(text_a, sizeof text_a);
        struct writer w = writer_of(wire, sizeof wire);
        struct scan_error error;
        text_addf(&t, " \\#\t%zu ", n);
        for (size_t k = 0; k < n; k++) {
            text_addf(&t, k % 3 == 2 ? "%02x " : "%02X", rdata[k]);
        }
        if (scan(type_in(rows[i].type), text_a, &w, &error) != DNS_OK) {
            fail_msg("%s %s: %s", rows[i].type, text_a, error.message);
        }
        assert_int_equal(w.pos, n);
        assert_memory_equal(wire, rdata, n);
        free(rdata);
    }
}

/* Too little space is said so, at every size, and leaves nothing behind. */
static void rows_without_space(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t n;
        struct scan_error error;
        uint8_t *rdata = octets_of(rows[i].hex, &n);
        for (size_t cap = 0; cap < n; cap++) {
            uint8_t *small = malloc(cap + 1);
            assert_non_null(small);
            struct writer w = writer_of(small, cap + 1);
            write_u8(&w, 0xee);
            if (scan(type_in(rows[i].type), rows[i].text, &w, &error) != DNS_E_NO_SPACE) {
                fail_msg("%s %s in %zu octets: %s", rows[i].type, rows[i].text, cap, error.message);
            }
            assert_int_equal(error.err, DNS_E_NO_SPACE);
            assert_int_equal(w.pos, 1);
            free(small);
        }
        free(rdata);
    }
}

/* Each word missing from the end, each word doubled at the end: never a crash, and what is taken is a fixed point. */
static void rows_cut_at_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *text = rows[i].text;
        for (size_t n = 0; n <= strlen(text); n++) {
            struct writer w = writer_of(wire, sizeof wire);
            struct scan_error error;
            char *cut = malloc(n + 1);
            assert_non_null(cut);
            memcpy(cut, text, n);
            enum dns_err err = rdata_scan_line(type_in(rows[i].type), cut, n, origin(), &w, &error);
            assert_int_equal(err, error.err);
            assert_plain_line(error.message);
            assert_true((err == DNS_OK) == (error.message[0] == '\0'));
            if (err == DNS_OK) {
                uint8_t rdata[4096];
                assert_in_range(w.pos, 0, sizeof rdata);
                memcpy(rdata, wire, w.pos);
                assert_fixed_point(type_in(rows[i].type), rdata, w.pos);
            } else {
                assert_int_equal(w.pos, 0);
            }
            free(cut);
        }
    }
}

/* T97: every octet in every place that holds text. %s is the octet as \DDD. */
static void every_octet_everywhere(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
    } places[] = {
        {"TXT", "\"%s\""},
        {"TXT", "a%sb"},
        {"TXT", "\"\" \"%sx\" \"x%s\""},
        {"HINFO", "\"%s\" \"%s\""},
        {"NAPTR", "1 2 \"%s\" \"%s\" \"%s\" %s.a."},
        {"PTR", "%s.example."},
        {"PTR", "x%sy%s"},
        {"NS", "%s%s%s.%s."},
        {"SOA", "%s. x%s.y. 1 2 3 4 5"},
        {"MX", "1 %s."},
        {"RRSIG", "A 8 1 1 1 1 1 %s. AA=="},
        {"NSEC", "%s. A"},
        {"URI", "1 2 \"%s\""},
        {"CAA", "0 a \"%s\""},
        {"DOA", "0 0 0 \"%s\" -"},
        {"SVCB", "1 %s. alpn=\"x%sx\" key667=\"%s\" dohpath=\"%s\""},
        {"HIP", "1 AA AA== %s."},
        {"IPSECKEY", "1 3 0 %s."},
        {"AMTRELAY", "1 0 3 %s."},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (unsigned c = 0; c <= UINT8_MAX; c++) {
            char line[256];
            struct text t = text_of(line, sizeof line);
            for (const char *p = places[i].text; *p != '\0'; p++) {
                if (p[0] == '%') {
                    bool in_list = p > places[i].text + 1 && strncmp(p - 2, "\"x", 2) == 0 &&
                                   type_in("SVCB") == type_in(places[i].type);
                    /* RFC 9460 appendix A.1: in a list a comma and a backslash need a second escape */
                    text_addf(&t, in_list && (c == ',' || c == '\\') ? "\\092\\%03u" : "\\%03u", c);
                    p++;
                } else {
                    text_addn(&t, p, 1);
                }
            }
            struct writer w = writer_of(wire, sizeof wire);
            struct scan_error error;
            if (scan(type_in(places[i].type), line, &w, &error) != DNS_OK) {
                fail_msg("%s %s: %s", places[i].type, line, error.message);
            }
            assert_non_null(memchr(wire, (int)c, w.pos));
            uint8_t rdata[256];
            memcpy(rdata, wire, w.pos);
            assert_fixed_point(type_in(places[i].type), rdata, w.pos);
        }
    }
}

/* T97: names at their limits. */
static void name_limits(void **state)
{
    (void)state;
    char label[65];
    struct scan_error error;
    for (size_t n = 62; n <= 64; n++) {
        struct writer w = writer_of(wire, sizeof wire);
        struct text t = text_of(text_a, sizeof text_a);
        memset(label, 'a', n);
        text_addn(&t, label, n);
        text_add(&t, ".");
        assert_int_equal(scan(DNS_TYPE_PTR, text_a, &w, &error), n <= 63 ? DNS_OK : DNS_E_NAME);
    }
    for (size_t last = 60; last <= 62; last++) { /* 3 * 64 + 1 + last + 1 = 254, 255, 256 octets */
        struct writer w = writer_of(wire, sizeof wire);
        struct text t = text_of(text_a, sizeof text_a);
        for (int i = 0; i < 4; i++) {
            memset(label, 'a', 63);
            text_addn(&t, label, i < 3 ? 63 : last);
            text_add(&t, ".");
        }
        assert_int_equal(scan(DNS_TYPE_PTR, text_a, &w, &error), last <= 61 ? DNS_OK : DNS_E_NAME);
        assert_int_equal(w.pos, last <= 61 ? 194 + last : 0);
    }
    for (unsigned labels = 126; labels <= 128; labels++) {
        struct writer w = writer_of(wire, sizeof wire);
        struct text t = text_of(text_a, sizeof text_a);
        for (unsigned i = 0; i < labels; i++) {
            text_add(&t, "a.");
        }
        assert_int_equal(scan(DNS_TYPE_PTR, text_a, &w, &error), labels <= 127 ? DNS_OK : DNS_E_NAME);
    }
}

/* The largest rdata there is, in each of the forms that have no limit of their own. */
static void largest_rdata(void **state)
{
    (void)state;
    static const struct {
        const char *type, *head; /* hex of the fields in front */
        uint8_t fill;
    } large[] = {
        {"NULL", "", 0xff},
        {"TYPE65280", "", 0x00},
        {"OPENPGPKEY", "", 0xfb},
        {"TXT", "", 0x00},
        {"DS", "00000000", 0xaa},
        {"URI", "00000000", 0xff},
        {"CAA", "000161", 0x22},
        {"NSAP", "", 0x01},
        {"SVCB", "0001000014fff7", 0xff},
        {"HIP", "01010001aaaa", 0x00},
    };
    uint8_t *rdata = malloc(UINT16_MAX);
    assert_non_null(rdata);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        size_t head_n;
        uint8_t *head = octets_of(large[i].head, &head_n);
        memset(rdata, large[i].fill, UINT16_MAX);
        memcpy(rdata, head, head_n);
        if (strcmp(large[i].type, "SVCB") == 0) {
            rdata[5] = (UINT16_MAX - 7) >> 8;
            rdata[6] = (UINT16_MAX - 7) & 0xff;
        }
        assert_fixed_point(type_in(large[i].type), rdata, UINT16_MAX);
        free(head);
    }
    /* RFC 1035 section 3.4.2: bits for 65536 ports. */
    memset(rdata, 0xff, UINT16_MAX);
    assert_fixed_point(DNS_TYPE_WKS, rdata, 5 + 8192);
    assert_int_equal(rdata_check(DNS_TYPE_WKS, rdata, 5 + 8193), DNS_E_RDATA);
    free(rdata);
    /* One octet more is refused. */
    struct text t = text_of(text_a, sizeof text_a);
    struct writer w = writer_of(wire, sizeof wire);
    struct scan_error error;
    for (size_t i = 0; i < 65536 / 2; i++) {
        text_add(&t, "x ");
    }
    assert_int_equal(scan(DNS_TYPE_TXT, text_a, &w, &error), DNS_E_LIMIT);
    assert_string_equal(error.message, "TXT data is longer than 65535 octets");
    assert_int_equal(w.pos, 0);
}

/* A text that does not fit its buffer is the beginning of the one that does, and says that it is cut. */
static void cut_text(void **state)
{
    (void)state;
    char small[256];
    size_t n;
    uint8_t *rdata = octets_of("0001 00 0001 0003 026832 0003 0002 0050 0009 0002 00ff", &n);
    struct text whole = text_of(text_a, sizeof text_a);
    rr_print(origin(), 300, DNS_CLASS_IN, DNS_TYPE_HTTPS, rdata, (uint16_t)n, &whole);
    assert_string_equal(text_a, "example. 300 IN HTTPS 1 . alpn=\"h2\" port=80 key9=\"\\000\\255\"");
    for (size_t cap = 1; cap <= whole.len + 1; cap++) {
        memset(small, 'x', sizeof small);
        struct text t = text_of(small, cap);
        rr_print(origin(), 300, DNS_CLASS_IN, DNS_TYPE_HTTPS, rdata, (uint16_t)n, &t);
        assert_int_equal(t.len, cap - 1);
        assert_int_equal(strlen(small), t.len);
        assert_memory_equal(small, text_a, t.len);
        assert_int_equal(t.cut, cap <= whole.len);
        assert_int_equal(small[cap], 'x');
    }
    free(rdata);
}

static void whole_records(void **state)
{
    (void)state;
    static const struct {
        uint16_t type, rclass;
        const char *hex, *text;
    } list[] = {
        {DNS_TYPE_A, DNS_CLASS_IN, "c0000201", "example. 4294967295 IN A 192.0.2.1"},
        {DNS_TYPE_A, DNS_CLASS_IN, "c00002", "example. 4294967295 IN A \\# 3 C00002"}, /* does not fit: still a line */
        {DNS_TYPE_A, DNS_CLASS_IN, "", "example. 4294967295 IN A \\# 0"},
        {DNS_TYPE_APL, DNS_CLASS_IN, "", "example. 4294967295 IN APL"},
        {DNS_TYPE_TXT, DNS_CLASS_CH, "0161", "example. 4294967295 CH TXT \"a\""},
        {65280, 65280, "00", "example. 4294967295 CLASS65280 TYPE65280 \\# 1 00"},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        size_t n;
        uint8_t *rdata = octets_of(list[i].hex, &n);
        struct text t = text_of(text_a, sizeof text_a);
        rr_print(origin(), UINT32_MAX, list[i].rclass, list[i].type, rdata, (uint16_t)n, &t);
        assert_string_equal(text_a, list[i].text);
        assert_int_equal(t.len, strlen(text_a));
        free(rdata);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_both_ways),         cmocka_unit_test(rows_in_generic_form),
        cmocka_unit_test(rows_without_space),     cmocka_unit_test(rows_cut_at_words),
        cmocka_unit_test(every_octet_everywhere), cmocka_unit_test(name_limits),
        cmocka_unit_test(largest_rdata),          cmocka_unit_test(cut_text),
        cmocka_unit_test(whole_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
