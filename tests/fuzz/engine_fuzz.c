/*
 * engine_fuzz.c - random sequences of events against the engine
 *
 * The input is a program: clients ask and leave, time passes, and servers answer as the program says. The root's server
 * and that of `victim.` are honest; all others serve `evil.` and do as the input likes: referrals anywhere, aliases,
 * poison, broken messages, wrong ids, silence, mutated octets. Checked are the invariants of engine.h:
 *
 *     1  one word for each query, in time        3  what comes for a closed exchange changes nothing
 *     2  questions sent stay within the budgets  4  evil's servers put nothing outside evil. into the cache
 *     5  when all is over nothing is left
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "dns/build.h"
#include "dns/types.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/request.h"

#define OPS_MAX     300
#define CLIENTS_MAX 128
#define FLIGHTS_MAX 512

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "engine_fuzz.c:%d: %s\n", __LINE__, #condition);                                           \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
    } while (0)

static const char *const names[] = {"evil",       "a.evil",    "b.a.evil", "www.evil",   "x.y.z.evil", "c.b.a.evil",
                                    "ns.evil",    "ns.a.evil", "victim",   "www.victim", "ns.victim",  "nope.victim",
                                    "nope",       "www.nope",  "al.evil",  "d.evil",     "q.d.evil",   ".",
                                    "ns1.victim", "e1.evil",   "e2.evil",  "e3.evil",    "e4.evil",    "e5.evil"};
#define NAMES (sizeof names / sizeof names[0])

static const uint16_t types[] = {DNS_TYPE_A,     DNS_TYPE_AAAA, DNS_TYPE_NS,  DNS_TYPE_TXT,
                                 DNS_TYPE_CNAME, DNS_TYPE_DS,   DNS_TYPE_ANY, DNS_TYPE_DNAME};

struct flight {
    struct exchange_id id;
    struct addr to;
    bool open, tcp;
    size_t len;
    uint8_t wire[300];
};

struct fuzz {
    struct reader in;
    struct engine *engine;
    struct cache *cache;
    struct now now;
    struct flight flight[FLIGHTS_MAX];
    size_t flights;
    uint64_t sends, queries;
    struct {
        uint64_t asked_us;
        unsigned words;
        bool gone;
    } client[CLIENTS_MAX];
    size_t clients;
};

static const struct addr root_addr = {.family = ADDR_IP4, .port = 53, .ip = {192, 0, 2, 1}};
static const struct addr victim_addr = {.family = ADDR_IP4, .port = 53, .ip = {192, 0, 2, 2}};

static uint8_t next(struct fuzz *f)
{
    return reader_left(&f->in) > 0 ? read_u8(&f->in) : 0;
}

static struct dname name_at(unsigned i, struct dname_buf *buf)
{
    const char *text = names[i % NAMES];

    CHECK(dname_scan(text, strlen(text), NULL, buf) == DNS_OK);
    return dname_of(buf);
}

/* Sections come in order: what would go back goes nowhere. */
static void put(struct build *b, enum dns_section s, struct dname owner, uint16_t type, const uint8_t *rdata,
                uint16_t len)
{
    if ((unsigned)s + 1 >= b->section) {
        build_rr(b, s, owner, type, DNS_CLASS_IN, 300, rdata, len);
    }
}

static void add_addr(struct build *b, enum dns_section s, struct dname owner, uint8_t last)
{
    uint8_t ip[4] = {192, 0, 2, last};
    put(b, s, owner, DNS_TYPE_A, ip, 4);
}

static void add_name(struct build *b, enum dns_section s, struct dname owner, uint16_t type, struct dname target)
{
    put(b, s, owner, type, target.wire, target.len);
}

static void add_soa(struct build *b, struct dname owner)
{
    uint8_t rdata[22] = {0, 0};
    rdata[21] = 60;
    put(b, DNS_AUTHORITY, owner, DNS_TYPE_SOA, rdata, sizeof rdata);
}

/* The root: knows the two zones; victim.: has www and ns. */
static void honest(struct build *b, const struct dns_msg *q, bool is_root)
{
    struct dname_buf evil, victim, www, ns, server;
    struct dname e = name_at(0, &evil), v = name_at(8, &victim);
    struct dname w = name_at(9, &www), n = name_at(10, &ns), s = name_at(6, &server);

    if (is_root && dname_under(q->qname, e) && !(q->qtype == DNS_TYPE_DS && dname_equal(q->qname, e))) {
        add_name(b, DNS_AUTHORITY, e, DNS_TYPE_NS, s);
        add_addr(b, DNS_ADDITIONAL, s, 10);
        add_addr(b, DNS_ADDITIONAL, s, 11);
    } else if (is_root && dname_under(q->qname, v) && !(q->qtype == DNS_TYPE_DS && dname_equal(q->qname, v))) {
        add_name(b, DNS_AUTHORITY, v, DNS_TYPE_NS, n);
        add_addr(b, DNS_ADDITIONAL, n, 2);
    } else if (is_root && dname_is_root(q->qname) && q->qtype == DNS_TYPE_NS) {
        b->flags |= DNS_FLAG_AA;
        add_name(b, DNS_ANSWER, q->qname, DNS_TYPE_NS, w);
        add_addr(b, DNS_ADDITIONAL, w, 1);
    } else if (!is_root && !dname_under(q->qname, v)) {
        b->flags |= DNS_RCODE_REFUSED;
    } else {
        b->flags |= DNS_FLAG_AA;
        bool exists = is_root ? dname_is_root(q->qname) || dname_equal(q->qname, e) || dname_equal(q->qname, v)
                              : dname_equal(q->qname, v) || dname_equal(q->qname, w) || dname_equal(q->qname, n);
        if (!is_root && exists && q->qtype == DNS_TYPE_A) {
            add_addr(b, DNS_ANSWER, q->qname, 2);
            return;
        }
        b->flags |= exists ? 0 : DNS_RCODE_NXDOMAIN;
        add_soa(b, is_root ? dname_root() : v);
    }
}

/* A record of the program's choice, good or bad. */
static void evil_record(struct fuzz *f, struct build *b, const struct dns_msg *q)
{
    uint8_t how = next(f);
    struct dname_buf owner_buf, target_buf;
    struct dname owner = (how & 8) != 0 ? name_at(next(f), &owner_buf) : q->qname;
    struct dname target = name_at(next(f), &target_buf);
    enum dns_section s = (enum dns_section)((how >> 6) % 3);

    switch (how & 7) {
    case 0:
    case 1:
        add_addr(b, s, owner, (uint8_t)(10 + (target.len & 7)));
        break;
    case 2:
        add_name(b, s, owner, DNS_TYPE_CNAME, target);
        break;
    case 3:
        add_name(b, s, owner, DNS_TYPE_NS, target);
        break;
    case 4:
        add_name(b, s, owner, DNS_TYPE_DNAME, target);
        break;
    case 5:
        add_soa(b, owner);
        break;
    case 6: /* a referral a label above the question */
        add_name(b, DNS_AUTHORITY, dname_parent(q->qname), DNS_TYPE_NS, target);
        add_addr(b, DNS_ADDITIONAL, target, (uint8_t)(10 + (how >> 4 & 7)));
        break;
    default: /* a referral at the question */
        add_name(b, DNS_AUTHORITY, q->qname, DNS_TYPE_NS, target);
        break;
    }
}

static void evil(struct fuzz *f, struct build *b, const struct dns_msg *q)
{
    static const uint16_t rcodes[] = {
        0, 0, 0, DNS_RCODE_NXDOMAIN, DNS_RCODE_SERVFAIL, DNS_RCODE_REFUSED, DNS_RCODE_FORMERR, 6};
    uint8_t how = next(f);

    b->flags |= rcodes[how & 7];
    b->flags |= (how & 8) != 0 ? 0 : DNS_FLAG_AA;
    b->flags |= (how & 16) != 0 ? DNS_FLAG_RA : 0;
    b->flags |= (how & 0xe0) == 0xe0 ? DNS_FLAG_TC : 0;
    uint8_t records = next(f) & 7;
    for (unsigned i = 0; i < records; i++) {
        evil_record(f, b, q);
    }
}

static size_t make_reply(struct fuzz *f, const struct flight *fl, uint8_t *out)
{
    struct dns_msg q;
    struct build b;
    uint8_t how = next(f);
    bool honest_server = addr_equal(&fl->to, &root_addr) || addr_equal(&fl->to, &victim_addr);

    CHECK(dns_query_parse(fl->wire, fl->len, &q) == DNS_OK);
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
    build_init(&b, out, fl->tcp ? 4096 : 1232, q.id, DNS_FLAG_QR, edns_size(&opt));
    build_question(&b, q.qname, q.qtype, q.qclass);
    if (honest_server) {
        honest(&b, &q, addr_equal(&fl->to, &root_addr));
        return build_finish(&b, q.edns.present ? &opt : NULL);
    }
    evil(f, &b, &q);
    size_t len = build_finish(&b, q.edns.present && (how & 1) == 0 ? &opt : NULL);
    for (unsigned i = 0; i < (how >> 6); i++) { /* nought to three octets changed; the id only rarely */
        size_t at = (size_t)(next(f) << 8 | next(f)) % len;
        out[at] ^= next(f);
    }
    return (how & 0x30) == 0x30 ? len - len / 4 : len;
}

static void pull(struct fuzz *f)
{
    struct action a;

    while (engine_pull(f->engine, &a)) {
        switch (a.kind) {
        case ACT_SEND:
            f->sends++;
            CHECK(f->flights < FLIGHTS_MAX * 64);
            {
                struct flight *fl = &f->flight[f->flights++ % FLIGHTS_MAX];
                *fl = (struct flight){.id = a.exchange, .to = a.to, .open = true, .tcp = a.tcp, .len = a.len};
                CHECK(a.len <= sizeof fl->wire);
                memcpy(fl->wire, a.wire, a.len);
            }
            break;
        case ACT_CANCEL:
            for (size_t i = 0; i < FLIGHTS_MAX; i++) {
                struct flight *fl = &f->flight[i];
                if (fl->id.index == a.exchange.index && fl->id.generation == a.exchange.generation) {
                    fl->open = false;
                }
            }
            break;
        case ACT_ANSWER:
        case ACT_DROP: {
            size_t i = (size_t)a.client.id - 1;
            CHECK(i < f->clients && f->client[i].words == 0 && !f->client[i].gone);
            CHECK(f->now.mono_us - f->client[i].asked_us <= ENGINE_QUERY_TIME_US);
            f->client[i].words++;
            break;
        }
        case ACT_CHECK:
            CHECK(false); /* nobody left any to us */
            break;
        }
    }
    cache_quiescent();
}

static void op_query(struct fuzz *f)
{
    struct dname_buf name;
    struct dns_msg m;
    struct build b;
    uint8_t wire[300];
    struct request request;
    uint8_t how = next(f);

    if (f->clients == CLIENTS_MAX) {
        return;
    }
    build_init(&b, wire, sizeof wire, 7, DNS_FLAG_RD | ((how & 1) != 0 ? DNS_FLAG_CD : 0), 0);
    build_question(&b, name_at(next(f), &name), types[how >> 5], DNS_CLASS_IN);
    size_t len = build_finish(&b, NULL);
    CHECK(dns_query_parse(wire, len, &m) == DNS_OK);
    request_from_query(&request, &m, (how & 2) != 0, 1232);
    struct event ev = {.kind = EV_QUERY};
    ev.query.request = &request;
    ev.query.client.id = ++f->clients;
    ev.query.flags = (how >> 2) & 3;
    f->client[f->clients - 1].asked_us = f->now.mono_us;
    f->queries++;
    engine_push(f->engine, &ev, f->now);
}

static struct flight *choose(struct fuzz *f)
{
    size_t n = f->flights < FLIGHTS_MAX ? f->flights : FLIGHTS_MAX;

    return n == 0 ? NULL : &f->flight[(f->flights - 1 - next(f) % n) % FLIGHTS_MAX];
}

/* Invariant 3: an event for an exchange that is over makes no wish and moves no deadline. */
static void push_for(struct fuzz *f, const struct flight *fl, const struct event *ev)
{
    uint64_t due = engine_deadline(f->engine);
    bool open = fl->open;

    engine_push(f->engine, ev, f->now);
    if (!open && due > f->now.mono_us) {
        struct action a;
        CHECK(!engine_pull(f->engine, &a));
        CHECK(engine_deadline(f->engine) == due);
    }
}

static void op_reply(struct fuzz *f, bool raw)
{
    struct flight *fl = choose(f);
    uint8_t out[4096];
    size_t len = 0;

    if (fl == NULL) {
        return;
    }
    if (raw) {
        len = next(f);
        for (size_t i = 0; i < len; i++) {
            out[i] = next(f);
        }
    } else {
        len = make_reply(f, fl, out);
    }
    uint8_t *exact = malloc(len + (len == 0)); /* reading past its end is seen */
    CHECK(exact != NULL);
    memcpy(exact, out, len);
    struct event ev = {.kind = EV_REPLY, .exchange = fl->id};
    ev.reply.data = exact;
    ev.reply.len = len;
    ev.reply.new_connection = fl->tcp;
    push_for(f, fl, &ev);
    free(exact);
}

static void op_unreachable(struct fuzz *f)
{
    struct flight *fl = choose(f);

    if (fl != NULL) {
        struct event ev = {.kind = EV_UNREACHABLE, .exchange = fl->id};
        ev.unreachable = (enum unreachable)(next(f) % 3);
        push_for(f, fl, &ev);
    }
}

static void op_gone(struct fuzz *f)
{
    if (f->clients == 0) {
        return;
    }
    size_t i = next(f) % f->clients;
    if (f->client[i].words == 0 && !f->client[i].gone) {
        struct event ev = {.kind = EV_GONE};
        ev.gone = i + 1;
        f->client[i].gone = true;
        engine_push(f->engine, &ev, f->now);
    }
}

static void to_deadline(struct fuzz *f)
{
    uint64_t due = engine_deadline(f->engine);

    if (due != UINT64_MAX) {
        f->now.mono_us = due > f->now.mono_us ? due : f->now.mono_us;
        engine_push(f->engine, NULL, f->now);
        pull(f);
        CHECK(engine_deadline(f->engine) > due);
    }
}

static void op_wait(struct fuzz *f)
{
    uint64_t until_us = f->now.mono_us + (uint64_t)next(f) * 5000;

    while (engine_deadline(f->engine) <= until_us) {
        to_deadline(f);
    }
    f->now.mono_us = until_us;
}

static void one_op(struct fuzz *f)
{
    switch (next(f) & 15) {
    case 0:
    case 1:
    case 2:
        op_query(f);
        break;
    case 3:
        op_reply(f, true);
        break;
    case 4:
        op_unreachable(f);
        break;
    case 5:
        op_gone(f);
        break;
    case 6:
        to_deadline(f);
        break;
    case 7:
        op_wait(f);
        break;
    default:
        op_reply(f, false);
        break;
    }
    pull(f);
}

/* Invariant 4. */
static void check_entry(void *arg, const struct cache_hit *hit)
{
    struct dname_buf evil_buf;
    struct dname e = name_at(0, &evil_buf);

    (void)arg;
    if (hit->kind == CACHE_FAILURE || hit->origin.server.family == ADDR_NONE) {
        return;
    }
    if (addr_equal(&hit->origin.server, &root_addr) || addr_equal(&hit->origin.server, &victim_addr)) {
        return;
    }
    CHECK(dname_under(hit->name, e));
    CHECK(hit->kind != CACHE_DELEGATION || dname_below(hit->name, e));
    CHECK(hit->origin.zone_labels >= 1);
}

static void count_job(void *arg, const struct engine_inflight *row)
{
    (void)row;
    ++*(size_t *)arg;
}

static void check_end(struct fuzz *f)
{
    size_t jobs = 0;
    uint64_t limit_us = f->now.mono_us + 120 * US_PER_S; /* where nobody answers it is asked for a minute: silence.h */

    while (engine_deadline(f->engine) != UINT64_MAX) {
        CHECK(f->now.mono_us < limit_us);
        to_deadline(f);
    }
    for (size_t i = 0; i < f->clients; i++) {
        CHECK(f->client[i].gone || f->client[i].words == 1); /* 1 */
    }
    uint64_t primes = 1 + f->queries, refreshes = f->queries, probes = f->now.mono_us / ENGINE_SILENCE_PROBE_US;
    CHECK(f->sends <= (f->queries + primes + refreshes + probes) * ENGINE_SENDS_MAX); /* 2 */
    engine_inflight(f->engine, f->now, count_job, &jobs);
    CHECK(jobs == 0); /* 5 */
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        CHECK(!f->flight[i].open || f->flights > FLIGHTS_MAX);
    }
    for (uint64_t cursor = 0; (cursor = cache_walk(f->cache, cursor, 4096, f->now, check_entry, NULL)) != 0;) {
    }
    CHECK(cache_check(f->cache));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct delegation_builder hints; /* big; one thread */
    static struct fuzz f;
    struct arena arena;
    struct rng_seeded rng;
    struct dname_buf ns;

    memset(&f, 0, sizeof f);
    f.in = reader_of(data, size);
    f.now = (struct now){.mono_us = 1000000, .wall_s = 1767225600};
    arena_init(&arena, NULL, 0, 1 << 20);
    rng_seeded_init(&rng, 1);
    delegation_begin(&hints, dname_root(), DELEGATION_HINTS, 3600);
    delegation_add_addr(&hints, delegation_add_ns(&hints, name_at(9, &ns)), &root_addr);
    uint8_t mode = next(&f);
    struct engine_settings set = {
        .minimise = (enum engine_minimise)(mode % 3),
        .case_randomisation = (mode & 4) != 0,
        .ipv4 = true,
        .port = 53,
        .edns_size = 1232,
        .answer_udp_max = 1232,
        .max_ttl_s = 86400,
        .serve_stale = (mode & 8) != 0,
        .stale_client_timer_ms = (mode & 16) != 0 ? 0 : 1800,
        .stale_reply_ttl_s = 30,
        .prefetch = (mode & 32) != 0,
        .root_hints = delegation_pack(&hints, &arena),
    };
    struct cache_config config = {.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    cache_thread_begin();
    f.cache = cache_new(&config);
    if (f.cache != NULL && set.serve_stale) {
        cache_keep_ended(f.cache, 86400);
    }
    f.engine = engine_new(&set, f.cache, &rng.rng);
    CHECK(f.cache != NULL && f.engine != NULL && set.root_hints != NULL);
    for (unsigned i = 0; i < OPS_MAX && reader_left(&f.in) > 0; i++) {
        one_op(&f);
    }
    check_end(&f);
    engine_free(f.engine);
    cache_free(f.cache);
    cache_thread_end();
    arena_release(&arena);
    return 0;
}
