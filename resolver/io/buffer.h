/*
 * buffer.h - octets that wait: for the rest of a frame, or for a socket to take them
 *
 * Grows by doubling, when large in steps, drops from the front, and gives its memory back when it becomes empty, so
 * that an idle connection holds none. Zero-initialised is empty.
 *
 * Memory: buffer_clear() frees. Threads: one at a time.
 */
#ifndef RAIZ_IO_BUFFER_H
#define RAIZ_IO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /* n octets wait at data + start */
    size_t start, n, cap;
};

static inline const uint8_t *buffer_at(const struct buffer *b)
{
    return b->data + b->start;
}

/* Room for `want` more octets behind those that wait; NULL: out of memory, nothing changed. */
uint8_t *buffer_room(struct buffer *b, size_t want);
void buffer_added(struct buffer *b, size_t n); /* so many octets were put into the room */
bool buffer_add(struct buffer *b, const void *data, size_t n);
void buffer_drop(struct buffer *b, size_t n); /* from the front */
void buffer_clear(struct buffer *b);

#endif
