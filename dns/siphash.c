/*
 * siphash.c - SipHash-1-3 and SipHash-2-4
 *
 * After J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF" (2012), section 2. The number of rounds
 * is a constant in each of the two entry points, so the compiler unrolls them.
 */
#include "dns/siphash.h"

#include "dns/fold.h"

#include <endian.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t load_le64(const uint8_t *p)
{
    return le64toh(load8(p));
}

/* The last n % 8 octets as the low octets of a word. */
static inline uint64_t load_tail(const uint8_t *p, size_t n)
{
    size_t rest = n % 8;
    if (rest != 0 && n > 8) {
        return load_le64(p + n - 8) >> (8 * (8 - rest)); /* the rest of what was hashed before is shifted out */
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < rest; i++) {
        tail |= (uint64_t)p[n - rest + i] << (8 * i);
    }
    return tail;
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

/* With `folded` the octets are hashed as if they had been folded before. */
static inline __attribute__((always_inline)) uint64_t siphash(const uint8_t *key, const uint8_t *p, size_t n,
                                                              int rounds, int last_rounds, bool folded)
{
    uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
    struct sip s = {
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
    for (size_t i = 0; i + 8 <= n; i += 8) {
        uint64_t m = load_le64(p + i);
        sip_word(&s, folded ? fold8(m) : m, rounds);
    }
    uint64_t tail = load_tail(p, n);
    sip_word(&s, (folded ? fold8(tail) : tail) | (uint64_t)(n & 0xff) << 56, rounds);
    s.v2 ^= 0xff;
    sip_rounds(&s, last_rounds);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash13(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n)
{
    return siphash(key, data, n, 1, 3, false);
}

uint64_t siphash13_folded(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n)
{
    return siphash(key, data, n, 1, 3, true);
}

uint64_t siphash24(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n)
{
    return siphash(key, data, n, 2, 4, false);
}
