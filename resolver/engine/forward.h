/*
 * forward.h - stub and forward zones of the configuration
 *
 * The deepest configured zone at or above a name decides who is asked first. A forward zone takes everything below it:
 * what is cached of delegations there is not looked at. A stub zone is a delegation known beforehand: a deeper one that
 * its servers gave is preferred. Pure.
 */
#ifndef RAIZ_ENGINE_FORWARD_H
#define RAIZ_ENGINE_FORWARD_H

#include <stdbool.h>

#include "dns/delegation.h"
#include "resolver/engine/engine.h"

/* NULL: none. `above`: strictly above the name, as DS questions need. `skip_forward`: the forwarders have failed. */
const struct delegation *forward_zone_of(const struct engine_settings *set, struct dname name, bool above,
                                         bool skip_forward);
/* A denial that was learnt from servers of a zone of so many labels does not count for the question, because a zone is
 * configured between that zone and the name: the servers above it need not know of it, and who asks them for its DS
 * would make it vanish for all (CVE-2026-44687). Unless its forwarders may be passed by. */
bool forward_shields(const struct engine_settings *set, struct dname name, uint16_t type, uint8_t zone_labels);
/* The configuration says where this name is to be asked, so it does not count as special-use. */
bool forward_overrides_local(const struct engine_settings *set, struct dname name);

static inline bool forward_is(const struct delegation *d)
{
    return d->kind == DELEGATION_FORWARD;
}

static inline bool forward_may_walk(const struct delegation *d)
{
    return forward_is(d) && (d->flags & DELEGATION_FORWARD_FIRST) != 0;
}

#endif
