/*
 * record.h - an NSEC or NSEC3 record, whichever the zone has
 *
 * What the store of spans (denial.c) asks of one, so that it need not know which kind it holds. Pure.
 */
#ifndef RAIZ_CACHE_RECORD_H
#define RAIZ_CACHE_RECORD_H

#include "cache/denial.h"
#include "cache/spans.h"

/* What all records of a zone have in common. */
struct chain {
    bool nsec3;
    uint8_t salt_len;
    uint16_t iterations;
    uint8_t salt[DENIAL_SALT_MAX];
};

struct record {
    bool nsec3;
    struct nsec nsec;
    struct nsec3 hashed;
};

/* False: it does not speak for this zone, or says what is not to be used (denial.h). */
bool record_read(struct dname zone, const struct rrset *set, struct record *out);
/* Ends so close that somebody made it up for one question. */
bool record_is_narrow(const struct record *r);
struct chain record_chain(const struct record *r);
bool record_same_chain(const struct chain *a, const struct chain *b);
/* Does it cover the owner of a span of its own chain? */
bool record_covers_owner(const struct record *r, struct dname zone, const struct span *s);
/* The same the other way round. */
bool record_covered_by(const struct record *r, struct dname zone, const struct span *s);

#endif
