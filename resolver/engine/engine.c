/*
 * engine.c - the resolver without input and output: events in, actions out
 *
 * This file is the door: it finds the job an event is for, runs what became ready, and hands out what was queued. What
 * a resolution does is in iterate.c and its neighbours.
 */
#include "resolver/engine/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/seen.h"
#include "resolver/engine/checks.h"
#include "resolver/engine/children.h"
#include "resolver/engine/core.h"
#include "resolver/engine/finish.h"
#include "resolver/engine/iterate.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/prefetch.h"
#include "resolver/engine/prime.h"
#include "resolver/engine/record.h"
#include "resolver/engine/stale.h"
#include "resolver/engine/trust.h"
#include "resolver/engine/waiters.h"

#define SCRATCH_BYTES_MAX                                                                                              \
    (4 * 1024 * 1024) /* index of the largest message (RRs of 11 octets), and what is made of it */

static_assert((ENGINE_BUCKETS & (ENGINE_BUCKETS - 1)) == 0, "a power of two");

struct engine *engine_new(const struct engine_settings *settings, struct cache *cache, struct rng *rng)
{
    struct engine *e = calloc(1, sizeof *e);

    if (e == NULL) {
        return NULL;
    }
    e->keyring = keyring_new();
    e->seen = dnssec_seen_new();
    e->kit = crypto_kit_new();
    if (e->keyring == NULL || e->seen == NULL || e->kit == NULL) {
        crypto_kit_free(e->kit);
        dnssec_seen_free(e->seen);
        keyring_free(e->keyring);
        free(e);
        return NULL;
    }
    e->set = settings;
    e->cache = cache;
    e->rng = rng;
    rng->fill(rng, e->hash_key, sizeof e->hash_key);
    arena_init(&e->scratch, NULL, 0, SCRATCH_BYTES_MAX);
    return e;
}

static void free_jobs(struct job_list *list)
{
    while (list->first != NULL) {
        struct job *j = list->first;
        job_unregister(j);
        j->ready = false;
        j->children = j->parents = NULL;
        while (j->first_waiter != NULL) {
            struct waiter *w = j->first_waiter;
            waiter_detach(w);
            waiter_free(j->engine, w);
        }
        job_recycle(j);
    }
}

void engine_free(struct engine *e)
{
    struct action ignored;

    if (e == NULL) {
        return;
    }
    while (engine_pull(e, &ignored)) {
        if (ignored.kind == ACT_CHECK) {
            checks_leave(ignored.check->job);
            engine_check_free(ignored.check);
        }
    }
    assert(e->roots.count + e->others.count > 0 || crowd_is_empty(&e->crowd));
    free_jobs(&e->roots);
    free_jobs(&e->others);
    if (e->answered != NULL) {
        job_recycle(e->answered);
    }
    job_free_pool(e);
    exchanges_release(&e->exchanges);
    deadlines_release(&e->deadlines);
    arena_release(&e->scratch);
    crypto_kit_free(e->kit);
    dnssec_seen_free(e->seen);
    keyring_free(e->keyring);
    free(e);
}

void engine_set_settings(struct engine *e, const struct engine_settings *settings)
{
    e->set = settings;
}

void engine_leave_checks(struct engine *e)
{
    e->leaves_checks = true;
}

void core_queue(struct engine *e, struct act *a, enum action_kind kind)
{
    a->kind = kind;
    a->next = NULL;
    *(e->act_last != NULL ? &e->act_last->next : &e->act_first) = a;
    e->act_last = a;
}

/* L25: when all places are taken, the oldest query that had its chance makes room; age is that of the first asking,
 * which repeats do not refresh (T44). False: none is old enough. */
static bool make_room(struct engine *e, struct now now)
{
    struct job *oldest = e->roots.first;

    if (e->roots.count < ENGINE_JOBS_MAX) {
        return true;
    }
    bool wanted = oldest->waiters > 0 || oldest->parents != NULL;
    if (SEEDED(24, wanted && now.mono_us - oldest->born_us < ENGINE_JOSTLE_US, true)) {
        return false;
    }
    oldest->state = job_fail(oldest, FAIL_OVERLOAD);
    iterate_run(oldest, now);
    return true;
}

/* The waiter's question has no job: it gets one that only says why not. */
static void fail_at_once(struct engine *e, struct waiter *w, struct job *j, enum failure why)
{
    if (j == NULL || !job_add_waiter(j, w)) {
        finish_drop(e, w);
        return;
    }
    j->state = job_fail(j, why);
}

static struct job *new_root(struct engine *e, const struct waiter *w, uint8_t flags, struct now now)
{
    struct job *j = job_new(e, dname_of(&w->request.qname), w->request.qtype, flags, NULL, 0, now);

    bool traced = (flags & JOB_TRACE) != 0;
    if (j != NULL && !record_begin(j, traced, now) && traced) {
        j->state = job_fail(j, FAIL_NO_MEMORY);
    }
    return j;
}

/* One that asks the same. What is being fetched anew is waited for only when the old data has ended. */
static struct job *find_job(struct engine *e, const struct waiter *w, uint8_t flags, struct now now)
{
    struct dname name = dname_of(&w->request.qname);
    uint16_t type = w->request.qtype;
    struct job *j = job_find(e, name, type, flags);
    struct dname_buf end;

    if (j != NULL || e->refreshes == 0 || (flags & (JOB_COLD | JOB_PROBE)) != 0) {
        return j;
    }
    j = job_find(e, name, type, flags | JOB_REFRESH);
    if (j == NULL) {
        return NULL;
    }
    struct known_question q = {.name = name, .type = type, .checked = job_validates(j, e->set), .set = e->set};
    return known_lookup(e->cache, &q, now, &e->found, &end) == KNOWN_ALL ? NULL : j;
}

/* The question is being asked already. */
static void join(struct job *j, struct waiter *w, struct now now)
{
    if (!job_add_waiter(j, w)) {
        finish_drop(j->engine, w); /* L24 */
        return;
    }
    COUNT(j->engine, joined);
    if (j->patience == PATIENCE_OVER) {
        stale_give(j, now);
    } else if (!j->ready) {
        iterate_arm(j); /* the first client of a job that another began has a patience of its own */
    }
}

static void on_query(struct engine *e, const struct event *ev, struct now now)
{
    if ((ev->query.flags & QUERY_REFRESH) != 0) {
        const struct request *r = ev->query.request;
        prefetch_begin(e, dname_of(&r->qname), r->qtype, (r->flags & DNS_FLAG_CD) != 0 ? JOB_CD : 0, now);
        return;
    }
    struct waiter *w = waiter_new(e, ev->query.request, &ev->query.client, now);

    COUNT(e, queries);
    if (w == NULL) {
        return; /* the host does not drain, and there is no memory: nothing is left to speak with */
    }
    if (w->spare) {
        finish_drop(e, w);
        return;
    }
    uint8_t flags = (uint8_t)(((w->request.flags & DNS_FLAG_CD) != 0 ? JOB_CD : 0) |
                              ((ev->query.flags & QUERY_TRACE) != 0 ? JOB_TRACE : 0) |
                              ((ev->query.flags & QUERY_COLD) != 0 ? JOB_COLD : 0) |
                              ((ev->query.flags & QUERY_PROBE) != 0 ? JOB_PROBE : 0));
    silence_query(e, now);
    struct job *j = (flags & JOB_TRACE) != 0 ? NULL : find_job(e, w, flags, now);
    if (j != NULL) {
        join(j, w, now);
        return;
    }
    if ((ev->query.flags & QUERY_JOIN) != 0) {
        fail_at_once(e, w, new_root(e, w, flags, now), FAIL_SHARE);
        return;
    }
    bool room = make_room(e, now);
    j = new_root(e, w, flags, now);
    if (j != NULL) {
        j->unknown = (ev->query.flags & QUERY_UNKNOWN) != 0;
    }
    if (!room) {
        fail_at_once(e, w, j, FAIL_OVERLOAD);
    } else if (j == NULL || !job_add_waiter(j, w)) {
        finish_drop(e, w);
    }
}

/* T1: somebody answers the right question with a wrong id, or in another case: a guess. TCP cannot be guessed. */
static void near_miss(struct job *j, struct exchange *x, struct now now)
{
    COUNT(j->engine, near_misses);
    record_exchange(j, JOURNAL_RETRY, x, 0, now);
    j->note[x->server].tcp = SEEDED(12, true, false);
    j->state = iterate_again(j, x->server);
    job_ready(j);
}

static void on_reply(struct engine *e, const struct event *ev, struct now now)
{
    struct exchange *x = exchange_find(e, ev->exchange);

    if (x == NULL) {
        COUNT(e, ignored);
        return;
    }
    struct job *j = x->job;
    switch (ask_match(&x->ask, ev->reply.data, ev->reply.len)) {
    case ASK_IGNORE:
        COUNT(e, ignored);
        record_exchange(j, JOURNAL_IGNORE, x, 0, now);
        return;
    case ASK_NEAR_MISS:
        near_miss(j, x, now);
        return;
    case ASK_MATCHES:
        break;
    }
    if (x->ask.tcp && !ev->reply.new_connection) {
        j->budget->connects--; /* L11 counts connections, and this one was open */
    }
    j->heard = x;
    j->reply = ev->reply.data;
    j->reply_len = ev->reply.len;
    j->state = ST_REPLY;
    job_ready(j);
}

static void on_unreachable(struct engine *e, const struct event *ev, struct now now)
{
    struct exchange *x = exchange_find(e, ev->exchange);

    if (x != NULL) {
        iterate_unreachable(x->job, x, ev->unreachable, now);
    }
}

/* The job goes on: it is bounded, what it learns is of use to the next one who asks, and it gives way to any other. */
static void on_gone(struct engine *e, const struct event *ev)
{
    struct waiter *w = waiter_find(e, ev->gone);

    if (w == NULL) {
        return;
    }
    COUNT(e, gone);
    if (w->job == NULL || w->queued || w->job->state == ST_GONE) {
        w->gone = SEEDED(26, true, false); /* its answer is queued already */
        return;
    }
    struct job *j = w->job;
    waiter_detach(w);
    waiter_free(e, w);
    job_abandon(j);
}

static void run_ready(struct engine *e, struct now now)
{
    while (e->ready_first != NULL) {
        struct job *j = e->ready_first;
        e->ready_first = j->ready_next;
        if (e->ready_first == NULL) {
            e->ready_last = NULL;
        }
        j->ready = false;
        iterate_run(j, now);
    }
}

static void run_due(struct engine *e, struct now now)
{
    for (;;) {
        struct job *j = deadlines_first(&e->deadlines);
        if (j != NULL && j->due_us <= now.mono_us) {
            iterate_expire(j, now);
        } else if (silence_due_us(e) <= now.mono_us) {
            silence_probe(e, now);
        } else {
            return;
        }
        run_ready(e, now);
    }
}

void engine_push(struct engine *e, const struct event *event, struct now now)
{
    if (event == NULL) {
        run_due(e, now);
        return;
    }
    switch (event->kind) {
    case EV_QUERY:
        on_query(e, event, now);
        break;
    case EV_REPLY:
        on_reply(e, event, now);
        break;
    case EV_UNREACHABLE:
        on_unreachable(e, event, now);
        break;
    case EV_GONE:
        on_gone(e, event);
        break;
    case EV_CHECKED:
        checks_done(e, event->check);
        break;
    }
    run_ready(e, now);
}

#define CONTAINER_OF(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))

/* False: there is nothing to say after all. */
static bool fill_action(struct engine *e, struct act *a, struct action *out)
{
    *out = (struct action){.kind = a->kind};
    switch (a->kind) {
    case ACT_SEND:
        return exchange_pull_send(e, CONTAINER_OF(a, struct exchange, send), out);
    case ACT_CANCEL:
        exchange_pull_cancel(e, CONTAINER_OF(a, struct exchange, cancel), out);
        return true;
    case ACT_ANSWER:
    case ACT_DROP:
        return finish_pull(e, CONTAINER_OF(a, struct waiter, act), out);
    case ACT_CHECK:
        return checks_pull(CONTAINER_OF(a, struct engine_check, act), out);
    }
    return false;
}

bool engine_pull(struct engine *e, struct action *out)
{
    while (e->act_first != NULL) {
        struct act *a = e->act_first;
        e->act_first = a->next;
        if (e->act_first == NULL) {
            e->act_last = NULL;
        }
        if (fill_action(e, a, out)) {
            return true;
        }
    }
    return false;
}

uint64_t engine_deadline(const struct engine *e)
{
    const struct job *j = deadlines_first(&e->deadlines);
    uint64_t probe_us = silence_due_us(e);

    return j == NULL || j->due_us > probe_us ? probe_us : j->due_us;
}

void engine_start(struct engine *e, struct now now)
{
    struct cache_hit hit;
    bool known = cache_get_delegation(e->cache, dname_root(), false, now, &hit);

    prime_consider(e, known ? &hit : NULL, now);
    run_ready(e, now);
}

static void visit_list(const struct job_list *list, struct now now, engine_inflight_visit *visit, void *arg)
{
    for (const struct job *j = list->first; j != NULL; j = j->next) {
        unsigned parents = 0;
        for (const struct link *l = j->parents; l != NULL; l = l->of_child) {
            parents++;
        }
        struct engine_inflight row = {
            .name = j->goal,
            .type = j->qtype,
            .state = job_state_text(j->state),
            .age_ms = (uint32_t)((now.mono_us - j->born_us) / US_PER_MS),
            .sends = j->sends,
            .waiters = j->waiters + parents,
            .child = job_is_child(j),
            .server = j->last_server,
            .zone = j->servers.cut != NULL ? delegation_zone(j->servers.cut) : dname_root(),
        };
        visit(arg, &row);
    }
}

void engine_inflight(const struct engine *e, struct now now, engine_inflight_visit *visit, void *arg)
{
    visit_list(&e->roots, now, visit, arg);
    visit_list(&e->others, now, visit, arg);
}

unsigned engine_places(const struct engine *e)
{
    return e->roots.count;
}

unsigned engine_places_max(void)
{
    return ENGINE_JOBS_MAX;
}

void engine_trim(struct engine *e)
{
    job_free_pool(e);
    exchanges_trim(&e->exchanges);
}

const struct engine_counters *engine_counters(const struct engine *e)
{
    return &e->counters;
}

const struct histogram *engine_rtts(const struct engine *e)
{
    return &e->rtts;
}
