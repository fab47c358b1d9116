/*
 * zone.h - one version of a zone, immutable
 *
 * A zone is built once (from a master file or records) and then only read, by any thread. Owner names are kept as a sorted
 * tree in canonical order (RFC 4034 section 6.1), so that empty non-terminals, closest enclosers and wildcards are found
 * as RFC 1034 section 4.3.2 and RFC 4592 say.
 *
 * Memory: zone_free() frees all; RRsets handed out live as long as the zone.
 */
#ifndef RAIZ_ZONES_ZONE_H
#define RAIZ_ZONES_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/err.h"
#include "dns/name.h"
#include "dns/rrset.h"

struct zone;
struct zone_builder;

/* Origin is the apex. NULL: out of memory. */
struct zone_builder *zone_builder_new(struct dname origin);
void zone_builder_free(struct zone_builder *b);
/* DNS_E_NAME: owner outside the zone. Duplicates are dropped. Plain rdata, checked by the caller. */
enum dns_err zone_builder_add(struct zone_builder *b, struct dname owner, uint16_t type, uint32_t ttl_s,
                              const uint8_t *rdata, uint16_t len);
/* Checks the whole: SOA at the apex (unless `loose`), CNAME alone at its name, and so on. On error b stays as it was and
 * message (>= 200 bytes) says what and where. On success b is used up. */
enum dns_err zone_builder_finish(struct zone_builder *b, bool loose, struct zone **out, char *message);
void zone_free(struct zone *z);

struct dname zone_origin(const struct zone *z);
size_t zone_rrset_count(const struct zone *z);
const struct rrset *zone_find(const struct zone *z, struct dname name, uint16_t type); /* exact; NULL if none */
/* Every RRset in canonical order of owners. */
typedef void zone_visit(void *arg, const struct rrset *set);
void zone_walk(const struct zone *z, zone_visit *visit, void *arg);

#endif
