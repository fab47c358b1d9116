/*
 * scrub_support.h - tables of replies and of what is left of them, for the tests of chain.c and scrub.c
 */
#ifndef RAIZ_TESTS_UNIT_ENGINE_SCRUB_SUPPORT_H
#define RAIZ_TESTS_UNIT_ENGINE_SCRUB_SUPPORT_H

#include "resolver/engine/scrub.h"
#include "support.h"

enum { TCP = 1, CASED = 2 };

struct row {
    const char *what;
    const char *qname, *qtype, *zone;
    unsigned flags;
    const char *reply;
    enum reply_kind kind;
    const char *left;
};

#define WWW      "www.example.com.", "A", "example.com."
#define ZONE_NS  "\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 300 A 192.0.2.66"
#define SOA      "ns example.com. 300 SOA ns1. host. 1 2 3 4 60"
#define SOA_LEFT "soa example.com. 300 IN SOA ns1. host. 1 2 3 4 60\n"

static inline void print_cut(struct text *t, const struct delegation *d)
{
    const struct delegation_addr *a = delegation_addrs(d);

    text_add(t, "cut ");
    text_name(t, delegation_zone(d));
    text_addf(t, " %u\n", d->ttl_s);
    for (unsigned i = 0; i < d->ns_count; i++) {
        text_add(t, "server ");
        text_name(t, delegation_ns(d, i));
        for (unsigned k = 0; k < d->addr_count; k++) {
            char addr[ADDR_TEXT_MAX];
            struct addr one = delegation_addr_of(&a[k], 0);
            if (a[k].ns == i) {
                addr_print(&one, addr);
                text_addf(t, " %s", addr);
            }
        }
        text_add(t, "\n");
    }
}

static inline void print_scrubbed(struct text *t, const struct scrubbed *s)
{
    for (unsigned i = 0; i < s->chain_count; i++) {
        print_set(t, (s->made >> i & 1) != 0 ? "made" : "chain", s->chain[i], s->chain[i]->ttl_s);
    }
    text_add(t, s->chain_complete ? "complete" : "end");
    text_add(t, " ");
    text_name(t, s->end);
    text_add(t, "\n");
    if (s->soa != NULL) {
        print_set(t, "soa", s->soa, s->soa->ttl_s);
        text_addf(t, "negative %u\n", s->negative_ttl_s);
    }
    for (unsigned i = 0; i < s->proof_count; i++) {
        print_set(t, "proof", s->proof[i], s->proof[i]->ttl_s);
    }
    if (s->cut != NULL) {
        print_cut(t, s->cut);
    }
    if (s->ds != NULL) {
        print_set(t, "ds", s->ds, s->ds->ttl_s);
    }
    if (s->dropped != 0) {
        text_addf(t, "dropped %u\n", s->dropped);
    }
}

static inline void check(const struct row *rows, size_t count, enum asked_as as)
{
    static char left[65536];
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct scene s;
        struct scrubbed out;
        struct text t = text_of(left, sizeof left);
        scene_begin(&s);
        scene_ask(&s, row->qname, row->qtype, row->zone);
        s.ask.tcp = (row->flags & TCP) != 0;
        s.ask.cased = (row->flags & CASED) != 0;
        scene_reply(&s, row->reply);
        enum reply_kind kind = classify(&s.msg, &s.ask, as);
        if (kind != row->kind) {
            fail_msg("%s: %s, not %s", row->what, reply_kind_text(kind), reply_kind_text(row->kind));
        }
        assert_int_equal(scrub(&s.msg, &s.ask, kind, as, &s.arena, &out), DNS_OK);
        bool aa = (s.msg.flags & DNS_FLAG_AA) != 0 && as == ASKED_AUTHORITY;
        assert_int_equal(out.rank, aa ? RANK_AUTH_ANSWER : RANK_NONAUTH_ANSWER);
        print_scrubbed(&t, &out);
        if (strcmp(left, row->left) != 0) {
            fail_msg("%s\nleft:\n%sinstead of:\n%s", row->what, left, row->left);
        }
        scene_end(&s);
    }
}

#endif
