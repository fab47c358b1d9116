/*
 * startup.h - from a configuration file to a world
 *
 * Reads the settings, asks the system's resolvers for the servers that they name (for two seconds at most), and builds
 * the world with the host's own networks. The same steps serve start, --check and reload.
 */
#ifndef RAIZ_STARTUP_H
#define RAIZ_STARTUP_H

#include "resolver/config/config.h"
#include "resolver/config/world.h"

/* path NULL: defaults. NULL on error; errors->text says which file, line and why. */
/* `above`: settings that stand above the file; may be NULL. */
struct world *startup_world(const char *path, const char *above, struct config_errors *errors);

#endif
