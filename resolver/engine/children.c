/*
 * children.c - jobs that wait for jobs: addresses of name servers, keys of zones
 */
#include "resolver/engine/children.h"

#include <assert.h>

#include "dns/seeded.h"
#include "resolver/engine/core.h"
#include "resolver/engine/finish.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/record.h"
#include "resolver/engine/trust.h"

/* Does `from` wait, directly or through others, for `target`? Each job is looked at once. */
static bool waits_for(struct engine *e, struct job *from, const struct job *target)
{
    uint64_t mark = ++e->walk_mark;
    struct job *stack = from;

    from->walk_mark = mark;
    from->walk_next = NULL;
    while (stack != NULL) {
        struct job *j = stack;
        stack = j->walk_next;
        if (j == target) {
            return true;
        }
        for (const struct link *l = j->children; l != NULL; l = l->of_parent) {
            if (l->child->walk_mark != mark) {
                l->child->walk_mark = mark;
                l->child->walk_next = stack;
                stack = l->child;
            }
        }
    }
    return false;
}

/* This name server has no address that can be had now. */
static bool in_vain(struct job *j, unsigned ns, struct now now)
{
    servers_add_found(&j->servers, ns, NULL, j->engine->set, j->engine->cache, now);
    return false;
}

static bool limit_met(struct job *j, unsigned ns, enum failure which, struct now now)
{
    j->limit = which;
    j->tainted = true;
    return in_vain(j, ns, now);
}

/* The cache knows the outcome, good or bad: no job is needed. */
static bool known_already(struct job *j, struct dname name, uint16_t type, struct now now)
{
    struct cache *c = j->engine->cache;
    struct cache_hit hit;

    if (job_is_cold(j)) {
        return false;
    }
    return cache_get(c, name, type, now, &hit) ||
           (cache_get_failure(c, name, type, now, &hit) && !failure_is_bogus((enum failure)hit.failure)) ||
           (cache_get_nxdomain(c, name, now, &hit) &&
            !forward_shields(j->engine->set, name, type, hit.origin.zone_labels));
}

/* Addresses of servers are not validated: what a server says is, wherever it was reached, and validation that waited
 * for addresses that wait for validation would close circles. */
static uint8_t address_flags(const struct job *j)
{
    return (uint8_t)((j->flags & JOB_COLD) | (j->engine->set->dnssec != DNSSEC_OFF ? JOB_CD : 0));
}

static bool link_up(struct job *parent, struct job *child, unsigned ns, bool trust)
{
    struct link *l = ARENA_NEW(&parent->arena, struct link);

    if (l == NULL) {
        return false;
    }
    *l = (struct link){.parent = parent, .child = child, .ns = (uint8_t)ns, .trust = trust};
    l->of_parent = parent->children;
    parent->children = l;
    l->of_child = child->parents;
    child->parents = l;
    return true;
}

bool children_want(struct job *j, unsigned ns, uint16_t type, struct now now)
{
    struct engine *e = j->engine;
    struct dname name = delegation_ns(j->servers.cut, ns);
    uint8_t flags = address_flags(j);
    struct budget *b = j->budget;

    if (known_already(j, name, type, now)) {
        return in_vain(j, ns, now); /* takes the addresses from the cache, if it has any */
    }
    struct job *child = job_find(e, name, type, flags);
    if (child != NULL && SEEDED(20, waits_for(e, child, j), false)) {
        record_name(j, JOURNAL_FAILED, name, type, FAIL_CYCLE, now);
        return limit_met(j, ns, FAIL_CYCLE, now);
    }
    if (SEEDED(21, b->ns_jobs >= ENGINE_NS_JOBS_MAX || b->ns_failed >= ENGINE_NS_FAILED_MAX, false)) {
        return limit_met(j, ns, FAIL_NS_LIMIT, now);
    }
    if (child == NULL) {
        if (j->depth >= ENGINE_DEPTH_MAX) {
            return limit_met(j, ns, FAIL_DEPTH_LIMIT, now);
        }
        child = job_new(e, name, type, flags, SEEDED(19, b, NULL), (uint8_t)(j->depth + 1), now);
        if (child == NULL) {
            return limit_met(j, ns, FAIL_OVERLOAD, now);
        }
    }
    record_name(j, JOURNAL_NEED_ADDRESS, name, type, 0, now);
    b->ns_jobs++;
    j->cut_ns_jobs++;
    if (!link_up(j, child, ns, false)) {
        return limit_met(j, ns, FAIL_NO_MEMORY, now);
    }
    return true;
}

static struct link *link_to(const struct job *parent, const struct job *child)
{
    struct link *l = parent->children;

    while (l != NULL && l->child != child) {
        l = l->of_parent;
    }
    return l;
}

enum failure children_want_trust(struct job *j, struct dname name, uint16_t type, struct now now)
{
    struct engine *e = j->engine;
    uint8_t flags = (uint8_t)(j->flags & (JOB_COLD | JOB_PROBE));
    struct job *child = job_find(e, name, type, flags);

    if (child != NULL && waits_for(e, child, j)) {
        return FAIL_BOGUS_NO_KEY; /* the key set is signed by nobody but itself */
    }
    struct link *begun = child != NULL ? link_to(j, child) : NULL;
    if (begun != NULL) { /* ahead, and now it is waited for */
        begun->ahead = false;
        j->wait_until_us = 0;
        return FAIL_NONE;
    }
    if (++j->fact_count > ENGINE_TRUST_FACTS_MAX) {
        return FAIL_BOGUS_WORK;
    }
    if (child == NULL) {
        if (j->trust_depth >= ENGINE_TRUST_DEPTH_MAX) {
            return FAIL_DEPTH_LIMIT;
        }
        /* Depth counts name servers that depend on each other (L5); a child that serves a query's own job is one. */
        child = job_new(e, name, type, flags, j->budget, j->depth > 0 ? j->depth : 1, now);
        if (child == NULL) {
            return FAIL_OVERLOAD;
        }
        child->trust_depth = (uint8_t)(j->trust_depth + 1);
    }
    record_name(j, JOURNAL_NEED_TRUST, name, type, 0, now);
    if (!link_up(j, child, 0, true)) {
        return FAIL_NO_MEMORY;
    }
    j->wait_until_us = 0;
    return FAIL_NONE;
}

void children_want_keys_ahead(struct job *j, struct dname zone, struct now now)
{
    if (children_want_trust(j, zone, DNS_TYPE_DNSKEY, now) == FAIL_NONE) {
        j->children->ahead = true; /* the newest: none was there before */
    }
}

bool children_bring_addresses(const struct job *j)
{
    const struct link *l = j->children;

    while (l != NULL && l->trust) {
        l = l->of_parent;
    }
    return l != NULL;
}

static void unlink_from_child(struct link *l)
{
    struct link **p = &l->child->parents;
    while (*p != l) {
        p = &(*p)->of_child;
    }
    *p = l->of_child;
}

static void unlink_from_parent(struct link *l)
{
    struct link **p = &l->parent->children;
    while (*p != l) {
        p = &(*p)->of_parent;
    }
    *p = l->of_parent;
}

static void drop(struct job *j, bool trust_too)
{
    struct link **p = &j->children;

    while (*p != NULL) {
        struct link *l = *p;
        if (l->trust && !trust_too) {
            p = &l->of_parent;
            continue;
        }
        *p = l->of_parent;
        unlink_from_child(l);
        if (l->child->parents == NULL && l->child->first_waiter == NULL && job_is_child(l->child)) {
            finish_abandon(l->child);
        }
    }
}

void children_drop(struct job *j)
{
    drop(j, true);
}

void children_drop_addresses(struct job *j)
{
    drop(j, false);
}

/* The set of addresses that the job found, at the end of its aliases. */
static const struct rrset *address_found(const struct job *child)
{
    const struct outcome *o = &child->outcome;

    if (o->failure != FAIL_NONE || o->rcode != DNS_RCODE_NOERROR || o->answers == 0) {
        return NULL;
    }
    const struct rrset *last = o->answer[o->answers - 1].set;
    return last->type == child->qtype ? last : NULL;
}

/* A name server without an address of the one kind may well have one of the other: that is no failure (L7). */
static void count_in_vain(struct job *parent, const struct job *child)
{
    bool for_now = child->tainted || job_is_poor(child);

    parent->tainted |= for_now;
    if (child->outcome.failure == FAIL_NONE && child->outcome.rcode == DNS_RCODE_NOERROR) {
        return;
    }
    parent->budget->ns_failed++;
    parent->cut_ns_failed += !for_now;
}

/* What came ahead is at hand when it is needed. What failed by what another query had spent is asked for then. */
static void tell_ahead(struct job *parent, const struct job *child)
{
    if (!job_is_poor(child) && !child->tainted && !trust_learn(parent, child)) {
        parent->state = job_fail(parent, FAIL_NO_MEMORY);
        job_ready(parent);
    }
}

/* A job that validates goes on with what its child found. */
static void tell_trust(struct job *parent, const struct job *child, struct now now)
{
    if (job_is_poor(child) && child->budget != parent->budget &&
        children_want_trust(parent, child->goal, child->qtype, now) == FAIL_NONE) {
        return; /* once more, on its own account */
    }
    parent->tainted |= child->tainted;
    if (!trust_learn(parent, child)) {
        parent->state = job_fail(parent, FAIL_NO_MEMORY);
    } else if (parent->state == ST_WAIT_JOBS) {
        parent->state = ST_VALIDATE;
    }
    if (parent->state != ST_WAIT_CHECK) {
        job_ready(parent);
    }
}

void children_tell(struct job *child, struct now now)
{
    const struct rrset *found = address_found(child);

    assert(!child->registered);
    while (child->parents != NULL) {
        struct link *l = child->parents;
        struct job *parent = l->parent;
        child->parents = l->of_child;
        unlink_from_parent(l);
        if (l->ahead) {
            tell_ahead(parent, child);
            continue;
        }
        if (l->trust) {
            tell_trust(parent, child, now);
            continue;
        }
        if (job_is_poor(child) && child->budget != parent->budget && children_want(parent, l->ns, child->qtype, now)) {
            continue; /* once more, on its own account */
        }
        if (found == NULL) {
            count_in_vain(parent, child);
            parent->servers.circle |= child->outcome.failure == FAIL_CYCLE; /* whoever of them came upon it */
        }
        servers_add_found(&parent->servers, l->ns, found, parent->engine->set, parent->engine->cache, now);
        if (parent->state == ST_WAIT_JOBS) {
            parent->state = ST_TARGET;
            job_ready(parent);
        }
    }
}
