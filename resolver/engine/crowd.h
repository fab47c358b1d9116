/*
 * crowd.h - how many jobs wait for the servers of one zone
 *
 * Random names below a zone whose servers are silent (water torture, T43) would fill all places with jobs that wait for
 * nothing. So no zone gets more than half of the places, and others are as quick as ever. That its servers are silent
 * is soon known (cache/infra.h, and the failure that is remembered for the zone), and then nothing waits for it any
 * more.
 *
 * Zones are counted by a keyed hash of their name in a table of counters; two that fall together share a counter, which
 * does no harm and cannot be aimed at.
 */
#ifndef RAIZ_ENGINE_CROWD_H
#define RAIZ_ENGINE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"

#define CROWD_SLOTS 4096 /* a power of two */
#define CROWD_NONE  UINT16_MAX

struct crowd {
    uint16_t waiting[CROWD_SLOTS];
};

uint16_t crowd_slot(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname zone);
/* One more waits. False: too many do already. */
bool crowd_join(struct crowd *c, uint16_t slot);
void crowd_leave(struct crowd *c, uint16_t slot);
bool crowd_is_empty(const struct crowd *c);

#endif
