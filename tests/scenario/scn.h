/*
 * scn.h - scenario files: statements, pieces, words
 *
 * A statement is a line and the indented lines after it. Two or more blanks, or a line end, divide it into pieces;
 * single blanks divide a piece into words. A record is one piece:
 *
 *     server 192.0.2.12 zone test.  www 300 A 198.51.100.7  mail A 198.51.100.8
 *     ask    www.test. A  expect NOERROR  www.test. 300 A 198.51.100.7  sent 192.0.2.12 once
 *
 * A comment begins with # at the start of a line or after two blanks. The statements are told in
 * tests/scenario/README.md.
 *
 * Memory: a script borrows the file's text. Errors end the program with file:line.
 */
#ifndef RAIZ_SCENARIO_SCN_H
#define RAIZ_SCENARIO_SCN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/name.h"

struct word {
    const char *text; /* not NUL-terminated */
    size_t len;
    bool first; /* of a piece */
};

struct statement {
    struct word *words;
    size_t count;
    unsigned line;
};

struct script {
    const char *path;
    char *text;
    struct statement *statements;
    size_t count;
};

/* Where we are in a statement. */
struct words {
    const struct script *script;
    const struct statement *st;
    size_t at;
};

void script_load(const char *path, struct script *out);
/* The same of a text (malloc'ed, becomes the script's); `path` is what it is called in errors. */
void script_parse(const char *path, char *text, struct script *out);
void script_free(struct script *s);

_Noreturn void words_fail(const struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool words_more(const struct words *w);
/* The next word without taking it; .len 0 at the end. */
struct word words_peek(const struct words *w);
struct word words_take(struct words *w, const char *what);
bool word_is(struct word w, const char *text);
/* Takes the next word if it is this one. */
bool words_accept(struct words *w, const char *text);
/* Does the next word begin a piece? */
bool words_at_piece(const struct words *w);

struct dname words_name(struct words *w, const struct dname *origin, struct dname_buf *out);
uint16_t words_type(struct words *w);
struct addr words_addr(struct words *w);
uint64_t words_number(struct words *w);
uint64_t words_time_us(struct words *w); /* 3s 250ms 10us 2m 1h */
bool words_on(struct words *w);          /* on | off */

/* A record as written: owner [ttl] [class] type rdata. */
struct record {
    struct dname_buf owner;
    bool has_ttl;
    uint32_t ttl_s;
    uint16_t type, rclass;
    uint16_t len;
    uint8_t *rdata; /* malloc'ed */
};
struct records {
    struct record *record;
    size_t count;
};
/* Takes one piece and appends its record; `repeat N owner ...` gives N records, with each % replaced by 1 .. N. */
void words_records(struct words *w, struct dname origin, struct records *out);
void records_free(struct records *r);

#endif
