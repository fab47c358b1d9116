/*
 * quota.h - how many TCP clients, in all and from one place
 *
 * A place is an IPv4 address or an IPv6 /64, because a single customer usually owns a whole /64 (L27). Shared by all
 * workers, since the kernel spreads one client's connections over them.
 *
 * Memory: everything is allocated at the start. Threads: any; a lock is held for one look-up when a connection opens or
 * ends, never for a query.
 */
#ifndef RAIZ_IO_QUOTA_H
#define RAIZ_IO_QUOTA_H

#include "dns/addr.h"
#include "dns/siphash.h"

struct quota;

enum quota_result { QUOTA_OK, QUOTA_FULL, QUOTA_ADDRESS_FULL };

struct quota *quota_new(unsigned total, unsigned per_address, const uint8_t key[static SIPHASH_KEY_SIZE]);
void quota_free(struct quota *q);
enum quota_result quota_enter(struct quota *q, const struct addr *client);
void quota_leave(struct quota *q, const struct addr *client); /* once for each QUOTA_OK */
unsigned quota_used(const struct quota *q);
unsigned quota_total(const struct quota *q);

#endif
