/*
 * config.c - the configuration file, read
 *
 *     text -> tree.c: nodes with places -> here: which setting is each? -> reading.c: values -> relations -> settings
 */
#include "resolver/config/config.h"

#include <stdlib.h>

#include "resolver/config/file.h"
#include "resolver/config/reading.h"
#include "resolver/config/value.h"

#define TREE_BYTES (16 * 1024 * 1024) /* nodes of the largest file that tree.h lets through */

static void read_member(struct reading *r, const char *section, const struct node *n)
{
    char hint[OPTION_HINT_MAX], word[REPORT_WORD + 4];
    const struct option *o = option_find(section, n->key->text);
    if (o == NULL) {
        const char *suggestion = r->report->count < REPORT_SHOWN ? option_suggest(section, n->key->text, hint) : NULL;
        report_add(r->report, n->key->at, suggestion, "unknown key '%s'%s%s",
                   report_quote(n->key->text, n->key->len, word), section[0] != '\0' ? " in " : "", section);
    } else if (reading_once(r, n, &r->given[o - options]) && o->kind != OPTION_SECTION) {
        reading_option(r, o, n);
    }
}

static void read_section(struct reading *r, const struct node *section)
{
    if (section->kind != NODE_MAP) {
        if (!section->null) { /* all keys of the section commented out: fine */
            report_add(r->report, section->at, "write its keys as {key: value}, or each on a line of its own below",
                       "%s: %s, where keys and values belong", section->key->text,
                       section->kind == NODE_LIST ? "a list" : "one value");
        }
        return;
    }
    for (const struct node *n = section->first; n != NULL; n = n->next) {
        read_member(r, section->key->text, n);
    }
}

static void read_root(struct reading *r, const struct node *root)
{
    if (root->kind != NODE_MAP) {
        report_add(r->report, root->at, "a configuration looks like \"listen: [127.0.0.1]\"",
                   "keys and values are expected");
        return;
    }
    for (const struct node *n = root->first; n != NULL; n = n->next) {
        read_member(r, "", n);
        const struct option *o = option_find("", n->key->text);
        if (o != NULL && o->kind == OPTION_SECTION && r->given[o - options] == n) {
            read_section(r, n);
        }
    }
}

static const struct node *given(const struct reading *r, const char *section, const char *name)
{
    return r->given[option_find(section, name) - options];
}

/* Where to show that two settings contradict each other: the one that the file gives, the second if both. */
static struct place place_of_pair(const struct node *first, const struct node *second)
{
    return second != NULL ? second->at : first != NULL ? first->at : (struct place){0};
}

/* What is right alone but wrong together. */
static void check_relations(struct reading *r)
{
    const struct settings *s = r->settings;
    if (s->cache_min_ttl_s > s->cache_max_ttl_s) {
        char a[VALUE_TEXT_MAX], b[VALUE_TEXT_MAX];
        report_add(r->report, place_of_pair(given(r, "cache", "max-ttl"), given(r, "cache", "min-ttl")),
                   "lower min-ttl or raise max-ttl", "cache: min-ttl %s is above max-ttl %s",
                   value_print_duration(s->cache_min_ttl_s, a), value_print_duration(s->cache_max_ttl_s, b));
    }
    if (s->tcp_per_address > s->tcp_clients) {
        report_add(r->report, place_of_pair(given(r, "limits", "tcp-clients"), given(r, "limits", "tcp-per-address")),
                   "one address cannot have more connections than all together",
                   "limits: tcp-per-address %u is above tcp-clients %u", (unsigned)s->tcp_per_address,
                   (unsigned)s->tcp_clients);
    }
    if (!s->ipv4 && !s->ipv6) {
        report_add(r->report, place_of_pair(given(r, "resolution", "ipv4"), given(r, "resolution", "ipv6")),
                   "set one of them to true", "resolution: with neither ipv4 nor ipv6 no server can be asked");
    }
}

/* The settings, or NULL and everything that is wrong. */
static struct settings *read_settings(const char *text, size_t n, struct report *report, struct arena *arena)
{
    struct reading r = {.report = report, .settings = calloc(1, sizeof(struct settings))};
    if (r.settings == NULL) {
        report_add(report, (struct place){0}, NULL, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        reading_default(&r, &options[i]);
    }
    const struct node *root = tree_read(text, n, arena, report);
    if (root != NULL) {
        read_root(&r, root);
    }
    r.settings->allow_local_networks = given(&r, "access", "allow") == NULL;
    if (report->count == 0) {
        check_relations(&r);
    }
    if (r.no_memory && report->count == 0) {
        report_add(report, (struct place){0}, NULL, "out of memory");
    }
    if (report->count != 0) {
        settings_free(r.settings);
        return NULL;
    }
    return r.settings;
}

struct settings *config_parse(const char *text, size_t n, const char *name, struct config_errors *errors)
{
    struct report report;
    struct arena arena;
    report_init(&report, name, text, n);
    arena_init(&arena, NULL, 0, TREE_BYTES);
    *errors = (struct config_errors){0};
    struct settings *s = read_settings(text, n, &report, &arena);
    if (s == NULL) {
        report_finish(&report, errors);
    }
    arena_release(&arena);
    report_release(&report);
    return s;
}

struct settings *config_load(const char *path, struct config_errors *errors)
{
    size_t n = 0;
    if (path == NULL) {
        return config_parse("", 0, "defaults", errors);
    }
    char why[FILE_WHY_MAX];
    char *text = file_read(path, TREE_TEXT_MAX, &n, why);
    if (text == NULL) {
        struct report report;
        *errors = (struct config_errors){0};
        report_init(&report, path, "", 0);
        report_add(&report, (struct place){0}, NULL, "%s", why);
        report_finish(&report, errors);
        report_release(&report);
        return NULL;
    }
    struct settings *s = config_parse(text, n, path, errors);
    free(text);
    return s;
}

void config_errors_clear(struct config_errors *errors)
{
    free(errors->text);
    *errors = (struct config_errors){0};
}

static void free_zones(struct settings_zone *zones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < zones[i].host_count; k++) {
            free(zones[i].hosts[k]);
        }
        free(zones[i].hosts);
        free(zones[i].servers);
    }
    free(zones);
}

void settings_free(struct settings *s)
{
    if (s == NULL) {
        return;
    }
    free(s->listen);
    free(s->allow);
    free(s->state_dir);
    free(s->control_socket);
    free(s->root_hints);
    free(s->address_map);
    for (size_t i = 0; i < s->trust_anchors_count; i++) {
        free(s->trust_anchors[i]);
    }
    free(s->trust_anchors);
    free(s->trust_anchor_file);
    free(s->negative_anchors);
    free(s->negative_until_s);
    free_zones(s->forward, s->forward_count);
    free_zones(s->stub, s->stub_count);
    free(s->identity_version);
    free(s->identity_id);
    free(s->identity_nsid);
    free(s);
}
