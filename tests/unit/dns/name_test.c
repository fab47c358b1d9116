/* Names: their limits (T97), text both ways, order, cutting and joining, and unpacking from a message (T89). */
#include "dns/name.h"

#include "support.h"

static const uint8_t key[SIPHASH_KEY_SIZE] = {1, 2, 3};

/* A name of `count` labels of `size` octets each, 'a' unless said otherwise. */
static size_t plain_name(uint8_t *out, unsigned count, uint8_t size)
{
    size_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        out[n++] = size;
        memset(out + n, 'a', size);
        n += size;
    }
    out[n++] = 0;
    return n;
}

static void scan_and_print(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed; /* NULL: refused */
        unsigned labels;
    } rows[] = {
        {".", ".", 0},
        {"com", "com.", 1},
        {"www.Example.COM.", "www.Example.COM.", 3},
        {"a\\.b.c.", "a\\.b.c.", 2},
        {"\\097.c", "a.c.", 2},
        {"\\000\\255.c", "\\000\\255.c.", 2},
        {"sp\\ ace.c", "sp\\032ace.c.", 2},
        {"tab\t.c", "tab\\009.c.", 2},
        {"\\@.\\$.\\(\\).\\;.\\\"", "\\@.\\$.\\(\\).\\;.\\\".", 5},
        {"back\\\\slash", "back\\\\slash.", 1},
        {"_443._tcp.*.x-", "_443._tcp.*.x-.", 4},
        {"@", "\\@.", 1},
        {"\\.", "\\..", 1},
        {"", NULL, 0},
        {"..", NULL, 0},
        {".a", NULL, 0},
        {"a..b", NULL, 0},
        {"a.b..", NULL, 0},
        {"a\\", NULL, 0},
        {"a\\12", NULL, 0},
        {"a\\1x2", NULL, 0},
        {"a\\256", NULL, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct dname_buf b, again;
        enum dns_err err = dname_scan(rows[i].text, strlen(rows[i].text), NULL, &b);
        if (rows[i].printed == NULL) {
            assert_int_equal(err, DNS_E_SYNTAX);
            continue;
        }
        assert_int_equal(err, DNS_OK);
        assert_int_equal(b.labels, rows[i].labels);
        assert_name(dname_of(&b), rows[i].printed);
        assert_int_equal(dname_scan(rows[i].printed, strlen(rows[i].printed), NULL, &again), DNS_OK);
        assert_true(dname_same_case(dname_of(&b), dname_of(&again)));
    }
}

static void scan_with_origin(void **state)
{
    (void)state;
    struct dname origin = NAME("Example.org.");
    struct dname_buf b;
    assert_int_equal(dname_scan("www", 3, &origin, &b), DNS_OK);
    assert_name(dname_of(&b), "www.Example.org.");
    assert_int_equal(b.labels, 3);
    assert_int_equal(dname_scan("www.", 4, &origin, &b), DNS_OK);
    assert_name(dname_of(&b), "www.");
    assert_int_equal(dname_scan("@", 1, &origin, &b), DNS_OK);
    assert_name(dname_of(&b), "Example.org.");
    assert_int_equal(dname_scan("\\@", 2, &origin, &b), DNS_OK);
    assert_name(dname_of(&b), "\\@.Example.org.");
    assert_int_equal(dname_scan("a\\.", 3, &origin, &b), DNS_OK); /* an escaped dot ends nothing */
    assert_name(dname_of(&b), "a\\..Example.org.");
    assert_int_equal(dname_scan("www.example", 3, &origin, &b), DNS_OK); /* not NUL-terminated */
    assert_name(dname_of(&b), "www.Example.org.");
}

/* T97: every octet in a label, printed and scanned, wire and back. */
static void every_octet_round_trips(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        uint8_t wire[] = {3, 'x', (uint8_t)c, 'y', 1, (uint8_t)c, 0};
        struct reader r = reader_of(wire, sizeof wire);
        struct dname n;
        struct dname_buf back;
        char text[DNAME_TEXT_MAX];
        assert_int_equal(dname_read_plain(&r, &n), DNS_OK);
        size_t len = dname_print(n, text);
        assert_int_equal(len, strlen(text));
        for (size_t i = 0; i < len; i++) {
            assert_true(text[i] > ' ' && text[i] <= '~'); /* one line, whatever a stranger sends (T106) */
        }
        assert_int_equal(dname_scan(text, len, NULL, &back), DNS_OK);
        assert_true(dname_same_case(n, dname_of(&back)));
    }
}

static void longest_text_fits(void **state)
{
    (void)state;
    uint8_t wire[DNAME_MAX];
    char text[DNAME_TEXT_MAX];
    size_t n = 0;
    static const uint8_t sizes[] = {63, 63, 63, 61};
    for (size_t i = 0; i < sizeof sizes; i++) {
        wire[n++] = sizes[i];
        memset(wire + n, 0xff, sizes[i]);
        n += sizes[i];
    }
    wire[n++] = 0;
    assert_int_equal(n, DNAME_MAX);
    struct reader r = reader_of(wire, n);
    struct dname name;
    struct dname_buf back;
    assert_int_equal(dname_read_plain(&r, &name), DNS_OK);
    size_t len = dname_print(name, text);
    assert_int_equal(len, 250 * 4 + 4);
    assert_int_equal(dname_scan(text, len, NULL, &back), DNS_OK);
    assert_true(dname_same_case(name, dname_of(&back)));
}

/* T97: 254, 255, 256 octets; labels of 62, 63, 64; 126, 127, 128 labels; as text and on the wire. */
static void limits(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        uint8_t size;
        const char *more; /* a label in front, as text */
        bool ok;
    } rows[] = {
        {1, 62, "", true},      {1, 63, "", true},     {126, 1, "", true},     {127, 1, "", true},
        {126, 1, "ab.", false}, {63, 3, "", true},     {63, 3, "a.", true},    {63, 3, "ab.", false},
        {3, 63, "", true},      {4, 62, "", true},     {4, 62, "a.", true},    {4, 62, "ab.", false},
        {127, 1, "a.", false},  {125, 1, "ab.", true}, {125, 1, "abc.", true}, {125, 1, "abcd.", false},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t wire[600];
        char text[600];
        size_t front = strlen(rows[i].more), at = 0, t = 0;
        if (front != 0) {
            wire[at++] = (uint8_t)(front - 1);
            memcpy(wire + at, rows[i].more, front - 1);
            at += front - 1;
        }
        at += plain_name(wire + at, rows[i].count, rows[i].size);
        for (size_t p = 0; wire[p] != 0; p += 1 + (size_t)wire[p]) {
            memcpy(text + t, wire + p + 1, wire[p]);
            t += wire[p];
            text[t++] = '.';
        }
        assert_int_equal(at <= DNAME_MAX, rows[i].ok);
        struct reader r = reader_of(wire, at);
        struct dname n;
        struct dname_buf b;
        assert_int_equal(dname_read_plain(&r, &n), rows[i].ok ? DNS_OK : DNS_E_NAME);
        assert_int_equal(dname_scan(text, t, NULL, &b), rows[i].ok ? DNS_OK : DNS_E_NAME);
        assert_int_equal(dname_scan(text, t - 1, NULL, &b), rows[i].ok ? DNS_OK : DNS_E_NAME);
        if (rows[i].ok) {
            assert_int_equal(n.len, at);
            assert_int_equal(n.labels, rows[i].count + (front != 0));
            assert_true(dname_same_case(n, dname_of(&b)) || t == 0);
        }
    }
    char label[65];
    struct dname_buf b;
    memset(label, 'a', sizeof label);
    assert_int_equal(dname_scan(label, 63, NULL, &b), DNS_OK);
    assert_int_equal(dname_scan(label, 64, NULL, &b), DNS_E_NAME);
}

static void read_plain_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum dns_err err;
    } rows[] = {
        {"", DNS_E_TRUNCATED},   {"01", DNS_E_TRUNCATED},      {"0161", DNS_E_TRUNCATED}, {"0261", DNS_E_TRUNCATED},
        {"c000", DNS_E_POINTER}, {"0161 c00c", DNS_E_POINTER}, {"40", DNS_E_NAME},        {"4161 00", DNS_E_NAME},
        {"8161 00", DNS_E_NAME}, {"3f", DNS_E_TRUNCATED},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t wire[16];
        size_t n = octets(rows[i].hex, wire, sizeof wire);
        uint8_t *p = exact(wire, n);
        struct reader r = reader_of(p, n);
        struct dname name;
        assert_int_equal(dname_read_plain(&r, &name), rows[i].err);
        assert_true(r.failed);
        free(p);
    }
}

/* T89: pointers to themselves, forward, in circles, into the header, chains too long. The header is twelve zero octets.
 */
static void unpack(void **state)
{
    (void)state;
    static const struct {
        const char *hex; /* behind the header */
        size_t at;
        enum dns_err err;
        const char *name;
        size_t after;
    } rows[] = {
        {"00", 12, DNS_OK, ".", 13},
        {"03'www'03'com'00", 12, DNS_OK, "www.com.", 21},
        {"03'com'00 03'www'c00c", 17, DNS_OK, "www.com.", 23},
        {"03'com'00 03'www'c00c c011", 23, DNS_OK, "www.com.", 25},
        {"03'com'00 c00c c011", 19, DNS_OK, "com.", 21},        /* a pointer to a pointer */
        {"0161 00 c00d", 15, DNS_E_NAME, NULL, 0},              /* into a label: 0x61 is no length */
        {"02'a'00 00 c00e", 16, DNS_OK, ".", 18},               /* into a label that reads as the root */
        {"c00c", 12, DNS_E_POINTER, NULL, 0},                   /* itself */
        {"c00e 0161 00", 12, DNS_E_POINTER, NULL, 0},           /* forward */
        {"0161 c00c", 12, DNS_E_POINTER, NULL, 0},              /* the start of its own name */
        {"0161 c00e", 12, DNS_E_POINTER, NULL, 0},              /* itself, behind a label */
        {"0161 c010 0162 00 c00c", 19, DNS_E_POINTER, NULL, 0}, /* back, then forward again */
        {"0161 c010 0161 c00c", 16, DNS_E_POINTER, NULL, 0},    /* a circle of two */
        {"0161 c00e 0162 c00c", 16, DNS_E_POINTER, NULL, 0},
        {"c000", 12, DNS_E_POINTER, NULL, 0}, /* the header */
        {"c00b", 12, DNS_E_POINTER, NULL, 0},
        {"0161 c004", 12, DNS_E_POINTER, NULL, 0},
        {"ffff", 12, DNS_E_POINTER, NULL, 0},
        {"c0", 12, DNS_E_TRUNCATED, NULL, 0},
        {"0161", 12, DNS_E_TRUNCATED, NULL, 0},
        {"0161 c0", 12, DNS_E_TRUNCATED, NULL, 0},
        {"3f61", 12, DNS_E_TRUNCATED, NULL, 0},
        {"", 12, DNS_E_TRUNCATED, NULL, 0},
        {"40", 12, DNS_E_NAME, NULL, 0}, /* RFC 6891 section 5: binary labels are gone */
        {"4161 00", 12, DNS_E_NAME, NULL, 0},
        {"80 00", 12, DNS_E_NAME, NULL, 0},
        {"bfff", 12, DNS_E_NAME, NULL, 0},
        {"40 00 c00c", 14, DNS_E_NAME, NULL, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t wire[64] = {0};
        size_t n = 12 + octets(rows[i].hex, wire + 12, sizeof wire - 12);
        uint8_t *p = exact(wire, n);
        for (int keep = 0; keep < 2; keep++) {
            struct reader r = {.base = p, .pos = rows[i].at, .end = n};
            struct name_work work = name_work_of(n);
            struct dname_buf b;
            assert_int_equal(dname_unpack(&r, &work, keep ? &b : NULL), rows[i].err);
            assert_int_equal(r.failed, rows[i].err != DNS_OK);
            assert_true(work.hops_left <= n * DNS_HOPS_PER_BYTE);
            if (rows[i].err == DNS_OK) {
                assert_int_equal(r.pos, rows[i].after);
                if (keep) {
                    assert_name(dname_of(&b), rows[i].name);
                }
            }
        }
        free(p);
    }
}

/* Pointers to pointers: as many as L21 allows and one more. */
static void pointer_chain(void **state)
{
    (void)state;
    uint8_t wire[12 + 1 + 2 * (DNAME_POINTERS_MAX + 1)] = {0};
    size_t n = 13, before = 12;
    for (int i = 1; i <= DNAME_POINTERS_MAX + 1; i++) {
        wire[n] = 0xc0;
        wire[n + 1] = (uint8_t)before;
        before = n;
        n += 2;
        struct reader r = {.base = wire, .pos = before, .end = n};
        struct name_work work = name_work_of(n);
        assert_int_equal(dname_unpack(&r, &work, NULL), i <= DNAME_POINTERS_MAX ? DNS_OK : DNS_E_POINTER);
    }
}

/* A name of legal parts that is too long when put together; and the longest that is not. */
static void unpack_limits(void **state)
{
    (void)state;
    uint8_t wire[600] = {0};
    size_t n = 12;
    n += plain_name(wire + n, 3, 63); /* 193 octets at 12 */
    for (uint8_t size = 59; size <= 63; size++) {
        wire[n] = size;
        memset(wire + n + 1, 'b', size);
        wire[n + 1 + size] = 0xc0;
        wire[n + 2 + size] = 12;
        struct reader r = {.base = wire, .pos = n, .end = n + 3 + size};
        struct name_work work = name_work_of(r.end);
        struct dname_buf b;
        bool ok = 193 + 1 + size <= DNAME_MAX;
        assert_int_equal(dname_unpack(&r, &work, &b), ok ? DNS_OK : DNS_E_NAME);
        if (ok) {
            assert_int_equal(b.len, 194 + size);
            assert_int_equal(b.labels, 4);
        }
    }
}

static void work_is_counted(void **state)
{
    (void)state;
    uint8_t wire[64] = {0};
    size_t n = 12 + octets("03'com'00 03'www'c00c", wire + 12, 40);
    for (uint32_t hops = 0; hops < 6; hops++) { /* www, pointer, com, root */
        struct name_work work = {.hops_left = hops};
        struct reader r = {.base = wire, .pos = 17, .end = n};
        assert_int_equal(dname_unpack(&r, &work, NULL), hops >= 4 ? DNS_OK : DNS_E_LIMIT);
        assert_int_equal(work.hops_left, hops >= 4 ? hops - 4 : 0);
    }
}

static void equal_and_hash_fold_ascii_only(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned d = 0; d < 256; d++) {
            /* long enough that whole words and the rest of a word are both compared */
            uint8_t x[] = {10, 'x', (uint8_t)c, 'e', 'l', 'o', 'n', 'g', 'e', 'r', (uint8_t)c, 0};
            uint8_t y[] = {10, 'X', (uint8_t)d, 'E', 'L', 'O', 'N', 'G', 'E', 'R', (uint8_t)d, 0};
            struct dname a = {x, sizeof x, 1}, b = {y, sizeof y, 1};
            bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 128;
            bool same = c == d || (letter && (c ^ d) == 0x20);
            if (dname_equal(a, b) != same || (dname_hash(key, a) == dname_hash(key, b)) != same ||
                (dname_compare(a, b) == 0) != same) {
                fail_msg("%02x %02x", c, d);
            }
        }
    }
    assert_false(dname_equal(NAME("ab"), NAME("a.b")));
    assert_false(dname_same_case(NAME("ab"), NAME("aB")));
    assert_true(dname_same_case(NAME("aB.c"), NAME("aB.c")));
    uint8_t other[SIPHASH_KEY_SIZE] = {9};
    assert_int_not_equal(dname_hash(key, NAME("a")), dname_hash(other, NAME("a")));
}

static void lower(void **state)
{
    (void)state;
    struct dname_buf b;
    dname_lower(NAME("WWW.Ex\\200mple.C0M\\[\\@"), &b);
    assert_name(dname_of(&b), "www.ex\\200mple.c0m[\\@.");
    dname_lower(dname_of(&b), &b); /* in place */
    assert_name(dname_of(&b), "www.ex\\200mple.c0m[\\@.");
}

/* RFC 4034 section 6.1's own example, and what is equal, longer or case apart. */
static void canonical_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {
        ".",         "example",         "a.example",   "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE",
        "z.example", "\\001.z.example", "*.z.example", "\\200.z.example",    "examplf",
    };
    for (size_t i = 0; i < ROWS(sorted); i++) {
        for (size_t k = 0; k < ROWS(sorted); k++) {
            int d = dname_compare(NAME(sorted[i]), NAME(sorted[k]));
            assert_int_equal((d > 0) - (d < 0), (i > k) - (i < k));
        }
    }
}

static void relations(void **state)
{
    (void)state;
    static const struct {
        const char *n, *zone;
        bool under, below;
        unsigned common;
    } rows[] = {
        {"www.example.com", "example.com", true, true, 2},
        {"example.com", "EXAMPLE.com", true, false, 2},
        {"com", "example.com", false, false, 1},
        {"a.b", ".", true, true, 0},
        {".", ".", true, false, 0},
        {".", "a", false, false, 0},
        {"badexample.com", "example.com", false, false, 1},
        {"bad\\.example.com", "example.com", false, false, 1},
        {"x.example.org", "example.com", false, false, 0},
        {"a.x.c", "b.x.c", false, false, 2},
        {"x.y.c", "x.z.c", false, false, 1}, /* equal labels before a difference do not count */
        {"a.b.c.d", "z.c.d", false, false, 2},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct dname n = NAME(rows[i].n), zone = NAME(rows[i].zone);
        assert_int_equal(dname_under(n, zone), rows[i].under);
        assert_int_equal(dname_below(n, zone), rows[i].below);
        assert_int_equal(dname_common(n, zone), rows[i].common);
        assert_int_equal(dname_common(zone, n), rows[i].common);
    }
}

static void parts(void **state)
{
    (void)state;
    struct dname n = NAME("www.example.com");
    assert_name(dname_parent(n), "example.com.");
    assert_int_equal(dname_parent(n).labels, 2);
    assert_true(dname_is_root(dname_parent(dname_root())));
    assert_name(dname_suffix(n, 3), "www.example.com.");
    assert_name(dname_suffix(n, 1), "com.");
    assert_name(dname_suffix(n, 0), ".");
    uint8_t len;
    const uint8_t *label = dname_label(n, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(label, "www", 3);
    assert_true(dname_is_wildcard(NAME("*.a")));
    assert_true(dname_is_wildcard(NAME("*")));
    assert_false(dname_is_wildcard(NAME("**.a")));
    assert_false(dname_is_wildcard(NAME("a.*")));
    assert_false(dname_is_wildcard(dname_root()));
    struct dname_buf b;
    dname_copy(n, &b);
    dname_copy(dname_parent(dname_of(&b)), &b); /* onto itself */
    assert_name(dname_of(&b), "example.com.");
}

static void joining(void **state)
{
    (void)state;
    struct dname_buf b, full;
    assert_true(dname_replace_suffix(NAME("a.b.Old.org"), NAME("old.org"), NAME("new.example.net"), &b));
    assert_name(dname_of(&b), "a.b.new.example.net.");
    assert_int_equal(b.labels, 5);
    assert_true(dname_replace_suffix(NAME("a.b"), dname_root(), NAME("c"), &b));
    assert_name(dname_of(&b), "a.b.c.");
    assert_true(dname_replace_suffix(NAME("a.b"), NAME("b"), dname_root(), &b));
    assert_name(dname_of(&b), "a.");
    assert_true(dname_prepend((const uint8_t *)"*", 1, NAME("example"), &b));
    assert_name(dname_of(&b), "*.example.");
    assert_int_equal(b.labels, 2);

    full.len = (uint8_t)plain_name(full.wire, 63, 3); /* 253 octets */
    full.labels = 63;
    assert_true(dname_prepend((const uint8_t *)"x", 1, dname_of(&full), &b)); /* 255 */
    assert_int_equal(b.len, DNAME_MAX);
    assert_false(dname_prepend((const uint8_t *)"xy", 2, dname_of(&full), &b));
    assert_true(dname_replace_suffix(NAME("x.old"), NAME("old"), dname_of(&full), &b));
    assert_false(dname_replace_suffix(NAME("xy.old"), NAME("old"), dname_of(&full), &b)); /* YXDOMAIN */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan_and_print),
        cmocka_unit_test(scan_with_origin),
        cmocka_unit_test(every_octet_round_trips),
        cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(limits),
        cmocka_unit_test(read_plain_refuses),
        cmocka_unit_test(unpack),
        cmocka_unit_test(pointer_chain),
        cmocka_unit_test(unpack_limits),
        cmocka_unit_test(work_is_counted),
        cmocka_unit_test(equal_and_hash_fold_ascii_only),
        cmocka_unit_test(lower),
        cmocka_unit_test(canonical_order),
        cmocka_unit_test(relations),
        cmocka_unit_test(parts),
        cmocka_unit_test(joining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
