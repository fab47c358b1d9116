/*
 * zonefile_lex.h - a master file as entries of words
 *
 * The lexer turns octets into entries (RFC 1035 section 5.1): one line, or several between parentheses, comments gone.
 * It reads files in pieces and keeps one entry at a time, so memory does not grow with the file. Files are a stack: an
 * $INCLUDE pushes one. What is not text (NUL octets), quotes and parentheses that never close, and entries beyond the
 * limits are faults: told once an entry, with the place; reading goes on behind it.
 *
 * Memory: 2.6 MiB, untouched as long as entries are short. Threads: values.
 */
#ifndef RAIZ_ZONES_ZONEFILE_LEX_H
#define RAIZ_ZONES_ZONEFILE_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dns/text.h"
#include "zones/zonefile.h"

#define LEX_TEXT_MAX  (1024 * 1024) /* of one entry: 65535 octets as \DDD, four times over */
#define LEX_PIECE     16384        /* read at a time */
#define LEX_NAME_MAX  256
#define LEX_DEPTH_MAX (ZONEFILE_INCLUDE_DEPTH + 2) /* the first file; and what a $GENERATE in the deepest makes */

struct lex_file {
    char name[LEX_NAME_MAX]; /* for messages */
    int fd;                  /* -1: text in memory */
    dev_t dev;               /* which file it is, to find one that includes itself */
    ino_t ino;
    const char *text; /* the piece at hand, or all */
    size_t at, have;
    bool fixed; /* generated text: its place is that of its directive */
    uint32_t line, column;
    char *piece; /* LEX_PIECE, of files */
};

struct lexer {
    struct zonefile *zf; /* takes the faults */
    struct lex_file file[LEX_DEPTH_MAX];
    size_t depth; /* files open */
    struct token *tokens;
    char *text;
    size_t count, text_len;
    bool indented;                   /* the entry begins with a blank: it has the owner of the one before */
    bool bad;                        /* a fault was told; the rest of the entry is skipped */
    uint32_t open_line, open_column; /* of the outermost parenthesis */
    size_t parens;
};

enum lex_result {
    LEX_ENTRY, /* tokens[0 .. count-1], count > 0 */
    LEX_BAD,   /* an entry with a fault, told already */
    LEX_END,   /* of the innermost file */
};

bool lex_init(struct lexer *lx, struct zonefile *zf); /* false: out of memory */
void lex_release(struct lexer *lx);
/* All false: too deep, or out of memory. */
bool lex_push_fd(struct lexer *lx, const char *name, int fd, dev_t dev, ino_t ino); /* takes fd, also on failure */
bool lex_push_text(struct lexer *lx, const char *name, const char *text, size_t n);
/* Text whose every word stands at line:column of the file at hand. */
bool lex_push_generated(struct lexer *lx, const char *text, size_t n, uint32_t line, uint32_t column);
void lex_pop(struct lexer *lx);

enum lex_result lex_next(struct lexer *lx);

static inline struct lex_file *lex_top(struct lexer *lx)
{
    return &lx->file[lx->depth - 1];
}

/* Tells a fault at a place of the file at hand. */
void lex_fault(struct lexer *lx, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The same at a word; index = count: behind the last. */
void lex_fault_at(struct lexer *lx, size_t token, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Without a file at hand. */
void zonefile_fault(struct zonefile *zf, const char *file, uint32_t line, uint32_t column, const char *message);

#endif
