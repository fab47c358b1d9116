/*
 * warm.c - questions whose answers are kept fresh whether somebody asks or not
 */
#include "resolver/warm.h"

#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/engine/prefetch.h"
#include "resolver/engine/respond.h"

#define LOOK_US  US_PER_S
#define AGAIN_US (2 * US_PER_S) /* what was asked for and does not come, for want of memory or time */

struct question {
    struct dname_buf name;
    uint16_t type;
    uint64_t next_us; /* not before */
};

struct warm {
    struct cache *cache;
    struct warm_ops ops;
    struct loop_timer *timer;
    const struct world *world;
    struct question *questions;
    size_t count;
};

static void fetch(struct warm *w, struct dname name, uint16_t type)
{
    struct request request = {.qtype = type, .qclass = DNS_CLASS_IN, .flags = DNS_FLAG_RD};
    dname_copy(name, &request.qname);
    w->ops.fetch(w->ops.arg, &request);
}

static void look_at(struct warm *w, struct question *q, struct now now)
{
    struct outcome found;
    struct dname_buf end;
    struct prefetch late;
    const struct engine_settings *set = &w->world->engine;
    struct known_question question = {
        .name = dname_of(&q->name), .type = q->type, .checked = set->dnssec != DNSSEC_OFF, .set = set};
    if (known_lookup(w->cache, &question, now, &found, &end) != KNOWN_ALL) {
        q->next_us = now.mono_us + AGAIN_US;
        fetch(w, dname_of(&q->name), q->type);
    } else if (found.failure == FAIL_NONE && prefetch_is_late(&found) &&
               prefetch_claim(w->cache, &found, q->type, now, &late)) {
        fetch(w, late.name, late.type);
    }
}

static void on_time(void *arg, struct now now)
{
    struct warm *w = arg;
    for (size_t i = 0; i < w->count; i++) {
        if (now.mono_us >= w->questions[i].next_us) {
            look_at(w, &w->questions[i], now);
        }
    }
    loop_timer_set(w->timer, now.mono_us + LOOK_US);
}

struct warm *warm_new(struct loop *loop, struct cache *cache, const struct warm_ops *ops)
{
    struct warm *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->cache = cache;
    w->ops = *ops;
    w->timer = loop_timer_new(loop, on_time, w);
    if (w->timer == NULL) {
        free(w);
        return NULL;
    }
    return w;
}

static void add(struct warm *w, const struct dname_buf *name, uint16_t type)
{
    w->questions[w->count++] = (struct question){.name = *name, .type = type};
}

void warm_world(struct warm *w, const struct world *world)
{
    const struct settings *s = world->settings;
    w->world = world;
    w->count = 0;
    free(w->questions);
    w->questions = s->keep_warm_count > 0 ? calloc(2 * s->keep_warm_count, sizeof *w->questions) : NULL;
    for (size_t i = 0; w->questions != NULL && i < s->keep_warm_count; i++) {
        struct dname_buf name;
        uint16_t type;
        if (!config_question(s->keep_warm[i], &name, &type)) {
            continue;
        }
        if (type != 0) {
            add(w, &name, type);
        } else {
            add(w, &name, DNS_TYPE_A);
            add(w, &name, DNS_TYPE_AAAA);
        }
    }
    loop_timer_set(w->timer, w->count > 0 ? 0 : UINT64_MAX);
}

void warm_free(struct warm *w)
{
    if (w != NULL) {
        loop_timer_free(w->timer);
        free(w->questions);
        free(w);
    }
}
