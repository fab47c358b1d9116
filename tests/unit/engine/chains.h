/*
 * chains.h - zones with a chain of NSEC or NSEC3 records, and what a resolver learns when it asks their servers
 *
 * The chains are made here from the plain zone and hold no signatures: what is put into the cache is what validation
 * has passed. A server's answer (zones/lookup.h) is at once what is learnt and the truth that answers made from the
 * cache are held against.
 */
#ifndef RAIZ_TESTS_UNIT_ENGINE_CHAINS_H
#define RAIZ_TESTS_UNIT_ENGINE_CHAINS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/denial.h"
#include "dns/base.h"
#include "dns/nsec.h"
#include "dns/text.h"
#include "dns/types.h"
#include "zones/lookup.h"
#include "zones/zone.h"
#include "zones/zonefile.h"

#define CHAIN_NAMES_MAX 4096
#define CHAIN_TEXT_MAX  (1u << 20)

enum chain_kind { CHAIN_NSEC, CHAIN_NSEC3, CHAIN_OPT_OUT };

struct chain_owner {
    struct dname_buf name;
    uint16_t type[8];
    size_t types;
    uint8_t hash[NSEC3_HASH_SIZE];
};

/* An authoritative server of one signed zone. */
struct chain_zone {
    enum chain_kind kind;
    unsigned iterations;
    struct zone *zone;
    const struct rrset *soa;
    size_t owners;
    struct chain_owner owner[CHAIN_NAMES_MAX];
    char text[CHAIN_TEXT_MAX];
};

static inline struct zone *chain_load(const char *origin, const char *text)
{
    struct dname_buf buf;
    struct zonefile zf = {.text = text, .text_len = strlen(text), .text_name = "zone", .default_ttl_s = 3600};
    assert_int_equal(dname_scan(origin, strlen(origin), NULL, &buf), DNS_OK);
    zf.origin = dname_of(&buf);
    struct zone *z = zonefile_load(&zf, false);
    if (z == NULL) {
        char message[1024];
        zonefile_error_print(&zf.errors[0], message, sizeof message);
        fail_msg("%s", message);
    }
    return z;
}

static inline struct chain_owner *chain_owner_of(struct chain_zone *c, struct dname name)
{
    for (size_t i = 0; i < c->owners; i++) {
        if (dname_equal(dname_of(&c->owner[i].name), name)) {
            return &c->owner[i];
        }
    }
    return NULL;
}

static inline struct chain_owner *chain_add(struct chain_zone *c, struct dname name)
{
    assert_true(c->owners < CHAIN_NAMES_MAX);
    struct chain_owner *o = &c->owner[c->owners++];
    dname_copy(name, &o->name);
    o->types = 0;
    return o;
}

static inline void chain_visit(void *arg, const struct rrset *s)
{
    struct chain_zone *c = arg;
    struct chain_owner *last = c->owners > 0 ? &c->owner[c->owners - 1] : NULL;
    if (last == NULL || !dname_equal(dname_of(&last->name), rrset_owner(s))) {
        last = chain_add(c, rrset_owner(s));
    }
    assert_true(last->types < sizeof last->type / sizeof last->type[0]);
    last->type[last->types++] = s->type;
}

static inline bool chain_has(const struct chain_owner *o, uint16_t type)
{
    for (size_t i = 0; i < o->types; i++) {
        if (o->type[i] == type) {
            return true;
        }
    }
    return false;
}

static inline bool chain_is_cut(const struct chain_owner *o)
{
    return chain_has(o, DNS_TYPE_NS) && !chain_has(o, DNS_TYPE_SOA);
}

/* Names below cuts and DNAMEs leave; with NSEC3, empty non-terminals join and, with opt-out, unsigned cuts leave. */
static inline void chain_choose(struct chain_zone *c, struct dname origin)
{
    size_t kept = 0;
    struct dname_buf top = {.len = 0};
    for (size_t i = 0; i < c->owners; i++) {
        struct dname name = dname_of(&c->owner[i].name);
        if (top.len != 0 && dname_below(name, dname_of(&top))) {
            continue;
        }
        c->owner[kept] = c->owner[i];
        const struct chain_owner *o = &c->owner[kept];
        if (chain_is_cut(o) || chain_has(o, DNS_TYPE_DNAME)) {
            dname_copy(dname_of(&o->name), &top);
        }
        kept += !(c->kind == CHAIN_OPT_OUT && chain_is_cut(o) && !chain_has(o, DNS_TYPE_DS));
    }
    c->owners = kept;
    for (size_t i = 0; c->kind != CHAIN_NSEC && i < kept; i++) {
        for (struct dname up = dname_parent(dname_of(&c->owner[i].name)); up.labels > origin.labels;
             up = dname_parent(up)) {
            if (chain_owner_of(c, up) == NULL) {
                chain_add(c, up);
            }
        }
    }
}

static inline int chain_by_hash(const void *a, const void *b)
{
    return memcmp(((const struct chain_owner *)a)->hash, ((const struct chain_owner *)b)->hash, NSEC3_HASH_SIZE);
}

static inline void chain_hash_all(struct chain_zone *c)
{
    static const uint8_t salt[] = {0xab, 0xcd};
    struct nsec3 p = {.algorithm = NSEC3_SHA1, .iterations = (uint16_t)c->iterations, .salt_len = 2, .salt = salt};
    for (size_t i = 0; i < c->owners; i++) {
        assert_true(nsec3_hash(dname_of(&c->owner[i].name), &p, c->owner[i].hash));
    }
    qsort(c->owner, c->owners, sizeof c->owner[0], chain_by_hash);
}

static inline void chain_print(struct chain_zone *c, struct text *t)
{
    char type[DNS_TYPE_TEXT_MAX];
    if (c->kind != CHAIN_NSEC) {
        chain_hash_all(c);
        text_addf(t, "@ NSEC3PARAM 1 0 %u ABCD\n", c->iterations);
    }
    for (size_t i = 0; i < c->owners; i++) {
        const struct chain_owner *o = &c->owner[i], *next = &c->owner[(i + 1) % c->owners];
        if (c->kind == CHAIN_NSEC) {
            text_name(t, dname_of(&o->name));
            text_add(t, " NSEC ");
            text_name(t, dname_of(&next->name));
            text_add(t, " NSEC");
        } else {
            base_print(BASE32HEX, o->hash, NSEC3_HASH_SIZE, t);
            text_addf(t, " NSEC3 1 %d %u ABCD ", c->kind == CHAIN_OPT_OUT, c->iterations);
            base_print(BASE32HEX, next->hash, NSEC3_HASH_SIZE, t);
        }
        for (size_t k = 0; k < o->types; k++) {
            text_addf(t, " %s", dns_type_text(o->type[k], type));
        }
        text_add(t, o->types > 0 ? " RRSIG\n" : "\n");
    }
}

/* The zone of this text with a chain. */
static inline struct chain_zone *chain_make(const char *origin, const char *plain, enum chain_kind kind,
                                            unsigned iterations)
{
    struct chain_zone *c = calloc(1, sizeof *c);
    assert_non_null(c);
    struct zone *z = chain_load(origin, plain);
    c->kind = kind;
    c->iterations = iterations;
    zone_walk(z, chain_visit, c);
    chain_choose(c, zone_origin(z));
    zone_free(z);
    struct text t = text_of(c->text, sizeof c->text);
    text_add(&t, plain);
    chain_print(c, &t);
    assert_true(strlen(c->text) + 1 < sizeof c->text);
    c->zone = chain_load(origin, c->text);
    c->soa = zone_find(c->zone, zone_origin(c->zone), DNS_TYPE_SOA);
    return c;
}

static inline void chain_free(struct chain_zone *c)
{
    zone_free(c->zone);
    free(c);
}

static inline void chain_learn_set(struct cache *cache, const struct chain_zone *c, const struct rrset *set,
                                   struct now now)
{
    if (set->type == DNS_TYPE_NSEC || set->type == DNS_TYPE_NSEC3) {
        denial_put(cache, zone_origin(c->zone), set, c->soa, now);
    }
}

/* The server's answer, and all that the resolver keeps of it for other names. */
static inline void chain_ask(struct cache *cache, const struct chain_zone *c, struct dname qname, uint16_t qtype,
                             struct now now, struct lookup *out)
{
    struct cache_origin secure = {.rank = RANK_AUTH_ANSWER, .security = SEC_SECURE};
    zone_lookup(c->zone, qname, qtype, true, out);
    for (unsigned i = 0; i < out->authorities && out->kind != LOOKUP_REFERRAL; i++) {
        chain_learn_set(cache, c, out->authority[i], now);
    }
    for (unsigned i = 0; i < out->answers; i++) {
        if (dname_is_wildcard(rrset_owner(out->answer[i].set))) {
            cache_put_rrset(cache, out->answer[i].set, &secure, now);
        }
    }
}

struct chain_walk {
    struct cache *cache;
    const struct chain_zone *zone;
    struct now now;
};

static inline void chain_walk_set(void *arg, const struct rrset *set)
{
    const struct chain_walk *w = arg;
    chain_learn_set(w->cache, w->zone, set, w->now);
}

/* Everything. */
static inline void chain_learn_all(struct cache *cache, const struct chain_zone *c, struct now now)
{
    struct chain_walk w = {.cache = cache, .zone = c, .now = now};
    zone_walk(c->zone, chain_walk_set, &w);
}

#endif
