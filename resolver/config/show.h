/*
 * show.h - settings as text: what is in force, what differs, where it was given
 *
 * Made of the table of options, as the reader is: what is shown as a whole can be read again and means the same. Two
 * settings are the same when their texts are.
 *
 * Memory: nothing is kept. Threads: any.
 */
#ifndef RAIZ_CONFIG_SHOW_H
#define RAIZ_CONFIG_SHOW_H

#include <stdio.h>

#include "resolver/config/config.h"
#include "resolver/config/options.h"

enum config_show {
    CONFIG_SHOW_EFFECTIVE, /* every setting with its value */
    CONFIG_SHOW_DIFF,      /* those that differ from their default */
    CONFIG_SHOW_ORIGIN,    /* every setting, and behind it where it was given */
};

/* YAML. False: out of memory. */
bool config_show(const struct settings *s, enum config_show what, FILE *out);

/* The value of one setting as YAML in one line, to be freed; "" if it has none. NULL: out of memory. */
char *config_value(const struct settings *s, const struct option *o);

/* The values of all settings, which may be compared when the settings themselves have gone. NULL: out of memory. */
struct settings_shown;
struct settings_shown *settings_shown_new(const struct settings *s);
void settings_shown_free(struct settings_shown *shown);
bool settings_shown_differ(const struct settings_shown *a, const struct settings_shown *b, const char *key);

/* The keys of settings that differ, "cache.size, listen": those that a running daemon takes (live), or those that wait
 * for its next start. Returns how many; what does not fit into cap is cut. */
size_t settings_changes(const struct settings_shown *old, const struct settings_shown *new, bool live, char *keys,
                        size_t cap);

#endif
