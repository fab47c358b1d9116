/*
 * ports.h - which source ports questions may leave from
 *
 * One pool for all workers: every port from 1024 up but those that must be left alone. A question's port is drawn
 * afresh from the whole pool, so a reply tells nothing about the next port, and nothing about which worker asked (T1,
 * T3: CVE-2026-50252, where each worker owned a share).
 *
 * Left alone: 4791 (RoCE: some adapters swallow it), 11211 (memcached: a favourite of reflection attacks, filtered by
 * many networks), our own listening ports, and what the administrator reserved (net.ipv4.ip_local_reserved_ports).
 *
 * Threads: const once built.
 */
#ifndef RAIZ_IO_PORTS_H
#define RAIZ_IO_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/rng.h"

#define PORTS_FIRST    1024
#define PORTS_POOL_MIN 4096 /* with fewer left the kernel chooses: rejection would take too long and gain nothing */

struct ports {
    uint64_t avoid[65536 / 64];
    uint32_t usable;
};

void ports_init(struct ports *p); /* the whole pool but for the two known ones */
void ports_avoid(struct ports *p, unsigned first, unsigned last);
/* "8080,9148-9160": the form of ip_local_reserved_ports. False: not understood; what came before is avoided. */
bool ports_avoid_text(struct ports *p, const char *text);
void ports_avoid_reserved(struct ports *p); /* reads /proc/sys/net/ipv4/ip_local_reserved_ports */
/* Uniform over the pool; 0: let the kernel choose. */
uint16_t ports_pick(const struct ports *p, struct rng *rng);

#endif
