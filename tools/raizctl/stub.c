/*
 * stub.c - questions to one server, as a client asks them, through c-ares
 *
 * Written for the interface of c-ares 1.18 and newer: ares_send() with a message of our own, sockets watched with
 * poll().
 */
#include "tools/raizctl/stub.h"

#include <ares.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "dns/build.h"
#include "resolver/io/clock.h"

#define EDNS_SIZE 1232
#define TRIES     3

static uint16_t random_id(void)
{
    uint16_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        id = (uint16_t)clock_mono_us();
    }
    return id;
}

/* The query; 0: too long a name cannot happen, so never. */
static size_t compose(const struct stub_question *q, uint16_t id, uint8_t wire[static DNS_UDP_PLAIN])
{
    struct build b;
    struct edns_out opt = {.dnssec_ok = q->dnssec_ok, .udp_size = EDNS_SIZE, .ede = DNS_EDE_NONE};
    build_init(&b, wire, DNS_UDP_PLAIN, id, q->recurse ? DNS_FLAG_RD | DNS_FLAG_AD : 0, 64);
    build_question(&b, q->qname, q->qtype, DNS_CLASS_IN);
    return build_finish(&b, &opt);
}

/* What runs over one channel. */
struct running {
    size_t left; /* without an answer */
    uint64_t begun_us;
};

struct waiting {
    struct running *all;
    struct stub_answer *answer;
};

static void on_answer(void *arg, int status, int timeouts, unsigned char *wire, int len)
{
    (void)timeouts;
    struct waiting *w = arg;
    w->all->left--;
    w->answer->took_us = clock_mono_us() - w->all->begun_us;
    /* -Wanalyzer-malloc-leak: the answer holds it */
    if (status == ARES_SUCCESS && wire != NULL && len > 0 && (w->answer->wire = malloc((size_t)len)) != NULL) {
        memcpy(w->answer->wire, wire, (size_t)len);
        w->answer->len = (size_t)len;
        return;
    }
    w->answer->error = status == ARES_SUCCESS ? "out of memory" : ares_strerror(status);
    w->answer->timed_out = status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED;
}

/* Lets c-ares read and write until it has called back for all. */
static void run(ares_channel channel, const struct running *all)
{
    while (all->left > 0) {
        ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
        struct pollfd fds[ARES_GETSOCK_MAXNUM];
        struct timeval most = {.tv_sec = 1}, buf;
        unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
        nfds_t n = 0;
        for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
            /* As ARES_GETSOCK_READABLE and _WRITABLE, which shift a signed 1 too far. */
            bool in = (bits >> i & 1) != 0, out = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1) != 0;
            if (in || out) {
                fds[n++] =
                    (struct pollfd){.fd = sockets[i], .events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0))};
            }
        }
        const struct timeval *left = ares_timeout(channel, &most, &buf);
        poll(fds, n, (int)(left->tv_sec * 1000 + left->tv_usec / 1000 + 1));
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timers */
        for (nfds_t i = 0; i < n && all->left > 0; i++) {
            ares_process_fd(channel, (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? fds[i].fd : ARES_SOCKET_BAD,
                            (fds[i].revents & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
        }
    }
}

static int open_channel(const struct stub_question *q, ares_channel *channel)
{
    char server[ADDR_TEXT_MAX];
    /* NOCHECKRESP: SERVFAIL and REFUSED are answers too. EDNS: an answer may be as large as our OPT says. */
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS |
                 ARES_FLAG_STAYOPEN | (q->tcp ? ARES_FLAG_USEVC : 0),
        .timeout = (int)(q->timeout_ms / (2 * TRIES)), /* c-ares waits twice as long for each try */
        .tries = TRIES,
        .ednspsz = EDNS_SIZE,
    };
    int status =
        ares_init_options(channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ);
    if (status == ARES_SUCCESS) {
        addr_print(&q->server, server);
        status = ares_set_servers_ports_csv(*channel, server);
        if (status != ARES_SUCCESS) {
            ares_destroy(*channel);
        }
    }
    return status;
}

void stub_ask_all(const struct stub_question *q, struct stub_answer *out, size_t n)
{
    ares_channel channel;
    struct running all = {.left = n};
    struct waiting waiting[STUB_AT_ONCE_MAX];
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct stub_answer){.len = 0};
        waiting[i] = (struct waiting){.all = &all, .answer = &out[i]};
    }
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status == ARES_SUCCESS) {
        status = open_channel(q, &channel);
    }
    if (status != ARES_SUCCESS) {
        for (size_t i = 0; i < n; i++) {
            out[i].error = ares_strerror(status);
        }
        return;
    }
    all.begun_us = clock_mono_us();
    uint16_t id = random_id(); /* the others' follow: no two questions of a channel share one */
    for (size_t i = 0; i < n; i++) {
        uint8_t wire[DNS_UDP_PLAIN];
        size_t len = compose(&q[i], (uint16_t)(id + i), wire);
        ares_send(channel, wire, (int)len, on_answer, &waiting[i]);
    }
    run(channel, &all);
    ares_destroy(channel);
    ares_library_cleanup();
}

void stub_ask(const struct stub_question *q, struct stub_answer *out)
{
    stub_ask_all(q, out, 1);
}
