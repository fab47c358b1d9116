/*
 * udp_out.c - questions to name servers over UDP
 */
#include "resolver/io/udp_out.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/io/sockaddr.h"

#define SPARE_MAX  1024 /* ended exchanges kept for the next ones */
#define SEND_TRIES 5    /* X32 */

struct udp_exchange {
    struct poll_source source; /* first */
    struct udp_out *out;
    struct udp_exchange *next, *prev; /* open ones, or spare ones by next */
    struct exchange_id id;
    struct addr to;
};

struct udp_out {
    struct loop *loop;
    const struct ports *ports;
    struct rng *rng;
    struct upstream_handler handler;
    struct udp_exchange *open, *spare;
    unsigned spares;
    struct udp_out_counters count;
    uint8_t datagram[65536];
};

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

/* RFC 5452 section 9.2: an unpredictable port from as many as there are. */
static bool bind_random(struct udp_out *u, int fd, const struct addr *to)
{
    struct addr any = {.family = to->family};
    union sockaddr_any sa;
    for (unsigned i = 0; i < UDP_OUT_PORT_TRIES; i++) {
        any.port = ports_pick(u->ports, u->rng);
        if (any.port == 0) {
            break;
        }
        socklen_t len = sockaddr_from(&any, &sa);
        if (bind(fd, &sa.sa, len) == 0) {
            return true;
        }
        if (errno != EADDRINUSE && errno != EACCES) { /* EACCES: ip_unprivileged_port_start was raised */
            return false;
        }
        bump(&u->count.port_retries, 1);
    }
    bump(&u->count.port_by_kernel, 1);
    any.port = 0;
    socklen_t len = sockaddr_from(&any, &sa);
    return bind(fd, &sa.sa, len) == 0;
}

static bool send_all(int fd, const uint8_t *wire, size_t n)
{
    for (unsigned i = 0; i < SEND_TRIES; i++) {
        if (send(fd, wire, n, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            return true;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            return true; /* as good as lost on the way: the engine's time runs */
        }
        if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* A socket on a fresh port, connected to the server; -1 with errno. */
static int open_socket(struct udp_out *u, const struct addr *to)
{
    union sockaddr_any sa;
    socklen_t len = sockaddr_from(to, &sa);
    int fd = sockaddr_socket(to, SOCK_DGRAM);
    if (fd < 0) {
        return -1;
    }
    sockaddr_no_pmtu(fd, to);
    if (!bind_random(u, fd, to) || connect(fd, &sa.sa, len) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* One datagram a turn: it is nearly always the only one, and a flood waits its turn. */
static void on_ready(struct poll_source *s, uint32_t events)
{
    struct udp_exchange *x = (struct udp_exchange *)s;
    struct udp_out *u = x->out;
    union sockaddr_any sa;
    struct addr from;
    socklen_t len = sizeof sa;
    (void)events; /* an error is read like a datagram */
    loop_now(u->loop);
    ssize_t n = recvfrom(s->fd, u->datagram, sizeof u->datagram, MSG_DONTWAIT, &sa.sa, &len);
    if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            u->handler.unreachable(u->handler.arg, x->id, UNREACHABLE_ICMP);
        }
        return;
    }
    /* What arrived between bind() and connect() may be from anybody (T8). */
    if (!sockaddr_to(&sa, &from) || !addr_equal(&from, &x->to)) {
        bump(&u->count.strangers, 1);
        return;
    }
    bump(&u->count.received, 1);
    u->handler.reply(u->handler.arg, x->id, u->datagram, (size_t)n, false);
}

static struct udp_exchange *take_spare(struct udp_out *u)
{
    struct udp_exchange *x = u->spare;
    if (x == NULL) {
        return malloc(sizeof *x);
    }
    u->spare = x->next;
    u->spares--;
    return x;
}

static void give_spare(struct udp_out *u, struct udp_exchange *x)
{
    if (u->spares >= SPARE_MAX) {
        free(x);
        return;
    }
    x->next = u->spare;
    u->spare = x;
    u->spares++;
}

struct udp_exchange *udp_out_send(struct udp_out *u, struct exchange_id id, const struct addr *to, const uint8_t *wire,
                                  size_t n)
{
    struct udp_exchange *x = take_spare(u);
    int fd = x != NULL ? open_socket(u, to) : -1;
    if (fd < 0) {
        bump(&u->count.failed, 1);
        if (x != NULL) {
            give_spare(u, x);
        }
        return NULL;
    }
    *x = (struct udp_exchange){.source.ready = on_ready, .out = u, .next = u->open, .id = id, .to = *to};
    if (!send_all(fd, wire, n) || !poller_add(loop_poller(u->loop), &x->source, fd, EPOLLIN)) {
        int why = errno;
        close(fd);
        give_spare(u, x);
        bump(&u->count.failed, 1);
        errno = why;
        return NULL;
    }
    if (x->next != NULL) {
        x->next->prev = x;
    }
    u->open = x;
    bump(&u->count.sent, 1);
    bump(&u->count.open, 1);
    return x;
}

void udp_out_end(struct udp_out *u, struct udp_exchange *x)
{
    poller_close(loop_poller(u->loop), &x->source);
    if (x->prev != NULL) {
        x->prev->next = x->next;
    } else {
        u->open = x->next;
    }
    if (x->next != NULL) {
        x->next->prev = x->prev;
    }
    bump(&u->count.open, (uint64_t)-1);
    give_spare(u, x);
}

struct udp_out *udp_out_new(struct loop *loop, const struct ports *ports, struct rng *rng,
                            const struct upstream_handler *handler)
{
    struct udp_out *u = calloc(1, sizeof *u);
    if (u != NULL) {
        u->loop = loop;
        u->ports = ports;
        u->rng = rng;
        u->handler = *handler;
    }
    return u;
}

void udp_out_trim(struct udp_out *u)
{
    while (u->spare != NULL) {
        free(take_spare(u));
    }
}

void udp_out_free(struct udp_out *u)
{
    if (u == NULL) {
        return;
    }
    while (u->open != NULL) {
        udp_out_end(u, u->open);
    }
    udp_out_trim(u);
    free(u);
}

const struct udp_out_counters *udp_out_counters(const struct udp_out *u)
{
    return &u->count;
}
