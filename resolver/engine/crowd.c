/*
 * crowd.c - how many jobs wait for the servers of one zone
 */
#include "resolver/engine/crowd.h"

#include <assert.h>

#include "dns/seeded.h"
#include "resolver/engine/limits.h"

static_assert((CROWD_SLOTS & (CROWD_SLOTS - 1)) == 0, "a power of two");
static_assert(ENGINE_ZONE_JOBS_MAX <= ENGINE_JOBS_MAX / 2, "others get half of the places");

uint16_t crowd_slot(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname zone)
{
    return (uint16_t)(dname_hash(key, zone) >> 32 & (CROWD_SLOTS - 1));
}

bool crowd_join(struct crowd *c, uint16_t slot)
{
    if (SEEDED(28, c->waiting[slot] >= ENGINE_ZONE_JOBS_MAX, false)) {
        return false;
    }
    c->waiting[slot]++;
    return true;
}

void crowd_leave(struct crowd *c, uint16_t slot)
{
    assert(c->waiting[slot] > 0);
    c->waiting[slot]--;
}

bool crowd_is_empty(const struct crowd *c)
{
    for (unsigned i = 0; i < CROWD_SLOTS; i++) {
        if (c->waiting[i] != 0) {
            return false;
        }
    }
    return true;
}
