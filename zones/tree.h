/*
 * tree.h - how a zone is laid out in memory, for zone.c, lookup.c and denial.c
 *
 * Every name of the zone, empty non-terminals included, is a node. Nodes stand in one array in canonical order (RFC
 * 4034 section 6.1), which is also the order in which a walk of the tree meets them (parent first, children by label),
 * so the array serves ordered walks and the search for an NSEC, and the lists of children serve the way down from the
 * apex:
 *
 *     node[]   example.   a.example.   x.a.example.   w.example. (empty)   *.w.example.   ...
 *     child[]  per node, the indices of its children in canonical order: a binary search for each label
 *     set[]    per node, its RRsets by ascending type
 *
 * One way down finds all that RFC 1034 section 4.3.2 asks for: zone cut, DNAME, exact match, closest encloser and its
 * wildcard child. NSEC3 records stand apart: their owners are hashes, not names that one may ask for (RFC 5155 section
 * 7.2.8).
 *
 * Memory: all belongs to the zone. A node's name points into one of its RRsets, or into a descendant's.
 */
#ifndef RAIZ_ZONES_TREE_H
#define RAIZ_ZONES_TREE_H

#include "dns/arena.h"
#include "zones/zone.h"

enum node_flag {
    NODE_CUT = 1,   /* NS below the apex: a delegation */
    NODE_DNAME = 2, /* names below are redirected (RFC 6672) */
};

struct zone_node {
    const uint8_t *wire;
    uint32_t parent; /* index; the apex is its own */
    uint32_t first_child, children;
    uint32_t first_set;
    uint16_t sets;
    uint8_t len, labels;
    uint8_t flags;
};

struct zone {
    struct arena arena; /* the RRsets */
    struct dname_buf origin;
    struct zone_node *node; /* [0] is the apex */
    uint32_t *child;
    const struct rrset **set;
    const struct rrset **nsec3; /* by owner, which is the order of the hashes (RFC 5155 section 7.1) */
    size_t nodes, sets, nsec3s;
};

static inline struct dname node_name(const struct zone_node *n)
{
    return (struct dname){.wire = n->wire, .len = n->len, .labels = n->labels};
}

struct tree_place {
    const struct zone_node *node; /* deepest one reached */
    bool exact;                   /* it is the name itself */
};

/* How far to go. */
enum tree_walk {
    TREE_VISIBLE, /* stop at a cut and at a DNAME: what lies below is not the zone's to answer */
    TREE_ALL,     /* all data, glue too */
};

/* `name` equals the origin or lies below it. */
struct tree_place tree_find(const struct zone *z, struct dname name, enum tree_walk how);
/* The child "*" of n, or NULL. */
const struct zone_node *tree_wildcard(const struct zone *z, const struct zone_node *n);
/* NULL: the node has no such RRset. */
const struct rrset *tree_set(const struct zone *z, const struct zone_node *n, uint16_t type);
/* The last node that has an RRset of `type` and whose name is `name` or sorts before it; NULL if there is none. */
const struct zone_node *tree_before(const struct zone *z, struct dname name, uint16_t type);

/* Links nodes: fills z->node and z->child from names in canonical order without duplicates, all at or below the origin.
 * position[i] becomes the index of names[i]'s node. False: out of memory. */
bool tree_build(struct zone *z, const struct dname *names, size_t count, uint32_t *position);

#endif
