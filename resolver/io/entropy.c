/*
 * entropy.c - randomness from the kernel
 */
#include "resolver/io/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Blocks until the kernel's pool is seeded, which it is long before daemons start. */
static void fetch(uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got > 0) {
            out += got;
            n -= (size_t)got;
        } else if (got < 0 && errno != EINTR) {
            perror("raizd: no randomness from the kernel (getrandom)"); /* guessable ids are worse than no service */
            _exit(1);
        }
    }
}

static void entropy_fill(struct rng *rng, uint8_t *out, size_t n)
{
    struct entropy *e = (struct entropy *)rng;

    if (n > sizeof e->block / 4) {
        fetch(out, n);
        return;
    }
    if (n > sizeof e->block - e->used) {
        fetch(e->block, sizeof e->block);
        e->used = 0;
    }
    memcpy(out, e->block + e->used, n);
    explicit_bzero(e->block + e->used, n);
    e->used += n;
}

void entropy_init(struct entropy *e)
{
    e->rng.fill = entropy_fill;
    e->used = sizeof e->block;
}
