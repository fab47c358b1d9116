/*
 * fake_server.h - a made-up server for the tests of the control socket
 *
 * A real cache with an entry of each kind, counters with known values, and a place where replies are gathered.
 */
#ifndef RAIZ_TESTS_FAKE_SERVER_H
#define RAIZ_TESTS_FAKE_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/text.h"
#include "resolver/control/control.h"

#define REPLY_MAX (4 * 1024 * 1024)

struct fake {
    unsigned log_level;
    char set[100];
    bool watched;
    size_t unsent;
    struct world world;
    const struct control_reload *reload;
    const struct control_load *load;
    struct settings settings;
    struct addr listen[2];
    struct cache *cache;
    struct now now;
    struct front_counters front[2];
    struct engine_counters engine[2];
    struct limited limited[2];
    struct control *control;
    struct control_session *session;
    char *reply; /* all that was written to the session */
    size_t reply_len, largest_burst;
    unsigned closed, stopped, inflight_asked;
    unsigned recall_asked;
    enum recall_which recall_which;
    struct dname_buf recall_name;
    uint16_t recall_type;
    bool trace_refused;
    bool no_trust;        /* neither anchors nor negative ones */
    struct dname_buf nta; /* added last */
    uint32_t nta_for_s;
    bool nta_force;
    char nta_reason[64];
    const char *nta_wrong;
    struct request traced;
    unsigned trace_flags;
};

static inline const struct world *fake_world(void *server)
{
    return &((struct fake *)server)->world;
}

static inline struct now fake_now(void *server)
{
    return ((struct fake *)server)->now;
}

static inline uint64_t fake_started(void *server)
{
    (void)server;
    return 1700000000;
}

static inline const struct engine_counters *fake_engine(void *server, unsigned worker)
{
    return &((struct fake *)server)->engine[worker];
}

static inline struct limited *fake_limited(void *server, unsigned worker)
{
    return &((struct fake *)server)->limited[worker];
}

static inline const struct front_counters *fake_front(void *server, unsigned worker)
{
    return &((struct fake *)server)->front[worker];
}

static inline const struct tally *fake_tally(void *server, unsigned worker)
{
    static struct tally none,
        some = {.answers.sum_us = 1500000, .answers.bucket[2] = 3, .failed[FAIL_NO_REACHABLE] = 2};
    (void)server;
    return worker == 1 ? &some : &none;
}

static inline const struct histogram *fake_rtts(void *server, unsigned worker)
{
    return &fake_tally(server, worker)->answers;
}

static inline bool fake_extra(void *server, unsigned index, const char **name, uint64_t *value)
{
    (void)server;
    *name = "tcp_connections";
    *value = 7;
    return index == 0;
}

static inline void fake_inflight(void *server, struct control_session *session)
{
    (void)session;
    ((struct fake *)server)->inflight_asked++;
}

static inline void fake_recall(void *server, struct control_session *session, enum recall_which which,
                               struct dname name, uint16_t type)
{
    struct fake *f = server;
    (void)session;
    f->recall_asked++;
    f->recall_which = which;
    dname_copy(name, &f->recall_name);
    f->recall_type = type;
}

static inline bool fake_trace(void *server, struct control_session *session, const struct request *request,
                              unsigned flags)
{
    (void)session;
    struct fake *f = server;
    f->traced = *request;
    f->trace_flags = flags;
    return !f->trace_refused;
}

static inline struct dname name_of(const char *text, struct dname_buf *buf);

static inline bool fake_watch(void *server, bool on)
{
    struct fake *f = server;
    f->watched = on;
    return true;
}

static inline size_t fake_unsent(void *server, struct control_session *session)
{
    (void)session;
    return ((struct fake *)server)->unsent;
}

static inline bool fake_nta_row(void *server, size_t i, struct control_nta *out)
{
    static struct dname_buf broken;
    struct fake *f = server;
    if (f->no_trust || i > 1) {
        return false;
    }
    *out = (struct control_nta){.name = name_of("broken.example.", &broken), .reason = "why \"not\""};
    if (i == 0) {
        out->since_s = 1700000000;
        out->until_s = 1700003600;
        out->probe_s = 1700000300;
    } else {
        out->configured = true;
    }
    return true;
}

static inline bool fake_anchor_row(void *server, size_t i, struct control_anchor *out)
{
    struct fake *f = server;
    if (f->no_trust || i > 1) {
        return false;
    }
    *out = (struct control_anchor){.zone = dname_root(), .type = DNS_TYPE_DS, .tag = 20326, .algorithm = 8};
    out->state = i == 0 ? "CONFIGURED" : "VALID";
    if (i == 1) {
        out->type = DNS_TYPE_DNSKEY;
        out->since_s = 1700000000;
        out->refreshed_s = 1700000001;
        out->next_s = 1700086400;
    }
    return true;
}

static inline const char *fake_nta_add(void *server, struct dname name, uint32_t for_s, bool force, const char *reason)
{
    struct fake *f = server;
    dname_copy(name, &f->nta);
    f->nta_for_s = for_s;
    f->nta_force = force;
    snprintf(f->nta_reason, sizeof f->nta_reason, "%s", reason != NULL ? reason : "(none)");
    return f->nta_wrong;
}

static inline bool fake_nta_remove(void *server, struct dname name)
{
    struct dname_buf broken;
    (void)server;
    return dname_equal(name, name_of("broken.example.", &broken));
}

/* Refuses, or succeeds at once, as the test says. */
static inline bool fake_reload(void *server, struct control_session *session)
{
    struct fake *f = server;
    if (f->reload == NULL) {
        return false;
    }
    control_reloaded(f->control, session, f->reload);
    return true;
}

static inline const char *fake_set(void *server, struct control_session *session, const char *key, const char *value)
{
    struct fake *f = server;
    snprintf(f->set, sizeof f->set, "%s=%s", key, value != NULL ? value : "(none)");
    control_reloaded(f->control, session,
                     &(struct control_reload){.ok = true, .changed = key, .opened = "", .closed = "", .restart = ""});
    return NULL;
}

static inline const char *fake_log_rotate(void *server)
{
    struct fake *f = server;
    return f->log_level == LOG_DEBUG ? NULL : "there is no query log";
}

static inline unsigned fake_log_level(void *server, int level)
{
    struct fake *f = server;
    f->log_level = level >= 0 ? (unsigned)level : f->log_level;
    return f->log_level;
}

static inline void fake_stop(void *server)
{
    ((struct fake *)server)->stopped++;
}

static inline const char *fake_load(void *server, struct control_session *session)
{
    struct fake *f = server;
    if (f->load == NULL) {
        return "the cache is being restored";
    }
    control_loaded(f->control, session, f->load);
    control_loaded(f->control, session, f->load); /* nobody waits any more */
    return NULL;
}

static inline const char *fake_save(void *server)
{
    return ((struct fake *)server)->stopped++ == 0 ? NULL : "it is being saved already";
}

static inline void fake_reply(void *server, struct control_session *session, const char *data, size_t n)
{
    struct fake *f = server;
    assert_ptr_equal(session, f->session);
    assert_true(f->reply_len + n < REPLY_MAX);
    assert_int_equal(data[n - 1], '\n');
    memcpy(f->reply + f->reply_len, data, n);
    f->reply_len += n;
    f->reply[f->reply_len] = '\0';
}

static inline void fake_close(void *server, struct control_session *session)
{
    (void)session;
    ((struct fake *)server)->closed++;
}

static inline struct dname name_of(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

/* Puts an RRset of records given as text. */
static inline void put(struct fake *f, const char *owner, uint16_t type, uint32_t ttl_s, const char *const *records,
                       const char *server, enum cache_rank rank)
{
    struct arena arena;
    struct rdata_ref refs[8];
    uint8_t wire[8][600];
    struct dname_buf name;
    struct rrset *set;
    uint16_t n = 0;
    arena_init(&arena, NULL, 0, 1 << 20);
    for (; records[n] != NULL; n++) {
        struct writer w = writer_of(wire[n], sizeof wire[n]);
        struct scan_error error;
        assert_int_equal(rdata_scan_line(type, records[n], strlen(records[n]), dname_root(), &w, &error), DNS_OK);
        refs[n] = (struct rdata_ref){.data = wire[n], .len = (uint16_t)w.pos};
    }
    assert_int_equal(rrset_make(name_of(owner, &name), type, ttl_s, refs, n, &arena, &set), DNS_OK);
    struct cache_origin origin = {.rank = rank, .zone_labels = 1};
    if (server != NULL) {
        assert_true(addr_scan(server, 53, &origin.server));
    }
    assert_int_equal(cache_put_rrset(f->cache, set, &origin, f->now), CACHE_STORED);
    arena_release(&arena);
}

static inline struct rrset *soa_of(struct arena *arena)
{
    static const char text[] = "ns.example. admin.example. 1 3600 600 86400 300";
    uint8_t wire[100];
    struct writer w = writer_of(wire, sizeof wire);
    struct scan_error error;
    struct dname_buf zone;
    struct rrset *set;
    assert_int_equal(rdata_scan_line(DNS_TYPE_SOA, text, strlen(text), dname_root(), &w, &error), DNS_OK);
    struct rdata_ref ref = {.data = wire, .len = (uint16_t)w.pos};
    assert_int_equal(rrset_make(name_of("example.", &zone), DNS_TYPE_SOA, 3600, &ref, 1, arena, &set), DNS_OK);
    return set;
}

static inline void fill_cache(struct fake *f)
{
    static const char *const a[] = {"192.0.2.7", "192.0.2.8", NULL}, *const mx[] = {"10 mail.example.", NULL},
                             *const txt[] = {"\"say \\\"hi\\\" \\\\ \\009\\255 \\195\\164\"", NULL};
    struct arena arena;
    struct dname_buf b;
    struct cache_origin origin = {.rank = RANK_AUTH_AUTHORITY, .zone_labels = 1};
    put(f, "www.example.", DNS_TYPE_A, 3600, a, "192.0.2.1", RANK_AUTH_ANSWER);
    put(f, "example.", DNS_TYPE_MX, 300, mx, "[2001:db8::53]:5353", RANK_AUTH_ANSWER);
    put(f, "we\\000ird\\\"\\\\.example.", DNS_TYPE_TXT, 60, txt, NULL, RANK_NONAUTH_ANSWER);
    arena_init(&arena, NULL, 0, 1 << 20);
    struct rrset *soa = soa_of(&arena);
    assert_true(addr_scan("192.0.2.1", 53, &origin.server));
    assert_int_equal(
        cache_put_nodata(f->cache, name_of("www.example.", &b), DNS_TYPE_AAAA, 300, soa, NULL, 0, &origin, f->now),
        CACHE_STORED);
    assert_int_equal(cache_put_nxdomain(f->cache, name_of("gone.example.", &b), 300, soa, NULL, 0, &origin, f->now),
                     CACHE_STORED);
    arena_release(&arena);
    assert_int_equal(
        cache_put_failure(f->cache, name_of("dead.example.", &b), DNS_TYPE_A, FAIL_NO_REACHABLE, 0, f->now), 5);
    struct delegation_builder d;
    delegation_begin(&d, name_of("example.", &b), DELEGATION_REFERRAL, 172800);
    int ns = delegation_add_ns(&d, name_of("ns.example.", &b));
    struct addr glue;
    assert_true(addr_scan("192.0.2.1", 0, &glue));
    assert_true(delegation_add_addr(&d, ns, &glue));
    assert_true(addr_scan("2001:db8::1", 0, &glue));
    assert_true(delegation_add_addr(&d, ns, &glue));
    arena_init(&arena, NULL, 0, 1 << 20);
    struct delegation *cut = delegation_pack(&d, &arena);
    origin = (struct cache_origin){.rank = RANK_NONAUTH_AUTHORITY, .zone_labels = 0};
    assert_true(addr_scan("198.41.0.4", 53, &origin.server));
    assert_int_equal(cache_put_delegation(f->cache, cut, &origin, f->now), CACHE_STORED);
    arena_release(&arena);
}

/* What the control code may call. */
static inline struct control_server fake_ops(struct fake *f)
{
    return (struct control_server){
        .server = f,
        .workers = 2,
        .cache = f->cache,
        .world = fake_world,
        .now = fake_now,
        .started_wall_s = fake_started,
        .engine_counters = fake_engine,
        .front_counters = fake_front,
        .tally = fake_tally,
        .rtts = fake_rtts,
        .limited = fake_limited,
        .extra_counter = fake_extra,
        .inflight = fake_inflight,
        .recall = fake_recall,
        .trace = fake_trace,
        .nta_row = fake_nta_row,
        .anchor_row = fake_anchor_row,
        .nta_add = fake_nta_add,
        .nta_remove = fake_nta_remove,
        .reload = fake_reload,
        .set = fake_set,
        .watch = fake_watch,
        .unsent = fake_unsent,
        .log_level = fake_log_level,
        .log_rotate = fake_log_rotate,
        .stop = fake_stop,
        .save = fake_save,
        .load = fake_load,
        .reply = fake_reply,
        .close = fake_close,
    };
}

static inline int setup(void **state)
{
    struct fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now = (struct now){.mono_us = 1000 * US_PER_S, .wall_s = 1700003661};
    assert_true(addr_scan("127.0.0.1:53", 0, &f->listen[0]));
    assert_true(addr_scan("[::1]:53", 0, &f->listen[1]));
    f->settings = (struct settings){.listen = f->listen, .listen_count = 2, .port = 53};
    f->world.settings = &f->settings;
    cache_thread_begin();
    f->cache =
        cache_new(&(struct cache_config){.size_bytes = 16 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600});
    assert_non_null(f->cache);
    fill_cache(f);
    f->reply = malloc(REPLY_MAX);
    assert_non_null(f->reply);
    f->front[0].udp = 10;
    f->front[1].udp = 5;
    f->front[1].tcp = 1;
    f->front[0].hits = 9;
    f->front[1].misses = 3;
    f->engine[0].queries = 3;
    f->engine[1].answers = 2;
    f->engine[1].sends_udp = 12;
    struct control_server ops = fake_ops(f);
    f->control = control_new(&ops);
    assert_non_null(f->control);
    f->session = control_open(f->control, CONTROL_PEER_ADMIN, f);
    assert_non_null(f->session);
    assert_ptr_equal(control_connection(f->session), f);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fake *f = *state;
    control_free(f->control);
    cache_free(f->cache);
    cache_thread_end();
    free(f->reply);
    free(f);
    return 0;
}

static inline const char *ask(struct fake *f, const char *line)
{
    f->reply_len = 0;
    f->reply[0] = '\0';
    control_line(f->control, f->session, line, strlen(line));
    return f->reply;
}

/* With all slices of what is done in slices. */
static inline const char *ask_all(struct fake *f, const char *line)
{
    ask(f, line);
    while (control_more(f->control, f->session)) {
    }
    return f->reply;
}

/* Another client. */
static inline void as_peer(struct fake *f, enum control_peer peer)
{
    control_closed(f->control, f->session);
    f->session = control_open(f->control, peer, f);
    assert_non_null(f->session);
}

static inline void as_reader(struct fake *f)
{
    as_peer(f, CONTROL_PEER_READ);
}

#define FAILED(text, code) "{\"done\":true,\"ok\":false,\"error\":\"" text "\",\"code\":" #code "}\n"

#endif
