/*
 * servers.h - the servers of a zone, and which to ask next
 *
 * The set is made from a delegation: its NS names, their glue, and addresses found in the cache. One address stands once,
 * however many NS share it (T33). Choice: the band of fastest servers by smoothed RTT plus unknown ones, drawn at random
 * within the band; now and then a slower one, so that change is noticed; servers that timed out give way; those lame for
 * the zone or that failed in this resolution are left out (L10).
 *
 * Memory: in the job's arena. Threads: one at a time; decisions are pure in (set, infra, rng, now).
 */
#ifndef RAIZ_ENGINE_SERVERS_H
#define RAIZ_ENGINE_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"
#include "cache/infra.h"
#include "dns/arena.h"
#include "dns/delegation.h"
#include "dns/rng.h"
#include "resolver/engine/engine.h"

#define SERVERS_ADDRS_MAX 64     /* addresses in one set, after removal of doubles */
#define SERVERS_ADDRS_PER_NS 6   /* L6: addresses used of one NS name */

struct server {
    struct addr addr;
    uint8_t ns;          /* index in the delegation; 255: none */
    uint8_t tries_udp, tries_tcp; /* in this resolution (L10) */
    bool out;            /* not to be asked again in this resolution */
    bool judged;         /* whether it is lame was looked up, as it is before it is asked */
    bool lame;           /* known lame then, or recursion-lame now: asked once more when no other is left */
    bool last_resort;    /* that once is over */
    uint8_t why;         /* last trouble: enum infra_lame */
};

struct servers {
    const struct delegation *cut; /* in the job's arena */
    unsigned count;
    struct server *server;        /* SERVERS_ADDRS_MAX */
    uint16_t ns_asked4, ns_asked6;/* bit per NS: its A or AAAA is known, being looked up, or cannot be had */
    uint16_t ns_no_addr;          /* bit per NS: looked up without result */
    bool circle;                  /* one of them because name servers depend on each other in a circle */
};

/* cut is copied into the arena. False: out of memory. */
bool servers_init(struct servers *s, const struct delegation *cut, const struct engine_settings *set, struct cache *cache,
                  struct now now, struct arena *arena);
/* After a child job: take in addresses of NS number ns that the cache, or `found`, now holds. */
void servers_add_found(struct servers *s, unsigned ns, const struct rrset *found, const struct engine_settings *set,
                       struct cache *cache, struct now now);

enum pick_kind {
    PICK_ADDRESS,       /* index */
    PICK_NEEDS_ADDRESS, /* look up ns, type; then ask again */
    PICK_NONE,          /* used up */
};
struct pick {
    enum pick_kind kind;
    unsigned index;     /* server */
    unsigned ns;        /* NS name to look up */
    uint16_t type;      /* A or AAAA */
    bool tcp;           /* silent over UDP thrice, but known to live: over TCP, twice at most (a lossy path, or lost fragments) */
    bool last_resort;   /* lame, and nothing better is left: classify its reply as ASKED_LAST_RESORT */
    uint32_t timeout_us;/* how long to wait for this server's reply (rto) */
};
/* Counts the try itself: tries_udp, or tries_tcp when pick.tcp. Who goes on to TCP with the same server for another reason
 * (truncation, a near miss) counts tries_tcp. The look-up that a PICK_NEEDS_ADDRESS asks for is noted in ns_asked4 or ns_asked6
 * and is not asked for again. */
struct pick servers_pick(struct servers *s, struct cache *cache, const struct engine_settings *set, struct rng *rng,
                         struct now now);
/* Why nothing is left, for the failure row: reachable or not, lame, servfail, no addresses. */
enum failure servers_failure(const struct servers *s);

#endif
