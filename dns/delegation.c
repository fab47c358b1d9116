/*
 * delegation.c - a zone cut: who serves a zone, and at which addresses
 */
#include "dns/delegation.h"

#include <stddef.h>
#include <string.h>

#define NO_NS 255 /* struct delegation_addr.ns of addresses that belong to no NS name */

static_assert(_Alignof(struct delegation_addr) == 1, "it follows the names without padding");
static_assert(offsetof(struct delegation, data) == sizeof(struct delegation), "no padding between head and names");
static_assert(DELEGATION_NS_MAX < NO_NS, "an index is never the mark");

struct dname delegation_zone(const struct delegation *d)
{
    return (struct dname){.wire = d->data, .len = d->zone_len, .labels = d->zone_labels};
}

struct dname delegation_ns(const struct delegation *d, unsigned i)
{
    assert(i < d->ns_count);
    const uint8_t *p = d->data + d->zone_len;
    for (; i > 0; i--) {
        p += 2 + (size_t)p[0];
    }
    return (struct dname){.wire = p + 2, .len = p[0], .labels = p[1]};
}

const struct delegation_addr *delegation_addrs(const struct delegation *d)
{
    size_t at = d->size_bytes - d->addr_count * sizeof(struct delegation_addr);
    return (const struct delegation_addr *)((const uint8_t *)d + at);
}

struct addr delegation_addr_of(const struct delegation_addr *a, uint16_t default_port)
{
    uint16_t port = (uint16_t)(a->port[0] << 8 | a->port[1]);
    port = port != 0 ? port : default_port;
    return a->family == ADDR_IP4 ? addr_ip4(a->ip, port) : addr_ip6(a->ip, port);
}

void delegation_begin(struct delegation_builder *b, struct dname zone, enum delegation_kind kind, uint32_t ttl_s)
{
    dname_copy(zone, &b->zone);
    b->kind = (uint8_t)kind;
    b->flags = 0;
    b->ns_count = 0;
    b->addr_count = 0;
    b->ttl_s = ttl_s;
}

int delegation_add_ns(struct delegation_builder *b, struct dname ns)
{
    for (int i = 0; i < b->ns_count; i++) {
        if (dname_equal(dname_of(&b->ns[i]), ns)) {
            return i;
        }
    }
    if (b->ns_count == DELEGATION_NS_MAX) {
        return -1; /* L6 */
    }
    dname_copy(ns, &b->ns[b->ns_count]);
    return b->ns_count++;
}

bool delegation_add_addr(struct delegation_builder *b, int ns, const struct addr *a)
{
    if (ns < -1 || ns >= b->ns_count || a->family == ADDR_NONE) {
        return false;
    }
    struct delegation_addr add = {
        .ns = ns < 0 ? NO_NS : (uint8_t)ns,
        .family = a->family,
        .port = {(uint8_t)(a->port >> 8), (uint8_t)a->port},
    };
    memcpy(add.ip, a->ip, sizeof add.ip);
    unsigned of_this_ns = 0;
    for (unsigned i = 0; i < b->addr_count; i++) {
        if (memcmp(&b->addr[i], &add, sizeof add) == 0) {
            return true;
        }
        of_this_ns += b->addr[i].ns == add.ns;
    }
    if (of_this_ns == DELEGATION_GLUE_MAX || b->addr_count == sizeof b->addr / sizeof b->addr[0]) {
        return false; /* L6 */
    }
    b->addr[b->addr_count++] = add;
    return true;
}

size_t delegation_size(const struct delegation_builder *b)
{
    size_t n = sizeof(struct delegation) + b->zone.len + b->addr_count * sizeof b->addr[0];
    for (unsigned i = 0; i < b->ns_count; i++) {
        n += 2 + (size_t)b->ns[i].len;
    }
    return n;
}

void delegation_fill(const struct delegation_builder *b, struct delegation *out)
{
    *out = (struct delegation){
        .size_bytes = (uint32_t)delegation_size(b),
        .ttl_s = b->ttl_s,
        .addr_count = b->addr_count,
        .ns_count = b->ns_count,
        .kind = b->kind,
        .flags = b->flags,
        .zone_len = b->zone.len,
        .zone_labels = b->zone.labels,
    };
    uint8_t *p = out->data;
    memcpy(p, b->zone.wire, b->zone.len);
    p += b->zone.len;
    for (unsigned i = 0; i < b->ns_count; i++) {
        const struct dname_buf *ns = &b->ns[i];
        *p++ = ns->len;
        *p++ = ns->labels;
        memcpy(p, ns->wire, ns->len);
        p += ns->len;
    }
    memcpy(p, b->addr, b->addr_count * sizeof b->addr[0]);
}

struct delegation *delegation_pack(const struct delegation_builder *b, struct arena *arena)
{
    struct delegation *d = arena_alloc(arena, delegation_size(b));
    if (d != NULL) {
        delegation_fill(b, d);
    }
    return d;
}
