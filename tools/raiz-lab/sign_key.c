/*
 * sign_key.c - a zone's key, with OpenSSL
 */
#include "tools/raiz-lab/sign_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define EC_SIGNATURE_SIZE 64
#define RSA_SIZE          256 /* octets of the modulus, and so of a signature */

struct sign_key {
    EVP_PKEY *pkey;
    uint16_t rdata_len;
    uint8_t rdata[SIGN_DNSKEY_MAX];
};

/* The point without the octet that says it is whole (RFC 6605 section 4). */
static bool put_ec_key(struct sign_key *k)
{
    uint8_t point[65];
    size_t n = 0;
    k->pkey = EVP_EC_gen("P-256");
    if (k->pkey == NULL ||
        EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
        n != sizeof point) {
        return false;
    }
    memcpy(k->rdata + 4, point + 1, sizeof point - 1);
    k->rdata_len = 4 + sizeof point - 1;
    return true;
}

/* Length of the exponent, exponent, modulus (RFC 3110 section 2). */
static bool put_rsa_key(struct sign_key *k)
{
    BIGNUM *e = NULL, *m = NULL;
    k->pkey = EVP_RSA_gen(RSA_SIZE * 8);
    bool ok = k->pkey != NULL && EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
              EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &m) == 1 && BN_bn2binpad(e, k->rdata + 5, 3) == 3 &&
              BN_bn2binpad(m, k->rdata + 8, RSA_SIZE) == RSA_SIZE;
    k->rdata[4] = 3;
    k->rdata_len = 8 + RSA_SIZE;
    BN_free(e);
    BN_free(m);
    return ok;
}

struct sign_key *sign_key_new(uint8_t algorithm)
{
    struct sign_key *k = calloc(1, sizeof *k);
    if (k == NULL || !(algorithm == SIGN_RSA ? put_rsa_key(k) : put_ec_key(k))) {
        sign_key_free(k);
        return NULL;
    }
    memcpy(k->rdata, (const uint8_t[]){1, 1, 3, algorithm}, 4); /* zone key and secure entry point, protocol 3 */
    return k;
}

void sign_key_free(struct sign_key *k)
{
    if (k != NULL) {
        EVP_PKEY_free(k->pkey);
        free(k);
    }
}

const uint8_t *sign_key_rdata(const struct sign_key *k, uint16_t *n)
{
    *n = k->rdata_len;
    return k->rdata;
}

uint8_t sign_key_algorithm(const struct sign_key *k)
{
    return k->rdata[3];
}

uint16_t sign_key_tag(const struct sign_key *k)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < k->rdata_len; i += 2) {
        sum += (uint32_t)(k->rdata[i] << 8 | k->rdata[i + 1]);
    }
    return (uint16_t)(sum + (sum >> 16));
}

/* The two numbers of the signature, each in half of the octets (RFC 6605 section 4). */
static bool put_numbers(const uint8_t *der, size_t n, uint8_t out[static EC_SIGNATURE_SIZE])
{
    const int half = EC_SIGNATURE_SIZE / 2;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half;
    ECDSA_SIG_free(pair);
    return ok;
}

size_t sign_signature_size(const struct sign_key *k)
{
    return sign_key_algorithm(k) == SIGN_RSA ? RSA_SIZE : EC_SIGNATURE_SIZE;
}

bool sign_octets(const struct sign_key *k, const uint8_t *data, size_t n, uint8_t *out)
{
    uint8_t der[128];
    bool rsa = sign_key_algorithm(k) == SIGN_RSA;
    size_t len = rsa ? RSA_SIZE : sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, k->pkey, NULL) == 1 &&
              EVP_DigestSign(ctx, rsa ? out : der, &len, data, n) == 1 && (rsa || put_numbers(der, len, out));
    EVP_MD_CTX_free(ctx);
    return ok;
}
