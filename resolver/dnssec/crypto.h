/*
 * crypto.h - public keys of DNSSEC and the check of one signature
 *
 * The only file of the validator that knows OpenSSL. Algorithms: RSA with SHA-1, SHA-256, SHA-512 (RFC 3110, RFC 5702),
 * ECDSA P-256 and P-384 (RFC 6605), Ed25519 and Ed448 (RFC 8080).
 *
 * Memory: a key belongs to crypto_key_free(). Threads: a key is const once made; checks may run in several threads.
 */
#ifndef RAIZ_DNSSEC_CRYPTO_H
#define RAIZ_DNSSEC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crypto_key;

bool crypto_algorithm_known(uint8_t algorithm);
/* The public key field of a DNSKEY. NULL: not a key of this algorithm, or of a shape that is refused (L15: RSA modulus
 * of 512 to 4096 bits, odd exponent from 3 to 2^32 + 1), or *no_memory. */
struct crypto_key *crypto_key_new(uint8_t algorithm, const uint8_t *key, size_t n, bool *no_memory);
/* One more owner of the same key, which lives as long as its last one. NULL: out of memory. */
struct crypto_key *crypto_key_share(const struct crypto_key *k);
void crypto_key_free(struct crypto_key *k);

/* Does the library check signatures of this algorithm here? Its configuration may refuse some (SHA-1, most of all). */
bool crypto_algorithm_works(uint8_t algorithm);

enum crypto_result { CRYPTO_GOOD, CRYPTO_BAD, CRYPTO_NO_MEMORY /* or the library refused to begin */ };
enum crypto_result crypto_verify(const struct crypto_key *k, const uint8_t *data, size_t n, const uint8_t *sig,
                                 size_t sig_len);

#endif
