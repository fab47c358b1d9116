/*
 * json_text.h - text inside the quotes of a JSON string
 *
 * For what threads write that have no other need of a JSON library. The result is ASCII; a bare octet above it, which
 * is no character by itself, becomes a question mark.
 */
#ifndef RAIZ_IO_JSON_TEXT_H
#define RAIZ_IO_JSON_TEXT_H

#include <stddef.h>

/* Writes at most cap octets, no zero behind them, and nothing of a character that does not fit. Returns how many. */
size_t json_text(const char *text, size_t n, char *out, size_t cap);

#endif
