/*
 * memory.c - a scenario played again and again, another allocation failing each time (X15)
 */
#include "memory.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "play.h"

#define LATER_US (7200 * US_PER_S) /* nothing is remembered of a failure so long */

/* What a client was told when all went well. */
struct word_of {
    uint16_t rcode;
    size_t len;
    uint8_t *wire;
};

struct usual {
    struct word_of *client;
    size_t clients;
    struct word_of after; /* of the question asked once more at the end */
};

static struct word_of keep(const struct client *c)
{
    struct word_of w = {.rcode = c->rcode, .len = c->len};

    if (c->len > 0) {
        w.wire = malloc(c->len);
        if (w.wire == NULL) {
            exit(2);
        }
        memcpy(w.wire, c->wire, c->len);
    }
    return w;
}

static bool same_record(const struct dns_msg *a, unsigned i, const struct dns_msg *b, unsigned k)
{
    static uint8_t x[65535], y[65535];
    struct writer wx = writer_of(x, sizeof x), wy = writer_of(y, sizeof y);
    struct dname_buf owner;

    return a->rr[i].type == b->rr[k].type && dns_msg_owner_is(b, k, dns_msg_owner(a, i, &owner)) &&
           dns_msg_rdata(a, i, &wx) == DNS_OK && dns_msg_rdata(b, k, &wy) == DNS_OK &&
           rdata_equal(a->rr[i].type, x, (uint16_t)wx.pos, y, (uint16_t)wy.pos);
}

/* Every record of the one answer is in the other. */
static bool within(const struct dns_msg *a, const struct dns_msg *b)
{
    for (unsigned i = dns_msg_begin(a, DNS_ANSWER); i < dns_msg_end(a, DNS_ANSWER); i++) {
        bool found = false;
        for (unsigned k = dns_msg_begin(b, DNS_ANSWER); k < dns_msg_end(b, DNS_ANSWER) && !found; k++) {
            found = same_record(a, i, b, k);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool same_answer(struct sim *s, const struct word_of *w, const struct client *c)
{
    struct dns_msg a, b;

    arena_clear(&s->check_arena);
    return w->rcode == c->rcode && dns_msg_parse(w->wire, w->len, &s->check_arena, &a) == DNS_OK &&
           dns_msg_parse(c->wire, c->len, &s->check_arena, &b) == DNS_OK && within(&a, &b) && within(&b, &a);
}

/* The last question once more, when memory is there. Returns the client's number. */
static size_t ask_again(struct sim *s)
{
    const struct client *last = &s->clients[s->client_count - 1];
    struct dname_buf name = last->name;
    struct sim_query q = {.name = dname_of(&name), .type = last->type, .tcp = true};

    alloc_fail_at(0);
    sim_run_until(s, s->now.mono_us + LATER_US, SIZE_MAX);
    size_t client = sim_ask(s, &q);
    sim_run_until(s, s->now.mono_us + 2 * SIM_CLIENT_LIMIT_US, client);
    if (!sim_run_idle(s) || s->clients[client].answers != 1) {
        fprintf(stderr, "no answer when memory is there again\n");
        exit(1);
    }
    return client;
}

static void play_once(const struct script *script, struct play *p)
{
    p->lenient = p->again = true;
    play_script(script, p);
}

static void learn_usual(const struct script *script, struct play *p, struct usual *u)
{
    alloc_survey(true);
    play_once(script, p);
    alloc_survey(false);
    u->clients = p->sim.client_count;
    u->client = calloc(u->clients + 1, sizeof *u->client);
    if (u->client == NULL) {
        exit(2);
    }
    for (size_t i = 0; i < u->clients; i++) {
        u->client[i] = keep(&p->sim.clients[i]);
    }
    if (u->clients > 0) {
        u->after = keep(&p->sim.clients[ask_again(&p->sim)]);
    }
    sim_release(&p->sim);
}

static void compare(const char *path, unsigned long n, struct play *p, const struct usual *u)
{
    struct sim *s = &p->sim;

    for (size_t i = 0; i < s->client_count && i < u->clients; i++) {
        const struct client *c = &s->clients[i];
        if (c->gone || c->drops > 0 || c->rcode == DNS_RCODE_SERVFAIL || u->client[i].rcode == DNS_RCODE_SERVFAIL) {
            continue;
        }
        if (u->client[i].wire == NULL || !same_answer(s, &u->client[i], c)) {
            fprintf(stderr, "%s: allocation %lu: client %zu is told otherwise, rcode %u for %u\n", path, n, i + 1,
                    c->rcode, u->client[i].rcode);
            exit(1);
        }
    }
    if (u->clients > 0) {
        size_t again = ask_again(s);
        if (!same_answer(s, &u->after, &s->clients[again])) {
            fprintf(stderr, "%s: allocation %lu: another answer afterwards, rcode %u for %u\n", path, n,
                    s->clients[again].rcode, u->after.rcode);
            exit(1);
        }
    }
}

/* Octets that were not there before. What the cache gives up is freed by liburcu's thread, a little later. */
static size_t left_over(size_t before)
{
    for (unsigned i = 0; i < 500; i++) {
        size_t now = alloc_live();
        if (now <= before + ALLOC_SLACK) {
            return 0;
        }
        poll(NULL, 0, 1);
    }
    return alloc_live() - before;
}

static void free_usual(struct usual *u)
{
    for (size_t i = 0; i < u->clients; i++) {
        free(u->client[i].wire);
    }
    free(u->client);
    free(u->after.wire);
}

void memory_play(const char *path)
{
    static struct play p;
    struct script script;
    struct usual usual = {0};
    unsigned long n = 0, kinds = 0;

    if (!alloc_can_fail()) {
        printf("%s: skipped, the sanitizer's allocator does not fail\n", path);
        return;
    }
    script_load(path, &script);
    learn_usual(&script, &p, &usual);
    while ((n = alloc_next_kind(n)) != 0) {
        size_t before = alloc_live();
        alloc_fail_at(n);
        play_once(&script, &p);
        compare(path, n, &p, &usual);
        sim_release(&p.sim);
        cache_quiescent();
        size_t left = kinds++ > 0 ? left_over(before) : 0; /* what is made but once was made by the first */
        if (left > 0) {
            fprintf(stderr, "%s: allocation %lu: %zu octets are left over\n", path, n, left);
            exit(1);
        }
    }
    printf("%s: %lu kinds of %lu allocations\n", path, kinds, alloc_surveyed());
    free_usual(&usual);
    script_free(&script);
}
