/*
 * verb_cache.c - cache.show, ls, flush, save, load: what is known, forgetting it, keeping it
 *
 * A list goes over the whole cache in slices: each ends after SLICE_BYTES of text or SLICE_LINES of the table, and the
 * next one begins when the client has read it, so neither a huge cache nor a slow reader holds anything up.
 */
#include <inttypes.h>

#include "dns/types.h"
#include "resolver/control/entry_json.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define SLICE_BYTES (8 * 1024)
#define SLICE_LINES 256
#define STEP_LINES  4 /* of the table, between two looks at the bytes written */

struct showing {
    struct control_session *session;
    uint64_t rows;
    bool out_of_memory;
    const char *above; /* set on rows of other names, which bear on the one asked for */
};

static void show_entry(void *arg, const struct cache_hit *hit)
{
    struct showing *show = arg;
    if (show->out_of_memory) {
        return;
    }
    json_t *o = entry_json(show->session->control, hit);
    if (show->above != NULL) {
        reply_put_text(&o, "bears_on", show->above);
    }
    show->out_of_memory = reply_line(show->session, o) == 0;
    show->rows++;
}

void verb_cache_show(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    struct now now = c->ops.now(c->ops.server);
    struct dname name = dname_of(&args->name);
    char text[DNAME_TEXT_MAX];
    struct cache_hit hit;
    struct showing show = {.session = s};
    cache_visit_name(c->ops.cache, name, now, show_entry, &show);
    uint64_t own = show.rows;
    dname_print(name, text);
    show.above = text;
    /* What bears on the name from above: that a parent of it does not exist (RFC 8020), and whom to ask about it. */
    if (!dname_is_root(name) && cache_get_nxdomain_above(c->ops.cache, dname_parent(name), dname_root(), now, &hit)) {
        show_entry(&show, &hit);
    }
    if (!dname_is_root(name) && cache_get_delegation(c->ops.cache, dname_parent(name), false, now, &hit)) {
        show_entry(&show, &hit);
    }
    if (!show.out_of_memory) {
        json_t *o = json_object();
        reply_put_number(&o, "entries", own);
        reply_done(s, o);
    }
}

static void list_entry(void *arg, const struct cache_hit *hit)
{
    struct control_session *s = arg;
    if (s->out_of_memory || !dname_under(hit->name, dname_of(&s->under))) {
        return;
    }
    if (s->rows == s->limit) {
        s->cut = true;
        return;
    }
    size_t sent = reply_line(s, entry_json(s->control, hit));
    s->out_of_memory = sent == 0;
    s->slice_bytes += sent;
    s->rows++;
}

bool cache_ls_more(struct control_session *s)
{
    struct control *c = s->control;
    struct now now = c->ops.now(c->ops.server);
    s->slice_bytes = 0;
    for (size_t lines = 0; lines < SLICE_LINES && s->slice_bytes < SLICE_BYTES; lines += STEP_LINES) {
        s->cursor = cache_walk(c->ops.cache, s->cursor, STEP_LINES, now, list_entry, s);
        if (s->out_of_memory) {
            return false;
        }
        if (s->cursor == 0 || s->rows == s->limit) {
            json_t *o = json_object();
            reply_put_number(&o, "entries", s->rows);
            reply_put(&o, "complete", json_boolean(s->cursor == 0 && !s->cut));
            reply_done(s, o);
            return false;
        }
    }
    return true;
}

void verb_cache_ls(struct control_session *s, const struct args *args)
{
    session_forget_tree(s);
    s->state = SESSION_LISTING;
    s->cursor = 0;
    s->rows = 0;
    s->limit = (args->given & PARAM_LIMIT) != 0 ? args->limit : UINT64_MAX;
    s->out_of_memory = s->cut = false;
    dname_copy((args->given & PARAM_UNDER) != 0 ? dname_of(&args->under) : dname_root(), &s->under);
    cache_ls_more(s);
}

struct would_flush {
    struct dname name;
    uint16_t type; /* 0: all */
    bool tree;
    uint64_t count;
};

/* As cache_flush() and cache_flush_tree() choose. */
static void would_flush(void *arg, const struct cache_hit *hit)
{
    struct would_flush *w = arg;
    bool typed = hit->kind == CACHE_RRSET || hit->kind == CACHE_FAILURE;
    bool here = w->tree ? dname_under(hit->name, w->name) : dname_equal(hit->name, w->name);
    w->count += here && (w->type == 0 || (typed && hit->type == w->type) || hit->kind == CACHE_NXDOMAIN ||
                         (hit->kind == CACHE_DELEGATION && w->type == DNS_TYPE_NS));
}

static void count_flush(struct control_session *s, const struct args *args)
{
    struct cache *cache = s->control->ops.cache;
    struct now now = s->control->ops.now(s->control->ops.server);
    struct would_flush w = {.name = dname_of(&args->name), .type = args->type, .tree = args->tree};
    uint64_t cursor = 0;
    if (!args->tree) {
        cache_visit_name(cache, w.name, now, would_flush, &w);
    } else {
        do {
            cursor = cache_walk(cache, cursor, SLICE_LINES, now, would_flush, &w);
        } while (cursor != 0);
    }
    json_t *o = json_object();
    reply_put_number(&o, "would_flush", w.count);
    reply_done(s, o);
}

void verb_cache_flush(struct control_session *s, const struct args *args)
{
    struct cache *cache = s->control->ops.cache;
    struct dname name = dname_of(&args->name);
    if (args->tree && (args->given & PARAM_TYPE) != 0) {
        reply_error(s, CONTROL_USAGE, "cache.flush: 'tree' takes all types; leave 'type' out");
        return;
    }
    if (args->dry) {
        count_flush(s, args);
        return;
    }
    json_t *o = json_object();
    reply_put_number(&o, "flushed", args->tree ? cache_flush_tree(cache, name) : cache_flush(cache, name, args->type));
    reply_done(s, o);
}

void verb_cache_save(struct control_session *s, const struct args *args)
{
    const struct control *c = s->control;
    (void)args;
    const char *why = c->ops.save(c->ops.server);
    if (why != NULL) {
        reply_error(s, CONTROL_FAILED, "%s", why);
    } else {
        reply_done(s, json_object());
    }
}

void verb_cache_load(struct control_session *s, const struct args *args)
{
    const struct control *c = s->control;
    (void)args;
    s->state = SESSION_LOADING;
    const char *why = c->ops.load(c->ops.server, s);
    if (why != NULL) {
        reply_error(s, CONTROL_FAILED, "%s", why);
    }
}

void control_loaded(struct control *c, struct control_session *s, const struct control_load *result)
{
    if (!session_expects(c, s, SESSION_LOADING)) {
        return;
    }
    if (result->error != NULL) {
        reply_error(s, CONTROL_FAILED, "the file is dropped, because %s; entries restored before that: %" PRIu64,
                    result->error, result->restored);
        return;
    }
    reply_done(s, json_pack("{s:I, s:I, s:I, s:I, s:I}", "restored", (json_int_t)result->restored, "ended",
                            (json_int_t)result->ended, "kept", (json_int_t)result->kept, "age_s",
                            (json_int_t)result->age_s, "took_ms", (json_int_t)result->took_ms));
}
