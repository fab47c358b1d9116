/*
 * spans.c - the NSEC or NSEC3 records of one zone, in order
 */
#include "cache/spans.h"

#include <stdlib.h>
#include <string.h>

struct span *span_new(const struct rrset *set, uint64_t random)
{
    uint8_t levels = 1;
    for (; levels < SPAN_LEVELS && (random & 3) == 0; random >>= 2) {
        levels++;
    }
    size_t head = sizeof(struct span) + levels * sizeof(struct span *);
    struct span *s = calloc(1, head + set->size_bytes);
    if (s == NULL) {
        return NULL;
    }
    s->levels = levels;
    s->size_bytes = (uint32_t)(head + set->size_bytes);
    struct rrset *copy = (struct rrset *)(void *)&s->next[levels];
    memcpy(copy, set, set->size_bytes);
    struct dname_buf lower;
    dname_lower(rrset_owner(set), &lower);
    memcpy(copy->data, lower.wire, lower.len);
    return s;
}

void span_free(struct span *s)
{
    free(s);
}

/* For each level the place of the pointer to the first span whose owner is not before `name`. */
static void find_links(struct spans *l, struct dname name, struct span **link[static SPAN_LEVELS])
{
    struct span **row = l->first;
    for (unsigned level = SPAN_LEVELS; level-- > 0;) {
        while (row[level] != NULL && dname_compare(span_owner(row[level]), name) < 0) {
            row = row[level]->next;
        }
        link[level] = &row[level];
    }
}

void spans_insert(struct spans *l, struct span *s)
{
    struct span **link[SPAN_LEVELS];
    find_links(l, span_owner(s), link);
    for (unsigned i = 0; i < s->levels; i++) {
        s->next[i] = *link[i];
        *link[i] = s;
    }
    l->count++;
}

void spans_remove(struct spans *l, struct span *s)
{
    struct span **link[SPAN_LEVELS];
    find_links(l, span_owner(s), link);
    for (unsigned i = 0; i < s->levels; i++) {
        *link[i] = s->next[i];
    }
    l->count--;
}

struct span *spans_at_or_before(const struct spans *l, struct dname name)
{
    struct span *const *row = l->first;
    struct span *found = NULL;
    for (unsigned level = SPAN_LEVELS; level-- > 0;) {
        while (row[level] != NULL && dname_compare(span_owner(row[level]), name) <= 0) {
            found = row[level];
            row = found->next;
        }
    }
    return found;
}

struct span *spans_last(const struct spans *l)
{
    struct span *const *row = l->first;
    struct span *found = NULL;
    for (unsigned level = SPAN_LEVELS; level-- > 0;) {
        while (row[level] != NULL) {
            found = row[level];
            row = found->next;
        }
    }
    return found;
}
