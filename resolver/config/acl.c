/*
 * acl.c - who may ask
 *
 * Prefixes become ranges first .. last, one sorted list for each family; ranges that touch or overlap are joined, so
 * that one binary search decides. IPv4 addresses stand in the last four octets of a 16-octet key, and so does an
 * IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), which is its IPv4 address here: "::/0" does not let IPv4 clients
 * in, nor does "0.0.0.0/0" let in IPv6 clients.
 */
#include "resolver/config/acl.h"

#include <stdlib.h>
#include <string.h>

struct key {
    uint8_t octet[16];
};

struct range {
    struct key first, last;
};

struct ranges {
    struct range *list;
    size_t count;
};

struct acl {
    struct ranges ip4, ip6;
    struct range memory[];
};

static int compare(const struct key *a, const struct key *b)
{
    return memcmp(a->octet, b->octet, sizeof a->octet);
}

static int compare_ranges(const void *a, const void *b)
{
    return compare(&((const struct range *)a)->first, &((const struct range *)b)->first);
}

static struct key key_ip4(const uint8_t ip[static 4])
{
    struct key k = {{0}};
    memcpy(k.octet + 12, ip, 4);
    return k;
}

static bool is_mapped(const struct addr *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return a->family == ADDR_IP6 && memcmp(a->ip, mapped, sizeof mapped) == 0;
}

static struct range range_of(const struct addr_prefix *p)
{
    struct range r;
    unsigned bits = p->bits;
    if (p->addr.family == ADDR_IP4) {
        r.first = key_ip4(p->addr.ip);
        bits += 96;
    } else {
        memcpy(r.first.octet, p->addr.ip, sizeof r.first.octet);
    }
    r.last = r.first;
    for (unsigned i = bits; i < 128; i++) {
        r.last.octet[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    return r;
}

/* Sorts, and joins what overlaps. */
static void settle(struct ranges *r)
{
    size_t kept = 0;
    if (r->count > 1) {
        qsort(r->list, r->count, sizeof r->list[0], compare_ranges);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (kept > 0 && compare(&r->list[i].first, &r->list[kept - 1].last) <= 0) {
            if (compare(&r->list[i].last, &r->list[kept - 1].last) > 0) {
                r->list[kept - 1].last = r->list[i].last;
            }
        } else {
            r->list[kept++] = r->list[i];
        }
    }
    r->count = kept;
}

struct acl *acl_new(const struct addr_prefix *allow, size_t n)
{
    struct acl *a = malloc(sizeof *a + n * sizeof a->memory[0]);
    if (a == NULL) {
        return NULL;
    }
    size_t ip4 = 0;
    for (size_t i = 0; i < n; i++) {
        ip4 += allow[i].addr.family == ADDR_IP4;
    }
    a->ip4 = (struct ranges){.list = a->memory};
    a->ip6 = (struct ranges){.list = a->memory + ip4};
    for (size_t i = 0; i < n; i++) {
        struct ranges *r = allow[i].addr.family == ADDR_IP4 ? &a->ip4 : &a->ip6;
        r->list[r->count++] = range_of(&allow[i]);
    }
    settle(&a->ip4);
    settle(&a->ip6);
    return a;
}

void acl_free(struct acl *a)
{
    free(a);
}

static bool within(const struct ranges *r, const struct key *k)
{
    size_t low = 0, high = r->count;
    while (low < high) { /* the first range that begins after k is at `low` in the end */
        size_t middle = low + (high - low) / 2;
        if (compare(&r->list[middle].first, k) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && compare(k, &r->list[low - 1].last) <= 0;
}

static uint32_t last4(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The same for IPv4, where only the last four octets of keys differ. Every query comes by here. */
static bool within_ip4(const struct ranges *r, const uint8_t ip[static 4])
{
    uint32_t a = last4(ip);
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (last4(r->list[middle].first.octet + 12) <= a) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && a <= last4(r->list[low - 1].last.octet + 12);
}

bool acl_allows(const struct acl *a, const struct addr *client)
{
    struct key k;
    if (client->family == ADDR_IP4 || is_mapped(client)) {
        return within_ip4(&a->ip4, client->family == ADDR_IP4 ? client->ip : client->ip + 12);
    }
    if (client->family != ADDR_IP6) {
        return false;
    }
    memcpy(k.octet, client->ip, sizeof k.octet);
    return within(&a->ip6, &k);
}
