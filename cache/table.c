/*
 * table.c - lookups, changes, walks
 *
 * The index is in lines.c, memory and eviction in log.c.
 */
#include "cache/table.h"

#include "cache/shard.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SHARD_SEGMENTS_MIN 64u /* with fewer, the segments half full would weigh too much */
#define SEGMENTS_MIN       8u  /* lines, further lines, newest, kept and the reserve */
#define GHOST_PART         56u /* of the memory: 1.6 octets for an entry of 91 */

static unsigned shard_bits(size_t segments)
{
    unsigned bits = 0;
    while ((1u << bits) < TABLE_SHARDS_MAX && segments >> (bits + 1) >= SHARD_SEGMENTS_MIN) {
        bits++;
    }
    return bits;
}

static void shard_init(struct shard *s, uint8_t *base, uint32_t segments, unsigned shift)
{
    s->base = base;
    s->segment_count = segments;
    s->segment_shift = (uint8_t)shift;
    pthread_mutex_init(&s->lock, NULL);
    log_init(s);
    bool first_is_lines = lines_init(s);
    assert(first_is_lines); /* all segments are free: it cannot fail */
    (void)first_is_lines;
}

struct table *table_new(size_t bytes, size_t segment_bytes)
{
    unsigned shift = (unsigned)__builtin_ctzl(segment_bytes);
    assert(segment_bytes == (size_t)1 << shift && segment_bytes <= (size_t)UINT16_MAX * ENTRY_UNIT);
    size_t ghosts = (segment_bytes / GHOST_PART + sizeof(uint64_t) - 1) / sizeof(uint64_t); /* buckets for a segment */
    size_t each = segment_bytes + sizeof(struct segment) + sizeof(uint32_t) + ghosts * sizeof(uint64_t);
    size_t fixed = sizeof(struct table) + TABLE_SHARDS_MAX * sizeof(struct shard) + 4096;
    size_t segments = bytes > fixed ? (bytes - fixed) / each : 0;
    segments = segments > SEGMENTS_MIN ? segments : SEGMENTS_MIN;
    unsigned bits = shard_bits(segments);
    size_t per_shard = segments >> bits;
    if (per_shard > (size_t)SLOT_LINK * ENTRY_UNIT / segment_bytes) {
        per_shard = (size_t)SLOT_LINK * ENTRY_UNIT / segment_bytes;
    }
    segments = per_shard << bits;

    struct table *t = calloc(1, sizeof *t);
    struct shard *shards = aligned_alloc(64, sizeof(struct shard) << bits);
    struct segment *descriptors = calloc(segments, sizeof *descriptors);
    uint32_t *line_segments = calloc(segments, sizeof *line_segments);
    size_t region_bytes = segments * (segment_bytes + ghosts * sizeof(uint64_t));
    uint8_t *region =
        mmap(NULL, region_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (t == NULL || shards == NULL || descriptors == NULL || line_segments == NULL || region == MAP_FAILED) {
        if (region != MAP_FAILED) {
            munmap(region, region_bytes);
        }
        free(line_segments);
        free(descriptors);
        free(shards);
        free(t);
        return NULL;
    }
    memset(shards, 0, sizeof(struct shard) << bits);
    *t = (struct table){.shards = shards,
                        .shard_bits = bits,
                        .segment_bytes = segment_bytes,
                        .region = region,
                        .region_bytes = region_bytes,
                        .segments_bytes = segments * segment_bytes,
                        .own_bytes = fixed + segments * (each - segment_bytes)};
    uint64_t *ghost = (uint64_t *)(void *)(region + segments * segment_bytes);
    /* -Wanalyzer-malloc-leak: the first shard holds both arrays, table_free knows */
    for (size_t i = 0; i < (size_t)1 << bits; i++) {
        shards[i].segments = descriptors + i * per_shard;
        shards[i].line_segment = line_segments + i * per_shard;
        shards[i].ghosts.buckets = (uint32_t)(per_shard * ghosts);
        shards[i].ghosts.bucket = ghost + i * per_shard * ghosts;
        shard_init(&shards[i], region + i * per_shard * segment_bytes, (uint32_t)per_shard, shift);
    }
    return t; /* NOLINT(clang-analyzer-unix.Malloc): the first shard holds both arrays, table_free knows */
}

static bool is_settled(const struct table *t)
{
    for (size_t i = 0; i < (size_t)1 << t->shard_bits; i++) {
        if (atomic_load_explicit(&t->shards[i].dying, memory_order_acquire) != 0) {
            return false;
        }
    }
    return true;
}

void table_settle(struct table *t)
{
    bool reader = grace_pause();
    while (!is_settled(t)) {
        poll(NULL, 0, 1); /* rcu_barrier would do but for its abort when there is no memory */
    }
    grace_resume(reader);
}

void table_free(struct table *t)
{
    if (t == NULL) {
        return;
    }
    table_settle(t);
    for (size_t i = 0; i < (size_t)1 << t->shard_bits; i++) {
        pthread_mutex_destroy(&t->shards[i].lock);
    }
    munmap(t->region, t->region_bytes);
    free(t->shards[0].line_segment);
    free(t->shards[0].segments);
    free(t->shards);
    free(t);
}

size_t table_entry_max(const struct table *t)
{
    return t->segment_bytes;
}

struct entry *table_find(const struct table *t, uint64_t hash, table_match *match, const void *key)
{
    const struct shard *s = shard_of(t, hash);
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_acquire);
    for (;;) {
        uint32_t index = line_index((uint32_t)hash, count);
        const struct line *l = line_at(s, index);
        for (unsigned hops = 0; l != NULL && hops < TABLE_CHAIN_MAX; hops++, l = line_next(s, l)) {
            for (unsigned i = 0; i < LINE_SLOTS; i++) {
                uint64_t v = atomic_load_explicit(&l->slot[i], memory_order_acquire);
                if (v >> 32 == (uint32_t)hash && slot_ref(v) != 0) {
                    struct entry *e = entry_at(s, slot_ref(v));
                    if (match(e, key)) {
                        return e;
                    }
                }
            }
        }
        /* The line may have been divided meanwhile, and the entry gone to the other part. */
        count = atomic_load_explicit(&s->line_count, memory_order_acquire);
        if (line_index((uint32_t)hash, count) == index) {
            return NULL;
        }
    }
}

static inline const struct line *first_line(const struct shard *s, uint64_t hash)
{
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_acquire);
    return line_at(s, line_index((uint32_t)hash, count));
}

void table_expect(const struct table *t, uint64_t hash)
{
    __builtin_prefetch(first_line(shard_of(t, hash), hash), 1);
}

const void *table_expect_find(const struct table *t, uint64_t hash)
{
    const struct line *l = first_line(shard_of(t, hash), hash);
    __builtin_prefetch(l);
    return l;
}

void table_expect_entry(const struct table *t, const void *line, uint64_t hash)
{
    const struct line *l = line;
    for (unsigned i = 0; i < LINE_SLOTS; i++) {
        uint64_t v = atomic_load_explicit(&l->slot[i], memory_order_relaxed);
        if (v >> 32 == (uint32_t)hash && slot_ref(v) != 0) {
            const uint8_t *e = (const uint8_t *)entry_at(shard_of(t, hash), slot_ref(v));
            __builtin_prefetch(e);
            __builtin_prefetch(e + LINE_BYTES); /* few entries end in the line in which they begin */
            return;
        }
    }
}

size_t table_find_owner(const struct table *t, uint64_t owner_hash, struct entry **out, size_t max)
{
    const struct shard *s = shard_of(t, owner_hash);
    uint32_t place = (uint32_t)owner_hash & TABLE_PLACE_MASK;
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_acquire);
    for (;;) {
        uint32_t index = line_index(place, count);
        size_t n = lines_collect(s, index, TABLE_PLACE_MASK, place, out, max);
        count = atomic_load_explicit(&s->line_count, memory_order_acquire);
        if (line_index(place, count) == index) {
            return n;
        }
    }
}

void table_begin(struct table_write *w, struct table *t, uint64_t hash, uint32_t tick, table_match *match,
                 const void *key)
{
    *w = (struct table_write){
        .table = t, .shard = shard_of(t, hash), .hash = hash, .tick = tick, .match = match, .key = key};
    pthread_mutex_lock(&w->shard->lock);
    w->old = table_find(t, hash, match, key);
}

struct entry *table_reserve(struct table_write *w, size_t n)
{
    n = (n + ENTRY_UNIT - 1) / ENTRY_UNIT * ENTRY_UNIT;
    if (n > w->table->segment_bytes) {
        return NULL;
    }
    uint32_t newest = w->shard->queue[YOUNG].newest;
    struct entry *e = log_reserve(w->shard, n, w->tick);
    if (w->old != NULL &&
        (e == NULL || w->shard->queue[YOUNG].newest != newest)) { /* it may have been moved or evicted */
        w->old = table_find(w->table, w->hash, w->match, w->key);
    }
    if (e != NULL) {
        e->units = (uint16_t)(n / ENTRY_UNIT);
        e->hash = (uint32_t)w->hash;
        atomic_store_explicit(&e->marks, 0, memory_order_relaxed);
    }
    w->fresh = e;
    return e;
}

/* L19: too many entries of one owner: out goes the one that ends first. */
static void crowd_out(struct table_write *w)
{
    struct entry *all[TABLE_CROWD_MAX];
    size_t n = table_find_owner(w->table, w->hash, all, TABLE_CROWD_MAX);
    if (n < TABLE_CROWD_MAX) {
        return;
    }
    struct entry *first = all[0];
    for (size_t i = 1; i < n; i++) {
        if (entry_left(all[i], w->tick) < entry_left(first, w->tick)) {
            first = all[i];
        }
    }
    log_unlink(w->shard, first);
    count_add(&w->shard->evicted, 1);
}

bool table_commit(struct table_write *w)
{
    struct shard *s = w->shard;
    if (w->old != NULL) {
        /* Asked for before, and wanted again. */
        uint8_t marks = atomic_load_explicit(&w->old->marks, memory_order_relaxed);
        atomic_store_explicit(&w->fresh->marks, marks & (ENTRY_VISITED | ENTRY_ASIDE), memory_order_relaxed);
        atomic_store_explicit(lines_find(s, w->old), slot_of(w->fresh->hash, ref_of(s, w->fresh)),
                              memory_order_release);
        log_commit(s, w->fresh);
        log_kill(s, w->old);
        count_add(entry_left(w->old, w->tick) > 0 ? &s->replaced : &s->expired, 1);
    } else {
        crowd_out(w);
        if (!lines_insert(s, w->fresh)) {
            count_add(&s->no_memory, 1);
            return false;
        }
        log_commit(s, w->fresh);
        if (ghosts_know(&s->ghosts, (uint32_t)w->hash)) {
            entry_touch(w->fresh); /* it went too early: the young queue is not to lose it again */
        }
    }
    count_add(&s->inserted, 1);
    lines_grow(s);
    return true;
}

void table_renew(struct table_write *w)
{
    struct shard *s = w->shard;
    uint32_t expires = atomic_load_explicit(&w->fresh->expires, memory_order_relaxed);
    count_add(entry_left(w->old, w->tick) > 0 ? &s->replaced : &s->expired, 1);
    count_add(&s->inserted, 1);
    atomic_fetch_and_explicit(&w->old->marks, ENTRY_VISITED | ENTRY_ASIDE, memory_order_relaxed);
    atomic_store_explicit(&w->old->expires, expires, memory_order_relaxed);
}

void table_drop(struct table_write *w)
{
    if (w->old != NULL) {
        log_unlink(w->shard, w->old);
        count_add(&w->shard->dropped, 1);
        w->old = NULL;
    }
}

void table_end(struct table_write *w)
{
    pthread_mutex_unlock(&w->shard->lock);
}

void table_keep_ended(struct table *t, uint32_t ticks, uint32_t kinds)
{
    for (size_t i = 0; i < (size_t)1 << t->shard_bits; i++) {
        atomic_store_explicit(&t->shards[i].ended_kinds, kinds, memory_order_relaxed);
        atomic_store_explicit(&t->shards[i].ended_ticks, ticks, memory_order_relaxed);
    }
}

void table_stats(const struct table *t, struct table_stats *out)
{
    *out = (struct table_stats){.bytes = t->own_bytes, .bytes_max = t->segments_bytes + t->own_bytes};
    for (size_t i = 0; i < (size_t)1 << t->shard_bits; i++) {
        const struct shard *s = &t->shards[i];
        for (unsigned k = 0; k < TABLE_KINDS; k++) {
            out->entries[k] += count_of(&s->entries[k]);
        }
        out->bytes += count_of(&s->bytes);
        out->inserted += count_of(&s->inserted);
        out->replaced += count_of(&s->replaced);
        out->expired += count_of(&s->expired);
        out->evicted += count_of(&s->evicted);
        out->dropped += count_of(&s->dropped);
        out->no_memory += count_of(&s->no_memory);
    }
}
