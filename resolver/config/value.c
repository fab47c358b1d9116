/*
 * value.c - the kinds of values that a setting may have, as text and as numbers
 */
#include "resolver/config/value.h"

#include <stdio.h>
#include <string.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *text into *out; *text is behind them then. */
static enum value_result number(const char **text, uint64_t *out)
{
    enum value_result result = digit(**text) ? VALUE_OK : VALUE_SYNTAX;
    uint64_t v = 0;
    for (; digit(**text); (*text)++) {
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(**text - '0'), &v)) {
            result = VALUE_RANGE;
        }
    }
    *out = v;
    return result;
}

/* v * factor + sum, into *out. */
static enum value_result scale(enum value_result result, uint64_t v, uint64_t factor, uint64_t sum, uint64_t *out)
{
    uint64_t product;
    if (__builtin_mul_overflow(v, factor, &product) || __builtin_add_overflow(product, sum, out)) {
        return VALUE_RANGE;
    }
    return result;
}

enum value_result value_count(const char *text, uint64_t *out)
{
    enum value_result result = number(&text, out);
    return *text == '\0' ? result : VALUE_SYNTAX;
}

static const struct {
    char letter;
    uint64_t factor;
} sizes[] = {{'T', UINT64_C(1) << 40}, {'G', 1 << 30}, {'M', 1 << 20}, {'K', 1 << 10}},
  durations[] = {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
#define SIZES     (sizeof sizes / sizeof sizes[0])
#define DURATIONS (sizeof durations / sizeof durations[0])

enum value_result value_size(const char *text, uint64_t *out)
{
    uint64_t v;
    enum value_result result = number(&text, &v);
    *out = v;
    if (result == VALUE_SYNTAX || *text == '\0') {
        return result;
    }
    for (size_t i = 0; i < SIZES; i++) {
        if ((*text == sizes[i].letter || *text == sizes[i].letter + ('a' - 'A')) && text[1] == '\0') {
            return scale(result, v, sizes[i].factor, 0, out);
        }
    }
    return VALUE_SYNTAX;
}

enum value_result value_duration(const char *text, uint64_t *out)
{
    enum value_result result = VALUE_OK;
    *out = 0;
    do {
        uint64_t v;
        enum value_result one = number(&text, &v);
        size_t unit = 0;
        if (one == VALUE_SYNTAX) {
            return VALUE_SYNTAX;
        }
        while (unit < DURATIONS && *text != durations[unit].letter) {
            unit++;
        }
        if (unit == DURATIONS && *text != '\0') {
            return VALUE_SYNTAX;
        }
        one = scale(one, v, unit == DURATIONS ? 1 : durations[unit].factor, *out, out);
        result = one == VALUE_OK ? result : one;
        text += unit < DURATIONS;
    } while (*text != '\0');
    return result;
}

/* A single number of seconds may have a part behind the point: "1.8s", "0.25". */
static bool fraction_ms(const char *text, uint64_t *out)
{
    uint64_t whole, part = 0, weight = 100;
    if (number(&text, &whole) != VALUE_OK || *text != '.' || whole > UINT64_MAX / 2000) {
        return false;
    }
    const char *first = ++text;
    for (; digit(*text); text++, weight /= 10) {
        part += (uint64_t)(*text - '0') * weight;
    }
    *out = whole * 1000 + part;
    return text > first && (*text == '\0' || (*text == 's' && text[1] == '\0'));
}

enum value_result value_duration_ms(const char *text, uint64_t *out)
{
    uint64_t seconds;
    size_t n = strspn(text, "0123456789");
    if (fraction_ms(text, out)) {
        return VALUE_OK;
    }
    if (n > 0 && strcmp(text + n, "ms") == 0) {
        return number(&text, out);
    }
    enum value_result result = value_duration(text, &seconds);
    return result == VALUE_OK ? scale(result, seconds, 1000, 0, out) : result;
}

enum value_result value_bool(const char *text, uint64_t *out)
{
    *out = strcmp(text, "true") == 0;
    return *out == 1 || strcmp(text, "false") == 0 ? VALUE_OK : VALUE_SYNTAX;
}

const char *value_print_size(uint64_t bytes, char buf[static VALUE_TEXT_MAX])
{
    size_t i = 0;
    while (i < SIZES && (bytes == 0 || bytes % sizes[i].factor != 0)) {
        i++;
    }
    if (i < SIZES) {
        snprintf(buf, VALUE_TEXT_MAX, "%llu%c", (unsigned long long)(bytes / sizes[i].factor), sizes[i].letter);
    } else {
        snprintf(buf, VALUE_TEXT_MAX, "%llu", (unsigned long long)bytes);
    }
    return buf;
}

const char *value_print_duration(uint64_t seconds, char buf[static VALUE_TEXT_MAX])
{
    int at = 0;
    buf[0] = '\0';
    for (size_t i = 1; i < DURATIONS && at < VALUE_TEXT_MAX; i++) { /* weeks are read, but days are easier to compare */
        uint64_t v = seconds / durations[i].factor;
        seconds %= durations[i].factor;
        if (v != 0 || (i == DURATIONS - 1 && at == 0)) {
            at +=
                snprintf(buf + at, (size_t)(VALUE_TEXT_MAX - at), "%llu%c", (unsigned long long)v, durations[i].letter);
        }
    }
    return buf;
}

const char *value_print_duration_ms(uint64_t ms, char buf[static VALUE_TEXT_MAX])
{
    if (ms % 1000 == 0) {
        return value_print_duration(ms / 1000, buf);
    }
    if (ms < 1000) {
        snprintf(buf, VALUE_TEXT_MAX, "%llums", (unsigned long long)ms);
        return buf;
    }
    int n =
        snprintf(buf, VALUE_TEXT_MAX, "%llu.%03llu", (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
    while (n > 0 && n < VALUE_TEXT_MAX - 1 && buf[n - 1] == '0') {
        n--;
    }
    buf[n] = 's';
    buf[n + 1] = '\0';
    return buf;
}

/* Exactly n digits. */
static bool digits(const char **p, unsigned n, unsigned *out)
{
    *out = 0;
    for (; n > 0; n--, (*p)++) {
        if (**p < '0' || **p > '9') {
            return false;
        }
        *out = *out * 10 + (unsigned)(**p - '0');
    }
    return true;
}

static bool octet(const char **p, char c)
{
    return *(*p)++ == c;
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

bool value_date(const char *text, int64_t *out)
{
    unsigned year, month, day, hour = 0, minute = 0, second = 0;
    const char *p = text;
    if (!digits(&p, 4, &year) || !octet(&p, '-') || !digits(&p, 2, &month) || !octet(&p, '-') || !digits(&p, 2, &day) ||
        year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of(year, month)) {
        return false;
    }
    if (*p != '\0' && (!octet(&p, 'T') || !digits(&p, 2, &hour) || !octet(&p, ':') || !digits(&p, 2, &minute) ||
                       !octet(&p, ':') || !digits(&p, 2, &second) || !octet(&p, 'Z') || *p != '\0')) {
        return false;
    }
    int64_t all = 0;
    for (unsigned y = 1970; y < year; y++) {
        all += days_of(y, 2) == 29 ? 366 : 365;
    }
    for (unsigned m = 1; m < month; m++) {
        all += days_of(year, m);
    }
    *out = (((all + day - 1) * 24 + hour) * 60 + minute) * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}
