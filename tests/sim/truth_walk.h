/*
 * truth_walk.h - from a question to what the zones say, by reading them
 *
 * No servers, no delegations, no cache: the deepest zone that holds the name is read (zones/lookup.h), and aliases are
 * followed from zone to zone.
 */
#ifndef RAIZ_SIM_TRUTH_WALK_H
#define RAIZ_SIM_TRUTH_WALK_H

#include "truth.h"
#include "zones/lookup.h"

#define TRUTH_SETS_MAX  64
#define TRUTH_STEPS_MAX 20

struct truth_set {
    struct dname_buf owner;
    uint16_t type;
    const struct rrset *set; /* NULL: the CNAME that a DNAME makes */
    struct dname_buf target;
};

struct truth_walk {
    uint16_t rcode;
    struct truth_set set[TRUTH_SETS_MAX];
    unsigned sets, links;
    bool uncertain; /* a liar has a hand in it */
    bool troubled, lame, loop;
    bool secure, opt_out; /* of the zones on the way: all, any */
};

/* cd: what is asked for without validation is certain only where nobody lies. */
void truth_walk(const struct truth *t, struct dname name, uint16_t type, bool cd, struct truth_walk *out);
/* In the name's own zone only, whoever lies. */
void truth_walk_here(const struct truth *t, struct dname name, uint16_t type, struct truth_walk *out);
/* The zone that has the word on a name and type (DS: the parent's); NULL: none. */
const struct truth_zone *truth_zone_of(const struct truth *t, struct dname name, uint16_t type);
/* The name does not lie below a cut, whose servers nobody plays. */
bool truth_knows(const struct truth_zone *z, struct dname name);
/* Does the zone have this record, made from a wildcard or DNAME perhaps? */
bool truth_has(const struct truth_zone *z, struct dname owner, uint16_t type, struct rdata_ref rdata, uint32_t *ttl_s);
bool truth_set_has(const struct rrset *set, struct rdata_ref rdata);
struct rdata_ref truth_rdata(const struct rrset *set, unsigned i); /* i < count; walks */

unsigned truth_set_count(const struct truth_set *s);
struct rdata_ref truth_set_rdata(const struct truth_set *s, unsigned i);

#endif
