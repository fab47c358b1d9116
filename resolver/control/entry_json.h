/*
 * entry_json.h - one entry of the cache as an object
 *
 *     {"kind": "rrset", "name": "www.example.", "type": "A", "ttl": 3540, "original_ttl": 3600,
 *      "trust": "authoritative answer", "security": "unchecked", "server": "192.0.2.1", "zone": "example.",
 *      "records": ["www.example. 3540 IN A 192.0.2.7"], "signatures": 0}
 *
 * kind is rrset, nodata, nxdomain, delegation or failure. Records are lines of a zone file with the TTL that is left.
 */
#ifndef RAIZ_CONTROL_ENTRY_JSON_H
#define RAIZ_CONTROL_ENTRY_JSON_H

#include <jansson.h>

#include "cache/cache.h"
#include "resolver/control/control.h"

/* NULL: out of memory. */
json_t *entry_json(const struct control *c, const struct cache_hit *hit);

#endif
