/*
 * siphash.c - SipHash-1-3 and SipHash-2-4
 *
 * After J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), section 2. The number of rounds
 * is a constant in each of the two entry points, so the compiler unrolls them.
 */
#include "dns/siphash.h"

#include <endian.h>
#include <string.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t load_le64(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(struct sip *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static inline void sip_word(struct sip *s, uint64_t m, int rounds)
{
    s->v3 ^= m;
    sip_rounds(s, rounds);
    s->v0 ^= m;
}

static inline __attribute__((always_inline)) uint64_t siphash(const uint8_t *key, const uint8_t *p, size_t n,
                                                              int rounds, int last_rounds)
{
    uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
    struct sip s = {
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t whole = n & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        sip_word(&s, load_le64(p + i), rounds);
    }
    uint64_t tail = (uint64_t)(n & 0xff) << 56;
    for (size_t i = whole; i < n; i++) {
        tail |= (uint64_t)p[i] << (8 * (i - whole));
    }
    sip_word(&s, tail, rounds);
    s.v2 ^= 0xff;
    sip_rounds(&s, last_rounds);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash13(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n)
{
    return siphash(key, data, n, 1, 3);
}

uint64_t siphash24(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n)
{
    return siphash(key, data, n, 2, 4);
}
