/*
 * fold.h - ASCII case folding of octets (RFC 4343)
 *
 * Whole wire-form names can be folded without regard to their labels: a length octet is at most 63, below 'A'. Eight
 * octets are done at a time, because every look-up hashes and compares names.
 */
#ifndef RAIZ_DNS_FOLD_H
#define RAIZ_DNS_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint8_t fold1(uint8_t c)
{
    return (uint8_t)(c | ((uint8_t)(c - 'A') < 26 ? 0x20 : 0));
}

/* Each of the eight octets by itself: those in 'A'..'Z' get bit 0x20. Sums of seven-bit values cannot carry over. */
static inline uint64_t fold8(uint64_t x)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = x & each * 0x7f;
    uint64_t from_a = low + each * (0x80 - 'A');
    uint64_t past_z = low + each * (0x7f - 'Z');
    return x | ((from_a ^ past_z) & ~x & each * 0x80) >> 2;
}

static inline uint64_t load8(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static inline bool fold_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    if (n < 8) {
        for (size_t i = 0; i < n; i++) {
            if (fold1(a[i]) != fold1(b[i])) {
                return false;
            }
        }
        return true;
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        if (fold8(load8(a + i)) != fold8(load8(b + i))) {
            return false;
        }
    }
    return fold8(load8(a + n - 8)) == fold8(load8(b + n - 8)); /* the rest, overlapping */
}

static inline void fold_copy(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t x = fold8(load8(in + i));
        memcpy(out + i, &x, sizeof x);
    }
    for (; i < n; i++) {
        out[i] = fold1(in[i]);
    }
}

#endif
