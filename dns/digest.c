#include "dns/digest.h"

#include <openssl/evp.h>

bool digest_sha1(const void *data, size_t n, uint8_t out[static DIGEST_SHA1_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha1(), NULL) == 1;
}

bool digest_sha256(const void *data, size_t n, uint8_t out[static DIGEST_SHA256_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1;
}

bool digest_sha384(const void *data, size_t n, uint8_t out[static DIGEST_SHA384_SIZE])
{
    return EVP_Digest(data, n, out, NULL, EVP_sha384(), NULL) == 1;
}
