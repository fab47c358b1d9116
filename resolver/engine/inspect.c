/*
 * inspect.c - the invariants of engine.h, as functions
 */
#include "resolver/engine/inspect.h"

#include "resolver/engine/core.h"
#include "resolver/engine/limits.h"

typedef const char *judge_job(const struct engine *e, const struct job *j, uint64_t now_us);

static const char *each_job(const struct engine *e, judge_job *judge, uint64_t now_us)
{
    const struct job_list *list[] = {&e->roots, &e->others};

    for (unsigned i = 0; i < 2; i++) {
        for (const struct job *j = list[i]->first; j != NULL; j = j->next) {
            const char *wrong = judge(e, j, now_us);
            if (wrong != NULL) {
                return wrong;
            }
        }
    }
    return NULL;
}

static bool waits(const struct job *j)
{
    return j->state == ST_WAIT_REPLY || j->state == ST_WAIT_JOBS;
}

static bool known_by_id(const struct engine *e, const struct waiter *w)
{
    const struct waiter *at = e->client[w->client.id & (ENGINE_CLIENT_BUCKETS - 1)];

    while (at != NULL && at != w) {
        at = at->id_next;
    }
    return at == w;
}

static const char *judge_waiters(const struct engine *e, const struct job *j, uint64_t now_us)
{
    unsigned count = 0;

    for (const struct waiter *w = j->first_waiter; w != NULL; w = w->next) {
        count++;
        if (w->job != j || w->gone) {
            return "1: a waiter is not its job's";
        }
        if (!known_by_id(e, w)) {
            return "1: a waiter is not known by its id";
        }
        if (now_us - w->since_us > ENGINE_QUERY_TIME_US) {
            return "1: a client waits too long";
        }
    }
    if (count != j->waiters) {
        return "1: waiters are miscounted";
    }
    return waits(j) ? NULL : "1: a job neither runs nor waits";
}

const char *inspect_waiters(const struct engine *e, struct now now)
{
    for (unsigned i = 0; i < ENGINE_SPARE_WAITERS; i++) {
        if (e->spare[i].job != NULL && e->spare[i].job->state != ST_GONE) {
            return "1: a spare waiter waits";
        }
    }
    return each_job(e, judge_waiters, now.mono_us);
}

static const char *judge_tries(const struct job *j)
{
    for (unsigned i = 0; j->servers.cut != NULL && i < j->servers.count; i++) {
        /* one more each: what a near miss, a truncation or the last resort asks again */
        if (j->servers.server[i].tries_udp > ENGINE_TRIES_PER_SERVER + 1 ||
            j->servers.server[i].tries_tcp > ENGINE_TRIES_PER_SERVER + 1) {
            return "2: L10, tries of a server";
        }
    }
    return NULL;
}

static const char *judge_work(const struct dnssec_work *w)
{
    /* one check may take the budget past its end, by the price of the dearest algorithm */
    return w->verifies > DNSSEC_VERIFIES_MAX              ? "2: L12, signature checks"
           : w->cost > DNSSEC_VERIFY_COST_MAX + UINT8_MAX ? "2: L12, cost of signature checks"
           : w->failures > DNSSEC_FAILURES_MAX            ? "2: L13, failed checks"
           : w->hashes > DNSSEC_HASHES_MAX                ? "2: L17, NSEC3 hashes"
                                                          : NULL;
}

static const char *judge_budget(const struct engine *e, const struct job *j, uint64_t now_us)
{
    const struct budget *b = j->budget;

    (void)e;
    (void)now_us;
    if (b == NULL || b->refs == 0) {
        return "2: a job without a budget";
    }
    const char *wrong = b->sends > ENGINE_SENDS_MAX                     ? "2: L1, questions for one query"
                        : j->fetch_sends > ENGINE_FETCH_SENDS_MAX       ? "2: L2, questions for one name"
                        : b->bytes > ENGINE_BYTES_MAX                   ? "2: L3, octets received"
                        : j->depth > ENGINE_DEPTH_MAX                   ? "2: L5, depth"
                        : j->trust_depth > ENGINE_TRUST_DEPTH_MAX       ? "2: depth of the chain of trust"
                        : b->ns_jobs > ENGINE_NS_JOBS_MAX               ? "2: L7, addresses looked up"
                        : b->ns_failed > ENGINE_NS_JOBS_MAX             ? "2: L7, looked up in vain"
                        : job_links(j) > ENGINE_ALIASES_MAX             ? "2: L8, aliases followed"
                        : j->minimise.steps > ENGINE_MINIMISE_STEPS_MAX ? "2: L9, steps of minimisation"
                        : b->connects > ENGINE_CONNECTS_MAX             ? "2: L11, connections"
                        : j->steps >= ENGINE_STEPS_MAX                  ? "2: steps of a job"
                        : j->waiters > ENGINE_WAITERS_TCP_MAX           ? "2: L24, waiters"
                                                                        : judge_work(&b->work);
    return wrong != NULL ? wrong : judge_tries(j);
}

const char *inspect_budgets(const struct engine *e)
{
    if (e->roots.count > ENGINE_JOBS_MAX || e->roots.count + e->others.count > ENGINE_JOBS_TOTAL_MAX) {
        return "2: L25, jobs under way";
    }
    return each_job(e, judge_budget, 0);
}

static const char *judge_waits(const struct engine *e, const struct job *j, uint64_t now_us)
{
    (void)e;
    (void)now_us;
    for (unsigned i = 0; i < 2; i++) {
        if (j->exchange[i] != NULL && j->exchange[i]->job != j) {
            return "3: a job holds an exchange of another";
        }
    }
    if (j->exchange[0] != NULL && j->exchange[0] == j->exchange[1]) {
        return "3: a job holds an exchange twice";
    }
    return j->state == ST_WAIT_REPLY && j->exchange[0] == NULL && j->exchange[1] == NULL ? "3: a job waits for no reply"
                                                                                         : NULL;
}

const char *inspect_exchanges(const struct engine *e)
{
    for (size_t i = 0; i < e->exchanges.count; i++) {
        const struct exchange *x = e->exchanges.place[i];
        const struct job *j = x->job;
        if (x->id.index != i) {
            return "3: an exchange has another's number";
        }
        if (j != NULL && (!j->registered || (j->exchange[0] != x && j->exchange[1] != x))) {
            return "3: an open exchange without its job";
        }
    }
    return each_job(e, judge_waits, 0);
}

const char *inspect_entry(const struct cache_hit *hit)
{
    if (hit->kind == CACHE_FAILURE || hit->origin.server.family == ADDR_NONE) {
        return NULL; /* our own */
    }
    if (hit->origin.zone_labels > hit->name.labels) {
        return "4: a name outside the zone that was asked";
    }
    switch (hit->kind) {
    case CACHE_DELEGATION:
        return hit->origin.rank != RANK_NONAUTH_AUTHORITY && hit->delegation->kind != DELEGATION_PRIMED
                   ? "4: a delegation with a rank above its section's"
               : hit->name.labels == hit->origin.zone_labels && hit->delegation->kind == DELEGATION_REFERRAL
                   ? "4: a zone that delegates itself"
                   : NULL;
    case CACHE_NXDOMAIN:
    case CACHE_RRSET:
        return hit->origin.rank == RANK_ADDITIONAL          ? "4: additional data outside a delegation"
               : hit->origin.rank == RANK_NONAUTH_AUTHORITY ? "4: a referral's data as an answer"
                                                            : NULL;
    case CACHE_FAILURE:
        break;
    }
    return NULL;
}

static const char *judge_place(const struct engine *e, const struct job *j, uint64_t now_us)
{
    (void)now_us;
    if (j->engine != e || !j->registered || j->ready) {
        return "5: a job of a list is not registered, or is ready to run";
    }
    if (j->heap_at >= e->deadlines.count || e->deadlines.heap[j->heap_at] != j) {
        return "5: a job without a deadline";
    }
    if (job_find((struct engine *)(uintptr_t)e, j->goal, j->qtype, j->flags) == NULL) {
        return "5: a job is not found by its goal";
    }
    for (const struct link *l = j->children; l != NULL; l = l->of_parent) {
        if (l->parent != j || !l->child->registered) {
            return "5: a job waits for one that is over";
        }
    }
    for (const struct link *l = j->parents; l != NULL; l = l->of_child) {
        if (l->child != j || !l->parent->registered) {
            return "5: a job serves one that is over";
        }
    }
    return NULL;
}

const char *inspect_tables(const struct engine *e)
{
    if (e->ready_first != NULL || e->act_first != NULL) {
        return "5: something is left to do";
    }
    if (e->deadlines.count != (size_t)e->roots.count + e->others.count) {
        return "5: deadlines of jobs that are over";
    }
    return each_job(e, judge_place, 0);
}

const char *inspect_idle(const struct engine *e)
{
    if (e->roots.count != 0 || e->others.count != 0 || e->deadlines.count != 0) {
        return "5: jobs are left";
    }
    if (!crowd_is_empty(&e->crowd)) {
        return "5: a zone's crowd is left";
    }
    for (size_t i = 0; i < e->exchanges.count; i++) {
        if (e->exchanges.place[i]->job != NULL) {
            return "5: an exchange is left";
        }
    }
    for (unsigned i = 0; i < ENGINE_BUCKETS; i++) {
        if (e->bucket[i] != NULL) {
            return "5: a job is left in the table";
        }
    }
    for (unsigned i = 0; i < ENGINE_CLIENT_BUCKETS; i++) {
        if (e->client[i] != NULL) {
            return "5: a client is left";
        }
    }
    return NULL;
}
