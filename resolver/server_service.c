/*
 * server_service.c - the daemon as a service: what it gives up, and what it tells the service manager
 *
 * WATCHDOG=1 is sent when every worker has answered a letter since the last time: a loop that stands still is noticed
 * even while the others run.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/io/clock.h"
#include "resolver/server_parts.h"

static_assert((int)CALLS_OFF == SANDBOX_CALLS_OFF && (int)CALLS_DENY == SANDBOX_CALLS_DENY &&
                  (int)CALLS_KILL == SANDBOX_CALLS_KILL,
              "the words of sandbox.system-calls");

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* its runtime makes calls of its own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#define PORT_PRIVILEGED 1024

/* ---- the sandbox ---- */

/* Paths of one plan, until it is entered. */
struct paths {
    struct sandbox_plan *plan;
    char text[SANDBOX_PATHS_MAX][PATH_MAX];
    size_t n;
};

static void add_read(struct sandbox_plan *plan, const char *path)
{
    if (plan->reads < SANDBOX_PATHS_MAX) {
        plan->read[plan->reads++] = path;
    }
}

/* The folder that holds the file, where an editor may put another one of that name. */
static const char *folder_of(struct paths *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) : 0;
    if (p->n == SANDBOX_PATHS_MAX || n >= PATH_MAX) {
        return path;
    }
    char *folder = p->text[p->n++];
    snprintf(folder, PATH_MAX, "%.*s", slash == NULL || n == 0 ? 1 : (int)n, slash == NULL ? "." : path);
    return folder;
}

static void plan_files(struct server *s, struct paths *p)
{
    static const char *const system[] = {
        "/etc", "/usr", "/proc", "/sys/devices/system/cpu", "/dev/urandom", "/run/systemd/resolve", "/run/resolvconf"};
    const struct settings *set = s->world->settings;
    const char *const named[] = {s->config_path, set->root_hints, set->trust_anchor_file, set->address_map};
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
        add_read(p->plan, system[i]);
    }
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (named[i] != NULL) {
            add_read(p->plan, folder_of(p, named[i]));
        }
    }
    p->plan->write[p->plan->writes++] = set->state_dir;
    p->plan->write[p->plan->writes++] = folder_of(p, set->control_socket);
    p->plan->write[p->plan->writes++] = "/dev/null";
    if (set->dnstap_file != NULL) {
        p->plan->write[p->plan->writes++] = folder_of(p, set->dnstap_file);
    }
    if (set->querylog_file != NULL) {
        p->plan->write[p->plan->writes++] = folder_of(p, set->querylog_file);
    }
}

/* Better now than when something is to be saved. */
static bool can_write(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct paths *p = calloc(1, sizeof *p);
    const char *folders[] = {set->state_dir, p != NULL ? folder_of(p, set->control_socket) : set->state_dir};
    bool ok = true;
    for (size_t i = 0; ok && i < 2; i++) {
        ok = access(folders[i], W_OK | X_OK) == 0;
        if (!ok) {
            snprintf(s->error, sizeof s->error,
                     "the user %s cannot write %s; give it away: chown -R %s %s, or name another user in sandbox.user",
                     s->sandbox.user, folders[i], s->sandbox.user, folders[i]);
        }
    }
    free(p);
    return ok;
}

bool server_enter_sandbox(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct paths *p = calloc(1, sizeof *p);
    struct sandbox_plan plan = {.user = set->sandbox_user,
                                .privileges = set->sandbox_privileges,
                                .files = set->sandbox_files,
                                .calls = SANITIZED ? SANDBOX_CALLS_OFF : (enum sandbox_calls)set->sandbox_calls};
    if (p == NULL) {
        snprintf(s->error, sizeof s->error, "out of memory");
        return false;
    }
    p->plan = &plan;
    plan_files(s, p);
    for (size_t i = 0; i < set->listen_count; i++) {
        plan.bind |= set->listen[i].port < PORT_PRIVILEGED;
    }
    bool ok = sandbox_enter(&plan, &s->sandbox, s->error, sizeof s->error) && can_write(s);
    free(p);
    s->sandbox_words = (struct control_sandbox){.user = s->sandbox.user,
                                                .capabilities = s->sandbox.capabilities,
                                                .files = s->sandbox.files,
                                                .calls = s->sandbox.calls,
                                                .no_new_privs = s->sandbox.no_new_privs};
    if (ok && geteuid() == 0) {
        log_warning(s->log, "runs as root; with a user " SANDBOX_USER " on this host, or sandbox.user, it would not");
    }
    return ok;
}

/* ---- what writers of their own write ---- */

#define LOOK_US (2 * US_PER_S)

/* Said once, and once more when it has passed. */
static void tell_trouble(struct server *s, const char *what, const char *path, const char *why, bool *told)
{
    if (why != NULL && !*told) {
        log_warning(s->log, "%s: %s cannot be written: %s; what is not taken is dropped and counted", what, path, why);
    } else if (why == NULL && *told) {
        log_info(s->log, "%s: %s is written again", what, path);
    }
    *told = why != NULL;
}

static void on_look(void *arg, struct now now)
{
    struct server *s = arg;
    const struct settings *set = s->world->settings;
    if (s->shared.dnstap != NULL) {
        tell_trouble(s, "dnstap", set->dnstap_socket != NULL ? set->dnstap_socket : set->dnstap_file,
                     dnstap_trouble(s->shared.dnstap), &s->dnstap_told);
    }
    if (s->shared.querylog != NULL) {
        tell_trouble(s, "query log", set->querylog_file, querylog_trouble(s->shared.querylog), &s->querylog_told);
    }
    loop_timer_set(s->look_timer, now.mono_us + LOOK_US);
}

static bool look_at_writers(struct server *s)
{
    if (s->look_timer == NULL) {
        s->look_timer = loop_timer_new(s->loop, on_look, s);
    }
    if (s->look_timer == NULL) {
        snprintf(s->error, sizeof s->error, "out of memory");
        return false;
    }
    loop_timer_set(s->look_timer, loop_now(s->loop).mono_us + US_PER_S);
    return true;
}

bool server_make_querylog(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct querylog_plan plan = {.path = set->querylog_file,
                                 .size_bytes = set->querylog_bytes,
                                 .keep = set->querylog_keep,
                                 .rings = s->shared.count,
                                 .port = set->port};
    if (plan.path == NULL) {
        return true;
    }
    s->shared.querylog = querylog_new(&plan, s->error, sizeof s->error);
    if (s->shared.querylog != NULL && !querylog_start(s->shared.querylog)) {
        snprintf(s->error, sizeof s->error, "the system gives no more threads");
        return false;
    }
    return s->shared.querylog != NULL && look_at_writers(s);
}

bool server_make_dnstap(struct server *s)
{
    const struct settings *set = s->world->settings;
    struct dnstap_plan plan = {.socket = set->dnstap_socket,
                               .file = set->dnstap_file,
                               .identity = set->dnstap_identity,
                               .version = "raizd " RAIZ_VERSION,
                               .clients = set->dnstap_clients,
                               .servers = set->dnstap_servers,
                               .sample = set->dnstap_sample,
                               .queues = s->shared.count};
    if (plan.socket == NULL && plan.file == NULL) {
        return true;
    }
    memcpy(plan.key, s->shared.hash_key, sizeof plan.key);
    s->shared.dnstap = dnstap_new(&plan, s->error, sizeof s->error);
    return s->shared.dnstap != NULL;
}

bool server_start_dnstap(struct server *s)
{
    if (s->shared.dnstap == NULL) {
        return true;
    }
    if (!dnstap_start(s->shared.dnstap)) {
        snprintf(s->error, sizeof s->error, "out of memory");
        return false;
    }
    return look_at_writers(s);
}

void server_free_dnstap(struct server *s)
{
    if (s->look_timer != NULL) {
        loop_timer_free(s->look_timer);
    }
    dnstap_free(s->shared.dnstap);
    s->shared.dnstap = NULL;
}

/* ---- the service manager ---- */

static void on_watchdog(void *arg, struct now now)
{
    struct server *s = arg;
    if (s->pings == 0) {
        notify_send(s->notify, "WATCHDOG=1");
        for (unsigned i = 0; i < s->shared.count; i++) {
            s->pings += worker_post(s->shared.workers[i], mail_asked_new(MAIL_PING, i, 0), 0);
        }
    }
    loop_timer_set(s->watchdog, now.mono_us + notify_watchdog_us(s->notify) / 4);
}

void server_pong(struct server *s)
{
    s->pings -= s->pings > 0;
}

/* "udp-127.0.0.1-53": a name of the descriptor store has no colon. */
static void store_name(const struct addr *a, bool tcp, char name[static 100])
{
    char where[ADDR_TEXT_MAX];
    addr_print(a, where);
    for (char *c = where; *c != '\0'; c++) {
        *c = *c == ':' ? '.' : *c;
    }
    snprintf(name, 100, "%s-%.80s", tcp ? "tcp" : "udp", where);
}

/* The sockets of `l` that `without` does not have: to be kept while we are started anew, or not any more. */
static void store(struct server *s, const struct listeners *l, const struct listeners *without, bool keep)
{
    char name[100];
    for (size_t slot = 0; l != NULL && s->notify != NULL && slot < l->slots; slot++) {
        const struct listener *at = &l->table[slot];
        if (at->udp < 0 || listeners_have(without, &at->addr)) {
            continue;
        }
        for (unsigned tcp = 0; tcp < 2; tcp++) {
            store_name(&at->addr, tcp == 1, name);
            notify_store(s->notify, name, NULL,
                         0); /* those that were handed to us, or else there would be more each time */
            for (unsigned w = 0; keep && w < l->workers; w++) {
                notify_store(s->notify, name, tcp == 1 ? &listeners_of(l, w)[slot].tcp : &listeners_of(l, w)[slot].udp,
                             1);
            }
        }
    }
}

void server_store_listeners(struct server *s, const struct listeners *old, const struct listeners *now)
{
    store(s, old, now, false);
    store(s, now, old, true);
}

void server_notify_ready(struct server *s)
{
    char text[200];
    snprintf(text, sizeof text, "READY=1\nSTATUS=answering on %zu address%s with %u worker%s",
             s->world->settings->listen_count, s->world->settings->listen_count == 1 ? "" : "es", s->shared.count,
             s->shared.count == 1 ? "" : "s");
    notify_send(s->notify, text);
    server_store_listeners(s, NULL, s->listeners);
    if (notify_watchdog_us(s->notify) > 0) {
        s->watchdog = loop_timer_new(s->loop, on_watchdog, s);
        if (s->watchdog != NULL) {
            on_watchdog(s, loop_now(s->loop));
        }
    }
}
