/*
 * sketch.h - the most frequent keys of a stream, in bounded memory
 *
 * Space-saving (Metwally, Agrawal, El Abbadi 2005): SKETCH_ROOM counters; a key that has none takes over the smallest,
 * with its count as the most that it may be wrong by. A key that makes up more than one in SKETCH_ROOM of the stream is
 * always there, and no count is too small.
 *
 * Memory: fixed. Threads: one.
 */
#ifndef RAIZ_CONTROL_SKETCH_H
#define RAIZ_CONTROL_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define SKETCH_ROOM    512
#define SKETCH_KEY_MAX 264

struct sketch;

struct sketch_row {
    uint64_t count, error; /* count - error <= truth <= count */
    const void *key;
    size_t n;
};

struct sketch *sketch_new(void); /* NULL: out of memory */
void sketch_free(struct sketch *s);
void sketch_add(struct sketch *s, const void *key, size_t n); /* n <= SKETCH_KEY_MAX */
/* The most frequent, at most `most`, into rows; returns how many. They stay valid until the next sketch_add. */
size_t sketch_top(const struct sketch *s, struct sketch_row *rows, size_t most);

#endif
