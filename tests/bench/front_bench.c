/*
 * front_bench.c - what a cache hit costs between socket and socket
 *
 * Fills a cache with names, then sends prepared queries through front_query(). Time per hit is printed; instructions
 * per hit come from callgrind:
 *
 *     valgrind --tool=callgrind --toggle-collect=front_query build/tests/front_bench 20000
 *     (total of the function divided by the number of rounds given)
 */
#include <time.h>

#include "tests/unit/front/support.h"

#define NAMES 1000

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    static const struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
    static uint8_t wire[NAMES][512];
    static size_t len[NAMES];
    static uint8_t out[4096];
    static struct request request;
    static struct desk d;
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 5000000;
    struct addr client;

    desk_begin(&d, "access: {allow: [\"127.0.0.0/8\", \"10.0.0.0/8\", \"::1/128\"]}\n");
    addr_scan("127.0.0.1", 4000, &client);
    for (unsigned i = 0; i < NAMES; i++) {
        char name[64], ip[32];
        snprintf(name, sizeof name, "www.zone%u.example.com.", i);
        snprintf(ip, sizeof ip, "192.0.%u.%u", i / 250, i % 250);
        desk_learn(&d, name, DNS_TYPE_A, 3600, ip);
        struct query q = {name, DNS_TYPE_A, DNS_CLASS_IN, DNS_FLAG_RD, &opt};
        len[i] = query_wire(&q, wire[i]);
    }
    size_t octets = 0;
    double from = seconds();
    for (long i = 0; i < rounds; i++) {
        size_t n = 0;
        unsigned k = (unsigned)(i % NAMES);
        if (front_query(&d.front, &client, false, wire[k], len[k], noon, &request, out, &n) != FRONT_ANSWER) {
            return 1;
        }
        octets += n;
    }
    double took = seconds() - from;
    printf("%ld hits of %zu octets on average, %.1f ns each\n", rounds, octets / (size_t)rounds,
           took / (double)rounds * 1e9);
    desk_end(&d);
    return 0;
}
