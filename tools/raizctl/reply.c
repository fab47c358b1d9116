/*
 * reply.c - what a server answered to one question, parsed, as JSON, and what raizd knows about it
 */
#include "tools/raizctl/reply.h"

#include <stdlib.h>

#include "dns/text.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"

#define INDEX_BYTES (4 * 1024 * 1024)
#define DATA_MAX    (4 * 65536 + 64)

void reply_release(struct reply *r, struct stub_answer *answer)
{
    free(r->data);
    free(r->rdata);
    free(answer->wire);
    arena_release(&r->arena);
}

int reply_ask(struct ctl *ctl, const struct stub_question *ask, struct stub_answer *answer, struct reply *out)
{
    char server[ADDR_TEXT_MAX];
    addr_print(&ask->server, server);
    stub_ask(ask, answer);
    if (answer->wire == NULL) {
        return ctl_fail(ctl, answer->timed_out ? CONTROL_NO_REPLY : CONTROL_FAILED, "no answer from %s: %s", server,
                        answer->error);
    }
    arena_init(&out->arena, NULL, 0, INDEX_BYTES);
    out->rdata = malloc(DNS_MSG_MAX);
    out->data = malloc(DATA_MAX);
    int code = CONTROL_OK;
    enum dns_err err = dns_msg_parse(answer->wire, answer->len, &out->arena, &out->msg);
    if (out->rdata == NULL || out->data == NULL) {
        code = ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    } else if (err != DNS_OK) {
        code = ctl_fail(ctl, CONTROL_FAILED, "%s sent a malformed answer: %s", server, dns_err_text(err));
    }
    if (code != CONTROL_OK) {
        reply_release(out, answer);
    }
    return code;
}

bool reply_failed(const struct reply *r)
{
    unsigned rcode = dns_msg_rcode(&r->msg);
    return rcode != DNS_RCODE_NOERROR && rcode != DNS_RCODE_NXDOMAIN;
}

const char *reply_data(const struct reply *r, unsigned i)
{
    struct writer w = writer_of(r->rdata, DNS_MSG_MAX);
    struct text t = text_of(r->data, DATA_MAX);
    if (dns_msg_rdata(&r->msg, i, &w) == DNS_OK) {
        rdata_print(r->msg.rr[i].type, r->rdata, (uint16_t)w.pos, &t);
    }
    return r->data;
}

static json_t *section_json(const struct reply *r, enum dns_section section)
{
    json_t *list = json_array();
    for (unsigned i = dns_msg_begin(&r->msg, section); i < dns_msg_end(&r->msg, section); i++) {
        struct dname_buf owner;
        char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
        if (r->msg.rr[i].type != DNS_TYPE_OPT) {
            dname_print(dns_msg_owner(&r->msg, i, &owner), name);
            json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "name", name, "type",
                                                  dns_type_text(r->msg.rr[i].type, type), "ttl",
                                                  (json_int_t)r->msg.rr[i].ttl_s, "data", reply_data(r, i)));
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

json_t *reply_json(const struct reply *r, const struct question *q, const struct stub_answer *answer,
                   const char *server)
{
    const struct dns_msg *m = &r->msg;
    char rcode[DNS_TYPE_TEXT_MAX];
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "name", q->name, "type", q->type,
                          "server", server, "rcode", dns_rcode_text(dns_msg_rcode(m), rcode), "took_us",
                          (json_int_t)answer->took_us, "bytes", (json_int_t)answer->len, "flags", flags_json(m->flags),
                          "answer", section_json(r, DNS_ANSWER), "authority", section_json(r, DNS_AUTHORITY),
                          "additional", section_json(r, DNS_ADDITIONAL));
    if (o != NULL && m->edns.present && m->edns.ede != DNS_EDE_NONE) {
        char words[EDNS_EDE_TEXT_MAX + 1];
        json_object_set_new(o, "ede", json_integer(m->edns.ede));
        json_object_set_new(o, "ede_name", json_string(dns_ede_text(m->edns.ede)));
        json_object_set_new(o, "ede_text",
                            json_string(out_printable(m->edns.ede_text, m->edns.ede_text_len, words, sizeof words)));
    }
    return o;
}

static void take_known(void *arg, json_t *object, bool last)
{
    json_t **known = arg;
    if (last && *known == NULL) {
        *known = json_incref(object);
    }
}

json_t *reply_known(const struct ctl *ctl, const struct question *q)
{
    struct ctl quiet = *ctl;
    json_t *known = NULL;
    char *errors = NULL;
    size_t n;
    quiet.json = false;
    quiet.err = open_memstream(&errors, &n); /* an older raizd does not know the verb: then there is less to say */
    if (quiet.err == NULL) {
        return NULL;
    }
    int code = client_ask(&quiet, json_pack("{s:s, s:s, s:s}", "verb", "explain", "name", q->name, "type", q->type),
                          take_known, &known);
    fclose(quiet.err);
    free(errors);
    if (code != CONTROL_OK) {
        json_decref(known);
        known = NULL;
    }
    return known;
}
