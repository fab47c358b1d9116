/*
 * server.c - where the parts are wired together
 */
#include "resolver/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/io/clock.h"
#include "resolver/io/entropy.h"
#include "resolver/io/files.h"
#include "resolver/io/rest.h"
#include "resolver/server_parts.h"

static_assert(LOG_ERROR == 0 && LOG_WARNING == 1 && LOG_INFO == 2 && LOG_DEBUG == 3, "levels of io/log.h");

/* ---- what is trusted ---- */

static bool on_ask(void *arg, uint32_t slot, const struct request *request, unsigned flags)
{
    struct server *s = arg;
    struct client client = {
        .kind = CLIENT_KEEPER, .worker = UINT16_MAX, .slot = slot, .id = UINT64_C(0xffff) << 48 | ++s->queries};
    struct worker *owner = s->shared.workers[worker_owner(&s->shared, request)];
    return worker_post(owner, mail_query_new(&client, request, flags), WORKER_QUERIES_WAITING_MAX);
}

static void on_answer(struct server *s, const struct mail_answer *m)
{
    keeper_answer(s->keeper, m->client.slot, m->wire, m->n, loop_now(s->loop));
}

static void on_changed(void *arg)
{
    server_renew(arg);
}

struct world *server_dress(struct server *s, struct world *world)
{
    struct world *dressed = keeper_dress(s->keeper, world, clock_now());
    if (dressed != world) {
        world_free(world);
    }
    return dressed;
}

/* ---- the main thread's loop ---- */

static void on_mail(void *arg, struct mail *letter)
{
    struct server *s = arg;
    switch ((enum mail_kind)letter->kind) {
    case MAIL_WORLD_TAKEN:
        server_world_taken(s);
        break;
    case MAIL_PONG:
        server_pong(s);
        break;
    case MAIL_LOADED:
        saver_joins(s->saver);
        break;
    case MAIL_ANSWER:
    case MAIL_DROP:
        on_answer(s, (const struct mail_answer *)letter);
        break;
    default:
        server_control_mail(s, letter);
        break;
    }
    free(letter);
}

static void on_signal(void *arg, int number)
{
    struct server *s = arg;
    if (number == SIGHUP) {
        server_reload(s);
        return;
    }
    log_info(s->log, "stopping: signal %d", number);
    loop_stop(s->loop);
}

static void on_turn(void *arg, struct now now)
{
    struct server *s = arg;
    server_forget(s);
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

/* The library for metrics, which most do without. */
static bool load_http(struct server *s)
{
    if (s->world->settings->metrics_listen.family == ADDR_NONE) {
        return true;
    }
    s->http = http_new(s->error, sizeof s->error);
    return s->http != NULL;
}

static bool prepare_process(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct files_owner owner;
    signal(SIGPIPE, SIG_IGN);
    s->notify = notify_new();
    if (!sandbox_user(set->sandbox_user, &owner.uid, &owner.gid, s->error, sizeof s->error) ||
        !files_make_folder(set->state_dir, &owner, s->error, sizeof s->error)) {
        return false;
    }
    s->lock_fd = files_lock(set->state_dir, &owner, s->error, sizeof s->error);
    return s->lock_fd >= 0 && files_make_parent(set->control_socket, &owner, s->error, sizeof s->error) && load_http(s);
}

static bool open_listeners(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct inherit *inherited = malloc(sizeof *inherited);
    if (inherited == NULL) {
        return fail(s, "out of memory");
    }
    inherit_begin(inherited);
    s->listeners = listeners_first(inherited, set, s->shared.count, s->error);
    inherit_end(inherited);
    free(inherited);
    for (size_t i = 0; s->listeners != NULL && i < set->listen_count; i++) {
        ports_avoid(&s->ports, set->listen[i].port, set->listen[i].port);
    }
    return s->listeners != NULL;
}

static bool make_shared(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct entropy entropy;
    uint8_t quota_key[SIPHASH_KEY_SIZE], meter_key[SIPHASH_KEY_SIZE];
    entropy_init(&entropy);
    entropy.rng.fill(&entropy.rng, s->shared.hash_key, sizeof s->shared.hash_key);
    entropy.rng.fill(&entropy.rng, quota_key, sizeof quota_key);
    entropy.rng.fill(&entropy.rng, meter_key, sizeof meter_key);
    ports_init(&s->ports);
    ports_avoid_reserved(&s->ports);
    s->shared.ports = &s->ports;
    s->shared.clock_told_us = &s->clock_told_us;
    s->shared.count = set->workers > 0 ? set->workers : (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    s->shared.log = s->log = log_new(set->log_level);
    if (s->log != NULL) {
        log_set_json(s->log, set->log_format == FORMAT_JSON);
    }
    s->shared.quota = s->log != NULL ? quota_new(tcp_clients(s), set->tcp_per_address, quota_key) : NULL;
    bool metered = guard_meters_make(&s->shared.meters, meter_key);
    s->shared.workers = calloc(s->shared.count, sizeof(struct worker *));
    return (s->shared.quota != NULL && metered && s->log != NULL && s->shared.workers != NULL) ||
           fail(s, "out of memory");
}

/* The first threads: what was given up before is given up by all. */
static bool make_cache_and_log(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct entropy entropy;
    struct cache_config cache = {.size_bytes = set->cache_bytes,
                                 .min_ttl_s = set->cache_min_ttl_s,
                                 .max_ttl_s = set->cache_max_ttl_s,
                                 .max_negative_ttl_s = set->cache_max_negative_ttl_s,
                                 .clamp = set->zone_ttl,
                                 .clamp_count = set->zone_ttl_count};
    entropy_init(&entropy);
    entropy.rng.fill(&entropy.rng, cache.hash_key, sizeof cache.hash_key);
    if (!log_start(s->log)) {
        return fail(s, "the system gives no more threads");
    }
    s->shared.cache = cache_new(&cache);
    forget_init(&s->forget, s->shared.cache);
    return s->shared.cache != NULL || fail(s, "out of memory; a smaller cache.size may help");
}

static bool make_loop(struct server *s)
{
    struct loop_handler on = {.arg = s, .turn = on_turn, .mail = on_mail, .signal = on_signal};
    s->shared.main = s->loop = loop_new(&on);
    if (s->loop == NULL || !loop_watch_signal(s->loop, SIGTERM) || !loop_watch_signal(s->loop, SIGINT) ||
        !loop_watch_signal(s->loop, SIGHUP)) {
        return fail(s, "out of memory");
    }
    return true;
}

static bool make_keeper(struct server *s)
{
    struct keeper_ops ops = {.arg = s, .ask = on_ask, .changed = on_changed};
    s->keeper = keeper_new(s->loop, s->log, s->shared.cache, s->world->settings, &ops, clock_now());
    if (s->keeper == NULL) {
        return fail(s, "out of memory");
    }
    s->shown = settings_shown_new(s->world->settings);
    s->started_with = settings_shown_new(s->world->settings);
    if (s->shown == NULL || s->started_with == NULL) {
        return fail(s, "out of memory");
    }
    s->world = server_dress(s, s->world);
    server_keep_ended(s);
    return true;
}

/* What is to be kept warm, to the worker that owns the question. */
static void on_fetch(void *arg, const struct request *request)
{
    struct server *s = arg;
    struct client nobody = {.kind = CLIENT_NOBODY};
    struct worker *owner = s->shared.workers[worker_owner(&s->shared, request)];
    worker_post(owner, mail_query_new(&nobody, request, QUERY_REFRESH), WORKER_QUERIES_WAITING_MAX);
}

static bool make_warm(struct server *s)
{
    struct warm_ops ops = {.arg = s, .fetch = on_fetch};
    s->warm = warm_new(s->loop, s->shared.cache, &ops);
    if (s->warm == NULL) {
        return fail(s, "out of memory");
    }
    warm_world(s->warm, s->world);
    return true;
}

static bool make_saver(struct server *s)
{
    s->saver = saver_new(s->loop, s->log, s->shared.cache, s->world->settings);
    if (s->saver == NULL) {
        return fail(s, "out of memory");
    }
    saver_start(s->saver, (const struct world *const *)&s->world); /* it loads while the workers are made */
    return true;
}

static bool start_workers(struct server *s)
{
    for (unsigned i = 0; i < s->shared.count; i++) {
        s->shared.workers[i] = worker_new(&s->shared, i, s->world, listeners_of(s->listeners, i), s->listeners->slots);
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
            worker_stop(s->shared.workers[i]);
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
    s->shared.workers = NULL;
}

static void release(struct server *s)
{
    stop_workers(s);
    server_free_dnstap(s);
    querylog_free(s->shared.querylog);
    http_free(s->http);
    warm_free(s->warm);
    if (s->saver != NULL) {
        server_forget_all(s); /* what is saved is what the settings mean */
        saver_stop(s->saver);
        saver_free(s->saver);
    }
    local_in_free(s->local);
    if (s->control != NULL) {
        control_free(s->control);
    }
    forget_release(&s->forget);
    server_free_watches(s);
    keeper_free(s->keeper);
    loop_timer_free(s->watchdog);
    notify_free(s->notify);
    if (s->loop != NULL) {
        loop_free(s->loop);
    }
    listeners_free(s->old_listeners, s->listeners);
    listeners_free(s->listeners, NULL);
    overrides_clear(&s->overrides);
    settings_shown_free(s->shown);
    settings_shown_free(s->started_with);
    quota_free(s->shared.quota);
    guard_meters_free(&s->shared.meters);
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
    bool ok = make_shared(s) && prepare_process(s) && open_listeners(s) && server_make_dnstap(s) &&
              server_enter_sandbox(s) && make_cache_and_log(s) && make_loop(s) && server_start_dnstap(s) &&
              server_make_querylog(s) && make_keeper(s) && make_saver(s) && make_warm(s) && server_make_control(s) &&
              start_workers(s);
    if (ok) {
        announce(s);
        server_notify_ready(s);
        keeper_start(s->keeper, clock_now());
        rest_precisely();
        loop_run(s->loop);
        notify_send(s->notify, "STOPPING=1");
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
