/*
 * finding.h - what one reply, or the cache, says of a job's question, and how far it is proven
 *
 * A reply that serves becomes a finding (scrub.h: what may be believed); where validation is on, ST_VALIDATE gives each
 * part of it a security; then it is stored and joins the outcome (conclude.c). Without validation it never waits and
 * lives on the stack.
 *
 * Memory: sets lie in the job's arena; a finding that is validated lies there too.
 */
#ifndef RAIZ_ENGINE_FINDING_H
#define RAIZ_ENGINE_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"
#include "resolver/engine/classify.h"
#include "resolver/engine/job.h"
#include "resolver/engine/scrub.h"

enum proof_state { PROOF_UNTRIED, PROOF_VALID, PROOF_REJECTED };

struct finding {
    enum reply_kind kind;
    struct scrubbed s;
    struct cache_origin origin; /* of the parts, but for their security */
    struct dname zone;          /* cut whose server was asked */
    uint8_t server;             /* number in the job's servers */
    bool forwarded;             /* said by a forwarder, of any zone */
    bool cached;                /* read from the cache */
    uint64_t since_us;          /* its TTLs count from here */
    bool expanded;              /* a set of the chain was made from a wildcard: the proofs belong to the answer */

    unsigned at;     /* sets of the chain checked so far */
    unsigned walked; /* DS questions asked to explain missing signatures */
    enum cache_security chain_security[SCRUB_CHAIN_MAX];
    enum cache_security negative_security;
    uint8_t proof_state[SCRUB_PROOFS_MAX];
    int ede; /* of an insecure part; DNS_EDE_NONE */
    const char *ede_text;
};

/* Stores it and adds it to the outcome: FINISH, or CHASE after an alias (conclude.c). */
enum job_state conclude(struct job *j, const struct finding *f, struct now now);

/* Does the set show by its signatures that it was made from a wildcard (RFC 4035 section 5.3.4)? */
bool finding_expanded(const struct rrset *set);

/* Drops the proofs that were not found valid. */
void finding_keep_valid(struct finding *f);

#endif
