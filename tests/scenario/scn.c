/*
 * scn.c - scenario files: statements, pieces, words
 */
#include "scn.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0, cap = 0;

    if (f == NULL) {
        perror(path);
        exit(2);
    }
    for (;;) {
        if (cap - len < 4096) {
            cap = cap == 0 ? 16384 : 2 * cap;
            text = realloc(text, cap);
            if (text == NULL) {
                exit(2);
            }
        }
        size_t n = fread(text + len, 1, cap - len - 1, f);
        if (n == 0) {
            break;
        }
        len += n;
    }
    fclose(f);
    text[len] = '\0';
    return text;
}

static struct statement *add_statement(struct script *s, unsigned line)
{
    s->statements = realloc(s->statements, (s->count + 1) * sizeof *s->statements);
    if (s->statements == NULL) {
        exit(2);
    }
    s->statements[s->count] = (struct statement){.line = line};
    return &s->statements[s->count++];
}

static void add_word(struct statement *st, const char *text, size_t len, bool first)
{
    if ((st->count & (st->count - 1)) == 0) {
        st->words = realloc(st->words, (st->count == 0 ? 1 : 2 * st->count) * sizeof *st->words);
        if (st->words == NULL) {
            exit(2);
        }
    }
    st->words[st->count++] = (struct word){.text = text, .len = len, .first = first};
}

/* One line's words. A quoted string is one word, blanks included. */
static void split_line(struct statement *st, const char *line, const char *end)
{
    const char *p = line;
    bool first = true;

    while (p < end) {
        const char *begin = p;
        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }
        first |= p - begin >= 2;
        if (p == end || (*p == '#' && first)) {
            return;
        }
        const char *word = p;
        bool quoted = false;
        while (p < end && (quoted || (*p != ' ' && *p != '\t'))) {
            quoted ^= *p == '"' && (p == word || p[-1] != '\\');
            p++;
        }
        add_word(st, word, (size_t)(p - word), first);
        first = false;
    }
}

void script_load(const char *path, struct script *out)
{
    script_parse(path, read_all(path), out);
}

void script_parse(const char *path, char *text, struct script *out)
{
    unsigned line = 0;
    struct statement *st = NULL;

    *out = (struct script){.path = path, .text = text};
    for (const char *p = out->text; *p != '\0';) {
        const char *end = strchr(p, '\n');
        if (end == NULL) {
            end = p + strlen(p);
        }
        line++;
        bool indented = *p == ' ' || *p == '\t';
        bool blank = strspn(p, " \t\r") >= (size_t)(end - p) || *p == '#';
        if (!blank) {
            if (!indented || st == NULL) {
                st = add_statement(out, line);
            }
            split_line(st, p, end);
        }
        p = *end == '\0' ? end : end + 1;
    }
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->statements[i].words);
    }
    free(s->statements);
    free(s->text);
}

void words_fail(const struct words *w, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s:%u: ", w->script->path, w->st->line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

bool words_more(const struct words *w)
{
    return w->at < w->st->count;
}

struct word words_peek(const struct words *w)
{
    return words_more(w) ? w->st->words[w->at] : (struct word){.text = "", .len = 0};
}

struct word words_take(struct words *w, const char *what)
{
    if (!words_more(w)) {
        words_fail(w, "%s expected at the end", what);
    }
    return w->st->words[w->at++];
}

bool word_is(struct word w, const char *text)
{
    return strlen(text) == w.len && memcmp(w.text, text, w.len) == 0;
}

bool words_accept(struct words *w, const char *text)
{
    if (!word_is(words_peek(w), text)) {
        return false;
    }
    w->at++;
    return true;
}

bool words_at_piece(const struct words *w)
{
    return !words_more(w) || words_peek(w).first;
}

struct dname words_name(struct words *w, const struct dname *origin, struct dname_buf *out)
{
    struct word word = words_take(w, "a name");

    if (word_is(word, "@") && origin != NULL) {
        dname_copy(*origin, out);
    } else if (dname_scan(word.text, word.len, origin, out) != DNS_OK) {
        words_fail(w, "not a name: %.*s", (int)word.len, word.text);
    }
    return dname_of(out);
}

uint16_t words_type(struct words *w)
{
    struct word word = words_take(w, "a type");
    uint16_t type;

    if (!dns_type_scan(word.text, word.len, &type)) {
        words_fail(w, "not a type: %.*s", (int)word.len, word.text);
    }
    return type;
}

struct addr words_addr(struct words *w)
{
    struct word word = words_take(w, "an address");
    char text[ADDR_TEXT_MAX];
    struct addr a;

    snprintf(text, sizeof text, "%.*s", (int)word.len, word.text);
    if (!addr_scan(text, 53, &a)) {
        words_fail(w, "not an address: %s", text);
    }
    return a;
}

/* Leading digits; *rest is what follows. */
static uint64_t digits(struct words *w, struct word word, struct word *rest)
{
    uint64_t n = 0;
    size_t i = 0;

    while (i < word.len && isdigit((unsigned char)word.text[i])) {
        n = 10 * n + (uint64_t)(word.text[i++] - '0');
    }
    if (i == 0) {
        words_fail(w, "not a number: %.*s", (int)word.len, word.text);
    }
    *rest = (struct word){.text = word.text + i, .len = word.len - i};
    return n;
}

uint64_t words_number(struct words *w)
{
    struct word rest;
    uint64_t n = digits(w, words_take(w, "a number"), &rest);

    if (rest.len != 0) {
        words_fail(w, "number expected, found also %.*s", (int)rest.len, rest.text);
    }
    return n;
}

uint64_t words_time_us(struct words *w)
{
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", UINT64_C(3600000000)}};
    struct word rest;
    uint64_t n = digits(w, words_take(w, "a time"), &rest);

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (word_is(rest, units[i].unit)) {
            return n * units[i].us;
        }
    }
    words_fail(w, "unit us, ms, s, m or h expected");
}

bool words_on(struct words *w)
{
    if (words_accept(w, "on")) {
        return true;
    }
    if (!words_accept(w, "off")) {
        words_fail(w, "on or off expected");
    }
    return false;
}

static bool all_digits(struct word w)
{
    for (size_t i = 0; i < w.len; i++) {
        if (!isdigit((unsigned char)w.text[i])) {
            return false;
        }
    }
    return w.len > 0;
}

/* The words of a piece, with % replaced by n (0: kept), as one line. */
static size_t piece_text(struct words *w, uint64_t n, char *text, size_t cap)
{
    size_t len = 0;

    while (len == 0 || !words_at_piece(w)) {
        struct word word = words_take(w, "a record");
        if (len != 0) {
            text[len++] = ' ';
        }
        for (size_t i = 0; i < word.len && len + 24 < cap; i++) {
            if (word.text[i] == '%' && n != 0) {
                len += (size_t)snprintf(text + len, cap - len, "%llu", (unsigned long long)n);
            } else {
                text[len++] = word.text[i];
            }
        }
        if (len + 64 > cap) {
            words_fail(w, "record too long");
        }
    }
    text[len] = '\0';
    return len;
}

/* The next word of a line of text. */
static struct word next_word(const char **p)
{
    const char *begin = *p + strspn(*p, " ");
    size_t len = strcspn(begin, " ");

    *p = begin + len;
    return (struct word){.text = begin, .len = len};
}

static void parse_record(const struct words *w, const char *text, struct dname origin, struct record *out)
{
    struct scan_error error;
    uint8_t rdata[65535];
    const char *p = text;

    *out = (struct record){.rclass = DNS_CLASS_IN};
    struct word word = next_word(&p);
    if (word_is(word, "@")) {
        dname_copy(origin, &out->owner);
    } else if (dname_scan(word.text, word.len, &origin, &out->owner) != DNS_OK) {
        words_fail(w, "not a name: %.*s", (int)word.len, word.text);
    }
    word = next_word(&p);
    if (all_digits(word)) {
        out->has_ttl = true;
        out->ttl_s = (uint32_t)strtoul(word.text, NULL, 10);
        word = next_word(&p);
    }
    if (word.len == 2 && !word_is(word, "NS") && !word_is(word, "MX") && !word_is(word, "DS") && !word_is(word, "RP") &&
        dns_class_scan(word.text, word.len, &out->rclass)) {
        word = next_word(&p);
    }
    if (!dns_type_scan(word.text, word.len, &out->type)) {
        words_fail(w, "not a type: %.*s in: %s", (int)word.len, word.text, text);
    }
    p += strspn(p, " ");
    struct writer to = writer_of(rdata, sizeof rdata);
    if (rdata_scan_line(out->type, p, strlen(p), origin, &to, &error) != DNS_OK) {
        words_fail(w, "%s: %s", text, error.message);
    }
    out->len = (uint16_t)to.pos;
    out->rdata = malloc(out->len + 1u);
    if (out->rdata == NULL) {
        exit(2);
    }
    memcpy(out->rdata, rdata, out->len);
}

void words_records(struct words *w, struct dname origin, struct records *out)
{
    bool repeated = words_accept(w, "repeat");
    uint64_t times = repeated ? words_number(w) : 1;
    size_t begin = w->at;
    char text[8192];

    for (uint64_t n = 1; n <= times; n++) {
        w->at = begin;
        piece_text(w, repeated ? n : 0, text, sizeof text);
        out->record = realloc(out->record, (out->count + 1) * sizeof *out->record);
        if (out->record == NULL) {
            exit(2);
        }
        parse_record(w, text, origin, &out->record[out->count++]);
    }
}

void records_free(struct records *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->record[i].rdata);
    }
    free(r->record);
    *r = (struct records){0};
}
