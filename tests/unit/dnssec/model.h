/*
 * model.h - small zones, their chains of NSEC and NSEC3 records, and what is true in them
 *
 * A model is an apex and a few names, each with the types that make a difference: an address, an alias, a DNAME, a cut
 * without or with DS. From it come
 *   - its genuine chain, by a generator that shares nothing with zones/ or dns/nsec.c but the shape of an RRset;
 *   - the truth about any name and type, by looking through the names one by one;
 *   - for each question which records a complete proof needs.
 * With these model_check() judges proof.c: given any part of the chain it must not say what is false, and given all
 * that is needed it must say what is true. Every set of records that can be genuine at all is part of the chain of some
 * model, so going through all models is going through all that a validator can be shown.
 *
 * Hashes are the test's own (model_hash(), put in nsec3_hash()'s place by the linker): the order of hashes is all that
 * counts, and `seed` shuffles it.
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_MODEL_H
#define RAIZ_TESTS_UNIT_DNSSEC_MODEL_H

#include <stdio.h>
#include <string.h>

#include "dns/nsec.h"
#include "dns/types.h"
#include "resolver/dnssec/proof.h"

#define MODEL_NAMES_MAX 8
#define CHAIN_MAX       PROOF_SETS_MAX

enum model_kind {
    ADDRESS,
    ALIAS,
    REDIRECT,
    CUT,
    SIGNED_CUT,
    MODEL_KINDS,
    APEX = MODEL_KINDS,
    EMPTY /* non-terminal */
};

struct model_name {
    struct dname_buf name;
    enum model_kind kind;
};

struct model {
    unsigned count; /* names; [0] is the apex */
    struct model_name name[MODEL_NAMES_MAX];
};

enum chain_kind { CHAIN_NSEC, CHAIN_NSEC3, CHAIN_OPT_OUT /* leaves out unsigned cuts */, CHAIN_KINDS };

struct chain_link {
    struct model_name at;
    uint8_t hash[NSEC3_HASH_SIZE];
    _Alignas(8) uint8_t room[600];
};

struct chain {
    enum chain_kind kind;
    unsigned count;
    struct chain_link link[CHAIN_MAX]; /* in order of names or of hashes */
};

static inline const struct rrset *chain_set(const struct chain *c, unsigned i)
{
    return (const struct rrset *)(const void *)c->link[i].room;
}

/* ---- names, octet by octet ---- */

static inline int lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline int label_order(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 1; i <= a[0] && i <= b[0]; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return lower(a[i]) - lower(b[i]);
        }
    }
    return a[0] - b[0];
}

/* The labels of a name, the last one first. */
static inline unsigned labels_of(struct dname n, const uint8_t *out[static 128])
{
    unsigned count = 0;
    for (const uint8_t *p = n.wire; *p != 0; p += *p + 1) {
        count++;
    }
    unsigned at = count;
    for (const uint8_t *p = n.wire; *p != 0; p += *p + 1) {
        out[--at] = p;
    }
    return count;
}

/* Labels that both have at their ends. */
static inline unsigned shared(struct dname a, struct dname b)
{
    const uint8_t *x[128], *y[128];
    unsigned n = labels_of(a, x), m = labels_of(b, y), i = 0;
    while (i < n && i < m && label_order(x[i], y[i]) == 0) {
        i++;
    }
    return i;
}

static inline bool same(struct dname a, struct dname b)
{
    return a.labels == b.labels && shared(a, b) == a.labels;
}

static inline bool within(struct dname n, struct dname zone)
{
    return shared(n, zone) == zone.labels;
}

static inline bool below(struct dname n, struct dname zone)
{
    return within(n, zone) && n.labels > zone.labels;
}

/* RFC 4034 section 6.1. */
static inline int order(struct dname a, struct dname b)
{
    const uint8_t *x[128], *y[128];
    unsigned n = labels_of(a, x), m = labels_of(b, y);
    for (unsigned i = 0; i < n && i < m; i++) {
        int diff = label_order(x[i], y[i]);
        if (diff != 0) {
            return diff;
        }
    }
    return (int)n - (int)m;
}

static inline struct dname ancestor(struct dname n, unsigned labels)
{
    struct dname out = n;
    while (out.labels > labels) {
        unsigned skip = out.wire[0] + 1u;
        out = (struct dname){
            .wire = out.wire + skip, .len = (uint8_t)(out.len - skip), .labels = (uint8_t)(out.labels - 1)};
    }
    return out;
}

static inline struct dname star(struct dname n, struct dname_buf *out)
{
    out->wire[0] = 1;
    out->wire[1] = '*';
    memcpy(out->wire + 2, n.wire, n.len);
    out->len = (uint8_t)(n.len + 2);
    out->labels = (uint8_t)(n.labels + 1);
    return dname_of(out);
}

/* ---- what is there ---- */

static inline const struct model_name *model_find(const struct model *m, struct dname n)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (same(dname_of(&m->name[i].name), n)) {
            return &m->name[i];
        }
    }
    return NULL;
}

static inline bool is_cut(enum model_kind k)
{
    return k == CUT || k == SIGNED_CUT;
}

/* Something above n hides it from this zone. */
static inline bool hidden(const struct model *m, struct dname n)
{
    for (unsigned i = 1; i < m->count; i++) {
        if (below(n, dname_of(&m->name[i].name)) && (is_cut(m->name[i].kind) || m->name[i].kind == REDIRECT)) {
            return true;
        }
    }
    return false;
}

static inline bool exists(const struct model *m, struct dname n)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (within(dname_of(&m->name[i].name), n)) {
            return true;
        }
    }
    return false;
}

static inline struct dname closest_encloser(const struct model *m, struct dname n)
{
    for (struct dname e = n;; e = ancestor(e, e.labels - 1u)) {
        if (exists(m, e)) {
            return e;
        }
    }
}

static inline bool has_type(enum model_kind k, uint16_t type)
{
    static const uint16_t types[][4] = {
        [ADDRESS] = {DNS_TYPE_A},
        [ALIAS] = {DNS_TYPE_CNAME},
        [REDIRECT] = {DNS_TYPE_DNAME},
        [CUT] = {DNS_TYPE_NS},
        [SIGNED_CUT] = {DNS_TYPE_NS, DNS_TYPE_DS},
        [APEX] = {DNS_TYPE_NS, DNS_TYPE_SOA, DNS_TYPE_DNSKEY},
        [EMPTY] = {0},
    };
    for (unsigned i = 0; i < 4; i++) {
        if (types[k][i] != 0 && (types[k][i] == type || type == DNS_TYPE_ANY)) {
            return true;
        }
    }
    return false;
}

struct truth {
    bool nxdomain, nodata;
    bool no_cut; /* n is a name of this zone, or none, and no delegation */
    bool unsigned_cut;
    bool wild; /* n does not exist; its closest encloser is `encloser` */
    struct dname encloser;
};

static inline bool lacking(enum model_kind k, uint16_t qtype)
{
    return k != ALIAS && !has_type(k, qtype);
}

/* What this zone can say of a name and a type. */
static inline struct truth truth_of(const struct model *m, struct dname n, uint16_t qtype)
{
    struct truth t = {.nxdomain = false};
    struct dname apex = dname_of(&m->name[0].name);
    struct dname_buf buf;
    if (!within(n, apex) || hidden(m, n)) {
        return t;
    }
    const struct model_name *at = model_find(m, n);
    if (at != NULL) {
        t.unsigned_cut = at->kind == CUT;
        t.no_cut = !is_cut(at->kind) && at->kind != APEX;
        if (is_cut(at->kind) || at->kind == APEX) { /* whose DS is it? */
            t.nodata = is_cut(at->kind) == (qtype == DNS_TYPE_DS) && lacking(at->kind, qtype);
        } else {
            t.nodata = lacking(at->kind, qtype);
        }
        return t;
    }
    t.no_cut = true;
    if (exists(m, n)) {
        t.nodata = true;
        return t;
    }
    t.wild = true;
    t.encloser = closest_encloser(m, n);
    struct dname w = star(t.encloser, &buf);
    const struct model_name *wild = model_find(m, w);
    t.nxdomain = !exists(m, w);
    t.nodata = !t.nxdomain && (wild == NULL || lacking(wild->kind, qtype));
    return t;
}

/* ---- chains ---- */

/* What the linker puts in place of nsec3_hash() in these tests. */
static uint64_t model_seed = 1;

static inline void model_hash(struct dname n, uint8_t out[static NSEC3_HASH_SIZE])
{
    uint64_t h = model_seed * UINT64_C(0x9e3779b97f4a7c15) + 0x51ed27;
    for (unsigned i = 0; i < n.len; i++) {
        h = (h ^ (uint64_t)lower(n.wire[i])) * UINT64_C(0x100000001b3);
        h ^= h >> 29;
    }
    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    memset(out, 0, NSEC3_HASH_SIZE);
    memcpy(out, &h, sizeof h);
}

static inline size_t put_bitmap(enum model_kind k, bool nsec3, uint8_t out[static 10])
{
    memset(out, 0, 10);
    out[1] = 7; /* types up to 55 */
    for (uint16_t type = 1; type < 56; type++) {
        bool listed = has_type(k, type) || (type == DNS_TYPE_RRSIG && (!nsec3 || (k != CUT && k != EMPTY))) ||
                      (type == DNS_TYPE_NSEC && !nsec3) || (type == DNS_TYPE_NSEC3PARAM && nsec3 && k == APEX);
        if (listed) {
            out[2 + type / 8] |= (uint8_t)(0x80 >> type % 8);
        }
    }
    while (out[1] > 0 && out[1 + out[1]] == 0) {
        out[1]--;
    }
    return out[1] == 0 ? 0 : out[1] + 2u;
}

static inline void put_set(struct chain_link *l, struct dname owner, uint16_t type, const uint8_t *rdata, size_t n)
{
    struct rdata_ref rr = {.data = rdata, .len = (uint16_t)n};
    rrset_fill((struct rrset *)(void *)l->room, owner, type, 3600, &rr, 1, NULL, 0);
}

static inline void put_nsec(struct chain_link *l, struct dname next)
{
    uint8_t rdata[DNAME_MAX + 10];
    memcpy(rdata, next.wire, next.len);
    size_t n = next.len + put_bitmap(l->at.kind, false, rdata + next.len);
    put_set(l, dname_of(&l->at.name), DNS_TYPE_NSEC, rdata, n);
}

static inline void put_nsec3(struct chain_link *l, struct dname zone, const uint8_t *next, uint8_t flags)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t rdata[40] = {1, flags, 0, 0, 0, NSEC3_HASH_SIZE};
    struct dname_buf owner = {.len = (uint8_t)(33 + zone.len), .labels = (uint8_t)(zone.labels + 1)};
    memcpy(rdata + 6, next, NSEC3_HASH_SIZE);
    size_t n = 26 + put_bitmap(l->at.kind, true, rdata + 26);
    owner.wire[0] = 32;
    for (unsigned i = 0; i < 32; i++) {
        unsigned value = 0;
        for (unsigned bit = i * 5; bit < i * 5 + 5; bit++) {
            value = value << 1 | (l->hash[bit / 8] >> (7 - bit % 8) & 1);
        }
        owner.wire[1 + i] = (uint8_t)digits[value];
    }
    memcpy(owner.wire + 33, zone.wire, zone.len);
    put_set(l, dname_of(&owner), DNS_TYPE_NSEC3, rdata, n);
}

static inline bool comes_before(const struct chain *c, const struct chain_link *a, const struct chain_link *b)
{
    return c->kind == CHAIN_NSEC ? order(dname_of(&a->at.name), dname_of(&b->at.name)) < 0
                                 : memcmp(a->hash, b->hash, NSEC3_HASH_SIZE) < 0;
}

static inline void chain_add(struct chain *c, struct dname n, enum model_kind kind)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (same(dname_of(&c->link[i].at.name), n)) {
            c->link[i].at.kind = c->link[i].at.kind == EMPTY ? kind : c->link[i].at.kind;
            return;
        }
    }
    if (c->count == CHAIN_MAX) {
        return;
    }
    struct chain_link l;
    l.at.kind = kind;
    dname_copy(n, &l.at.name);
    model_hash(n, l.hash);
    unsigned at = c->count++;
    for (; at > 0 && comes_before(c, &l, &c->link[at - 1]); at--) {
        c->link[at] = c->link[at - 1];
    }
    c->link[at] = l;
}

/* False: more links than there is room for. */
static inline bool chain_make(const struct model *m, enum chain_kind kind, struct chain *c)
{
    struct dname apex = dname_of(&m->name[0].name);
    c->kind = kind;
    c->count = 0;
    for (unsigned i = 0; i < m->count; i++) {
        struct dname n = dname_of(&m->name[i].name);
        if (hidden(m, n) || (kind == CHAIN_OPT_OUT && m->name[i].kind == CUT)) {
            continue;
        }
        chain_add(c, n, m->name[i].kind);
        for (unsigned labels = n.labels - 1u; kind != CHAIN_NSEC && labels > apex.labels; labels--) {
            chain_add(c, ancestor(n, labels), EMPTY);
        }
    }
    for (unsigned i = 0; i < c->count; i++) {
        const struct chain_link *next = &c->link[(i + 1) % c->count];
        if (kind == CHAIN_NSEC) {
            put_nsec(&c->link[i], dname_of(&next->at.name));
        } else {
            put_nsec3(&c->link[i], apex, next->hash, kind == CHAIN_OPT_OUT);
        }
    }
    return c->count < CHAIN_MAX;
}

static inline const struct chain_link *chain_find(const struct chain *c, struct dname n)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (same(dname_of(&c->link[i].at.name), n)) {
            return &c->link[i];
        }
    }
    return NULL;
}

/* Bit of the record that stands at the name; 0 if none does. */
static inline uint32_t matching(const struct chain *c, struct dname n)
{
    const struct chain_link *l = chain_find(c, n);
    return l == NULL ? 0 : UINT32_C(1) << (l - c->link);
}

/* Bit of the record whose span holds the name. */
static inline uint32_t covering(const struct chain *c, struct dname n)
{
    struct chain_link probe;
    unsigned last = c->count - 1;
    dname_copy(n, &probe.at.name);
    model_hash(n, probe.hash);
    for (unsigned i = 0; i < c->count && comes_before(c, &c->link[i], &probe); i++) {
        last = i;
    }
    return UINT32_C(1) << last;
}

/* The longest ancestor that has a record. */
static inline struct dname provable_encloser(const struct chain *c, struct dname n)
{
    while (chain_find(c, n) == NULL) {
        n = ancestor(n, n.labels - 1u);
    }
    return n;
}

/* The records that prove what is true: no such name, no such type, an expansion. 0: nothing to prove. */
struct needs {
    uint32_t nxdomain, nodata, wild, no_ds;
    bool uncertain; /* under opt-out, all this is insecure */
};

static inline struct needs nsec_needs(const struct model *m, const struct chain *c, struct dname n,
                                      const struct truth *t)
{
    struct needs out = {0};
    struct dname_buf buf;
    if (chain_find(c, n) != NULL) {
        out.nodata = matching(c, n);
    } else if (!t->wild) {
        out.nodata = covering(c, n);
    } else {
        struct dname w = star(t->encloser, &buf);
        out.wild = covering(c, n);
        out.nxdomain = out.wild | covering(c, w);
        out.nodata = out.wild | (model_find(m, w) != NULL ? matching(c, w) : covering(c, w));
    }
    return out;
}

static inline struct needs nsec3_needs(const struct chain *c, struct dname n)
{
    struct needs out = {0};
    struct dname_buf buf;
    if (chain_find(c, n) != NULL) {
        out.nodata = matching(c, n);
        return out;
    }
    struct dname e = provable_encloser(c, n), w = star(e, &buf);
    out.wild = covering(c, ancestor(n, e.labels + 1u));
    uint32_t both = out.wild | matching(c, e);
    out.uncertain = c->kind == CHAIN_OPT_OUT;
    bool wildcard = chain_find(c, w) != NULL;
    out.nxdomain = wildcard ? 0 : both | covering(c, w);
    out.nodata = out.uncertain ? both : wildcard ? both | matching(c, w) : 0;
    return out;
}

static inline struct needs needs_of(const struct model *m, const struct chain *c, struct dname n, const struct truth *t)
{
    struct needs out = c->kind == CHAIN_NSEC ? nsec_needs(m, c, n, t) : nsec3_needs(c, n);
    out.no_ds = t->nxdomain && !out.uncertain ? out.nxdomain : out.nodata;
    return out;
}

#endif
