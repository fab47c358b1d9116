/*
 * report.h - errors of a text, collected and shown where they are
 *
 *     raiz.yaml:3:15: cache.size: '64 megs' is not a size
 *        3 | cache: {size: 64 megs}
 *          |               ^~~~~~~
 *          = a size from 1M to 1T, such as 256M
 *
 * Whoever finds an error says where, what, and what would be right; all of them are shown in the order of the file. The
 * text comes from a file that may hold anything, so what is shown of it is made printable, and long lines are cut
 * around the place.
 *
 * A report may be about several files that are read one after the other; each place knows its own.
 *
 * Memory: entries live in the report's own arena, which is bounded; errors beyond REPORT_SHOWN are counted. Borrows the
 * texts and names. Threads: one at a time.
 */
#ifndef RAIZ_CONFIG_REPORT_H
#define RAIZ_CONFIG_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "dns/arena.h"
#include "resolver/config/config.h"

#define REPORT_SHOWN     20
#define REPORT_WORD      64 /* of a wrong value so many octets are quoted */
#define REPORT_FILES_MAX 66 /* raiz.yaml, what conf.d may hold, and what stands above them */

struct place {
    uint32_t line, column; /* from 1; line 0: the file as a whole */
    uint32_t width;        /* characters to underline */
    uint32_t file;         /* which of the report's files */
};

struct report_entry;

struct report_file {
    const char *name; /* as the user wrote it */
    const char *text;
    size_t n;
};

struct report {
    struct report_file file[REPORT_FILES_MAX];
    uint32_t files; /* the last one is being read */
    struct arena arena;
    struct report_entry *first;
    size_t count; /* errors found, shown or not */
};

void report_init(struct report *r, const char *name, const char *text, size_t n);
/* One more file: what is added from now on is of that one, if its place does not say otherwise. There is room. */
void report_next(struct report *r, const char *name, const char *text, size_t n);
const struct report_file *report_current(const struct report *r);
void report_release(struct report *r);
/* hint: what would be right; NULL: the message says it all. Line breaks and other control characters do not get
 * through. */
void report_add(struct report *r, struct place at, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Writes all errors to out->text (NULL if memory has run out) and their number to out->count. */
void report_finish(const struct report *r, struct config_errors *out);

/* text[0..n) as one printable word of at most REPORT_WORD octets, "..." where it was cut. */
const char *report_quote(const char *text, size_t n, char buf[static REPORT_WORD + 4]);

#endif
