/*
 * reading.c - one reading of a configuration: from nodes to members of struct settings
 */
#include "resolver/config/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/config/suggest.h"
#include "resolver/config/value.h"

#define PORT_DNS 53

const char *reading_label(const struct option *o, char buf[static READING_LABEL_MAX])
{
    snprintf(buf, READING_LABEL_MAX, "%s%s%s", o->list != NULL ? o->list : "", o->list != NULL ? "." : "", o->key);
    return buf;
}

void *reading_alloc(struct reading *r, size_t n, size_t size)
{
    void *p = calloc(n, size);
    r->no_memory |= p == NULL;
    return p;
}

char *reading_copy(struct reading *r, const char *text)
{
    char *copy = strdup(text);
    r->no_memory |= copy == NULL;
    return copy;
}

bool reading_once(struct reading *r, const struct node *value, const struct node **given)
{
    if (*given == NULL) {
        *given = value;
        return true;
    }
    report_add(r->report, value->key->at, "take one of them out", "'%s' was given before, in line %u", value->key->text,
               (unsigned)(*given)->key->at.line);
    return false;
}

void reading_map(struct reading *r, const struct option *list, const struct node *map, reading_item *item, void *out)
{
    const struct node *given[OPTION_ROWS] = {NULL};
    char hint[OPTION_HINT_MAX], word[REPORT_WORD + 4];
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        const struct option *o = option_find_item(list->key, n->key->text);
        if (o == NULL) {
            report_add(r->report, n->key->at, option_suggest_item(list->key, n->key->text, hint),
                       "%s: unknown key '%s'", list->key, report_quote(n->key->text, n->key->len, word));
        } else if (reading_once(r, n, &given[o - options])) {
            item(r, o, n, out);
        }
    }
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->list != NULL && strcmp(o->list, list->key) == 0 && given[i] == NULL &&
            (o->kind == OPTION_NAME || o->kind == OPTION_SERVERS)) {
            report_add(r->report, map->at, option_expected(o, hint), "%s: the key '%s' is missing", list->key, o->key);
        }
    }
}

void reading_bad(struct reading *r, const struct option *o, const struct node *value, const char *what)
{
    char label[READING_LABEL_MAX], hint[OPTION_HINT_MAX], word[REPORT_WORD + 4];
    report_add(r->report, value->at, option_expected(o, hint), "%s: '%s' %s", reading_label(o, label),
               report_quote(value->text, value->len, word), what);
}

bool reading_is_one(struct reading *r, const struct option *o, const struct node *value)
{
    char label[READING_LABEL_MAX], hint[OPTION_HINT_MAX];
    if (value->kind == NODE_SCALAR && !value->null && value->len > 0) {
        return true;
    }
    report_add(r->report, value->at, option_expected(o, hint), "%s: %s", reading_label(o, label),
               value->kind == NODE_MAP    ? "a map, where one value belongs"
               : value->kind == NODE_LIST ? "a list, where one value belongs"
                                          : "no value");
    return false;
}

bool reading_is_list(struct reading *r, const struct option *o, const struct node *value)
{
    char label[READING_LABEL_MAX], hint[OPTION_HINT_MAX];
    reading_label(o, label);
    if (value->kind != NODE_LIST) {
        report_add(r->report, value->at, option_expected(o, hint), "%s: %s", label,
                   value->kind == NODE_MAP ? "a map, where a list belongs"
                   : value->null           ? "no value"
                                           : "one value, where a list belongs");
        return false;
    }
    if (value->count < o->min || value->count > o->max) {
        report_add(r->report, value->at, option_expected(o, hint), "%s: %zu entries; allowed are %llu to %llu", label,
                   value->count, (unsigned long long)o->min, (unsigned long long)o->max);
        return false;
    }
    return true;
}

/* Stores a number in the member, whatever its width: the rows' ranges fit (tests/unit/config/options_test.c). */
static void put_number(struct reading *r, const struct option *o, uint64_t v)
{
    char *member = (char *)r->settings + o->offset;
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    const void *from = o->width == 1   ? (const void *)&v8
                       : o->width == 2 ? (const void *)&v16
                       : o->width == 4 ? (const void *)&v32
                                       : &v;
    memcpy(member, from, o->width);
}

static void read_number(struct reading *r, const struct option *o, const struct node *value)
{
    uint64_t v = 0;
    enum value_result result;
    if (o->kind == OPTION_COUNT_OR_AUTO && strcmp(value->text, "auto") == 0) {
        put_number(r, o, 0);
        return;
    }
    switch (o->kind) {
    case OPTION_SIZE:
        result = value_size(value->text, &v);
        break;
    case OPTION_DURATION:
        result = value_duration(value->text, &v);
        break;
    case OPTION_DURATION_MS:
        result = value_duration_ms(value->text, &v);
        break;
    default:
        result = value_count(value->text, &v);
        break;
    }
    if (result == VALUE_SYNTAX) {
        reading_bad(r, o, value,
                    o->kind == OPTION_SIZE                                        ? "is not a size"
                    : o->kind == OPTION_DURATION || o->kind == OPTION_DURATION_MS ? "is not a duration"
                                                                                  : "is not a number");
    } else if (result == VALUE_RANGE || v > o->max) {
        reading_bad(r, o, value, "is too large");
    } else if (v < o->min) {
        reading_bad(r, o, value, "is too small");
    } else {
        put_number(r, o, v);
    }
}

bool reading_bool(struct reading *r, const struct option *o, const struct node *value, bool *out)
{
    uint64_t v;
    if (!reading_is_one(r, o, value)) {
        return false;
    }
    if (value_bool(value->text, &v) != VALUE_OK) {
        reading_bad(r, o, value, "is neither true nor false");
        return false;
    }
    *out = v != 0;
    return true;
}

static void read_word(struct reading *r, const struct option *o, const struct node *value)
{
    struct suggest s = suggest_for(value->text);
    for (const struct option_word *w = option_words(o->kind); w->word != NULL; w++) {
        if (strcmp(w->word, value->text) == 0) {
            put_number(r, o, w->value);
            return;
        }
        suggest_offer(&s, w->word);
    }
    char what[80];
    snprintf(what, sizeof what, "is not known%s%s%s", s.best != NULL ? "; did you mean '" : "",
             s.best != NULL ? s.best : "", s.best != NULL ? "'?" : "");
    reading_bad(r, o, value, what);
}

static void read_refused(struct reading *r, const struct option *o, const struct node *value)
{
    bool v;
    if (reading_bool(r, o, value, &v) && strcmp(value->text, o->only) != 0) {
        char hint[OPTION_HINT_MAX];
        snprintf(hint, sizeof hint, "write %s, or take the line out", o->only);
        report_add(r->report, value->at, hint, "%s: '%s' is not available: %s", o->key, value->text, o->reason);
    }
}

static void put_text(struct reading *r, const struct option *o, const char *text)
{
    char **member = (char **)(void *)((char *)r->settings + o->offset);
    char *copy = text != NULL ? reading_copy(r, text) : NULL;
    free(*member);
    *member = copy;
    /* -Wanalyzer-malloc-leak: the settings hold the copy */
}

static void read_text(struct reading *r, const struct option *o, const struct node *value)
{
    if (value->len < o->min || value->len > o->max) {
        char label[READING_LABEL_MAX], hint[OPTION_HINT_MAX];
        snprintf(hint, sizeof hint, "at most %llu octets", (unsigned long long)o->max);
        report_add(r->report, value->at, hint, "%s: %zu octets are too long", reading_label(o, label), value->len);
    } else if (o->stored) {
        bool hidden = o->kind == OPTION_TEXT_OR_HIDDEN && strcmp(value->text, "hidden") == 0;
        put_text(r, o, hidden ? NULL : value->text);
    }
}

bool reading_name(struct reading *r, const struct option *o, const struct node *value, struct dname_buf *out)
{
    if (!reading_is_one(r, o, value)) {
        return false;
    }
    enum dns_err err = dname_scan(value->text, value->len, NULL, out);
    if (err != DNS_OK) {
        reading_bad(r, o, value, "is not a domain name");
        return false;
    }
    return true;
}

/* One entry of a list, into place i of the list's memory. */
static void read_address(struct reading *r, const struct option *o, const struct node *value, struct addr *list,
                         size_t i)
{
    if (!addr_scan(value->text, PORT_DNS, &list[i])) {
        reading_bad(r, o, value,
                    strchr(value->text, '/') != NULL ? "is a prefix, not an address" : "is not an address");
        return;
    }
    for (size_t k = 0; k < i; k++) {
        if (addr_equal(&list[k], &list[i])) {
            reading_bad(r, o, value, "stands there twice");
            return;
        }
    }
}

/* An address to listen on, which has a port. */
static void read_listen(struct reading *r, const struct option *o, const struct node *value)
{
    struct addr a;
    if (!addr_scan(value->text, 0, &a)) {
        reading_bad(r, o, value, "is not an address");
    } else if (a.port == 0) {
        reading_bad(r, o, value, "has no port");
    } else if (o->stored) {
        *(struct addr *)(void *)((char *)r->settings + o->offset) = a;
    }
}

static void read_prefix(struct reading *r, const struct option *o, const struct node *value, struct addr_prefix *out)
{
    struct addr whole;
    char plain[64], text[ADDR_TEXT_MAX], label[READING_LABEL_MAX], word[REPORT_WORD + 4];
    if (!addr_prefix_scan(value->text, out)) {
        reading_bad(r, o, value, "is not a prefix");
        return;
    }
    snprintf(plain, sizeof plain, "%.*s", (int)strcspn(value->text, "/"), value->text);
    if (addr_scan(plain, 0, &whole) && whole.family == out->addr.family && !addr_same_ip(&whole, &out->addr)) {
        addr_prefix_print(out, text);
        char hint[OPTION_HINT_MAX];
        snprintf(hint, sizeof hint, "for the whole network write %s, for the one address %s", text, plain);
        report_add(r->report, value->at, hint, "%s: '%s' has bits beyond its length", reading_label(o, label),
                   report_quote(value->text, value->len, word));
    }
}

/* A trust anchor is checked here, where the line is known, and kept as text. */
static void read_anchor(struct reading *r, const struct option *o, const struct node *value, char **out)
{
    char error[ANCHORS_ERROR_MAX], what[ANCHORS_ERROR_MAX + 40];
    struct anchors *a = anchors_new();
    if (a == NULL) {
        r->no_memory = true;
        return;
    }
    if (anchors_add_text(a, value->text, value->len, error)) {
        *out = reading_copy(r, value->text);
    } else {
        snprintf(what, sizeof what, "is no trust anchor: %s", error);
        reading_bad(r, o, value, what);
    }
    anchors_free(a);
}

/* Kept as text, like an anchor: "NAME" or "NAME TYPE". */
static void read_question(struct reading *r, const struct option *o, const struct node *value, char **out)
{
    struct dname_buf name;
    uint16_t type;
    if (config_question(value->text, &name, &type)) {
        *out = reading_copy(r, value->text);
    } else {
        reading_bad(r, o, value, "is no name, or no name and type of data");
    }
}

static size_t entry_size(enum option_kind kind)
{
    switch (kind) {
    case OPTION_ADDRESSES:
        return sizeof(struct addr);
    case OPTION_PREFIXES:
        return sizeof(struct addr_prefix);
    default:
        return sizeof(char *);
    }
}

static void read_list(struct reading *r, const struct option *o, const struct node *list)
{
    if (!reading_is_list(r, o, list)) {
        return;
    }
    void *memory = o->stored && list->count > 0 ? reading_alloc(r, list->count, entry_size(o->kind)) : NULL;
    size_t i = 0;
    for (const struct node *n = list->first; n != NULL && memory != NULL; n = n->next, i++) {
        if (!reading_is_one(r, o, n)) {
            continue;
        }
        if (o->kind == OPTION_ADDRESSES) {
            read_address(r, o, n, memory, i);
        } else if (o->kind == OPTION_PREFIXES) {
            read_prefix(r, o, n, (struct addr_prefix *)memory + i);
        } else if (o->kind == OPTION_ANCHORS) {
            read_anchor(r, o, n, (char **)memory + i);
        } else if (o->kind == OPTION_WARM) {
            read_question(r, o, n, (char **)memory + i);
        }
    }
    if (o->stored) {
        void **member = (void **)(void *)((char *)r->settings + o->offset);
        free(*member);
        *member = memory;
        *(size_t *)(void *)((char *)r->settings + o->count_offset) = memory != NULL ? list->count : 0;
    }
}

static void read_maps(struct reading *r, const struct option *o, const struct node *value)
{
    if (o->kind == OPTION_ZONE_TTL) {
        reading_ttls(r, o, value);
    } else if (o->kind == OPTION_EXEMPT) {
        reading_exempt(r, o, value);
    } else {
        reading_upstreams(r, o, value);
    }
}

void reading_option(struct reading *r, const struct option *o, const struct node *value)
{
    bool v;
    switch (o->kind) {
    case OPTION_COUNT:
    case OPTION_COUNT_OR_AUTO:
    case OPTION_SIZE:
    case OPTION_DURATION:
    case OPTION_DURATION_MS:
        if (reading_is_one(r, o, value)) {
            read_number(r, o, value);
        }
        break;
    case OPTION_BOOL:
        if (reading_bool(r, o, value, &v) && o->stored) {
            put_number(r, o, v);
        }
        break;
    case OPTION_MINIMISE:
    case OPTION_DNSSEC:
    case OPTION_LOG_LEVEL:
    case OPTION_LOG_FORMAT:
    case OPTION_CALLS:
        if (reading_is_one(r, o, value)) {
            read_word(r, o, value);
        }
        break;
    case OPTION_PATH:
    case OPTION_USER:
    case OPTION_TEXT_OR_HIDDEN:
        if (reading_is_one(r, o, value)) {
            read_text(r, o, value);
        }
        break;
    case OPTION_ADDRESS:
        if (reading_is_one(r, o, value)) {
            read_listen(r, o, value);
        }
        break;
    case OPTION_ADDRESSES:
    case OPTION_PREFIXES:
    case OPTION_ANCHORS:
    case OPTION_WARM:
        read_list(r, o, value);
        break;
    case OPTION_FORWARD:
    case OPTION_STUB:
    case OPTION_ZONE_TTL:
    case OPTION_EXEMPT:
        read_maps(r, o, value);
        break;
    case OPTION_REFUSED:
        read_refused(r, o, value);
        break;
    case OPTION_NAME:
    case OPTION_DATE:
    case OPTION_SERVERS:
    case OPTION_SECTION:
        break; /* keys of maps in lists, and headings: not here */
    }
}

void reading_default(struct reading *r, const struct option *o)
{
    struct node words[4] = {0}, whole = {.kind = NODE_SCALAR, .text = o->dflt, .len = strlen(o->dflt)};
    char text[128];
    if (!o->stored || whole.len == 0) {
        return;
    }
    if (o->kind == OPTION_ADDRESSES) { /* a list: its entries stand between blanks */
        char *rest = text;
        snprintf(text, sizeof text, "%s", o->dflt);
        whole = (struct node){.kind = NODE_LIST, .first = words};
        for (char *word = strsep(&rest, " "); word != NULL && whole.count < 4; word = strsep(&rest, " ")) {
            words[whole.count] = (struct node){.kind = NODE_SCALAR, .text = word, .len = strlen(word)};
            if (whole.count > 0) {
                words[whole.count - 1].next = &words[whole.count];
            }
            whole.count++;
        }
    }
    reading_option(r, o, &whole);
}
