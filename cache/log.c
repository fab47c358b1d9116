/*
 * log.c - the segments of a shard: where entries lie, and which go when memory is used up
 *
 * Segments with entries form a queue from the oldest to the newest, and a hand moves along it:
 *
 *     oldest                                                        newest
 *       A  ->  B  ->  C  ->  kept  ->  [D]  ->  E  ->  F  ->  G  ->  H   <- new entries
 *                                       hand
 *
 * log_advance() empties the segment at the hand: entries asked for since the last time move to `kept`, their mark taken
 * off; the others are evicted. That is SIEVE, a segment at a time: survivors keep their place in the queue, the hand
 * comes back to them only after all that is newer, and entries that nobody asked for go at the first visit.
 *
 * Where data is replaced often, segments become hollow. One with more dead bytes than live ones is emptied before the
 * hand gets there, and then nothing is evicted from it: moving the rest costs less than what it sets free.
 */
#include "cache/shard.h"

#include <stddef.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define STEPS_MAX 16 /* segments emptied for one put at most; the last without mercy, so that no put waits for long */

void log_init(struct shard *s)
{
    for (uint32_t i = 0; i < s->segment_count; i++) {
        s->segments[i].shard = s;
        s->line_segment[i] = NONE;
        ASAN_POISON_MEMORY_REGION(segment_base(s, i), (size_t)1 << s->segment_shift);
    }
    atomic_store_explicit(&s->free, s->segment_count, memory_order_relaxed);
    s->reserve = s->segment_count / 16 > 2 ? s->segment_count / 16 : 2;
    s->oldest = s->newest = s->hand = s->kept = s->hollow = NONE;
}

uint32_t log_take(struct shard *s, uint32_t leave)
{
    if (atomic_load_explicit(&s->free, memory_order_acquire) <= leave) {
        return NONE;
    }
    for (uint32_t n = 0; n < s->segment_count; n++) {
        uint32_t i = s->rotor;
        s->rotor = i + 1 == s->segment_count ? 0 : i + 1;
        struct segment *g = &s->segments[i];
        if (atomic_load_explicit(&g->state, memory_order_acquire) == SEGMENT_FREE) {
            atomic_fetch_sub_explicit(&s->free, 1, memory_order_relaxed);
            atomic_store_explicit(&g->state, SEGMENT_LOG, memory_order_relaxed);
            g->used = g->live = 0;
            g->older = g->newer = NONE;
            ASAN_UNPOISON_MEMORY_REGION(segment_base(s, i), (size_t)1 << s->segment_shift);
            return i;
        }
    }
    return NONE;
}

/* In liburcu's thread, after the grace period. The count of dying ones comes last: table_free waits for it. */
static void segment_free(struct rcu_head *head)
{
    struct segment *g = (struct segment *)(void *)((char *)head - offsetof(struct segment, rcu));
    struct shard *s = g->shard;
    grace_passed();
    ASAN_POISON_MEMORY_REGION(segment_base(s, (uint32_t)(g - s->segments)), (size_t)1 << s->segment_shift);
    atomic_store_explicit(&g->state, SEGMENT_FREE, memory_order_release);
    atomic_fetch_add_explicit(&s->free, 1, memory_order_release);
    atomic_fetch_sub_explicit(&s->dying, 1, memory_order_release);
}

/* Between `older` and what follows it; NONE: at the beginning. */
static void queue_insert(struct shard *s, uint32_t i, uint32_t older)
{
    uint32_t newer = older == NONE ? s->oldest : s->segments[older].newer;
    s->segments[i].older = older;
    s->segments[i].newer = newer;
    *(older == NONE ? &s->oldest : &s->segments[older].newer) = i;
    *(newer == NONE ? &s->newest : &s->segments[newer].older) = i;
}

static void queue_remove(struct shard *s, uint32_t i)
{
    struct segment *g = &s->segments[i];
    *(g->older == NONE ? &s->oldest : &s->segments[g->older].newer) = g->newer;
    *(g->newer == NONE ? &s->newest : &s->segments[g->newer].older) = g->older;
}

static struct entry *room_in(struct shard *s, uint32_t i, size_t n)
{
    if (i == NONE || s->segments[i].used + n > (size_t)1 << s->segment_shift) {
        return NULL;
    }
    return (struct entry *)(void *)(segment_base(s, i) + s->segments[i].used);
}

void log_commit(struct shard *s, struct entry *e)
{
    struct segment *g = segment_of(s, e);
    size_t n = (size_t)e->units * ENTRY_UNIT;
    g->used += (uint32_t)n;
    g->live += (uint32_t)n;
    s->entry_count++;
    count_add(&s->entries[e->kind], 1);
    count_add(&s->bytes, n);
}

void log_kill(struct shard *s, struct entry *e)
{
    struct segment *g = segment_of(s, e);
    uint32_t i = (uint32_t)(g - s->segments);
    size_t n = (size_t)e->units * ENTRY_UNIT;
    atomic_fetch_or_explicit(&e->marks, ENTRY_DEAD, memory_order_relaxed);
    g->live -= (uint32_t)n;
    s->entry_count--;
    count_add(&s->entries[e->kind], -UINT64_C(1));
    count_add(&s->bytes, -(uint64_t)n);
    if (g->live < g->used / 2 && i != s->newest && i != s->kept &&
        atomic_load_explicit(&g->state, memory_order_relaxed) == SEGMENT_LOG &&
        (s->hollow == NONE || g->live < s->segments[s->hollow].live)) {
        s->hollow = i;
    }
}

void log_unlink(struct shard *s, struct entry *e)
{
    lines_remove(s, e);
    log_kill(s, e);
}

/* Room among the survivors, in front of the segment that is being emptied. */
static struct entry *room_kept(struct shard *s, uint32_t emptied, size_t n)
{
    struct entry *e = room_in(s, s->kept, n);
    if (e == NULL) {
        uint32_t i = log_take(s, 0);
        if (i == NONE) {
            return NULL;
        }
        queue_insert(s, i, s->segments[emptied].older);
        s->kept = i;
        e = room_in(s, i, n);
    }
    return e;
}

/* False: no room. Readers find the old copy until the slot says otherwise, and may go on reading it. */
static bool move(struct shard *s, struct entry *e, uint32_t emptied, uint8_t marks)
{
    size_t n = (size_t)e->units * ENTRY_UNIT;
    struct entry *to = room_kept(s, emptied, n);
    if (to == NULL) {
        return false;
    }
    to->hash = e->hash;
    atomic_store_explicit(&to->expires, atomic_load_explicit(&e->expires, memory_order_relaxed), memory_order_relaxed);
    to->units = e->units;
    atomic_store_explicit(&to->marks, marks, memory_order_relaxed);
    to->kind = e->kind;
    memcpy((uint8_t *)to + sizeof *to, (const uint8_t *)e + sizeof *e, n - sizeof *e);
    atomic_store_explicit(lines_find(s, e), slot_of(e->hash, ref_of(s, to)), memory_order_release);
    log_commit(s, to);
    log_kill(s, e);
    return true;
}

enum mercy { EVICT_ALL, KEEP_VISITED, KEEP_ALL };

static void empty_segment(struct shard *s, uint32_t i, uint32_t tick, enum mercy mercy)
{
    struct segment *g = &s->segments[i];
    atomic_store_explicit(&g->state, SEGMENT_DYING, memory_order_relaxed);
    for (uint32_t at = 0; at < g->used;) {
        struct entry *e = (struct entry *)(void *)(segment_base(s, i) + at);
        at += (uint32_t)e->units * ENTRY_UNIT;
        uint8_t marks = atomic_load_explicit(&e->marks, memory_order_relaxed);
        if (marks & ENTRY_DEAD) {
            continue;
        }
        if (entry_left(e, tick) <= 0) {
            log_unlink(s, e);
            count_add(&s->expired, 1);
            continue;
        }
        bool keep = mercy == KEEP_ALL || (mercy == KEEP_VISITED && (marks & ENTRY_VISITED));
        if (!keep || !move(s, e, i, mercy == KEEP_ALL ? marks : 0)) {
            log_unlink(s, e);
            count_add(&s->evicted, 1);
        }
    }
    if (s->hand == i) {
        s->hand = g->newer;
    }
    if (s->hollow == i) {
        s->hollow = NONE;
    }
    queue_remove(s, i);
    atomic_fetch_add_explicit(&s->dying, 1, memory_order_relaxed);
    urcu_qsbr_call_rcu(&g->rcu, segment_free);
}

/* Empties one segment. False: there is none to empty. */
static bool log_advance(struct shard *s, uint32_t tick, bool merciless)
{
    if (s->hollow != NONE && !merciless) {
        empty_segment(s, s->hollow, tick, KEEP_ALL);
        return true;
    }
    if (s->hand == NONE || s->hand == s->newest) {
        s->hand = s->oldest; /* around again; survivors of the new round have their own segment */
        s->kept = NONE;
    }
    if (s->hand == NONE || s->hand == s->newest) {
        return false;
    }
    empty_segment(s, s->hand, tick, merciless ? EVICT_ALL : KEEP_VISITED);
    return true;
}

struct entry *log_reserve(struct shard *s, size_t n, uint32_t tick)
{
    struct entry *e = room_in(s, s->newest, n);
    if (e != NULL) {
        return e;
    }
    for (unsigned step = 1; step <= STEPS_MAX; step++) {
        if (atomic_load_explicit(&s->free, memory_order_relaxed) +
                    atomic_load_explicit(&s->dying, memory_order_relaxed) >=
                s->reserve ||
            !log_advance(s, tick, step == STEPS_MAX)) {
            break;
        }
    }
    uint32_t i = log_take(s, 0);
    if (i == NONE) {
        count_add(&s->no_memory, 1);
        return NULL;
    }
    queue_insert(s, i, s->newest);
    return room_in(s, i, n);
}
