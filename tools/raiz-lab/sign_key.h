/*
 * sign_key.h - a zone's key: made at start, held in memory, gone with the lab
 *
 * ECDSA P-256 with SHA-256 (RFC 6605), or RSA of 2048 bits with SHA-256 (RFC 5702). One key does both jobs, zone
 * signing and secure entry point.
 */
#ifndef RAIZ_LAB_SIGN_KEY_H
#define RAIZ_LAB_SIGN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGN_ALGORITHM     13
#define SIGN_RSA           8
#define SIGN_UNKNOWN       200 /* an algorithm, and a type of digest, that nobody has assigned */
#define SIGN_DNSKEY_MAX    264
#define SIGN_SIGNATURE_MAX 256
#define SIGN_DIGEST_SIZE   32

struct sign_key;

/* `algorithm` is the number that the key claims. NULL: the library has none to give. */
struct sign_key *sign_key_new(uint8_t algorithm);
void sign_key_free(struct sign_key *k);
/* Rdata of its DNSKEY, and the tag that goes with it (RFC 4034 appendix B). */
const uint8_t *sign_key_rdata(const struct sign_key *k, uint16_t *n);
uint16_t sign_key_tag(const struct sign_key *k);
uint8_t sign_key_algorithm(const struct sign_key *k);
size_t sign_signature_size(const struct sign_key *k);
/* out has room for that many octets. */
bool sign_octets(const struct sign_key *k, const uint8_t *data, size_t n, uint8_t *out);

#endif
