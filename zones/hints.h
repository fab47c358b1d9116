/*
 * hints.h - where the root is
 *
 * The 13 root servers with their IPv4 and IPv6 addresses, built in (IANA's root.hints), or from a file in that format:
 * NS of "." and their A and AAAA.
 */
#ifndef RAIZ_ZONES_HINTS_H
#define RAIZ_ZONES_HINTS_H

#include "dns/delegation.h"
#include "zones/zonefile.h"

void hints_builtin(struct delegation_builder *out);
/* False: zf->errors says why; a file without NS of "." or without any address is an error. zf->path or text is set. */
bool hints_load(struct zonefile *zf, struct delegation_builder *out);

#endif
