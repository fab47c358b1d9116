/*
 * cares_bench.c - what it would cost to let c-ares ask the authoritative servers
 *
 * An iterator asks a different server for nearly every question, each from a fresh random port. This program measures what
 * c-ares offers for that: source ports of questions under way together, time and memory of a channel, and what happens
 * when the server list is changed while a question is open. The README quotes its output.
 */
#include <ares.h>
#include <arpa/inet.h>
#include <malloc.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUESTIONS 5
#define CHANNELS 200

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void answered(void *arg, int status, int timeouts, unsigned char *data, int n)
{
    (void)arg, (void)status, (void)timeouts, (void)data, (void)n;
}

static ares_channel open_channel(void)
{
    struct ares_options options = {.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH, .timeout = 300, .tries = 1};
    ares_channel channel;
    if (ares_init_options(&channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) {
        exit(1);
    }
    return channel;
}

static void source_ports(int server, uint16_t port)
{
    char csv[40];
    snprintf(csv, sizeof csv, "127.0.0.1:%u", port);
    ares_channel channel = open_channel();
    ares_set_servers_ports_csv(channel, csv);
    for (int i = 0; i < QUESTIONS; i++) {
        char name[32];
        snprintf(name, sizeof name, "q%d.example.com", i);
        ares_query(channel, name, 1, 1, answered, NULL);
    }
    uint16_t seen[QUESTIONS];
    int distinct = 0;
    for (int i = 0; i < QUESTIONS; i++) {
        char data[512];
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        if (recvfrom(server, data, sizeof data, 0, (struct sockaddr *)&from, &len) < 0) {
            break;
        }
        int known = 0;
        for (int k = 0; k < distinct; k++) {
            known |= seen[k] == from.sin_port;
        }
        if (!known) {
            seen[distinct++] = from.sin_port;
        }
    }
    printf("source ports of %d questions under way together: %d\n", QUESTIONS, distinct);
    int changed = ares_set_servers_ports_csv(channel, "127.0.0.2:53");
    printf("changing the server list with questions open: %s\n", ares_strerror(changed));
    ares_destroy(channel);
}

int main(void)
{
    printf("c-ares %s\n", ares_version(NULL));
    ares_library_init(ARES_LIB_INIT_ALL);
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    if (server < 0 || bind(server, (struct sockaddr *)&addr, len) != 0 ||
        getsockname(server, (struct sockaddr *)&addr, &len) != 0) {
        perror("socket");
        return 1;
    }
    struct timeval patience = {.tv_sec = 1};
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    source_ports(server, ntohs(addr.sin_port));

    static ares_channel channels[CHANNELS];
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    double start = seconds();
    for (int i = 0; i < CHANNELS; i++) {
        channels[i] = open_channel();
    }
    double took = seconds() - start;
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    printf("a channel (one needed for each open question): %.0f us, %zu bytes\n", took / CHANNELS * 1e6,
           (after - before) / CHANNELS);
    for (int i = 0; i < CHANNELS; i++) {
        ares_destroy(channels[i]);
    }
    ares_library_cleanup();
    close(server);
    return 0;
}
