/*
 * question.h - what to ask, from the words of the command line
 *
 * NAME, TYPE and @SERVER in any order: a word that is a record type is the type, unless there is no other name. An
 * address is asked for in reverse (PTR of its name under in-addr.arpa or ip6.arpa, RFC 1035 section 3.5, RFC 3596
 * section 2.5).
 */
#ifndef RAIZ_RAIZCTL_QUESTION_H
#define RAIZ_RAIZCTL_QUESTION_H

#include "dns/addr.h"
#include "dns/limits.h"
#include "dns/name.h"
#include "dns/types.h"
#include "tools/raizctl/raizctl.h"

struct question {
    struct dname_buf qname;
    uint16_t qtype;
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX]; /* the same as text */
    const char *server;                                 /* @SERVER or --server; NULL: raizd */
};

/* Exit code; an error was printed. */
int question_read(struct ctl *ctl, struct question *q);

/* The name of an address in the reverse tree. */
void reverse_name(const struct addr *a, char name[static DNAME_TEXT_MAX]);

#endif
