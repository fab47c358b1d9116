/*
 * reading.h - one reading of a configuration: from nodes to members of struct settings
 *
 * Every row of options.def has a kind; here each kind has its reader, which checks the node and stores the value. A
 * mistake is reported and reading goes on, so that all mistakes are found in one pass. The setting keeps its default
 * then; whoever reads throws the settings away when anything was reported.
 *
 * Memory: the settings own what is stored. Threads: one at a time.
 */
#ifndef RAIZ_CONFIG_READING_H
#define RAIZ_CONFIG_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/config/config.h"
#include "resolver/config/options.h"
#include "resolver/config/report.h"
#include "resolver/config/tree.h"

struct reading {
    struct settings *settings;
    struct report *report;
    struct arena *arena;
    const struct node *given[OPTION_ROWS]; /* what the file says about each row; NULL: nothing */
    bool no_memory;
};

/* The value of one setting. */
void reading_option(struct reading *r, const struct option *o, const struct node *value);
/* Sets a setting to the text of its default. */
void reading_default(struct reading *r, const struct option *o);
/* forward and stub. */
void reading_upstreams(struct reading *r, const struct option *o, const struct node *list);

/* cache.zone-ttl. */
void reading_ttls(struct reading *r, const struct option *o, const struct node *list);
/* dnssec.negative-trust-anchors. */
void reading_exempt(struct reading *r, const struct option *o, const struct node *list);

/* Is this the first time that the key stands there? Remembers it; else reports it. */
bool reading_once(struct reading *r, const struct node *value, const struct node **given);
/* One map of a list of maps: each key that the table has for it goes to `item`, once. Reported are keys that it does
 * not have, that stand there twice, and that are missing: names and servers must be there. */
typedef void reading_item(struct reading *r, const struct option *o, const struct node *value, void *out);
void reading_map(struct reading *r, const struct option *list, const struct node *map, reading_item *item, void *out);
/* True if the node is a list of lo .. hi entries, each a text; else reported. */
bool reading_is_list(struct reading *r, const struct option *o, const struct node *value);
/* True if the node is one value (not a map or list, not empty); else reported. */
bool reading_is_one(struct reading *r, const struct option *o, const struct node *value);
bool reading_bool(struct reading *r, const struct option *o, const struct node *value, bool *out);
bool reading_name(struct reading *r, const struct option *o, const struct node *value, struct dname_buf *out);
/* "'WORD' is WHAT", with what is expected as hint. */
void reading_bad(struct reading *r, const struct option *o, const struct node *value, const char *what);
/* A copy that the settings will own; NULL (and r->no_memory) if there is no memory. */
char *reading_copy(struct reading *r, const char *text);
/* calloc that remembers failure; n > 0. */
void *reading_alloc(struct reading *r, size_t n, size_t size);

/* "forward.to" for a key of a list's maps, else the key. */
#define READING_LABEL_MAX 64
const char *reading_label(const struct option *o, char buf[static READING_LABEL_MAX]);

#endif
