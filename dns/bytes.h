/*
 * bytes.h - cursors over octets
 *
 * All reading from and writing to packets goes through these two. The error is sticky: after the first read or write
 * past the end every further call returns zero (or does nothing), and the caller asks once, at the end. No other code
 * does pointer arithmetic on packets.
 *
 * Memory: borrow the buffer they are given. Threads: values, no sharing.
 */
#ifndef RAIZ_DNS_BYTES_H
#define RAIZ_DNS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *base;
    size_t pos, end; /* pos <= end; both count from base */
    bool failed;
};

struct writer {
    uint8_t *base;
    size_t pos, cap; /* pos <= cap */
    bool failed;
};

static inline struct reader reader_of(const uint8_t *data, size_t n)
{
    return (struct reader){.base = data, .pos = 0, .end = n, .failed = false};
}

static inline size_t reader_left(const struct reader *r)
{
    return r->failed ? 0 : r->end - r->pos;
}

/* The next n octets, or NULL (sticky) if there are fewer. */
static inline const uint8_t *reader_take(struct reader *r, size_t n)
{
    if (r->failed || n > r->end - r->pos) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->base + r->pos;
    r->pos += n;
    return p;
}

static inline uint8_t read_u8(struct reader *r)
{
    const uint8_t *p = reader_take(r, 1);
    return p != NULL ? p[0] : 0;
}

static inline uint16_t read_u16(struct reader *r)
{
    const uint8_t *p = reader_take(r, 2);
    if (p == NULL) {
        return 0;
    }
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t read_u32(struct reader *r)
{
    const uint8_t *p = reader_take(r, 4);
    return p != NULL ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t read_u48(struct reader *r)
{
    uint64_t high = read_u16(r);
    return high << 32 | read_u32(r);
}

static inline struct writer writer_of(uint8_t *data, size_t cap)
{
    return (struct writer){.base = data, .pos = 0, .cap = cap, .failed = false};
}

static inline size_t writer_left(const struct writer *w)
{
    return w->failed ? 0 : w->cap - w->pos;
}

/* Room for n octets to be filled by the caller, or NULL (sticky). */
static inline uint8_t *writer_take(struct writer *w, size_t n)
{
    if (w->failed || n > w->cap - w->pos) {
        w->failed = true;
        return NULL;
    }
    uint8_t *p = w->base + w->pos;
    w->pos += n;
    return p;
}

static inline void write_bytes(struct writer *w, const void *data, size_t n)
{
    uint8_t *p = writer_take(w, n);
    if (p != NULL && n != 0) {
        memcpy(p, data, n);
    }
}

static inline void write_u8(struct writer *w, uint8_t v)
{
    write_bytes(w, &v, 1);
}

static inline void write_u16(struct writer *w, uint16_t v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    write_bytes(w, b, sizeof b);
}

static inline void write_u32(struct writer *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    write_bytes(w, b, sizeof b);
}

/* Overwrite two octets already written, such as a length that is known only afterwards. */
static inline void patch_u16(struct writer *w, size_t at, uint16_t v)
{
    if (!w->failed && at + 2 <= w->pos) {
        w->base[at] = (uint8_t)(v >> 8);
        w->base[at + 1] = (uint8_t)v;
    }
}

#endif
