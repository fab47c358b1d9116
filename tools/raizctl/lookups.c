/*
 * lookups.c - questions of an examination, each asked once, and all at once
 */
#include "tools/raizctl/lookups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/raizctl/out.h"
#include "tools/raizctl/stub.h"

#define ARENA_BYTES (16 * 1024 * 1024)
#define INDEX_BYTES (4 * 1024 * 1024)

void lookups_init(struct lookups *l)
{
    *l = (struct lookups){.timeout_ms = CTL_TIMEOUT_MS};
    arena_init(&l->arena, NULL, 0, ARENA_BYTES);
}

void lookups_release(struct lookups *l)
{
    arena_release(&l->arena);
}

const struct lookup *lookups_get(struct lookups *l, struct dname name, uint16_t type)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->list[i]->qtype == type && dname_equal(dname_of(&l->list[i]->qname), name)) {
            return l->list[i]->done ? l->list[i] : NULL;
        }
    }
    struct lookup *fresh = l->count < LOOKUPS_MAX ? ARENA_NEW(&l->arena, struct lookup) : NULL;
    if (fresh == NULL) {
        l->full = true;
        return NULL;
    }
    fresh->qtype = type;
    dname_copy(name, &fresh->qname);
    l->list[l->count++] = fresh;
    return NULL;
}

static void take_error(struct lookup *about, const char *error)
{
    about->done = true;
    about->error = error;
}

/* Where the name's aliases lead, by the answer's own records. */
static void follow_aliases(struct lookup *about, const struct dns_msg *m)
{
    about->owner = about->qname;
    for (unsigned hops = 0; hops < LOOKUP_ALIASES && about->qtype != DNS_TYPE_CNAME; hops++) {
        unsigned i = dns_msg_begin(m, DNS_ANSWER), end = dns_msg_end(m, DNS_ANSWER);
        while (i < end && !(m->rr[i].type == DNS_TYPE_CNAME && dns_msg_owner_is(m, i, dname_of(&about->owner)))) {
            i++;
        }
        struct dname_buf target;
        if (i == end || !dns_msg_target(m, i, &target)) {
            return;
        }
        about->owner = target;
        about->alias = true;
    }
}

static bool wanted(const struct lookup *about, const struct dns_msg *m, unsigned i)
{
    return m->rr[i].type == about->qtype && dns_msg_owner_is(m, i, dname_of(&about->owner));
}

/* Copies the records of the type. False: no memory. */
static bool take_records(struct lookups *l, struct lookup *about, const struct dns_msg *m)
{
    size_t n = 0;
    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        n += wanted(about, m, i);
    }
    struct lookup_rr *rr = n > 0 ? arena_alloc(&l->arena, n * sizeof *rr) : NULL;
    uint8_t *rdata = n > 0 ? malloc(DNS_MSG_MAX) : NULL;
    bool ok = n == 0 || (rr != NULL && rdata != NULL);
    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); ok && i < dns_msg_end(m, DNS_ANSWER); i++) {
        struct writer w = writer_of(rdata, DNS_MSG_MAX);
        if (!wanted(about, m, i) || dns_msg_rdata(m, i, &w) != DNS_OK) {
            continue;
        }
        const uint8_t *kept = arena_dup(&l->arena, rdata, w.pos > 0 ? w.pos : 1);
        ok = kept != NULL;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is wanted was counted: there is room */
        rr[about->count] = (struct lookup_rr){.rdata = kept, .len = (uint16_t)w.pos, .ttl_s = m->rr[i].ttl_s};
        about->count += ok;
    }
    about->rr = rr;
    free(rdata);
    return ok;
}

void lookups_put(struct lookups *l, struct lookup *about, const uint8_t *wire, size_t n)
{
    struct arena index;
    struct dns_msg m;
    about->done = true;
    arena_init(&index, NULL, 0, INDEX_BYTES);
    enum dns_err err = dns_msg_parse(wire, n, &index, &m);
    if (err != DNS_OK) {
        take_error(about, dns_err_text(err));
    } else {
        about->rcode = dns_msg_rcode(&m);
        about->secure = (m.flags & DNS_FLAG_AD) != 0;
        if (m.edns.present && m.edns.ede != DNS_EDE_NONE) {
            char words[EDNS_EDE_TEXT_MAX + 1];
            snprintf(about->why, sizeof about->why, "%s%s%s", dns_ede_text(m.edns.ede),
                     m.edns.ede_text_len > 0 ? ": " : "",
                     out_printable(m.edns.ede_text, m.edns.ede_text_len, words, sizeof words));
        }
        follow_aliases(about, &m);
        if (!take_records(l, about, &m)) {
            l->full = true;
            take_error(about, "out of memory");
        }
    }
    arena_release(&index);
}

static void ask_some(struct lookups *l, struct lookup *const about[], size_t n)
{
    struct stub_question questions[STUB_AT_ONCE_MAX] = {{.tcp = l->tcp}};
    struct stub_answer answers[STUB_AT_ONCE_MAX];
    for (size_t i = 0; i < n; i++) {
        questions[i] = (struct stub_question){.qname = dname_of(&about[i]->qname),
                                              .qtype = about[i]->qtype,
                                              .server = l->server,
                                              .tcp = l->tcp,
                                              .recurse = true,
                                              .timeout_ms = l->timeout_ms};
    }
    stub_ask_all(questions, answers, n);
    for (size_t i = 0; i < n; i++) {
        if (answers[i].wire != NULL) {
            lookups_put(l, about[i], answers[i].wire, answers[i].len);
            free(answers[i].wire);
        } else {
            take_error(about[i], answers[i].error);
            about[i]->timed_out = answers[i].timed_out;
        }
    }
}

bool lookups_run(struct lookups *l)
{
    struct lookup *open[STUB_AT_ONCE_MAX];
    size_t n = 0, asked = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (!l->list[i]->done) {
            open[n++] = l->list[i];
            asked++;
        }
        if (n == STUB_AT_ONCE_MAX || (n > 0 && i + 1 == l->count)) {
            ask_some(l, open, n);
            n = 0;
        }
    }
    l->rounds += asked > 0;
    return asked > 0;
}

bool lookup_failed(const struct lookup *l)
{
    return l->error != NULL || (l->rcode != DNS_RCODE_NOERROR && l->rcode != DNS_RCODE_NXDOMAIN);
}

const char *lookup_failure(const struct lookup *l, char buf[static LOOKUP_TEXT_MAX])
{
    char rcode[DNS_TYPE_TEXT_MAX];
    if (l->error != NULL) {
        snprintf(buf, LOOKUP_TEXT_MAX, "no answer: %s", l->error);
    } else {
        snprintf(buf, LOOKUP_TEXT_MAX, "%s%s%.250s%s", dns_rcode_text(l->rcode, rcode), l->why[0] != '\0' ? " (" : "",
                 l->why, l->why[0] != '\0' ? ")" : "");
    }
    return buf;
}
