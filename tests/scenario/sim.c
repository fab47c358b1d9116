/*
 * sim.c - the host of an engine in virtual time
 */
#include "sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "dns/build.h"
#include "dns/text.h"
#include "dns/types.h"
#include "lab_net.h"
#include "resolver/engine/core.h"
#include "resolver/engine/journal.h"
#include "resolver/engine/request.h"

#define START_US UINT64_C(1000000000) /* of the monotonic clock: its zero means nothing */

struct flight {
    uint64_t at_us, serial;
    struct exchange_id to;
    enum event_kind kind;
    enum unreachable why;
    bool tcp;
    size_t len;
    uint8_t *data;
};

static void *grown(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return p;
    }
    *cap = need * 2 + 16;
    p = realloc(p, *cap * size);
    if (p == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
    return p;
}

void sim_init(struct sim *s)
{
    memset(s, 0, sizeof *s);
    s->set = (struct engine_settings){
        .minimise = MINIMISE_RELAXED,
        .case_randomisation = true,
        .ipv4 = true,
        .ipv6 = true,
        .local_zones = false, /* test. and example. are used throughout */
        .port = 53,
        .edns_size = DNS_UDP_EDNS,
        .answer_udp_max = DNS_UDP_EDNS,
        .stale_client_timer_ms = 1800,
        .stale_reply_ttl_s = 30,
        .max_ttl_s = 86400,
        .zones = s->zones,
        .own = s->own,
    };
    s->cache_config = (struct cache_config){
        .size_bytes = 8 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600, .hash_key = {1, 2, 3}};
    s->anchors = anchors_new();
    s->set.anchors = s->anchors;
    s->set.negative_anchors = s->negative;
    s->set.dnssec_policy.sha1 = true;
    s->seed = 1;
    s->hosts.delay_us = 10000;
    s->now = (struct now){.mono_us = START_US, .wall_s = 1767225600};
    arena_init(&s->arena, NULL, 0, 16 << 20);
    arena_init(&s->check_arena, NULL, 0, 16 << 20);
}

/* The root's servers: as the scenario says, or every server that has a root zone. */
static void make_hints(struct sim *s)
{
    static struct delegation_builder b; /* big; one thread */

    delegation_begin(&b, dname_root(), DELEGATION_HINTS, 86400);
    for (size_t i = 0; i < s->hosts.count; i++) {
        const struct host *h = s->hosts.host[i];
        char text[32];
        struct dname_buf ns;
        for (size_t z = 0; z < h->zones; z++) {
            if (dname_is_root(zone_origin(h->zone[z]))) {
                int n = snprintf(text, sizeof text, "root%zu.hints.", i + 1);
                dname_scan(text, (size_t)n, NULL, &ns);
                struct addr a = h->addr;
                a.port = 0;
                delegation_add_addr(&b, delegation_add_ns(&b, dname_of(&ns)), &a);
            }
        }
    }
    if (s->hosts.lab != NULL) {
        lab_net_hints(s->hosts.lab, &b);
    }
    s->root_hints = delegation_pack(&b, &s->arena);
    s->set.root_hints = s->root_hints;
}

void sim_begin(struct sim *s)
{
    if (s->engine != NULL) {
        return;
    }
    if (s->root_hints == NULL) {
        make_hints(s);
    }
    rng_seeded_init(&s->rng, s->seed);
    rng_seeded_init(&s->net_rng, s->seed ^ 0x5eed);
    s->cache = cache_new(&s->cache_config);
    s->engine = engine_new(&s->set, s->cache, &s->rng.rng);
    if (s->engine != NULL) {
        engine_leave_checks(s->engine);
    }
    s->begun_us = s->now.mono_us;
    if (s->cache != NULL) {
        cache_keep_ended(s->cache, s->stale_max_age_s);
    }
    if (s->cache == NULL || s->engine == NULL) {
        exit(2);
    }
    if (!s->prime && s->root_hints->addr_count > 0) {
        struct cache_origin origin = {.rank = RANK_AUTH_ANSWER};
        struct delegation *primed = malloc(s->root_hints->size_bytes);
        if (primed == NULL) {
            exit(2);
        }
        memcpy(primed, s->root_hints, s->root_hints->size_bytes);
        primed->kind = DELEGATION_PRIMED;
        cache_put_delegation(s->cache, primed, &origin, s->now);
        free(primed);
    }
}

static void note(struct sim *s, const void *data, size_t n)
{
    s->transcript = grown(s->transcript, &s->transcript_cap, s->transcript_len + n, 1);
    memcpy(s->transcript + s->transcript_len, data, n);
    s->transcript_len += n;
}

static void fly(struct sim *s, const struct flight *f, const uint8_t *data)
{
    s->flights = grown(s->flights, &s->flight_cap, s->flight_count + 1, sizeof *s->flights);
    struct flight *mine = &s->flights[s->flight_count++];
    *mine = *f;
    mine->serial = s->flight_serial++;
    mine->data = NULL;
    if (f->len > 0) {
        mine->data = malloc(f->len);
        if (mine->data == NULL) {
            exit(2);
        }
        memcpy(mine->data, data, f->len);
    }
}

static void log_sent(struct sim *s, const struct action *a)
{
    struct dns_msg m;

    if (dns_query_parse(a->wire, a->len, &m) != DNS_OK || (m.flags & DNS_FLAG_QR) != 0) {
        fprintf(stderr, "the engine sent a malformed question\n");
        exit(1);
    }
    s->sent = grown(s->sent, &s->sent_cap, s->sent_count + 1, sizeof *s->sent);
    struct sent *one = &s->sent[s->sent_count++];
    *one = (struct sent){.to = a->to,
                         .tcp = a->tcp,
                         .edns = m.edns.present,
                         .qtype = m.qtype,
                         .flags = m.flags,
                         .at_us = s->now.mono_us};
    dname_lower(m.qname, &one->qname);
}

static void open_exchange(struct sim *s, struct exchange_id id, bool open)
{
    if (id.index >= s->open_cap) {
        size_t cap = s->open_cap;
        s->open = grown(s->open, &s->open_cap, id.index + 1u, sizeof *s->open);
        s->generation = realloc(s->generation, s->open_cap * sizeof *s->generation);
        memset(s->open + cap, 0, (s->open_cap - cap) * sizeof *s->open);
    }
    if (s->open[id.index] == open || (!open && s->generation[id.index] != id.generation)) {
        fprintf(stderr, "exchange %u/%u is %s twice\n", id.index, id.generation, open ? "opened" : "cancelled");
        exit(1);
    }
    s->open[id.index] = open;
    s->generation[id.index] = id.generation;
    s->open_count += open ? 1 : -(size_t)1;
    if (s->open_count > s->open_most) {
        s->open_most = s->open_count;
    }
}

static bool react(struct sim *s, const struct action *a, struct reaction *r)
{
    struct host *h = hosts_find(&s->hosts, &a->to);
    const struct tamper *t = s->hosts.tamper;

    if (h != NULL) {
        host_react(&s->hosts, h, a->wire, a->len, a->tcp, s->now.mono_us - s->begun_us, &s->net_rng.rng, r);
    } else if (s->hosts.lab == NULL ||
               !lab_net_react(s->hosts.lab, &a->to, a->wire, a->len, a->tcp, &s->net_rng.rng, r)) {
        return false;
    }
    for (unsigned i = 0; t != NULL && r->conduct == CONDUCT_ANSWER && i < r->packets; i++) {
        t->reply(t->arg, r->packet[i].data, &r->packet[i].len);
    }
    return true;
}

static void carry(struct sim *s, const struct action *a)
{
    static struct reaction r; /* big; one thread */
    struct flight f = {.to = a->exchange, .kind = EV_REPLY, .tcp = a->tcp};

    log_sent(s, a);
    open_exchange(s, a->exchange, true);
    if (!react(s, a, &r)) {
        return; /* nobody there, and no router that says so */
    }
    f.at_us = s->now.mono_us + r.delay_us;
    switch (r.conduct) {
    case CONDUCT_SILENT:
        return;
    case CONDUCT_ICMP:
    case CONDUCT_CLOSED:
    case CONDUCT_LOCAL:
        if (r.conduct == CONDUCT_CLOSED && !a->tcp) {
            return; /* datagrams have no connection that could end */
        }
        f.kind = EV_UNREACHABLE;
        f.why = r.conduct == CONDUCT_ICMP    ? UNREACHABLE_ICMP
                : r.conduct == CONDUCT_LOCAL ? UNREACHABLE_LOCAL
                                             : UNREACHABLE_CLOSED;
        if (r.conduct == CONDUCT_LOCAL) {
            f.at_us = s->now.mono_us;
        }
        fly(s, &f, NULL);
        return;
    case CONDUCT_ANSWER:
        break;
    }
    for (unsigned i = 0; i < r.packets; i++) {
        f.at_us = s->now.mono_us + r.delay_us + r.packet[i].later_us;
        f.len = r.packet[i].len;
        fly(s, &f, r.packet[i].data);
    }
}

/* "send 192.0.2.1:53 www.test. A" and the like; depth as leading dots. */
static char *journal_text(const struct journal *journal)
{
    size_t cap = 64 * 1024;
    char *buf = malloc(cap);
    if (buf == NULL) {
        exit(2);
    }
    struct text t = text_of(buf, cap);
    for (unsigned i = 0; i < journal->count; i++) {
        const struct journal_event *ev = journal_at(journal, i);
        char to[ADDR_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
        text_addf(&t, "%.*s%s ", ev->depth, ".......", journal_kind_name((enum journal_kind)ev->kind));
        if (ev->server.family != ADDR_NONE) {
            addr_print(&ev->server, to);
            text_addf(&t, "%s ", to);
        }
        text_name(&t, ev->name);
        text_addf(&t, " %s\n", dns_type_text(ev->type, type));
    }
    return buf;
}

static void take_word(struct sim *s, const struct action *a)
{
    size_t i = (size_t)a->client.id - 1;

    if (i >= s->client_count || s->clients[i].answers + s->clients[i].drops != 0 || s->clients[i].gone) {
        fprintf(stderr, "a client got two answers, or one after it left\n");
        exit(1);
    }
    struct client *c = &s->clients[i];
    c->answered_us = s->now.mono_us;
    if (a->kind == ACT_DROP) {
        c->drops++;
        if (s->watch.answered != NULL) {
            s->watch.answered(s->watch.arg, s, c);
        }
        return;
    }
    c->answers++;
    c->rcode = a->rcode;
    c->failure = a->failure;
    c->len = a->len;
    c->wire = malloc(a->len);
    if (c->wire == NULL) {
        exit(2);
    }
    memcpy(c->wire, a->wire, a->len);
    if (a->journal != NULL) {
        c->journal = journal_text(a->journal);
    }
    if (s->watch.answered != NULL) {
        s->watch.answered(s->watch.arg, s, c);
    }
}

/* The engine at work: the only time at which memory may be made to fail. */
static void push(struct sim *s, const struct event *ev)
{
    alloc_arm(true);
    engine_push(s->engine, ev, s->now);
    alloc_arm(false);
}

static bool pull(struct sim *s, struct action *a)
{
    alloc_arm(true);
    bool some = engine_pull(s->engine, a);
    alloc_arm(false);
    return some;
}

static void make_check(struct sim *s, struct engine_check *check)
{
    struct event ev = {.kind = EV_CHECKED, .check = check};

    alloc_arm(true);
    engine_check_run(s->engine, check);
    alloc_arm(false);
    push(s, &ev);
}

static void drain(struct sim *s)
{
    struct action a;

    while (pull(s, &a)) {
        uint64_t head[] = {a.kind,      a.exchange.index, a.exchange.generation, a.tcp,
                           a.client.id, a.rcode,          s->now.mono_us};
        note(s, head, sizeof head);
        note(s, &a.to, sizeof a.to);
        if (a.len > 0) {
            note(s, a.wire, a.len);
        }
        switch (a.kind) {
        case ACT_SEND:
            carry(s, &a);
            break;
        case ACT_CANCEL:
            open_exchange(s, a.exchange, false);
            break;
        case ACT_ANSWER:
        case ACT_DROP:
            take_word(s, &a);
            break;
        case ACT_CHECK:
            make_check(s, a.check);
            break;
        }
    }
    cache_quiescent();
    if (s->watch.drained != NULL) {
        s->watch.drained(s->watch.arg, s);
    }
}

size_t sim_ask(struct sim *s, const struct sim_query *q)
{
    struct build b;
    uint8_t wire[512];
    struct dns_msg m;
    struct request request;

    sim_begin(s);
    s->clients = grown(s->clients, &s->client_cap, s->client_count + 1, sizeof *s->clients);
    struct client *c = &s->clients[s->client_count++];
    *c = (struct client){.tag = q->tag,
                         .asked_us = s->now.mono_us,
                         .type = q->type,
                         .cd = q->cd,
                         .dnssec_ok = q->dnssec_ok && !q->no_edns,
                         .tcp = q->tcp,
                         .flags = q->flags};
    dname_copy(q->name, &c->name);
    uint16_t flags = DNS_FLAG_RD | (q->cd ? DNS_FLAG_CD : 0) | (q->ad ? DNS_FLAG_AD : 0);
    struct edns_out opt = {.udp_size = q->size != 0 ? q->size : 1232, .dnssec_ok = q->dnssec_ok, .ede = DNS_EDE_NONE};
    build_init(&b, wire, sizeof wire, (uint16_t)s->client_count, flags, edns_size(&opt));
    build_question(&b, q->name, q->type, DNS_CLASS_IN);
    size_t len = build_finish(&b, q->no_edns ? NULL : &opt);
    if (dns_query_parse(wire, len, &m) != DNS_OK) {
        fprintf(stderr, "malformed query\n");
        exit(1);
    }
    request_from_query(&request, &m, q->tcp, s->set.answer_udp_max);
    struct event ev = {.kind = EV_QUERY};
    ev.query.request = &request;
    ev.query.client.id = s->client_count;
    ev.query.flags = q->flags;
    push(s, &ev);
    drain(s);
    return s->client_count - 1;
}

void sim_start(struct sim *s)
{
    engine_start(s->engine, s->now);
    drain(s);
}

void sim_gone(struct sim *s, size_t client)
{
    struct event ev = {.kind = EV_GONE};

    ev.gone = client + 1;
    s->clients[client].gone = true;
    push(s, &ev);
    drain(s);
}

static struct flight *next_flight(struct sim *s)
{
    struct flight *best = NULL;

    for (size_t i = 0; i < s->flight_count; i++) {
        struct flight *f = &s->flights[i];
        if (best == NULL || f->at_us < best->at_us || (f->at_us == best->at_us && f->serial < best->serial)) {
            best = f;
        }
    }
    return best;
}

static void move_to(struct sim *s, uint64_t at_us)
{
    if (at_us > s->now.mono_us) {
        uint64_t seconds = (at_us - START_US) / US_PER_S - (s->now.mono_us - START_US) / US_PER_S;
        s->now.mono_us = at_us;
        s->now.wall_s += (int64_t)seconds;
    }
}

static void land(struct sim *s, struct flight *f)
{
    struct flight mine = *f;
    struct event ev = {.kind = mine.kind, .exchange = mine.to};

    *f = s->flights[--s->flight_count];
    if (mine.kind == EV_REPLY) {
        if (s->watch.arrives != NULL) {
            s->watch.arrives(s->watch.arg, s, mine.data, mine.len);
        }
        ev.reply.data = mine.data;
        ev.reply.len = mine.len;
        ev.reply.new_connection = mine.tcp;
    } else {
        ev.unreachable = mine.why;
    }
    push(s, &ev); /* also when the exchange is over: that must change nothing (invariant 3) */
    free(mine.data);
    drain(s);
}

static bool has_word(const struct sim *s, size_t client)
{
    return client != SIZE_MAX && s->clients[client].answers + s->clients[client].drops > 0;
}

/* One thing happens, if any does before the moment. */
static bool happen(struct sim *s, uint64_t until_us)
{
    struct flight *f = next_flight(s);
    uint64_t due = engine_deadline(s->engine);

    if (f != NULL && f->at_us <= due && f->at_us <= until_us) {
        move_to(s, f->at_us);
        land(s, f);
        return true;
    }
    if (due <= until_us && due != UINT64_MAX) {
        move_to(s, due);
        push(s, NULL);
        drain(s);
        if (engine_deadline(s->engine) == due) {
            fprintf(stderr, "the engine's deadline does not move on\n");
            exit(1);
        }
        return true;
    }
    return false;
}

void sim_run_until(struct sim *s, uint64_t until_us, size_t client)
{
    sim_begin(s);
    while (!has_word(s, client) && happen(s, until_us)) {
    }
    if (!has_word(s, client)) {
        move_to(s, until_us);
    }
}

void sim_suspend(struct sim *s, uint64_t us)
{
    sim_begin(s);
    uint64_t end_us = s->now.mono_us + us;

    s->stood_until_us = end_us;
    move_to(s, end_us);
    for (struct flight *f; (f = next_flight(s)) != NULL && f->at_us <= end_us;) {
        land(s, f);
    }
    sim_run_until(s, end_us, SIZE_MAX);
}

bool sim_run_idle(struct sim *s)
{
    uint64_t until_us = s->now.mono_us + 3600 * US_PER_S;

    while (happen(s, until_us)) {
    }
    return s->flight_count == 0 && engine_deadline(s->engine) == UINT64_MAX;
}

/* Signatures that were good and keys that were parsed pass from one engine to the next: what is remembered is no less
 * to be trusted than what is computed, and much cheaper. */
static void pass_on(struct engine *from, struct engine *to)
{
    struct dnssec_seen *seen = to->seen;
    struct keyring *keyring = to->keyring;

    to->seen = from->seen;
    to->keyring = from->keyring;
    from->seen = seen;
    from->keyring = keyring;
}

static void forget_clients(struct sim *s)
{
    while (s->flight_count > 0) {
        free(s->flights[--s->flight_count].data);
    }
    while (s->client_count > 0) {
        free(s->clients[--s->client_count].wire);
        free(s->clients[s->client_count].journal);
    }
    s->sent_count = 0;
    s->open_count = 0;
    s->transcript_len = 0;
    if (s->open_cap > 0) {
        memset(s->open, 0, s->open_cap * sizeof *s->open);
    }
}

void sim_renew(struct sim *s)
{
    struct engine *engine = s->engine;

    forget_clients(s);
    cache_free(s->cache);
    s->engine = NULL;
    s->cache = NULL;
    arena_clear(&s->check_arena);
    sim_begin(s);
    if (engine != NULL) {
        pass_on(engine, s->engine);
        engine_free(engine);
    }
}

void sim_release(struct sim *s)
{
    anchors_free(s->anchors);
    engine_free(s->engine);
    cache_free(s->cache);
    hosts_free(&s->hosts);
    arena_release(&s->arena);
    arena_release(&s->check_arena);
    free(s->transcript);
    for (size_t i = 0; i < s->flight_count; i++) {
        free(s->flights[i].data);
    }
    for (size_t i = 0; i < s->client_count; i++) {
        free(s->clients[i].wire);
        free(s->clients[i].journal);
    }
    free(s->flights);
    free(s->clients);
    free(s->sent);
    free(s->open);
    free(s->generation);
}
