/*
 * cmd_status.c - status, stats, inflight, stop
 */
#include <inttypes.h>
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"

static void print_listen(struct ctl *ctl, const json_t *o)
{
    size_t i;
    json_t *address;
    fprintf(ctl->out, "  listens on   ");
    json_array_foreach(json_object_get(o, "listen"), i, address)
    {
        const char *text = json_string_value(address);
        fprintf(ctl->out, "%s%s", i > 0 ? ", " : "", text != NULL ? text : "?");
    }
    fputc('\n', ctl->out);
}

static void print_sandbox(struct ctl *ctl, const json_t *b)
{
    if (b != NULL) { /* older daemons do not say */
        fprintf(ctl->out, "  sandbox      user %s, capabilities %s%s, files: %s, system calls: %s\n",
                out_text(b, "user"), out_text(b, "capabilities"),
                json_is_true(json_object_get(b, "no_new_privs")) ? ", no new privileges" : "", out_text(b, "files"),
                out_text(b, "system_calls"));
    }
}

static void show_status(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char a[OUT_TEXT_MAX], b[OUT_TEXT_MAX];
    uint64_t queries = out_number(o, "queries"), hits = out_number(o, "hits");
    if (!last) {
        return;
    }
    fprintf(ctl->out, "%sraizd %s is running%s for %s: pid %" PRIu64 ", %" PRIu64 " worker%s\n",
            paint_on(&ctl->style, PAINT_GOOD), out_text(o, "version"), paint_off(&ctl->style),
            out_duration(out_number(o, "uptime_s"), a), out_number(o, "pid"), out_number(o, "workers"),
            out_number(o, "workers") == 1 ? "" : "s");
    print_listen(ctl, o);
    fprintf(ctl->out, "  queries      %s", out_count(queries, a));
    if (queries > 0) {
        fprintf(ctl->out, ", %.1f %% of them answered from the cache", 100.0 * (double)hits / (double)queries);
    }
    fprintf(ctl->out, "\n  refused      %s\n", out_count(out_number(o, "refused"), a));
    fprintf(ctl->out, "  under way    %s\n", out_count(out_number(o, "under_way"), a));
    fprintf(ctl->out, "  failures     %s\n", out_count(out_number(o, "failures"), a));
    fprintf(ctl->out, "  upstream     %s questions, %s of them without a reply in time\n",
            out_count(out_number(o, "upstream"), a), out_count(out_number(o, "upstream_timeouts"), b));
    fprintf(ctl->out, "  cache        %s entries, ", out_count(out_number(o, "cache_entries"), a));
    fprintf(ctl->out, "%s of %s\n", out_bytes(out_number(o, "cache_bytes"), a),
            out_bytes(out_number(o, "cache_bytes_max"), b));
    print_sandbox(ctl, json_object_get(o, "sandbox"));
}

int cmd_status(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "status"), show_status, ctl);
}

struct stats {
    struct ctl *ctl;
};

static void show_group(struct ctl *ctl, const char *group, json_t *counters, const json_t *texts)
{
    const char *name;
    json_t *value;
    char number[OUT_TEXT_MAX];
    fprintf(ctl->out, "%s%s%s\n", paint_on(&ctl->style, PAINT_BOLD), group, paint_off(&ctl->style));
    json_object_foreach(counters, name, value)
    {
        json_int_t v = json_integer_value(value);
        fprintf(ctl->out, "  %-22s %14s  %s%s%s\n", name, out_count(v > 0 ? (uint64_t)v : 0, number),
                paint_on(&ctl->style, PAINT_DIM), out_text(texts, name), paint_off(&ctl->style));
    }
}

static void show_stats(void *arg, json_t *o, bool last)
{
    struct stats *s = arg;
    const char *group;
    json_t *counters;
    if (!last) {
        return;
    }
    json_object_foreach(o, group, counters)
    {
        bool wanted = s->ctl->word_count == 0 || strcmp(s->ctl->words[0], group) == 0;
        if (strcmp(group, "texts") != 0 && wanted) {
            show_group(s->ctl, group, counters, json_object_get(json_object_get(o, "texts"), group));
        }
    }
}

int cmd_stats(struct ctl *ctl)
{
    static const char *const groups[] = {"front", "engine", "cache", "listeners"};
    struct stats s = {.ctl = ctl};
    bool found = ctl->word_count == 0;
    for (size_t i = 0; i < 4 && !found; i++) {
        found = strcmp(groups[i], ctl->words[0]) == 0;
    }
    if (!found) {
        return ctl_fail(ctl, CONTROL_USAGE, "there are no counters of '%.40s': front, engine, cache or listeners",
                        ctl->words[0]);
    }
    json_t *request =
        ctl->json ? json_pack("{s:s}", "verb", "stats") : json_pack("{s:s, s:b}", "verb", "stats", "texts", 1);
    return client_ask(ctl, request, show_stats, &s);
}

static void show_metrics(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        fputs(out_text(o, "metrics"), ctl->out);
    }
}

int cmd_metrics(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "metrics"), show_metrics, ctl);
}

static void show_job(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    char age[OUT_TEXT_MAX];
    if (last) {
        if (out_number(o, "jobs") == 0) {
            fprintf(ctl->out, "no resolution is under way\n");
        }
        return;
    }
    fprintf(ctl->out, "%s%s%-40s %-6s %10s  %-10s %2" PRIu64 " sent  %2" PRIu64 " waiting  in %s",
            paint_on(&ctl->style, PAINT_NAME), json_is_true(json_object_get(o, "child")) ? "  " : "",
            out_text(o, "name"), out_text(o, "type"), out_us(out_number(o, "age_ms") * 1000, age), out_text(o, "state"),
            out_number(o, "sends"), out_number(o, "waiters"), out_text(o, "zone"));
    const char *asked = out_text(o, "server");
    fprintf(ctl->out, "%s%s%s\n", paint_off(&ctl->style), asked[0] != '\0' ? " at " : "", asked);
}

int cmd_inflight(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "inflight"), show_job, ctl);
}

static void show_stopped(void *arg, json_t *o, bool last)
{
    struct ctl *ctl = arg;
    if (last) {
        fprintf(ctl->out, "raizd (pid %" PRIu64 ") is stopping\n", out_number(o, "pid"));
    }
}

int cmd_stop(struct ctl *ctl)
{
    return client_ask(ctl, json_pack("{s:s}", "verb", "stop"), show_stopped, ctl);
}
