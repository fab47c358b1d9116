/*
 * config.c - the configuration file, read
 *
 *     texts -> tree.c: nodes with places -> here: which setting is each? -> reading.c: values -> relations -> settings
 */
#include "resolver/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/config/file.h"
#include "resolver/config/reading.h"
#include "resolver/config/value.h"

#define TREE_BYTES    (64 * 1024 * 1024) /* nodes of the largest files that tree.h lets through */
#define CONFIG_FOLDER "conf.d"

static bool given_by_another_file(const struct reading *r, const struct option *o, const struct node *n)
{
    const struct node *before = r->given[o - options];
    return before != NULL && before->key->at.file != n->key->at.file;
}

/* Lists are read when all files have added to them. */
static void join(struct reading *r, const struct option *o, const struct node *n)
{
    const struct node **given = &r->given[o - options], *before = *given;
    if (before == n) {
        return; /* the first */
    }
    if (before->kind != NODE_LIST) {
        *given = n;
        if (!before->null) {
            reading_option(r, o, before); /* says what is wrong with it */
        }
        return;
    }
    if (n->kind != NODE_LIST) {
        if (!n->null) {
            reading_option(r, o, n);
        }
        return;
    }
    struct node *both = ARENA_NEW(r->arena, struct node);
    if (both == NULL) {
        r->no_memory = true;
        return;
    }
    *both = *n;
    if (before->count > 0) {
        before->last->next = n->first;
        both->first = before->first;
        both->last = n->count > 0 ? n->last : before->last;
        both->count += before->count;
    }
    *given = both;
}

static void read_member(struct reading *r, const char *section, const struct node *n)
{
    char hint[OPTION_HINT_MAX], word[REPORT_WORD + 4];
    const struct option *o = option_find(section, n->key->text);
    if (o == NULL) {
        const char *suggestion = r->report->count < REPORT_SHOWN ? option_suggest(section, n->key->text, hint) : NULL;
        report_add(r->report, n->key->at, suggestion, "unknown key '%s'%s%s",
                   report_quote(n->key->text, n->key->len, word), section[0] != '\0' ? " in " : "", section);
    } else if (!given_by_another_file(r, o, n) && !reading_once(r, n, &r->given[o - options])) {
        return;
    } else if (option_is_list(o->kind)) {
        join(r, o, n);
    } else {
        r->given[o - options] = n;
        if (o->kind != OPTION_SECTION) {
            reading_option(r, o, n);
        }
    }
}

/* A section of the name, if it is a map; what it holds. */
static const struct node *open_section(struct reading *r, const struct node *section)
{
    if (section->kind != NODE_MAP) {
        if (!section->null) { /* all keys of the section commented out: fine */
            report_add(r->report, section->at, "write its keys as {key: value}, or each on a line of its own below",
                       "%s: %s, where keys and values belong", section->key->text,
                       section->kind == NODE_LIST ? "a list" : "one value");
        }
        return NULL;
    }
    return section->first;
}

/* The section that the key opens in `section`; NULL: it opens none, or stood there before. */
static const struct option *subsection(const struct reading *r, const char *section, const struct node *n)
{
    const struct option *o = option_find(section, n->key->text);
    return o != NULL && o->kind == OPTION_SECTION && r->given[o - options] == n ? o : NULL;
}

static void read_section(struct reading *r, const struct node *section)
{
    for (const struct node *n = open_section(r, section); n != NULL; n = n->next) {
        read_member(r, section->key->text, n);
        const struct option *o = subsection(r, section->key->text, n);
        for (const struct node *m = o != NULL ? open_section(r, n) : NULL; m != NULL; m = m->next) {
            read_member(r, o->key, m);
        }
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
        if (subsection(r, "", n) != NULL) {
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
    if (s->dnstap_socket != NULL && s->dnstap_file != NULL) {
        report_add(r->report, place_of_pair(given(r, "dnstap", "file"), given(r, "dnstap", "socket")),
                   "take one of them out", "dnstap: either socket or file, not both");
    }
    if (!s->ipv4 && !s->ipv6) {
        report_add(r->report, place_of_pair(given(r, "resolution", "ipv4"), given(r, "resolution", "ipv6")),
                   "set one of them to true", "resolution: with neither ipv4 nor ipv6 no server can be asked");
    }
}

/* Where each setting was given, for `raizctl config show --origin`. */
static void keep_origin(struct reading *r)
{
    r->settings->origin = reading_alloc(r, OPTION_ROWS, sizeof *r->settings->origin);
    for (size_t i = 0; i < OPTION_ROWS && r->settings->origin != NULL; i++) {
        const struct node *n = r->given[i];
        if (n != NULL && options[i].kind != OPTION_SECTION) {
            struct place at = n->key != NULL ? n->key->at : n->at;
            r->settings->origin[i].file = reading_copy(r, r->report->file[at.file].name);
            r->settings->origin[i].line = at.line;
        }
    }
}

struct text_file {
    char *text;
    size_t n;
};

/* The list that stands first of those not read yet: of two entries that contradict each other the second is at fault.
 */
static size_t next_list(const struct reading *r, const bool read[static OPTION_ROWS])
{
    size_t best = OPTION_ROWS;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (r->given[i] == NULL || read[i] || !option_is_list(options[i].kind)) {
            continue;
        }
        struct place at = r->given[i]->at, first = best < OPTION_ROWS ? r->given[best]->at : at;
        if (best == OPTION_ROWS || at.file < first.file || (at.file == first.file && at.line < first.line)) {
            best = i;
        }
    }
    return best;
}

/* One file after the other into one reading; the first is in the report already. */
static void read_files(struct reading *r, const struct text_file *files, char *const *names, size_t count,
                       struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            report_next(r->report, names[i], files[i].text != NULL ? files[i].text : "", files[i].n);
        }
        const struct node *root = files[i].text != NULL ? tree_read(files[i].text, files[i].n, arena, r->report) : NULL;
        if (root != NULL) {
            read_root(r, root);
        }
    }
    bool read[OPTION_ROWS] = {false};
    for (size_t i; (i = next_list(r, read)) < OPTION_ROWS;) { /* whole by now */
        reading_option(r, &options[i], r->given[i]);
        read[i] = true;
    }
}

/* The settings, or NULL and everything that is wrong. */
static struct settings *read_settings(const struct text_file *files, char *const *names, size_t count,
                                      struct report *report, struct arena *arena)
{
    struct reading r = {.report = report, .arena = arena, .settings = calloc(1, sizeof(struct settings))};
    if (r.settings == NULL) {
        report_add(report, (struct place){0}, NULL, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        reading_default(&r, &options[i]);
    }
    read_files(&r, files, names, count, arena);
    r.settings->allow_local_networks = given(&r, "access", "allow") == NULL;
    if (report->count == 0) {
        check_relations(&r);
        keep_origin(&r);
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
    struct text_file file = {.text = (char *)(uintptr_t)text, .n = n}; /* read only */
    report_init(&report, name, text, n);
    arena_init(&arena, NULL, 0, TREE_BYTES);
    *errors = (struct config_errors){0};
    struct settings *s = read_settings(&file, NULL, 1, &report, &arena);
    if (s == NULL) {
        report_finish(&report, errors);
    }
    arena_release(&arena);
    report_release(&report);
    return s;
}

/* "/etc/raiz/conf.d" of "/etc/raiz/raiz.yaml". NULL: out of memory. */
static char *folder_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    int parent = slash != NULL ? (int)(slash - path) + 1 : 0;
    size_t room = (size_t)parent + sizeof CONFIG_FOLDER;
    char *folder = malloc(room);
    if (folder != NULL) {
        snprintf(folder, room, "%.*s" CONFIG_FOLDER, parent, path);
    }
    return folder;
}

/* A text that stands above all files. */
struct text_above {
    const char *text, *name;
};

/* What the file and those of conf.d say, for a report; *why for files that cannot be read. */
static struct settings *load(const char *path, char **more, size_t count, const struct text_above *above,
                             struct config_errors *errors)
{
    char *names[REPORT_FILES_MAX], why[FILE_WHY_MAX];
    struct text_file files[REPORT_FILES_MAX] = {{NULL, 0}};
    struct report report;
    struct arena arena;
    size_t all = count + 1;
    names[0] = (char *)(uintptr_t)path; /* read only */
    for (size_t i = 0; i < count; i++) {
        names[i + 1] = more[i];
    }
    arena_init(&arena, NULL, 0, TREE_BYTES);
    files[0].text = file_read(path, TREE_TEXT_MAX, &files[0].n, why);
    report_init(&report, path, files[0].text != NULL ? files[0].text : "", files[0].n);
    if (files[0].text == NULL) {
        report_add(&report, (struct place){0}, NULL, "%s", why);
    }
    for (size_t i = 1; i <= count; i++) {
        files[i].text = file_read(names[i], TREE_TEXT_MAX, &files[i].n, why);
        if (files[i].text == NULL) {
            report_add(&report, (struct place){.file = (uint32_t)i}, NULL, "%s", why);
        }
    }
    if (above->text != NULL && above->text[0] != '\0') {
        names[all] = (char *)(uintptr_t)above->name; /* read only, both */
        files[all++] = (struct text_file){.text = (char *)(uintptr_t)above->text, .n = strlen(above->text)};
    }
    struct settings *s = read_settings(files, names, all, &report, &arena);
    if (s == NULL) {
        report_finish(&report, errors);
    }
    for (size_t i = 0; i <= count; i++) {
        free(files[i].text);
    }
    arena_release(&arena);
    report_release(&report);
    return s;
}

struct settings *config_load(const char *path, struct config_errors *errors)
{
    return config_load_with(path, NULL, NULL, errors);
}

struct settings *config_load_with(const char *path, const char *text, const char *name, struct config_errors *errors)
{
    char why[FILE_WHY_MAX] = "out of memory", **more = NULL;
    struct text_above above = {.text = text, .name = name};
    if (path == NULL) {
        return text != NULL ? config_parse(text, strlen(text), name, errors) : config_parse("", 0, "defaults", errors);
    }
    *errors = (struct config_errors){0};
    char *folder = folder_beside(path);
    size_t count = folder != NULL ? file_list(folder, path, REPORT_FILES_MAX - 2, &more, why) : SIZE_MAX;
    struct settings *s = NULL;
    if (count == SIZE_MAX) {
        struct report report;
        report_init(&report, folder != NULL ? folder : path, "", 0);
        report_add(&report, (struct place){0}, NULL, "%s", why);
        report_finish(&report, errors);
        report_release(&report);
    } else {
        s = load(path, more, count, &above, errors);
        file_list_free(more, count);
    }
    free(folder);
    return s;
}

void config_errors_clear(struct config_errors *errors)
{
    free(errors->text);
    *errors = (struct config_errors){0};
}

bool config_question(const char *text, struct dname_buf *name, uint16_t *type)
{
    size_t n = strcspn(text, " "), gap = strspn(text + n, " ");
    *type = 0;
    return dname_scan(text, n, NULL, name) == DNS_OK &&
           (text[n] == '\0' ||
            (dns_type_scan(text + n + gap, strlen(text + n + gap), type) && !dns_type_is_meta(*type)));
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
    free(s->rate_exempt);
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
    free(s->zone_ttl);
    for (size_t i = 0; i < s->keep_warm_count; i++) {
        free(s->keep_warm[i]);
    }
    free(s->keep_warm);
    free_zones(s->forward, s->forward_count);
    free_zones(s->stub, s->stub_count);
    free(s->identity_version);
    free(s->identity_id);
    free(s->identity_nsid);
    free(s->querylog_file);
    free(s->dnstap_socket);
    free(s->dnstap_file);
    free(s->dnstap_identity);
    free(s->sandbox_user);
    for (size_t i = 0; s->origin != NULL && i < OPTION_ROWS; i++) {
        free(s->origin[i].file);
    }
    free(s->origin);
    free(s);
}
