/*
 * core.h - the insides of an engine, for its own files
 *
 *     engine_push -> event finds its job -> job_ready -> queue -> iterate_run -> acts queued -> engine_pull
 *
 * Nothing here is seen outside resolver/engine.
 */
#ifndef RAIZ_ENGINE_CORE_H
#define RAIZ_ENGINE_CORE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/arena.h"
#include "dns/limits.h"
#include "dns/siphash.h"
#include "resolver/engine/crowd.h"
#include "resolver/engine/deadlines.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/exchange.h"
#include "resolver/engine/job.h"
#include "resolver/engine/silence.h"
#include "resolver/engine/suspects.h"
#include "resolver/engine/tally.h"

#define ENGINE_BUCKETS        4096 /* of the table of jobs; a power of two above the number of jobs */
#define ENGINE_CLIENT_BUCKETS 1024
#define ENGINE_SPARE_WAITERS  8   /* to say ACT_DROP when there is no memory for a waiter */
#define ENGINE_POOL_JOBS      256 /* kept for the next ones */

struct job_list {
    struct job *first, *last;
    unsigned count;
};

struct engine {
    const struct engine_settings *set;
    struct cache *cache;
    struct rng *rng;
    uint8_t hash_key[SIPHASH_KEY_SIZE];

    struct job *bucket[ENGINE_BUCKETS];
    struct job_list roots;  /* jobs of client queries, oldest first (L25) */
    struct job_list others; /* jobs begun by jobs, and priming */
    struct job *ready_first, *ready_last;
    struct deadlines deadlines;
    struct exchanges exchanges;
    struct job *pool;
    unsigned pooled;

    struct act *act_first, *act_last;
    struct job *answered; /* its last answer was pulled: recycled with the next call */
    struct waiter *client[ENGINE_CLIENT_BUCKETS];
    struct waiter spare[ENGINE_SPARE_WAITERS];
    unsigned turn; /* rotates address sets (RFC 1794) */
    uint64_t walk_mark;

    uint64_t late_window_us; /* L26 */
    unsigned late_answers;
    uint64_t prime_after_us; /* do not prime before */
    struct suspects suspects;
    struct silence silence;
    unsigned refreshes; /* jobs with JOB_REFRESH */
    struct crowd crowd;
    struct keyring *keyring;
    struct dnssec_seen *seen;
    struct crypto_kit *kit;
    bool leaves_checks; /* to the host */

    struct arena scratch; /* index of the reply in hand, and what is copied on at once */
    struct outcome found; /* what the cache gave */
    struct engine_counters counters;
    struct histogram rtts;
    uint8_t out[DNS_MSG_MAX];
};

/* One writer, any reader: no read-modify-write instruction is needed. */
static inline void core_count(_Atomic uint64_t *counter, uint64_t n)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + n, memory_order_relaxed);
}
#define COUNT(e, name)      core_count(&(e)->counters.name, 1)
#define COUNT_N(e, name, n) core_count(&(e)->counters.name, (n))

void core_queue(struct engine *e, struct act *a, enum action_kind kind);

#endif
