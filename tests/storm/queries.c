/*
 * queries.c - mutated queries over UDP and TCP, as fast as the resolver answers
 *
 * A good query after each batch of datagrams tells that the resolver lives and has read the batch; so nothing is sent
 * into full buffers, and a hang shows at once. Over TCP frames go out without waiting; connections that do not take
 * more, or have ended, are replaced.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/storm/storm.h"

#define BATCH       96 /* a receive buffer of the usual size holds more than twice as many */
#define FRAMES      16 /* over TCP for each batch */
#define CONNECTIONS 8
#define SYNC_ID     0xbeef

struct client {
    const struct query_options *o;
    struct counts *counts;
    struct chance chance;
    int udp, tcp[CONNECTIONS];
    struct message m;
    uint64_t sent;
};

static void make(struct client *c)
{
    if (c->o->fixed.n > 0) {
        c->m.n = 0;
        put_bytes(&c->m, c->o->fixed.data, c->o->fixed.n);
        return;
    }
    seed_query(&c->m, c->o->zone, &c->chance);
    if (!chance_one_in(&c->chance, 10)) {
        mutate(&c->m, chance_one_in(&c->chance, 4) ? 12 : 2, &c->chance);
    }
    if (c->m.n >= 2 && get_u16(c->m.data) == SYNC_ID) {
        c->m.data[0] = 0;
    }
}

/* A good query, and its answer; the answers to the others are thrown away. */
static bool synchronise(struct client *c)
{
    uint64_t until = now_us() + c->o->patience_ms * 1000ul;
    uint8_t data[65536];

    message_begin(&c->m, SYNC_ID, FLAG_RD);
    message_question(&c->m, c->o->zone, TYPE_A);
    send(c->udp, c->m.data, c->m.n, 0);
    while (now_us() < until) {
        struct pollfd p = {.fd = c->udp, .events = POLLIN};
        poll(&p, 1, 10);
        ssize_t n;
        while ((n = recv(c->udp, data, sizeof data, MSG_DONTWAIT)) >= 0 || errno == ECONNREFUSED) {
            if (n >= 12 && get_u16(data) == SYNC_ID && (data[3] & 0xf) == 0) {
                return true;
            }
            if (n < 0) {
                return false; /* nobody is there any more */
            }
        }
    }
    return false;
}

static void disconnect(struct client *c, unsigned i)
{
    struct linger reset = {.l_onoff = 1};

    if (chance_one_in(&c->chance, 2)) {
        setsockopt(c->tcp[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(c->tcp[i]);
    c->tcp[i] = -1;
}

static bool connected(struct client *c, unsigned i)
{
    int on = 1;

    if (c->tcp[i] >= 0) {
        return true;
    }
    c->tcp[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->tcp[i] < 0 || connect(c->tcp[i], (const struct sockaddr *)&c->o->server, sizeof c->o->server) != 0) {
        return false;
    }
    setsockopt(c->tcp[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    count_add(&c->counts->connections, 1);
    return true;
}

/* What came back, thrown away. False: the connection has ended. */
static bool drain(int fd)
{
    uint8_t data[65536];
    ssize_t n;

    while ((n = recv(fd, data, sizeof data, MSG_DONTWAIT)) > 0) {
    }
    return n < 0 && errno == EAGAIN;
}

static void send_frame(struct client *c)
{
    unsigned i = chance_below(&c->chance, CONNECTIONS);
    uint8_t frame[2 + MESSAGE_MAX];

    if (c->tcp[i] >= 0 && (!drain(c->tcp[i]) || chance_one_in(&c->chance, 100))) {
        disconnect(c, i);
    }
    if (!connected(c, i)) {
        return;
    }
    make(c);
    size_t n = c->m.n;
    unsigned lie = chance_one_in(&c->chance, 20) ? chance_below(&c->chance, 65536) : (unsigned)n;
    frame[0] = (uint8_t)(lie >> 8);
    frame[1] = (uint8_t)lie;
    memcpy(frame + 2, c->m.data, n);
    size_t cut = chance_one_in(&c->chance, 20) ? chance_below(&c->chance, (unsigned)n + 2) : n + 2;
    if (send(c->tcp[i], frame, cut, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)cut) {
        disconnect(c, i);
    }
    c->sent++;
    count_add(&c->counts->queries_tcp, 1);
}

static void send_batch(struct client *c)
{
    for (unsigned i = 0; i < BATCH; i++) {
        make(c);
        if (send(c->udp, c->m.data, c->m.n < 65000 ? c->m.n : 65000, 0) >= 0) {
            c->sent++;
            count_add(&c->counts->queries_udp, 1);
        }
    }
    for (unsigned i = 0; i < FRAMES && c->o->fixed.n == 0; i++) {
        send_frame(c);
    }
}

int send_queries(const struct query_options *o, struct counts *counts)
{
    struct client *c = calloc(1, sizeof *c);
    unsigned silences = 0;

    if (c == NULL) {
        return 1;
    }
    c->o = o;
    c->counts = counts;
    c->chance.state = o->seed;
    c->udp = udp_socket(&o->server, false, NULL);
    memset(c->tcp, -1, sizeof c->tcp);
    while (c->udp >= 0 && c->sent < o->packets && !counts->stop && silences < 5) {
        send_batch(c);
        if (synchronise(c)) {
            silences = 0;
        } else {
            silences++;
            count_add(&counts->unanswered, 1);
        }
    }
    int code = c->udp < 0 || silences == 5;
    free(c);
    return code;
}
