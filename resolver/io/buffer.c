/*
 * buffer.c - octets that wait
 */
#include "resolver/io/buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MIN   256
#define BUFFER_STEP  (16 * 1024) /* large ones grow by so much, not twofold: many may be large at a time (T110) */
#define BUFFER_LARGE (4 * BUFFER_STEP)

uint8_t *buffer_room(struct buffer *b, size_t want)
{
    if (b->cap - b->start - b->n >= want) {
        return b->data + b->start + b->n;
    }
    if (b->start > 0) {
        memmove(b->data, b->data + b->start, b->n);
        b->start = 0;
    }
    if (b->cap - b->n < want) {
        size_t cap = b->cap < BUFFER_MIN ? BUFFER_MIN : b->cap;
        while (cap - b->n < want && cap < BUFFER_LARGE) {
            cap *= 2;
        }
        if (cap - b->n < want) {
            cap = (b->n + want + BUFFER_STEP - 1) / BUFFER_STEP * BUFFER_STEP;
        }
        uint8_t *data = realloc(b->data, cap);
        if (data == NULL) {
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    return b->data + b->n;
}

void buffer_added(struct buffer *b, size_t n)
{
    assert(b->cap - b->start - b->n >= n);
    b->n += n;
}

bool buffer_add(struct buffer *b, const void *data, size_t n)
{
    uint8_t *room = n == 0 ? NULL : buffer_room(b, n);
    if (room == NULL) {
        return n == 0;
    }
    memcpy(room, data, n);
    b->n += n;
    return true;
}

void buffer_drop(struct buffer *b, size_t n)
{
    assert(n <= b->n);
    b->start += n;
    b->n -= n;
    if (b->n == 0) {
        buffer_clear(b);
    }
}

void buffer_clear(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}
