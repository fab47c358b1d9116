/*
 * journal.h - the walk of one resolution, as typed events
 *
 * Every query that the engine resolves has a journal; every job that works for it writes what it does, in order. It is
 * bounded. A traced query keeps the first JOURNAL_EVENTS_MAX events; any other one its end, the last
 * JOURNAL_END_EVENTS, so that who asks why it failed, or was slow, can be told without asking again (recall.h). What is
 * not kept is counted. Answers from the cache never come here.
 *
 * Memory: lives in the root job's arena; names are copied, and shared by events in a row. Threads: the engine's own.
 */
#ifndef RAIZ_ENGINE_JOURNAL_H
#define RAIZ_ENGINE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/arena.h"
#include "dns/name.h"
#include "dns/now.h"

#define JOURNAL_EVENTS_MAX 512
#define JOURNAL_END_EVENTS 32
#define JOURNAL_END_NAMES  4096 /* octets of names; later ones are left out */

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
    uint8_t kind;  /* enum journal_kind */
    uint8_t depth; /* 0: the client's own question; 1..: a job for a name server's address, and so on */
    uint8_t rcode; /* RECEIVE */
    uint8_t why;   /* failure, lameness, reply kind: by kind of event */
    uint16_t type;
    uint16_t size_bytes; /* RECEIVE, SEND */
    uint32_t rtt_us;     /* since the question was sent: RECEIVE, TIMEOUT, ... */
    uint64_t at_us;      /* now.mono_us */
    uint8_t tcp;
    struct addr server;       /* SEND, RECEIVE, ... */
    struct dname name;        /* the question, the new cut, the alias' target */
    struct dname zone;        /* cut whose server is asked */
    struct dname server_name; /* its name; the root name if it has none */
};

struct journal {
    struct journal_event *events;
    unsigned count, lost, room;
    unsigned first; /* index of the oldest event: a ring once it is full */
    bool whole;     /* of a traced query: keeps the beginning, not the end */
    unsigned names; /* octets copied */
    uint64_t begun_us;
    struct arena *arena; /* of the query's own job */
};

/* Event i, oldest first; i < count. */
static inline const struct journal_event *journal_at(const struct journal *j, unsigned i)
{
    unsigned at = j->first + i;
    return &j->events[at < j->count ? at : at - j->count];
}

/* A copy that needs no other memory: events and names lie behind it. */
size_t journal_packed_bytes(const struct journal *j);
/* `room` of that size, aligned for any type, which lives as long as *out. Returns where the names end. */
uint8_t *journal_pack(const struct journal *j, void *room, struct journal *out);

const char *journal_kind_name(enum journal_kind k); /* "send" */
const char *journal_kind_text(enum journal_kind k); /* "asks" */

#endif
