/*
 * known.c - what the cache knows of a question
 *
 * The common case, data at the name itself, costs one probe. Only then come aliases, denials of the name and of what
 * lies above it (RFC 8020), and remembered failures (RFC 9520). Glue never answers: it lives in delegations, and what
 * has a lower rank than an answer is passed over (RFC 2181 section 5.4.1).
 */
#include "dns/rdata.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/respond.h"

void outcome_init(struct outcome *o)
{
    o->rcode = DNS_RCODE_NOERROR;
    o->authentic = false;
    o->unfit = false;
    o->security = SEC_SECURE;
    o->failure = FAIL_NONE;
    o->ede = DNS_EDE_NONE;
    o->ede_text = NULL;
    o->answers = 0;
    o->authorities = 0;
}

bool outcome_shows(const struct outcome *o, const struct rrset *set)
{
    for (unsigned i = 0; i < o->authorities; i++) {
        const struct rrset *have = o->authority[i].set;
        if (have->type == set->type && dname_equal(rrset_owner(have), rrset_owner(set))) {
            return true;
        }
    }
    return false;
}

struct lookup {
    struct cache *cache;
    struct now now;
    struct outcome *out;
    bool checked;
    const struct engine_settings *set;
};

static bool answers_clients(const struct lookup *l, const struct cache_hit *hit)
{
    return hit->origin.rank >= RANK_NONAUTH_ANSWER && hit->origin.security != SEC_BOGUS &&
           (!l->checked || hit->origin.security != SEC_UNCHECKED);
}

static void add_security(struct lookup *l, const struct cache_hit *hit)
{
    if (hit->origin.security < l->out->security) {
        l->out->security = hit->origin.security;
    }
}

static void add_proofs(struct outcome *o, const struct cache_hit *hit)
{
    for (unsigned i = 0; i < hit->proof_count && o->authorities < OUTCOME_AUTHORITIES_MAX; i++) {
        if (outcome_shows(o, hit->proof[i])) {
            continue;
        }
        o->authority[o->authorities++] = (struct outcome_set){.set = hit->proof[i], .ttl_s = hit->ttl_s};
    }
}

static void add_answer(struct lookup *l, const struct cache_hit *hit)
{
    l->out->answer[l->out->answers++] = (struct outcome_set){.set = hit->rrset, .ttl_s = hit->ttl_s};
    add_proofs(l->out, hit); /* of a wildcard */
    add_security(l, hit);
}

static void add_negative(struct lookup *l, const struct cache_hit *hit, uint16_t rcode)
{
    struct outcome *o = l->out;

    o->rcode = rcode; /* of the end of the chain: RFC 6604 section 3 */
    if (hit->soa != NULL && o->authorities < OUTCOME_AUTHORITIES_MAX) {
        o->authority[o->authorities++] = (struct outcome_set){.set = hit->soa, .ttl_s = hit->ttl_s};
    }
    add_proofs(o, hit);
    add_security(l, hit);
}

/* Does the DNAME lead from the CNAME's owner to its target? */
static bool explains(const struct rrset *dname, const struct rrset *cname, struct dname target)
{
    struct rdata_ref rr = rrset_first(dname);
    struct dname to;
    struct dname_buf made;

    return rdata_target(DNS_TYPE_DNAME, rr.data, rr.len, &to) &&
           dname_replace_suffix(rrset_owner(cname), rrset_owner(dname), to, &made) &&
           dname_equal(dname_of(&made), target);
}

/* The DNAME that a CNAME was made from goes before it (RFC 6672 section 3.1), once. False: there is none. */
static bool add_dname_of(struct lookup *l, const struct rrset *cname, struct dname target)
{
    if (!cache_has_dname(l->cache)) {
        return false;
    }
    for (struct dname above = dname_parent(rrset_owner(cname)); above.labels > 0; above = dname_parent(above)) {
        struct cache_hit hit;
        if (!cache_get(l->cache, above, DNS_TYPE_DNAME, l->now, &hit) || hit.negative || !answers_clients(l, &hit) ||
            !explains(hit.rrset, cname, target)) {
            continue;
        }
        for (unsigned i = 0; i < l->out->answers; i++) {
            if (l->out->answer[i].set == hit.rrset) {
                return true;
            }
        }
        add_answer(l, &hit);
        return true;
    }
    return false;
}

/* A CNAME made from a DNAME brings it along. False: it is not there, and without it the CNAME proves nothing to a
 * client that validates. */
static bool explain_cname(struct lookup *l, const struct cache_hit *hit)
{
    struct rdata_ref rr = rrset_first(hit->rrset);
    struct dname target;

    return (rdata_target(DNS_TYPE_CNAME, rr.data, rr.len, &target) && add_dname_of(l, hit->rrset, target)) ||
           hit->origin.security != SEC_SECURE || hit->rrset->sig_count > 0;
}

/* Is `name` the owner of one of the aliases so far? */
static bool goes_round(const struct outcome *o, struct dname name)
{
    for (unsigned i = 0; i < o->answers; i++) {
        if (o->answer[i].set->type == DNS_TYPE_CNAME && dname_equal(rrset_owner(o->answer[i].set), name)) {
            return true;
        }
    }
    return false;
}

/* A referral shows that there is no DS but has no SOA, which a negative answer needs (RFC 2308 section 2.2): the zone's
 * own, if it is there. */
static bool find_soa(struct lookup *l, const struct cache_hit *denial)
{
    struct cache_hit hit;
    struct dname zone;

    if (!dnssec_signer(denial->proof[0], &zone) || !cache_get(l->cache, zone, DNS_TYPE_SOA, l->now, &hit) ||
        hit.negative || !answers_clients(l, &hit)) {
        return false;
    }
    uint32_t ttl_s = hit.ttl_s < denial->ttl_s ? hit.ttl_s : denial->ttl_s;
    l->out->authority[l->out->authorities++] = (struct outcome_set){.set = hit.rrset, .ttl_s = ttl_s};
    add_security(l, &hit);
    return true;
}

/* Data or its absence at the name itself. */
static bool find_exact(struct lookup *l, const struct cache_name *name, uint16_t qtype)
{
    struct cache_hit hit;

    if (!cache_find(l->cache, name, CACHE_RRSET, qtype, l->now, &hit)) {
        return false;
    }
    if (!answers_clients(l, &hit)) {
        l->out->unfit = true;
        return false;
    }
    if (hit.negative) {
        if (hit.soa == NULL && hit.proof_count > 0 && !find_soa(l, &hit)) {
            return false;
        }
        add_negative(l, &hit, DNS_RCODE_NOERROR);
        return true;
    }
    if (qtype == DNS_TYPE_CNAME && !explain_cname(l, &hit)) {
        return false;
    }
    add_answer(l, &hit);
    return true;
}

bool known_beside_alias(uint16_t qtype)
{
    return qtype == DNS_TYPE_CNAME || qtype == DNS_TYPE_ANY || qtype == DNS_TYPE_NSEC || qtype == DNS_TYPE_RRSIG ||
           qtype == DNS_TYPE_KEY;
}

bool known_is_childs(const struct cache_hit *hit, struct dname name, uint16_t qtype)
{
    return SEEDED(32, qtype == DNS_TYPE_DS, false) && dname_equal(hit->name, name) &&
           hit->origin.zone_labels >= name.labels;
}

static bool find_alias(struct lookup *l, const struct cache_name *name, uint16_t qtype, struct dname *target)
{
    struct cache_hit hit;

    if (known_beside_alias(qtype) || !cache_find(l->cache, name, CACHE_RRSET, DNS_TYPE_CNAME, l->now, &hit) ||
        hit.negative || !answers_clients(l, &hit) || known_is_childs(&hit, name->name, qtype) ||
        forward_shields(l->set, name->name, qtype, hit.origin.zone_labels)) {
        return false;
    }
    struct rdata_ref rr = rrset_first(hit.rrset);
    if (!rdata_target(DNS_TYPE_CNAME, rr.data, rr.len, target) || !explain_cname(l, &hit)) {
        return false;
    }
    add_answer(l, &hit);
    return true;
}

static bool find_denial(struct lookup *l, struct dname name, uint16_t qtype)
{
    struct cache_hit hit;
    bool found = cache_get_nxdomain_above(l->cache, name, dname_root(), l->now, &hit);

    if (found && known_is_childs(&hit, name, qtype)) {
        found = cache_get_nxdomain_above(l->cache, dname_parent(name), dname_root(), l->now, &hit);
    }
    if (!found || hit.origin.security == SEC_BOGUS || (l->checked && hit.origin.security == SEC_UNCHECKED) ||
        forward_shields(l->set, name, qtype, hit.origin.zone_labels)) {
        return false;
    }
    add_negative(l, &hit, DNS_RCODE_NXDOMAIN);
    return true;
}

static void fail(struct lookup *l, enum failure failure)
{
    outcome_init(l->out);
    l->out->failure = failure;
    l->out->rcode = failure_row(failure)->rcode;
    l->out->security = SEC_UNCHECKED;
}

static bool find_failure(struct lookup *l, const struct cache_name *name, uint16_t qtype)
{
    struct cache_hit hit;

    if (!cache_find_failure(l->cache, name, qtype, l->now, &hit)) {
        return false;
    }
    const struct failure_row *why = failure_row((enum failure)hit.failure);
    if (failure_is_bogus((enum failure)hit.failure)) {
        if (!l->checked) {
            return false;
        }
        fail(l, (enum failure)hit.failure); /* the client is told of the verdict, not of its age (RFC 8914) */
        l->out->ede_text = "found a short while ago";
        return true;
    }
    fail(l, FAIL_CACHED_FAILURE);
    l->out->rcode = why->rcode;
    l->out->ede_text = why->text;
    return true;
}

static enum known all(struct outcome *out)
{
    out->authentic = out->security == SEC_SECURE;
    return KNOWN_ALL;
}

enum known known_lookup(struct cache *cache, const struct known_question *q, struct now now, struct outcome *out,
                        struct dname_buf *end)
{
    struct lookup l = {.cache = cache, .now = now, .out = out, .checked = q->checked, .set = q->set};
    struct cache_name name =
        q->hash != 0 ? (struct cache_name){.name = q->name, .hash = q->hash} : cache_name_of(cache, q->name);
    uint16_t qtype = q->type;

    outcome_init(out);
    for (unsigned links = 0; links <= ENGINE_ALIASES_MAX; links++) {
        struct dname target;
        if (find_exact(&l, &name, qtype)) {
            return all(out);
        }
        if (find_alias(&l, &name, qtype, &target)) {
            if (links == ENGINE_ALIASES_MAX || goes_round(out, target)) {
                fail(&l, links == ENGINE_ALIASES_MAX ? FAIL_ALIAS_LIMIT : FAIL_ALIAS_LOOP); /* T25, T37 */
                return KNOWN_ALL;
            }
            name = cache_name_of(cache, target);
            continue;
        }
        if (find_denial(&l, name.name, qtype) || find_failure(&l, &name, qtype)) {
            return all(out);
        }
        break;
    }
    dname_copy(name.name, end);
    return out->answers > 0 ? KNOWN_PART : KNOWN_NOTHING;
}
