/*
 * denial_fuzz.c - a stream of NSEC and NSEC3 records into the store of spans, against a model of arrays
 *
 * Every five bytes are one operation on one of two zones: put, forget, let time pass. Owners and next names come from a
 * small ordered set, so they are numbers to the model, which knows nothing of names, hashes or lists: a record covers
 * what lies between two numbers, round the end where the kind of record allows it; a newer record ends what it
 * contradicts; a record of another chain ends the chain. After each operation every name and every gap is looked up.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/denial.h"
#include "dns/types.h"
#include "tests/fuzz/fuzz.h"

#define ZONES  2
#define NAMES  12
#define PLACES (2 * NAMES) /* a name, and the gap behind it */
#define OP     5

/* In canonical order, below the zone. */
static const char *const names[NAMES] = {"",         "*.", "a.",   "b.a.", "c.b.a.", "d.b.a.",
                                         "*.d.b.a.", "c.", "*.c.", "x.c.", "m.",     "z."};
static const char *const zones[ZONES] = {"t.", "a.t."};

struct span {
    bool there;
    unsigned next;
    uint64_t ends_s;
};

struct chain {
    unsigned kind; /* 0: NSEC; n: NSEC3 with n-1 iterations */
    struct span span[NAMES];
};

struct world {
    struct cache *cache;
    struct arena arena;
    uint64_t now_s;
    struct chain chain[ZONES];
};

static struct now now_of(const struct world *w)
{
    return (struct now){.mono_us = w->now_s * US_PER_S};
}

static struct dname scan(const char *below, const char *zone, struct dname_buf *out)
{
    char text[100];
    snprintf(text, sizeof text, "%s%s", below, zone);
    must(dname_scan(text, strlen(text), NULL, out) == DNS_OK, "a name that is none");
    return dname_of(out);
}

/* ---- the model ---- */

static bool covers(const struct chain *c, unsigned owner, unsigned next, unsigned place)
{
    unsigned from = 2 * owner, to = 2 * next;
    if (from < to) {
        return place > from && place < to;
    }
    if (c->kind == 0) {
        return next == 0 && place > from;
    }
    return (place > from || place < to) && place != from;
}

static void model_put(struct chain *c, unsigned kind, unsigned owner, unsigned next, uint64_t ends_s, bool stored)
{
    if (c->kind != kind) {
        memset(c->span, 0, sizeof c->span);
        c->kind = kind;
    }
    for (unsigned i = 0; i < NAMES; i++) {
        if (c->span[i].there && (covers(c, i, c->span[i].next, 2 * owner) || covers(c, owner, next, 2 * i))) {
            c->span[i].there = false;
        }
    }
    c->span[owner] = (struct span){.there = stored, .next = next, .ends_s = ends_s};
}

/* The owner of what is known of a place; NAMES: nothing. */
static unsigned model_find(const struct world *w, const struct chain *c, unsigned place)
{
    for (unsigned i = 0; i < NAMES; i++) {
        const struct span *s = &c->span[i];
        if (s->there && s->ends_s > w->now_s && (2 * i == place || covers(c, i, s->next, place))) {
            return i;
        }
    }
    return NAMES;
}

/* ---- records ---- */

/* Hash number n of the order; odd ones are gaps. */
static void hash_of(unsigned place, uint8_t out[static NSEC3_HASH_SIZE])
{
    memset(out, 0, NSEC3_HASH_SIZE);
    out[0] = (uint8_t)(place * 8);
}

static struct dname hashed_owner(unsigned place, const char *zone, struct dname_buf *out)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    char label[40] = "00000000000000000000000000000000.";
    label[0] = digits[place];
    return scan(label, zone, out);
}

static struct rrset *make(struct world *w, struct dname owner, uint16_t type, uint32_t ttl_s,
                          const struct writer *rdata)
{
    struct rdata_ref rr = {.data = rdata->base, .len = (uint16_t)rdata->pos};
    struct rrset *set = NULL;
    must(rrset_make(owner, type, ttl_s, &rr, 1, &w->arena, &set) == DNS_OK, "no memory");
    return set;
}

static struct rrset *make_record(struct world *w, unsigned zone, unsigned kind, unsigned owner, unsigned next,
                                 uint32_t ttl_s)
{
    uint8_t room[400], hash[NSEC3_HASH_SIZE];
    struct writer rdata = writer_of(room, sizeof room);
    struct dname_buf a, b;
    if (kind == 0) {
        struct dname to = scan(names[next], zones[zone], &b);
        write_bytes(&rdata, to.wire, to.len);
        write_bytes(&rdata, (const uint8_t[]){0, 1, 0x40}, 3);
        return make(w, scan(names[owner], zones[zone], &a), DNS_TYPE_NSEC, ttl_s, &rdata);
    }
    write_u8(&rdata, NSEC3_SHA1);
    write_u8(&rdata, 0);
    write_u16(&rdata, (uint16_t)(kind - 1));
    write_u8(&rdata, 0);
    write_u8(&rdata, NSEC3_HASH_SIZE);
    hash_of(2 * next, hash);
    write_bytes(&rdata, hash, sizeof hash);
    return make(w, hashed_owner(2 * owner, zones[zone], &a), DNS_TYPE_NSEC3, ttl_s, &rdata);
}

static struct rrset *make_soa(struct world *w, unsigned zone, uint32_t ttl_s, uint32_t minimum_s)
{
    uint8_t room[30];
    struct writer rdata = writer_of(room, sizeof room);
    struct dname_buf owner;
    write_u16(&rdata, 0); /* two root names */
    for (unsigned i = 0; i < 4; i++) {
        write_u32(&rdata, i);
    }
    write_u32(&rdata, minimum_s);
    return make(w, scan("", zones[zone], &owner), DNS_TYPE_SOA, ttl_s, &rdata);
}

/* ---- operations ---- */

static void do_put(struct world *w, const uint8_t *op, unsigned zone)
{
    unsigned kind = op[1] % 3, owner = op[2] % NAMES, next = op[3] % NAMES;
    uint32_t ttl_s = op[4] % 8, soa_s = op[4] / 8 % 8, minimum_s = 1 + op[1] / 3 % 8;
    uint32_t lives_s = ttl_s < soa_s ? ttl_s : soa_s;
    lives_s = lives_s < minimum_s ? lives_s : minimum_s;
    struct dname_buf apex;
    scan("", zones[zone], &apex);
    apex.wire[1] = (uint8_t)(apex.wire[1] - (op[0] & 0x80) / 4); /* at times in upper case */
    enum cache_put got = denial_put(w->cache, dname_of(&apex), make_record(w, zone, kind, owner, next, ttl_s),
                                    make_soa(w, zone, soa_s, minimum_s), now_of(w));
    must(got == (lives_s > 0 ? CACHE_STORED : CACHE_NOT_STORED), "a put ended otherwise than the model's");
    model_put(&w->chain[zone], kind, owner, next, w->now_s + lives_s, lives_s > 0);
}

/* The zone's name and what is above it; or with `tree` also what is below. "a.t." lies below "t.". */
static void do_forget(struct world *w, const uint8_t *op, unsigned zone)
{
    struct dname_buf name;
    bool tree = op[1] % 2 != 0;
    denial_forget(w->cache, scan("", zones[zone], &name), tree);
    memset(&w->chain[0], 0, sizeof w->chain[0]);
    if (tree || zone == 1) {
        memset(&w->chain[1], 0, sizeof w->chain[1]);
    }
}

static void probe(struct world *w, unsigned zone, unsigned place)
{
    const struct chain *c = &w->chain[zone];
    unsigned want = model_find(w, c, place);
    struct denial_zone z;
    struct denial_span got = {.match = false};
    struct dname_buf name, apex, owner;
    uint8_t hash[NSEC3_HASH_SIZE];
    bool found = false;

    scan("", zones[zone], &apex);
    if (denial_zone_of(w->cache, dname_of(&apex), false, &z) && dname_equal(dname_of(&z.name), dname_of(&apex))) {
        if (z.nsec3) {
            hash_of(place, hash);
            found = denial_find_hash(w->cache, &z, hash, now_of(w), &w->arena, &got);
        } else {
            char below[40];
            snprintf(below, sizeof below, "%s%s", place % 2 != 0 ? "\\000." : "", names[place / 2]);
            found = denial_find(w->cache, &z, scan(below, zones[zone], &name), now_of(w), &w->arena, &got);
        }
    }
    must(found == (want < NAMES), "a span is missing, or there is one too many");
    if (!found) {
        return;
    }
    struct dname expected =
        c->kind == 0 ? scan(names[want], zones[zone], &owner) : hashed_owner(2 * want, zones[zone], &owner);
    must(dname_equal(rrset_owner(got.set), expected), "another span");
    must(got.match == (2 * want == place), "match or cover");
    must(got.ttl_s == c->span[want].ends_s - w->now_s, "its TTL");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cache_config config = {.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    struct world w = {.now_s = 1000};
    cache_thread_begin();
    w.cache = cache_new(&config);
    must(w.cache != NULL, "no memory");
    arena_init(&w.arena, NULL, 0, 1 << 20);
    for (size_t at = 0; at + OP <= size && at < 200 * OP; at += OP) {
        const uint8_t *op = data + at;
        unsigned zone = op[0] % ZONES;
        switch (op[0] / ZONES % 8) {
        case 0:
            w.now_s += op[1] % 4;
            break;
        case 1:
            do_forget(&w, op, zone);
            break;
        default:
            do_put(&w, op, zone);
        }
        arena_clear(&w.arena);
        for (unsigned z = 0; z < ZONES; z++) {
            for (unsigned place = 0; place < PLACES; place++) {
                probe(&w, z, place);
            }
            arena_clear(&w.arena);
        }
        must(cache_check(w.cache), "the bytes do not add up");
    }
    cache_quiescent();
    cache_free(w.cache);
    arena_release(&w.arena);
    cache_thread_end();
    return 0;
}
