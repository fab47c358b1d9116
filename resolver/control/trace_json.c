/*
 * trace_json.c - the events of a resolution, and its answer, as objects
 */
#include "resolver/control/trace_json.h"

#include <stdio.h>
#include <string.h>

#include "dns/delegation.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/engine/classify.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/failure.h"

/* Which events tell about a server. */
static bool is_exchange(enum journal_kind kind)
{
    switch (kind) {
    case JOURNAL_SEND:
    case JOURNAL_RECEIVE:
    case JOURNAL_IGNORE:
    case JOURNAL_TIMEOUT:
    case JOURNAL_UNREACHABLE:
    case JOURNAL_DROPPED:
    case JOURNAL_LAME:
    case JOURNAL_BROKEN:
    case JOURNAL_RETRY:
        return true;
    default:
        return false;
    }
}

static const char *delegation_word(unsigned kind)
{
    static const char *const words[] = {
        [DELEGATION_REFERRAL] = "referral from the parent",
        [DELEGATION_HINTS] = "root hints",
        [DELEGATION_PRIMED] = "the root's own list",
        [DELEGATION_STUB] = "stub zone of the configuration",
        [DELEGATION_FORWARD] = "forward zone of the configuration",
    };
    return kind < sizeof words / sizeof words[0] ? words[kind] : NULL;
}

static const char *unreachable_word(unsigned why)
{
    static const char *const words[] = {
        [UNREACHABLE_ICMP] = "host or port unreachable",
        [UNREACHABLE_CLOSED] = "connection closed",
        [UNREACHABLE_LOCAL] = "this host cannot send there",
    };
    return why < sizeof words / sizeof words[0] ? words[why] : NULL;
}

/* In what other way the same server is asked again. */
static const char *retry_word(unsigned why)
{
    switch (why) {
    case 0:
        return "over TCP, because a reply did not fit the question";
    case REPLY_TRUNCATED:
        return "over TCP";
    case REPLY_NO_EDNS:
        return "without EDNS";
    default:
        return "with the whole name";
    }
}

const char *trace_event_why(const struct journal_event *e)
{
    switch ((enum journal_kind)e->kind) {
    case JOURNAL_FAILED:
    case JOURNAL_BOGUS:
        return failure_row((enum failure)e->why)->text;
    case JOURNAL_CACHE_HIT:
        return e->why != FAIL_NONE ? failure_row((enum failure)e->why)->text : NULL;
    case JOURNAL_CUT:
        return delegation_word(e->why);
    case JOURNAL_UNREACHABLE:
        return unreachable_word(e->why);
    case JOURNAL_RECEIVE:
    case JOURNAL_LAME:
    case JOURNAL_BROKEN:
        return reply_kind_text((enum reply_kind)e->why);
    case JOURNAL_RETRY:
        return retry_word(e->why);
    default:
        return NULL;
    }
}

static void put_exchange(json_t **o, const struct control *c, const struct journal_event *e)
{
    char text[DNAME_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX];
    reply_put_server(o, "server", &e->server, c);
    dname_print(e->server_name, text);
    reply_put_text(o, "server_name", dname_is_root(e->server_name) ? NULL : text);
    reply_put_text(o, "transport", e->tcp != 0 ? "tcp" : "udp");
    if (e->kind == JOURNAL_SEND || e->kind == JOURNAL_RECEIVE) {
        reply_put_number(o, "bytes", e->size_bytes);
    }
    if (e->kind == JOURNAL_RECEIVE) {
        reply_put_number(o, "rtt_us", e->rtt_us);
        reply_put_text(o, "rcode", dns_rcode_text(e->rcode, rcode));
    }
    if (e->kind == JOURNAL_TIMEOUT || e->kind == JOURNAL_UNREACHABLE) {
        reply_put_number(o, "waited_us", e->rtt_us);
    }
    if (e->kind == JOURNAL_DROPPED) {
        reply_put_number(o, "records", e->why);
    }
}

json_t *trace_event_json(const struct control *c, const struct journal_event *e, uint64_t begun_us)
{
    enum journal_kind kind = (enum journal_kind)e->kind;
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    json_t *o = json_object();
    reply_put_text(&o, "event", journal_kind_name(kind));
    reply_put_text(&o, "text", journal_kind_text(kind));
    reply_put_number(&o, "depth", e->depth);
    reply_put_number(&o, "at_us", e->at_us > begun_us ? e->at_us - begun_us : 0);
    dname_print(e->name, name);
    reply_put_text(&o, "name", name);
    reply_put_text(&o, "type", dns_type_text(e->type, type));
    dname_print(e->zone, name);
    reply_put_text(&o, "zone", name);
    if (is_exchange(kind)) {
        put_exchange(&o, c, e);
    }
    const char *why = trace_event_why(e);
    if (why != NULL) {
        reply_put_text(&o, "why", why);
    }
    return o;
}

static json_t *section_json(const struct dns_msg *m, enum dns_section section, const struct control *c)
{
    json_t *list = json_array();
    for (unsigned i = dns_msg_begin(m, section); i < dns_msg_end(m, section); i++) {
        struct dname_buf owner;
        struct writer w = writer_of(c->rdata, DNS_MSG_MAX);
        if (m->rr[i].type == DNS_TYPE_OPT || dns_msg_rdata(m, i, &w) != DNS_OK) {
            continue;
        }
        struct text out = text_of(c->text, CONTROL_TEXT_MAX);
        rr_print(dns_msg_owner(m, i, &owner), m->rr[i].ttl_s, m->rr[i].rclass, m->rr[i].type, c->rdata, (uint16_t)w.pos,
                 &out);
        if (json_array_append_new(list, json_string(c->text)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void flags_text(uint16_t flags, char out[static 40])
{
    static const struct {
        uint16_t bit;
        const char *word;
    } words[] = {{DNS_FLAG_QR, "qr"}, {DNS_FLAG_AA, "aa"}, {DNS_FLAG_TC, "tc"}, {DNS_FLAG_RD, "rd"},
                 {DNS_FLAG_RA, "ra"}, {DNS_FLAG_AD, "ad"}, {DNS_FLAG_CD, "cd"}};
    struct text t = text_of(out, 40);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if ((flags & words[i].bit) != 0) {
            text_addf(&t, "%s%s", t.len == 0 ? "" : " ", words[i].word);
        }
    }
}

json_t *trace_answer_json(const struct control *c, const struct dns_msg *m)
{
    char rcode[DNS_TYPE_TEXT_MAX], flags[40];
    json_t *o = json_object();
    flags_text(m->flags, flags);
    reply_put_text(&o, "rcode", dns_rcode_text(dns_msg_rcode(m), rcode));
    reply_put_text(&o, "flags", flags);
    reply_put(&o, "answer", section_json(m, DNS_ANSWER, c));
    reply_put(&o, "authority", section_json(m, DNS_AUTHORITY, c));
    if (m->edns.present && m->edns.ede != DNS_EDE_NONE) {
        reply_put_number(&o, "ede", (uint64_t)m->edns.ede);
        reply_put_text(&o, "ede_name", dns_ede_text(m->edns.ede));
        json_t *words =
            m->edns.ede_text != NULL ? json_stringn((const char *)m->edns.ede_text, m->edns.ede_text_len) : NULL;
        reply_put(&o, "ede_text", words != NULL ? words : json_null()); /* a text that is not UTF-8 is none */
    }
    return o;
}
