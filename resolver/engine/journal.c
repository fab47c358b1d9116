/*
 * journal.c - the words of journal events
 */
#include "resolver/engine/journal.h"

#include <stddef.h>

const char *journal_kind_name(enum journal_kind k)
{
    static const char *const words[] = {
#define X(name, word, text) [JOURNAL_##name] = word,
        JOURNAL_KINDS(X)
#undef X
    };
    size_t i = (size_t)k;
    return i < sizeof words / sizeof words[0] ? words[i] : "unknown";
}

const char *journal_kind_text(enum journal_kind k)
{
    static const char *const texts[] = {
#define X(name, word, text) [JOURNAL_##name] = text,
        JOURNAL_KINDS(X)
#undef X
    };
    size_t i = (size_t)k;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "does something unknown";
}
