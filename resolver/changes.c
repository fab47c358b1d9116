/*
 * changes.c - which changed settings a reload cannot take
 */
#include "resolver/changes.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "resolver/config/options.h"

static const void *member(const struct settings *s, size_t offset)
{
    return (const char *)s + offset;
}

static bool same_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return *x == NULL || *y == NULL ? *x == *y : strcmp(*x, *y) == 0;
}

static bool same_addresses(const struct option *o, const struct settings *a, const struct settings *b)
{
    const struct addr *const *x = member(a, o->offset), *const *y = member(b, o->offset);
    size_t n = *(const size_t *)member(a, o->count_offset);
    bool same = n == *(const size_t *)member(b, o->count_offset);
    for (size_t i = 0; same && i < n; i++) {
        same = addr_equal(&(*x)[i], &(*y)[i]);
    }
    return same;
}

static bool same(const struct option *o, const struct settings *a, const struct settings *b)
{
    switch (o->kind) {
    case OPTION_PATH:
    case OPTION_TEXT_OR_HIDDEN:
        return same_text(member(a, o->offset), member(b, o->offset));
    case OPTION_ADDRESSES:
        return same_addresses(o, a, b);
    case OPTION_COUNT:
    case OPTION_COUNT_OR_AUTO:
    case OPTION_SIZE:
    case OPTION_DURATION:
    case OPTION_BOOL:
        return memcmp(member(a, o->offset), member(b, o->offset), o->width) == 0;
    default:
        return true; /* no option of another kind needs a restart */
    }
}

size_t changes_for_restart(const struct settings *old, const struct settings *new, char *keys, size_t cap)
{
    size_t count = 0, at = 0;
    keys[0] = '\0';
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->list != NULL || !o->stored || o->live || o->kind == OPTION_SECTION || same(o, old, new)) {
            continue;
        }
        int n = snprintf(keys + at, cap - at, "%s%s", count++ > 0 ? ", " : "", o->key);
        at = n < 0 || (size_t)n >= cap - at ? cap - 1 : at + (size_t)n;
    }
    return count;
}
