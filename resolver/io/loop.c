/*
 * loop.c - a thread's event loop
 */
#include "resolver/io/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

#include "cache/cache.h"
#include "resolver/io/clock.h"

#define LOOP_SIGNALS_MAX 4

struct loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_async_t wake;
    uv_poll_t poll;
    uv_signal_t signal[LOOP_SIGNALS_MAX];
    unsigned signals;
    struct poller poller;
    struct loop_handler handler;
    struct now now;
    bool awake;       /* online for the cache, `now` holds this turn's time */
    uint64_t woke_ms; /* the loop's own time when the turn began */
    uint64_t turn_ms; /* what the last one took */
    unsigned handles; /* watches and timers */
    struct loop_counters count;

    pthread_mutex_t lock; /* guards what follows */
    struct mail *first, **last;
    unsigned waiting;
    bool closed;
};

struct loop_watch {
    uv_poll_t poll; /* first */
    struct loop *loop;
    loop_ready *ready;
    void *arg;
};

struct loop_timer {
    uv_timer_t timer; /* first */
    struct loop *loop;
    loop_timeout *timeout;
    void *arg;
    uint64_t at_us;
};

static void bump(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by, memory_order_relaxed);
}

static void count_handles(struct loop *l)
{
    atomic_store_explicit(&l->count.handles, l->handles + l->poller.sources, memory_order_relaxed);
}

struct now loop_now(struct loop *l)
{
    if (!l->awake) {
        cache_online();
        l->awake = true;
        l->now = clock_now();
        l->woke_ms = uv_now(&l->uv);
    }
    return l->now;
}

static void end_turn(struct loop *l)
{
    uv_update_time(&l->uv); /* what the turn's own handler did counts as well */
    uint64_t lag = uv_now(&l->uv) - l->woke_ms;
    l->turn_ms = lag;
    if (lag > atomic_load_explicit(&l->count.lag_max_ms, memory_order_relaxed)) {
        atomic_store_explicit(&l->count.lag_max_ms, lag, memory_order_relaxed);
    }
    bump(&l->count.turns, 1);
    count_handles(l);
    cache_offline();
    l->awake = false;
}

static void on_prepare(uv_prepare_t *handle)
{
    struct loop *l = handle->data;
    if (!l->awake) {
        return;
    }
    if (l->handler.turn != NULL) {
        l->handler.turn(l->handler.arg, l->now);
    }
    end_turn(l);
}

static void on_wake(uv_async_t *handle)
{
    struct loop *l = handle->data;
    pthread_mutex_lock(&l->lock);
    struct mail *letter = l->first;
    l->first = NULL;
    l->last = &l->first;
    l->waiting = 0;
    pthread_mutex_unlock(&l->lock);

    loop_now(l);
    while (letter != NULL) {
        struct mail *next = letter->next;
        bump(&l->count.mail, 1);
        l->handler.mail(l->handler.arg, letter);
        letter = next;
    }
}

static void on_poller(uv_poll_t *handle, int status, int events)
{
    struct loop *l = handle->data;
    (void)events;
    loop_now(l);
    if (status == 0) {
        poller_run(&l->poller);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct loop *l = handle->data;
    loop_now(l);
    if (l->handler.signal != NULL) {
        l->handler.signal(l->handler.arg, number);
    }
}

struct loop *loop_new(const struct loop_handler *handler)
{
    struct loop *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return NULL;
    }
    l->handler = *handler;
    l->last = &l->first;
    if (!poller_init(&l->poller)) {
        free(l);
        return NULL;
    }
    if (uv_loop_init(&l->uv) != 0) {
        poller_release(&l->poller);
        free(l);
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    uv_prepare_init(&l->uv, &l->prepare);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    bool ok = uv_async_init(&l->uv, &l->wake, on_wake) == 0;
    l->wake.data = l;
    ok = ok && uv_poll_init(&l->uv, &l->poll, l->poller.fd) == 0;
    l->poll.data = l;
    ok = ok && uv_poll_start(&l->poll, UV_READABLE, on_poller) == 0;
    if (!ok) {
        loop_free(l);
        return NULL;
    }
    return l;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void loop_free(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->closed = true;
    struct mail *letter = l->first;
    l->first = NULL;
    pthread_mutex_unlock(&l->lock);
    while (letter != NULL) {
        struct mail *next = letter->next;
        free(letter);
        letter = next;
    }
    uv_walk(&l->uv, close_handle, NULL);
    while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0) {
    }
    uv_loop_close(&l->uv);
    poller_release(&l->poller);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void loop_run(struct loop *l)
{
    l->now = clock_now();
    l->woke_ms = uv_now(&l->uv);
    l->awake = true;
    uv_run(&l->uv, UV_RUN_DEFAULT);
    if (!l->awake) {
        cache_online();
        l->awake = true;
    }
}

void loop_stop(struct loop *l)
{
    uv_stop(&l->uv);
}

void loop_again(struct loop *l)
{
    uv_async_send(&l->wake);
}

struct poller *loop_poller(struct loop *l)
{
    return &l->poller;
}

bool loop_post(struct loop *l, struct mail *letter, unsigned most)
{
    letter->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool ok = !l->closed && (most == 0 || l->waiting < most);
    if (ok) {
        *l->last = letter;
        l->last = &letter->next;
        l->waiting++;
        uv_async_send(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);
    if (!ok) {
        atomic_fetch_add_explicit(&l->count.mail_refused, 1, memory_order_relaxed);
    }
    return ok;
}

bool loop_watch_signal(struct loop *l, int number)
{
    if (l->signals == LOOP_SIGNALS_MAX || uv_signal_init(&l->uv, &l->signal[l->signals]) != 0) {
        return false;
    }
    uv_signal_t *handle = &l->signal[l->signals++];
    handle->data = l;
    return uv_signal_start(handle, on_signal, number) == 0;
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct loop_watch *w = (struct loop_watch *)handle;
    uv_os_fd_t fd;
    (void)status; /* an error shows when the socket is read */
    (void)events;
    loop_now(w->loop);
    if (uv_fileno((uv_handle_t *)handle, &fd) == 0) {
        w->ready(w->arg, fd);
    }
}

struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_ready *ready, void *arg)
{
    struct loop_watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->loop = l;
    w->ready = ready;
    w->arg = arg;
    if (uv_poll_init(&l->uv, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    l->handles++;
    uv_poll_start(&w->poll, UV_READABLE, on_ready);
    return w;
}

void loop_watch_pause(struct loop_watch *w, bool pause)
{
    if (pause) {
        uv_poll_stop(&w->poll);
    } else {
        uv_poll_start(&w->poll, UV_READABLE, on_ready);
    }
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void loop_watch_free(struct loop_watch *w)
{
    if (w != NULL) {
        w->loop->handles--;
        uv_close((uv_handle_t *)&w->poll, free_handle);
    }
}

struct loop_timer *loop_timer_new(struct loop *l, loop_timeout *timeout, void *arg)
{
    struct loop_timer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->loop = l;
    t->timeout = timeout;
    t->arg = arg;
    t->at_us = UINT64_MAX;
    uv_timer_init(&l->uv, &t->timer);
    l->handles++;
    return t;
}

static void on_timeout(uv_timer_t *handle)
{
    struct loop_timer *t = (struct loop_timer *)handle;
    struct now now = loop_now(t->loop);
    uint64_t due_us = t->at_us;
    t->at_us = UINT64_MAX;
    if (now.mono_us < due_us) { /* the two clocks were read at different moments */
        loop_timer_set(t, due_us);
        return;
    }
    t->timeout(t->arg, now);
}

/* libuv's time is the same clock in milliseconds, read at the beginning of the turn. */
void loop_timer_set(struct loop_timer *t, uint64_t at_us)
{
    if (at_us == t->at_us) {
        return;
    }
    t->at_us = at_us;
    if (at_us == UINT64_MAX) {
        uv_timer_stop(&t->timer);
        return;
    }
    uint64_t at_ms = at_us / US_PER_MS + 1;
    uint64_t now_ms = uv_now(&t->loop->uv);
    uv_timer_start(&t->timer, on_timeout, at_ms > now_ms ? at_ms - now_ms : 1, 0);
}

void loop_timer_free(struct loop_timer *t)
{
    if (t != NULL) {
        t->loop->handles--;
        uv_close((uv_handle_t *)&t->timer, free_handle);
    }
}

const struct loop_counters *loop_counters(const struct loop *l)
{
    return &l->count;
}

uint64_t loop_turn_ms(const struct loop *l)
{
    return l->turn_ms;
}
