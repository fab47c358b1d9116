/*
 * sign.h - the lab's zones, signed in memory
 *
 * Each zone gets a key when the lab starts, the zone above its DS, and every RRset of the zone a signature; denial is
 * by NSEC or NSEC3. Nothing is written but the trust anchor, and nothing grows old: signatures last longer than a lab
 * runs. Which zones are signed otherwise, or wrongly, lab.conf says (LAB_SIGNINGS).
 *
 * The way: zone -> with DNSKEY and DS -> with its chain (sign_chain.c) -> with signatures. Each step copies the zone.
 */
#ifndef RAIZ_LAB_SIGN_H
#define RAIZ_LAB_SIGN_H

#include "tools/raiz-lab/lab.h"
#include "tools/raiz-lab/sign_key.h"

/* Signs all zones but those that are to stay unsigned. False: out of memory, or the library has no such keys. */
bool lab_sign(struct lab *lab, int64_t wall_s);
/* The root's DS as text, for raizd's dnssec.trust-anchor-file and for other validators; those of the islands as
 * comments. Written whole under another name and then moved. False: errno says why; ENOENT: the root is not signed. */
bool lab_anchor_write(const struct lab *lab, const char *path);

/* ---- between sign.c and sign_chain.c ---- */

enum sign_place {
    SIGN_AUTHORITATIVE, /* data of the zone: signed, in the chain */
    SIGN_CUT,           /* in the chain, of which only DS and NSEC are signed */
    SIGN_HIDDEN,        /* glue, below a cut */
};
/* Where names stand, asked in canonical order. */
struct sign_walk {
    struct dname origin, cut; /* cut.len 0: none yet */
};
enum sign_place sign_place(struct sign_walk *w, const struct zone *z, struct dname name);

/* A copy of all records; those for which `skip` says so are left out. NULL: out of memory. */
typedef bool sign_skip(const void *arg, const struct rrset *set);
struct zone_builder *sign_copy(const struct zone *z, sign_skip *skip, const void *arg);
bool sign_finish(struct zone_builder *b, struct zone **out);

/* Adds NSEC or NSEC3 records for all names of z to b. */
bool sign_chain(const struct zone *z, unsigned signing, struct zone_builder *b);

#endif
