/*
 * reply_bench.c - what judging one reply costs, for honest replies and for the worst of 64 KiB
 *
 * Parse, classify and scrub of one message, in microseconds. The hostile ones come as close to the limits as the shapes
 * allow: as many records as fit, owners that differ in their last label only, chains whose links stand at the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/build.h"
#include "dns/limits.h"
#include "resolver/engine/scrub.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct dname name(const char *text, struct dname_buf *buf)
{
    if (dname_scan(text, strlen(text), NULL, buf) != DNS_OK) {
        exit(1);
    }
    return dname_of(buf);
}

struct reply {
    struct build b;
    uint8_t wire[DNS_MSG_MAX];
};

static void begin(struct reply *r, const struct ask *ask, uint16_t flags)
{
    build_init(&r->b, r->wire, sizeof r->wire, ask->id, DNS_FLAG_QR | flags, 0);
    build_question(&r->b, dname_of(&ask->qname), ask->qtype, DNS_CLASS_IN);
}

static bool add_name(struct reply *r, enum dns_section s, const char *owner, uint16_t type, const char *target)
{
    struct dname_buf o, t;
    struct dname to = name(target, &t);
    return build_rr(&r->b, s, name(owner, &o), type, DNS_CLASS_IN, 300, to.wire, to.len);
}

static bool add_addr(struct reply *r, enum dns_section s, const char *owner)
{
    static const uint8_t ip[4] = {192, 0, 2, 1};
    struct dname_buf o;
    return build_rr(&r->b, s, name(owner, &o), DNS_TYPE_A, DNS_CLASS_IN, 300, ip, sizeof ip);
}

static void measure(const char *what, struct reply *r, const struct ask *ask, unsigned rounds)
{
    size_t n = build_finish(&r->b, NULL);
    enum reply_kind kind = REPLY_BROKEN;
    struct arena arena;
    struct scrubbed out = {0};
    unsigned records = 0;
    arena_init(&arena, NULL, 0, 4u << 20);
    double from = seconds();
    for (unsigned i = 0; i < rounds; i++) {
        struct dns_msg m;
        arena_clear(&arena);
        if (dns_msg_parse(r->wire, n, &arena, &m) != DNS_OK) {
            printf("%s: not parsed\n", what);
            exit(1);
        }
        records = dns_msg_end(&m, DNS_ADDITIONAL);
        kind = classify(&m, ask, ASKED_AUTHORITY);
        (void)scrub(&m, ask, kind, ASKED_AUTHORITY, &arena, &out);
    }
    double took = seconds() - from;
    printf("%-44s %6zu octets %5u records  %9.2f us  (%s, %u kept, %u dropped)\n", what, n, records,
           took / rounds * 1e6, reply_kind_text(kind), out.chain_count, out.dropped);
    arena_release(&arena);
}

static struct ask question(const char *qname, const char *zone, uint16_t qtype, bool tcp)
{
    struct ask a = {.qtype = qtype, .id = 1, .edns_size = 1232, .tcp = tcp};
    struct dname_buf z;
    name(qname, &a.qname);
    a.zone_labels = name(zone, &z).labels;
    return a;
}

/* A name of 120 labels and `tail` in front of it: as slow to compare as names get. */
static void long_name(char *out, size_t cap, unsigned number)
{
    size_t n = (size_t)snprintf(out, cap, "n%u.", number);
    for (unsigned i = 0; i < 110; i++) {
        n += (size_t)snprintf(out + n, cap - n, "a.");
    }
    snprintf(out + n, cap - n, "example.com.");
}

static void honest(struct reply *r)
{
    struct ask a = question("www.example.com.", "example.com.", DNS_TYPE_A, false);
    begin(r, &a, DNS_FLAG_AA);
    add_addr(r, DNS_ANSWER, "www.example.com.");
    add_name(r, DNS_AUTHORITY, "example.com.", DNS_TYPE_NS, "ns1.example.com.");
    add_addr(r, DNS_ADDITIONAL, "ns1.example.com.");
    measure("answer with NS and glue", r, &a, 200000);

    a = question("www.example.com.", "com.", DNS_TYPE_A, false);
    begin(r, &a, 0);
    for (unsigned i = 0; i < 13; i++) {
        char ns[64];
        snprintf(ns, sizeof ns, "%c.gtld-servers.com.", 'a' + (int)i);
        add_name(r, DNS_AUTHORITY, "example.com.", DNS_TYPE_NS, ns);
    }
    for (unsigned i = 0; i < 13; i++) {
        char ns[64];
        snprintf(ns, sizeof ns, "%c.gtld-servers.com.", 'a' + (int)i);
        add_addr(r, DNS_ADDITIONAL, ns);
    }
    measure("referral to 13 servers with glue", r, &a, 100000);
}

static void many_answers(struct reply *r)
{
    struct ask a = question("www.example.com.", "example.com.", DNS_TYPE_A, true);
    char owner[DNAME_TEXT_MAX];
    begin(r, &a, DNS_FLAG_AA);
    for (unsigned i = 0; i < 11; i++) {
        char target[64];
        snprintf(owner, sizeof owner, i == 0 ? "www.example.com." : "c%u.example.com.", i);
        snprintf(target, sizeof target, "c%u.example.com.", i + 1);
        add_name(r, DNS_ANSWER, owner, DNS_TYPE_CNAME, target);
    }
    while (add_addr(r, DNS_ANSWER, "c1x.example.com.")) {
    }
    measure("chain of 11, then addresses never asked for", r, &a, 200);

    long_name(owner, sizeof owner, 0);
    a = question(owner, "example.com.", DNS_TYPE_A, true);
    begin(r, &a, DNS_FLAG_AA);
    for (unsigned i = 1;; i++) {
        long_name(owner, sizeof owner, i % 60);
        if (!add_name(r, DNS_ANSWER, owner, DNS_TYPE_DNAME, "example.net.")) {
            break;
        }
    }
    measure("DNAMEs of 112 labels", r, &a, 200);
}

static void many_servers(struct reply *r)
{
    struct ask a = question("www.example.com.", "com.", DNS_TYPE_A, true);
    char ns[DNAME_TEXT_MAX];
    begin(r, &a, 0);
    for (unsigned i = 0; i < 13; i++) {
        long_name(ns, sizeof ns, i);
        add_name(r, DNS_AUTHORITY, "example.com.", DNS_TYPE_NS, ns);
    }
    for (unsigned i = 0;; i++) {
        long_name(ns, sizeof ns, i % 14 == 13 ? 99 : i % 14);
        if (!add_addr(r, DNS_ADDITIONAL, ns)) {
            break;
        }
    }
    measure("13 servers of 112 labels, glue without end", r, &a, 200);

    begin(r, &a, 0);
    for (unsigned i = 0;; i++) {
        snprintf(ns, sizeof ns, "n%u.example.com.", i);
        if (!add_name(r, DNS_AUTHORITY, "example.com.", DNS_TYPE_NS, ns)) {
            break;
        }
    }
    measure("servers without end", r, &a, 200);
}

static void many_types(struct reply *r)
{
    struct ask a = question("www.example.com.", "example.com.", DNS_TYPE_ANY, true);
    struct dname_buf o;
    struct dname owner = name("www.example.com.", &o);
    static const uint8_t rdata[1] = {0};
    begin(r, &a, DNS_FLAG_AA);
    for (unsigned i = 0; build_rr(&r->b, DNS_ANSWER, owner, (uint16_t)(1000 + i % 25), DNS_CLASS_IN, 300, rdata, 1);
         i++) {
    }
    measure("ANY, 25 types, each without end", r, &a, 200);
    begin(r, &a, DNS_FLAG_AA);
    for (unsigned i = 0; build_rr(&r->b, DNS_ANSWER, owner, (uint16_t)(1000 + i), DNS_CLASS_IN, 300, rdata, 1); i++) {
    }
    measure("ANY, types without end", r, &a, 200);
}

int main(void)
{
    static struct reply r;
    honest(&r);
    many_answers(&r);
    many_servers(&r);
    many_types(&r);
    return 0;
}
