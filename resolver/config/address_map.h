/*
 * address_map.h - the file of resolution.address-map
 *
 * One row a line: "ADDRESS SUBSTITUTE"; # begins a comment. In a lab the servers of the world's zones live on other
 * addresses (of the loopback interface, say) than the zones' data tell: the map leads there.
 */
#ifndef RAIZ_CONFIG_ADDRESS_MAP_H
#define RAIZ_CONFIG_ADDRESS_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/config/world.h"

#define ADDRESS_MAP_TEXT_MAX (4 * 1024 * 1024)

/* Sorted rows, to be freed; false: errors has what is wrong. No rows are NULL and 0. */
bool address_map_parse(const char *text, size_t n, const char *name, struct address_map_row **rows, size_t *count,
                       struct config_errors *errors);
bool address_map_load(const char *path, struct address_map_row **rows, size_t *count, struct config_errors *errors);
/* The row of this address, its port aside; NULL: none. */
const struct address_map_row *address_map_find(const struct address_map_row *rows, size_t count, const struct addr *a);

#endif
