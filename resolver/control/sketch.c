/*
 * sketch.c - the most frequent keys of a stream, in bounded memory
 */
#include "resolver/control/sketch.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024
#define NONE    UINT16_MAX

struct place {
    uint16_t n, next, bucket; /* next of the same bucket */
    uint64_t error;
    uint8_t key[SKETCH_KEY_MAX];
};

struct sketch {
    unsigned used;
    uint16_t bucket[BUCKETS];
    uint64_t count[SKETCH_ROOM];
    struct place place[SKETCH_ROOM];
};

struct sketch *sketch_new(void)
{
    struct sketch *s = calloc(1, sizeof *s);
    if (s != NULL) {
        memset(s->bucket, 0xff, sizeof s->bucket);
    }
    return s;
}

void sketch_free(struct sketch *s)
{
    free(s);
}

/* FNV-1a: who chooses keys so that they collide makes a look at them slower, by no more than all places. */
static unsigned hash(const uint8_t *key, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ key[i]) * 16777619u;
    }
    return (h ^ h >> 16) % BUCKETS;
}

static unsigned smallest(const struct sketch *s)
{
    unsigned least = 0;
    for (unsigned i = 1; i < SKETCH_ROOM; i++) {
        least = s->count[i] < s->count[least] ? i : least;
    }
    return least;
}

static void unlink_place(struct sketch *s, unsigned i)
{
    uint16_t *link = &s->bucket[s->place[i].bucket];
    while (*link != i) {
        link = &s->place[*link].next;
    }
    *link = s->place[i].next;
}

void sketch_add(struct sketch *s, const void *key, size_t n)
{
    unsigned at = hash(key, n), i;
    for (i = s->bucket[at]; i != NONE; i = s->place[i].next) {
        if (s->place[i].n == n && memcmp(s->place[i].key, key, n) == 0) {
            s->count[i]++;
            return;
        }
    }
    if (s->used < SKETCH_ROOM) {
        i = s->used++;
        s->place[i].error = 0;
    } else {
        i = smallest(s);
        s->place[i].error = s->count[i];
        unlink_place(s, i);
    }
    s->count[i]++;
    s->place[i].n = (uint16_t)n;
    s->place[i].bucket = (uint16_t)at;
    s->place[i].next = s->bucket[at];
    s->bucket[at] = (uint16_t)i;
    memcpy(s->place[i].key, key, n);
}

size_t sketch_top(const struct sketch *s, struct sketch_row *rows, size_t most)
{
    size_t count = 0;
    for (unsigned i = 0; i < s->used; i++) {
        size_t at = count < most ? count++ : most;
        for (; at > 0 && rows[at - 1].count < s->count[i]; at--) { /* insertion: `most` is small */
            if (at < most) {
                rows[at] = rows[at - 1];
            }
        }
        if (at < most) {
            rows[at] = (struct sketch_row){
                .count = s->count[i], .error = s->place[i].error, .key = s->place[i].key, .n = s->place[i].n};
        }
    }
    return count;
}
