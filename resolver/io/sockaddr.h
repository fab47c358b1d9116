/*
 * sockaddr.h - struct addr and the socket interface
 *
 * Translation both ways, and the socket options that several files set. Pure but for the options.
 */
#ifndef RAIZ_IO_SOCKADDR_H
#define RAIZ_IO_SOCKADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "dns/addr.h"

union sockaddr_any {
    struct sockaddr sa;
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
};

/* Returns the length to pass to bind, connect ... */
socklen_t sockaddr_from(const struct addr *a, union sockaddr_any *out);
/* False: neither IPv4 nor IPv6. */
bool sockaddr_to(const union sockaddr_any *from, struct addr *out);
/* A socket that does not block and is not inherited; -1 with errno. */
int sockaddr_socket(const struct addr *a, int type);
/* No path MTU discovery: datagrams leave without "don't fragment" and forged "fragmentation needed" messages change
 * nothing (RFC 9715 section 3.1, L34, T7). */
void sockaddr_no_pmtu(int fd, const struct addr *a);
bool sockaddr_is_wildcard(const struct addr *a);

#endif
