/*
 * reply.c - ST_REPLY: read a reply, judge it, keep what may be believed, and decide where to go
 */
#include <assert.h>

#include "dns/seeded.h"
#include "resolver/engine/children.h"
#include "resolver/engine/core.h"
#include "resolver/engine/iterate.h"
#include "resolver/engine/lessons.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/prime.h"
#include "resolver/engine/record.h"
#include "resolver/engine/scrub.h"
#include "resolver/engine/trust.h"
#include "resolver/engine/validate.h"

static struct cache_origin origin_of(const struct exchange *x, enum cache_rank rank)
{
    return (struct cache_origin){
        .rank = rank, .security = SEC_UNCHECKED, .server = x->to, .zone_labels = x->ask.zone_labels};
}

static enum job_state truncated(struct job *j, const struct exchange *x, struct now now)
{
    COUNT(j->engine, truncated);
    record_exchange(j, JOURNAL_RETRY, x, REPLY_TRUNCATED, now);
    j->note[x->server].tcp = true;
    return iterate_again(j, x->server);
}

static enum job_state without_edns(struct job *j, const struct exchange *x, struct now now)
{
    COUNT(j->engine, no_edns);
    record_exchange(j, JOURNAL_RETRY, x, REPLY_NO_EDNS, now);
    j->note[x->server].no_edns = true;
    return iterate_again(j, x->server);
}

/* A reply that does not serve. The rest of the servers may do better. */
static enum job_state trouble(struct job *j, struct exchange *x, enum reply_kind kind, struct now now)
{
    bool lame = kind == REPLY_LAME || kind == REPLY_RECURSION_LAME;

    if (lame) {
        COUNT(j->engine, lame);
    } else if (kind == REPLY_BROKEN) {
        COUNT(j->engine, broken);
    }
    record_exchange(j, kind == REPLY_BROKEN ? JOURNAL_BROKEN : JOURNAL_LAME, x, kind, now);
    if (iterate_ask_ns(j, &x->ask) || iterate_show_all(j, &x->ask)) {
        record_exchange(j, JOURNAL_RETRY, x, kind, now);
        return iterate_again(j, x->server); /* RFC 9156 section 2.3: perhaps it only stumbled over the short question */
    }
    lessons_trouble(j, x, kind, now);
    exchange_close(j->engine, x);
    return iterate_onward(j);
}

/* A delegation is good no longer than the one that led to its parent: else a zone that was taken away could live on
 * below its old cut, each level lending the next a new span (T20). */
static void shorten(struct delegation *d, uint64_t until_us, struct now now)
{
    uint64_t left_s = until_us > now.mono_us ? (until_us - now.mono_us + US_PER_S - 1) / US_PER_S : 0;

    if (until_us != UINT64_MAX && d->ttl_s > left_s) {
        d->ttl_s = (uint32_t)left_s;
    }
}

/* A signed zone shows that the cut has no DS (RFC 4035 section 3.1.4): at hand when the zone below turns out unsigned.
 */
static void referral_denies_ds(struct job *j, const struct scrubbed *s, const struct cache_origin *referral,
                               struct now now)
{
    struct cache_origin origin = *referral;
    uint32_t ttl_s = UINT32_MAX;

    origin.rank = RANK_AUTH_AUTHORITY;
    for (unsigned i = 0; i < s->proof_count; i++) {
        ttl_s = s->proof[i]->ttl_s < ttl_s ? s->proof[i]->ttl_s : ttl_s;
    }
    cache_put_nodata(j->engine->cache, delegation_zone(s->cut), DNS_TYPE_DS, ttl_s, NULL,
                     (const struct rrset *const *)s->proof, s->proof_count, &origin, now);
}

/* No zone has so many name servers: whoever says so wants us to ask them, or to work on the list (T31, T32). Neither is
 * done. It is remembered that there is a cut, for as long as it is that the zone has failed, so that other names below
 * it ask for nothing at all. */
static enum job_state refuse_referral(struct job *j, const struct exchange *x, struct delegation *cut, struct now now)
{
    struct cache_origin origin = origin_of(x, RANK_NONAUTH_AUTHORITY);

    cut->ttl_s = cut->ttl_s < ENGINE_ZONE_NO_ADDRESS_S ? cut->ttl_s : ENGINE_ZONE_NO_ADDRESS_S;
    cache_put_delegation(j->engine->cache, cut, &origin, now);
    enum job_state next = iterate_enter(j, cut, now.mono_us + cut->ttl_s * US_PER_S, now);
    return next == ST_TARGET ? job_fail(j, FAIL_REFERRAL_LIMIT) : next;
}

static enum job_state referral(struct job *j, const struct exchange *x, const struct scrubbed *s, struct now now)
{
    struct cache *c = j->engine->cache;
    struct cache_origin origin = origin_of(x, RANK_NONAUTH_AUTHORITY);

    COUNT(j->engine, referrals);
    record_name(j, JOURNAL_REFERRAL, delegation_zone(s->cut), DNS_TYPE_NS, 0, now);
    shorten(s->cut, SEEDED(29, j->cut_until_us, UINT64_MAX), now);
    if (s->ns_records > ENGINE_REFERRAL_NS_MAX) {
        return refuse_referral(j, x, s->cut, now);
    }
    cache_put_delegation(c, s->cut, &origin, now);
    if (s->ds != NULL) {
        origin.rank = RANK_AUTH_AUTHORITY; /* the parent is the authority for DS */
        cache_put_rrset(c, s->ds, &origin, now);
    } else if (s->proof_count > 0) {
        referral_denies_ds(j, s, &origin, now);
    }
    enum job_state next = iterate_enter(j, s->cut, now.mono_us + s->cut->ttl_s * US_PER_S, now);
    if (next == ST_TARGET && s->ds != NULL && j->servers.count > 0) {
        trust_begin(j, s->ds, now);
    }
    return next;
}

/* A question that hid labels was answered. */
static enum job_state step(struct job *j, const struct exchange *x, enum reply_kind kind, const struct scrubbed *s,
                           struct now now)
{
    struct cache_origin origin = origin_of(x, s->rank);

    switch (kind) {
    case REPLY_ANSWER:
        for (unsigned i = 0; i < s->chain_count; i++) {
            if (s->proof_count == 0 || !finding_expanded(s->chain[i])) { /* or it lacks its proof */
                cache_put_rrset(j->engine->cache, s->chain[i], &origin, now);
            }
        }
        break;
    case REPLY_NODATA:
        if (s->chain_count == 0) {
            cache_put_nodata(j->engine->cache, s->end, x->ask.qtype, s->negative_ttl_s, s->soa,
                             (const struct rrset *const *)s->proof, s->proof_count, &origin, now);
            break;
        }
        j->minimise.off = true; /* an alias on the way */
        break;
    default:
        /* An alias, or a name said not to exist: some servers deny empty non-terminals. The whole name will tell
         * (RFC 9156 section 2.3, relaxed); nothing is kept of what was said of the way. */
        j->minimise.off = true;
        break;
    }
    iterate_next_question(j);
    return ST_TARGET;
}

/* The question itself was answered. */
static enum job_state answered(struct job *j, const struct exchange *x, enum reply_kind kind, const struct scrubbed *s,
                               struct now now)
{
    struct finding f = {
        .kind = kind,
        .s = *s,
        .origin = origin_of(x, s->rank),
        .zone = delegation_zone(j->servers.cut),
        .server = x->server,
        .forwarded = x->as == ASKED_FORWARDER,
        .ede = DNS_EDE_NONE,
    };

    for (unsigned i = 0; i < s->chain_count && s->proof_count > 0; i++) {
        f.expanded |= finding_expanded(s->chain[i]);
    }
    if (job_validates(j, j->engine->set)) {
        return validate_begin(j, &f, now);
    }
    return conclude(j, &f, now);
}

/* A parent that was asked for DS and does not know that the set is its own to give refers to the child, with the DS
 * beside the NS: that is the answer. */
static enum reply_kind ds_of_referral(struct job *j, const struct exchange *x, const struct dns_msg *msg,
                                      struct scrubbed *s)
{
    struct scrubbed referral;

    if (x->ask.qtype != DNS_TYPE_DS || s->soa != NULL ||
        scrub(msg, &x->ask, REPLY_REFERRAL, x->as, &j->arena, &referral) != DNS_OK || referral.ds == NULL ||
        !dname_equal(rrset_owner(referral.ds), j->qname)) {
        return REPLY_NODATA;
    }
    s->rank = RANK_AUTH_ANSWER;
    s->chain[0] = referral.ds;
    s->chain_count = 1;
    s->chain_complete = true;
    return REPLY_ANSWER;
}

/* A reply that serves. Nothing else is waited for any more. */
static enum job_state accept(struct job *j, struct exchange *x, enum reply_kind kind, const struct dns_msg *msg,
                             struct now now)
{
    struct engine *e = j->engine;
    struct scrubbed s;

    j->cut_heard = true;
    lessons_accepted(j, x, msg, now);
    if ((j->flags & JOB_PRIME) != 0 && !prime_take(j, msg, &x->to, now)) {
        return trouble(j, x, REPLY_BROKEN, now);
    }
    enum dns_err err = scrub(msg, &x->ask, kind, x->as, kind == REPLY_REFERRAL ? &e->scratch : &j->arena, &s);
    if (err == DNS_E_NO_MEMORY) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    if (err != DNS_OK) {
        return trouble(j, x, REPLY_BROKEN, now);
    }
    if (kind == REPLY_NODATA) {
        kind = ds_of_referral(j, x, msg, &s);
    }
    if (s.dropped > 0) {
        COUNT_N(e, scrubbed, s.dropped);
        record_exchange(j, JOURNAL_DROPPED, x, s.dropped > 255 ? 255 : s.dropped, now);
    }
    struct exchange heard = *x; /* closing all gives its place away */
    iterate_close_exchanges(j);
    children_drop_addresses(j);
    if (kind == REPLY_REFERRAL) {
        return referral(j, &heard, &s, now);
    }
    bool strict = e->set->minimise == MINIMISE_STRICT && kind == REPLY_NXDOMAIN;
    return heard.ask.minimised && !strict ? step(j, &heard, kind, &s, now) : answered(j, &heard, kind, &s, now);
}

/* REPLY: a reply that matches an open exchange of the job.
 * Out: CUT's work done again for a referral (TARGET), CHASE, FINISH; ASK in another way; TARGET or the wait it came
 * from when the reply was of no use. */
enum job_state reply_read(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    struct exchange *x = j->heard;
    struct dns_msg msg;

    assert(x != NULL && x->job == j);
    COUNT(e, replies);
    silence_heard(e, now);
    j->budget->bytes += (uint32_t)j->reply_len;
    if (j->budget->bytes > ENGINE_BYTES_MAX) {
        return job_fail(j, FAIL_BYTE_LIMIT);
    }
    arena_clear(&e->scratch);
    enum dns_err err = dns_msg_parse(j->reply, j->reply_len, &e->scratch, &msg);
    if (err == DNS_E_NO_MEMORY) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    lessons_heard(j, x, now);
    x->ask.set = e->set; /* of this moment: they change while questions are under way */
    enum reply_kind kind = err == DNS_OK ? classify(&msg, &x->ask, x->as) : REPLY_BROKEN;
    record_reply(j, x, err == DNS_OK ? dns_msg_rcode(&msg) : 0, kind, j->reply_len, now);
    switch (kind) {
    case REPLY_TRUNCATED:
        return truncated(j, x, now);
    case REPLY_NO_EDNS:
        return without_edns(j, x, now);
    case REPLY_LAME:
    case REPLY_RECURSION_LAME:
    case REPLY_REFUSED:
    case REPLY_SERVFAIL:
    case REPLY_BROKEN:
        return trouble(j, x, kind, now);
    case REPLY_ANSWER:
    case REPLY_ALIAS:
    case REPLY_REFERRAL:
    case REPLY_NODATA:
    case REPLY_NXDOMAIN:
    case REPLY_YXDOMAIN:
        break;
    }
    return accept(j, x, kind, &msg, now);
}
