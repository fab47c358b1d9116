/*
 * sign_key.c - the keys of a scenario's zones, and what they sign
 */
#include "sign_key.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/bytes.h"
#include "dns/digest.h"
#include "resolver/dnssec/verify.h"

#define KEYS_MAX 64

struct key {
    struct dname_buf zone;
    uint8_t algorithm;
    EVP_PKEY *pkey;
    uint8_t public[520];
    size_t public_len;
};

/* A signature that was made with randomness, kept to be made only once. */
struct memo {
    struct memo *next;
    uint8_t digest[DIGEST_SHA256_SIZE];
    size_t len;
    uint8_t octets[];
};

static struct {
    struct key key[KEYS_MAX];
    unsigned keys;
    struct memo *memos;
} known;

_Noreturn void sign_give_up(const char *what)
{
    fprintf(stderr, "signing: %s failed\n", what);
    exit(2);
}

void sign_release(void)
{
    for (unsigned i = 0; i < known.keys; i++) {
        EVP_PKEY_free(known.key[i].pkey);
    }
    known.keys = 0;
    while (known.memos != NULL) {
        struct memo *m = known.memos;
        known.memos = m->next;
        free(m);
    }
}

static EVP_PKEY *from_seed(int type, const struct key *k, size_t n)
{
    uint8_t seed[2 * DIGEST_SHA256_SIZE], text[DNAME_MAX + 2];
    memcpy(text, k->zone.wire, k->zone.len);
    text[k->zone.len] = k->algorithm;
    for (unsigned half = 0; half < 2; half++) {
        text[k->zone.len + 1] = (uint8_t)half;
        digest_sha256(text, k->zone.len + 2u, seed + half * DIGEST_SHA256_SIZE);
    }
    return EVP_PKEY_new_raw_private_key(type, NULL, seed, n);
}

/* RFC 3110 section 2: exponent of three octets, modulus. */
static void rsa_public(struct key *k)
{
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(k->pkey, "n", &n) != 1) {
        sign_give_up("reading an RSA key");
    }
    memcpy(k->public, "\3\1\0\1", 4);
    k->public_len = 4 + (size_t)BN_bn2bin(n, k->public + 4);
    BN_free(n);
}

/* RFC 6605 section 4: x and y without the octet that says so. */
static void ec_public(struct key *k)
{
    uint8_t point[200];
    size_t n = 0;
    if (EVP_PKEY_get_octet_string_param(k->pkey, "pub", point, sizeof point, &n) != 1) {
        sign_give_up("reading a curve's key");
    }
    k->public_len = n - 1;
    memcpy(k->public, point + 1, n - 1);
}

static void make_key(struct key *k)
{
    switch (k->algorithm) {
    case 15:
    case 16:
        k->pkey = from_seed(k->algorithm == 15 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448, k, k->algorithm == 15 ? 32 : 57);
        k->public_len = sizeof k->public;
        if (k->pkey == NULL || EVP_PKEY_get_raw_public_key(k->pkey, k->public, &k->public_len) != 1) {
            sign_give_up("making an Edwards curve's key");
        }
        break;
    case 13:
    case 14:
        k->pkey = EVP_EC_gen(k->algorithm == 13 ? "P-256" : "P-384");
        ec_public(k);
        break;
    case 5:
    case 7:
    case 8:
    case 10:
        k->pkey = EVP_RSA_gen(1024);
        rsa_public(k);
        break;
    default: /* an algorithm that nobody knows: any octets are its key */
        k->public_len = 32;
        memset(k->public, 7, k->public_len);
        break;
    }
}

static const struct key *key_of(struct dname zone, uint8_t algorithm)
{
    for (unsigned i = 0; i < known.keys; i++) {
        if (known.key[i].algorithm == algorithm && dname_equal(dname_of(&known.key[i].zone), zone)) {
            return &known.key[i];
        }
    }
    if (known.keys == KEYS_MAX) {
        sign_give_up("keeping so many keys");
    }
    struct key *k = &known.key[known.keys++];
    *k = (struct key){.algorithm = algorithm};
    dname_lower(zone, &k->zone);
    make_key(k);
    return k;
}

uint16_t sign_key_dnskey(struct dname zone, const struct signing *how, uint8_t out[SIGN_RDATA_MAX])
{
    const struct key *k = key_of(zone, how->algorithm);
    struct writer w = writer_of(out, SIGN_RDATA_MAX);
    write_u16(&w, how->key_flags);
    write_u8(&w, how->key_protocol);
    write_u8(&w, how->algorithm);
    write_bytes(&w, k->public, k->public_len);
    return (uint16_t)w.pos;
}

/* Another key with the same tag: its sum of octets is brought to that of the first by the last four, two and two. */
void sign_key_twin(uint8_t *rdata, uint16_t n, unsigned number)
{
    uint16_t tag = dnssec_key_tag(rdata, n);
    for (uint16_t i = 4; i < n; i++) {
        rdata[i] = (uint8_t)(rdata[i] * 31 + 17 * number + i);
    }
    for (unsigned v = 0; v < 65536; v++) {
        rdata[n - 2] = (uint8_t)(v >> 8);
        rdata[n - 1] = (uint8_t)v;
        if (dnssec_key_tag(rdata, n) == tag) {
            return;
        }
    }
    sign_give_up("finding a key with the same tag");
}

/* Fixed-length halves of an ECDSA signature (RFC 6605 section 4) from its DER form. */
static size_t raw_ecdsa(const uint8_t *der, size_t n, size_t half, uint8_t *out)
{
    struct reader r = reader_of(der, n);
    reader_take(&r, 2);
    memset(out, 0, 2 * half);
    for (unsigned i = 0; i < 2; i++) {
        reader_take(&r, 1);
        size_t len = read_u8(&r);
        const uint8_t *p = reader_take(&r, len);
        if (p == NULL) {
            sign_give_up("reading an ECDSA signature");
        }
        size_t skip = len > half ? len - half : 0;
        memcpy(out + i * half + (half - (len - skip)), p + skip, len - skip);
    }
    return 2 * half;
}

static const EVP_MD *md_of(uint8_t algorithm)
{
    switch (algorithm) {
    case 5:
    case 7:
        return EVP_sha1();
    case 8:
    case 13:
        return EVP_sha256();
    case 14:
        return EVP_sha384();
    case 10:
        return EVP_sha512();
    default:
        return NULL;
    }
}

static size_t sign_octets(const struct key *k, const uint8_t *data, size_t n, uint8_t out[SIGN_RDATA_MAX])
{
    uint8_t der[SIGN_RDATA_MAX];
    size_t len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (k->pkey == NULL) {
        memset(out, 0x5a, 64);
        EVP_MD_CTX_free(ctx);
        return 64;
    }
    if (EVP_DigestSignInit(ctx, NULL, md_of(k->algorithm), NULL, k->pkey) != 1 ||
        EVP_DigestSign(ctx, der, &len, data, n) != 1) {
        sign_give_up("a signature");
    }
    EVP_MD_CTX_free(ctx);
    if (k->algorithm == 13 || k->algorithm == 14) {
        return raw_ecdsa(der, len, k->algorithm == 13 ? 32 : 48, out);
    }
    memcpy(out, der, len);
    return len;
}

size_t sign_key_sign(struct dname zone, uint8_t algorithm, const uint8_t *data, size_t n, uint8_t out[SIGN_RDATA_MAX])
{
    const struct key *k = key_of(zone, algorithm);
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(data, n, digest);
    for (const struct memo *m = known.memos; m != NULL; m = m->next) {
        if (memcmp(m->digest, digest, sizeof digest) == 0) {
            memcpy(out, m->octets, m->len);
            return m->len;
        }
    }
    size_t len = sign_octets(k, data, n, out);
    struct memo *m = malloc(sizeof *m + len);
    if (m == NULL) {
        sign_give_up("memory");
    }
    memcpy(m->digest, digest, sizeof digest);
    memcpy(m->octets, out, len);
    m->len = len;
    m->next = known.memos;
    known.memos = m;
    return len;
}
