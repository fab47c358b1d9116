/*
 * job.c - one goal under way
 */
#include "resolver/engine/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/engine/checks.h"
#include "resolver/engine/core.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/validate.h"

const char *job_state_text(enum job_state s)
{
    static const char *const texts[] = {
#define X(name, text) [ST_##name] = text,
        JOB_STATES(X)
#undef X
    };
    return texts[s];
}

static uint64_t goal_hash(const struct engine *e, struct dname name, uint16_t type, uint8_t flags)
{
    return dname_hash(e->hash_key, name) ^ ((uint64_t)type << 8 | flags) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct job **bucket_of(struct engine *e, uint64_t hash)
{
    return &e->bucket[hash >> 16 & (ENGINE_BUCKETS - 1)];
}

struct job *job_find(struct engine *e, struct dname name, uint16_t type, uint8_t flags)
{
    uint64_t hash = goal_hash(e, name, type, flags);

    for (struct job *j = *bucket_of(e, hash); j != NULL; j = j->bucket_next) {
        if (j->hash == hash && j->qtype == type && j->flags == flags && dname_equal(j->goal, name)) {
            return j;
        }
    }
    return NULL;
}

static struct job_list *list_of(struct job *j)
{
    bool root = !job_is_child(j) && (j->flags & JOB_PRIME) == 0;
    return root ? &j->engine->roots : &j->engine->others;
}

static void register_job(struct job *j)
{
    struct job_list *list = list_of(j);
    struct job **bucket = bucket_of(j->engine, j->hash);

    j->bucket_next = *bucket;
    *bucket = j;
    j->prev = list->last;
    j->next = NULL;
    if (list->last != NULL) {
        list->last->next = j;
    } else {
        list->first = j;
    }
    list->last = j;
    list->count++;
    j->registered = true;
}

void job_unregister(struct job *j)
{
    if (!j->registered) {
        return;
    }
    struct job_list *list = list_of(j);
    struct job **p = bucket_of(j->engine, j->hash);
    while (*p != j) {
        p = &(*p)->bucket_next;
    }
    *p = j->bucket_next;
    *(j->prev != NULL ? &j->prev->next : &list->first) = j->next;
    *(j->next != NULL ? &j->next->prev : &list->last) = j->prev;
    list->count--;
    deadlines_clear(&j->engine->deadlines, j);
    j->registered = false;
}

void job_abandon(struct job *j)
{
    struct job_list *list = list_of(j);

    if (!j->registered || list->first == j || j->waiters > 0 || j->parents != NULL) {
        return;
    }
    j->prev->next = j->next;
    *(j->next != NULL ? &j->next->prev : &list->last) = j->prev;
    j->prev = NULL;
    j->next = list->first;
    list->first->prev = j;
    list->first = j;
}

static struct budget *budget_new(struct engine *e, uint8_t flags, struct now now)
{
    bool brief = e->silence.deaf && (flags & JOB_LISTEN) == 0;
    struct budget *b = calloc(1, sizeof *b);
    if (b != NULL) {
        b->work.seen = e->seen;
        b->work.kit = e->kit;
        b->deadline_us = now.mono_us + (brief ? ENGINE_DEAF_TIME_US : ENGINE_QUERY_TIME_US);
    }
    return b;
}

static void budget_drop(struct budget *b)
{
    if (b != NULL && --b->refs == 0) {
        free(b);
    }
}

/* A job as clean as a new one. Its big arrays need no clearing. */
static struct job *take_job(struct engine *e)
{
    struct job *j = e->pool;

    if (j != NULL) {
        e->pool = j->bucket_next;
        e->pooled--;
    } else {
        j = malloc(sizeof *j);
        if (j == NULL) {
            return NULL;
        }
    }
    memset(j, 0, offsetof(struct job, outcome));
    outcome_init(&j->outcome);
    j->engine = e;
    j->heap_at = DEADLINES_NOWHERE;
    j->shown = SHOWN_NONE;
    j->crowd = CROWD_NONE;
    arena_init(&j->arena, j->first, sizeof j->first, ENGINE_JOB_BYTES_MAX);
    arena_init(&j->cut_arena, j->cut_first, sizeof j->cut_first, ENGINE_JOB_BYTES_MAX);
    return j;
}

struct job *job_new(struct engine *e, struct dname name, uint16_t type, uint8_t flags, struct budget *budget,
                    uint8_t depth, struct now now)
{
    size_t jobs = (size_t)e->roots.count + e->others.count;

    if (jobs >= ENGINE_JOBS_TOTAL_MAX || !deadlines_reserve(&e->deadlines, jobs + 1)) {
        return NULL;
    }
    struct job *j = take_job(e);
    if (j == NULL) {
        return NULL;
    }
    j->budget = budget != NULL ? budget : budget_new(e, flags, now);
    if (j->budget != NULL) {
        j->budget->refs++;
    }
    if (j->budget == NULL || !job_keep_name(j, name, &j->goal)) {
        job_recycle(j);
        return NULL;
    }
    j->qname = j->goal;
    j->qtype = type;
    j->flags = flags;
    j->depth = depth;
    j->born_us = now.mono_us;
    j->hash = goal_hash(e, name, type, flags);
    register_job(j);
    COUNT(e, jobs);
    job_ready(j);
    return j;
}

void job_recycle(struct job *j)
{
    struct engine *e = j->engine;

    assert(!j->registered && !j->ready && j->first_waiter == NULL && j->answers_queued == 0);
    checks_leave(j);
    budget_drop(j->budget);
    arena_release(&j->arena);
    arena_release(&j->cut_arena);
    if (e->pooled >= ENGINE_POOL_JOBS) {
        free(j);
        return;
    }
    j->bucket_next = e->pool;
    e->pool = j;
    e->pooled++;
}

void job_free_pool(struct engine *e)
{
    while (e->pool != NULL) {
        struct job *j = e->pool;
        e->pool = j->bucket_next;
        free(j);
    }
    e->pooled = 0;
}

void job_ready(struct job *j)
{
    struct engine *e = j->engine;

    if (j->ready) {
        return;
    }
    j->ready = true;
    j->ready_next = NULL;
    if (e->ready_last != NULL) {
        e->ready_last->ready_next = j;
    } else {
        e->ready_first = j;
    }
    e->ready_last = j;
}

enum job_state job_fail(struct job *j, enum failure why)
{
    const struct failure_row *row = failure_row(why);

    outcome_init(&j->outcome);
    j->outcome.failure = why;
    j->outcome.rcode = row->rcode;
    j->outcome.security = SEC_UNCHECKED;
    j->stored = false;
    return ST_FINISH;
}

bool job_is_poor(const struct job *j)
{
    switch (j->outcome.failure) {
    case FAIL_SEND_LIMIT:
    case FAIL_BYTE_LIMIT:
    case FAIL_TIME_LIMIT:
    case FAIL_NS_LIMIT:
    case FAIL_CONNECT_LIMIT:
    case FAIL_DEPTH_LIMIT:
        return true;
    case FAIL_BOGUS_WORK:
        return !validate_spent(j);
    default:
        return false;
    }
}

bool job_add_waiter(struct job *j, struct waiter *w)
{
    if (j->waiters >= (w->request.tcp ? ENGINE_WAITERS_TCP_MAX : ENGINE_WAITERS_MAX)) {
        return false;
    }
    w->job = j;
    w->next = NULL;
    *(j->last_waiter != NULL ? &j->last_waiter->next : &j->first_waiter) = w;
    j->last_waiter = w;
    j->waiters++;
    return true;
}

bool job_keep_name(struct job *j, struct dname n, struct dname *out)
{
    const uint8_t *wire = arena_dup(&j->arena, n.wire, n.len);

    if (wire == NULL) {
        return false;
    }
    *out = (struct dname){.wire = wire, .len = n.len, .labels = n.labels};
    return true;
}

bool job_add_answer(struct job *j, const struct rrset *set, uint32_t ttl_s)
{
    struct outcome *o = &j->outcome;

    if (o->answers >= sizeof o->answer / sizeof o->answer[0]) {
        return false;
    }
    o->answer[o->answers++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
    return true;
}

bool job_add_authority(struct job *j, const struct rrset *set, uint32_t ttl_s)
{
    struct outcome *o = &j->outcome;

    if (o->authorities >= sizeof o->authority / sizeof o->authority[0]) {
        return false;
    }
    if (outcome_shows(o, set)) { /* two parts of a chain may share a proof */
        return true;
    }
    o->authority[o->authorities++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
    return true;
}

unsigned job_links(const struct job *j)
{
    unsigned links = 0;

    for (unsigned i = 0; i < j->outcome.answers; i++) {
        links += j->outcome.answer[i].set->type == DNS_TYPE_CNAME;
    }
    return links;
}

bool job_take_outcome(struct job *j, const struct outcome *o, bool append)
{
    if (!append) {
        j->outcome.answers = 0;
        j->outcome.authorities = 0;
    }
    j->outcome.rcode = o->rcode;
    if (!append || o->security < j->outcome.security) {
        j->outcome.security = o->security;
    }
    j->outcome.failure = o->failure;
    j->outcome.ede = o->ede;
    j->outcome.ede_text = o->ede_text;
    for (unsigned i = 0; i < o->answers; i++) {
        const struct rrset *set = rrset_dup(o->answer[i].set, &j->arena);
        if (set == NULL || !job_add_answer(j, set, o->answer[i].ttl_s)) {
            return false;
        }
    }
    for (unsigned i = 0; i < o->authorities; i++) {
        const struct rrset *set = rrset_dup(o->authority[i].set, &j->arena);
        if (set == NULL) {
            return false;
        }
        job_add_authority(j, set, o->authority[i].ttl_s); /* where aliases brought proofs beyond reason, not all */
    }
    return true;
}
