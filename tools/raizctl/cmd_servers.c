/*
 * cmd_servers.c - servers, servers forget, cache tree, log level
 */
#include <inttypes.h>
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"

static void show_server(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char a[OUT_TEXT_MAX], b[OUT_TEXT_MAX], who[340];
    const char *lame = out_text(o, "lame");
    if (last) {
        if (out_number(o, "servers") == 0) {
            fprintf(ctl->out, "no server is known\n");
        } else if (out_number(o, "known") > out_number(o, "servers")) {
            fprintf(ctl->out, "these are asked most, of %s that are known\n", out_count(out_number(o, "known"), a));
        }
        return;
    }
    snprintf(who, sizeof who, "%s %s", out_text(o, "server"), out_text(o, "name"));
    fprintf(ctl->out, "%s%-44s%s", paint_on(&ctl->style, PAINT_NAME), who, paint_off(&ctl->style));
    if (!json_is_true(json_object_get(o, "known"))) {
        fprintf(ctl->out, "  not asked lately");
    } else {
        fprintf(ctl->out, "  rtt %s (± %s)  answered %" PRIu64 " of %" PRIu64 "  EDNS %s%s%s",
                out_us(out_number(o, "rtt_us"), a), out_us(out_number(o, "rtt_var_us"), b), out_number(o, "answered"),
                out_number(o, "asked"), out_text(o, "edns"), json_is_true(json_object_get(o, "tcp")) ? "  TCP" : "",
                json_is_true(json_object_get(o, "keeps_case")) ? "  0x20" : "");
    }
    if (out_number(o, "timeouts_in_a_row") > 0) {
        fprintf(ctl->out, "  %ssilent %" PRIu64 " times in a row%s", paint_on(&ctl->style, PAINT_BAD),
                out_number(o, "timeouts_in_a_row"), paint_off(&ctl->style));
    }
    if (out_number(o, "down_s") > 0) {
        fprintf(ctl->out, "  %sdown, asked again in %s%s", paint_on(&ctl->style, PAINT_BAD),
                out_duration(out_number(o, "down_s"), a), paint_off(&ctl->style));
    }
    if (lame[0] != '\0') {
        fprintf(ctl->out, "  %snot asked for now: %s%s", paint_on(&ctl->style, PAINT_BAD), lame,
                paint_off(&ctl->style));
    }
    fputc('\n', ctl->out);
}

int cmd_servers(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s}", "verb", "servers");
    if (request != NULL && ctl->word_count > 0) {
        json_object_set_new(request, "name", json_string(ctl->words[0]));
    }
    if (request != NULL && (ctl->given & OPT_LIMIT) != 0) {
        json_object_set_new(request, "limit", json_integer((json_int_t)ctl->limit));
    }
    return client_ask(ctl, request, show_server, ctl);
}

static void show_forgotten(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char number[OUT_TEXT_MAX];
    if (last) {
        uint64_t n = out_number(o, "forgotten");
        fprintf(ctl->out, "%s %s forgotten\n", out_count(n, number), n == 1 ? "entry" : "entries");
    }
}

int cmd_servers_forget(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s}", "verb", "servers.forget");
    if (request != NULL && strcmp(ctl->words[0], "all") != 0) {
        json_object_set_new(request, "server", json_string(ctl->words[0]));
    }
    return client_ask(ctl, request, show_forgotten, ctl);
}

static void show_node(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char number[OUT_TEXT_MAX];
    static const char *const kinds[][2] = {{"rrsets", "with data"},
                                           {"nodata", "without"},
                                           {"nxdomains", "that do not exist"},
                                           {"delegations", "delegations"},
                                           {"failures", "failures"}};
    if (last) {
        if (out_number(o, "names") == 0) {
            fprintf(ctl->out, "nothing\n");
        } else if (out_number(o, "left_out") > 0) {
            fprintf(ctl->out, "%s entries more lie below names that there was no room for\n",
                    out_count(out_number(o, "left_out"), number));
        }
        return;
    }
    unsigned indent = (unsigned)out_number(o, "depth") * 2;
    const char *name = out_text(o, "name");
    fprintf(ctl->out, "%*s%s%-*s%s %10s", (int)indent, "", paint_on(&ctl->style, PAINT_NAME),
            (int)(indent < 40 ? 44 - indent : 4), name, paint_off(&ctl->style),
            out_count(out_number(o, "entries"), number));
    const char *comma = "  ";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t n = out_number(o, kinds[i][0]);
        if (n > 0) {
            fprintf(ctl->out, "%s%s %s", comma, out_count(n, number), kinds[i][1]);
            comma = ", ";
        }
    }
    fputc('\n', ctl->out);
}

int cmd_cache_tree(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s}", "verb", "cache.tree");
    client_be_patient(ctl);
    if (request != NULL && ctl->word_count > 0) {
        json_object_set_new(request, "name", json_string(ctl->words[0]));
    }
    if (request != NULL && (ctl->given & OPT_DEPTH) != 0) {
        json_object_set_new(request, "depth", json_integer((json_int_t)ctl->depth));
    }
    return client_ask(ctl, request, show_node, ctl);
}

static void show_level(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        fprintf(ctl->out, "%s\n", out_text(o, "level"));
    }
}

int cmd_log_level(struct ctl *ctl)
{
    json_t *request = json_pack("{s:s}", "verb", "log.level");
    if (request != NULL && ctl->word_count > 0) {
        json_object_set_new(request, "level", json_string(ctl->words[0]));
    }
    return client_ask(ctl, request, show_level, ctl);
}

static void show_rotated(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    (void)o;
    if (last) {
        fprintf(ctl->out, "the query log begins a new file\n");
    }
}

int cmd_log_rotate(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "log.rotate"), show_rotated, ctl);
}

int cmd_cache_stats(struct ctl *ctl)
{
    ctl->words[0] = "cache";
    ctl->word_count = 1;
    return cmd_stats(ctl);
}
