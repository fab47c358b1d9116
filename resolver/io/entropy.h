/*
 * entropy.h - randomness from the kernel
 *
 * A struct rng (dns/rng.h) that hands out octets of getrandom(2), fetched in blocks so that a question does not cost a
 * system call, each octet used once and wiped. There is no generator of our own whose state could be guessed from ids
 * and ports seen on the wire (T2: CVE-2025-40780), nothing to seed, and no file to open inside a chroot.
 *
 * Threads: one struct entropy belongs to one thread. It is never copied, so no two streams are alike.
 */
#ifndef RAIZ_IO_ENTROPY_H
#define RAIZ_IO_ENTROPY_H

#include "dns/rng.h"

#define ENTROPY_BLOCK 1024

struct entropy {
    struct rng rng; /* first: &e->rng is what others get */
    size_t used;    /* octets of the block that are spent */
    uint8_t block[ENTROPY_BLOCK];
};

void entropy_init(struct entropy *e);

#endif
