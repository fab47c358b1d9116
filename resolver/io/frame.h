/*
 * frame.h - messages in a TCP stream
 *
 * Each message has its length before it, in two octets (RFC 1035 section 4.2.2, RFC 7766 section 8). A stream may be
 * cut anywhere, also inside the length. Pure.
 */
#ifndef RAIZ_IO_FRAME_H
#define RAIZ_IO_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 2
#define FRAME_MAX    (FRAME_HEADER + 65535)
#define FRAME_LEAST  (FRAME_HEADER + 12) /* with a DNS header: what is shorter is no message */

/* The first frame of data: returns its octets with the length, and the message in *msg, *len. 0: not complete. */
static inline size_t frame_take(const uint8_t *data, size_t n, const uint8_t **msg, size_t *len)
{
    if (n < FRAME_HEADER) {
        return 0;
    }
    size_t size = (size_t)(data[0] << 8 | data[1]);
    if (n - FRAME_HEADER < size) {
        return 0;
    }
    *msg = data + FRAME_HEADER;
    *len = size;
    return FRAME_HEADER + size;
}

/* Octets until there can be something to do, when what has come of a frame is all of data. */
static inline size_t frame_missing(const uint8_t *data, size_t n)
{
    return n < FRAME_HEADER ? FRAME_LEAST - n : FRAME_HEADER + (size_t)(data[0] << 8 | data[1]) - n;
}

static inline void frame_header(uint8_t out[static FRAME_HEADER], size_t len)
{
    out[0] = (uint8_t)(len >> 8);
    out[1] = (uint8_t)len;
}

#endif
