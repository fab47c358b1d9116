/*
 * out.h - text for people: colours, times, sizes
 */
#ifndef RAIZ_RAIZCTL_OUT_H
#define RAIZ_RAIZCTL_OUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/raizctl/raizctl.h"

enum paint { PAINT_BOLD, PAINT_DIM, PAINT_GOOD, PAINT_BAD, PAINT_NAME, PAINT_TYPE };

/* NULL or "auto", "always", "never"; false: none of these. */
bool style_init(struct style *style, const char *when, FILE *out);
/* Escape sequences around a text; "" without colour. */
const char *paint_on(const struct style *style, enum paint paint);
const char *paint_off(const struct style *style);

#define OUT_TEXT_MAX 40
/* "59m 3s": the two largest units. */
const char *out_duration(uint64_t seconds, char buf[static OUT_TEXT_MAX]);
/* "0.2 ms", "11.8 ms", "1.2 s" */
const char *out_us(uint64_t us, char buf[static OUT_TEXT_MAX]);
/* "2.1M" */
const char *out_bytes(uint64_t bytes, char buf[static OUT_TEXT_MAX]);
/* "1,234,567" */
const char *out_count(uint64_t n, char buf[static OUT_TEXT_MAX]);

/* Members of replies, with a default for what is not there: older and newer daemons differ. */
const char *out_text(const json_t *object, const char *key); /* "" */
uint64_t out_number(const json_t *object, const char *key);  /* 0 */

/* Octets from the network as text that is safe on a terminal: what is not printable ASCII becomes "?". */
const char *out_printable(const uint8_t *data, size_t n, char *buf, size_t cap);

#endif
