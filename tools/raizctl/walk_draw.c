/*
 * walk_draw.c - the rows of a walk, drawn
 */
#include <inttypes.h>
#include <string.h>

#include "tools/raizctl/out.h"
#include "tools/raizctl/walk_rows.h"

#define LEFT_MAX   46 /* columns; longer texts push the rest of their line to the right */
#define SERVER_MAX 52
#define INDENT     3 /* columns of one level */

struct drawing {
    const struct walk *walk;
    const struct style *style;
    FILE *out;
    unsigned left, server; /* widths */
};

static bool is_item(const struct row *r)
{
    return r->kind == ROW_ASKED || r->kind == ROW_STEP;
}

/* Does another item of this depth follow row i, before its heading changes? */
static bool more(const struct walk *w, size_t i, unsigned depth)
{
    for (size_t k = i + 1; k < w->count; k++) {
        const struct row *r = &w->rows[k];
        if (r->depth < depth || (r->depth == depth && r->kind == ROW_ZONE)) {
            return false;
        }
        if (r->depth == depth && is_item(r)) {
            return true;
        }
    }
    return false;
}

static void draw_indent(const struct drawing *d, size_t i, unsigned depth)
{
    for (unsigned k = 0; k < depth; k++) {
        bool bar = more(d->walk, i, k);
        fputs(!bar ? "   " : d->style->unicode ? "│  " : "|  ", d->out);
    }
}

static void draw_branch(const struct drawing *d, size_t i)
{
    bool last = !more(d->walk, i, d->walk->rows[i].depth);
    fputs(d->style->unicode ? last ? "└─ " : "├─ " : last ? "`- " : "|- ", d->out);
}

static enum paint mood_paint(enum row_mood mood)
{
    return mood == MOOD_GOOD ? PAINT_GOOD : mood == MOOD_BAD ? PAINT_BAD : PAINT_DIM;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static void draw_asked(const struct drawing *d, const struct row *r)
{
    char time[OUT_TEXT_MAX];
    int left = (int)d->left - (int)(INDENT * (r->depth + 1));
    fprintf(d->out, "%-*s  %s%-*s%s  %9s  %s%s%s\n", left > 0 ? left : 0, text_or_empty(r->left),
            paint_on(d->style, PAINT_NAME), (int)d->server, text_or_empty(r->server), paint_off(d->style),
            out_us(r->us, time), paint_on(d->style, mood_paint(r->mood)), text_or_empty(r->right), paint_off(d->style));
}

static void draw_row(const struct drawing *d, size_t i)
{
    const struct row *r = &d->walk->rows[i];
    const char *left = text_or_empty(r->left), *right = text_or_empty(r->right);
    draw_indent(d, i, r->depth);
    switch (r->kind) {
    case ROW_ZONE:
        fprintf(d->out, "%s%s%s", paint_on(d->style, PAINT_BOLD), left, paint_off(d->style));
        if (right[0] != '\0') {
            fprintf(d->out, "  %s%s%s", paint_on(d->style, PAINT_DIM), right, paint_off(d->style));
        }
        fputc('\n', d->out);
        break;
    case ROW_ASKED:
        draw_branch(d, i);
        draw_asked(d, r);
        break;
    case ROW_STEP:
        draw_branch(d, i);
        fprintf(d->out, "%s%s%s\n", paint_on(d->style, mood_paint(r->mood)), left, paint_off(d->style));
        break;
    case ROW_NOTE:
        fprintf(d->out, "%s   %s%s%s\n", more(d->walk, i, r->depth) ? d->style->unicode ? "│  " : "|  " : "   ",
                paint_on(d->style, PAINT_DIM), left, paint_off(d->style));
        break;
    }
}

static void measure(struct drawing *d)
{
    for (size_t i = 0; i < d->walk->count; i++) {
        const struct row *r = &d->walk->rows[i];
        size_t left = strlen(text_or_empty(r->left)) + INDENT * (r->depth + 1),
               server = strlen(text_or_empty(r->server));
        if (r->kind == ROW_ASKED) {
            d->left = left > d->left && left <= LEFT_MAX ? (unsigned)left : d->left;
            d->server = server > d->server && server <= SERVER_MAX ? (unsigned)server : d->server;
        }
    }
}

static void draw_answer(const struct drawing *d, const json_t *answer)
{
    size_t i;
    json_t *record;
    const json_t *records = json_object_get(answer, "answer");
    const char *rcode = out_text(answer, "rcode");
    fputc('\n', d->out);
    json_array_foreach(records, i, record)
    {
        const char *text = json_string_value(record);
        fprintf(d->out, "%s\n", text != NULL ? text : "");
    }
    if (json_array_size(records) == 0 && strcmp(rcode, "NOERROR") == 0) {
        fprintf(d->out, "%s exists, but has no %s\n", d->walk->name, d->walk->type);
    } else if (strcmp(rcode, "NXDOMAIN") == 0) {
        fprintf(d->out, "%s does not exist\n", json_array_size(records) == 0 ? d->walk->name : "the alias' target");
    }
    if (json_object_get(answer, "ede") != NULL) {
        fprintf(d->out, "%sextended error %" PRIu64 ", %s%s%s%s\n", paint_on(d->style, PAINT_BAD),
                out_number(answer, "ede"), out_text(answer, "ede_name"),
                out_text(answer, "ede_text")[0] != '\0' ? ": " : "", out_text(answer, "ede_text"), paint_off(d->style));
    }
}

static void draw_sum(const struct drawing *d, const json_t *end)
{
    const struct walk *w = d->walk;
    const char *rcode = out_text(json_object_get(end, "answer"), "rcode");
    char time[OUT_TEXT_MAX];
    bool good = strcmp(rcode, "NOERROR") == 0 || strcmp(rcode, "NXDOMAIN") == 0;
    fprintf(d->out, "%s%s%s in %s: ", paint_on(d->style, good ? PAINT_GOOD : PAINT_BAD), rcode, paint_off(d->style),
            out_us(out_number(end, "took_us"), time));
    if (w->questions == 0) {
        fprintf(d->out, "nobody was asked");
    } else {
        fprintf(d->out, "%u question%s", w->questions, w->questions == 1 ? "" : "s");
    }
    if (w->over_tcp > 0) {
        fprintf(d->out, ", %u of them over TCP", w->over_tcp);
    }
    if (w->timeouts > 0) {
        fprintf(d->out, ", %u without a reply", w->timeouts);
    }
    if (out_number(end, "events_lost") > 0) {
        fprintf(d->out, "; %" PRIu64 " steps more than are kept", out_number(end, "events_lost"));
    }
    fputc('\n', d->out);
}

void walk_draw_rows(const struct walk *w, const struct style *style, FILE *out)
{
    struct drawing d = {.walk = w, .style = style, .out = out};
    measure(&d);
    for (size_t i = 0; i < w->count; i++) {
        draw_row(&d, i);
    }
}

void walk_draw_end(const struct walk *w, const json_t *end, const struct style *style, FILE *out)
{
    struct drawing d = {.walk = w, .style = style, .out = out};
    draw_answer(&d, json_object_get(end, "answer"));
    draw_sum(&d, end);
}

void walk_draw(const struct walk *w, const json_t *end, const struct style *style, FILE *out)
{
    fprintf(out, "%s%s %s%s\n", paint_on(style, PAINT_BOLD), w->name, w->type, paint_off(style));
    walk_draw_rows(w, style, out);
    walk_draw_end(w, end, style, out);
}
