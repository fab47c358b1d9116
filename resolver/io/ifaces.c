/*
 * ifaces.c - the host's own networks
 */
#include "resolver/io/ifaces.h"

#include <ifaddrs.h>
#include <string.h>

#include "resolver/io/sockaddr.h"

static uint8_t mask_bits(const union sockaddr_any *mask)
{
    struct addr m;
    uint8_t bits = 0;
    if (!sockaddr_to(mask, &m)) {
        return 0;
    }
    uint8_t most = m.family == ADDR_IP4 ? 32 : 128;
    while (bits < most && (m.ip[bits / 8] & 0x80 >> bits % 8) != 0) {
        bits++;
    }
    return bits;
}

static struct addr_prefix prefix_of(const struct addr *a, uint8_t bits)
{
    struct addr_prefix p = {.addr = *a, .bits = bits};
    p.addr.port = 0;
    p.addr.scope = 0;
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
        if (keep < 8) {
            p.addr.ip[i] &= (uint8_t)(0xff00 >> keep);
        }
    }
    return p;
}

static size_t add(struct addr_prefix *out, size_t n, size_t most, const struct addr_prefix *p)
{
    for (size_t i = 0; i < n; i++) {
        if (out[i].bits == p->bits && addr_equal(&out[i].addr, &p->addr)) {
            return n;
        }
    }
    if (n < most) {
        out[n++] = *p;
    }
    return n;
}

size_t ifaces_private(struct addr_prefix *out, size_t most)
{
    static const char *const always[] = {"127.0.0.0/8", "::1/128"};
    struct addr_prefix p;
    size_t n = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (addr_prefix_scan(always[i], &p)) {
            n = add(out, n, most, &p);
        }
    }
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0) {
        return n;
    }
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        union sockaddr_any sa, mask;
        struct addr a;
        if (i->ifa_addr == NULL || i->ifa_netmask == NULL ||
            (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6)) {
            continue;
        }
        size_t size = i->ifa_addr->sa_family == AF_INET ? sizeof sa.in4 : sizeof sa.in6;
        memcpy(&sa, i->ifa_addr, size);
        memcpy(&mask, i->ifa_netmask, size);
        mask.sa.sa_family = sa.sa.sa_family;
        if (sockaddr_to(&sa, &a) && addr_is_private(&a)) {
            p = prefix_of(&a, mask_bits(&mask));
            n = add(out, n, most, &p);
        }
    }
    freeifaddrs(all);
    return n;
}
