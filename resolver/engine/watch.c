/*
 * watch.c - answers as they go out, for whoever looks on
 */
#include "resolver/engine/watch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct watch {
    _Atomic uint64_t written, read; /* each grows in one thread */
    _Atomic uint64_t lost;
    struct seen ring[WATCH_ROOM];
};

struct watch *watch_new(void)
{
    return calloc(1, sizeof(struct watch));
}

void watch_free(struct watch *w)
{
    free(w);
}

struct seen *watch_next(struct watch *w)
{
    uint64_t written = atomic_load_explicit(&w->written, memory_order_relaxed);
    if (written - atomic_load_explicit(&w->read, memory_order_acquire) == WATCH_ROOM) {
        uint64_t lost = atomic_load_explicit(&w->lost, memory_order_relaxed);
        atomic_store_explicit(&w->lost, lost + 1, memory_order_relaxed);
        return NULL;
    }
    return &w->ring[written % WATCH_ROOM];
}

void watch_put(struct watch *w)
{
    uint64_t written = atomic_load_explicit(&w->written, memory_order_relaxed);
    atomic_store_explicit(&w->written, written + 1, memory_order_release);
}

void watch_name(struct seen *s, struct dname name)
{
    struct dname_buf lower;
    dname_lower(name, &lower);
    s->name_len = lower.len;
    s->name_labels = lower.labels;
    memcpy(s->name, lower.wire, lower.len);
}

const struct seen *watch_oldest(struct watch *w)
{
    uint64_t read = atomic_load_explicit(&w->read, memory_order_relaxed);
    return read == atomic_load_explicit(&w->written, memory_order_acquire) ? NULL : &w->ring[read % WATCH_ROOM];
}

void watch_taken(struct watch *w)
{
    uint64_t read = atomic_load_explicit(&w->read, memory_order_relaxed);
    atomic_store_explicit(&w->read, read + 1, memory_order_release);
}

uint64_t watch_lost(const struct watch *w)
{
    return atomic_load_explicit(&w->lost, memory_order_relaxed);
}
