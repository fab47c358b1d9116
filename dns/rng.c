/*
 * rng.c - numbers from a source of random octets, and the seeded source of tests
 */
#include "dns/rng.h"

#include "dns/siphash.h"

#include <string.h>

uint16_t rng_u16(struct rng *rng)
{
    uint8_t b[2];
    rng->fill(rng, b, sizeof b);
    return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t rng_u32(struct rng *rng)
{
    uint8_t b[4];
    rng->fill(rng, b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t low = rng_u32(rng);
    return low | (uint64_t)rng_u32(rng) << 32;
}

/* Lemire, "Fast random integer generation in an interval" (2019): the high half of a product is uniform once the low
 * halves that are hit once too often are drawn again. */
uint32_t rng_below(struct rng *rng, uint32_t n)
{
    uint64_t product = (uint64_t)rng_u32(rng) * n;
    if ((uint32_t)product < n) {
        uint32_t surplus = (uint32_t)-n % n;
        while ((uint32_t)product < surplus) {
            product = (uint64_t)rng_u32(rng) * n;
        }
    }
    return (uint32_t)(product >> 32);
}

/* Draws depend on nothing but seed and order: each call starts a new word, so a draw of two octets costs a word. */
static void seeded_fill(struct rng *rng, uint8_t *out, size_t n)
{
    struct rng_seeded *s = (struct rng_seeded *)rng; /* its first member */
    while (n > 0) {
        uint8_t counter[8], word[8];
        for (unsigned i = 0; i < 8; i++) {
            counter[i] = (uint8_t)(s->counter >> (8 * i));
        }
        uint64_t hash = siphash24(s->key, counter, sizeof counter);
        for (unsigned i = 0; i < 8; i++) {
            word[i] = (uint8_t)(hash >> (8 * i));
        }
        s->counter++;
        size_t take = n < sizeof word ? n : sizeof word;
        memcpy(out, word, take);
        out += take;
        n -= take;
    }
}

void rng_seeded_init(struct rng_seeded *s, uint64_t seed)
{
    *s = (struct rng_seeded){.rng = {.fill = seeded_fill}};
    for (unsigned i = 0; i < 8; i++) {
        s->key[i] = (uint8_t)(seed >> (8 * i));
    }
}
