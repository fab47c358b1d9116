#include "tools/raiz-lab/record.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "dns/text.h"
#include "dns/types.h"

/* ---- lines ---- */

static void add_flags(struct text *t, const struct lab_reply *reply)
{
    const struct dns_msg *q = &reply->query;
    size_t start = t->len;
    if (reply->parsed) {
        text_add(t, (q->flags & DNS_FLAG_RD) != 0 ? "rd," : "");
        text_add(t, (q->flags & DNS_FLAG_CD) != 0 ? "cd," : "");
        text_add(t, (q->flags & DNS_FLAG_AD) != 0 ? "ad," : "");
        if (q->edns.present) {
            text_addf(t, "edns=%u,", q->edns.udp_size);
            text_add(t, q->edns.dnssec_ok ? "do," : "");
        }
    }
    if (t->len == start) {
        text_add(t, "-");
    } else {
        t->buf[--t->len] = '\0'; /* the last comma */
    }
}

static void add_outcome(struct text *t, const struct lab_reply *reply)
{
    char buf[DNS_TYPE_TEXT_MAX];
    switch (reply->fate) {
    case LAB_FATE_ANSWERED:
        text_add(t, dns_rcode_text(reply->rcode, buf));
        text_add(t, reply->truncated ? ",tc" : "");
        break;
    case LAB_FATE_DROPPED:
        text_add(t, "dropped");
        break;
    case LAB_FATE_LOST:
        text_add(t, "lost");
        break;
    case LAB_FATE_BAD:
        text_add(t, "bad");
        break;
    }
}

static void put(FILE *f, const struct text *t)
{
    if (f != NULL) {
        fwrite(t->buf, 1, t->len, f);
        fflush(f);
    }
}

void record_question(const struct record *r, const struct record_line *line)
{
    if (r->print == NULL && r->log == NULL) {
        return;
    }
    char buf[2 * DNAME_TEXT_MAX + 512], address[ADDR_TEXT_MAX], client[ADDR_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    struct text t = text_of(buf, sizeof buf);
    const struct lab_reply *reply = line->reply;
    addr_print(&line->server->real[line->address], address);
    addr_print(line->client, client);
    text_addf(&t, "%lld.%06lld %s %s %s %s ", (long long)(line->wall_us / 1000000),
              (long long)(line->wall_us % 1000000), line->server->name, address, line->tcp ? "tcp" : "udp", client);
    if (reply->parsed && reply->query.qdcount == 1) {
        text_name(&t, reply->query.qname);
        text_addf(&t, " %s ", dns_type_text(reply->query.qtype, type));
    } else {
        text_add(&t, "- - ");
    }
    add_flags(&t, reply);
    text_add(&t, " ");
    add_outcome(&t, reply);
    text_add(&t, "\n");
    put(r->print, &t);
    put(r->log, &t);
}

/* ---- counts ---- */

void record_count(struct lab_server *s, size_t address, bool tcp, const struct lab_reply *reply)
{
    struct lab_counts *c = &s->counts[address];
    c->tcp += tcp;
    c->udp += !tcp;
    c->answered += reply->fate == LAB_FATE_ANSWERED;
    c->dropped += reply->fate == LAB_FATE_DROPPED || reply->fate == LAB_FATE_BAD;
    c->lost += reply->fate == LAB_FATE_LOST;
    c->malformed += !reply->parsed;
    c->truncated += reply->truncated;
    c->refused += reply->fate == LAB_FATE_ANSWERED && reply->rcode == DNS_RCODE_REFUSED;
    c->edns += reply->parsed && reply->query.edns.present;
}

static int put_counts(json_t *object, const struct lab_counts *c)
{
    int failed = 0;
#define X(name, text) failed |= json_object_set_new(object, #name, json_integer((json_int_t)c->name));
    LAB_COUNTS(X)
#undef X
    return failed;
}

static void add_counts(struct lab_counts *sum, const struct lab_counts *c)
{
#define X(name, text) sum->name += c->name;
    LAB_COUNTS(X)
#undef X
}

static json_t *counts_json(const struct lab *lab)
{
    json_t *servers = json_array(), *total = json_object();
    struct lab_counts sum = {0};
    int failed = servers == NULL || total == NULL;
    for (size_t i = 0; i < lab->servers; i++) {
        const struct lab_server *s = &lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            char address[ADDR_TEXT_MAX];
            addr_print(&s->real[a], address);
            json_t *one = json_pack("{s:s, s:s}", "name", s->name, "address", address);
            failed |= one == NULL || put_counts(one, &s->counts[a]) != 0;
            failed |= json_array_append_new(servers, one) != 0;
            add_counts(&sum, &s->counts[a]);
        }
    }
    failed |= put_counts(total, &sum);
    json_t *all = json_pack("{s:o, s:o}", "servers", servers, "total", total);
    if (failed != 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}

bool record_write_counts(const struct lab *lab, const char *path)
{
    char *other = NULL;
    json_t *all = counts_json(lab);
    errno = ENOMEM;
    bool ok = all != NULL && asprintf(&other, "%s.new", path) >= 0;
    ok = ok && json_dump_file(all, other, JSON_INDENT(1)) == 0 && rename(other, path) == 0;
    free(other);
    json_decref(all);
    return ok;
}
