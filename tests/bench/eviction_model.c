/*
 * eviction_model.c - policies of eviction, simulated
 */
#include "tests/bench/eviction_model.h"

#include <stdlib.h>

#define NOWHERE  (-1)
#define SMALL(n) ((n) / 10) /* S3-FIFO's queue of new entries */
#define FREQ_MAX 3

struct place {
    int32_t newer, older;
    uint32_t name, ends, next;
    uint8_t asked;
    bool second; /* in queue[1] */
};

struct queue {
    int32_t newest, oldest;
    uint32_t count;
};

struct model {
    enum model_kind kind;
    uint32_t places, used, now;
    int32_t free, hand;
    struct queue queue[2];
    struct place *place;
    int32_t *at;       /* place of each name */
    uint32_t *left;    /* S3-FIFO: number of the eviction with which the name went; 0: never */
    uint32_t leaving;  /* evictions so far */
    int32_t *heap;     /* Belady: places, the one that is asked for last first */
    uint32_t *in_heap; /* where each place is in it */
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) {
        abort();
    }
    return p;
}

struct model *model_new(enum model_kind kind, uint32_t names, uint32_t places)
{
    struct model *m = room(1, sizeof *m);
    *m = (struct model){.kind = kind, .places = places, .free = NOWHERE, .hand = NOWHERE};
    m->queue[0] = m->queue[1] = (struct queue){.newest = NOWHERE, .oldest = NOWHERE};
    m->place = room(places, sizeof *m->place);
    m->at = room(names, sizeof *m->at);
    m->left = room(names, sizeof *m->left);
    m->heap = room(places, sizeof *m->heap);
    m->in_heap = room(places, sizeof *m->in_heap);
    for (uint32_t i = 0; i < names; i++) {
        m->at[i] = NOWHERE;
    }
    for (uint32_t i = 0; i < places; i++) {
        m->place[i].newer = m->free;
        m->free = (int32_t)i;
    }
    return m;
}

void model_free(struct model *m)
{
    free(m->place);
    free(m->at);
    free(m->left);
    free(m->heap);
    free(m->in_heap);
    free(m);
}

static void add(struct model *m, bool second, int32_t i)
{
    struct queue *q = &m->queue[second];
    m->place[i].second = second;
    m->place[i].newer = NOWHERE;
    m->place[i].older = q->newest;
    *(q->newest != NOWHERE ? &m->place[q->newest].newer : &q->oldest) = i;
    q->newest = i;
    q->count++;
}

static void take(struct model *m, int32_t i)
{
    struct place *p = &m->place[i];
    struct queue *q = &m->queue[p->second];
    *(p->newer != NOWHERE ? &m->place[p->newer].older : &q->newest) = p->older;
    *(p->older != NOWHERE ? &m->place[p->older].newer : &q->oldest) = p->newer;
    q->count--;
}

static void evict(struct model *m, int32_t i)
{
    m->at[m->place[i].name] = NOWHERE;
    m->place[i].newer = m->free;
    m->free = i;
}

/* Whether the place is worth keeping; its mark is taken off. */
static bool worth(struct model *m, int32_t i)
{
    bool worth = m->place[i].asked > 0 && m->place[i].ends > m->now;
    m->place[i].asked = 0;
    return worth;
}

static void second_chance(struct model *m)
{
    int32_t i = m->queue[0].oldest;
    take(m, i);
    if (worth(m, i)) {
        add(m, false, i);
    } else {
        evict(m, i);
    }
}

static void sieve(struct model *m)
{
    int32_t i = m->hand != NOWHERE ? m->hand : m->queue[0].oldest;
    while (worth(m, i)) {
        i = m->place[i].newer != NOWHERE ? m->place[i].newer : m->queue[0].oldest;
    }
    m->hand = m->place[i].newer;
    take(m, i);
    evict(m, i);
}

static void s3_fifo(struct model *m)
{
    bool from_main = m->queue[0].count <= SMALL(m->places) && m->queue[1].count > 0;
    int32_t i = m->queue[from_main].oldest;
    struct place *p = &m->place[i];
    take(m, i);
    if (p->ends > m->now && p->asked > (from_main ? 0 : 1)) {
        p->asked = (uint8_t)(from_main ? p->asked - 1 : 0);
        add(m, true, i);
        return;
    }
    if (!from_main) {
        m->left[p->name] = ++m->leaving;
    }
    evict(m, i);
}

/* ---- Belady: a heap of places by when they are asked for again ---- */

static uint32_t worthless(const struct model *m, uint32_t at)
{
    return m->place[m->heap[at]].next;
}

static void swap(struct model *m, uint32_t a, uint32_t b)
{
    int32_t i = m->heap[a];
    m->heap[a] = m->heap[b];
    m->heap[b] = i;
    m->in_heap[m->heap[a]] = a;
    m->in_heap[m->heap[b]] = b;
}

static void settle(struct model *m, uint32_t at)
{
    for (; at > 0 && worthless(m, at) > worthless(m, (at - 1) / 2); at = (at - 1) / 2) {
        swap(m, at, (at - 1) / 2);
    }
    for (uint32_t child; (child = 2 * at + 1) < m->used; at = child) {
        child += child + 1 < m->used && worthless(m, child + 1) > worthless(m, child);
        if (worthless(m, child) <= worthless(m, at)) {
            return;
        }
        swap(m, at, child);
    }
}

/* ---- */

static int32_t make_room(struct model *m)
{
    while (m->free == NOWHERE) {
        if (m->kind == LRU) {
            int32_t i = m->queue[0].oldest;
            take(m, i);
            evict(m, i);
        } else if (m->kind == SECOND_CHANCE) {
            second_chance(m);
        } else if (m->kind == SIEVE) {
            sieve(m);
        } else {
            s3_fifo(m);
        }
    }
    int32_t i = m->free;
    m->free = m->place[i].newer;
    return i;
}

static bool comes_back(const struct model *m, uint32_t name)
{
    return m->kind == S3_FIFO && m->left[name] != 0 && m->leaving - m->left[name] < m->places;
}

static void store(struct model *m, uint32_t name, uint32_t ends, uint32_t useful)
{
    int32_t i;
    if (m->kind == BELADY && m->used == m->places) {
        i = m->heap[0];
        if (m->place[i].next <= useful) {
            return; /* it is the new one that nobody needs */
        }
        m->at[m->place[i].name] = NOWHERE;
    } else {
        i = make_room(m);
    }
    m->place[i] = (struct place){.name = name, .ends = ends, .next = useful, .newer = NOWHERE, .older = NOWHERE};
    m->at[name] = i;
    if (m->kind != BELADY) {
        add(m, comes_back(m, name), i);
        return;
    }
    if (m->used < m->places) {
        m->heap[m->used] = i;
        m->in_heap[i] = m->used++;
    }
    settle(m, m->in_heap[i]);
}

bool model_ask(struct model *m, uint32_t name, uint32_t now, uint32_t ttl, uint32_t next)
{
    int32_t i = m->at[name];
    m->now = now;
    if (i == NOWHERE) {
        store(m, name, now + ttl, next < now + ttl ? next : NEVER);
        return false;
    }
    struct place *p = &m->place[i];
    bool hit = p->ends > now;
    p->ends = hit ? p->ends : now + ttl;
    p->next = next < p->ends ? next : NEVER;
    p->asked = (uint8_t)(p->asked < FREQ_MAX ? p->asked + 1 : FREQ_MAX);
    if (m->kind == LRU) {
        take(m, i);
        add(m, false, i);
    } else if (m->kind == BELADY) {
        settle(m, m->in_heap[i]);
    }
    return hit;
}
