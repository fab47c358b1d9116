/*
 * udp_in.c - queries over UDP
 */
#include "resolver/io/udp_in.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/io/clock.h"
#include "resolver/io/sockaddr.h"

#define LOOK_MAX   64
#define APART      64 /* a line of the processor's cache: rooms pages apart would all want the same few places */
#define SEND_TRIES 5  /* after EINTR and the like (X32) */

/* Room for one IP_PKTINFO or IPV6_PKTINFO, aligned as struct cmsghdr. */
union control {
    size_t align;
    uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct batch {
    struct mmsghdr msg[UDP_IN_BATCH];
    struct iovec iov[UDP_IN_BATCH];
    union sockaddr_any peer[UDP_IN_BATCH];
    union control control[UDP_IN_BATCH];
    unsigned n;
};

struct udp_in;

struct udp_listener {
    struct udp_in *owner;
    struct loop_watch *watch;
    struct listener at;
    uint16_t index;
};

struct udp_in {
    struct loop *loop;
    struct udp_in_handler handler;
    uint16_t worker;
    struct udp_in_counters count;
    struct udp_listener *listeners[LISTEN_SLOTS_MAX]; /* NULL: nothing is read there */
    size_t slots;                                     /* none behind these is used */
    uint64_t looked_us, flushed_us;                   /* when udp_in_look() last did */
    int out_fd;                                       /* where the answers in `out` go; -1 while it is empty */
    struct batch in, out;
    struct wire_query query[UDP_IN_BATCH];
    size_t answers; /* octets of answer_room that are taken: one behind the other, on as few pages as may be */
    uint8_t query_room[UDP_IN_BATCH][UDP_IN_QUERY_MAX + APART];
    uint8_t answer_room[UDP_IN_BATCH * UDP_IN_ANSWER_MAX];
};
static_assert(UDP_IN_ANSWER_MAX % APART == 0, "all answers have room, however long they are");

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

/* Where the datagram arrived, from its control data. */
static void read_local(struct msghdr *m, struct addr *local)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local->family = ADDR_IP4;
            memcpy(local->ip, &info.ipi_spec_dst, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local->family = ADDR_IP6;
            memcpy(local->ip, &info.ipi6_addr, 16);
            local->scope = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
        }
    }
}

/* Let the answer leave from there. The route decides on the interface, but for link-local addresses, which need one. */
static void write_local(struct msghdr *m, union control *room, const struct addr *local)
{
    if (local->family == ADDR_NONE) {
        m->msg_control = NULL;
        m->msg_controllen = 0;
        return;
    }
    memset(room, 0, sizeof *room);
    m->msg_control = room;
    m->msg_controllen = sizeof *room;
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    if (local->family == ADDR_IP4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->ip, 4);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        m->msg_controllen = CMSG_SPACE(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_ifindex = local->scope};
        memcpy(&info.ipi6_addr, local->ip, 16);
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        m->msg_controllen = CMSG_SPACE(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    }
}

void udp_in_flush(struct udp_in *u)
{
    struct batch *b = &u->out;
    unsigned done = 0, tries = 0;

    while (done < b->n) {
        int sent = sendmmsg(u->out_fd, b->msg + done, b->n - done, MSG_NOSIGNAL);
        if (sent > 0) {
            done += (unsigned)sent;
            bump(&u->count.sent, (uint64_t)sent);
            tries = 0;
        } else if (errno == EINTR && ++tries < SEND_TRIES) {
            continue;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
            bump(&u->count.unsent, b->n - done); /* full: those behind would fare no better */
            break;
        } else {
            bump(&u->count.unsent, 1); /* this client's own trouble: no route, forbidden ... */
            done++;
            tries = 0;
        }
    }
    b->n = 0;
    u->answers = 0;
    u->out_fd = -1;
}

/* The room of the next answer that goes out by fd. */
static uint8_t *next_answer(struct udp_in *u, int fd)
{
    if (u->out.n == UDP_IN_BATCH || (u->out.n > 0 && u->out_fd != fd)) {
        udp_in_flush(u);
    }
    return u->answer_room + u->answers;
}

static void queue_answer(struct udp_in *u, int fd, size_t n, const struct addr *local)
{
    struct batch *b = &u->out;
    unsigned i = b->n++;
    u->out_fd = fd;
    b->iov[i] = (struct iovec){.iov_base = u->answer_room + u->answers, .iov_len = n};
    u->answers += (n + APART - 1) / APART * APART;
    write_local(&b->msg[i].msg_hdr, &b->control[i], local);
}

/* True: it was answered at once. */
static bool take_query(struct udp_in *u, const struct udp_listener *l, unsigned i, struct now now)
{
    struct msghdr *m = &u->in.msg[i].msg_hdr;
    struct client client = {.kind = CLIENT_UDP, .listener = l->index, .worker = u->worker};
    size_t n;

    if (!sockaddr_to(&u->in.peer[i], &client.peer) || client.peer.port == 0) {
        bump(&u->count.bad_source, 1); /* T28: port 0 cannot be answered, so nobody honest sends from it */
        return false;
    }
    if (l->at.wildcard) {
        read_local(m, &client.local);
    }
    uint8_t *room = next_answer(u, l->at.udp);
    if (u->handler.query(u->handler.arg, &client, &u->query[i], now, room, &n) != CLIENT_ANSWER) {
        return false;
    }
    u->out.peer[u->out.n] = u->in.peer[i];
    u->out.msg[u->out.n].msg_hdr.msg_namelen = m->msg_namelen;
    queue_answer(u, l->at.udp, n, &client.local);
    return true;
}

static void look_at_batch(struct udp_in *u)
{
    for (unsigned i = 0; i < u->in.n; i++) {
        u->query[i].data = u->query_room[i];
        u->query[i].n = u->in.msg[i].msg_len;
        u->query[i].hash = 0;
    }
    if (u->in.n > 1) {
        u->handler.expect(u->handler.arg, u->query, u->in.n);
    }
}

/* What was answered at once leaves at once. True: there may be more. */
static bool serve(struct udp_in *u, const struct udp_listener *l, unsigned rounds)
{
    struct batch *b = &u->in;
    struct now now = loop_now(u->loop);

    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < b->n; i++) { /* the kernel has shortened what the last batch used */
            b->msg[i].msg_hdr.msg_namelen = sizeof b->peer[i];
            b->msg[i].msg_hdr.msg_controllen = sizeof b->control[i];
        }
        int got = recvmmsg(l->at.udp, b->msg, UDP_IN_BATCH, MSG_DONTWAIT, NULL);
        b->n = got > 0 ? (unsigned)got : 0;
        bump(&u->count.received, b->n);
        look_at_batch(u);
        bool answered = false;
        for (unsigned i = 0; i < b->n; i++) {
            answered |= take_query(u, l, i, now);
        }
        if (answered) {
            udp_in_flush(u);
        }
        if (b->n < UDP_IN_BATCH) { /* an error, too: level-triggered, so what is left shows again */
            return false;
        }
    }
    return true;
}

static void on_readable(void *arg, int fd)
{
    struct udp_listener *l = arg;
    (void)fd; /* l->at.udp */
    if (serve(l->owner, l, UDP_IN_ROUNDS)) {
        bump(&l->owner->count.piles, 1);
    }
}

/* Which sockets have something is asked for many at once. */
static void look_at_many(struct udp_in *u)
{
    struct pollfd asked[LOOK_MAX];
    const struct udp_listener *of[LOOK_MAX];
    size_t slot = 0;
    while (slot < u->slots) {
        size_t n = 0;
        for (; slot < u->slots && n < LOOK_MAX; slot++) {
            if (u->listeners[slot] != NULL) {
                of[n] = u->listeners[slot];
                asked[n++] = (struct pollfd){.fd = u->listeners[slot]->at.udp, .events = POLLIN};
            }
        }
        int ready = poll(asked, (nfds_t)n, 0);
        for (size_t i = 0; i < n && ready > 0; i++) {
            if (asked[i].revents != 0) {
                serve(u, of[i], 1);
            }
        }
    }
}

void udp_in_look(struct udp_in *u, unsigned after_us)
{
    uint64_t now_us = clock_mono_us();
    if (now_us - u->looked_us < after_us) {
        return;
    }
    if (u->slots == 1 && u->listeners[0] != NULL) {
        serve(u, u->listeners[0], 1);
    } else {
        look_at_many(u);
    }
    if (u->out.n == 0) {
        u->flushed_us = now_us;
    } else if (now_us - u->flushed_us >= UDP_IN_GATHER_US) {
        udp_in_flush(u);
        u->flushed_us = now_us;
    }
    u->looked_us = clock_mono_us();
}

void udp_in_answer(struct udp_in *u, const struct client *client, const uint8_t *wire, size_t n)
{
    const struct udp_listener *l = client->listener < LISTEN_SLOTS_MAX ? u->listeners[client->listener] : NULL;
    if (l == NULL || n > UDP_IN_ANSWER_MAX) {
        bump(&u->count.unsent, 1);
        return;
    }
    int fd = l->at.udp;
    memcpy(next_answer(u, fd), wire, n);
    unsigned i = u->out.n;
    u->out.msg[i].msg_hdr.msg_namelen = sockaddr_from(&client->peer, &u->out.peer[i]);
    queue_answer(u, fd, n, &client->local);
}

static void init_batches(struct udp_in *u)
{
    for (unsigned i = 0; i < UDP_IN_BATCH; i++) {
        u->in.iov[i] = (struct iovec){.iov_base = u->query_room[i], .iov_len = UDP_IN_QUERY_MAX};
        u->in.msg[i].msg_hdr = (struct msghdr){.msg_name = &u->in.peer[i],
                                               .msg_namelen = sizeof u->in.peer[i],
                                               .msg_iov = &u->in.iov[i],
                                               .msg_iovlen = 1,
                                               .msg_control = &u->in.control[i],
                                               .msg_controllen = sizeof u->in.control[i]};
        u->out.msg[i].msg_hdr =
            (struct msghdr){.msg_name = &u->out.peer[i], .msg_iov = &u->out.iov[i], .msg_iovlen = 1};
    }
    u->in.n = UDP_IN_BATCH;
    u->out_fd = -1;
}

struct udp_in *udp_in_new(struct loop *loop, const struct listener *listeners, size_t n, uint16_t worker,
                          const struct udp_in_handler *handler)
{
    struct udp_in *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return NULL;
    }
    u->loop = loop;
    u->handler = *handler;
    u->worker = worker;
    init_batches(u);
    if (!udp_in_listen(u, listeners, n)) {
        udp_in_free(u);
        return NULL;
    }
    return u;
}

static void close_slot(struct udp_in *u, size_t slot)
{
    if (u->listeners[slot] != NULL) {
        loop_watch_free(u->listeners[slot]->watch);
        free(u->listeners[slot]);
        u->listeners[slot] = NULL;
    }
}

static bool open_slot(struct udp_in *u, size_t slot, const struct listener *at)
{
    struct udp_listener *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return false;
    }
    *l = (struct udp_listener){.owner = u, .at = *at, .index = (uint16_t)slot};
    l->watch = loop_watch_new(u->loop, at->udp, on_readable, l);
    if (l->watch == NULL) {
        free(l);
        return false;
    }
    u->listeners[slot] = l;
    return true;
}

bool udp_in_listen(struct udp_in *u, const struct listener *listeners, size_t n)
{
    bool ok = true;
    udp_in_flush(u); /* the socket of those that wait may be closed as soon as we have said that we do not read it */
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        int want = i < n ? listeners[i].udp : -1, have = u->listeners[i] != NULL ? u->listeners[i]->at.udp : -1;
        if (want != have) {
            close_slot(u, i);
            ok &= want < 0 || open_slot(u, i, &listeners[i]);
        }
    }
    u->slots = 0;
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        u->slots = u->listeners[i] != NULL ? i + 1 : u->slots;
    }
    return ok;
}

void udp_in_free(struct udp_in *u)
{
    if (u == NULL) {
        return;
    }
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        close_slot(u, i);
    }
    free(u);
}

const struct udp_in_counters *udp_in_counters(const struct udp_in *u)
{
    return &u->count;
}
