/*
 * rng.h - randomness, as an argument
 *
 * Message ids, ports, 0x20 bits, hash keys and the choice of servers draw from a struct rng that the caller passes. The
 * daemon's fills itself from getrandom(2) in blocks (resolver/io/entropy.c); a test's is a counter under a fixed key, so
 * that a seed replays a run byte for byte. There is no other source of randomness in raiz.
 *
 * Threads: one struct rng belongs to one thread.
 */
#ifndef RAIZ_DNS_RNG_H
#define RAIZ_DNS_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    void (*fill)(struct rng *rng, uint8_t *out, size_t n); /* must not fail: the daemon ends rather than guess */
};

uint16_t rng_u16(struct rng *rng);
uint32_t rng_u32(struct rng *rng);
uint64_t rng_u64(struct rng *rng);
/* Uniform in 0 .. n-1 without modulo bias; n > 0. */
uint32_t rng_below(struct rng *rng, uint32_t n);

/* A generator for tests and the simulation: SipHash-2-4 of a counter under `seed`. Not for anything secret. */
struct rng_seeded {
    struct rng rng;
    uint8_t key[16];
    uint64_t counter;
};
void rng_seeded_init(struct rng_seeded *s, uint64_t seed);

#endif
