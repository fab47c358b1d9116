/*
 * tree.h - YAML text as a tree of nodes with places
 *
 * The only file pair that knows libfyaml. It is used as a stream of events, so that limits hold while reading, whatever
 * the text does: depth, number of nodes, size. What a configuration does not need is refused with a sentence: anchors,
 * aliases, tags, merge keys, several documents, keys that are not words. JSON is YAML.
 *
 * Memory: nodes and their texts live in the arena given. Threads: one at a time.
 */
#ifndef RAIZ_CONFIG_TREE_H
#define RAIZ_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/arena.h"
#include "resolver/config/report.h"

#define TREE_TEXT_MAX  (1024 * 1024) /* octets of a file */
#define TREE_DEPTH_MAX 8             /* maps and lists inside each other; a configuration needs four */
#define TREE_NODES_MAX 20000

enum node_kind { NODE_SCALAR, NODE_MAP, NODE_LIST };

struct node {
    enum node_kind kind;
    bool null;        /* a scalar that is missing, ~ or null */
    const char *text; /* of a scalar, NUL-terminated; holds no NUL itself */
    size_t len;
    struct place at;
    const struct node *key; /* of a member of a map */
    struct node *first, *last, *next;
    size_t count; /* children */
};

/* NULL: the file is empty, or r has what is wrong. */
const struct node *tree_read(const char *text, size_t n, struct arena *arena, struct report *r);

#endif
