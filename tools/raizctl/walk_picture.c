/*
 * walk_picture.c - the rows of a walk as a picture: who says what to whom, from top to bottom
 *
 *      you
 *       | www.ibm.com. A
 *      raiz
 *       |   +- com. ------------------------------------------------+
 *       |-->| ibm.com. A  (minimised)  b.gtld-servers.net. 192.33.14.30
 *       |<--| referral to ibm.com.     0.10 ms ####                 |
 *       |   +-------------------------------------------------------+
 *       |   now for servereast.backup2.ibm.com.
 *
 * A box is a zone whose servers are asked; the bar behind a reply is as long as its time is beside the longest. What is
 * looked up on the way stands further to the right. Where the terminal has no UTF-8 the lines are of plain ASCII.
 */
#include <string.h>

#include "tools/raizctl/out.h"
#include "tools/raizctl/walk_rows.h"

#define WIDTH_LEAST 30
#define WIDTH_MOST  96 /* columns in a box; longer texts push its right side */
#define BAR_MOST    20
#define STEP        3 /* columns of one depth */

struct glyphs {
    const char *lane, *ask, *ask_head, *reply, *reply_tail, *left, *right, *top_left, *top_right, *low_left, *low_right,
        *line, *bar;
};
static const struct glyphs glyphs[] = {
    {"|", "|--", ">", "|<-", "-", "|", "|", "+-", "+", "+-", "+", "-", "#"},
    {"│", "├──", "▶", "│◀─", "─", "│", "│", "┌─", "┐", "└─", "┘", "─", "▓"},
};

struct picture {
    const struct walk *walk;
    const struct style *style;
    const struct glyphs *g;
    FILE *out;
    size_t width; /* inside of a box */
    uint64_t longest_us;
    const char *zone[WALK_DEPTH_MAX], *whence[WALK_DEPTH_MAX]; /* headings so far */
    bool open;                                                 /* a box is */
    unsigned depth;                                            /* of it */
};

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static void repeat(struct picture *p, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fputs(what, p->out);
    }
}

/* The lane of raiz at the left, up to where a box of this depth begins. */
static void lane(struct picture *p, unsigned depth)
{
    fprintf(p->out, "  %s   %*s", p->g->lane, (int)(STEP * depth), "");
}

static void arrow(struct picture *p, const char *from, const char *to, unsigned depth)
{
    fprintf(p->out, "  %s", from);
    repeat(p, p->g->line, (size_t)STEP * depth);
    fputs(to, p->out);
}

static void close_box(struct picture *p)
{
    if (p->open) {
        lane(p, p->depth);
        fputs(p->g->low_left, p->out);
        repeat(p, p->g->line, p->width + 1);
        fprintf(p->out, "%s\n", p->g->low_right);
        p->open = false;
    }
}

static void open_box(struct picture *p, unsigned depth)
{
    const char *zone = text_of(p->zone[depth]), *whence = text_of(p->whence[depth]);
    size_t used = strlen(zone) + 2;
    close_box(p);
    lane(p, depth);
    fprintf(p->out, "%s %s%s%s ", p->g->top_left, paint_on(p->style, PAINT_BOLD), zone, paint_off(p->style));
    repeat(p, p->g->line, p->width + 1 > used ? p->width + 1 - used : 0);
    fprintf(p->out, "%s", p->g->top_right);
    if (whence[0] != '\0') {
        fprintf(p->out, "  %s%s%s", paint_on(p->style, PAINT_DIM), whence, paint_off(p->style));
    }
    fputc('\n', p->out);
    p->open = true;
    p->depth = depth;
}

/* What stands in the box is `columns` wide: its right side. */
static void end_line(struct picture *p, size_t columns)
{
    repeat(p, " ", columns < p->width ? p->width - columns : 0);
    fprintf(p->out, " %s\n", p->g->right);
}

static size_t bar_of(const struct picture *p, uint64_t us)
{
    return p->longest_us > 0 ? (size_t)((us * BAR_MOST + p->longest_us - 1) / p->longest_us) : 0;
}

static void draw_question(struct picture *p, const struct row *r)
{
    const char *left = text_of(r->left), *server = text_of(r->server);
    char time[OUT_TEXT_MAX];
    size_t gap = strlen(left) + strlen(server) + 2 < p->width ? p->width - strlen(left) - strlen(server) : 2;
    arrow(p, p->g->ask, p->g->ask_head, r->depth);
    fprintf(p->out, "%s %s", p->g->left, left);
    repeat(p, " ", gap);
    fprintf(p->out, "%s%s%s", paint_on(p->style, PAINT_NAME), server, paint_off(p->style));
    end_line(p, strlen(left) + gap + strlen(server));

    const char *right = text_of(r->right);
    enum paint paint = r->mood == MOOD_GOOD ? PAINT_GOOD : PAINT_BAD;
    size_t bar = bar_of(p, r->us);
    out_us(r->us, time);
    arrow(p, p->g->reply, p->g->reply_tail, r->depth);
    fprintf(p->out, "%s %s%s%s  %s ", p->g->left, paint_on(p->style, paint), right, paint_off(p->style), time);
    repeat(p, p->g->bar, bar);
    end_line(p, strlen(right) + 2 + strlen(time) + 1 + bar);
}

static void draw_row(struct picture *p, const struct row *r)
{
    switch (r->kind) {
    case ROW_ZONE:
        close_box(p);
        p->zone[r->depth] = r->left;
        p->whence[r->depth] = r->right;
        break;
    case ROW_ASKED:
        if (!p->open || p->depth != r->depth) {
            open_box(p, r->depth);
        }
        draw_question(p, r);
        break;
    case ROW_STEP:
    case ROW_NOTE:
        close_box(p);
        lane(p, r->depth);
        fprintf(p->out, "%s%s%s\n",
                paint_on(p->style, r->mood == MOOD_BAD    ? PAINT_BAD
                                   : r->mood == MOOD_GOOD ? PAINT_GOOD
                                                          : PAINT_DIM),
                text_of(r->left), paint_off(p->style));
        break;
    }
}

static void measure(struct picture *p)
{
    p->width = WIDTH_LEAST;
    for (size_t i = 0; i < p->walk->count; i++) {
        const struct row *r = &p->walk->rows[i];
        size_t question = strlen(text_of(r->left)) + 2 + strlen(text_of(r->server));
        size_t answer = strlen(text_of(r->right)) + OUT_TEXT_MAX / 4 + 3 + BAR_MOST;
        size_t widest = question > answer ? question : answer;
        if (r->kind == ROW_ASKED) {
            p->width = widest > p->width && widest <= WIDTH_MOST ? widest : p->width;
            p->longest_us = r->us > p->longest_us ? r->us : p->longest_us;
        }
    }
}

void walk_picture(const struct walk *w, const json_t *end, const struct style *style, FILE *out)
{
    struct picture p = {.walk = w, .style = style, .g = &glyphs[style->unicode ? 1 : 0], .out = out};
    measure(&p);
    fprintf(out, " %syou%s\n  %s %s %s\n %sraiz%s\n", paint_on(style, PAINT_BOLD), paint_off(style), p.g->lane, w->name,
            w->type, paint_on(style, PAINT_BOLD), paint_off(style));
    for (size_t i = 0; i < w->count; i++) {
        draw_row(&p, &w->rows[i]);
    }
    close_box(&p);
    fprintf(out, "  %s %s\n %syou%s\n", p.g->lane, out_text(json_object_get(end, "answer"), "rcode"),
            paint_on(style, PAINT_BOLD), paint_off(style));
    walk_draw_end(w, end, style, out);
}
