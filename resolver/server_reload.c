/*
 * server_reload.c - a new configuration takes the place of the old one, whole or not at all
 *
 *     read, check -> new world -> new listeners beside the old -> letters to all workers -> publish -> taken by all
 *          |              |               |                            |                                  |
 *          +--------------+---------------+----------------------------+-> what is wrong is told,      old world and
 *                                                                          the old world stays         sockets go,
 *                                                                                                      what is void is
 *                                                                                                      forgotten
 *
 * Until the letters are sent nothing has changed that a client could notice. Cache, queries under way and connections
 * stay; of the cache only goes what the changed settings had a say in, in pieces (forget.h). Then who asked is told.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/server_parts.h"
#include "resolver/startup.h"

/* ---- publishing ---- */

void server_keep_ended(struct server *s)
{
    const struct settings *set = s->world->settings;
    cache_keep_ended(s->shared.cache, set->cache_serve_stale ? set->cache_stale_max_age_s : 0);
    if (s->saver != NULL) {
        saver_settings(s->saver, set);
    }
    if (s->warm != NULL) {
        warm_world(s->warm, s->world);
    }
}

/* One for each worker; NULL: out of memory. */
static struct mail **make_letters(unsigned workers)
{
    struct mail **letters = calloc(workers, sizeof(struct mail *));
    for (unsigned i = 0; letters != NULL && i < workers; i++) {
        /* -Wanalyzer-possible-null-dereference: the loop looks at it */
        letters[i] = mail_world_new(NULL, NULL, 0);
        if (letters[i] == NULL) {
            while (i-- > 0) {
                free(letters[i]);
            }
            free(letters);
            return NULL;
        }
    }
    return letters;
}

/* The workers take it one after the other; the old one goes when all have. */
static void send_letters(struct server *s, struct mail **letters, struct world *world, struct listeners *next)
{
    s->old_world = s->world;
    s->world = world;
    saver_hold(s->saver, true);
    server_keep_ended(s);
    s->old_listeners = next != NULL ? s->listeners : NULL;
    s->listeners = next != NULL ? next : s->listeners;
    for (unsigned i = 0; i < s->shared.count; i++) {
        struct mail_world *m = (struct mail_world *)letters[i];
        assert(m != NULL); /* make_letters */
        m->world = world;
        m->listeners = next != NULL ? listeners_of(next, i) : NULL;
        m->slots = next != NULL ? next->slots : 0;
        s->takers += worker_post(s->shared.workers[i], &m->mail, 0);
    }
    free(letters);
}

/* The workers are still taking the last world, or what a reload has made void is not forgotten yet. */
static bool is_changing(const struct server *s)
{
    return s->old_world != NULL || s->reload.running;
}

void server_renew(struct server *s)
{
    if (is_changing(s)) {
        s->renew_again = true;
        return;
    }
    struct mail **letters = make_letters(s->shared.count);
    struct world *world = letters != NULL ? keeper_dress(s->keeper, s->world, loop_now(s->loop)) : s->world;
    if (world != s->world) {
        send_letters(s, letters, world, NULL);
        return;
    }
    for (unsigned i = 0; letters != NULL && i < s->shared.count; i++) {
        free(letters[i]);
    }
    free(letters);
}

/* ---- what the cache must forget ---- */

static bool same_zone(const struct settings_zone *a, const struct settings_zone *b)
{
    bool same = dname_equal(dname_of(&a->zone), dname_of(&b->zone)) && a->first == b->first &&
                a->server_count == b->server_count && a->host_count == b->host_count;
    for (size_t i = 0; same && i < a->server_count; i++) {
        same = addr_equal(&a->servers[i], &b->servers[i]);
    }
    for (size_t i = 0; same && i < a->host_count; i++) {
        same = strcmp(a->hosts[i], b->hosts[i]) == 0;
    }
    return same;
}

/* Zones of `a` that are not so in `b`: what is known of them came from others. */
static void forget_zones(struct server *s, const struct settings_zone *a, size_t n, const struct settings_zone *b,
                         size_t m)
{
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t k = 0; k < m && !found; k++) {
            found = same_zone(&a[i], &b[k]);
        }
        if (!found) {
            forget_below(&s->forget, dname_of(&a[i].zone));
        }
    }
}

static void forget_exempt(struct server *s, const struct settings *a, const struct settings *b)
{
    for (size_t i = 0; i < a->negative_anchors_count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->negative_anchors_count && !found; k++) {
            found = dname_equal(dname_of(&a->negative_anchors[i]), dname_of(&b->negative_anchors[k])) &&
                    a->negative_until_s[i] == b->negative_until_s[k];
        }
        if (!found) {
            forget_below(&s->forget, dname_of(&a->negative_anchors[i]));
        }
    }
}

static bool same_set(const struct rrset *a, const struct rrset *b)
{
    return a == NULL || b == NULL ? a == b : rrset_same_data(a, b);
}

static bool same_anchors(const struct anchors *a, const struct anchors *b)
{
    struct anchor x, y;
    bool same = anchors_count(a) == anchors_count(b);
    for (size_t i = 0; same && anchors_at(a, i, &x); i++) {
        same =
            anchors_at(b, i, &y) && dname_equal(x.zone, y.zone) && same_set(x.ds, y.ds) && same_set(x.dnskey, y.dnskey);
    }
    return same;
}

static void note_changed(struct server *s)
{
    const struct settings *old = s->old_world->settings, *new = s->world->settings;
    saver_world(s->saver);
    if (s->reload.forget_all || !same_anchors(s->old_world->anchors, s->world->anchors)) {
        forget_below(&s->forget, dname_root());
        return;
    }
    forget_zones(s, old->forward, old->forward_count, new->forward, new->forward_count);
    forget_zones(s, new->forward, new->forward_count, old->forward, old->forward_count);
    forget_zones(s, old->stub, old->stub_count, new->stub, new->stub_count);
    forget_zones(s, new->stub, new->stub_count, old->stub, old->stub_count);
    forget_exempt(s, old, new);
    forget_exempt(s, new, old);
}

/* No worker uses the old world any more: nothing that it meant is put into the cache. */
static void note_void(struct server *s)
{
    if (s->reload.running) {
        note_changed(s);
    }
    keeper_published(s->keeper, &s->forget, loop_now(s->loop));
}

/* ---- reload ---- */

/* Those who asked for the reload that is under way hear how it ended. */
static void tell(struct server *s, bool ok, const char *error)
{
    struct reload *r = &s->reload;
    struct control_reload result = {.ok = ok,
                                    .error = error,
                                    .changed = r->changed,
                                    .restart = r->restart,
                                    .opened = r->opened,
                                    .closed = r->closed};
    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
        if (r->asked[i] != NULL) {
            struct control_session *session = r->asked[i];
            r->asked[i] = NULL;
            control_reloaded(s->control, session, &result);
        }
    }
}

static void refuse(struct server *s, const char *text)
{
    for (const char *line = text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        log_error(s->log, "reload: %.*s", (int)(end - line), line);
        end += *end == '\n';
    }
    log_error(s->log, "reload: nothing has changed");
    s->reload.refused = true;
    tell(s, false, text);
}

static void log_result(struct server *s)
{
    const struct reload *r = &s->reload;
    log_info(s->log, "reloaded %s%s%s", s->config_path != NULL ? s->config_path : "the defaults",
             r->changed[0] != '\0' ? "; changed: " : "", r->changed);
    if (r->opened[0] != '\0') {
        log_info(s->log, "listening on %s", r->opened);
    }
    if (r->closed[0] != '\0') {
        log_info(s->log, "no longer listening on %s", r->closed);
    }
    if (r->restart[0] != '\0') {
        log_warning(s->log, "reload: changed, but taken at the next start only: %s", r->restart);
    }
}

/* What differs from the last configuration, and of what needs a new start, from the one that we were started with. */
static void compare(struct server *s, const struct settings_shown *shown, const struct listeners *next)
{
    struct reload *r = &s->reload;
    settings_changes(s->shown, shown, true, r->changed, sizeof r->changed);
    settings_changes(s->started_with, shown, false, r->restart, sizeof r->restart);
    listeners_only(next, s->listeners, r->opened, sizeof r->opened);
    listeners_only(s->listeners, next, r->closed, sizeof r->closed);
    r->forget_all =
        settings_shown_differ(s->shown, shown, "dnssec.mode") || settings_shown_differ(s->shown, shown, "dnssec.sha1");
}

/* Everything that may fail, then everything that cannot. */
static bool replace(struct server *s, struct world *world, char error[static 512])
{
    struct listeners *next =
        listeners_next(s->listeners, world->settings, s->shared.count, loop_now(s->loop).mono_us, error);
    if (next == NULL) {
        return false;
    }
    struct settings_shown *shown = settings_shown_new(world->settings);
    struct mail **letters = make_letters(s->shared.count);
    if (shown == NULL || letters == NULL) {
        for (unsigned i = 0; letters != NULL && i < s->shared.count; i++) {
            free(letters[i]);
        }
        free(letters);
        settings_shown_free(shown);
        listeners_free(next, s->listeners);
        snprintf(error, 512, "out of memory");
        return false;
    }
    compare(s, shown, next);
    settings_shown_free(s->shown);
    s->shown = shown;
    s->reload.running = true;
    send_letters(s, letters, server_dress(s, world), next);
    log_set_level(s->log, s->world->settings->log_level);
    log_set_json(s->log, s->world->settings->log_format == FORMAT_JSON);
    return true;
}

void server_reload(struct server *s)
{
    struct config_errors errors = {0};
    char error[512];
    if (s->shared.querylog != NULL) {
        querylog_reopen(s->shared.querylog);
    }
    if (is_changing(s)) {
        s->reload_again = true;
        return;
    }
    char *above = overrides_text(&s->overrides);
    struct world *world = above != NULL ? startup_world(s->config_path, above, &errors) : NULL;
    free(above);
    s->reload.refused = false;
    if (world == NULL) {
        refuse(s, errors.text != NULL ? errors.text : "out of memory\n");
    } else if (!replace(s, world, error)) {
        world_free(world);
        refuse(s, error);
    } else {
        log_result(s);
    }
    config_errors_clear(&errors);
}

/* A session asks. One that comes while the workers still take the last world waits for the next. */
bool server_reload_for(struct server *s, struct control_session *session)
{
    struct control_session **list = is_changing(s) ? s->reload.next : s->reload.asked;
    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
        if (list[i] == NULL) {
            list[i] = session;
            server_reload(s);
            return true;
        }
    }
    return false;
}

const char *server_override(struct server *s, struct control_session *session, const char *key, const char *value)
{
    struct overrides before = {.count = 0};
    if (is_changing(s)) {
        return "a reload is under way: try again in a moment";
    }
    if (!overrides_copy(&s->overrides, &before) || !overrides_set(&s->overrides, key, value)) {
        overrides_clear(&before);
        return "out of memory, or too many settings are set already";
    }
    server_reload_for(s, session);
    struct overrides old = s->reload.refused ? s->overrides : before;
    s->overrides = s->reload.refused ? before : s->overrides;
    overrides_clear(&old);
    return NULL;
}

void server_reload_gone(struct server *s, const struct control_session *session)
{
    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
        if (s->reload.asked[i] == session) {
            s->reload.asked[i] = NULL;
        }
        if (s->reload.next[i] == session) {
            s->reload.next[i] = NULL;
        }
    }
}

/* The next one may come. */
static void end_change(struct server *s)
{
    bool again = s->reload_again, renew = s->renew_again;
    s->reload_again = s->renew_again = false;
    if (s->reload.running) {
        s->reload.running = s->reload.forgetting = false;
        tell(s, true, NULL);
    }
    if (again) {
        memcpy(s->reload.asked, s->reload.next, sizeof s->reload.asked);
        memset(s->reload.next, 0, sizeof s->reload.next);
        server_reload(s);
    }
    if (renew) {
        server_renew(s);
    }
}

void server_world_taken(struct server *s)
{
    if (--s->takers > 0) {
        return;
    }
    note_void(s);
    if (s->old_listeners != NULL) {
        server_store_listeners(s, s->old_listeners, s->listeners);
    }
    listeners_free(s->old_listeners, s->listeners);
    world_free(s->old_world);
    s->old_listeners = NULL;
    s->old_world = NULL;
    if (s->reload.running) {
        s->reload.forgetting = true; /* who asked hears of it when nothing old is found any more */
    } else {
        end_change(s);
    }
}

void server_forget(struct server *s)
{
    if (forget_wants(&s->forget) && forget_more(&s->forget)) {
        loop_again(s->loop);
        return;
    }
    saver_hold(s->saver, s->old_world != NULL);
    if (s->reload.forgetting) {
        end_change(s);
    }
}

void server_forget_all(struct server *s)
{
    if (s->old_world != NULL) {
        note_void(s);
    }
    forget_all(&s->forget);
    saver_hold(s->saver, false);
}
