/*
 * server_control.c - the desk at which the control socket asks
 *
 * What the verbs need of the daemon, and the way of what workers say back to the session that waits for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/io/files.h"
#include "resolver/io/usage.h"
#include "resolver/server_parts.h"

static_assert(LOCAL_IN_CONNECTIONS_MAX == CONTROL_CONNECTIONS_MAX && LOCAL_IN_LINE_MAX == CONTROL_LINE_MAX &&
                  /* NOLINTNEXTLINE(misc-redundant-expression): two headers have to agree */
                  LOCAL_IN_LINE_US == CONTROL_IDLE_S * US_PER_S,
              "the socket keeps what the protocol says");

/* ---- what the control code may call ---- */

static const struct world *op_world(void *arg)
{
    return ((struct server *)arg)->world;
}

static struct now op_now(void *arg)
{
    return loop_now(((struct server *)arg)->loop);
}

static uint64_t op_started(void *arg)
{
    return (uint64_t)((struct server *)arg)->started_wall_s;
}

static const struct engine_counters *op_engine_counters(void *arg, unsigned worker)
{
    return worker_engine_counters(((struct server *)arg)->shared.workers[worker]);
}

static const struct front_counters *op_front_counters(void *arg, unsigned worker)
{
    return worker_front_counters(((struct server *)arg)->shared.workers[worker]);
}

static const struct tally *op_tally(void *arg, unsigned worker)
{
    return worker_tally(((struct server *)arg)->shared.workers[worker]);
}

static struct limited *op_limited(void *arg, unsigned worker)
{
    return worker_limited(((struct server *)arg)->shared.workers[worker]);
}

static const struct histogram *op_rtts(void *arg, unsigned worker)
{
    return worker_rtts(((struct server *)arg)->shared.workers[worker]);
}

/* Sums over the workers (the longest lag: their maximum), then figures of the whole process. */
static bool op_extra_counter(void *arg, unsigned index, const char **name, uint64_t *value)
{
    struct server *s = arg;
    *value = 0;
    if (index < WORKER_COUNTS) {
        *name = worker_counter_name((enum worker_counter)index);
        for (unsigned i = 0; i < s->shared.count; i++) {
            uint64_t one = worker_counter(s->shared.workers[i], (enum worker_counter)index);
            *value = index == WORKER_COUNT_loop_lag_max_ms ? (one > *value ? one : *value) : *value + one;
        }
        return true;
    }
    switch (index - WORKER_COUNTS) {
    case 0:
        *name = "descriptors";
        *value = files_open_descriptors();
        return true;
    case 1:
        *name = "log_lines_dropped";
        *value = log_dropped(s->log);
        return true;
    case 2:
        *name = "resident_bytes";
        *value = usage_resident_bytes();
        return true;
    case 3:
        *name = "cpu_ms";
        *value = usage_cpu_ms();
        return true;
    case 4:
        *name = "dnstap_frames";
        *value = s->shared.dnstap != NULL ? dnstap_frames(s->shared.dnstap) : 0;
        return true;
    case 5:
        *name = "dnstap_dropped";
        *value = s->shared.dnstap != NULL ? dnstap_dropped(s->shared.dnstap) : 0;
        return true;
    case 6:
        *name = "query_log_lines";
        *value = s->shared.querylog != NULL ? querylog_lines(s->shared.querylog) : 0;
        return true;
    case 7:
        *name = "query_log_lost";
        *value = s->shared.querylog != NULL ? querylog_lost(s->shared.querylog) : 0;
        return true;
    default:
        return false;
    }
}

static struct asked *asked_new(struct server *s, struct control_session *session, unsigned waiting, uint32_t *slot)
{
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        if (s->asked[i].waiting == 0) {
            s->asked[i] =
                (struct asked){.session = session, .generation = s->asked[i].generation + 1, .waiting = waiting};
            *slot = i;
            return &s->asked[i];
        }
    }
    return NULL;
}

static struct asked *asked_find(struct server *s, uint32_t slot, uint32_t generation)
{
    struct asked *a = slot < ASKED_MAX ? &s->asked[slot] : NULL;
    return a != NULL && a->waiting > 0 && a->generation == generation ? a : NULL;
}

static void op_inflight(void *arg, struct control_session *session)
{
    struct server *s = arg;
    uint32_t slot;
    struct asked *a = asked_new(s, session, s->shared.count, &slot);
    if (a == NULL) {
        control_inflight_end(s->control, session);
        return;
    }
    for (unsigned i = 0; i < s->shared.count; i++) {
        if (!worker_post(s->shared.workers[i], mail_asked_new(MAIL_INFLIGHT, slot, a->generation), 0)) {
            a->waiting--;
        }
    }
    if (a->waiting == 0) {
        control_inflight_end(s->control, session);
    }
}

static void op_recall(void *arg, struct control_session *session, enum recall_which which, struct dname name,
                      uint16_t type)
{
    struct server *s = arg;
    uint32_t slot;
    struct asked *a = asked_new(s, session, s->shared.count, &slot);
    for (unsigned i = 0; a != NULL && i < s->shared.count; i++) {
        if (!worker_post(s->shared.workers[i], mail_recall_new(slot, a->generation, which, name, type), 0)) {
            a->waiting--;
        }
    }
    if (a == NULL || a->waiting == 0) {
        control_recalled_end(s->control, session);
    }
}

static bool op_trace(void *arg, struct control_session *session, const struct request *request, unsigned flags)
{
    struct server *s = arg;
    uint32_t slot;
    struct asked *a = asked_new(s, session, 1, &slot);
    if (a == NULL) {
        return false;
    }
    struct client client = {.kind = CLIENT_TRACE,
                            .worker = UINT16_MAX,
                            .slot = slot,
                            .generation = a->generation,
                            .id = UINT64_C(0xffff) << 48 | ++s->queries};
    struct worker *owner = s->shared.workers[worker_owner(&s->shared, request)];
    if (!worker_post(owner, mail_query_new(&client, request, flags), WORKER_QUERIES_WAITING_MAX)) {
        a->waiting = 0;
        return false;
    }
    return true;
}

static bool op_nta_row(void *arg, size_t i, struct control_nta *out)
{
    return keeper_nta_row(((struct server *)arg)->keeper, i, out);
}

static bool op_anchor_row(void *arg, size_t i, struct control_anchor *out)
{
    return keeper_anchor_row(((struct server *)arg)->keeper, i, out);
}

static const char *op_nta_add(void *arg, struct dname name, uint32_t for_s, bool force, const char *reason)
{
    struct server *s = arg;
    return keeper_nta_add(s->keeper, name, for_s, force, reason, loop_now(s->loop));
}

static bool op_nta_remove(void *arg, struct dname name)
{
    struct server *s = arg;
    return keeper_nta_remove(s->keeper, name, loop_now(s->loop));
}

static bool op_reload(void *arg, struct control_session *session)
{
    return server_reload_for(arg, session);
}

static const char *op_set(void *arg, struct control_session *session, const char *key, const char *value)
{
    return server_override(arg, session, key, value);
}

/* ---- who looks on ---- */

#define ROUND_US (50 * US_PER_MS)

static uint64_t all_lost(const struct server *s)
{
    uint64_t lost = 0;
    for (unsigned i = 0; i < s->shared.count; i++) {
        lost += watch_lost(s->watches[i]);
    }
    return lost;
}

/* What has come by now: no more than a ring holds, so that a flood of answers does not keep this thread here. */
static void on_round(void *arg, struct now now)
{
    struct server *s = arg;
    loop_timer_set(s->watch_timer, now.mono_us + ROUND_US);
    for (unsigned i = 0; i < s->shared.count; i++) {
        const struct seen *seen;
        for (unsigned k = 0; k < WATCH_ROOM && (seen = watch_oldest(s->watches[i])) != NULL; k++) {
            control_seen(s->control, seen);
            watch_taken(s->watches[i]);
        }
    }
    uint64_t lost = all_lost(s);
    control_watched(s->control, lost - s->watch_lost);
    s->watch_lost = lost;
}

static bool make_watches(struct server *s)
{
    if (s->watches == NULL) {
        s->watches = calloc(s->shared.count, sizeof(struct watch *));
    }
    if (s->watch_timer == NULL) {
        s->watch_timer = loop_timer_new(s->loop, on_round, s);
    }
    for (unsigned i = 0; s->watches != NULL && i < s->shared.count; i++) {
        s->watches[i] = s->watches[i] != NULL ? s->watches[i] : watch_new();
        if (s->watches[i] == NULL) {
            return false;
        }
    }
    return s->watches != NULL && s->watch_timer != NULL;
}

static bool op_watch(void *arg, bool on)
{
    struct server *s = arg;
    if (on && !make_watches(s)) {
        return false;
    }
    if (s->shared.workers == NULL) { /* the end: a session that looked on is closed */
        return true;
    }
    for (unsigned i = 0; i < s->shared.count; i++) {
        while (on && watch_oldest(s->watches[i]) != NULL) { /* what came after the last one had gone */
            watch_taken(s->watches[i]);
        }
        worker_post(s->shared.workers[i], mail_watch_new(on ? s->watches[i] : NULL), 0);
    }
    s->watch_lost = all_lost(s);
    loop_timer_set(s->watch_timer, on ? loop_now(s->loop).mono_us + ROUND_US : UINT64_MAX);
    return true;
}

void server_free_watches(struct server *s)
{
    for (unsigned i = 0; s->watches != NULL && i < s->shared.count; i++) {
        watch_free(s->watches[i]);
    }
    free(s->watches);
    if (s->watch_timer != NULL) {
        loop_timer_free(s->watch_timer);
    }
}

static size_t op_unsent(void *arg, struct control_session *session)
{
    (void)arg;
    return local_in_unsent(control_connection(session));
}

static void op_rest(void *arg, struct control_session *session)
{
    (void)arg;
    local_in_rest(control_connection(session));
}

static unsigned op_log_level(void *arg, int level)
{
    struct server *s = arg;
    if (level >= 0) {
        log_set_level(s->log, (unsigned)level);
    }
    return log_level(s->log);
}

static const char *op_log_rotate(void *arg)
{
    struct server *s = arg;
    if (s->shared.querylog == NULL) {
        return "there is no query log: see query-log.file";
    }
    querylog_turn(s->shared.querylog);
    return NULL;
}

static const char *op_save(void *arg)
{
    struct server *s = arg;
    return saver_save(s->saver);
}

static void on_loaded(void *arg, const struct saver_loaded *result)
{
    struct server *s = arg;
    struct control_session *session = s->loading;
    s->loading = NULL;
    if (session != NULL) {
        struct control_load load = {.error = result->why,
                                    .restored = result->restored,
                                    .ended = result->ended,
                                    .kept = result->kept,
                                    .age_s = result->age_s,
                                    .took_ms = result->took_us / US_PER_MS};
        control_loaded(s->control, session, &load);
    }
}

static const char *op_load(void *arg, struct control_session *session)
{
    struct server *s = arg;
    const char *why = saver_load(s->saver, local_in_take_file(control_connection(session)), on_loaded, s);
    if (why == NULL) {
        s->loading = session;
    }
    return why;
}

static void op_stop(void *arg)
{
    struct server *s = arg;
    log_info(s->log, "stopping: asked to by the control socket");
    loop_stop(s->loop);
}

static void op_reply(void *arg, struct control_session *session, const char *data, size_t n)
{
    (void)arg;
    local_in_reply(control_connection(session), data, n);
}

static void op_close(void *arg, struct control_session *session)
{
    (void)arg;
    local_in_finish(control_connection(session));
}

/* ---- the control socket ---- */

static void *on_open(void *arg, struct local_conn *c, bool admin)
{
    struct server *s = arg;
    return control_open(s->control, admin ? CONTROL_PEER_ADMIN : CONTROL_PEER_READ, c);
}

static void on_line(void *arg, void *session, const char *line, size_t n)
{
    struct server *s = arg;
    control_line(s->control, session, line, n);
}

static bool on_more(void *arg, void *session)
{
    struct server *s = arg;
    return control_more(s->control, session);
}

static void on_closed(void *arg, void *session)
{
    struct server *s = arg;
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        if (s->asked[i].session == session) {
            s->asked[i].session = NULL;
        }
    }
    server_reload_gone(s, session);
    if (s->loading == session) {
        s->loading = NULL;
    }
    control_closed(s->control, session);
}

static void on_traced(struct server *s, const struct mail_traced *m)
{
    struct asked *a = asked_find(s, m->slot, m->generation);
    if (a != NULL) {
        struct control_session *session = a->session;
        *a = (struct asked){.generation = a->generation};
        if (session != NULL) {
            control_traced(s->control, session, m->wire, m->n, &m->journal);
        }
    }
}

static void on_row(struct server *s, const struct mail_row *m)
{
    struct asked *a = asked_find(s, m->slot, m->generation);
    if (a != NULL && a->session != NULL) {
        control_inflight_row(s->control, a->session, m->worker, &m->row);
    }
}

static void on_recalled(struct server *s, const struct mail_recalled *m)
{
    struct asked *a = asked_find(s, m->slot, m->generation);
    if (a != NULL && a->session != NULL) {
        control_recalled(s->control, a->session, &m->recalled);
    }
}

static void on_rows_end(struct server *s, const struct mail_asked *m)
{
    struct asked *a = asked_find(s, m->slot, m->generation);
    if (a != NULL && --a->waiting == 0) {
        struct control_session *session = a->session;
        a->session = NULL;
        if (session != NULL) {
            control_inflight_end(s->control, session); /* the session knows which it waits for */
            control_recalled_end(s->control, session);
        }
    }
}

bool server_control_mail(struct server *s, struct mail *letter)
{
    switch ((enum mail_kind)letter->kind) {
    case MAIL_TRACED:
        on_traced(s, (const struct mail_traced *)letter);
        return true;
    case MAIL_ROW:
        on_row(s, (const struct mail_row *)letter);
        return true;
    case MAIL_RECALLED:
        on_recalled(s, (const struct mail_recalled *)letter);
        return true;
    case MAIL_ROWS_END:
        on_rows_end(s, (const struct mail_asked *)letter);
        return true;
    default:
        return false;
    }
}

bool server_make_control(struct server *s)
{
    struct control_server ops = {
        .server = s,
        .workers = s->shared.count,
        .cache = s->shared.cache,
        .world = op_world,
        .now = op_now,
        .started_wall_s = op_started,
        .sandbox = &s->sandbox_words,
        .engine_counters = op_engine_counters,
        .front_counters = op_front_counters,
        .tally = op_tally,
        .rtts = op_rtts,
        .limited = op_limited,
        .extra_counter = op_extra_counter,
        .inflight = op_inflight,
        .recall = op_recall,
        .trace = op_trace,
        .nta_row = op_nta_row,
        .anchor_row = op_anchor_row,
        .nta_add = op_nta_add,
        .nta_remove = op_nta_remove,
        .reload = op_reload,
        .set = op_set,
        .watch = op_watch,
        .unsent = op_unsent,
        .rest = op_rest,
        .log_level = op_log_level,
        .log_rotate = op_log_rotate,
        .stop = op_stop,
        .save = op_save,
        .load = op_load,
        .reply = op_reply,
        .close = op_close,
    };
    struct local_in_handler local_on = {
        .arg = s, .open = on_open, .line = on_line, .more = on_more, .closed = on_closed};
    s->control = control_new(&ops);
    if (s->control == NULL) {
        snprintf(s->error, sizeof s->error, "out of memory");
        return false;
    }
    s->local = local_in_new(s->loop, s->world->settings->control_socket, &local_on, s->error, sizeof s->error);
    if (s->local == NULL) {
        return false;
    }
    struct http_site site = {.listen = s->world->settings->metrics_listen, .page = control_metrics, .arg = s->control};
    return s->http == NULL || http_listen(s->http, s->loop, &site, s->error, sizeof s->error);
}
