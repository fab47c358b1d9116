#include "zones/tree.h"

#include <stdlib.h>
#include <string.h>

#include "dns/fold.h"

/* Two labels, length octet first, in the order of RFC 4034 section 6.1: as left-justified lower-case octets. */
static int label_compare(const uint8_t *a, const uint8_t *b)
{
    size_t n = a[0] < b[0] ? a[0] : b[0];
    for (size_t i = 1; i <= n; i++) {
        int d = (int)fold1(a[i]) - (int)fold1(b[i]);
        if (d != 0) {
            return d;
        }
    }
    return (int)a[0] - (int)b[0];
}

static const struct zone_node *child_of(const struct zone *z, const struct zone_node *n, const uint8_t *label)
{
    size_t low = 0, high = n->children;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct zone_node *c = &z->node[z->child[n->first_child + mid]];
        int d = label_compare(label, c->wire);
        if (d == 0) {
            return c;
        }
        if (d < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return NULL;
}

struct tree_place tree_find(const struct zone *z, struct dname name, enum tree_walk how)
{
    const uint8_t *label[DNAME_LABELS_MAX + 1];
    size_t labels = 0;
    for (const uint8_t *p = name.wire; *p != 0; p += 1 + *p) {
        label[labels++] = p;
    }
    const struct zone_node *n = &z->node[0];
    for (size_t left = labels - z->origin.labels; left > 0; left--) {
        if (how == TREE_VISIBLE && n->flags != 0) {
            break;
        }
        const struct zone_node *c = child_of(z, n, label[left - 1]);
        if (c == NULL) {
            break;
        }
        n = c;
    }
    return (struct tree_place){.node = n, .exact = n->labels == name.labels};
}

const struct zone_node *tree_wildcard(const struct zone *z, const struct zone_node *n)
{
    static const uint8_t star[] = {1, '*'};
    return child_of(z, n, star);
}

const struct rrset *tree_set(const struct zone *z, const struct zone_node *n, uint16_t type)
{
    for (size_t i = 0; i < n->sets; i++) {
        const struct rrset *s = z->set[n->first_set + i];
        if (s->type == type) {
            return s;
        }
    }
    return NULL;
}

const struct zone_node *tree_before(const struct zone *z, struct dname name, uint16_t type)
{
    size_t low = 0, high = z->nodes; /* the answer's index + 1 lies in low .. high */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (dname_compare(node_name(&z->node[mid]), name) <= 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    while (low > 0 && tree_set(z, &z->node[low - 1], type) == NULL) {
        low--;
    }
    return low > 0 ? &z->node[low - 1] : NULL;
}

/* Adds the node of `name`, whose ancestors' indices stand in path[] by number of labels. */
static void add_node(struct zone *z, struct dname name, uint32_t *path)
{
    uint32_t parent = z->nodes == 0 ? 0 : path[name.labels - 1];
    path[name.labels] = (uint32_t)z->nodes;
    z->node[z->nodes++] =
        (struct zone_node){.wire = name.wire, .len = name.len, .labels = name.labels, .parent = parent};
}

/* Children are listed per parent: count, reserve, fill. As nodes come in canonical order, so do the lists. */
static void link_children(struct zone *z)
{
    for (size_t i = 1; i < z->nodes; i++) {
        z->node[z->node[i].parent].children++;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < z->nodes; i++) {
        z->node[i].first_child = at;
        at += z->node[i].children;
        z->node[i].children = 0;
    }
    for (size_t i = 1; i < z->nodes; i++) {
        struct zone_node *parent = &z->node[z->node[i].parent];
        z->child[parent->first_child + parent->children++] = (uint32_t)i;
    }
}

bool tree_build(struct zone *z, const struct dname *names, size_t count, uint32_t *position)
{
    struct dname origin = dname_of(&z->origin);
    size_t nodes = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned shared = i == 0 ? origin.labels : dname_common(names[i - 1], names[i]);
        nodes += names[i].labels - shared;
    }
    if (nodes > UINT32_MAX) {
        return false;
    }
    z->node = malloc(nodes * sizeof *z->node);
    z->child = malloc(nodes * sizeof *z->child);
    if (z->node == NULL || z->child == NULL) {
        return false;
    }
    uint32_t path[DNAME_LABELS_MAX + 1] = {0};
    add_node(z, origin, path);
    for (size_t i = 0; i < count; i++) {
        unsigned shared = i == 0 ? origin.labels : dname_common(names[i - 1], names[i]);
        for (unsigned labels = shared + 1; labels <= names[i].labels; labels++) {
            add_node(z, dname_suffix(names[i], labels), path);
        }
        position[i] = path[names[i].labels];
    }
    link_children(z);
    return true;
}
