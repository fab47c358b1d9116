/*
 * crowd.c - how many jobs wait for the servers of one zone
 */
#include "resolver/engine/crowd.h"

#include <assert.h>

#include "resolver/engine/limits.h"

static_assert((CROWD_SLOTS & (CROWD_SLOTS - 1)) == 0, "a power of two");

uint16_t crowd_slot(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname zone)
{
    return (uint16_t)(dname_hash(key, zone) >> 32 & (CROWD_SLOTS - 1));
}

bool crowd_join(struct crowd *c, uint16_t slot, struct now now)
{
    uint32_t waiting = c->slot[slot].waiting;

    if (waiting == 0) {
        c->slot[slot].heard_us = now.mono_us;
    }
    bool silent = now.mono_us - c->slot[slot].heard_us > ENGINE_ZONE_SILENT_US;
    if (waiting >= (silent ? ENGINE_ZONE_CROWD : ENGINE_ZONE_JOBS_MAX)) {
        return false;
    }
    c->slot[slot].waiting++;
    return true;
}

void crowd_leave(struct crowd *c, uint16_t slot)
{
    assert(c->slot[slot].waiting > 0);
    c->slot[slot].waiting--;
}

void crowd_heard(struct crowd *c, uint16_t slot, struct now now)
{
    c->slot[slot].heard_us = now.mono_us;
}
