/*
 * verb_tree.c - cache.tree: how the cache's entries are spread over the name space
 *
 * One walk over the cache in slices, as cache.ls; then the names are put in order, and shown, in slices as well. Each
 * entry is counted at its ancestors down to the wanted depth below the name asked for. There are at most TREE_NODES of
 * them; entries of names that find no place are counted together.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define TREE_NODES   8192
#define TREE_BUCKETS 16384
#define DEPTH_USUAL  1
#define DEPTH_MAX    8
#define SLICE_LINES  3   /* of the cache's table, in one go: some 30 entries */
#define SLICE_STEPS  128 /* of sorting */
#define SLICE_ROWS   4   /* shown */

struct tree_node {
    struct dname_buf name;
    uint32_t entries[5]; /* by kind, and NODATA apart */
    uint32_t next;       /* of the same bucket; 0: none, else index + 1 */
};

/* Merging from below, a step at a time: runs of `width` nodes in order[from] become runs of twice that in the other. */
struct sorting {
    uint16_t order[2][TREE_NODES];
    unsigned from, width;
    unsigned left, right, out; /* of the two runs; of all */
};

struct session_tree {
    unsigned top, depth; /* labels of the name asked for; how many more */
    unsigned count;
    bool walked;
    struct sorting sorting;
    unsigned shown;
    uint64_t left_out;
    uint32_t bucket[TREE_BUCKETS];
    struct tree_node node[TREE_NODES];
};

enum { KIND_NODATA = 4 };

static uint32_t hash_of(struct dname name)
{
    uint32_t h = 2166136261u;
    for (unsigned i = 0; i < name.len; i++) {
        h = (h ^ name.wire[i]) * 16777619u;
    }
    return (h ^ h >> 15) % TREE_BUCKETS;
}

/* NULL: no room. */
static struct tree_node *node_of(struct session_tree *t, struct dname name)
{
    uint32_t at = hash_of(name);
    for (uint32_t i = t->bucket[at]; i != 0; i = t->node[i - 1].next) {
        if (dname_equal(dname_of(&t->node[i - 1].name), name)) {
            return &t->node[i - 1];
        }
    }
    if (t->count == TREE_NODES) {
        return NULL;
    }
    struct tree_node *n = &t->node[t->count++];
    dname_copy(name, &n->name);
    n->next = t->bucket[at];
    t->bucket[at] = t->count;
    return n;
}

static void count_entry(void *arg, const struct cache_hit *hit)
{
    struct control_session *s = arg;
    struct session_tree *t = s->tree;
    unsigned kind = hit->kind == CACHE_RRSET && hit->negative ? KIND_NODATA : hit->kind;
    if (!dname_under(hit->name, dname_of(&s->under))) {
        return;
    }
    for (unsigned labels = t->top; labels <= hit->name.labels && labels <= t->top + t->depth; labels++) {
        struct tree_node *n = node_of(t, dname_suffix(hit->name, labels));
        if (n == NULL) {
            t->left_out++;
            return;
        }
        n->entries[kind]++;
    }
}

static void sort_begin(struct session_tree *t)
{
    t->sorting.width = 1;
    for (unsigned i = 0; i < t->count; i++) {
        t->sorting.order[0][i] = (uint16_t)i;
    }
}

static bool is_sorted(const struct session_tree *t)
{
    return t->sorting.width >= t->count;
}

/* One node goes to its place in the longer run. */
static void sort_step(struct session_tree *t)
{
    struct sorting *m = &t->sorting;
    const uint16_t *from = m->order[m->from];
    unsigned begin = m->out - m->out % (2 * m->width);
    unsigned middle = begin + m->width < t->count ? begin + m->width : t->count;
    unsigned end = begin + 2 * m->width < t->count ? begin + 2 * m->width : t->count;
    if (m->out == begin) {
        m->left = begin;
        m->right = middle;
    }
    bool is_left = m->right == end || (m->left < middle && dname_compare(dname_of(&t->node[from[m->left]].name),
                                                                         dname_of(&t->node[from[m->right]].name)) < 0);
    m->order[!m->from][m->out++] = from[is_left ? m->left++ : m->right++];
    if (m->out == t->count) {
        m->out = 0;
        m->width *= 2;
        m->from = !m->from;
    }
}

/* The next few. False: out of memory. */
static bool show_some(struct control_session *s)
{
    static const char *const kinds[] = {[CACHE_RRSET] = "rrsets",
                                        [CACHE_NXDOMAIN] = "nxdomains",
                                        [CACHE_DELEGATION] = "delegations",
                                        [CACHE_FAILURE] = "failures",
                                        [KIND_NODATA] = "nodata"};
    struct session_tree *t = s->tree;
    char text[DNAME_TEXT_MAX];
    unsigned end = t->shown + SLICE_ROWS;
    for (; t->shown < end && t->shown < t->count; t->shown++) {
        const struct tree_node *n = &t->node[t->sorting.order[t->sorting.from][t->shown]];
        json_t *o = json_object();
        uint64_t all = 0;
        dname_print(dname_of(&n->name), text);
        reply_put_text(&o, "name", text);
        reply_put_number(&o, "depth", n->name.labels - t->top);
        for (unsigned k = 0; k < 5; k++) {
            all += n->entries[k];
        }
        reply_put_number(&o, "entries", all);
        for (unsigned k = 0; k < 5; k++) {
            reply_put_number(&o, kinds[k], n->entries[k]);
        }
        if (reply_line(s, o) == 0) {
            return false;
        }
    }
    return true;
}

static bool tree_more(struct control_session *s)
{
    struct control *c = s->control;
    struct session_tree *t = s->tree;
    if (!t->walked) {
        s->cursor = cache_walk(c->ops.cache, s->cursor, SLICE_LINES, c->ops.now(c->ops.server), count_entry, s);
        if (s->cursor == 0) {
            t->walked = true;
            sort_begin(t);
        }
        return true;
    }
    for (unsigned i = 0; i < SLICE_STEPS && !is_sorted(t); i++) {
        sort_step(t);
    }
    if (!is_sorted(t)) {
        return true;
    }
    bool ok = show_some(s);
    if (ok && t->shown < t->count) {
        return true;
    }
    if (ok) {
        json_t *o = json_object();
        reply_put_number(&o, "names", t->count);
        reply_put_number(&o, "left_out", t->left_out);
        reply_done(s, o);
    }
    session_forget_tree(s);
    return false;
}

void session_forget_tree(struct control_session *s)
{
    free(s->tree);
    s->tree = NULL;
}

void verb_cache_tree(struct control_session *s, const struct args *args)
{
    uint64_t depth = (args->given & PARAM_DEPTH) != 0 ? args->depth : DEPTH_USUAL;
    session_forget_tree(s);
    s->tree = calloc(1, sizeof *s->tree);
    if (s->tree == NULL) {
        reply_error(s, CONTROL_FAILED, "out of memory");
        return;
    }
    dname_copy((args->given & PARAM_NAME) != 0 ? dname_of(&args->name) : dname_root(), &s->under);
    s->tree->top = s->under.labels;
    s->tree->depth = depth < DEPTH_MAX ? (unsigned)depth : DEPTH_MAX;
    session_list(s, tree_more);
}
