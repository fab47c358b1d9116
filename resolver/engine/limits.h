/*
 * limits.h - policy of the engine: how often, how many, how long
 *
 * Each number has its L-number in the plan of defence, its reason, and where known the CVE or paper that asked for it.
 * All counters live in the budget of the client query's root job and are shared by everything done for it: alias
 * restarts, name server addresses, minimisation, priming, validation (T36: a counter that a restart resets is no
 * limit).
 */
#ifndef RAIZ_ENGINE_LIMITS_H
#define RAIZ_ENGINE_LIMITS_H

#define ENGINE_SENDS_MAX           100          /* L1: upstream questions for one client query (CAMP, CVE-2026-50045) */
#define ENGINE_FETCH_SENDS_MAX     32           /* L2: of these, for one (name, type) */
#define ENGINE_BYTES_MAX           (256 * 1024) /* L3: received for one client query */
#define ENGINE_QUERY_TIME_US       8000000      /* L4: wall time of one client query */
#define ENGINE_SEND_TIME_MAX_US    3000000      /* L4: longest wait for one reply */
#define ENGINE_DEPTH_MAX           7            /* L5: jobs that wait for jobs */
#define ENGINE_TRUST_DEPTH_MAX     48 /* jobs for keys that wait for jobs for keys: two for each zone below the anchor */
#define ENGINE_TRUST_FACTS_MAX     40     /* DS and DNSKEY sets that one job looks up */
#define ENGINE_TRUST_WALK_MAX      16     /* DS questions by which one reply's missing signatures are explained */
/* A trust anchor's own signature that begins so far ahead: this host's clock is behind (T86). Signatures of the root for
 * the next quarters are public before their time, so a shorter span could be feigned. */
#define ENGINE_CLOCK_BEHIND_S      (INT64_C(200) * 24 * 3600)
#define ENGINE_BOGUS_SERVERS_MAX   3      /* servers whose data failed validation, then it is given up */
#define ENGINE_NS_JOBS_MAX         10     /* L7: name server addresses looked up for one client query (NXNSAttack) */
#define ENGINE_NS_FAILED_MAX       5      /* L7: of these, without result */
#define ENGINE_REFERRAL_NS_MAX     100    /* name servers of a referral; with more it is no delegation, but an attack (CVE-2024-1737) */
#define ENGINE_ALIASES_MAX         11     /* L8: CNAME and DNAME links followed (Unchained) */
#define ENGINE_MINIMISE_STEPS_MAX  10     /* L9: RFC 9156 section 2.3 MAX_MINIMISE_COUNT */
#define ENGINE_MINIMISE_ONE_LABEL  4      /* L9: steps of a single label, RFC 9156 MINIMISE_ONE_LAB */
#define ENGINE_MINIMISE_ALIAS_CUT  2      /* servers of zones of so many labels see all of an alias's target */
#define ENGINE_MINIMISE_NO_CUT_MAX 3      /* L9: steps in a row without a referral, then the whole name (T38) */
#define ENGINE_TRIES_PER_SERVER    3      /* L10: RFC 9520 section 3.1 */
#define ENGINE_CONNECTS_MAX        6      /* L11: TCP connections for one client query (CVE-2023-46317) */
#define ENGINE_WAITERS_MAX         100    /* L24: clients that wait for one job; more are dropped */
#define ENGINE_WAITERS_TCP_MAX 10000 /* L24: the same over TCP, which proves addresses */
#define ENGINE_JOBS_MAX            2048   /* L25: client queries under way in one engine */
#define ENGINE_GLUE_TTL_MIN_S      60     /* L31: smallest TTL of glue that shortens its delegation */
#define ENGINE_JOSTLE_US           200000 /* L25: one older than this makes room for a new one */
#define ENGINE_JOBS_TOTAL_MAX      4096 /* with those begun by other jobs: bounds the memory of an engine to some 50 MB */
/* L26 (DNSBomb, CVE-2024-33655): UDP answers older than 1.9 s are sent, since one late answer still helps its client,
 * but not in a burst: what exceeds so many in a window is dropped. */
#define ENGINE_LATE_UDP_US        1900000
#define ENGINE_LATE_WINDOW_US     10000
#define ENGINE_LATE_BURST         32
#define ENGINE_LAME_S             900 /* lame (server, zone) pair is remembered, at most (X8) */
#define ENGINE_REFUSED_S          60 /* a server that refused, for the zone: policies are mended sooner than delegations */
#define ENGINE_SERVFAIL_S         10 /* a server that failed: most often it loads the zone, or one name is bad */
#define ENGINE_BROKEN_S           30 /* a server that sent nonsense */
#define ENGINE_BROKEN_MAX         2  /* malformed replies of one server in one resolution: one may be forged (T11) */
#define ENGINE_TCP_WAIT_US        1500000 /* least wait for a reply over TCP: it takes two round trips */
#define ENGINE_LISTEN_US          3000000 /* how long a question that timed out is still listened for (X12) */
#define ENGINE_PATIENCE_US        400000  /* wait for a name server's address, then look up another beside it */
#define ENGINE_MINIMISED_TIMEOUTS 2 /* of a question that hides labels, then the whole name (RFC 9156 section 2.3) */
#define ENGINE_FORWARD_TRIES      2 /* questions to a lone forwarder that answers with failures (T40, CVE-2026-5950) */
#define ENGINE_ZONE_FAILED_S      5 /* no server of a zone answered: not asked for other names either (T52, X5) */
#define ENGINE_SILENT_TIMEOUTS                                                                                         \
    6 /* in a row, of a server that has answered before, to call it silent: two queries' worth (X1) */
#define ENGINE_UDP_DEAD_TIMEOUTS 2 /* in a row, of a server that never answered over UDP but does over TCP: it is asked so */
#define ENGINE_UDP_PROBE         25 /* one in so many questions to it goes over UDP all the same */
#define ENGINE_ZONE_NO_ADDRESS_S 60       /* many name servers and no address (T31): repeats would load the innocent */
#define ENGINE_FAILED_LIMIT_S    5        /* a query ended by a limit: its own question only */
#define ENGINE_ZONE_JOBS_MAX     1024     /* jobs that wait for one zone (T43): half of the places are left to others */
/* silence.h: questions in vain, one after the other and over so long, until it is asked whether anybody answers, ... */
#define ENGINE_SILENCE_SENDS       8
#define ENGINE_SILENCE_US          3000000
#define ENGINE_SILENCE_PROBE_US    1000000  /* ... how long after that was in vain as well it is asked again, */
#define ENGINE_SILENCE_PATIENCE_US 60000000 /* ... for how long after the last client's query, */
#define ENGINE_DEAF_TIME_US        1500000  /* ... and wall time of one client query meanwhile (L4) */
#define ENGINE_REFRESHES_MAX       256      /* T49: jobs at a time that fetch ahead of time; an eighth of L25 */
#define ENGINE_PRIME_RETRY_US    10000000 /* after priming failed */
#define ENGINE_EDNS_PROBE        64       /* one in so many questions to a server that knows no EDNS tries it again */
#define ENGINE_JOB_BYTES_MAX     (1024 * 1024) /* arena of one job: four times L3 */
#define ENGINE_STEPS_MAX         2000 /* states run by one job; never met by honest data, stops what was not foreseen */

#endif
