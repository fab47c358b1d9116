/* clang-format off */
/*
 * engine.h - the resolver without input and output
 *
 * Events go in, wishes come out. The engine opens nothing, reads no clock, draws no entropy of its own: time and
 * randomness are arguments, so that the same events, seed and clock give the same actions, byte for byte.
 *
 *     host: socket readable -> engine_push(EV_REPLY) -> while (engine_pull(&a)) do what a says -> engine_deadline ->
 * timer
 *
 * A job is one goal (name, type, flags), found in the table of jobs under way, so that equal questions share it.
 * Clients and other jobs wait for it. A job is a state machine, one function per state (iterate.c):
 *
 *     state        does                                                  next
 *     POLICY       names that never leave the host (RFC 6761, 6303)      FINISH | CACHE
 *     CACHE        answers and failures known                            FINISH | CHASE | CUT
 *     CUT          deepest delegation known above the name               TARGET | FINISH (zone out of reach a moment ago)
 *     TARGET       choose one server address                             ASK | WAIT_JOBS | WAIT_REPLY (late replies) | FINISH (failure)
 *                                                                        | CUT (forwarders failed, `first`)
 *     ASK          compose the (minimised) question, emit ACT_SEND       WAIT_REPLY | TARGET | FINISH (budget used up)
 *     WAIT_REPLY   accepts EV_REPLY, EV_UNREACHABLE, deadline            REPLY | TARGET | ASK (somebody guesses ids: over TCP)
 *     REPLY        parse, classify, scrub, store                         TARGET (referral: its servers; lame, broken: others) | CHASE
 *                                                                        | VALIDATE | FINISH | ASK (TCP, no EDNS, whole name) | WAIT_REPLY
 *     VALIDATE     chain of trust, proofs of denial                      WAIT_JOBS | WAIT_CHECK | CHASE | FINISH
 *                                                                        | TARGET (bogus: another server) | CUT (what was cached is bogus)
 *     CHASE        CNAME or DNAME: count it, take the new name           POLICY | FINISH (too long, a circle)
 *     WAIT_JOBS    accepts a child's end, late replies, deadline         TARGET | REPLY | VALIDATE
 *     WAIT_CHECK   accepts EV_CHECKED, deadline                          VALIDATE
 *     FINISH       build answers, emit ACT_ANSWER, wake parents          GONE (arena back to the pool)
 *
 * A question that timed out listens on while another server is asked (two exchanges of a job at most), and the first
 * reply that serves ends both: a slow server is no dead one.
 *
 * Clients may be answered before their job ends, with expired data; it goes on for who asks next (stale.h).
 *
 * Invariants, checked by asserts, scenarios and the event fuzzer:
 *   1. Every EV_QUERY gives exactly one ACT_ANSWER or ACT_DROP before its time limit, whatever the network does.
 *   2. Sends, children, bytes and steps of a root job stay within limits.h, also when servers conspire.
 *   3. A late, doubled or forged reply changes nothing (exchange ids carry a generation).
 *   4. No RRset enters the cache whose owner lies outside the cut that was asked, nor with a rank above its section's.
 *   5. When all jobs are done: the table is empty, arenas are back in the pool, there is no deadline (but one, for at
 * most a minute, when nobody answers: silence.h).
 *   6. Same events, seed and clock give the same actions.
 *
 * Memory: the engine copies what it keeps. Pointers in an action stay valid until the next engine_pull or engine_push.
 * The host drains all actions after each push, before it reports a quiescent state to the cache. Threads: one engine
 * belongs to one worker thread; only the cache is shared. No reentrancy: nobody calls back.
 */
/* clang-format on */
#ifndef RAIZ_ENGINE_ENGINE_H
#define RAIZ_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/addr.h"
#include "dns/delegation.h"
#include "dns/now.h"
#include "dns/rng.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/verify.h"
#include "resolver/engine/failure.h"
#include "resolver/engine/request.h"

struct engine;
struct histogram;
struct journal;

/* Permissive: validates and says so, but gives bogus data all the same. */
enum dnssec_mode { DNSSEC_OFF, DNSSEC_PERMISSIVE, DNSSEC_VALIDATE };
enum engine_minimise { MINIMISE_RELAXED, MINIMISE_STRICT, MINIMISE_OFF };

/* Immutable while an engine uses it. All pointers are borrowed. */
struct engine_settings {
    enum engine_minimise minimise;
    bool case_randomisation;
    bool ipv4, ipv6;
    bool query_loopback;            /* servers in 127/8 and ::1 may be asked (labs) */
    bool local_zones;               /* answer special-use names here (RFC 6761, RFC 6303) */
    uint16_t port;                  /* authoritative servers' port: 53 but in labs */
    uint16_t edns_size;             /* L34: 1232 */
    uint16_t answer_udp_max;        /* L34: 1232 */
    bool prefetch;                  /* what is asked for shortly before its end is fetched anew */
    bool serve_stale;               /* expired data is given when there is no other (RFC 8767) */
    uint32_t stale_client_timer_ms; /* ... for which a client waits so long */
    uint32_t stale_reply_ttl_s;
    uint32_t max_ttl_s; /* as the cache clamps; for data that is answered without being stored */
    const struct delegation *root_hints;
    const struct delegation *const *zones; /* stub and forward zones */
    size_t zone_count;
    const struct addr *own; /* our own listening addresses: never asked (T27) */
    size_t own_count;
    const char *nsid; /* NULL: none */
    enum dnssec_mode dnssec;
    struct dnssec_policy dnssec_policy;
    bool private_root;                        /* the root's anchors are not IANA's */
    bool aggressive;                          /* answer from proofs of other names (RFC 8198) */
    const struct anchors *anchors;            /* not NULL unless DNSSEC_OFF */
    const struct dname_buf *negative_anchors; /* names at and below them are not validated (RFC 7646) */
    size_t negative_anchor_count;
};

/* NULL: out of memory. The rng must outlive the engine. */
struct engine *engine_new(const struct engine_settings *settings, struct cache *cache, struct rng *rng);
/* Jobs under way end without an answer. */
void engine_free(struct engine *e);
/* From now on; jobs under way go on with the new settings and the servers they have copied. The old ones may go. */
void engine_set_settings(struct engine *e, const struct engine_settings *settings);

/* One question sent upstream. */
struct exchange_id {
    uint32_t index, generation;
};

/* The host's own words about a client, copied and handed back. id is unique per client query within the engine's life
 * and names it in EV_GONE; the rest is opaque. */
struct client_ref {
    uint64_t id;
    uint64_t word[11];
};

enum {
    QUERY_TRACE = 1, /* keep a journal */
    QUERY_COLD = 2,  /* walk from the root without reading the cache */
    QUERY_REFRESH =
        8,           /* nobody waits: the set in the cache is fetched anew (prefetch.h); the client is not looked at */
    QUERY_JOIN = 16, /* not to be begun: it joins what is under way, or fails (FAIL_SHARE) */
    QUERY_UNKNOWN = 32, /* the cache has nothing at all for it: this was looked up in this very turn */
    QUERY_PROBE = 4,    /* validate as if there were no negative trust anchors (RFC 7646 section 4); with QUERY_COLD */
};

/* A signature check that the host is to make when it thinks fit, by engine_check_run(), and to give back by EV_CHECKED;
 * or to give up, by engine_check_free(). */
struct engine_check;

enum event_kind { EV_QUERY, EV_REPLY, EV_UNREACHABLE, EV_GONE, EV_CHECKED };
enum unreachable {
    UNREACHABLE_ICMP,   /* port or host unreachable, connection refused */
    UNREACHABLE_CLOSED, /* TCP connection ended before the reply */
    UNREACHABLE_LOCAL,  /* no socket, no route, no permission: not the server's fault */
};

struct event {
    enum event_kind kind;
    struct exchange_id exchange; /* EV_REPLY, EV_UNREACHABLE */
    union {
        struct {
            const struct request
                *request; /* copied; opcode QUERY, class IN, ordinary type: the front end has checked */
            struct client_ref client;
            unsigned flags;
        } query;
        struct {
            const uint8_t *data; /* as received from the server's address on the exchange's own socket; judged here */
            size_t len;
            bool new_connection; /* TCP: this exchange opened the connection (L11) */
        } reply;
        enum unreachable unreachable;
        uint64_t gone;              /* client_ref.id: no answer is wanted, and no action about this client follows */
        struct engine_check *check; /* EV_CHECKED: taken */
    };
};

enum action_kind {
    ACT_SEND,   /* send wire to `to`; a UDP exchange gets a connected socket of its own on a fresh random port */
    ACT_CANCEL, /* the exchange is over: release its socket; later datagrams are nobody's */
    ACT_ANSWER, /* send wire to the client */
    ACT_DROP,   /* the client gets nothing (L24, L26): release it, count it */
    ACT_CHECK,  /* make this check; only after engine_leave_checks() */
};

struct action {
    enum action_kind kind;
    struct exchange_id exchange; /* ACT_SEND, ACT_CANCEL */
    struct addr to;              /* ACT_SEND */
    bool tcp;
    struct client_ref client; /* ACT_ANSWER, ACT_DROP */
    const uint8_t *wire;
    size_t len;
    uint16_t rcode; /* ACT_ANSWER */
    enum failure failure;
    const char *detail; /* of the failure; may be NULL */
    struct dname name;  /* ACT_ANSWER: what was asked, when, and how far the answer is proven */
    uint16_t type;
    enum cache_security security;
    struct addr server; /* asked last; family ADDR_NONE: nobody */
    uint64_t since_us;
    uint32_t cost_us; /* ACT_ANSWER, ACT_DROP: what its resolution cost, and nobody was told yet (cost.h) */
    const struct journal *journal; /* ACT_ANSWER: all that was done, or its end; may be NULL; valid until the next pull
                                      or push */
    struct engine_check *check;    /* ACT_CHECK: the host's now */
};

/* Never blocks, never calls back. NULL: time has passed (call it when engine_deadline() is due). Nothing times out but
 * then: a host that comes late pushes what has arrived first, so that its own delay is not taken for the servers'. */
void engine_push(struct engine *e, const struct event *event, struct now now);
/* Drain until false. */
bool engine_pull(struct engine *e, struct action *out);
/* The earliest moment (now.mono_us) at which engine_push(e, NULL, now) has something to do; UINT64_MAX: none. */
uint64_t engine_deadline(const struct engine *e);

/* From now on signature checks are left to the host (ACT_CHECK); else the engine makes them at once, within the push.
 */
void engine_leave_checks(struct engine *e);
/* On the engine's own thread; does nothing when nobody waits for it any more, or when an equal one was good. */
void engine_check_run(const struct engine *e, struct engine_check *c);
void engine_check_free(struct engine_check *c);

/* Start what keeps the engine warm: priming of the root (RFC 9609). */
void engine_start(struct engine *e, struct now now);

/* What is under way, for the control socket; call on the engine's own thread. */
struct engine_inflight {
    struct dname name;
    uint16_t type;
    const char *state;
    uint32_t age_ms, sends, waiters;
    bool child;         /* serves another job, not a client */
    struct addr server; /* asked last; family ADDR_NONE: none yet */
    struct dname zone;  /* cut asked */
};
typedef void engine_inflight_visit(void *arg, const struct engine_inflight *row);
void engine_inflight(const struct engine *e, struct now now, engine_inflight_visit *visit, void *arg);

/* Resolutions under way for clients, and how many there can be (L25). */
unsigned engine_places(const struct engine *e);
unsigned engine_places_max(void);

/* Gives back the memory that a crowd of resolutions needed and those under way do not. At any time between events. */
void engine_trim(struct engine *e);

/* Counters, written by the engine's thread with relaxed atomic stores, readable by any thread. */
#define ENGINE_COUNTERS(X)                                                                                             \
    X(queries, "client queries taken")                                                                                 \
    X(joined, "client queries that joined a job under way")                                                            \
    X(answers, "answers given")                                                                                        \
    X(drops, "client queries dropped")                                                                                 \
    X(gone, "client queries whose client went away")                                                                   \
    X(failures, "answers that were failures")                                                                          \
    X(jobs, "jobs begun")                                                                                              \
    X(sends_udp, "questions sent over UDP")                                                                            \
    X(sends_tcp, "questions sent over TCP")                                                                            \
    X(replies, "replies accepted")                                                                                     \
    X(ignored, "datagrams that answered nothing asked")                                                                \
    X(near_misses, "replies with a wrong id or question from the right address")                                       \
    X(timeouts, "questions without a reply in time")                                                                   \
    X(unreachable, "questions that could not be delivered")                                                            \
    X(truncated, "replies that were truncated")                                                                        \
    X(lame, "replies from servers that do not serve the zone")                                                         \
    X(broken, "malformed replies")                                                                                     \
    X(referrals, "referrals followed")                                                                                 \
    X(aliases, "aliases followed")                                                                                     \
    X(minimised, "questions that hid a part of the name")                                                              \
    X(no_edns, "questions repeated without EDNS")                                                                      \
    X(scrubbed, "records dropped because they lay out of bailiwick or were not asked for")                             \
    X(secure, "answers proven to be genuine")                                                                          \
    X(insecure, "answers of zones proven to be unsigned")                                                              \
    X(synthesised, "answers made from proofs of other names")                                                          \
    X(prefetches, "sets fetched anew before their end")                                                                \
    X(stale, "answers with expired data")                                                                              \
    X(bogus, "answers that failed validation")                                                                         \
    X(verifies, "signatures checked")                                                                                  \
    X(verify_failures, "signatures that did not match, or whose key was malformed")                                    \
    X(nsec3_hashes, "names hashed for NSEC3, in units of 50 iterations")                                               \
    X(clock_behind, "answers given unvalidated because this host's clock is far behind")                               \
    X(work_limits, "client queries whose validation was given up because it cost too much")                            \
    X(limits, "resolutions ended by a limit")
struct engine_counters {
#define X(name, text) _Atomic uint64_t name;
    ENGINE_COUNTERS(X)
#undef X
};
const struct engine_counters *engine_counters(const struct engine *e);
/* How long servers took to reply; the same rules. */
const struct histogram *engine_rtts(const struct engine *e);

#endif
