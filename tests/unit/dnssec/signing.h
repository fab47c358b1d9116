/*
 * signing.h - keys and signatures made by OpenSSL, for the tests of resolver/dnssec/
 *
 * The octets to be signed are put together here once more, from RFC 4034 section 3.1.8.1, so that a fault in
 * signature.c does not agree with itself.
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_SIGNING_H
#define RAIZ_TESTS_UNIT_DNSSEC_SIGNING_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "dns/digest.h"
#include "dns/rdata.h"
#include "resolver/dnssec/verify.h"
#include "support.h"

#define NOW           1767225600 /* 2026-01-01 */
#define KEY_RDATA_MAX 1100

struct key {
    EVP_PKEY *pkey;
    uint8_t algorithm;
    uint16_t len;
    uint8_t rdata[KEY_RDATA_MAX]; /* of its DNSKEY */
};

/* ---- keys ---- */

static inline size_t put_rsa(EVP_PKEY *pkey, uint8_t *out)
{
    BIGNUM *n = NULL, *e = NULL;
    assert_true(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
    assert_true(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1);
    size_t len = 1;
    out[0] = (uint8_t)BN_num_bytes(e);
    len += (size_t)BN_bn2bin(e, out + len);
    len += (size_t)BN_bn2bin(n, out + len);
    BN_free(n);
    BN_free(e);
    return len;
}

static inline EVP_PKEY *generate(uint8_t algorithm, unsigned bits)
{
    switch (algorithm) {
    case 13:
        return EVP_EC_gen("P-256");
    case 14:
        return EVP_EC_gen("P-384");
    case 15:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case 16:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    default:
        return EVP_RSA_gen(bits);
    }
}

/* The public key field of a DNSKEY. */
static inline size_t put_public(uint8_t algorithm, EVP_PKEY *pkey, uint8_t *out)
{
    uint8_t point[200];
    size_t len = sizeof point;
    switch (algorithm) {
    case 13:
    case 14:
        assert_true(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) == 1);
        assert_int_equal(point[0], 4); /* uncompressed */
        memcpy(out, point + 1, len - 1);
        return len - 1;
    case 15:
    case 16:
        assert_true(EVP_PKEY_get_raw_public_key(pkey, out, &len) == 1);
        return len;
    default:
        return put_rsa(pkey, out);
    }
}

static inline uint16_t put_key_fields(uint8_t *rdata, uint16_t flags, uint8_t protocol, uint8_t algorithm)
{
    rdata[0] = (uint8_t)(flags >> 8);
    rdata[1] = (uint8_t)flags;
    rdata[2] = protocol;
    rdata[3] = algorithm;
    return 4;
}

/* RSA of 1024 bits, which takes no time. */
static inline void key_make(struct key *k, uint8_t algorithm, uint16_t flags)
{
    k->algorithm = algorithm;
    k->pkey = generate(algorithm, 1024);
    assert_non_null(k->pkey);
    k->len = put_key_fields(k->rdata, flags, 3, algorithm);
    k->len = (uint16_t)(k->len + put_public(algorithm, k->pkey, k->rdata + k->len));
}

static inline void key_free(struct key *k)
{
    EVP_PKEY_free(k->pkey);
}

static inline struct rdata_ref key_ref(const struct key *k)
{
    return (struct rdata_ref){.data = k->rdata, .len = k->len};
}

/* Change reserved flags until the tag is `tag` (RFC 4034 appendix B: they are its first addend). False: this key
 * cannot. */
static inline bool key_retag(uint8_t *rdata, uint16_t len, uint16_t tag)
{
    uint32_t rest = 0;
    for (unsigned i = 2; i < len; i++) {
        rest += (i & 1) != 0 ? rdata[i] : (uint32_t)rdata[i] << 8;
    }
    for (unsigned flags = 0; flags < 0x10000; flags++) {
        uint32_t sum = rest + flags;
        if ((flags & 0x0100) != 0 && (flags & 0x0080) == 0 && (uint16_t)(sum + (sum >> 16)) == tag) {
            rdata[0] = (uint8_t)(flags >> 8);
            rdata[1] = (uint8_t)flags;
            return true;
        }
    }
    return false;
}

/* ---- signatures ---- */

struct how {
    const char *signer;
    uint32_t inception, expiration, ttl_s;
    int labels;        /* -1: those of the owner */
    int tag;           /* -1: the key's */
    uint8_t algorithm; /* 0: the key's */
    uint16_t covered;  /* 0: the set's */
    const char *over;  /* owner that is signed; NULL: the set's, or its wildcard */
};
#define HOW(zone)                                                                                                      \
    ((struct how){                                                                                                     \
        .signer = (zone), .inception = NOW - 3600, .expiration = NOW + 3600, .ttl_s = 3600, .labels = -1, .tag = -1})

static inline int by_octets(const void *a, const void *b)
{
    const struct rdata_ref *x = a, *y = b;
    return rdata_compare(x->data, x->len, y->data, y->len);
}

static inline void put_records(const struct rrset *set, struct dname owner, uint32_t ttl_s, struct writer *w)
{
    uint8_t *octets = malloc(set->size_bytes + 1u);
    struct rdata_ref *rr = calloc(set->count, sizeof *rr);
    assert_true(octets != NULL && rr != NULL);
    struct writer canonical = writer_of(octets, set->size_bytes + 1u);
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref one;
    for (unsigned i = 0; rrset_next(&it, &one); i++) {
        rr[i] = (struct rdata_ref){.data = octets + canonical.pos, .len = one.len};
        assert_int_equal(rdata_canonical(set->type, one.data, one.len, &canonical), DNS_OK);
    }
    qsort(rr, set->count, sizeof *rr, by_octets);
    for (unsigned i = 0; i < set->count; i++) {
        write_bytes(w, owner.wire, owner.len);
        write_u16(w, set->type);
        write_u16(w, 1);
        write_u32(w, ttl_s);
        write_u16(w, rr[i].len);
        write_bytes(w, rr[i].data, rr[i].len);
    }
    free(octets);
    free(rr);
}

static inline void raw_signature(const struct key *k, const uint8_t *data, size_t n, struct writer *out)
{
    static const char *const digest[17] = {
        [5] = "SHA1", [7] = "SHA1", [8] = "SHA256", [10] = "SHA512", [13] = "SHA256", [14] = "SHA384"};
    uint8_t sig[600];
    size_t len = sizeof sig;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_non_null(ctx);
    assert_true(EVP_DigestSignInit_ex(ctx, NULL, digest[k->algorithm], NULL, NULL, k->pkey, NULL) == 1);
    assert_true(EVP_DigestSign(ctx, sig, &len, data, n) == 1);
    EVP_MD_CTX_free(ctx);
    if (k->algorithm != 13 && k->algorithm != 14) {
        write_bytes(out, sig, len);
        return;
    }
    const uint8_t *p = sig;
    int half = k->algorithm == 13 ? 32 : 48;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)len);
    assert_non_null(pair);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(pair), writer_take(out, (size_t)half), half) == half);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(pair), writer_take(out, (size_t)half), half) == half);
    ECDSA_SIG_free(pair);
}

/* The rdata of an RRSIG, in the arena. */
static inline struct rdata_ref sign(struct arena *a, const struct rrset *set, const struct key *k,
                                    const struct how *how)
{
    struct dname owner = rrset_owner(set);
    struct dname_buf lower, star;
    unsigned own_labels = owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
    unsigned labels = how->labels < 0 ? own_labels : (unsigned)how->labels;
    struct dname signer = NAME(how->signer);
    size_t room = 600 + set->size_bytes + (size_t)set->count * 300;
    uint8_t *rdata = arena_alloc(a, 900), *data = malloc(room);
    assert_true(rdata != NULL && data != NULL);
    struct writer r = writer_of(rdata, 900), w = writer_of(data, room);
    write_u16(&r, how->covered != 0 ? how->covered : set->type);
    write_u8(&r, how->algorithm != 0 ? how->algorithm : k->algorithm);
    write_u8(&r, (uint8_t)labels);
    write_u32(&r, how->ttl_s);
    write_u32(&r, how->expiration);
    write_u32(&r, how->inception);
    write_u16(&r, how->tag >= 0 ? (uint16_t)how->tag : dnssec_key_tag(k->rdata, k->len));
    size_t fixed = r.pos;
    write_bytes(&r, signer.wire, signer.len);
    write_bytes(&w, rdata, fixed);
    dname_lower(signer, &lower);
    write_bytes(&w, lower.wire, lower.len);
    if (how->over != NULL) {
        owner = NAME(how->over);
    } else if (labels < own_labels) {
        assert_true(dname_prepend((const uint8_t *)"*", 1, dname_suffix(owner, labels), &star));
        owner = dname_of(&star);
    }
    dname_lower(owner, &lower);
    put_records(set, dname_of(&lower), how->ttl_s, &w);
    assert_false(w.failed);
    raw_signature(k, data, w.pos, &r);
    assert_false(r.failed);
    free(data);
    return (struct rdata_ref){.data = rdata, .len = (uint16_t)r.pos};
}

/* The set with one signature. */
static inline struct rrset *signed_by(struct arena *a, const struct rrset *set, const struct key *k,
                                      const struct how *how)
{
    struct rdata_ref sig = sign(a, set, k, how);
    return set_signed(a, set, &sig, 1);
}

/* ---- DNSKEY and DS sets ---- */

static inline struct rrset *keys_set(struct arena *a, const char *zone, const struct rdata_ref *keys, uint16_t count)
{
    struct dname owner = NAME(zone);
    struct rrset *out = arena_alloc(a, rrset_size(owner, keys, count, NULL, 0));
    assert_non_null(out);
    rrset_fill(out, owner, DNS_TYPE_DNSKEY, 3600, keys, count, NULL, 0);
    return out;
}

/* DS rdata of a key in the arena. */
static inline struct rdata_ref ds_of(struct arena *a, const char *zone, struct rdata_ref key, uint8_t digest)
{
    struct dname_buf lower;
    uint8_t *out = arena_alloc(a, 60), data[DNAME_MAX + KEY_RDATA_MAX];
    assert_non_null(out);
    dname_lower(NAME(zone), &lower);
    memcpy(data, lower.wire, lower.len);
    memcpy(data + lower.len, key.data, key.len);
    size_t n = (size_t)lower.len + key.len;
    uint16_t tag = dnssec_key_tag(key.data, key.len);
    memcpy(out, (const uint8_t[]){(uint8_t)(tag >> 8), (uint8_t)tag, key.data[3], digest}, 4);
    switch (digest) {
    case 1:
        assert_true(digest_sha1(data, n, out + 4));
        return (struct rdata_ref){.data = out, .len = 24};
    case 4:
        assert_true(digest_sha384(data, n, out + 4));
        return (struct rdata_ref){.data = out, .len = 52};
    default: /* unknown ones, too, look like SHA-256 */
        assert_true(digest_sha256(data, n, out + 4));
        return (struct rdata_ref){.data = out, .len = 36};
    }
}

static inline struct rrset *ds_set(struct arena *a, const char *zone, const struct rdata_ref *ds, uint16_t count)
{
    struct dname owner = NAME(zone);
    struct rrset *out = arena_alloc(a, rrset_size(owner, ds, count, NULL, 0));
    assert_non_null(out);
    rrset_fill(out, owner, DNS_TYPE_DS, 3600, ds, count, NULL, 0);
    return out;
}

#endif
