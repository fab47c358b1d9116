/*
 * meter.h - how much each network has had lately
 *
 * A sum for each address and each network around it, halved with every span of time that passes. It is kept in a table
 * of fixed size in which networks share cells by a keyed hash: each has a cell in two rows, and the lesser of the two
 * is taken for its sum. So what is read is never too little; it is too much for who shares both cells with somebody who
 * has had more, which chosen addresses cannot bring about.
 *
 *     client 192.0.2.7 -> cells of 192.0.2.7/32, 192.0.2.0/24, 192.0.0.0/20, 192.0.0.0/18
 *
 * Somebody with a whole network at hand spreads what he asks over its addresses; so a network counts as well, and may
 * have as much as so many addresses (L35: a /24 as 32 of them, an IPv6 /64 as 2, ...). What a client is told to have
 * had is the most that any of its networks has had for each address that it counts for.
 *
 * Memory: allocated whole at the start, used as it fills. Threads: any, without a lock; two that write the same cell at
 * the same time may lose one of both additions.
 */
#ifndef RAIZ_FRONT_METER_H
#define RAIZ_FRONT_METER_H

#include <stdint.h>

#include "dns/addr.h"
#include "dns/now.h"
#include "dns/siphash.h"

#define METER_CELLS 16384 /* in each of the two rows: 256 KiB in all */

struct meter;

/* What a client has had. Sums of different kinds have nothing to do with each other. */
struct metered {
    uint32_t most; /* of its networks, for each address that they count for; decides */
    uint32_t own;  /* itself */
    uint8_t bits;  /* of the network that decides, */
    uint64_t hash; /* and its keyed hash, with the kind */
};

/* NULL: out of memory. */
struct meter *meter_new(uint32_t half_life_ms, const uint8_t key[static SIPHASH_KEY_SIZE]);
void meter_free(struct meter *m);

/* What it has had until now; then `more` is added. */
struct metered meter_add(struct meter *m, const struct addr *client, uint8_t kind, uint32_t more, struct now now);
struct addr_prefix meter_prefix(const struct addr *client, uint8_t bits);
/* The network whose sum decides for the client, to be named in a log. */
struct addr_prefix meter_network(struct meter *m, const struct addr *client, uint8_t kind, struct now now);
/* What all clients together have had, of all kinds. */
uint32_t meter_all(const struct meter *m, struct now now);

#endif
