/*
 * changes.h - which changed settings a reload cannot take
 *
 * By the table of options: those marked RESTART that differ. Pure.
 */
#ifndef RAIZ_CHANGES_H
#define RAIZ_CHANGES_H

#include <stddef.h>

#include "resolver/config/config.h"

/* "listen, cache.size"; "" when there are none. Returns how many. */
size_t changes_for_restart(const struct settings *old, const struct settings *new, char *keys, size_t cap);

#endif
