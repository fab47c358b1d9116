/*
 * options.h - the table of settings (options.def), ready for use
 *
 * The reader of the configuration walks it to know what a key means, and docs/options.md is printed from it
 * (tools/options-doc). Pure.
 */
#ifndef RAIZ_CONFIG_OPTIONS_H
#define RAIZ_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_KINDS(X)                                                                                                \
    X(COUNT, "number")                                                                                                 \
    X(COUNT_OR_AUTO, "number, or auto")                                                                                \
    X(SIZE, "size")                                                                                                    \
    X(DURATION, "duration")                                                                                            \
    X(DURATION_MS, "duration")                                                                                         \
    X(BOOL, "true or false")                                                                                           \
    X(MINIMISE, "word")                                                                                                \
    X(DNSSEC, "word")                                                                                                  \
    X(LOG_LEVEL, "word")                                                                                               \
    X(LOG_FORMAT, "word")                                                                                              \
    X(CALLS, "word")                                                                                                   \
    X(USER, "user name")                                                                                               \
    X(PATH, "path")                                                                                                    \
    X(TEXT_OR_HIDDEN, "text, or hidden")                                                                               \
    X(NAME, "domain name")                                                                                             \
    X(ADDRESS, "address")                                                                                              \
    X(ADDRESSES, "list of addresses")                                                                                  \
    X(PREFIXES, "list of prefixes")                                                                                    \
    X(SERVERS, "list of addresses or host names")                                                                      \
    X(EXEMPT, "list of domain names or maps")                                                                          \
    X(DATE, "date")                                                                                                    \
    X(ANCHORS, "list of records")                                                                                      \
    X(FORWARD, "list of maps")                                                                                         \
    X(ZONE_TTL, "list of maps")                                                                                        \
    X(WARM, "list of questions")                                                                                       \
    X(STUB, "list of maps")                                                                                            \
    X(REFUSED, "true or false")                                                                                        \
    X(SECTION, "section")
enum option_kind {
#define X(name, text) OPTION_##name,
    OPTION_KINDS(X)
#undef X
};
const char *option_kind_text(enum option_kind kind);

struct option {
    const char *key;  /* "section.name", or "name" at the top */
    const char *list; /* a key of the maps in this list, else NULL */
    enum option_kind kind;
    bool stored; /* false: known and checked, without effect yet */
    bool live;
    size_t offset, width; /* of the member of struct settings */
    size_t count_offset;  /* lists: of member_count */
    const char *dflt;     /* as text; "" none */
    uint64_t min, max;
    const char *only, *reason; /* OPTION_REFUSED */
    const char *help;
};

enum {
    OPTION_ROWS = 0
#define SECTION(name, help)                                        +1
#define OPTION(key, kind, member, dflt, min, max, when, help)      +1
#define OPTION_LIST(key, kind, member, dflt, min, max, when, help) +1
#define OPTION_UNUSED(key, kind, help)                             +1
#define OPTION_REFUSED(key, only, reason, help)                    +1
#define OPTION_ITEM(list, key, kind, min, max, help)               +1
#include "resolver/config/options.def"
};
/* In the order of options.def; the rows of a section follow its own (OPTION_SECTION, key "" at the top). */
extern const struct option options[OPTION_ROWS];

/* "section" "name" -> row; section "" is the top, where sections themselves are found too. NULL: unknown. */
const struct option *option_find(const char *section, const char *name);
const struct option *option_find_item(const char *list, const char *name);

/* What was probably meant by an unknown key, or else what is known, for a hint. */
#define OPTION_HINT_MAX 400
const char *option_suggest(const char *section, const char *name, char buf[static OPTION_HINT_MAX]);
const char *option_suggest_item(const char *list, const char *name, char buf[static OPTION_HINT_MAX]);

/* A list that several files may add to. */
bool option_is_list(enum option_kind kind);

/* "a size from 1M to 1T, such as 256M" */
const char *option_expected(const struct option *o, char buf[static OPTION_HINT_MAX]);
/* The allowed range of values, "1M to 1T", or "" */
const char *option_range(const struct option *o, char buf[static OPTION_HINT_MAX]);

/* Words of MINIMISE, DNSSEC, LOG_LEVEL; NULL ends. */
struct option_word {
    const char *word;
    unsigned value;
};
const struct option_word *option_words(enum option_kind kind);

#endif
