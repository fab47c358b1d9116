/*
 * err.c - texts of enum dns_err
 */
#include "dns/err.h"

#include <stddef.h>

const char *dns_err_text(enum dns_err err)
{
    static const char *const texts[] = {
#define X(name, text) [DNS_E_##name] = text,
        DNS_ERRS(X)
#undef X
    };
    size_t i = (size_t)err;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "unknown error";
}
