/*
 * cmd_tail.c - tail, top: answers as they go out
 *
 *     12:01:03 192.168.1.23     A      www.debian.org.         NOERROR   hit
 *     12:01:04 192.168.1.23     A      www.dead.example.       SERVFAIL  miss   4.33 s  no name server of the zone
 * answered
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/live.h"
#include "tools/raizctl/out.h"

#define FOREVER_MS (20u * 24 * 3600 * 1000)

static json_t *request_of(struct ctl *ctl, const char *verb)
{
    json_t *o = json_pack("{s:s, s:s}", "verb", verb, "under", ctl->under != NULL ? ctl->under : ".");
    if (o == NULL) {
        return NULL;
    }
    if (ctl->client != NULL) {
        json_object_set_new(o, "client", json_string(ctl->client));
    }
    if (ctl->rcode_wanted != NULL) {
        json_object_set_new(o, "rcode", json_string(ctl->rcode_wanted));
    }
    if (ctl->transport != NULL) {
        json_object_set_new(o, "transport", json_string(ctl->transport));
    }
    if ((ctl->given & OPT_SLOW) != 0) {
        json_object_set_new(o, "slow", json_integer((json_int_t)ctl->slow_ms));
    }
    if ((ctl->given & OPT_BOGUS) != 0) {
        json_object_set_new(o, "bogus", json_true());
    }
    if ((ctl->given & OPT_LIMIT) != 0) {
        json_object_set_new(o, "limit", json_integer((json_int_t)ctl->limit));
    }
    if ((ctl->given & OPT_FOR) != 0) {
        json_object_set_new(o, "for", json_integer((json_int_t)ctl->for_s));
    }
    return o;
}

static const char *clock_text(uint64_t at, char buf[static OUT_TEXT_MAX])
{
    time_t t = (time_t)at;
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL || strftime(buf, OUT_TEXT_MAX, "%H:%M:%S", &tm) == 0) {
        snprintf(buf, OUT_TEXT_MAX, "?");
    }
    return buf;
}

static void show_answer(struct ctl *ctl, const json_t *o)
{
    char at[OUT_TEXT_MAX], took[OUT_TEXT_MAX] = "";
    const char *rcode = out_text(o, "rcode"), *source = out_text(o, "source");
    bool good = strcmp(rcode, "NOERROR") == 0, secure = strcmp(out_text(o, "security"), "secure") == 0;
    if (strcmp(source, "miss") == 0) {
        out_us(out_number(o, "took_us"), took);
    }
    fprintf(ctl->out, "%s %-16s %s%-6s%s %s%-32s%s %s%-9s%s %s%s%s", clock_text(out_number(o, "at"), at),
            out_text(o, "client"), paint_on(&ctl->style, PAINT_TYPE), out_text(o, "type"), paint_off(&ctl->style),
            paint_on(&ctl->style, PAINT_NAME), out_text(o, "name"), paint_off(&ctl->style),
            paint_on(&ctl->style, good ? PAINT_GOOD : PAINT_BAD), rcode, paint_off(&ctl->style), source,
            took[0] != '\0' ? "  " : "", took);
    fprintf(ctl->out, "%s%s%s%s%s\n", secure ? "  secure" : "",
            strcmp(out_text(o, "transport"), "tcp") == 0 ? "  over TCP" : "",
            json_is_true(json_object_get(o, "truncated")) ? "  truncated" : "",
            out_text(o, "text")[0] != '\0' ? "  " : "", out_text(o, "text"));
}

static void show_tail(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char number[OUT_TEXT_MAX];
    if (!last && json_object_get(o, "name") != NULL) {
        show_answer(ctl, o);
    } else if (!last) {
        fprintf(ctl->out, "%s%s answers more than could be shown%s\n", paint_on(&ctl->style, PAINT_DIM),
                out_count(out_number(o, "dropped"), number), paint_off(&ctl->style));
    }
}

int cmd_tail(struct ctl *ctl)
{
    ctl->timeout_ms = FOREVER_MS; /* a quiet resolver says nothing */
    ctl->live = true;
    return client_ask(ctl, request_of(ctl, "tail"), show_tail, ctl);
}

struct top {
    struct ctl *ctl;
    char list[40]; /* the heading that stands there */
};

static void show_top(void *arg, json_t *o, bool last)
{
    struct top *t = arg;
    struct ctl *ctl = t->ctl;
    char number[OUT_TEXT_MAX], hits[OUT_TEXT_MAX], took[OUT_TEXT_MAX];
    if (last) {
        fprintf(ctl->out, "%s%s answers in %s, %s of them from the cache", t->list[0] != '\0' ? "\n" : "",
                out_count(out_number(o, "queries"), number), out_us(out_number(o, "took_us"), took),
                out_count(out_number(o, "hits"), hits));
        if (out_number(o, "dropped") > 0) {
            fprintf(ctl->out, "; %s more were not counted", out_count(out_number(o, "dropped"), number));
        }
        fputc('\n', ctl->out);
        return;
    }
    if (strcmp(t->list, out_text(o, "list")) != 0) {
        fprintf(ctl->out, "%s%s%s%s\n", t->list[0] != '\0' ? "\n" : "", paint_on(&ctl->style, PAINT_BOLD),
                out_text(o, "list"), paint_off(&ctl->style));
        snprintf(t->list, sizeof t->list, "%s", out_text(o, "list"));
    }
    fprintf(ctl->out, "%10s  %s%s%s%s%s", out_count(out_number(o, "count"), number), paint_on(&ctl->style, PAINT_NAME),
            out_text(o, "name"), out_text(o, "address"), paint_off(&ctl->style),
            out_text(o, "type")[0] != '\0' ? " " : "");
    fprintf(ctl->out, "%s", out_text(o, "type"));
    if (out_number(o, "error") > 0) {
        fprintf(ctl->out, "  (maybe %s fewer)", out_count(out_number(o, "error"), number));
    }
    fputc('\n', ctl->out);
}

#define LIVE_LISTS 4
#define LIVE_ROWS  12 /* headings, blank lines and the sum */

/* One window: what it prints, as a text to be freed. NULL: it has failed, and said so. */
static char *live_window(struct ctl *ctl, int *code)
{
    char *text = NULL;
    size_t n = 0;
    struct ctl window = *ctl;
    struct top t = {.ctl = &window};
    window.out = open_memstream(&text, &n);
    if (window.out == NULL) {
        *code = ctl_fail(ctl, CONTROL_FAILED, "out of memory");
        return NULL;
    }
    *code = client_ask(&window, request_of(&window, "top"), show_top, &t);
    fprintf(window.out, "\n%sq ends%s\n", paint_on(&ctl->style, PAINT_DIM), paint_off(&ctl->style));
    fclose(window.out);
    if (*code != CONTROL_OK) {
        free(text);
        text = NULL;
    }
    return text;
}

/* Second by second, on a screen of its own. What fails is told on the other one. */
static int live_top(struct ctl *ctl)
{
    char *said = NULL;
    size_t n = 0;
    int code = CONTROL_OK;
    struct ctl quiet = *ctl;
    quiet.err = open_memstream(&said, &n);
    quiet.given |= OPT_FOR;
    quiet.for_s = 1;
    if (quiet.err == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    live_begin();
    while (code == CONTROL_OK && !live_is_over()) {
        if ((ctl->given & OPT_LIMIT) == 0) {
            unsigned lines = live_lines();
            quiet.given |= OPT_LIMIT;
            quiet.limit = lines > LIVE_ROWS + LIVE_LISTS ? (lines - LIVE_ROWS) / LIVE_LISTS : 1;
        }
        char *text = live_window(&quiet, &code);
        if (text != NULL) {
            live_draw(text);
        }
        free(text);
    }
    live_end();
    fclose(quiet.err);
    fputs(said, ctl->err);
    free(said);
    return code;
}

int cmd_top(struct ctl *ctl)
{
    struct top t = {.ctl = ctl};
    if (!ctl->json && (ctl->given & OPT_FOR) == 0 && live_possible(ctl->out)) {
        return live_top(ctl);
    }
    ctl->timeout_ms += (unsigned)((ctl->given & OPT_FOR) != 0 ? ctl->for_s : 5) * 1000;
    return client_ask(ctl, request_of(ctl, "top"), show_top, &t);
}
