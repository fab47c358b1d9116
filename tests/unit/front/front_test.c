/*
 * front_test.c - what every query passes before the engine
 */
#include "resolver/front/front.h"

#include "cache/denial.h"
#include "support.h"

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

static const char *const open_to_all = "access: {allow: [\"0.0.0.0/0\", \"::/0\"]}\n";

static struct addr client_at(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 4000, &a));
    return a;
}

struct reply {
    enum front_result result;
    struct request request;
    struct dns_msg msg; /* of an answer */
    size_t len;
    uint8_t wire[65535];
};

static void ask_wire(struct desk *d, const char *from, bool tcp, const uint8_t *wire, size_t n, struct reply *r)
{
    struct addr client = client_at(from);
    struct wire_query q = {.data = wire, .n = n};
    r->result = front_query(&d->front, &client, tcp, &q, noon, &r->request, r->wire, &r->len);
    if (r->result == FRONT_ANSWER) {
        assert_int_equal(dns_msg_parse(r->wire, r->len, &d->arena, &r->msg), DNS_OK);
        assert_true((r->msg.flags & DNS_FLAG_QR) != 0);
    }
}

static void ask(struct desk *d, const char *from, bool tcp, const struct query *q, struct reply *r)
{
    uint8_t wire[512];
    size_t n = query_wire(q, wire);
    ask_wire(d, from, tcp, wire, n, r);
}

static const struct edns_out plain_opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};

static void test_hit(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    desk_begin(&d, open_to_all);
    desk_learn(&d, "www.example.com.", DNS_TYPE_A, 300, "192.0.2.1");
    struct query q = {"wWw.eXample.COM.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, &plain_opt};
    ask(&d, "198.51.100.7", false, &q, &r);
    assert_int_equal(r.result, FRONT_ANSWER);
    assert_int_equal(r.msg.id, 0x4711);
    assert_int_equal(r.msg.flags, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA);
    assert_int_equal(r.msg.count[DNS_ANSWER], 1);
    assert_true(dname_same_case(r.msg.qname, desk_name("wWw.eXample.COM.", &(struct dname_buf){0})));
    assert_int_equal(r.msg.rr[0].ttl_s, 300);
    assert_int_equal(d.front.count.hits, 1);
    assert_int_equal(d.front.count.noerror, 1);
    assert_int_equal(d.front.count.misses, 0);
    desk_end(&d);
}

static void test_rotation(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    unsigned first_seen = 0;
    desk_begin(&d, open_to_all);
    desk_learn(&d, "relay1.example.com.", DNS_TYPE_A, 300, "192.0.2.1|192.0.2.2|192.0.2.3");
    for (unsigned i = 0; i < 9; i++) {
        struct query q = {"relay1.example.com.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, NULL};
        ask(&d, "198.51.100.7", false, &q, &r);
        first_seen |= 1u << r.wire[r.msg.rr[0].rdata + 3];
    }
    assert_int_equal(first_seen, 1 << 1 | 1 << 2 | 1 << 3);
    desk_end(&d);
}

static void test_miss(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    desk_begin(&d, open_to_all);
    struct query q = {"www.example.com.", DNS_TYPE_AAAA, DNS_CLASS_IN, DNS_FLAG_RD | DNS_FLAG_CD, &plain_opt};
    ask(&d, "198.51.100.7", false, &q, &r);
    assert_int_equal(r.result, FRONT_MISS);
    assert_int_equal(r.request.id, 0x4711);
    assert_int_equal(r.request.qtype, DNS_TYPE_AAAA);
    assert_int_equal(r.request.limit, 1232);
    assert_false(r.request.tcp);
    assert_true(r.request.edns);
    assert_int_equal(r.request.keepalive, 0);
    assert_int_equal(d.front.count.misses, 1);
    desk_end(&d);
}

/* A special-use name is ours although the cache holds the root's denial of its top-level domain. */
static void test_local_name_passes_the_cache(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    desk_begin(&d, open_to_all);
    desk_learn(&d, "localhost.", DNS_TYPE_A, 300, "192.0.2.66");
    struct query q = {"localhost.", DNS_TYPE_A, DNS_CLASS_IN, 0, NULL};
    ask(&d, "198.51.100.7", false, &q, &r);
    assert_int_equal(r.result, FRONT_MISS);
    desk_end(&d);
}

static void test_without_recursion(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    desk_begin(&d, open_to_all);
    desk_learn(&d, "www.example.com.", DNS_TYPE_A, 300, "192.0.2.1");
    struct query known = {"www.example.com.", DNS_TYPE_A, DNS_CLASS_IN, 0, &plain_opt};
    ask(&d, "198.51.100.7", false, &known, &r);
    assert_int_equal(r.result, FRONT_ANSWER);
    assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_NOERROR);
    assert_int_equal(r.msg.flags & DNS_FLAG_RD, 0);
    struct query unknown = {"www.example.org.", DNS_TYPE_A, DNS_CLASS_IN, 0, &plain_opt};
    ask(&d, "198.51.100.7", false, &unknown, &r);
    assert_int_equal(r.result, FRONT_ANSWER);
    assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_REFUSED);
    assert_int_equal(r.msg.edns.ede, DNS_EDE_NOT_AUTHORITATIVE);
    assert_true((r.msg.flags & DNS_FLAG_RA) != 0);
    desk_end(&d);
}

/* RFC 8198: what validated proofs of other names say is known as well; but not of names that are not validated (RFC
 * 7646), whose zones may have proofs of anything. */
static void test_proven_without_recursion(void **state)
{
    (void)state;
    static const struct {
        const char *exempt;
        uint16_t rcode;
    } rows[] = {{"elsewhere.org.", DNS_RCODE_NXDOMAIN}, {"example.com.", DNS_RCODE_REFUSED}};
    static struct reply r;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct desk d;
        struct dname_buf zone, exempt;
        desk_begin(&d, open_to_all);
        desk_name(rows[i].exempt, &exempt);
        d.world->engine.dnssec = DNSSEC_VALIDATE;
        d.world->engine.negative_anchors = &exempt;
        d.world->engine.negative_anchor_count = 1;
        struct rrset *soa =
            desk_set(&d, "example.com.", DNS_TYPE_SOA, 300, "ns.example.com. admin.example.com. 1 2 3 4 300");
        struct rrset *nsec =
            desk_set(&d, "example.com.", DNS_TYPE_NSEC, 300, "www.example.com. NS SOA RRSIG NSEC DNSKEY");
        denial_put(d.front.cache, desk_name("example.com.", &zone), nsec, soa, noon);
        struct query q = {"nothing.example.com.", DNS_TYPE_A, DNS_CLASS_IN, 0, NULL};
        ask(&d, "198.51.100.7", false, &q, &r);
        assert_int_equal(r.result, FRONT_ANSWER);
        assert_int_equal(dns_msg_rcode(&r.msg), rows[i].rcode);
        desk_end(&d);
    }
}

static void test_what_is_answered_without_looking(void **state)
{
    (void)state;
    static const struct edns_out version1 = {.udp_size = 1232, .version = 1, .ede = DNS_EDE_NONE};
    static const struct {
        const char *name;
        uint16_t type, rclass, flags;
        const struct edns_out *edns;
        uint16_t rcode;
        int ede;
    } rows[] = {
        {"example.com.", DNS_TYPE_AXFR, DNS_CLASS_IN, 0, &plain_opt, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_IXFR, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_MAILA, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_MAILB, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_TKEY, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_OPT, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_FORMERR, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_TSIG, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_FORMERR, DNS_EDE_NONE},
        {"example.com.", 0, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_FORMERR, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_NXNAME, DNS_CLASS_IN, DNS_FLAG_RD, &plain_opt, DNS_RCODE_FORMERR,
         DNS_EDE_INVALID_QUERY_TYPE},
        {"example.com.", 200, DNS_CLASS_IN, DNS_FLAG_RD, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, DNS_CLASS_HS, DNS_FLAG_RD, &plain_opt, DNS_RCODE_REFUSED, DNS_EDE_NOT_SUPPORTED},
        {"example.com.", DNS_TYPE_A, DNS_CLASS_ANY, DNS_FLAG_RD, NULL, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, DNS_CLASS_NONE, DNS_FLAG_RD, NULL, DNS_RCODE_FORMERR, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, 0, DNS_FLAG_RD, NULL, DNS_RCODE_FORMERR, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, 4711, DNS_FLAG_RD, NULL, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"version.bind.", DNS_TYPE_TXT, DNS_CLASS_CH, 0, NULL, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_TXT, DNS_CLASS_CH, 0, NULL, DNS_RCODE_REFUSED, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, DNS_CLASS_IN, 1 << 11, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},   /* IQUERY */
        {"example.com.", DNS_TYPE_A, DNS_CLASS_IN, 2 << 11, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},   /* STATUS */
        {"example.com.", DNS_TYPE_SOA, DNS_CLASS_IN, 4 << 11, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE}, /* NOTIFY */
        {"example.com.", DNS_TYPE_SOA, DNS_CLASS_IN, 5 << 11, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE}, /* UPDATE */
        {"example.com.", DNS_TYPE_A, DNS_CLASS_IN, 15 << 11, NULL, DNS_RCODE_NOTIMP, DNS_EDE_NONE},
        {"example.com.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, &version1, DNS_RCODE_BADVERS, DNS_EDE_NONE},
    };
    static struct reply r;
    struct desk d;
    desk_begin(&d, open_to_all);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct query q = {rows[i].name, rows[i].type, rows[i].rclass, rows[i].flags, rows[i].edns};
        ask(&d, "198.51.100.7", false, &q, &r);
        assert_int_equal(r.result, FRONT_ANSWER);
        if (dns_msg_rcode(&r.msg) != rows[i].rcode || r.msg.edns.ede != rows[i].ede) {
            fail_msg("row %zu: rcode %u ede %d", i, dns_msg_rcode(&r.msg), r.msg.edns.ede);
        }
        assert_int_equal(r.msg.edns.version, 0);
        assert_int_equal(r.msg.flags & DNS_FLAG_RA, 0);
        assert_int_equal(r.msg.flags & 0xf << 11, rows[i].flags & 0xf << 11);
        assert_int_equal(r.msg.count[DNS_ANSWER] + r.msg.count[DNS_AUTHORITY], 0);
    }
    assert_int_equal(d.front.count.misses, 0);
    desk_end(&d);
}

static void test_identity(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"version.bind.", "raiz, of course"},
        {"VERSION.server.", "raiz, of course"},
        {"hostname.bind.", "pillar-3"},
        {"id.server.", "pillar-3"},
    };
    static struct reply r;
    struct desk d;
    desk_begin(&d, "access: {allow: [\"0.0.0.0/0\"]}\nidentity: {version: \"raiz, of course\", id: pillar-3}\n");
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct query q = {rows[i].name, DNS_TYPE_TXT, DNS_CLASS_CH, 0, &plain_opt};
        ask(&d, "198.51.100.7", false, &q, &r);
        assert_int_equal(r.result, FRONT_ANSWER);
        assert_int_equal(r.msg.count[DNS_ANSWER], 1);
        assert_int_equal(r.msg.rr[0].rclass, DNS_CLASS_CH);
        assert_int_equal(r.wire[r.msg.rr[0].rdata], strlen(rows[i].text));
        assert_memory_equal(r.wire + r.msg.rr[0].rdata + 1, rows[i].text, strlen(rows[i].text));
    }
    desk_end(&d);
}

/* T47: strangers get REFUSED, never longer than what they sent; T28: answers get silence. */
static void test_strangers(void **state)
{
    (void)state;
    static const uint8_t cookie[8] = "12345678";
    static const struct edns_out with_cookie = {
        .udp_size = 4096, .ede = DNS_EDE_NONE, .cookie = cookie, .cookie_len = sizeof cookie};
    static const struct edns_out *const opts[] = {NULL, &plain_opt, &with_cookie};
    static struct reply r;
    struct desk d;
    desk_begin(&d, "access: {allow: [\"10.0.0.0/8\"]}\n");
    desk_learn(&d, "www.example.com.", DNS_TYPE_A, 300, "192.0.2.1");
    for (size_t i = 0; i < ROWS(opts); i++) {
        uint8_t wire[512];
        struct query q = {"www.example.com.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, opts[i]};
        size_t n = query_wire(&q, wire);
        ask_wire(&d, "198.51.100.7", false, wire, n, &r);
        assert_int_equal(r.result, FRONT_ANSWER);
        assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_REFUSED);
        assert_true(r.len <= n);
        assert_int_equal(r.msg.edns.ede, i == 2 ? DNS_EDE_PROHIBITED : DNS_EDE_NONE);
        ask_wire(&d, "10.1.2.3", false, wire, n, &r);
        assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_NOERROR);
        wire[2] |= DNS_FLAG_QR >> 8;
        ask_wire(&d, "10.1.2.3", false, wire, n, &r);
        assert_int_equal(r.result, FRONT_DROP);
    }
    assert_int_equal(d.front.count.refused, 3);
    assert_int_equal(d.front.count.dropped, 3);
    desk_end(&d);
}

/* T29: a query cut or bent anywhere gets a header, at most its question, and nothing else of its own. */
static void test_malformed(void **state)
{
    (void)state;
    static struct reply r;
    uint8_t wire[512];
    struct desk d;
    desk_begin(&d, open_to_all);
    struct query q = {"www.example.com.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, &plain_opt};
    size_t n = query_wire(&q, wire);
    for (size_t cut = 0; cut < n; cut++) {
        ask_wire(&d, "198.51.100.7", false, wire, cut, &r);
        assert_int_equal(r.result, cut < 12 ? FRONT_DROP : FRONT_ANSWER);
        if (cut >= 12) {
            assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_FORMERR);
            assert_int_equal(r.msg.id, 0x4711);
            assert_true(r.len <= 12 + 17 + 4 + 11);
        }
    }
    memset(wire + n, 'x', 40);
    ask_wire(&d, "198.51.100.7", false, wire, n + 40, &r);
    assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_FORMERR);
    assert_null(memmem(r.wire, r.len, "xxx", 3));
    for (uint8_t questions = 0; questions < 4; questions++) { /* RFC 9619 */
        wire[5] = questions;
        ask_wire(&d, "198.51.100.7", false, wire, n, &r);
        assert_int_equal(r.result, questions == 1 ? FRONT_MISS : FRONT_ANSWER);
        if (questions != 1) {
            assert_int_equal(dns_msg_rcode(&r.msg), DNS_RCODE_FORMERR);
        }
    }
    desk_end(&d);
}

static void test_size_and_tcp(void **state)
{
    (void)state;
    static struct reply r;
    struct desk d;
    char records[64 * 16] = "";
    uint8_t wire[512];
    desk_begin(&d, open_to_all);
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(records + strlen(records), sizeof records - strlen(records), "%s192.0.2.%u", i > 1 ? "|" : "", i);
    }
    desk_learn(&d, "many.example.com.", DNS_TYPE_A, 300, records);
    struct query q = {"many.example.com.", DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, NULL};
    ask(&d, "198.51.100.7", false, &q, &r);
    assert_true((r.msg.flags & DNS_FLAG_TC) != 0);
    assert_true(r.len <= 512);
    assert_int_equal(d.front.count.truncated, 1);
    q.edns = &plain_opt;
    ask(&d, "198.51.100.7", false, &q, &r);
    assert_int_equal(r.msg.flags & DNS_FLAG_TC, 0);
    assert_int_equal(r.msg.count[DNS_ANSWER], 60);

    /* Over TCP all fits, and who asks learns how long the connection is kept (RFC 7828). */
    size_t n = query_wire(&q, wire);
    static const uint8_t keepalive[] = {0, 11, 0, 0};
    memcpy(wire + n, keepalive, sizeof keepalive);
    wire[n - 1] = sizeof keepalive; /* RDLENGTH of the OPT */
    ask_wire(&d, "198.51.100.7", true, wire, n + sizeof keepalive, &r);
    assert_int_equal(r.result, FRONT_ANSWER);
    assert_int_equal(r.msg.count[DNS_ANSWER], 60);
    static const uint8_t told[] = {0, 11, 0, 2, 0, 100};
    assert_memory_equal(r.wire + r.len - sizeof told, told, sizeof told);
    ask_wire(&d, "198.51.100.7", false, wire, n + sizeof keepalive, &r);
    assert_int_equal(r.wire[r.len - 1], 0); /* over UDP it is ignored (RFC 7828 section 3.2.1) */
    assert_int_equal(d.front.count.tcp, 1);
    desk_end(&d);
}

#define BATCH 8

/* Queries of one batch, by their places in it. */
struct batch {
    uint8_t room[BATCH][512];
    struct wire_query q[BATCH];
};

static void join(struct batch *b, unsigned i, const char *name, uint16_t type)
{
    struct query q = {name, type, DNS_CLASS_IN, DNS_FLAG_RD, &plain_opt};
    b->q[i] = (struct wire_query){.data = b->room[i], .n = query_wire(&q, b->room[i])};
}

static enum front_result answer_next(struct desk *d, struct batch *b, unsigned i, struct reply *r)
{
    struct addr client = client_at("198.51.100.7");
    r->result = front_query(&d->front, &client, false, &b->q[i], noon, &r->request, r->wire, &r->len);
    if (r->result == FRONT_ANSWER) {
        assert_int_equal(dns_msg_parse(r->wire, r->len, &d->arena, &r->msg), DNS_OK);
        assert_memory_equal(r->wire, b->room[i], 2);
    }
    return r->result;
}

/* Of a query that was looked at before its turn more is known, and nothing else: in any case of letters, of any type,
 * through an alias, spoilt, and whatever becomes of the cache in the meantime. */
static void test_looked_at_before(void **state)
{
    (void)state;
    static struct reply r;
    static struct batch b;
    struct desk d;
    struct dname_buf buf;
    desk_begin(&d, open_to_all);
    desk_learn(&d, "www.example.com.", DNS_TYPE_A, 300, "192.0.2.1");
    desk_learn(&d, "gone.example.com.", DNS_TYPE_A, 300, "192.0.2.2");
    desk_learn(&d, "new.example.com.", DNS_TYPE_A, 300, "192.0.2.3");
    desk_learn(&d, "alias.example.com.", DNS_TYPE_CNAME, 300, "www.example.com.");
    join(&b, 0, "www.example.com.", DNS_TYPE_A);
    join(&b, 1, "WWW.example.COM.", DNS_TYPE_A);
    join(&b, 2, "www.example.com.", DNS_TYPE_AAAA);
    join(&b, 3, "alias.example.com.", DNS_TYPE_A);
    join(&b, 4, "gone.example.com.", DNS_TYPE_A);
    join(&b, 5, "new.example.com.", DNS_TYPE_A);
    join(&b, 6, "www.example.com.", DNS_TYPE_A);
    b.room[6][DNS_HEADER_SIZE] = 0xc0;
    join(&b, 7, "www.example.com.", DNS_TYPE_A);
    b.q[7].n = DNS_HEADER_SIZE - 1;

    front_expect(&d.front, b.q, BATCH);
    assert_true(b.q[0].hash != 0 && b.q[0].hash == b.q[1].hash && b.q[0].place.hash == b.q[1].place.hash);
    assert_int_equal(b.q[2].hash, b.q[0].hash);
    assert_true(b.q[2].place.hash != b.q[0].place.hash);
    assert_true(b.q[3].hash != b.q[0].hash);
    assert_int_equal(b.q[6].hash, 0);
    assert_int_equal(b.q[7].hash, 0);
    assert_int_equal(cache_flush(d.front.cache, desk_name("gone.example.com.", &buf), 0), 1);
    desk_learn(&d, "new.example.com.", DNS_TYPE_A, 300, "192.0.2.99");

    assert_int_equal(answer_next(&d, &b, 0, &r), FRONT_ANSWER);
    assert_int_equal(r.msg.count[DNS_ANSWER], 1);
    assert_int_equal(answer_next(&d, &b, 1, &r), FRONT_ANSWER);
    assert_true(dname_same_case(r.msg.qname, desk_name("WWW.example.COM.", &buf)));
    assert_int_equal(answer_next(&d, &b, 2, &r), FRONT_MISS);
    assert_int_equal(answer_next(&d, &b, 3, &r), FRONT_ANSWER);
    assert_int_equal(r.msg.count[DNS_ANSWER], 2);
    assert_int_equal(answer_next(&d, &b, 4, &r), FRONT_MISS);
    assert_int_equal(answer_next(&d, &b, 5, &r), FRONT_ANSWER);
    assert_int_equal(r.wire[r.msg.rr[0].rdata + 3], 99);
    assert_int_equal(answer_next(&d, &b, 6, &r), FRONT_ANSWER);
    assert_int_equal(r.msg.flags & 0xf, DNS_RCODE_FORMERR);
    assert_int_equal(answer_next(&d, &b, 7, &r), FRONT_DROP);
    desk_end(&d);
}

/* What the engine is spared: looking for a name of which the cache has nothing. The first part of an answer
 * is not nothing, nor is data that may turn out valid; an unchecked alias is, to who wants it checked. */
static void test_unknown(void **state)
{
    (void)state;
    static struct reply r;
    static const struct {
        const char *name;
        uint16_t flags;
        bool unknown;
    } rows[] = {{"new.example.com.", 0, true},
                {"www.example.com.", 0, false},
                {"alias.example.com.", 0, true},
                {"alias.example.com.", DNS_FLAG_CD, false}};
    struct desk d;
    desk_begin(&d, open_to_all);
    d.world->engine.dnssec = DNSSEC_VALIDATE;
    desk_learn(&d, "www.example.com.", DNS_TYPE_A, 300, "192.0.2.1");
    desk_learn(&d, "alias.example.com.", DNS_TYPE_CNAME, 300, "new.example.com.");
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct query q = {rows[i].name, DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD | rows[i].flags, &plain_opt};
        ask(&d, "198.51.100.7", false, &q, &r);
        if (r.result != FRONT_MISS || r.request.unknown != rows[i].unknown) {
            fail_msg("%s: result %d, unknown %d", rows[i].name, (int)r.result, r.request.unknown);
        }
    }
    desk_end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hit),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_miss),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_local_name_passes_the_cache),
        cmocka_unit_test(test_without_recursion),
        cmocka_unit_test(test_proven_without_recursion),
        cmocka_unit_test(test_what_is_answered_without_looking),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_size_and_tcp),
        cmocka_unit_test(test_looked_at_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
