/*
 * lookup.h - what an authoritative server answers from a zone
 *
 * RFC 1034 section 4.3.2, with RFC 4592 (wildcards), RFC 6672 (DNAME), RFC 2308 (negative answers), RFC 8020 and empty
 * non-terminals. Used for local zones, by raiz-lab and by the simulated servers of the scenarios. Pure.
 */
#ifndef RAIZ_ZONES_LOOKUP_H
#define RAIZ_ZONES_LOOKUP_H

#include "dns/build.h"
#include "dns/rrset.h"
#include "zones/zone.h"

enum lookup_kind {
    LOOKUP_ANSWER, /* answer[]: the RRset asked for (or all of the name for ANY), after CNAMEs and DNAMEs of the zone */
    LOOKUP_ALIAS,  /* answer[] ends in an alias whose target lies outside the zone or exceeds the chain limit */
    LOOKUP_REFERRAL, /* authority: NS of the cut below which the name lies */
    LOOKUP_NODATA,
    LOOKUP_NXDOMAIN,
    LOOKUP_YXDOMAIN, /* DNAME substitution too long (RFC 6672 section 2.2) */
    LOOKUP_OUTSIDE,  /* the name is not in the zone */
};

#define LOOKUP_SETS_MAX  40
#define LOOKUP_CHAIN_MAX 16 /* aliases followed within the zone */

struct lookup_set {
    const struct rrset *set;
    bool synthesised_cname;  /* stands for a CNAME owner -> target made from `set`, the DNAME before it */
    bool signatures_only;    /* the question was for RRSIG: the signatures of `set`, not its records */
    struct dname_buf owner;  /* name to show: differs from the set's own for wildcards */
    struct dname_buf target; /* for a synthesised CNAME */
};

struct lookup {
    enum lookup_kind kind;
    bool authoritative; /* AA */
    bool dnssec_ok;
    unsigned answers, authorities, additionals;
    unsigned glue;           /* so many of the additionals must be sent, or TC set (RFC 9471) */
    uint32_t negative_ttl_s; /* TTL of the SOA in a negative answer: min(its TTL, MINIMUM) (RFC 2308 section 3) */
    struct lookup_set answer[LOOKUP_SETS_MAX];
    const struct rrset *authority[8];                /* NS at a cut (with DS or its denial when signed), or SOA */
    const struct rrset *additional[LOOKUP_SETS_MAX]; /* glue at a cut; addresses of targets in the zone */
};

/* dnssec_ok: include DS, NSEC and signatures as far as the zone has them (RFC 4035 section 3.1). A DS question at a cut
 * is answered by the parent side (this zone). */
void zone_lookup(const struct zone *z, struct dname qname, uint16_t qtype, bool dnssec_ok, struct lookup *out);

/* NOERROR, NXDOMAIN, YXDOMAIN, or REFUSED for LOOKUP_OUTSIDE. */
uint8_t lookup_rcode(const struct lookup *l);
/* Writes AA, rcode and the three sections after the question. What must be sent and does not fit makes TC and no
 * records at all; other addresses are left out (RFC 2181 section 9). Nothing is rotated. */
void lookup_write(const struct lookup *l, struct build *b);

#endif
