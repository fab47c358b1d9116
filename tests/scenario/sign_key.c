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

#define KEYS_MAX     512
#define MEMO_BUCKETS 4096

struct key {
    struct dname_buf zone;
    uint8_t algorithm;
    unsigned modulus_bits, exponent_bits;
    EVP_PKEY *pkey; /* NULL: nobody has it */
    uint8_t public[3000];
    size_t public_len;
};

/* A signature, kept to be made only once. */
struct memo {
    struct memo *next;
    uint8_t digest[DIGEST_SHA256_SIZE];
    size_t len;
    uint8_t octets[];
};

static struct {
    struct key key[KEYS_MAX];
    unsigned keys;
    struct memo *memo[MEMO_BUCKETS];
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
    for (unsigned i = 0; i < MEMO_BUCKETS; i++) {
        while (known.memo[i] != NULL) {
            struct memo *m = known.memo[i];
            known.memo[i] = m->next;
            free(m);
        }
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

static void fill(uint8_t *out, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(seed >> 24);
    }
}

/* RFC 3110 section 2. Only looks like a key: nobody knows its factors. */
static void rsa_look_alike(struct key *k, unsigned modulus_bits, unsigned exponent_bits, unsigned seed)
{
    struct writer w = writer_of(k->public, sizeof k->public);
    size_t exponent = (exponent_bits + 7) / 8, modulus = modulus_bits / 8;
    if (exponent > 255) {
        write_u8(&w, 0);
        write_u16(&w, (uint16_t)exponent);
    } else {
        write_u8(&w, (uint8_t)exponent);
    }
    uint8_t *e = k->public + w.pos, *m = e + exponent;
    k->public_len = w.pos + exponent + modulus;
    if (k->public_len > sizeof k->public) {
        sign_give_up("making so long a key");
    }
    fill(e, exponent + modulus, seed);
    e[0] = (uint8_t)(e[0] | 1) & (uint8_t)((2u << ((exponent_bits - 1) % 8)) - 1);
    e[0] |= (uint8_t)(1u << ((exponent_bits - 1) % 8));
    e[exponent - 1] |= 1;
    m[0] |= 0x80;
    m[modulus - 1] |= 1;
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

static const struct key *key_of(struct dname zone, const struct signing *how)
{
    uint8_t algorithm = how->algorithm;

    for (unsigned i = 0; i < known.keys; i++) {
        if (known.key[i].algorithm == algorithm && known.key[i].modulus_bits == how->modulus_bits &&
            known.key[i].exponent_bits == how->exponent_bits && dname_equal(dname_of(&known.key[i].zone), zone)) {
            return &known.key[i];
        }
    }
    if (known.keys == KEYS_MAX) {
        sign_give_up("keeping so many keys");
    }
    struct key *k = &known.key[known.keys++];
    *k = (struct key){.algorithm = algorithm, .modulus_bits = how->modulus_bits, .exponent_bits = how->exponent_bits};
    dname_lower(zone, &k->zone);
    if (how->modulus_bits != 0) {
        rsa_look_alike(k, how->modulus_bits, how->exponent_bits, how->modulus_bits);
    } else {
        make_key(k);
    }
    return k;
}

uint16_t sign_key_dnskey(struct dname zone, const struct signing *how, uint8_t out[SIGN_RDATA_MAX])
{
    const struct key *k = key_of(zone, how);
    struct writer w = writer_of(out, SIGN_RDATA_MAX);
    write_u16(&w, how->key_flags);
    write_u8(&w, how->key_protocol);
    write_u8(&w, how->algorithm);
    write_bytes(&w, k->public, k->public_len);
    return (uint16_t)w.pos;
}

#define FLAG_ZONE_KEY 0x0100
#define FLAG_REVOKE   0x0080

/* Sets the flags of a DNSKEY so that it has the tag; what is neither zone key nor revoked has no meaning (RFC 4034
 * section 2.1.1). False: not with this key. */
static bool set_tag(uint8_t *rdata, uint16_t n, uint16_t tag)
{
    rdata[0] = rdata[1] = 0;
    unsigned wanted = (unsigned)(tag + 0x10000 - dnssec_key_tag(rdata, n));
    for (unsigned flags = wanted + 0xffff; flags <= wanted + 0x10001; flags++) {
        rdata[0] = (uint8_t)(flags >> 8);
        rdata[1] = (uint8_t)flags;
        if ((flags & FLAG_ZONE_KEY) != 0 && (flags & FLAG_REVOKE) == 0 && dnssec_key_tag(rdata, n) == tag) {
            return true;
        }
    }
    return false;
}

static uint16_t write_dnskey(const struct key *k, uint8_t out[SIGN_RDATA_MAX])
{
    struct writer w = writer_of(out, SIGN_RDATA_MAX);
    write_u16(&w, FLAG_ZONE_KEY);
    write_u8(&w, 3);
    write_u8(&w, k->algorithm);
    write_bytes(&w, k->public, k->public_len);
    return (uint16_t)w.pos;
}

uint16_t sign_key_twin(uint8_t algorithm, uint16_t tag, unsigned number, uint8_t out[SIGN_RDATA_MAX])
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        struct key k = {.algorithm = algorithm};
        uint8_t label[8] = {5, 't', (uint8_t)(number >> 8), (uint8_t)number, (uint8_t)(tries >> 8), (uint8_t)tries, 0};
        memcpy(k.zone.wire, label, 7); /* a name like no zone's: seeds Edwards curves' keys */
        k.zone.len = 7;
        if (algorithm <= 10) {
            rsa_look_alike(&k, 1024, 17, number * 1000 + tries);
        } else {
            make_key(&k);
        }
        EVP_PKEY_free(k.pkey);
        uint16_t n = write_dnskey(&k, out);
        if (set_tag(out, n, tag)) {
            return n;
        }
    }
    sign_give_up("finding a key with the same tag");
}

uint16_t sign_key_husk(uint8_t algorithm, uint16_t tag, unsigned number, uint8_t out[SIGN_RDATA_MAX])
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        struct key k = {.algorithm = algorithm};
        if (algorithm <= 10) {
            rsa_look_alike(&k, 1024, 17, number * 1000 + tries);
            k.public[k.public_len - 1] &= 0xfe;
        } else {
            k.public_len = algorithm == 14 ? 96 : algorithm == 16 ? 57 : algorithm == 15 ? 32 : 64;
            fill(k.public, k.public_len, number * 1000 + tries); /* a point only by a chance of 1 in 2 to the 128th */
        }
        if (number % 4 == 3) {
            k.public_len = 3;
            fill(k.public, k.public_len, number * 1000 + tries);
        }
        uint16_t n = write_dnskey(&k, out);
        if (set_tag(out, n, tag)) {
            return n;
        }
    }
    sign_give_up("finding a malformed key with the same tag");
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
        size_t like = k->modulus_bits != 0 ? k->modulus_bits / 8 : 64;
        memset(out, 0x5a, like);
        EVP_MD_CTX_free(ctx);
        return like;
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

size_t sign_key_sign(struct dname zone, const struct signing *how, const uint8_t *data, size_t n,
                     uint8_t out[SIGN_RDATA_MAX])
{
    const struct key *k = key_of(zone, how);
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(data, n, digest);
    struct memo **bucket = &known.memo[(digest[0] << 8 | digest[1]) % MEMO_BUCKETS];
    for (const struct memo *m = *bucket; m != NULL; m = m->next) {
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
    m->next = *bucket;
    *bucket = m;
    return len;
}
