/*
 * signature.h - an RRSIG taken apart, and the octets that it signs
 *
 * RFC 4034 section 3.1 (the fields) and sections 3.1.8.1 and 6 (what is signed: the RRSIG without its signature, then
 * the records in canonical form and order, with the original TTL and, under a wildcard, the wildcard's name).
 */
#ifndef RAIZ_DNSSEC_SIGNATURE_H
#define RAIZ_DNSSEC_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"

struct signature {
    uint16_t covered;
    uint8_t algorithm, labels;
    uint32_t original_ttl_s, expiration, inception;
    uint16_t key_tag;
    struct dname signer;
    const uint8_t *octets; /* the signature itself */
    uint16_t octets_len;
    const uint8_t *rdata; /* the whole */
    uint16_t fixed_len;   /* octets before the signer's name */
};

/* rdata is plain and checked; false all the same if it is not an RRSIG's. Borrows it. */
bool signature_read(struct rdata_ref rdata, struct signature *out);

/* The octets signed, malloc'ed; NULL: out of memory. The caller has checked labels against the owner. */
uint8_t *signature_data(const struct signature *s, const struct rrset *set, size_t *len);

#endif
