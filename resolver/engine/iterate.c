/*
 * iterate.c - the walk from the root to the answer: the states of a job
 */
#include "resolver/engine/iterate.h"

#include <assert.h>
#include <string.h>

#include "dns/seeded.h"
#include "resolver/engine/aggressive.h"
#include "resolver/engine/checks.h"
#include "resolver/engine/children.h"
#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/prefetch.h"
#include "resolver/engine/prime.h"
#include "resolver/engine/record.h"
#include "resolver/engine/redirect.h"
#include "resolver/engine/stale.h"
#include "resolver/engine/trust.h"
#include "resolver/engine/validate.h"
#include "zones/local.h"

/* POLICY: names that never leave the host.
 * Out: FINISH with their answer; else CACHE. */
static enum job_state st_policy(struct job *j, struct now now)
{
    const struct engine_settings *set = j->engine->set;
    struct local_answer local;

    if (!set->local_zones || !local_covers(j->qname) || forward_overrides_local(set, j->qname) ||
        trust_overrides_local(set, j->qname)) {
        return ST_CACHE;
    }
    local_lookup(j->qname, j->qtype, &j->arena, &local);
    if (local.kind == LOCAL_NONE) {
        return j->arena.exhausted ? job_fail(j, FAIL_NO_MEMORY) : ST_CACHE;
    }
    record_name(j, JOURNAL_LOCAL, j->qname, j->qtype, local.kind, now);
    j->outcome.rcode = local.kind == LOCAL_NXDOMAIN ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR;
    j->outcome.security = SEC_UNCHECKED;
    if (local.answer != NULL) {
        job_add_answer(j, local.answer, local.answer->ttl_s);
    }
    if (local.soa != NULL) {
        job_add_authority(j, local.soa, local.soa->ttl_s);
    }
    return ST_FINISH;
}

/* The very question failed a while ago, by a limit that met it further on: not again so soon, though a part is known.
 * Where nothing is known, known_lookup has looked for that. */
static bool goal_failed(struct job *j, struct now now)
{
    struct cache_hit hit;

    return j->qname.wire == j->goal.wire && cache_get_failure(j->engine->cache, j->goal, j->qtype, now, &hit) &&
           (!failure_is_bogus((enum failure)hit.failure) || job_validates(j, j->engine->set));
}

/* What follows from validated data about other names: a DNAME above, or a denial around. */
static enum known infer(struct job *j, struct now now, struct dname_buf *end)
{
    struct outcome *found = &j->engine->found;
    bool above = j->qtype == DNS_TYPE_DS && !dname_is_root(j->qname);
    unsigned least;

    if (!trust_reach(j, j->qname, above, &least)) {
        return KNOWN_NOTHING;
    }
    enum known known = redirect_try(j, least, now, found, end);
    return known == KNOWN_NOTHING ? aggressive_try(j, least, now, found, end) : known;
}

/* CACHE: what is known already, following aliases.
 * Out: FINISH (all, or a failure that is remembered), CHASE (aliases to a name of which nothing is known), CUT;
 * VALIDATE what is there unchecked. */
static enum job_state st_cache(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    struct dname_buf end;
    bool validates = job_validates(j, e->set);
    bool again = (j->flags & JOB_REFRESH) != 0 && j->qname.wire == j->goal.wire;

    if (job_is_cold(j) || (j->flags & JOB_PRIME) != 0 || again) {
        return ST_CUT;
    }
    outcome_init(&e->found);
    struct known_question q = {.name = j->qname, .type = j->qtype, .checked = validates, .set = e->set};
    enum known known = j->unknown ? KNOWN_NOTHING : known_lookup(e->cache, &q, now, &e->found, &end);
    j->unknown = false;
    if (known == KNOWN_PART && goal_failed(j, now)) {
        return job_fail(j, FAIL_CACHED_FAILURE);
    }
    if (known == KNOWN_NOTHING && validates && e->found.unfit && !j->distrust && validate_cached(j, now)) {
        return ST_VALIDATE;
    }
    bool stored = known != KNOWN_NOTHING;
    if (!stored && validates) {
        known = infer(j, now, &end);
    }
    if (known == KNOWN_NOTHING) {
        record_name(j, JOURNAL_CACHE_MISS, j->qname, j->qtype, 0, now);
        return ST_CUT;
    }
    record_name(j, stored ? JOURNAL_CACHE_HIT : JOURNAL_SYNTHESISED, j->qname, j->qtype, e->found.failure, now);
    if (!job_take_outcome(j, &e->found, e->found.failure == FAIL_NONE)) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    j->stored = stored;
    j->recalled = e->found.failure != FAIL_NONE;
    if (known == KNOWN_ALL && stored) {
        prefetch_consider(j, now);
    }
    if (known == KNOWN_PART) {
        return job_keep_name(j, dname_of(&end), &j->qname) ? ST_CHASE : job_fail(j, FAIL_NO_MEMORY);
    }
    return SEEDED(23, job_links(j) > ENGINE_ALIASES_MAX, false) ? job_fail(j, FAIL_ALIAS_LIMIT) : ST_FINISH;
}

/* Only the chain of trust waits: to it an alias is no cut and no key, wherever it leads (T79). */
static bool only_for_trust(const struct job *j)
{
    bool trust = j->first_waiter == NULL && j->parents != NULL;

    for (const struct link *l = j->parents; l != NULL; l = l->of_child) {
        trust &= l->trust;
    }
    return trust;
}

/* CHASE: an alias was followed; j->qname is where it led.
 * Out: POLICY for the new name, or failure when the chain is too long (L8) or closes on itself. */
static enum job_state st_chase(struct job *j, struct now now)
{
    const struct outcome *o = &j->outcome;
    unsigned links = job_links(j);

    for (unsigned i = 0; i < o->answers; i++) {
        const struct rrset *set = o->answer[i].set;
        if (set->type == DNS_TYPE_CNAME && dname_equal(rrset_owner(set), j->qname)) {
            return job_fail(j, FAIL_ALIAS_LOOP);
        }
    }
    if (SEEDED(23, links > ENGINE_ALIASES_MAX, false)) {
        return job_fail(j, FAIL_ALIAS_LIMIT);
    }
    record_name(j, JOURNAL_ALIAS, j->qname, j->qtype, links, now);
    COUNT(j->engine, aliases);
    if (only_for_trust(j)) {
        return ST_FINISH; /* nobody is kept waiting by what an alias leads to */
    }
    iterate_leave(j);
    j->minimise = (struct minimise){0};
    j->fetch_sends = 0;
    j->skip_forward = false;
    j->distrust = false;
    j->bogus = FAIL_NONE;
    return ST_POLICY;
}

void iterate_leave(struct job *j)
{
    checks_leave(j);
    iterate_close_exchanges(j);
    children_drop_addresses(j);
    if (j->crowd != CROWD_NONE) {
        crowd_leave(&j->engine->crowd, j->crowd);
        j->crowd = CROWD_NONE;
    }
    j->servers.cut = NULL;
}

enum job_state iterate_enter(struct job *j, const struct delegation *cut, uint64_t until_us, struct now now)
{
    struct engine *e = j->engine;

    iterate_leave(j);
    arena_clear(&j->cut_arena);
    memset(j->note, 0, sizeof j->note);
    if (cut->kind == DELEGATION_REFERRAL) {
        uint16_t slot = crowd_slot(e->hash_key, delegation_zone(cut));
        if (!crowd_join(&e->crowd, slot)) {
            return job_fail(j, FAIL_OVERLOAD);
        }
        j->crowd = slot;
    }
    if (!servers_init(&j->servers, cut, e->set, e->cache, now, &j->cut_arena)) {
        j->servers.cut = NULL;
        return job_fail(j, FAIL_NO_MEMORY);
    }
    minimise_cut(&j->minimise, cut->zone_labels);
    j->minimise.off = false;
    j->shown = SHOWN_NONE;
    j->minimised_timeouts = 0;
    j->minimised_ns = false;
    j->cut_sends = j->cut_local_errors = j->cut_ns_jobs = j->cut_ns_failed = 0;
    j->cut_heard = false;
    j->cut_since_us = now.mono_us;
    j->cut_until_us = until_us;
    j->limit = FAIL_NONE;
    j->forward_failures = 0;
    record_name(j, JOURNAL_CUT, delegation_zone(j->servers.cut), j->qtype, cut->kind, now);
    return ST_TARGET;
}

/* A zone whose servers were all silent, or have no addresses, a moment ago. */
static bool zone_failed(struct job *j, const struct delegation *d, struct now now)
{
    struct cache_hit hit;

    return d->kind == DELEGATION_REFERRAL && !job_is_cold(j) &&
           cache_get_failure(j->engine->cache, delegation_zone(d), 0, now, &hit);
}

/* CUT: the deepest delegation known above the name: configured, learnt, or the root's.
 * Out: TARGET with j->servers set; FINISH when the zone is known to be out of reach. */
static enum job_state st_cut(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    bool above = j->qtype == DNS_TYPE_DS && !dname_is_root(j->qname); /* RFC 4035 section 3.1.4.1: the parent has it */
    const struct delegation *d = NULL;
    struct cache_hit hit;

    if ((j->flags & JOB_PRIME) == 0) {
        d = forward_zone_of(e->set, j->qname, above, j->skip_forward);
    }
    bool learnt =
        (d == NULL || !forward_is(d)) && !job_is_cold(j) && cache_get_delegation(e->cache, j->qname, above, now, &hit);
    if (learnt && (d == NULL || hit.delegation->zone_labels > d->zone_labels)) {
        d = hit.delegation;
    }
    if (d == NULL) {
        d = e->set->root_hints;
    }
    if (d->zone_labels == 0 && !forward_is(d) && (j->flags & (JOB_PRIME | JOB_COLD)) == 0) {
        prime_consider(e, learnt ? &hit : NULL, now);
    }
    if (zone_failed(j, d, now)) {
        return job_fail(j, FAIL_CACHED_FAILURE);
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): a referral is of the hit */
    uint64_t until_us = d->kind == DELEGATION_REFERRAL ? now.mono_us + hit.ttl_s * US_PER_S : UINT64_MAX;
    return iterate_enter(j, d, until_us, now);
}

static bool at_root(const struct job *j)
{
    return j->servers.cut->kind == DELEGATION_HINTS || j->servers.cut->kind == DELEGATION_PRIMED;
}

/* The whole query's time is over. When it was spent on one zone's silent servers, say so: that is worth remembering. */
static enum failure time_failure(const struct job *j, struct now now)
{
    bool silent = j->servers.cut != NULL && j->cut_sends >= 3 && !j->cut_heard &&
                  now.mono_us - j->cut_since_us >= ENGINE_QUERY_TIME_US / 2;

    if (!silent || forward_is(j->servers.cut)) {
        return FAIL_TIME_LIMIT;
    }
    return at_root(j) ? FAIL_NO_ROOT : FAIL_NO_REACHABLE;
}

/* Nobody is left to ask. What happened says why. */
static enum failure why_none(const struct job *j, struct now now)
{
    if (now.mono_us >= j->budget->deadline_us) {
        return time_failure(j, now); /* a child was told first */
    }
    if (j->limit != FAIL_NONE && !(j->limit == FAIL_CYCLE && j->servers.count > 0)) {
        bool circle =
            j->limit == FAIL_NS_LIMIT && j->servers.circle && j->servers.count == 0; /* met by going round it */
        return circle ? FAIL_CYCLE : j->limit;
    }
    if (j->cut_sends == 0 && j->cut_local_errors > 0) {
        return FAIL_LOCAL_ERROR;
    }
    enum failure why = servers_failure(&j->servers);
    return at_root(j) && why == FAIL_NO_REACHABLE ? FAIL_NO_ROOT : why;
}

/* The hints have an address that the root's own answer had not. */
static bool hints_know_more(const struct job *j)
{
    const struct engine_settings *set = j->engine->set;
    const struct delegation_addr *hint = delegation_addrs(set->root_hints);

    for (unsigned i = 0; i < set->root_hints->addr_count; i++) {
        struct addr a = delegation_addr_of(&hint[i], set->port);
        bool known = false;
        for (unsigned k = 0; k < j->servers.count && !known; k++) {
            known = addr_equal(&j->servers.server[k].addr, &a);
        }
        if (!known) {
            return true;
        }
    }
    return false;
}

/* TARGET with nobody left: addresses under way, late replies, another way to ask, or the end. */
static enum job_state none_left(struct job *j, struct now now)
{
    const struct delegation *cut = j->servers.cut;
    uint64_t listen_us = 0;

    if (children_bring_addresses(j)) {
        j->wait_until_us = 0;
        return ST_WAIT_JOBS;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (j->exchange[i] != NULL && j->exchange[i]->sent_us + ENGINE_LISTEN_US > listen_us) {
            listen_us = j->exchange[i]->sent_us + ENGINE_LISTEN_US;
        }
    }
    if (listen_us > now.mono_us && !forward_may_walk(cut)) {
        j->wait_until_us = listen_us;
        return ST_WAIT_REPLY;
    }
    if (forward_may_walk(cut)) {
        j->skip_forward = true;
        return ST_CUT;
    }
    if (cut->kind == DELEGATION_PRIMED && !j->tried_hints && hints_know_more(j)) {
        j->tried_hints = true;
        return iterate_enter(j, j->engine->set->root_hints, UINT64_MAX, now);
    }
    if (j->bogus != FAIL_NONE) {
        return validate_failed(j, now);
    }
    return job_fail(j, why_none(j, now));
}

/* TARGET: choose one address to ask.
 * In:  j->servers is the server set of the deepest cut; some addresses may be unknown.
 * Out: ASK with j->pick set; WAIT_JOBS for an address; or failed when the set is used up. */
static enum job_state st_target(struct job *j, struct now now)
{
    struct engine *e = j->engine;

    j->wait_until_us = 0;
    j->pick = servers_pick(&j->servers, e->cache, e->set, e->rng, now);
    switch (j->pick.kind) {
    case PICK_ADDRESS:
        return ST_ASK;
    case PICK_NEEDS_ADDRESS:
        if (!children_want(j, j->pick.ns, j->pick.type, now)) {
            return ST_TARGET;
        }
        j->wait_until_us = now.mono_us + ENGINE_PATIENCE_US;
        return ST_WAIT_JOBS;
    case PICK_NONE:
        break;
    }
    return none_left(j, now);
}

void iterate_close_exchanges(struct job *j)
{
    for (unsigned i = 0; i < 2; i++) {
        if (j->exchange[i] != NULL) {
            exchange_close(j->engine, j->exchange[i]);
        }
    }
}

void iterate_next_question(struct job *j)
{
    j->shown = SHOWN_NONE;
    j->minimised_timeouts = 0;
    for (unsigned i = 0; i < j->servers.count; i++) {
        j->servers.server[i].tries_udp = 0;
        j->servers.server[i].tries_tcp = 0;
        j->servers.server[i].last_resort = false;
        j->note[i].timeouts = 0;
    }
}

enum job_state iterate_again(struct job *j, unsigned server)
{
    iterate_close_exchanges(j);
    j->pick.index = server;
    j->pick.tcp = false;
    j->servers.server[server].tries_udp++; /* as servers_pick would; ASK moves it to TCP's when it goes there */
    return ST_ASK;
}

enum job_state iterate_onward(struct job *j)
{
    for (unsigned i = 0; i < 2; i++) {
        if (j->exchange[i] != NULL && j->exchange[i]->due_us != 0) {
            return ST_WAIT_REPLY;
        }
    }
    return ST_TARGET;
}

bool iterate_ask_ns(struct job *j, const struct ask *ask)
{
    if (!ask->minimised || j->minimised_ns || j->engine->set->minimise != MINIMISE_RELAXED) {
        return false;
    }
    j->minimised_ns = true;
    return true;
}

bool iterate_show_all(struct job *j, const struct ask *ask)
{
    if (!ask->minimised || j->minimise.off || j->engine->set->minimise != MINIMISE_RELAXED) {
        return false;
    }
    j->minimise.off = true;
    j->shown = SHOWN_NONE;
    return true;
}

static void timed_out(struct job *j, struct exchange *x, struct now now)
{
    struct engine *e = j->engine;
    struct server_note *note = &j->note[x->server];

    x->due_us = 0;
    note->timeouts++;
    COUNT(e, timeouts);
    silence_in_vain(e, now);
    record_exchange(j, JOURNAL_TIMEOUT, x, 0, now);
    if (x->ask.tcp) {
        note->no_tcp = true;
        infra_set_tcp(e->cache, &x->to, false, now);
    }
    if (!x->ask.tcp || note->guess) { /* a guess stands for a try over UDP: who waits longer each time asks less */
        infra_timed_out(e->cache, &x->to, x->sent_us, now); /* L33: nothing else ever marks a server down */
    }
    if (x->ask.minimised && ++j->minimised_timeouts >= ENGINE_MINIMISED_TIMEOUTS) {
        iterate_show_all(j, &x->ask);
    }
}

void iterate_expire(struct job *j, struct now now)
{
    if (now.mono_us >= j->budget->deadline_us) {
        j->state = job_fail(j, time_failure(j, now));
        job_ready(j);
        return;
    }
    if (now.mono_us >= stale_due_us(j)) {
        stale_give(j, now);
    }
    bool go_on = j->wait_until_us != 0 && now.mono_us >= j->wait_until_us;
    for (unsigned i = 0; i < 2; i++) {
        struct exchange *x = j->exchange[i];
        if (x != NULL && x->due_us != 0 && now.mono_us >= x->due_us) {
            timed_out(j, x, now);
            go_on |= j->state == ST_WAIT_REPLY;
        }
    }
    if (go_on) {
        j->state = ST_TARGET;
    }
    job_ready(j);
}

/* Nobody takes connections there. A guess that took the place of a try over UDP gives it back. */
static void without_tcp(struct job *j, const struct exchange *x, struct now now)
{
    struct server_note *note = &j->note[x->server];

    note->no_tcp = true;
    infra_set_tcp(j->engine->cache, &x->to, false, now);
    if (note->guess && j->servers.server[x->server].tries_udp > 0) {
        j->servers.server[x->server].tries_udp--;
    }
    note->guess = false;
}

void iterate_unreachable(struct job *j, struct exchange *x, enum unreachable why, struct now now)
{
    struct engine *e = j->engine;
    struct server *server = &j->servers.server[x->server];
    struct server_note *note = &j->note[x->server];

    COUNT(e, unreachable);
    silence_in_vain(e, now);
    record_exchange(j, JOURNAL_UNREACHABLE, x, why, now);
    switch (why) {
    case UNREACHABLE_ICMP:
        if (x->ask.tcp && !note->tcp) {
            without_tcp(j, x, now); /* it was not a must */
        } else {
            server->out = true;
        }
        break;
    case UNREACHABLE_CLOSED:
        without_tcp(j, x, now);
        server->out |= note->tcp && server->tries_tcp >= 2; /* once more: the connection may have been an old one */
        break;
    case UNREACHABLE_LOCAL:
        server->out = true;
        j->cut_local_errors++;
        j->cut_sends--; /* nothing left this host */
        j->budget->sends--;
        break;
    }
    exchange_close(e, x);
    if (j->state == ST_WAIT_REPLY) {
        j->state = iterate_onward(j);
    }
    job_ready(j);
}

void iterate_arm(struct job *j)
{
    uint64_t due = j->budget->deadline_us, stale_us = stale_due_us(j);

    due = stale_us < due ? stale_us : due;

    if (j->wait_until_us != 0 && j->wait_until_us < due) {
        due = j->wait_until_us;
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct exchange *x = j->exchange[i];
        if (x != NULL && x->due_us != 0 && x->due_us < due) {
            due = x->due_us;
        }
    }
    deadlines_set(&j->engine->deadlines, j, due);
}

typedef enum job_state step_function(struct job *, struct now);

/* One step, and what it spent on validation added to the counters. The last one ends the job, and spends nothing. */
static enum job_state take(step_function *step, struct job *j, struct now now)
{
    if (j->state == ST_FINISH) {
        return step(j, now);
    }
    struct engine *e = j->engine;
    struct dnssec_work before = j->budget->work;
    enum job_state next = step(j, now);
    const struct dnssec_work *after = &j->budget->work;
    COUNT_N(e, verifies, after->verifies - before.verifies);
    COUNT_N(e, verify_failures, after->failures - before.failures);
    COUNT_N(e, nsec3_hashes, after->hashes - before.hashes);
    COUNT_N(e, work_limits, after->given_up && !before.given_up);
    return next;
}

void iterate_run(struct job *j, struct now now)
{
    static step_function *const step[] = {
        [ST_POLICY] = st_policy, [ST_CACHE] = st_cache,  [ST_CUT] = st_cut,
        [ST_TARGET] = st_target, [ST_ASK] = send_ask,    [ST_WAIT_REPLY] = NULL,
        [ST_REPLY] = reply_read, [ST_CHASE] = st_chase,  [ST_VALIDATE] = validate_finding,
        [ST_WAIT_JOBS] = NULL,   [ST_WAIT_CHECK] = NULL, [ST_FINISH] = finish_job,
        [ST_GONE] = NULL,
    };

    while (step[j->state] != NULL) {
        if (++j->steps == ENGINE_STEPS_MAX) { /* exactly once: FINISH must still run */
            j->state = job_fail(j, FAIL_STEP_LIMIT);
            continue;
        }
        j->state = take(step[j->state], j, now);
    }
    if (j->state != ST_GONE) {
        assert(j->state == ST_WAIT_JOBS    ? j->children != NULL
               : j->state == ST_WAIT_CHECK ? j->check != NULL
                                           : j->exchange[0] != NULL || j->exchange[1] != NULL);
        iterate_arm(j);
    }
}
