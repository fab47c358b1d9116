/*
 * log.c - the segments of a shard: where entries lie, and which go when memory is used up
 *
 * Segments with entries form two queues:
 *
 *     young   oldest ... newest <- new entries
 *     old     oldest ... newest <- entries that were asked for while they were young
 *
 * When free segments get few, the oldest young one is emptied: entries that were asked for move to the newest old one,
 * the others are evicted. So what nobody asks for a second time costs one passage through the young queue, and a flood
 * of such names leaves the old queue alone. When the old queue has more than its share, its own oldest segment is
 * emptied likewise: what was asked for since it came there goes around once more, the rest is evicted.
 *
 * The young queue is short, so it evicts what would have been asked for a little later. Hashes of what went are
 * remembered for a while (ghosts.h), and an entry that comes back counts as asked for.
 *
 * This is second-chance FIFO in two generations, chosen by simulation (docs/design/003-cache-memory.md): a single queue
 * with a hand (SIEVE) is no better while the popularity of names stays the same and far worse when it changes.
 *
 * Where data is replaced or ends, segments become hollow. One with more than half gone is emptied out of turn, and then
 * nothing is evicted from it: moving the rest costs less than what it sets free. The dead are counted as they die; for
 * those whose time is over one old segment is looked through for each one that is emptied.
 *
 * Entries that are kept beyond their end (table_keep_ended) need to be asked for to survive, also where a hollow
 * segment's other entries just move: so what is ended and unasked for goes before all else.
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

#define RESERVE_PART 16
#define RESERVE_MIN  4 /* the newest young, the newest old, and as many that wait for readers */
#define OLD_SHARE(n) ((n)*4 / 5)
/* Segments emptied until enough are free again: from this one on young ones are taken, however many old there are; from
 * that one on without mercy, so that no put waits for long should everything be in demand. */
#define STEPS_OLD 8
#define STEPS_MAX 16

void log_init(struct shard *s)
{
    for (uint32_t i = 0; i < s->segment_count; i++) {
        s->line_segment[i] = NONE;
        ASAN_POISON_MEMORY_REGION(segment_base(s, i), (size_t)1 << s->segment_shift);
    }
    /* An older table may have had its segments where the ghosts are. */
    ASAN_UNPOISON_MEMORY_REGION(s->ghosts.bucket, s->ghosts.buckets * sizeof(uint64_t));
    atomic_store_explicit(&s->free, s->segment_count, memory_order_relaxed);
    s->reserve = s->segment_count / RESERVE_PART > RESERVE_MIN ? s->segment_count / RESERVE_PART : RESERVE_MIN;
    s->queue[YOUNG] = s->queue[OLD] = (struct queue){.oldest = NONE, .newest = NONE};
    s->hollow = s->looked = NONE;
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
            g->shard = s; /* not for all at the start: that would fill their memory */
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
    grace_passed();
    struct shard *s = g->shard;
    ASAN_POISON_MEMORY_REGION(segment_base(s, (uint32_t)(g - s->segments)), (size_t)1 << s->segment_shift);
    atomic_store_explicit(&g->state, SEGMENT_FREE, memory_order_release);
    atomic_fetch_add_explicit(&s->free, 1, memory_order_release);
    atomic_fetch_sub_explicit(&s->dying, 1, memory_order_release);
}

static void queue_append(struct shard *s, uint32_t i, enum generation generation)
{
    struct queue *q = &s->queue[generation];
    s->segments[i].generation = (uint8_t)generation;
    s->segments[i].older = q->newest;
    *(q->newest == NONE ? &q->oldest : &s->segments[q->newest].newer) = i;
    q->newest = i;
    q->count++;
}

static void queue_remove(struct shard *s, uint32_t i)
{
    struct segment *g = &s->segments[i];
    struct queue *q = &s->queue[g->generation];
    *(g->older == NONE ? &q->oldest : &s->segments[g->older].newer) = g->newer;
    *(g->newer == NONE ? &q->newest : &s->segments[g->newer].older) = g->older;
    q->count--;
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
    if (g->live < g->used / 2 && i != s->queue[g->generation].newest &&
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

/* Room at the end of a generation for what comes from the segment `emptied`. */
static struct entry *room_for(struct shard *s, enum generation generation, uint32_t emptied, size_t n)
{
    uint32_t newest = s->queue[generation].newest;
    struct entry *e = newest != emptied ? room_in(s, newest, n) : NULL;
    if (e == NULL) {
        uint32_t i = log_take(s, 0);
        if (i != NONE) {
            queue_append(s, i, generation);
            e = room_in(s, i, n);
        }
    }
    return e;
}

/* False: no room. Readers find the old copy until the slot says otherwise, and may go on reading it. */
static bool move(struct shard *s, struct entry *e, struct entry *to, uint8_t marks)
{
    if (to == NULL) {
        return false;
    }
    size_t n = (size_t)e->units * ENTRY_UNIT;
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

/* Its time is over, and so is that for which it is kept beyond its end (table_keep_ended). */
static bool is_over(const struct shard *s, const struct entry *e, uint32_t tick)
{
    int32_t left = entry_left(e, tick);
    if (left > 0) {
        return false;
    }
    uint32_t ticks = atomic_load_explicit(&s->ended_ticks, memory_order_relaxed);
    uint32_t kinds = atomic_load_explicit(&s->ended_kinds, memory_order_relaxed);
    return (uint32_t)0 - (uint32_t)left > ticks || ticks == 0 || (kinds >> e->kind & 1) == 0 ||
           !(atomic_load_explicit(&e->marks, memory_order_relaxed) & ENTRY_VISITED);
}

enum mercy { EVICT_ALL, KEEP_VISITED, KEEP_ALL };

static void empty_entry(struct shard *s, struct entry *e, uint32_t i, uint32_t tick, enum mercy mercy)
{
    size_t n = (size_t)e->units * ENTRY_UNIT;
    uint8_t marks = atomic_load_explicit(&e->marks, memory_order_relaxed);
    if (marks & ENTRY_DEAD) {
        return;
    }
    if (is_over(s, e, tick)) {
        log_unlink(s, e);
        count_add(&s->expired, 1);
        return;
    }
    if (entry_left(e, tick) <= 0) {
        marks &= ENTRY_ASIDE; /* it has to be asked for again to be kept again */
    }
    bool kept = false;
    if (mercy == KEEP_ALL) {
        kept = move(s, e, room_for(s, (enum generation)s->segments[i].generation, i, n), marks);
    } else if (mercy == KEEP_VISITED && ((marks & ENTRY_VISITED) || entry_left(e, tick) <= 0)) {
        kept = move(s, e, room_for(s, OLD, i, n), marks & ENTRY_ASIDE);
    }
    if (!kept) {
        ghosts_add(&s->ghosts, e->hash);
        log_unlink(s, e);
        count_add(&s->evicted, 1);
    }
}

static void empty_segment(struct shard *s, uint32_t i, uint32_t tick, enum mercy mercy)
{
    struct segment *g = &s->segments[i];
    atomic_store_explicit(&g->state, SEGMENT_DYING, memory_order_relaxed);
    for (uint32_t at = 0; at < g->used;) {
        struct entry *e = (struct entry *)(void *)(segment_base(s, i) + at);
        at += (uint32_t)e->units * ENTRY_UNIT;
        empty_entry(s, e, i, tick, mercy);
    }
    s->looked = s->looked == i ? g->newer : s->looked;
    s->hollow = s->hollow == i ? NONE : s->hollow;
    queue_remove(s, i);
    atomic_fetch_add_explicit(&s->dying, 1, memory_order_relaxed);
    grace_begins();
    urcu_qsbr_call_rcu(&g->rcu, segment_free);
}

/* Looks through one more old segment for entries whose time is over. */
static void look(struct shard *s, uint32_t tick)
{
    uint32_t i = s->looked != NONE ? s->looked : s->queue[OLD].oldest;
    if (i == NONE || i == s->queue[OLD].newest) {
        s->looked = NONE;
        return;
    }
    const struct segment *g = &s->segments[i];
    size_t good = 0;
    for (uint32_t at = 0; at < g->used;) {
        const struct entry *e = (const struct entry *)(const void *)(segment_base(s, i) + at);
        size_t n = (size_t)e->units * ENTRY_UNIT;
        if (!(atomic_load_explicit(&e->marks, memory_order_relaxed) & ENTRY_DEAD) && !is_over(s, e, tick)) {
            good += n;
        }
        at += (uint32_t)n;
    }
    s->looked = g->newer;
    s->hollow = good < g->used / 2 ? i : s->hollow;
}

/* Empties one segment. False: there is none to empty. */
static bool log_advance(struct shard *s, uint32_t tick, unsigned step)
{
    const struct queue *young = &s->queue[YOUNG], *old = &s->queue[OLD];
    bool young_left = young->oldest != young->newest; /* entries are being added to the newest */
    if (s->hollow != NONE && step < STEPS_MAX) {
        empty_segment(s, s->hollow, tick, KEEP_ALL);
    } else if (old->oldest != NONE &&
               (!young_left || (step <= STEPS_OLD && old->count > OLD_SHARE(old->count + young->count)))) {
        empty_segment(s, old->oldest, tick, step < STEPS_MAX ? KEEP_VISITED : EVICT_ALL);
    } else if (young_left) {
        empty_segment(s, young->oldest, tick, step < STEPS_MAX ? KEEP_VISITED : EVICT_ALL);
        look(s, tick);
    } else {
        return false;
    }
    return true;
}

/* Empties segments until enough are free or will soon be. Without a free one survivors could not move: then it has to
 * wait for the dying ones, and if that takes too long, it is new entries that are turned away. */
static void make_room(struct shard *s, uint32_t tick)
{
    for (;;) {
        uint32_t dying = atomic_load_explicit(&s->dying, memory_order_relaxed);
        uint32_t free = atomic_load_explicit(&s->free, memory_order_acquire);
        if (free + dying >= s->reserve) {
            s->steps = 0;
            return;
        }
        if (free == 0 || !log_advance(s, tick, ++s->steps)) {
            return;
        }
    }
}

/* A new segment for new entries; one stays free for survivors. */
static struct entry *open_segment(struct shard *s, size_t n)
{
    uint32_t i = log_take(s, 1);
    if (i == NONE) {
        return NULL;
    }
    queue_append(s, i, YOUNG);
    return room_in(s, i, n);
}

struct entry *log_reserve(struct shard *s, size_t n, uint32_t tick)
{
    struct entry *e = room_in(s, s->queue[YOUNG].newest, n);
    if (e != NULL) {
        return e;
    }
    e = open_segment(s, n);
    make_room(s, tick);
    if (e != NULL) {
        e = room_in(s, s->queue[YOUNG].newest, n);
        e = e != NULL ? e : open_segment(s, n); /* a hollow segment's rest has come to lie in it */
    }
    if (e == NULL) {
        count_add(&s->no_memory, 1);
    }
    return e;
}
