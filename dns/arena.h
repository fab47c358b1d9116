/*
 * arena.h - memory of one job, freed whole
 *
 * A chunked bump allocator with a budget. The first chunk lives in the arena's owner (a worker's pool); more chunks are
 * malloc'ed as needed and freed together.
 *
 * The one policy on memory, for arenas and for everything else: an allocation that fails returns NULL and sets
 * `exhausted`; the caller ends its job, connection or reload with a named failure, and the next query works. Nothing
 * aborts. Reaching the budget and having no more system memory take the same path.
 *
 * Threads: one at a time.
 */
#ifndef RAIZ_DNS_ARENA_H
#define RAIZ_DNS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first; malloc'ed */
    char *next, *end;           /* free room in the current chunk */
    char *first;                /* inline first chunk, owned by the caller; may be NULL */
    size_t first_size;
    size_t used_bytes;          /* handed out and chunk overhead, counted against the budget */
    size_t budget_bytes;
    bool exhausted;             /* an allocation was refused */
};

/* `first` (may be NULL with size 0) must stay valid until arena_release(). */
void arena_init(struct arena *a, void *first, size_t first_size, size_t budget_bytes);
/* Frees all chunks; the arena may be used again from its first chunk. */
void arena_clear(struct arena *a);
void arena_release(struct arena *a);

/* Aligned for any type; contents undefined. NULL when the budget or the system's memory is used up. n > 0. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
void *arena_dup(struct arena *a, const void *data, size_t n);
/* Give back the tail of p, n bytes long, but for `keep`. Only the newest allocation's is reused; else nothing happens. */
void arena_trim(struct arena *a, void *p, size_t n, size_t keep);
#define ARENA_NEW(a, type) ((type *)arena_zalloc((a), sizeof(type)))

#endif
