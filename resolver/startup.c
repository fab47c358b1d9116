/*
 * startup.c - from a configuration file to a world
 */
#include "resolver/startup.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/io/ares.h"
#include "resolver/io/ifaces.h"

#define NETWORKS_MAX 64
#define HOSTS_MS     2000 /* for all names of a configuration together */

/* Host i of the zone has these addresses: they take its place. False: out of memory, nothing has changed. */
static bool settle_host(struct settings_zone *z, size_t i, const struct ares_host *host)
{
    struct addr *servers = realloc(z->servers, (z->server_count + host->count) * sizeof *servers);
    if (servers == NULL) {
        return false;
    }
    z->servers = servers;
    memcpy(servers + z->server_count, host->found, host->count * sizeof *servers);
    z->server_count += host->count;
    free(z->hosts[i]);
    z->hosts[i] = z->hosts[--z->host_count];
    return true;
}

static size_t name_hosts(const struct settings_zone *zones, size_t count, struct ares_host *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < zones[i].host_count; k++, n++) {
            if (out != NULL) {
                out[n].name = zones[i].hosts[k];
            }
        }
    }
    return n;
}

/* From the last host to the first, so that taking one out leaves the others where they were. */
static void settle_hosts(struct settings_zone *zones, size_t count, const struct ares_host *end)
{
    for (size_t i = count; i-- > 0;) {
        for (size_t k = zones[i].host_count; k-- > 0;) {
            end--;
            if (end->count > 0) {
                settle_host(&zones[i], k, end);
            }
        }
    }
}

/* A name that is not found now stays a name, which the engine looks up when it needs it. */
static void find_hosts(struct settings *s)
{
    size_t forward = name_hosts(s->forward, s->forward_count, NULL);
    size_t n = forward + name_hosts(s->stub, s->stub_count, NULL);
    struct ares_host *hosts = n > 0 ? calloc(n, sizeof *hosts) : NULL;
    if (hosts == NULL) {
        return;
    }
    name_hosts(s->forward, s->forward_count, hosts);
    name_hosts(s->stub, s->stub_count, hosts + forward);
    ares_find(hosts, n, HOSTS_MS);
    settle_hosts(s->stub, s->stub_count, hosts + n);
    settle_hosts(s->forward, s->forward_count, hosts + forward);
    free(hosts);
}

struct world *startup_world(const char *path, const char *above, struct config_errors *errors)
{
    struct addr_prefix networks[NETWORKS_MAX];
    struct settings *settings = config_load_with(path, above, "raizctl config set", errors);
    if (settings == NULL) {
        return NULL;
    }
    find_hosts(settings);
    size_t n = settings->allow_local_networks ? ifaces_private(networks, NETWORKS_MAX) : 0;
    return world_build(settings, networks, n, errors);
}
