/*
 * ifaces.h - the host's own networks
 *
 * For access.allow when it is not given: loopback, and the prefixes of the host's interfaces as far as they are private
 * (RFC 1918, RFC 4193, link-local, RFC 6598). Public addresses never open the door by themselves.
 */
#ifndef RAIZ_IO_IFACES_H
#define RAIZ_IO_IFACES_H

#include <stddef.h>

#include "dns/addr.h"

/* At most `most` prefixes, loopback first; returns how many. */
size_t ifaces_private(struct addr_prefix *out, size_t most);

#endif
