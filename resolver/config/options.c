/*
 * options.c - the table of settings (options.def), ready for use
 */
#include "resolver/config/options.h"

#include <stdio.h>
#include <string.h>

#include "dns/text.h"
#include "resolver/config/config.h"
#include "resolver/config/suggest.h"
#include "resolver/config/value.h"

#define OFFSET(member) offsetof(struct settings, member)
#define WIDTH(member)  sizeof(((struct settings *)0)->member)
enum { RESTART = 0, LIVE = 1 };

const struct option options[OPTION_ROWS] = {
#define SECTION(name, help_) {.key = (name), .kind = OPTION_SECTION, .dflt = "", .help = (help_)},
#define OPTION(key_, kind_, member, dflt_, min_, max_, when, help_)                                                    \
    {.key = (key_),                                                                                                    \
     .kind = OPTION_##kind_,                                                                                           \
     .stored = true,                                                                                                   \
     .live = (when) == LIVE,                                                                                           \
     .offset = OFFSET(member),                                                                                         \
     .width = WIDTH(member),                                                                                           \
     .dflt = (dflt_),                                                                                                  \
     .min = (min_),                                                                                                    \
     .max = (max_),                                                                                                    \
     .help = (help_)},
#define OPTION_LIST(key_, kind_, member, dflt_, min_, max_, when, help_)                                               \
    {.key = (key_),                                                                                                    \
     .kind = OPTION_##kind_,                                                                                           \
     .stored = true,                                                                                                   \
     .live = (when) == LIVE,                                                                                           \
     .offset = OFFSET(member),                                                                                         \
     .count_offset = OFFSET(member##_count),                                                                           \
     .dflt = (dflt_),                                                                                                  \
     .min = (min_),                                                                                                    \
     .max = (max_),                                                                                                    \
     .help = (help_)},
#define OPTION_UNUSED(key_, kind_, help_)                                                                              \
    {.key = (key_), .kind = OPTION_##kind_, .live = true, .dflt = "", .max = 4096, .help = (help_)},
#define OPTION_REFUSED(key_, only_, reason_, help_)                                                                    \
    {.key = (key_),                                                                                                    \
     .kind = OPTION_REFUSED,                                                                                           \
     .live = true,                                                                                                     \
     .dflt = (only_),                                                                                                  \
     .only = (only_),                                                                                                  \
     .reason = (reason_),                                                                                              \
     .help = (help_)},
#define OPTION_ITEM(list_, key_, kind_, min_, max_, help_)                                                             \
    {.key = (key_), .list = (list_), .kind = OPTION_##kind_, .dflt = "", .min = (min_), .max = (max_), .help = (help_)},
#include "resolver/config/options.def"
};

const char *option_kind_text(enum option_kind kind)
{
    static const char *const texts[] = {
#define X(name, text) text,
        OPTION_KINDS(X)
#undef X
    };
    return texts[kind];
}

bool option_is_list(enum option_kind kind)
{
    switch (kind) {
    case OPTION_ADDRESSES:
    case OPTION_PREFIXES:
    case OPTION_EXEMPT:
    case OPTION_ANCHORS:
    case OPTION_FORWARD:
    case OPTION_STUB:
    case OPTION_ZONE_TTL:
    case OPTION_WARM:
        return true;
    default:
        return false;
    }
}

/* The part of a key behind its section; NULL if the section is another. */
static const char *key_in(const struct option *o, const char *section)
{
    size_t n = strlen(section);
    if (n == 0) {
        return strchr(o->key, '.') == NULL && o->key[0] != '\0' ? o->key : NULL;
    }
    return strncmp(o->key, section, n) == 0 && o->key[n] == '.' ? o->key + n + 1 : NULL;
}

const struct option *option_find(const char *section, const char *name)
{
    for (size_t pass = 0; pass < 2; pass++) { /* "forward" is a heading of the table and a list: the list is meant */
        for (size_t i = 0; i < OPTION_ROWS; i++) {
            const char *key = options[i].list == NULL ? key_in(&options[i], section) : NULL;
            if (key != NULL && (options[i].kind == OPTION_SECTION) == (pass == 1) && strcmp(key, name) == 0) {
                return &options[i];
            }
        }
    }
    return NULL;
}

const struct option *option_find_item(const char *list, const char *name)
{
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (options[i].list != NULL && strcmp(options[i].list, list) == 0 && strcmp(options[i].key, name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static const char *did_you_mean(const char *best, char buf[static OPTION_HINT_MAX])
{
    snprintf(buf, OPTION_HINT_MAX, "did you mean '%s'?", best);
    return buf;
}

static const char *known_keys(const char *section, char buf[static OPTION_HINT_MAX])
{
    struct text out = text_of(buf, OPTION_HINT_MAX);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        const char *key = o->list == NULL ? key_in(o, section) : NULL;
        if (key != NULL && strchr(key, '.') == NULL && option_find(section, key) == o) { /* not a list's heading */
            text_addf(&out, "%s%s", out.len == 0 ? "known are " : ", ", key);
        }
    }
    return buf;
}

const char *option_suggest(const char *section, const char *name, char buf[static OPTION_HINT_MAX])
{
    struct suggest here = suggest_for(name), anywhere = suggest_for(name);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        const char *key = o->list == NULL ? key_in(o, section) : NULL;
        const char *dot = strchr(o->key, '.');
        if (key != NULL) {
            suggest_offer(&here, key);
        }
        if (o->list == NULL && o->key[0] != '\0') {
            suggest_offer_as(&anywhere, dot != NULL ? dot + 1 : o->key, o->key);
            suggest_offer(&anywhere, o->key);
        }
    }
    const char *best = here.best != NULL && here.distance <= anywhere.distance ? here.best : anywhere.best;
    return best != NULL ? did_you_mean(best, buf) : known_keys(section, buf);
}

const char *option_suggest_item(const char *list, const char *name, char buf[static OPTION_HINT_MAX])
{
    struct suggest s = suggest_for(name);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (options[i].list != NULL && strcmp(options[i].list, list) == 0) {
            suggest_offer(&s, options[i].key);
        }
    }
    if (s.best != NULL) {
        return did_you_mean(s.best, buf);
    }
    struct text out = text_of(buf, OPTION_HINT_MAX);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (options[i].list != NULL && strcmp(options[i].list, list) == 0) {
            text_addf(&out, "%s%s", out.len == 0 ? "known are " : ", ", options[i].key);
        }
    }
    return buf;
}

const struct option_word *option_words(enum option_kind kind)
{
    static const struct option_word minimise[] = {
        {"relaxed", MINIMISE_RELAXED}, {"strict", MINIMISE_STRICT}, {"off", MINIMISE_OFF}, {NULL, 0}};
    static const struct option_word dnssec[] = {
        {"validate", DNSSEC_VALIDATE}, {"permissive", DNSSEC_PERMISSIVE}, {"off", DNSSEC_OFF}, {NULL, 0}};
    static const struct option_word level[] = {
        {"error", LOG_ERROR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}, {NULL, 0}};
    static const struct option_word format[] = {{"text", FORMAT_TEXT}, {"json", FORMAT_JSON}, {NULL, 0}};
    static const struct option_word calls[] = {
        {"deny", CALLS_DENY}, {"kill", CALLS_KILL}, {"off", CALLS_OFF}, {NULL, 0}};
    switch (kind) {
    case OPTION_CALLS:
        return calls;
    case OPTION_MINIMISE:
        return minimise;
    case OPTION_DNSSEC:
        return dnssec;
    case OPTION_LOG_LEVEL:
        return level;
    case OPTION_LOG_FORMAT:
        return format;
    default:
        return NULL;
    }
}

static void print_words(enum option_kind kind, struct text *out)
{
    const struct option_word *w = option_words(kind);
    /* -Wanalyzer-null-dereference: only kinds that are written as words are asked for */
    for (size_t i = 0; w[i].word != NULL; i++) {
        text_addf(out, "%s%s", i == 0 ? "" : w[i + 1].word == NULL ? " or " : ", ", w[i].word);
    }
}

const char *option_range(const struct option *o, char buf[static OPTION_HINT_MAX])
{
    char a[VALUE_TEXT_MAX], b[VALUE_TEXT_MAX];
    struct text out = text_of(buf, OPTION_HINT_MAX);
    switch (o->kind) {
    case OPTION_COUNT:
    case OPTION_COUNT_OR_AUTO:
        text_addf(&out, "%llu to %llu", (unsigned long long)o->min, (unsigned long long)o->max);
        break;
    case OPTION_SIZE:
        text_addf(&out, "%s to %s", value_print_size(o->min, a), value_print_size(o->max, b));
        break;
    case OPTION_DURATION:
        text_addf(&out, "%s to %s", value_print_duration(o->min, a), value_print_duration(o->max, b));
        break;
    case OPTION_DURATION_MS:
        text_addf(&out, "%s to %s", value_print_duration_ms(o->min, a), value_print_duration_ms(o->max, b));
        break;
    case OPTION_MINIMISE:
    case OPTION_DNSSEC:
    case OPTION_LOG_LEVEL:
    case OPTION_LOG_FORMAT:
    case OPTION_CALLS:
        print_words(o->kind, &out);
        break;
    default:
        break;
    }
    return buf;
}

const char *option_expected(const struct option *o, char buf[static OPTION_HINT_MAX])
{
    static const char *const fixed[] = {
        [OPTION_BOOL] = "true or false",
        [OPTION_PATH] = "the path of a file",
        [OPTION_USER] = "auto, root, or the name of a user of this host",
        [OPTION_TEXT_OR_HIDDEN] = "a text, or hidden",
        [OPTION_NAME] = "a domain name, such as \"example.org.\"",
        [OPTION_ADDRESS] = "an address with a port, such as \"127.0.0.1:8053\"",
        [OPTION_ADDRESSES] = "addresses with or without a port, such as [\"127.0.0.1:53\", \"[::1]:53\"]",
        [OPTION_PREFIXES] = "prefixes, such as [\"192.0.2.0/24\", \"2001:db8::/32\"]",
        [OPTION_SERVERS] =
            "addresses with or without a port, or host names, such as [\"192.0.2.1:53\", \"ns.example.org\"]",
        [OPTION_EXEMPT] = "domain names, such as [\"example.org.\", {zone: \"example.net.\", until: 2026-12-31}]",
        [OPTION_DATE] = "a date, or a date and a time in UTC, such as 2026-12-31 or 2026-12-31T12:00:00Z",
        [OPTION_ANCHORS] = "DS or DNSKEY records, such as [\". DS 20326 8 2 E06D44B8...\"]",
        [OPTION_FORWARD] = "a list of zones, such as [{zone: \"example.org.\", to: [\"192.0.2.1\"]}]",
        [OPTION_ZONE_TTL] = "a list of zones, such as [{zone: \"example.org.\", min: 1m, max: 1h}]",
        [OPTION_WARM] = "names, with or without a type, such as [\"www.example.org.\", \"example.org. MX\"]",
        [OPTION_STUB] = "a list of zones, such as [{zone: \"example.org.\", servers: [\"192.0.2.1\"]}]",
        [OPTION_REFUSED] = "true or false",
    };
    char range[OPTION_HINT_MAX];
    option_range(o, range);
    switch (o->kind) {
    case OPTION_COUNT:
        snprintf(buf, OPTION_HINT_MAX, "a number from %.60s", range);
        break;
    case OPTION_COUNT_OR_AUTO:
        snprintf(buf, OPTION_HINT_MAX, "auto, or a number from %.60s", range);
        break;
    case OPTION_SIZE:
        snprintf(buf, OPTION_HINT_MAX, "a size from %.60s, such as %s", range, o->dflt);
        break;
    case OPTION_DURATION:
    case OPTION_DURATION_MS:
        snprintf(buf, OPTION_HINT_MAX, "a duration from %.60s%s%s", range, o->dflt[0] != '\0' ? ", such as " : "",
                 o->dflt);
        break;
    case OPTION_MINIMISE:
    case OPTION_DNSSEC:
    case OPTION_LOG_LEVEL:
    case OPTION_LOG_FORMAT:
    case OPTION_CALLS:
        snprintf(buf, OPTION_HINT_MAX, "%.60s", range);
        break;
    default:
        snprintf(buf, OPTION_HINT_MAX, "%s", fixed[o->kind] != NULL ? fixed[o->kind] : "");
        break;
    }
    return buf;
}
