/*
 * lookups.h - questions of an examination, each asked once, and all at once
 *
 * An examination (such as mailroute) is a pure function that reads answers from here. What it needs and is not known
 * yet it gets as NULL, and goes on without; then all that was missed is asked in one round, and the examination is done
 * anew, from the beginning, until nothing is missing:
 *
 *     do { report = examine(&lookups); } while (lookups_run(&lookups));
 *
 * So the code of an examination reads as if answers were at hand, and there are as many rounds as the longest chain of
 * questions that follow from answers. A test gives the answers itself (lookups_put).
 *
 * Memory: names, records and texts live in the arena until lookups_release().
 */
#ifndef RAIZ_RAIZCTL_LOOKUPS_H
#define RAIZ_RAIZCTL_LOOKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/arena.h"
#include "dns/msg.h"
#include "dns/name.h"

#define LOOKUPS_MAX     400 /* questions of one examination; a domain that wants more is cut short */
#define LOOKUP_TEXT_MAX 320
#define LOOKUP_ALIASES  16

struct lookup_rr {
    const uint8_t *rdata;
    uint16_t len;
    uint32_t ttl_s;
};

struct lookup {
    struct dname_buf qname;
    uint16_t qtype;
    bool done;
    const char *error; /* why there is no answer at all; NULL when there is one */
    bool timed_out;
    uint16_t rcode;
    bool secure;            /* AD: the server has validated it, also that there is nothing */
    bool alias;             /* the name is one */
    struct dname_buf owner; /* where the aliases end */
    size_t count;           /* records of the type */
    const struct lookup_rr *rr;
    char why[LOOKUP_TEXT_MAX]; /* "" or the extended error, in words */
};

struct lookups {
    struct addr server;
    unsigned timeout_ms;
    bool tcp;
    bool full; /* something was left out: LOOKUPS_MAX, or no memory */
    struct arena arena;
    struct lookup *list[LOOKUPS_MAX];
    size_t count, rounds;
};

void lookups_init(struct lookups *l);
void lookups_release(struct lookups *l);

/* The answer; NULL when it must be asked for first, or cannot be. */
const struct lookup *lookups_get(struct lookups *l, struct dname name, uint16_t type);
/* Asks what lookups_get() did not know. False: there was nothing to ask. */
bool lookups_run(struct lookups *l);
/* The answer to a question, from a message. */
void lookups_put(struct lookups *l, struct lookup *about, const uint8_t *wire, size_t n);

/* No answer, or one that tells nothing (SERVFAIL, REFUSED and the like). */
bool lookup_failed(const struct lookup *l);
/* Why, in words; into buf. */
const char *lookup_failure(const struct lookup *l, char buf[static LOOKUP_TEXT_MAX]);

#endif
