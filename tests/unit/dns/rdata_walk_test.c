/* Plain rdata walked: canonical form, order, equality, the names within. */
#include "rdata_rows.h"

/* Rdata of a text, absolute names. */
static uint16_t rdata_of(const char *type, const char *text, uint8_t *out, size_t cap)
{
    struct writer w = writer_of(out, cap);
    struct scan_error error;
    if (rdata_scan_line(type_in(type), text, strlen(text), dname_root(), &w, &error) != DNS_OK) {
        fail_msg("%s %s: %s", type, text, error.message);
    }
    return (uint16_t)w.pos;
}

/* RFC 4034 section 6.2 as amended by RFC 6840 section 5.1: which names are lower-cased. */
static const struct {
    const char *type, *text, *canonical; /* NULL: as it is */
} forms[] = {
    {"NS", "Ns.Example.", "ns.example."},
    {"MD", "Ns.Example.", "ns.example."},
    {"MF", "Ns.Example.", "ns.example."},
    {"CNAME", "A\\070.Example.", "af.example."},
    {"SOA", "M.Example. R.Example. 1 2 3 4 5", "m.example. r.example. 1 2 3 4 5"},
    {"MB", "X.", "x."},
    {"MG", "X.", "x."},
    {"MR", "X.", "x."},
    {"PTR", "X.", "x."},
    {"MINFO", "X. Y.", "x. y."},
    {"MX", "65 Mail.Example.", "65 mail.example."}, /* 65 is 'A' */
    {"RP", "X. Y.", "x. y."},
    {"AFSDB", "16705 X.", "16705 x."}, /* 'A', 'A' */
    {"RT", "1 X.", "1 x."},
    {"SIG", "A 5 3 1 2 3 4 Sig.Example. QUJD", "A 5 3 1 2 3 4 sig.example. QUJD"},
    {"PX", "1 X. Y.", "1 x. y."},
    {"NXT", "X. A", "x. A"},
    {"SRV", "65 66 67 X.", "65 66 67 x."},
    {"NAPTR", "1 2 \"S\" \"Service\" \"!R!\" X.", "1 2 \"S\" \"Service\" \"!R!\" x."},
    {"KX", "65 X.", "65 x."},
    {"DNAME", "X.", "x."},
    {"RRSIG", "A 5 3 1 2 3 4 Sig.Example. QUJD", "A 5 3 1 2 3 4 sig.example. QUJD"},
    {"NSEC", "X.Example. A", NULL}, /* RFC 6840 section 5.1 */
    {"NSAP-PTR", "X.", NULL},
    {"HINFO", "\"CPU\" \"OS\"", NULL},
    {"TXT", "\"TEXT\"", NULL},
    {"LP", "65 X.", NULL},
    {"SVCB", "1 X. alpn=H2", NULL},
    {"HTTPS", "1 X.", NULL},
    {"TALINK", "X. Y.", NULL},
    {"DSYNC", "CDS NOTIFY 65 X.", NULL},
    {"HIP", "1 AA QUJD X.", NULL},
    {"IPSECKEY", "1 3 0 X.", NULL},
    {"AMTRELAY", "1 0 3 X.", NULL},
    {"TSIG", "X. 1 2 0 3 4 0", NULL},
    {"TKEY", "X. 1 2 3 4 0 0", NULL},
    {"CAA", "0 ISSUE \"CA\"", NULL},
    {"TYPE65280", "\\# 3 414200", NULL},
};

static void canonical_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t in[256], expected[256], out[256];
        uint16_t type = type_in(forms[i].type);
        const char *canonical = forms[i].canonical != NULL ? forms[i].canonical : forms[i].text;
        uint16_t n = rdata_of(forms[i].type, forms[i].text, in, sizeof in);
        assert_int_equal(rdata_of(forms[i].type, canonical, expected, sizeof expected), n);
        struct writer w = writer_of(out, sizeof out);
        assert_int_equal(rdata_canonical(type, in, n, &w), DNS_OK);
        assert_int_equal(w.pos, n);
        if (memcmp(out, expected, n) != 0) {
            fail_msg("%s %s", forms[i].type, forms[i].text);
        }
        assert_true(rdata_equal(type, in, n, out, n));
        struct writer small = writer_of(out, n - 1u);
        assert_int_equal(rdata_canonical(type, in, n, &small), DNS_E_NO_SPACE);
    }
}

/* Case matters to equality just where the canonical form keeps it; every other octet matters always. */
static void equality(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t a[256], b[256], canonical_a[256], canonical_b[256];
        uint16_t type = type_in(forms[i].type), n = rdata_of(forms[i].type, forms[i].text, a, sizeof a);
        for (size_t at = 0; at < n; at++) {
            memcpy(b, a, n);
            b[at] ^= 0x20;
            struct writer wa = writer_of(canonical_a, n), wb = writer_of(canonical_b, n);
            rdata_canonical(type, a, n, &wa);
            if (rdata_check(type, b, n) == DNS_OK) {
                rdata_canonical(type, b, n, &wb);
                assert_int_equal(rdata_equal(type, a, n, b, n), memcmp(canonical_a, canonical_b, n) == 0);
            } else {
                assert_false(rdata_equal(type, a, n, b, n));
            }
        }
        assert_true(rdata_equal(type, a, n, a, n));
        assert_false(rdata_equal(type, a, n, a, n - 1));
    }
    assert_true(rdata_equal(DNS_TYPE_APL, NULL, 0, NULL, 0));
}

/* RFC 4034 section 6.3: left-justified octets, absence before zero. */
static void order(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "00", "0000", "0001", "01", "0100", "7f", "80", "ff", "ff00", "ffff"};
    for (size_t i = 0; i < sizeof ascending / sizeof ascending[0]; i++) {
        for (size_t k = 0; k < sizeof ascending / sizeof ascending[0]; k++) {
            size_t a_n, b_n;
            uint8_t *a = octets_of(ascending[i], &a_n), *b = octets_of(ascending[k], &b_n);
            int c = rdata_compare(a, (uint16_t)a_n, b, (uint16_t)b_n);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
            free(a);
            free(b);
        }
    }
}

/* "n5": a name of five octets, "o2": two others. */
static void pieces(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text, *pieces;
    } walks[] = {
        {"A", "192.0.2.1", "o4"},
        {"NS", "a.", "c3"},
        {"NS", ".", "c1"},
        {"SOA", "a. bb. 1 2 3 4 5", "c3c4o20"},
        {"MX", "1 a.", "o2c3"},
        {"RP", "a. b.", "d3d3"},
        {"PX", "1 a. b.", "o2d3d3"},
        {"SRV", "1 2 3 a.", "o6d3"},
        {"NAPTR", "1 2 \"a\" \"bb\" \"\" x.", "o10d3"},
        {"SIG", "A 5 3 1 2 3 4 s. QUJD", "o18d3o3"},
        {"RRSIG", "A 5 3 1 2 3 4 s. QUJD", "o18n3o3"},
        {"NSEC", "a. A", "n3o3"},
        {"SVCB", "1 a.", "o2n3"},
        {"SVCB", "1 a. port=1", "o2n3o6"},
        {"DSYNC", "CDS NOTIFY 1 a.", "o5n3"},
        {"TSIG", "a. 1 2 0 3 4 0", "n3o16"},
        {"HIP", "1 AA QUJD a.", "o11"}, /* its names are never compressed nor lower-cased: no need to find them */
        {"TXT", "\"a\" \"b\"", "o4"},
        {"APL", "", ""},
        {"NULL", "\\# 0", ""},
        {"TYPE65280", "\\# 3 010203", "o3"},
    };
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        uint8_t rdata[256];
        char found[64];
        struct text text = text_of(found, sizeof found);
        uint16_t n = rdata_of(walks[i].type, walks[i].text, rdata, sizeof rdata), at = 0;
        struct rdata_walk walk = rdata_walk_of(type_in(walks[i].type), rdata, n);
        struct rdata_piece piece;
        while (rdata_next(&walk, &piece)) {
            const char *letter = piece.field == F_NAME_C   ? "c"
                                 : piece.field == F_NAME_D ? "d"
                                 : piece.field == F_NAME   ? "n"
                                                           : "o";
            text_addf(&text, "%s%u", letter, piece.len);
            assert_ptr_equal(piece.data, rdata + at);
            at = (uint16_t)(at + piece.len);
        }
        assert_int_equal(at, n);
        assert_string_equal(found, walks[i].pieces);
        assert_false(rdata_next(&walk, &piece));
    }
}

/* Broken rdata that got past nobody's check is one run of octets from the fault on. */
static void pieces_of_broken_rdata(void **state)
{
    (void)state;
    static const char *const broken[] = {"0001", "000105", "0001c000", "00010161", "00"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t n, sum = 0;
        uint8_t *rdata = octets_of(broken[i], &n);
        struct rdata_walk walk = rdata_walk_of(DNS_TYPE_MX, rdata, (uint16_t)n);
        struct rdata_piece piece;
        while (rdata_next(&walk, &piece)) {
            assert_int_equal(piece.field, F_OPAQUE);
            sum += piece.len;
        }
        assert_int_equal(sum, n);
        free(rdata);
    }
}

static void targets(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text, *target;
    } list[] = {
        {"NS", "a.Example.", "a.Example."},
        {"CNAME", "a.", "a."},
        {"DNAME", "a.", "a."},
        {"PTR", "a.", "a."},
        {"MX", "1 a.", "a."},
        {"AFSDB", "1 a.", "a."},
        {"RT", "1 a.", "a."},
        {"KX", "1 a.", "a."},
        {"SRV", "1 2 3 a.b.", "a.b."},
        {"NAPTR", "1 2 \"\" \"\" \"\" a.", "a."},
        {"SVCB", "1 . port=1", "."},
        {"HTTPS", "1 a. port=1", "a."},
        {"LP", "1 a.", "a."},
        {"SOA", "a. b. 1 2 3 4 5", "a."},
        {"A", "192.0.2.1", NULL},
        {"TXT", "x", NULL},
        {"APL", "", NULL},
        {"TYPE65280", "\\# 3 016100", NULL},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        uint8_t rdata[256];
        char text[DNAME_TEXT_MAX];
        struct dname target;
        uint16_t n = rdata_of(list[i].type, list[i].text, rdata, sizeof rdata);
        bool found = rdata_target(type_in(list[i].type), rdata, n, &target);
        assert_int_equal(found, list[i].target != NULL);
        if (found) {
            dname_print(target, text);
            assert_string_equal(text, list[i].target);
        }
    }
}

static void soa_parts(void **state)
{
    (void)state;
    uint8_t rdata[256] = {0};
    struct rdata_soa soa;
    char text[DNAME_TEXT_MAX];
    uint16_t n = rdata_of("SOA", "m.example. r.example. 4294967295 1 2 3 2147483648", rdata, sizeof rdata);
    assert_true(rdata_soa(rdata, n, &soa));
    dname_print(soa.mname, text);
    assert_string_equal(text, "m.example.");
    dname_print(soa.rname, text);
    assert_string_equal(text, "r.example.");
    assert_int_equal(soa.serial, UINT32_MAX);
    assert_int_equal(soa.refresh_s, 1);
    assert_int_equal(soa.retry_s, 2);
    assert_int_equal(soa.expire_s, 3);
    assert_int_equal(soa.minimum_s, 2147483648u);
    for (uint16_t len = 0; len <= n + 1; len++) {
        assert_int_equal(rdata_soa(rdata, len, &soa), len == n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_form),
        cmocka_unit_test(equality),
        cmocka_unit_test(order),
        cmocka_unit_test(pieces),
        cmocka_unit_test(pieces_of_broken_rdata),
        cmocka_unit_test(targets),
        cmocka_unit_test(soa_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
