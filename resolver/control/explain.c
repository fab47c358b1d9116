/*
 * explain.c - why a question is answered as it is
 */
#include "resolver/control/explain.h"

#include "dns/limits.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "resolver/control/session.h"
#include "resolver/engine/aggressive.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/stale.h"
#include "resolver/front/rate.h"
#include "zones/local.h"

const char *explain_cause_name(enum explain_cause cause)
{
    static const char *const names[] = {
#define X(name, text) #name,
        EXPLAIN_CAUSES(X)
#undef X
    };
    return names[cause];
}

const char *explain_cause_text(enum explain_cause cause)
{
    static const char *const texts[] = {
#define X(name, text) text,
        EXPLAIN_CAUSES(X)
#undef X
    };
    return texts[cause];
}

const char *explain_insecure_text(enum explain_insecure why)
{
    static const char *const texts[] = {
        [EXPLAIN_SECURE] = "validated",
        [EXPLAIN_MODE_OFF] = "validation is off (dnssec.mode)",
        [EXPLAIN_NTA] = "a negative trust anchor exempts the zone from validation",
        [EXPLAIN_NO_ANCHOR] = "there is no trust anchor above the name",
        [EXPLAIN_NO_DS] = "the zone above says that this zone is not signed: it holds no DS for it",
        [EXPLAIN_UNSUPPORTED] = "the zone is signed by algorithms that are not known here alone",
        [EXPLAIN_INSECURE] = "a zone on the way to it is not signed",
    };
    return texts[why];
}

/* What several failures have in common. */
static const char too_much_work[] =
    "the zone makes a resolver work more than a question is worth: raizctl trace NAME shows where; tell who runs it";
static const char circle[] =
    "the zones' name servers are named in each other: one of them needs glue, which its owner has to give";
static const char aliases[] = "whoever runs the zone has to mend its CNAME or DNAME records";
static const char wrong_signatures[] =
    "the zone's signatures, or the DS above it, are wrong, or somebody tampers: tell who runs the zone; if you know "
    "that it is only broken, raizctl nta add ZONE lets it through for a while";
static const char clock[] = "look at this host's clock first; if it is right, tell who runs the zone";

static const char *const remedies[] = {
    /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): each text has an index of its own */
    [FAIL_NO_REACHABLE] = "the zone's servers, or the way to them, are down: raizctl servers ZONE shows what is known "
                          "of them; wait, or tell who runs the zone",
    [FAIL_NO_ADDRESS] = "whoever runs the zone has to give its name servers addresses; if they have IPv6 ones only, "
                        "see resolution.ipv6",
    [FAIL_ALL_LAME] =
        "the zone above names servers that do not serve this one: whoever runs the zone has to mend that delegation",
    [FAIL_UPSTREAM_SERVFAIL] = "the zone's own servers are at fault: tell who runs the zone",
    [FAIL_BROKEN_REPLIES] =
        "the zone's servers, or a device on the way, garble messages: compare with raizctl query --tcp NAME @SERVER",
    [FAIL_SEND_LIMIT] = too_much_work,
    [FAIL_FETCH_LIMIT] = too_much_work,
    [FAIL_BYTE_LIMIT] = too_much_work,
    [FAIL_STEP_LIMIT] = too_much_work,
    [FAIL_CONNECT_LIMIT] = too_much_work,
    [FAIL_TIME_LIMIT] = "servers on the way are slow or silent: ask again, part of the way is known now; raizctl slow "
                        "shows where time went",
    [FAIL_DEPTH_LIMIT] = circle,
    [FAIL_CYCLE] = circle,
    [FAIL_NS_LIMIT] = "the zone names many servers that have no address: whoever runs it has to clear them away",
    [FAIL_REFERRAL_LIMIT] =
        "the zone has more name servers than any needs: whoever runs it, or the zone above, has to clear them away",
    [FAIL_ALIAS_LIMIT] = aliases,
    [FAIL_ALIAS_LOOP] = aliases,
    [FAIL_OVERLOAD] = "see raizctl inflight for what keeps it busy; more workers may help",
    [FAIL_SHARE] =
        "raizd had more to do than it could, and this client, or its network, was who asked for most: see raizctl "
        "top for what; limits.fair-share is the setting",
    [FAIL_NO_MEMORY] = "give the host more memory, or take a smaller cache.size",
    [FAIL_NO_ROOT] = "this host reaches no root server: look at its network, firewall, root.hints; where port 53 is "
                     "blocked, use forward",
    [FAIL_LOCAL_ERROR] = "this host could not send: look at its routes, firewall and descriptors (ulimit -n)",
    [FAIL_BOGUS] = wrong_signatures,
    [FAIL_BOGUS_NO_KEY] = wrong_signatures,
    [FAIL_BOGUS_UNSIGNED] = wrong_signatures,
    [FAIL_BOGUS_ZONE_KEY] = wrong_signatures,
    [FAIL_BOGUS_NO_PROOF] = wrong_signatures,
    [FAIL_BOGUS_CHAIN] = wrong_signatures,
    [FAIL_BOGUS_EXPIRED] = "the zone's signer has stopped: tell who runs the zone; until then raizctl nta add ZONE "
                           "lets it through. If many zones are affected, look at this host's clock",
    [FAIL_BOGUS_CLOCK] = clock,
    [FAIL_BOGUS_EARLY] = clock,
    [FAIL_BOGUS_TIMES] = clock,
    [FAIL_BOGUS_ALGORITHM] = "whoever runs the zone has to sign it by an algorithm that resolvers know (RFC 8624)",
    [FAIL_BOGUS_WORK] = "the zone asks for more checking than it is worth, which honest zones do not: tell who runs it",
    [FAIL_CACHED_FAILURE] =
        "it is tried again when the time is over; raizctl cache flush NAME lets it be tried at once",
    [FAIL_BAD_NAME] = "the name that a DNAME makes of it is too long: nothing to mend but the question",
    [FAIL_SHUTDOWN] = "ask again when raizd runs",
    [FAIL_SENTINEL] = "nothing is wrong: the name tests which root keys are trusted (RFC 8509)",
    [FAIL_NONE] = "nothing is wrong",
};

const char *explain_remedy(enum failure failure)
{
    size_t i = (size_t)failure;
    return i < sizeof remedies / sizeof remedies[0] && remedies[i] != NULL ? remedies[i] : remedies[FAIL_NONE];
}

/* The negative trust anchor at or above the name, if there is one. */
static bool find_nta(const struct engine_settings *set, struct dname name, struct dname *zone)
{
    for (size_t i = 0; i < set->negative_anchor_count; i++) {
        if (dname_under(name, dname_of(&set->negative_anchors[i]))) {
            *zone = dname_of(&set->negative_anchors[i]);
            return true;
        }
    }
    return false;
}

/* The deepest cut whose DS, or its absence, the cache holds. */
static enum explain_insecure find_ds(struct cache *cache, struct dname name, struct now now, struct dname *zone)
{
    struct cache_hit hit;
    for (struct dname at = name; at.labels > 0; at = dname_parent(at)) {
        struct cache_hit cut;
        if (!cache_get(cache, at, DNS_TYPE_DS, now, &hit) || hit.origin.security == SEC_UNCHECKED) {
            continue;
        }
        *zone = at;
        if (!hit.negative) {
            return EXPLAIN_UNSUPPORTED;
        }
        if (cache_get_delegation(cache, at, false, now, &cut) && dname_equal(delegation_zone(cut.delegation), at)) {
            return EXPLAIN_NO_DS;
        }
    }
    return EXPLAIN_INSECURE;
}

static void explain_security(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    const struct engine_settings *set = &c->ops.world(c->ops.server)->engine;
    struct anchor anchor;
    if (set->dnssec == DNSSEC_OFF) {
        out->insecure = EXPLAIN_MODE_OFF;
    } else if (find_nta(set, q->name, &out->insecure_zone)) {
        out->insecure = EXPLAIN_NTA;
    } else if (set->anchors == NULL || !anchors_closest(set->anchors, q->name, &anchor)) {
        out->insecure = EXPLAIN_NO_ANCHOR;
    } else if (out->security == SEC_INSECURE) {
        out->insecure = find_ds(c->ops.cache, q->name, c->ops.now(c->ops.server), &out->insecure_zone);
    }
}

/* What a rate limit would count an answer as that is built of this. */
static int kind_of(uint16_t rcode, size_t answers)
{
    const uint8_t header[12] = {[3] = rcode & 0xf, [7] = answers > 0};
    return (int)rate_kind_of(header);
}

/* Data or its absence, from the cache. */
static void explain_found(const struct control *c, const struct explain_question *q, const struct outcome *found,
                          struct explanation *out)
{
    struct cache *cache = c->ops.cache;
    struct now now = c->ops.now(c->ops.server);
    out->rcode = found->rcode;
    out->kind = kind_of(found->rcode, found->answers);
    out->security = found->security;
    out->last = q->slow;
    out->cause = found->rcode == DNS_RCODE_NXDOMAIN ? EXPLAIN_NXDOMAIN : EXPLAIN_NODATA;
    struct dname end = q->name; /* behind the aliases */
    if (found->answers > 0) {
        const struct rrset *last = found->answer[found->answers - 1].set;
        struct rdata_ref rr = rrset_first(last);
        if (last->type == q->type || q->type == DNS_TYPE_ANY) {
            out->cause = EXPLAIN_CACHED;
            end = rrset_owner(last);
        } else if (!rdata_target(DNS_TYPE_CNAME, rr.data, rr.len, &end)) {
            end = rrset_owner(last);
        }
    }
    out->have_hit = out->cause == EXPLAIN_NXDOMAIN ? cache_get_nxdomain_above(cache, end, dname_root(), now, &out->hit)
                                                   : cache_get(cache, end, q->type, now, &out->hit);
}

static void explain_failed(const struct control *c, const struct explain_question *q, enum failure failure,
                           struct explanation *out)
{
    struct now now = c->ops.now(c->ops.server);
    out->cause = EXPLAIN_FAILED;
    out->last = q->failed;
    out->failure = failure;
    out->have_backoff = cache_get_failure(c->ops.cache, q->name, q->type, now, &out->backoff);
    if (out->have_backoff) { /* the reason itself, not that it is remembered */
        out->failure = (enum failure)out->backoff.failure;
    } else if (q->failed != NULL) {
        out->failure = q->failed->failure;
    }
    out->rcode = failure_row(out->failure)->rcode;
    out->kind = kind_of(out->rcode, 0);
}

/* What questions without recursion get of proofs, and the engine looks at before it asks. */
static bool explain_proven(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    const struct engine_settings *set = &c->ops.world(c->ops.server)->engine;
    struct now now = c->ops.now(c->ops.server);
    struct arena arena;
    struct dnssec_work work = {0};
    struct outcome found;
    struct dname_buf end;
    struct anchor anchor;
    if (!set->aggressive || set->dnssec == DNSSEC_OFF || set->anchors == NULL ||
        !anchors_closest(set->anchors, q->name, &anchor) || forward_zone_of(set, q->name, false, false) != NULL) {
        return false;
    }
    arena_init(&arena, NULL, 0, ENGINE_JOB_BYTES_MAX);
    struct aggressive a = {.cache = c->ops.cache, .arena = &arena, .work = &work, .least_labels = anchor.zone.labels};
    outcome_init(&found);
    bool known = aggressive_lookup(&a, q->name, q->type, now, &found, &end) == KNOWN_ALL;
    if (known) {
        out->cause = EXPLAIN_PROVEN;
        out->rcode = found.rcode;
        out->kind = kind_of(found.rcode, found.answers);
        out->security = SEC_SECURE;
    }
    arena_release(&arena);
    return known;
}

static bool explain_local(const struct engine_settings *set, const struct explain_question *q, struct explanation *out)
{
    struct arena arena;
    struct local_answer local;
    if (!set->local_zones || !local_covers(q->name) || forward_overrides_local(set, q->name)) {
        return false;
    }
    arena_init(&arena, NULL, 0, ENGINE_JOB_BYTES_MAX);
    local_lookup(q->name, q->type, &arena, &local);
    out->cause = EXPLAIN_LOCAL;
    out->rcode = local.kind == LOCAL_NXDOMAIN ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR;
    out->kind = kind_of(out->rcode, local.answer != NULL);
    arena_release(&arena);
    return true;
}

/* What a client gets in place of a failure. */
static void explain_stale(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    const struct engine_settings *set = &c->ops.world(c->ops.server)->engine;
    struct stale_question stale = {
        .name = q->name, .type = q->type, .checked = set->dnssec != DNSSEC_OFF, .why = out->failure};
    struct outcome found;
    if (stale_lookup(c->ops.cache, set, &stale, c->ops.now(c->ops.server), &found)) {
        out->cause = EXPLAIN_STALE;
        out->rcode = found.rcode;
        out->kind = kind_of(found.rcode, found.answers);
        out->security = found.security;
    }
}

/* Whoever met a limit of such answers. It is the cause where the client would have had a good answer; else there was
 * a cause before. */
static void explain_limits(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    const struct world *world = c->ops.world(c->ops.server);
    struct now now = c->ops.now(c->ops.server);
    bool bound = q->client == NULL || out->kind < 0 || rate_limit_of(world, q->client, (enum rate_kind)out->kind) > 0;
    bool kept = false;
    if (!bound || (q->client == NULL && out->kind < 0)) {
        return;
    }
    for (unsigned i = 0; i < c->ops.workers; i++) {
        out->limited_count = limited_read(c->ops.limited(c->ops.server, i), q->client, out->kind, out->limited,
                                          out->limited_count, EXPLAIN_LIMITED_MAX, now);
    }
    for (unsigned i = 0; i < out->limited_count; i++) {
        kept |= out->limited[i].withheld + out->limited[i].truncated > 0;
    }
    if (kept && q->client != NULL && out->kind >= 0 && out->cause != EXPLAIN_ACL && out->cause != EXPLAIN_FAILED) {
        out->cause = EXPLAIN_RATE_LIMIT;
    }
}

static void explain_answer(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    const struct world *world = c->ops.world(c->ops.server);
    const struct engine_settings *set = &world->engine;
    struct outcome found;
    struct dname_buf end;
    out->configured = forward_zone_of(set, q->name, false, false);
    if (q->client != NULL && !acl_allows(world->acl, q->client)) {
        out->cause = EXPLAIN_ACL;
        out->rcode = DNS_RCODE_REFUSED;
        out->kind = RATE_ERRORS;
        return;
    }
    if (explain_local(set, q, out)) {
        return;
    }
    struct known_question question = {
        .name = q->name, .type = q->type, .checked = set->dnssec != DNSSEC_OFF, .set = set};
    if (known_lookup(c->ops.cache, &question, c->ops.now(c->ops.server), &found, &end) == KNOWN_ALL) {
        if (found.failure != FAIL_NONE) {
            explain_failed(c, q, found.failure, out);
        } else {
            explain_found(c, q, &found, out);
        }
    } else if (!explain_proven(c, q, out)) {
        bool newer = q->failed != NULL && (q->slow == NULL || q->slow->at_s <= q->failed->at_s);
        out->cause = EXPLAIN_UNKNOWN;
        if (newer) {
            explain_failed(c, q, q->failed->failure, out);
        } else if (q->slow != NULL) {
            out->cause = EXPLAIN_SLOW;
            out->rcode = q->slow->rcode;
            out->kind = q->slow->rcode == DNS_RCODE_NOERROR ? -1 : kind_of(q->slow->rcode, 0);
            out->last = q->slow;
        }
    }
    if (out->cause == EXPLAIN_FAILED) {
        explain_stale(c, q, out);
    }
    explain_security(c, q, out);
}

void explain(const struct control *c, const struct explain_question *q, struct explanation *out)
{
    *out = (struct explanation){.insecure_zone = dname_root(), .kind = -1};
    explain_answer(c, q, out);
    explain_limits(c, q, out);
}
