/*
 * denial.h - validated proofs of what does not exist, for names that nobody has asked for (RFC 8198)
 *
 * An NSEC or NSEC3 record says of a whole span of names that there are none. Those that were validated as parts of
 * answers are kept here, zone by zone in the order of their owners, each with its signatures, and the zone's SOA once.
 * What they prove together is said elsewhere (resolver/engine/aggressive.h); here are the records that match or cover
 * a name.
 *
 * What comes in has been validated by the caller (T72), under the keys of the zone that is named, by itself and not as
 * a neighbour of what was (T71). What does not belong is refused all the same: owner or next name outside the zone
 * (T64, T65), unknown hashes and flags, more than 50 iterations or 64 octets of salt (T60), sets out of proportion
 * (T101). Nor is kept what would not help: opt-out spans, which leave out names that exist, and spans made so narrow
 * that no other name is in them (RFC 4470, RFC 7129 appendix B, RFC 9824).
 *
 * A zone has one chain: NSEC, or NSEC3 with one set of parameters. A record of another chain ends the old one (T61,
 * T101). The spans of a chain never overlap: the newer word removes what contradicts it.
 *
 * TTL: of the set as the caller cut it (signatures, RFC 4035 section 5.3.3), at most that of the SOA, if known, and its
 * MINIMUM (RFC 9077) and the cache's own limit for negative answers.
 *
 * Memory: malloc'ed, within a sixteenth of the cache's bound (at most 256 MiB), and half of that for one zone. When it
 * is full the oldest spans go that were not used since they were last looked at; a zone that has its half gives up the
 * span beside the new one.
 *
 * Threads: one lock for readers and writers over all. It is taken where the cache has no answer and a question is about
 * to be sent, and a reader holds it for one search and one copy; so results are the caller's own.
 */
#ifndef RAIZ_CACHE_DENIAL_H
#define RAIZ_CACHE_DENIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/arena.h"
#include "dns/nsec.h"

#define DENIAL_ITERATIONS_MAX 50 /* L16 */
#define DENIAL_SALT_MAX       64
#define DENIAL_SET_BYTES_MAX  4096

/* One record and its signatures, secure, of the zone that signed it; `soa`: the zone's, secure, or NULL to go by the
 * one that came before, if any did: with the proof of a wildcard none comes, and it denies nothing by itself. */
enum cache_put denial_put(struct cache *c, struct dname zone, const struct rrset *set, const struct rrset *soa,
                          struct now now);

/* A zone of which spans are known. */
struct denial_zone {
    struct dname_buf name;
    bool nsec3;
    uint8_t salt_len;
    uint16_t iterations;
    uint8_t salt[DENIAL_SALT_MAX];
};
/* The deepest one at or above `name` (strictly above if `above`, as DS questions need). */
bool denial_zone_of(struct cache *c, struct dname name, bool above, struct denial_zone *out);
/* The hash of a name in a zone with NSEC3. False: SHA-1 is not to be had. */
bool denial_hash(const struct denial_zone *z, struct dname name, uint8_t out[static NSEC3_HASH_SIZE]);

struct denial_span {
    const struct rrset *set; /* copied to the arena */
    uint32_t ttl_s;          /* left, >= 1 */
    bool match;              /* the name is its owner; else it lies within the span */
};
/* The record that matches or covers `name` (by its hash in a zone with NSEC3). False: none is known, or no memory. */
bool denial_find(struct cache *c, const struct denial_zone *z, struct dname name, struct now now, struct arena *arena,
                 struct denial_span *out);
bool denial_find_hash(struct cache *c, const struct denial_zone *z, const uint8_t hash[static NSEC3_HASH_SIZE],
                      struct now now, struct arena *arena, struct denial_span *out);
/* The zone's SOA; `match` is true. False: not known. */
bool denial_soa(struct cache *c, const struct denial_zone *z, struct now now, struct arena *arena,
                struct denial_span *out);

/* All spans that could deny the name or a type of it: those of its zone and of the zone above. Returns how many.
 * `tree`: also of all zones below, uncounted. */
size_t denial_forget(struct cache *c, struct dname name, bool tree);
/* Those of all zones that are doomed, in slices: looks at `count` buckets from this one on (0 begins), and returns
 * where to go on, or 0. */
typedef bool denial_doomed(void *arg, struct dname zone);
size_t denial_forget_zones(struct cache *c, denial_doomed *doomed, void *arg, size_t bucket, size_t count);

/* For the other files of this folder. */
struct denial;
struct denial *denial_new(size_t bytes);
void denial_free(struct denial *d);
void denial_stats(struct denial *d, uint64_t *spans, uint64_t *bytes);
bool denial_check(struct denial *d); /* counts anew; for tests */

#endif
