/*
 * denied.c - the zones of which spans are known, and the memory that both take
 */
#include "cache/denied.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_BUCKET 4096
#define BUCKETS_MIN      16
#define BUCKETS_MAX      65536
#define SECOND_CHANCES   16 /* spans passed over in one search for room */
#define SWEPT_PER_PUT    2  /* of the oldest, looked at whether they have ended */

struct denial *denial_new(size_t bytes)
{
    struct denial *d = calloc(1, sizeof *d);
    size_t buckets = BUCKETS_MIN;
    while (buckets < BUCKETS_MAX && buckets < bytes / BYTES_PER_BUCKET) {
        buckets *= 2;
    }
    if (d == NULL) {
        return NULL;
    }
    d->bucket = calloc(buckets, sizeof *d->bucket);
    if (d->bucket == NULL) {
        free(d);
        return NULL;
    }
    d->bucket_mask = buckets - 1;
    d->bytes_max = bytes;
    d->bytes = sizeof *d + buckets * sizeof *d->bucket;
    pthread_rwlockattr_t kind; /* puts are rare, and must not wait for a gap between lookups */
    pthread_rwlockattr_init(&kind);
    pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&d->lock, &kind);
    pthread_rwlockattr_destroy(&kind);
    return d;
}

/* ---- zones ---- */

_Atomic(struct denied *) *denied_bucket(const struct cache *c, struct dname name)
{
    return &c->denial->bucket[dname_hash(c->config.hash_key, name) & c->denial->bucket_mask];
}

struct denied *denied_find(const struct cache *c, struct dname name)
{
    struct denied *z = atomic_load_explicit(denied_bucket(c, name), memory_order_relaxed);
    while (z != NULL && !dname_equal(dname_of(&z->name), name)) {
        z = z->next;
    }
    return z;
}

struct denied *denied_add(struct cache *c, struct dname name)
{
    struct denial *d = c->denial;
    struct denied *z = calloc(1, sizeof *z);
    if (z == NULL) {
        return NULL;
    }
    _Atomic(struct denied *) *bucket = denied_bucket(c, name);
    dname_lower(name, &z->name);
    z->next = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, z, memory_order_relaxed);
    if (name.labels > atomic_load_explicit(&d->deepest, memory_order_relaxed)) {
        atomic_store_explicit(&d->deepest, name.labels, memory_order_relaxed);
    }
    d->bytes += sizeof *z + DENIED_MALLOC_OVERHEAD;
    d->zones++;
    return z;
}

static size_t soa_cost(const struct denied *z)
{
    return z->soa != NULL ? z->soa->size_bytes + DENIED_MALLOC_OVERHEAD : 0;
}

void denied_remove(struct cache *c, struct denied *z)
{
    struct denial *d = c->denial;
    _Atomic(struct denied *) *bucket = denied_bucket(c, dname_of(&z->name));
    struct denied *before = atomic_load_explicit(bucket, memory_order_relaxed);
    if (before == z) {
        atomic_store_explicit(bucket, z->next, memory_order_relaxed);
    } else {
        while (before->next != z) {
            before = before->next;
        }
        before->next = z->next;
    }
    d->bytes -= sizeof *z + DENIED_MALLOC_OVERHEAD + soa_cost(z);
    d->zones--;
    free(z->soa);
    free(z);
}

bool denied_set_soa(struct denial *d, struct denied *z, const struct rrset *soa)
{
    struct rrset *copy = malloc(soa->size_bytes);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, soa, soa->size_bytes);
    memcpy(copy->data, z->name.wire, z->name.len); /* in lower case */
    d->bytes -= soa_cost(z);
    free(z->soa);
    z->soa = copy;
    d->bytes += soa_cost(z);
    return true;
}

/* ---- spans ---- */

static void queue_leave(struct denial *d, struct span *s)
{
    *(s->older != NULL ? &s->older->newer : &d->oldest) = s->newer;
    *(s->newer != NULL ? &s->newer->older : &d->newest) = s->older;
}

static void queue_join(struct denial *d, struct span *s)
{
    s->newer = NULL;
    s->older = d->newest;
    *(d->newest != NULL ? &d->newest->newer : &d->oldest) = s;
    d->newest = s;
}

void denied_insert(struct denial *d, struct denied *z, struct span *s)
{
    s->zone = z;
    spans_insert(&z->spans, s);
    queue_join(d, s);
    z->bytes += denied_cost(s);
    d->bytes += denied_cost(s);
    d->spans++;
}

void denied_drop(struct denial *d, struct span *s)
{
    struct denied *z = s->zone;
    spans_remove(&z->spans, s);
    queue_leave(d, s);
    z->bytes -= denied_cost(s);
    d->bytes -= denied_cost(s);
    d->spans--;
    span_free(s);
}

void denied_drop_all(struct denial *d, struct denied *z)
{
    while (z->spans.count > 0) {
        denied_drop(d, z->spans.first[0]);
    }
}

/* Also the zone, if that was its last one; but `spared`, which is about to get another. */
static void evict(struct cache *c, struct span *s, const struct denied *spared)
{
    struct denied *z = s->zone;
    denied_drop(c->denial, s);
    if (z->spans.count == 0 && z != spared) {
        denied_remove(c, z);
    }
}

/* ---- room ---- */

/* The oldest that was not used lately, or else the next one. */
static struct span *find_victim(struct denial *d)
{
    for (unsigned i = 0; i < SECOND_CHANCES && d->oldest != NULL; i++) {
        struct span *s = d->oldest;
        if (!atomic_load_explicit(&s->used, memory_order_relaxed)) {
            return s;
        }
        atomic_store_explicit(&s->used, false, memory_order_relaxed);
        queue_leave(d, s);
        queue_join(d, s);
    }
    return d->oldest;
}

void denied_make_room(struct cache *c, struct denied *z, struct dname owner, size_t cost)
{
    struct denial *d = c->denial;
    while (z->bytes + cost > d->bytes_max / 2 && z->spans.count > 0) {
        struct span *s = spans_at_or_before(&z->spans, owner);
        denied_drop(d, s != NULL ? s : z->spans.first[0]);
    }
    while (d->bytes + cost > d->bytes_max && d->oldest != NULL) {
        evict(c, find_victim(d), z);
    }
}

void denied_sweep(struct cache *c, const struct denied *spared, struct now now)
{
    for (unsigned i = 0; i < SWEPT_PER_PUT; i++) {
        struct span *s = c->denial->oldest;
        if (s == NULL || s->expires_us > now.mono_us) {
            return;
        }
        evict(c, s, spared);
    }
}

void denial_free(struct denial *d)
{
    if (d == NULL) {
        return;
    }
    for (size_t i = 0; i <= d->bucket_mask; i++) {
        for (struct denied *z = d->bucket[i], *next; z != NULL; z = next) {
            next = z->next;
            denied_drop_all(d, z);
            free(z->soa);
            free(z);
        }
    }
    pthread_rwlock_destroy(&d->lock);
    free(d->bucket);
    free(d);
}

/* ---- counting ---- */

void denial_stats(struct denial *d, uint64_t *spans, uint64_t *bytes)
{
    pthread_rwlock_rdlock(&d->lock);
    *spans = d->spans;
    *bytes = d->bytes;
    pthread_rwlock_unlock(&d->lock);
}

/* In order, and no two spans overlap. */
static bool check_zone(const struct denied *z, size_t *bytes)
{
    size_t own = 0, count = 0;
    for (const struct span *s = z->spans.first[0]; s != NULL; s = s->next[0]) {
        struct record r;
        const struct span *after = spans_after(&z->spans, s);
        bool ordered = s->next[0] == NULL || dname_compare(span_owner(s), span_owner(after)) < 0;
        if (!ordered || s->zone != z || !record_read(dname_of(&z->name), span_set(s), &r) ||
            (after != s && record_covers_owner(&r, dname_of(&z->name), after))) {
            return false;
        }
        own += denied_cost(s);
        count++;
    }
    *bytes += own + sizeof *z + DENIED_MALLOC_OVERHEAD + soa_cost(z);
    return own == z->bytes && count == z->spans.count && count > 0;
}

bool denial_check(struct denial *d)
{
    pthread_rwlock_rdlock(&d->lock);
    size_t bytes = sizeof *d + (d->bucket_mask + 1) * sizeof *d->bucket, spans = 0, queued = 0, zones = 0;
    bool ok = true;
    for (size_t i = 0; i <= d->bucket_mask; i++) {
        for (const struct denied *z = d->bucket[i]; z != NULL; z = z->next) {
            ok = check_zone(z, &bytes) && ok;
            spans += z->spans.count;
            zones++;
        }
    }
    for (const struct span *s = d->oldest; s != NULL; s = s->newer) {
        queued++;
    }
    ok = ok && bytes == d->bytes && spans == d->spans && queued == spans && zones == d->zones &&
         d->bytes <= d->bytes_max;
    pthread_rwlock_unlock(&d->lock);
    return ok;
}
