/*
 * crypto.h - public keys of DNSSEC and the check of one signature
 *
 * The only file of the validator that knows OpenSSL. Algorithms: RSA with SHA-1, SHA-256, SHA-512 (RFC 3110, RFC 5702),
 * ECDSA P-256 and P-384 (RFC 6605), Ed25519 and Ed448 (RFC 8080).
 *
 * Memory: a key belongs to its owners, each of which calls crypto_key_free(). Threads: checks with one key may run in
 * several threads; a kit belongs to one.
 */
#ifndef RAIZ_DNSSEC_CRYPTO_H
#define RAIZ_DNSSEC_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crypto_key;

/* What keys of one curve have in common, made once: looking up the curve costs three times as much as all else that a
 * key needs. NULL: out of memory. */
struct crypto_kit;
struct crypto_kit *crypto_kit_new(void);
void crypto_kit_free(struct crypto_kit *kit);

bool crypto_algorithm_known(uint8_t algorithm);
/* The public key field of a DNSKEY. NULL: not a key of this algorithm, or of a shape that is refused (L15: RSA modulus
 * of 512 to 4096 bits, odd exponent from 3 to 2^32 + 1), or *no_memory. kit NULL: it takes longer. */
struct crypto_key *crypto_key_new(const struct crypto_kit *kit, uint8_t algorithm, const uint8_t *key, size_t n,
                                  bool *no_memory);
/* One more owner of the same key, which lives as long as its last one. */
struct crypto_key *crypto_key_share(struct crypto_key *k);
void crypto_key_free(struct crypto_key *k);

/* Does the library check signatures of this algorithm here? Its configuration may refuse some (SHA-1, most of all). */
bool crypto_algorithm_works(uint8_t algorithm);

enum crypto_result { CRYPTO_GOOD, CRYPTO_BAD, CRYPTO_NO_MEMORY /* or the library refused to begin */ };
enum crypto_result crypto_verify(struct crypto_key *k, const uint8_t *data, size_t n, const uint8_t *sig,
                                 size_t sig_len);

#endif
