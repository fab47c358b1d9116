/*
 * conclude.c - what was found is stored and joins the outcome
 */
#include <string.h>

#include "dns/seeded.h"
#include "resolver/dnssec/signature.h"
#include "resolver/engine/core.h"
#include "resolver/engine/finding.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/record.h"

static uint32_t shown_ttl(const struct job *j, uint32_t ttl_s)
{
    uint32_t most = j->engine->set->max_ttl_s;

    return ttl_s < most ? ttl_s : most;
}

/* Also of a denial that cannot be kept, as one without a SOA. */
static uint32_t shown_negative_ttl(const struct job *j, uint32_t ttl_s)
{
    uint32_t most = cache_max_negative_ttl(j->engine->cache);

    return shown_ttl(j, ttl_s < most ? ttl_s : most);
}

static bool is_kept(enum cache_put put)
{
    return put == CACHE_STORED || put == CACHE_KEPT_OLD;
}

bool finding_expanded(const struct rrset *set)
{
    struct rrset_iter it = rrset_sigs(set);
    struct dname owner = rrset_owner(set);
    struct rdata_ref rr;
    struct signature s;

    return rrset_next(&it, &rr) && signature_read(rr, &s) &&
           s.labels < owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
}

void finding_keep_valid(struct finding *f)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < f->s.proof_count; i++) {
        if (f->proof_state[i] == PROOF_VALID) {
            f->s.proof[kept++] = f->s.proof[i];
        }
    }
    memset(f->proof_state, PROOF_VALID, kept);
    f->s.proof_count = kept;
}

static const struct rrset *const *proofs_of(const struct finding *f)
{
    return (const struct rrset *const *)f->s.proof;
}

/* The chain goes to the cache, set by set. False: some of it is not there now (a TTL of zero, no memory). */
static bool store_chain(struct job *j, const struct finding *f, struct now now)
{
    struct cache_origin origin = f->origin;
    bool stored = true;

    for (unsigned i = 0; i < f->s.chain_count; i++) {
        bool expanded = f->expanded && finding_expanded(f->s.chain[i]);
        origin.security = f->chain_security[i];
        stored &= is_kept(cache_put_rrset_proven(j->engine->cache, f->s.chain[i], proofs_of(f),
                                                 expanded ? f->s.proof_count : 0, &origin, now));
    }
    return stored;
}

static void lessen(struct job *j, enum cache_security security)
{
    if (security < j->outcome.security) {
        j->outcome.security = security;
    }
}

/* The chain's sets join the outcome; false: no room, so it was too long. */
static bool take_chain(struct job *j, const struct finding *f)
{
    for (unsigned i = 0; i < f->s.chain_count; i++) {
        if (!job_add_answer(j, f->s.chain[i], shown_ttl(j, f->s.chain[i]->ttl_s))) {
            return false;
        }
        lessen(j, f->chain_security[i]);
    }
    return true;
}

static void take_proofs(struct job *j, const struct finding *f, uint32_t ttl_s)
{
    for (unsigned i = 0; i < f->s.proof_count; i++) {
        job_add_authority(j, f->s.proof[i], shown_ttl(j, ttl_s < f->s.proof[i]->ttl_s ? ttl_s : f->s.proof[i]->ttl_s));
    }
}

/* A zone's own SOA, proven: a referral's denial of a DS has none and needs it (known.c). */
static void keep_soa(struct job *j, const struct finding *f, struct now now)
{
    struct cache_origin origin = f->origin;

    if (f->s.soa != NULL && f->negative_security == SEC_SECURE) {
        origin.rank = RANK_AUTH_AUTHORITY;
        origin.security = SEC_SECURE;
        cache_put_rrset(j->engine->cache, f->s.soa, &origin, now);
    }
}

static enum job_state negative(struct job *j, const struct finding *f, struct now now)
{
    struct cache *c = j->engine->cache;
    struct cache_origin origin = f->origin;
    const struct scrubbed *s = &f->s;
    bool nxdomain = f->kind == REPLY_NXDOMAIN;
    enum cache_put put;

    origin.security = f->negative_security;
    if (nxdomain) {
        put = cache_put_nxdomain(c, s->end, s->negative_ttl_s, s->soa, proofs_of(f), s->proof_count, &origin, now);
    } else {
        put = cache_put_nodata(c, s->end, j->qtype, s->negative_ttl_s, s->soa, proofs_of(f), s->proof_count, &origin,
                               now);
    }
    j->stored &= is_kept(put);
    keep_soa(j, f, now);
    j->outcome.rcode = nxdomain ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR;
    lessen(j, f->negative_security);
    if (s->soa != NULL) {
        job_add_authority(j, s->soa, shown_negative_ttl(j, s->negative_ttl_s));
    }
    take_proofs(j, f, shown_negative_ttl(j, s->negative_ttl_s));
    record_name(j, nxdomain ? JOURNAL_NXDOMAIN : JOURNAL_NODATA, s->end, j->qtype, 0, now);
    return ST_FINISH;
}

enum job_state conclude(struct job *j, const struct finding *f, struct now now)
{
    bool denies = f->kind == REPLY_NODATA || f->kind == REPLY_NXDOMAIN;

    j->stored = store_chain(j, f, now) && (j->stored || j->outcome.answers == 0);
    if (!take_chain(j, f) || (SEEDED(23, job_links(j) > ENGINE_ALIASES_MAX, false) && f->kind != REPLY_ALIAS)) {
        return job_fail(j, FAIL_ALIAS_LIMIT);
    }
    if (f->ede != DNS_EDE_NONE) {
        j->outcome.ede = f->ede;
        j->outcome.ede_text = f->ede_text;
    }
    if (f->expanded && !denies) {
        take_proofs(j, f, UINT32_MAX);
    }
    switch (f->kind) {
    case REPLY_NODATA:
    case REPLY_NXDOMAIN:
        return negative(j, f, now);
    case REPLY_ALIAS:
        j->qname = f->s.end;
        return ST_CHASE;
    case REPLY_YXDOMAIN:
        j->outcome.rcode = DNS_RCODE_YXDOMAIN;
        j->outcome.failure = FAIL_BAD_NAME;
        j->stored = false;
        return ST_FINISH;
    default:
        record_name(j, JOURNAL_ANSWER, j->qname, j->qtype, 0, now);
        return ST_FINISH;
    }
}
