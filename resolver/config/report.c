/*
 * report.c - errors of a text, collected and shown where they are
 */
#include "resolver/config/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "resolver/config/utf8.h"

#define ARENA_BYTES   (64 * 1024)
#define MESSAGE_BYTES 512
#define LINE_SHOWN    120 /* characters of a line that are shown */

struct report_entry {
    struct report_entry *next;
    struct place at;
    const char *message, *hint;
};

void report_init(struct report *r, const char *name, const char *text, size_t n)
{
    *r = (struct report){.files = 1};
    r->file[0] = (struct report_file){.name = name, .text = text, .n = n};
    arena_init(&r->arena, NULL, 0, ARENA_BYTES);
}

void report_next(struct report *r, const char *name, const char *text, size_t n)
{
    assert(r->files < REPORT_FILES_MAX);
    r->file[r->files++] = (struct report_file){.name = name, .text = text, .n = n};
}

const struct report_file *report_current(const struct report *r)
{
    return &r->file[r->files - 1];
}

void report_release(struct report *r)
{
    arena_release(&r->arena);
}

/* Octets of the character at p; 1 for an octet that is not UTF-8. */
static size_t character(const char *p, size_t left)
{
    size_t n = utf8_length(p, left);
    return n > 0 ? n : 1;
}

/* Safe on a terminal: printable ASCII, and UTF-8 beyond the C1 control characters (U+0080 .. U+009F). */
static bool printable(const char *p, size_t octets)
{
    uint8_t c = (uint8_t)p[0];
    return octets == 1 ? c >= 0x20 && c < 0x7f : c != 0xc2 || (uint8_t)p[1] >= 0xa0;
}

static void add_character(struct text *out, const char *p, size_t left)
{
    size_t octets = character(p, left);
    if (printable(p, octets)) {
        text_addn(out, p, octets);
    } else {
        text_add(out, p[0] == '\t' ? " " : "?");
    }
}

const char *report_quote(const char *text, size_t n, char buf[static REPORT_WORD + 4])
{
    struct text out = text_of(buf, REPORT_WORD + 4);
    for (size_t i = 0; i < n;) {
        size_t c = character(text + i, n - i);
        if (out.len + c > REPORT_WORD) {
            text_add(&out, "...");
            break;
        }
        add_character(&out, text + i, n - i);
        i += c;
    }
    return buf;
}

/* A printable copy, in the arena. */
static const char *keep(struct report *r, const char *text)
{
    size_t n = strlen(text);
    char *copy = arena_alloc(&r->arena, n + 1);
    if (copy == NULL) {
        return NULL;
    }
    struct text out = text_of(copy, n + 1);
    for (size_t i = 0; i < n; i += character(text + i, n - i)) {
        add_character(&out, text + i, n - i);
    }
    return copy;
}

static bool before(struct place a, struct place b)
{
    return a.file != b.file ? a.file < b.file : a.line != b.line ? a.line < b.line : a.column < b.column;
}

void report_add(struct report *r, struct place at, const char *hint, const char *fmt, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (r->count++ >= REPORT_SHOWN) {
        return;
    }
    struct report_entry *e = ARENA_NEW(&r->arena, struct report_entry);
    if (e == NULL || (e->message = keep(r, message)) == NULL || (hint != NULL && (e->hint = keep(r, hint)) == NULL)) {
        return; /* counted */
    }
    e->at = at;
    struct report_entry **link = &r->first;
    while (*link != NULL && !before(at, (*link)->at)) {
        link = &(*link)->next;
    }
    e->next = *link;
    *link = e;
}

/* Line number `line` of the text, without its end. NULL: there is none. */
static const char *find_line(const struct report_file *f, uint32_t line, size_t *n)
{
    const char *p = f->text, *end = f->text + f->n;
    for (uint32_t i = 1; i < line && p != NULL; i++) {
        p = memchr(p, '\n', (size_t)(end - p));
        p = p != NULL ? p + 1 : NULL;
    }
    if (p == NULL) {
        return NULL;
    }
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    *n = (size_t)((stop != NULL ? stop : end) - p);
    return p;
}

/* The line and below it the caret, cut to LINE_SHOWN characters around the place. */
static void show_line(const struct report *r, struct place at, struct text *out)
{
    size_t n = 0;
    const char *line = find_line(&r->file[at.file], at.line, &n);
    if (line == NULL) {
        return;
    }
    uint32_t from = at.column > LINE_SHOWN / 2 ? at.column - LINE_SHOWN / 2 : 1;
    text_addf(out, "%4u | %s", (unsigned)at.line, from > 1 ? "..." : "");
    uint32_t column = 1;
    size_t i = 0;
    for (; i < n && column < from + LINE_SHOWN && line[i] != '\r'; i += character(line + i, n - i)) {
        if (column++ >= from) {
            add_character(out, line + i, n - i);
        }
    }
    uint32_t end = column;
    text_add(out, i < n && line[i] != '\r' ? "...\n     | " : "\n     | ");
    for (uint32_t c = from > 1 ? from - 3 : from; c < at.column; c++) {
        text_add(out, " ");
    }
    text_add(out, "^");
    for (uint32_t c = at.column + 1; c < at.column + at.width && c < end; c++) {
        text_add(out, "~");
    }
    text_add(out, "\n");
}

static void show(const struct report *r, const struct report_entry *e, struct text *out)
{
    const char *name = r->file[e->at.file].name;
    if (e->at.line == 0) {
        text_addf(out, "%s: %s\n", name, e->message);
    } else {
        text_addf(out, "%s:%u:%u: %s\n", name, (unsigned)e->at.line, (unsigned)e->at.column, e->message);
        show_line(r, e->at, out);
    }
    if (e->hint != NULL) {
        text_addf(out, "     = %s\n", e->hint);
    }
}

void report_finish(const struct report *r, struct config_errors *out)
{
    /* Message and hint are at most MESSAGE_BYTES each; a line, its caret and their margins are within 12 * LINE_SHOWN.
     */
    size_t name = 0;
    for (uint32_t i = 0; i < r->files; i++) {
        size_t length = strlen(r->file[i].name);
        name = length > name ? length : name;
    }
    size_t cap = (REPORT_SHOWN + 1) * (name + 2 * MESSAGE_BYTES + 12 * LINE_SHOWN);
    char *buf = malloc(cap);
    out->count = r->count;
    out->text = buf;
    if (buf == NULL) {
        return;
    }
    struct text t = text_of(buf, cap);
    size_t shown = 0;
    for (const struct report_entry *e = r->first; e != NULL; e = e->next) {
        show(r, e, &t);
        shown++;
    }
    if (shown < r->count) {
        text_addf(&t, "%s: and %zu more %s\n", r->file[0].name, r->count - shown,
                  r->count - shown == 1 ? "error" : "errors");
    }
}
