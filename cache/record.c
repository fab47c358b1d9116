/*
 * record.c - an NSEC or NSEC3 record, whichever the zone has
 */
#include "cache/record.h"

#include <string.h>

#include "dns/types.h"

#define NARROW_OCTETS 8 /* of a hash; a span whose ends agree in so many holds no name but made-up ones */

bool record_is_narrow(const struct record *r)
{
    if (r->nsec3) {
        return memcmp(r->hashed.owner, r->hashed.next, NARROW_OCTETS) == 0 &&
               memcmp(r->hashed.owner, r->hashed.next, NSEC3_HASH_SIZE) != 0;
    }
    struct dname owner = r->nsec.owner, next = r->nsec.next;
    return next.labels == owner.labels + 1 && next.wire[0] == 1 && next.wire[1] == 0 &&
           dname_equal(dname_parent(next), owner); /* \000.owner: RFC 9824 section 3.1 */
}

bool record_read(struct dname zone, const struct rrset *set, struct record *out)
{
    out->nsec3 = set->type == DNS_TYPE_NSEC3;
    if (!out->nsec3) {
        return nsec_read(set, zone, &out->nsec);
    }
    const struct nsec3 *n = &out->hashed;
    return nsec3_read(set, zone, &out->hashed) && n->algorithm == NSEC3_SHA1 && n->flags == 0 &&
           n->iterations <= DENIAL_ITERATIONS_MAX && n->salt_len <= DENIAL_SALT_MAX;
}

struct chain record_chain(const struct record *r)
{
    struct chain c = {.nsec3 = r->nsec3};
    if (r->nsec3) {
        c.iterations = r->hashed.iterations;
        c.salt_len = r->hashed.salt_len;
        if (c.salt_len > 0) {
            memcpy(c.salt, r->hashed.salt, c.salt_len);
        }
    }
    return c;
}

bool record_same_chain(const struct chain *a, const struct chain *b)
{
    return a->nsec3 == b->nsec3 && a->iterations == b->iterations && a->salt_len == b->salt_len &&
           memcmp(a->salt, b->salt, sizeof a->salt) == 0;
}

bool record_covers_owner(const struct record *r, struct dname zone, const struct span *s)
{
    struct nsec3 other;
    if (r->nsec3) {
        return nsec3_read(span_set(s), zone, &other) && nsec3_covers(&r->hashed, other.owner);
    }
    return nsec_covers(&r->nsec, zone, span_owner(s));
}

bool record_covered_by(const struct record *r, struct dname zone, const struct span *s)
{
    struct record other;
    if (!record_read(zone, span_set(s), &other)) {
        return false;
    }
    return r->nsec3 ? nsec3_covers(&other.hashed, r->hashed.owner) : nsec_covers(&other.nsec, zone, r->nsec.owner);
}
