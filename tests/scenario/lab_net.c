/*
 * lab_net.c - the servers and signed zones of a lab, in a scenario
 */
#include "lab_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/dnssec/anchors.h"
#include "tools/raiz-lab/respond.h"
#include "tools/raiz-lab/sign.h"

struct lab_net {
    struct lab *lab;
    char *dir;
    struct lab_question *question;
    size_t questions, room;
};

static struct lab_net the_lab; /* one thread */

static void report(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

struct lab_net *lab_net_open(const char *dir, int64_t wall_s)
{
    if (the_lab.lab != NULL && strcmp(the_lab.dir, dir) == 0) {
        return &the_lab;
    }
    lab_net_release();
    the_lab.lab = lab_load(dir, report, NULL);
    the_lab.dir = strdup(dir);
    if (the_lab.lab == NULL || the_lab.dir == NULL || !lab_sign(the_lab.lab, wall_s)) {
        fprintf(stderr, "%s: no lab, or it cannot be signed\n", dir);
        exit(1);
    }
    return &the_lab;
}

void lab_net_release(void)
{
    if (the_lab.lab != NULL) {
        lab_free(the_lab.lab);
    }
    free(the_lab.dir);
    free(the_lab.question);
    the_lab = (struct lab_net){0};
}

/* ---- the servers ---- */

static const struct lab_server *server_at(const struct lab *lab, const struct addr *to)
{
    for (size_t i = 0; i < lab->servers; i++) {
        for (size_t k = 0; k < lab->server[i].addresses; k++) {
            if (addr_same_ip(&lab->server[i].real[k], to)) {
                return &lab->server[i];
            }
        }
    }
    return NULL;
}

bool lab_net_react(const struct lab_net *l, const struct addr *to, const uint8_t *query, size_t n, bool tcp,
                   struct rng *rng, struct reaction *out)
{
    const struct lab_server *s = server_at(l->lab, to);
    struct lab_reply reply;

    if (s == NULL) {
        return false;
    }
    out->packets = 0;
    out->conduct = tcp && (s->habits & LAB_NOTCP) != 0 ? CONDUCT_ICMP : CONDUCT_SILENT;
    out->delay_us = 10000;
    if (out->conduct == CONDUCT_ICMP) {
        return true;
    }
    lab_respond(l->lab, s, tcp, query, n, rng, out->packet[0].data, &reply);
    if (reply.fate == LAB_FATE_ANSWERED) {
        out->conduct = CONDUCT_ANSWER;
        out->delay_us += reply.delay_ms * UINT64_C(1000);
        out->packet[0].later_us = 0;
        out->packet[0].len = reply.len;
        out->packets = 1;
    }
    return true;
}

void lab_net_hints(const struct lab_net *l, struct delegation_builder *b)
{
    for (size_t i = 0; i < l->lab->servers; i++) {
        const struct lab_server *s = &l->lab->server[i];
        struct dname_buf ns;
        bool root = false;
        for (size_t z = 0; z < s->served; z++) {
            root = root || l->lab->zone[s->zone[z]].origin.labels == 0;
        }
        if (root && dname_scan(s->name, strlen(s->name), NULL, &ns) == DNS_OK) {
            int at = delegation_add_ns(b, dname_of(&ns));
            for (size_t k = 0; k < s->addresses; k++) {
                delegation_add_addr(b, at, &s->real[k]);
            }
        }
    }
}

bool lab_net_anchor(const struct lab_net *l, struct anchors *a)
{
    for (size_t i = 0; i < l->lab->zones; i++) {
        const struct rrset *set = zone_find(l->lab->zone[i].zone, dname_root(), DNS_TYPE_DNSKEY);
        if (set != NULL) {
            return anchors_add_rdata(a, dname_root(), DNS_TYPE_DNSKEY, rrset_first(set));
        }
    }
    return false;
}

/* ---- what to ask ---- */

static void add(struct lab_net *l, struct dname name, uint16_t type)
{
    if (l->questions == l->room) {
        l->room = l->room * 2 + 1024;
        l->question = realloc(l->question, l->room * sizeof *l->question);
        if (l->question == NULL) {
            exit(2);
        }
    }
    struct lab_question *q = &l->question[l->questions++];
    dname_lower(name, &q->name);
    q->type = type;
}

static void add_below(struct lab_net *l, const char *label, struct dname name, uint16_t type)
{
    struct dname_buf child;

    if (dname_prepend((const uint8_t *)label, (uint8_t)strlen(label), name, &child)) {
        add(l, dname_of(&child), type);
    }
}

/* Around a name, and each empty one above it. */
static void add_around(struct lab_net *l, struct dname name)
{
    add(l, name, DNS_TYPE_DS);
    add(l, name, DNS_TYPE_NULL);
    add_below(l, "no", name, DNS_TYPE_A);
    if (dname_is_wildcard(name)) {
        add_below(l, "any", dname_parent(name), DNS_TYPE_NULL);
        add_below(l, "any", dname_parent(name), DNS_TYPE_TXT);
        struct dname_buf child;
        if (dname_prepend((const uint8_t *)"a", 1, dname_parent(name), &child)) {
            add_below(l, "b", dname_of(&child), DNS_TYPE_A);
        }
    }
}

struct walk {
    struct lab_net *l;
    const struct zone *z;
    struct dname last;
};

static void see_set(void *arg, const struct rrset *set)
{
    struct walk *w = arg;
    struct dname name = rrset_owner(set);

    if (set->type == DNS_TYPE_NSEC3 || set->type == DNS_TYPE_RRSIG) {
        return; /* reached only as proofs */
    }
    add(w->l, name, set->type);
    if (w->last.wire != NULL && dname_equal(w->last, name)) {
        return;
    }
    for (unsigned labels = zone_origin(w->z).labels; labels < name.labels; labels++) {
        struct dname above = dname_suffix(name, labels);
        if (w->last.wire == NULL || !dname_under(w->last, above)) {
            add_around(w->l, above);
        }
    }
    add_around(w->l, name);
    w->last = name;
}

static int by_name(const void *a, const void *b)
{
    const struct lab_question *x = a, *y = b;
    int order = dname_compare(dname_of(&x->name), dname_of(&y->name));

    return order != 0 ? order : x->type - y->type;
}

const struct lab_question *lab_net_questions(struct lab_net *l, size_t *count)
{
    if (l->questions == 0) {
        for (size_t i = 0; i < l->lab->zones; i++) {
            struct walk w = {.l = l, .z = l->lab->zone[i].zone};
            zone_walk(w.z, see_set, &w);
        }
        qsort(l->question, l->questions, sizeof *l->question, by_name);
        size_t kept = 0;
        for (size_t i = 0; i < l->questions; i++) {
            if (kept == 0 || by_name(&l->question[kept - 1], &l->question[i]) != 0) {
                l->question[kept++] = l->question[i];
            }
        }
        l->questions = kept;
    }
    *count = l->questions;
    return l->question;
}
