#include "zones/zonefile_lex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- faults ---- */

void zonefile_fault(struct zonefile *zf, const char *file, uint32_t line, uint32_t column, const char *message)
{
    if (zf->error_count < ZONEFILE_ERRORS_MAX) {
        struct zonefile_error *e = &zf->errors[zf->error_count];
        snprintf(e->file, sizeof e->file, "%s", file);
        snprintf(e->message, sizeof e->message, "%s", message);
        e->line = line;
        e->column = column;
    }
    zf->error_count++;
}

__attribute__((format(printf, 4, 0))) static void fault_text(struct lexer *lx, uint32_t line, uint32_t column,
                                                             const char *fmt, va_list args)
{
    char message[sizeof lx->zf->errors[0].message];
    vsnprintf(message, sizeof message, fmt, args);
    zonefile_fault(lx->zf, lex_top(lx)->name, line, column, message);
}

void lex_fault(struct lexer *lx, uint32_t line, uint32_t column, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fault_text(lx, line, column, fmt, args);
    va_end(args);
}

void lex_fault_at(struct lexer *lx, size_t token, const char *fmt, ...)
{
    uint32_t line = lex_top(lx)->line, column = 0;
    if (token < lx->count) {
        line = lx->tokens[token].line;
        column = lx->tokens[token].column;
    } else if (lx->count > 0) {
        const struct token *last = &lx->tokens[lx->count - 1];
        line = last->line;
        column = last->column + last->len + (last->quoted ? 2 : 0);
    }
    va_list args;
    va_start(args, fmt);
    fault_text(lx, line, column, fmt, args);
    va_end(args);
}

/* A fault within the entry being read: only the first is told. */
__attribute__((format(printf, 4, 5))) static void entry_fault(struct lexer *lx, uint32_t line, uint32_t column,
                                                              const char *fmt, ...)
{
    if (lx->bad) {
        return;
    }
    lx->bad = true;
    va_list args;
    va_start(args, fmt);
    fault_text(lx, line, column, fmt, args);
    va_end(args);
}

/* ---- files ---- */

bool lex_init(struct lexer *lx, struct zonefile *zf)
{
    *lx = (struct lexer){.zf = zf};
    lx->tokens = malloc(ZONEFILE_RECORD_TOKENS_MAX * sizeof *lx->tokens);
    lx->text = malloc(LEX_TEXT_MAX);
    if (lx->tokens == NULL || lx->text == NULL) {
        lex_release(lx);
        return false;
    }
    return true;
}

void lex_release(struct lexer *lx)
{
    while (lx->depth > 0) {
        lex_pop(lx);
    }
    free(lx->tokens);
    free(lx->text);
    lx->tokens = NULL;
    lx->text = NULL;
}

static struct lex_file *push(struct lexer *lx, const char *name)
{
    if (lx->depth == LEX_DEPTH_MAX) {
        return NULL;
    }
    struct lex_file *f = &lx->file[lx->depth++];
    *f = (struct lex_file){.fd = -1, .line = 1, .column = 1};
    snprintf(f->name, sizeof f->name, "%s", name);
    return f;
}

bool lex_push_fd(struct lexer *lx, const char *name, int fd, dev_t dev, ino_t ino)
{
    char *piece = malloc(LEX_PIECE);
    struct lex_file *f = piece != NULL ? push(lx, name) : NULL;
    if (f == NULL) {
        free(piece);
        close(fd);
        return false;
    }
    f->fd = fd;
    f->dev = dev;
    f->ino = ino;
    f->text = f->piece = piece;
    return true;
}

bool lex_push_text(struct lexer *lx, const char *name, const char *text, size_t n)
{
    struct lex_file *f = push(lx, name);
    if (f != NULL) {
        f->text = text;
        f->have = n;
    }
    return f != NULL;
}

bool lex_push_generated(struct lexer *lx, const char *text, size_t n, uint32_t line, uint32_t column)
{
    char name[LEX_NAME_MAX];
    memcpy(name, lex_top(lx)->name, sizeof name);
    if (!lex_push_text(lx, name, text, n)) {
        return false;
    }
    struct lex_file *f = lex_top(lx);
    f->fixed = true;
    f->line = line;
    f->column = column;
    return true;
}

void lex_pop(struct lexer *lx)
{
    struct lex_file *f = lex_top(lx);
    if (f->fd >= 0) {
        close(f->fd);
    }
    free(f->piece);
    lx->depth--;
}

/* More of the file. False at its end. */
static bool refill(struct lexer *lx, struct lex_file *f)
{
    if (f->fd < 0) {
        return false;
    }
    ssize_t n;
    do {
        n = read(f->fd, f->piece, LEX_PIECE);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        lex_fault(lx, f->line, f->column, "cannot read on: %s", strerror(errno));
    }
    if (n <= 0) {
        close(f->fd);
        f->fd = -1;
    }
    f->at = 0;
    f->have = n > 0 ? (size_t)n : 0;
    return n > 0;
}

#define END (-1)

/* The next octet without taking it. */
static int peek(struct lexer *lx)
{
    struct lex_file *f = lex_top(lx);
    if (f->at == f->have && !refill(lx, f)) {
        return END;
    }
    return (unsigned char)f->text[f->at];
}

static int take(struct lexer *lx)
{
    int c = peek(lx);
    if (c == END) {
        return END;
    }
    struct lex_file *f = lex_top(lx);
    f->at++;
    if (f->fixed) {
        return c;
    }
    if (c == '\n') {
        f->line++;
        f->column = 1;
    } else {
        f->column++;
    }
    return c;
}

/* ---- words ---- */

static void put(struct lexer *lx, int c, uint32_t line, uint32_t column)
{
    if (lx->bad) {
        return;
    }
    if (lx->text_len == LEX_TEXT_MAX) {
        entry_fault(lx, line, column, "record longer than %d characters; is a closing parenthesis missing?",
                    LEX_TEXT_MAX);
        return;
    }
    lx->text[lx->text_len++] = (char)c;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* An octet that no text has. */
static bool is_alien(struct lexer *lx, int c, uint32_t line, uint32_t column)
{
    if (c != '\0') {
        return false;
    }
    entry_fault(lx, line, column, "NUL octet; a master file is plain text (UTF-16 is not)");
    return true;
}

/* The octets up to the closing quote; the opening one is taken. */
static void quoted_part(struct lexer *lx, uint32_t line, uint32_t column)
{
    for (;;) {
        int c = peek(lx);
        if (c == END || c == '\n') {
            entry_fault(lx, line, column, "the quote opened here is not closed on its line; close it with \"");
            return;
        }
        take(lx);
        if (c == '"') {
            return;
        }
        if (is_alien(lx, c, line, column)) {
            continue;
        }
        put(lx, c, line, column);
        if (c == '\\' && peek(lx) != END && peek(lx) != '\n') {
            put(lx, take(lx), line, column);
        }
    }
}

/* A word without quotes around it; quoted parts within belong to it. */
static void bare_word(struct lexer *lx, uint32_t line, uint32_t column)
{
    for (;;) {
        int c = peek(lx);
        if (c == END || c == '\n' || is_blank(c) || c == ';' || c == '(' || c == ')') {
            return;
        }
        take(lx);
        if (is_alien(lx, c, line, column)) {
            continue;
        }
        put(lx, c, line, column);
        if (c == '"') {
            quoted_part(lx, line, column);
            put(lx, '"', line, column);
        } else if (c == '\\') {
            if (peek(lx) == END || peek(lx) == '\n' || peek(lx) == '\r') {
                entry_fault(lx, line, column, "a backslash ends the line; it must stand before a character");
                return;
            }
            put(lx, take(lx), line, column);
        }
    }
}

static void word(struct lexer *lx)
{
    struct lex_file *f = lex_top(lx);
    uint32_t line = f->line, column = f->column;
    size_t start = lx->text_len;
    bool quoted = peek(lx) == '"';
    if (quoted) {
        take(lx);
        quoted_part(lx, line, column);
    } else {
        bare_word(lx, line, column);
    }
    if (lx->bad) {
        return;
    }
    if (lx->count == ZONEFILE_RECORD_TOKENS_MAX) {
        entry_fault(lx, line, column, "more than %d words in one record; is a closing parenthesis missing?",
                    ZONEFILE_RECORD_TOKENS_MAX);
        return;
    }
    lx->tokens[lx->count++] = (struct token){.text = lx->text + start,
                                             .len = (uint32_t)(lx->text_len - start),
                                             .quoted = quoted,
                                             .column = column,
                                             .line = line};
}

static void skip_comment(struct lexer *lx)
{
    while (peek(lx) != END && peek(lx) != '\n') {
        take(lx);
    }
}

static void parenthesis(struct lexer *lx, int c)
{
    struct lex_file *f = lex_top(lx);
    uint32_t line = f->line, column = f->column;
    take(lx);
    if (c == '(') {
        if (lx->parens++ == 0) {
            lx->open_line = line;
            lx->open_column = column;
        }
    } else if (lx->parens == 0) {
        entry_fault(lx, line, column, "')' without a '(' before it; remove it");
    } else {
        lx->parens--;
    }
}

/* ---- entries ---- */

/* Up to the end of the entry's last line. False: the file ends, and there was nothing. */
static bool read_entry(struct lexer *lx)
{
    bool any = false;
    for (;;) {
        int c = peek(lx);
        if (c == END) {
            if (lx->parens > 0) {
                entry_fault(lx, lx->open_line, lx->open_column, "the '(' opened here is never closed; add a ')'");
            }
            return any;
        }
        any = true;
        if (c == '\n') {
            take(lx);
            if (lx->parens == 0) {
                return true;
            }
        } else if (is_blank(c)) {
            take(lx);
        } else if (c == ';') {
            skip_comment(lx);
        } else if (c == '(' || c == ')') {
            parenthesis(lx, c);
        } else {
            word(lx);
        }
    }
}

/* The mark that some editors put before UTF-8 text. */
static void skip_byte_order_mark(struct lexer *lx)
{
    static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
    struct lex_file *f = lex_top(lx);
    if (f->line == 1 && f->column == 1 && !f->fixed && peek(lx) == mark[0] && f->have - f->at >= sizeof mark &&
        memcmp(f->text + f->at, mark, sizeof mark) == 0) {
        f->at += sizeof mark;
    }
}

enum lex_result lex_next(struct lexer *lx)
{
    skip_byte_order_mark(lx);
    for (;;) {
        lx->count = lx->text_len = lx->parens = 0;
        lx->bad = false;
        lx->indented = peek(lx) == ' ' || peek(lx) == '\t';
        if (!read_entry(lx)) {
            return LEX_END;
        }
        if (lx->bad) {
            return LEX_BAD;
        }
        if (lx->count > 0) {
            return LEX_ENTRY;
        }
    }
}
