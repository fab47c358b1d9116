/*
 * cmd_explain.c - explain, failures, slow: why
 *
 *     www.lame.org. A: SERVFAIL, because every name server of the zone refused, failed or does not serve it
 *       extended error 22, No Reachable Authority (LAME)
 *       asked 4s ago by 127.0.0.1, answered after 2.1 ms
 *       203.0.113.1 ns1.lame.org.       asked once about lame.org.: does not serve the zone
 *       what may help: the zone above names servers that do not serve this one: ...
 */
#include <inttypes.h>
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/question.h"
#include "tools/raizctl/walk.h"

#define DRAWN_MAX 24 /* longer walks are told by their servers alone; --json has all */

static const char *often(uint64_t n, char buf[static OUT_TEXT_MAX])
{
    if (n == 1) {
        return "once";
    }
    snprintf(buf, OUT_TEXT_MAX, "%" PRIu64 " times", n);
    return buf;
}

/* Rows of several zones stand together; each server once. */
static void print_servers(struct ctl *ctl, const json_t *list, const char *indent)
{
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o)
    {
        char times[OUT_TEXT_MAX], lost[OUT_TEXT_MAX], who[400];
        uint64_t timeouts = out_number(o, "timeouts");
        snprintf(who, sizeof who, "%s %s", out_text(o, "server"), out_text(o, "name"));
        fprintf(ctl->out, "%s%s%-44s%s  asked %s about %s: %s", indent, paint_on(&ctl->style, PAINT_NAME), who,
                paint_off(&ctl->style), often(out_number(o, "asked"), times), out_text(o, "zone"), out_text(o, "said"));
        if (timeouts > 0) {
            fprintf(ctl->out, "; %" PRIu64 " without a reply, %s lost", timeouts,
                    out_us(out_number(o, "lost_us"), lost));
        }
        fputc('\n', ctl->out);
    }
}

static void print_error(struct ctl *ctl, const json_t *o)
{
    if (json_object_get(o, "ede") != NULL) {
        fprintf(ctl->out, "  extended error %" PRIu64 ", %s (%s)", out_number(o, "ede"), out_text(o, "ede_name"),
                out_text(o, "tag"));
    } else {
        fprintf(ctl->out, "  site %s", out_text(o, "tag"));
    }
    fprintf(ctl->out, "%s%s\n", out_text(o, "detail")[0] != '\0' ? ": " : "", out_text(o, "detail"));
}

static void print_last(struct ctl *ctl, const json_t *last)
{
    char age[OUT_TEXT_MAX], took[OUT_TEXT_MAX], times[OUT_TEXT_MAX];
    const char *client = out_text(last, "client");
    fprintf(ctl->out, "  asked %s ago%s%s, answered %s after %s", out_duration(out_number(last, "age_s"), age),
            client[0] != '\0' ? " by " : "", client, out_text(last, "rcode"),
            out_us(out_number(last, "took_us"), took));
    if (out_number(last, "times") > 1) {
        fprintf(ctl->out, "; so it went %s", often(out_number(last, "times"), times));
    }
    fputc('\n', ctl->out);
}

/* The end of the walk, if it is short enough to be read. */
static void print_walk(struct ctl *ctl, const json_t *o, const json_t *last)
{
    const json_t *events = json_object_get(last, "events");
    struct walk *w = walk_new(out_text(o, "name"), out_text(o, "type"));
    size_t i;
    json_t *event;
    if (w == NULL || json_array_size(events) == 0 || json_array_size(events) > DRAWN_MAX) {
        walk_free(w);
        return;
    }
    json_array_foreach(events, i, event)
    {
        walk_event(w, event);
    }
    fprintf(ctl->out, "  how it went%s:\n", out_number(last, "events_lost") > 0 ? ", in the end" : "");
    walk_draw_rows(w, &ctl->style, ctl->out);
    walk_free(w);
}

/* How far it is validated, and if not, why. */
static void print_security(struct ctl *ctl, const json_t *o)
{
    const char *security = out_text(o, "security"), *not_validated = out_text(o, "not_validated"),
               *zone = out_text(o, "not_validated_zone"), *reason = out_text(o, "nta_reason");
    if (security[0] == '\0' && not_validated[0] == '\0') {
        return;
    }
    fprintf(ctl->out, "  %s", strcmp(security, "secure") == 0 ? "secure: proven by signatures" : "not validated");
    if (not_validated[0] != '\0') {
        fprintf(ctl->out, ": %s%s%s", not_validated, zone[0] != '\0' ? ", " : "", zone);
    }
    fprintf(ctl->out, "%s%s%s\n", reason[0] != '\0' ? " (" : "", reason, reason[0] != '\0' ? ")" : "");
}

static void print_origin(struct ctl *ctl, const json_t *o)
{
    char left[OUT_TEXT_MAX], whole[OUT_TEXT_MAX];
    const char *server = out_text(o, "server"), *denied = out_text(o, "denied");
    if (json_object_get(o, "ttl") == NULL) {
        return;
    }
    fprintf(ctl->out, "  known for %s more, of %s", out_duration(out_number(o, "ttl"), left),
            out_duration(out_number(o, "original_ttl"), whole));
    if (server[0] != '\0') {
        fprintf(ctl->out, ", said by %s as a server of %s", server, out_text(o, "zone"));
    }
    fputc('\n', ctl->out);
    if (denied[0] != '\0' && strcmp(denied, out_text(o, "name")) != 0) {
        fprintf(ctl->out, "  %s does not exist, so nothing below it does (RFC 8020)\n", denied);
    }
}

/* Answers that were not sent, or not whole. */
static void print_limited(struct ctl *ctl, const json_t *list)
{
    size_t i;
    json_t *o;
    json_array_foreach(list, i, o)
    {
        char since[OUT_TEXT_MAX], age[OUT_TEXT_MAX];
        fprintf(ctl->out,
                "  rate limit: %s met %s: %" PRIu64 ", within the last %s: %" PRIu64 " withheld, %" PRIu64
                " sent truncated",
                out_text(o, "network"), out_text(o, "option"), out_number(o, "limit"),
                out_duration(out_number(o, "since_age_s") + 1, since), out_number(o, "withheld"),
                out_number(o, "truncated"));
        if (out_number(o, "let_go") > 0) {
            fprintf(ctl->out, ", %" PRIu64 " let go (rate-limit.log-only)", out_number(o, "let_go"));
        }
        fprintf(ctl->out, "; the last %s ago\n", out_duration(out_number(o, "age_s"), age));
    }
}

static void show_explanation(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    const json_t *before = json_object_get(o, "last");
    const char *rcode = out_text(o, "rcode"), *remedy = out_text(o, "remedy");
    char time[OUT_TEXT_MAX];
    bool good = strcmp(rcode, "NOERROR") == 0 || strcmp(rcode, "NXDOMAIN") == 0;
    if (!last) {
        return;
    }
    fprintf(ctl->out, "%s%s %s%s: %s%s%s%s%s\n", paint_on(&ctl->style, PAINT_BOLD), out_text(o, "name"),
            out_text(o, "type"), paint_off(&ctl->style), paint_on(&ctl->style, good ? PAINT_GOOD : PAINT_BAD), rcode,
            paint_off(&ctl->style), rcode[0] != '\0' ? ", because " : "", out_text(o, "text"));
    if (json_object_get(o, "tag") != NULL) {
        print_error(ctl, o);
    }
    print_origin(ctl, o);
    print_security(ctl, o);
    if (out_text(o, "forward_zone")[0] != '\0') {
        fprintf(ctl->out, "  the configuration forwards %s to other resolvers\n", out_text(o, "forward_zone"));
    } else if (out_text(o, "stub_zone")[0] != '\0') {
        fprintf(ctl->out, "  the configuration says which servers %s has\n", out_text(o, "stub_zone"));
    }
    print_limited(ctl, json_object_get(o, "limited"));
    if (before != NULL) {
        print_last(ctl, before);
        print_servers(ctl, json_object_get(before, "servers"), "  ");
        print_walk(ctl, o, before);
    }
    if (json_object_get(o, "not_tried_again_s") != NULL) {
        fprintf(ctl->out, "  not tried again for %s\n", out_duration(out_number(o, "not_tried_again_s"), time));
    }
    if (remedy[0] != '\0') {
        fprintf(ctl->out, "  what may help: %s\n", remedy);
    }
}

int cmd_explain(struct ctl *ctl)
{
    struct question q;
    int code = question_read(ctl, &q);
    if (code != CONTROL_OK) {
        return code;
    }
    if (q.server != NULL) {
        return ctl_fail(ctl, CONTROL_USAGE,
                        "only raizd's own answers can be explained; see raizctl query for other servers");
    }
    json_t *request = json_pack("{s:s, s:s, s:s}", "verb", "explain", "name", q.name, "type", q.type);
    if (request != NULL && ctl->client != NULL) {
        json_object_set_new(request, "client", json_string(ctl->client));
    }
    return client_ask(ctl, request, show_explanation, ctl);
}

static void show_failure(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char age[OUT_TEXT_MAX], times[OUT_TEXT_MAX];
    if (last) {
        if (out_number(o, "rows") == 0) {
            fprintf(ctl->out, "no failure is remembered\n");
        }
        return;
    }
    fprintf(ctl->out, "%s%-40s%s %-6s %7s ago  %-8s  %s (%s)%s%s\n", paint_on(&ctl->style, PAINT_NAME),
            out_text(o, "name"), paint_off(&ctl->style), out_text(o, "type"), out_duration(out_number(o, "age_s"), age),
            often(out_number(o, "times"), times), out_text(o, "text"), out_text(o, "tag"),
            out_text(o, "detail")[0] != '\0' ? ": " : "", out_text(o, "detail"));
}

static void show_slow(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char age[OUT_TEXT_MAX], took[OUT_TEXT_MAX], lost_text[OUT_TEXT_MAX];
    size_t i;
    json_t *server;
    uint64_t lost = 0, timeouts = 0;
    if (last) {
        if (out_number(o, "rows") == 0) {
            fprintf(ctl->out, "no slow answer is remembered\n");
        }
        return;
    }
    json_array_foreach(json_object_get(o, "servers"), i, server)
    {
        lost += out_number(server, "lost_us");
        timeouts += out_number(server, "timeouts");
    }
    fprintf(ctl->out, "%s%-40s%s %-6s %7s ago  %9s", paint_on(&ctl->style, PAINT_NAME), out_text(o, "name"),
            paint_off(&ctl->style), out_text(o, "type"), out_duration(out_number(o, "age_s"), age),
            out_us(out_number(o, "took_us"), took));
    if (timeouts > 0) {
        fprintf(ctl->out, "  %s of it waiting for %" PRIu64 " repl%s that did not come", out_us(lost, lost_text),
                timeouts, timeouts == 1 ? "y" : "ies");
    } else {
        fprintf(ctl->out, "  every server answered in time");
    }
    fputc('\n', ctl->out);
    print_servers(ctl, json_object_get(o, "servers"), "    ");
}

static int list(struct ctl *ctl, const char *verb, client_line *line)
{
    json_t *request = json_pack("{s:s, s:s}", "verb", verb, "under", ctl->under != NULL ? ctl->under : ".");
    if (request != NULL && (ctl->given & OPT_LIMIT) != 0) {
        json_object_set_new(request, "limit", json_integer((json_int_t)ctl->limit));
    }
    return client_ask(ctl, request, line, ctl);
}

int cmd_failures(struct ctl *ctl)
{
    return list(ctl, "failures", show_failure);
}

int cmd_slow(struct ctl *ctl)
{
    return list(ctl, "slow", show_slow);
}
