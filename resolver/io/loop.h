/*
 * loop.h - a thread's event loop
 *
 * Wraps libuv's loop: watched sockets, timers, signals, mail from other threads, and the poller. A turn is: wait,
 * handle all that is ready, then handler.turn(), then wait again.
 *
 * Time: loop_now() reads the clocks at most once per turn. Cache: the thread that runs a loop has registered as a
 * reader of the cache (cache_thread_begin); it is online from its first loop_now() of a turn until the turn ends, and
 * offline while it waits. Pointers got from the cache are void at the end of the turn.
 *
 * Mail: loop_post() may be called from any thread; letters arrive in order of posting, each in the receiver's next
 * turn.
 *
 * Memory: letters belong to whoever handles them. Threads: everything but loop_post() and loop_counters() only on the
 * loop's own thread.
 */
#ifndef RAIZ_IO_LOOP_H
#define RAIZ_IO_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/now.h"
#include "resolver/io/poller.h"

struct loop;

struct mail {
    struct mail *next;
    unsigned kind;
};

struct loop_handler {
    void *arg;
    void (*turn)(void *arg, struct now now);      /* all events of a turn are handled; may be NULL */
    void (*mail)(void *arg, struct mail *letter); /* takes the letter */
    void (*signal)(void *arg, int number);        /* may be NULL */
};

struct loop *loop_new(const struct loop_handler *handler); /* NULL: out of memory or descriptors */
void loop_free(struct loop *l);                            /* letters not handled are freed with free() */
void loop_run(struct loop *l);                             /* until loop_stop(); begins and ends online */
void loop_stop(struct loop *l);
void loop_again(struct loop *l); /* from a turn: the next one does not wait for anything */
struct now loop_now(struct loop *l);
struct poller *loop_poller(struct loop *l);

/* False: `most` letters wait already (0: no limit) or the loop has ended; the letter is still the caller's. */
bool loop_post(struct loop *l, struct mail *letter, unsigned most);

bool loop_watch_signal(struct loop *l, int number);

/* A socket that is watched for as long as the daemon runs. The descriptor stays the caller's. */
struct loop_watch;
typedef void loop_ready(void *arg, int fd);
struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_ready *ready, void *arg);
void loop_watch_pause(struct loop_watch *w, bool pause);
void loop_watch_free(struct loop_watch *w);

struct loop_timer;
typedef void loop_timeout(void *arg, struct now now);
struct loop_timer *loop_timer_new(struct loop *l, loop_timeout *timeout, void *arg);
/* Rings once, not before now.mono_us has reached at_us; UINT64_MAX: never. Setting it again replaces the old time. */
void loop_timer_set(struct loop_timer *t, uint64_t at_us);
void loop_timer_free(struct loop_timer *t);

struct loop_counters {
    _Atomic uint64_t turns, mail, mail_refused;
    _Atomic uint64_t lag_max_ms; /* the longest that the handling of one turn took */
    _Atomic uint64_t handles;    /* sockets in the poller, watches and timers */
};
const struct loop_counters *loop_counters(const struct loop *l);
uint64_t loop_turn_ms(const struct loop *l); /* what the last turn took that has ended */

#endif
