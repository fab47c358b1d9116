/*
 * aggressive.h - answers made from proofs that came with other answers (RFC 8198)
 *
 * Where the cache has nothing at a name, the validated spans of its zone (cache/denial.h) may show that the name or the
 * type does not exist, or that a wildcard whose data is cached answers for it. The records that match or cover are put
 * together and judged by the same functions as a server's reply (dnssec/proof.h): what they do not find proven and
 * secure is asked for. So random names below a signed zone cost a question for each span, not for each name (T43).
 *
 * Work: names are hashed from the zone downwards, at most eight for one look, and only while a client query has not
 * used half of what it may hash (T60): the rest is left for validation.
 *
 * Memory: results lie in the arena given. Threads: as cache.h.
 */
#ifndef RAIZ_ENGINE_AGGRESSIVE_H
#define RAIZ_ENGINE_AGGRESSIVE_H

#include "resolver/dnssec/proof.h"
#include "resolver/engine/job.h"
#include "resolver/engine/respond.h"

#define AGGRESSIVE_HASHES_MAX 8 /* names hashed to find the closest encloser */

struct aggressive {
    struct cache *cache;
    struct arena *arena;
    struct dnssec_work *work;
    unsigned least_labels; /* zones with fewer may not speak for the name */
};
/* KNOWN_ALL: *out is the answer, secure. KNOWN_PART: a wildcard alias that leads to *end. */
enum known aggressive_lookup(const struct aggressive *a, struct dname qname, uint16_t qtype, struct now now,
                             struct outcome *out, struct dname_buf *end);

/* The same for a job that validates; the outcome's sets lie in the engine's scratch memory. */
enum known aggressive_try(struct job *j, unsigned least, struct now now, struct outcome *out, struct dname_buf *end);

/* Validated records of a denial are remembered; soa NULL: none came with them. */
void aggressive_learn(struct job *j, const struct proof_set *proofs, const struct rrset *soa, struct now now);
/* So is the wildcard that a validated set was made from: `labels` is its signature's. */
void aggressive_learn_wildcard(struct job *j, const struct rrset *set, uint8_t labels,
                               const struct cache_origin *origin, struct now now);

#endif
