/*
 * upstreams.c - the zones of forward and stub
 *
 *     forward: [{zone: "example.org.", to: ["192.0.2.1", "[2001:db8::1]:5353", "dns.example.net"], first: true}]
 *     stub:    [{zone: "corp.", servers: ["192.0.2.2"]}]
 *
 * A server is an address, or a host name, which raiz looks up itself when it needs the address.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/config/reading.h"

static bool all_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

/* Letters, digits, hyphens, underscores and dots, and not digits only at the end: that would be a mistyped address. */
static bool is_host_name(const char *text)
{
    struct dname_buf name;
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.", c) != NULL)) {
            return false;
        }
    }
    size_t end = n > 0 && text[n - 1] == '.' ? n - 1 : n, begin = end;
    while (begin > 0 && text[begin - 1] != '.') {
        begin--;
    }
    return !all_digits(text + begin, end - begin) && dname_scan(text, n, NULL, &name) == DNS_OK;
}

static void read_server(struct reading *r, const struct option *o, const struct node *value, struct settings_zone *z)
{
    struct addr a;
    if (!reading_is_one(r, o, value)) {
        return;
    }
    if (addr_scan(value->text, 0, &a)) {
        z->servers[z->server_count++] = a;
        return;
    }
    if (is_host_name(value->text)) {
        char *copy = reading_copy(r, value->text);
        if (copy != NULL) {
            z->hosts[z->host_count++] = copy;
        }
        return;
    }
    const char *colon = strrchr(value->text, ':');
    bool host_and_port = colon != NULL && colon[1] != '\0' && all_digits(colon + 1, strlen(colon + 1)) &&
                         strchr(value->text, ':') == colon && strspn(value->text, "0123456789.:") != value->len;
    reading_bad(r, o, value,
                host_and_port ? "has a port, which only an address can have" : "is neither an address nor a host name");
}

static void read_servers(struct reading *r, const struct option *o, const struct node *list, struct settings_zone *z)
{
    if (!reading_is_list(r, o, list)) {
        return;
    }
    z->servers = reading_alloc(r, list->count, sizeof *z->servers);
    z->hosts = reading_alloc(r, list->count, sizeof *z->hosts);
    for (const struct node *n = list->first; n != NULL && z->servers != NULL && z->hosts != NULL; n = n->next) {
        read_server(r, o, n, z);
    }
}

/* One key of one zone's map. */
static void read_item(struct reading *r, const struct option *o, const struct node *value, void *out)
{
    struct settings_zone *z = out;
    switch (o->kind) {
    case OPTION_NAME:
        reading_name(r, o, value, &z->zone);
        break;
    case OPTION_SERVERS:
        read_servers(r, o, value, z);
        break;
    default:
        reading_bool(r, o, value, &z->first);
        break;
    }
}

/* The same zone twice, in one list or in both, would leave open who is asked. */
static void check_twice(struct reading *r, const struct option *o, const struct settings_zone *z,
                        const struct node *map)
{
    char name[DNAME_TEXT_MAX];
    const struct settings *s = r->settings;
    const struct settings_zone *lists[] = {s->forward, s->stub};
    size_t counts[] = {s->forward_count, s->stub_count};
    for (size_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < counts[l]; i++) {
            const struct settings_zone *other = &lists[l][i];
            if (other != z && other->zone.len != 0 && dname_equal(dname_of(&other->zone), dname_of(&z->zone))) {
                dname_print(dname_of(&z->zone), name);
                report_add(r->report, map->at, "join the two entries", "%s: the zone '%.80s' was given before", o->key,
                           name);
                return;
            }
        }
    }
}

void reading_upstreams(struct reading *r, const struct option *o, const struct node *list)
{
    bool forward = o->kind == OPTION_FORWARD;
    char hint[OPTION_HINT_MAX];
    if (list->null) {
        return; /* "forward:" with all its entries commented out */
    }
    if (!reading_is_list(r, o, list) || list->count == 0) {
        return;
    }
    struct settings_zone *zones = reading_alloc(r, list->count, sizeof *zones);
    if (zones == NULL) {
        return;
    }
    struct settings_zone **member = forward ? &r->settings->forward : &r->settings->stub;
    size_t *count = forward ? &r->settings->forward_count : &r->settings->stub_count;
    *member = zones;
    for (const struct node *n = list->first; n != NULL; n = n->next) {
        struct settings_zone *z = &zones[(*count)++];
        if (n->kind != NODE_MAP) {
            report_add(r->report, n->at, option_expected(o, hint), "%s: each entry is a map", o->key);
            continue;
        }
        reading_map(r, o, n, read_item, z);
        if (z->zone.len != 0) {
            check_twice(r, o, z, n);
        }
    }
}
