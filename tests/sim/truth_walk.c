/*
 * truth_walk.c - from a question to what the zones say, by reading them
 */
#include "truth_walk.h"

#include <string.h>

#include "birth.h"
#include "dns/rdata.h"
#include "dns/types.h"

const struct truth_zone *truth_zone_of(const struct truth *t, struct dname name, uint16_t type)
{
    const struct truth_zone *best = NULL;

    for (unsigned i = 0; i < t->zones; i++) {
        const struct truth_zone *z = &t->zone[i];
        bool parents = type == DNS_TYPE_DS && dname_equal(z->origin, name) && !dname_is_root(name);
        if (!parents && dname_under(name, z->origin) && (best == NULL || z->origin.labels > best->origin.labels)) {
            best = z;
        }
    }
    return best;
}

struct rdata_ref truth_rdata(const struct rrset *set, unsigned i)
{
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref out = {0};

    while (rrset_next(&it, &out) && i-- > 0) {
    }
    return out;
}

unsigned truth_set_count(const struct truth_set *s)
{
    return s->set == NULL ? 1 : s->set->count;
}

struct rdata_ref truth_set_rdata(const struct truth_set *s, unsigned i)
{
    if (s->set == NULL) {
        return (struct rdata_ref){.data = s->target.wire, .len = s->target.len};
    }
    return truth_rdata(s->set, i);
}

/* As far as they are the zone's: a name below may be in a zone that only the configuration knows. */
static void take_sets(const struct truth *t, const struct truth_zone *z, uint16_t type, const struct lookup *l,
                      struct truth_walk *out)
{
    for (unsigned i = 0; i < l->answers && out->sets < TRUTH_SETS_MAX; i++) {
        const struct lookup_set *from = &l->answer[i];
        if (truth_zone_of(t, dname_of(&from->owner), type) != z) {
            return;
        }
        struct truth_set *to = &out->set[out->sets++];
        to->owner = from->owner;
        to->type = from->synthesised_cname ? DNS_TYPE_CNAME : from->set->type;
        to->set = from->synthesised_cname ? NULL : from->set;
        to->target = from->target;
    }
}

/* Where the aliases found so far lead; false: the last set is no alias. */
static bool alias_target(const struct truth_walk *w, uint16_t type, struct dname_buf *out)
{
    const struct truth_set *last = &w->set[w->sets - 1];
    struct dname name;

    if (w->sets == 0 || last->type != DNS_TYPE_CNAME || type == DNS_TYPE_CNAME || type == DNS_TYPE_ANY) {
        return false;
    }
    struct rdata_ref r = truth_set_rdata(last, 0);
    if (!rdata_target(DNS_TYPE_CNAME, r.data, r.len, &name)) {
        return false;
    }
    dname_copy(name, out);
    return true;
}

/* Counts the links, a DNAME by the CNAME made from it; a name met twice closes a circle. */
static void count_links(struct truth_walk *w, struct dname start)
{
    (void)start;
    w->links = 0;
    for (unsigned i = 0; i < w->sets; i++) {
        w->links += w->set[i].type == DNS_TYPE_CNAME;
        for (unsigned k = 0; k < i; k++) {
            w->loop |= w->set[i].type == w->set[k].type && w->set[i].type == DNS_TYPE_CNAME &&
                       dname_equal(dname_of(&w->set[i].owner), dname_of(&w->set[k].owner));
        }
    }
}

static void note_zone(const struct truth_zone *z, bool cd, struct truth_walk *out)
{
    out->troubled |= z->troubled;
    out->uncertain |= z->tainted && (!z->secure || cd || z->opt_out);
    out->secure &= z->secure;
    out->opt_out |= z->opt_out;
}

void truth_walk(const struct truth *t, struct dname start, uint16_t type, bool cd, struct truth_walk *out)
{
    static struct lookup l; /* big; one thread */
    struct dname_buf buf;
    struct dname name = start;

    out->sets = out->links = 0;
    out->uncertain = out->troubled = out->lame = out->loop = out->opt_out = false;
    out->secure = true;
    for (unsigned step = 0; step < TRUTH_STEPS_MAX; step++) {
        const struct truth_zone *z = truth_zone_of(t, name, type);
        if (z == NULL) {
            out->uncertain = true;
            return;
        }
        note_zone(z, cd, out);
        out->troubled |= type == DNS_TYPE_NSEC && z->secure; /* at an alias, RFC 5155 section 8.5 leaves no proof */
        zone_lookup(z->zone, name, type, false, &l);
        take_sets(t, z, type, &l, out);
        count_links(out, start);
        out->rcode = lookup_rcode(&l);
        struct dname_buf next;
        bool alias = l.answers > 0 && alias_target(out, type, &next);
        if (out->loop || out->uncertain) {
            return;
        }
        if (l.kind == LOOKUP_YXDOMAIN || !alias) {
            out->lame = l.kind == LOOKUP_REFERRAL || l.kind == LOOKUP_OUTSIDE;
            return;
        }
        buf = next;
        name = dname_of(&buf);
    }
    out->loop = true;
}

void truth_walk_here(const struct truth *t, struct dname name, uint16_t type, struct truth_walk *out)
{
    static struct lookup l; /* big; one thread */
    const struct truth_zone *z = truth_zone_of(t, name, type);

    *out = (struct truth_walk){.lame = z == NULL};
    if (z != NULL) {
        zone_lookup(z->zone, name, type, false, &l);
        take_sets(t, z, type, &l, out);
        out->rcode = l.answers > 0 ? DNS_RCODE_NOERROR : lookup_rcode(&l);
        out->lame = l.kind == LOOKUP_REFERRAL || l.kind == LOOKUP_OUTSIDE;
    }
}

bool truth_set_has(const struct rrset *set, struct rdata_ref rdata)
{
    struct rrset_iter it = rrset_rrs(set);

    for (struct rdata_ref r; rrset_next(&it, &r);) {
        if (birth_equal(set->type, r, rdata)) {
            return true;
        }
    }
    return false;
}

bool truth_knows(const struct truth_zone *z, struct dname name)
{
    static struct lookup l; /* big; one thread */

    zone_lookup(z->zone, name, DNS_TYPE_A, false, &l);
    return l.kind != LOOKUP_REFERRAL || l.answers > 0;
}

bool truth_has(const struct truth_zone *z, struct dname owner, uint16_t type, struct rdata_ref rdata, uint32_t *ttl_s)
{
    static struct lookup l; /* big; one thread */

    const struct rrset *own = zone_find(z->zone, owner, type);
    if (own != NULL && truth_set_has(own, rdata)) {
        *ttl_s = own->ttl_s;
        return true;
    }
    zone_lookup(z->zone, owner, type, true, &l);
    for (unsigned i = 0; i < l.answers; i++) {
        const struct lookup_set *a = &l.answer[i];
        if (!dname_equal(dname_of(&a->owner), owner)) {
            continue;
        }
        *ttl_s = a->set->ttl_s;
        if (a->synthesised_cname) {
            if (type == DNS_TYPE_CNAME &&
                rdata_equal(DNS_TYPE_CNAME, rdata.data, rdata.len, a->target.wire, a->target.len)) {
                return true;
            }
        } else if (a->set->type == type && truth_set_has(a->set, rdata)) {
            return true;
        }
    }
    return false;
}
