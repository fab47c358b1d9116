/*
 * authority.h - the things of an authority section that may matter
 *
 * The SOA (or NSEC, NSEC3) that makes an answer negative, and the NS that make it a referral; in both cases only with
 * an owner that this server may speak of. Shared by classify and scrub.
 *
 * Memory: borrows, keeps nothing. Threads: pure.
 */
#ifndef RAIZ_ENGINE_AUTHORITY_H
#define RAIZ_ENGINE_AUTHORITY_H

#include <stdbool.h>

#include "dns/msg.h"
#include "dns/name.h"
#include "resolver/engine/ask.h"

/* The first SOA at or above `end` within the zone asked (RFC 2308 section 2). */
bool authority_soa(const struct dns_msg *m, const struct ask *ask, struct dname end, unsigned *at);

/* Whether it holds an NSEC or NSEC3 record of the zone asked. Proven or not: only who has the zone has them at hand. */
bool authority_denies(const struct dns_msg *m, const struct ask *ask);

enum authority_ns {
    AUTHORITY_NS_NONE,     /* no NS at all */
    AUTHORITY_NS_BELOW,    /* a cut strictly below the zone asked and at or above qname: a referral */
    AUTHORITY_NS_SELF,     /* of the zone asked */
    AUTHORITY_NS_ELSEWHERE /* above it, or beside the way to qname */
};
/* *at is one record of the uppermost cut if BELOW. A lower one beside it is not this zone's to give. */
enum authority_ns authority_ns(const struct dns_msg *m, const struct ask *ask, unsigned *at);

#endif
