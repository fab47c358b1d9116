/*
 * tcp_in.c - queries over TCP: accepting connections, and ending those that have outlived their time
 */
#include "resolver/io/tcp_in.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/io/sockaddr.h"
#include "resolver/io/tcp_conn.h"

#define ACCEPTS         64   /* connections taken before others have their turn */
#define USER_TIMEOUT_MS 5000 /* unacknowledged data, or a closed window, for so long: the client is gone (RFC 5482) */

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void pause_all(struct tcp_in *t, bool pause)
{
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        if (t->listeners[i] != NULL) {
            loop_watch_pause(t->listeners[i]->watch, pause);
        }
    }
}

/* Accepting again and again while descriptors are short would only burn time (X17). */
static void pause_accept(struct tcp_in *t)
{
    bump(&t->count.accept_paused, 1);
    pause_all(t, true);
    loop_timer_set(t->pause, loop_now(t->loop).mono_us + TCP_IN_PAUSE_US);
}

static void on_resume(void *arg, struct now now)
{
    struct tcp_in *t = arg;
    (void)now;
    if (t->reserve_fd < 0) {
        t->reserve_fd = open_reserve();
    }
    pause_all(t, false);
}

static void refuse_with_reserve(struct tcp_in *t, int listen_fd)
{
    if (t->reserve_fd >= 0) {
        close(t->reserve_fd);
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            tcp_conn_reset(fd);
            bump(&t->count.refused, 1);
        }
        t->reserve_fd = open_reserve();
    }
}

/* The connection that has been silent longest and waits for nothing; one that drips a frame comes after all idle ones.
 */
static struct tcp_conn *most_silent(const struct tcp_in *t)
{
    struct tcp_conn *best = NULL;
    for (struct tcp_conn *c = t->first; c != NULL; c = c->next) {
        if (c->under_way > 0 || c->unsent.n > 0) {
            continue;
        }
        if (best == NULL || (c->frame_us != 0) < (best->frame_us != 0) ||
            ((c->frame_us != 0) == (best->frame_us != 0) && c->heard_us < best->heard_us)) {
            best = c;
        }
    }
    return best;
}

static bool admit(struct tcp_in *t, const struct addr *peer)
{
    enum quota_result r = quota_enter(t->quota, peer);
    if (r == QUOTA_FULL) {
        struct tcp_conn *c = most_silent(t);
        if (c != NULL) {
            tcp_conn_close(c);
            bump(&t->count.displaced, 1);
            r = quota_enter(t->quota, peer);
        }
    }
    return r == QUOTA_OK;
}

static void set(int fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

static void take_connection(const struct tcp_listener *l, int fd, const union sockaddr_any *sa)
{
    struct tcp_in *t = l->in;
    struct now now = loop_now(t->loop);
    struct addr peer;
    if (!sockaddr_to(sa, &peer) || !admit(t, &peer)) {
        tcp_conn_reset(fd); /* T112: no TIME_WAIT, no lingering state of ours */
        bump(&t->count.refused, 1);
        return;
    }
    set(fd, TCP_NODELAY, 1);
    set(fd, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
    if (!tcp_conn_open(t, fd, &peer, l->index, now)) {
        quota_leave(t->quota, &peer);
        return;
    }
    if (t->first->next == NULL) { /* the first one: deadlines need watching from now on */
        loop_timer_set(t->tick, now.mono_us + TCP_IN_TICK_US);
    }
}

static void on_acceptable(void *arg, int listen_fd)
{
    struct tcp_listener *l = arg;
    for (unsigned i = 0; i < ACCEPTS; i++) {
        union sockaddr_any sa;
        socklen_t len = sizeof sa;
        int fd = accept4(listen_fd, &sa.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_connection(l, fd, &sa);
        } else if (errno == EMFILE || errno == ENFILE) {
            refuse_with_reserve(l->in, listen_fd);
            pause_accept(l->in);
            return;
        } else if (errno == ENOBUFS || errno == ENOMEM) {
            pause_accept(l->in);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } /* all others are about that one connection (accept(2)) */
    }
}

/* L28: the fuller, the less patient. */
static uint64_t idle_limit(const struct quota *q)
{
    unsigned used = quota_used(q), total = quota_total(q);
    if (used > total / 5 * 4) {
        return TCP_IN_IDLE_FULL_US;
    }
    return used > total / 2 ? TCP_IN_IDLE_HALF_US : TCP_IN_IDLE_US;
}

/* Deadlines are short, and looked at often, while many connections are in use. */
static void set_tick(const struct tcp_in *t, struct now now)
{
    bool many = quota_used(t->quota) > quota_total(t->quota) / 2;
    loop_timer_set(t->tick, now.mono_us + (many ? TCP_IN_TICK_US : TCP_IN_TICK_CALM_US));
}

static void on_tick(void *arg, struct now now)
{
    struct tcp_in *t = arg;
    uint64_t idle_us = idle_limit(t->quota);
    for (struct tcp_conn *c = t->first, *next; c != NULL; c = next) {
        next = c->next;
        if (tcp_conn_expired(c, now, idle_us)) {
            tcp_conn_close(c);
            bump(&t->count.timed_out, 1);
        }
    }
    if (t->first != NULL) {
        set_tick(t, now);
    }
}

static bool init_slots(struct tcp_in *t)
{
    t->slots = quota_total(t->quota);
    t->slot = calloc(t->slots + 1, sizeof(struct tcp_conn *));
    t->generation = calloc(t->slots + 1, sizeof *t->generation);
    t->spare = calloc(t->slots + 1, sizeof *t->spare);
    if (t->slot == NULL || t->generation == NULL || t->spare == NULL) {
        return false;
    }
    for (unsigned i = 0; i < t->slots; i++) {
        t->spare[t->spares++] = t->slots - 1 - i;
    }
    return true;
}

static void close_slot(struct tcp_in *t, size_t slot)
{
    if (t->listeners[slot] != NULL) {
        loop_watch_free(t->listeners[slot]->watch);
        free(t->listeners[slot]);
        t->listeners[slot] = NULL;
    }
}

static bool open_slot(struct tcp_in *t, size_t slot, int fd)
{
    struct tcp_listener *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return false;
    }
    *l = (struct tcp_listener){.in = t, .fd = fd, .index = (uint16_t)slot};
    l->watch = loop_watch_new(t->loop, fd, on_acceptable, l);
    if (l->watch == NULL) {
        free(l);
        return false;
    }
    t->listeners[slot] = l;
    return true;
}

bool tcp_in_listen(struct tcp_in *t, const struct listener *listeners, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        int want = i < n ? listeners[i].tcp : -1, have = t->listeners[i] != NULL ? t->listeners[i]->fd : -1;
        if (want != have) {
            close_slot(t, i);
            ok &= want < 0 || open_slot(t, i, listeners[i].tcp);
        }
    }
    return ok;
}

struct tcp_in *tcp_in_new(struct loop *loop, const struct listener *listeners, size_t n, uint16_t worker,
                          struct quota *quota, const struct tcp_in_handler *handler)
{
    struct tcp_in *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->loop = loop;
    t->quota = quota;
    t->handler = *handler;
    t->worker = worker;
    t->reserve_fd = open_reserve();
    t->tick = loop_timer_new(loop, on_tick, t);
    t->pause = loop_timer_new(loop, on_resume, t);
    if (t->reserve_fd < 0 || t->tick == NULL || t->pause == NULL || !init_slots(t) || !tcp_in_listen(t, listeners, n)) {
        tcp_in_free(t);
        return NULL;
    }
    return t;
}

void tcp_in_free(struct tcp_in *t)
{
    if (t == NULL) {
        return;
    }
    while (t->first != NULL) {
        tcp_conn_close(t->first);
    }
    for (size_t i = 0; i < LISTEN_SLOTS_MAX; i++) {
        close_slot(t, i);
    }
    loop_timer_free(t->tick);
    loop_timer_free(t->pause);
    if (t->reserve_fd >= 0) {
        close(t->reserve_fd);
    }
    free(t->slot);
    free(t->generation);
    free(t->spare);
    free(t);
}

static struct tcp_conn *find(struct tcp_in *t, const struct client *client)
{
    struct tcp_conn *c = client->slot < t->slots ? t->slot[client->slot] : NULL;
    return c != NULL && c->generation == client->generation ? c : NULL;
}

void tcp_in_answer(struct tcp_in *t, const struct client *client, const uint8_t *wire, size_t n)
{
    struct tcp_conn *c = find(t, client);
    if (c != NULL) {
        tcp_conn_answer(c, client->id, wire, n, loop_now(t->loop));
    }
}

void tcp_in_drop(struct tcp_in *t, const struct client *client)
{
    tcp_in_answer(t, client, NULL, 0);
}

const struct tcp_in_counters *tcp_in_counters(const struct tcp_in *t)
{
    return &t->count;
}
