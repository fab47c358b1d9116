/*
 * addr.h - Internet addresses, ports and prefixes
 *
 * A struct addr is an IPv4 or IPv6 address with a port, independent of the socket interface, comparable with addr_equal
 * and usable as a hash key once padded (all bytes are defined).
 */
#ifndef RAIZ_DNS_ADDR_H
#define RAIZ_DNS_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/siphash.h"

#define ADDR_TEXT_MAX 64 /* "[ffff:...%4294967295]:65535" with NUL */

enum addr_family { ADDR_NONE = 0, ADDR_IP4 = 4, ADDR_IP6 = 6 };

struct addr {
    uint8_t family;   /* enum addr_family */
    uint8_t pad;      /* zero */
    uint16_t port;    /* host order; 0: none given */
    uint32_t scope;   /* IPv6 scope id, else 0 */
    uint8_t ip[16];   /* network order; IPv4 in the first four, the rest zero */
};

struct addr_prefix {
    struct addr addr; /* host bits zero, port zero */
    uint8_t bits;
};

struct addr addr_ip4(const uint8_t ip[static 4], uint16_t port);
struct addr addr_ip6(const uint8_t ip[static 16], uint16_t port);
bool addr_equal(const struct addr *a, const struct addr *b);    /* with port and scope */
bool addr_same_ip(const struct addr *a, const struct addr *b);  /* without port */
uint64_t addr_hash(const uint8_t key[static SIPHASH_KEY_SIZE], const struct addr *a);

/* "192.0.2.1", "192.0.2.1:53", "192.0.2.1@53", "2001:db8::1", "[2001:db8::1]:53", "fe80::1%2". Port default_port when
 * none is given. */
bool addr_scan(const char *text, uint16_t default_port, struct addr *out);
/* "192.0.2.1:53", "[2001:db8::1]:53"; without the port and brackets if port is 0. */
size_t addr_print(const struct addr *a, char out[static ADDR_TEXT_MAX]);

bool addr_prefix_scan(const char *text, struct addr_prefix *out); /* "10.0.0.0/8"; a lone address is /32 or /128 */
size_t addr_prefix_print(const struct addr_prefix *p, char out[static ADDR_TEXT_MAX]);
bool addr_in(const struct addr *a, const struct addr_prefix *p);  /* an IPv4-mapped IPv6 address counts as IPv4 */

bool addr_is_loopback(const struct addr *a);
/* T27: addresses no authoritative server can have: 0/8, ::, ::ffff:0/96, multicast, broadcast, 240/4, port 0 aside.
 * Loopback is judged apart (resolution.query-loopback). */
bool addr_is_unaskable(const struct addr *a);
/* RFC 1918, 4193, link-local, loopback and shared space (RFC 6598). */
bool addr_is_private(const struct addr *a);

#endif
