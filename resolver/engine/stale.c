/*
 * stale.c - expired data for clients whose question finds no answer in time
 */
#include "resolver/engine/stale.h"

#include "dns/rdata.h"
#include "dns/types.h"
#include "resolver/dnssec/signature.h"
#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/record.h"
#include "resolver/engine/waiters.h"

struct stale {
    struct cache *cache;
    const struct engine_settings *set;
    const struct stale_question *question;
    struct now now;
    struct outcome *out;
    bool expired; /* some part of it is */
};

/* Has the set a signature that has not run out? */
static bool in_time(const struct rrset *set, struct now now)
{
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref rr;
    struct signature s;

    if (set->sig_count == 0) {
        return true; /* made from a DNAME */
    }
    while (rrset_next(&it, &rr)) {
        if (signature_read(rr, &s) && (int32_t)(s.expiration - (uint32_t)now.wall_s) >= 0) { /* RFC 1982 */
            return true;
        }
    }
    return false;
}

static bool all_in_time(const struct cache_hit *hit, struct now now)
{
    bool good = (hit->rrset == NULL || in_time(hit->rrset, now)) && (hit->soa == NULL || in_time(hit->soa, now));

    for (unsigned i = 0; i < hit->proof_count; i++) {
        good &= in_time(hit->proof[i], now);
    }
    return good;
}

static bool may_be_given(const struct stale *s, const struct cache_hit *hit)
{
    enum cache_security security = hit->origin.security;

    if (hit->origin.rank < RANK_NONAUTH_ANSWER && hit->kind != CACHE_NXDOMAIN) {
        return false;
    }
    if (security == SEC_BOGUS || (s->question->checked && security == SEC_UNCHECKED)) {
        return false;
    }
    return !s->question->checked || security != SEC_SECURE || all_in_time(hit, s->now);
}

static bool find(const struct stale *s, const struct cache_name *name, enum cache_kind kind, uint16_t type,
                 struct cache_hit *hit, uint32_t *age_s)
{
    return cache_find_ended(s->cache, name, kind, type, s->now, hit, age_s) && may_be_given(s, hit);
}

static void authority(struct stale *s, const struct rrset *set, uint32_t ttl_s)
{
    struct outcome *o = s->out;

    if (o->authorities < OUTCOME_AUTHORITIES_MAX && !outcome_shows(o, set)) {
        o->authority[o->authorities++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
    }
}

/* The set, or the denial, joins the outcome. */
static void take(struct stale *s, const struct cache_hit *hit)
{
    struct outcome *o = s->out;
    uint32_t ttl_s = hit->ttl_s;

    if (ttl_s == 0) {
        ttl_s = s->set->stale_reply_ttl_s;
        s->expired = true;
    }
    if (hit->rrset != NULL) {
        o->answer[o->answers++] = (struct outcome_set){.set = hit->rrset, .ttl_s = ttl_s};
    } else {
        o->rcode = hit->kind == CACHE_NXDOMAIN ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR;
    }
    if (hit->soa != NULL) {
        authority(s, hit->soa, ttl_s);
    }
    for (unsigned i = 0; i < hit->proof_count; i++) {
        authority(s, hit->proof[i], ttl_s);
    }
    if (hit->origin.security < o->security) {
        o->security = hit->origin.security;
    }
}

/* The DNAME that a CNAME was made from goes before it (RFC 6672 section 3.1). False: it is needed and not there. */
static bool take_dname(struct stale *s, const struct cache_hit *cname, struct dname target)
{
    struct dname owner = rrset_owner(cname->rrset), to;
    struct dname_buf made;
    uint32_t age_s;

    for (struct dname above = dname_parent(owner); above.labels > 0; above = dname_parent(above)) {
        struct cache_name name = cache_name_of(s->cache, above);
        struct cache_hit hit;
        if (!find(s, &name, CACHE_RRSET, DNS_TYPE_DNAME, &hit, &age_s) || hit.rrset == NULL) {
            continue;
        }
        struct rdata_ref rr = rrset_first(hit.rrset);
        if (rdata_target(DNS_TYPE_DNAME, rr.data, rr.len, &to) && dname_replace_suffix(owner, above, to, &made) &&
            dname_equal(dname_of(&made), target)) {
            take(s, &hit);
            return true;
        }
    }
    return cname->origin.security != SEC_SECURE || cname->rrset->sig_count > 0;
}

/* What was learnt last of a name: data, an alias, or that it does not exist. False: nothing. */
static bool newest(const struct stale *s, const struct cache_name *name, struct cache_hit *out)
{
    struct cache_hit hit;
    uint32_t age_s, least_s = UINT32_MAX;

    if (find(s, name, CACHE_RRSET, s->question->type, &hit, &age_s)) {
        *out = hit;
        least_s = age_s;
    }
    if (!known_beside_alias(s->question->type) && find(s, name, CACHE_RRSET, DNS_TYPE_CNAME, &hit, &age_s) &&
        hit.rrset != NULL && age_s < least_s && !known_is_childs(&hit, name->name, s->question->type)) {
        *out = hit;
        least_s = age_s;
    }
    for (struct dname above = name->name; above.labels > 0; above = dname_parent(above)) { /* RFC 8020 */
        struct cache_name n = cache_name_of(s->cache, above);
        if (find(s, &n, CACHE_NXDOMAIN, 0, &hit, &age_s) && age_s <= least_s &&
            !forward_shields(s->set, name->name, s->question->type, hit.origin.zone_labels)) {
            *out = hit;
            least_s = age_s;
        }
    }
    return least_s != UINT32_MAX;
}

static bool is_alias(const struct stale *s, const struct cache_hit *hit)
{
    return hit->rrset != NULL && hit->type == DNS_TYPE_CNAME && !known_beside_alias(s->question->type);
}

/* Reasons that are about the moment, not about the name. */
static bool is_excuse(const struct stale *s)
{
    const struct stale_question *q = s->question;
    struct cache_hit hit;

    switch (q->why) {
    case FAIL_BAD_NAME: /* an answer like others */
    case FAIL_ALIAS_LIMIT:
    case FAIL_ALIAS_LOOP:
    case FAIL_SENTINEL:
    case FAIL_SHUTDOWN:
        return false;
    default:
        break;
    }
    return !failure_is_bogus(q->why) || q->why == FAIL_BOGUS_CHAIN ||
           cache_get_failure(s->cache, q->name, q->type, s->now, &hit); /* of the very name */
}

static bool gather(struct stale *s)
{
    struct cache_name name = cache_name_of(s->cache, s->question->name);
    struct cache_hit hit;

    for (unsigned links = 0; links <= ENGINE_ALIASES_MAX && newest(s, &name, &hit); links++) {
        struct dname target;
        if (!is_alias(s, &hit)) {
            take(s, &hit);
            return true;
        }
        struct rdata_ref rr = rrset_first(hit.rrset);
        if (!rdata_target(DNS_TYPE_CNAME, rr.data, rr.len, &target) || !take_dname(s, &hit, target)) {
            return false;
        }
        take(s, &hit);
        name = cache_name_of(s->cache, target);
    }
    return false; /* a chain that breaks off, or goes round */
}

bool stale_lookup(struct cache *cache, const struct engine_settings *set, const struct stale_question *q,
                  struct now now, struct outcome *out)
{
    struct stale s = {.cache = cache, .set = set, .question = q, .now = now, .out = out};

    outcome_init(out);
    if (!set->serve_stale || q->type == DNS_TYPE_ANY || !is_excuse(&s) || !gather(&s) || !s.expired) {
        return false;
    }
    out->authentic = out->security == SEC_SECURE;
    out->ede = out->rcode == DNS_RCODE_NXDOMAIN ? DNS_EDE_STALE_NXDOMAIN_ANSWER : DNS_EDE_STALE_ANSWER;
    out->ede_text = q->why != FAIL_NONE ? failure_row(q->why)->text : "the search for fresh data goes on";
    return true;
}

/* ---- jobs ---- */

static bool serves(const struct job *j)
{
    return j->engine->set->serve_stale && (j->flags & (JOB_COLD | JOB_PRIME | JOB_PROBE)) == 0;
}

static bool lookup(struct job *j, enum failure why, struct now now)
{
    struct engine *e = j->engine;
    struct stale_question q = {.name = j->goal, .type = j->qtype, .checked = job_validates(j, e->set), .why = why};

    return stale_lookup(e->cache, e->set, &q, now, &e->found);
}

uint64_t stale_due_us(const struct job *j)
{
    /* A trace is to show the whole walk. */
    if (!serves(j) || (j->flags & JOB_TRACE) != 0 || j->first_waiter == NULL || j->patience != PATIENCE_LASTS) {
        return UINT64_MAX;
    }
    return j->born_us + (uint64_t)j->engine->set->stale_client_timer_ms * US_PER_MS;
}

void stale_give(struct job *j, struct now now)
{
    struct engine *e = j->engine;

    j->patience = PATIENCE_IN_VAIN;
    if (!lookup(j, FAIL_NONE, now)) {
        return;
    }
    if (j->stale == NULL) {
        j->stale = ARENA_NEW(&j->arena, struct outcome);
        if (j->stale == NULL) {
            return;
        }
    }
    *j->stale = e->found; /* its sets are the cache's: what is queued now is pulled before that lets go of them */
    j->patience = PATIENCE_OVER;
    record_name(j, JOURNAL_STALE, j->goal, j->qtype, FAIL_NONE, now);
    for (struct waiter *w = j->first_waiter; w != NULL; w = w->next) {
        if (!w->queued) {
            w->outcome = j->stale;
            waiter_queue(w, ACT_ANSWER);
        }
    }
}

void stale_replace(struct job *j, struct now now)
{
    enum failure why = j->outcome.failure;

    if (why == FAIL_NONE || j->first_waiter == NULL || !serves(j) || !lookup(j, why, now)) {
        return;
    }
    if (!job_take_outcome(j, &j->engine->found, false)) {
        job_fail(j, why);
        return;
    }
    j->outcome.authentic = j->engine->found.authentic;
    record_name(j, JOURNAL_STALE, j->goal, j->qtype, why, now);
}
