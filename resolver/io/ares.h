/*
 * ares.h - host names of the configuration, through the system's resolvers
 *
 * Forwarders and stub servers may be named. At the start their addresses are asked of who the host asks otherwise
 * (/etc/resolv.conf, /etc/hosts), by c-ares, because a forwarder for all names cannot be found through itself. c-ares
 * is a stub resolver and good at that; it is not the iterator.
 *
 * Blocks for at most the time given; nothing else of the daemon waits but the thread that starts or reloads.
 */
#ifndef RAIZ_IO_ARES_H
#define RAIZ_IO_ARES_H

#include <stddef.h>

#include "dns/addr.h"

#define ARES_ADDRESSES_MAX 8 /* of one host */

struct ares_host {
    const char *name;
    struct addr found[ARES_ADDRESSES_MAX]; /* port 0 */
    unsigned count;                        /* 0: not found, or not in time */
};

/* All at once. */
void ares_find(struct ares_host *hosts, size_t n, unsigned timeout_ms);

#endif
