/*
 * support.h - small things that the tests of dns/ share: octets and names from literals
 */
#ifndef RAIZ_TESTS_UNIT_DNS_SUPPORT_H
#define RAIZ_TESTS_UNIT_DNS_SUPPORT_H

#include "dns/name.h"
#include "names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "c00c 0001" -> octets; 'text' between quotes stands for itself. Returns how many. */
static inline size_t octets(const char *hex, uint8_t *out, size_t cap)
{
    size_t n = 0;
    while (*hex != '\0') {
        assert_true(n < cap);
        if (*hex == '\'') {
            for (hex++; *hex != '\''; hex++) {
                assert_true(n < cap);
                out[n++] = (uint8_t)*hex;
            }
            hex++;
        } else if (*hex == ' ') {
            hex++;
        } else {
            assert_true(hex_digit(hex[0]) >= 0 && hex_digit(hex[1]) >= 0);
            out[n++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
            hex += 2;
        }
    }
    return n;
}

/* The same octets in memory of exactly their size, so that a sanitizer sees what is read beyond. Free it. */
static inline uint8_t *exact(const uint8_t *data, size_t n)
{
    uint8_t *p = malloc(n != 0 ? n : 1);
    assert_non_null(p);
    memcpy(p, data, n);
    return p;
}

#endif
