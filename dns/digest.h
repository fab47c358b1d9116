/*
 * digest.h - hashes of DNSSEC
 *
 * SHA-1 for NSEC3 (RFC 5155), SHA-1, SHA-256 and SHA-384 for DS (RFC 4034, 4509, 6605) and ZONEMD, in one call each.
 * The only file of dns that needs libcrypto.
 *
 * Threads: pure. False: the library refuses the hash (by policy) or has no memory.
 */
#ifndef RAIZ_DNS_DIGEST_H
#define RAIZ_DNS_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SHA1_SIZE   20
#define DIGEST_SHA256_SIZE 32
#define DIGEST_SHA384_SIZE 48

bool digest_sha1(const void *data, size_t n, uint8_t out[static DIGEST_SHA1_SIZE]);
/* SHA-1 of data and salt, then `more` times of the hash so far and salt (RFC 5155 section 5), with one context for all.
 */
bool digest_sha1_salted(const void *data, size_t n, const uint8_t *salt, size_t salt_len, unsigned more,
                        uint8_t out[static DIGEST_SHA1_SIZE]);
bool digest_sha256(const void *data, size_t n, uint8_t out[static DIGEST_SHA256_SIZE]);
/* Of all parts, one after the other. */
struct digest_part {
    const void *data;
    size_t n;
};
bool digest_sha256_parts(const struct digest_part *part, size_t count, uint8_t out[static DIGEST_SHA256_SIZE]);
#define DIGEST_HMAC_KEY_SIZE 32
/* HMAC with SHA-256 (RFC 2104) of all parts, at most DIGEST_HMAC_PARTS. */
#define DIGEST_HMAC_PARTS 4
bool digest_hmac(const uint8_t key[static DIGEST_HMAC_KEY_SIZE], const struct digest_part *part, size_t count,
                 uint8_t out[static DIGEST_SHA256_SIZE]);
bool digest_sha384(const void *data, size_t n, uint8_t out[static DIGEST_SHA384_SIZE]);

#endif
