/*
 * exempt.c - the zones of dnssec.negative-trust-anchors
 *
 *     negative-trust-anchors: ["broken.example.", {zone: "corp.example.", until: 2026-12-31}]
 *
 * A zone alone is exempt without end; better is a date (RFC 7646 section 2).
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/config/reading.h"
#include "resolver/config/value.h"

static void read_until(struct reading *r, const struct option *o, const struct node *value, int64_t *out)
{
    if (reading_is_one(r, o, value) && !value_date(value->text, out)) {
        reading_bad(r, o, value, "is not a date");
    }
}

static void read_map(struct reading *r, const struct option *list, const struct node *map, struct dname_buf *zone,
                     int64_t *until_s)
{
    const struct node *given[OPTION_ROWS] = {NULL};
    char hint[OPTION_HINT_MAX], word[REPORT_WORD + 4];
    for (const struct node *n = map->first; n != NULL; n = n->next) {
        const struct option *o = option_find_item(list->key, n->key->text);
        if (o == NULL) {
            report_add(r->report, n->key->at, option_suggest_item(list->key, n->key->text, hint),
                       "%s: unknown key '%s'", list->key, report_quote(n->key->text, n->key->len, word));
        } else if (reading_once(r, n, &given[o - options])) {
            if (o->kind == OPTION_NAME) {
                reading_name(r, o, n, zone);
            } else {
                read_until(r, o, n, until_s);
            }
        }
    }
    const struct option *o = option_find_item(list->key, "zone");
    if (given[o - options] == NULL) {
        report_add(r->report, map->at, option_expected(o, hint), "%s: the key 'zone' is missing", list->key);
    }
}

void reading_exempt(struct reading *r, const struct option *o, const struct node *list)
{
    struct settings *s = r->settings;
    size_t i = 0;
    if (!reading_is_list(r, o, list) || list->count == 0) {
        return;
    }
    s->negative_anchors = reading_alloc(r, list->count, sizeof *s->negative_anchors);
    s->negative_until_s = reading_alloc(r, list->count, sizeof *s->negative_until_s);
    if (s->negative_anchors == NULL || s->negative_until_s == NULL) {
        return;
    }
    s->negative_anchors_count = list->count;
    for (const struct node *n = list->first; n != NULL; n = n->next, i++) {
        if (n->kind == NODE_MAP) {
            read_map(r, o, n, &s->negative_anchors[i], &s->negative_until_s[i]);
        } else {
            reading_name(r, o, n, &s->negative_anchors[i]);
        }
    }
}
