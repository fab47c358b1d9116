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

struct exempt {
    struct dname_buf *zone;
    int64_t *until_s;
};

static void read_item(struct reading *r, const struct option *o, const struct node *value, void *out)
{
    const struct exempt *e = out;
    if (o->kind == OPTION_NAME) {
        reading_name(r, o, value, e->zone);
    } else {
        read_until(r, o, value, e->until_s);
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
        struct exempt e = {&s->negative_anchors[i], &s->negative_until_s[i]};
        if (n->kind == NODE_MAP) {
            reading_map(r, o, n, read_item, &e);
        } else {
            reading_name(r, o, n, e.zone);
        }
    }
}
