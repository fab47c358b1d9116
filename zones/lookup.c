#include "zones/lookup.h"

#include "dns/rdata.h"
#include "dns/types.h"
#include "zones/denial.h"
#include "zones/tree.h"

/* One question on its way through the zone: `name` is the name at hand, the question's own at first, then each alias's
 * target. */
struct walk {
    const struct zone *z;
    struct dname name;
    struct dname_buf storage; /* of name, after the first alias */
    uint16_t qtype;
    unsigned aliases; /* followed so far */
    struct lookup *out;
};

/* ---- collecting ---- */

static struct lookup_set *add_answer(struct lookup *l, const struct rrset *set, struct dname owner)
{
    if (l->answers == LOOKUP_SETS_MAX) {
        return NULL;
    }
    struct lookup_set *a = &l->answer[l->answers++];
    a->set = set;
    a->synthesised_cname = false;
    a->signatures_only = false;
    dname_copy(owner, &a->owner);
    return a;
}

static bool has_answer(const struct lookup *l, const struct rrset *set)
{
    for (unsigned i = 0; i < l->answers; i++) {
        if (l->answer[i].set == set && !l->answer[i].synthesised_cname) {
            return true;
        }
    }
    return false;
}

/* Was this name an alias already? Then the chain is a loop. */
static bool was_alias(const struct lookup *l, struct dname name)
{
    for (unsigned i = 0; i < l->answers; i++) {
        const struct lookup_set *a = &l->answer[i];
        bool alias = a->synthesised_cname || a->set->type == DNS_TYPE_CNAME;
        if (alias && dname_equal(dname_of(&a->owner), name)) {
            return true;
        }
    }
    return false;
}

static void add_additional(struct lookup *l, const struct rrset *set)
{
    if (set == NULL || has_answer(l, set) || l->additionals == LOOKUP_SETS_MAX) {
        return;
    }
    for (unsigned i = 0; i < l->additionals; i++) {
        if (l->additional[i] == set) {
            return;
        }
    }
    l->additional[l->additionals++] = set;
}

static void add_addresses_of(struct lookup *l, const struct zone *z, struct dname target, enum tree_walk how)
{
    if (!dname_under(target, zone_origin(z))) {
        return;
    }
    struct tree_place p = tree_find(z, target, how);
    if (!p.exact || (how == TREE_VISIBLE && (p.node->flags & NODE_CUT) != 0)) {
        return;
    }
    add_additional(l, tree_set(z, p.node, DNS_TYPE_A));
    add_additional(l, tree_set(z, p.node, DNS_TYPE_AAAA));
}

/* RFC 1035 section 3.3 (NS, MX), RFC 2782 (SRV) ...: addresses of the names that the records point at, as far as the
 * zone has them. Targets at or below `only_below` when it is given, else all; L20 bounds their number. */
static void add_addresses(struct lookup *l, const struct zone *z, const struct rrset *set,
                          const struct dname *only_below)
{
    if ((rdata_type(set->type)->flags & RR_ADDL) == 0) {
        return;
    }
    enum tree_walk how = set->type == DNS_TYPE_NS ? TREE_ALL : TREE_VISIBLE;
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    for (unsigned names = 0; names < DNS_ADDITIONAL_NAMES_MAX && rrset_next(&it, &rr); names++) {
        struct dname target;
        if (!rdata_target(set->type, rr.data, rr.len, &target)) {
            continue;
        }
        if (only_below == NULL || dname_under(target, *only_below)) {
            add_addresses_of(l, z, target, how);
        }
    }
}

static void add_soa(struct walk *w)
{
    const struct rrset *soa = tree_set(w->z, &w->z->node[0], DNS_TYPE_SOA);
    struct rdata_soa fields;
    if (soa == NULL) {
        return; /* a loose zone */
    }
    struct rdata_ref rr = rrset_first(soa);
    w->out->negative_ttl_s = soa->ttl_s;
    if (rdata_soa(rr.data, rr.len, &fields) && fields.minimum_s < soa->ttl_s) {
        w->out->negative_ttl_s = fields.minimum_s;
    }
    w->out->authority[w->out->authorities++] = soa;
}

/* ---- endings ---- */

static void end_referral(struct walk *w, const struct zone_node *cut)
{
    struct lookup *l = w->out;
    const struct rrset *ns = tree_set(w->z, cut, DNS_TYPE_NS);
    struct dname name = node_name(cut);
    l->kind = LOOKUP_REFERRAL;
    l->authoritative = l->answers > 0; /* AA speaks of the first owner in the answer (RFC 1035 section 4.1.1) */
    l->authority[l->authorities++] = ns;
    if (l->dnssec_ok) {
        denial_referral(w->z, cut, l);
    }
    /* In-domain glue first: without it the referral is of no use. */
    add_addresses(l, w->z, ns, &name);
    l->glue = l->additionals;
    add_addresses(l, w->z, ns, NULL);
}

static void end_negative(struct walk *w, enum lookup_kind kind)
{
    w->out->kind = kind;
    add_soa(w);
}

static void end_nodata(struct walk *w, const struct zone_node *n, bool wildcard)
{
    end_negative(w, LOOKUP_NODATA);
    if (w->out->dnssec_ok) {
        denial_nodata(w->z, n, w->name, wildcard, w->out);
    }
}

static void end_nxdomain(struct walk *w, const struct zone_node *encloser)
{
    end_negative(w, LOOKUP_NXDOMAIN);
    if (w->out->dnssec_ok) {
        denial_nxdomain(w->z, encloser, w->name, w->out);
    }
}

/* All RRsets of a name: ANY, or RRSIG, which is the signatures of each. */
static bool add_all(struct walk *w, const struct zone_node *n)
{
    bool found = false;
    for (size_t i = 0; i < n->sets; i++) {
        const struct rrset *s = w->z->set[n->first_set + i];
        if (w->qtype == DNS_TYPE_RRSIG && s->sig_count == 0) {
            continue;
        }
        struct lookup_set *a = add_answer(w->out, s, w->name);
        if (a != NULL) {
            a->signatures_only = w->qtype == DNS_TYPE_RRSIG;
            found = true;
        }
    }
    return found;
}

/* The data asked for at a node that the name has, or is given by a wildcard. False: none of that type. */
static bool add_data(struct walk *w, const struct zone_node *n)
{
    if (w->qtype == DNS_TYPE_ANY || w->qtype == DNS_TYPE_RRSIG) {
        return add_all(w, n);
    }
    const struct rrset *s = tree_set(w->z, n, w->qtype);
    if (s == NULL) {
        return false;
    }
    add_answer(w->out, s, w->name);
    add_addresses(w->out, w->z, s, NULL);
    return true;
}

/* ---- aliases ---- */

/* Goes on at `target`. False: the walk ends here. */
static bool follow(struct walk *w, struct dname target)
{
    struct lookup *l = w->out;
    l->kind = LOOKUP_ALIAS;
    if (!dname_under(target, zone_origin(w->z)) || was_alias(l, target) || ++w->aliases == LOOKUP_CHAIN_MAX) {
        return false;
    }
    dname_copy(target, &w->storage);
    w->name = dname_of(&w->storage);
    return true;
}

static bool follow_cname(struct walk *w, const struct rrset *cname)
{
    struct rdata_ref rr = rrset_first(cname);
    struct dname target;
    add_answer(w->out, cname, w->name);
    return rdata_target(DNS_TYPE_CNAME, rr.data, rr.len, &target) && follow(w, target);
}

/* RFC 6672 section 3.2: the DNAME, and a CNAME made from it for who does not know DNAME. */
static bool follow_dname(struct walk *w, const struct zone_node *n)
{
    struct lookup *l = w->out;
    const struct rrset *dname = tree_set(w->z, n, DNS_TYPE_DNAME);
    struct rdata_ref rr = rrset_first(dname);
    struct dname target;
    if (!has_answer(l, dname)) {
        add_answer(l, dname, node_name(n));
    }
    struct dname_buf replaced;
    if (!rdata_target(DNS_TYPE_DNAME, rr.data, rr.len, &target) ||
        !dname_replace_suffix(w->name, node_name(n), target, &replaced)) {
        l->kind = LOOKUP_YXDOMAIN;
        return false;
    }
    struct lookup_set *a = add_answer(l, dname, w->name);
    if (a == NULL) {
        l->kind = LOOKUP_ALIAS;
        return false;
    }
    a->synthesised_cname = true;
    a->target = replaced;
    if (w->qtype == DNS_TYPE_CNAME || w->qtype == DNS_TYPE_ANY) {
        l->kind = LOOKUP_ANSWER;
        return false;
    }
    return follow(w, dname_of(&replaced));
}

/* ---- the way of RFC 1034 section 4.3.2, step 3 ---- */

/* The name is the node's own or, when the node is the wildcard of `encloser`, made from it. True: go on with the
 * alias's target. */
static bool answer_from(struct walk *w, const struct zone_node *n, const struct zone_node *encloser)
{
    struct lookup *l = w->out;
    bool found = add_data(w, n);
    /* RFC 4035 section 2.5: these two stand beside a CNAME, so they are asked of the alias itself. */
    bool own = w->qtype == DNS_TYPE_RRSIG || w->qtype == DNS_TYPE_NSEC;
    const struct rrset *cname = own ? NULL : tree_set(w->z, n, DNS_TYPE_CNAME);
    if (!found && cname == NULL) {
        end_nodata(w, n, encloser != NULL);
        return false;
    }
    if (encloser != NULL && l->dnssec_ok) {
        denial_wildcard(w->z, encloser, w->name, l);
    }
    if (found) {
        l->kind = LOOKUP_ANSWER;
        return false;
    }
    return follow_cname(w, cname);
}

/* One name. True: an alias, go on with its target. */
static bool step(struct walk *w)
{
    const struct zone *z = w->z;
    /* -Wanalyzer-use-of-uninitialized-value: tree_find fills all of it */
    struct tree_place p = tree_find(z, w->name, TREE_VISIBLE);

    /* Step 3b. The parent answers for the DS of a cut (RFC 4035 section 3.1.4.1). */
    if ((p.node->flags & NODE_CUT) != 0 && !(p.exact && w->qtype == DNS_TYPE_DS)) {
        end_referral(w, p.node);
        return false;
    }
    if (p.exact) {
        return answer_from(w, p.node, NULL);
    }
    /* Step 3c, as RFC 6672 section 3.2 has it: DNAME before wildcards. */
    if ((p.node->flags & NODE_DNAME) != 0) {
        return follow_dname(w, p.node);
    }
    const struct zone_node *star = tree_wildcard(z, p.node);
    if (star == NULL) {
        end_nxdomain(w, p.node);
        return false;
    }
    return answer_from(w, star, p.node);
}

void zone_lookup(const struct zone *z, struct dname qname, uint16_t qtype, bool dnssec_ok, struct lookup *out)
{
    struct walk w = {.z = z, .name = qname, .qtype = qtype, .out = out};
    out->kind = LOOKUP_OUTSIDE;
    out->authoritative = false;
    out->dnssec_ok = dnssec_ok;
    out->answers = out->authorities = out->additionals = out->glue = 0;
    out->negative_ttl_s = 0;
    if (!dname_under(qname, zone_origin(z))) {
        return;
    }
    out->authoritative = true;
    while (step(&w)) {
    }
}

/* ---- to a message ---- */

uint8_t lookup_rcode(const struct lookup *l)
{
    switch (l->kind) {
    case LOOKUP_NXDOMAIN:
        return DNS_RCODE_NXDOMAIN;
    case LOOKUP_YXDOMAIN:
        return DNS_RCODE_YXDOMAIN;
    case LOOKUP_OUTSIDE:
        return DNS_RCODE_REFUSED;
    default:
        return DNS_RCODE_NOERROR;
    }
}

static bool write_signatures(struct build *b, const struct rrset *set, struct dname owner)
{
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref sig;
    while (rrset_next(&it, &sig)) {
        if (!build_rr(b, DNS_ANSWER, owner, DNS_TYPE_RRSIG, DNS_CLASS_IN, set->ttl_s, sig.data, sig.len)) {
            return false;
        }
    }
    return true;
}

static bool write_answer(struct build *b, const struct lookup_set *a, unsigned flags)
{
    struct dname owner = dname_of(&a->owner);
    if (a->synthesised_cname) {
        /* RFC 6672 section 3.1: the CNAME takes the DNAME's TTL and is not signed. */
        return build_rr(b, DNS_ANSWER, owner, DNS_TYPE_CNAME, DNS_CLASS_IN, a->set->ttl_s, a->target.wire,
                        a->target.len);
    }
    if (a->signatures_only) {
        return write_signatures(b, a->set, owner);
    }
    return build_rrset(b, DNS_ANSWER, a->set, &owner, a->set->ttl_s, 0, flags);
}

void lookup_write(const struct lookup *l, struct build *b)
{
    unsigned flags = l->dnssec_ok ? BUILD_SIGS : 0;
    b->flags = (uint16_t)((b->flags & ~0xfu) | lookup_rcode(l) | (l->authoritative ? DNS_FLAG_AA : 0));
    for (unsigned i = 0; i < l->answers; i++) {
        if (!write_answer(b, &l->answer[i], flags)) {
            build_truncate(b);
            return;
        }
    }
    for (unsigned i = 0; i < l->authorities; i++) {
        const struct rrset *s = l->authority[i];
        uint32_t ttl_s = s->type == DNS_TYPE_SOA ? l->negative_ttl_s : s->ttl_s;
        if (!build_rrset(b, DNS_AUTHORITY, s, NULL, ttl_s, 0, flags)) {
            build_truncate(b);
            return;
        }
    }
    for (unsigned i = 0; i < l->additionals; i++) {
        const struct rrset *s = l->additional[i];
        if (!build_rrset(b, DNS_ADDITIONAL, s, NULL, s->ttl_s, 0, flags) && i < l->glue) {
            build_truncate(b);
            return;
        }
    }
}
