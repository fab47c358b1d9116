#include "dns/digest.h"

#include <openssl/evp.h>

bool digest_sha1(const void *data, size_t n, uint8_t out[static DIGEST_SHA1_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha1(), NULL) == 1;
}

static bool salted_round(EVP_MD_CTX *ctx, const EVP_MD *md, const void *data, size_t n, const uint8_t *salt,
                         size_t salt_len, uint8_t *out)
{
    return EVP_DigestInit_ex(ctx, md, NULL) == 1 && EVP_DigestUpdate(ctx, data, n) == 1 &&
           (salt_len == 0 || EVP_DigestUpdate(ctx, salt, salt_len) == 1) && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

bool digest_sha1_salted(const void *data, size_t n, const uint8_t *salt, size_t salt_len, unsigned more,
                        uint8_t out[static DIGEST_SHA1_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA1", NULL);
    bool ok = ctx != NULL && md != NULL && salted_round(ctx, md, data, n, salt, salt_len, out);
    for (unsigned i = 0; ok && i < more; i++) {
        ok = salted_round(ctx, md, out, DIGEST_SHA1_SIZE, salt, salt_len, out);
    }
    EVP_MD_free(md);
    EVP_MD_CTX_free(ctx);
    return ok;
}

bool digest_sha256(const void *data, size_t n, uint8_t out[static DIGEST_SHA256_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1;
}

bool digest_sha256_parts(const struct digest_part *part, size_t count, uint8_t out[static DIGEST_SHA256_SIZE])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; ok && i < count; i++) {
        ok = EVP_DigestUpdate(ctx, part[i].data, part[i].n) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

bool digest_hmac(const uint8_t key[static DIGEST_HMAC_KEY_SIZE], const struct digest_part *part, size_t count,
                 uint8_t out[static DIGEST_SHA256_SIZE])
{
    enum { BLOCK = 64 };
    uint8_t pad[BLOCK], inner[DIGEST_SHA256_SIZE];
    struct digest_part all[1 + DIGEST_HMAC_PARTS] = {{pad, sizeof pad}};
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] = (i < DIGEST_HMAC_KEY_SIZE ? key[i] : 0) ^ 0x36;
    }
    for (size_t i = 0; i < count && i < DIGEST_HMAC_PARTS; i++) {
        all[1 + i] = part[i];
    }
    if (count > DIGEST_HMAC_PARTS || !digest_sha256_parts(all, 1 + count, inner)) {
        return false;
    }
    for (size_t i = 0; i < sizeof pad; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    struct digest_part outer[] = {{pad, sizeof pad}, {inner, sizeof inner}};
    return digest_sha256_parts(outer, 2, out);
}

bool digest_sha384(const void *data, size_t n, uint8_t out[static DIGEST_SHA384_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha384(), NULL) == 1;
}
