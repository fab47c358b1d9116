/*
 * sweep.c - flushing, walking, figures
 */
#include "cache/cache.h"

#include <stdlib.h>

#include "cache/entry.h"
#include "cache/store.h"
#include "dns/types.h"

#define FLUSH_SLOTS    1024 /* in one go, when nobody has to be considered */
#define BUCKETS_A_SLOT 16   /* of spans: most are empty */

struct flush {
    struct dname name;
    uint16_t type; /* 0: all */
};

static bool flush_name(void *arg, const struct entry *head)
{
    const struct flush *f = arg;
    const struct packed *e = packed_of(head);
    if (!dname_equal(entry_name(e), f->name)) {
        return false;
    }
    return f->type == 0 || f->type == e->type || head->kind == CACHE_NXDOMAIN ||
           (f->type == DNS_TYPE_NS && head->kind == CACHE_DELEGATION);
}

size_t cache_flush(struct cache *c, struct dname name, uint16_t type)
{
    struct flush f = {.name = name, .type = type};
    denial_forget(c, name, false);
    return table_sweep_owner(c->names, cache_name_of(c, name).hash, flush_name, &f);
}

static int by_name(const void *a, const void *b)
{
    return dname_compare(dname_of((const struct dname_buf *)a), dname_of((const struct dname_buf *)b));
}

size_t cache_flush_order(struct dname_buf *names, size_t n)
{
    size_t kept = 0;
    if (n > 0) {
        qsort(names, n, sizeof *names, by_name);
    }
    for (size_t i = 0; i < n; i++) { /* in this order what lies below a name follows it at once */
        if (kept == 0 || !dname_under(dname_of(&names[i]), dname_of(&names[kept - 1]))) {
            names[kept++] = names[i];
        }
    }
    return kept;
}

void cache_flush_begin_many(const struct dname_buf *names, size_t n, struct cache_flushing *f)
{
    *f = (struct cache_flushing){.many = names, .count = n, .stage = FLUSHING_OWN};
}

void cache_flush_begin(struct cache *c, struct dname name, struct cache_flushing *f)
{
    cache_flush_begin_many(NULL, 1, f);
    dname_copy(name, &f->one);
    cache_flush_more(c, f, 1);
}

/* No tree lies in another, so it can only be the last one whose name is not behind this one. */
static bool in_trees(void *arg, struct dname name)
{
    const struct cache_flushing *f = arg;
    if (f->many == NULL) {
        return dname_under(name, dname_of(&f->one));
    }
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dname_compare(dname_of(&f->many[middle]), name) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && dname_under(name, dname_of(&f->many[low - 1]));
}

static bool flush_below(void *arg, const struct entry *head)
{
    return in_trees(arg, entry_name(packed_of(head)));
}

/* The names' own entries. */
static uint64_t flush_own(struct cache *c, struct cache_flushing *f, size_t most)
{
    const struct dname_buf *names = f->many != NULL ? f->many : &f->one;
    uint64_t i = f->cursor;
    for (; i < f->count && most > 0; i++, most--) {
        f->flushed += cache_flush(c, dname_of(&names[i]), 0);
    }
    return i < f->count ? i : 0;
}

bool cache_flush_more(struct cache *c, struct cache_flushing *f, size_t slots)
{
    slots += slots == 0;
    switch (f->stage) {
    case FLUSHING_OWN:
        f->cursor = flush_own(c, f, slots);
        break;
    case FLUSHING_SPANS:
        f->cursor = denial_forget_zones(c, in_trees, f, (size_t)f->cursor, slots * BUCKETS_A_SLOT);
        break;
    case FLUSHING_TABLE:
        f->cursor = table_sweep_part(c->names, f->cursor, slots, flush_below, f, &f->flushed);
        return f->cursor != 0;
    }
    if (f->cursor == 0) {
        f->stage++;
    }
    return true;
}

size_t cache_flush_tree(struct cache *c, struct dname name)
{
    struct cache_flushing f;
    cache_flush_begin(c, name, &f);
    while (cache_flush_more(c, &f, FLUSH_SLOTS)) {
    }
    return f.flushed;
}

struct walk {
    cache_visit *visit;
    void *arg;
    uint32_t tick;
};

static void walk_entry(void *arg, struct entry *e)
{
    const struct walk *w = arg;
    struct cache_hit hit;
    if (entry_hit(packed_of(e), w->tick, &hit)) {
        w->visit(w->arg, &hit);
    }
}

uint64_t cache_walk(struct cache *c, uint64_t cursor, size_t slots, struct now now, cache_visit *visit, void *arg)
{
    struct walk w = {.visit = visit, .arg = arg, .tick = tick_of(now)};
    return table_walk(c->names, cursor, slots > 0 ? slots : 1, walk_entry, &w);
}

void cache_visit_name(struct cache *c, struct dname name, struct now now, cache_visit *visit, void *arg)
{
    struct entry *found[TABLE_OWNER_MAX];
    struct walk w = {.visit = visit, .arg = arg, .tick = tick_of(now)};
    size_t n = table_find_owner(c->names, cache_name_of(c, name).hash, found, TABLE_OWNER_MAX);
    for (size_t i = 0; i < n; i++) {
        if (dname_equal(entry_name(packed_of(found[i])), name)) {
            walk_entry(&w, found[i]);
        }
    }
}

void cache_stats(struct cache *c, struct cache_stats *out)
{
    struct table_stats names, servers;
    uint64_t spans, span_bytes;
    table_stats(c->names, &names);
    table_stats(c->servers, &servers);
    denial_stats(c->denial, &spans, &span_bytes);
    *out = (struct cache_stats){
        .bytes = names.bytes + servers.bytes + span_bytes + sizeof *c,
        .bytes_max = c->size_bytes,
        .inserted = names.inserted,
        .replaced = names.replaced,
        .expired = names.expired,
        .evicted = names.evicted,
        .flushed = names.dropped,
        .kept_old = atomic_load_explicit(&c->kept_old, memory_order_relaxed),
        .spans = spans,
        .no_memory = names.no_memory + servers.no_memory,
    };
    for (unsigned i = 0; i < TABLE_KINDS; i++) {
        out->entries[i] = names.entries[i];
    }
}

bool cache_check(struct cache *c)
{
    struct table_check names, servers;
    table_check(c->names, &names);
    table_check(c->servers, &servers);
    return names.ok && servers.ok && denial_check(c->denial);
}

void cache_settle(struct cache *c)
{
    table_settle(c->names);
    table_settle(c->servers);
}
