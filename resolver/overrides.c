/*
 * overrides.c - settings that were changed while raizd runs
 */
#include "resolver/overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_row(struct override *row)
{
    free(row->key);
    free(row->value);
}

/* Where the key stands, or would. */
static size_t place(const struct overrides *o, const char *key)
{
    size_t i = 0;
    while (i < o->count && strcmp(o->row[i].key, key) < 0) {
        i++;
    }
    return i;
}

bool overrides_set(struct overrides *o, const char *key, const char *value)
{
    size_t i = place(o, key);
    bool there = i < o->count && strcmp(o->row[i].key, key) == 0;
    struct override row = {.key = strdup(key), .value = value != NULL ? strdup(value) : NULL};
    if (row.key == NULL || (value != NULL && row.value == NULL) ||
        (value != NULL && !there && o->count == OVERRIDES_MAX)) {
        free_row(&row);
        return false;
    }
    if (there) {
        free_row(&o->row[i]);
        memmove(&o->row[i], &o->row[i + 1], (--o->count - i) * sizeof row);
    }
    if (value == NULL) {
        free_row(&row);
        return true;
    }
    memmove(&o->row[i + 1], &o->row[i], (o->count++ - i) * sizeof row);
    o->row[i] = row;
    return true;
}

void overrides_clear(struct overrides *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free_row(&o->row[i]);
    }
    o->count = 0;
}

bool overrides_copy(const struct overrides *o, struct overrides *out)
{
    out->count = 0;
    for (size_t i = 0; i < o->count; i++) {
        if (!overrides_set(out, o->row[i].key, o->row[i].value)) {
            overrides_clear(out);
            return false;
        }
    }
    return true;
}

/* Octets that the two keys have in common, whole sections alone. */
static size_t common(const char *a, const char *b)
{
    size_t at = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++) {
        at = a[i] == '.' ? i + 1 : at;
    }
    return at;
}

static void indent(FILE *f, const char *key, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fputs(key[i] == '.' ? "  " : "", f);
    }
}

/* Sections on lines of their own, each once, since the keys are in order; values in quotes, so that each is one value.
 */
static void print_row(FILE *f, const struct override *row, const char *before)
{
    size_t at = common(row->key, before);
    for (const char *dot; (dot = strchr(row->key + at, '.')) != NULL; at = (size_t)(dot - row->key) + 1) {
        indent(f, row->key, at);
        fprintf(f, "%.*s:\n", (int)(dot - row->key - (long)at), row->key + at);
    }
    indent(f, row->key, at);
    fprintf(f, "%s: \"", row->key + at);
    for (const char *c = row->value; *c != '\0'; c++) {
        fprintf(f, *c == '"' || *c == '\\' ? "\\%c" : "%c", (unsigned char)*c < ' ' ? '?' : *c);
    }
    fputs("\"\n", f);
}

char *overrides_text(const struct overrides *o)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (f == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < o->count; i++) {
        print_row(f, &o->row[i], i > 0 ? o->row[i - 1].key : "");
    }
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
