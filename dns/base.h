/*
 * base.h - octets as hex, base32hex and base64 (RFC 4648), both ways
 *
 * Reading takes the text in pieces, because zone files may break it with blanks anywhere:
 *
 *     base_scan_of -> base_feed* -> base_done
 *
 * It is strict: base64 needs its padding, and the bits left over at the end must be zero (RFC 4648 section 3.5), so
 * that no octets have two texts but for the case of hex and base32hex digits. Those are printed in upper case.
 *
 * Memory: borrows the writer. Threads: values.
 */
#ifndef RAIZ_DNS_BASE_H
#define RAIZ_DNS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/text.h"

enum base { BASE16, BASE32HEX, BASE64 }; /* base32hex without padding, as in RFC 5155 section 3.3 */

void base_print(enum base base, const uint8_t *data, size_t n, struct text *out);

struct base_scan {
    enum base base;
    uint8_t have; /* bits waiting in `bits` */
    uint8_t pads; /* '=' seen */
    uint32_t bits;
    size_t chars; /* digits and padding */
    struct writer *out;
};
struct base_scan base_scan_of(enum base base, struct writer *out);
/* False: a character that cannot stand here. */
bool base_feed(struct base_scan *s, const char *text, size_t n);
/* False: the text ends within an octet, lacks padding, or has bits left over. */
bool base_done(const struct base_scan *s);

#endif
