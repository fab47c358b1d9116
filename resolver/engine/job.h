/*
 * job.h - one goal under way: a name and a type, who waits for it, and what it may spend
 *
 * A job is found in the table of jobs by (name, type, flags), so that equal questions share it (T4). Clients wait for
 * it (struct waiter), and jobs that need a name server's address (struct link). Everything that is done for one client
 * query draws on one struct budget, made with the query's own job and inherited by the jobs it starts, so no restart
 * and no detour resets a counter (T35, T36).
 *
 *     client --waiter--> job www.example. A  --link (address of ns.example.net.)--> job ns.example.net. A --link--> ...
 *                         budget <------------------------ shared ------------------------/
 *
 * A job that two queries need keeps the budget of the query that began it. Should that budget run out, the other query
 * begins the job anew on its own (children.c, finish.c), so nobody fails for what somebody else spent.
 *
 * Memory: jobs come from the engine's pool; two arenas, one for what lasts as long as the job (names, the chain of
 * answers), one for the zone cut that is asked at the moment. Both are released with the job.
 */
#ifndef RAIZ_ENGINE_JOB_H
#define RAIZ_ENGINE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/arena.h"
#include "dns/name.h"
#include "dns/now.h"
#include "resolver/dnssec/later.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/minimise.h"
#include "resolver/engine/respond.h"
#include "resolver/engine/servers.h"

#define JOB_STATES(X)                                                                                                  \
    X(POLICY, "policy")                                                                                                \
    X(CACHE, "cache")                                                                                                  \
    X(CUT, "cut")                                                                                                      \
    X(TARGET, "target")                                                                                                \
    X(ASK, "ask")                                                                                                      \
    X(WAIT_REPLY, "wait-reply")                                                                                        \
    X(REPLY, "reply")                                                                                                  \
    X(VALIDATE, "validate")                                                                                            \
    X(CHASE, "chase")                                                                                                  \
    X(WAIT_JOBS, "wait-jobs")                                                                                          \
    X(WAIT_CHECK, "wait-check")                                                                                        \
    X(FINISH, "finish")                                                                                                \
    X(GONE, "gone")
enum job_state {
#define X(name, text) ST_##name,
    JOB_STATES(X)
#undef X
};

/* What sets jobs of the same question apart. */
enum {
    JOB_CD = 1,       /* asked with checking disabled */
    JOB_TRACE = 2,    /* writes a journal: never shared, so that the journal tells all */
    JOB_COLD = 4,     /* does not read the cache */
    JOB_PRIME = 8,    /* the root's own servers (RFC 9609) */
    JOB_PROBE = 16,   /* as if there were no negative trust anchors */
    JOB_REFRESH = 64, /* does not read of the cache what it is to fetch (prefetch.h) */
    JOB_LISTEN = 32,  /* does anybody answer? (silence.h) */
};

struct budget {
    unsigned refs;
    uint64_t deadline_us;
    uint32_t sends, bytes;
    uint32_t ns_jobs, ns_failed, connects;
    uint32_t charged_us; /* of what it cost (cost.h) */
    struct dnssec_work work;
    struct journal *journal; /* of the query's own job, NULL when that job is over or was not traced */
};

/* A node of the queue of actions; lies in what the action is about, so that queueing cannot fail. */
struct act {
    struct act *next;
    enum action_kind kind;
};

struct job;

/* A client's query that waits. Allocated with as much of the request's name as it has. */
struct waiter {
    struct act act;
    struct waiter *next;    /* of the same job */
    struct waiter *id_next; /* in the table by client id */
    struct job *job;        /* NULL: dropped without one */
    struct client_ref client;
    uint64_t since_us;
    const struct outcome *outcome; /* the answer, if it is not the job's own */
    bool queued;                   /* its answer is, or that there is none */
    bool gone;              /* the client left while its answer was queued */
    bool spare;             /* one of the engine's own, for when memory is short */
    struct request request; /* last */
};

/* `parent` waits for `child`, which looks up the address of name server number ns of the parent's cut, or, if trust is
 * set, a DS or DNSKEY; if that is only ahead, the parent goes on meanwhile. */
struct link {
    struct job *parent, *child;
    struct link *of_parent, *of_child;
    uint8_t ns;
    bool trust, ahead;
};

/* What this resolution learnt of a server of the present cut. */
struct server_note {
    uint8_t timeouts; /* in this resolution */
    uint8_t broken;   /* malformed replies */
    bool tcp;         /* ask over TCP: truncated, or somebody guesses ids */
    bool no_edns;     /* ask without EDNS */
    bool no_tcp;      /* did not answer over TCP (ANY may go over UDP then) */
    bool guess;       /* the last question went over TCP to find out whether it hears that (send.c) */
};

#define JOB_FIRST_BYTES     3072
#define JOB_CUT_FIRST_BYTES 2560 /* 2,048 for the servers; 97 of 100 delegations find room behind them */

/* Of clients that could have expired data (stale.h). */
enum patience {
    PATIENCE_LASTS,
    PATIENCE_OVER,    /* they got it; who asks now gets it at once */
    PATIENCE_IN_VAIN, /* there is none: they wait on */
};

struct job {
    struct engine *engine;
    struct job *bucket_next; /* table */
    struct job *prev, *next; /* engine's list, oldest first */
    struct job *ready_next;
    struct job *walk_next; /* cycle check */
    uint64_t walk_mark;
    uint64_t hash;
    size_t heap_at; /* deadlines; SIZE_MAX: not there */
    uint64_t due_us;
    uint64_t born_us;

    enum job_state state;
    bool ready, registered;
    uint8_t flags, depth, trust_depth;
    unsigned steps;

    struct dname goal;  /* in arena, case as first asked */
    struct dname qname; /* goal, or where its aliases led so far */
    uint16_t qtype;
    uint8_t aliases; /* links followed */

    struct servers servers; /* of the present cut; servers.cut NULL: none */
    struct server_note note[SERVERS_ADDRS_MAX];
    struct minimise minimise;
    uint8_t shown; /* labels the question shows; SHOWN_NONE: to be decided */
    uint8_t minimised_timeouts;
    bool minimised_ns;    /* shortened questions ask for NS: a server stumbled over A */
    struct pick pick;     /* server to ask */
    unsigned sends;       /* in all */
    unsigned fetch_sends; /* for the present name (L2) */
    unsigned cut_sends, cut_local_errors;
    unsigned cut_ns_jobs, cut_ns_failed; /* addresses of this cut's name servers looked up, and of these in vain */
    bool cut_heard;                      /* a server of this cut has answered */
    uint64_t cut_since_us;
    uint16_t crowd;        /* who else waits for this zone; CROWD_NONE: not counted */
    uint64_t cut_until_us; /* when the delegation to this cut ends; UINT64_MAX: never */
    enum failure limit;    /* a limit met at this cut, should nothing else help */
    uint8_t forward_failures;
    bool skip_forward; /* the forwarders failed: walk from the root (`first`) */
    bool tried_hints;  /* the primed root failed: its hints were taken */
    bool tainted;      /* a child failed for reasons of this moment: the failure says nothing of the name */
    bool stored;       /* all of the outcome is in the cache */
    bool recalled;     /* the failure is one that the cache remembers: that does not prolong its time (T87) */
    enum patience patience;
    struct outcome *stale; /* what was given; in arena */

    struct dnssec_work spent;  /* of the budget, when its validation began */
    struct dnssec_later later; /* checks that were left to the host, */
    struct engine_check *check; /* and the one that it has; NULL: none */
    struct finding *finding;   /* being validated; in arena; NULL: none */
    struct trust_cut *cuts;    /* cuts that a proof was read for; in arena */
    struct trust_fact *facts;  /* DS and DNSKEY sets that children found; in arena */
    unsigned fact_count;
    uint8_t bogus_servers;     /* gave data that failed validation */
    bool unknown;              /* the cache has just been looked up for it, and has nothing */
    bool distrust;             /* what the cache holds unchecked of qname failed validation: ask for it */
    enum failure bogus;        /* what to say if no other server does better; FAIL_NONE: nothing yet */
    const char *bogus_text;

    struct exchange *exchange[2]; /* open; a timed-out one still listens while a second is asked (X12) */
    struct exchange *heard;       /* ST_REPLY: where the reply came in, */
    const uint8_t *reply;         /* and the reply, valid during this push */
    size_t reply_len;
    uint64_t wait_until_us; /* WAIT_JOBS: patience with the children; WAIT_REPLY: how long to listen still; 0: none */

    struct budget *budget;
    struct waiter *first_waiter, *last_waiter;
    unsigned waiters;
    struct link *children, *parents;
    unsigned answers_queued;
    struct journal *journal; /* own, of a traced query */
    struct addr last_server;

    struct outcome outcome;
    struct arena arena, cut_arena;
    char first[JOB_FIRST_BYTES];
    char cut_first[JOB_CUT_FIRST_BYTES];
};

#define SHOWN_NONE 255

/* The job under way with this goal, or NULL. */
struct job *job_find(struct engine *e, struct dname name, uint16_t type, uint8_t flags);
/* A new job, ready to run. `budget`: inherited, or NULL for one of its own. NULL: out of memory, or too many jobs. */
struct job *job_new(struct engine *e, struct dname name, uint16_t type, uint8_t flags, struct budget *budget,
                    uint8_t depth, struct now now);
/* Takes it out of table, lists and deadlines; waiters and answers stay. */
void job_unregister(struct job *j);
/* A waiter has gone: if nobody else waits, the job is the first to make room when places are short (T111). */
void job_abandon(struct job *j);
/* Back to the pool. No answer of it is queued any more. */
void job_recycle(struct job *j);
void job_free_pool(struct engine *e);

void job_ready(struct job *j);
/* Ends the resolution with a failure: returns ST_FINISH. */
enum job_state job_fail(struct job *j, enum failure why);
/* It failed for want of what the query that began it had spent: another may do better. */
bool job_is_poor(const struct job *j);
bool job_add_waiter(struct job *j, struct waiter *w);

/* A copy of the name in the job's arena; false: out of memory. */
bool job_keep_name(struct job *j, struct dname n, struct dname *out);
/* Adds a set to the outcome's answer or authority; sets stay where they are. False: no room. */
bool job_add_answer(struct job *j, const struct rrset *set, uint32_t ttl_s);
bool job_add_authority(struct job *j, const struct rrset *set, uint32_t ttl_s);
/* Links of the chain so far: a DNAME counts by the CNAME made from it. */
unsigned job_links(const struct job *j);
/* Takes over rcode, sets (copied into the job's arena) and failure of an outcome that the cache gave. */
bool job_take_outcome(struct job *j, const struct outcome *o, bool append);

const char *job_state_text(enum job_state s);

static inline bool job_is_child(const struct job *j)
{
    return j->depth > 0;
}

static inline bool job_is_cold(const struct job *j)
{
    return (j->flags & JOB_COLD) != 0;
}

/* Its failures are its own, and are not remembered for others. */
static inline bool job_is_probe(const struct job *j)
{
    return (j->flags & JOB_PROBE) != 0;
}

/* Its answer is to be validated. */
static inline bool job_validates(const struct job *j, const struct engine_settings *set)
{
    return set->dnssec != DNSSEC_OFF && (j->flags & (JOB_CD | JOB_PRIME)) == 0;
}

#endif
