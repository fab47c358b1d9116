/*
 * forward.c - stub and forward zones of the configuration
 */
#include "resolver/engine/forward.h"

#include <stddef.h>

#include "dns/types.h"

const struct delegation *forward_zone_of(const struct engine_settings *set, struct dname name, bool above,
                                         bool skip_forward)
{
    const struct delegation *best = NULL;

    for (size_t i = 0; i < set->zone_count; i++) {
        const struct delegation *d = set->zones[i];
        struct dname zone = delegation_zone(d);
        if (!(above ? dname_below(name, zone) : dname_under(name, zone)) || (skip_forward && forward_is(d))) {
            continue;
        }
        /* Of two with the same name the forward zone comes first, so that `first` can fall back to the stub. */
        if (best == NULL || zone.labels > best->zone_labels || (zone.labels == best->zone_labels && forward_is(d))) {
            best = d;
        }
    }
    return best;
}

bool forward_shields(const struct engine_settings *set, struct dname name, uint16_t type, uint8_t zone_labels)
{
    for (size_t i = 0; i < set->zone_count; i++) {
        const struct delegation *d = set->zones[i];
        struct dname zone = delegation_zone(d);
        bool holds = type == DNS_TYPE_DS ? dname_below(name, zone) : dname_under(name, zone);
        if (holds && zone.labels > zone_labels && !forward_may_walk(d)) {
            return true;
        }
    }
    return false;
}

bool forward_overrides_local(const struct engine_settings *set, struct dname name)
{
    const struct delegation *d = forward_zone_of(set, name, false, false);

    return d != NULL && d->zone_labels > 0;
}
