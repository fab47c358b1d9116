/*
 * deadlines.c - which job is due next
 */
#include "resolver/engine/deadlines.h"

#include <assert.h>
#include <stdlib.h>

#include "resolver/engine/job.h"

bool deadlines_reserve(struct deadlines *d, size_t jobs)
{
    if (jobs <= d->cap) {
        return true;
    }
    size_t cap = d->cap == 0 ? 64 : d->cap;
    while (cap < jobs) {
        cap *= 2;
    }
    struct job **heap = realloc(d->heap, cap * sizeof *heap);
    if (heap == NULL) {
        return false;
    }
    d->heap = heap;
    d->cap = cap;
    return true;
}

static void place(struct deadlines *d, size_t at, struct job *j)
{
    d->heap[at] = j;
    j->heap_at = at;
}

static void sift_up(struct deadlines *d, size_t at, struct job *j)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (d->heap[parent]->due_us <= j->due_us) {
            break;
        }
        place(d, at, d->heap[parent]);
        at = parent;
    }
    place(d, at, j);
}

static void sift_down(struct deadlines *d, size_t at, struct job *j)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= d->count) {
            break;
        }
        if (child + 1 < d->count && d->heap[child + 1]->due_us < d->heap[child]->due_us) {
            child++;
        }
        if (d->heap[child]->due_us >= j->due_us) {
            break;
        }
        place(d, at, d->heap[child]);
        at = child;
    }
    place(d, at, j);
}

void deadlines_set(struct deadlines *d, struct job *j, uint64_t due_us)
{
    size_t at = j->heap_at;

    if (at == DEADLINES_NOWHERE) {
        assert(d->count < d->cap);
        j->due_us = due_us;
        sift_up(d, d->count++, j);
        return;
    }
    bool earlier = due_us < j->due_us;
    j->due_us = due_us;
    if (earlier) {
        sift_up(d, at, j);
    } else {
        sift_down(d, at, j);
    }
}

void deadlines_clear(struct deadlines *d, struct job *j)
{
    size_t at = j->heap_at;

    if (at == DEADLINES_NOWHERE) {
        return;
    }
    j->heap_at = DEADLINES_NOWHERE;
    struct job *last = d->heap[--d->count];
    if (last == j) {
        return;
    }
    if (at > 0 && d->heap[(at - 1) / 2]->due_us > last->due_us) {
        sift_up(d, at, last);
    } else {
        sift_down(d, at, last);
    }
}

struct job *deadlines_first(const struct deadlines *d)
{
    return d->count == 0 ? NULL : d->heap[0];
}

void deadlines_release(struct deadlines *d)
{
    free(d->heap);
    *d = (struct deadlines){0};
}
