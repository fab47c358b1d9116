/*
 * nsec.c - NSEC and NSEC3 records, read
 */
#include "dns/nsec.h"

#include "dns/bytes.h"
#include "dns/digest.h"
#include "dns/seeded.h"
#include "dns/types.h"

#include <string.h>

#define NSEC3_LABEL 32 /* characters of base32hex for 20 octets */

bool nsec_bitmap_has(const uint8_t *bitmap, uint16_t len, uint16_t type)
{
    struct reader r = reader_of(bitmap, len);
    while (reader_left(&r) > 0) {
        uint8_t window = read_u8(&r);
        uint8_t n = read_u8(&r);
        const uint8_t *bits = reader_take(&r, n);
        if (bits == NULL) {
            return false;
        }
        if (window == type >> 8) {
            unsigned octet = (type & 0xff) / 8;
            return octet < n && (bits[octet] & 0x80 >> (type & 7)) != 0;
        }
    }
    return false;
}

bool nsec_bitmap_empty(const uint8_t *bitmap, uint16_t len)
{
    static const uint16_t own[] = {DNS_TYPE_RRSIG, DNS_TYPE_NSEC, DNS_TYPE_NXNAME};
    struct reader r = reader_of(bitmap, len);
    unsigned listed = 0, expected = 0;
    while (reader_left(&r) > 0) {
        read_u8(&r);
        uint8_t n = read_u8(&r);
        const uint8_t *bits = reader_take(&r, n);
        for (unsigned i = 0; bits != NULL && i < n; i++) {
            listed += (unsigned)__builtin_popcount(bits[i]);
        }
    }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        expected += nsec_bitmap_has(bitmap, len, own[i]);
    }
    return !r.failed && listed == expected;
}

bool nsec_read(const struct rrset *set, struct dname zone, struct nsec *out)
{
    if (set->type != DNS_TYPE_NSEC || set->count != 1) {
        return false;
    }
    struct rdata_ref rr = rrset_first(set);
    struct reader r = reader_of(rr.data, rr.len);
    if (dname_read_plain(&r, &out->next) != DNS_OK) {
        return false;
    }
    out->owner = rrset_owner(set);
    out->bitmap_len = (uint16_t)reader_left(&r);
    out->bitmap = reader_take(&r, out->bitmap_len);
    return dname_under(out->owner, zone) && SEEDED(7, dname_under(out->next, zone), true);
}

bool nsec_covers(const struct nsec *n, struct dname zone, struct dname name)
{
    if (!dname_under(name, zone) || dname_compare(n->owner, name) >= 0) {
        return false;
    }
    if (dname_compare(n->owner, n->next) < 0) {
        return dname_compare(name, n->next) < 0;
    }
    return dname_equal(n->next, zone); /* RFC 4034 section 4.1.1 */
}

/* A digit of base32hex; 32: it is none. */
static unsigned digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'v' ? c - 'a' + 10u : 32;
}

/* RFC 5155 section 1.3: the first label is the hash in base32hex without padding: eight digits for each five octets.
 * Written out here, since a proof reads up to eight of them. */
static bool read_owner(struct dname owner, uint8_t out[static NSEC3_HASH_SIZE])
{
    uint8_t len;
    const uint8_t *label = dname_label(owner, &len);
    unsigned wrong = 0;
    if (len != NSEC3_LABEL) {
        return false;
    }
    for (unsigned i = 0; i < NSEC3_LABEL; i += 8) {
        uint64_t bits = 0;
        for (unsigned k = 0; k < 8; k++) {
            unsigned value = digit(label[i + k]);
            wrong |= value;
            bits = bits << 5 | (value & 31);
        }
        for (unsigned k = 0; k < 5; k++) {
            out[i / 8 * 5 + k] = (uint8_t)(bits >> (32 - 8 * k));
        }
    }
    return (wrong & 32) == 0;
}

bool nsec3_read(const struct rrset *set, struct dname zone, struct nsec3 *out)
{
    struct dname owner = rrset_owner(set);
    if (set->type != DNS_TYPE_NSEC3 || set->count != 1 || dname_is_root(owner) ||
        !SEEDED(8, dname_equal(dname_parent(owner), zone), true) || !read_owner(owner, out->owner)) {
        return false;
    }
    struct rdata_ref rr = rrset_first(set);
    struct reader r = reader_of(rr.data, rr.len);
    out->algorithm = read_u8(&r);
    out->flags = read_u8(&r);
    out->iterations = read_u16(&r);
    out->salt_len = read_u8(&r);
    out->salt = reader_take(&r, out->salt_len);
    uint8_t n = read_u8(&r);
    const uint8_t *next = reader_take(&r, n);
    if (r.failed || n != NSEC3_HASH_SIZE) {
        return false;
    }
    memcpy(out->next, next, NSEC3_HASH_SIZE);
    out->bitmap_len = (uint16_t)reader_left(&r);
    out->bitmap = reader_take(&r, out->bitmap_len);
    return true;
}

bool nsec3_covers(const struct nsec3 *n, const uint8_t hash[static NSEC3_HASH_SIZE])
{
    bool after = memcmp(hash, n->owner, NSEC3_HASH_SIZE) > 0;
    bool before = memcmp(hash, n->next, NSEC3_HASH_SIZE) < 0;
    if (memcmp(n->owner, n->next, NSEC3_HASH_SIZE) < 0) {
        return after && before;
    }
    /* The last of the chain; a chain of one points to itself and covers all but its own hash (RFC 5155 section 7.1). */
    return after || before;
}

bool nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE])
{
    struct dname_buf lower;
    dname_lower(name, &lower);
    return digest_sha1_salted(lower.wire, lower.len, parameters->salt, parameters->salt_len, parameters->iterations,
                              out);
}
