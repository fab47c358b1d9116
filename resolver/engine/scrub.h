/*
 * scrub.h - what of a reply may be believed
 *
 * The same rules on every rcode (T12-T18): only owners at or below the zone that was asked; of the answer only the chain
 * from the question through its CNAMEs and DNAMEs to its end (its first alias only, where a stranger could have forged the
 * rest: see chain.h); of the authority only the SOA of a negative answer (with its
 * proof) or the NS of a referral; of the additional section only addresses for the NS of that referral, into the delegation
 * and nowhere else. A CNAME that follows from a DNAME is made here, never taken (T17). The rest is dropped and counted.
 *
 * Memory: the result lives in the arena given. Threads: pure.
 */
#ifndef RAIZ_ENGINE_SCRUB_H
#define RAIZ_ENGINE_SCRUB_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/arena.h"
#include "dns/delegation.h"
#include "dns/msg.h"
#include "dns/rrset.h"
#include "resolver/engine/ask.h"
#include "resolver/engine/classify.h"
#include "resolver/engine/limits.h"

#define SCRUB_CHAIN_MAX (2 * (ENGINE_ALIASES_MAX + 1) + 1)
static_assert(SCRUB_CHAIN_MAX <= 32, "struct scrubbed has a bit for each link");
#define SCRUB_PROOFS_MAX 12 /* L17: eight NSEC3, and some NSEC */

struct scrubbed {
    enum cache_rank rank;            /* of the chain: AUTH_ANSWER with AA, else NONAUTH_ANSWER */
    unsigned chain_count;
    struct rrset *chain[SCRUB_CHAIN_MAX]; /* in order: CNAME, or DNAME and the CNAME made from it, ... then the data asked for */
    uint32_t made;                   /* bit i: chain[i] is a CNAME made here from the DNAME before it; cached like any */
    bool chain_complete;             /* the last set answers the type asked for */
    struct dname end;                /* name at which the chain ends (qname without aliases); in arena */
    struct rrset *soa;               /* of a negative answer; NULL if none or out of bailiwick */
    struct rrset *proof[SCRUB_PROOFS_MAX]; /* NSEC, NSEC3 sets of the authority section: of a denial, a wildcard, a missing DS */
    unsigned proof_count;
    uint32_t negative_ttl_s;         /* min(SOA TTL, MINIMUM), RFC 2308 section 5; 0 without SOA */
    struct delegation *cut;          /* of a referral */
    unsigned ns_records;             /* that it had; the cut has 13 at most */
    struct rrset *ds;                /* of a referral, when signed */
    unsigned dropped;                /* records not believed */
};

/* DNS_OK, or the codec's limit or memory error. ANY: chain holds every set at the name. */
enum dns_err scrub(const struct dns_msg *msg, const struct ask *ask, enum reply_kind kind, enum asked_as as,
                   struct arena *arena, struct scrubbed *out);

/* The root's own answer to a priming question (RFC 9609): NS of "." with their addresses from the additional section.
 * NULL: not a usable answer. */
struct delegation *scrub_priming(const struct dns_msg *msg, struct arena *arena);

#endif
