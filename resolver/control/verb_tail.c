/*
 * verb_tail.c - tail, top: answers as they go out
 *
 * While a session looks on, the server brings what the workers answered, some twenty times a second: control_seen() for
 * each answer, then control_watched(). A session gets at most TAIL_ROWS lines of each round, and none while it has
 * TAIL_UNSENT octets to read; what it does not get is counted, and told. top only counts, and speaks at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/control/sketch.h"

#define TAIL_ROWS    200
#define TAIL_UNSENT  (256 * 1024)
#define TOP_SECONDS  5
#define TOP_LIST_MAX 100
#define TOP_LIST     10

enum { TOP_NAMES, TOP_CLIENTS, TOP_SERVERS, TOP_FAILURES, TOP_LISTS };
static const char *const top_names[TOP_LISTS] = {"names", "clients", "servers", "failures"};

struct session_tail {
    bool top;
    unsigned given; /* PARAM_ bits of the filters */
    struct dname_buf under;
    struct addr client;
    uint16_t rcode;
    uint64_t slow_us;
    bool tcp, bogus;
    uint64_t begun_us, end_us; /* end: UINT64_MAX: when the client goes */
    uint64_t limit, rows, dropped, dropped_told;
    unsigned round_rows; /* of this round */
    uint64_t queries, hits, failures;
    struct sketch *sketch[TOP_LISTS];
};

void session_forget_tail(struct control_session *s)
{
    if (s->tail == NULL) {
        return;
    }
    for (unsigned i = 0; i < TOP_LISTS; i++) {
        sketch_free(s->tail->sketch[i]);
    }
    free(s->tail);
    s->tail = NULL;
    if (--s->control->watchers == 0) {
        s->control->ops.watch(s->control->ops.server, false);
    }
}

static bool read_rcode(struct control_session *s, const char *word, uint16_t *out)
{
    char text[DNS_TYPE_TEXT_MAX];
    for (uint16_t i = 0; i < 24; i++) {
        if (strcasecmp(dns_rcode_text(i, text), word) == 0) {
            *out = i;
            return true;
        }
    }
    reply_error(s, CONTROL_USAGE, "rcode: '%.40s' is none; NOERROR, NXDOMAIN, SERVFAIL and REFUSED are", word);
    return false;
}

static bool read_filters(struct control_session *s, const struct args *args, struct session_tail *t)
{
    t->given = args->given;
    dname_copy((args->given & PARAM_UNDER) != 0 ? dname_of(&args->under) : dname_root(), &t->under);
    t->client = args->client;
    t->bogus = args->bogus;
    t->slow_us = args->slow_ms * 1000;
    if ((args->given & PARAM_TRANSPORT) != 0) {
        t->tcp = strcmp(args->transport, "tcp") == 0;
        if (!t->tcp && strcmp(args->transport, "udp") != 0) {
            reply_error(s, CONTROL_USAGE, "transport: udp or tcp is expected");
            return false;
        }
    }
    return (args->given & PARAM_RCODE) == 0 || read_rcode(s, args->rcode, &t->rcode);
}

static bool make_sketches(struct session_tail *t)
{
    for (unsigned i = 0; i < TOP_LISTS; i++) {
        t->sketch[i] = sketch_new();
        if (t->sketch[i] == NULL) {
            return false;
        }
    }
    return true;
}

static void begin(struct control_session *s, const struct args *args, bool top)
{
    struct control *c = s->control;
    uint64_t now_us = c->ops.now(c->ops.server).mono_us;
    struct session_tail *t = calloc(1, sizeof *t);
    uint64_t for_s = (args->given & PARAM_FOR) != 0 ? args->for_s : top ? TOP_SECONDS : 0;
    if (t != NULL && !read_filters(s, args, t)) {
        free(t);
        return;
    }
    bool ok = t != NULL && (c->watchers > 0 || c->ops.watch(c->ops.server, true));
    if (ok) {
        c->watchers++;
        s->tail = t;
        t->top = top;
        t->begun_us = now_us;
        t->end_us = for_s > 0 ? now_us + for_s * US_PER_S : UINT64_MAX;
        t->limit = (args->given & PARAM_LIMIT) != 0 ? args->limit : top ? TOP_LIST : UINT64_MAX;
        s->state = SESSION_WATCHING;
        if (!top || make_sketches(t)) {
            return;
        }
        session_forget_tail(s);
    } else {
        free(t);
    }
    reply_error(s, CONTROL_FAILED, "out of memory");
}

void verb_tail(struct control_session *s, const struct args *args)
{
    begin(s, args, false);
}

void verb_top(struct control_session *s, const struct args *args)
{
    if ((args->given & PARAM_FOR) != 0 && args->for_s > 3600) {
        reply_error(s, CONTROL_USAGE, "top: 'for' is at most an hour");
        return;
    }
    begin(s, args, true);
}

static bool wanted(const struct session_tail *t, const struct seen *seen)
{
    return ((t->given & PARAM_CLIENT) == 0 || addr_same_ip(&seen->client, &t->client)) &&
           ((t->given & PARAM_RCODE) == 0 || seen->rcode == t->rcode) &&
           ((t->given & PARAM_SLOW) == 0 || seen->took_us >= t->slow_us) &&
           (!t->bogus || failure_is_bogus(seen->failure)) &&
           ((t->given & PARAM_TRANSPORT) == 0 || seen->tcp == t->tcp) &&
           dname_under(seen_name(seen), dname_of(&t->under));
}

static json_t *seen_json(const struct control *c, const struct seen *seen)
{
    static const char *const security[] = {
        [SEC_UNCHECKED] = "unchecked", [SEC_INSECURE] = "insecure", [SEC_SECURE] = "secure", [SEC_BOGUS] = "bogus"};
    char name[DNAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX], client[ADDR_TEXT_MAX];
    struct addr peer = seen->client;
    json_t *o = json_object();
    peer.port = 0;
    addr_print(&peer, client);
    dname_print(seen_name(seen), name);
    reply_put_number(&o, "at", seen->at_s > 0 ? (uint64_t)seen->at_s : 0);
    reply_put_text(&o, "client", client);
    reply_put_text(&o, "transport", seen->tcp ? "tcp" : "udp");
    reply_put_text(&o, "name", name);
    reply_put_text(&o, "type", dns_type_text(seen->type, word));
    reply_put_text(&o, "rcode", dns_rcode_text(seen->rcode, rcode));
    reply_put_text(&o, "source", seen->source == SEEN_HIT ? "hit" : "miss");
    if (seen->source == SEEN_MISS) {
        reply_put_number(&o, "took_us", seen->took_us);
        reply_put_text(&o, "security", security[seen->security]);
        reply_put_server(&o, "server", &seen->server, c);
    }
    if (seen->truncated) {
        reply_put(&o, "truncated", json_true());
    }
    if (seen->failure != FAIL_NONE) {
        reply_put_text(&o, "failure", failure_row(seen->failure)->name);
        reply_put_text(&o, "text", failure_row(seen->failure)->text);
    }
    return o;
}

static void count(struct session_tail *t, const struct seen *seen)
{
    t->queries++;
    t->hits += seen->source == SEEN_HIT;
    /* A name is counted with its type, an address without its port. */
    uint8_t key[SKETCH_KEY_MAX];
    memcpy(key, &seen->type, 2);
    memcpy(key + 2, seen->name, seen->name_len);
    sketch_add(t->sketch[TOP_NAMES], key, 2u + seen->name_len);
    struct addr a = seen->client;
    a.port = 0;
    sketch_add(t->sketch[TOP_CLIENTS], &a, sizeof a);
    if (seen->server.family != ADDR_NONE) {
        sketch_add(t->sketch[TOP_SERVERS], &seen->server, sizeof seen->server);
    }
    if (seen->failure != FAIL_NONE) {
        t->failures++;
        sketch_add(t->sketch[TOP_FAILURES], key, 2u + seen->name_len);
    }
}

static void show(struct control_session *s, const struct seen *seen)
{
    const struct control *c = s->control;
    struct session_tail *t = s->tail;
    if (t->rows >= t->limit) {
        return;
    }
    if (t->round_rows == TAIL_ROWS || c->ops.unsent(c->ops.server, s) > TAIL_UNSENT) {
        t->dropped++;
        return;
    }
    t->rows++;
    t->round_rows++;
    if (reply_line(s, seen_json(c, seen)) == 0) {
        session_forget_tail(s); /* memory ran out, and the reply has ended so */
    }
}

void control_seen(struct control *c, const struct seen *seen)
{
    for (struct control_session *s = c->sessions; s != NULL; s = s->next) {
        if (s->state == SESSION_WATCHING && s->tail != NULL && wanted(s->tail, seen)) {
            if (s->tail->top) {
                count(s->tail, seen);
            } else {
                show(s, seen);
            }
        }
    }
}

static json_t *top_json(const struct control *c, unsigned list, const struct sketch_row *row)
{
    char text[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    json_t *o = json_object();
    reply_put_text(&o, "list", top_names[list]);
    if (list == TOP_NAMES || list == TOP_FAILURES) {
        struct dname_buf name;
        uint16_t number;
        memcpy(&number, row->key, 2);
        size_t n = row->n - 2;
        memcpy(name.wire, (const uint8_t *)row->key + 2, n);
        name.len = (uint8_t)n;
        name.labels = 0; /* of no use to print it */
        dname_print(dname_of(&name), text);
        reply_put_text(&o, "name", text);
        reply_put_text(&o, "type", dns_type_text(number, type));
    } else {
        struct addr a;
        memcpy(&a, row->key, sizeof a);
        reply_put_server(&o, "address", &a, c);
    }
    reply_put_number(&o, "count", row->count);
    reply_put_number(&o, "error", row->error);
    return o;
}

static bool show_top(struct control_session *s)
{
    struct session_tail *t = s->tail;
    struct sketch_row rows[TOP_LIST_MAX];
    size_t most = t->limit < TOP_LIST_MAX ? (size_t)t->limit : TOP_LIST_MAX;
    for (unsigned list = 0; list < TOP_LISTS; list++) {
        size_t n = sketch_top(t->sketch[list], rows, most);
        for (size_t i = 0; i < n; i++) {
            if (reply_line(s, top_json(s->control, list, &rows[i])) == 0) {
                return false;
            }
        }
    }
    return true;
}

static void end(struct control_session *s, uint64_t now_us)
{
    struct session_tail *t = s->tail;
    if (!t->top || show_top(s)) {
        json_t *o = json_object();
        if (t->top) {
            reply_put_number(&o, "queries", t->queries);
            reply_put_number(&o, "hits", t->hits);
            reply_put_number(&o, "failures", t->failures);
            reply_put_number(&o, "took_us", now_us - t->begun_us);
        } else {
            reply_put_number(&o, "rows", t->rows);
        }
        reply_put_number(&o, "dropped", t->dropped);
        reply_done(s, o);
    }
    session_forget_tail(s);
}

void control_watched(struct control *c, uint64_t lost)
{
    uint64_t now_us = c->ops.now(c->ops.server).mono_us;
    for (struct control_session *s = c->sessions; s != NULL; s = s->next) {
        struct session_tail *t = s->state == SESSION_WATCHING ? s->tail : NULL;
        if (t == NULL) {
            continue;
        }
        t->round_rows = 0;
        t->dropped += lost;
        if (now_us >= t->end_us || (!t->top && t->rows >= t->limit)) {
            end(s, now_us);
            continue;
        }
        if (!t->top && t->dropped > t->dropped_told && c->ops.unsent(c->ops.server, s) <= TAIL_UNSENT) {
            json_t *o = json_object();
            reply_put_number(&o, "dropped", t->dropped - t->dropped_told);
            t->dropped_told = t->dropped;
            if (reply_line(s, o) == 0) {
                session_forget_tail(s);
            }
        }
    }
}
