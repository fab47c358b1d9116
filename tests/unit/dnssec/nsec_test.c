/*
 * NSEC and NSEC3 records, read: bitmaps, spans, whose owner counts, and the hashes of RFC 5155 appendix A.
 */
#include "support.h"

struct fixture {
    struct arena arena;
};

static int set_up(void **state)
{
    static struct fixture f;
    arena_init(&f.arena, NULL, 0, 1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    return 0;
}

static void test_bitmap(void **state)
{
    /* Windows 0 (A, MX, RRSIG, NSEC) and 4 (TYPE1234): the example of RFC 4034 section 4.3. */
    static const uint8_t example[] = {0x00, 0x06, 0x40, 0x01, 0x00, 0x00, 0x00, 0x03, 0x04, 0x1b, 0,   0, 0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,   0, 0,
                                      0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x20};
    static const struct {
        uint16_t type;
        bool listed;
    } rows[] = {
        {DNS_TYPE_A, true},
        {DNS_TYPE_MX, true},
        {DNS_TYPE_RRSIG, true},
        {DNS_TYPE_NSEC, true},
        {1234, true},
        {DNS_TYPE_NS, false},
        {0, false},
        {DNS_TYPE_DNSKEY, false}, /* an octet beyond the window's last */
        {1233, false},
        {1235, false},
        {1240, false},
        {1234 - 1024, false},
        {255, false},
        {DNS_TYPE_A + 256, false},
        {DNS_TYPE_A + 1024, false},
        {65535, false},
    };
    (void)state;
    assert_int_equal(sizeof example, 37);
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (nsec_bitmap_has(example, sizeof example, rows[i].type) != rows[i].listed) {
            fail_msg("type %u", rows[i].type);
        }
        assert_false(nsec_bitmap_has(example, 0, rows[i].type));
    }
}

static void test_bitmap_empty(void **state)
{
    static const struct {
        const char *types;
        bool empty;
    } rows[] = {
        {"RRSIG NSEC", true},    {"RRSIG NSEC NXNAME", true},    {"NSEC", true},
        {"A RRSIG NSEC", false}, {"RRSIG NSEC TYPE1234", false}, {"RRSIG NSEC TYPE129", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[100];
        struct nsec n;
        snprintf(text, sizeof text, "b.example. %s", rows[i].types);
        assert_true(
            nsec_read(set_of(&f->arena, "a.example.", "NSEC", 0, (const char *[]){text, NULL}), NAME("example."), &n));
        if (nsec_bitmap_empty(n.bitmap, n.bitmap_len) != rows[i].empty) {
            fail_msg("'%s'", rows[i].types);
        }
    }
}

static void test_nsec_read(void **state)
{
    static const struct {
        const char *what, *zone, *owner, *next;
        bool taken;
    } rows[] = {
        {"inside", "example.", "a.example.", "b.example.", true},
        {"the last: next is the apex", "example.", "z.example.", "example.", true},
        {"case does not matter", "Example.", "a.eXample.", "b.exaMple.", true},
        {"the root's", ".", "aa.", "zz.", true},
        {"next beside the zone (T64)", "evil.test.", "evil.test.", "zzz.test.", false},
        {"next above the zone", "evil.test.", "a.evil.test.", "test.", false},
        {"owner beside the zone", "evil.test.", "a.test.", "evil.test.", false},
        {"owner above the zone", "evil.test.", "test.", "a.evil.test.", false},
        {"a suffix in octets only", "vil.test.", "a.evil.test.", "b.evil.test.", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[100];
        struct nsec n;
        snprintf(text, sizeof text, "%s A RRSIG NSEC", rows[i].next);
        const struct rrset *set = set_of(&f->arena, rows[i].owner, "NSEC", 0, (const char *[]){text, NULL});
        if (nsec_read(set, NAME(rows[i].zone), &n) != rows[i].taken) {
            fail_msg("%s", rows[i].what);
        }
    }
    struct nsec n;
    assert_false(
        nsec_read(set_of(&f->arena, "a.", "NSEC", 0, (const char *[]){"b. A", "c. A", NULL}), dname_root(), &n));
    assert_false(nsec_read(set_of(&f->arena, "a.", "NXT", 0, (const char *[]){"b. A", NULL}), dname_root(), &n));
}

static void test_nsec_covers(void **state)
{
    static const struct {
        const char *owner, *next, *name;
        bool covered;
    } rows[] = {
        {"b.example.", "d.example.", "c.example.", true},
        {"b.example.", "d.example.", "C.EXAMPLE.", true},
        {"b.example.", "d.example.", "x.y.c.example.", true},
        {"b.example.", "d.example.", "x.b.example.", true}, /* below the owner sorts behind it */
        {"b.example.", "d.example.", "b.example.", false},
        {"b.example.", "d.example.", "d.example.", false},
        {"b.example.", "d.example.", "x.d.example.", false},
        {"b.example.", "d.example.", "a.example.", false},
        {"b.example.", "d.example.", "example.", false},
        {"b.example.", "d.example.", "c.", false},
        {"b.example.", "d.example.", "c.example.net.", false},
        {"y.example.", "example.", "z.example.", true}, /* the last */
        {"y.example.", "example.", "x.example.", false},
        {"y.example.", "example.", "example.", false},
        {"y.example.", "example.", "zz.", false},            /* behind it, but beside the zone */
        {"example.", "example.", "anything.example.", true}, /* alone */
        {"example.", "example.", "example.", false},
        {"d.example.", "b.example.", "e.example.", false}, /* backwards, and not to the apex: covers nothing */
        {"d.example.", "b.example.", "c.example.", false},
        {"d.example.", "b.example.", "a.example.", false},
        {"d.example.", "d.example.", "e.example.", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct nsec n;
        char text[100];
        snprintf(text, sizeof text, "%s A RRSIG NSEC", rows[i].next);
        const struct rrset *set = set_of(&f->arena, rows[i].owner, "NSEC", 0, (const char *[]){text, NULL});
        assert_true(nsec_read(set, NAME("example."), &n));
        if (nsec_covers(&n, NAME("example."), NAME(rows[i].name)) != rows[i].covered) {
            fail_msg("%s -> %s: %s", rows[i].owner, rows[i].next, rows[i].name);
        }
    }
}

#define HASH_A "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
#define HASH_B "2t7b4g4vsa5smi47k61mv5bv1a22bojr"

static void test_nsec3_read(void **state)
{
    static const struct {
        const char *what, *zone, *owner, *rdata;
        bool taken;
    } rows[] = {
        {"good", "example.", HASH_A ".example.", "1 1 12 aabbccdd " HASH_B " A", true},
        {"good, upper case", "eXample.", "0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM.example.", "1 0 0 - " HASH_B, true},
        {"good, of the root", ".", HASH_A ".", "1 0 0 - " HASH_B, true},
        {"two labels below the zone (T65)", "example.", HASH_A ".a.example.", "1 0 0 - " HASH_B, false},
        {"of a sibling", "example.", HASH_A ".other.", "1 0 0 - " HASH_B, false},
        {"the apex itself", "example.", "example.", "1 0 0 - " HASH_B, false},
        {"a zone named like a hash", HASH_A ".example.", HASH_A ".example.", "1 0 0 - " HASH_B, false},
        {"label of fewer octets", "example.", "0p9mhaveqvm6t7vbl5lop2u3.example.", "1 0 0 - " HASH_B, false},
        {"label too short", "example.", "p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", "1 0 0 - " HASH_B, false},
        {"label too long", "example.", HASH_A "0.example.", "1 0 0 - " HASH_B, false},
        {"not base32hex", "example.", "zp9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", "1 0 0 - " HASH_B, false},
        {"root in the root", ".", ".", "1 0 0 - " HASH_B, false},
        {"next too short", "example.", HASH_A ".example.", "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv", false},
        {"next too long", "example.", HASH_A ".example.", "1 0 0 - " HASH_B "2t7b4g4v", false},
    };
    struct fixture *f = *state;
    struct nsec3 n;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct rrset *set = set_of(&f->arena, rows[i].owner, "NSEC3", 0, (const char *[]){rows[i].rdata, NULL});
        if (nsec3_read(set, NAME(rows[i].zone), &n) != rows[i].taken) {
            fail_msg("%s", rows[i].what);
        }
    }
    for (unsigned c = 1; c < 256; c++) { /* which octets are digits */
        char owner[60];
        snprintf(owner, sizeof owner, "\\%03up9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", c);
        bool is_digit = strchr("0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV", (int)c) != NULL;
        const struct rrset *set = set_of(&f->arena, owner, "NSEC3", 0, (const char *[]){"1 0 0 - " HASH_B, NULL});
        assert_int_equal(nsec3_read(set, NAME("example."), &n), is_digit);
    }
    assert_false(nsec3_read(
        set_of(&f->arena, HASH_A ".example.", "NSEC3", 0, (const char *[]){"1 0 0 - " HASH_B, "1 0 1 - " HASH_B, NULL}),
        NAME("example."), &n));
    assert_true(nsec3_read(set_of(&f->arena, HASH_A ".example.", "NSEC3", 0,
                                  (const char *[]){"1 1 12 aabbccdd " HASH_B " MX RRSIG", NULL}),
                           NAME("example."), &n));
    assert_int_equal(n.algorithm, NSEC3_SHA1);
    assert_int_equal(n.flags, NSEC3_OPT_OUT);
    assert_int_equal(n.iterations, 12);
    assert_int_equal(n.salt_len, 4);
    assert_memory_equal(n.salt, "\xaa\xbb\xcc\xdd", 4);
    assert_true(nsec3_has(&n, DNS_TYPE_MX) && nsec3_has(&n, DNS_TYPE_RRSIG) && !nsec3_has(&n, DNS_TYPE_A));
}

static void test_nsec3_covers(void **state)
{
    /* Hashes of one digit, the others zero. */
    static const struct {
        uint8_t owner, next, hash;
        bool covered;
    } rows[] = {
        {3, 7, 5, true},  {3, 7, 3, false}, {3, 7, 7, false}, {3, 7, 2, false}, {3, 7, 8, false},
        {9, 2, 10, true}, {9, 2, 1, true},  {9, 2, 9, false}, {9, 2, 2, false}, {9, 2, 5, false},
        {9, 2, 0, true},  {4, 4, 4, false}, {4, 4, 5, true},  {4, 4, 3, true}, /* alone */
    };
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct nsec3 n = {.owner = {rows[i].owner}, .next = {rows[i].next}};
        uint8_t hash[NSEC3_HASH_SIZE] = {rows[i].hash};
        if (nsec3_covers(&n, hash) != rows[i].covered) {
            fail_msg("%u -> %u: %u", rows[i].owner, rows[i].next, rows[i].hash);
        }
    }
    struct nsec3 n = {.owner = {[19] = 1}, .next = {[19] = 3}}; /* the last octet counts, too */
    assert_true(nsec3_covers(&n, (const uint8_t[NSEC3_HASH_SIZE]){[19] = 2}));
    assert_false(nsec3_covers(&n, (const uint8_t[NSEC3_HASH_SIZE]){[19] = 3}));
}

static void test_hash(void **state)
{
    /* RFC 5155 appendix A: SHA-1, 12 iterations, salt aabbccdd. */
    static const struct {
        const char *name, *hash;
    } rows[] = {
        {"example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
        {"EXAMPLE.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"},
        {"a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"},
        {"ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"},
        {"ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
        {"ns2.example.", "q04jkcevqvmu85r014c7dkba38o0ji5r"},
        {"w.example.", "k8udemvp1j2f7eg6jebps17vp3n8i58h"},
        {"*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"},
        {"x.w.example.", "b4um86eghhds6nea196smvmlo4ors995"},
        {"y.w.example.", "ji6neoaepv8b5o6k4ev33abha8ht9fgc"},
        {"x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"},
        {"xx.example.", "t644ebqk9bibcna874givr6joj62mlhv"},
        {"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.", "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"},
    };
    static const uint8_t salt[] = {0xaa, 0xbb, 0xcc, 0xdd};
    struct nsec3 p = {.algorithm = NSEC3_SHA1, .iterations = 12, .salt_len = sizeof salt, .salt = salt};
    uint8_t hash[NSEC3_HASH_SIZE];
    char text[HASH_TEXT];
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_true(nsec3_hash(NAME(rows[i].name), &p, hash));
        hash_text(hash, text);
        assert_string_equal(text, rows[i].hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bitmap),
        cmocka_unit_test_setup_teardown(test_bitmap_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nsec_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nsec_covers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nsec3_read, set_up, tear_down),
        cmocka_unit_test(test_nsec3_covers),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
