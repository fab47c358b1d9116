/*
 * listen.h - opening the sockets that clients ask
 *
 * One UDP and one TCP socket for each address and worker. With several workers the kernel spreads clients over their
 * sockets (SO_REUSEPORT); because that option would also let a second daemon join in unnoticed, the address is tried
 * without it first.
 *
 * Memory: the descriptors belong to the caller.
 */
#ifndef RAIZ_IO_LISTEN_H
#define RAIZ_IO_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/addr.h"

struct listener {
    struct addr addr;
    int udp, tcp;
    bool wildcard; /* 0.0.0.0 or ::, so the address asked comes with each datagram */
};

/* Opens the sockets of one address for `workers` workers: out[0], out[stride], out[2 * stride] ... False: nothing is
 * open and error says which address, why, who holds it and what to do. */
bool listen_open(const struct addr *a, unsigned workers, size_t stride, struct listener *out, char *error, size_t cap);
void listen_close(struct listener *l);

#endif
