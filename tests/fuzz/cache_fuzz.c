/*
 * cache_fuzz.c - a stream of operations on the cache, against a model of arrays
 *
 * Every six bytes are one operation. After each, everything that the model knows is looked up: what must be there is
 * there with its data, rank and TTL, and what must not be is not. The model is written from the rules in cache.h and
 * not from the code: trust ranks and validated data (T73), delegations that only the parent's word changes and NS
 * records that do not outlive them (T20), NXDOMAIN that gives way to newer data, failures that back off, TTL clamps,
 * flushes. At the end the bytes are counted (T100).
 *
 * A flood of other names may evict anything; from then on what is missing was evicted, but what is found must still be
 * right.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "dns/types.h"
#include "tests/fuzz/fuzz.h"

#define NAMES   7
#define TYPES   3
#define TICK_MS 125 /* the clock goes in the cache's own steps, so that the model is exact */

static const char *const names[] = {".", "t.", "a.t.", "b.a.t.", "c.b.a.t.", "x.t.", "y.x.t."};
static const char *const other_case[] = {".", "T.", "A.t.", "b.A.T.", "C.B.a.T.", "X.T.", "y.X.t."};
static const int parent_of[NAMES] = {-1, 0, 1, 2, 3, 1, 5};
static const uint8_t labels_of[NAMES] = {0, 1, 2, 3, 4, 2, 3};
static const uint16_t types[TYPES] = {DNS_TYPE_A, DNS_TYPE_NS, DNS_TYPE_MX};

struct slot {
    bool there, negative;
    unsigned rank, security;
    uint64_t end; /* ticks */
    uint32_t ttl_s;
    uint8_t data;
};

struct failed {
    bool known;
    unsigned count;
    uint64_t ends, forgotten;
};

struct world {
    struct cache *cache;
    uint64_t tick;
    uint32_t min_ttl_s;
    bool flooded;
    struct slot sets[NAMES][TYPES], denials[NAMES], cuts[NAMES];
    struct failed failures[NAMES][TYPES];
    struct dname_buf name[NAMES], other[NAMES];
};

struct step {
    unsigned op, name, type;
    struct cache_origin origin;
    uint32_t ttl_s;
    uint8_t data;
    bool odd_case;
};

static struct now now_of(const struct world *w)
{
    return (struct now){.mono_us = w->tick * TICK_MS * US_PER_MS};
}

static struct dname name_of(const struct world *w, const struct step *s)
{
    return dname_of(s->odd_case ? &w->other[s->name] : &w->name[s->name]);
}

static uint32_t at_most(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool is_live(const struct world *w, const struct slot *s)
{
    return s->there && s->end > w->tick;
}

static bool is_better(const struct world *w, const struct slot *old, const struct cache_origin *o)
{
    return is_live(w, old) &&
           ((old->security == SEC_SECURE && o->security != SEC_SECURE) || old->rank > (unsigned)o->rank);
}

/* What the model expects of a guarded put, and the change to the model. */
static enum cache_put model_put(struct world *w, struct slot *slot, const struct step *s, uint32_t ttl_s, bool negative)
{
    if (ttl_s == 0) {
        return CACHE_NOT_STORED;
    }
    if (is_better(w, slot, &s->origin)) {
        return CACHE_KEPT_OLD;
    }
    *slot = (struct slot){
        true, negative, s->origin.rank, s->origin.security, w->tick + (uint64_t)ttl_s * 1000 / TICK_MS, ttl_s, s->data};
    return CACHE_STORED;
}

static void model_undeny(struct world *w, const struct step *s)
{
    unsigned top = s->origin.zone_labels > 0 ? s->origin.zone_labels : 1;
    for (int n = (int)s->name; n >= 0 && labels_of[n] >= top; n = parent_of[n]) {
        if (!is_better(w, &w->denials[n], &s->origin)) {
            w->denials[n].there = false;
        }
    }
}

static uint32_t model_ttl(const struct world *w, const struct step *s)
{
    uint32_t ttl_s = s->ttl_s > w->min_ttl_s ? s->ttl_s : w->min_ttl_s;
    return at_most(s->origin.security == SEC_BOGUS ? at_most(ttl_s, 60) : ttl_s, 86400);
}

static void agree(struct world *w, enum cache_put got, enum cache_put want, struct slot *slot,
                  const struct slot *before)
{
    if (got == CACHE_NO_MEMORY && w->flooded) {
        *slot = *before;
        return;
    }
    must(got == want, "a put ended otherwise than the model's");
}

static struct rrset *make_set(uint8_t *memory, struct dname owner, uint16_t type, uint32_t ttl_s, uint8_t data)
{
    struct rdata_ref rr = {.data = &data, .len = 1};
    struct rrset *set = (struct rrset *)(void *)memory;
    rrset_fill(set, owner, type, ttl_s, &rr, 1, NULL, 0);
    return set;
}

static void do_put(struct world *w, const struct step *s, bool negative)
{
    _Alignas(8) uint8_t memory[600];
    struct slot *slot = &w->sets[s->name][s->type], before = *slot;
    uint16_t type = types[s->type];
    uint32_t ttl_s = model_ttl(w, s);
    struct rrset *set = make_set(memory, name_of(w, s), negative ? DNS_TYPE_SOA : type, s->ttl_s, s->data);
    enum cache_put got;
    if (negative) {
        ttl_s = at_most(ttl_s, 3600);
        got = cache_put_nodata(w->cache, name_of(w, s), type, s->ttl_s, set, NULL, 0, &s->origin, now_of(w));
    } else {
        const struct slot *cut = &w->cuts[s->name];
        if (type == DNS_TYPE_NS && is_live(w, cut)) {
            ttl_s = at_most(ttl_s, (uint32_t)((cut->end - w->tick) * TICK_MS + 999) / 1000); /* T20 */
        }
        got = cache_put_rrset(w->cache, set, &s->origin, now_of(w));
    }
    enum cache_put want = model_put(w, slot, s, ttl_s, negative);
    agree(w, got, want, slot, &before);
    if (got == CACHE_STORED) {
        model_undeny(w, s);
    }
}

static void do_deny(struct world *w, const struct step *s)
{
    _Alignas(8) uint8_t memory[600];
    struct slot *slot = &w->denials[s->name], before = *slot;
    const struct rrset *proof = make_set(memory, name_of(w, s), DNS_TYPE_NSEC, s->ttl_s, s->data);
    enum cache_put want = model_put(w, slot, s, at_most(model_ttl(w, s), 3600), true);
    agree(w, cache_put_nxdomain(w->cache, name_of(w, s), s->ttl_s, NULL, &proof, 1, &s->origin, now_of(w)), want, slot,
          &before);
}

static void do_delegate(struct world *w, const struct step *s)
{
    static struct delegation_builder b;
    static _Alignas(8) uint8_t memory[16384];
    struct dname_buf ns = {.len = 3, .labels = 1, .wire = {1, s->data, 0}};
    struct slot *slot = &w->cuts[s->name], before = *slot;
    delegation_begin(&b, name_of(w, s), DELEGATION_REFERRAL, s->ttl_s);
    delegation_add_ns(&b, dname_of(&ns));
    struct delegation *d = (struct delegation *)(void *)memory;
    delegation_fill(&b, d);
    struct step plain = *s;
    plain.origin.security = SEC_UNCHECKED; /* which does not count here */
    uint32_t ttl_s = model_ttl(w, &plain);
    ttl_s = ttl_s > CACHE_DELEGATION_MIN_S ? ttl_s : CACHE_DELEGATION_MIN_S;
    slot->there = false; /* the parent's newer word always counts */
    enum cache_put got = cache_put_delegation(w->cache, d, &s->origin, now_of(w));
    agree(w, got, model_put(w, slot, s, ttl_s, false), slot, &before);
    if (got == CACHE_STORED) {
        model_undeny(w, s);
    }
}

static void do_fail(struct world *w, const struct step *s)
{
    struct failed *f = &w->failures[s->name][s->type];
    uint32_t lasts_s = CACHE_FAILURE_MIN_S;
    f->count = f->known && f->forgotten > w->tick ? f->count + 1 : 1;
    for (unsigned i = 1; i < f->count && lasts_s < CACHE_FAILURE_MAX_S; i++) {
        lasts_s = at_most(2 * lasts_s, CACHE_FAILURE_MAX_S);
    }
    uint32_t kept_s = lasts_s + (lasts_s > CACHE_FAILURE_MEMORY_S ? lasts_s : CACHE_FAILURE_MEMORY_S);
    *f = (struct failed){true, f->count, w->tick + lasts_s * 8, w->tick + kept_s * 8};
    uint32_t got_s = cache_put_failure(w->cache, name_of(w, s), types[s->type], s->data, 0, now_of(w));
    must(got_s == lasts_s || w->flooded, "backoff differs");
    if (w->flooded) { /* whether it was remembered before, and is now, cannot be told */
        cache_clear_failure(w->cache, name_of(w, s), types[s->type]);
        f->known = false;
    }
}

static bool below(int n, int top)
{
    while (n >= 0 && n != top) {
        n = parent_of[n];
    }
    return n == top;
}

static void do_flush(struct world *w, const struct step *s, bool tree)
{
    bool one_type = !tree && s->data & 1;
    for (int n = 0; n < NAMES; n++) {
        if (n != (int)s->name && !(tree && below(n, (int)s->name))) {
            continue;
        }
        for (unsigned k = 0; k < TYPES; k++) {
            if (!one_type || k == s->type) {
                w->sets[n][k].there = false;
                w->failures[n][k].known = false;
            }
        }
        w->denials[n].there = false;
        if (!one_type || types[s->type] == DNS_TYPE_NS) {
            w->cuts[n].there = false;
        }
    }
    if (tree) {
        cache_flush_tree(w->cache, name_of(w, s));
    } else {
        cache_flush(w->cache, name_of(w, s), one_type ? types[s->type] : 0);
    }
}

/* Names of a letter that the model does not use. */
static void do_flood(struct world *w, const struct step *s)
{
    static const uint8_t filler[3000];
    _Alignas(8) uint8_t memory[4096];
    w->flooded = true;
    for (unsigned i = 0; i < 4u * (s->data + 1u); i++) {
        struct dname_buf n = {
            .len = 7, .labels = 1, .wire = {5, 'z', s->data, (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)s->type, 0}};
        struct rdata_ref rr = {.data = filler, .len = (uint16_t)(s->ttl_s % sizeof filler)};
        struct rrset *set = (struct rrset *)(void *)memory;
        rrset_fill(set, dname_of(&n), DNS_TYPE_TXT, 300, &rr, 1, NULL, 0);
        cache_put_rrset(w->cache, set, &s->origin, now_of(w));
        cache_quiescent();
    }
    for (unsigned n = 0; n < NAMES; n++) {
        for (unsigned k = 0; k < TYPES; k++) {
            cache_clear_failure(w->cache, dname_of(&w->name[n]), types[k]);
            w->failures[n][k].known = false;
        }
    }
}

/* What the model has must be in the hit; what it has not must not be found. */
static void compare(struct world *w, struct slot *slot, bool found, const struct cache_hit *hit, uint8_t data)
{
    if (!found && w->flooded) {
        slot->there = false;
        return;
    }
    must(found == is_live(w, slot), found ? "found what should not be there" : "lost");
    if (found) {
        must(hit->negative == slot->negative, "positive for negative");
        must(hit->origin.rank == slot->rank && hit->origin.security == slot->security, "rank or security differs");
        must(hit->ttl_s == ((slot->end - w->tick) * TICK_MS + 999) / 1000, "TTL left differs");
        must(hit->original_ttl_s == slot->ttl_s, "original TTL differs");
        must(data == slot->data, "data differs");
    }
}

static void verify_name(struct world *w, unsigned n)
{
    struct cache_hit hit;
    struct dname name = dname_of(&w->name[n]);
    for (unsigned k = 0; k < TYPES; k++) {
        bool found = cache_get(w->cache, name, types[k], now_of(w), &hit);
        compare(w, &w->sets[n][k], found, &hit, found ? rrset_first(hit.negative ? hit.soa : hit.rrset).data[0] : 0);
        const struct failed *f = &w->failures[n][k];
        found = cache_get_failure(w->cache, name, types[k], now_of(w), &hit);
        must(found == (f->known && f->ends > w->tick), "failure differs");
        must(!found || hit.failure_count == (f->count < 255 ? f->count : 255), "count of failures differs");
    }
    bool found = cache_get_nxdomain(w->cache, name, now_of(w), &hit);
    compare(w, &w->denials[n], found, &hit, found ? rrset_first(hit.proof[0]).data[0] : 0);
    found = cache_get_delegation(w->cache, name, false, now_of(w), &hit);
    bool here = found && dname_equal(hit.name, name);
    compare(w, &w->cuts[n], here, &hit, here ? delegation_ns(hit.delegation, 0).wire[1] : 0);
    for (int above = (int)n; !w->flooded && above >= 0; above = parent_of[above]) {
        if (is_live(w, &w->cuts[above])) {
            must(found && dname_equal(hit.name, dname_of(&w->name[above])), "not the deepest delegation");
            return;
        }
    }
    must(w->flooded || !found, "a delegation from nowhere");
}

static void perform(struct world *w, const struct step *s)
{
    switch (s->op) {
    case 0:
    case 1:
    case 2:
        do_put(w, s, false);
        break;
    case 3:
        do_put(w, s, true);
        break;
    case 4:
        do_deny(w, s);
        break;
    case 5:
        do_delegate(w, s);
        break;
    case 6:
        do_fail(w, s);
        break;
    case 7:
        cache_clear_failure(w->cache, name_of(w, s), types[s->type]);
        w->failures[s->name][s->type].known = false;
        break;
    case 8:
        do_flush(w, s, s->data & 2);
        break;
    case 9:
        do_flood(w, s);
        break;
    default:
        w->tick += s->data & 1 ? at_most(s->ttl_s, 86401) * 8 : s->data / 2;
    }
}

static struct step step_of(const uint8_t *p)
{
    static const uint32_t ttls[] = {0, 1, 5, 10, 30, 60, 61, 100, 300, 3600, 3601, 86400, 86401, 7200, 20, 0x7fffffff};
    return (struct step){
        .op = p[0] % 12,
        .odd_case = p[0] >= 128,
        .name = p[1] % NAMES,
        .type = p[1] / NAMES % TYPES,
        .origin =
            {
                .rank = (enum cache_rank)(p[2] % 5),
                .security = (enum cache_security)(p[2] / 5 % 4),
                .zone_labels = p[3] % 5,
                .server = {.family = p[3] & 64 ? ADDR_IP4 : ADDR_NONE},
            },
        .ttl_s = ttls[p[4] % 16],
        .data = p[5],
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool registered;
    if (!registered) {
        cache_thread_begin();
        registered = true;
    }
    if (size < 1) {
        return 0;
    }
    static struct world w;
    w = (struct world){.min_ttl_s = data[0] & 1 ? 30 : 0, .tick = data[0] & 2 ? UINT64_C(0xffffff00) : 1000};
    struct cache_config config = {
        .size_bytes = 1 << 20, .min_ttl_s = w.min_ttl_s, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    w.cache = cache_new(&config);
    must(w.cache != NULL, "no memory");
    struct dname root = dname_root();
    for (unsigned n = 0; n < NAMES; n++) {
        must(dname_scan(names[n], strlen(names[n]), &root, &w.name[n]) == DNS_OK, "name");
        must(dname_scan(other_case[n], strlen(other_case[n]), &root, &w.other[n]) == DNS_OK, "name");
    }
    unsigned floods = 0;
    for (size_t at = 1; at + 6 <= size && at < 6000; at += 6) {
        struct step s = step_of(data + at);
        if (s.op == 9 && floods++ == 3) {
            break;
        }
        perform(&w, &s);
        for (unsigned n = 0; n < NAMES; n++) {
            verify_name(&w, n);
        }
        cache_quiescent();
    }
    must(cache_check(w.cache), "the counters do not agree with a recount (T100)");
    cache_free(w.cache);
    return 0;
}
