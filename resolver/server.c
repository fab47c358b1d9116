/*
 * server.c - where the parts are wired together
 */
#include "resolver/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/changes.h"
#include "resolver/control/control.h"
#include "resolver/io/clock.h"
#include "resolver/io/entropy.h"
#include "resolver/io/files.h"
#include "resolver/io/local_in.h"
#include "resolver/io/ports.h"
#include "resolver/startup.h"
#include "resolver/worker.h"

#define ASKED_MAX 64 /* questions of control sessions to workers, at one time */

static_assert(LOG_ERROR == 0 && LOG_WARNING == 1 && LOG_INFO == 2 && LOG_DEBUG == 3, "levels of io/log.h");
static_assert(LOCAL_IN_CONNECTIONS_MAX == CONTROL_CONNECTIONS_MAX && LOCAL_IN_LINE_MAX == CONTROL_LINE_MAX &&
                  LOCAL_IN_LINE_US == CONTROL_IDLE_S * US_PER_S,
              "the socket keeps what the protocol says");

/* A control session that waits for workers. */
struct asked {
    struct control_session *session; /* NULL: free, or its client has gone */
    uint32_t generation;
    unsigned waiting; /* workers, or 1 for a trace; 0: free */
};

struct server {
    const char *config_path;
    struct world *world, *old_world; /* old: until all workers have the new one */
    unsigned takers;                 /* workers that have not */
    bool reload_again;
    struct worker_shared shared;
    struct ports ports;
    struct listener *listeners; /* workers x addresses */
    size_t addresses;
    int lock_fd;
    struct log *log;
    struct loop *loop;
    struct local_in *local;
    struct control *control;
    struct asked asked[ASKED_MAX];
    int64_t started_wall_s;
    uint64_t trace_queries;
    char error[512];
};

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
                            .id = UINT64_C(0xffff) << 48 | ++s->trace_queries};
    struct worker *owner = s->shared.workers[worker_owner(&s->shared, request)];
    if (!worker_post(owner, mail_query_new(&client, request, flags), WORKER_QUERIES_WAITING_MAX)) {
        a->waiting = 0;
        return false;
    }
    return true;
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
    control_closed(s->control, session);
}

/* ---- reload ---- */

static void reload(struct server *s)
{
    struct config_errors errors = {0};
    if (s->old_world != NULL) { /* workers are still taking the last one */
        s->reload_again = true;
        return;
    }
    struct world *world = startup_world(s->config_path, &errors);
    if (world == NULL) {
        for (char *line = errors.text, *end; line != NULL && *line != '\0'; line = end) {
            end = line + strcspn(line, "\n");
            log_error(s->log, "reload: %.*s", (int)(end - line), line);
            end += *end == '\n';
        }
        log_error(s->log, "reload: nothing has changed");
        config_errors_clear(&errors);
        return;
    }
    config_errors_clear(&errors);
    char keys[400];
    if (changes_for_restart(s->world->settings, world->settings, keys, sizeof keys) > 0) {
        log_warning(s->log, "reload: changed, but taken at the next start only: %s", keys);
    }
    s->old_world = s->world;
    s->world = world;
    log_set_level(s->log, world->settings->log_level);
    for (unsigned i = 0; i < s->shared.count; i++) {
        s->takers += worker_post(s->shared.workers[i], mail_world_new(MAIL_WORLD, world), 0);
    }
    log_info(s->log, "reloaded %s", s->config_path != NULL ? s->config_path : "the defaults");
}

static void on_world_taken(struct server *s)
{
    if (--s->takers == 0) {
        world_free(s->old_world);
        s->old_world = NULL;
        if (s->reload_again) {
            s->reload_again = false;
            reload(s);
        }
    }
}

/* ---- the main thread's loop ---- */

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

static void on_rows_end(struct server *s, const struct mail_asked *m)
{
    struct asked *a = asked_find(s, m->slot, m->generation);
    if (a != NULL && --a->waiting == 0) {
        struct control_session *session = a->session;
        a->session = NULL;
        if (session != NULL) {
            control_inflight_end(s->control, session);
        }
    }
}

static void on_mail(void *arg, struct mail *letter)
{
    struct server *s = arg;
    switch ((enum mail_kind)letter->kind) {
    case MAIL_WORLD_TAKEN:
        on_world_taken(s);
        break;
    case MAIL_TRACED:
        on_traced(s, (const struct mail_traced *)letter);
        break;
    case MAIL_ROW:
        on_row(s, (const struct mail_row *)letter);
        break;
    case MAIL_ROWS_END:
        on_rows_end(s, (const struct mail_asked *)letter);
        break;
    default:
        break;
    }
    free(letter);
}

static void on_signal(void *arg, int number)
{
    struct server *s = arg;
    if (number == SIGHUP) {
        reload(s);
        return;
    }
    log_info(s->log, "stopping: signal %d", number);
    loop_stop(s->loop);
}

static void on_turn(void *arg, struct now now)
{
    struct server *s = arg;
    local_in_turn(s->local, now);
}

/* ---- start ---- */

static bool fail(struct server *s, const char *text)
{
    if (text != NULL) {
        snprintf(s->error, sizeof s->error, "%s", text);
    }
    return false;
}

/* TCP clients get half of the descriptors at most: questions upstream need the others (X17). */
static unsigned tcp_clients(struct server *s)
{
    const struct settings *set = s->world->settings;
    size_t all = files_raise_limit(), fixed = 24 + s->shared.count * (2 * set->listen_count + 8);
    size_t share = all > fixed + 4 ? (all - fixed) / 2 : 2;
    if (set->tcp_clients > share) {
        log_warning(s->log,
                    "limits.tcp-clients is cut to %zu, because the process may open %zu descriptors only (ulimit -n)",
                    share, all);
        return (unsigned)share;
    }
    return set->tcp_clients;
}

static bool prepare_process(struct server *s)
{
    const struct settings *set = s->world->settings;
    signal(SIGPIPE, SIG_IGN);
    if (!files_make_folder(set->state_dir, s->error, sizeof s->error)) {
        return false;
    }
    s->lock_fd = files_lock(set->state_dir, s->error, sizeof s->error);
    return s->lock_fd >= 0 && files_make_parent(set->control_socket, s->error, sizeof s->error);
}

static bool open_listeners(struct server *s)
{
    const struct settings *set = s->world->settings;
    s->addresses = set->listen_count;
    s->listeners = calloc(s->shared.count * s->addresses, sizeof *s->listeners);
    if (s->listeners == NULL) {
        return fail(s, "out of memory");
    }
    for (size_t i = 0; i < s->shared.count * s->addresses; i++) {
        s->listeners[i] = (struct listener){.udp = -1, .tcp = -1};
    }
    for (size_t i = 0; i < s->addresses; i++) {
        if (!listen_open(&set->listen[i], s->shared.count, s->addresses, &s->listeners[i], s->error, sizeof s->error)) {
            return false;
        }
        ports_avoid(&s->ports, set->listen[i].port, set->listen[i].port);
    }
    return true;
}

static bool make_shared(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct entropy entropy;
    uint8_t quota_key[SIPHASH_KEY_SIZE];
    struct cache_config cache = {.size_bytes = set->cache_bytes,
                                 .min_ttl_s = set->cache_min_ttl_s,
                                 .max_ttl_s = set->cache_max_ttl_s,
                                 .max_negative_ttl_s = set->cache_max_negative_ttl_s};
    entropy_init(&entropy);
    entropy.rng.fill(&entropy.rng, cache.hash_key, sizeof cache.hash_key);
    entropy.rng.fill(&entropy.rng, s->shared.hash_key, sizeof s->shared.hash_key);
    entropy.rng.fill(&entropy.rng, quota_key, sizeof quota_key);
    ports_init(&s->ports);
    ports_avoid_reserved(&s->ports);
    s->shared.ports = &s->ports;
    s->shared.count = set->workers > 0 ? set->workers : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    s->shared.cache = cache_new(&cache);
    s->shared.log = s->log = log_new(set->log_level);
    s->shared.quota = s->log != NULL ? quota_new(tcp_clients(s), set->tcp_per_address, quota_key) : NULL;
    s->shared.workers = calloc(s->shared.count, sizeof(struct worker *));
    if (s->shared.cache == NULL || s->shared.quota == NULL || s->log == NULL || s->shared.workers == NULL) {
        return fail(s, "out of memory; a smaller cache.size may help");
    }
    return true;
}

static bool make_control(struct server *s)
{
    struct loop_handler on = {.arg = s, .turn = on_turn, .mail = on_mail, .signal = on_signal};
    struct control_server ops = {
        .server = s,
        .workers = s->shared.count,
        .cache = s->shared.cache,
        .world = op_world,
        .now = op_now,
        .started_wall_s = op_started,
        .engine_counters = op_engine_counters,
        .front_counters = op_front_counters,
        .extra_counter = op_extra_counter,
        .inflight = op_inflight,
        .trace = op_trace,
        .stop = op_stop,
        .reply = op_reply,
        .close = op_close,
    };
    struct local_in_handler local_on = {
        .arg = s, .open = on_open, .line = on_line, .more = on_more, .closed = on_closed};
    s->shared.main = s->loop = loop_new(&on);
    s->control = control_new(&ops);
    if (s->loop == NULL || s->control == NULL || !loop_watch_signal(s->loop, SIGTERM) ||
        !loop_watch_signal(s->loop, SIGINT) || !loop_watch_signal(s->loop, SIGHUP)) {
        return fail(s, "out of memory");
    }
    s->local = local_in_new(s->loop, s->world->settings->control_socket, &local_on, s->error, sizeof s->error);
    return s->local != NULL;
}

static bool start_workers(struct server *s)
{
    for (unsigned i = 0; i < s->shared.count; i++) {
        s->shared.workers[i] = worker_new(&s->shared, i, s->world, &s->listeners[i * s->addresses], s->addresses);
        if (s->shared.workers[i] == NULL) {
            return fail(s, "out of memory or descriptors (see: ulimit -n)");
        }
    }
    for (unsigned i = 0; i < s->shared.count; i++) {
        if (!worker_start(s->shared.workers[i])) {
            return fail(s, "the system gives no more threads");
        }
    }
    return true;
}

static void announce(struct server *s)
{
    const struct settings *set = s->world->settings;
    char where[ADDR_TEXT_MAX];
    for (size_t i = 0; i < set->listen_count; i++) {
        addr_print(&set->listen[i], where);
        log_info(s->log, "listening on %s", where);
    }
    log_info(s->log, "raizd " RAIZ_VERSION " is ready: %u worker%s, control socket %s", s->shared.count,
             s->shared.count == 1 ? "" : "s", set->control_socket);
}

static void stop_workers(struct server *s)
{
    for (unsigned i = 0; s->shared.workers != NULL && i < s->shared.count; i++) {
        if (s->shared.workers[i] != NULL) {
            worker_post(s->shared.workers[i], mail_asked_new(MAIL_STOP, 0, 0), 0);
        }
    }
    cache_offline(); /* nobody may wait for us meanwhile */
    for (unsigned i = 0; s->shared.workers != NULL && i < s->shared.count; i++) {
        if (s->shared.workers[i] != NULL) {
            worker_join(s->shared.workers[i]);
        }
    }
    cache_online();
    for (unsigned i = 0; s->shared.workers != NULL && i < s->shared.count; i++) {
        worker_free(s->shared.workers[i]);
    }
    free(s->shared.workers);
}

static void release(struct server *s)
{
    stop_workers(s);
    local_in_free(s->local);
    if (s->control != NULL) {
        control_free(s->control);
    }
    if (s->loop != NULL) {
        loop_free(s->loop);
    }
    for (size_t i = 0; s->listeners != NULL && i < s->shared.count * s->addresses; i++) {
        listen_close(&s->listeners[i]);
    }
    free(s->listeners);
    quota_free(s->shared.quota);
    log_free(s->log);
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    if (s->old_world != NULL) {
        world_free(s->old_world);
    }
    world_free(s->world);
}

int server_run(struct world *world, const char *config_path)
{
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        world_free(world);
        fprintf(stderr, "raizd: out of memory\n");
        return 1;
    }
    s->world = world;
    s->config_path = config_path;
    s->lock_fd = -1;
    s->started_wall_s = clock_now().wall_s;
    cache_thread_begin();
    bool ok = make_shared(s) && prepare_process(s) && open_listeners(s) && make_control(s) && start_workers(s);
    if (ok) {
        announce(s);
        loop_run(s->loop);
    } else {
        fprintf(stderr, "raizd: %s\n", s->error);
    }
    struct cache *cache = s->shared.cache;
    release(s);
    cache_thread_end();
    if (cache != NULL) {
        cache_free(cache);
    }
    free(s);
    return ok ? 0 : 1;
}
