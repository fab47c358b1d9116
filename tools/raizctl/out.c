/*
 * out.c - text for people: colours, times, sizes
 */
#include "tools/raizctl/out.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool style_init(struct style *style, const char *when, FILE *out)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool terminal = fileno(out) >= 0 && isatty(fileno(out));
    style->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (when == NULL || strcmp(when, "auto") == 0) {
        bool dumb = term != NULL && strcmp(term, "dumb") == 0;
        style->colour = terminal && !dumb && (no_color == NULL || no_color[0] == '\0');
        return true;
    }
    style->colour = strcmp(when, "always") == 0;
    return style->colour || strcmp(when, "never") == 0;
}

const char *paint_on(const struct style *style, enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_BOLD] = "\033[1m", [PAINT_DIM] = "\033[2m",   [PAINT_GOOD] = "\033[32m",
        [PAINT_BAD] = "\033[31m", [PAINT_NAME] = "\033[36m", [PAINT_TYPE] = "\033[35m",
    };
    return style->colour ? codes[paint] : "";
}

const char *paint_off(const struct style *style)
{
    return style->colour ? "\033[0m" : "";
}

const char *out_duration(uint64_t seconds, char buf[static OUT_TEXT_MAX])
{
    static const struct {
        uint64_t factor;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (i < 3 && seconds < units[i].factor) {
        i++;
    }
    uint64_t most = seconds / units[i].factor, rest = seconds % units[i].factor;
    if (i < 3 && rest / units[i + 1].factor != 0) {
        snprintf(buf, OUT_TEXT_MAX, "%" PRIu64 "%c %" PRIu64 "%c", most, units[i].letter, rest / units[i + 1].factor,
                 units[i + 1].letter);
    } else {
        snprintf(buf, OUT_TEXT_MAX, "%" PRIu64 "%c", most, units[i].letter);
    }
    return buf;
}

const char *out_us(uint64_t us, char buf[static OUT_TEXT_MAX])
{
    if (us < 1000000) {
        snprintf(buf, OUT_TEXT_MAX, "%.*f ms", us < 10000 ? 2 : 1, (double)us / 1e3);
    } else {
        snprintf(buf, OUT_TEXT_MAX, "%.2f s", (double)us / 1e6);
    }
    return buf;
}

const char *out_bytes(uint64_t bytes, char buf[static OUT_TEXT_MAX])
{
    static const char letters[] = "KMGT";
    double v = (double)bytes;
    int i = -1;
    while (v >= 1024 && i < 3) {
        v /= 1024;
        i++;
    }
    if (i < 0) {
        snprintf(buf, OUT_TEXT_MAX, "%" PRIu64, bytes);
    } else {
        snprintf(buf, OUT_TEXT_MAX, "%.*f%c", v < 10 && v != (double)(int)v ? 1 : 0, v, letters[i]);
    }
    return buf;
}

const char *out_count(uint64_t n, char buf[static OUT_TEXT_MAX])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            buf[at++] = ',';
        }
        buf[at++] = digits[i];
    }
    buf[at] = '\0';
    return buf;
}

const char *out_printable(const uint8_t *data, size_t n, char *buf, size_t cap)
{
    size_t len = n < cap - 1 ? n : cap - 1;
    for (size_t i = 0; i < len; i++) {
        buf[i] = data[i] >= 0x20 && data[i] < 0x7f ? (char)data[i] : '?';
    }
    buf[len] = '\0';
    return buf;
}

const char *out_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

uint64_t out_number(const json_t *object, const char *key)
{
    json_int_t v = json_integer_value(json_object_get(object, key));
    return v > 0 ? (uint64_t)v : 0;
}
