/*
 * nsec.h - NSEC and NSEC3 records, read
 *
 * The fields of one record and the questions that are asked of it: which types does it list, does its span cover a
 * name. What follows from that is said in resolver/dnssec/proof.h.
 *
 * Memory: borrows the RRset. Pure.
 */
#ifndef RAIZ_DNS_NSEC_H
#define RAIZ_DNS_NSEC_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"

#define NSEC3_HASH_SIZE 20 /* SHA-1, the only hash there is (RFC 5155 section 11) */
#define NSEC3_SHA1      1
#define NSEC3_OPT_OUT   1 /* flags, RFC 5155 section 3.1.2 */

/* RFC 4034 section 4.1.2. The bitmap is well-formed (rdata.h). */
bool nsec_bitmap_has(const uint8_t *bitmap, uint16_t len, uint16_t type);
/* It lists no type but those that every denial carries itself: RRSIG, NSEC, NXNAME (RFC 9824). */
bool nsec_bitmap_empty(const uint8_t *bitmap, uint16_t len);

struct nsec {
    struct dname owner, next;
    const uint8_t *bitmap;
    uint16_t bitmap_len;
};
/* False: not exactly one NSEC, or owner or next lie outside `zone` (T64). */
bool nsec_read(const struct rrset *set, struct dname zone, struct nsec *out);
/* owner < name < next in canonical order; the last record of a zone points to its apex. */
bool nsec_covers(const struct nsec *n, struct dname zone, struct dname name);
static inline bool nsec_has(const struct nsec *n, uint16_t type)
{
    return nsec_bitmap_has(n->bitmap, n->bitmap_len, type);
}

struct nsec3 {
    uint8_t algorithm, flags;
    uint16_t iterations;
    uint8_t salt_len;
    const uint8_t *salt;
    uint8_t owner[NSEC3_HASH_SIZE], next[NSEC3_HASH_SIZE];
    const uint8_t *bitmap;
    uint16_t bitmap_len;
};
/* False: not exactly one NSEC3, or its owner is not one hashed label directly below `zone` (T65). */
bool nsec3_read(const struct rrset *set, struct dname zone, struct nsec3 *out);
bool nsec3_covers(const struct nsec3 *n, const uint8_t hash[static NSEC3_HASH_SIZE]);
static inline bool nsec3_has(const struct nsec3 *n, uint16_t type)
{
    return nsec_bitmap_has(n->bitmap, n->bitmap_len, type);
}
/* RFC 5155 section 5, of the lower-cased name. False: SHA-1 is not to be had. */
bool nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE]);

#endif
