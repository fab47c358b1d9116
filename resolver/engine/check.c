/*
 * check.c - one part of a finding against the keys of its zone
 */
#include "resolver/engine/check.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dns/nsec.h"
#include "dns/types.h"
#include "resolver/dnssec/proof.h"
#include "resolver/dnssec/signature.h"
#include "resolver/engine/aggressive.h"
#include "resolver/engine/core.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/trust.h"

#define TEXT_MAX 400

/* ---- verdicts ---- */

static enum checked bogus(struct job *j, enum failure why, struct dname name, uint16_t type, struct verdict *out)
{
    char owner[DNAME_TEXT_MAX], type_text[DNS_TYPE_TEXT_MAX], text[TEXT_MAX];

    out->why = why;
    dname_print(name, owner);
    snprintf(text, sizeof text, "%.200s %s", owner, dns_type_text(type, type_text));
    out->text = arena_dup(&j->arena, text, strlen(text) + 1);
    return CHECKED_BOGUS;
}

static enum failure failure_of(enum dnssec_verdict v)
{
    switch (v) {
    case DNSSEC_UNSUPPORTED:
        return FAIL_BOGUS_ALGORITHM;
    case DNSSEC_EXPIRED:
        return FAIL_BOGUS_EXPIRED;
    case DNSSEC_NOT_YET_VALID:
        return FAIL_BOGUS_EARLY;
    case DNSSEC_EXPIRED_BEFORE_VALID:
        return FAIL_BOGUS_TIMES;
    case DNSSEC_NO_KEY:
        return FAIL_BOGUS_NO_KEY;
    case DNSSEC_NO_ZONE_KEY:
        return FAIL_BOGUS_ZONE_KEY;
    case DNSSEC_NO_SIGNATURE:
        return FAIL_BOGUS_UNSIGNED;
    case DNSSEC_TOO_MUCH_WORK:
        return FAIL_BOGUS_WORK;
    case DNSSEC_NO_MEMORY:
        return FAIL_NO_MEMORY;
    default:
        return FAIL_BOGUS;
    }
}

static void print_time(uint32_t s, char out[static 24])
{
    time_t t = (time_t)s;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        out[0] = '\0';
    }
}

/* Which signature, of which zone, and when: "www.example. A by example. key 12345, expired 2026-01-01T00:00:00Z". */
static enum checked bogus_signature(struct job *j, const struct rrset *set, struct dname zone,
                                    const struct dnssec_check *check, struct verdict *out)
{
    char owner[DNAME_TEXT_MAX], signer[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], when[24] = "", text[TEXT_MAX];
    const char *word = "";

    if (check->verdict == DNSSEC_EXPIRED || check->verdict == DNSSEC_EXPIRED_BEFORE_VALID) {
        word = ", expired ";
        print_time(check->expired, when);
    } else if (check->verdict == DNSSEC_NOT_YET_VALID) {
        word = ", valid from ";
        print_time(check->inception, when);
    }
    dname_print(rrset_owner(set), owner);
    dname_print(zone, signer);
    snprintf(text, sizeof text, "%.130s %s by %.130s key %u%s%s", owner, dns_type_text(set->type, type), signer,
             check->key_tag, word, when);
    out->why = failure_of(check->verdict);
    out->final = check->verdict >= DNSSEC_TOO_MUCH_WORK;
    out->text = arena_dup(&j->arena, text, strlen(text) + 1);
    return CHECKED_BOGUS;
}

/* Insecure, and why, if there is more to say than that a zone is not signed. */
static enum checked insecure(struct job *j, int ede, struct dname zone, struct verdict *out)
{
    char text[DNAME_TEXT_MAX];

    out->security = SEC_INSECURE;
    out->ede = ede;
    if (ede != DNS_EDE_NONE && zone.len > 0) {
        dname_print(zone, text);
        out->text = arena_dup(&j->arena, text, strlen(text) + 1);
    }
    return CHECKED;
}

/* What the chain of trust says instead of giving keys. TRUST_YES is not for here. */
static enum checked by_trust(struct job *j, enum trust t, struct dname name, uint16_t type,
                             const struct trust_note *note, struct verdict *out)
{
    switch (t) {
    case TRUST_INSECURE:
        return insecure(j, note->ede, note->zone, out);
    case TRUST_WAIT:
        return CHECKED_WAIT;
    case TRUST_FAILED:
        bogus(j, note->failure, name, type, out);
        out->text = note->text != NULL ? note->text : out->text;
        out->final = true;
        return CHECKED_BOGUS;
    default:
        return bogus(j, FAIL_BOGUS_NO_KEY, name, type, out);
    }
}

/* ---- signatures ---- */

/* The signer to go by: the zone asked if it is one of them, else the first that may speak for the name. */
static bool pick_signer(const struct rrset *set, struct dname below, struct dname asked, struct dname *out)
{
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref rr;
    struct signature s;
    bool found = false;

    while (rrset_next(&it, &rr)) {
        if (!signature_read(rr, &s) || !dname_under(below, s.signer)) {
            continue;
        }
        bool best = dname_equal(s.signer, asked);
        if (best || !found) {
            *out = s.signer;
            found = true;
        }
        if (best) {
            break;
        }
    }
    return found;
}

/* The name whose zone must vouch: a DS stands in the zone above (RFC 4035 section 2.4). */
static struct dname vouched(struct dname name, uint16_t type)
{
    return type == DNS_TYPE_DS && !dname_is_root(name) ? dname_parent(name) : name;
}

/* RFC 4035 section 5.3.3, T22. */
static void cut_ttl(struct rrset *set, const struct dnssec_check *check)
{
    set->ttl_s = set->ttl_s < check->original_ttl_s ? set->ttl_s : check->original_ttl_s;
    set->ttl_s = set->ttl_s < check->valid_s ? set->ttl_s : check->valid_s;
}

/* `zone` is the zone of the keys. */
static enum checked verify(struct job *j, struct rrset *set, struct dname zone, const struct dnssec_keys *keys,
                           struct verdict *out, struct now now)
{
    const struct dnssec_policy *p = &j->engine->set->dnssec_policy;
    struct dnssec_check check;

    dnssec_verify(set, keys, p, now.wall_s, &j->budget->work, &check);
    if (check.verdict == DNSSEC_LATER) {
        return CHECKED_LATER;
    }
    if (check.verdict != DNSSEC_GOOD) {
        return bogus_signature(j, set, zone, &check, out);
    }
    cut_ttl(set, &check);
    out->security = SEC_SECURE;
    out->wildcard = check.wildcard;
    out->labels = check.labels;
    out->zone = zone;
    return CHECKED;
}

/* The better of what the anchor's DS and DNSKEY say. */
static void verify_by_anchor(struct job *j, const struct rrset *set, const struct anchor *a, struct dnssec_check *out,
                             struct now now)
{
    const struct dnssec_policy *p = &j->engine->set->dnssec_policy;
    struct dnssec_work *work = &j->budget->work;
    struct dnssec_check other;

    assert(a->ds != NULL || a->dnskey != NULL); /* anchors.c keeps none that is empty */
    if (a->ds != NULL) {
        dnssec_verify_dnskey(set, a->ds, p, now.wall_s, work, out);
    }
    if (a->dnskey != NULL && (a->ds == NULL || (out->verdict != DNSSEC_GOOD && out->verdict != DNSSEC_LATER))) {
        dnssec_verify_dnskey(set, a->dnskey, p, now.wall_s, work, &other);
        if (a->ds == NULL || other.verdict == DNSSEC_GOOD || other.verdict == DNSSEC_LATER ||
            out->verdict == DNSSEC_UNSUPPORTED) {
            *out = other;
        }
    }
}

/* T86: has a trusted key made this set, for a time that lies so far ahead that it must be this host's clock that is
 * wrong? GOOD: so it is; LATER: it is being checked. What has expired shows nothing of the kind: anybody may have kept
 * it since. */
static enum dnssec_verdict by_another_clock(struct job *j, const struct rrset *set, const struct anchor *a,
                                            const struct dnssec_check *check, struct now now)
{
    struct dnssec_check then;
    struct now other = now;

    if (check->verdict != DNSSEC_NOT_YET_VALID || !dname_equal(a->zone, rrset_owner(set)) ||
        (int32_t)(check->inception - (uint32_t)now.wall_s) < ENGINE_CLOCK_BEHIND_S) {
        return check->verdict;
    }
    other.wall_s = check->inception;
    verify_by_anchor(j, set, a, &then, other);
    return then.verdict;
}

/* A zone's own DNSKEY set: by the anchor, or by the DS that the parent signed. */
static enum checked check_dnskey(struct job *j, struct rrset *set, const struct anchor *a, struct verdict *out,
                                 struct now now)
{
    const struct dnssec_policy *p = &j->engine->set->dnssec_policy;
    struct dname zone = rrset_owner(set);
    struct trust_note note = {.ede = DNS_EDE_NONE};
    struct dnssec_check check;
    const struct rrset *ds = NULL;

    if (dname_equal(a->zone, zone)) {
        verify_by_anchor(j, set, a, &check, now);
    } else {
        enum trust t = trust_ds(j, zone, &ds, &note, now);
        if (t != TRUST_YES) {
            return by_trust(j, t, zone, set->type, &note, out);
        }
        dnssec_verify_dnskey(set, ds, p, now.wall_s, &j->budget->work, &check);
    }
    if (check.verdict == DNSSEC_LATER) {
        return CHECKED_LATER;
    }
    if (check.verdict == DNSSEC_UNSUPPORTED) {
        return insecure(j, DNS_EDE_UNSUPPORTED_DNSKEY_ALGORITHM, zone, out); /* RFC 4035 section 5.2 */
    }
    if (check.verdict != DNSSEC_GOOD) {
        enum dnssec_verdict other = by_another_clock(j, set, a, &check, now);
        if (other == DNSSEC_LATER) {
            return CHECKED_LATER;
        }
        bogus_signature(j, set, zone, &check, out);
        if (other == DNSSEC_GOOD) {
            out->why = FAIL_BOGUS_CLOCK;
            out->final = true;
        }
        return CHECKED_BOGUS;
    }
    cut_ttl(set, &check);
    out->security = SEC_SECURE;
    out->zone = zone;
    return CHECKED;
}

/* Is there anything of a zone that may deny what lies below? If it is not signed, signatures are missing; else the
 * proof. */
static bool denies(const struct finding *f, struct dname below)
{
    return f->s.proof_count > 0 || (f->s.soa != NULL && dname_under(below, rrset_owner(f->s.soa)));
}

/* A set, or a denial if set is NULL, without a signature: does it come from a zone that is not signed? */
static enum checked check_unsigned(struct job *j, struct finding *f, const struct rrset *set, struct verdict *out,
                                   struct now now)
{
    struct dname name = set != NULL ? rrset_owner(set) : f->s.end;
    uint16_t type = set != NULL ? set->type : j->qtype;
    struct dname below = vouched(name, type);
    enum failure why = set != NULL || denies(f, below) ? FAIL_BOGUS_UNSIGNED : FAIL_BOGUS_NO_PROOF;
    struct trust_note note = {.ede = DNS_EDE_NONE};
    /* What stands in the way of the DS that this job looks for, such as an alias, is not told from below. */
    bool own = j->qtype == DNS_TYPE_DS && dname_equal(below, j->goal);
    enum trust t = trust_unsigned(j, own ? dname_parent(below) : below, f->zone, &f->walked, &note, now);

    if (t == TRUST_FAILED && note.failure == FAIL_BOGUS_UNSIGNED) {
        out->final = true; /* the denial of a DS is unsigned, too: told of what was asked */
    } else if (t != TRUST_YES) {
        enum checked c = by_trust(j, t, name, type, &note, out);
        out->final &=
            note.failure != FAIL_BOGUS_CHAIN; /* a server that has the signatures needs no DS to be asked for */
        return c;
    }
    return bogus(j, why, name, type, out);
}

/* A cut has an NSEC of the zone above and one of the zone below (RFC 4035 section 2.3); it is the latter that is asked
 * for. What a forwarder has gathered may be either. */
static bool is_of_other_side(const struct finding *f, const struct rrset *set, struct dname signer)
{
    struct nsec n;

    return set->type == DNS_TYPE_NSEC && !f->forwarded && nsec_read(set, signer, &n) && nsec_has(&n, DNS_TYPE_NS) &&
           !nsec_has(&n, DNS_TYPE_SOA);
}

static void start(struct verdict *out)
{
    *out = (struct verdict){.ede = DNS_EDE_NONE};
}

enum checked check_set(struct job *j, struct finding *f, struct rrset *set, struct verdict *out, struct now now)
{
    struct dname owner = rrset_owner(set), below = vouched(owner, set->type), signer;
    struct trust_note note = {.ede = DNS_EDE_NONE};
    const struct dnssec_keys *keys;
    struct anchor a;

    start(out);
    if (set->type == DNS_TYPE_RRSIG || !trust_anchor(j, below, &a, &note)) {
        return by_trust(j, TRUST_INSECURE, owner, set->type, &note, out);
    }
    if (!pick_signer(set, below, f->zone, &signer)) {
        return check_unsigned(j, f, set, out, now);
    }
    if (!dname_under(signer, a.zone) || is_of_other_side(f, set, signer)) {
        return bogus(j, FAIL_BOGUS, owner, set->type, out);
    }
    if (set->type == DNS_TYPE_DNSKEY && dname_equal(owner, signer)) {
        return check_dnskey(j, set, &a, out, now);
    }
    enum trust t = trust_keys(j, signer, &keys, &note, now);
    if (t != TRUST_YES) {
        return by_trust(j, t, owner, set->type, &note, out);
    }
    return verify(j, set, signer, keys, out, now);
}

/* ---- denial ---- */

/* The proofs that this zone's keys make valid. Each is checked once. False: one is being checked. */
static bool collect_proofs(struct job *j, struct finding *f, struct dname zone, const struct dnssec_keys *keys,
                           struct proof_set *out, struct now now)
{
    *out = (struct proof_set){.zone = zone};
    for (unsigned i = 0; i < f->s.proof_count; i++) {
        struct rrset *set = f->s.proof[i];
        struct verdict v;
        struct dname signer;
        start(&v);
        if (!pick_signer(set, rrset_owner(set), zone, &signer) || !dname_equal(signer, zone)) {
            continue;
        }
        if (f->proof_state[i] == PROOF_UNTRIED) {
            enum checked c = verify(j, set, zone, keys, &v, now);
            if (c == CHECKED_LATER) {
                return false;
            }
            f->proof_state[i] = c == CHECKED && !v.wildcard ? PROOF_VALID : PROOF_REJECTED; /* T71: each by itself */
        }
        if (f->proof_state[i] == PROOF_VALID && out->count < PROOF_SETS_MAX) {
            out->set[out->count++] = set;
        }
    }
    return true;
}

static enum checked by_proof(struct job *j, const struct proof_result *r, struct dname zone, struct dname name,
                             uint16_t type, struct verdict *out)
{
    switch (r->proof) {
    case PROOF_SECURE:
        out->security = SEC_SECURE;
        return CHECKED;
    case PROOF_INSECURE:
        return insecure(j, r->too_many_iterations ? DNS_EDE_UNSUPPORTED_NSEC3_ITERATIONS : DNS_EDE_NONE, zone, out);
    default:
        return bogus(j, FAIL_BOGUS_NO_PROOF, name, type, out);
    }
}

enum checked check_wildcard(struct job *j, struct finding *f, const struct rrset *set, const struct verdict *of,
                            struct verdict *out, struct now now)
{
    struct trust_note note = {.ede = DNS_EDE_NONE};
    const struct dnssec_keys *keys;
    struct proof_set proofs;
    struct proof_result result;

    start(out);
    if (set->type ==
        DNS_TYPE_DNAME) { /* which names it would speak for depends on who asks first (RFC 4592 section 4.4) */
        return bogus(j, FAIL_BOGUS, rrset_owner(set), set->type, out);
    }
    enum trust t = trust_keys(j, of->zone, &keys, &note, now);
    if (t != TRUST_YES) {
        return by_trust(j, t, rrset_owner(set), set->type, &note, out);
    }
    if (!collect_proofs(j, f, of->zone, keys, &proofs, now)) {
        return CHECKED_LATER;
    }
    proof_wildcard(&proofs, rrset_owner(set), of->labels, &j->budget->work, &result);
    if (result.proof == PROOF_SECURE) {
        aggressive_learn(j, &proofs, NULL, now);
        aggressive_learn_wildcard(j, set, of->labels, &f->origin, now);
    }
    return by_proof(j, &result, proofs.zone, rrset_owner(set), set->type, out);
}

/* Who signs the denial: the SOA's signer, or that of the first proof. */
static bool denial_signer(const struct finding *f, struct dname below, struct dname *out)
{
    if (f->s.soa != NULL && pick_signer(f->s.soa, below, f->zone, out)) {
        return true;
    }
    for (unsigned i = 0; i < f->s.proof_count; i++) {
        struct dname signer;
        if (pick_signer(f->s.proof[i], rrset_owner(f->s.proof[i]), f->zone, &signer) && dname_under(below, signer)) {
            *out = signer;
            return true;
        }
    }
    return false;
}

/* What is not proven genuine is not shown; what is shortens the life of the denial (RFC 9077 and T22). */
static void keep_valid_proofs(struct finding *f)
{
    finding_keep_valid(f);
    for (unsigned i = 0; i < f->s.proof_count; i++) {
        uint32_t ttl_s = f->s.proof[i]->ttl_s;
        f->s.negative_ttl_s = ttl_s < f->s.negative_ttl_s ? ttl_s : f->s.negative_ttl_s;
    }
}

static enum checked check_soa(struct job *j, struct finding *f, struct dname signer, const struct dnssec_keys *keys,
                              struct verdict *out, struct now now)
{
    struct rrset *soa = f->s.soa;

    if (soa == NULL) { /* the proof counts; how long, its own TTL says (RFC 9077 section 3.1) */
        f->s.negative_ttl_s = UINT32_MAX;
        return CHECKED;
    }
    if (!dname_equal(rrset_owner(soa), signer)) {
        return bogus(j, FAIL_BOGUS, rrset_owner(soa), soa->type, out);
    }
    enum checked c = verify(j, soa, signer, keys, out, now);
    if (c == CHECKED && soa->ttl_s < f->s.negative_ttl_s) {
        f->s.negative_ttl_s = soa->ttl_s;
    }
    return c;
}

enum checked check_denial(struct job *j, struct finding *f, struct verdict *out, struct now now)
{
    struct dname end = f->s.end, below = vouched(end, j->qtype), signer;
    struct trust_note note = {.ede = DNS_EDE_NONE};
    const struct dnssec_keys *keys;
    struct proof_set proofs;
    struct proof_result result;
    struct anchor a;

    start(out);
    if (!trust_anchor(j, below, &a, &note)) {
        return by_trust(j, TRUST_INSECURE, end, j->qtype, &note, out);
    }
    if (!denial_signer(f, below, &signer)) {
        return check_unsigned(j, f, NULL, out, now);
    }
    if (!dname_under(signer, a.zone) || (!f->forwarded && !dname_under(signer, f->zone))) {
        return bogus(j, FAIL_BOGUS_NO_PROOF, end, j->qtype, out); /* T78, T68 */
    }
    enum trust t = trust_keys(j, signer, &keys, &note, now);
    if (t != TRUST_YES) {
        return by_trust(j, t, end, j->qtype, &note, out);
    }
    enum checked c = check_soa(j, f, signer, keys, out, now);
    if (c != CHECKED) {
        return c;
    }
    if (!collect_proofs(j, f, signer, keys, &proofs, now)) {
        return CHECKED_LATER;
    }
    if (f->kind == REPLY_NXDOMAIN) {
        proof_nxdomain(&proofs, end, &j->budget->work, &result);
    } else {
        proof_nodata(&proofs, end, j->qtype, &j->budget->work, &result);
    }
    if (result.proof == PROOF_SECURE) {
        aggressive_learn(j, &proofs, f->s.soa, now);
    }
    c = by_proof(j, &result, proofs.zone, end, j->qtype, out);
    if (c == CHECKED) {
        keep_valid_proofs(f);
    }
    return c;
}
