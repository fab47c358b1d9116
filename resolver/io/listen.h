/*
 * listen.h - opening the sockets that clients ask
 *
 * One UDP and one TCP socket for each address and worker. The kernel spreads clients over the workers' sockets
 * (SO_REUSEPORT); because that option would also let a second daemon join in unnoticed, the address is tried without it
 * first.
 *
 * Memory: the descriptors belong to the caller.
 */
#ifndef RAIZ_IO_LISTEN_H
#define RAIZ_IO_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/addr.h"
#include "resolver/io/inherit.h"

struct listener {
    struct addr addr;
    int udp, tcp;
    bool wildcard; /* 0.0.0.0 or ::, so the address asked comes with each datagram */
};

/* So many addresses at a time, those included that were given up a moment ago. */
#define LISTEN_SLOTS_MAX 1024

struct listen_plan {
    unsigned workers;
    size_t stride;             /* out[0], out[stride], out[2 * stride] ... are the workers' */
    struct inherit *inherited; /* sockets that are taken before others are opened; may be NULL */
    bool joins;                /* one of our own sockets holds the port already, for another address that overlaps */
};

/* Opens the sockets of one address. False: nothing is open and error says which address, why, who holds it and what to
 * do. */
bool listen_open(const struct addr *a, const struct listen_plan *plan, struct listener *out, char *error, size_t cap);
void listen_close(struct listener *l);

#endif
