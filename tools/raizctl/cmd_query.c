/*
 * cmd_query.c - query: what a client gets
 *
 *     NAME                          TYPE   TTL     DATA
 *     www.ibm.com.                  CNAME  1h      servereast.backup2.ibm.com.
 *     servereast.backup2.ibm.com.   A      1h      129.42.16.99
 *
 *     NOERROR from 127.0.0.1 in 0.41 ms, 96 octets
 */
#include <inttypes.h>
#include <stdlib.h>

#include "dns/msg.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/question.h"
#include "tools/raizctl/reply.h"
#include "tools/raizctl/stub.h"

struct shown {
    struct ctl *ctl;
    const struct question *question;
    const struct reply *reply;
    const struct dns_msg *msg;
    const struct stub_answer *answer;
    const char *server;
    const json_t *known; /* what raizd knows of it; NULL: another server was asked */
};

static void print_section(const struct shown *s, enum dns_section section, unsigned width)
{
    const struct style *style = &s->ctl->style;
    for (unsigned i = dns_msg_begin(s->msg, section); i < dns_msg_end(s->msg, section); i++) {
        struct dname_buf owner;
        char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], ttl[OUT_TEXT_MAX];
        if (s->msg->rr[i].type == DNS_TYPE_OPT) {
            continue;
        }
        dname_print(dns_msg_owner(s->msg, i, &owner), name);
        fprintf(s->ctl->out, "%s%-*s%s  %s%-6s%s  %-7s  %s\n", paint_on(style, PAINT_NAME), (int)width, name,
                paint_off(style), paint_on(style, PAINT_TYPE), dns_type_text(s->msg->rr[i].type, type),
                paint_off(style), out_duration(s->msg->rr[i].ttl_s, ttl), reply_data(s->reply, i));
    }
}

static unsigned name_width(const struct shown *s)
{
    size_t width = 4;
    for (unsigned i = 0; i < dns_msg_end(s->msg, DNS_ADDITIONAL); i++) {
        struct dname_buf owner;
        char name[DNAME_TEXT_MAX];
        size_t n = dname_print(dns_msg_owner(s->msg, i, &owner), name);
        width = n > width && n <= 48 ? n : width;
    }
    return (unsigned)width;
}

static void print_people(const struct shown *s)
{
    struct ctl *ctl = s->ctl;
    const struct dns_msg *m = s->msg;
    char rcode[DNS_TYPE_TEXT_MAX], time[OUT_TEXT_MAX];
    unsigned width = name_width(s), shown = dns_msg_end(m, DNS_ANSWER), rc = dns_msg_rcode(m);
    bool good = rc == DNS_RCODE_NOERROR || rc == DNS_RCODE_NXDOMAIN;
    if (dns_msg_end(m, DNS_AUTHORITY) > 0) {
        fprintf(ctl->out, "%s%-*s  %-6s  %-7s  %s%s\n", paint_on(&ctl->style, PAINT_DIM), (int)width, "NAME", "TYPE",
                "TTL", "DATA", paint_off(&ctl->style));
    }
    print_section(s, DNS_ANSWER, width);
    if (shown == 0 && rc == DNS_RCODE_NOERROR) {
        print_section(s, DNS_AUTHORITY, width);
        fprintf(ctl->out, "%s has no %s\n", s->question->name, s->question->type);
    } else if (rc == DNS_RCODE_NXDOMAIN) {
        print_section(s, DNS_AUTHORITY, width);
        fprintf(ctl->out, "%s does not exist\n", shown == 0 ? s->question->name : "the alias' target");
    }
    bool blank = good || dns_msg_end(m, DNS_ANSWER) > 0;
    fprintf(ctl->out, "%s%s%s%s from %s in %s, %zu octets%s%s%s\n", blank ? "\n" : "",
            paint_on(&ctl->style, good ? PAINT_GOOD : PAINT_BAD), dns_rcode_text((uint16_t)rc, rcode),
            paint_off(&ctl->style), s->server, out_us(s->answer->took_us, time), s->answer->len,
            (m->flags & DNS_FLAG_AA) != 0 ? ", authoritative" : "",
            (m->flags & DNS_FLAG_AD) != 0 ? ", authenticated" : "",
            (m->flags & DNS_FLAG_RA) == 0 ? ", no recursion available" : "");
    if (m->edns.present && m->edns.ede != DNS_EDE_NONE) {
        char words[EDNS_EDE_TEXT_MAX + 1];
        fprintf(ctl->out, "extended error %d, %s%s%s\n", m->edns.ede, dns_ede_text(m->edns.ede),
                m->edns.ede_text_len > 0 ? ": " : "",
                out_printable(m->edns.ede_text, m->edns.ede_text_len, words, sizeof words));
    }
}

static void print_short(const struct shown *s)
{
    for (unsigned i = dns_msg_begin(s->msg, DNS_ANSWER); i < dns_msg_end(s->msg, DNS_ANSWER); i++) {
        fprintf(s->ctl->out, "%s\n", reply_data(s->reply, i));
    }
}

/* How long raizd has known it, who said so, and why it is validated or not. */
static void print_known(const struct ctl *ctl, const json_t *known)
{
    char age[OUT_TEXT_MAX];
    uint64_t ttl = out_number(known, "ttl"), original = out_number(known, "original_ttl");
    const char *why = out_text(known, "not_validated"), *security = out_text(known, "security");
    if (out_text(known, "server")[0] != '\0') {
        if (original > ttl) {
            fprintf(ctl->out, "known for %s, from %s", out_duration(original - ttl, age), out_text(known, "server"));
        } else {
            fprintf(ctl->out, "fetched just now, from %s", out_text(known, "server"));
        }
        fprintf(ctl->out, " as a server of %s%s%s\n", out_text(known, "zone"), security[0] != '\0' ? ": " : "",
                security);
    }
    if (why[0] != '\0') {
        fprintf(ctl->out, "not validated: %s, %s\n", out_text(known, "not_validated_zone"), why);
    }
}

static json_t *known_json(const json_t *known)
{
    static const char *const kept[] = {"cause", "server", "zone", "security", "not_validated", "not_validated_zone"};
    uint64_t ttl = out_number(known, "ttl"), original = out_number(known, "original_ttl");
    json_t *o = json_pack("{s:I}", "age_s", (json_int_t)(original > ttl ? original - ttl : 0));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        json_t *value = json_object_get(known, kept[i]);
        if (value != NULL) {
            json_object_set(o, kept[i], value);
        }
    }
    return o;
}

static int show(const struct shown *s)
{
    if (s->ctl->json) {
        json_t *o = reply_json(s->reply, s->question, s->answer, s->server);
        if (o == NULL) {
            return ctl_fail(s->ctl, CONTROL_FAILED, "out of memory");
        }
        if (s->known != NULL) {
            json_object_set_new(o, "known", known_json(s->known));
        }
        json_dumpf(o, s->ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
        fputc('\n', s->ctl->out);
        json_decref(o);
    } else if ((s->ctl->given & OPT_SHORT) != 0) {
        print_short(s);
    } else {
        print_people(s);
        if (s->known != NULL) {
            print_known(s->ctl, s->known);
        }
    }
    return reply_failed(s->reply) ? CONTROL_FAILED : CONTROL_OK;
}

int cmd_query(struct ctl *ctl)
{
    struct question q;
    struct stub_answer answer;
    struct reply reply;
    char server[ADDR_TEXT_MAX];
    int code = question_read(ctl, &q);
    if (code != CONTROL_OK) {
        return code;
    }
    struct stub_question ask = {.qname = dname_of(&q.qname),
                                .qtype = q.qtype,
                                .tcp = (ctl->given & OPT_TCP) != 0,
                                .dnssec_ok = (ctl->given & OPT_DNSSEC) != 0,
                                .recurse = (ctl->given & OPT_NORECURSE) == 0,
                                .timeout_ms = ctl->timeout_ms};
    code = client_server(ctl, q.server, &ask.server);
    if (code == CONTROL_OK) {
        code = reply_ask(ctl, &ask, &answer, &reply);
    }
    if (code != CONTROL_OK) {
        return code;
    }
    addr_print(&ask.server, server);
    bool brief = !ctl->json && (ctl->given & OPT_SHORT) != 0;
    json_t *known = q.server == NULL && !brief ? reply_known(ctl, &q) : NULL;
    code = show(&(struct shown){.ctl = ctl,
                                .question = &q,
                                .reply = &reply,
                                .msg = &reply.msg,
                                .answer = &answer,
                                .server = server,
                                .known = known});
    json_decref(known);
    reply_release(&reply, &answer);
    return code;
}
