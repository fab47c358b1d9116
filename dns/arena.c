/*
 * arena.c - memory of one job, freed whole
 *
 * A request that is large for a chunk gets a chunk of its own, linked behind the current one, whose room stays in use;
 * so at most a quarter of a chunk is lost when the next one is begun. Under AddressSanitizer the room not handed out is
 * poisoned, so that running over the end of one object into the next is found.
 */
#include "dns/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN      alignof(max_align_t)
#define CHUNK_MIN  ((size_t)4 * 1024)
#define CHUNK_MAX  ((size_t)64 * 1024)
#define LARGE_PART 4 /* more than this part of a chunk is large */

struct arena_chunk {
    alignas(max_align_t) struct arena_chunk *older;
    size_t size; /* room behind this header */
};

static size_t round_up(size_t n)
{
    return (n + ALIGN - 1) & ~(ALIGN - 1);
}

static void use_first(struct arena *a)
{
    a->next = a->end = NULL;
    if (a->first != NULL) {
        size_t skip = (size_t)(-(uintptr_t)a->first & (ALIGN - 1));
        if (skip < a->first_size) {
            a->next = a->first + skip;
            a->end = a->first + a->first_size;
        }
    }
    a->used_bytes = 0;
    a->exhausted = false;
}

void arena_init(struct arena *a, void *first, size_t first_size, size_t budget_bytes)
{
    *a = (struct arena){.first = first, .first_size = first_size, .budget_bytes = budget_bytes};
    use_first(a);
}

void arena_clear(struct arena *a)
{
    while (a->chunks != NULL) {
        struct arena_chunk *c = a->chunks;
        a->chunks = c->older;
        ASAN_UNPOISON_MEMORY_REGION(c + 1, c->size);
        free(c);
    }
    use_first(a);
}

void arena_release(struct arena *a)
{
    arena_clear(a);
    *a = (struct arena){.chunks = NULL};
}

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *c = malloc(sizeof *c + size);
    if (c != NULL) {
        c->size = size;
        ASAN_POISON_MEMORY_REGION(c + 1, size);
    }
    return c;
}

static size_t chunk_size(const struct arena *a)
{
    size_t size = round_up(a->used_bytes);
    return size < CHUNK_MIN ? CHUNK_MIN : size > CHUNK_MAX ? CHUNK_MAX : size;
}

/* n (rounded) does not fit into the current chunk. NULL: no memory. */
static char *take_new(struct arena *a, size_t n)
{
    size_t size = chunk_size(a);
    bool large = n > size / LARGE_PART;
    struct arena_chunk *c = chunk_new(large ? n : size);
    if (c == NULL) {
        return NULL;
    }
    a->used_bytes += sizeof *c;
    char *room = (char *)(c + 1);
    if (large && a->chunks != NULL) {
        c->older = a->chunks->older;
        a->chunks->older = c;
        return room;
    }
    c->older = a->chunks;
    a->chunks = c;
    if (!large) {
        a->next = room + n;
        a->end = room + size;
    }
    return room;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t left = a->used_bytes < a->budget_bytes ? a->budget_bytes - a->used_bytes : 0;
    if (n > SIZE_MAX / 2 || round_up(n) > left) { /* a half: no sum below can wrap around */
        a->exhausted = true;
        return NULL;
    }
    size_t rounded = round_up(n);
    char *p;
    if (rounded <= (size_t)(a->end - a->next)) {
        p = a->next;
        a->next += rounded;
    } else {
        p = take_new(a, rounded);
        if (p == NULL) {
            a->exhausted = true;
            return NULL;
        }
    }
    a->used_bytes += rounded;
    ASAN_UNPOISON_MEMORY_REGION(p, n);
    return p;
}

void arena_trim(struct arena *a, void *p, size_t n, size_t keep)
{
    char *end = (char *)p + round_up(n);
    if (end == a->next && keep <= n) {
        a->next = (char *)p + round_up(keep);
        a->used_bytes -= round_up(n) - round_up(keep);
    }
}

void *arena_zalloc(struct arena *a, size_t n)
{
    void *p = arena_alloc(a, n);
    if (p != NULL) {
        memset(p, 0, n);
    }
    return p;
}

void *arena_dup(struct arena *a, const void *data, size_t n)
{
    void *p = arena_alloc(a, n);
    if (p != NULL && n != 0) {
        memcpy(p, data, n);
    }
    return p;
}
