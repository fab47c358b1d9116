/*
 * engine_bench.c - how many resolutions an engine makes in a second, and what one costs in memory
 *
 *     engine_bench [N]      N names, each asked once: one question to a server that is known, one answer, one CPU
 *
 * The host is as small as can be: answers are made by patching the question, and come at once, or all together while
 * 2,000 jobs wait.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/build.h"
#include "dns/types.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/limits.h"

#define WAITING_MAX 2000

struct waiting {
    struct exchange_id id;
    size_t len;
    uint8_t wire[512];
};

struct bench {
    struct engine *engine;
    struct cache *cache;
    struct now now;
    struct waiting waiting[WAITING_MAX];
    unsigned count;
    unsigned long answers;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t make_answer(const struct waiting *w, uint8_t *out)
{
    static const uint8_t record[16] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 7};
    struct dns_msg q;

    if (dns_query_parse(w->wire, w->len, &q) != DNS_OK) {
        exit(1);
    }
    size_t question = DNS_HEADER_SIZE + q.qname.len + 4u;
    memcpy(out, w->wire, question);
    out[2] = 0x84; /* QR AA */
    out[7] = 1;
    memcpy(out + question, record, sizeof record);
    memcpy(out + question + sizeof record, w->wire + question, w->len - question); /* the OPT */
    return w->len + sizeof record;
}

static void pull(struct bench *b)
{
    struct action a;

    while (engine_pull(b->engine, &a)) {
        if (a.kind == ACT_SEND && b->count < WAITING_MAX) {
            struct waiting *w = &b->waiting[b->count++];
            w->id = a.exchange;
            w->len = a.len;
            memcpy(w->wire, a.wire, a.len);
        }
        b->answers += a.kind == ACT_ANSWER && a.rcode == DNS_RCODE_NOERROR;
    }
}

static void answer_all(struct bench *b)
{
    uint8_t out[1024];

    b->now.mono_us += 1000;
    for (unsigned i = 0; i < b->count; i++) {
        struct event ev = {.kind = EV_REPLY, .exchange = b->waiting[i].id};
        ev.reply.data = out;
        ev.reply.len = make_answer(&b->waiting[i], out);
        engine_push(b->engine, &ev, b->now);
        unsigned count = b->count;
        pull(b);
        b->count = count;
    }
    b->count = 0;
    cache_quiescent();
}

static void ask(struct bench *b, unsigned long n)
{
    struct request request = {
        .flags = DNS_FLAG_RD, .qtype = DNS_TYPE_A, .qclass = DNS_CLASS_IN, .limit = 1232, .edns = true};
    struct event ev = {.kind = EV_QUERY};
    char name[64];

    int len = snprintf(name, sizeof name, "n%lu.", n);
    dname_scan(name, (size_t)len, NULL, &request.qname);
    ev.query.request = &request;
    ev.query.client.id = n + 1;
    engine_push(b->engine, &ev, b->now);
    pull(b);
}

static void run(struct bench *b, unsigned long from, unsigned long n, unsigned together)
{
    b->answers = 0;
    double begin = seconds();
    for (unsigned long i = 0; i < n; i++) {
        ask(b, from + i);
        if ((i + 1) % together == 0) {
            answer_all(b);
        }
    }
    answer_all(b);
    double took = seconds() - begin;
    printf("%5u at a time: %lu resolutions, %.0f a second, %.2f us each\n", together, b->answers, (double)n / took,
           took * 1e6 / (double)n);
}

int main(int argc, char **argv)
{
    static struct bench b;
    static struct delegation_builder hints;
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    struct cache_config config = {.size_bytes = 256 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER};
    struct rng_seeded rng;
    struct arena arena;
    struct dname_buf ns;
    const uint8_t ip[4] = {192, 0, 2, 1};
    struct addr a = addr_ip4(ip, 0);

    arena_init(&arena, NULL, 0, 1 << 20);
    rng_seeded_init(&rng, 1);
    delegation_begin(&hints, dname_root(), DELEGATION_PRIMED, 86400);
    dname_scan("ns.", 3, NULL, &ns);
    delegation_add_addr(&hints, delegation_add_ns(&hints, dname_of(&ns)), &a);
    struct engine_settings set = {.case_randomisation = true,
                                  .ipv4 = true,
                                  .port = 53,
                                  .edns_size = 1232,
                                  .answer_udp_max = 1232,
                                  .max_ttl_s = 86400,
                                  .root_hints = delegation_pack(&hints, &arena)};
    b.now.mono_us = 1000000;
    cache_thread_begin();
    b.cache = cache_new(&config);
    b.engine = engine_new(&set, b.cache, &rng.rng);
    cache_put_delegation(b.cache, set.root_hints, &origin, b.now);
    run(&b, 0, n, 1);
    run(&b, n, n, 100);
    run(&b, 2 * n, n, WAITING_MAX);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (unsigned i = 0; i < WAITING_MAX; i++) {
        ask(&b, 3 * n + i);
    }
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    printf("a job that waits: %zu bytes (of a pool of reused ones less)\n", (after - before) / WAITING_MAX);
    engine_free(b.engine);
    cache_free(b.cache);
    cache_thread_end();
    arena_release(&arena);
    return 0;
}
