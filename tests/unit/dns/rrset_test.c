/* RRsets: collected from messages, made from rdata, copied, walked and compared; duplicates, TTLs and limits. */
#include "dns/rrset.h"

#include "dns/rdata.h"
#include "support.h"

#define BIG ((size_t)4 << 20)

struct fixture {
    struct arena arena;
    struct dns_msg m;
    uint8_t *wire;
};

static struct fixture parsed(const char *hex)
{
    static uint8_t wire[4096];
    struct fixture f;
    size_t n = octets(hex, wire, sizeof wire);
    f.wire = exact(wire, n);
    arena_init(&f.arena, NULL, 0, BIG);
    assert_int_equal(dns_msg_parse(f.wire, n, &f.arena, &f.m), DNS_OK);
    return f;
}

static void done(struct fixture *f)
{
    arena_release(&f->arena);
    free(f->wire);
}

static void assert_record(struct rdata_ref rr, const char *hex)
{
    uint8_t expected[256];
    size_t n = octets(hex, expected, sizeof expected);
    assert_int_equal(rr.len, n);
    assert_memory_equal(rr.data, expected, n);
}

#define SIG(covered) "002e 0001 00000030 0017 " covered " 08 02 00000e10 00000002 00000001 0001 01'z'00 'si'"

static void from_message(void **state)
{
    (void)state;
    struct fixture f = parsed("0001 8000 0001 000a 0001 0000 01'Z'00 0002 0001"
                              "c00c 0002 0001 00000040 0006 03'ns1'c00c"
                              "01'z'00 0002 0001 00000020 0006 03'NS2'c00c" /* spelt otherwise, the same name */
                              "c00c 0002 0001 00000060 0007 03'ns1'01'z'00" /* the first again, in another form */
                              "c00c 0002 0003 00000001 0003 01'x'00"        /* another class */
                              "c00c 0001 0001 00000001 0004 01020304"       /* another type */
                              "01'y'c00c 0002 0001 00000001 0003 01'x'00"   /* another owner */
                              "c00c" SIG("0002") "c00c" SIG("0001") "01'y'c00c" SIG("0002") "c00c" SIG(
                                  "0002") "c00c 0002 0001 00000001 0003 01'w'00"); /* another section */
    struct rrset *s;
    struct dname z = NAME("z");
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, z, DNS_TYPE_NS, &f.arena, &s), DNS_OK);
    assert_non_null(s);
    assert_name(rrset_owner(s), "z."); /* as the caller spells it */
    assert_int_equal(s->type, DNS_TYPE_NS);
    assert_int_equal(s->rclass, DNS_CLASS_IN);
    assert_int_equal(s->ttl_s, 0x20); /* RFC 2181 section 5.2 */
    assert_int_equal(s->count, 2);
    assert_int_equal(s->sig_count, 2);
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref rr;
    assert_true(rrset_next(&it, &rr));
    assert_record(rr, "03'ns1'01'Z'00");
    assert_true(rrset_next(&it, &rr));
    assert_record(rr, "03'NS2'01'Z'00");
    assert_false(rrset_next(&it, &rr));
    it = rrset_sigs(s);
    assert_true(rrset_next(&it, &rr));
    assert_record(rr, "0002 08 02 00000e10 00000002 00000001 0001 01'z'00 'si'");
    assert_true(rrset_next(&it, &rr));
    assert_false(rrset_next(&it, &rr));
    assert_ptr_equal(rr.data + rr.len, (const uint8_t *)s + s->size_bytes); /* nothing behind */
    assert_record(rrset_first(s), "03'ns1'01'Z'00");

    assert_int_equal(rrset_from_msg(&f.m, DNS_AUTHORITY, z, DNS_TYPE_NS, &f.arena, &s), DNS_OK);
    assert_int_equal(s->count, 1);
    assert_int_equal(s->sig_count, 2); /* none here, so those of the answer section */
    assert_int_equal(s->ttl_s, 1);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, z, DNS_TYPE_RRSIG, &f.arena, &s), DNS_OK); /* asked for by name */
    assert_int_equal(s->count, 2); /* the one over NS is there twice */
    assert_int_equal(s->sig_count, 0);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, z, DNS_TYPE_MX, &f.arena, &s), DNS_OK);
    assert_null(s);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ADDITIONAL, z, DNS_TYPE_NS, &f.arena, &s), DNS_OK);
    assert_null(s);
    done(&f);
}

/* The signatures' TTL counts too: they must not outlive what their server gave them. */
static void ttl_of_signatures(void **state)
{
    (void)state;
    struct fixture f =
        parsed("0001 8000 0000 0002 0000 0000 01'z'00 0001 0001 00000040 0004 01020304 c00c" SIG("0001"));
    struct rrset *s;
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_A, &f.arena, &s), DNS_OK);
    assert_int_equal(s->ttl_s, 0x30);
    done(&f);
}

/* Two octets of a pointer become a name of 200. */
static void names_grow(void **state)
{
    (void)state;
    struct fixture f = parsed("0001 8000 0001 0002 0000 0000"
                              "32'12345678901234567890123456789012345678901234567890'"
                              "32'12345678901234567890123456789012345678901234567890'"
                              "32'12345678901234567890123456789012345678901234567890'00 0006 0001"
                              "c00c 0002 0001 00000001 0002 c00c"
                              "c00c 0006 0001 00000001 0018 c00c c03f 00000001 00000002 00000003 00000004 00000005");
    struct rrset *s;
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, f.m.qname, DNS_TYPE_NS, &f.arena, &s), DNS_OK);
    assert_int_equal(s->count, 1);
    assert_int_equal(rrset_first(s).len, 154);
    assert_memory_equal(rrset_first(s).data, f.m.qname.wire, 154);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, f.m.qname, DNS_TYPE_SOA, &f.arena, &s), DNS_OK);
    assert_int_equal(rrset_first(s).len, 154 + 103 + 20);
    done(&f);
}

static void nothing_is_left_over(void **state)
{
    (void)state;
    struct fixture f = parsed("0001 8000 0000 0002 0000 0000 01'z'00 0002 0001 00000040 0003 01'a'00"
                              "c00c 0002 0001 00000040 0003 01'b'00");
    struct rrset *s;
    size_t before = f.arena.used_bytes;
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_NS, &f.arena, &s), DNS_OK);
    assert_int_equal(s->size_bytes, offsetof(struct rrset, data) + 3 + 2 * (2 + 3));
    assert_true(f.arena.used_bytes - before <= s->size_bytes + 16); /* not room for two names of 255 octets */
    done(&f);
}

/* A message with `count` A records of one owner, every one different. */
static struct fixture many(unsigned count)
{
    static uint8_t wire[DNS_MSG_MAX];
    struct writer w = writer_of(wire, sizeof wire);
    w.pos = octets("0001 8000 0001 0000 0000 0000 01'z'00 0001 0001", wire, sizeof wire);
    patch_u16(&w, 6, (uint16_t)count);
    for (unsigned i = 0; i < count; i++) {
        write_u16(&w, 0xc00c);
        write_u32(&w, 0x00010001);
        write_u32(&w, 60);
        write_u16(&w, 4);
        write_u32(&w, i);
    }
    struct fixture f = {.wire = exact(wire, w.pos)};
    arena_init(&f.arena, NULL, 0, BIG);
    assert_int_equal(dns_msg_parse(f.wire, w.pos, &f.arena, &f.m), DNS_OK);
    return f;
}

/* L19 and L14: 256 records and one more; eight signatures and the rest forgotten. */
static void limits(void **state)
{
    (void)state;
    struct rrset *s;
    struct fixture f = many(DNS_RRSET_RRS_MAX);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_A, &f.arena, &s), DNS_OK);
    assert_int_equal(s->count, DNS_RRSET_RRS_MAX);
    done(&f);
    f = many(DNS_RRSET_RRS_MAX + 1);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_A, &f.arena, &s), DNS_E_LIMIT);
    assert_null(s);
    done(&f);
    f = parsed("0001 8000 0000 000a 0000 0000 01'z'00 0001 0001 00000040 0004 01020304"
               "c00c" SIG("0001") "c00c" SIG("0001") "c00c" SIG("0001") "c00c" SIG("0001") "c00c" SIG(
                   "0001") "c00c" SIG("0001") "c00c" SIG("0001") "c00c" SIG("0001") "c00c" SIG("0001"));
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_A, &f.arena, &s), DNS_OK);
    assert_int_equal(s->sig_count, DNS_RRSET_SIGS_MAX);
    done(&f);
}

static void no_memory(void **state)
{
    (void)state;
    struct fixture f = many(100);
    struct arena small;
    struct rrset *s;
    arena_init(&small, NULL, 0, 300);
    assert_int_equal(rrset_from_msg(&f.m, DNS_ANSWER, NAME("z"), DNS_TYPE_A, &small, &s), DNS_E_NO_MEMORY);
    assert_null(s);
    struct rdata_ref rrs[40];
    for (size_t i = 0; i < ROWS(rrs); i++) {
        rrs[i] = (struct rdata_ref){.data = (const uint8_t *)"abcdefgh", .len = 8};
    }
    assert_int_equal(rrset_make(NAME("z"), DNS_TYPE_TXT, 1, rrs, ROWS(rrs), &small, &s), DNS_E_NO_MEMORY);
    assert_null(s);
    arena_release(&small);
    done(&f);
}

static void made(void **state)
{
    (void)state;
    static const struct rdata_ref rrs[] = {{(const uint8_t *)"\1a", 3},
                                           {(const uint8_t *)"\1b", 3},
                                           {(const uint8_t *)"\1A", 3},
                                           {(const uint8_t *)"\1c", 3}};
    struct arena a;
    struct rrset *s;
    arena_init(&a, NULL, 0, BIG);
    assert_int_equal(rrset_make(NAME("Z.org"), DNS_TYPE_NS, 77, rrs, 4, &a, &s), DNS_OK);
    assert_int_equal(s->count, 3); /* a. and A. are one (RFC 2181 section 5) */
    assert_int_equal(s->ttl_s, 77);
    assert_name(rrset_owner(s), "Z.org.");
    assert_record(rrset_first(s), "01'a'00");
    assert_int_equal(rrset_make(NAME("z"), DNS_TYPE_TXT, 77, rrs, 4, &a, &s), DNS_OK);
    assert_int_equal(s->count, 4); /* in TXT they are two */
    arena_release(&a);
}

/* Local sets may have more than 256 records; but not more rdata than a message holds. */
static void made_of_many(void **state)
{
    (void)state;
    static uint8_t octets4[20000][4];
    static struct rdata_ref rrs[20000];
    struct arena a;
    struct rrset *s;
    arena_init(&a, NULL, 0, BIG);
    for (uint32_t i = 0; i < ROWS(rrs); i++) {
        uint32_t v = i % 1000;
        memcpy(octets4[i], &v, 4);
        rrs[i] = (struct rdata_ref){.data = octets4[i], .len = 4};
    }
    assert_int_equal(rrset_make(NAME("z"), DNS_TYPE_A, 1, rrs, 3000, &a, &s), DNS_OK);
    assert_int_equal(s->count, 1000);
    assert_int_equal(s->size_bytes, offsetof(struct rrset, data) + 3 + 1000 * 6);
    for (uint32_t i = 0; i < ROWS(rrs); i++) {
        memcpy(octets4[i], &i, 4);
    }
    assert_int_equal(rrset_make(NAME("z"), DNS_TYPE_A, 1, rrs, 16383, &a, &s), DNS_OK);
    assert_int_equal(s->count, 16383);
    assert_int_equal(rrset_make(NAME("z"), DNS_TYPE_A, 1, rrs, 16384, &a, &s), DNS_E_LIMIT);
    assert_null(s);
    arena_release(&a);
}

static void filled_in_own_memory(void **state)
{
    (void)state;
    static const struct rdata_ref rrs[] = {{(const uint8_t *)"\1\2\3\4", 4}, {(const uint8_t *)"\5\6\7\10", 4}};
    static const struct rdata_ref sigs[] = {{(const uint8_t *)"sig", 3}};
    size_t n = rrset_size(NAME("z"), rrs, 2, sigs, 1);
    struct rrset *s = malloc(n);
    rrset_fill(s, NAME("z"), DNS_TYPE_A, 5, rrs, 2, sigs, 1);
    assert_int_equal(s->size_bytes, n);
    assert_int_equal(s->count, 2);
    assert_int_equal(s->sig_count, 1);
    struct rrset_iter it = rrset_sigs(s);
    struct rdata_ref rr;
    assert_true(rrset_next(&it, &rr));
    assert_record(rr, "'sig'");
    struct arena a;
    arena_init(&a, NULL, 0, 200);
    struct rrset *copy = rrset_dup(s, &a);
    assert_memory_equal(copy, s, n);
    while (rrset_dup(s, &a) != NULL) {
    }
    assert_true(a.exhausted);
    arena_release(&a);
    free(s);

    n = rrset_size(dname_root(), NULL, 0, NULL, 0); /* the smallest is not smaller than its struct */
    assert_int_equal(n, sizeof(struct rrset));
    s = malloc(n);
    rrset_fill(s, dname_root(), DNS_TYPE_A, 5, NULL, 0, NULL, 0);
    it = rrset_rrs(s);
    assert_false(rrset_next(&it, &rr));
    free(s);
}

static void same_data(void **state)
{
    (void)state;
    static const struct {
        const char *a[3], *b[3];
        bool same;
    } rows[] = {
        {{"1", "2", "3"}, {"1", "2", "3"}, true},   {{"1", "2", "3"}, {"3", "1", "2"}, true},
        {{"1", "2", "3"}, {"1", "2", "4"}, false},  {{"1", "2", NULL}, {"1", "2", "3"}, false},
        {{"a", "b", NULL}, {"B", "A", NULL}, true}, {{NULL}, {NULL}, true},
    };
    struct arena a;
    arena_init(&a, NULL, 0, BIG);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct rrset *sets[2];
        for (int side = 0; side < 2; side++) {
            struct dname_buf names[3];
            struct rdata_ref rrs[3];
            uint16_t count = 0;
            for (; count < 3 && (side ? rows[i].b : rows[i].a)[count] != NULL; count++) {
                name_in((side ? rows[i].b : rows[i].a)[count], &names[count]);
                rrs[count] = (struct rdata_ref){.data = names[count].wire, .len = names[count].len};
            }
            assert_int_equal(
                rrset_make(NAME(side ? "x" : "y"), DNS_TYPE_NS, (uint32_t)side, rrs, count, &a, &sets[side]), DNS_OK);
        }
        assert_int_equal(rrset_same_data(sets[0], sets[1]), rows[i].same);
        assert_int_equal(rrset_same_data(sets[1], sets[0]), rows[i].same);
    }
    struct rrset *ns, *cname;
    struct rdata_ref root = {.data = (const uint8_t *)"", .len = 1};
    assert_int_equal(rrset_make(NAME("x"), DNS_TYPE_NS, 1, &root, 1, &a, &ns), DNS_OK);
    assert_int_equal(rrset_make(NAME("x"), DNS_TYPE_CNAME, 1, &root, 1, &a, &cname), DNS_OK);
    assert_false(rrset_same_data(ns, cname));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_message),
        cmocka_unit_test(ttl_of_signatures),
        cmocka_unit_test(nothing_is_left_over),
        cmocka_unit_test(names_grow),
        cmocka_unit_test(limits),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(made),
        cmocka_unit_test(made_of_many),
        cmocka_unit_test(filled_in_own_memory),
        cmocka_unit_test(same_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
