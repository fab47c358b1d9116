/*
 * seen.h - signatures that were good before
 *
 * Zones show the same signed sets again and again: the SOA of each denial, the NSEC3 record of the zone's own name in
 * each referral to an unsigned zone. The octets that are signed, the key and the signature decide alone whether a check
 * succeeds, so what was good once is good again; a hash costs a hundredth of a check. Times, names and all else that
 * depends on the moment are no part of it and are looked at each time (verify.c).
 *
 * Only good signatures are kept, by the SHA-256 of all that went in: nobody can make two that are alike (T54), and an
 * attacker who makes many good signatures only pushes out what costs one check to have again.
 *
 * Memory: one table of fixed size. Threads: its owner's.
 */
#ifndef RAIZ_DNSSEC_SEEN_H
#define RAIZ_DNSSEC_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/digest.h"
#include "dns/rrset.h"

#define DNSSEC_SEEN_MAX 8192 /* signatures kept: 256 KiB */

struct dnssec_seen;

struct dnssec_seen *dnssec_seen_new(void); /* NULL: out of memory */
void dnssec_seen_free(struct dnssec_seen *s);

/* One check: signed octets, DNSKEY rdata, signature. */
struct seen_check {
    uint8_t digest[DIGEST_SHA256_SIZE];
};
/* False: it cannot be remembered. */
bool dnssec_seen_check(struct rdata_ref key, struct rdata_ref signature, const uint8_t *data, size_t n,
                       struct seen_check *out);
bool dnssec_seen_has(const struct dnssec_seen *s, const struct seen_check *c);
void dnssec_seen_add(struct dnssec_seen *s, const struct seen_check *c);

#endif
