/*
 * journal.h - the walk of one resolution, as typed events
 *
 * A traced query carries a journal; every job that works for it writes what it does, in order. It is bounded: what comes
 * after JOURNAL_EVENTS_MAX is counted, not kept. Untraced queries have none and pay one test of a pointer.
 *
 * Memory: lives in the root job's arena; names are copied. Threads: the engine's own.
 */
#ifndef RAIZ_ENGINE_JOURNAL_H
#define RAIZ_ENGINE_JOURNAL_H

#include <stdint.h>

#include "dns/addr.h"
#include "dns/arena.h"
#include "dns/name.h"
#include "dns/now.h"

#define JOURNAL_EVENTS_MAX 512

#define JOURNAL_KINDS(X)                                                                                               \
    X(CACHE_HIT, "cache_hit", "found in the cache")                                                                    \
    X(SYNTHESISED, "synthesised", "can tell from proofs of other names")                                               \
    X(CACHE_MISS, "cache_miss", "not in the cache")                                                                    \
    X(LOCAL, "local", "answered by a local zone")                                                                      \
    X(CUT, "cut", "nearest delegation known")                                                                          \
    X(NEED_ADDRESS, "need_address", "looks up a name server's address")                                                \
    X(SEND, "send", "asks")                                                                                            \
    X(RECEIVE, "receive", "is answered")                                                                               \
    X(IGNORE, "ignore", "ignores a datagram")                                                                          \
    X(TIMEOUT, "timeout", "hears nothing in time")                                                                     \
    X(UNREACHABLE, "unreachable", "cannot reach")                                                                      \
    X(REFERRAL, "referral", "is referred")                                                                             \
    X(DROPPED, "dropped", "drops records out of bailiwick")                                                            \
    X(ALIAS, "alias", "follows an alias")                                                                              \
    X(LAME, "lame", "meets a lame server")                                                                             \
    X(BROKEN, "broken", "meets a malformed reply")                                                                     \
    X(RETRY, "retry", "asks again in another way")                                                                     \
    X(NODATA, "nodata", "learns that there is no such data")                                                           \
    X(NXDOMAIN, "nxdomain", "learns that there is no such name")                                                       \
    X(ANSWER, "answer", "has the answer")                                                                              \
    X(NEED_TRUST, "need_trust", "looks up what proves a zone's keys")                                                  \
    X(SECURE, "secure", "has proof")                                                                                   \
    X(INSECURE, "insecure", "learns that the zone is not signed")                                                      \
    X(BOGUS, "bogus", "meets data that fails validation")                                                              \
    X(FAILED, "failed", "gives up")                                                                                    \
    X(STALE, "stale", "gives expired data")
enum journal_kind {
#define X(name, word, text) JOURNAL_##name,
    JOURNAL_KINDS(X)
#undef X
};

struct journal_event {
    uint8_t kind;          /* enum journal_kind */
    uint8_t depth;         /* 0: the client's own question; 1..: a job for a name server's address, and so on */
    uint8_t rcode;         /* RECEIVE */
    uint8_t why;           /* failure, lameness, reply kind: by kind of event */
    uint16_t type;
    uint16_t size_bytes;   /* RECEIVE, SEND */
    uint32_t rtt_us;       /* RECEIVE */
    uint64_t at_us;        /* now.mono_us */
    uint8_t tcp;
    struct addr server;    /* SEND, RECEIVE, ... */
    struct dname name;     /* the question, the new cut, the alias' target */
    struct dname zone;     /* cut whose server is asked */
    struct dname server_name; /* its name; the root name if it has none */
};

struct journal {
    struct journal_event *events;
    unsigned count, lost, room;
    uint64_t begun_us;
    struct arena *arena; /* of the query's own job */
};

const char *journal_kind_name(enum journal_kind k); /* "send" */
const char *journal_kind_text(enum journal_kind k); /* "asks" */

#endif
