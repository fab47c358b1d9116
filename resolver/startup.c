/*
 * startup.c - from a configuration file to a world
 */
#include "resolver/startup.h"

#include "resolver/io/ifaces.h"

#define NETWORKS_MAX 64

struct world *startup_world(const char *path, struct config_errors *errors)
{
    struct addr_prefix networks[NETWORKS_MAX];
    struct settings *settings = config_load(path, errors);
    if (settings == NULL) {
        return NULL;
    }
    size_t n = settings->allow_local_networks ? ifaces_private(networks, NETWORKS_MAX) : 0;
    return world_build(settings, networks, n, errors);
}
