/*
 * infra.h - what is known of each name server
 *
 * Per address (with port): smoothed round-trip time and its variance (RFC 6298), timeouts in a row, EDNS and TCP
 * ability. Per address and zone: lameness. Kept in its own table of the cache under the same memory bound, for at most
 * 15 minutes after it was last heard of (so that a mended server is found again). Only timeouts ever mark a server
 * down, never malformed or refused packets, which a stranger may forge (L33, T11).
 *
 * Threads: as cache.h. Members of a record are changed one by one under the lock of its shard, and read without.
 */
#ifndef RAIZ_CACHE_INFRA_H
#define RAIZ_CACHE_INFRA_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"

#define INFRA_RTT_UNKNOWN_US 376000 /* first timeout for a server never asked (Unbound's figure, L4) */
#define INFRA_RTO_MIN_US     50000
#define INFRA_RTO_MAX_US     3000000 /* L4 */
#define INFRA_KEEP_S         900
#define INFRA_OLD_S          60 /* after so long a measurement says little: the next one takes its place */
#define INFRA_DOWN_TIMEOUTS  64 /* L33: consecutive timeouts that mark a server down, */
#define INFRA_DOWN_ROUNDS    4  /* in so many rounds at least: some seconds, or most of one for a near server, */
#define INFRA_DOWN_S         60 /* for so long, */
#define INFRA_DOWN_PROBE     25 /* with one question in 25 still sent */

enum infra_edns { INFRA_EDNS_UNKNOWN, INFRA_EDNS_OK, INFRA_EDNS_NONE };

struct infra {
    bool known; /* false: the rest are defaults */
    uint32_t srtt_us, rttvar_us;
    uint32_t rto_us;           /* timeout for the next question: srtt + 4 rttvar, doubled per round of timeouts */
    uint16_t timeouts;         /* in a row */
    uint8_t edns;              /* enum infra_edns */
    bool tcp_works, case_kept; /* has answered over TCP; has copied 0x20 case (fallback when it stops, X11) */
    bool tcp_in_vain;          /* was tried, and has not */
    bool case_lost;            /* answers over TCP showed that it folds case: do not use 0x20 with it */
    uint64_t down_until_us;    /* 0: not down */
    uint32_t asked, answered;  /* counters since known */
    uint32_t idle_s;           /* since the last answer, or question in vain */
};

/* Fills defaults when unknown; false then. */
bool infra_get(struct cache *c, const struct addr *server, struct now now, struct infra *out);
void infra_answered(struct cache *c, const struct addr *server, uint32_t rtt_us, struct now now);
/* A question that was sent then had no answer in time. */
void infra_timed_out(struct cache *c, const struct addr *server, uint64_t sent_us, struct now now);
void infra_set_edns(struct cache *c, const struct addr *server, enum infra_edns edns, struct now now);
void infra_set_case(struct cache *c, const struct addr *server, bool kept, struct now now);
/* A server that answers over TCP is not marked down for its silence over UDP. */
void infra_set_tcp(struct cache *c, const struct addr *server, bool works, struct now now);

/* Why a server is not asked about a zone for a while. */
#define INFRA_LAMES(X)                                                                                                 \
    X(NOT_LAME, "not lame")                                                                                            \
    X(NOT_AUTHORITATIVE, "does not serve the zone")                                                                    \
    X(REFUSED, "refused")                                                                                              \
    X(SERVFAIL, "server failure")                                                                                      \
    X(BROKEN, "malformed or nonsensical answers")
enum infra_lame {
#define X(name, text) INFRA_##name,
    INFRA_LAMES(X)
#undef X
};
const char *infra_lame_text(enum infra_lame why);
enum infra_lame infra_lame_get(struct cache *c, const struct addr *server, struct dname zone, struct now now);
void infra_lame_put(struct cache *c, const struct addr *server, struct dname zone, enum infra_lame why, uint32_t for_s,
                    struct now now);

typedef void infra_visit(void *arg, const struct addr *server, const struct infra *infra, uint32_t keep_s);
void infra_walk(struct cache *c, struct now now, infra_visit *visit, void *arg);
size_t infra_forget(struct cache *c, const struct addr *server); /* NULL: all */

#endif
