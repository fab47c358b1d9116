/*
 * spf.h - the text of an SPF record (RFC 7208), taken apart
 *
 * Pure: octets in, a value out. What a record costs in lookups is counted where its includes can be looked up
 * (mail_spf.c).
 */
#ifndef RAIZ_RAIZCTL_SPF_H
#define RAIZ_RAIZCTL_SPF_H

#include <stdbool.h>
#include <stddef.h>

#define SPF_TERMS_MAX   128
#define SPF_LOOKUPS_MAX 10 /* RFC 7208 section 4.6.4 */
#define SPF_VOID_MAX    2  /* the same section */
#define SPF_MX_MAX      10 /* the same section: names of one "mx" */
#define SPF_ERROR_MAX   160

enum spf_kind {
    SPF_ALL,
    SPF_INCLUDE,
    SPF_A,
    SPF_MX,
    SPF_PTR,
    SPF_IP4,
    SPF_IP6,
    SPF_EXISTS,
    SPF_REDIRECT,
    SPF_EXP,
    SPF_UNKNOWN_MODIFIER,
};

struct spf_term {
    enum spf_kind kind;
    char qualifier;     /* '+', '-', '~' or '?'; of modifiers 0 */
    const char *domain; /* within the text; NULL: none, the domain itself is meant */
    size_t domain_len;
    bool macro; /* the domain depends on who sends */
};

struct spf {
    struct spf_term terms[SPF_TERMS_MAX];
    size_t count;
    const struct spf_term *redirect, *all; /* NULL: none */
    char error[SPF_ERROR_MAX];             /* "" or what is wrong: every receiver sees a permanent error */
};

/* "v=spf1", alone or with terms behind: is this text meant as an SPF record? */
bool spf_is(const char *text, size_t n);
/* Takes apart a text for which spf_is() holds. False: out->error says why not. `out` borrows the text. */
bool spf_parse(const char *text, size_t n, struct spf *out);
/* Does a term cost one of the ten lookups? */
bool spf_costs(enum spf_kind kind);

#endif
