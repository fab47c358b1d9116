/*
 * front.h - what every query passes before the engine: the fast path, told in one file
 *
 * bytes -> checked query -> access -> class, opcode, type -> cache -> answer, or a request for the engine. No lock, no
 * allocation, no log, no clock: all that a hit needs is here.
 *
 * Threads: one struct front per worker. Counters are relaxed atomics that only the worker writes.
 */
#ifndef RAIZ_FRONT_FRONT_H
#define RAIZ_FRONT_FRONT_H

#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/addr.h"
#include "dns/now.h"
#include "resolver/config/world.h"
#include "resolver/engine/request.h"

#define FRONT_COUNTERS(X)                                                                                              \
    X(udp, "queries over UDP")                                                                                         \
    X(tcp, "queries over TCP")                                                                                         \
    X(dropped, "datagrams that deserve no answer")                                                                     \
    X(malformed, "malformed queries")                                                                                  \
    X(refused, "queries refused by access control")                                                                    \
    X(not_implemented, "queries of an unknown kind")                                                                   \
    X(hits, "answered from the cache")                                                                                 \
    X(stale, "of these with expired data")                                                                             \
    X(misses, "handed to the engine")                                                                                  \
    X(noerror, "answers NOERROR")                                                                                      \
    X(nxdomain, "answers NXDOMAIN")                                                                                    \
    X(servfail, "answers SERVFAIL")                                                                                    \
    X(truncated, "answers truncated")
struct front_counters {
#define X(name, text) _Atomic uint64_t name;
    FRONT_COUNTERS(X)
#undef X
};

struct front {
    const struct world *world;
    struct cache *cache;
    unsigned turn; /* rotation of address sets */
    struct front_counters count;
};

enum front_result {
    FRONT_ANSWER,      /* *out_len octets are in out */
    FRONT_ANSWER_LATE, /* the same, and *request is what the engine that owns it is to fetch anew (QUERY_REFRESH) */
    FRONT_MISS,        /* *request is filled: push it to the engine that owns it */
    FRONT_DROP,
};

/* out has room for 65535 octets over TCP, 4096 over UDP. */
enum front_result front_query(struct front *f, const struct addr *client, bool tcp, const struct wire_query *q,
                              struct now now, struct request *request, uint8_t *out, size_t *out_len);
/* These queries will come one behind the other. What they need lies in memory that no cache of the processor holds, if
 * there are many names: it is called for all of them before the first is answered, so that they wait once and not each
 * by itself. Sets hash and place. */
void front_expect(const struct front *f, struct wire_query *batch, size_t n);
/* Counts an answer that came from the engine. */
void front_answered(struct front *f, const uint8_t *answer);

#endif
