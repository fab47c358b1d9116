/*
 * control_fuzz.c - any sequence of lines, waits and disconnects gives well-formed replies
 *
 * The input is a script: each octet below 0x10 is a step of the server (a slice, an answer of a worker, a disconnect, a
 * new connection), everything else up to the next such octet is a request line. Checked: every reply is lines of JSON
 * objects; every request gets exactly one line with "done", except where the connection closes first; requests of a
 * reader change nothing.
 */
#include <assert.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/control/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fake {
    unsigned log_level;
    bool watched;
    size_t unsent;
    struct world world;
    struct settings settings;
    struct limited limited;
    struct cache *cache;
    struct control *control;
    struct control_session *session;
    struct front_counters front;
    struct engine_counters engine;
    unsigned done;
    bool closing, admin;
};

static const struct world *fake_world(void *server)
{
    return &((struct fake *)server)->world;
}

static struct now fake_now(void *server)
{
    (void)server;
    return (struct now){.mono_us = 1000000000, .wall_s = 1700000000};
}

static uint64_t fake_started(void *server)
{
    (void)server;
    return 1;
}

static const struct engine_counters *fake_engine(void *server, unsigned worker)
{
    (void)worker;
    return &((struct fake *)server)->engine;
}

static const struct front_counters *fake_front(void *server, unsigned worker)
{
    (void)worker;
    return &((struct fake *)server)->front;
}

static const struct tally *fake_tally(void *server, unsigned worker)
{
    static struct tally none,
        some = {.answers.sum_us = 1500000, .answers.bucket[2] = 3, .failed[FAIL_NO_REACHABLE] = 2};
    (void)server;
    return worker == 1 ? &some : &none;
}

static struct limited *fake_limited(void *server, unsigned worker)
{
    (void)worker;
    return &((struct fake *)server)->limited;
}

static const struct histogram *fake_rtts(void *server, unsigned worker)
{
    return &fake_tally(server, worker)->answers;
}

static bool fake_extra(void *server, unsigned index, const char **name, uint64_t *value)
{
    (void)server;
    *name = "connections";
    *value = UINT64_MAX;
    return index < 1;
}

static void fake_inflight(void *server, struct control_session *session)
{
    (void)server;
    (void)session;
}

static void fake_recall(void *server, struct control_session *session, enum recall_which which, struct dname name,
                        uint16_t type)
{
    (void)server;
    (void)session;
    (void)which;
    (void)name;
    (void)type;
}

static bool fake_trace(void *server, struct control_session *session, const struct request *request, unsigned flags)
{
    (void)server;
    (void)session;
    assert(request->qname.len > 0 && (flags & QUERY_TRACE) != 0);
    return request->qname.labels % 2 == 0;
}

static bool fake_watch(void *server, bool on)
{
    struct fake *f = server;
    f->watched = on;
    return true;
}

static size_t fake_unsent(void *server, struct control_session *session)
{
    (void)session;
    return ((struct fake *)server)->unsent;
}

static bool fake_nta_row(void *server, size_t i, struct control_nta *out)
{
    (void)server;
    *out = (struct control_nta){.name = dname_root(), .until_s = 1, .reason = "x"};
    return i == 0;
}

static bool fake_anchor_row(void *server, size_t i, struct control_anchor *out)
{
    (void)server;
    *out = (struct control_anchor){.zone = dname_root(), .state = "VALID"};
    return i == 0;
}

static const char *fake_nta_add(void *server, struct dname name, uint32_t for_s, bool force, const char *reason)
{
    (void)server, (void)name, (void)force, (void)reason;
    return for_s % 2 != 0 ? "odd" : NULL;
}

static bool fake_nta_remove(void *server, struct dname name)
{
    (void)server;
    return name.labels == 0;
}

static bool fake_reload(void *server, struct control_session *session)
{
    (void)server;
    (void)session;
    return false;
}

static unsigned fake_log_level(void *server, int level)
{
    struct fake *f = server;
    f->log_level = level >= 0 ? (unsigned)level : f->log_level;
    return f->log_level;
}

static const char *fake_save(void *server)
{
    struct fake *f = server;
    assert(f->admin);
    return NULL;
}

static void fake_stop(void *server)
{
    struct fake *f = server;
    assert(f->admin);
}

static void fake_reply(void *server, struct control_session *session, const char *data, size_t n)
{
    struct fake *f = server;
    assert(session == f->session && n > 0 && data[n - 1] == '\n');
    for (size_t at = 0; at < n;) {
        const char *end = memchr(data + at, '\n', n - at);
        json_t *line = json_loadb(data + at, (size_t)(end - (data + at)), JSON_REJECT_DUPLICATES, NULL);
        assert(json_is_object(line));
        f->done += json_is_true(json_object_get(line, "done"));
        json_decref(line);
        at = (size_t)(end - data) + 1;
    }
}

static void fake_close(void *server, struct control_session *session)
{
    (void)session;
    ((struct fake *)server)->closing = true;
}

/* What a worker might remember, for whoever waits for it. */
static void tell_recalled(struct fake *f, struct control_session *session, enum failure failure)
{
    struct recalled about = {.at_s = 1699999990, .type = 1, .failure = failure, .name = dname_root()};
    struct recalled *r = recalled_new(&about, "why", NULL);
    assert(r != NULL);
    control_recalled(f->control, session, r);
    free(r);
}

static void fill(struct cache *cache, struct now now)
{
    struct dname_buf name;
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER};
    static const char *const names[] = {"www.example.", "example.", "a.b.c.example.", "x\\000y.test."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert(dname_scan(names[i], strlen(names[i]), NULL, &name) == DNS_OK);
        cache_put_nxdomain(cache, dname_of(&name), 60, NULL, NULL, 0, &origin, now);
        cache_put_failure(cache, dname_of(&name), 1, FAIL_NO_REACHABLE, 0, now);
        cache_put_nodata(cache, dname_of(&name), 28, 60, NULL, NULL, 0, &origin, now);
    }
}

static void reopen(struct fake *f)
{
    f->admin = !f->admin;
    f->session = control_open(f->control, f->admin ? CONTROL_PEER_ADMIN : CONTROL_PEER_READ, f);
    assert(f->session != NULL);
    f->closing = false;
}

/* One octet of the script. */
static void step(struct fake *f, uint8_t what)
{
    static const uint8_t answer[12] = {0, 0, 0x81, 0x80};
    struct engine_inflight row = {.name = dname_root(), .type = 1, .state = "CUT", .zone = dname_root()};
    struct journal_event event = {
        .kind = what, .why = what, .name = dname_root(), .zone = dname_root(), .server_name = dname_root()};
    struct journal journal = {.events = &event, .count = 1};
    switch (what) {
    case 0:
        control_more(f->control, f->session);
        break;
    case 1:
        control_inflight_row(f->control, f->session, 3, &row);
        break;
    case 2:
        control_inflight_end(f->control, f->session);
        break;
    case 3:
        control_traced(f->control, f->session, NULL, 0, NULL);
        break;
    case 5:
        tell_recalled(f, f->session, FAIL_ALL_LAME);
        break;
    case 6:
        tell_recalled(f, f->session, FAIL_NONE);
        control_recalled_end(f->control, f->session);
        break;
    case 7: {
        struct seen seen = {.type = 1, .name_len = 1, .failure = FAIL_ALL_LAME};
        control_seen(f->control, &seen);
        control_watched(f->control, 1);
        break;
    }
    case 4: {
        struct control_session *gone = f->session;
        control_closed(f->control, gone);
        control_inflight_row(f->control, gone, 0, &row); /* the workers do not know yet */
        control_inflight_end(f->control, gone);
        tell_recalled(f, gone, FAIL_NONE);
        control_recalled_end(f->control, gone);
        control_traced(f->control, gone, answer, sizeof answer, &journal);
        reopen(f);
        break;
    }
    default:
        control_traced(f->control, f->session, answer, what % 2 == 0 ? sizeof answer : what, &journal);
        break;
    }
}

static void play(struct fake *f, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        if (data[at] < 0x10) {
            step(f, data[at++]);
            continue;
        }
        size_t n = 0;
        while (at + n < size && data[at + n] >= 0x10) {
            n++;
        }
        if (!f->closing) {
            unsigned before = f->done;
            control_line(f->control, f->session, (const char *)data + at, n);
            assert(f->done <= before + 1);
        }
        at += n;
    }
    unsigned turns = 0;
    while (control_more(f->control, f->session)) {
        assert(++turns < 10000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fake f = {.done = 0};
    struct control_server ops = {
        .server = &f,
        .workers = 1,
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
        .watch = fake_watch,
        .unsent = fake_unsent,
        .log_level = fake_log_level,
        .stop = fake_stop,
        .save = fake_save,
        .reply = fake_reply,
        .close = fake_close,
    };
    cache_thread_begin();
    f.world.settings = &f.settings;
    f.cache = cache_new(&(struct cache_config){.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600});
    ops.cache = f.cache;
    f.control = f.cache != NULL ? control_new(&ops) : NULL;
    if (f.control != NULL) {
        fill(f.cache, fake_now(&f));
        reopen(&f);
        play(&f, data, size);
        control_free(f.control);
    }
    cache_free(f.cache);
    cache_thread_end();
    return 0;
}
