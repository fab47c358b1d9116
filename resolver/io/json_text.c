/*
 * json_text.c - text inside the quotes of a JSON string
 */
#include "resolver/io/json_text.h"

#include <stdio.h>
#include <string.h>

size_t json_text(const char *text, size_t n, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        char piece[8] = {(char)c};
        size_t k = 1;
        if (c == '"' || c == '\\') {
            piece[0] = '\\';
            piece[1] = (char)c;
            k = 2;
        } else if (c < ' ' || c == 0x7f) {
            k = (size_t)snprintf(piece, sizeof piece, "\\u%04x", (unsigned)c);
        } else if (c >= 0x80) {
            piece[0] = '?';
        }
        if (k > cap - len) {
            break;
        }
        memcpy(out + len, piece, k);
        len += k;
    }
    return len;
}
