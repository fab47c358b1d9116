/*
 * overrides.h - settings that were changed while raizd runs (raizctl config set), until it ends
 *
 * They stand above the configuration file, and are read with it each time, by the same code and with the same checks.
 *
 * Memory: overrides_clear() frees all. Threads: the main thread's.
 */
#ifndef RAIZ_OVERRIDES_H
#define RAIZ_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>

#define OVERRIDES_MAX 64

struct override {
    char *key, *value;
};

struct overrides {
    struct override row[OVERRIDES_MAX]; /* in the order of their keys */
    size_t count;
};

/* value NULL: not any more. False: out of memory, or too many; nothing has changed. */
bool overrides_set(struct overrides *o, const char *key, const char *value);
bool overrides_copy(const struct overrides *o, struct overrides *out); /* false: out of memory */
void overrides_clear(struct overrides *o);
/* As a configuration, to be freed; "" for none. NULL: out of memory. */
char *overrides_text(const struct overrides *o);

#endif
