/*
 * control.c - requests: from a line of JSON to the verb that replies
 *
 * A line is bounded (T127), so is its nesting, which is checked before it is parsed. What is wrong is told in one
 * sentence, with the word that was probably meant.
 */
#include "resolver/control/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/config/suggest.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define NESTING_MAX 4
#define WORD_SHOWN  40 /* octets of a wrong word that are repeated */

#define SEEN_FILTERS (PARAM_CLIENT | PARAM_UNDER | PARAM_RCODE | PARAM_SLOW | PARAM_BOGUS | PARAM_TRANSPORT)

const struct verb control_verbs[] = {
    {"status", false, 0, 0, verb_status, "what is running, and since when"},
    {"stats", false, PARAM_TEXTS, 0, verb_stats, "all counters"},
    {"metrics", false, 0, 0, verb_metrics, "figures in the OpenMetrics text format"},
    {"cache.show", false, PARAM_NAME, PARAM_NAME, verb_cache_show, "all that is known of a name"},
    {"cache.ls", false, PARAM_UNDER | PARAM_LIMIT, 0, verb_cache_ls, "all entries, or those under a name"},
    {"cache.flush", true, PARAM_NAME | PARAM_TYPE | PARAM_TREE | PARAM_DRY, PARAM_NAME, verb_cache_flush,
     "forget a name, one type of it, or the tree below it"},
    {"cache.save", true, 0, 0, verb_cache_save, "save the cache now, for the next start"},
    {"cache.load", true, 0, 0, verb_cache_load, "put a saved cache back: the file sent along, or the last one"},
    {"inflight", false, 0, 0, verb_inflight, "the resolutions under way"},
    {"trace", false, PARAM_NAME | PARAM_TYPE | PARAM_COLD, PARAM_NAME, verb_trace, "resolve a name and tell each step"},
    {"explain", false, PARAM_NAME | PARAM_TYPE | PARAM_CLIENT, PARAM_NAME, verb_explain,
     "why a question is answered as it is, without asking it"},
    {"failures", false, PARAM_UNDER | PARAM_LIMIT, 0, verb_failures, "the last questions that failed, and why"},
    {"slow", false, PARAM_UNDER | PARAM_LIMIT, 0, verb_slow, "the last slow answers, and where their time went"},
    {"cache.tree", false, PARAM_NAME | PARAM_DEPTH, 0, verb_cache_tree, "how many entries there are below each name"},
    {"servers", false, PARAM_NAME | PARAM_LIMIT, 0, verb_servers, "what is known of a zone's servers, or of all"},
    {"servers.forget", true, PARAM_SERVER, 0, verb_servers_forget, "forget what is known of a server, or of all"},
    {"log.level", true, PARAM_LEVEL, 0, verb_log_level, "how much is logged, until the next start or reload"},
    {"log.rotate", true, 0, 0, verb_log_rotate, "begin a new file of the query log"},
    {"tail", false, SEEN_FILTERS | PARAM_LIMIT | PARAM_FOR, 0, verb_tail, "answers as they go out"},
    {"top", false, SEEN_FILTERS | PARAM_LIMIT | PARAM_FOR, 0, verb_top,
     "the most frequent names, clients, servers and failures of the next seconds"},
    {"anchors", false, 0, 0, verb_anchors, "the trust anchors, and how the root's are followed"},
    {"nta.add", true, PARAM_NAME | PARAM_FOR | PARAM_REASON | PARAM_FORCE, PARAM_NAME, verb_nta_add,
     "do not validate a zone for a while"},
    {"nta.rm", true, PARAM_NAME, PARAM_NAME, verb_nta_rm, "validate it again"},
    {"nta.ls", false, 0, 0, verb_nta_ls, "the zones that are not validated"},
    {"config.get", false, PARAM_KEY, 0, verb_config_get, "a setting in force, or all of them"},
    {"config.set", true, PARAM_KEY | PARAM_VALUE, PARAM_KEY, verb_config_set,
     "change a setting until the daemon ends, or take that back"},
    {"reload", true, 0, 0, verb_reload, "read the configuration again"},
    {"stop", true, 0, 0, verb_stop, "end the daemon"},
    {"help", false, 0, 0, verb_help, "the verbs"},
};
const size_t control_verb_count = sizeof control_verbs / sizeof control_verbs[0];

struct control *control_new(const struct control_server *ops)
{
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->ops = *ops;
    c->text = malloc(CONTROL_TEXT_MAX);
    c->rdata = malloc(DNS_MSG_MAX);
    if (c->text == NULL || c->rdata == NULL) {
        control_free(c);
        return NULL;
    }
    return c;
}

void control_free(struct control *c)
{
    if (c == NULL) {
        return;
    }
    while (c->sessions != NULL) {
        control_closed(c, c->sessions);
    }
    free(c->line);
    free(c->rdata);
    free(c->text);
    free(c);
}

struct control_session *control_open(struct control *c, enum control_peer peer, void *connection)
{
    struct control_session *s = calloc(1, sizeof *s);
    if (s != NULL) {
        *s = (struct control_session){.control = c, .next = c->sessions, .connection = connection, .peer = peer};
        c->sessions = s;
    }
    return s;
}

void *control_connection(const struct control_session *s)
{
    return s->connection;
}

void control_closed(struct control *c, struct control_session *s)
{
    for (struct control_session **link = &c->sessions; *link != NULL; link = &(*link)->next) {
        if (*link == s) {
            *link = s->next;
            session_forget_recall(s);
            session_forget_tail(s);
            session_forget_tree(s);
            free(s);
            return;
        }
    }
}

bool control_more(struct control *c, struct control_session *s)
{
    (void)c;
    return s->state == SESSION_LISTING && s->more(s);
}

void session_list(struct control_session *s, bool (*more)(struct control_session *s))
{
    s->state = SESSION_LISTING;
    s->more = more;
    s->cursor = 0;
    s->rows = 0;
    more(s);
}

/* Arrays and objects in the text; a bracket in a string may count, which does no harm. */
static bool too_deep(const char *line, size_t n)
{
    unsigned depth = 0;
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '{' || line[i] == '[') {
            if (++depth > NESTING_MAX) {
                return true;
            }
        } else if ((line[i] == '}' || line[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* " did you mean '...'?", or "". */
static const char *hint(const struct suggest *s, char buf[static 64])
{
    buf[0] = '\0';
    if (s->best != NULL) {
        snprintf(buf, 64, "; did you mean '%s'?", s->best);
    }
    return buf;
}

static const char *const param_names[PARAM_COUNT] = {
    "name",  "type", "tree",  "under",     "limit",  "cold", "texts", "for",   "reason", "force", "client",
    "rcode", "slow", "bogus", "transport", "server", "dry",  "depth", "level", "key",    "value"};

/* The parameter's bit, or 0 after the error was sent. */
static unsigned find_param(struct control_session *s, const struct verb *verb, const char *key)
{
    char buf[64];
    struct suggest suggest = suggest_for(key);
    for (unsigned i = 0; i < PARAM_COUNT; i++) {
        if ((verb->allowed & 1u << i) != 0) {
            if (strcmp(param_names[i], key) == 0) {
                return 1u << i;
            }
            suggest_offer(&suggest, param_names[i]);
        }
    }
    reply_error(s, CONTROL_USAGE, "%s: unknown parameter '%.*s'%s", verb->name, WORD_SHOWN, key, hint(&suggest, buf));
    return 0;
}

/* False after the error was sent. */
static bool read_name(struct control_session *s, const char *key, const json_t *value, struct dname_buf *out)
{
    const char *text = json_string_value(value);
    if (text != NULL && dname_scan(text, json_string_length(value), NULL, out) == DNS_OK) {
        return true;
    }
    reply_error(s, CONTROL_USAGE, "%s: '%.*s' is not a domain name", key, WORD_SHOWN, text != NULL ? text : "");
    return false;
}

static bool read_bool(struct control_session *s, const char *key, const json_t *value, bool *out)
{
    if (!json_is_boolean(value)) {
        reply_error(s, CONTROL_USAGE, "%s: true or false is expected", key);
        return false;
    }
    *out = json_is_true(value);
    return true;
}

static bool read_number(struct control_session *s, const char *key, const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) <= 0) {
        reply_error(s, CONTROL_USAGE, "%s: a number above 0 is expected", key);
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_text(struct control_session *s, const char *key, const json_t *value, const char **out)
{
    *out = json_string_value(value);
    if (*out == NULL) {
        reply_error(s, CONTROL_USAGE, "%s: a text is expected", key);
    }
    return *out != NULL;
}

static bool read_param(struct control_session *s, unsigned param, const char *key, const json_t *value,
                       struct args *args)
{
    const char *text = json_string_value(value);
    args->given |= param;
    switch (param) {
    case PARAM_NAME:
        return read_name(s, key, value, &args->name);
    case PARAM_UNDER:
        return read_name(s, key, value, &args->under);
    case PARAM_CLIENT:
    case PARAM_SERVER:
        if (text != NULL && addr_scan(text, 0, &args->client)) {
            return true;
        }
        reply_error(s, CONTROL_USAGE, "%s: '%.*s' is not an address", key, WORD_SHOWN, text != NULL ? text : "");
        return false;
    case PARAM_TYPE:
        if (text != NULL && dns_type_scan(text, json_string_length(value), &args->type)) {
            return true;
        }
        reply_error(s, CONTROL_USAGE, "type: '%.*s' is not a record type", WORD_SHOWN, text != NULL ? text : "");
        return false;
    case PARAM_LIMIT:
        return read_number(s, key, value, &args->limit);
    case PARAM_FOR:
        return read_number(s, key, value, &args->for_s);
    case PARAM_REASON:
        return read_text(s, key, value, &args->reason);
    case PARAM_DRY:
        return read_bool(s, key, value, &args->dry);
    case PARAM_DEPTH:
        return read_number(s, key, value, &args->depth);
    case PARAM_LEVEL:
        return read_text(s, key, value, &args->level);
    case PARAM_KEY:
        return read_text(s, key, value, &args->key);
    case PARAM_VALUE:
        return read_text(s, key, value, &args->value);
    case PARAM_RCODE:
        return read_text(s, key, value, &args->rcode);
    case PARAM_TRANSPORT:
        return read_text(s, key, value, &args->transport);
    case PARAM_SLOW:
        return read_number(s, key, value, &args->slow_ms);
    case PARAM_BOGUS:
        return read_bool(s, key, value, &args->bogus);
    case PARAM_FORCE:
        return read_bool(s, key, value, &args->force);
    case PARAM_TREE:
        return read_bool(s, key, value, &args->tree);
    case PARAM_COLD:
        return read_bool(s, key, value, &args->cold);
    default:
        return read_bool(s, key, value, &args->texts);
    }
}

static const struct verb *find_verb(struct control_session *s, const json_t *request)
{
    const char *word = json_string_value(json_object_get(request, "verb"));
    char buf[64];
    if (word == NULL) {
        reply_error(s, CONTROL_USAGE, "the verb is missing: {\"verb\": \"status\"}");
        return NULL;
    }
    struct suggest suggest = suggest_for(word);
    for (size_t i = 0; i < control_verb_count; i++) {
        if (strcmp(control_verbs[i].name, word) == 0) {
            return &control_verbs[i];
        }
        suggest_offer(&suggest, control_verbs[i].name);
    }
    reply_error(s, CONTROL_USAGE, "unknown verb '%.*s'%s", WORD_SHOWN, word, hint(&suggest, buf));
    return NULL;
}

static void run(struct control_session *s, json_t *request)
{
    struct args args = {0};
    const struct verb *verb = find_verb(s, request);
    const char *key;
    json_t *value;
    if (verb == NULL) {
        return;
    }
    if (verb->admin && s->peer != CONTROL_PEER_ADMIN) { /* T126 */
        reply_error(s, CONTROL_DENIED, "%s is for root and for the daemon's own user and group", verb->name);
        return;
    }
    json_object_foreach(request, key, value)
    {
        if (strcmp(key, "verb") != 0) {
            unsigned param = find_param(s, verb, key);
            if (param == 0 || !read_param(s, param, key, value, &args)) {
                return;
            }
        }
    }
    for (unsigned i = 0; i < PARAM_COUNT; i++) {
        if ((verb->required & ~args.given & 1u << i) != 0) {
            reply_error(s, CONTROL_USAGE, "%s: the parameter '%s' is missing", verb->name, param_names[i]);
            return;
        }
    }
    verb->run(s, &args);
}

void control_line(struct control *c, struct control_session *s, const char *line, size_t n)
{
    static const char example[] = "a request is one line of JSON, such as {\"verb\": \"status\"}";
    json_error_t error;
    if (s->state != SESSION_IDLE) { /* the reply that is under way ends here */
        reply_error(s, CONTROL_USAGE, "one request at a time: the last one had not been answered yet");
        c->ops.close(c->ops.server, s);
        return;
    }
    if (n > CONTROL_LINE_MAX) {
        reply_error(s, CONTROL_USAGE, "a request has at most %d octets", CONTROL_LINE_MAX);
        return;
    }
    if (too_deep(line, n)) {
        reply_error(s, CONTROL_USAGE, "a request has at most %d levels of brackets", NESTING_MAX);
        return;
    }
    json_t *request = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(request)) {
        reply_error(s, CONTROL_USAGE, "%s", example);
    } else {
        run(s, request);
    }
    json_decref(request);
}
