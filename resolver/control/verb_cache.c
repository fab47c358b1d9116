/*
 * verb_cache.c - cache.show, ls, flush, save, load: what is known, forgetting it, keeping it
 *
 * A list goes over the whole cache in slices: each ends after SLICE_BYTES of text or SLICE_LINES of the table, and the
 * next one begins when the client has read it, so neither a huge cache nor a slow reader holds anything up. So does
 * flushing a tree.
 */
#include <inttypes.h>

#include "dns/types.h"
#include "resolver/control/entry_json.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define SLICE_BYTES 1024
#define PIECE_ROWS  1 /* of JSON, 6 us each, are made before others have their turn */
#define SLICE_LINES 4 /* of the table, with some five entries each */

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
    const struct control_server *ops = &s->control->ops;
    if (s->rows % PIECE_ROWS == 0 && ops->rest != NULL) {
        ops->rest(ops->server, s);
    }
    size_t sent = reply_line(s, entry_json(s->control, hit));
    s->out_of_memory = sent == 0;
    s->slice_bytes += sent;
    s->rows++;
}

static bool ls_more(struct control_session *s)
{
    struct control *c = s->control;
    struct now now = c->ops.now(c->ops.server);
    s->slice_bytes = 0;
    for (size_t lines = 0; lines < SLICE_LINES && s->slice_bytes < SLICE_BYTES; lines++) {
        s->cursor = cache_walk(c->ops.cache, s->cursor, 1, now, list_entry, s);
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
    s->limit = (args->given & PARAM_LIMIT) != 0 ? args->limit : UINT64_MAX;
    s->out_of_memory = s->cut = false;
    dname_copy((args->given & PARAM_UNDER) != 0 ? dname_of(&args->under) : dname_root(), &s->under);
    session_list(s, ls_more);
}

struct would_flush {
    uint16_t type; /* 0: all */
    uint64_t count;
};

/* As cache_flush() chooses among the entries of a name. */
static void would_flush(void *arg, const struct cache_hit *hit)
{
    struct would_flush *w = arg;
    bool typed = hit->kind == CACHE_RRSET || hit->kind == CACHE_FAILURE;
    w->count += w->type == 0 || (typed && hit->type == w->type) || hit->kind == CACHE_NXDOMAIN ||
                (hit->kind == CACHE_DELEGATION && w->type == DNS_TYPE_NS);
}

static void would_flush_below(void *arg, const struct cache_hit *hit)
{
    struct control_session *s = arg;
    s->rows += dname_under(hit->name, dname_of(&s->under));
}

static void reply_flush(struct control_session *s, const char *key, uint64_t count)
{
    json_t *o = json_object();
    reply_put_number(&o, key, count);
    reply_done(s, o);
}

static bool count_more(struct control_session *s)
{
    struct control *c = s->control;
    s->cursor = cache_walk(c->ops.cache, s->cursor, SLICE_LINES, c->ops.now(c->ops.server), would_flush_below, s);
    if (s->cursor == 0) {
        reply_flush(s, "would_flush", s->rows);
    }
    return s->cursor != 0;
}

static bool flush_more(struct control_session *s)
{
    bool more = cache_flush_more(s->control->ops.cache, &s->flushing, SLICE_LINES);
    if (!more) {
        reply_flush(s, "flushed", s->flushing.flushed);
    }
    return more;
}

static void flush_tree(struct control_session *s, const struct args *args)
{
    struct dname name = dname_of(&args->name);
    if (args->dry) {
        dname_copy(name, &s->under);
        session_list(s, count_more);
    } else {
        cache_flush_begin(s->control->ops.cache, name, &s->flushing);
        session_list(s, flush_more);
    }
}

void verb_cache_flush(struct control_session *s, const struct args *args)
{
    struct cache *cache = s->control->ops.cache;
    struct dname name = dname_of(&args->name);
    if (args->tree && (args->given & PARAM_TYPE) != 0) {
        reply_error(s, CONTROL_USAGE, "cache.flush: 'tree' takes all types; leave 'type' out");
        return;
    }
    if (args->tree) {
        flush_tree(s, args);
    } else if (args->dry) {
        struct would_flush w = {.type = args->type};
        cache_visit_name(cache, name, s->control->ops.now(s->control->ops.server), would_flush, &w);
        reply_flush(s, "would_flush", w.count);
    } else {
        reply_flush(s, "flushed", cache_flush(cache, name, args->type));
    }
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
