/*
 * acl.h - who may ask
 *
 * A sorted list of prefixes, searched by address; closed by default. Immutable once built. Pure.
 */
#ifndef RAIZ_CONFIG_ACL_H
#define RAIZ_CONFIG_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/addr.h"

struct acl;

struct acl *acl_new(const struct addr_prefix *allow, size_t n); /* NULL: out of memory */
void acl_free(struct acl *a);
bool acl_allows(const struct acl *a, const struct addr *client);

#endif
