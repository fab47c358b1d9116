/*
 * crowd.h - how many jobs wait for the servers of one zone
 *
 * Random names below a zone whose servers are silent (water torture, T43) would fill all places with jobs that wait for
 * nothing. So no zone gets more than half of the places, and when many wait for a zone, and none of its servers has said a
 * word for a while, no more join them. A busy zone whose servers answer is not held back by the second rule.
 *
 * Zones are counted by a keyed hash of their name in a table of counters; two that fall together share a counter, which
 * does no harm and cannot be aimed at.
 */
#ifndef RAIZ_ENGINE_CROWD_H
#define RAIZ_ENGINE_CROWD_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/now.h"

#define CROWD_SLOTS 4096 /* a power of two */
#define CROWD_NONE  UINT16_MAX

struct crowd {
    struct {
        uint64_t heard_us; /* when a server of the zone last answered; or the first of those who wait came */
        uint32_t waiting;
    } slot[CROWD_SLOTS];
};

uint16_t crowd_slot(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname zone);
/* One more waits. False: too many do already, in vain. */
bool crowd_join(struct crowd *c, uint16_t slot, struct now now);
void crowd_leave(struct crowd *c, uint16_t slot);
void crowd_heard(struct crowd *c, uint16_t slot, struct now now);

#endif
