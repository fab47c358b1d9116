/* Messages checked: what is good and how it reads, what is bad and why (T24, T89, T91, T107), and that the work stays
 * in proportion to the size (T90, T92). */
#include "dns/msg.h"

#include "dns/text.h"
#include "parsed.h"

/* www.example.com is an alias; its zone and an address are named, with an OPT. */
#define REPLY                                                                                                          \
    "1234 8180 0001 0002 0001 0002"                                                                                    \
    "03'www'07'example'03'com'00 0001 0001"    /* 12, 'example' at 16 */                                               \
    "c00c 0005 0001 00000e10 0006 03'srv'c010" /* 33; rdata 45, 'srv' */                                               \
    "c02d 0001 0001 80000000 0004 c0000201"    /* 51 */                                                                \
    "c010 0002 0001 00000258 0005 02'NS'c010"  /* 67; rdata 79 */                                                      \
    "c04f 001c 0001 00000258 0010 20010db8000000000000000000000001"                                                    \
    "00 0029 04d0 01 00 8001 0006 0003 0002 'id'"

static void good_reply(void **state)
{
    (void)state;
    struct parsed p = parse(REPLY);
    struct dns_msg *m = &p.m;
    assert_int_equal(p.err, DNS_OK);
    assert_int_equal(p.query_err, DNS_OK);
    assert_int_equal(m->id, 0x1234);
    assert_int_equal(m->flags, 0x8180);
    assert_int_equal(dns_msg_opcode(m), DNS_OPCODE_QUERY);
    assert_int_equal(m->qdcount, 1);
    assert_name(m->qname, "www.example.com.");
    assert_int_equal(m->qtype, DNS_TYPE_A);
    assert_int_equal(m->qclass, DNS_CLASS_IN);
    assert_ptr_equal(m->qname.wire, p.wire + 12); /* a view, no copy */
    assert_int_equal(dns_msg_begin(m, DNS_ANSWER), 0);
    assert_int_equal(dns_msg_end(m, DNS_ANSWER), 2);
    assert_int_equal(dns_msg_begin(m, DNS_AUTHORITY), 2);
    assert_int_equal(dns_msg_end(m, DNS_AUTHORITY), 3);
    assert_int_equal(dns_msg_begin(m, DNS_ADDITIONAL), 3);
    assert_int_equal(dns_msg_end(m, DNS_ADDITIONAL), 5);

    static const struct {
        const char *owner;
        uint16_t type;
        uint32_t ttl_s;
    } rows[] = {
        {"www.example.com.", DNS_TYPE_CNAME, 3600},
        {"srv.example.com.", DNS_TYPE_A, DNS_TTL_MAX}, /* RFC 8767 section 4 */
        {"example.com.", DNS_TYPE_NS, 600},
        {"NS.example.com.", DNS_TYPE_AAAA, 600},
    };
    for (unsigned i = 0; i < ROWS(rows); i++) {
        struct dname_buf b;
        assert_name(dns_msg_owner(m, i, &b), rows[i].owner);
        assert_name(dname_of(&b), rows[i].owner);
        assert_int_equal(m->rr[i].type, rows[i].type);
        assert_int_equal(m->rr[i].rclass, DNS_CLASS_IN);
        assert_int_equal(m->rr[i].ttl_s, rows[i].ttl_s);
        for (unsigned k = 0; k < ROWS(rows); k++) {
            assert_int_equal(dns_msg_owner_is(m, i, NAME(rows[k].owner)), i == k);
            assert_int_equal(dns_msg_same_owner(m, i, k), i == k);
        }
        assert_true(dns_msg_owner_under(m, i, NAME("EXAMPLE.com")));
        assert_true(dns_msg_owner_under(m, i, dname_root()));
        assert_false(dns_msg_owner_under(m, i, NAME("x.www.example.com")));
        assert_false(dns_msg_owner_under(m, i, NAME("ample.com")));
        assert_int_equal(dns_msg_covered(m, i), 0);
    }
    assert_true(m->edns.present && m->edns.dnssec_ok && m->edns.has_nsid);
    assert_int_equal(m->edns.udp_size, 1232);
    assert_int_equal(m->edns.z, 1);
    assert_int_equal(dns_msg_rcode(m), 16); /* RFC 6891 section 6.1.3 */
    done(&p);
}

static void rdata_and_targets(void **state)
{
    (void)state;
    struct parsed p = parse(REPLY);
    static const struct {
        unsigned i;
        const char *plain, *target;
    } rows[] = {
        {0, "03'srv'07'example'03'com'00", "srv.example.com."},
        {1, "c0000201", NULL},
        {2, "02'NS'07'example'03'com'00", "NS.example.com."},
        {3, "20010db8000000000000000000000001", NULL},
        {4, "0003 0002 'id'", NULL},
    };
    for (size_t k = 0; k < ROWS(rows); k++) {
        uint8_t expected[64], got[64];
        size_t n = octets(rows[k].plain, expected, sizeof expected);
        struct writer w = writer_of(got, n);
        struct dname_buf target;
        assert_int_equal(dns_msg_rdata(&p.m, rows[k].i, &w), DNS_OK);
        assert_int_equal(w.pos, n);
        assert_memory_equal(got, expected, n);
        w = writer_of(got, n - 1);
        assert_int_equal(dns_msg_rdata(&p.m, rows[k].i, &w), DNS_E_NO_SPACE);
        bool has = dns_msg_target(&p.m, rows[k].i, &target);
        assert_int_equal(has, rows[k].target != NULL);
        if (has) {
            assert_name(dname_of(&target), rows[k].target);
        }
    }
    done(&p);
}

/* The target is the first name of the rdata, whatever stands before it. */
static void targets_by_type(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *rdata, *target; /* NULL: none */
    } rows[] = {
        {DNS_TYPE_MX, "000a 02'mx'c00c", "mx.zone."},
        {DNS_TYPE_SRV, "0001 0002 0003 01's'c00c", "s.zone."},
        {DNS_TYPE_SOA, "01'm'c00c 01'r'c00c 00000001 00000002 00000003 00000004 00000005", "m.zone."},
        {DNS_TYPE_NAPTR, "0001 0002 01's' 02'xy' 00 01'n'c00c", "n.zone."},
        {DNS_TYPE_SVCB, "0001 01't'00", "t."},
        {DNS_TYPE_DNAME, "01'd'00", "d."},
        {DNS_TYPE_PTR, "c00c", "zone."},
        {DNS_TYPE_RRSIG, "0001 08 02 00000001 00000002 00000003 0004 01'z'00 'sig'", "z."},
        {DNS_TYPE_TXT, "02'hi'", NULL},
        {65280, "01'd'00", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t wire[256];
        size_t n = octets("0000 8000 0001 0001 0000 0000 04'zone'00 0001 0001 c00c", wire, sizeof wire);
        struct writer w = {.base = wire, .pos = n, .cap = sizeof wire};
        write_u16(&w, rows[i].type);
        write_u16(&w, DNS_CLASS_IN);
        write_u32(&w, 0);
        size_t len = octets(rows[i].rdata, wire + w.pos + 2, 128);
        write_u16(&w, (uint16_t)len);
        struct parsed p = parse_octets(wire, w.pos + len);
        struct dname_buf target;
        assert_int_equal(p.err, DNS_OK);
        assert_int_equal(dns_msg_target(&p.m, 0, &target), rows[i].target != NULL);
        if (rows[i].target != NULL) {
            assert_name(dname_of(&target), rows[i].target);
        }
        assert_int_equal(dns_msg_covered(&p.m, 0), rows[i].type == DNS_TYPE_RRSIG ? DNS_TYPE_A : 0);
        done(&p);
    }
}

/* A deletion of RFC 2136 has no rdata; what stands behind it is not its own. */
static void nothing_in_empty_rdata(void **state)
{
    (void)state;
    struct parsed p = parse("0001 2800 0001 0000 0002 0000 01'z'00 0006 0001"
                            "c00c 0002 00ff 00000000 0000 01'z'00 002e 00ff 00000000 0000");
    struct dname_buf target;
    uint8_t plain[8];
    struct writer w = writer_of(plain, sizeof plain);
    assert_int_equal(p.err, DNS_OK);
    assert_false(dns_msg_target(&p.m, 0, &target));
    assert_int_equal(dns_msg_rdata(&p.m, 0, &w), DNS_OK);
    assert_int_equal(w.pos, 0);
    assert_int_equal(dns_msg_covered(&p.m, 1), 0);
    done(&p);
}

static void same_owner_without_sharing(void **state)
{
    (void)state;
    struct parsed p = parse("0000 8000 0000 0004 0000 0000"
                            "01'a'03'com'00 0001 0001 00000000 0004 01020304" /* 12, 'com' at 14 */
                            "01'A'03'COM'00 0001 0001 00000000 0004 01020304" /* other octets, same name */
                            "01'b'c00e 0001 0001 00000000 0004 01020304"
                            "01'a'c00e 0001 0001 00000000 0004 01020304");
    assert_int_equal(p.err, DNS_OK);
    assert_true(dns_msg_same_owner(&p.m, 0, 1));
    assert_true(dns_msg_same_owner(&p.m, 1, 3));
    assert_true(dns_msg_same_owner(&p.m, 0, 3));
    assert_false(dns_msg_same_owner(&p.m, 0, 2));
    assert_false(dns_msg_same_owner(&p.m, 2, 3));
    assert_true(dname_is_root(p.m.qname));
    done(&p);
}

/* A well-formed message is not one octet shorter or longer. */
static void every_prefix_is_bad(void **state)
{
    (void)state;
    uint8_t wire[512];
    size_t n = octets(REPLY, wire, sizeof wire - 1);
    wire[n] = 0;
    for (size_t k = 0; k <= n + 1; k++) {
        struct parsed p = parse_octets(wire, k);
        enum dns_err expected = k < 12 ? DNS_E_TRUNCATED : k == n ? DNS_OK : k == n + 1 ? DNS_E_TRAILING : p.err;
        assert_int_equal(p.err, expected);
        assert_int_equal(p.query_err, expected);
        assert_true(k == n || p.err != DNS_OK);
        done(&p);
    }
}

#define Q "01'q'00 0001 0001 " /* question q. A */

static const struct {
    const char *what, *hex;
    enum dns_err err;
} judgements[] = {
    {"nothing but a header", "0001 0000 0000 0000 0000 0000", DNS_OK},
    {"a question", "0001 0100 0001 0000 0000 0000 " Q, DNS_OK},
    /* counts (T91) */
    {"65535 answers in a header", "0001 8000 0000 ffff 0000 0000", DNS_E_COUNT},
    {"65535 in every section", "0001 8000 ffff ffff ffff ffff", DNS_E_COUNT},
    {"a question that is not there", "0001 0000 0001 0000 0000 0000", DNS_E_COUNT},
    {"two questions", "0001 0000 0002 0000 0000 0000 " Q Q, DNS_E_COUNT},
    {"one record too many", "0001 8000 0000 0001 0001 0000 00 fe00 0001 00000000 0000", DNS_E_COUNT},
    {"more than was counted", "0001 8000 0001 0000 0000 0000 " Q "00 fe00 0001 00000000 0000", DNS_E_TRAILING},
    /* the question */
    {"question ends early", "0001 0000 0001 0000 0000 0000 03'www'03", DNS_E_TRUNCATED},
    {"question without class", "0001 0000 0001 0000 0000 0000 01'q'00 0001 00", DNS_E_TRUNCATED},
    {"question points into the header", "0001 0000 0001 0000 0000 0000 c000 0001 0001", DNS_E_POINTER},
    {"question points at itself", "0001 0000 0001 0000 0000 0000 c00c 0001 0001", DNS_E_POINTER},
    {"binary label", "0001 0000 0001 0000 0000 0000 4101 00 0001 0001", DNS_E_NAME},
    /* records */
    {"rdata beyond the end", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0005 01020304", DNS_E_TRUNCATED},
    {"A of three octets", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0003 010203", DNS_E_RDATA},
    {"A of five octets", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0005 0102030405", DNS_E_RDATA},
    {"A without rdata", "0001 8000 0000 0001 0000 0000 00 0001 0001 00000000 0000", DNS_E_RDATA},
    {"AAAA of four octets", "0001 8000 0000 0001 0000 0000 00 001c 0001 00000000 0004 01020304", DNS_E_RDATA},
    {"NS with an octet behind", "0001 8000 0000 0001 0000 0000 00 0002 0001 00000000 0004 01'a'00 00", DNS_E_RDATA},
    {"NS that ends early", "0001 8000 0000 0002 0000 0000 00 0002 0001 00000000 0001 01 00 fe00 0001 00000000 0000",
     DNS_E_RDATA},
    {"unknown type, anything", "0001 8000 0000 0001 0000 0000 00 fe00 0001 00000000 0003 c0ffee", DNS_OK},
    {"unknown type, nothing", "0001 8000 0000 0001 0000 0000 00 fe00 0001 00000000 0000", DNS_OK},
    /* RFC 2136: class ANY and NONE without rdata, in updates only */
    {"update deletes an RRset", "0001 2800 0001 0000 0001 0000 01'z'00 0006 0001 00 0001 00ff 00000000 0000", DNS_OK},
    {"update deletes a name", "0001 2800 0001 0000 0001 0000 01'z'00 0006 0001 00 00ff 00ff 00000000 0000", DNS_OK},
    {"update wants no name", "0001 2800 0001 0001 0000 0000 01'z'00 0006 0001 00 00ff 00fe 00000000 0000", DNS_OK},
    {"the same in a query", "0001 0000 0001 0000 0001 0000 " Q "00 0001 00ff 00000000 0000", DNS_E_RDATA},
    {"type ANY in a reply", "0001 8000 0001 0001 0000 0000 " Q "00 00ff 00ff 00000000 0000", DNS_E_SECTION},
    {"type ANY with data in an update", "0001 2800 0000 0000 0001 0000 00 00ff 00ff 00000000 0001 00", DNS_E_SECTION},
    /* OPT (T107) */
    {"OPT", "0001 0000 0001 0000 0000 0001 " Q "00 0029 1000 00000000 0000", DNS_OK},
    {"two OPTs", "0001 0000 0001 0000 0000 0002 " Q "00 0029 1000 00000000 0000 00 0029 1000 00000000 0000",
     DNS_E_EDNS},
    {"OPT as answer", "0001 8000 0001 0001 0000 0000 " Q "00 0029 1000 00000000 0000", DNS_E_EDNS},
    {"OPT as authority", "0001 8000 0001 0000 0001 0000 " Q "00 0029 1000 00000000 0000", DNS_E_EDNS},
    {"OPT of a name", "0001 0000 0001 0000 0000 0001 " Q "c00c 0029 1000 00000000 0000", DNS_E_EDNS},
    {"OPT of the root, pointed at", "0001 0000 0001 0000 0000 0001 " Q "c00e 0029 1000 00000000 0000", DNS_E_EDNS},
    {"bad cookie", "0001 0000 0001 0000 0000 0001 " Q "00 0029 1000 00000000 0005 000a 0001 00", DNS_E_EDNS},
    {"option beyond the OPT", "0001 0000 0001 0000 0000 0001 " Q "00 0029 1000 00000000 0004 0003 0001", DNS_E_EDNS},
    {"version 1, options unread", "0001 0000 0001 0000 0000 0001 " Q "00 0029 1000 00010000 0001 ff", DNS_OK},
    {"subnet scope in a query",
     "0001 0000 0001 0000 0000 0001 " Q "00 0029 1000 00000000 000b 0008 0007 0001 18 18 010203", DNS_E_EDNS},
    {"subnet scope in a reply",
     "0001 8000 0001 0000 0000 0001 " Q "00 0029 1000 00000000 000b 0008 0007 0001 18 18 010203", DNS_OK},
};

static void judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(judgements); i++) {
        struct parsed p = parse(judgements[i].hex);
        if (p.err != judgements[i].err || p.query_err != judgements[i].err) {
            fail_msg("%s: %s, as a query %s", judgements[i].what, dns_err_text(p.err), dns_err_text(p.query_err));
        }
        done(&p);
    }
}

static void no_memory(void **state)
{
    (void)state;
    uint8_t wire[512];
    size_t n = octets(REPLY, wire, sizeof wire);
    struct arena a;
    struct dns_msg m;
    arena_init(&a, NULL, 0, 64);
    assert_int_equal(dns_msg_parse(wire, n, &a, &m), DNS_E_NO_MEMORY);
    assert_true(a.exhausted);
    arena_release(&a);
}

static void too_long(void **state)
{
    (void)state;
    uint8_t *wire = calloc(1, DNS_MSG_MAX + 1);
    struct dns_msg m;
    assert_int_equal(dns_query_parse(wire, DNS_MSG_MAX + 1, &m), DNS_E_LIMIT);
    assert_int_equal(dns_query_parse(wire, DNS_MSG_MAX, &m), DNS_E_TRAILING);
    free(wire);
}

static void printed(void **state)
{
    (void)state;
    char buf[2048];
    struct text t = text_of(buf, sizeof buf);
    struct parsed p = parse(REPLY);
    dns_msg_print(&p.m, &t);
    assert_false(t.cut);
    assert_string_equal(buf, ";; opcode: QUERY, status: BADVERS, id: 4660\n"
                             ";; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 1, ADDITIONAL: 2\n"
                             "; EDNS: version: 0, flags: do; udp: 1232\n"
                             ";; QUESTION SECTION:\n"
                             ";www.example.com. IN A\n"
                             ";; ANSWER SECTION:\n"
                             "www.example.com. 3600 IN CNAME srv.example.com.\n"
                             "srv.example.com. 2147483647 IN A 192.0.2.1\n"
                             ";; AUTHORITY SECTION:\n"
                             "example.com. 600 IN NS NS.example.com.\n"
                             ";; ADDITIONAL SECTION:\n"
                             "NS.example.com. 600 IN AAAA 2001:db8::1\n");
    done(&p);

    p = parse("0001 0000 0000 0000 0000 0001 00 0029 1000 00000000 001e"
              "000a 0008 0102030405060708 0008 0004 0001 00 00 000f 0006 0016 1b'x\"'0a");
    t = text_of(buf, sizeof buf);
    dns_msg_print(&p.m, &t);
    assert_non_null(strstr(buf, "; COOKIE: 0102030405060708\n; CLIENT-SUBNET: 00010000\n"
                                "; EDE: 22 (No Reachable Authority): \"\\027x\\034\\010\"\n")); /* T106: one line */
    done(&p);

    for (size_t cap = 1; cap < 400; cap += 7) { /* cut anywhere, it is still a string */
        p = parse(REPLY);
        t = text_of(buf, cap);
        dns_msg_print(&p.m, &t);
        assert_true(t.cut && strlen(buf) == t.len && t.len < cap);
        done(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_reply),
        cmocka_unit_test(rdata_and_targets),
        cmocka_unit_test(targets_by_type),
        cmocka_unit_test(nothing_in_empty_rdata),
        cmocka_unit_test(same_owner_without_sharing),
        cmocka_unit_test(every_prefix_is_bad),
        cmocka_unit_test(judged),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(too_long),
        cmocka_unit_test(printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
