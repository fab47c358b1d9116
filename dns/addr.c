/*
 * addr.c - Internet addresses, ports and prefixes
 *
 * The text of the address itself is left to inet_pton(3) and inet_ntop(3), which know RFC 4291 section 2.2 and print
 * RFC 5952; ports, scopes and prefix lengths are read here, strictly: decimal digits only.
 */
#include "dns/addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

static_assert(sizeof(struct addr) == 24, "no padding: it is hashed as it stands");

static const uint8_t mapped[12] = {0, 0, 0, 0, 0,    0,
                                   0, 0, 0, 0, 0xff, 0xff}; /* ::ffff:0/96 (RFC 4291 section 2.5.5.2) */

struct addr addr_ip4(const uint8_t ip[static 4], uint16_t port)
{
    struct addr a = {.family = ADDR_IP4, .port = port};
    memcpy(a.ip, ip, 4);
    return a;
}

struct addr addr_ip6(const uint8_t ip[static 16], uint16_t port)
{
    struct addr a = {.family = ADDR_IP6, .port = port};
    memcpy(a.ip, ip, 16);
    return a;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    return a->port == b->port && addr_same_ip(a, b);
}

bool addr_same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

uint64_t addr_hash(const uint8_t key[static SIPHASH_KEY_SIZE], const struct addr *a)
{
    return siphash13(key, a, sizeof *a);
}

/* All of text[0..n) as a decimal number up to max. */
static bool scan_number(const char *text, size_t n, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    if (n == 0 || n > 10) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(text[i] - '0');
    }
    *out = (uint32_t)v;
    return v <= max;
}

/* One address without port, with scope. */
static bool scan_ip(const char *text, size_t n, struct addr *out)
{
    char ip[INET6_ADDRSTRLEN];
    const char *percent = memchr(text, '%', n);
    size_t len = percent != NULL ? (size_t)(percent - text) : n;
    if (len >= sizeof ip) {
        return false;
    }
    memcpy(ip, text, len);
    ip[len] = '\0';
    *out = (struct addr){.family = ADDR_IP4};
    if (percent == NULL && inet_pton(AF_INET, ip, out->ip) == 1) {
        return true;
    }
    *out = (struct addr){.family = ADDR_IP6};
    if (inet_pton(AF_INET6, ip, out->ip) != 1) {
        return false;
    }
    return percent == NULL || scan_number(percent + 1, n - len - 1, UINT32_MAX, &out->scope);
}

/* Split off the port. On return *text, *n are the address and *port the port's text, or NULL. */
static bool split_port(const char **text, size_t *n, const char **port)
{
    const char *t = *text;
    *port = NULL;
    if (t[0] == '[') {
        const char *close = strchr(t, ']');
        if (close == NULL || (close[1] != '\0' && close[1] != ':' && close[1] != '@')) {
            return false;
        }
        *text = t + 1;
        *n = (size_t)(close - t - 1);
        *port = close[1] != '\0' ? close + 2 : NULL;
        return memchr(*text, ':', *n) != NULL; /* brackets are for IPv6 */
    }
    const char *at = strchr(t, '@');
    const char *colon = strchr(t, ':');
    if (at == NULL && colon != NULL && strchr(colon + 1, ':') == NULL) {
        at = colon; /* a single colon: IPv4 and port */
    }
    if (at != NULL) {
        *n = (size_t)(at - t);
        *port = at + 1;
    }
    return true;
}

bool addr_scan(const char *text, uint16_t default_port, struct addr *out)
{
    size_t n = strlen(text);
    const char *port_text;
    uint32_t port = default_port;
    if (!split_port(&text, &n, &port_text)) {
        return false;
    }
    if (port_text != NULL && (!scan_number(port_text, strlen(port_text), UINT16_MAX, &port) || port == 0)) {
        return false;
    }
    if (!scan_ip(text, n, out)) {
        return false;
    }
    out->port = (uint16_t)port;
    return true;
}

/* The address without port: at most 45 and "%4294967295". */
static void print_ip(const struct addr *a, char out[static ADDR_TEXT_MAX])
{
    char ip[INET6_ADDRSTRLEN];
    if (a->family == ADDR_NONE || inet_ntop(a->family == ADDR_IP4 ? AF_INET : AF_INET6, a->ip, ip, sizeof ip) == NULL) {
        snprintf(out, ADDR_TEXT_MAX, "none");
    } else if (a->scope != 0) {
        snprintf(out, ADDR_TEXT_MAX, "%s%%%u", ip, (unsigned)a->scope);
    } else {
        snprintf(out, ADDR_TEXT_MAX, "%s", ip);
    }
}

size_t addr_print(const struct addr *a, char out[static ADDR_TEXT_MAX])
{
    char ip[ADDR_TEXT_MAX];
    print_ip(a, ip);
    int n;
    if (a->port == 0) {
        n = snprintf(out, ADDR_TEXT_MAX, "%s", ip);
    } else if (a->family == ADDR_IP6) {
        n = snprintf(out, ADDR_TEXT_MAX, "[%.56s]:%u", ip, (unsigned)a->port);
    } else {
        n = snprintf(out, ADDR_TEXT_MAX, "%.15s:%u", ip, (unsigned)a->port);
    }
    return (size_t)n;
}

static unsigned family_bits(uint8_t family)
{
    return family == ADDR_IP4 ? 32 : 128;
}

static void clear_host_bits(uint8_t ip[static 16], unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * i;
        ip[i] = (uint8_t)(ip[i] & 0xff00U >> keep);
    }
}

static bool is_mapped(const struct addr *a)
{
    return a->family == ADDR_IP6 && memcmp(a->ip, mapped, sizeof mapped) == 0;
}

/* An IPv4-mapped address as the IPv4 address that it stands for. */
static struct addr unmapped(const struct addr *a)
{
    return is_mapped(a) ? addr_ip4(a->ip + sizeof mapped, a->port) : *a;
}

bool addr_prefix_scan(const char *text, struct addr_prefix *out)
{
    const char *slash = strchr(text, '/');
    struct addr a;
    if (!scan_ip(text, slash != NULL ? (size_t)(slash - text) : strlen(text), &a) || a.scope != 0) {
        return false;
    }
    uint32_t bits = family_bits(a.family);
    if (slash != NULL && !scan_number(slash + 1, strlen(slash + 1), bits, &bits)) {
        return false;
    }
    if (is_mapped(&a) && bits >= 96) {
        a = unmapped(&a);
        bits -= 96;
    }
    clear_host_bits(a.ip, bits);
    *out = (struct addr_prefix){.addr = a, .bits = (uint8_t)bits};
    return true;
}

size_t addr_prefix_print(const struct addr_prefix *p, char out[static ADDR_TEXT_MAX])
{
    char ip[ADDR_TEXT_MAX];
    print_ip(&p->addr, ip);
    return (size_t)snprintf(out, ADDR_TEXT_MAX, "%.56s/%u", ip, (unsigned)p->bits);
}

/* Do the first `bits` bits agree? */
static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) & 0xff00U >> rest & 0xff) == 0);
}

bool addr_in(const struct addr *a, const struct addr_prefix *p)
{
    struct addr plain = unmapped(a);
    if (plain.family == p->addr.family) {
        return bits_equal(plain.ip, p->addr.ip, p->bits);
    }
    return a->family == p->addr.family && bits_equal(a->ip, p->addr.ip, p->bits); /* mapped, in ::/0 */
}

struct range {
    uint8_t family, bits, ip[2]; /* the prefixes that matter here fit in two octets */
};

static bool in_ranges(const struct addr *a, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].family == a->family && bits_equal(a->ip, ranges[i].ip, ranges[i].bits)) {
            return true;
        }
    }
    return false;
}

bool addr_is_loopback(const struct addr *a)
{
    static const uint8_t one[16] = {[15] = 1};
    struct addr plain = unmapped(a);
    return plain.family == ADDR_IP4 ? plain.ip[0] == 127
                                    : plain.family == ADDR_IP6 && memcmp(plain.ip, one, sizeof one) == 0;
}

bool addr_is_unaskable(const struct addr *a)
{
    static const struct range ranges[] = {
        {ADDR_IP4, 8, {0}},    /* this network (RFC 1122 section 3.2.1.3) */
        {ADDR_IP4, 4, {224}},  /* multicast */
        {ADDR_IP4, 4, {240}},  /* reserved, with the broadcast address */
        {ADDR_IP6, 8, {0xff}}, /* multicast */
    };
    static const uint8_t unspecified[16];
    if (a->family != ADDR_IP4 && a->family != ADDR_IP6) {
        return true;
    }
    return is_mapped(a) || (a->family == ADDR_IP6 && memcmp(a->ip, unspecified, sizeof unspecified) == 0) ||
           in_ranges(a, ranges, sizeof ranges / sizeof ranges[0]);
}

bool addr_is_private(const struct addr *a)
{
    static const struct range ranges[] = {
        {ADDR_IP4, 8, {10}}, /* RFC 1918 */
        {ADDR_IP4, 12, {172, 16}},    {ADDR_IP4, 16, {192, 168}},
        {ADDR_IP4, 16, {169, 254}},   /* link-local (RFC 3927) */
        {ADDR_IP4, 10, {100, 64}},    /* shared (RFC 6598) */
        {ADDR_IP6, 7, {0xfc}},        /* unique local (RFC 4193) */
        {ADDR_IP6, 10, {0xfe, 0x80}}, /* link-local (RFC 4291) */
    };
    struct addr plain = unmapped(a);
    return addr_is_loopback(&plain) || in_ranges(&plain, ranges, sizeof ranges / sizeof ranges[0]);
}
