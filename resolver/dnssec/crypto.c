/*
 * crypto.c - public keys of DNSSEC and the check of one signature, with OpenSSL
 */
#include "resolver/dnssec/crypto.h"

#include "dns/bytes.h"
#include "dns/seeded.h"
#include "resolver/dnssec/work.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Setting a check up costs 3 us, an eighth of one of RSA-2048: it is done once for a key. Who finds that in use by
 * another thread sets up one of its own. */
struct crypto_key {
    atomic_uint owners;
    uint8_t algorithm;
    atomic_flag busy; /* `ready` is in use */
    EVP_MD_CTX *ready;
    EVP_PKEY *key;
};

struct crypto_kit {
    EVP_PKEY *p256, *p384; /* keys without a point */
};

enum kind { KIND_RSA, KIND_EC, KIND_ED };

struct algorithm {
    uint8_t number;
    uint8_t kind;
    uint16_t key_size;  /* octets of the public key; RSA: any */
    uint16_t sig_size;  /* octets of the signature; RSA: that of the modulus */
    const char *name;   /* curve or key type */
    const char *digest; /* NULL: part of the algorithm */
};

static const struct algorithm algorithms[] = {
    {5, KIND_RSA, 0, 0, "RSA", "SHA1"},
    {7, KIND_RSA, 0, 0, "RSA", "SHA1"},
    {8, KIND_RSA, 0, 0, "RSA", "SHA256"},
    {10, KIND_RSA, 0, 0, "RSA", "SHA512"},
    {13, KIND_EC, 64, 64, "prime256v1", "SHA256"},
    {14, KIND_EC, 96, 96, "secp384r1", "SHA384"},
    {15, KIND_ED, 32, 64, "ED25519", NULL},
    {16, KIND_ED, 57, 114, "ED448", NULL},
};

static const struct algorithm *find(uint8_t number)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithms[i].number == number) {
            return &algorithms[i];
        }
    }
    return NULL;
}

bool crypto_algorithm_known(uint8_t algorithm)
{
    return find(algorithm) != NULL;
}

/* A key of `type` made from parameters that were collected in bld. */
static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

/* RFC 3110 section 2: length of the exponent (one octet, or zero and two), exponent, modulus. */
static EVP_PKEY *rsa_key(const uint8_t *data, size_t n)
{
    struct reader r = reader_of(data, n);
    size_t e_len = read_u8(&r);
    if (e_len == 0) {
        e_len = read_u16(&r);
    }
    const uint8_t *e = reader_take(&r, e_len);
    size_t m_len = reader_left(&r);
    const uint8_t *m = reader_take(&r, m_len);
    if (r.failed || e_len == 0 || e_len > 5 || m_len == 0 || e[0] == 0 || m[0] == 0) {
        return NULL;
    }
    uint64_t exponent = 0;
    for (size_t i = 0; i < e_len; i++) {
        exponent = exponent << 8 | e[i];
    }
    size_t bits = m_len * 8;
    for (uint8_t top = m[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1)) {
        bits--;
    }
    if (exponent < 3 || exponent % 2 == 0 || exponent > (UINT64_C(1) << 32) + 1 || bits < DNSSEC_RSA_BITS_MIN ||
        SEEDED(44, bits > DNSSEC_RSA_BITS_MAX, false) || (m[m_len - 1] & 1) == 0) {
        return NULL; /* L15 */
    }
    EVP_PKEY *key = NULL;
    BIGNUM *bn = BN_bin2bn(m, (int)m_len, NULL), *be = BN_bin2bn(e, (int)e_len, NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (bn != NULL && be != NULL && bld != NULL && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1) {
        key = key_from("RSA", bld);
    }
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn);
    BN_free(be);
    return key;
}

static EVP_PKEY *curve_of(const char *name)
{
    EVP_PKEY *curve = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx == NULL || EVP_PKEY_paramgen_init(ctx) != 1 || EVP_PKEY_CTX_set_group_name(ctx, name) != 1 ||
        EVP_PKEY_paramgen(ctx, &curve) != 1) {
        curve = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return curve;
}

struct crypto_kit *crypto_kit_new(void)
{
    struct crypto_kit *kit = calloc(1, sizeof *kit);
    if (kit != NULL) { /* a curve that the library's configuration refuses: keys of it are made the long way, in vain */
        kit->p256 = curve_of(find(13)->name);
        kit->p384 = curve_of(find(14)->name);
        ERR_clear_error();
    }
    return kit;
}

void crypto_kit_free(struct crypto_kit *kit)
{
    if (kit != NULL) {
        EVP_PKEY_free(kit->p256);
        EVP_PKEY_free(kit->p384);
        free(kit);
    }
}

static EVP_PKEY *point_on(EVP_PKEY *curve, const uint8_t *point, size_t n)
{
    EVP_PKEY *key = EVP_PKEY_dup(curve);
    if (key != NULL && EVP_PKEY_set1_encoded_public_key(key, point, n) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* RFC 6605 section 4: the point without the octet that says it is uncompressed. OpenSSL checks that it is on the curve.
 */
static EVP_PKEY *ec_key(const struct crypto_kit *kit, const struct algorithm *a, const uint8_t *data)
{
    uint8_t point[1 + 96];
    point[0] = 4;
    memcpy(point + 1, data, a->key_size);
    EVP_PKEY *curve = kit == NULL ? NULL : a->number == 13 ? kit->p256 : kit->p384;
    if (curve != NULL) {
        return point_on(curve, point, (size_t)a->key_size + 1);
    }
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (bld != NULL && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, a->name, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, (size_t)a->key_size + 1) == 1) {
        key = key_from("EC", bld);
    }
    OSSL_PARAM_BLD_free(bld);
    return key;
}

/* Did the library run out of memory since its errors were last cleared? Clears them. */
static bool library_out_of_memory(void)
{
    bool out = false;
    for (unsigned long e = ERR_get_error(); e != 0; e = ERR_get_error()) {
        out |= ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
    }
    return out;
}

static EVP_PKEY *parse_key(const struct crypto_kit *kit, const struct algorithm *a, const uint8_t *key, size_t n)
{
    if (a->key_size != 0 && a->key_size != n) {
        return NULL;
    }
    switch ((enum kind)a->kind) {
    case KIND_RSA:
        return rsa_key(key, n);
    case KIND_EC:
        return ec_key(kit, a, key);
    case KIND_ED:
        break;
    }
    return EVP_PKEY_new_raw_public_key_ex(NULL, a->name, NULL, key, n);
}

struct crypto_key *crypto_key_new(const struct crypto_kit *kit, uint8_t algorithm, const uint8_t *key, size_t n,
                                  bool *no_memory)
{
    const struct algorithm *a = find(algorithm);
    struct crypto_key *k = malloc(sizeof *k);
    *no_memory = k == NULL;
    if (k == NULL || a == NULL) {
        free(k);
        return NULL;
    }
    /* -Wanalyzer-possible-null-dereference: looked at above */
    k->algorithm = algorithm;
    atomic_init(&k->owners, 1);
    atomic_flag_clear(&k->busy);
    k->ready = NULL;
    k->key = parse_key(kit, a, key, n);
    bool out = library_out_of_memory();
    if (k->key == NULL) {
        *no_memory = out;
        free(k);
        return NULL;
    }
    return k;
}

struct crypto_key *crypto_key_share(struct crypto_key *k)
{
    atomic_fetch_add_explicit(&k->owners, 1, memory_order_relaxed);
    return k;
}

void crypto_key_free(struct crypto_key *k)
{
    if (k != NULL && atomic_fetch_sub_explicit(&k->owners, 1, memory_order_acq_rel) == 1) {
        EVP_MD_CTX_free(k->ready);
        EVP_PKEY_free(k->key);
        free(k);
    }
}

/* A positive INTEGER of DER: no leading zero octets, but one where the first bit would be a sign. Returns its length.
 */
static size_t der_integer(const uint8_t *from, size_t n, uint8_t *out)
{
    while (n > 1 && from[0] == 0) {
        from++;
        n--;
    }
    size_t sign = from[0] >> 7;
    out[0] = 2;
    out[1] = (uint8_t)(n + sign);
    out[2] = 0;
    memcpy(out + 2 + sign, from, n);
    return 2 + sign + n;
}

/* r and s of RFC 6605 section 4, each half of the octets, as the DER that OpenSSL wants: a SEQUENCE of two INTEGERs of
 * 48 octets at most, so all lengths take one octet. Returns its length. */
static size_t ec_signature(const uint8_t *sig, size_t n, uint8_t out[static 128])
{
    size_t len = der_integer(sig, n / 2, out + 2);
    len += der_integer(sig + n / 2, n / 2, out + 2 + len);
    out[0] = 0x30;
    out[1] = (uint8_t)len;
    return 2 + len;
}

/* A context that is ready to check with the key. NULL: out of memory, or the library refuses. */
static EVP_MD_CTX *context_for(const struct crypto_key *k, const struct algorithm *a)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx != NULL && EVP_DigestVerifyInit_ex(ctx, NULL, a->digest, NULL, NULL, k->key, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

/* The key's own context, which is ours until done. */
static EVP_MD_CTX *begin_with(struct crypto_key *k, const struct algorithm *a)
{
    if (k->ready != NULL && EVP_DigestVerifyInit_ex(k->ready, NULL, NULL, NULL, NULL, NULL, NULL) == 1) {
        return k->ready; /* with the same key and digest as before */
    }
    EVP_MD_CTX_free(k->ready);
    k->ready = context_for(k, a);
    return k->ready;
}

static enum crypto_result check(EVP_MD_CTX *ctx, const uint8_t *data, size_t n, const uint8_t *sig, size_t sig_len)
{
    if (ctx == NULL) {
        return CRYPTO_NO_MEMORY;
    }
    EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE); /* one message: no copy to go on with */
    return EVP_DigestVerify(ctx, sig, sig_len, data, n) == 1 ? CRYPTO_GOOD : CRYPTO_BAD;
}

enum crypto_result crypto_verify(struct crypto_key *k, const uint8_t *data, size_t n, const uint8_t *sig,
                                 size_t sig_len)
{
    const struct algorithm *a = find(k->algorithm);
    enum crypto_result result;
    uint8_t der[128];
    if (a == NULL || (a->sig_size != 0 && a->sig_size != sig_len)) {
        return CRYPTO_BAD;
    }
    if (a->kind == KIND_EC) {
        sig_len = ec_signature(sig, sig_len, der);
        sig = der;
    }
    if (!atomic_flag_test_and_set_explicit(&k->busy, memory_order_acquire)) {
        result = check(begin_with(k, a), data, n, sig, sig_len);
        atomic_flag_clear_explicit(&k->busy, memory_order_release);
    } else {
        EVP_MD_CTX *ctx = context_for(k, a);
        result = check(ctx, data, n, sig, sig_len);
        EVP_MD_CTX_free(ctx);
    }
    bool out = library_out_of_memory();
    return out && result == CRYPTO_BAD ? CRYPTO_NO_MEMORY : result;
}

/* The base points of the curves and any odd number of 1024 bits: keys good enough to begin a check with. */
static size_t sample_key(const struct algorithm *a, uint8_t out[static 160])
{
    static const uint8_t p256[64] = {
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
        0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
        0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
    };
    static const uint8_t p384[96] = {
        0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74,
        0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38,
        0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
        0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29,
        0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0,
        0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
    };
    memset(out, 0xff, 160);
    switch ((enum kind)a->kind) {
    case KIND_RSA:
        memcpy(out, (const uint8_t[]){3, 1, 0, 1}, 4);
        return 4 + DNSSEC_RSA_BITS_MIN / 8;
    case KIND_EC:
        memcpy(out, a->key_size == sizeof p256 ? p256 : p384, a->key_size);
        return a->key_size;
    case KIND_ED:
        memset(out, 0x11, 160);
        break;
    }
    return a->key_size;
}

bool crypto_algorithm_works(uint8_t algorithm)
{
    const struct algorithm *a = find(algorithm);
    uint8_t key[160];
    bool works = false, no_memory = false;
    struct crypto_key *k = a != NULL ? crypto_key_new(NULL, algorithm, key, sample_key(a, key), &no_memory) : NULL;
    EVP_MD_CTX *ctx = k != NULL ? context_for(k, a) : NULL;
    works = ctx != NULL;
    EVP_MD_CTX_free(ctx);
    crypto_key_free(k);
    ERR_clear_error();
    return works || no_memory; /* not known to fail: a lack of memory must not switch an algorithm off for good */
}
