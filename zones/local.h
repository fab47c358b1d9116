/*
 * local.h - names that never leave the host
 *
 * The special-use names of RFC 6761, RFC 6762 (local.), RFC 7686 (onion.), RFC 8375 (home.arpa.), RFC 9462
 * (resolver.arpa.) and the reverse zones of RFC 6303 and RFC 7793: localhost has its addresses, the others are empty
 * zones (T141). A table, searched by suffix. Pure.
 */
#ifndef RAIZ_ZONES_LOCAL_H
#define RAIZ_ZONES_LOCAL_H

#include "dns/arena.h"
#include "dns/name.h"
#include "dns/rrset.h"

enum local_kind {
    LOCAL_NONE, /* not ours: resolve it */
    LOCAL_ANSWER,
    LOCAL_NODATA,
    LOCAL_NXDOMAIN,
};

struct local_answer {
    enum local_kind kind;
    struct rrset *answer; /* in arena */
    struct rrset *soa;    /* for NODATA and NXDOMAIN */
};

bool local_finds(struct dname qname);
/* Quick test without an arena: true if some local zone holds the name. The last letter lets nearly all names go: every
 * query comes by here. */
static inline bool local_covers(struct dname qname)
{
    uint8_t last = qname.len < 4 ? 0 : qname.wire[qname.len - 2] | 0x20;
    return (last == 't' || last == 'd' || last == 'n' || last == 'l' || last == 'a') && local_finds(qname);
}
/* kind LOCAL_NONE also when out of memory; then arena->exhausted. */
void local_lookup(struct dname qname, uint16_t qtype, struct arena *arena, struct local_answer *out);

#endif
