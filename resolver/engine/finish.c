/*
 * finish.c - the end of a job
 */
#include "resolver/engine/finish.h"

#include <assert.h>

#include "dns/types.h"

#include "cache/infra.h"
#include "resolver/engine/children.h"
#include "resolver/engine/core.h"
#include "resolver/engine/cost.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/iterate.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/prefetch.h"
#include "resolver/engine/prime.h"
#include "resolver/engine/record.h"
#include "resolver/engine/stale.h"
#include "resolver/engine/validate.h"
#include "resolver/engine/waiters.h"

/* What kind of failure it is decides for how long, and under which name, it is remembered. */
enum blame {
    BLAME_NOBODY,    /* this host, this moment: not remembered */
    BLAME_QUERY,     /* a limit: another way to the same name may do, so only this very question is remembered */
    BLAME_NAME,      /* the servers of the name's zone */
    BLAME_SERVERS,   /* the same, and the zone has no server that answers */
    BLAME_BOGUS,     /* the data: so long as it is not mended, but not for long (T87) */
    BLAME_ADDRESSES, /* the same, and none of the zone's name servers has an address that is asked */
};

static enum blame blame_of(const struct job *j)
{
    if (j->outcome.failure == FAIL_BOGUS_WORK) {
        return validate_spent(j) ? BLAME_BOGUS : BLAME_QUERY;
    }
    if (failure_is_bogus(j->outcome.failure)) {
        return BLAME_BOGUS;
    }
    switch (j->outcome.failure) {
    case FAIL_NO_REACHABLE:
        return BLAME_SERVERS;
    case FAIL_NO_ADDRESS:
    case FAIL_REFERRAL_LIMIT:
        return BLAME_ADDRESSES;
    case FAIL_CYCLE:
    case FAIL_NS_LIMIT: /* met by looking for this zone's own servers, not by what the query did before? */
        return j->cut_ns_failed >= ENGINE_NS_FAILED_MAX || j->cut_ns_jobs >= ENGINE_NS_JOBS_MAX ? BLAME_ADDRESSES
                                                                                                : BLAME_QUERY;
    case FAIL_ALL_LAME:
    case FAIL_UPSTREAM_SERVFAIL:
    case FAIL_BROKEN_REPLIES:
    case FAIL_CONNECT_LIMIT:
        return BLAME_NAME;
    case FAIL_SEND_LIMIT:
    case FAIL_FETCH_LIMIT:
    case FAIL_BYTE_LIMIT:
    case FAIL_TIME_LIMIT:
    case FAIL_DEPTH_LIMIT:
    case FAIL_ALIAS_LIMIT:
    case FAIL_ALIAS_LOOP:
    case FAIL_STEP_LIMIT:
        return BLAME_QUERY;
    case FAIL_NONE:
    case FAIL_OVERLOAD:
    case FAIL_SHARE:
    case FAIL_NO_MEMORY:
    case FAIL_CACHED_FAILURE:
    case FAIL_NO_ROOT:
    case FAIL_LOCAL_ERROR:
    case FAIL_BAD_NAME:
    case FAIL_SHUTDOWN:
    default:
        break;
    }
    return BLAME_NOBODY;
}

/* Some server of the zone answered not long ago: what was lost may be datagrams, not the server. One unlucky query must
 * not close a zone to all others (X1), so it takes more silence than one query can meet. */
static bool spoke_lately(const struct job *j, struct now now)
{
    for (unsigned i = 0; i < j->servers.count; i++) {
        struct infra known;
        infra_get(j->engine->cache, &j->servers.server[i].addr, now, &known);
        if (known.tcp_works || (known.answered > 0 && known.timeouts < ENGINE_SILENT_TIMEOUTS)) {
            return true;
        }
    }
    return false;
}

/* What asking again would load others with, who are innocent. */
static bool loads_others(enum failure why)
{
    return why == FAIL_NS_LIMIT || why == FAIL_CYCLE || why == FAIL_REFERRAL_LIMIT;
}

/* The zone itself is out of reach: other names in it are not tried for a while either (T31, T43, T52). Always the same
 * span, so that a zone that comes back is found soon (X5). Never for the root or for configured zones: too much hangs
 * on them. */
static void blame_zone(struct job *j, struct now now)
{
    const struct delegation *cut = j->servers.cut;
    struct cache *c = j->engine->cache;

    if (cut == NULL || cut->kind != DELEGATION_REFERRAL) {
        return;
    }
    if (j->outcome.failure == FAIL_NO_REACHABLE && spoke_lately(j, now)) {
        return;
    }
    cache_clear_failure(c, delegation_zone(cut), 0);
    cache_put_failure(c, delegation_zone(cut), 0, (uint16_t)j->outcome.failure,
                      loads_others(j->outcome.failure) ? ENGINE_ZONE_NO_ADDRESS_S : ENGINE_ZONE_FAILED_S, now);
}

/* RFC 9520: a failure is remembered, and the more often it happens the longer. What one query's limits, or a circle
 * that happened to begin here, made fail says nothing of the name for others (T36): it is kept for this question alone,
 * and not at all for a job that only served another. */
static void remember_failure(struct job *j, struct now now)
{
    struct cache *c = j->engine->cache;
    enum blame blame = blame_of(j);
    uint16_t failure = (uint16_t)j->outcome.failure;

    if (blame == BLAME_NOBODY || job_is_probe(j) || j->recalled) {
        return;
    }
    if (blame == BLAME_BOGUS && !j->tainted) {
        cache_put_bogus(c, j->qname, j->qtype, failure, now);
        return;
    }
    if (blame == BLAME_QUERY || j->tainted) {
        if (!job_is_child(j)) {
            cache_put_failure(c, j->goal, j->qtype, failure, ENGINE_FAILED_LIMIT_S, now);
        }
        if (j->tainted && blame == BLAME_ADDRESSES && loads_others(j->outcome.failure)) {
            blame_zone(j, now);
        }
        return;
    }
    cache_put_failure(c, j->qname, j->qtype, failure, 0, now);
    if (blame != BLAME_NAME) {
        blame_zone(j, now);
    }
}

/* What was stored is shown as the cache has it (TTL clamps, better data that was there), so that the first answer and
 * the next ones agree. */
static void settle(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    struct dname_buf end;

    if (!j->stored || j->outcome.failure != FAIL_NONE || j->qtype == DNS_TYPE_ANY || job_is_cold(j)) {
        return;
    }
    struct known_question goal = {
        .name = j->goal, .type = j->qtype, .checked = job_validates(j, e->set), .set = e->set};
    outcome_init(&e->found);
    if (known_lookup(e->cache, &goal, now, &e->found, &end) != KNOWN_ALL || e->found.failure != FAIL_NONE ||
        e->found.rcode != j->outcome.rcode || e->found.answers != j->outcome.answers) {
        return;
    }
    if (e->found.ede == DNS_EDE_NONE) { /* the cache does not keep it */
        e->found.ede = j->outcome.ede;
        e->found.ede_text = j->outcome.ede_text;
    }
    if (!job_take_outcome(j, &e->found, false)) {
        job_fail(j, FAIL_NO_MEMORY);
    }
}

static bool is_limit(enum failure f)
{
    switch (f) {
    case FAIL_SEND_LIMIT:
    case FAIL_FETCH_LIMIT:
    case FAIL_BYTE_LIMIT:
    case FAIL_TIME_LIMIT:
    case FAIL_DEPTH_LIMIT:
    case FAIL_NS_LIMIT:
    case FAIL_ALIAS_LIMIT:
    case FAIL_STEP_LIMIT:
    case FAIL_CONNECT_LIMIT:
    case FAIL_OVERLOAD:
    case FAIL_SHARE:
        return true;
    default:
        return false;
    }
}

/* L26: a late answer over UDP helps its client, many at once are somebody's weapon. */
static bool too_late(struct engine *e, const struct waiter *w, struct now now)
{
    if (w->request.tcp || now.mono_us - w->since_us <= ENGINE_LATE_UDP_US) {
        return false;
    }
    if (now.mono_us - e->late_window_us >= ENGINE_LATE_WINDOW_US) {
        e->late_window_us = now.mono_us;
        e->late_answers = 0;
    }
    return ++e->late_answers > ENGINE_LATE_BURST;
}

/* Clients that joined a job begun for another query, whose budget ran out, get one of their own, in what is left of
 * their time. */
static void hand_over(struct job *j, struct now now)
{
    if (!job_is_child(j) || !job_is_poor(j) || j->first_waiter == NULL) {
        return;
    }
    struct job *own = job_new(j->engine, j->goal, j->qtype, j->flags, NULL, 0, now);
    if (own == NULL) {
        return; /* they share the failure after all */
    }
    own->budget->deadline_us = j->first_waiter->since_us + ENGINE_QUERY_TIME_US;
    for (struct waiter *w = j->first_waiter, *next; w != NULL; w = next) {
        next = w->next;
        if (!w->queued) {
            waiter_detach(w);
            job_add_waiter(own, w);
        }
    }
}

static void queue_answers(struct job *j, struct now now)
{
    for (struct waiter *w = j->first_waiter; w != NULL; w = w->next) {
        if (!w->queued) { /* else it was, with expired data, a moment ago */
            waiter_queue(w, too_late(j->engine, w, now) ? ACT_DROP : ACT_ANSWER);
        }
    }
}

/* Its last answer was pulled, or it has none. */
static void retire(struct job *j)
{
    assert(j->first_waiter == NULL);
    if (j->engine->answered != NULL) {
        job_recycle(j->engine->answered);
    }
    j->engine->answered = j; /* a pulled action may still show its journal */
}

enum job_state finish_job(struct job *j, struct now now)
{
    struct engine *e = j->engine;

    job_unregister(j);
    settle(j, now);
    j->outcome.authentic = j->outcome.security == SEC_SECURE && j->outcome.failure == FAIL_NONE;
    if (j->outcome.failure != FAIL_NONE) {
        record_name(j, JOURNAL_FAILED, j->qname, j->qtype, j->outcome.failure, now);
        remember_failure(j, now);
        if (is_limit(j->outcome.failure)) {
            COUNT(e, limits);
        }
        if ((j->flags & JOB_PRIME) != 0) {
            prime_failed(e, now);
        }
        if ((j->flags & JOB_LISTEN) != 0) {
            silence_probed(e, now);
        }
    }
    if ((j->flags & JOB_REFRESH) != 0) {
        prefetch_ended(j);
    }
    iterate_leave(j);
    children_drop(j);
    if (j->journal != NULL) {
        j->budget->journal = NULL; /* jobs that go on after this one must not write to it */
    }
    hand_over(j, now);
    children_tell(j, now);
    stale_replace(j, now); /* for clients; jobs were told of the failure */
    queue_answers(j, now);
    j->state = ST_GONE;
    if (j->answers_queued == 0) {
        retire(j);
    }
    return ST_GONE;
}

void finish_abandon(struct job *j)
{
    job_unregister(j); /* nobody may join it any more */
    j->state = job_fail(j, FAIL_SHUTDOWN);
    job_ready(j);
}

void finish_drop(struct engine *e, struct waiter *w)
{
    assert(w->job == NULL);
    core_queue(e, &w->act, ACT_DROP);
}

static void fill_answer(struct engine *e, const struct waiter *w, const struct outcome *o, struct action *out)
{
    out->wire = e->out;
    out->len = respond_build(&w->request, o, e->set, e->turn++, e->out);
    out->rcode = o->rcode;
    out->failure = o->failure;
    out->detail = o->ede_text;
    out->name = w->job->goal;
    out->type = w->job->qtype;
    out->security = o->security;
    out->server = w->job->last_server;
    out->since_us = w->since_us;
    out->journal = w->job->journal;
    COUNT(e, answers);
    if (o->failure != FAIL_NONE) {
        COUNT(e, failures);
    }
    if (outcome_is_stale(o)) {
        COUNT(e, stale);
    }
}

bool finish_pull(struct engine *e, struct waiter *w, struct action *out)
{
    struct job *j = w->job;
    bool wanted = !w->gone;

    out->client = w->client;
    out->cost_us = j != NULL ? cost_charge(j->budget) : 0;
    if (out->kind == ACT_ANSWER && wanted) {
        assert(j != NULL); /* a job stays until its answers are out */
        fill_answer(e, w, w->outcome != NULL ? w->outcome : &j->outcome, out);
    } else if (wanted) {
        COUNT(e, drops);
    }
    if (j != NULL) {
        waiter_detach(w);
        if (--j->answers_queued == 0 && j->state == ST_GONE) {
            retire(j);
        }
    }
    waiter_free(e, w);
    return wanted;
}
