/*
 * keys.h - keys, signatures and anchors for tests of managed trust anchors
 *
 * Keys are letters, made from fixed seeds (Ed25519, so that a story takes no time). In a set "B" is key B as it is,
 * "Br" revoked, "Bz" without the entry point flag, "Bu" of an algorithm that nobody knows, "Bp" with a wrong protocol.
 * Among the signers "B!" signs wrongly, "B-" signed so long ago that it has expired, "B+" signs what is not valid yet.
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_KEYS_H
#define RAIZ_TESTS_UNIT_DNSSEC_KEYS_H

#include <openssl/evp.h>

#include "resolver/dnssec/rfc5011.h"
#include "resolver/dnssec/signature.h"
#include "support.h"

#define BASE_S  INT64_C(1767225600) /* day 0: 2026-01-01 */
#define HOUR    INT64_C(3600)
#define DAY     INT64_C(86400)
#define KEY_LEN 36

static const struct dnssec_policy policy = {.sha1 = true};

static inline EVP_PKEY *private_key(char letter)
{
    uint8_t seed[32];
    memset(seed, letter, sizeof seed);
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    assert_non_null(k);
    return k;
}

/* The DNSKEY of a word such as "Br". */
static inline struct rdata_ref make_key(const char *word, uint8_t out[static KEY_LEN])
{
    EVP_PKEY *k = private_key(word[0]);
    size_t n = 32;
    const uint8_t head[] = {1, (uint8_t)((word[1] == 'z' ? 0 : 1) | (word[1] == 'r' ? 0x80 : 0)),
                            word[1] == 'p' ? 2 : 3, word[1] == 'u' ? 200 : 15};
    memcpy(out, head, sizeof head);
    assert_int_equal(EVP_PKEY_get_raw_public_key(k, out + 4, &n), 1);
    EVP_PKEY_free(k);
    return (struct rdata_ref){.data = out, .len = KEY_LEN};
}

/* The words of a text, each at most three characters. */
static inline unsigned words_of(const char *text, char words[32][4])
{
    unsigned n = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        assert_true(len > 0 && len < 4 && n < 32);
        memcpy(words[n], text, len);
        words[n++][len] = '\0';
        text += len + (text[len] == ' ');
    }
    return n;
}

static inline struct rdata_ref sign(const char *word, const struct rrset *set, int64_t wall_s, uint32_t ttl_s,
                                    uint8_t out[static 128])
{
    uint8_t key[KEY_LEN];
    bool revoked = word[1] == 'r';
    char mode = revoked ? word[2] : word[1];
    struct rdata_ref k = make_key(revoked ? (char[3]){word[0], 'r', 0} : (char[2]){word[0], 0}, key);
    int64_t from = wall_s - (mode == '-' ? 20 : -(mode == '+')) * DAY, to = from + (mode == '-' ? 10 : 14) * DAY;
    struct writer w = writer_of(out, 128);
    write_u16(&w, DNS_TYPE_DNSKEY);
    write_u8(&w, 15);
    write_u8(&w, rrset_owner(set).labels);
    write_u32(&w, ttl_s);
    write_u32(&w, (uint32_t)to);
    write_u32(&w, (uint32_t)from);
    write_u16(&w, dnssec_key_tag(k.data, k.len));
    write_bytes(&w, rrset_owner(set).wire, rrset_owner(set).len);
    size_t head = w.pos, n, sig_len = 64;
    memset(out + head, 0, 64);
    struct rdata_ref rr = {.data = out, .len = (uint16_t)(head + 64)};
    struct signature s;
    assert_true(signature_read(rr, &s));
    uint8_t *data = signature_data(&s, set, &n);
    assert_non_null(data);
    EVP_PKEY *private = private_key(word[0]);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, private), 1);
    assert_int_equal(EVP_DigestSign(ctx, out + head, &sig_len, data, n), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(private);
    free(data);
    out[head] ^= mode == '!';
    return rr;
}

static inline struct rrset *dnskey_set(struct arena *a, struct dname zone, const char *keys, const char *signers,
                                       int64_t wall_s, uint32_t ttl_s)
{
    uint8_t key[32][KEY_LEN], sig[32][128];
    struct rdata_ref rr[32], rs[32];
    char words[32][4];
    struct rrset *set;
    unsigned n = words_of(keys, words);
    for (unsigned i = 0; i < n; i++) {
        rr[i] = make_key(words[i], key[i]);
    }
    assert_int_equal(rrset_make(zone, DNS_TYPE_DNSKEY, ttl_s, rr, (uint16_t)n, a, &set), DNS_OK);
    n = words_of(signers, words);
    for (unsigned i = 0; i < n; i++) {
        rs[i] = sign(words[i], set, wall_s, ttl_s, sig[i]);
    }
    return set_signed(a, set, rs, (uint16_t)n);
}

/* The anchors of a configuration: "ds A B" or "key A". */
static inline struct anchors *configured(struct dname zone, const char *text)
{
    struct anchors *a = anchors_new();
    char words[32][4], name[DNAME_TEXT_MAX], error[ANCHORS_ERROR_MAX];
    bool ds = strncmp(text, "ds ", 3) == 0;
    unsigned n = words_of(text + (ds ? 3 : 4), words);
    assert_non_null(a);
    dname_print(zone, name);
    for (unsigned i = 0; i < n; i++) {
        uint8_t key[KEY_LEN], data[DNAME_MAX + KEY_LEN], hash[32];
        struct rdata_ref k = make_key(words[i], key);
        char line[400];
        struct text t = text_of(line, sizeof line);
        unsigned len = 0;
        memcpy(data, zone.wire, zone.len);
        memcpy(data + zone.len, k.data, k.len);
        assert_int_equal(EVP_Digest(data, zone.len + (size_t)k.len, hash, &len, EVP_sha256(), NULL), 1);
        if (ds) {
            text_addf(&t, "%s DS %u 15 2 ", name, dnssec_key_tag(k.data, k.len));
            for (unsigned b = 0; b < len; b++) {
                text_addf(&t, "%02X", hash[b]);
            }
        } else {
            text_addf(&t, "%s DNSKEY ", name);
            rdata_print(DNS_TYPE_DNSKEY, k.data, k.len, &t);
        }
        if (!anchors_add_text(a, line, t.len, error)) {
            fail_msg("%s: %s", line, error);
        }
    }
    return a;
}

/* Which letter's key is this? */
static inline char letter_of(const struct managed_zone *z, const struct managed_key *k)
{
    for (int c = 'A'; c <= 'Z'; c++) {
        uint8_t key[KEY_LEN];
        struct rdata_ref rr = make_key((char[2]){(char)c, 0}, key);
        if (k->type == DNS_TYPE_DS
                ? dnssec_names_key(dname_of(&z->zone), rr, DNS_TYPE_DS, (struct rdata_ref){k->rdata, k->len})
                : memcmp(k->rdata + 4, rr.data + 4, 32) == 0) {
            return (char)c;
        }
    }
    return '?';
}

/* "A VALID, B ADDPEND" by letter; a key that is known by its digest only is small. */
static inline void describe(const struct managed_zone *z, char out[static 1024])
{
    struct text t = text_of(out, 1024);
    for (int c = 'A'; c <= 'Z'; c++) {
        for (unsigned i = 0; i < z->count; i++) {
            if (letter_of(z, &z->key[i]) == c) {
                text_addf(&t, "%s%c %s", t.len > 0 ? ", " : "", z->key[i].type == DNS_TYPE_DS ? c + 32 : c,
                          key_state_text(z->key[i].state));
            }
        }
    }
}

#endif
