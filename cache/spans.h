/*
 * spans.h - the NSEC or NSEC3 records of one zone, in order
 *
 * A skip list of owner names in canonical order (RFC 4034 section 6.1). It serves both kinds of record: base32hex keeps
 * the order of what it writes (RFC 4648 section 7), so NSEC3 owners in the order of names are hashes in the order of
 * numbers.
 *
 *     level 2   first ------------------> c ----------------> NULL
 *     level 1   first --------> b ------> c --------> e ----> NULL
 *     level 0   first -> a ---> b ------> c --> d --> e ----> NULL      each: | struct span | next[levels] | RRset |
 *
 * The heights come from a keyed hash of the owner, so that a zone's owner cannot choose names that make the list slow.
 *
 * Memory: a span is one malloc'ed piece, made by span_new and freed by span_free, not by the list. Threads: the owner's
 * (denial.c).
 */
#ifndef RAIZ_CACHE_SPANS_H
#define RAIZ_CACHE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"

#define SPAN_LEVELS 12 /* a quarter of the spans of each level rise to the next: enough for 4^12 */

struct span {
    struct span *older, *newer; /* in the order of arrival, of all zones */
    void *zone;
    uint64_t expires_us;
    uint32_t size_bytes;
    _Atomic bool used; /* since it was last looked at for eviction */
    uint8_t levels;
    struct span *next[]; /* then the RRset, its owner in lower case */
};

struct spans {
    struct span *first[SPAN_LEVELS];
    size_t count;
};

static inline const struct rrset *span_set(const struct span *s)
{
    return (const struct rrset *)(const void *)&s->next[s->levels];
}

static inline struct dname span_owner(const struct span *s)
{
    return rrset_owner(span_set(s));
}

/* A copy of the set, not in any list. `random` decides on its height. NULL: out of memory. */
struct span *span_new(const struct rrset *set, uint64_t random);
void span_free(struct span *s);

/* No span with this owner may be there. */
void spans_insert(struct spans *l, struct span *s);
void spans_remove(struct spans *l, struct span *s);
/* The last one whose owner is not after `name`; NULL: all are. */
struct span *spans_at_or_before(const struct spans *l, struct dname name);
struct span *spans_last(const struct spans *l); /* NULL: empty */
/* The next one, behind the last the first. */
static inline struct span *spans_after(const struct spans *l, const struct span *s)
{
    return s->next[0] != NULL ? s->next[0] : l->first[0];
}

#endif
