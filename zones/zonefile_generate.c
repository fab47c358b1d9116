/*
 * zonefile_generate.c - $GENERATE start-stop[/step] owner [TTL] [class] type data
 *
 * BIND's directive for numbered records. The words behind the range are a template; for each number it is expanded to a
 * line of text, which is read like any other record. In the template
 *
 *     $                       the number
 *     ${offset,width,base}    number + offset, padded with zeros to `width`, in base d, o, x or X; or n, N: hexadecimal
 *                             digits in reverse order with dots between, for ip6.arpa (width counts the dots too)
 *     $$ or \$                a dollar sign
 *
 * Data of several words may stand between quotes, as BIND wants it, or without. Limits: records of one directive and of
 * all together, length of template and line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "zones/zonefile_reader.h"

#define TEMPLATE_MAX   4096
#define LINE_MAX_BYTES 65536
#define WIDTH_MAX      255

struct range {
    uint32_t start, stop, step;
};

/* A decimal number at *p, at most 2^31 - 1; moves on. */
static bool scan_number(const char **p, const char *end, uint32_t *out)
{
    uint64_t n = 0;
    const char *begin = *p;
    while (*p < end && **p >= '0' && **p <= '9' && n <= INT32_MAX) {
        n = n * 10 + (uint64_t)(**p - '0');
        ++*p;
    }
    *out = (uint32_t)n;
    return *p > begin && n <= INT32_MAX;
}

static bool scan_character(const char **p, const char *end, char c)
{
    if (*p < end && **p == c) {
        ++*p;
        return true;
    }
    return false;
}

static bool scan_range(const struct token *t, struct range *out)
{
    const char *p = t->text, *end = p + t->len;
    out->step = 1;
    bool ok = scan_number(&p, end, &out->start) && scan_character(&p, end, '-') && scan_number(&p, end, &out->stop);
    if (ok && scan_character(&p, end, '/')) {
        ok = scan_number(&p, end, &out->step);
    }
    return ok && p == end && out->step > 0 && out->start <= out->stop;
}

/* ---- the template ---- */

/* Index of the data's first word: behind owner, TTL, class and type. */
static size_t data_word(const struct lexer *lx)
{
    size_t i = 3;
    for (; i < lx->count; i++) {
        const struct token *t = &lx->tokens[i];
        uint16_t rclass;
        bool ttl = t->len > 0 && t->text[0] >= '0' && t->text[0] <= '9';
        if (t->quoted || (!ttl && !dns_class_scan(t->text, t->len, &rclass))) {
            break;
        }
    }
    return i + 1;
}

/* Words 2 .. with blanks between, quoted ones between quotes again. Quotes around the whole data go: inside, \" stands
 * for a quote. */
static bool make_template(const struct lexer *lx, struct text *out)
{
    size_t data = data_word(lx);
    for (size_t i = 2; i < lx->count; i++) {
        const struct token *t = &lx->tokens[i];
        bool unwrap = t->quoted && i == data && i + 1 == lx->count;
        text_add(out, i == 2 ? "" : " ");
        text_add(out, t->quoted && !unwrap ? "\"" : "");
        for (uint32_t k = 0; k < t->len; k++) {
            if (unwrap && t->text[k] == '\\' && k + 1 < t->len && t->text[k + 1] == '"') {
                continue;
            }
            text_addn(out, t->text + k, 1);
        }
        text_add(out, t->quoted && !unwrap ? "\"" : "");
    }
    return !out->cut;
}

/* ---- expansion ---- */

struct format {
    int64_t offset;
    uint32_t width;
    char base;
};

/* What stands after "${", up to and with "}". */
static bool scan_format(const char **p, const char *end, struct format *out)
{
    *out = (struct format){.base = 'd'};
    bool minus = scan_character(p, end, '-');
    uint32_t offset;
    if (!minus) {
        scan_character(p, end, '+');
    }
    if (!scan_number(p, end, &offset)) {
        return false;
    }
    out->offset = minus ? -(int64_t)offset : (int64_t)offset;
    if (scan_character(p, end, ',') && (!scan_number(p, end, &out->width) || out->width > WIDTH_MAX)) {
        return false;
    }
    if (scan_character(p, end, ',')) {
        if (*p == end || memchr("doxXnN", **p, 6) == NULL) {
            return false;
        }
        out->base = *(*p)++;
    }
    return scan_character(p, end, '}');
}

static void add_nibbles(struct text *out, uint64_t value, uint32_t width, const char *digits)
{
    uint32_t written = 0;
    do {
        if (written > 0) {
            text_add(out, ".");
            written++;
        }
        text_addn(out, &digits[value & 15], 1);
        written++;
        value >>= 4;
    } while (value != 0 || written < width);
}

static bool add_value(struct text *out, uint32_t number, const struct format *f)
{
    int64_t value = (int64_t)number + f->offset;
    int width = (int)f->width;
    if (value < 0) {
        return false;
    }
    switch (f->base) {
    case 'o':
        text_addf(out, "%0*llo", width, (unsigned long long)value);
        break;
    case 'x':
        text_addf(out, "%0*llx", width, (unsigned long long)value);
        break;
    case 'X':
        text_addf(out, "%0*llX", width, (unsigned long long)value);
        break;
    case 'n':
        add_nibbles(out, (uint64_t)value, f->width, "0123456789abcdef");
        break;
    case 'N':
        add_nibbles(out, (uint64_t)value, f->width, "0123456789ABCDEF");
        break;
    default:
        text_addf(out, "%0*lld", width, (long long)value);
        break;
    }
    return true;
}

/* The template with the number in place. A dollar sign that is meant stays escaped: the line is read once more. */
static const char *expand(const struct text *template, uint32_t number, struct text *out)
{
    const char *p = template->buf, *end = p + template->len;
    out->len = 0;
    out->cut = false;
    while (p < end) {
        struct format f = {.base = 'd'};
        if (*p == '\\' && p + 1 < end) {
            text_addn(out, p, 2);
            p += 2;
        } else if (*p != '$') {
            text_addn(out, p, 1);
            p++;
        } else if (p + 1 < end && p[1] == '$') {
            text_add(out, "\\$");
            p += 2;
        } else {
            p++;
            if (scan_character(&p, end, '{') && !scan_format(&p, end, &f)) {
                return "after '${' comes offset, width (at most 255) and base (d o x X n N), as in ${0,3,d}";
            }
            if (!add_value(out, number, &f)) {
                return "the number plus its offset is below zero";
            }
        }
    }
    return out->cut ? "the record made is too long" : NULL;
}

/* ---- the directive ---- */

/* Where the directive stands: the words are gone once its records are read. */
struct place {
    uint32_t line, column;
};

static bool read_line(struct zonefile_reader *r, const struct text *line, struct place at)
{
    if (!lex_push_generated(&r->lx, line->buf, line->len, at.line, at.column)) {
        lex_fault(&r->lx, at.line, at.column, "$GENERATE is nested too deep");
        return false;
    }
    bool ok = true;
    enum lex_result got;
    while (ok && (got = lex_next(&r->lx)) != LEX_END) {
        ok = got == LEX_ENTRY && zonefile_record(r);
    }
    lex_pop(&r->lx);
    return ok;
}

/* All numbers, up to the first that goes wrong: the others would go wrong in the same way. */
static bool run(struct zonefile_reader *r, const struct range *range, const struct text *template, struct place at)
{
    char *buf = malloc(LINE_MAX_BYTES);
    if (buf == NULL) {
        lex_fault(&r->lx, at.line, at.column, "out of memory");
        r->stop = true;
        return false;
    }
    bool ok = true;
    for (uint64_t n = range->start; ok && n <= range->stop; n += range->step) {
        struct text line = text_of(buf, LINE_MAX_BYTES);
        const char *wrong = expand(template, (uint32_t)n, &line);
        if (wrong != NULL) {
            lex_fault(&r->lx, at.line, at.column, "$GENERATE: %s", wrong);
            ok = false;
        } else if (++r->generated > ZONEFILE_GENERATED_TOTAL) {
            lex_fault(&r->lx, at.line, at.column, "$GENERATE has made %d records by now, more are not taken",
                      ZONEFILE_GENERATED_TOTAL);
            r->stop = true;
            ok = false;
        } else {
            ok = read_line(r, &line, at);
        }
    }
    free(buf);
    return ok;
}

bool zonefile_generate(struct zonefile_reader *r)
{
    const struct lexer *lx = &r->lx;
    char word[ZONEFILE_WORD_MAX], text[TEMPLATE_MAX];
    struct range range;
    if (lx->count < 5) {
        lex_fault_at(&r->lx, lx->count, "a word is missing: write $GENERATE start-stop owner type data");
        return false;
    }
    if (!scan_range(&lx->tokens[1], &range)) {
        lex_fault_at(&r->lx, 1, "range must be start-stop or start-stop/step, as in 1-254, not '%s'",
                     zonefile_word(&lx->tokens[1], word));
        return false;
    }
    if ((range.stop - range.start) / range.step >= ZONEFILE_GENERATE_MAX) {
        lex_fault_at(&r->lx, 1, "%s makes more than %d records; use several ranges or a larger step",
                     zonefile_word(&lx->tokens[1], word), ZONEFILE_GENERATE_MAX);
        return false;
    }
    struct text template = text_of(text, sizeof text);
    if (!make_template(lx, &template)) {
        lex_fault_at(&r->lx, 2, "the template is longer than %d characters", TEMPLATE_MAX - 1);
        return false;
    }
    struct place at = {.line = lx->tokens[2].line, .column = lx->tokens[2].column};
    return run(r, &range, &template, at);
}
