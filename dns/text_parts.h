/*
 * text_parts.h - what the files of text.h share
 *
 * Inside dns/ only. Printing: text.c walks the fields and asks text_odd.c and text_svcb.c about the kinds with an inner
 * structure. Scanning: text_scan.c walks, text_scan_odd.c and text_svcb.c do the odd ones; they take words from a
 * struct scan, which also remembers what to say when a word is wrong.
 */
#ifndef RAIZ_DNS_TEXT_PARTS_H
#define RAIZ_DNS_TEXT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/base.h"
#include "dns/bytes.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/text.h"

/* Small lists of mnemonics. */
enum text_list {
    WORDS_ALGORITHM, /* DNSSEC algorithms */
    WORDS_CERT,      /* certificate types (RFC 4398 section 2.1) */
    WORDS_SCHEME,    /* DSYNC schemes (RFC 9859) */
    WORDS_PROTOCOL,  /* IP protocols that WKS is about */
};
const char *text_word(enum text_list list, unsigned code);                            /* NULL: it has none */
bool text_word_scan(enum text_list list, const char *text, size_t n, uint16_t *code); /* any case */

/* Numbers without sign, decimal. DNS_E_SYNTAX: no number; DNS_E_RANGE: more than max. */
enum dns_err text_number(const char *text, size_t n, uint64_t max, uint64_t *out);
/* Next octet of text with the escapes of RFC 1035 section 5.1; *at < end. False: not a good escape. */
bool text_octet(const char **at, const char *end, uint8_t *out);

/* Printing. */
void text_quoted(struct text *out, const uint8_t *data, size_t n);          /* "as \"this\" or \255" */
void text_escaped(struct text *out, uint8_t octet);                         /* one octet within quotes */
void text_ip(struct text *out, const uint8_t *ip, size_t n);                /* n: 4 or 16 */
void text_time(struct text *out, uint32_t seconds);                         /* YYYYMMDDHHMMSS */
enum dns_err text_time_scan(const char *text, size_t n, uint32_t *seconds); /* either form */
bool text_when_empty(enum rdata_field kind); /* does it print as something ("", -) when there are no octets for it? */
/* The odd kinds. False: what is there has no text of its own (and perhaps some has been printed). */
bool text_odd(enum rdata_field kind, struct reader *r, struct text *out);
bool text_svcb(struct reader *r, struct text *out);

/* Scanning. */
struct scan {
    const struct token_list *in;
    size_t next; /* word to come */
    struct dname origin;
    struct writer *out;
    size_t start; /* of this rdata in `out` */
    struct scan_error *error;
    const char *type_name;
    const struct rdata_type *type;
    unsigned field;
    const char *what; /* what is being read; NULL: the label of `field` */
};
/* The next word. NULL: there is none, and that is noted as the error. */
const struct token *scan_any(struct scan *s);
/* Likewise, but it must not be quoted. */
const struct token *scan_word(struct scan *s);
bool scan_more(const struct scan *s); /* are there words left? */

/* All of these return false, after noting the error. "TYPE what must be EXPECTED, not 'word'", about the last word. */
bool scan_expected(struct scan *s, enum dns_err err, const char *expected);
/* "TYPE what 'word' " and a text of its own, about the last word. */
bool scan_wrong(struct scan *s, enum dns_err err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Likewise without the word, when several of them are at fault together. */
bool scan_unfit(struct scan *s, enum dns_err err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Each takes what it needs from the words and writes to s->out, or gives the value back. */
bool scan_number(struct scan *s, uint64_t max, uint64_t *out);
bool scan_name(struct scan *s);
bool scan_ip(struct scan *s, const char *text, size_t n, size_t ip_len);
/* The word just taken, or all words that are left. */
bool scan_base(struct scan *s, enum base base, const struct token *word);
bool scan_base_rest(struct scan *s, enum base base);
bool scan_field(struct scan *s, enum rdata_field kind);
bool scan_odd(struct scan *s, enum rdata_field kind);
bool scan_svcb(struct scan *s);

#endif
