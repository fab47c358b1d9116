/*
 * world.h - the configuration, made ready for use
 *
 * Settings compiled together with all they refer to: access list, root hints, stub and forward zones as delegations,
 * engine settings. Built whole or not at all, then immutable; workers get a pointer to it.
 *
 * Memory: world_free() frees all, settings included. Threads: const after world_build().
 */
#ifndef RAIZ_CONFIG_WORLD_H
#define RAIZ_CONFIG_WORLD_H

#include "resolver/config/acl.h"
#include "resolver/config/config.h"
#include "resolver/engine/engine.h"

struct address_map_row {
    struct addr from, to; /* from without port; to with port 0: keep the port */
};

struct world {
    const struct settings *settings;
    struct acl *acl;
    struct acl *rate_exempt; /* networks without a limit of answers */
    struct engine_settings engine; /* pointers into this world */
    struct delegation *root_hints;
    struct anchors *anchors;
    struct delegation **zones;
    struct address_map_row *address_map; /* sorted by the family and octets of `from` */
    size_t address_map_count;
};

/* local: prefixes of the host's own private networks (from the host's interfaces), used when access.allow is not given.
 * Takes the settings. NULL on error; errors->text says which file, line and why; the settings are freed then too. */
struct world *world_build(struct settings *settings, const struct addr_prefix *local, size_t local_count,
                          struct config_errors *errors);
void world_free(struct world *w);

/* The same world with other anchors, both taken (and freed when this fails); what does not differ is shared, and the
 * two are freed in any order. `negative` malloc'ed. NULL: out of memory. Making and freeing: one thread. */
struct world *world_renew(struct world *w, struct anchors *anchors, struct dname_buf *negative, size_t negative_count);

/* The address that is asked in place of `a`, by resolution.address-map; `a` itself when the map says nothing. */
struct addr world_substitute(const struct world *w, const struct addr *a);

#endif
