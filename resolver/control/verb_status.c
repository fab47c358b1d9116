/*
 * verb_status.c - status, stats, help, stop: how the daemon is doing
 */
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "resolver/config/options.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

struct counter {
    const char *name, *text;
    size_t offset; /* of an _Atomic uint64_t in a worker's counters, or of a uint64_t in struct cache_stats */
};

static const struct counter front_words[] = {
#define X(name, text) {#name, text, offsetof(struct front_counters, name)},
    FRONT_COUNTERS(X)
#undef X
};

static const struct counter engine_words[] = {
#define X(name, text) {#name, text, offsetof(struct engine_counters, name)},
    ENGINE_COUNTERS(X)
#undef X
};

static const struct counter cache_words[] = {
#define WORD(name, text)                                                                                               \
    {                                                                                                                  \
#name, text, offsetof(struct cache_stats, name)                                                                \
    }
    WORD(bytes, "bytes in use"),
    WORD(bytes_max, "bytes at most"),
    WORD(inserted, "entries inserted"),
    WORD(replaced, "entries replaced by newer data"),
    WORD(expired, "entries whose TTL had ended when they were met"),
    WORD(evicted, "entries evicted to make room"),
    WORD(flushed, "entries flushed"),
    WORD(kept_old, "data not taken because better data was there"),
    WORD(no_memory, "data not taken for want of memory"),
    {"rrsets", "entries: RRsets, and types that do not exist", offsetof(struct cache_stats, entries[CACHE_RRSET])},
    {"nxdomains", "entries: names that do not exist", offsetof(struct cache_stats, entries[CACHE_NXDOMAIN])},
    {"delegations", "entries: delegations", offsetof(struct cache_stats, entries[CACHE_DELEGATION])},
    {"failures", "entries: failed resolutions", offsetof(struct cache_stats, entries[CACHE_FAILURE])},
    WORD(spans, "validated spans of names that do not exist"),
#undef WORD
};

#define FRONT(name)  front_sum(c, offsetof(struct front_counters, name))
#define ENGINE(name) engine_sum(c, offsetof(struct engine_counters, name))

static uint64_t counter_at(const void *counters, size_t offset)
{
    return atomic_load_explicit((const _Atomic uint64_t *)(const void *)((const char *)counters + offset),
                                memory_order_relaxed);
}

static uint64_t front_sum(const struct control *c, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < c->ops.workers; i++) {
        sum += counter_at(c->ops.front_counters(c->ops.server, i), offset);
    }
    return sum;
}

static uint64_t engine_sum(const struct control *c, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < c->ops.workers; i++) {
        sum += counter_at(c->ops.engine_counters(c->ops.server, i), offset);
    }
    return sum;
}

static json_t *listen_texts(const struct control *c)
{
    const struct settings *settings =
        c->ops.world(c->ops.server)->settings; /* a reload opens and closes what differs */
    json_t *list = json_array();
    for (size_t i = 0; i < settings->listen_count; i++) {
        char text[ADDR_TEXT_MAX];
        addr_print(&settings->listen[i], text);
        if (json_array_append_new(list, json_string(text)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static uint64_t all_entries(const struct cache_stats *stats)
{
    return stats->entries[CACHE_RRSET] + stats->entries[CACHE_NXDOMAIN] + stats->entries[CACHE_DELEGATION] +
           stats->entries[CACHE_FAILURE];
}

static json_t *sandbox_texts(const struct control_sandbox *b)
{
    json_t *o = json_object();
    reply_put_text(&o, "user", b->user);
    reply_put_text(&o, "capabilities", b->capabilities);
    reply_put(&o, "no_new_privs", json_boolean(b->no_new_privs));
    reply_put_text(&o, "files", b->files);
    reply_put_text(&o, "system_calls", b->calls);
    return o;
}

void verb_status(struct control_session *s, const struct args *args)
{
    (void)args;
    const struct control *c = s->control;
    struct now now = c->ops.now(c->ops.server);
    uint64_t started = c->ops.started_wall_s(c->ops.server), wall = now.wall_s > 0 ? (uint64_t)now.wall_s : 0;
    uint64_t taken = ENGINE(queries), ended = ENGINE(answers) + ENGINE(drops) + ENGINE(gone);
    struct cache_stats stats;
    json_t *o = json_object();
    cache_stats(c->ops.cache, &stats);
    reply_put_text(&o, "version", RAIZ_VERSION);
    reply_put_number(&o, "protocol", CONTROL_VERSION);
    reply_put_number(&o, "pid", (uint64_t)getpid());
    reply_put_number(&o, "started", started);
    reply_put_number(&o, "uptime_s", wall > started ? wall - started : 0);
    reply_put_number(&o, "workers", c->ops.workers);
    reply_put(&o, "listen", listen_texts(c));
    reply_put_number(&o, "queries", FRONT(udp) + FRONT(tcp));
    reply_put_number(&o, "hits", FRONT(hits));
    reply_put_number(&o, "misses", FRONT(misses));
    reply_put_number(&o, "refused", FRONT(refused));
    reply_put_number(&o, "under_way", taken > ended ? taken - ended : 0);
    reply_put_number(&o, "failures", ENGINE(failures));
    reply_put_number(&o, "upstream", ENGINE(sends_udp) + ENGINE(sends_tcp));
    reply_put_number(&o, "upstream_timeouts", ENGINE(timeouts));
    reply_put_number(&o, "cache_entries", all_entries(&stats));
    reply_put_number(&o, "cache_bytes", stats.bytes);
    reply_put_number(&o, "cache_bytes_max", stats.bytes_max);
    if (c->ops.sandbox != NULL) {
        reply_put(&o, "sandbox", sandbox_texts(c->ops.sandbox));
    }
    reply_done(s, o);
}

/* One group of counters as an object, their explanations into *texts under "GROUP.NAME". */
static json_t *front_group(const struct control *c)
{
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof front_words / sizeof front_words[0]; i++) {
        reply_put_number(&o, front_words[i].name, front_sum(c, front_words[i].offset));
    }
    return o;
}

static json_t *engine_group(const struct control *c)
{
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof engine_words / sizeof engine_words[0]; i++) {
        reply_put_number(&o, engine_words[i].name, engine_sum(c, engine_words[i].offset));
    }
    return o;
}

static json_t *cache_group(const struct control *c)
{
    json_t *o = json_object();
    struct cache_stats stats;
    cache_stats(c->ops.cache, &stats);
    for (size_t i = 0; i < sizeof cache_words / sizeof cache_words[0]; i++) {
        const uint64_t *value = (const uint64_t *)(const void *)((const char *)&stats + cache_words[i].offset);
        reply_put_number(&o, cache_words[i].name, *value);
    }
    return o;
}

static json_t *listener_group(const struct control *c)
{
    json_t *o = json_object();
    const char *name;
    uint64_t value;
    for (unsigned i = 0; c->ops.extra_counter(c->ops.server, i, &name, &value); i++) {
        reply_put_number(&o, name, value);
    }
    return o;
}

static json_t *texts_of(const struct counter *words, size_t count)
{
    json_t *o = json_object();
    for (size_t i = 0; i < count; i++) {
        reply_put_text(&o, words[i].name, words[i].text);
    }
    return o;
}

void verb_stats(struct control_session *s, const struct args *args)
{
    json_t *o = json_object();
    reply_put(&o, "front", front_group(s->control));
    reply_put(&o, "engine", engine_group(s->control));
    reply_put(&o, "cache", cache_group(s->control));
    reply_put(&o, "listeners", listener_group(s->control));
    if (args->texts) {
        json_t *texts = json_object();
        reply_put(&texts, "front", texts_of(front_words, sizeof front_words / sizeof front_words[0]));
        reply_put(&texts, "engine", texts_of(engine_words, sizeof engine_words / sizeof engine_words[0]));
        reply_put(&texts, "cache", texts_of(cache_words, sizeof cache_words / sizeof cache_words[0]));
        reply_put(&o, "texts", texts);
    }
    reply_done(s, o);
}

void verb_help(struct control_session *s, const struct args *args)
{
    (void)args;
    json_t *verbs = json_object(), *o = json_object();
    for (size_t i = 0; i < control_verb_count; i++) {
        reply_put_text(&verbs, control_verbs[i].name, control_verbs[i].help);
    }
    reply_put(&o, "verbs", verbs);
    reply_done(s, o);
}

void verb_log_level(struct control_session *s, const struct args *args)
{
    const struct control *c = s->control;
    const struct option_word *words = option_words(OPTION_LOG_LEVEL), *now = words, *wanted = words;
    unsigned level = c->ops.log_level(c->ops.server, -1);
    if ((args->given & PARAM_LEVEL) != 0) {
        while (wanted->word != NULL && strcmp(wanted->word, args->level) != 0) {
            wanted++;
        }
        if (wanted->word == NULL) {
            reply_error(s, CONTROL_USAGE, "level: error, warning, info or debug is expected, not '%.40s'", args->level);
            return;
        }
        level = c->ops.log_level(c->ops.server, (int)wanted->value);
    }
    while (now->word != NULL && now->value != level) {
        now++;
    }
    json_t *o = json_object();
    reply_put_text(&o, "level", now->word);
    reply_done(s, o);
}

void verb_log_rotate(struct control_session *s, const struct args *args)
{
    (void)args;
    const struct control *c = s->control;
    const char *why = c->ops.log_rotate(c->ops.server);
    if (why != NULL) {
        reply_error(s, CONTROL_FAILED, "%s", why);
        return;
    }
    reply_done(s, json_object());
}

void verb_stop(struct control_session *s, const struct args *args)
{
    (void)args;
    const struct control *c = s->control;
    json_t *o = json_object();
    reply_put_number(&o, "pid", (uint64_t)getpid());
    reply_done(s, o);
    c->ops.close(c->ops.server, s);
    c->ops.stop(c->ops.server);
}
