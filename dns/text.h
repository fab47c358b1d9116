/*
 * text.h - records as zone-file text, both ways
 *
 * The presentation format of RFC 1035 section 5.1 and of each type's own RFC. Printing is canonical (one line, one
 * blank between fields, names absolute, no parentheses), so print -> scan gives the same octets and scan -> print is a
 * fixed point. Types without a line in rdata.def, and rdata that does not fit its type, print as \# (RFC 3597 section 5),
 * and \# is scanned for every type.
 */
#ifndef RAIZ_DNS_TEXT_H
#define RAIZ_DNS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/err.h"
#include "dns/name.h"
#include "dns/types.h"

/* A growing string with a cap: text is cut at the cap and `cut` says so. buf is always NUL-terminated (cap > 0). */
struct text {
    char *buf;
    size_t len, cap;
    bool cut;
};
struct text text_of(char *buf, size_t cap);
void text_add(struct text *t, const char *s);
void text_addn(struct text *t, const char *s, size_t n);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_name(struct text *t, struct dname n);

void rdata_print(uint16_t type, const uint8_t *rdata, uint16_t len, struct text *out);
/* "owner TTL CLASS TYPE rdata", blanks or tabs between, no newline. */
void rr_print(struct dname owner, uint32_t ttl_s, uint16_t rclass, uint16_t type, const uint8_t *rdata, uint16_t len,
              struct text *out);

/* The words of one record's rdata as the zone-file reader hands them over: already split at blanks, comments and
 * parentheses gone; escapes still in place. A quote that opens inside a word belongs to the word with all up to the
 * closing one, blanks included, and the quotes stay: key="a b" is one word of nine characters (RFC 9460 section 2.1).
 * The length has 32 bits because 65535 octets in hex are one word of 131070 characters. */
struct token {
    const char *text;
    uint32_t len;
    bool quoted;     /* stood between double quotes (quotes not included) */
    uint32_t column; /* 1 .. , where it begins; kept for error messages */
    uint32_t line;
};
struct token_list {
    const struct token *tokens;
    size_t count;
};
struct scan_error {
    enum dns_err err;
    size_t token;      /* index of the token at fault; = count when words are missing */
    char message[160]; /* what is wrong and what was expected, one line, no position */
};
/* Tokens -> plain rdata, appended to `out`. Names are completed with `origin`. */
enum dns_err rdata_scan(uint16_t type, const struct token_list *in, struct dname origin, struct writer *out,
                        struct scan_error *error);
/* One line of text -> plain rdata; splits the line itself. For tests, tools and configuration. */
enum dns_err rdata_scan_line(uint16_t type, const char *text, size_t n, struct dname origin, struct writer *out,
                             struct scan_error *error);

/* "3600", "1h30m", "2w" -> seconds (BIND's units s m h d w). */
enum dns_err ttl_scan(const char *text, size_t n, uint32_t *out);

#endif
