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
#include <string.h>

#include "dns/arena.h"
#include "dns/msg.h"
#include "dns/text.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/question.h"
#include "tools/raizctl/stub.h"

#define INDEX_BYTES (4 * 1024 * 1024)
#define DATA_MAX    (4 * 65536 + 64)

struct shown {
    struct ctl *ctl;
    const struct question *question;
    const struct dns_msg *msg;
    const struct stub_answer *answer;
    const char *server;
    uint8_t *rdata; /* DNS_MSG_MAX */
    char *data;     /* DATA_MAX */
};

/* The data of record i as text, in s->data. */
static const char *data_text(const struct shown *s, unsigned i)
{
    struct writer w = writer_of(s->rdata, DNS_MSG_MAX);
    struct text t = text_of(s->data, DATA_MAX);
    if (dns_msg_rdata(s->msg, i, &w) == DNS_OK) {
        rdata_print(s->msg->rr[i].type, s->rdata, (uint16_t)w.pos, &t);
    }
    return s->data;
}

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
                paint_off(style), out_duration(s->msg->rr[i].ttl_s, ttl), data_text(s, i));
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
        fprintf(s->ctl->out, "%s\n", data_text(s, i));
    }
}

static json_t *section_json(const struct shown *s, enum dns_section section)
{
    json_t *list = json_array();
    for (unsigned i = dns_msg_begin(s->msg, section); i < dns_msg_end(s->msg, section); i++) {
        struct dname_buf owner;
        char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
        if (s->msg->rr[i].type != DNS_TYPE_OPT) {
            dname_print(dns_msg_owner(s->msg, i, &owner), name);
            json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "name", name, "type",
                                                  dns_type_text(s->msg->rr[i].type, type), "ttl",
                                                  (json_int_t)s->msg->rr[i].ttl_s, "data", data_text(s, i)));
        }
    }
    return list;
}

static json_t *flags_json(uint16_t flags)
{
    static const struct {
        uint16_t bit;
        const char *word;
    } words[] = {{DNS_FLAG_AA, "aa"}, {DNS_FLAG_TC, "tc"}, {DNS_FLAG_RD, "rd"},
                 {DNS_FLAG_RA, "ra"}, {DNS_FLAG_AD, "ad"}, {DNS_FLAG_CD, "cd"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((flags & words[i].bit) != 0) {
            json_array_append_new(list, json_string(words[i].word));
        }
    }
    return list;
}

static int print_json(const struct shown *s)
{
    const struct dns_msg *m = s->msg;
    char rcode[DNS_TYPE_TEXT_MAX];
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "name", s->question->name, "type",
                          s->question->type, "server", s->server, "rcode", dns_rcode_text(dns_msg_rcode(m), rcode),
                          "took_us", (json_int_t)s->answer->took_us, "bytes", (json_int_t)s->answer->len, "flags",
                          flags_json(m->flags), "answer", section_json(s, DNS_ANSWER), "authority",
                          section_json(s, DNS_AUTHORITY), "additional", section_json(s, DNS_ADDITIONAL));
    if (o != NULL && m->edns.present && m->edns.ede != DNS_EDE_NONE) {
        char words[EDNS_EDE_TEXT_MAX + 1];
        json_object_set_new(o, "ede", json_integer(m->edns.ede));
        json_object_set_new(o, "ede_name", json_string(dns_ede_text(m->edns.ede)));
        json_object_set_new(o, "ede_text",
                            json_string(out_printable(m->edns.ede_text, m->edns.ede_text_len, words, sizeof words)));
    }
    if (o == NULL) {
        return ctl_fail(s->ctl, CONTROL_FAILED, "out of memory");
    }
    json_dumpf(o, s->ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
    fputc('\n', s->ctl->out);
    json_decref(o);
    return CONTROL_OK;
}

/* Parses and shows what came. SERVFAIL, REFUSED and the like are failures. */
static int show(struct shown *s)
{
    struct arena arena;
    struct dns_msg msg;
    int code = CONTROL_OK;
    arena_init(&arena, NULL, 0, INDEX_BYTES);
    s->rdata = malloc(DNS_MSG_MAX);
    s->data = malloc(DATA_MAX);
    enum dns_err err = dns_msg_parse(s->answer->wire, s->answer->len, &arena, &msg);
    s->msg = &msg;
    if (s->rdata == NULL || s->data == NULL) {
        code = ctl_fail(s->ctl, CONTROL_FAILED, "out of memory");
    } else if (err != DNS_OK) {
        code = ctl_fail(s->ctl, CONTROL_FAILED, "%s sent a malformed answer: %s", s->server, dns_err_text(err));
    } else {
        if (s->ctl->json) {
            code = print_json(s);
        } else if ((s->ctl->given & OPT_SHORT) != 0) {
            print_short(s);
        } else {
            print_people(s);
        }
        unsigned rcode = dns_msg_rcode(&msg);
        if (rcode != DNS_RCODE_NOERROR && rcode != DNS_RCODE_NXDOMAIN) {
            code = CONTROL_FAILED;
        }
    }
    free(s->data);
    free(s->rdata);
    arena_release(&arena);
    return code;
}

int cmd_query(struct ctl *ctl)
{
    struct question q;
    struct stub_answer answer;
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
    if (code != CONTROL_OK) {
        return code;
    }
    addr_print(&ask.server, server);
    stub_ask(&ask, &answer);
    if (answer.wire == NULL) {
        return ctl_fail(ctl, answer.timed_out ? CONTROL_NO_REPLY : CONTROL_FAILED, "no answer from %s: %s", server,
                        answer.error);
    }
    struct shown s = {.ctl = ctl, .question = &q, .answer = &answer, .server = server};
    code = show(&s);
    free(answer.wire);
    return code;
}
