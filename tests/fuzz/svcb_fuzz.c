/*
 * svcb_fuzz.c - service parameters (RFC 9460): well-formed, or refused for a reason
 *
 * The octets are the parameters of an HTTPS record. What is written here from the RFC, without the code's own reader,
 * must find the same well-formed; and what is must come back from its text.
 */
#include <string.h>

#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"
#include "tests/fuzz/fuzz.h"

#define PARAMETERS_MAX 1000
#define HEAD           3 /* priority 1, target the root */

static unsigned u16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

/* The parameter of that key: its value's place and length. */
static bool find(const uint8_t *all, size_t size, unsigned key, size_t *at, unsigned *n)
{
    for (size_t i = 0; i + 4 <= size; i += 4 + u16(all + i + 2)) {
        if (u16(all + i) == key) {
            *at = i + 4;
            *n = u16(all + i + 2);
            return true;
        }
    }
    return false;
}

/* RFC 9460 section 2.2: one after the other, keys ascending. */
static bool in_order(const uint8_t *all, size_t size)
{
    size_t i = 0;

    for (long last = -1; i < size; last = u16(all + i), i += 4 + u16(all + i + 2)) {
        if (size - i < 4 || u16(all + i + 2) > size - i - 4 || u16(all + i) <= last) {
            return false;
        }
    }
    return true;
}

/* Section 8: at least one, ascending, all there, not itself. */
static bool mandatory_good(const uint8_t *all, size_t size, size_t at, unsigned n)
{
    size_t where;
    unsigned len;

    for (unsigned i = 0; i + 2 <= n; i += 2) {
        unsigned key = u16(all + at + i);
        if (key == 0 || !find(all, size, key, &where, &len) || (i > 0 && key <= u16(all + at + i - 2))) {
            return false;
        }
    }
    return n >= 2 && n % 2 == 0;
}

/* Section 7.1.1: a list of strings, none empty. */
static bool alpn_good(const uint8_t *p, unsigned n)
{
    unsigned i = 0;

    while (i < n && p[i] != 0) {
        i += 1u + p[i];
    }
    return n > 0 && i == n;
}

static bool good(const uint8_t *all, size_t size)
{
    size_t at;
    unsigned n;

    if (!in_order(all, size)) {
        return false;
    }
    return (!find(all, size, 0, &at, &n) || mandatory_good(all, size, at, n)) &&
           (!find(all, size, 1, &at, &n) || alpn_good(all + at, n)) && (!find(all, size, 2, &at, &n) || n == 0) &&
           (!find(all, size, 3, &at, &n) || n == 2) && (!find(all, size, 4, &at, &n) || (n > 0 && n % 4 == 0)) &&
           (!find(all, size, 5, &at, &n) || n > 0) && (!find(all, size, 6, &at, &n) || (n > 0 && n % 16 == 0)) &&
           (!find(all, size, 7, &at, &n) || n > 0) && (!find(all, size, 8, &at, &n) || n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char printed[PARAMETERS_MAX * 8];
    static uint8_t back[65535];
    uint8_t rdata[HEAD + PARAMETERS_MAX] = {0, 1, 0};
    struct text t = text_of(printed, sizeof printed);
    struct writer w = writer_of(back, sizeof back);
    struct scan_error error;

    if (size > PARAMETERS_MAX) {
        return 0;
    }
    memcpy(rdata + HEAD, data, size);
    uint16_t n = (uint16_t)(HEAD + size);
    bool taken = rdata_check(DNS_TYPE_HTTPS, rdata, n) == DNS_OK;
    must(taken == good(rdata + HEAD, size), taken ? "malformed, and taken" : "well-formed, and refused");
    rdata_print(DNS_TYPE_HTTPS, rdata, n, &t);
    must(!t.cut, "its text is longer than it may be");
    if (taken) {
        must(rdata_scan_line(DNS_TYPE_HTTPS, printed, t.len, dname_root(), &w, &error) == DNS_OK && w.pos == n &&
                 memcmp(back, rdata, n) == 0,
             "its text says something else");
    }
    return 0;
}
