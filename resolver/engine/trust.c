/*
 * trust.c - which keys a zone has, or that it has none
 */
#include "resolver/engine/trust.h"

#include <stdio.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/dnssec/proof.h"
#include "resolver/engine/children.h"
#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"

/* What is known of the cut at a name. */
enum cut_state {
    CUT_UNKNOWN,
    CUT_UNCHECKED, /* the cache holds something that was not validated */
    CUT_SIGNED,    /* a DS set, *ds */
    CUT_UNSIGNED,  /* a delegation without DS, or in an unsigned zone */
    CUT_NONE,      /* a name of the zone above, or nothing */
    CUT_ABSENT,    /* the name does not exist, so nothing below it does */
    CUT_FAILED,
};

static const struct dname_buf *negative_anchor(const struct engine_settings *set, struct dname name)
{
    const struct dname_buf *best = NULL;

    for (size_t i = 0; i < set->negative_anchor_count; i++) {
        const struct dname_buf *n = &set->negative_anchors[i];
        if (dname_under(name, dname_of(n)) && (best == NULL || n->labels > best->labels)) {
            best = n;
        }
    }
    return best;
}

bool trust_exempt(const struct engine_settings *set, struct dname name)
{
    const struct dname_buf *negative = set->negative_anchor_count > 0 ? negative_anchor(set, name) : NULL;
    struct anchor a;

    return negative != NULL && anchors_closest(set->anchors, name, &a) && negative->labels >= a.zone.labels;
}

bool trust_anchor(const struct job *j, struct dname name, struct anchor *out, struct trust_note *note)
{
    const struct engine_settings *set = j->engine->set;
    const struct dname_buf *negative = job_is_probe(j) ? NULL : negative_anchor(set, name);
    bool found = anchors_closest(set->anchors, name, out);

    if (negative != NULL && found && negative->labels >= out->zone.labels) { /* RFC 7646 section 3 */
        note->ede = DNS_EDE_NEGATIVE_TRUST_ANCHOR;
        note->zone = dname_of(negative);
        return false;
    }
    return found;
}

bool trust_reach(const struct job *j, struct dname name, bool above, unsigned *least)
{
    struct trust_note note = {.ede = DNS_EDE_NONE};
    struct anchor anchor;

    if (!trust_anchor(j, above ? dname_parent(name) : name, &anchor, &note)) {
        return false;
    }
    const struct delegation *d = forward_zone_of(j->engine->set, name, above, false);
    *least = d != NULL && d->zone_labels > anchor.zone.labels ? d->zone_labels : anchor.zone.labels;
    return true;
}

bool trust_overrides_local(const struct engine_settings *set, struct dname name)
{
    static const struct dname test = {.wire = (const uint8_t *)"\4test", .len = 6, .labels = 1};
    struct anchor a;

    return set->dnssec != DNSSEC_OFF && anchors_closest(set->anchors, name, &a) &&
           (a.zone.labels > 0 || (set->private_root && dname_under(name, test)));
}

static const struct trust_fact *fact_of(const struct job *j, struct dname name, uint16_t type)
{
    for (const struct trust_fact *f = j->facts; f != NULL; f = f->next) {
        if (f->type == type && dname_equal(f->name, name)) {
            return f;
        }
    }
    return NULL;
}

/* Does one DS of the set ask for something that we can check (RFC 4035 section 5.2)? */
static bool ds_usable(const struct job *j, const struct rrset *ds, struct trust_note *note)
{
    const struct dnssec_policy *p = &j->engine->set->dnssec_policy;
    struct rrset_iter it = rrset_rrs(ds);
    struct rdata_ref rr;
    bool algorithm = false;

    while (rrset_next(&it, &rr)) {
        if (rr.len > 4 && dnssec_algorithm_supported(p, rr.data[2])) {
            if (dnssec_digest_supported(p, rr.data[3])) {
                return true;
            }
            algorithm = true;
        }
    }
    note->ede = algorithm ? DNS_EDE_UNSUPPORTED_DS_DIGEST : DNS_EDE_UNSUPPORTED_DNSKEY_ALGORITHM;
    note->zone = rrset_owner(ds);
    return false;
}

static struct trust_cut read_proof(struct job *j, struct dname name, struct dname zone,
                                   const struct rrset *const *proof, unsigned count)
{
    struct proof_set p = {.zone = zone};
    struct proof_result result;

    for (unsigned i = 0; i < count && i < PROOF_SETS_MAX; i++) {
        p.set[p.count++] = proof[i];
    }
    bool is_unsigned = proof_no_ds(&p, name, &j->budget->work, &result) == CUT_INSECURE;
    return (struct trust_cut){
        .name = name, .is_unsigned = is_unsigned, .too_many_iterations = result.too_many_iterations};
}

/* What was read before, or else now. */
static struct trust_cut cut_of(struct job *j, struct dname name, struct dname zone, const struct rrset *const *proof,
                               unsigned count)
{
    for (const struct trust_cut *c = j->cuts; c != NULL; c = c->next) {
        if (dname_equal(c->name, name)) {
            return *c;
        }
    }
    struct trust_cut read = read_proof(j, name, zone, proof, count);
    struct trust_cut *kept = arena_dup(&j->arena, &read, sizeof read);
    if (kept != NULL && job_keep_name(j, name, &kept->name)) { /* without memory it is just read again */
        kept->next = j->cuts;
        j->cuts = kept;
    }
    return read;
}

/* The cut by a validated proof that it has no DS. */
static enum cut_state cut_by_proof(struct job *j, struct dname name, const struct rrset *const *proof, unsigned count,
                                   struct trust_note *note)
{
    struct dname zone;

    if (count == 0 || !dnssec_signer(proof[0], &zone)) {
        return CUT_NONE;
    }
    struct trust_cut cut = cut_of(j, name, zone, proof, count);
    if (!cut.is_unsigned) {
        return CUT_NONE;
    }
    if (cut.too_many_iterations) {
        note->ede = DNS_EDE_UNSUPPORTED_NSEC3_ITERATIONS;
        note->zone = zone;
    }
    return CUT_UNSIGNED;
}

static enum cut_state cut_by_fact(struct job *j, const struct trust_fact *f, const struct rrset **ds,
                                  struct trust_note *note)
{
    if (f->failure != FAIL_NONE) {
        note->failure = f->failure;
        note->text = f->text;
        return CUT_FAILED;
    }
    if (f->alias) {
        return CUT_NONE; /* whatever it leads to, signed or not: an alias is no cut (T79) */
    }
    if (f->security != SEC_SECURE) {
        return CUT_UNSIGNED;
    }
    if (f->set != NULL) {
        *ds = f->set;
        return ds_usable(j, f->set, note) ? CUT_SIGNED : CUT_UNSIGNED;
    }
    if (f->rcode == DNS_RCODE_NXDOMAIN) {
        return CUT_ABSENT;
    }
    return cut_by_proof(j, f->name, f->proof, f->proof_count, note);
}

static enum cut_state cut_by_cache(struct job *j, struct dname name, const struct rrset **ds, struct trust_note *note,
                                   struct now now)
{
    struct cache *c = j->engine->cache;
    struct cache_hit hit;

    if (job_is_cold(j)) {
        return CUT_UNKNOWN;
    }
    if (!cache_get(c, name, DNS_TYPE_DS, now, &hit)) {
        if (!cache_get_nxdomain(c, name, now, &hit) || hit.origin.security == SEC_UNCHECKED) {
            return CUT_UNKNOWN;
        }
        return hit.origin.security == SEC_SECURE ? CUT_ABSENT : CUT_UNSIGNED;
    }
    switch (hit.origin.security) {
    case SEC_SECURE:
        break;
    case SEC_INSECURE:
        return CUT_UNSIGNED;
    default:
        return CUT_UNCHECKED;
    }
    if (hit.negative) {
        return cut_by_proof(j, name, hit.proof, hit.proof_count, note);
    }
    *ds = hit.rrset;
    return ds_usable(j, hit.rrset, note) ? CUT_SIGNED : CUT_UNSIGNED;
}

static enum cut_state cut_at(struct job *j, struct dname name, const struct rrset **ds, struct trust_note *note,
                             struct now now)
{
    const struct trust_fact *f = fact_of(j, name, DNS_TYPE_DS);

    return f != NULL ? cut_by_fact(j, f, ds, note) : cut_by_cache(j, name, ds, note, now);
}

/* A child for (name, type). */
static enum trust want(struct job *j, struct dname name, uint16_t type, struct trust_note *note, struct now now)
{
    note->failure = children_want_trust(j, name, type, now);
    return note->failure == FAIL_NONE ? TRUST_WAIT : TRUST_FAILED;
}

static struct dname cut_name(struct dname name, unsigned labels)
{
    return dname_suffix(name, labels);
}

enum trust trust_ds(struct job *j, struct dname zone, const struct rrset **ds, struct trust_note *note, struct now now)
{
    struct anchor a;

    if (!trust_anchor(j, zone, &a, note)) {
        return TRUST_INSECURE;
    }
    for (unsigned labels = a.zone.labels + 1u; labels <= zone.labels; labels++) {
        struct dname name = cut_name(zone, labels);
        bool last = labels == zone.labels;
        switch (cut_at(j, name, ds, note, now)) {
        case CUT_UNKNOWN:
            if (!last) {
                break; /* the DS at the end tells, and what signs it */
            }
            return want(j, name, DNS_TYPE_DS, note, now);
        case CUT_UNCHECKED:
            return want(j, name, DNS_TYPE_DS, note, now);
        case CUT_UNSIGNED:
            return TRUST_INSECURE;
        case CUT_FAILED:
            return TRUST_FAILED;
        case CUT_ABSENT:
            return TRUST_NO_ZONE;
        case CUT_NONE:
            if (last) {
                return TRUST_NO_ZONE;
            }
            break;
        case CUT_SIGNED:
            break;
        }
    }
    return TRUST_YES;
}

static enum trust keys_of_set(struct job *j, const struct rrset *dnskey, const struct dnssec_keys **keys,
                              struct trust_note *note)
{
    *keys = keyring_get(j->engine->keyring, dnskey, &j->engine->set->dnssec_policy);
    if (*keys == NULL) {
        note->failure = FAIL_NO_MEMORY;
        return TRUST_FAILED;
    }
    return TRUST_YES;
}

static enum trust keys_by_fact(struct job *j, const struct trust_fact *f, const struct dnssec_keys **keys,
                               struct trust_note *note)
{
    if (f->failure != FAIL_NONE) {
        note->failure = f->failure;
        note->text = f->text;
        return TRUST_FAILED;
    }
    if (f->alias || (f->set == NULL && f->security == SEC_SECURE)) {
        note->failure = FAIL_BOGUS_NO_KEY;
        return TRUST_FAILED;
    }
    if (f->security != SEC_SECURE) {
        return TRUST_INSECURE;
    }
    return keys_of_set(j, f->set, keys, note);
}

enum trust trust_keys(struct job *j, struct dname zone, const struct dnssec_keys **keys, struct trust_note *note,
                      struct now now)
{
    const struct trust_fact *f = fact_of(j, zone, DNS_TYPE_DNSKEY);
    const struct rrset *ds = NULL;
    struct anchor a;
    struct cache_hit hit;

    if (!trust_anchor(j, zone, &a, note)) {
        return TRUST_INSECURE;
    }
    if (f != NULL) {
        return keys_by_fact(j, f, keys, note);
    }
    if (!job_is_cold(j) && cache_get(j->engine->cache, zone, DNS_TYPE_DNSKEY, now, &hit) && !hit.negative &&
        hit.origin.security == SEC_SECURE) {
        return keys_of_set(j, hit.rrset, keys, note);
    }
    if (!job_is_cold(j)) { /* else the child tells: it must not be asked twice for what is not kept */
        enum trust t = trust_ds(j, zone, &ds, note, now);
        if (t != TRUST_YES) {
            return t;
        }
    }
    return want(j, zone, DNS_TYPE_DNSKEY, note, now);
}

void trust_begin(struct job *j, const struct rrset *ds, struct now now)
{
    struct dname zone = rrset_owner(ds);
    struct trust_note note = {.ede = DNS_EDE_NONE};
    struct anchor a;
    struct cache_hit hit;
    bool itself = j->qtype == DNS_TYPE_DNSKEY && dname_equal(j->qname, zone);

    if (itself || job_is_cold(j) || !job_validates(j, j->engine->set) || !trust_anchor(j, zone, &a, &note) ||
        !ds_usable(j, ds, &note) || fact_of(j, zone, DNS_TYPE_DNSKEY) != NULL ||
        cache_get(j->engine->cache, zone, DNS_TYPE_DNSKEY, now, &hit)) {
        return;
    }
    children_want_keys_ahead(j, zone, now);
}

/* All that is known without a question, from the anchor down. *signed_labels: the deepest signed cut; *unknown: the
 * first cut below it of which nothing is known, 0: none. */
static enum trust walk_known(struct job *j, struct dname name, unsigned top, unsigned *signed_labels, unsigned *unknown,
                             struct trust_note *note, struct now now)
{
    const struct rrset *ds;

    *signed_labels = top;
    *unknown = 0;
    for (unsigned labels = top + 1; labels <= name.labels; labels++) {
        switch (cut_at(j, cut_name(name, labels), &ds, note, now)) {
        case CUT_UNCHECKED:
            return want(j, cut_name(name, labels), DNS_TYPE_DS, note, now);
        case CUT_UNSIGNED:
            return TRUST_INSECURE;
        case CUT_FAILED:
            return TRUST_FAILED;
        case CUT_ABSENT:
            *unknown = 0;
            return TRUST_YES;
        case CUT_SIGNED:
            *signed_labels = labels;
            *unknown = 0;
            break;
        case CUT_UNKNOWN:
            *unknown = *unknown == 0 ? labels : *unknown;
            break;
        case CUT_NONE:
            break;
        }
    }
    return TRUST_YES;
}

enum trust trust_unsigned(struct job *j, struct dname name, struct dname asked, unsigned *walked,
                          struct trust_note *note, struct now now)
{
    const struct rrset *ds;
    struct anchor a;
    unsigned secure, unknown;

    if (!trust_anchor(j, name, &a, note)) {
        return TRUST_INSECURE;
    }
    enum trust t = walk_known(j, name, a.zone.labels, &secure, &unknown, note, now);
    if (t != TRUST_YES || unknown == 0) {
        return t;
    }
    if (++*walked > ENGINE_TRUST_WALK_MAX) {
        note->failure = FAIL_BOGUS_WORK;
        j->budget->work.given_up = true;
        return TRUST_FAILED;
    }
    if (dname_under(name, asked) && asked.labels > secure && cut_at(j, asked, &ds, note, now) == CUT_UNKNOWN) {
        unknown = asked.labels; /* a cut for sure, and its DS tells all that is above it */
    }
    return want(j, cut_name(name, unknown), DNS_TYPE_DS, note, now);
}

/* Copies the set into the job's arena; NULL also when memory is short, and then the fact is a failure. */
static const struct rrset *keep(struct job *j, const struct rrset *set, struct trust_fact *f)
{
    const struct rrset *copy = rrset_dup(set, &j->arena);

    if (copy == NULL) {
        f->failure = FAIL_NO_MEMORY;
    }
    return copy;
}

/* What a failed child means for who needed it: the verdict itself, a limit, or just that there are no keys. */
static enum failure failure_of(const struct outcome *o)
{
    switch (o->failure) {
    case FAIL_NO_REACHABLE:
    case FAIL_NO_ADDRESS:
    case FAIL_ALL_LAME:
    case FAIL_UPSTREAM_SERVFAIL:
    case FAIL_BROKEN_REPLIES:
    case FAIL_CACHED_FAILURE:
    case FAIL_NO_ROOT:
    case FAIL_BAD_NAME:
    case FAIL_ALIAS_LIMIT:
    case FAIL_ALIAS_LOOP:
        return FAIL_BOGUS_CHAIN;
    default:
        return o->failure;
    }
}

/* What the cache remembers has lost its details: whose key or DS it was must still be told. */
static const char *recalled_text(struct job *j, const struct job *child)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], text[400];

    dname_print(child->goal, name);
    snprintf(text, sizeof text, "%.200s %s, %.100s", name, dns_type_text(child->qtype, type), child->outcome.ede_text);
    return arena_dup(&j->arena, text, strlen(text) + 1);
}

bool trust_learn(struct job *j, const struct job *child)
{
    const struct outcome *o = &child->outcome;
    struct trust_fact *f = ARENA_NEW(&j->arena, struct trust_fact);

    if (f == NULL || !job_keep_name(j, child->goal, &f->name)) {
        return false;
    }
    f->type = child->qtype;
    f->failure = failure_of(o);
    f->security = o->security;
    f->rcode = o->rcode;
    if (o->ede_text != NULL) {
        f->text =
            child->recalled ? recalled_text(j, child) : arena_dup(&j->arena, o->ede_text, strlen(o->ede_text) + 1);
    }
    if (o->answers > 0) {
        const struct rrset *first = o->answer[0].set;
        bool own = first->type == f->type && dname_equal(rrset_owner(first), f->name);
        f->alias = !own;
        f->set = own ? keep(j, first, f) : NULL;
    }
    for (unsigned i = 0; i < o->authorities && f->proof_count < SCRUB_PROOFS_MAX && f->set == NULL; i++) {
        uint16_t type = o->authority[i].set->type;
        if (type == DNS_TYPE_NSEC || type == DNS_TYPE_NSEC3) {
            f->proof[f->proof_count] = keep(j, o->authority[i].set, f);
            f->proof_count += f->proof[f->proof_count] != NULL;
        }
    }
    f->next = j->facts;
    j->facts = f;
    return true;
}
