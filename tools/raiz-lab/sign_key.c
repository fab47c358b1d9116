/*
 * sign_key.c - a zone's key, with OpenSSL
 */
#include "tools/raiz-lab/sign_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct sign_key {
    EVP_PKEY *pkey;
    uint8_t rdata[SIGN_DNSKEY_SIZE];
};

struct sign_key *sign_key_new(uint8_t algorithm)
{
    uint8_t point[65];
    size_t n = 0;
    struct sign_key *k = malloc(sizeof *k);
    if (k == NULL) {
        return NULL;
    }
    k->pkey = EVP_EC_gen("P-256");
    if (k->pkey == NULL ||
        EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) != 1 ||
        n != sizeof point) {
        sign_key_free(k);
        return NULL;
    }
    /* Zone key and secure entry point, protocol 3; the point without the octet that says it is whole (RFC 6605 section
     * 4). */
    memcpy(k->rdata, (const uint8_t[]){1, 1, 3, algorithm}, 4);
    memcpy(k->rdata + 4, point + 1, sizeof point - 1);
    return k;
}

void sign_key_free(struct sign_key *k)
{
    if (k != NULL) {
        EVP_PKEY_free(k->pkey);
        free(k);
    }
}

const uint8_t *sign_key_rdata(const struct sign_key *k)
{
    return k->rdata;
}

uint8_t sign_key_algorithm(const struct sign_key *k)
{
    return k->rdata[3];
}

uint16_t sign_key_tag(const struct sign_key *k)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof k->rdata; i += 2) {
        sum += (uint32_t)(k->rdata[i] << 8 | k->rdata[i + 1]);
    }
    return (uint16_t)(sum + (sum >> 16));
}

/* The two numbers of the signature, each in half of the octets (RFC 6605 section 4). */
static bool put_numbers(const uint8_t *der, size_t n, uint8_t out[static SIGN_SIGNATURE_SIZE])
{
    const int half = SIGN_SIGNATURE_SIZE / 2;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half;
    ECDSA_SIG_free(pair);
    return ok;
}

bool sign_octets(const struct sign_key *k, const uint8_t *data, size_t n, uint8_t out[static SIGN_SIGNATURE_SIZE])
{
    uint8_t der[128];
    size_t len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, k->pkey, NULL) == 1 &&
              EVP_DigestSign(ctx, der, &len, data, n) == 1 && put_numbers(der, len, out);
    EVP_MD_CTX_free(ctx);
    return ok;
}
