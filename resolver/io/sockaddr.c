/*
 * sockaddr.c - struct addr and the socket interface
 */
#include "resolver/io/sockaddr.h"

#include <string.h>

socklen_t sockaddr_from(const struct addr *a, union sockaddr_any *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == ADDR_IP4) {
        out->in4.sin_family = AF_INET;
        out->in4.sin_port = htons(a->port);
        memcpy(&out->in4.sin_addr, a->ip, 4);
        return sizeof out->in4;
    }
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(a->port);
    out->in6.sin6_scope_id = a->scope;
    memcpy(&out->in6.sin6_addr, a->ip, 16);
    return sizeof out->in6;
}

bool sockaddr_to(const union sockaddr_any *from, struct addr *out)
{
    memset(out, 0, sizeof *out);
    if (from->sa.sa_family == AF_INET) {
        out->family = ADDR_IP4;
        out->port = ntohs(from->in4.sin_port);
        memcpy(out->ip, &from->in4.sin_addr, 4);
        return true;
    }
    if (from->sa.sa_family == AF_INET6) {
        out->family = ADDR_IP6;
        out->port = ntohs(from->in6.sin6_port);
        out->scope = from->in6.sin6_scope_id;
        memcpy(out->ip, &from->in6.sin6_addr, 16);
        return true;
    }
    return false;
}

int sockaddr_socket(const struct addr *a, int type)
{
    return socket(a->family == ADDR_IP4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void sockaddr_no_pmtu(int fd, const struct addr *a)
{
    int omit = IP_PMTUDISC_OMIT;
    if (a->family == ADDR_IP4) {
        setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
        return;
    }
    omit = IPV6_PMTUDISC_OMIT;
    setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof omit);
}

bool sockaddr_is_wildcard(const struct addr *a)
{
    static const uint8_t zero[16];
    return memcmp(a->ip, zero, sizeof zero) == 0;
}
