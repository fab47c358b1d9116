/*
 * value.h - the kinds of values that a setting may have, as text and as numbers
 *
 *     COUNT     12                      SIZE      256M  (K M G T: powers of 1024; without a letter: octets)
 *     DURATION  30s 5m 1h 1d 1h30m      BOOL      true, false      DURATION_MS  1.8s 250ms and as DURATION
 *     DATE      2026-12-31, 2026-12-31T12:00:00Z
 *
 * Pure.
 */
#ifndef RAIZ_CONFIG_VALUE_H
#define RAIZ_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_result { VALUE_OK, VALUE_SYNTAX, VALUE_RANGE /* well-formed, but no machine word holds it */ };

enum value_result value_count(const char *text, uint64_t *out);
enum value_result value_size(const char *text, uint64_t *out);
enum value_result value_duration(const char *text, uint64_t *out);
/* The same in milliseconds: also "1.8s", "250ms". What is behind the third digit after the point makes no difference.
 */
enum value_result value_duration_ms(const char *text, uint64_t *out);
enum value_result value_bool(const char *text, uint64_t *out);
/* "2026-12-31" or "2026-12-31T12:00:00Z", years 1970 to 9999 -> seconds since 1970. False: it is none. */
bool value_date(const char *text, int64_t *out);

#define VALUE_TEXT_MAX 32
/* The shortest exact text: 268435456 -> "256M", 5400 -> "1h30m". */
const char *value_print_size(uint64_t bytes, char buf[static VALUE_TEXT_MAX]);
const char *value_print_duration(uint64_t seconds, char buf[static VALUE_TEXT_MAX]);
const char *value_print_duration_ms(uint64_t ms, char buf[static VALUE_TEXT_MAX]);

#endif
