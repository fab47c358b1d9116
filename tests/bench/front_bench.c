/*
 * front_bench.c - what a cache hit costs between socket and socket
 *
 * Fills a cache with names, then sends prepared queries through front_expect() and front_query(), in batches as a
 * worker gets them, in an order that no processor can guess. Processor time per hit is printed; instructions per hit
 * come from callgrind:
 *
 *     valgrind --tool=callgrind --toggle-collect=front_query --toggle-collect=front_expect build/tests/front_bench
 * 20000 (total of the functions divided by the number of rounds given)
 *
 *     front_bench [rounds [names [batch]]]     batch 1: each by itself, nothing is looked at before its turn
 */
#include <time.h>

#include "tests/unit/front/support.h"

#define BATCH_MAX 32
#define WIRE_MAX  96
#define CACHE_MAX ((size_t)256 << 20)
#define NAMES_MAX 1000000

struct bench {
    struct desk desk;
    unsigned names;
    uint8_t (*wire)[WIRE_MAX];
    size_t *len;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fill(struct bench *b)
{
    static const struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
    for (unsigned i = 0; i < b->names; i++) {
        char name[64], ip[32];
        uint8_t wire[512];
        snprintf(name, sizeof name, "www.zone%u.example.com.", i);
        snprintf(ip, sizeof ip, "192.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        desk_learn(&b->desk, name, DNS_TYPE_A, 3600, ip);
        arena_clear(&b->desk.arena);
        struct query q = {name, DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, &opt};
        b->len[i] = query_wire(&q, wire);
        assert_true(b->len[i] <= WIRE_MAX);
        memcpy(b->wire[i], wire, b->len[i]);
    }
}

/* The octets of the answers; 0: something was not answered. */
static size_t ask(struct bench *b, const struct addr *client, const unsigned *which, unsigned n)
{
    static uint8_t query[BATCH_MAX][WIRE_MAX], out[BATCH_MAX][512];
    static struct request request;
    struct wire_query batch[BATCH_MAX];
    size_t octets = 0;
    for (unsigned i = 0; i < n; i++) { /* the kernel's part: they have just been written */
        memcpy(query[i], b->wire[which[i]], b->len[which[i]]);
        batch[i] = (struct wire_query){.data = query[i], .n = b->len[which[i]]};
    }
    if (n > 1) {
        front_expect(&b->desk.front, batch, n);
    }
    for (unsigned i = 0; i < n; i++) {
        size_t len = 0;
        if (front_query(&b->desk.front, client, false, &batch[i], noon, &request, out[i], &len) != FRONT_ANSWER) {
            return 0;
        }
        octets += len;
    }
    return octets;
}

int main(int argc, char **argv)
{
    static struct bench b;
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 5000000;
    long names = argc > 2 ? strtol(argv[2], NULL, 10) : 1000, batch = argc > 3 ? strtol(argv[3], NULL, 10) : 16;
    struct addr client;

    if (rounds < 1 || names < 1 || names > NAMES_MAX || batch < 1 || batch > BATCH_MAX) {
        return 2;
    }
    b.names = (unsigned)names;
    b.wire = calloc(b.names, sizeof *b.wire);
    b.len = calloc(b.names, sizeof *b.len);
    if (b.wire == NULL || b.len == NULL) {
        return 1;
    }
    desk_begin_sized(&b.desk, "access: {allow: [\"127.0.0.0/8\", \"10.0.0.0/8\", \"::1/128\"]}\n", CACHE_MAX);
    addr_scan("127.0.0.1", 4000, &client);
    fill(&b);
    size_t octets = 0;
    uint32_t random = 1;
    double from = seconds();
    for (long done = 0; done < rounds; done += batch) {
        unsigned which[BATCH_MAX];
        for (unsigned i = 0; i < (unsigned)batch; i++) {
            random = random * 1664525 + 1013904223;
            which[i] = (unsigned)((uint64_t)random * b.names >> 32);
        }
        size_t got = ask(&b, &client, which, (unsigned)(rounds - done < batch ? rounds - done : batch));
        if (got == 0) {
            return 1;
        }
        octets += got;
    }
    double took = seconds() - from;
    printf("%ld hits of %zu octets on average, %.1f ns each\n", rounds, octets / (size_t)rounds,
           took / (double)rounds * 1e9);
    desk_end(&b.desk);
    free(b.wire);
    free(b.len);
    return 0;
}
