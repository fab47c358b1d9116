/*
 * play.c - the statements of a scenario, carried out
 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"
#include "expect.h"
#include "lab_net.h"
#include "mutants.h"

#define NAME_TEXT_MAX 256

static void on_clock(struct play *p, struct words *w)
{
    struct word t = words_take(w, "a time");
    int y, mo, d, h, mi, s;
    char text[32];

    snprintf(text, sizeof text, "%.*s", (int)t.len, t.text);
    if (sscanf(text, "%d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &s) != 6) {
        words_fail(w, "time as 2026-01-01T00:00:00Z expected");
    }
    int64_t a = (14 - mo) / 12, yy = y + 4800 - a, mm = mo + 12 * a - 3;
    int64_t days = d + (153 * mm + 2) / 5 + 365 * yy + yy / 4 - yy / 100 + yy / 400 - 32045 - 2440588;
    p->sim.now.wall_s = days * 86400 + h * 3600 + mi * 60 + s;
}

static bool set_switch(struct sim *s, struct words *w)
{
    struct {
        const char *name;
        bool *what;
    } switches[] = {{"case", &s->set.case_randomisation},
                    {"ipv4", &s->set.ipv4},
                    {"ipv6", &s->set.ipv6},
                    {"loopback", &s->set.query_loopback},
                    {"local", &s->set.local_zones},
                    {"prime", &s->prime},
                    {"prefetch", &s->set.prefetch},
                    {"sha1", &s->set.dnssec_policy.sha1},
                    {"aggressive", &s->set.aggressive}};

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        if (words_accept(w, switches[i].name)) {
            *switches[i].what = words_on(w);
            return true;
        }
    }
    return false;
}

static void on_set(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;

    if (set_switch(s, w)) {
        return;
    }
    if (words_accept(w, "minimise")) {
        s->set.minimise = words_accept(w, "relaxed")  ? MINIMISE_RELAXED
                          : words_accept(w, "strict") ? MINIMISE_STRICT
                                                      : (words_take(w, "off"), MINIMISE_OFF);
    } else if (words_accept(w, "dnssec")) {
        s->set.dnssec = words_accept(w, "validate")     ? DNSSEC_VALIDATE
                        : words_accept(w, "permissive") ? DNSSEC_PERMISSIVE
                                                        : (words_take(w, "off"), DNSSEC_OFF);
    } else if (words_accept(w, "stale")) {
        s->stale_max_age_s = (uint32_t)(words_time_us(w) / US_PER_S);
        s->set.serve_stale = true;
    } else if (words_accept(w, "stale-client-timer")) {
        s->set.stale_client_timer_ms = (uint32_t)(words_time_us(w) / US_PER_MS);
    } else if (words_accept(w, "seed")) {
        s->seed = words_number(w);
    } else if (words_accept(w, "rtt")) {
        s->hosts.delay_us = words_time_us(w);
    } else if (words_accept(w, "edns-size")) {
        s->set.edns_size = (uint16_t)words_number(w);
    } else if (words_accept(w, "max-ttl")) {
        s->set.max_ttl_s = s->cache_config.max_ttl_s = (uint32_t)words_number(w);
    } else if (words_accept(w, "min-ttl")) {
        s->cache_config.min_ttl_s = (uint32_t)words_number(w);
    } else if (words_accept(w, "max-negative-ttl")) {
        s->cache_config.max_negative_ttl_s = (uint32_t)words_number(w);
    } else if (words_accept(w, "cache-size")) {
        s->cache_config.size_bytes = words_number(w);
    } else if (words_accept(w, "own")) {
        s->own[s->set.own_count++] = words_addr(w);
    } else {
        words_fail(w, "no such setting");
    }
}

/* anchor ZONE [options]: the DS of its key is trusted, and validation is on */
static void on_anchor(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct dname_buf zone;
    char error[ANCHORS_ERROR_MAX], line[8192];
    struct text text = text_of(line, sizeof line);
    struct record ds;
    struct signing how = signing_usual(0);

    words_name(w, NULL, &zone);
    signing_read(w, &how);
    sign_ds(dname_of(&zone), &how, &ds);
    rr_print(dname_of(&zone), 3600, DNS_CLASS_IN, ds.type, ds.rdata, ds.len, &text);
    free(ds.rdata);
    if (!anchors_add_text(s->anchors, line, text.len, error)) {
        words_fail(w, "%s", error);
    }
    s->set.dnssec = s->set.dnssec == DNSSEC_OFF ? DNSSEC_VALIDATE : s->set.dnssec;
}

static void on_nta(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;

    words_name(w, NULL, &s->negative[s->set.negative_anchor_count++]);
}

/* forward|stub ZONE ADDR... [first] */
static void on_zone(struct play *p, struct words *w, enum delegation_kind kind)
{
    static struct delegation_builder b; /* big; one thread */
    struct dname_buf zone;
    struct sim *s = &p->sim;

    delegation_begin(&b, words_name(w, NULL, &zone), kind, 86400);
    while (words_more(w)) {
        if (words_accept(w, "first")) {
            b.flags = DELEGATION_FORWARD_FIRST;
            continue;
        }
        struct addr a = words_addr(w);
        delegation_add_addr(&b, -1, &a);
    }
    s->zones[s->set.zone_count++] = delegation_pack(&b, &s->arena);
}

/* NAME TYPE [cd] [do] [tcp] [trace] [cold] [no-edns] [size N] */
static void read_query(struct words *w, struct sim_query *q, struct dname_buf *name)
{
    *q = (struct sim_query){.name = words_name(w, NULL, name)};
    q->type = words_type(w);
    for (;;) {
        if (words_accept(w, "cd")) {
            q->cd = true;
        } else if (words_accept(w, "ad")) {
            q->ad = true;
        } else if (words_accept(w, "do")) {
            q->dnssec_ok = true;
        } else if (words_accept(w, "tcp")) {
            q->tcp = true;
        } else if (words_accept(w, "trace")) {
            q->flags |= QUERY_TRACE;
        } else if (words_accept(w, "cold")) {
            q->flags |= QUERY_COLD;
        } else if (words_accept(w, "no-edns")) {
            q->no_edns = true;
        } else if (words_accept(w, "size")) {
            q->size = (uint16_t)words_number(w);
        } else {
            return;
        }
    }
}

static void read_afterwards(struct play *p, struct words *w)
{
    while (words_more(w)) {
        if (words_accept(w, "sent")) {
            expect_sent(w, &p->sim, p->mark);
        } else if (words_accept(w, "asked")) {
            expect_asked(w, &p->sim, p->mark);
        } else {
            words_fail(w, "sent or asked expected");
        }
    }
}

static bool skip_rest(struct play *p, struct words *w)
{
    if (p->lenient) {
        w->at = w->st->count;
    }
    return p->lenient;
}

static void on_ask(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct sim_query q;
    struct dname_buf name;
    struct expectation e;

    read_query(w, &q, &name);
    p->mark = s->sent_count;
    size_t client = sim_ask(s, &q);
    sim_run_until(s, s->now.mono_us + 2 * SIM_CLIENT_LIMIT_US, client);
    if (skip_rest(p, w)) {
        return;
    }
    if (!words_accept(w, "expect")) {
        words_fail(w, "expect expected");
    }
    expect_read(w, &e);
    expect_client(w, s, &s->clients[client], &e);
    expect_free(&e);
    read_afterwards(p, w);
}

/* begin TAG NAME TYPE [...] [x N]: N clients ask at once; nothing is waited for */
static void on_begin(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct sim_query q;
    struct dname_buf name;
    struct word tag = words_take(w, "a tag");

    read_query(w, &q, &name);
    q.tag = tag;
    p->mark = s->sent_count;
    uint64_t times = words_accept(w, "x") ? words_number(w) : 1;
    for (uint64_t i = 0; i < times; i++) {
        sim_ask(s, &q);
    }
}

static bool tagged(const struct client *c, struct word tag)
{
    return c->tag.len == tag.len && tag.len > 0 && memcmp(c->tag.text, tag.text, tag.len) == 0;
}

/* end TAG expect ...: waits for the word of all of them; those answered must agree */
static void on_end(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct word tag = words_take(w, "a tag");
    struct expectation e;
    uint64_t answers = 0, drops = 0;

    for (size_t i = 0; i < s->client_count; i++) {
        if (tagged(&s->clients[i], tag) && !s->clients[i].gone) {
            sim_run_until(s, s->clients[i].asked_us + 2 * SIM_CLIENT_LIMIT_US, i);
        }
    }
    if (skip_rest(p, w)) {
        return;
    }
    if (!words_accept(w, "expect")) {
        words_fail(w, "expect expected");
    }
    expect_read(w, &e);
    for (size_t i = 0; i < s->client_count; i++) {
        const struct client *c = &s->clients[i];
        if (tagged(c, tag) && !c->gone) {
            answers += c->answers;
            drops += c->drops;
            if (c->drops == 0 || !e.drops_given) {
                expect_client(w, s, c, &e);
            }
        }
    }
    if ((e.answers_given && answers != e.answers) || (e.drops_given && drops != e.drops)) {
        words_fail(w, "%llu answers and %llu drops", (unsigned long long)answers, (unsigned long long)drops);
    }
    expect_free(&e);
    read_afterwards(p, w);
}

/* lab DIR: the servers and signed zones of a lab, its root trusted. DIR is relative to the scenario. */
static void on_lab(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct word dir = words_take(w, "a folder");
    const char *path = w->script->path, *end = strrchr(path, '/');
    char text[1000];

    snprintf(text, sizeof text, "%.*s%.*s", end != NULL ? (int)(end - path + 1) : 0, path, (int)dir.len, dir.text);
    s->hosts.lab = lab_net_open(text, s->now.wall_s);
    if (!lab_net_anchor(s->hosts.lab, s->anchors)) {
        words_fail(w, "no key of the root");
    }
    s->set.dnssec = s->set.dnssec == DNSSEC_OFF ? DNSSEC_VALIDATE : s->set.dnssec;
}

/* mutants lab|NAME TYPE... least N: see mutants.h. Once is enough. */
static void on_mutants(struct play *p, struct words *w)
{
    if (p->again || p->lenient) {
        sim_renew(&p->sim);
        w->at = w->st->count;
        return;
    }
    mutants_statement(&p->sim, w);
}

static void on_gone(struct play *p, struct words *w)
{
    struct word tag = words_take(w, "a tag");

    for (size_t i = 0; i < p->sim.client_count; i++) {
        if (tagged(&p->sim.clients[i], tag) && p->sim.clients[i].answers + p->sim.clients[i].drops == 0) {
            sim_gone(&p->sim, i);
        }
    }
}

/* load NAME TYPE every TIME for TIME: a % in the name becomes the number of the query */
static void on_load(struct play *p, struct words *w)
{
    struct sim *s = &p->sim;
    struct word pattern = words_take(w, "a name");
    struct sim_query q = {.type = words_type(w)};
    struct dname_buf name;

    p->mark = s->sent_count;
    if (!words_accept(w, "every")) {
        words_fail(w, "every expected");
    }
    uint64_t every_us = words_time_us(w);
    if (!words_accept(w, "for")) {
        words_fail(w, "for expected");
    }
    uint64_t count = words_time_us(w) / every_us;
    for (uint64_t n = 1; n <= count; n++) {
        char text[NAME_TEXT_MAX];
        size_t len = 0;
        for (size_t i = 0; i < pattern.len && len + 24 < sizeof text; i++) {
            if (pattern.text[i] == '%') {
                len += (size_t)snprintf(text + len, sizeof text - len, "%llu", (unsigned long long)n);
            } else {
                text[len++] = pattern.text[i];
            }
        }
        if (dname_scan(text, len, NULL, &name) != DNS_OK) {
            words_fail(w, "not a name");
        }
        q.name = dname_of(&name);
        sim_ask(s, &q);
        sim_run_until(s, s->now.mono_us + every_us, SIZE_MAX);
    }
}

static void on_pass(struct play *p, struct words *w)
{
    uint64_t us = words_time_us(w);

    p->mark = p->sim.sent_count;
    sim_run_until(&p->sim, p->sim.now.mono_us + us, SIZE_MAX);
}

/* step [back] TIME: somebody sets the wall clock */
static void on_step(struct play *p, struct words *w)
{
    bool back = words_accept(w, "back");
    int64_t s = (int64_t)(words_time_us(w) / US_PER_S);

    p->sim.now.wall_s += back ? -s : s;
}

/* suspend TIME: the host stands still, and what has arrived meanwhile is read before time is seen to have passed */
static void on_suspend(struct play *p, struct words *w)
{
    sim_suspend(&p->sim, words_time_us(w));
}

static void on_start(struct play *p, struct words *w)
{
    (void)w;
    sim_begin(&p->sim);
    sim_start(&p->sim);
}

static void on_mark(struct play *p, struct words *w)
{
    (void)w;
    p->mark = p->sim.sent_count;
}

static bool is_check(struct word what)
{
    return word_is(what, "sent") || word_is(what, "asked") || word_is(what, "cache") || word_is(what, "infra") ||
           word_is(what, "counter") || word_is(what, "journal");
}

typedef void statement_function(struct play *p, struct words *w);

static void on_server(struct play *p, struct words *w)
{
    hosts_statement(&p->sim.hosts, w);
}

static void on_forward(struct play *p, struct words *w)
{
    on_zone(p, w, DELEGATION_FORWARD);
}

static void on_stub(struct play *p, struct words *w)
{
    on_zone(p, w, DELEGATION_STUB);
}

static void on_sent(struct play *p, struct words *w)
{
    expect_sent(w, &p->sim, p->mark);
}

static void on_asked(struct play *p, struct words *w)
{
    expect_asked(w, &p->sim, p->mark);
}

static void on_cache(struct play *p, struct words *w)
{
    expect_cache(w, &p->sim);
}

static void on_infra(struct play *p, struct words *w)
{
    expect_infra(w, &p->sim);
}

static void on_journal(struct play *p, struct words *w)
{
    expect_journal(w, &p->sim);
}

static void on_counter(struct play *p, struct words *w)
{
    expect_counter(w, &p->sim);
}

static void play_statement(struct play *p, struct words *w)
{
    static const struct {
        const char *word;
        statement_function *carry_out;
    } statements[] = {
        {"server", on_server},   {"ask", on_ask},         {"begin", on_begin},     {"end", on_end},
        {"lab", on_lab},         {"mutants", on_mutants}, {"gone", on_gone},       {"load", on_load},
        {"pass", on_pass},       {"mark", on_mark},       {"start", on_start},     {"step", on_step},
        {"suspend", on_suspend}, {"sent", on_sent},       {"asked", on_asked},     {"cache", on_cache},
        {"infra", on_infra},     {"journal", on_journal}, {"counter", on_counter}, {"clock", on_clock},
        {"set", on_set},         {"anchor", on_anchor},   {"nta", on_nta},         {"forward", on_forward},
        {"stub", on_stub},
    };
    size_t i = 0;

    if (is_check(words_peek(w)) && skip_rest(p, w)) {
        return;
    }
    p->sim.hosts.now_s = p->sim.now.wall_s;
    while (i < sizeof statements / sizeof statements[0] && !words_accept(w, statements[i].word)) {
        i++;
    }
    if (i == sizeof statements / sizeof statements[0]) {
        struct word bad = words_peek(w);
        words_fail(w, "no such statement: %.*s", (int)bad.len, bad.text);
    }
    statements[i].carry_out(p, w);
    if (words_more(w)) {
        struct word bad = words_peek(w);
        words_fail(w, "not understood: %.*s", (int)bad.len, bad.text);
    }
}

static void count_row(void *arg, const struct engine_inflight *row)
{
    (void)row;
    ++*(size_t *)arg;
}

/* The invariants of engine.h that hold whatever the scenario is about. */
static void check_invariants(struct play *p, const struct words *w)
{
    struct sim *s = &p->sim;
    size_t jobs = 0;

    sim_begin(s);
    if (!sim_run_idle(s)) {
        words_fail(w, "invariant 5: something goes on for ever");
    }
    for (size_t i = 0; i < s->client_count; i++) {
        const struct client *c = &s->clients[i];
        if (c->gone) {
            continue;
        }
        if (c->answers + c->drops != 1) {
            words_fail(w, "invariant 1: client %zu got %u answers", i + 1, c->answers + c->drops);
        }
        if (c->answered_us - c->asked_us > SIM_CLIENT_LIMIT_US && c->asked_us >= s->stood_until_us) {
            words_fail(w, "invariant 1: client %zu waited too long", i + 1);
        }
    }
    engine_inflight(s->engine, s->now, count_row, &jobs);
    if (jobs != 0 || s->open_count != 0) {
        words_fail(w, "invariant 5: %zu jobs and %zu exchanges are left", jobs, s->open_count);
    }
    if (!cache_check(s->cache)) {
        words_fail(w, "the cache's counters do not agree with its contents");
    }
}

void play_script(const struct script *script, struct play *p)
{
    struct words w = {.script = script};

    sim_init(&p->sim);
    p->mark = 0;
    if (p->prepare != NULL) {
        p->prepare(p, p->arg);
    }
    for (size_t i = 0; i < script->count; i++) {
        w.st = &script->statements[i];
        w.at = 0;
        play_statement(p, &w);
    }
    check_invariants(p, &w);
}
