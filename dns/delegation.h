/*
 * delegation.h - a zone cut: who serves a zone, and at which addresses
 *
 * Made from a referral (NS of the parent side and glue), from root hints or priming, or from a stub or forward zone of the
 * configuration. raiz follows the parent's word only: NS records that the child serves answer clients who ask for them,
 * but never prolong or replace a delegation (T12, T20, T21). Glue lives in here and nowhere else, so it can be used for
 * this delegation only (T15).
 *
 *     struct delegation | zone name | { u8 len, u8 labels, name } x ns_count | struct delegation_addr x addr_count
 *
 * One piece of memory without pointers, as struct rrset. Limits: L6.
 */
#ifndef RAIZ_DNS_DELEGATION_H
#define RAIZ_DNS_DELEGATION_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/arena.h"
#include "dns/name.h"

#define DELEGATION_NS_MAX 13     /* L6: NS names used (CVE-2022-2795, NRDelegation) */
#define DELEGATION_GLUE_MAX 20   /* L6: glue addresses stored for one NS */

enum delegation_kind {
    DELEGATION_REFERRAL, /* learnt from the parent */
    DELEGATION_HINTS,    /* root hints, not yet primed */
    DELEGATION_PRIMED,   /* the root's own answer (RFC 9609) */
    DELEGATION_STUB,     /* configured authoritative servers */
    DELEGATION_FORWARD,  /* configured resolvers, asked with RD=1 */
};

enum { DELEGATION_FORWARD_FIRST = 1 }; /* flags: when the forwarders fail, walk from the root */

struct delegation_addr {
    uint8_t ns;     /* index of its NS name; 255: none (stub and forward zones given by address) */
    uint8_t family; /* enum addr_family */
    uint8_t port[2]; /* big-endian; 0: the port of resolution.port */
    uint8_t ip[16];
};

struct delegation {
    uint32_t size_bytes;
    uint32_t ttl_s;
    uint16_t addr_count;
    uint8_t ns_count;
    uint8_t kind;  /* enum delegation_kind */
    uint8_t flags;
    uint8_t zone_len, zone_labels;
    uint8_t spare;
    uint8_t data[];
};

struct delegation_ns {
    struct dname name;
};

struct dname delegation_zone(const struct delegation *d);
struct dname delegation_ns(const struct delegation *d, unsigned i); /* i < ns_count; walks, at most 13 steps */
const struct delegation_addr *delegation_addrs(const struct delegation *d);
struct addr delegation_addr_of(const struct delegation_addr *a, uint16_t default_port);

/* Collects, then packs. Duplicates (names without regard to case; addresses of one NS) are dropped, and what exceeds the
 * limits is left out. Fixed size, on the stack (about 8 KiB). */
struct delegation_builder {
    struct dname_buf zone;
    uint8_t kind, flags;
    uint8_t ns_count;
    uint16_t addr_count;
    uint32_t ttl_s;
    struct dname_buf ns[DELEGATION_NS_MAX];
    struct delegation_addr addr[DELEGATION_NS_MAX * DELEGATION_GLUE_MAX];
};
void delegation_begin(struct delegation_builder *b, struct dname zone, enum delegation_kind kind, uint32_t ttl_s);
int delegation_add_ns(struct delegation_builder *b, struct dname ns); /* its index, or -1 when full */
bool delegation_add_addr(struct delegation_builder *b, int ns, const struct addr *a); /* ns -1: none */
size_t delegation_size(const struct delegation_builder *b);
void delegation_fill(const struct delegation_builder *b, struct delegation *out);
struct delegation *delegation_pack(const struct delegation_builder *b, struct arena *arena); /* NULL: out of memory */

#endif
