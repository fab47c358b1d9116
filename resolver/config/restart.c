/*
 * restart.c - which changes of the configuration a running daemon cannot take
 */
#include <string.h>

#include "dns/text.h"
#include "resolver/config/config.h"
#include "resolver/config/options.h"

static const void *member(const struct settings *s, size_t offset)
{
    return (const char *)s + offset;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_list(const struct option *o, const struct settings *a, const struct settings *b)
{
    size_t n = *(const size_t *)member(a, o->count_offset), m = *(const size_t *)member(b, o->count_offset);
    size_t size = o->kind == OPTION_ADDRESSES ? sizeof(struct addr) : sizeof(struct addr_prefix);
    const void *const *x = member(a, o->offset), *const *y = member(b, o->offset);
    return n == m && (n == 0 || memcmp(*x, *y, n * size) == 0);
}

static bool same(const struct option *o, const struct settings *a, const struct settings *b)
{
    switch (o->kind) {
    case OPTION_PATH:
    case OPTION_TEXT_OR_HIDDEN:
        return same_text(*(char *const *)member(a, o->offset), *(char *const *)member(b, o->offset));
    case OPTION_ADDRESSES:
    case OPTION_PREFIXES:
        return same_list(o, a, b);
    default:
        return memcmp(member(a, o->offset), member(b, o->offset), o->width) == 0;
    }
}

size_t settings_restart(const struct settings *now, const struct settings *wanted, char *keys, size_t cap)
{
    struct text out = text_of(keys, cap);
    size_t count = 0;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->stored && !o->live && !same(o, now, wanted)) {
            text_addf(&out, "%s%s", count > 0 ? ", " : "", o->key);
            count++;
        }
    }
    return count;
}
