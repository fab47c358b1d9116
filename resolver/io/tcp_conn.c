/*
 * tcp_conn.c - one client's TCP connection
 *
 * After each event settle() puts the connection right: frames that had to wait are taken if there is room again, the
 * socket is watched for exactly what can be handled, and a connection with nothing left to do is closed. No function
 * here touches a connection after it may have been closed.
 */
#include "resolver/io/tcp_conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 5 /* after EINTR (X32) */

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

/* Nothing more is taken from this client for now (L27): what is being gathered has its share of the limit. */
static bool is_full(const struct tcp_conn *c)
{
    return c->under_way == TCP_IN_QUERIES_MAX || c->unsent.n + c->in->ready >= TCP_IN_OUTPUT_MAX - TCP_SEND_AT;
}

/* Octets the socket took; -1: the connection is broken. */
static ssize_t try_send(int fd, const uint8_t *data, size_t n)
{
    for (unsigned i = 0; i < TRIES; i++) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            return sent;
        }
        if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
        }
    }
    return 0;
}

static bool put_out(struct tcp_conn *c, const uint8_t *data, size_t n, struct now now)
{
    ssize_t sent = c->unsent.n == 0 ? try_send(c->source.fd, data, n) : 0;
    if (sent < 0 || c->unsent.n + n > TCP_IN_OUTPUT_END) {
        return false;
    }
    if ((size_t)sent == n) {
        return true;
    }
    if (c->stalled_us == 0) {
        c->stalled_us = now.mono_us;
    }
    return buffer_add(&c->unsent, data + sent, n - (size_t)sent);
}

/* The answers gathered for this connection. */
static bool send_ready(struct tcp_conn *c, struct now now)
{
    size_t n = c->in->ready;
    c->in->ready = 0;
    return n == 0 || put_out(c, c->in->answers, n, now);
}

static bool take_query(struct tcp_conn *c, const uint8_t *msg, size_t len, struct now now)
{
    struct tcp_in *t = c->in;
    struct client client = {.kind = CLIENT_TCP,
                            .listener = c->listener,
                            .worker = t->worker,
                            .slot = c->slot,
                            .generation = c->generation,
                            .peer = c->peer};
    uint8_t *room = t->answers + t->ready;
    size_t n;

    struct wire_query q = {.data = msg, .n = len};
    switch (t->handler.query(t->handler.arg, &client, &q, now, room + FRAME_HEADER, &n)) {
    case CLIENT_ANSWER:
        frame_header(room, n);
        t->ready += FRAME_HEADER + n;
        c->heard_us = now.mono_us;
        return t->ready < TCP_SEND_AT || send_ready(c, now);
    case CLIENT_PENDING:
        c->query[c->under_way++] = (struct tcp_query){.id = client.id, .owner = client.owner};
        c->heard_us = now.mono_us;
        return true;
    case CLIENT_DROP: /* what is no query is ignored, and does not count against silence */
        return true;
    }
    return true;
}

/* Takes the whole frames of data; *used octets. False: the connection is broken. */
static bool take_frames(struct tcp_conn *c, const uint8_t *data, size_t n, size_t *used, struct now now)
{
    const uint8_t *msg;
    size_t size, len;

    *used = 0;
    while (!is_full(c) && (size = frame_take(data + *used, n - *used, &msg, &len)) > 0) {
        *used += size;
        if (!take_query(c, msg, len, now)) {
            return false;
        }
    }
    return true;
}

/* What is left of an unfinished frame has `from_us` for its beginning, if a frame was finished before it. */
static void note_frame(struct tcp_conn *c, bool finished, struct now now)
{
    if (c->unread.n == 0 || is_full(c)) { /* when full it is us who let the frame wait */
        c->frame_us = 0;
    } else if (finished || c->frame_us == 0) {
        c->frame_us = now.mono_us;
    }
}

/* Frames that waited in `unread`. */
static bool take_unread(struct tcp_conn *c, struct now now)
{
    size_t used = 0;
    if (c->unread.n > 0 && !is_full(c)) {
        if (!take_frames(c, buffer_at(&c->unread), c->unread.n, &used, now)) {
            return false;
        }
        buffer_drop(&c->unread, used);
    }
    note_frame(c, used > 0, now);
    return send_ready(c, now);
}

/* One chunk. False: broken; *more: the socket may have more. */
static bool read_chunk(struct tcp_conn *c, bool *more, struct now now)
{
    bool direct = c->unread.n == 0;
    uint8_t *room = direct ? c->in->chunk : buffer_room(&c->unread, TCP_CHUNK);
    size_t used;

    *more = false;
    if (room == NULL) {
        return false;
    }
    ssize_t got = recv(c->source.fd, room, TCP_CHUNK, MSG_DONTWAIT);
    if (got < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    if (got == 0) {
        c->shut = true;
        return true;
    }
    *more = got == TCP_CHUNK;
    if (!direct) {
        buffer_added(&c->unread, (size_t)got);
        return take_unread(c, now);
    }
    if (!take_frames(c, room, (size_t)got, &used, now) || !buffer_add(&c->unread, room + used, (size_t)got - used)) {
        return false;
    }
    note_frame(c, true, now);
    return send_ready(c, now);
}

static bool write_more(struct tcp_conn *c, struct now now)
{
    ssize_t sent = try_send(c->source.fd, buffer_at(&c->unsent), c->unsent.n);
    if (sent > 0) {
        buffer_drop(&c->unsent, (size_t)sent);
        c->heard_us = now.mono_us;
        c->stalled_us = c->unsent.n > 0 ? now.mono_us : 0;
    }
    return sent >= 0;
}

/* A frame that comes octet by octet wakes us when it is whole: not for each of them (T109). */
static void expect(struct tcp_conn *c)
{
    size_t missing = 1;
    if (c->unread.n > 0 && !is_full(c)) {
        missing = frame_missing(buffer_at(&c->unread), c->unread.n);
        missing = missing < TCP_CHUNK ? missing : TCP_CHUNK;
    }
    int lowat = (int)missing;
    if (lowat != c->lowat && setsockopt(c->source.fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof lowat) == 0) {
        c->lowat = lowat;
    }
}

static void settle(struct tcp_conn *c, struct now now)
{
    if (!take_unread(c, now)) {
        tcp_conn_close(c);
        return;
    }
    if (c->shut && c->under_way == 0 && c->unsent.n == 0) { /* T114: nothing stays in CLOSE_WAIT */
        tcp_conn_close(c);
        return;
    }
    expect(c);
    poller_change(loop_poller(c->in->loop), &c->source,
                  (c->shut || is_full(c) ? 0 : EPOLLIN) | (c->unsent.n > 0 ? EPOLLOUT : 0));
}

static void on_ready(struct poll_source *s, uint32_t events)
{
    struct tcp_conn *c = (struct tcp_conn *)s;
    struct now now = loop_now(c->in->loop);
    bool ok = (events & (EPOLLERR | EPOLLHUP)) == 0; /* reset by the client: nobody is left to answer */
    bool more = true;

    if (ok && (events & EPOLLOUT) != 0 && c->unsent.n > 0) {
        ok = write_more(c, now);
    }
    if ((events & EPOLLIN) != 0) {
        for (unsigned i = 0; ok && more && i < TCP_READS && !c->shut && !is_full(c); i++) {
            ok = read_chunk(c, &more, now);
        }
    }
    if (!ok) {
        tcp_conn_close(c);
        return;
    }
    settle(c, now);
}

bool tcp_conn_open(struct tcp_in *t, int fd, const struct addr *peer, uint16_t listener, struct now now)
{
    struct tcp_conn *c = t->spares > 0 ? calloc(1, sizeof *c) : NULL;
    if (c == NULL || !poller_add(loop_poller(t->loop), &c->source, fd, EPOLLIN)) {
        free(c);
        close(fd);
        return false;
    }
    c->source.ready = on_ready;
    c->in = t;
    c->slot = t->spare[--t->spares];
    c->generation = t->generation[c->slot];
    t->slot[c->slot] = c;
    c->listener = listener;
    c->peer = *peer;
    c->lowat = 1;
    c->heard_us = now.mono_us;
    c->next = t->first;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    t->first = c;
    bump(&t->count.accepted, 1);
    bump(&t->count.open, 1);
    return true;
}

void tcp_conn_close(struct tcp_conn *c)
{
    struct tcp_in *t = c->in;
    poller_close(loop_poller(t->loop), &c->source);
    t->ready = 0;
    t->slot[c->slot] = NULL;
    t->generation[c->slot]++;
    t->spare[t->spares++] = c->slot;
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        t->first = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    quota_leave(t->quota, &c->peer);
    bump(&t->count.open, (uint64_t)-1);
    for (unsigned i = 0; i < c->under_way; i++) {
        t->handler.gone(t->handler.arg, &c->peer, c->query[i].id, c->query[i].owner);
    }
    buffer_clear(&c->unread);
    buffer_clear(&c->unsent);
    free(c);
}

void tcp_conn_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

void tcp_conn_answer(struct tcp_conn *c, uint64_t id, const uint8_t *wire, size_t n, struct now now)
{
    struct tcp_in *t = c->in;
    unsigned i = 0;
    while (i < c->under_way && c->query[i].id != id) {
        i++;
    }
    if (i == c->under_way) {
        return;
    }
    c->query[i] = c->query[--c->under_way];
    if (wire != NULL) {
        frame_header(t->answers, n);
        memcpy(t->answers + FRAME_HEADER, wire, n);
        t->ready = FRAME_HEADER + n;
        c->heard_us = now.mono_us;
        if (!send_ready(c, now)) {
            tcp_conn_close(c);
            return;
        }
    } else {
        c->shut = true; /* a query that gets no answer: rather than wait in vain the client connects and asks again */
    }
    settle(c, now);
}

bool tcp_conn_expired(const struct tcp_conn *c, struct now now, uint64_t idle_us)
{
    if (c->unsent.n > 0) {
        return now.mono_us - c->stalled_us >= TCP_IN_STALL_US;
    }
    if (c->frame_us != 0 && now.mono_us - c->frame_us >= TCP_IN_FRAME_US) {
        return true;
    }
    /* A frame under way gets its time, but frames that are no queries do not add up to a stay. */
    return c->under_way == 0 && now.mono_us - c->heard_us >= idle_us + (c->frame_us != 0 ? TCP_IN_FRAME_US : 0);
}
