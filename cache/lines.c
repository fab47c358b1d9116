/*
 * lines.c - the hash index of a shard: lines of eight slots, growing one by one
 *
 * Readers go through a line while a writer changes it. So slots are single words; an entry never goes from one slot of
 * a chain to another but by being in both for a while; and when a line is divided, its entries are in both lines first,
 * then the new count of lines is published, and only then they leave the old line. A reader that misses an entry
 * because it has left sees the new count, and looks again (table_find).
 *
 * Further lines that become empty go to a list and may be used in another chain at once, without a grace period: a
 * reader still in such a line meets entries that are not its own, and compares keys; at worst it follows another chain
 * to its end.
 */
#include "cache/shard.h"

#include <string.h>

/* Lines grow when there is more than FILL_NUM / FILL_DEN entries for each. */
#define FILL_NUM    11
#define FILL_DEN    2
#define FIRST_LINES 16

static uint64_t slot_get(const _Atomic uint64_t *slot)
{
    return atomic_load_explicit(slot, memory_order_relaxed);
}

static void slot_set(_Atomic uint64_t *slot, uint64_t value)
{
    atomic_store_explicit(slot, value, memory_order_release);
}

/* A segment for lines. Each is emptied when it comes into use, not all at once: a segment that a small cache uses one
 * line of takes one page of memory, and nobody waits for the rest. */
static uint32_t take_lines(struct shard *s, uint32_t leave)
{
    uint32_t i = log_take(s, leave);
    if (i != NONE) {
        atomic_store_explicit(&s->segments[i].state, SEGMENT_LINES, memory_order_relaxed);
    }
    return i;
}

/* The first lines are empty, as the mapping is new. */
bool lines_init(struct shard *s)
{
    s->further_segment = NONE;
    s->line_segment[0] = take_lines(s, 0);
    atomic_store_explicit(&s->line_count, FIRST_LINES, memory_order_relaxed);
    count_add(&s->bytes, FIRST_LINES * LINE_BYTES);
    return s->line_segment[0] == 0;
}

static struct line *further_take(struct shard *s)
{
    struct line *l;
    if (s->spare_line != 0) {
        l = (struct line *)(void *)entry_at(s, s->spare_line);
        s->spare_line = (uint32_t)slot_get(&l->slot[LINE_SLOTS - 1]) & ~SLOT_LINK;
        slot_set(&l->slot[LINE_SLOTS - 1], 0);
    } else {
        if (s->further_segment == NONE || s->further_used >> s->segment_shift != 0) {
            uint32_t segment = take_lines(s, 2); /* entries need one to go on and one to keep survivors in */
            if (segment == NONE) {
                return NULL;
            }
            s->further_segment = segment;
            s->further_used = 0;
        }
        l = (struct line *)(void *)(segment_base(s, s->further_segment) + s->further_used);
        memset(l, 0, sizeof *l);
        s->further_used += LINE_BYTES;
    }
    s->further_lines++;
    count_add(&s->bytes, LINE_BYTES);
    return l;
}

static void further_give(struct shard *s, struct line *l)
{
    /* A link, not a bare reference: should a reader be in this line it must not take it for an entry. */
    slot_set(&l->slot[LINE_SLOTS - 1], s->spare_line != 0 ? SLOT_LINK | s->spare_line : 0);
    s->spare_line = ref_of(s, l);
    s->further_lines--;
    count_add(&s->bytes, -(uint64_t)LINE_BYTES);
}

/* Adds to a chain. False: no room. */
static bool chain_add(struct shard *s, struct line *l, uint64_t value)
{
    for (unsigned hops = 1;; hops++) {
        struct line *next = line_next(s, l);
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            if (slot_get(&l->slot[i]) == 0) {
                slot_set(&l->slot[i], value);
                return true;
            }
        }
        if (next == NULL) {
            if (hops == TABLE_CHAIN_MAX) {
                return false;
            }
            break;
        }
        l = next;
    }
    struct line *more = further_take(s);
    if (more == NULL) {
        return false;
    }
    slot_set(&more->slot[0], slot_get(&l->slot[LINE_SLOTS - 1]));
    slot_set(&more->slot[1], value);
    slot_set(&l->slot[LINE_SLOTS - 1], SLOT_LINK | ref_of(s, more));
    return true;
}

static bool line_is_empty(const struct line *l)
{
    for (unsigned i = 0; i < LINE_SLOTS; i++) {
        if (slot_get(&l->slot[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Gives empty lines at the end of a chain back. */
static void chain_trim(struct shard *s, struct line *first)
{
    for (;;) {
        struct line *before = NULL, *last = first;
        for (struct line *next; (next = line_next(s, last)) != NULL; last = next) {
            before = last;
        }
        if (before == NULL || !line_is_empty(last)) {
            return;
        }
        slot_set(&before->slot[LINE_SLOTS - 1], 0);
        further_give(s, last);
    }
}

static void chain_clear(struct shard *s, struct line *first)
{
    for (struct line *l = first, *next; l != NULL; l = next) {
        next = line_next(s, l);
        for (unsigned i = 0; i < LINE_SLOTS - (next != NULL); i++) {
            slot_set(&l->slot[i], 0);
        }
    }
    chain_trim(s, first);
}

static struct line *first_line(const struct shard *s, uint32_t hash)
{
    return line_at(s, line_index(hash, atomic_load_explicit(&s->line_count, memory_order_relaxed)));
}

bool lines_insert(struct shard *s, const struct entry *e)
{
    return chain_add(s, first_line(s, e->hash), slot_of(e->hash, ref_of(s, e)));
}

_Atomic uint64_t *lines_find(struct shard *s, const struct entry *e)
{
    uint64_t value = slot_of(e->hash, ref_of(s, e));
    for (struct line *l = first_line(s, e->hash); l != NULL; l = line_next(s, l)) {
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            if (slot_get(&l->slot[i]) == value) {
                return &l->slot[i];
            }
        }
    }
    return NULL;
}

size_t lines_collect(const struct shard *s, uint32_t index, uint32_t mask, uint32_t place, struct entry **out,
                     size_t max)
{
    size_t n = 0;
    const struct line *l = line_at(s, index);
    for (unsigned hops = 0; hops < TABLE_CHAIN_MAX; hops++) {
        uint64_t v = 0;
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            v = atomic_load_explicit(&l->slot[i], memory_order_acquire);
            if (slot_ref(v) != 0 && (v >> 32 & mask) == place && n < max) {
                out[n++] = entry_at(s, slot_ref(v));
            }
        }
        /* The last slot is read once: an entry that leaves it for a further line meanwhile must not be seen twice. */
        if (!(v & SLOT_LINK)) {
            break;
        }
        l = (const struct line *)(const void *)entry_at(s, (uint32_t)v & ~SLOT_LINK);
    }
    return n;
}

void lines_remove(struct shard *s, const struct entry *e)
{
    _Atomic uint64_t *slot = lines_find(s, e);
    if (slot != NULL) {
        slot_set(slot, 0);
        chain_trim(s, first_line(s, e->hash));
    }
}

/* One line more: it takes those entries of line `n - 2^L` whose next bit of the place is set. */
static bool divide(struct shard *s)
{
    uint32_t n = atomic_load_explicit(&s->line_count, memory_order_relaxed);
    uint32_t bit = UINT32_C(1) << (31 - __builtin_clz(n));
    unsigned shift = s->segment_shift - 6u;
    if (n == TABLE_PLACE_MASK + 1) {
        return false;
    }
    if ((n & ((UINT32_C(1) << shift) - 1)) == 0 && s->line_segment[n >> shift] == NONE) {
        s->line_segment[n >> shift] = take_lines(s, 2);
        if (s->line_segment[n >> shift] == NONE) {
            return false;
        }
    }
    struct line *old = line_at(s, n - bit), *fresh = line_at(s, n);
    memset(fresh, 0, sizeof *fresh); /* no reader looks at it before it is counted */
    for (struct line *l = old; l != NULL; l = line_next(s, l)) {
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            uint64_t v = slot_get(&l->slot[i]);
            if (slot_ref(v) != 0 && (v >> 32 & bit) != 0 && !chain_add(s, fresh, v)) {
                chain_clear(s, fresh);
                return false;
            }
        }
    }
    atomic_store_explicit(&s->line_count, n + 1, memory_order_release);
    count_add(&s->bytes, LINE_BYTES);
    for (struct line *l = old; l != NULL; l = line_next(s, l)) {
        for (unsigned i = 0; i < LINE_SLOTS; i++) {
            uint64_t v = slot_get(&l->slot[i]);
            if (slot_ref(v) != 0 && (v >> 32 & bit) != 0) {
                slot_set(&l->slot[i], 0);
            }
        }
    }
    chain_trim(s, old);
    return true;
}

void lines_grow(struct shard *s)
{
    /* Two at most for each put: enough to keep up, and never a pause. */
    for (unsigned i = 0; i < 2; i++) {
        uint64_t n = atomic_load_explicit(&s->line_count, memory_order_relaxed);
        if (s->entry_count * FILL_DEN <= n * FILL_NUM || !divide(s)) {
            return;
        }
    }
}
