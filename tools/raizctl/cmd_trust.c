/*
 * cmd_trust.c - anchors, nta add, nta rm, nta ls
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"

#define ROWS_MAX 5000 /* more anchors than a daemon has */

/* Rows are shown when the last line tells the daemon's time, by which theirs are read. */
struct table {
    struct ctl *ctl;
    json_t *rows;
    void (*row)(struct ctl *ctl, const json_t *o, uint64_t now);
    const char *none;
};

static void take_row(void *arg, json_t *o, bool last)
{
    struct table *t = arg;
    size_t i;
    json_t *row;
    if (!last) {
        if (json_array_size(t->rows) < ROWS_MAX) {
            json_array_append(t->rows, o);
        }
        return;
    }
    json_array_foreach(t->rows, i, row)
    {
        t->row(t->ctl, row, out_number(o, "now"));
    }
    if (json_array_size(t->rows) == 0) {
        fprintf(t->ctl->out, "%s\n", t->none);
    }
}

static int show(struct table *t, const char *verb)
{
    t->rows = json_array();
    int code = client_ask(t->ctl, json_pack("{s:s}", "verb", verb), take_row, t);
    json_decref(t->rows);
    return code;
}

/* ", WHAT 3h 2m ago", ", WHAT in 3h 2m", or nothing. */
static void print_time(struct ctl *ctl, const json_t *o, const char *key, const char *what, uint64_t now)
{
    char text[OUT_TEXT_MAX];
    uint64_t at = out_number(o, key);
    if (at > now) {
        fprintf(ctl->out, ", %s in %s", what, out_duration(at - now, text));
    } else if (at > 0) {
        fprintf(ctl->out, ", %s %s ago", what, out_duration(now - at, text));
    }
}

static enum paint state_paint(const char *state)
{
    if (strcmp(state, "VALID") == 0 || strcmp(state, "CONFIGURED") == 0) {
        return PAINT_GOOD;
    }
    return strcmp(state, "REVOKED") == 0 ? PAINT_BAD : PAINT_BOLD;
}

static void show_anchor(struct ctl *ctl, const json_t *o, uint64_t now)
{
    const char *state = out_text(o, "state");
    fprintf(ctl->out, "%s%s%s %-6s %5" PRIu64 " algorithm %-2" PRIu64 "  %s%s%s", paint_on(&ctl->style, PAINT_NAME),
            out_text(o, "zone"), paint_off(&ctl->style), out_text(o, "type"), out_number(o, "tag"),
            out_number(o, "algorithm"), paint_on(&ctl->style, state_paint(state)), state, paint_off(&ctl->style));
    print_time(ctl, o, "since", "since", now);
    print_time(ctl, o, "refreshed", "seen", now);
    print_time(ctl, o, "next_refresh", "asked for again", now);
    fputc('\n', ctl->out);
}

int cmd_anchors(struct ctl *ctl)
{
    struct table t = {.ctl = ctl, .row = show_anchor, .none = "no trust anchor: nothing is validated"};
    return show(&t, "anchors");
}

static void show_nta(struct ctl *ctl, const json_t *o, uint64_t now)
{
    const char *reason = out_text(o, "reason");
    fprintf(ctl->out, "%s%s%s", paint_on(&ctl->style, PAINT_NAME), out_text(o, "name"), paint_off(&ctl->style));
    if (json_is_true(json_object_get(o, "configured"))) {
        fprintf(ctl->out, ", by the configuration");
    }
    print_time(ctl, o, "since", "since", now);
    print_time(ctl, o, "until", "ends", now);
    print_time(ctl, o, "next_check", "looked at", now);
    fprintf(ctl->out, "%s%s\n", reason[0] != '\0' ? ": " : "", reason);
}

int cmd_nta_ls(struct ctl *ctl)
{
    struct table t = {.ctl = ctl, .row = show_nta, .none = "every zone that is signed is validated"};
    return show(&t, "nta.ls");
}

static void show_added(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char text[OUT_TEXT_MAX];
    if (last) {
        fprintf(ctl->out, "%s and what is below it is not validated for %s\n", out_text(o, "name"),
                out_duration(out_number(o, "for"), text));
    }
}

int cmd_nta_add(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s, s:s}", "verb", "nta.add", "name", ctl->words[0]);
    if (request != NULL && (ctl->given & OPT_FOR) != 0) {
        json_object_set_new(request, "for", json_integer((json_int_t)ctl->for_s));
    }
    if (request != NULL && (ctl->given & OPT_REASON) != 0) {
        json_object_set_new(request, "reason", json_string(ctl->reason));
    }
    if (request != NULL && (ctl->given & OPT_FORCE) != 0) {
        json_object_set_new(request, "force", json_true());
    }
    return client_ask(ctl, request, show_added, ctl);
}

static void show_removed(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        fprintf(ctl->out, "%s is validated again\n", out_text(o, "name"));
    }
}

int cmd_nta_rm(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s, s:s}", "verb", "nta.rm", "name", ctl->words[0]), show_removed, ctl);
}
