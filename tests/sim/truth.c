/*
 * truth.c - what the zones of a scenario say, whatever its servers do
 */
#include "truth.h"

#include <string.h>

#include "birth.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "resolver/engine/limits.h"
#include "truth_age.h"
#include "truth_walk.h"

/* Where case is not looked at, nothing is wrong with a reply in another case. */
static bool lies(const struct sim *s, const struct doing *d)
{
    return (!s->set.case_randomisation && word_is(d->before, "wrong-case")) || d->message || d->strip[0] != 0 ||
           d->unsign[0] != 0 || d->spoil[0] != 0 || d->turn >= 0 || d->as.len > 0 || d->hex.len > 0 ||
           d->rcode == DNS_RCODE_NOERROR || d->rcode == DNS_RCODE_NXDOMAIN || d->rcode == DNS_RCODE_YXDOMAIN;
}

static struct truth_zone *add_zone(struct truth *t, const struct host *h, size_t at)
{
    struct dname origin = zone_origin(h->zone[at]);

    for (unsigned i = 0; i < t->zones; i++) {
        if (dname_equal(t->zone[i].origin, origin)) {
            return &t->zone[i];
        }
    }
    if (t->zones == TRUTH_ZONES_MAX) {
        return &t->zone[0];
    }
    struct truth_zone *z = &t->zone[t->zones++];
    *z = (struct truth_zone){
        .zone = h->zone[at], .origin = origin, .opt_out = (h->signing[at].flags & SIGN_OPT_OUT) != 0};
    return z;
}

static const struct truth_zone *parent_of(const struct truth *t, const struct truth_zone *z)
{
    return dname_is_root(z->origin) ? NULL : truth_zone_of(t, dname_parent(z->origin), 0);
}

static bool take_from(struct truth_zone *z, const struct truth_zone *from)
{
    bool news = from != NULL && ((from->troubled && !z->troubled) || (from->tainted && !z->tainted));

    if (news) {
        z->troubled |= from->troubled;
        z->tainted |= from->tainted;
    }
    return news;
}

/* Troubles come from the parent, and from the zones of the servers' names. True: something was new. */
static bool inherit(struct truth *t, struct truth_zone *z)
{
    if (z->configured && !z->walked) {
        return false;
    }
    bool news = take_from(z, parent_of(t, z));
    const struct rrset *ns = zone_find(z->zone, z->origin, DNS_TYPE_NS);

    for (unsigned i = 0; ns != NULL && i < ns->count; i++) {
        struct rdata_ref r = truth_rdata(ns, i);
        struct dname name;
        if (rdata_target(DNS_TYPE_NS, r.data, r.len, &name)) {
            news |= take_from(z, truth_zone_of(t, name, 0));
        }
    }
    return news;
}

static bool has_address(const struct truth_zone *z, struct dname name)
{
    return z != NULL &&
           (zone_find(z->zone, name, DNS_TYPE_A) != NULL || zone_find(z->zone, name, DNS_TYPE_AAAA) != NULL);
}

/* A server of the zone can be found. (One that was made shorter may lack them.) */
static bool has_servers(const struct truth *t, const struct truth_zone *z)
{
    const struct truth_zone *p = parent_of(t, z);
    const struct rrset *ns = p == NULL ? NULL : zone_find(p->zone, z->origin, DNS_TYPE_NS);
    struct rdata_ref r;
    struct dname name;

    if (z->configured) {
        return true;
    }
    if (ns == NULL) {
        return p == NULL;
    }
    for (struct rrset_iter it = rrset_rrs(ns); rrset_next(&it, &r);) {
        if (rdata_target(DNS_TYPE_NS, r.data, r.len, &name) &&
            has_address(dname_under(name, z->origin) ? p : truth_zone_of(t, name, 0), name)) {
            return true;
        }
    }
    return false;
}

static bool is_negative(const struct sim *s, struct dname zone)
{
    for (size_t i = 0; i < s->set.negative_anchor_count; i++) {
        if (dname_under(zone, dname_of(&s->negative[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_secure(const struct truth *t, const struct sim *s, const struct truth_zone *z)
{
    if (is_negative(s, z->origin)) {
        return false;
    }
    for (;;) {
        if (zone_find(z->zone, z->origin, DNS_TYPE_DNSKEY) == NULL) {
            return false;
        }
        const struct truth_zone *p = parent_of(t, z);
        if (p == NULL) {
            return t->anchored;
        }
        if (zone_find(p->zone, z->origin, DNS_TYPE_DS) == NULL) {
            return false;
        }
        z = p;
    }
}

/* A zone that its parent does not delegate is nowhere, whoever serves it. */
static void drop_undelegated(struct truth *t)
{
    for (unsigned i = 0; i < t->zones;) {
        const struct truth_zone *z = &t->zone[i], *p = parent_of(t, z);
        if (p == NULL || z->configured || zone_find(p->zone, z->origin, DNS_TYPE_NS) != NULL) {
            i++;
            continue;
        }
        t->zone[i] = t->zone[--t->zones];
        i = 0; /* those below it may be nowhere, too */
    }
}

static void read_configured(struct truth *t, const struct sim *s)
{
    for (size_t i = 0; i < s->set.zone_count; i++) {
        for (unsigned k = 0; k < t->zones; k++) {
            struct truth_zone *z = &t->zone[k];
            if (dname_equal(delegation_zone(s->zones[i]), z->origin)) {
                z->configured = true;
                z->walked =
                    (s->zones[i]->flags & DELEGATION_FORWARD_FIRST) != 0 || (t->anchored && !is_negative(s, z->origin));
            }
        }
    }
}

void truth_read(struct truth *t, const struct sim *s)
{
    *t = (struct truth){.anchored = s->set.dnssec == DNSSEC_VALIDATE};
    for (size_t i = 0; i < s->hosts.count; i++) {
        const struct host *h = s->hosts.host[i];
        for (size_t z = 0; z < h->zones; z++) {
            struct truth_zone *zone = add_zone(t, h, z);
            for (size_t r = 0; r < h->rules; r++) {
                zone->troubled = true;
                zone->tainted |= lies(s, &h->rule[r].doing);
            }
        }
    }
    read_configured(t, s);
    drop_undelegated(t);
    for (unsigned i = 0; i < t->zones; i++) {
        t->zone[i].troubled |= !has_servers(t, &t->zone[i]);
    }
    for (bool news = true; news;) {
        news = false;
        for (unsigned i = 0; i < t->zones; i++) {
            news |= inherit(t, &t->zone[i]);
        }
    }
    for (unsigned i = 0; i < t->zones; i++) {
        t->zone[i].secure = is_secure(t, s, &t->zone[i]);
    }
}

/* ---- answers ---- */

static bool has_record(const struct dns_msg *m, const struct truth_set *set, struct rdata_ref rdata)
{
    uint8_t buf[65535];

    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        struct writer w = writer_of(buf, sizeof buf);
        if (m->rr[i].type == set->type && dns_msg_owner_is(m, i, dname_of(&set->owner)) &&
            dns_msg_rdata(m, i, &w) == DNS_OK &&
            birth_equal(set->type, (struct rdata_ref){.data = buf, .len = (uint16_t)w.pos}, rdata)) {
            return true;
        }
    }
    return false;
}

static bool has_all(const struct dns_msg *m, const struct truth_walk *walk)
{
    for (unsigned i = 0; i < walk->sets; i++) {
        const struct truth_set *set = &walk->set[i];
        bool dname = set->type == DNS_TYPE_DNAME && !walk->secure; /* RFC 6672 section 3.1: without it one can do */
        for (unsigned k = 0; k < truth_set_count(set) && !dname; k++) {
            if (!has_record(m, set, truth_set_rdata(set, k))) {
                return false;
            }
        }
    }
    return true;
}

/* Every record of the answer is in its zone, unless a liar had a hand in that. */
static const char *judge_records(const struct truth *t, const struct sim *s, const struct dns_msg *m,
                                 const struct client *c)
{
    uint8_t buf[65535];

    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        struct dname_buf owner;
        struct writer w = writer_of(buf, sizeof buf);
        struct dname name = dns_msg_owner(m, i, &owner);
        bool of_ds = c->type == DNS_TYPE_DS && m->rr[i].type == DNS_TYPE_CNAME; /* that is the parent's, too */
        const struct truth_zone *z = truth_zone_of(t, name, of_ds ? DNS_TYPE_DS : m->rr[i].type);
        if (m->rr[i].type == DNS_TYPE_RRSIG || z == NULL || !truth_knows(z, name) ||
            (z->tainted && (!z->secure || c->cd || z->opt_out))) {
            continue;
        }
        uint32_t ttl_s = 0;
        bool good = dns_msg_rdata(m, i, &w) == DNS_OK;
        struct rdata_ref rdata = {.data = buf, .len = (uint16_t)w.pos};
        if (!good || !truth_has(z, name, m->rr[i].type, rdata, &ttl_s)) {
            return "a record that its zone does not have";
        }
        const char *wrong = truth_age_of_record(s, c, m, &m->rr[i], rdata, ttl_s);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* Reasons that somebody may be given though all servers are well. */
static bool may_fail(const struct truth_walk *walk, const struct sim *s, const struct client *c)
{
    bool stood = s->stood_until_us != 0 && c->answered_us < s->stood_until_us + CACHE_FAILURE_MAX_S * US_PER_S;

    /* every job of a cold query walks from the root */
    bool long_way = (c->flags & QUERY_COLD) != 0 && (c->failure == FAIL_TIME_LIMIT || c->failure == FAIL_SEND_LIMIT);

    return stood || long_way || walk->troubled || walk->lame ||
           (walk->links > ENGINE_ALIASES_MAX && c->failure == FAIL_ALIAS_LIMIT) ||
           (walk->loop && (c->failure == FAIL_ALIAS_LOOP || c->failure == FAIL_ALIAS_LIMIT)) ||
           (c->failure == FAIL_CACHED_FAILURE && (walk->links > ENGINE_ALIASES_MAX || walk->loop));
}

static const char *judge_ad(const struct truth_walk *walk, const struct dns_msg *m, const struct client *c)
{
    if ((m->flags & DNS_FLAG_AD) != 0) {
        return walk->secure && !c->cd ? NULL : "AD on what is not secure";
    }
    bool should =
        walk->secure && !walk->opt_out && !walk->troubled && c->dnssec_ok && !c->cd && c->type != DNS_TYPE_ANY;
    return should ? "no AD on what is secure" : NULL;
}

/* The whole answer, when no liar had a hand in it. */
static const char *judge_whole(const struct truth *t, const struct sim *s, const struct dns_msg *m,
                               const struct truth_walk *walk, const struct client *c)
{
    uint16_t rcode = dns_msg_rcode(m);

    if (rcode == DNS_RCODE_SERVFAIL) {
        return may_fail(walk, s, c) || (t->clock_off && t->anchored) ? NULL : "a failure, and all servers are well";
    }
    if (walk->lame) {
        return NULL; /* somebody delegates to those who do not serve: there is no truth */
    }
    if (walk->loop || walk->links > ENGINE_ALIASES_MAX) {
        return "an answer to a chain of aliases that does not end";
    }
    if (rcode != walk->rcode) {
        return "another rcode than the zone's";
    }
    if ((m->flags & DNS_FLAG_TC) == 0 && c->type != DNS_TYPE_ANY && c->type != DNS_TYPE_RRSIG && !has_all(m, walk)) {
        return "a record of the zone is missing";
    }
    return t->clock_off ? NULL : judge_ad(walk, m, c);
}

const char *truth_of_answer(const struct truth *t, struct sim *s, const struct client *c)
{
    static struct truth_walk walk; /* big; one thread */
    struct dns_msg m;

    truth_walk(t, dname_of(&c->name), c->type, c->cd, &walk);
    if (c->drops > 0) {
        return c->answered_us - c->asked_us > ENGINE_LATE_UDP_US || s->client_count > ENGINE_WAITERS_MAX
                   ? NULL
                   : "a query dropped that is not late";
    }
    arena_clear(&s->check_arena);
    if (dns_msg_parse(c->wire, c->len, &s->check_arena, &m) != DNS_OK) {
        return "a malformed answer";
    }
    if (!dname_equal(m.qname, dname_of(&c->name)) || m.qtype != c->type || (m.flags & DNS_FLAG_QR) == 0) {
        return "an answer to another question";
    }
    const char *wrong = truth_age_of_answer(s, c, &m);
    wrong = wrong != NULL ? wrong : judge_records(t, s, &m, c);
    if (wrong == NULL && !walk.uncertain) {
        wrong = judge_whole(t, s, &m, &walk, c);
    }
    return wrong;
}

/* ---- the cache ---- */

static const char *judge_delegation(const struct truth *t, const struct cache_hit *hit)
{
    const struct truth_zone *p = truth_zone_of(t, dname_is_root(hit->name) ? hit->name : dname_parent(hit->name), 0);
    const struct delegation *d = hit->delegation;
    uint32_t ttl_s;

    if (p == NULL || p->tainted || d->kind != DELEGATION_REFERRAL) {
        return NULL;
    }
    const struct rrset *set = zone_find(p->zone, hit->name, DNS_TYPE_NS);
    for (unsigned i = 0; i < d->ns_count; i++) {
        struct dname ns = delegation_ns(d, i);
        bool found = false;
        for (unsigned k = 0; set != NULL && k < set->count; k++) {
            struct rdata_ref r = truth_rdata(set, k);
            found |= rdata_equal(DNS_TYPE_NS, r.data, r.len, ns.wire, ns.len);
        }
        if (!found) {
            return "a name server that the parent does not name";
        }
    }
    const struct delegation_addr *addr = delegation_addrs(d);
    for (unsigned i = 0; i < d->addr_count; i++) {
        if (addr[i].ns >= d->ns_count) {
            continue;
        }
        struct addr a = delegation_addr_of(&addr[i], 53);
        uint16_t type = a.family == ADDR_IP4 ? DNS_TYPE_A : DNS_TYPE_AAAA;
        struct rdata_ref rdata = {.data = a.ip, .len = a.family == ADDR_IP4 ? 4 : 16};
        struct dname ns = delegation_ns(d, addr[i].ns);
        const struct rrset *glue = zone_find(p->zone, ns, type);
        if ((glue == NULL || !truth_set_has(glue, rdata)) && !truth_has(p, ns, type, rdata, &ttl_s)) {
            return "glue that the parent does not have";
        }
    }
    return NULL;
}

static const char *judge_set(const struct sim *s, const struct truth_zone *z, const struct cache_hit *hit)
{
    uint32_t ttl_s;

    for (unsigned i = 0; i < hit->rrset->count; i++) {
        if (!truth_has(z, hit->name, hit->type, truth_rdata(hit->rrset, i), &ttl_s)) {
            return "a cached record that its zone does not have";
        }
        const char *wrong = truth_age_of_entry(s, hit, truth_rdata(hit->rrset, i), ttl_s);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

const char *truth_of_entry(const struct truth *t, const struct sim *s, const struct cache_hit *hit)
{
    static struct truth_walk walk; /* big; one thread */
    /* Servers above a configured zone were asked for its DS: theirs is another truth (forward.h). */
    const struct truth_zone *own = truth_zone_of(t, hit->name, 0);
    bool above = (hit->kind == CACHE_NXDOMAIN || hit->type == DNS_TYPE_CNAME) &&
                 hit->origin.zone_labels < hit->name.labels && own != NULL && own->configured;
    uint16_t type = above ? DNS_TYPE_DS : hit->type;
    const struct truth_zone *z = truth_zone_of(t, hit->name, type);

    if (hit->kind == CACHE_FAILURE || z == NULL) {
        return NULL;
    }
    if (hit->kind == CACHE_DELEGATION) {
        return judge_delegation(t, hit);
    }
    bool certain = !z->tainted || (z->secure && hit->origin.security == SEC_SECURE && !z->opt_out);
    if (!certain) {
        return NULL;
    }
    if (hit->kind == CACHE_RRSET && !hit->negative) {
        return judge_set(s, z, hit);
    }
    truth_walk_here(t, hit->name, type, &walk);
    if (walk.lame) {
        return NULL;
    }
    if (hit->kind == CACHE_NXDOMAIN) {
        return walk.rcode == DNS_RCODE_NXDOMAIN ? NULL : "a cached denial of a name that exists";
    }
    return walk.rcode == DNS_RCODE_NOERROR && walk.sets == 0 ? NULL : "a cached denial of data that exist";
}

bool truth_is_clean(const struct truth *t, struct dname name, uint16_t type)
{
    static struct truth_walk walk; /* big; one thread */

    truth_walk(t, name, type, false, &walk);
    return !walk.uncertain && !walk.troubled && !walk.lame;
}
