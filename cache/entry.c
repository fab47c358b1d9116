/*
 * entry.c - packing and unpacking of entries
 */
#include "cache/entry.h"

#include <string.h>

#include "dns/fold.h"
#include "dns/types.h"

#define RANK_BITS      0x07
#define SECURITY_SHIFT 3
#define SECURITY_BITS  (3 << SECURITY_SHIFT)
#define FAMILY_SHIFT   5
#define FAR_SERVER     0x80 /* port and scope follow the address */
#define NEGATIVE       0x80
#define ZONE_BITS      0x7f
#define PORT_USUAL     53

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static bool is_negative(const struct packed *e)
{
    return e->zone & NEGATIVE;
}

bool entry_is_laid_out_negative(const struct packed *e)
{
    return is_negative(e);
}

uint8_t entry_zone_labels(const struct packed *e)
{
    return e->zone & ZONE_BITS;
}

uint8_t entry_trust(const struct packed *e)
{
    return atomic_load_explicit(&e->trust, memory_order_relaxed);
}

size_t entry_server_size(const struct packed *e)
{
    uint8_t trust = entry_trust(e);
    unsigned family = trust >> FAMILY_SHIFT & 3;
    size_t n = family == 0 ? 0 : family == 1 ? 4 : 16;
    return n != 0 && (trust & FAR_SERVER) ? n + sizeof(uint16_t) + sizeof(uint32_t) : n;
}

static const struct rrset *set_of(const struct packed *e)
{
    return (const struct rrset *)(const void *)e->body;
}

static const struct negative *negative_of(const struct packed *e)
{
    return (const struct negative *)(const void *)e->body;
}

static const struct delegation *delegation_of(const struct packed *e)
{
    return (const struct delegation *)(const void *)e->body;
}

static const struct failing *failing_of(const struct packed *e)
{
    return (const struct failing *)(const void *)e->body;
}

struct dname entry_name(const struct packed *e)
{
    if (is_negative(e)) {
        const struct negative *n = negative_of(e);
        return (struct dname){.wire = n->name, .len = n->name_len, .labels = n->name_labels};
    }
    if (e->head.kind == CACHE_RRSET) {
        return rrset_owner(set_of(e));
    }
    if (e->head.kind == CACHE_DELEGATION) {
        return delegation_zone(delegation_of(e));
    }
    const struct failing *f = failing_of(e);
    return (struct dname){.wire = f->name, .len = f->name_len, .labels = f->name_labels};
}

/* Most questions come in lower case, as names are stored. */
static inline bool same_octets(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n < 8) {
        return memcmp(a, b, n) == 0;
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        if (load8(a + i) != load8(b + i)) {
            return false;
        }
    }
    return load8(a + n - 8) == load8(b + n - 8); /* the rest, overlapping */
}

bool entry_match(const struct entry *head, const void *key)
{
    const struct packed *e = packed_of(head);
    const struct entry_key *k = key;
    bool aside = atomic_load_explicit(&head->marks, memory_order_relaxed) & ENTRY_ASIDE;
    if (head->kind != k->kind || e->type != k->type || aside != k->aside) {
        return false;
    }
    struct dname name = entry_name(e);
    return name.len == k->name.len && (same_octets(name.wire, k->name.wire, name.len) || dname_equal(name, k->name));
}

enum cache_rank entry_rank(const struct packed *e)
{
    return (enum cache_rank)(entry_trust(e) & RANK_BITS);
}

enum cache_security entry_security(const struct packed *e)
{
    return (enum cache_security)(entry_trust(e) >> SECURITY_SHIFT & 3);
}

bool entry_serves_ended(const struct packed *e, uint32_t tick, uint32_t most_ticks)
{
    enum cache_security security = entry_security(e);
    int32_t left = entry_left(&e->head, tick);
    return most_ticks > 0 && (security == SEC_SECURE || security == SEC_INSECURE) && left <= 0 &&
           tick - atomic_load_explicit(&e->head.expires, memory_order_relaxed) <= most_ticks;
}

uint8_t entry_failures(const struct packed *e)
{
    return failing_of(e)->count;
}

static size_t server_size(const struct addr *a)
{
    size_t n = a->family == ADDR_IP4 ? 4 : a->family == ADDR_IP6 ? 16 : 0;
    return n != 0 && (a->port != PORT_USUAL || a->scope != 0) ? n + sizeof a->port + sizeof a->scope : n;
}

/* The bits for struct packed.trust. */
static uint8_t server_bits(const struct addr *a)
{
    unsigned family = a->family == ADDR_IP4 ? 1 : a->family == ADDR_IP6 ? 2 : 0;
    bool far = family != 0 && (a->port != PORT_USUAL || a->scope != 0);
    return (uint8_t)(family << FAMILY_SHIFT | (far ? FAR_SERVER : 0));
}

static void server_write(uint8_t *p, const struct addr *a)
{
    size_t n = a->family == ADDR_IP4 ? 4 : a->family == ADDR_IP6 ? 16 : 0;
    memcpy(p, a->ip, n);
    if (server_size(a) > n) {
        memcpy(p + n, &a->port, sizeof a->port);
        memcpy(p + n + sizeof a->port, &a->scope, sizeof a->scope);
    }
}

static void server_read(const uint8_t *p, uint8_t trust, struct addr *out)
{
    unsigned family = trust >> FAMILY_SHIFT & 3;
    *out = (struct addr){.family = ADDR_NONE};
    if (family == 0) {
        return;
    }
    out->port = PORT_USUAL;
    size_t n = 4;
    if (family == 1) { /* sizes that the compiler knows: no call */
        out->family = ADDR_IP4;
        memcpy(out->ip, p, 4);
    } else {
        out->family = ADDR_IP6;
        memcpy(out->ip, p, n = 16);
    }
    if (trust & FAR_SERVER) {
        memcpy(&out->port, p + n, sizeof out->port);
        memcpy(&out->scope, p + n + sizeof out->port, sizeof out->scope);
    }
}

static void negative_hit(const struct packed *e, struct cache_hit *out)
{
    const struct negative *n = negative_of(e);
    size_t at = align4(sizeof *n + n->name_len);
    const struct rrset *first = (const struct rrset *)(const void *)(e->body + at);
    out->negative = n->first != FIRST_SET;
    out->original_ttl_s = n->ttl_s;
    if (n->first != FIRST_NONE) {
        *(n->first == FIRST_SET ? &out->rrset : &out->soa) = first;
        at += align4(first->size_bytes);
    }
    for (unsigned i = 0; i < n->proof_count; i++) {
        out->proof[i] = (const struct rrset *)(const void *)(e->body + at);
        at += align4(out->proof[i]->size_bytes);
    }
    out->proof_count = n->proof_count;
    server_read(e->body + n->size_bytes, entry_trust(e), &out->origin.server);
}

/* Ticks left and TTL. */
static bool failing_hit(const struct packed *e, uint32_t tick, int32_t *left, struct cache_hit *out)
{
    const struct failing *f = failing_of(e);
    if (*left <= 0) {
        return false; /* first, as the circle may have turned since f->ends */
    }
    *left = (int32_t)(f->ends - tick);
    out->failure = f->failure;
    out->failure_count = f->count;
    out->failure_began = f->ends - f->ttl_s * TICKS_PER_S;
    out->original_ttl_s = f->ttl_s;
    return true;
}

/* Member by member, as clearing the whole costs more than the rest of a lookup's work in this file. */
static void plain_hit(const struct packed *e, struct cache_hit *out)
{
    out->kind = (enum cache_kind)e->head.kind;
    out->negative = false;
    out->rrset = out->soa = NULL;
    out->proof_count = 0;
    out->delegation = NULL;
    out->origin.rank = entry_rank(e);
    out->origin.security = entry_security(e);
    out->origin.zone_labels = e->zone & ZONE_BITS;
    out->failure = 0;
    out->failure_count = 0;
    out->name = entry_name(e);
    out->type = e->type;
}

/* All but the time. False: a failure that may be tried again. */
static inline bool unpack(const struct packed *e, uint32_t tick, int32_t *left, struct cache_hit *out)
{
    plain_hit(e, out);
    if (is_negative(e)) {
        negative_hit(e, out);
    } else if (e->head.kind == CACHE_RRSET) {
        out->rrset = set_of(e);
        out->original_ttl_s = out->rrset->ttl_s;
        server_read(e->body + out->rrset->size_bytes, entry_trust(e), &out->origin.server);
    } else if (e->head.kind == CACHE_DELEGATION) {
        out->delegation = delegation_of(e);
        out->original_ttl_s = out->delegation->ttl_s;
        server_read(e->body + out->delegation->size_bytes, entry_trust(e), &out->origin.server);
    } else {
        out->origin.server = (struct addr){.family = ADDR_NONE};
        return failing_hit(e, tick, left, out);
    }
    return true;
}

bool entry_hit(const struct packed *e, uint32_t tick, struct cache_hit *out)
{
    int32_t left = entry_left(&e->head, tick);
    if (!unpack(e, tick, &left, out) || left <= 0) {
        return false;
    }
    /* Another thread's clock may be a little behind that of who stored it, but not by a minute. */
    uint32_t left_s = ((uint32_t)left + TICKS_PER_S - 1) / TICKS_PER_S;
    if (left_s > out->original_ttl_s + 60) {
        return false;
    }
    out->ttl_s = left_s < out->original_ttl_s ? left_s : out->original_ttl_s;
    return true;
}

bool entry_hit_ended(const struct packed *e, uint32_t tick, uint32_t most_ticks, struct cache_hit *out, uint32_t *age_s)
{
    if (entry_hit(e, tick, out)) {
        *age_s = out->original_ttl_s - out->ttl_s;
        return true;
    }
    uint32_t since = tick - atomic_load_explicit(&e->head.expires, memory_order_relaxed);
    if (e->head.kind == CACHE_FAILURE || since > most_ticks || most_ticks == 0) {
        return false;
    }
    out->ttl_s = 0;
    *age_s = out->original_ttl_s + since / TICKS_PER_S;
    return true;
}

/* Laid out as a negative entry is. */
static bool wants_negative(const struct entry_content *c)
{
    return c->key.kind == CACHE_NXDOMAIN || (c->key.kind == CACHE_RRSET && (c->set == NULL || c->proof_count > 0));
}

static const struct rrset *first_of(const struct entry_content *c)
{
    return c->set != NULL ? c->set : c->soa;
}

static size_t negative_size(const struct entry_content *c)
{
    size_t n = align4(sizeof(struct negative) + c->key.name.len);
    n += first_of(c) != NULL ? align4(first_of(c)->size_bytes) : 0;
    for (unsigned i = 0; i < c->proof_count; i++) {
        n += align4(c->proof[i]->size_bytes);
    }
    return n;
}

static size_t body_size(const struct entry_content *c)
{
    if (wants_negative(c)) {
        return negative_size(c);
    }
    switch (c->key.kind) {
    case CACHE_RRSET:
        return c->set->size_bytes;
    case CACHE_DELEGATION:
        return c->delegation->size_bytes;
    default:
        return sizeof(struct failing) + c->key.name.len;
    }
}

size_t entry_size(const struct entry_content *c)
{
    return sizeof(struct packed) + body_size(c) + (c->origin != NULL ? server_size(&c->origin->server) : 0);
}

static void set_copy(void *to, const struct rrset *set)
{
    struct rrset *r = to;
    memcpy(r, set, set->size_bytes);
    fold_copy(r->data, set->data, set->owner_len);
}

static void negative_fill(struct packed *e, const struct entry_content *c)
{
    struct negative *n = (struct negative *)(void *)e->body;
    *n = (struct negative){
        .ttl_s = c->ttl_s,
        .size_bytes = (uint32_t)negative_size(c),
        .first = c->set != NULL   ? FIRST_SET
                 : c->soa != NULL ? FIRST_SOA
                                  : FIRST_NONE,
        .proof_count = (uint8_t)c->proof_count,
        .name_len = c->key.name.len,
        .name_labels = c->key.name.labels,
    };
    fold_copy(n->name, c->key.name.wire, c->key.name.len);
    size_t at = align4(sizeof *n + n->name_len);
    if (first_of(c) != NULL) {
        set_copy(e->body + at, first_of(c));
        if (c->set != NULL) {
            ((struct rrset *)(void *)(e->body + at))->ttl_s = c->ttl_s;
        }
        at += align4(first_of(c)->size_bytes);
    }
    for (unsigned i = 0; i < c->proof_count; i++) {
        set_copy(e->body + at, c->proof[i]);
        at += align4(c->proof[i]->size_bytes);
    }
    e->zone |= NEGATIVE;
}

static void failing_fill(struct packed *e, const struct entry_content *c, uint32_t tick)
{
    struct failing *f = (struct failing *)(void *)e->body;
    *f = (struct failing){
        .ends = tick + c->ttl_s * TICKS_PER_S,
        .failure = c->failure,
        .ttl_s = (uint16_t)c->ttl_s, /* at most CACHE_FAILURE_MAX_S */
        .count = c->failure_count,
        .name_len = c->key.name.len,
        .name_labels = c->key.name.labels,
    };
    fold_copy(f->name, c->key.name.wire, c->key.name.len);
    uint32_t more_s = c->ttl_s > CACHE_FAILURE_MEMORY_S ? c->ttl_s : CACHE_FAILURE_MEMORY_S;
    atomic_store_explicit(&e->head.expires, f->ends + more_s * TICKS_PER_S, memory_order_relaxed);
}

void entry_fill(struct packed *e, const struct entry_content *c, uint32_t tick)
{
    const struct cache_origin *o = c->origin;
    e->head.kind = (uint8_t)c->key.kind;
    atomic_store_explicit(&e->head.expires, tick + c->ttl_s * TICKS_PER_S, memory_order_relaxed);
    e->type = c->key.type;
    uint8_t trust = 0;
    e->zone = 0;
    if (o != NULL) {
        trust = (uint8_t)(o->rank | (unsigned)o->security << SECURITY_SHIFT | server_bits(&o->server));
        e->zone = o->zone_labels & ZONE_BITS;
        server_write(e->body + body_size(c), &o->server);
    }
    atomic_store_explicit(&e->trust, trust, memory_order_relaxed);
    if (wants_negative(c)) {
        negative_fill(e, c);
    } else if (c->key.kind == CACHE_RRSET) {
        set_copy(e->body, c->set);
        ((struct rrset *)(void *)e->body)->ttl_s = c->ttl_s;
    } else if (c->key.kind == CACHE_DELEGATION) {
        struct delegation *d = (struct delegation *)(void *)e->body;
        memcpy(d, c->delegation, c->delegation->size_bytes);
        fold_copy(d->data, c->delegation->data, d->zone_len);
        d->ttl_s = c->ttl_s;
    } else {
        failing_fill(e, c, tick);
    }
}

bool entry_renew(struct packed *old, const struct packed *fresh, size_t n)
{
    uint8_t before = entry_trust(old), trust = entry_trust(fresh);
    bool same = n <= (size_t)old->head.units * ENTRY_UNIT && old->head.units == fresh->head.units &&
                old->zone == fresh->zone && ((before ^ trust) & ~(RANK_BITS | SECURITY_BITS)) == 0 &&
                memcmp(old->body, fresh->body, n - sizeof *fresh) == 0;
    if (same) {
        atomic_store_explicit(&old->trust, trust, memory_order_relaxed);
    }
    return same;
}
