/*
 * tcp_out.c - questions to name servers over TCP
 *
 * Handlers do not end exchanges from within, so only conn_failed() and conn_free() take a connection away, and their
 * callers do not touch it afterwards.
 */
#include "resolver/io/tcp_out.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/io/buffer.h"
#include "resolver/io/frame.h"
#include "resolver/io/sockaddr.h"

#define CHUNK 4096
#define READS 16 /* chunks read from one server before others have their turn: a whole message */

struct conn;

struct tcp_exchange {
    struct tcp_exchange *next; /* of its connection */
    struct conn *conn;
    struct exchange_id id;
    uint16_t message_id;
    bool opener; /* the connection was opened for it */
    bool moved;
    bool answered; /* a frame with its id came */
    uint16_t size; /* of frame */
    uint8_t frame[FRAME_HEADER + TCP_OUT_QUERY_MAX];
};

struct conn {
    struct poll_source source; /* first */
    struct tcp_out *out;
    struct conn *next, *prev;
    struct addr to;
    bool connected;
    bool leave; /* not for new questions */
    bool heard; /* something came since the last question was sent on it */
    unsigned under_way, unasked;
    uint64_t idle_us; /* since when; 0: not idle */
    struct tcp_exchange *exchanges;
    struct buffer unread, unsent;
};

struct tcp_out {
    struct loop *loop;
    struct upstream_handler handler;
    struct loop_timer *timer;
    struct conn *first;
    unsigned idle;
    struct tcp_out_counters count;
};

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

static void conn_free(struct conn *c)
{
    struct tcp_out *t = c->out;
    poller_close(loop_poller(t->loop), &c->source);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        t->first = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    t->idle -= c->idle_us != 0;
    bump(&t->count.open, (uint64_t)-1);
    buffer_clear(&c->unread);
    buffer_clear(&c->unsent);
    free(c);
}

static void detach(struct tcp_exchange *x)
{
    struct conn *c = x->conn;
    struct tcp_exchange **at = &c->exchanges;
    while (*at != x) {
        at = &(*at)->next;
    }
    *at = x->next;
    c->under_way--;
    x->conn = NULL;
}

static void attach(struct conn *c, struct tcp_exchange *x)
{
    x->conn = c;
    x->next = c->exchanges;
    c->exchanges = x;
    c->under_way++;
    c->heard = false;
    if (c->idle_us != 0) {
        c->idle_us = 0;
        c->out->idle--;
    }
}

static bool write_unsent(struct conn *c)
{
    while (c->connected && c->unsent.n > 0) {
        ssize_t n = send(c->source.fd, buffer_at(&c->unsent), c->unsent.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EINTR) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS) {
                return false;
            }
            break;
        }
        buffer_drop(&c->unsent, n > 0 ? (size_t)n : 0);
    }
    poller_change(loop_poller(c->out->loop), &c->source, EPOLLIN | (c->connected && c->unsent.n == 0 ? 0 : EPOLLOUT));
    return true;
}

static void on_ready(struct poll_source *s, uint32_t events);

/* A connection under way to `to`; NULL with errno. */
static struct conn *conn_new(struct tcp_out *t, const struct addr *to)
{
    union sockaddr_any sa;
    socklen_t len = sockaddr_from(to, &sa);
    struct conn *c = calloc(1, sizeof *c);
    int fd = c != NULL ? sockaddr_socket(to, SOCK_STREAM) : -1, one = 1;
    if (fd < 0) {
        free(c);
        return NULL;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if ((connect(fd, &sa.sa, len) != 0 && errno != EINPROGRESS) ||
        !poller_add(loop_poller(t->loop), &c->source, fd, EPOLLIN | EPOLLOUT)) {
        int why = errno;
        close(fd);
        free(c);
        errno = why;
        return NULL;
    }
    c->source.ready = on_ready;
    c->out = t;
    c->to = *to;
    c->next = t->first;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    t->first = c;
    bump(&t->count.connects, 1);
    bump(&t->count.open, 1);
    return c;
}

static bool takes(const struct conn *c, const struct addr *to, uint16_t message_id)
{
    if (c->leave || c->under_way >= TCP_OUT_PIPELINE_MAX || !addr_equal(&c->to, to)) {
        return false;
    }
    for (const struct tcp_exchange *x = c->exchanges; x != NULL; x = x->next) {
        if (x->message_id == message_id) { /* RFC 7766 section 6.2.1 */
            return false;
        }
    }
    return true;
}

/* Puts the exchange on a connection. fresh: not on one that was used before. */
static bool place(struct tcp_out *t, struct tcp_exchange *x, const struct addr *to, bool fresh)
{
    struct conn *c = fresh ? NULL : t->first;
    while (c != NULL && !takes(c, to, x->message_id)) {
        c = c->next;
    }
    x->opener = c == NULL;
    if (c == NULL) {
        c = conn_new(t, to);
        if (c == NULL) {
            return false;
        }
    } else {
        bump(&t->count.reused, 1);
    }
    if (!buffer_add(&c->unsent, x->frame, x->size)) {
        if (c->under_way == 0) {
            conn_free(c);
        }
        return false;
    }
    attach(c, x);
    if (!write_unsent(c)) { /* broken: its event will tell, as for all that is under way on it */
        buffer_clear(&c->unsent);
    }
    return true;
}

/* Whether a question that was sent on a connection now closed should try a fresh one. */
static bool deserves_move(const struct conn *c, const struct tcp_exchange *x)
{
    return !x->opener && !x->moved && !c->heard && c->connected;
}

/* The connection has ended: tell or move its exchanges, then free it. */
static void conn_failed(struct conn *c, enum unreachable why)
{
    struct tcp_out *t = c->out;
    struct addr to = c->to;
    c->leave = true;
    struct tcp_exchange *all = c->exchanges, *lost = NULL;
    for (struct tcp_exchange *x = all, *next; x != NULL; x = next) {
        next = x->next;
        detach(x);
        if (deserves_move(c, x) && place(t, x, &to, true)) {
            x->moved = true;
            bump(&t->count.moved, 1);
        } else {
            x->next = lost;
            lost = x;
        }
    }
    conn_free(c);
    for (; lost != NULL; lost = lost->next) {
        t->handler.unreachable(t->handler.arg, lost->id, why);
    }
}

static void hand_up(struct conn *c, const uint8_t *msg, size_t len)
{
    struct tcp_out *t = c->out;
    struct tcp_exchange *x = len >= 2 ? c->exchanges : NULL;
    while (x != NULL && x->message_id != (msg[0] << 8 | msg[1])) {
        x = x->next;
    }
    c->heard = true;
    if (x == NULL) {
        c->unasked++;
        bump(&t->count.unasked, 1);
        return;
    }
    x->answered = true;
    bump(&t->count.received, 1);
    t->handler.reply(t->handler.arg, x->id, msg, len, x->opener);
}

static void read_replies(struct conn *c)
{
    for (unsigned i = 0; i < READS; i++) {
        uint8_t *room = buffer_room(&c->unread, CHUNK);
        ssize_t n = room != NULL ? recv(c->source.fd, room, CHUNK, MSG_DONTWAIT) : 0;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            return;
        }
        if (n > 0) {
            const uint8_t *msg;
            size_t size, len;
            buffer_added(&c->unread, (size_t)n);
            while (c->unread.n > 0 && (size = frame_take(buffer_at(&c->unread), c->unread.n, &msg, &len)) > 0) {
                hand_up(c, msg, len);
                buffer_drop(&c->unread, size);
            }
        }
        if (n <= 0 || c->unasked > TCP_OUT_UNASKED_MAX) {
            conn_failed(c, UNREACHABLE_CLOSED);
            return;
        }
    }
}

static enum unreachable why_not(int error)
{
    switch (error) {
    case ENETUNREACH:
    case EACCES:
    case EPERM:
    case EADDRNOTAVAIL:
        return UNREACHABLE_LOCAL;
    default:
        return UNREACHABLE_ICMP;
    }
}

static void on_ready(struct poll_source *s, uint32_t events)
{
    struct conn *c = (struct conn *)s;
    loop_now(c->out->loop);
    if (!c->connected) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0) {
            conn_failed(c, why_not(error));
            return;
        }
        c->connected = (events & EPOLLOUT) != 0;
    }
    if (!write_unsent(c)) {
        conn_failed(c, UNREACHABLE_CLOSED);
        return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        read_replies(c);
    }
}

struct tcp_exchange *tcp_out_send(struct tcp_out *t, struct exchange_id id, const struct addr *to, const uint8_t *wire,
                                  size_t n)
{
    struct tcp_exchange *x = n >= 12 && n <= TCP_OUT_QUERY_MAX ? malloc(sizeof *x) : NULL;
    if (x == NULL) {
        bump(&t->count.failed, 1);
        return NULL;
    }
    *x = (struct tcp_exchange){
        .id = id, .message_id = (uint16_t)(wire[0] << 8 | wire[1]), .size = (uint16_t)(FRAME_HEADER + n)};
    frame_header(x->frame, n);
    memcpy(x->frame + FRAME_HEADER, wire, n);
    if (!place(t, x, to, false)) {
        free(x);
        bump(&t->count.failed, 1);
        return NULL;
    }
    bump(&t->count.sent, 1);
    return x;
}

/* The connection has nothing under way: keep it for a while. */
static void rest(struct conn *c)
{
    struct tcp_out *t = c->out;
    struct now now = loop_now(t->loop);
    struct conn *oldest = c;
    c->idle_us = now.mono_us;
    t->idle++;
    for (struct conn *o = t->first; o != NULL; o = o->next) {
        if (o->idle_us != 0 && o->idle_us < oldest->idle_us) {
            oldest = o;
        }
    }
    if (t->idle > TCP_OUT_IDLE_MAX) {
        conn_free(oldest);
    }
    if (t->idle == 1) {
        loop_timer_set(t->timer, now.mono_us + TCP_OUT_IDLE_US);
    }
}

void tcp_out_end(struct tcp_out *t, struct tcp_exchange *x)
{
    struct conn *c = x->conn;
    (void)t;
    if (c != NULL) {
        detach(x);
        c->leave = c->leave || !x->answered; /* given up without a word: slow, or dripping */
        if (c->under_way == 0 && (c->leave || c->unsent.n > 0)) {
            conn_free(c);
        } else if (c->under_way == 0) {
            rest(c);
        }
    }
    free(x);
}

static void on_timer(void *arg, struct now now)
{
    struct tcp_out *t = arg;
    uint64_t next_us = UINT64_MAX;
    for (struct conn *c = t->first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->idle_us == 0) {
            continue;
        }
        if (now.mono_us - c->idle_us >= TCP_OUT_IDLE_US) {
            conn_free(c);
        } else if (c->idle_us + TCP_OUT_IDLE_US < next_us) {
            next_us = c->idle_us + TCP_OUT_IDLE_US;
        }
    }
    loop_timer_set(t->timer, next_us);
}

struct tcp_out *tcp_out_new(struct loop *loop, const struct upstream_handler *handler)
{
    struct tcp_out *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->loop = loop;
    t->handler = *handler;
    t->timer = loop_timer_new(loop, on_timer, t);
    if (t->timer == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

void tcp_out_free(struct tcp_out *t)
{
    if (t == NULL) {
        return;
    }
    while (t->first != NULL) {
        struct conn *c = t->first;     /* conn_free takes it out of the list, detach an exchange out of its own */
        while (c->exchanges != NULL) { /* NOLINT(clang-analyzer-unix.Malloc): so this is another one */
            struct tcp_exchange *x = c->exchanges;
            detach(x); /* NOLINT(clang-analyzer-unix.Malloc): and so is this */
            free(x);
        }
        conn_free(c);
    }
    loop_timer_free(t->timer);
    free(t);
}

const struct tcp_out_counters *tcp_out_counters(const struct tcp_out *t)
{
    return &t->count;
}
