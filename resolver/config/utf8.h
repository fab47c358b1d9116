/*
 * utf8.h - characters of UTF-8 text (RFC 3629)
 */
#ifndef RAIZ_CONFIG_UTF8_H
#define RAIZ_CONFIG_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the character at p, 1 .. 4; 0 if there is none: a stray octet, a cut or overlong form, a surrogate, or
 * beyond U+10FFFF (RFC 3629 section 4). left > 0. */
static inline size_t utf8_length(const char *p, size_t left)
{
    const uint8_t *u = (const uint8_t *)p;
    size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
    if (n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if (n > 2 && ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) || (u[0] == 0xf0 && u[1] < 0x90) ||
                  (u[0] == 0xf4 && u[1] > 0x8f))) {
        return 0;
    }
    return n;
}

#endif
