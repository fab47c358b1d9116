/*
 * cmd_compare.c - compare: do raizd and another server say the same?
 *
 *     127.0.0.1:53      NOERROR   59m 3s  validated      A 129.42.16.99
 *     9.9.9.9:53        NOERROR   1h      not validated  A 129.42.16.99
 *     the same: rcode and data; raizd has known it for 57s
 *
 * Data is compared as a set, for servers rotate it; TTLs are not, for each has counted down its own.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/reply.h"

/* One side: {"server", "rcode", "validated", "ttl", "data": ["A 192.0.2.1", ...], ...}. Exit code. */
static int ask_side(struct ctl *ctl, const struct question *q, const char *given, json_t **out)
{
    struct stub_question ask = {.qname = dname_of(&q->qname),
                                .qtype = q->qtype,
                                .tcp = (ctl->given & OPT_TCP) != 0,
                                .recurse = true,
                                .timeout_ms = ctl->timeout_ms};
    struct stub_answer answer;
    struct reply reply;
    char server[ADDR_TEXT_MAX], data[1200], type[DNS_TYPE_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX];
    int code = client_server(ctl, given, &ask.server);
    if (code == CONTROL_OK) {
        code = reply_ask(ctl, &ask, &answer, &reply);
    }
    if (code != CONTROL_OK) {
        return code;
    }
    const struct dns_msg *m = &reply.msg;
    uint32_t ttl = UINT32_MAX;
    json_t *list = json_array();
    for (unsigned i = 0; i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        if (i < dns_msg_end(m, DNS_ANSWER)) {
            snprintf(data, sizeof data, "%s %.1100s", dns_type_text(m->rr[i].type, type), reply_data(&reply, i));
            json_array_append_new(list, json_string(data));
        } else if (json_array_size(list) > 0) {
            break; /* the TTL of what is beside an answer says nothing of it */
        }
        ttl = m->rr[i].ttl_s < ttl ? m->rr[i].ttl_s : ttl;
    }
    addr_print(&ask.server, server);
    *out = json_pack("{s:s, s:s, s:b, s:I, s:o}", "server", server, "rcode", dns_rcode_text(dns_msg_rcode(m), rcode),
                     "validated", (m->flags & DNS_FLAG_AD) != 0, "ttl", (json_int_t)(ttl == UINT32_MAX ? 0 : ttl),
                     "data", list);
    reply_release(&reply, &answer);
    return *out != NULL ? CONTROL_OK : ctl_fail(ctl, CONTROL_FAILED, "out of memory");
}

static bool has(const json_t *list, const char *text)
{
    size_t i;
    json_t *other;
    bool exact = strncmp(text, "TXT ", 4) == 0;
    json_array_foreach(list, i, other)
    {
        const char *s = json_string_value(other);
        if (exact ? strcmp(s, text) == 0 : strcasecmp(s, text) == 0) {
            return true;
        }
    }
    return false;
}

/* What a has and b has not. */
static json_t *only_in(const json_t *a, const json_t *b)
{
    size_t i;
    json_t *item, *list = json_array();
    json_array_foreach(json_object_get(a, "data"), i, item)
    {
        if (!has(json_object_get(b, "data"), json_string_value(item))) {
            json_array_append(list, item);
        }
    }
    return list;
}

static void show_side(struct ctl *ctl, const json_t *side, const json_t *other)
{
    size_t i;
    json_t *item;
    char ttl[OUT_TEXT_MAX];
    const json_t *data = json_object_get(side, "data");
    fprintf(ctl->out, "%s%-24s%s %-9s %-8s %s\n", paint_on(&ctl->style, PAINT_NAME), out_text(side, "server"),
            paint_off(&ctl->style), out_text(side, "rcode"), out_duration(out_number(side, "ttl"), ttl),
            json_is_true(json_object_get(side, "validated")) ? "validated" : "not validated");
    json_array_foreach(data, i, item)
    {
        const char *text = json_string_value(item);
        bool shared = has(json_object_get(other, "data"), text);
        fprintf(ctl->out, "  %c %s%s%s\n", shared ? ' ' : '*', paint_on(&ctl->style, shared ? PAINT_DIM : PAINT_BAD),
                text, paint_off(&ctl->style));
    }
}

static void verdict(const json_t *o, const char *name, char *buf, size_t cap)
{
    char age[OUT_TEXT_MAX];
    bool same_rcode = json_is_true(json_object_get(o, "same_rcode")),
         same_data = json_is_true(json_object_get(o, "same_data"));
    bool ad = json_is_true(json_object_get(o, "same_validation"));
    uint64_t age_s = out_number(o, "age_s");
    int n =
        snprintf(buf, cap, "%s%s%s", same_rcode && same_data ? "the same" : "different: ", same_rcode ? "" : "rcode",
                 same_data    ? ""
                 : same_rcode ? "data"
                              : " and data");
    if (!ad) {
        bool ours = json_is_true(json_object_get(json_object_get(o, "raizd"), "validated"));
        n += snprintf(buf + n, cap - (size_t)n, "; %s has validated it, %s has not", ours ? "raizd" : "the other",
                      ours ? "the other" : "raizd");
    }
    if (age_s > 0) {
        n += snprintf(buf + n, cap - (size_t)n, "; raizd has known it for %s", out_duration(age_s, age));
    }
    if (!(same_rcode && same_data) && age_s > 0) {
        snprintf(buf + n, cap - (size_t)n, ", to ask anew: raizctl cache flush %s", name);
    }
}

static int judge(struct ctl *ctl, const struct question *q, const json_t *ours, const json_t *theirs)
{
    char text[DNAME_TEXT_MAX + 300];
    json_t *known = reply_known(ctl, q), *here = only_in(ours, theirs), *there = only_in(theirs, ours);
    uint64_t ttl = out_number(known, "ttl"), original = out_number(known, "original_ttl");
    bool same_rcode = strcmp(out_text(ours, "rcode"), out_text(theirs, "rcode")) == 0;
    bool same_data = json_array_size(here) + json_array_size(there) == 0;
    json_t *o =
        json_pack("{s:s, s:s, s:O, s:O, s:b, s:b, s:b, s:o, s:o, s:I}", "name", q->name, "type", q->type, "raizd", ours,
                  "other", theirs, "same_rcode", same_rcode, "same_data", same_data, "same_validation",
                  json_equal(json_object_get(ours, "validated"), json_object_get(theirs, "validated")), "only_raizd",
                  here, "only_other", there, "age_s", (json_int_t)(original > ttl ? original - ttl : 0));
    json_decref(known);
    if (o == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    verdict(o, q->name, text, sizeof text);
    json_object_set_new(o, "verdict", json_string(text));
    if (ctl->json) {
        json_dumpf(o, ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
        fputc('\n', ctl->out);
    } else {
        show_side(ctl, ours, theirs);
        show_side(ctl, theirs, ours);
        fprintf(ctl->out, "%s%s%s\n", paint_on(&ctl->style, same_rcode && same_data ? PAINT_GOOD : PAINT_BAD), text,
                paint_off(&ctl->style));
    }
    json_decref(o);
    return same_rcode && same_data ? CONTROL_OK : CONTROL_FAILED;
}

int cmd_compare(struct ctl *ctl)
{
    struct question q;
    json_t *ours = NULL, *theirs = NULL;
    int code = question_read(ctl, &q);
    if (code == CONTROL_OK && (ctl->with == NULL || q.server != NULL)) {
        code = ctl_fail(ctl, CONTROL_USAGE, "name the other server: --with ADDRESS");
    }
    if (code == CONTROL_OK) {
        code = ask_side(ctl, &q, NULL, &ours);
    }
    if (code == CONTROL_OK) {
        code = ask_side(ctl, &q, ctl->with, &theirs);
    }
    if (code == CONTROL_OK) {
        code = judge(ctl, &q, ours, theirs);
    }
    json_decref(ours);
    json_decref(theirs);
    return code;
}
