/*
 * verb_explain.c - explain, slow, failures: what became of questions, from what was kept
 *
 * The workers are asked for what they remember of the question; when all have told it, the reasons are looked for
 * (explain.h). slow and failures are the same memories in a row.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"
#include "resolver/control/explain.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/control/trace_json.h"
#include "resolver/engine/classify.h"
#include "resolver/front/rate.h"

#define SERVERS_MAX 24

/* What a question's servers did, from the end of its journal. */
struct server_row {
    const struct journal_event *event; /* the last about it */
    unsigned asked, ended, timeouts;
    unsigned ignored; /* datagrams that did not fit the question */
    uint64_t lost_us; /* waited in vain */
};

struct server_rows {
    struct server_row row[SERVERS_MAX];
    unsigned count;
};

static struct server_row *row_of(struct server_rows *rows, const struct journal_event *e)
{
    for (unsigned i = 0; i < rows->count; i++) {
        const struct journal_event *have = rows->row[i].event;
        if (addr_equal(&have->server, &e->server) && dname_equal(have->zone, e->zone)) {
            return &rows->row[i];
        }
    }
    if (rows->count == SERVERS_MAX) {
        return NULL;
    }
    struct server_row *r = &rows->row[rows->count++];
    *r = (struct server_row){.event = e};
    return r;
}

static void count_servers(const struct journal *journal, struct server_rows *rows)
{
    rows->count = 0;
    for (unsigned i = 0; i < journal->count; i++) {
        const struct journal_event *e = journal_at(journal, i);
        struct server_row *r = e->server.family != ADDR_NONE ? row_of(rows, e) : NULL;
        if (r == NULL) {
            continue;
        }
        r->asked += e->kind == JOURNAL_SEND;
        r->ended += e->kind == JOURNAL_RECEIVE || e->kind == JOURNAL_TIMEOUT || e->kind == JOURNAL_UNREACHABLE;
        if (e->kind == JOURNAL_TIMEOUT) {
            r->timeouts++;
            r->lost_us += e->rtt_us;
        }
        r->ignored += e->kind == JOURNAL_IGNORE;
        if (e->kind != JOURNAL_SEND && e->kind != JOURNAL_DROPPED && e->kind != JOURNAL_RETRY &&
            e->kind != JOURNAL_IGNORE) {
            r->event = e;
        }
    }
}

/* The last word. Who sends rubbish has not replied (whoever forges must not decide), but is not silent either. */
static const char *said(const struct server_row *r)
{
    const struct journal_event *e = r->event;
    const char *why = trace_event_why(e);
    if (r->ignored > 0 && (e->kind == JOURNAL_TIMEOUT || e->kind == JOURNAL_SEND || e->kind == JOURNAL_IGNORE)) {
        return "what came did not fit the question: ignored";
    }
    if (e->kind == JOURNAL_TIMEOUT) {
        return "no reply";
    }
    return why != NULL ? why : journal_kind_text((enum journal_kind)e->kind);
}

static json_t *server_json(const struct control *c, const struct server_row *r)
{
    char text[DNAME_TEXT_MAX];
    const struct journal_event *e = r->event;
    json_t *o = json_object();
    reply_put_server(&o, "server", &e->server, c);
    dname_print(e->server_name, text);
    reply_put_text(&o, "name", dname_is_root(e->server_name) ? NULL : text);
    dname_print(e->zone, text);
    reply_put_text(&o, "zone", text);
    reply_put_number(&o, "asked", r->asked > r->ended ? r->asked : r->ended); /* the journal's beginning may be lost */
    reply_put_number(&o, "timeouts", r->timeouts);
    reply_put_number(&o, "lost_us", r->lost_us);
    reply_put_number(&o, "ignored", r->ignored);
    reply_put_text(&o, "said", said(r));
    return o;
}

static json_t *servers_json(const struct control *c, const struct journal *journal)
{
    struct server_rows rows;
    json_t *list = json_array();
    count_servers(journal, &rows);
    for (unsigned i = 0; i < rows.count; i++) {
        if (json_array_append_new(list, server_json(c, &rows.row[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *events_json(const struct control *c, const struct journal *journal)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < journal->count; i++) {
        if (json_array_append_new(list, trace_event_json(c, journal_at(journal, i), journal->begun_us)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void put_failure(json_t **o, enum failure failure, const char *detail)
{
    const struct failure_row *row = failure_row(failure);
    reply_put_text(o, "failure", row->name);
    reply_put_text(o, "text", row->text);
    reply_put_text(o, "tag", row->tag);
    if (row->ede != DNS_EDE_NONE) {
        reply_put_number(o, "ede", (uint64_t)row->ede);
        reply_put_text(o, "ede_name", dns_ede_text(row->ede));
    }
    reply_put_text(o, "detail", detail[0] != '\0' ? detail : NULL);
}

/* How it ended last: without its question. */
static json_t *recalled_json(const struct control *c, const struct recalled *r)
{
    char text[ADDR_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX];
    int64_t now_s = c->ops.now(c->ops.server).wall_s;
    struct addr client = r->client;
    json_t *o = json_object();
    client.port = 0;
    addr_print(&client, text);
    reply_put_number(&o, "at", r->at_s > 0 ? (uint64_t)r->at_s : 0);
    reply_put_number(&o, "age_s", now_s > r->at_s ? (uint64_t)(now_s - r->at_s) : 0);
    reply_put_number(&o, "took_us", r->took_us);
    reply_put_text(&o, "client", client.family != ADDR_NONE ? text : NULL);
    reply_put_text(&o, "transport", r->tcp ? "tcp" : "udp");
    reply_put_text(&o, "rcode", dns_rcode_text(r->rcode, rcode));
    reply_put_number(&o, "times", r->times);
    if (r->failure != FAIL_NONE) {
        put_failure(&o, r->failure, r->detail);
    }
    reply_put(&o, "servers", servers_json(c, &r->journal));
    reply_put(&o, "events", events_json(c, &r->journal));
    reply_put_number(&o, "events_lost", r->journal.lost);
    return o;
}

/* ---- explain ---- */

static void put_question(json_t **o, struct dname name, uint16_t type)
{
    char text[DNAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
    dname_print(name, text);
    reply_put_text(o, "name", text);
    reply_put_text(o, "type", dns_type_text(type, word));
}

/* The reason why that zone is exempt, by who added it. */
static void put_nta(json_t **o, const struct control *c, struct dname zone)
{
    struct control_nta row;
    for (size_t i = 0; c->ops.nta_row(c->ops.server, i, &row); i++) {
        if (dname_equal(row.name, zone)) {
            reply_put_text(o, "nta_reason", row.reason);
            if (row.until_s > 0) {
                reply_put_number(o, "nta_until", (uint64_t)row.until_s);
            }
            return;
        }
    }
}

static void put_security(json_t **o, const struct control *c, const struct explanation *why)
{
    static const char *const words[] = {
        [SEC_UNCHECKED] = "unchecked", [SEC_INSECURE] = "insecure", [SEC_SECURE] = "secure", [SEC_BOGUS] = "bogus"};
    char text[DNAME_TEXT_MAX];
    if (why->cause == EXPLAIN_ACL || why->cause == EXPLAIN_LOCAL) {
        return;
    }
    if (why->cause != EXPLAIN_UNKNOWN && why->cause != EXPLAIN_FAILED && why->cause != EXPLAIN_SLOW) {
        reply_put_text(o, "security", words[why->security]);
    }
    if (why->insecure != EXPLAIN_SECURE) {
        reply_put_text(o, "not_validated", explain_insecure_text(why->insecure));
        if (!dname_is_root(why->insecure_zone)) {
            dname_print(why->insecure_zone, text);
            reply_put_text(o, "not_validated_zone", text);
        }
    }
    if (why->insecure == EXPLAIN_NTA) {
        put_nta(o, c, why->insecure_zone);
    }
}

static void put_hit(json_t **o, const struct control *c, const struct cache_hit *hit)
{
    char text[DNAME_TEXT_MAX];
    reply_put_number(o, "ttl", hit->ttl_s);
    reply_put_number(o, "original_ttl", hit->original_ttl_s);
    reply_put_server(o, "server", &hit->origin.server, c);
    if (hit->origin.zone_labels <= hit->name.labels) {
        dname_print(dname_suffix(hit->name, hit->origin.zone_labels), text);
        reply_put_text(o, "zone", text);
    }
    if (hit->kind == CACHE_NXDOMAIN) {
        dname_print(hit->name, text);
        reply_put_text(o, "denied", text);
    }
}

static void put_cause(json_t **o, const struct control *c, const struct explanation *why)
{
    reply_put_text(o, "cause", explain_cause_name(why->cause));
    if (why->cause == EXPLAIN_FAILED) {
        const char *detail = why->last != NULL && why->last->failure == why->failure ? why->last->detail : "";
        put_failure(o, why->failure, detail);
        reply_put_text(o, "remedy", explain_remedy(why->failure));
        if (why->have_backoff) {
            reply_put_number(o, "not_tried_again_s", why->backoff.ttl_s);
            reply_put_number(o, "in_a_row", why->backoff.failure_count);
        }
        return;
    }
    reply_put_text(o, "text", explain_cause_text(why->cause));
    if (why->cause == EXPLAIN_STALE) {
        reply_put_text(o, "failure", failure_row(why->failure)->name);
        reply_put_text(o, "remedy", explain_remedy(why->failure));
    } else if (why->cause == EXPLAIN_ACL) {
        reply_put_text(o, "remedy",
                       "add the client's network to access.allow in the configuration, then reload (SIGHUP)");
    } else if (why->cause == EXPLAIN_RATE_LIMIT) {
        reply_put_text(o, "remedy",
                       "if the questions are its own, raise the limit that was met, or add its network to "
                       "rate-limit.exempt; over TCP there is no limit, and rate-limit.slip is how many are sent there");
    } else if (why->cause == EXPLAIN_UNKNOWN) {
        reply_put_text(o, "remedy", "raizctl trace asks, and shows each step");
    }
    if (why->have_hit) {
        put_hit(o, c, &why->hit);
    }
}

static uint64_t passed_s(uint64_t since_us, struct now now)
{
    return now.mono_us > since_us ? (now.mono_us - since_us) / US_PER_S : 0; /* a worker's turn may begin later */
}

static json_t *limited_json(const struct limited_row *row, struct now now)
{
    char text[ADDR_TEXT_MAX];
    json_t *o = json_object();
    addr_prefix_print(&row->network, text);
    reply_put_text(&o, "network", text);
    reply_put_text(&o, "kind", rate_kind_text((enum rate_kind)row->kind));
    reply_put_text(&o, "option", rate_kind_option((enum rate_kind)row->kind));
    reply_put_number(&o, "limit", row->limit);
    reply_put_number(&o, "withheld", row->withheld);
    reply_put_number(&o, "truncated", row->truncated);
    reply_put_number(&o, "let_go", row->let_go);
    reply_put_number(&o, "since_age_s", passed_s(row->since_us, now));
    reply_put_number(&o, "age_s", passed_s(row->last_us, now));
    return o;
}

static void put_limited(json_t **o, const struct control *c, const struct explanation *why)
{
    json_t *list = why->limited_count > 0 ? json_array() : NULL;
    if (why->limited_count == 0) {
        return;
    }
    for (unsigned i = 0; i < why->limited_count; i++) {
        if (json_array_append_new(list, limited_json(&why->limited[i], c->ops.now(c->ops.server))) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    reply_put(o, "limited", list);
}

static void put_configured(json_t **o, const struct explanation *why)
{
    char text[DNAME_TEXT_MAX];
    if (why->configured == NULL) {
        return;
    }
    dname_print(delegation_zone(why->configured), text);
    reply_put_text(o, why->configured->kind == DELEGATION_FORWARD ? "forward_zone" : "stub_zone", text);
}

static void reply_explanation(struct control_session *s)
{
    const struct control *c = s->control;
    const struct session_recall *r = s->recall;
    char rcode[DNS_TYPE_TEXT_MAX];
    struct explain_question q = {.name = dname_of(&r->name),
                                 .type = r->type,
                                 .client = r->client.family != ADDR_NONE ? &r->client : NULL,
                                 .failed = r->failed,
                                 .slow = r->slow};
    struct explanation why;
    json_t *o = json_object();
    explain(c, &q, &why);
    put_question(&o, q.name, q.type);
    if (why.cause != EXPLAIN_UNKNOWN) {
        reply_put_text(&o, "rcode", dns_rcode_text(why.rcode, rcode));
    }
    put_cause(&o, c, &why);
    put_security(&o, c, &why);
    put_configured(&o, &why);
    put_limited(&o, c, &why);
    if (why.last != NULL) {
        reply_put(&o, "last", recalled_json(c, why.last));
    }
    reply_done(s, o);
}

/* ---- what the workers remember ---- */

static bool begin(struct control_session *s, enum recall_which which, struct dname name, uint16_t type)
{
    struct session_recall *r = calloc(1, sizeof *r);
    if (r == NULL) {
        reply_error(s, CONTROL_FAILED, "out of memory");
        return false;
    }
    dname_copy(name, &r->name);
    r->type = type;
    r->which = which;
    session_forget_recall(s);
    s->recall = r;
    s->rows = 0;
    s->state = SESSION_RECALLING;
    return true;
}

void session_forget_recall(struct control_session *s)
{
    if (s->recall != NULL) {
        free(s->recall->failed);
        free(s->recall->slow);
        free(s->recall);
        s->recall = NULL;
    }
}

void verb_explain(struct control_session *s, const struct args *args)
{
    const struct control *c = s->control;
    uint16_t type = (args->given & PARAM_TYPE) != 0 ? args->type : DNS_TYPE_A;
    if (begin(s, RECALL_QUESTION, dname_of(&args->name), type)) {
        if ((args->given & PARAM_CLIENT) != 0) {
            s->recall->client = args->client;
        }
        c->ops.recall(c->ops.server, s, RECALL_QUESTION, dname_of(&s->recall->name), type);
    }
}

static void list(struct control_session *s, const struct args *args, enum recall_which which)
{
    const struct control *c = s->control;
    if (begin(s, which, (args->given & PARAM_UNDER) != 0 ? dname_of(&args->under) : dname_root(), 0)) {
        s->limit = (args->given & PARAM_LIMIT) != 0 ? args->limit : UINT64_MAX;
        c->ops.recall(c->ops.server, s, which, dname_root(), 0);
    }
}

void verb_failures(struct control_session *s, const struct args *args)
{
    list(s, args, RECALL_FAILED);
}

void verb_slow(struct control_session *s, const struct args *args)
{
    list(s, args, RECALL_SLOW);
}

/* Keeps the newer one. */
static void keep(struct recalled **place, const struct recalled *r)
{
    if (*place != NULL && (*place)->at_s > r->at_s) {
        return;
    }
    void *room = malloc(r->bytes);
    if (room != NULL) {
        free(*place);
        *place = recalled_copy(r, room);
    }
}

void control_recalled(struct control *c, struct control_session *s, const struct recalled *r)
{
    if (!session_expects(c, s, SESSION_RECALLING)) {
        return;
    }
    if (s->recall->which == RECALL_QUESTION) {
        keep(r->failure != FAIL_NONE ? &s->recall->failed : &s->recall->slow, r);
        return;
    }
    if (s->rows == s->limit || !dname_under(r->name, dname_of(&s->recall->name))) {
        return;
    }
    json_t *o = json_object(), *more = recalled_json(c, r);
    put_question(&o, r->name, r->type);
    if (o == NULL || more == NULL || json_object_update(o, more) != 0) {
        json_decref(o);
        o = NULL;
    }
    json_decref(more);
    s->rows++;
    reply_line(s, o);
}

void control_recalled_end(struct control *c, struct control_session *s)
{
    if (!session_expects(c, s, SESSION_RECALLING)) {
        return;
    }
    if (s->recall->which == RECALL_QUESTION) {
        reply_explanation(s);
    } else {
        json_t *o = json_object();
        reply_put_number(&o, "rows", s->rows);
        reply_put_number(&o, "now", (uint64_t)c->ops.now(c->ops.server).wall_s);
        reply_done(s, o);
    }
    session_forget_recall(s);
}
