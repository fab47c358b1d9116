/*
 * table_walk.c - going over all entries: walks, sweeps, the recount
 *
 * A walk goes over places in the order of their bits read backwards. The lines that a place may be in, while the index
 * grows, are then always one contiguous run of that order: what has been walked stays walked when a line is divided, so
 * every entry that stays is seen once. The cursor is the shard and the next reversed place.
 */
#include "cache/shard.h"

#include <string.h>

#define COLLECT_MAX TABLE_OWNER_MAX
#define SWEEP_LINES 4u /* under one lock: some 20 entries, 4 us when all of them go */

static uint32_t reverse_place(uint32_t x)
{
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x) >> (32 - TABLE_PLACE_BITS);
}

/* How many bits of the place decide that an entry is in this line. */
static unsigned line_bits(uint32_t index, uint32_t count)
{
    unsigned level = 31u - (unsigned)__builtin_clz(count);
    uint32_t low = index & ((UINT32_C(1) << level) - 1);
    return low < count - (UINT32_C(1) << level) ? level + 1 : level;
}

/* Visits the line of a reversed place; returns the first reversed place behind that line. */
static uint32_t walk_line(const struct shard *s, uint32_t from, table_visit *visit, void *arg)
{
    struct entry *found[COLLECT_MAX];
    uint32_t place = reverse_place(from);
    for (;;) {
        uint32_t count = atomic_load_explicit(&s->line_count, memory_order_acquire);
        uint32_t index = line_index(place, count);
        unsigned bits = line_bits(index, count);
        size_t n = lines_collect(s, index, 0, 0, found, COLLECT_MAX);
        uint32_t now = atomic_load_explicit(&s->line_count, memory_order_acquire);
        if (line_index(place, now) != index || line_bits(index, now) != bits) {
            continue; /* it was divided while we looked: some entries may have left it unseen */
        }
        for (size_t i = 0; i < n; i++) {
            /* In a line that is just being divided stand entries of its other part as well, for a moment. */
            if (((found[i]->hash ^ place) & ((UINT32_C(1) << bits) - 1)) == 0) {
                visit(arg, found[i]);
            }
        }
        return from + (UINT32_C(1) << (TABLE_PLACE_BITS - bits));
    }
}

uint64_t table_walk(struct table *t, uint64_t cursor, size_t lines, table_visit *visit, void *arg)
{
    uint64_t shard = cursor >> 32;
    uint32_t at = (uint32_t)cursor;
    for (size_t i = 0; i < lines && shard < UINT64_C(1) << t->shard_bits; i++) {
        at = walk_line(&t->shards[shard], at, visit, arg);
        if (at > TABLE_PLACE_MASK) {
            at = 0;
            shard++;
        }
    }
    return shard < UINT64_C(1) << t->shard_bits ? shard << 32 | at : 0;
}

static size_t sweep_line(struct shard *s, uint32_t index, uint32_t mask, uint32_t place, table_doomed *doomed,
                         void *arg)
{
    struct entry *found[COLLECT_MAX];
    size_t n = lines_collect(s, index, mask, place, found, COLLECT_MAX);
    size_t dropped = 0;
    for (size_t i = 0; i < n; i++) {
        if (doomed(arg, found[i])) {
            log_unlink(s, found[i]);
            dropped++;
        }
    }
    count_add(&s->dropped, dropped);
    return dropped;
}

/* From line *next on; moves it on. False: that was the shard's last line. */
static bool sweep_lines(struct shard *s, uint32_t *next, table_doomed *doomed, void *arg, size_t *dropped)
{
    pthread_mutex_lock(&s->lock);
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_relaxed);
    for (unsigned k = 0; k < SWEEP_LINES && *next < count; k++, ++*next) {
        *dropped += sweep_line(s, *next, 0, 0, doomed, arg);
    }
    pthread_mutex_unlock(&s->lock);
    /* Lines that come into being later are at the end, so they are swept as well: an entry goes to a line that has not
     * been swept when its line is divided, or stays. */
    return *next < count;
}

uint64_t table_sweep_part(struct table *t, uint64_t cursor, size_t lines, table_doomed *doomed, void *arg,
                          size_t *dropped)
{
    uint64_t shard = cursor >> 32, end = UINT64_C(1) << t->shard_bits;
    uint32_t next = (uint32_t)cursor;
    bool reader = grace_pause(); /* segments must not wait for it; what is linked cannot go under the lock */
    for (size_t i = 0; i < lines && shard < end; i += SWEEP_LINES) {
        if (!sweep_lines(&t->shards[shard], &next, doomed, arg, dropped)) {
            next = 0;
            shard++;
        }
    }
    grace_resume(reader);
    return shard < end ? shard << 32 | next : 0;
}

size_t table_sweep(struct table *t, table_doomed *doomed, void *arg)
{
    size_t dropped = 0;
    table_sweep_part(t, 0, SIZE_MAX, doomed, arg, &dropped);
    return dropped;
}

size_t table_sweep_owner(struct table *t, uint64_t owner_hash, table_doomed *doomed, void *arg)
{
    struct shard *s = shard_of(t, owner_hash);
    uint32_t place = (uint32_t)owner_hash & TABLE_PLACE_MASK;
    pthread_mutex_lock(&s->lock);
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_relaxed);
    size_t dropped = sweep_line(s, line_index(place, count), TABLE_PLACE_MASK, place, doomed, arg);
    pthread_mutex_unlock(&s->lock);
    return dropped;
}

struct recount {
    struct table_check *out;
    uint64_t kinds[TABLE_KINDS];
    size_t entries, live_bytes;
};

static void check_line(const struct shard *s, uint32_t index, uint32_t count, struct recount *r)
{
    size_t chain = 0;
    for (const struct line *l = line_at(s, index); l != NULL; l = line_next(s, l)) {
        chain++;
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            uint64_t v = atomic_load_explicit(&l->slot[i], memory_order_relaxed);
            if (slot_ref(v) == 0) {
                continue;
            }
            const struct entry *e = entry_at(s, slot_ref(v));
            const struct segment *g = segment_of(s, e);
            size_t at = (size_t)((const uint8_t *)e - segment_base(s, (uint32_t)(g - s->segments)));
            if (e->hash != v >> 32 || line_index(e->hash, count) != index ||
                atomic_load_explicit(&e->marks, memory_order_relaxed) & ENTRY_DEAD || e->kind >= TABLE_KINDS ||
                atomic_load_explicit(&g->state, memory_order_relaxed) != SEGMENT_LOG || at >= g->used) {
                r->out->ok = false;
                return;
            }
            r->kinds[e->kind]++;
            r->entries++;
            r->live_bytes += (size_t)e->units * ENTRY_UNIT;
        }
    }
    r->out->further_lines += chain - 1;
    r->out->longest_chain = chain > r->out->longest_chain ? chain : r->out->longest_chain;
}

/* Segments and live bytes of a queue. */
static size_t check_queue(const struct shard *s, enum generation generation, struct recount *r)
{
    const struct queue *q = &s->queue[generation];
    uint32_t before = NONE, queued = 0;
    size_t live = 0;
    for (uint32_t i = q->oldest; i != NONE && queued <= s->segment_count; i = s->segments[i].newer) {
        const struct segment *g = &s->segments[i];
        size_t sum = 0;
        for (uint32_t at = 0; at < g->used;) {
            const struct entry *e = (const struct entry *)(const void *)(segment_base(s, i) + at);
            bool dead = atomic_load_explicit(&e->marks, memory_order_relaxed) & ENTRY_DEAD;
            sum += dead ? 0 : (size_t)e->units * ENTRY_UNIT;
            at += (uint32_t)e->units * ENTRY_UNIT;
        }
        r->out->ok &= sum == g->live && g->older == before && g->generation == generation;
        live += sum;
        before = i;
        queued++;
    }
    r->out->ok &= before == q->newest && queued == q->count;
    return live;
}

/* The queues hold each segment of entries once, and their live entries are those that the lines lead to. */
static void check_segments(const struct shard *s, struct recount *r)
{
    size_t states[SEGMENT_DYING + 1] = {0};
    for (uint32_t i = 0; i < s->segment_count; i++) {
        states[atomic_load_explicit(&s->segments[i].state, memory_order_acquire)]++;
    }
    size_t live = check_queue(s, YOUNG, r) + check_queue(s, OLD, r);
    r->out->segments += s->segment_count;
    r->out->free_segments += states[SEGMENT_FREE];
    r->out->dying_segments += states[SEGMENT_DYING];
    r->out->ok &= live == r->live_bytes && s->queue[YOUNG].count + s->queue[OLD].count == states[SEGMENT_LOG];
}

static void check_shard(struct shard *s, struct table_check *out)
{
    struct recount r = {.out = out};
    size_t further = out->further_lines;
    uint32_t count = atomic_load_explicit(&s->line_count, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++) {
        check_line(s, i, count, &r);
    }
    further = out->further_lines - further;
    check_segments(s, &r);
    for (unsigned k = 0; k < TABLE_KINDS; k++) {
        out->ok &= r.kinds[k] == count_of(&s->entries[k]);
    }
    out->ok &= r.entries == s->entry_count && further == s->further_lines;
    out->ok &= r.live_bytes + (count + further) * LINE_BYTES == count_of(&s->bytes);
    out->entries += r.entries;
    out->live_bytes += r.live_bytes;
    out->lines += count;
}

void table_check(struct table *t, struct table_check *out)
{
    *out = (struct table_check){.ok = true};
    for (size_t i = 0; i < (size_t)1 << t->shard_bits; i++) {
        pthread_mutex_lock(&t->shards[i].lock);
        check_shard(&t->shards[i], out);
        pthread_mutex_unlock(&t->shards[i].lock);
    }
}
