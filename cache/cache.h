/*
 * cache.h - what was learnt, until its TTL ends
 *
 * One cache for all workers. An entry is an immutable piece of memory under a key (kind, name without case, type); a
 * newer one takes its place by one pointer store. Readers take no lock and write nothing shared; writers lock one
 * shard.
 *
 *     kind         key           holds
 *     RRSET        name, type    an RRset with its trust and origin, or the proof that it does not exist (NODATA)
 *     NXDOMAIN     name          the name and all below do not exist (RFC 2308, RFC 8020)
 *     DELEGATION   zone          its servers and their glue, as the parent gave them
 *     FAILURE      name, type    a resolution that failed, until when not to try again (RFC 9520)
 *
 * (infra.h keeps what is known of servers, and denial.h the validated spans of names that do not exist, both under the
 * same bound.)
 *
 * Memory: all but denial.h's share is mapped at the start and filled as needed; nothing is malloc'ed afterwards, and it
 * never grows beyond the bound (table.h tells how). When full, entries that were not asked for lately go (log.c).
 * A `const` pointer from a lookup stays valid until the calling thread's next cache_quiescent(); copy what must live
 * longer. Memory of retired entries is used again after a grace period of liburcu (qsbr).
 *
 * Threads: every thread that calls anything here registers first (cache_thread_begin) and reports quiescent states, at
 * least once per turn of its loop; before blocking for long it goes offline. A thread that does not holds up the reuse
 * of memory, and puts end in CACHE_NO_MEMORY.
 *
 * TTL: clamped to the configured range when stored; an entry is not returned after its end. Data with TTL 0 is not
 * stored (the engine passes it to who asked). Exact to an eighth of a second.
 *
 * Owner names are stored in lower case: with 0x20 the case received is the one we made up, and an answer shows the case
 * of its question.
 *
 * What replaces what: unexpired data gives way to data of the same or a higher rank only (RFC 2181 section 5.4.1), and
 * data that was validated only to validated data (T73). NODATA and data of the same name and type are one entry.
 * Where ended data is kept (cache_keep_ended), what has not been validated does not even take the place of ended data
 * that was, which serves those who find nothing better (RFC 8767, T73): it stands aside of it, found until it ends like
 * any other, and goes when validated data comes.
 * A delegation gives way to the parent's newer word always, and to nothing else; an NS RRset at a cut does not outlive
 * the delegation there, so a child cannot prolong its own life (T20). Positive data and NODATA remove an NXDOMAIN at
 * their name or above it, up to the zone asked, under the same rule of ranks; NXDOMAIN removes nothing, and a CNAME
 * leaves other types alone: who asks decides by the order of its lookups.
 */
#ifndef RAIZ_CACHE_CACHE_H
#define RAIZ_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/delegation.h"
#include "dns/name.h"
#include "dns/now.h"
#include "dns/rrset.h"
#include "dns/siphash.h"

struct cache;

/* Other bounds of TTLs for the names of a zone; the closest one counts. */
struct cache_clamp {
    struct dname_buf zone;
    uint32_t min_ttl_s, max_ttl_s; /* max UINT32_MAX: as the cache's */
};

struct cache_config {
    size_t size_bytes;               /* bound for everything, at least 1 MiB */
    uint32_t min_ttl_s;              /* default 0 */
    uint32_t max_ttl_s;              /* L31: 86400 */
    uint32_t max_negative_ttl_s;     /* L31: 3600 */
    const struct cache_clamp *clamp; /* copied; may be NULL */
    size_t clamp_count;
    uint8_t hash_key[SIPHASH_KEY_SIZE]; /* drawn at start (T98) */
};

/* NULL: out of memory. Call it at the start: liburcu's helper thread begins here, and has no way to fail but to abort.
 */
struct cache *cache_new(const struct cache_config *config);
void cache_free(struct cache *c); /* no thread may use it any more */
uint32_t cache_max_negative_ttl(const struct cache *c);

void cache_thread_begin(void);
void cache_thread_end(void);
void cache_quiescent(void); /* all pointers from lookups are void from here on */
void cache_offline(void);   /* about to block; same effect on pointers */
void cache_online(void);

/* Trust, RFC 2181 section 5.4.1, lowest first. Unexpired data is replaced by data of the same or a higher rank only. */
#define CACHE_RANKS(X)                                                                                                 \
    X(ADDITIONAL, "additional data")                                                                                   \
    X(NONAUTH_AUTHORITY, "authority section, not authoritative")                                                       \
    X(NONAUTH_ANSWER, "answer, not authoritative")                                                                     \
    X(AUTH_AUTHORITY, "authority section of an authoritative answer")                                                  \
    X(AUTH_ANSWER, "authoritative answer")
enum cache_rank {
#define X(name, text) RANK_##name,
    CACHE_RANKS(X)
#undef X
};
const char *cache_rank_text(enum cache_rank rank);

/* What validation said (RFC 4035 section 4.3). UNCHECKED: not validated (yet). */
enum cache_security { SEC_UNCHECKED, SEC_INSECURE, SEC_SECURE, SEC_BOGUS };

/* Where an entry comes from. */
struct cache_origin {
    enum cache_rank rank;
    enum cache_security security;
    struct addr server;  /* who sent it; family ADDR_NONE: not from a server */
    uint8_t zone_labels; /* labels of the zone cut whose server was asked: the owner's last labels */
};

enum cache_kind { CACHE_RRSET, CACHE_NXDOMAIN, CACHE_DELEGATION, CACHE_FAILURE };

#define CACHE_PROOFS_MAX 12

/* A found entry. Exactly one of rrset, delegation is set for kinds RRSET (positive) and DELEGATION; a negative entry
 * has `soa` (may be NULL when the server sent none). `proof` are further sets (NSEC, NSEC3) for DNSSEC: of a negative
 * entry, or that an RRset made from a wildcard hides nothing. */
struct cache_hit {
    enum cache_kind kind;
    bool negative;           /* NODATA (kind RRSET) or NXDOMAIN */
    uint32_t ttl_s;          /* left, rounded up, >= 1 */
    uint32_t original_ttl_s; /* as stored, after the clamp */
    const struct rrset *rrset;
    const struct rrset *soa;
    const struct delegation *delegation;
    struct cache_origin origin;
    uint16_t failure;       /* kind FAILURE: enum failure of the engine */
    uint8_t failure_count;  /* how often in a row: backoff */
    uint32_t failure_began; /* kind FAILURE, else not set: eighths of a second */
    struct dname name;      /* key, lower case */
    uint16_t type;
    uint8_t proof_count;
    const struct rrset *proof[CACHE_PROOFS_MAX]; /* last: the first proof_count are set */
};

/* A name with its keyed hash, the larger part of a lookup's cost, for who looks for more than one thing of a name. */
/* False: no DNAME was ever stored, so none needs to be looked for above a name. */
bool cache_has_dname(const struct cache *c);

struct cache_name {
    struct dname name;
    uint64_t hash;
};
struct cache_name cache_name_of(const struct cache *c, struct dname name);
/* It is about to be looked for, as a set of this type: what lies where it would be comes into the processor's cache
 * meanwhile, in two steps with other work between them. A place is void with the next quiescent state. */
struct cache_place {
    const void *line;
    uint64_t hash;
};
void cache_expect(const struct cache *c, uint64_t name_hash, uint16_t type, struct cache_place *out);
void cache_expect_set(const struct cache *c, const struct cache_place *at);
/* One probe. False: nothing, or expired. type is 0 for NXDOMAIN and DELEGATION. */
bool cache_find(struct cache *c, const struct cache_name *name, enum cache_kind kind, uint16_t type, struct now now,
                struct cache_hit *out);

/* A probe for kind FAILURE, which minds cache_forgive(). */
bool cache_find_failure(struct cache *c, const struct cache_name *name, uint16_t type, struct now now,
                        struct cache_hit *out);
/* Data and denials (RRSET, NXDOMAIN) are kept for so long after their end, unless memory is short and nobody asks for
 * them; 0, as at the start: they are as good as gone. Any thread, at any time. */
void cache_keep_ended(struct cache *c, uint32_t max_s);
/* A probe that finds what has ended, too, if it may be kept still: its ttl_s is 0. *age_s: since it was stored. */
bool cache_find_ended(struct cache *c, const struct cache_name *name, enum cache_kind kind, uint16_t type,
                      struct now now, struct cache_hit *out, uint32_t *age_s);

/* Marks the RRset of name and type as being fetched anew. False: it is marked already, or not there. claim false: takes
 * the mark away. It goes with the entry when another takes its place. */
bool cache_claim(struct cache *c, struct dname name, uint16_t type, bool claim);

/* The same with everything in one call. */
bool cache_get(struct cache *c, struct dname name, uint16_t type, struct now now, struct cache_hit *out);
bool cache_get_nxdomain(struct cache *c, struct dname name, struct now now, struct cache_hit *out);
/* The NXDOMAIN of the name or its nearest ancestor below `stop` (RFC 8020). */
bool cache_get_nxdomain_above(struct cache *c, struct dname name, struct dname stop, struct now now,
                              struct cache_hit *out);
/* The deepest delegation at or above `name` (strictly above if `above`, as DS questions need). */
bool cache_get_delegation(struct cache *c, struct dname name, bool above, struct now now, struct cache_hit *out);
/* An entry of kind FAILURE is returned for as long as the backoff lasts; failure_count and the end of the last one are
 * remembered as long again, and no less than CACHE_FAILURE_MEMORY_S, so that the next failure backs off further: when
 * servers are silent that one takes a query's whole time to come about. */
bool cache_get_failure(struct cache *c, struct dname name, uint16_t type, struct now now, struct cache_hit *out);

#define CACHE_BOGUS_MAX_S      60 /* L31: TTL of what failed validation (T87) */
#define CACHE_DELEGATION_MIN_S 60 /* L31 */
#define CACHE_FAILURE_MIN_S    5  /* L31, RFC 9520 section 3.2 */
#define CACHE_FAILURE_MAX_S    300
#define CACHE_FAILURE_MEMORY_S 20
#define CACHE_FAILURE_STALE_S                                                                                          \
    30 /* in place of CACHE_FAILURE_MAX_S when data is kept beyond its end: RFC 8767 section 5 */

/* What became of a put. */
enum cache_put {
    CACHE_STORED,
    CACHE_KEPT_OLD,   /* better data is there */
    CACHE_TOO_BIG,    /* L19, or does not fit a segment: 64 KiB, 32 KiB in caches of less than 8 MiB */
    CACHE_NOT_STORED, /* TTL 0, or expired already */
    CACHE_NO_MEMORY
};
enum cache_put cache_put_rrset(struct cache *c, const struct rrset *set, const struct cache_origin *o, struct now now);
/* An RRset that was made from a wildcard, with what shows that no closer name exists (RFC 4035 section 3.1.3.3). */
enum cache_put cache_put_rrset_proven(struct cache *c, const struct rrset *set, const struct rrset *const *proof,
                                      unsigned proof_count, const struct cache_origin *o, struct now now);
/* soa may be NULL; ttl_s is min(SOA TTL, MINIMUM) as the caller computed it (RFC 2308 section 5); clamped here. */
enum cache_put cache_put_nodata(struct cache *c, struct dname name, uint16_t type, uint32_t ttl_s,
                                const struct rrset *soa, const struct rrset *const *proof, unsigned proof_count,
                                const struct cache_origin *o, struct now now);
enum cache_put cache_put_nxdomain(struct cache *c, struct dname name, uint32_t ttl_s, const struct rrset *soa,
                                  const struct rrset *const *proof, unsigned proof_count, const struct cache_origin *o,
                                  struct now now);
/* Replaces what is there: the parent has spoken anew. Kept for CACHE_DELEGATION_MIN_S at least (L31). */
enum cache_put cache_put_delegation(struct cache *c, const struct delegation *d, const struct cache_origin *o,
                                    struct now now);
/* RFC 9520: 5 s, doubled with each failure in a row, at most 300 s (L31); first_s overrides the 5 s when not 0. Returns
 * the seconds that it will last. */
uint32_t cache_put_failure(struct cache *c, struct dname name, uint16_t type, uint16_t failure, uint32_t first_s,
                           struct now now);
/* The same for what failed validation: at most CACHE_BOGUS_MAX_S (T87). */
uint32_t cache_put_bogus(struct cache *c, struct dname name, uint16_t type, uint16_t failure, struct now now);
void cache_clear_failure(struct cache *c, struct dname name, uint16_t type);
/* All failures until now are void: the network was down, and is back. The backoff goes on counting. */
void cache_forgive(struct cache *c, struct now now);

/* Flush. Return the number of entries taken out. type 0: everything of the name; else the RRset or NODATA of this type,
 * its failure, the name's NXDOMAIN, which denies this type as well, and for NS the delegation. `tree`: the name and
 * everything below. With either go, uncounted, the spans that could deny the name (denial_forget). `tree` goes through
 * the whole cache, and the calling thread's pointers from lookups are void afterwards. */
size_t cache_flush(struct cache *c, struct dname name, uint16_t type);
size_t cache_flush_tree(struct cache *c, struct dname name);

/* The tree in slices, each of about `slots` places of the table: what was there at the beginning is gone at the end,
 * and until then some of it is found. The name's own entries, the delegation among them, go first, so that what is
 * learnt meanwhile comes from the servers that the parent names. */
struct cache_flushing {
    struct dname_buf one;
    const struct dname_buf *many; /* instead of it, if not NULL: borrowed, and in order (cache_flush_order) */
    size_t count;
    enum { FLUSHING_OWN, FLUSHING_SPANS, FLUSHING_TABLE } stage;
    uint64_t cursor;
    size_t flushed;
};
void cache_flush_begin(struct cache *c, struct dname name, struct cache_flushing *f);
bool cache_flush_more(struct cache *c, struct cache_flushing *f, size_t slots); /* false: that was all */

/* The same for many trees in one pass. They are put in order first, and those that lie in another one taken out;
 * returns how many are left. */
size_t cache_flush_order(struct dname_buf *names, size_t n);
void cache_flush_begin_many(const struct dname_buf *names, size_t n, struct cache_flushing *f);

/* Walk over all live entries in no order, in slices, without a lock: start with cursor 0, call until it returns 0. Each
 * call visits at most `slots` places of the table. Entries that stay for the whole walk are seen exactly once. The hit
 * is valid during the callback only. */
typedef void cache_visit(void *arg, const struct cache_hit *hit);
uint64_t cache_walk(struct cache *c, uint64_t cursor, size_t slots, struct now now, cache_visit *visit, void *arg);
/* All entries of one name, every kind. */
void cache_visit_name(struct cache *c, struct dname name, struct now now, cache_visit *visit, void *arg);

struct cache_stats {
    uint64_t entries[4]; /* by enum cache_kind */
    uint64_t spans;      /* of names that do not exist (denial.h) */
    uint64_t bytes, bytes_max;
    uint64_t inserted, replaced, expired, evicted, flushed, kept_old, no_memory;
};
void cache_stats(struct cache *c, struct cache_stats *out);
/* Recounts everything by walking, for tests: true if the counters agree (T100). No writer may be at work. */
bool cache_check(struct cache *c);
/* Waits until the memory of all retired entries can be used again, for tests that do not run in real time. The calling
 * thread's pointers from lookups are void afterwards. */
void cache_settle(struct cache *c);

#endif
