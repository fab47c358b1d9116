/* The question as sent, and what counts as its reply (T8-T10, T1's sign of guessing). */
#include "resolver/engine/ask.h"

#include "resolver/engine/limits.h"
#include "support.h"

static void composed_and_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *qname, *qtype;
        bool rd, cd, edns, dnssec_ok, randomise;
    } rows[] = {
        {".", "NS", false, false, true, false, true},
        {"www.example.com.", "A", false, false, true, false, true},
        {"www.example.com.", "A", false, false, false, false, true},
        {"www.example.com.", "AAAA", true, true, true, true, false},
        {"0.1.2.ip6.arpa.", "PTR", false, false, true, true, true},
    };
    struct rng_seeded rng;
    rng_seeded_init(&rng, 7);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scene s;
        uint8_t wire[ASK_WIRE_MAX];
        scene_begin(&s);
        scene_ask(&s, rows[i].qname, rows[i].qtype, ".");
        s.ask.recursion_desired = rows[i].rd;
        s.ask.checking_disabled = rows[i].cd;
        s.ask.edns_size = rows[i].edns ? 1232 : 0;
        s.ask.dnssec_ok = rows[i].dnssec_ok;
        size_t n = ask_compose(&s.ask, rows[i].randomise, &rng.rng, wire);
        assert_int_equal(dns_msg_parse(wire, n, &s.arena, &s.msg), DNS_OK);
        assert_int_equal(s.msg.id, s.ask.id);
        assert_int_equal(s.msg.flags, (rows[i].rd ? DNS_FLAG_RD : 0) | (rows[i].cd ? DNS_FLAG_CD : 0));
        assert_true(dname_same_case(s.msg.qname, dname_of(&s.ask.qname)));
        assert_true(dname_equal(s.msg.qname, NAME(rows[i].qname)));
        assert_int_equal(s.msg.qtype, s.ask.qtype);
        assert_int_equal(s.msg.qclass, DNS_CLASS_IN);
        assert_int_equal(s.msg.edns.present, rows[i].edns);
        assert_int_equal(s.msg.edns.dnssec_ok, rows[i].edns && rows[i].dnssec_ok);
        if (rows[i].edns) {
            assert_int_equal(s.msg.edns.udp_size, 1232);
        }
        scene_end(&s);
    }
}

/* The longest name that there is fits. */
static void longest_name(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct scene s;
    uint8_t wire[ASK_WIRE_MAX];
    char text[300] = "";
    for (unsigned i = 0; i < 127; i++) {
        strcat(text, "a.");
    }
    rng_seeded_init(&rng, 7);
    scene_begin(&s);
    scene_ask(&s, text, "A", ".");
    size_t n = ask_compose(&s.ask, true, &rng.rng, wire);
    assert_int_equal(n, DNS_HEADER_SIZE + DNAME_MAX + 4 + DNS_RR_MIN);
    assert_int_equal(dns_msg_parse(wire, n, &s.arena, &s.msg), DNS_OK);
    scene_end(&s);
}

/* Ids take every value and letters both cases about equally often; digits stay. 0x20 must not be a constant. */
static void ids_and_case_are_drawn(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct scene s;
    uint8_t wire[ASK_WIRE_MAX];
    unsigned upper = 0, letters = 0, ids[16] = {0};
    rng_seeded_init(&rng, 99);
    scene_begin(&s);
    for (unsigned i = 0; i < 4000; i++) {
        scene_ask(&s, "zaq1-xsw2.example.com.", "A", ".");
        ask_compose(&s.ask, true, &rng.rng, wire);
        ids[s.ask.id >> 12]++;
        for (unsigned k = 0; k < s.ask.qname.len; k++) {
            uint8_t c = s.ask.qname.wire[k];
            upper += c >= 'A' && c <= 'Z';
            letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        }
        assert_true(dname_equal(dname_of(&s.ask.qname), NAME("zaq1-xsw2.example.com.")));
    }
    assert_true(upper > letters * 48 / 100 && upper < letters * 52 / 100);
    for (unsigned i = 0; i < 16; i++) {
        assert_true(ids[i] > 150 && ids[i] < 350);
    }
    scene_end(&s);
}

/* Octets of a reply header and question, one field changed at a time. */
struct reply {
    const char *what;
    uint16_t id, flags, qdcount;
    const char *qname, *qtype;
    uint16_t qclass;
    bool tcp;
    enum ask_match match;
};

static size_t write_reply(const struct reply *r, uint8_t *out, size_t cap)
{
    struct writer w = writer_of(out, cap);
    struct dname_buf name;
    write_u16(&w, r->id);
    write_u16(&w, r->flags);
    write_u16(&w, r->qdcount);
    write_u16(&w, 0);
    write_u32(&w, 0);
    for (unsigned i = 0; i < r->qdcount; i++) {
        name_in(r->qname, &name);
        write_bytes(&w, name.wire, name.len);
        write_u16(&w, type_in(r->qtype));
        write_u16(&w, r->qclass);
    }
    assert_false(w.failed);
    return w.pos;
}

static void matches(void **state)
{
    (void)state;
    static const struct reply rows[] = {
        {"the reply", 0x1234, 0x8400, 1, "wWw.example.com.", "A", 1, false, ASK_MATCHES},
        {"the reply over TCP", 0x1234, 0x8400, 1, "wWw.example.com.", "A", 1, true, ASK_MATCHES},
        {"another id", 0x1235, 0x8400, 1, "wWw.example.com.", "A", 1, false, ASK_NEAR_MISS},
        {"another case", 0x1234, 0x8400, 1, "www.example.com.", "A", 1, false, ASK_NEAR_MISS},
        {"another case over TCP", 0x1234, 0x8400, 1, "www.example.com.", "A", 1, true, ASK_MATCHES},
        {"another case and id", 0x4321, 0x8400, 1, "www.example.com.", "A", 1, false, ASK_NEAR_MISS},
        {"a query (T10)", 0x1234, 0x0400, 1, "wWw.example.com.", "A", 1, false, ASK_IGNORE},
        {"opcode 5 (T10)", 0x1234, 0xac00, 1, "wWw.example.com.", "A", 1, false, ASK_IGNORE},
        {"another name (T9)", 0x1234, 0x8400, 1, "wWw.example.org.", "A", 1, false, ASK_IGNORE},
        {"a label less (T9)", 0x1234, 0x8400, 1, "example.com.", "A", 1, false, ASK_IGNORE},
        {"another type (T9)", 0x1234, 0x8400, 1, "wWw.example.com.", "NS", 1, false, ASK_IGNORE},
        {"another class (T9)", 0x1234, 0x8400, 1, "wWw.example.com.", "A", 3, false, ASK_IGNORE},
        {"two questions (T9)", 0x1234, 0x8400, 2, "wWw.example.com.", "A", 1, false, ASK_IGNORE},
        {"no question, NOERROR", 0x1234, 0x8400, 0, ".", "A", 1, false, ASK_IGNORE},
        {"no question, NXDOMAIN", 0x1234, 0x8403, 0, ".", "A", 1, false, ASK_IGNORE},
        {"no question, FORMERR", 0x1234, 0x8001, 0, ".", "A", 1, false, ASK_MATCHES},
        {"no question, SERVFAIL", 0x1234, 0x8002, 0, ".", "A", 1, false, ASK_MATCHES},
        {"no question, NOTIMP", 0x1234, 0x8004, 0, ".", "A", 1, false, ASK_MATCHES},
        {"no question, REFUSED", 0x1234, 0x8005, 0, ".", "A", 1, false, ASK_MATCHES},
        {"no question, FORMERR, another id", 0x1235, 0x8001, 0, ".", "A", 1, false, ASK_IGNORE},
        {"another name and id", 0x1111, 0x8400, 1, "a.", "A", 1, false, ASK_IGNORE},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scene s;
        uint8_t wire[600];
        scene_ask(&s, "wWw.example.com.", "A", "com.");
        s.ask.cased = true;
        s.ask.tcp = rows[i].tcp;
        size_t n = write_reply(&rows[i], wire, sizeof wire);
        if (ask_match(&s.ask, wire, n) != rows[i].match) {
            fail_msg("%s: %d, not %d", rows[i].what, ask_match(&s.ask, wire, n), rows[i].match);
        }
    }
}

/* Without 0x20 the case says nothing. */
static void case_matters_only_if_drawn(void **state)
{
    (void)state;
    static const struct reply r = {"", 0x1234, 0x8400, 1, "WWW.example.com.", "A", 1, false, ASK_MATCHES};
    struct scene s;
    uint8_t wire[600];
    scene_ask(&s, "www.example.com.", "A", "com.");
    assert_int_equal(ask_match(&s.ask, wire, write_reply(&r, wire, sizeof wire)), ASK_MATCHES);
}

/* T9, T10: every shorter prefix, a compressed question, and noise are waited out. */
static void fragments_and_noise(void **state)
{
    (void)state;
    static const struct reply r = {"", 0x1234, 0x8400, 1, "wWw.example.com.", "A", 1, false, ASK_MATCHES};
    struct scene s;
    uint8_t wire[600];
    struct rng_seeded rng;
    scene_ask(&s, "wWw.example.com.", "A", "com.");
    s.ask.cased = true;
    size_t n = write_reply(&r, wire, sizeof wire);
    for (size_t len = 0; len < n; len++) {
        assert_int_equal(ask_match(&s.ask, wire, len), ASK_IGNORE);
    }
    wire[DNS_HEADER_SIZE] = 0xc0;
    assert_int_equal(ask_match(&s.ask, wire, n), ASK_IGNORE);
    rng_seeded_init(&rng, 3);
    for (unsigned i = 0; i < 20000; i++) {
        size_t len = rng_below(&rng.rng, 64);
        rng.rng.fill(&rng.rng, wire, len);
        assert_int_not_equal(ask_match(&s.ask, wire, len), ASK_MATCHES);
    }
}

/* What the server copied out of the question, octet for octet, goes back to lower case; nothing else does. */
static void case_restored(void **state)
{
    (void)state;
    static const struct {
        bool cased;
        const char *name, *restored;
    } rows[] = {
        {true, "wWw.eXample.COM.", "www.example.com."},     {true, "Mail.eXample.COM.", "Mail.example.com."},
        {true, "Mail.Example.COM.", "Mail.Example.com."},   {true, "Mail.Net.", "Mail.Net."},
        {true, "A.wWw.eXample.COM.", "A.www.example.com."}, {true, ".", "."},
        {false, "Mail.eXample.COM.", "Mail.eXample.COM."},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scene s;
        struct dname_buf name;
        scene_ask(&s, "wWw.eXample.COM.", "A", "com.");
        s.ask.cased = rows[i].cased;
        name_in(rows[i].name, &name);
        ask_restore_case(&s.ask, name.wire, name.len);
        assert_name(dname_of(&name), rows[i].restored);
    }
}

static void zone_of_an_ask(void **state)
{
    (void)state;
    struct scene s;
    scene_ask(&s, "www.example.com.", "A", "com.");
    assert_name(ask_zone(&s.ask), "com.");
    scene_ask(&s, "www.example.com.", "A", ".");
    assert_name(ask_zone(&s.ask), ".");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(composed_and_parsed),
        cmocka_unit_test(longest_name),
        cmocka_unit_test(ids_and_case_are_drawn),
        cmocka_unit_test(matches),
        cmocka_unit_test(case_matters_only_if_drawn),
        cmocka_unit_test(fragments_and_noise),
        cmocka_unit_test(case_restored),
        cmocka_unit_test(zone_of_an_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
