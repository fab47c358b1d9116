/*
 * denial.h - which NSEC or NSEC3 records prove what an answer says is not there
 *
 * For zones that carry a chain of NSEC (RFC 4035 section 3.1.3) or NSEC3 records (RFC 5155 section 7.2). Each function
 * adds to the authority section what its kind of answer needs; in a zone without a chain it adds nothing. Pure.
 */
#ifndef RAIZ_ZONES_DENIAL_H
#define RAIZ_ZONES_DENIAL_H

#include "zones/lookup.h"
#include "zones/tree.h"

/* More iterations than this are not computed, and are a fault in a zone (RFC 9276 section 3.1 asks for 0). */
#define NSEC3_ITERATIONS_MAX 150

/* The name has no data of the type: its node n is there (perhaps empty), or n is the wildcard it is made from. */
void denial_nodata(const struct zone *z, const struct zone_node *n, struct dname name, bool wildcard,
                   struct lookup *out);
/* Neither the name nor a wildcard for it exists; encloser is the deepest name that does. */
void denial_nxdomain(const struct zone *z, const struct zone_node *encloser, struct dname name, struct lookup *out);
/* The answer comes from the encloser's wildcard: nothing closer to the name exists. */
void denial_wildcard(const struct zone *z, const struct zone_node *encloser, struct dname name, struct lookup *out);
/* A cut: its DS, or the proof that it has none. */
void denial_referral(const struct zone *z, const struct zone_node *cut, struct lookup *out);

#endif
