/*
 * ttls.c - the zones of cache.zone-ttl
 *
 *     zone-ttl: [{zone: "corp.example.", min: 1m, max: 1h}]
 */
#include "resolver/config/reading.h"
#include "resolver/config/value.h"

static void read_seconds(struct reading *r, const struct option *o, const struct node *value, uint32_t *out)
{
    uint64_t v;
    if (!reading_is_one(r, o, value)) {
        return;
    }
    if (value_duration(value->text, &v) != VALUE_OK) {
        reading_bad(r, o, value, "is not a duration");
    } else if (v < o->min || v > o->max) {
        reading_bad(r, o, value, v > o->max ? "is too large" : "is too small");
    } else {
        *out = (uint32_t)v;
    }
}

static void read_item(struct reading *r, const struct option *o, const struct node *value, void *out)
{
    struct cache_clamp *clamp = out;
    if (o->kind == OPTION_NAME) {
        reading_name(r, o, value, &clamp->zone);
    } else {
        read_seconds(r, o, value, o->key[1] == 'i' ? &clamp->min_ttl_s : &clamp->max_ttl_s); /* min, max */
    }
}

static void read_map(struct reading *r, const struct option *list, const struct node *map, struct cache_clamp *out)
{
    char a[VALUE_TEXT_MAX], b[VALUE_TEXT_MAX];
    *out = (struct cache_clamp){.max_ttl_s = UINT32_MAX};
    reading_map(r, list, map, read_item, out);
    if (out->min_ttl_s > out->max_ttl_s) {
        report_add(r->report, map->at, "lower min or raise max", "%s: min %s is above max %s", list->key,
                   value_print_duration(out->min_ttl_s, a), value_print_duration(out->max_ttl_s, b));
    }
}

void reading_ttls(struct reading *r, const struct option *o, const struct node *list)
{
    struct settings *s = r->settings;
    char hint[OPTION_HINT_MAX];
    size_t i = 0;
    if (!reading_is_list(r, o, list) || list->count == 0) {
        return;
    }
    s->zone_ttl = reading_alloc(r, list->count, sizeof *s->zone_ttl);
    s->zone_ttl_count = s->zone_ttl != NULL ? list->count : 0;
    for (const struct node *n = list->first; n != NULL && s->zone_ttl != NULL; n = n->next, i++) {
        if (n->kind == NODE_MAP) {
            read_map(r, o, n, &s->zone_ttl[i]);
        } else {
            report_add(r->report, n->at, option_expected(o, hint), "%s: a map belongs here", o->key);
        }
    }
}
