/*
 * validate.c - ST_VALIDATE: is what was found genuine?
 */
#include "resolver/engine/validate.h"

#include "dns/types.h"
#include "resolver/engine/check.h"
#include "resolver/engine/checks.h"
#include "resolver/engine/core.h"
#include "resolver/engine/iterate.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/record.h"

enum job_state validate_begin(struct job *j, const struct finding *f, struct now now)
{
    j->spent = j->budget->work;
    j->finding = arena_dup(&j->arena, f, sizeof *f);
    if (j->finding == NULL) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    j->finding->since_us = now.mono_us;
    return ST_VALIDATE;
}

static uint32_t left_of(uint32_t ttl_s, uint64_t seconds)
{
    return ttl_s > seconds ? ttl_s - (uint32_t)seconds : 0;
}

/* Keys and DS may have taken seconds to come: a TTL counts from when the data came (RFC 1035 section 3.2.1). */
static void count_down(struct finding *f, struct now now)
{
    uint64_t seconds = (now.mono_us - f->since_us) / US_PER_S;

    for (unsigned i = 0; i < f->s.chain_count; i++) {
        f->s.chain[i]->ttl_s = left_of(f->s.chain[i]->ttl_s, seconds);
    }
    for (unsigned i = 0; i < f->s.proof_count; i++) {
        f->s.proof[i]->ttl_s = left_of(f->s.proof[i]->ttl_s, seconds);
    }
    if (f->s.soa != NULL) {
        f->s.soa->ttl_s = left_of(f->s.soa->ttl_s, seconds);
    }
    f->s.negative_ttl_s = left_of(f->s.negative_ttl_s, seconds);
}

bool validate_spent(const struct job *j)
{
    const struct dnssec_work *work = &j->budget->work;

    return work->failures - j->spent.failures >= DNSSEC_FAILURES_MAX / 2 ||
           work->cost - j->spent.cost >= DNSSEC_VERIFY_COST_MAX / 4 ||
           work->verifies - j->spent.verifies >= DNSSEC_VERIFIES_MAX / 4 ||
           work->hashes - j->spent.hashes >= DNSSEC_HASHES_MAX / 4;
}

/* A copy of the set that the cache holds, with the TTL that is left. */
static struct rrset *copy_of(struct job *j, const struct rrset *set, uint32_t ttl_s)
{
    struct rrset *copy = rrset_dup(set, &j->arena);

    if (copy != NULL) {
        copy->ttl_s = ttl_s;
    }
    return copy;
}

static bool copy_proofs(struct job *j, const struct cache_hit *hit, struct finding *f)
{
    for (unsigned i = 0; i < hit->proof_count && i < SCRUB_PROOFS_MAX; i++) {
        f->s.proof[i] = copy_of(j, hit->proof[i], hit->ttl_s);
        if (f->s.proof[i] == NULL) {
            return false;
        }
        f->s.proof_count++;
    }
    if (hit->soa != NULL) {
        f->s.soa = copy_of(j, hit->soa, hit->ttl_s);
    }
    return hit->soa == NULL || f->s.soa != NULL;
}

bool validate_cached(struct job *j, struct now now)
{
    struct cache_hit hit;

    if (!cache_get(j->engine->cache, j->qname, j->qtype, now, &hit) || hit.origin.security != SEC_UNCHECKED ||
        hit.origin.rank < RANK_NONAUTH_ANSWER) {
        return false;
    }
    /* A referral's denial of a DS serves the chain of trust; a client wants a SOA with it. */
    bool denial = j->qtype == DNS_TYPE_DS && hit.proof_count > 0 && (hit.soa != NULL || job_is_child(j));
    if (hit.negative ? !denial : finding_expanded(hit.rrset)) {
        return false;
    }
    struct finding f = {
        .kind = hit.negative ? REPLY_NODATA : REPLY_ANSWER,
        .s = {.rank = hit.origin.rank, .end = j->qname},
        .origin = hit.origin,
        .zone =
            dname_suffix(j->qname, hit.origin.zone_labels < j->qname.labels ? hit.origin.zone_labels : j->qname.labels),
        .cached = true,
        .ede = DNS_EDE_NONE,
    };
    if (hit.negative) {
        f.s.negative_ttl_s = hit.ttl_s;
        if (!copy_proofs(j, &hit, &f)) {
            return false;
        }
    } else {
        f.s.chain[0] = copy_of(j, hit.rrset, hit.ttl_s);
        f.s.chain_count = 1;
        f.s.chain_complete = true;
        if (f.s.chain[0] == NULL) {
            return false;
        }
    }
    return validate_begin(j, &f, now) == ST_VALIDATE;
}

/* May the client have what failed? Where the clock is far behind nothing can be validated, and a host that must ask for
 * a time server's address could never set it (T86). Keys and DS are not given: what follows from them lives too long.
 */
static bool is_given(const struct job *j)
{
    bool of_chain = j->qtype == DNS_TYPE_DNSKEY || j->qtype == DNS_TYPE_DS;

    return j->engine->set->dnssec == DNSSEC_PERMISSIVE || (j->bogus == FAIL_BOGUS_CLOCK && !of_chain);
}

/* The client gets it all the same, as from a zone that is not signed. */
static enum job_state give_all_the_same(struct job *j, struct finding *f, struct now now)
{
    const struct failure_row *row = failure_row(j->bogus);

    count_down(f, now);
    for (unsigned i = 0; i < f->s.chain_count; i++) {
        f->chain_security[i] = SEC_INSECURE;
        if (f->s.chain[i]->ttl_s > CACHE_BOGUS_MAX_S) {
            f->s.chain[i]->ttl_s = CACHE_BOGUS_MAX_S;
        }
    }
    f->negative_security = SEC_INSECURE;
    if (f->s.negative_ttl_s > CACHE_BOGUS_MAX_S) {
        f->s.negative_ttl_s = CACHE_BOGUS_MAX_S;
    }
    f->ede = row->ede;
    f->ede_text = j->bogus_text != NULL ? j->bogus_text : row->text;
    return conclude(j, f, now);
}

enum job_state validate_failed(struct job *j, struct now now)
{
    struct finding *f = j->finding;
    const char *text = j->bogus_text;

    COUNT(j->engine, bogus);
    j->finding = NULL;
    if (f != NULL && is_given(j)) {
        if (j->bogus == FAIL_BOGUS_CLOCK) {
            COUNT(j->engine, clock_behind);
        }
        return give_all_the_same(j, f, now);
    }
    job_fail(j, j->bogus);
    j->outcome.ede_text = text;
    return ST_FINISH;
}

/* A part failed. Another server may have better data; the last verdict stands. */
static enum job_state failed(struct job *j, struct finding *f, const struct verdict *v, struct now now)
{
    record_name(j, JOURNAL_BOGUS, f->s.end, j->qtype, v->why, now);
    if (f->cached && !v->final) {
        j->distrust = true;
        return ST_CUT;
    }
    if (!failure_is_bogus(v->why)) {
        return job_fail(j, v->why);
    }
    j->bogus = v->why;
    j->bogus_text = v->text;
    j->finding = f; /* for who wants it all the same */
    if (!v->final && ++j->bogus_servers < ENGINE_BOGUS_SERVERS_MAX) {
        j->servers.server[f->server].out = true;
        return ST_TARGET;
    }
    return validate_failed(j, now);
}

static void note_insecure(struct finding *f, const struct verdict *v)
{
    if (v->ede != DNS_EDE_NONE) {
        f->ede = v->ede;
        f->ede_text = v->text;
    }
}

/* The set of the chain that is next. */
static enum checked check_link(struct job *j, struct finding *f, struct verdict *v, struct now now)
{
    struct rrset *set = f->s.chain[f->at];

    if ((f->s.made >> f->at & 1) != 0) { /* follows from the DNAME before it, and is worth as much */
        unsigned before = f->at;
        while (before > 0 && f->s.chain[before]->type != DNS_TYPE_DNAME) {
            before--;
        }
        f->chain_security[f->at] = f->chain_security[before];
        set->ttl_s = f->s.chain[before]->ttl_s < set->ttl_s ? f->s.chain[before]->ttl_s : set->ttl_s;
        return CHECKED;
    }
    enum checked c = check_set(j, f, set, v, now);
    if (c != CHECKED) {
        return c;
    }
    note_insecure(f, v);
    f->chain_security[f->at] = v->security;
    if (v->security == SEC_SECURE && v->wildcard) {
        struct verdict proof;
        c = check_wildcard(j, f, set, v, &proof, now);
        note_insecure(f, &proof);
        f->chain_security[f->at] = proof.security;
        f->expanded = true;
        *v = proof;
    }
    return c;
}

static void count_result(struct job *j, const struct finding *f, struct now now)
{
    enum cache_security least =
        f->kind == REPLY_NODATA || f->kind == REPLY_NXDOMAIN ? f->negative_security : SEC_SECURE;

    for (unsigned i = 0; i < f->s.chain_count; i++) {
        least = f->chain_security[i] < least ? f->chain_security[i] : least;
    }
    if (least == SEC_SECURE) {
        COUNT(j->engine, secure);
    } else {
        COUNT(j->engine, insecure);
    }
    record_name(j, least == SEC_SECURE ? JOURNAL_SECURE : JOURNAL_INSECURE, f->s.end, j->qtype, 0, now);
}

/* VALIDATE: each part of what was found.
 * Out: FINISH or CHASE (conclude.c); WAIT_JOBS for keys; WAIT_CHECK for a signature; TARGET (bogus: another server),
 * CUT (the cache was wrong); failure. */
enum job_state validate_finding(struct job *j, struct now now)
{
    struct finding *f = j->finding;
    struct verdict v = {.ede = DNS_EDE_NONE};
    struct dnssec_work *work = &j->budget->work;
    enum checked c = CHECKED;

    work->later = j->engine->leaves_checks ? &j->later : NULL;
    while (f->at < f->s.chain_count && c == CHECKED) {
        c = check_link(j, f, &v, now);
        f->at += c == CHECKED;
    }
    if (c == CHECKED && (f->kind == REPLY_NODATA || f->kind == REPLY_NXDOMAIN)) {
        c = check_denial(j, f, &v, now);
        f->negative_security = v.security;
        note_insecure(f, &v);
    }
    work->later = NULL;
    if (c == CHECKED_LATER) {
        return checks_begin(j);
    }
    if (c == CHECKED_WAIT) {
        return ST_WAIT_JOBS;
    }
    j->finding = NULL;
    if (c == CHECKED_BOGUS) {
        return failed(j, f, &v, now);
    }
    if (f->expanded) {
        finding_keep_valid(f);
    }
    count_result(j, f, now);
    count_down(f, now);
    return conclude(j, f, now);
}
