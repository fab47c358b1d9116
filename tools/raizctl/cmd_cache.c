/*
 * cmd_cache.c - cache show, cache ls, cache flush, cache save, cache load
 *
 * Entries are shown as lines of a zone file, what is not a record as a comment; behind each line stands how long it
 * lasts, how far it is trusted, and who said so:
 *
 *     www.example. 3540 IN A 192.0.2.7 ; 59m/1h, from 192.0.2.1 (example.), authoritative answer
 *     ; gone.example. does not exist, nor anything below it ; 4m/5m, ...
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns/name.h"
#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"

#define SORTED_MAX 50000 /* a longer list is shown as it comes */

struct listing {
    struct ctl *ctl;
    bool show; /* cache show: explain an empty reply */
    bool sort;
    json_t **rows; /* kept to be sorted */
    size_t count, cap;
};

/* " ; 59m/1h, from 192.0.2.1 (example.), authoritative answer" */
static void print_origin(struct ctl *ctl, const json_t *o)
{
    char left[OUT_TEXT_MAX], whole[OUT_TEXT_MAX];
    const char *asked = out_text(o, "server"), *security = out_text(o, "security"), *zone = out_text(o, "zone");
    fprintf(ctl->out, " %s; %s/%s", paint_on(&ctl->style, PAINT_DIM), out_duration(out_number(o, "ttl"), left),
            out_duration(out_number(o, "original_ttl"), whole));
    if (asked[0] != '\0') {
        fprintf(ctl->out, ", from %s (%s)", asked, zone);
    }
    fprintf(ctl->out, ", %s", out_text(o, "trust"));
    if (strcmp(security, "unchecked") != 0) {
        fprintf(ctl->out, ", %s", security);
    }
    fprintf(ctl->out, "%s\n", paint_off(&ctl->style));
}

static void print_records(struct ctl *ctl, const json_t *o, const char *key)
{
    size_t i;
    json_t *record;
    json_array_foreach(json_object_get(o, key), i, record)
    {
        const char *text = json_string_value(record);
        fprintf(ctl->out, "%s", text != NULL ? text : "");
        print_origin(ctl, o);
    }
}

static void print_entry(struct ctl *ctl, const json_t *o)
{
    const char *kind = out_text(o, "kind"), *name = out_text(o, "name"), *type = out_text(o, "type");
    char text[OUT_TEXT_MAX];
    if (strcmp(kind, "failure") == 0) {
        fprintf(ctl->out, "; %s %s failed %" PRIu64 " time%s: %s; not tried again for %s\n", name, type,
                out_number(o, "in_a_row"), out_number(o, "in_a_row") == 1 ? "" : "s in a row", out_text(o, "text"),
                out_duration(out_number(o, "ttl"), text));
    } else if (strcmp(kind, "nxdomain") == 0) {
        fprintf(ctl->out, "; %s does not exist, nor anything below it", name);
        print_origin(ctl, o);
    } else if (strcmp(kind, "nodata") == 0) {
        fprintf(ctl->out, "; %s has no %s", name, type);
        print_origin(ctl, o);
    } else {
        if (strcmp(kind, "delegation") == 0) {
            fprintf(ctl->out, "; delegation of %s\n", name);
        }
        print_records(ctl, o, "records");
        print_records(ctl, o, "signatures");
    }
}

/* Canonical order of names (RFC 4034 section 6.1), so that a zone stands together; then by kind. */
static int compare_rows(const void *a, const void *b)
{
    const json_t *const *x = a, *const *y = b;
    struct dname_buf n, m;
    const char *p = out_text(*x, "name"), *q = out_text(*y, "name");
    if (dname_scan(p, strlen(p), NULL, &n) == DNS_OK && dname_scan(q, strlen(q), NULL, &m) == DNS_OK) {
        int order = dname_compare(dname_of(&n), dname_of(&m));
        if (order != 0) {
            return order;
        }
    }
    int kind = strcmp(out_text(*x, "kind"), out_text(*y, "kind"));
    return kind != 0 ? kind : strcmp(out_text(*x, "type"), out_text(*y, "type"));
}

/* Shows what was kept, in order. */
static void flush_rows(struct listing *l)
{
    if (l->count > 1) {
        qsort(l->rows, l->count, sizeof(json_t *), compare_rows);
    }
    for (size_t i = 0; i < l->count; i++) {
        print_entry(l->ctl, l->rows[i]);
        json_decref(l->rows[i]);
    }
    l->count = 0;
}

static bool keep(struct listing *l, json_t *o)
{
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 256 : 2 * l->cap;
        json_t **rows = realloc(l->rows, cap * sizeof(json_t *));
        if (rows == NULL) {
            return false;
        }
        l->rows = rows;
        l->cap = cap;
    }
    l->rows[l->count++] = json_incref(o);
    return true;
}

static void show_row(void *arg, json_t *o, bool last)
{
    struct listing *l = arg;
    struct ctl *ctl = l->ctl;
    if (last) {
        flush_rows(l);
        if (l->show && out_number(o, "entries") == 0) {
            fprintf(ctl->out, "; nothing is known of %s itself\n", ctl->words[0]);
        } else if (!l->show && out_number(o, "entries") == 0) {
            fprintf(ctl->out, "; nothing\n");
        }
        return;
    }
    if (l->show && json_object_get(o, "bears_on") != NULL) {
        fprintf(ctl->out, "; what bears on %s:\n", out_text(o, "bears_on"));
    }
    if (l->sort && l->count < SORTED_MAX && keep(l, o)) {
        return;
    }
    if (l->sort) {
        l->sort = false;
        flush_rows(l);
    }
    print_entry(ctl, o);
}

static int list(struct listing *l, json_t *request)
{
    int code = client_ask(l->ctl, request, show_row, l);
    flush_rows(l); /* after an error, what had come */
    free(l->rows);
    return code;
}

int cmd_cache_show(struct ctl *ctl)
{
    struct listing l = {.ctl = ctl, .show = true};
    return list(&l, json_pack("{s:s, s:s}", "verb", "cache.show", "name", ctl->words[0]));
}

int cmd_cache_ls(struct ctl *ctl)
{
    struct listing l = {.ctl = ctl, .sort = true};
    json_t *request = json_pack("{s:s, s:s}", "verb", "cache.ls", "under", ctl->under != NULL ? ctl->under : ".");
    if (request != NULL && (ctl->given & OPT_LIMIT) != 0) {
        json_object_set_new(request, "limit", json_integer((json_int_t)ctl->limit));
    }
    client_be_patient(ctl); /* there may be little below that name */
    return list(&l, request);
}

static void show_flushed(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char number[OUT_TEXT_MAX];
    if (last) {
        bool dry = json_object_get(o, "would_flush") != NULL;
        uint64_t n = out_number(o, dry ? "would_flush" : "flushed");
        fprintf(ctl->out, dry ? "%s %s would be forgotten\n" : "%s %s forgotten\n", out_count(n, number),
                n == 1 ? "entry" : "entries");
    }
}

static void show_saving(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    (void)o;
    if (last) {
        fprintf(ctl->out, "the cache is being saved; the log says when it is done\n");
    }
}

int cmd_cache_save(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "cache.save"), show_saving, ctl);
}

static void show_loaded(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        fprintf(ctl->out,
                "%" PRIu64 " entries restored in %" PRIu64 " ms, saved %" PRIu64 " s ago; %" PRIu64
                " had ended, %" PRIu64 " were not needed or did not fit\n",
                out_number(o, "restored"), out_number(o, "took_ms"), out_number(o, "age_s"), out_number(o, "ended"),
                out_number(o, "kept"));
    }
}

/* The file is opened here: raizd sees no files but its own. */
int cmd_cache_load(struct ctl *ctl)
{
    int file = -1;
    if (ctl->word_count > 0) {
        file = open(ctl->words[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) {
            return ctl_fail(ctl, CONTROL_FAILED, "%s: %s", ctl->words[0], strerror(errno));
        }
    }
    client_be_patient(ctl);
    int code = client_ask_with(ctl, json_pack("{s:s}", "verb", "cache.load"), file, show_loaded, ctl);
    if (file >= 0) {
        close(file);
    }
    return code;
}

int cmd_cache_flush(struct ctl *ctl)
{
    if (ctl->word_count == 2 && ctl->type == NULL) { /* as unbound-control flush_type has it */
        ctl->type = ctl->words[1];
        ctl->given |= OPT_TYPE;
    }
    client_be_patient(ctl);
    json_t *request = json_pack("{s:s, s:s}", "verb", "cache.flush", "name", ctl->words[0]);
    if ((ctl->given & OPT_TREE) != 0 && (ctl->given & OPT_TYPE) != 0) {
        json_decref(request);
        return ctl_fail(ctl, CONTROL_USAGE, "--tree takes all types; leave --type out");
    }
    if (request != NULL && (ctl->given & OPT_TREE) != 0) {
        json_object_set_new(request, "tree", json_true());
    }
    if (request != NULL && (ctl->given & OPT_DRY) != 0) {
        json_object_set_new(request, "dry", json_true());
    }
    if (request != NULL && (ctl->given & OPT_TYPE) != 0) {
        json_object_set_new(request, "type", json_string(ctl->type));
    }
    return client_ask(ctl, request, show_flushed, ctl);
}
