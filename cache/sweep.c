/*
 * sweep.c - flushing, walking, figures
 */
#include "cache/cache.h"

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

static bool flush_below(void *arg, const struct entry *head)
{
    const struct flush *f = arg;
    return dname_under(entry_name(packed_of(head)), f->name);
}

size_t cache_flush(struct cache *c, struct dname name, uint16_t type)
{
    struct flush f = {.name = name, .type = type};
    denial_forget(c, name, false);
    return table_sweep_owner(c->names, cache_name_of(c, name).hash, flush_name, &f);
}

void cache_flush_begin(struct cache *c, struct dname name, struct cache_flushing *f)
{
    *f = (struct cache_flushing){.denials = true};
    dname_copy(name, &f->name);
    f->flushed = cache_flush(c, name, 0);
}

bool cache_flush_more(struct cache *c, struct cache_flushing *f, size_t slots)
{
    struct flush flush = {.name = dname_of(&f->name)};
    if (f->denials) {
        f->cursor = denial_forget_below(c, flush.name, (size_t)f->cursor, slots * BUCKETS_A_SLOT);
        f->denials = f->cursor != 0;
        return true;
    }
    f->cursor = table_sweep_part(c->names, f->cursor, slots > 0 ? slots : 1, flush_below, &flush, &f->flushed);
    return f->cursor != 0;
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
