/*
 * metrics.c - the figures in the text format of Prometheus and OpenMetrics
 *
 * One table of samples, grouped by family. The two formats differ in the name that a counter's # TYPE line has, and in
 * the last line.
 */
#include "resolver/control/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/engine/tally.h"

enum source { FROM_FRONT, FROM_ENGINE, FROM_CACHE, FROM_EXTRA };
enum kind { COUNTER, GAUGE };

struct sample {
    const char *family, *labels; /* labels: "" or {name="value"} */
    enum kind kind;
    enum source source;
    size_t offset;
    const char *extra; /* FROM_EXTRA: name of the counter */
    const char *help;  /* of the family's first sample */
};

#define AT_FRONT(name)  FROM_FRONT, offsetof(struct front_counters, name), NULL
#define AT_ENGINE(name) FROM_ENGINE, offsetof(struct engine_counters, name), NULL
#define AT_CACHE(name)  FROM_CACHE, offsetof(struct cache_stats, name), NULL
#define AT_EXTRA(name)  FROM_EXTRA, 0, name

static const struct sample samples[] = {
    {"raiz_queries", "{transport=\"udp\"}", COUNTER, AT_FRONT(udp), "Queries of clients."},
    {"raiz_queries", "{transport=\"tcp\"}", COUNTER, AT_FRONT(tcp), NULL},
    {"raiz_answers", "{rcode=\"NOERROR\"}", COUNTER, AT_FRONT(noerror), "Answers to clients."},
    {"raiz_answers", "{rcode=\"NXDOMAIN\"}", COUNTER, AT_FRONT(nxdomain), NULL},
    {"raiz_answers", "{rcode=\"SERVFAIL\"}", COUNTER, AT_FRONT(servfail), NULL},
    {"raiz_answers", "{rcode=\"REFUSED\"}", COUNTER, AT_FRONT(refused), NULL},
    {"raiz_answers", "{rcode=\"FORMERR\"}", COUNTER, AT_FRONT(malformed), NULL},
    {"raiz_answers", "{rcode=\"NOTIMP\"}", COUNTER, AT_FRONT(not_implemented), NULL},
    {"raiz_answers_truncated", "", COUNTER, AT_FRONT(truncated), "Answers that did not fit."},
    {"raiz_cache_hits", "", COUNTER, AT_FRONT(hits), "Queries answered from the cache."},
    {"raiz_cache_misses", "", COUNTER, AT_FRONT(misses), "Queries handed to the engine."},
    {"raiz_stale_answers", "{source=\"hit\"}", COUNTER, AT_FRONT(stale), "Answers with expired data."},
    {"raiz_stale_answers", "{source=\"miss\"}", COUNTER, AT_ENGINE(stale), NULL},
    {"raiz_prefetches", "", COUNTER, AT_ENGINE(prefetches), "Sets fetched anew before their end."},
    {"raiz_dropped", "{reason=\"not_a_query\"}", COUNTER, AT_FRONT(dropped), "Queries that got no answer."},
    {"raiz_dropped", "{reason=\"overload\"}", COUNTER, AT_ENGINE(drops), NULL},
    {"raiz_dropped", "{reason=\"client_gone\"}", COUNTER, AT_ENGINE(gone), NULL},
    {"raiz_upstream_queries", "{transport=\"udp\"}", COUNTER, AT_ENGINE(sends_udp), "Questions to servers."},
    {"raiz_upstream_queries", "{transport=\"tcp\"}", COUNTER, AT_ENGINE(sends_tcp), NULL},
    {"raiz_upstream_replies", "", COUNTER, AT_ENGINE(replies), "Replies of servers that were accepted."},
    {"raiz_upstream_timeouts", "", COUNTER, AT_ENGINE(timeouts), "Questions without a reply in time."},
    {"raiz_upstream_unreachable", "", COUNTER, AT_ENGINE(unreachable), "Questions that could not be delivered."},
    {"raiz_upstream_truncated", "", COUNTER, AT_ENGINE(truncated), "Replies that were truncated."},
    {"raiz_upstream_rejected", "{reason=\"unasked\"}", COUNTER, AT_ENGINE(ignored), "Datagrams and replies not used."},
    {"raiz_upstream_rejected", "{reason=\"near_miss\"}", COUNTER, AT_ENGINE(near_misses), NULL},
    {"raiz_upstream_rejected", "{reason=\"lame\"}", COUNTER, AT_ENGINE(lame), NULL},
    {"raiz_upstream_rejected", "{reason=\"malformed\"}", COUNTER, AT_ENGINE(broken), NULL},
    {"raiz_upstream_records_dropped", "", COUNTER, AT_ENGINE(scrubbed), "Records out of bailiwick, or not asked for."},
    {"raiz_dnssec", "{result=\"secure\"}", COUNTER, AT_ENGINE(secure), "Answers by what validation said."},
    {"raiz_dnssec", "{result=\"insecure\"}", COUNTER, AT_ENGINE(insecure), NULL},
    {"raiz_dnssec", "{result=\"bogus\"}", COUNTER, AT_ENGINE(bogus), NULL},
    {"raiz_dnssec_synthesised", "", COUNTER, AT_ENGINE(synthesised), "Answers made from proofs of other names."},
    {"raiz_dnssec_signatures_checked", "", COUNTER, AT_ENGINE(verifies), "Signatures checked."},
    {"raiz_limits_met", "", COUNTER, AT_ENGINE(limits), "Resolutions ended by a limit."},
    {"raiz_cache_entries", "{kind=\"rrset\"}", GAUGE, AT_CACHE(entries[CACHE_RRSET]), "Entries of the cache."},
    {"raiz_cache_entries", "{kind=\"nxdomain\"}", GAUGE, AT_CACHE(entries[CACHE_NXDOMAIN]), NULL},
    {"raiz_cache_entries", "{kind=\"delegation\"}", GAUGE, AT_CACHE(entries[CACHE_DELEGATION]), NULL},
    {"raiz_cache_entries", "{kind=\"failure\"}", GAUGE, AT_CACHE(entries[CACHE_FAILURE]), NULL},
    {"raiz_cache_entries", "{kind=\"span\"}", GAUGE, AT_CACHE(spans), NULL},
    {"raiz_cache_bytes", "", GAUGE, AT_CACHE(bytes), "Memory that the cache uses."},
    {"raiz_cache_bytes_max", "", GAUGE, AT_CACHE(bytes_max), "Memory that it may use."},
    {"raiz_cache_insertions", "", COUNTER, AT_CACHE(inserted), "Entries put into the cache."},
    {"raiz_cache_evictions", "{reason=\"expired\"}", COUNTER, AT_CACHE(expired), "Entries that went."},
    {"raiz_cache_evictions", "{reason=\"room\"}", COUNTER, AT_CACHE(evicted), NULL},
    {"raiz_cache_evictions", "{reason=\"flushed\"}", COUNTER, AT_CACHE(flushed), NULL},
    {"raiz_tcp_connections", "", GAUGE, AT_EXTRA("tcp_open"), "TCP connections of clients, open now."},
    {"raiz_tcp_connections_accepted", "", COUNTER, AT_EXTRA("tcp_accepted"), "TCP connections of clients."},
    {"raiz_tcp_connections_refused", "", COUNTER, AT_EXTRA("tcp_refused"), "TCP connections over a limit."},
    {"raiz_fair_limits", "", GAUGE, AT_EXTRA("fair_limits"), "Workers that cannot keep up and refuse who costs most."},
    {"raiz_fair_refusals", "{how=\"refused\"}", COUNTER, AT_EXTRA("fair_refused"),
     "Queries of who asked for more than its share."},
    {"raiz_fair_refusals", "{how=\"dropped\"}", COUNTER, AT_EXTRA("fair_dropped"), NULL},
    {"raiz_queries_waited", "", COUNTER, AT_EXTRA("queries_waited"), "Queries whose resolution did not begin at once."},
    {"raiz_rate_limited", "", COUNTER, AT_EXTRA("rate_limited"), "Answers over a rate limit."},
    {"raiz_rate_slipped", "", COUNTER, AT_EXTRA("rate_slipped"), "Of these sent empty and truncated."},
    {"raiz_udp_unsent", "", COUNTER, AT_EXTRA("udp_unsent"), "Answers that the system did not take."},
    {"raiz_dnstap_frames", "", COUNTER, AT_EXTRA("dnstap_frames"), "Messages that were given to the dnstap collector."},
    {"raiz_dnstap_dropped", "", COUNTER, AT_EXTRA("dnstap_dropped"), "Messages that it did not take in time."},
    {"raiz_query_log_lines", "", COUNTER, AT_EXTRA("query_log_lines"), "Answers that were written to the query log."},
    {"raiz_query_log_lost", "", COUNTER, AT_EXTRA("query_log_lost"), "Answers that it could not keep up with."},
    {"raiz_log_lines_dropped", "", COUNTER, AT_EXTRA("log_lines_dropped"), "Lines of the log that were lost."},
    {"process_open_fds", "", GAUGE, AT_EXTRA("descriptors"), "Open descriptors."},
    {"process_resident_memory_bytes", "", GAUGE, AT_EXTRA("resident_bytes"), "Resident memory."},
};

struct writing {
    const struct control *c;
    FILE *out;
    bool openmetrics;
    struct cache_stats cache;
};

static uint64_t load(const void *counters, size_t offset)
{
    return atomic_load_explicit((const _Atomic uint64_t *)(const void *)((const char *)counters + offset),
                                memory_order_relaxed);
}

static bool extra(const struct control *c, const char *wanted, uint64_t *value)
{
    const char *name;
    for (unsigned i = 0; c->ops.extra_counter(c->ops.server, i, &name, value); i++) {
        if (strcmp(name, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* False: this daemon has no such figure. */
static bool value_of(const struct writing *w, const struct sample *s, uint64_t *value)
{
    const struct control *c = w->c;
    *value = 0;
    switch (s->source) {
    case FROM_EXTRA:
        return extra(c, s->extra, value);
    case FROM_CACHE:
        *value = *(const uint64_t *)(const void *)((const char *)&w->cache + s->offset);
        return true;
    case FROM_FRONT:
    case FROM_ENGINE:
        break;
    }
    for (unsigned i = 0; i < c->ops.workers; i++) {
        *value += s->source == FROM_FRONT ? load(c->ops.front_counters(c->ops.server, i), s->offset)
                                          : load(c->ops.engine_counters(c->ops.server, i), s->offset);
    }
    return true;
}

static void head(const struct writing *w, const char *family, const char *type, const char *help)
{
    const char *suffix = strcmp(type, "counter") == 0 && !w->openmetrics ? "_total" : "";
    fprintf(w->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family, suffix, help, family, suffix, type);
}

static void write_samples(const struct writing *w)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        uint64_t value;
        if (!value_of(w, s, &value)) {
            continue;
        }
        if (s->help != NULL) {
            head(w, s->family, s->kind == COUNTER ? "counter" : "gauge", s->help);
        }
        fprintf(w->out, "%s%s%s %" PRIu64 "\n", s->family, s->kind == COUNTER ? "_total" : "", s->labels, value);
    }
}

static void write_failures(const struct writing *w)
{
    head(w, "raiz_failures", "counter", "Answers that were failures, by their reason.");
    for (unsigned f = FAIL_NONE + 1; f < FAILURE_ROWS; f++) {
        const struct failure_row *row = failure_row((enum failure)f);
        uint64_t sum = 0;
        for (unsigned i = 0; i < w->c->ops.workers; i++) {
            const struct tally *t = w->c->ops.tally(w->c->ops.server, i);
            sum += atomic_load_explicit(&t->failed[f], memory_order_relaxed);
        }
        fprintf(w->out, "raiz_failures_total{reason=\"%s\",ede=\"", row->name);
        if (row->ede >= 0) {
            fprintf(w->out, "%d", row->ede);
        }
        fprintf(w->out, "\"} %" PRIu64 "\n", sum);
    }
}

typedef const struct histogram *histogram_of(const struct control *c, unsigned worker);

static const struct histogram *answers_of(const struct control *c, unsigned worker)
{
    return &c->ops.tally(c->ops.server, worker)->answers;
}

static const struct histogram *rtts_of(const struct control *c, unsigned worker)
{
    return c->ops.rtts(c->ops.server, worker);
}

/* The count is the last bucket's, read once, so that the two agree. */
static void write_histogram(const struct writing *w, const char *family, const char *help, histogram_of *of)
{
    static const char *const bounds[] = {
#define X(us, text) text,
        HISTOGRAM_BOUNDS(X)
#undef X
            "+Inf"};
    uint64_t count = 0, sum_us = 0;
    head(w, family, "histogram", help);
    for (unsigned b = 0; b <= HISTOGRAM_BOUND_COUNT; b++) {
        for (unsigned i = 0; i < w->c->ops.workers; i++) {
            count += atomic_load_explicit(&of(w->c, i)->bucket[b], memory_order_relaxed);
        }
        fprintf(w->out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", family, bounds[b], count);
    }
    for (unsigned i = 0; i < w->c->ops.workers; i++) {
        sum_us += atomic_load_explicit(&of(w->c, i)->sum_us, memory_order_relaxed);
    }
    fprintf(w->out, "%s_sum %" PRIu64 ".%06" PRIu64 "\n%s_count %" PRIu64 "\n", family, sum_us / 1000000,
            sum_us % 1000000, family, count);
}

static void write_process(const struct writing *w)
{
    const struct control *c = w->c;
    uint64_t cpu_ms;
    if (w->openmetrics) {
        fprintf(w->out, "# HELP raiz_build Which raizd it is.\n# TYPE raiz_build info\n");
    } else {
        fprintf(w->out, "# HELP raiz_build_info Which raizd it is.\n# TYPE raiz_build_info gauge\n");
    }
    fprintf(w->out, "raiz_build_info{version=\"" RAIZ_VERSION "\"} 1\n");
    head(w, "raiz_start_time_seconds", "gauge", "When it started, in seconds since 1970.");
    fprintf(w->out, "raiz_start_time_seconds %" PRIu64 "\n", c->ops.started_wall_s(c->ops.server));
    head(w, "raiz_workers", "gauge", "Worker threads.");
    fprintf(w->out, "raiz_workers %u\n", c->ops.workers);
    if (extra(c, "cpu_ms", &cpu_ms)) {
        head(w, "process_cpu_seconds", "counter", "Processor time, of all threads.");
        fprintf(w->out, "process_cpu_seconds_total %" PRIu64 ".%03" PRIu64 "\n", cpu_ms / 1000, cpu_ms % 1000);
    }
}

char *metrics_text(const struct control *c, bool openmetrics, size_t *n)
{
    char *text = NULL;
    struct writing w = {.c = c, .openmetrics = openmetrics, .out = open_memstream(&text, n)};
    if (w.out == NULL) {
        return NULL;
    }
    cache_stats(c->ops.cache, &w.cache);
    write_process(&w);
    write_samples(&w);
    write_failures(&w);
    write_histogram(&w, "raiz_answer_duration_seconds", "Time until queries that were not in the cache were answered.",
                    answers_of);
    write_histogram(&w, "raiz_upstream_rtt_seconds", "Time until servers replied.", rtts_of);
    if (openmetrics) {
        fprintf(w.out, "# EOF\n");
    }
    if (fclose(w.out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

char *control_metrics(void *control, bool openmetrics, size_t *n, const char **type)
{
    *type = openmetrics ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
    return metrics_text(control, openmetrics, n);
}

void verb_metrics(struct control_session *s, const struct args *args)
{
    size_t n;
    char *text = metrics_text(s->control, true, &n);
    json_t *o = json_object();
    (void)args;
    reply_put(&o, "metrics", text != NULL ? json_string(text) : NULL);
    free(text);
    reply_done(s, o);
}
