/*
 * verb_work.c - inflight, trace, reload: what the workers are doing, doing one thing under their eyes, a new world for
 * them
 *
 * The workers answer later; the server brings their words here, on the control thread.
 */
#include <string.h>

#include "dns/arena.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/control/trace_json.h"

#define ANSWER_ARENA (4 * 1024 * 1024) /* index of the largest message, and room to print it */

bool session_expects(const struct control *c, const struct control_session *s, enum session_state state)
{
    const struct control_session *open = c->sessions;
    while (open != NULL && open != s) {
        open = open->next;
    }
    return open != NULL && open->state == state;
}

void verb_inflight(struct control_session *s, const struct args *args)
{
    (void)args;
    s->state = SESSION_IN_FLIGHT;
    s->jobs = 0;
    s->control->ops.inflight(s->control->ops.server, s);
}

void control_inflight_row(struct control *c, struct control_session *s, unsigned worker,
                          const struct engine_inflight *row)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    if (!session_expects(c, s, SESSION_IN_FLIGHT)) {
        return;
    }
    json_t *o = json_object();
    dname_print(row->name, name);
    reply_put_text(&o, "name", name);
    reply_put_text(&o, "type", dns_type_text(row->type, type));
    reply_put_text(&o, "state", row->state);
    reply_put_number(&o, "age_ms", row->age_ms);
    reply_put_number(&o, "sends", row->sends);
    reply_put_number(&o, "waiters", row->waiters);
    reply_put(&o, "child", json_boolean(row->child));
    dname_print(row->zone, name);
    reply_put_text(&o, "zone", name);
    reply_put_server(&o, "server", &row->server, c);
    reply_put_number(&o, "worker", worker);
    s->jobs++;
    reply_line(s, o);
}

void control_inflight_end(struct control *c, struct control_session *s)
{
    if (session_expects(c, s, SESSION_IN_FLIGHT)) {
        json_t *o = json_object();
        reply_put_number(&o, "jobs", s->jobs);
        reply_done(s, o);
    }
}

void verb_trace(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    struct request request = {
        .flags = DNS_FLAG_RD,
        .qtype = (args->given & PARAM_TYPE) != 0 ? args->type : DNS_TYPE_A,
        .qclass = DNS_CLASS_IN,
        .limit = DNS_MSG_MAX,
        .edns = true, /* extended errors are wanted */
        .tcp = true,  /* nothing is cut, and a late answer is better than none */
    };
    request.qname = args->name;
    if (dns_type_is_meta(request.qtype) && request.qtype != DNS_TYPE_ANY) {
        reply_error(s, CONTROL_USAGE, "trace: this type cannot be asked for");
        return;
    }
    s->state = SESSION_TRACING;
    if (!c->ops.trace(c->ops.server, s, &request, QUERY_TRACE | (args->cold ? QUERY_COLD : 0u))) {
        reply_error(s, CONTROL_FAILED, "the resolver has too much to do right now");
    }
}

static void reply_answer(struct control_session *s, const uint8_t *answer, size_t n, const struct journal *journal)
{
    struct arena arena;
    struct dns_msg msg;
    json_t *o = json_object();
    arena_init(&arena, NULL, 0, ANSWER_ARENA);
    uint64_t now_us = s->control->ops.now(s->control->ops.server).mono_us;
    if (journal != NULL) {
        reply_put_number(&o, "took_us", now_us > journal->begun_us ? now_us - journal->begun_us : 0);
        reply_put_number(&o, "events_lost", journal->lost);
    }
    reply_put(&o, "answer",
              dns_msg_parse(answer, n, &arena, &msg) == DNS_OK ? trace_answer_json(s->control, &msg) : NULL);
    arena_release(&arena);
    reply_done(s, o);
}

void control_traced(struct control *c, struct control_session *s, const uint8_t *answer, size_t n,
                    const struct journal *journal)
{
    if (!session_expects(c, s, SESSION_TRACING)) {
        return;
    }
    for (unsigned i = 0; journal != NULL && i < journal->count; i++) {
        if (reply_line(s, trace_event_json(c, journal_at(journal, i), journal->begun_us)) == 0) {
            return;
        }
    }
    if (n == 0) {
        reply_error(s, CONTROL_NO_REPLY, "the resolver gave no answer");
    } else {
        reply_answer(s, answer, n, journal);
    }
}

void verb_reload(struct control_session *s, const struct args *args)
{
    (void)args;
    s->state = SESSION_RELOADING;
    if (!s->control->ops.reload(s->control->ops.server, s)) {
        reply_error(s, CONTROL_FAILED, "too many wait for a reload already");
    }
}

void control_reloaded(struct control *c, struct control_session *s, const struct control_reload *result)
{
    if (!session_expects(c, s, SESSION_RELOADING)) {
        return;
    }
    if (!result->ok) {
        s->state = SESSION_IDLE;
        reply_line(s, json_pack("{s:b, s:b, s:o, s:i}", "done", 1, "ok", 0, "error",
                                json_sprintf("nothing has changed, because of this:\n%s", result->error), "code",
                                CONTROL_FAILED));
        return;
    }
    json_t *o = json_object();
    reply_put_text(&o, "changed", result->changed);
    reply_put_text(&o, "opened", result->opened);
    reply_put_text(&o, "closed", result->closed);
    reply_put_text(&o, "restart", result->restart);
    reply_done(s, o);
}
