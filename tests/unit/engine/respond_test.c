/* The message a client gets: flags, case, sections, EDNS, truncation, rotation; and error answers (T28, T29). */
#include "resolver/engine/respond.h"

#include "support.h"

static const struct engine_settings plain = {.edns_size = 1232, .answer_udp_max = 1232};
static const struct engine_settings named = {.edns_size = 1232, .answer_udp_max = 1232, .nsid = "ns-7"};

static void print_section(struct text *t, const struct dns_msg *m, enum dns_section s, const char *label)
{
    for (unsigned i = dns_msg_begin(m, s); i < dns_msg_end(m, s); i++) {
        struct dname_buf owner;
        uint8_t rdata[65535];
        struct writer w = writer_of(rdata, sizeof rdata);
        if (m->rr[i].type == DNS_TYPE_OPT) {
            continue;
        }
        assert_int_equal(dns_msg_rdata(m, i, &w), DNS_OK);
        text_addf(t, "%s ", label);
        rr_print(dns_msg_owner(m, i, &owner), m->rr[i].ttl_s, m->rr[i].rclass, m->rr[i].type, rdata, (uint16_t)w.pos,
                 t);
        text_add(t, "\n");
    }
}

static void print_flags(struct text *t, const struct dns_msg *m)
{
    static const struct {
        uint16_t flag;
        const char *word;
    } rows[] = {
        {DNS_FLAG_QR, "qr"}, {DNS_FLAG_AA, "aa"}, {DNS_FLAG_TC, "tc"}, {DNS_FLAG_RD, "rd"},
        {DNS_FLAG_RA, "ra"}, {DNS_FLAG_Z, "z"},   {DNS_FLAG_AD, "ad"}, {DNS_FLAG_CD, "cd"},
    };
    char rcode[DNS_TYPE_TEXT_MAX];
    for (size_t i = 0; i < ROWS(rows); i++) {
        if ((m->flags & rows[i].flag) != 0) {
            text_addf(t, "%s ", rows[i].word);
        }
    }
    text_add(t, dns_rcode_text(dns_msg_rcode(m), rcode));
    if (m->edns.present) {
        text_addf(t, " edns %u%s", m->edns.udp_size, m->edns.dnssec_ok ? " do" : "");
    }
    if (m->edns.ede != DNS_EDE_NONE) {
        text_addf(t, " ede %d \"%.*s\"", m->edns.ede, (int)m->edns.ede_text_len, (const char *)m->edns.ede_text);
    }
    text_add(t, "\n");
}

static void print_reply(struct text *t, const struct dns_msg *m)
{
    print_flags(t, m);
    if (m->qdcount == 1) {
        text_add(t, "? ");
        text_name(t, m->qname);
        text_add(t, "\n");
    }
    print_section(t, m, DNS_ANSWER, "an");
    print_section(t, m, DNS_AUTHORITY, "ns");
    print_section(t, m, DNS_ADDITIONAL, "ar");
}

/* A query as a client sends it, and what the tests say it would be made into. */
struct query {
    const char *qname, *qtype;
    uint16_t flags;
    int udp_size; /* -1: no EDNS */
    bool dnssec_ok, tcp, nsid;
};

static struct request request_in(const struct query *q)
{
    struct dns_msg m = {.id = 77, .flags = q->flags, .qdcount = 1, .qclass = DNS_CLASS_IN};
    struct dname_buf name;
    struct request r;
    m.qname = name_in(q->qname, &name);
    m.qtype = type_in(q->qtype);
    m.edns.present = q->udp_size >= 0;
    m.edns.udp_size = (uint16_t)(q->udp_size >= 0 ? q->udp_size : 0);
    m.edns.dnssec_ok = q->dnssec_ok;
    m.edns.has_nsid = q->nsid;
    request_from_query(&r, &m, q->tcp, 1232);
    return r;
}

static const char *respond(struct arena *arena, const struct request *r, const struct outcome *o,
                           const struct engine_settings *set, unsigned turn)
{
    static char printed[65536];
    static uint8_t wire[DNS_MSG_MAX];
    struct text t = text_of(printed, sizeof printed);
    struct dns_msg m;
    memset(wire, 0xee, sizeof wire);
    size_t n = respond_build(r, o, set, turn, wire);
    assert_in_range(n, DNS_HEADER_SIZE, r->limit);
    for (size_t i = r->limit; i < r->limit + 64u && i < sizeof wire; i++) {
        assert_int_equal(wire[i], 0xee); /* nothing is written beyond what the client takes */
    }
    assert_int_equal(dns_msg_parse(wire, n, arena, &m), DNS_OK);
    assert_int_equal(m.id, r->id);
    print_reply(&t, &m);
    return printed;
}

static void add(struct outcome *o, const struct rrset *set, uint32_t ttl_s)
{
    o->answer[o->answers++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
}

static void add_ns(struct outcome *o, const struct rrset *set, uint32_t ttl_s)
{
    o->authority[o->authorities++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
}

static void flags_and_edns(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct query q;
        bool authentic;
        const char *first_line;
    } rows[] = {
        {"plain", {"www.a.", "A", 0, -1, 0, 0, 0}, false, "qr ra NOERROR"},
        {"RD is copied", {"www.a.", "A", DNS_FLAG_RD, -1, 0, 0, 0}, false, "qr rd ra NOERROR"},
        {"CD is copied", {"www.a.", "A", DNS_FLAG_RD | DNS_FLAG_CD, -1, 0, 0, 0}, false, "qr rd ra cd NOERROR"},
        {"Z, AA and TC are not",
         {"www.a.", "A", DNS_FLAG_Z | DNS_FLAG_AA | DNS_FLAG_TC, -1, 0, 0, 0},
         false,
         "qr ra NOERROR"},
        {"AD asked for, not secure", {"www.a.", "A", DNS_FLAG_AD, -1, 0, 0, 0}, false, "qr ra NOERROR"},
        {"AD asked for, secure (RFC 6840 5.7)", {"www.a.", "A", DNS_FLAG_AD, -1, 0, 0, 0}, true, "qr ra ad NOERROR"},
        {"AD not asked for, secure (RFC 6840 5.8)", {"www.a.", "A", 0, 1232, 0, 0, 0}, true, "qr ra NOERROR edns 1232"},
        {"DO, secure", {"www.a.", "A", 0, 1232, true, 0, 0}, true, "qr ra ad NOERROR edns 1232 do"},
        {"DO is copied", {"www.a.", "A", 0, 4096, true, 0, 0}, false, "qr ra NOERROR edns 1232 do"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        struct outcome o;
        char expected[200];
        arena_init(&arena, NULL, 0, 1u << 20);
        struct request r = request_in(&rows[i].q);
        outcome_init(&o);
        o.authentic = rows[i].authentic;
        add(&o, one_in(&arena, "www.a.", 300, "A", "192.0.2.1"), 299);
        snprintf(expected, sizeof expected, "%s\n? www.a.\nan www.a. 299 IN A 192.0.2.1\n", rows[i].first_line);
        const char *got = respond(&arena, &r, &o, &plain, 0);
        if (strcmp(got, expected) != 0) {
            fail_msg("%s:\n%sinstead of\n%s", rows[i].what, got, expected);
        }
        arena_release(&arena);
    }
}

/* The client sees its own spelling, of the question and of what answers it; other names as they are stored. */
static void case_of_the_client(void **state)
{
    (void)state;
    struct arena arena;
    struct outcome o;
    arena_init(&arena, NULL, 0, 1u << 20);
    struct request r = request_in(&(struct query){"wWw.eXample.COM.", "A", DNS_FLAG_RD, -1, 0, 0, 0});
    outcome_init(&o);
    add(&o, one_in(&arena, "www.example.com.", 300, "CNAME", "b.example.com."), 10);
    add(&o, one_in(&arena, "b.example.com.", 300, "A", "192.0.2.1"), 20);
    assert_string_equal(respond(&arena, &r, &o, &plain, 0),
                        "qr rd ra NOERROR\n? wWw.eXample.COM.\nan wWw.eXample.COM. 10 IN CNAME b.example.com.\n"
                        "an b.example.com. 20 IN A 192.0.2.1\n");
    arena_release(&arena);
}

static void negative_with_soa(void **state)
{
    (void)state;
    struct arena arena;
    struct outcome o;
    arena_init(&arena, NULL, 0, 1u << 20);
    struct request r = request_in(&(struct query){"x.a.", "A", DNS_FLAG_RD, 1232, false, 0, 0});
    struct request r_do = request_in(&(struct query){"x.a.", "A", DNS_FLAG_RD, 1232, true, 0, 0});
    outcome_init(&o);
    o.rcode = DNS_RCODE_NXDOMAIN;
    add_ns(&o, one_in(&arena, "a.", 300, "SOA", "n. h. 1 2 3 4 60"), 59);
    add_ns(&o, one_in(&arena, "a.", 300, "NSEC", "z.a. NS SOA"), 59);
    assert_string_equal(respond(&arena, &r, &o, &plain, 0),
                        "qr rd ra NXDOMAIN edns 1232\n? x.a.\nns a. 59 IN SOA n. h. 1 2 3 4 60\n");
    assert_string_equal(respond(&arena, &r_do, &o, &plain, 0),
                        "qr rd ra NXDOMAIN edns 1232 do\n? x.a.\nns a. 59 IN SOA n. h. 1 2 3 4 60\n"
                        "ns a. 59 IN NSEC z.a. NS SOA\n");
    arena_release(&arena);
}

/* RFC 1794: the set stays whole and in its circle, and each record is about equally often the first, also for a client
 * whose questions take every second or third turn. */
static void rotation(void **state)
{
    (void)state;
    static const char *const addrs[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
    struct arena arena;
    arena_init(&arena, NULL, 0, 8u << 20);
    for (unsigned stride = 1; stride <= 3; stride++) {
        unsigned first[3] = {0};
        for (unsigned turn = 0; turn < 300 * stride; turn += stride) {
            struct outcome o;
            char expected[3][200];
            outcome_init(&o);
            add(&o, set_in(&arena, "r.a.", 9, "A", addrs, 3), 9);
            struct request r = request_in(&(struct query){"r.a.", "A", 0, -1, 0, 0, 0});
            const char *got = respond(&arena, &r, &o, &plain, turn);
            unsigned matches = 0;
            for (unsigned k = 0; k < 3; k++) {
                snprintf(expected[k], sizeof expected[k],
                         "qr ra NOERROR\n? r.a.\nan r.a. 9 IN A %s\nan r.a. 9 IN A %s\nan r.a. 9 IN A %s\n", addrs[k],
                         addrs[(k + 1) % 3], addrs[(k + 2) % 3]);
                bool same = strcmp(got, expected[k]) == 0;
                first[k] += same;
                matches += same;
            }
            assert_int_equal(matches, 1);
            arena_clear(&arena);
        }
        for (unsigned k = 0; k < 3; k++) {
            assert_in_range(first[k], 80, 120);
        }
    }
    arena_release(&arena);
}

/* Other types keep their order. */
static void no_rotation(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", "b", "c"};
    struct arena arena;
    arena_init(&arena, NULL, 0, 1u << 20);
    for (unsigned turn = 0; turn < 7; turn++) {
        struct outcome o;
        outcome_init(&o);
        add(&o, set_in(&arena, "r.a.", 9, "TXT", texts, 3), 9);
        struct request r = request_in(&(struct query){"r.a.", "TXT", 0, -1, 0, 0, 0});
        assert_string_equal(
            respond(&arena, &r, &o, &plain, turn),
            "qr ra NOERROR\n? r.a.\nan r.a. 9 IN TXT \"a\"\nan r.a. 9 IN TXT \"b\"\nan r.a. 9 IN TXT \"c\"\n");
    }
    arena_release(&arena);
}

/* A set of one address and its signature. */
static const struct rrset *signed_set(struct arena *arena)
{
    struct scene s;
    struct rrset *set, *copy;
    scene_begin(&s);
    scene_ask(&s, "s.a.", "A", "a.");
    scene_reply(&s, "AA NOERROR\nan s.a. 300 A 192.0.2.1\n"
                    "an s.a. 300 RRSIG A 13 2 300 20300101000000 20200101000000 1 a. AAAA");
    assert_int_equal(rrset_from_msg(&s.msg, DNS_ANSWER, NAME("s.a."), DNS_TYPE_A, &s.arena, &set), DNS_OK);
    copy = rrset_dup(set, arena);
    scene_end(&s);
    assert_non_null(copy);
    return copy;
}

/* RFC 4035 section 3.2.1: signatures are for who asked with DO, or for them. */
static void signatures(void **state)
{
    (void)state;
#define SIG "an s.a. 5 IN RRSIG A 13 2 300 20300101000000 20200101000000 1 a. AAAA\n"
    static const struct {
        struct query q;
        const char *expected;
    } rows[] = {
        {{"s.a.", "A", 0, -1, 0, 0, 0}, "qr ra NOERROR\n? s.a.\nan s.a. 5 IN A 192.0.2.1\n"},
        {{"s.a.", "A", 0, 1232, 0, 0, 0}, "qr ra NOERROR edns 1232\n? s.a.\nan s.a. 5 IN A 192.0.2.1\n"},
        {{"s.a.", "A", 0, 1232, true, 0, 0}, "qr ra NOERROR edns 1232 do\n? s.a.\nan s.a. 5 IN A 192.0.2.1\n" SIG},
        {{"s.a.", "ANY", 0, -1, 0, 0, 0}, "qr ra NOERROR\n? s.a.\nan s.a. 5 IN A 192.0.2.1\n" SIG},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        struct outcome o;
        arena_init(&arena, NULL, 0, 1u << 20);
        struct request r = request_in(&rows[i].q);
        outcome_init(&o);
        add(&o, signed_set(&arena), 5);
        assert_string_equal(respond(&arena, &r, &o, &plain, 0), rows[i].expected);
        arena_release(&arena);
    }
}

static void failures(void **state)
{
    (void)state;
    static const struct {
        enum failure failure;
        int ede;
        const char *ede_text;
        int udp_size;
        const char *expected;
    } rows[] = {
        {FAIL_NO_REACHABLE, DNS_EDE_NONE, NULL, -1, "qr ra SERVFAIL\n? x.a.\n"},
        {FAIL_NO_REACHABLE, DNS_EDE_NONE, NULL, 1232,
         "qr ra SERVFAIL edns 1232 ede 22 \"NRCH: no name server of the zone answered\"\n? x.a.\n"},
        {FAIL_CACHED_FAILURE, DNS_EDE_NONE, "alias chain too long", 1232,
         "qr ra SERVFAIL edns 1232 ede 13 \"CERR: failed a short while ago (alias chain too long)\"\n? x.a.\n"},
        {FAIL_BAD_NAME, DNS_EDE_NONE, NULL, 1232, "qr ra YXDOMAIN edns 1232\n? x.a.\n"},
        {FAIL_NONE, DNS_EDE_STALE_ANSWER, "STAL: old", 1232, "qr ra NOERROR edns 1232 ede 3 \"STAL: old\"\n? x.a.\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        struct outcome o;
        arena_init(&arena, NULL, 0, 1u << 20);
        struct request r = request_in(&(struct query){"x.a.", "A", DNS_FLAG_AD, rows[i].udp_size, 0, 0, 0});
        outcome_init(&o);
        o.failure = rows[i].failure;
        o.rcode = failure_row(o.failure)->rcode;
        o.ede = rows[i].ede;
        o.ede_text = rows[i].ede_text;
        o.authentic = o.failure != FAIL_NONE; /* no failure is, whatever they say */
        assert_string_equal(respond(&arena, &r, &o, &plain, 0), rows[i].expected);
        arena_release(&arena);
    }
}

/* Sets go in whole or not at all; what does not fit leaves TC and no data (RFC 2181 section 9). */
static void truncation(void **state)
{
    (void)state;
    static const char *const big[] = {
        "\"..................................................................................................\"",
        "\"+.................................................................................................\"",
        "\"++................................................................................................\"",
        "\"+++...............................................................................................\"",
        "\"++++..............................................................................................\"",
        "\"+++++.............................................................................................\"",
    };
    static const struct {
        int udp_size;
        bool tcp;
        uint16_t limit;
        bool truncated;
    } rows[] = {
        {-1, false, 512, true},     {0, false, 512, true},      {600, false, 600, true},
        {1232, false, 1232, false}, {4096, false, 1232, false}, {-1, true, 65535, false},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        struct outcome o;
        arena_init(&arena, NULL, 0, 1u << 20);
        struct request r = request_in(&(struct query){"x.a.", "TXT", 0, rows[i].udp_size, 0, rows[i].tcp, 0});
        assert_int_equal(r.limit, rows[i].limit);
        outcome_init(&o);
        add(&o, one_in(&arena, "x.a.", 5, "CNAME", "y.a."), 5);
        add(&o, set_in(&arena, "y.a.", 5, "TXT", big, ROWS(big)), 5);
        const char *got = respond(&arena, &r, &o, &plain, 0);
        const char *head =
            rows[i].udp_size >= 0 ? "qr tc ra NOERROR edns 1232\n? x.a.\n" : "qr tc ra NOERROR\n? x.a.\n";
        if (rows[i].truncated) {
            assert_string_equal(got, head);
        } else {
            assert_null(strstr(got, " tc "));
            assert_non_null(strstr(got, "+++++"));
        }
        arena_release(&arena);
    }
}

/* T95: the extended error gives way where there is no room, the answer does not. */
static void extended_error_gives_way(void **state)
{
    (void)state;
    static char long_text[201];
    struct arena arena;
    struct outcome o;
    unsigned with = 0, without = 0;
    memset(long_text, 'e', sizeof long_text - 1);
    arena_init(&arena, NULL, 0, 8u << 20);
    for (unsigned limit = 48; limit < 600; limit++) {
        struct request r = request_in(&(struct query){"x.a.", "A", 0, 1232, 0, 0, 0});
        r.limit = (uint16_t)limit;
        outcome_init(&o);
        o.ede = DNS_EDE_STALE_ANSWER;
        o.ede_text = long_text;
        add(&o, one_in(&arena, "x.a.", 5, "A", "192.0.2.1"), 5);
        const char *got = respond(&arena, &r, &o, &plain, 0);
        assert_non_null(strstr(got, "an x.a. 5 IN A 192.0.2.1\n"));
        assert_non_null(strstr(got, "edns 1232"));
        with += strstr(got, long_text) != NULL;
        without += strstr(got, "ede") == NULL;
    }
    assert_true(with > 0 && without > 0);
    arena_release(&arena);
}

static void nsid_and_client_subnet(void **state)
{
    (void)state;
    static const uint8_t subnet[] = {0, 1, 24, 9, 192, 0, 2};
    static const uint8_t echoed[] = {0, 1, 24, 0, 192, 0, 2}; /* scope 0: RFC 7871 section 7.2.1 */
    struct arena arena;
    struct outcome o;
    struct dns_msg m;
    uint8_t wire[1232];
    arena_init(&arena, NULL, 0, 1u << 20);
    struct request r = request_in(&(struct query){"x.a.", "A", 0, 1232, 0, 0, true});
    memcpy(r.ecs, subnet, sizeof subnet);
    r.ecs_len = sizeof subnet;
    outcome_init(&o);
    size_t n = respond_build(&r, &o, &named, 0, wire);
    assert_int_equal(dns_msg_parse(wire, n, &arena, &m), DNS_OK);
    assert_true(m.edns.has_nsid);
    assert_non_null(memmem(wire, n, "ns-7", 4));
    assert_true(m.edns.has_ecs);
    assert_int_equal(m.edns.ecs_len, sizeof echoed);
    assert_memory_equal(m.edns.ecs, echoed, sizeof echoed);

    r.nsid = false;
    n = respond_build(&r, &o, &named, 0, wire);
    assert_null(memmem(wire, n, "ns-7", 4)); /* only who asks */
    r.nsid = true;
    n = respond_build(&r, &o, &plain, 0, wire);
    assert_int_equal(dns_msg_parse(wire, n, &arena, &m), DNS_OK);
    assert_false(m.edns.has_nsid);
    arena_release(&arena);
}

/* Two aliases made from one DNAME: it is shown once. */
static void dname_once(void **state)
{
    (void)state;
    struct arena arena;
    struct outcome o;
    arena_init(&arena, NULL, 0, 1u << 20);
    struct request r = request_in(&(struct query){"s.x.x.", "A", 0, -1, 0, 0, 0});
    outcome_init(&o);
    add(&o, one_in(&arena, "x.", 5, "DNAME", "."), 5);
    add(&o, one_in(&arena, "s.x.x.", 5, "CNAME", "s.x."), 5);
    add(&o, one_in(&arena, "X.", 5, "DNAME", "."), 5);
    add(&o, one_in(&arena, "s.x.", 5, "CNAME", "s."), 5);
    assert_string_equal(
        respond(&arena, &r, &o, &plain, 0),
        "qr ra NOERROR\n? s.x.x.\nan x. 5 IN DNAME .\nan s.x.x. 5 IN CNAME s.x.\nan s.x. 5 IN CNAME s.\n");
    arena_release(&arena);
}

/* T50: MX, NS and SRV bring no addresses along. */
static void nothing_additional(void **state)
{
    (void)state;
    struct arena arena;
    struct outcome o;
    arena_init(&arena, NULL, 0, 1u << 20);
    struct request r = request_in(&(struct query){"x.a.", "MX", 0, -1, 0, 0, 0});
    outcome_init(&o);
    add(&o, one_in(&arena, "x.a.", 5, "MX", "10 mail.a."), 5);
    assert_string_equal(respond(&arena, &r, &o, &plain, 0), "qr ra NOERROR\n? x.a.\nan x.a. 5 IN MX 10 mail.a.\n");
    arena_release(&arena);
}

/* T28, T29: at most the question comes back, and no octet beside it. */
static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint16_t flags, qdcount, qclass;
        bool edns;
        uint16_t rcode;
        int ede;
        const char *expected;
    } rows[] = {
        {"REFUSED", DNS_FLAG_RD, 1, 1, false, DNS_RCODE_REFUSED, DNS_EDE_NONE, "qr rd ra REFUSED\n? x.a.\n"},
        {"REFUSED with a reason", DNS_FLAG_RD, 1, 1, true, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
         "qr rd ra REFUSED edns 1232 ede 18 \"ACLS: no\"\n? x.a.\n"},
        {"FORMERR without a readable question", 0, 1, 0, false, DNS_RCODE_FORMERR, DNS_EDE_NONE, "qr ra FORMERR\n"},
        {"FORMERR without question", 0, 0, 0, false, DNS_RCODE_FORMERR, DNS_EDE_NONE, "qr ra FORMERR\n"},
        {"BADVERS", 0, 1, 1, true, DNS_RCODE_BADVERS, DNS_EDE_NONE, "qr ra BADVERS edns 1232\n? x.a.\n"},
        {"AA, TC, Z and AD are not echoed", DNS_FLAG_AA | DNS_FLAG_TC | DNS_FLAG_Z | DNS_FLAG_AD | DNS_FLAG_CD, 1, 1,
         false, DNS_RCODE_NOTIMP, DNS_EDE_NONE, "qr ra cd NOTIMP\n? x.a.\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        char got[400];
        uint8_t wire[512];
        struct text t = text_of(got, sizeof got);
        struct dname_buf name;
        struct dns_msg m, q = {.id = 9, .flags = rows[i].flags, .qdcount = rows[i].qdcount, .qclass = rows[i].qclass};
        q.qname = rows[i].qclass != 0 ? name_in("x.a.", &name) : dname_root();
        q.qtype = rows[i].qclass != 0 ? DNS_TYPE_A : 0;
        q.edns = (struct edns){.present = rows[i].edns, .ext_rcode = 0x77, .ede = DNS_EDE_NONE};
        arena_init(&arena, NULL, 0, 1u << 20);
        size_t n = respond_error(&q, rows[i].rcode, rows[i].ede, rows[i].ede != DNS_EDE_NONE ? "ACLS: no" : NULL, 1232,
                                 wire, sizeof wire);
        assert_int_equal(dns_msg_parse(wire, n, &arena, &m), DNS_OK);
        assert_int_equal(m.id, 9);
        print_reply(&t, &m);
        if (strcmp(got, rows[i].expected) != 0) {
            fail_msg("%s:\n%sinstead of\n%s", rows[i].what, got, rows[i].expected);
        }
        arena_release(&arena);
    }
}

/* The opcode is copied (RFC 1035 section 4.1.1), and a small buffer is respected. */
static void error_opcode_and_size(void **state)
{
    (void)state;
    uint8_t wire[DNS_HEADER_SIZE];
    struct dns_msg q = {.id = 1, .flags = 5 << 11, .qdcount = 1, .qclass = 1, .qtype = 6};
    struct dname_buf name;
    q.qname = name_in("example.com.", &name);
    assert_int_equal(respond_error(&q, DNS_RCODE_NOTIMP, DNS_EDE_NONE, NULL, 1232, wire, sizeof wire), DNS_HEADER_SIZE);
    assert_int_equal(wire[2] >> 3 & 0xf, 5);
    assert_int_equal(wire[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_and_edns),
        cmocka_unit_test(case_of_the_client),
        cmocka_unit_test(negative_with_soa),
        cmocka_unit_test(rotation),
        cmocka_unit_test(no_rotation),
        cmocka_unit_test(signatures),
        cmocka_unit_test(failures),
        cmocka_unit_test(truncation),
        cmocka_unit_test(extended_error_gives_way),
        cmocka_unit_test(nsid_and_client_subnet),
        cmocka_unit_test(dname_once),
        cmocka_unit_test(nothing_additional),
        cmocka_unit_test(errors),
        cmocka_unit_test(error_opcode_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
