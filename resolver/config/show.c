/*
 * show.c - settings as text: what is in force, what differs, where it was given
 */
#include "resolver/config/show.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/text.h"
#include "resolver/config/value.h"

static const void *member(const struct settings *s, const struct option *o)
{
    return (const char *)s + o->offset;
}

static size_t count_of(const struct settings *s, const struct option *o)
{
    return *(const size_t *)(const void *)((const char *)s + o->count_offset);
}

static uint64_t number_of(const struct settings *s, const struct option *o)
{
    const void *p = member(s, o);
    return o->width == 1   ? *(const uint8_t *)p
           : o->width == 2 ? *(const uint16_t *)p
           : o->width == 4 ? *(const uint32_t *)p
                           : *(const uint64_t *)p;
}

static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*text);
        } else {
            fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        }
    }
    fputc('"', out);
}

static void print_name(const struct dname_buf *name, FILE *out)
{
    char text[DNAME_TEXT_MAX];
    dname_print(dname_of(name), text);
    print_quoted(text, out);
}

static void print_zone(const struct settings_zone *z, bool forward, FILE *out)
{
    char text[ADDR_TEXT_MAX];
    fprintf(out, "{zone: ");
    print_name(&z->zone, out);
    fprintf(out, ", %s: [", forward ? "to" : "servers");
    for (size_t i = 0; i < z->server_count; i++) {
        addr_print(&z->servers[i], text);
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", text);
    }
    for (size_t i = 0; i < z->host_count; i++) {
        fprintf(out, "%s\"%s\"", i + z->server_count > 0 ? ", " : "", z->hosts[i]);
    }
    fprintf(out, "]%s}", z->first ? ", first: true" : "");
}

static void print_exempt(const struct settings *s, size_t i, FILE *out)
{
    time_t until = (time_t)s->negative_until_s[i];
    struct tm tm;
    char text[40];
    if (until == 0 || gmtime_r(&until, &tm) == NULL || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        print_name(&s->negative_anchors[i], out);
        return;
    }
    fprintf(out, "{zone: ");
    print_name(&s->negative_anchors[i], out);
    fprintf(out, ", until: \"%s\"}", text);
}

static void print_ttls(const struct cache_clamp *c, FILE *out)
{
    char text[VALUE_TEXT_MAX];
    fprintf(out, "{zone: ");
    print_name(&c->zone, out);
    fprintf(out, ", min: %s", value_print_duration(c->min_ttl_s, text));
    if (c->max_ttl_s != UINT32_MAX) {
        fprintf(out, ", max: %s", value_print_duration(c->max_ttl_s, text));
    }
    fputc('}', out);
}

static void print_entry(const struct settings *s, const struct option *o, size_t i, FILE *out)
{
    const void *list = *(void *const *)member(s, o);
    char text[ADDR_TEXT_MAX];
    switch (o->kind) {
    case OPTION_ADDRESSES:
        addr_print((const struct addr *)list + i, text);
        fprintf(out, "\"%s\"", text);
        break;
    case OPTION_PREFIXES:
        addr_prefix_print((const struct addr_prefix *)list + i, text);
        fprintf(out, "\"%s\"", text);
        break;
    case OPTION_ANCHORS:
    case OPTION_WARM:
        print_quoted(((char *const *)list)[i], out);
        break;
    case OPTION_EXEMPT:
        print_exempt(s, i, out);
        break;
    case OPTION_ZONE_TTL:
        print_ttls((const struct cache_clamp *)list + i, out);
        break;
    default:
        print_zone((const struct settings_zone *)list + i, o->kind == OPTION_FORWARD, out);
        break;
    }
}

static void print_list(const struct settings *s, const struct option *o, FILE *out)
{
    size_t n = count_of(s, o);
    if (o->offset == offsetof(struct settings, allow) && s->allow_local_networks) {
        return; /* access.allow is not given, which is not the same as nobody */
    }
    if (n == 0 && o->min > 0) {
        return;
    }
    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s", i > 0 ? ", " : "");
        print_entry(s, o, i, out);
    }
    fputc(']', out);
}

static void print_text(const struct settings *s, const struct option *o, FILE *out)
{
    const char *text = *(char *const *)member(s, o);
    if (text != NULL) {
        print_quoted(text, out);
    } else if (o->kind == OPTION_TEXT_OR_HIDDEN) {
        fprintf(out, "hidden");
    }
}

static void print_address(const struct addr *a, FILE *out)
{
    char text[ADDR_TEXT_MAX];
    if (a->family != ADDR_NONE) {
        addr_print(a, text);
        fprintf(out, "\"%s\"", text);
    }
}

static void print_value(const struct settings *s, const struct option *o, FILE *out)
{
    char text[VALUE_TEXT_MAX];
    if (option_is_list(o->kind)) {
        print_list(s, o, out);
        return;
    }
    if (option_words(o->kind) != NULL) {
        for (const struct option_word *w = option_words(o->kind); w->word != NULL; w++) {
            fprintf(out, "%s", w->value == number_of(s, o) ? w->word : "");
        }
        return;
    }
    switch (o->kind) {
    case OPTION_PATH:
    case OPTION_USER:
    case OPTION_TEXT_OR_HIDDEN:
        print_text(s, o, out);
        break;
    case OPTION_ADDRESS:
        print_address(member(s, o), out);
        break;
    case OPTION_SIZE:
        fprintf(out, "%s", value_print_size(number_of(s, o), text));
        break;
    case OPTION_DURATION:
        fprintf(out, "%s", value_print_duration(number_of(s, o), text));
        break;
    case OPTION_DURATION_MS:
        fprintf(out, "%s", value_print_duration_ms(number_of(s, o), text));
        break;
    case OPTION_BOOL:
        fprintf(out, "%s", number_of(s, o) != 0 ? "true" : "false");
        break;
    default:
        if (o->kind == OPTION_COUNT_OR_AUTO && number_of(s, o) == 0) {
            fprintf(out, "auto");
        } else {
            fprintf(out, "%llu", (unsigned long long)number_of(s, o));
        }
        break;
    }
}

char *config_value(const struct settings *s, const struct option *o)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (f == NULL) {
        return NULL;
    }
    print_value(s, o, f);
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static bool is_setting(const struct option *o)
{
    return o->stored && o->list == NULL && o->kind != OPTION_SECTION;
}

/* The key's section, printed when its first setting is. */
static void print_section(const char *key, char section[static 64], FILE *out)
{
    const char *dot = strchr(key, '.');
    int n = dot != NULL ? (int)(dot - key) : 0;
    if (n > 0 && ((int)strlen(section) != n || strncmp(section, key, (size_t)n) != 0)) {
        fprintf(out, "%.*s:\n", n, key);
    }
    snprintf(section, 64, "%.*s", n, key);
}

static void print_origin(const struct settings *s, const struct option *o, FILE *out)
{
    const struct settings_origin *origin = s->origin != NULL ? &s->origin[o - options] : NULL;
    if (origin == NULL || origin->file == NULL) {
        fprintf(out, "  # default");
    } else {
        fprintf(out, "  # %s:%u", origin->file, (unsigned)origin->line);
    }
}

static bool show_one(const struct settings *s, const struct settings *defaults, const struct option *o,
                     enum config_show what, char section[static 64], FILE *out)
{
    char *value = config_value(s, o), *usual = config_value(defaults, o);
    bool ok = value != NULL && usual != NULL;
    if (ok && (what != CONFIG_SHOW_DIFF || strcmp(value, usual) != 0)) {
        const char *dot = strchr(o->key, '.');
        print_section(o->key, section, out);
        /* What has no value cannot be written down as one: it is shown as a comment. */
        const char *key = dot != NULL ? dot + 1 : o->key, *second = strchr(key, '.');
        fprintf(out, "%s%s", dot != NULL ? "  " : "", value[0] == '\0' ? "#" : "");
        if (second != NULL) { /* a section within the section, which has one key */
            fprintf(out, "%.*s: {%s: %s}", (int)(second - key), key, second + 1, value);
        } else {
            fprintf(out, "%s:%s%s", key, value[0] != '\0' ? " " : "", value);
        }
        if (what == CONFIG_SHOW_ORIGIN) {
            print_origin(s, o, out);
        }
        fputc('\n', out);
    }
    free(value);
    free(usual);
    return ok;
}

bool config_show(const struct settings *s, enum config_show what, FILE *out)
{
    struct config_errors errors;
    char section[64] = "";
    struct settings *defaults = config_load(NULL, &errors);
    bool ok = defaults != NULL;
    for (size_t i = 0; ok && i < OPTION_ROWS; i++) {
        if (is_setting(&options[i])) {
            ok = show_one(s, defaults, &options[i], what, section, out);
        }
    }
    config_errors_clear(&errors);
    settings_free(defaults);
    return ok;
}

struct settings_shown {
    char *value[OPTION_ROWS]; /* NULL: not a setting */
};

struct settings_shown *settings_shown_new(const struct settings *s)
{
    struct settings_shown *shown = calloc(1, sizeof *shown);
    for (size_t i = 0; shown != NULL && i < OPTION_ROWS; i++) {
        if (is_setting(&options[i]) && (shown->value[i] = config_value(s, &options[i])) == NULL) {
            settings_shown_free(shown);
            return NULL;
        }
    }
    return shown;
}

void settings_shown_free(struct settings_shown *shown)
{
    for (size_t i = 0; shown != NULL && i < OPTION_ROWS; i++) {
        free(shown->value[i]);
    }
    free(shown);
}

bool settings_shown_differ(const struct settings_shown *a, const struct settings_shown *b, const char *key)
{
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (a->value[i] != NULL && strcmp(options[i].key, key) == 0) {
            return strcmp(a->value[i], b->value[i]) != 0;
        }
    }
    return false;
}

size_t settings_changes(const struct settings_shown *old, const struct settings_shown *new, bool live, char *keys,
                        size_t cap)
{
    struct text out = text_of(keys, cap);
    size_t count = 0;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (old->value[i] != NULL && options[i].live == live && strcmp(old->value[i], new->value[i]) != 0) {
            text_addf(&out, "%s%s", count++ > 0 ? ", " : "", options[i].key);
        }
    }
    return count;
}
