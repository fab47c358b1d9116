/*
 * rdata_rows.h - what the tests of rdata share: the rows, and hex turned into octets of exact size
 */
#ifndef RAIZ_TESTS_RDATA_ROWS_H
#define RAIZ_TESTS_RDATA_ROWS_H

#include "names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/rdata.h"
#include "dns/text.h"

struct row {
    const char *type, *text, *hex, *printed, *why;
};
static const struct row rows[] = {
#define ROW(type, text, hex, printed, why) {type, text, hex, printed, why},
#include "rdata_rows.def"
};
static inline unsigned hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c);
    assert_true(c != '\0' && at != NULL);
    return (unsigned)(at - digits);
}

/* Octets on the heap, not one more than there are, so that AddressSanitizer sees a read past the end. Blanks are
 * skipped. The caller frees them. */
static inline uint8_t *octets_of(const char *hex, size_t *n)
{
    uint8_t *out = malloc(strlen(hex) / 2 + 1);
    assert_non_null(out);
    *n = 0;
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        out[(*n)++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        hex += 2;
    }
    uint8_t *exact = malloc(*n != 0 ? *n : 1);
    assert_non_null(exact);
    memcpy(exact, out, *n);
    free(out);
    return exact;
}

static inline struct dname name_of(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

#endif
