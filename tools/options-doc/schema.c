/*
 * schema.c - JSON Schema of the configuration
 *
 * For editors: keys, words, kinds and help. raizd itself checks more (ranges of sizes and durations, names, addresses),
 * so what a schema accepts may still be wrong; what raizd accepts the schema accepts.
 */
#include <stdio.h>
#include <string.h>

#include "resolver/config/options.h"
#include "tools/options-doc/pages.h"

static void print_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    putchar('"');
}

static void print_words(enum option_kind kind)
{
    const struct option_word *w = option_words(kind);
    printf("\"enum\": [");
    for (size_t i = 0; w[i].word != NULL; i++) {
        printf("%s\"%s\"", i > 0 ? ", " : "", w[i].word);
        /* YAML 1.1 readers, which many editors are, take a bare "off" for a truth. */
        printf("%s", strcmp(w[i].word, "off") == 0 ? ", false" : "");
    }
    putchar(']');
}

/* Objects in this list have these keys. */
static void print_items(const char *list)
{
    bool first = true;
    printf("{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {");
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->list == NULL || strcmp(o->list, list) != 0) {
            continue;
        }
        printf("%s\"%s\": {", first ? "" : ", ", o->key);
        first = false;
        printf(o->kind == OPTION_SERVERS    ? "\"type\": \"array\", \"items\": {\"type\": \"string\"}"
               : o->kind == OPTION_BOOL     ? "\"type\": \"boolean\""
               : o->kind == OPTION_DURATION ? "\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]\""
                                            : "\"type\": \"string\"");
        printf(", \"description\": ");
        print_text(o->help);
        putchar('}');
    }
    printf("}}");
}

static void print_list(const struct option *o)
{
    bool maps = o->kind == OPTION_FORWARD || o->kind == OPTION_STUB || o->kind == OPTION_ZONE_TTL;
    printf("\"type\": [\"array\", \"null\"], \"maxItems\": %llu, \"items\": ", (unsigned long long)o->max);
    if (maps) {
        print_items(o->key);
    } else if (o->kind == OPTION_EXEMPT) {
        printf("{\"anyOf\": [{\"type\": \"string\"}, ");
        print_items(o->key);
        printf("]}");
    } else {
        printf("{\"type\": \"string\"}");
    }
}

static void print_kind(const struct option *o)
{
    if (option_words(o->kind) != NULL) {
        print_words(o->kind);
        return;
    }
    if (option_is_list(o->kind)) {
        print_list(o);
        return;
    }
    switch (o->kind) {
    case OPTION_COUNT:
        printf("\"type\": \"integer\", \"minimum\": %llu, \"maximum\": %llu", (unsigned long long)o->min,
               (unsigned long long)o->max);
        break;
    case OPTION_COUNT_OR_AUTO:
        printf("\"anyOf\": [{\"const\": \"auto\"}, {\"type\": \"integer\", \"minimum\": %llu, \"maximum\": %llu}]",
               (unsigned long long)o->min, (unsigned long long)o->max);
        break;
    case OPTION_BOOL:
    case OPTION_REFUSED:
        printf("\"type\": \"boolean\"");
        break;
    case OPTION_SIZE:
        printf("\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]+[KMGTkmgt]?$\"");
        break;
    case OPTION_DURATION:
    case OPTION_DURATION_MS:
        printf("\"type\": [\"string\", \"%s\"], \"pattern\": \"^[0-9]\"",
               o->kind == OPTION_DURATION_MS ? "number" : "integer");
        break;
    default:
        printf("\"type\": \"string\"");
        break;
    }
}

static void print_setting(const struct option *o, const char *key, const char *margin)
{
    printf("%s\"%s\": {", margin, key);
    print_kind(o);
    printf(", \"description\": ");
    print_text(o->help);
    if (o->dflt[0] != '\0') {
        printf(", \"default\": ");
        print_text(o->dflt);
    }
    putchar('}');
}

static void open_section(const struct option *section, const char *key)
{
    printf("\"%s\": {\"type\": [\"object\", \"null\"], \"additionalProperties\": false, \"description\": ", key);
    print_text(section->help);
    printf(", \"properties\": {");
}

/* The key of a row in the section; NULL: it is none, or that of a section within. */
static const char *key_in(const struct option *section, const struct option *o)
{
    size_t n = strlen(section->key);
    bool within = o->list == NULL && strncmp(o->key, section->key, n) == 0 && o->key[n] == '.';
    return within && strchr(o->key + n + 1, '.') == NULL ? o->key + n + 1 : NULL;
}

static void print_keys(const struct option *section, const char *margin)
{
    bool first = true;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const char *key = key_in(section, &options[i]);
        if (key != NULL && options[i].kind != OPTION_SECTION) {
            printf("%s", first ? "" : ",");
            print_setting(&options[i], key, margin);
            first = false;
        }
    }
}

static void print_section(const struct option *section)
{
    printf(",\n    ");
    open_section(section, section->key);
    print_keys(section, "\n      ");
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const char *key = key_in(section, &options[i]);
        if (key != NULL && options[i].kind == OPTION_SECTION) {
            printf(",\n      ");
            open_section(&options[i], key);
            print_keys(&options[i], "\n        ");
            printf("}}");
        }
    }
    printf("}}");
}

void print_schema(void)
{
    bool first = true;
    printf("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n  \"title\": \"raiz.yaml\",\n"
           "  \"type\": [\"object\", \"null\"],\n  \"additionalProperties\": false,\n  \"properties\": {");
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->list != NULL || o->key[0] == '\0' || strchr(o->key, '.') != NULL) {
            continue;
        }
        if (o->kind != OPTION_SECTION) {
            print_setting(o, o->key, first ? "\n    " : ",\n    ");
            first = false;
        } else if (option_find("", o->key) == o) {
            print_section(o);
        }
    }
    printf("\n  }\n}\n");
}
