/*
 * worker.h - one thread that answers
 *
 * A worker has a loop, sockets, an engine and its upstream side of its own, and shares the cache. It answers from the
 * cache what it can; every other question is resolved by the worker that owns it, chosen by a hash of the question, so
 * that equal questions meet and are fetched once (T4). UDP answers are sent by whoever has them, from its own socket
 * of the same address; TCP answers travel back to the worker that has the connection.
 *
 *     query -> front -> hit: answer
 *                    -> miss: engine of the owner -> answer -> UDP: sent there; TCP: mail to the client's worker
 *
 * Threads: made and freed by the main thread while it does not run; worker_post() and the counters from any.
 */
#ifndef RAIZ_WORKER_H
#define RAIZ_WORKER_H

#include "cache/cache.h"
#include "resolver/config/world.h"
#include "resolver/engine/tally.h"
#include "resolver/front/front.h"
#include "resolver/guard.h"
#include "resolver/io/dispatch.h"
#include "resolver/io/dnstap.h"
#include "resolver/io/listen.h"
#include "resolver/io/log.h"
#include "resolver/io/loop.h"
#include "resolver/io/querylog.h"
#include "resolver/io/quota.h"
#include "resolver/io/tcp_in.h"
#include "resolver/io/udp_in.h"
#include "resolver/mail.h"
#include <stdatomic.h>

#define WORKER_QUERIES_WAITING_MAX 4096 /* letters of a worker's box, then queries are dropped */
#define WORKER_BEGUN_MAX           32 /* resolutions begun as their queries come in one turn, then they wait (backlog.h); */
#define WORKER_BEGIN_MAX           64 /* so many of those that wait are begun at its end */

struct worker;

/* What all workers share. Borrowed; outlives them. */
struct worker_shared {
    struct worker **workers;
    unsigned count;
    struct loop *main; /* where traces, rows and receipts go */
    struct cache *cache;
    struct log *log;
    struct quota *quota;
    struct guard_meters meters;
    const struct ports *ports;
    uint8_t hash_key[SIPHASH_KEY_SIZE]; /* of questions to owners */
    struct querylog *querylog;          /* NULL: answers are not written down */
    struct dnstap *dnstap;              /* NULL: nobody collects messages */
    _Atomic uint64_t *clock_told_us;    /* when the log was told that the clock is right again; 0: it never was wrong */
};

/* NULL: out of memory or descriptors. */
struct worker *worker_new(const struct worker_shared *shared, unsigned index, const struct world *world,
                          const struct listener *listeners, size_t n);
bool worker_start(struct worker *w); /* runs its thread */
void worker_stop(struct worker *w);  /* whatever memory there is */
void worker_join(struct worker *w);  /* after worker_stop */
void worker_free(struct worker *w);

/* Takes the letter whether it is delivered or not. False: it was not. */
bool worker_post(struct worker *w, struct mail *letter, unsigned most);
unsigned worker_owner(const struct worker_shared *shared, const struct request *request);

const struct engine_counters *worker_engine_counters(const struct worker *w);
const struct front_counters *worker_front_counters(const struct worker *w);
const struct tally *worker_tally(const struct worker *w);
const struct histogram *worker_rtts(const struct worker *w);
struct limited *worker_limited(struct worker *w);

/* The other counters of a worker, by name; false: no more. The value is of that worker alone. */
#define WORKER_COUNTERS(X)                                                                                             \
    X(udp_received, udp_in_counters(w->udp)->received)                                                                 \
    X(udp_sent, udp_in_counters(w->udp)->sent)                                                                         \
    X(udp_bad_source, udp_in_counters(w->udp)->bad_source)                                                             \
    X(udp_unsent, udp_in_counters(w->udp)->unsent)                                                                     \
    X(udp_piles, udp_in_counters(w->udp)->piles)                                                                       \
    X(trims, w->quiet.trims)                                                                                           \
    X(queries_waited, w->backlog.waited)                                                                               \
    X(fair_limits, w->guard.fair.limits)                                                                               \
    X(fair_refused, w->guard.fair.refused)                                                                             \
    X(fair_dropped, w->guard.fair.dropped)                                                                             \
    X(rate_limited, w->guard.rate.limited)                                                                             \
    X(rate_slipped, w->guard.rate.slipped)                                                                             \
    X(tcp_accepted, tcp_in_counters(w->tcp)->accepted)                                                                 \
    X(tcp_open, tcp_in_counters(w->tcp)->open)                                                                         \
    X(tcp_refused, tcp_in_counters(w->tcp)->refused)                                                                   \
    X(tcp_displaced, tcp_in_counters(w->tcp)->displaced)                                                               \
    X(tcp_timed_out, tcp_in_counters(w->tcp)->timed_out)                                                               \
    X(tcp_accept_paused, tcp_in_counters(w->tcp)->accept_paused)                                                       \
    X(upstream_udp_sent, dispatch_udp(w->dispatch)->sent)                                                              \
    X(upstream_udp_received, dispatch_udp(w->dispatch)->received)                                                      \
    X(upstream_udp_open, dispatch_udp(w->dispatch)->open)                                                              \
    X(upstream_udp_strangers, dispatch_udp(w->dispatch)->strangers)                                                    \
    X(upstream_udp_failed, dispatch_udp(w->dispatch)->failed)                                                          \
    X(upstream_port_retries, dispatch_udp(w->dispatch)->port_retries)                                                  \
    X(upstream_port_by_kernel, dispatch_udp(w->dispatch)->port_by_kernel)                                              \
    X(upstream_tcp_sent, dispatch_tcp(w->dispatch)->sent)                                                              \
    X(upstream_tcp_received, dispatch_tcp(w->dispatch)->received)                                                      \
    X(upstream_tcp_open, dispatch_tcp(w->dispatch)->open)                                                              \
    X(upstream_tcp_connects, dispatch_tcp(w->dispatch)->connects)                                                      \
    X(upstream_tcp_reused, dispatch_tcp(w->dispatch)->reused)                                                          \
    X(upstream_tcp_unasked, dispatch_tcp(w->dispatch)->unasked)                                                        \
    X(upstream_tcp_moved, dispatch_tcp(w->dispatch)->moved)                                                            \
    X(upstream_tcp_failed, dispatch_tcp(w->dispatch)->failed)                                                          \
    X(mail, loop_counters(w->loop)->mail)                                                                              \
    X(mail_refused, loop_counters(w->loop)->mail_refused)                                                              \
    X(turns, loop_counters(w->loop)->turns)                                                                            \
    X(handles, loop_counters(w->loop)->handles)                                                                        \
    X(loop_lag_max_ms, loop_counters(w->loop)->lag_max_ms)

enum worker_counter {
#define X(name, from) WORKER_COUNT_##name,
    WORKER_COUNTERS(X)
#undef X
        WORKER_COUNTS
};
const char *worker_counter_name(enum worker_counter c);
uint64_t worker_counter(const struct worker *w, enum worker_counter c);

#endif
