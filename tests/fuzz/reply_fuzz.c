/*
 * reply_fuzz.c - whatever a name server says, what is believed of it obeys the rules
 *
 * The octets are a reply to each question of a fixed set in turn. After parse, classify and scrub these must hold:
 *   - every owner that is kept lies in the zone asked, NS glue too, and a cut strictly below it, at or above the name;
 *   - an alias chain hangs together, ends at `end`, and has no more links than L8 allows; one that is believed beyond
 * its first alias came over TCP or from a forwarder;
 *   - a SOA lies at or above the end; a rank is no higher than AA allows; limits of sets and servers hold;
 *   - of a reply that is an error, lame or broken, nothing is kept;
 *   - judging twice gives the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/limits.h"
#include "dns/rdata.h"
#include "resolver/engine/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        __builtin_trap();
    }
}

struct question {
    const char *qname;
    uint16_t qtype;
    uint8_t zone_labels;
    bool tcp, cased;
    enum asked_as as;
};

static const struct question questions[] = {
    {"www.example.com.", DNS_TYPE_A, 2, false, false, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_A, 1, false, false, ASKED_AUTHORITY},
    {"wWw.eXample.cOm.", DNS_TYPE_A, 2, false, true, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_A, 2, true, false, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_A, 0, false, false, ASKED_FORWARDER},
    {"www.example.com.", DNS_TYPE_A, 2, false, false, ASKED_LAST_RESORT},
    {"www.example.com.", DNS_TYPE_CNAME, 2, false, false, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_DS, 1, false, false, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_ANY, 2, true, false, ASKED_AUTHORITY},
    {"www.example.com.", DNS_TYPE_RRSIG, 2, true, false, ASKED_AUTHORITY},
    {"com.", DNS_TYPE_NS, 0, false, false, ASKED_AUTHORITY},
    {".", DNS_TYPE_NS, 0, false, false, ASKED_AUTHORITY},
};

static void check_set(const struct rrset *set, struct dname zone)
{
    struct rdata_ref rr;
    struct rrset_iter it = rrset_rrs(set);

    must(set->count > 0 && set->count <= DNS_RRSET_RRS_MAX && set->sig_count <= DNS_RRSET_SIGS_MAX);
    must(set->rclass == DNS_CLASS_IN && set->ttl_s <= DNS_TTL_MAX);
    must(dname_under(rrset_owner(set), zone));
    while (rrset_next(&it, &rr)) {
        must(rdata_check(set->type, rr.data, rr.len) == DNS_OK);
    }
}

static struct dname target_of(const struct rrset *set)
{
    struct rdata_ref rr = rrset_first(set);
    struct dname target = dname_root();
    must(rdata_target(set->type, rr.data, rr.len, &target));
    return target;
}

static void check_chain(const struct ask *ask, enum asked_as as, enum reply_kind kind, const struct scrubbed *s)
{
    struct dname at = dname_of(&ask->qname);
    unsigned aliases = 0, last = s->chain_count;

    must(s->chain_count <= SCRUB_CHAIN_MAX);
    for (unsigned i = 0; i < s->chain_count; i++) {
        const struct rrset *set = s->chain[i];
        bool made = (s->made >> i & 1) != 0;
        if (!made) {
            check_set(set, ask_zone(ask));
        }
        if (set->type == DNS_TYPE_DNAME && ask->qtype != DNS_TYPE_DNAME && ask->qtype != DNS_TYPE_ANY) {
            must(set->count == 1 && (dname_below(at, rrset_owner(set)) || kind == REPLY_YXDOMAIN));
            continue;
        }
        bool data = ask->qtype == DNS_TYPE_ANY || set->type == ask->qtype;
        if (!made && data) {
            must(dname_equal(rrset_owner(set), at) || set->type == DNS_TYPE_DNAME);
            last = i;
            continue;
        }
        must(set->type == DNS_TYPE_CNAME && set->count == 1 && dname_equal(rrset_owner(set), at));
        at = target_of(set);
        aliases++;
    }
    must(aliases <= ENGINE_ALIASES_MAX);
    must(aliases <= 1 || ask->tcp || as == ASKED_FORWARDER);
    must(dname_equal(s->end, at));
    must(kind != REPLY_ANSWER || s->chain_complete);
    must(!s->chain_complete || last < s->chain_count || s->made != 0);
    must(kind != REPLY_ALIAS || aliases > 0);
}

static void check_cut(const struct ask *ask, const struct delegation *d)
{
    struct dname zone = delegation_zone(d);
    const struct delegation_addr *a = delegation_addrs(d);

    must(dname_below(zone, ask_zone(ask)) && dname_under(dname_of(&ask->qname), zone));
    must(d->ns_count > 0 && d->ns_count <= DELEGATION_NS_MAX);
    must(d->kind == DELEGATION_REFERRAL && d->ttl_s <= DNS_TTL_MAX);
    for (unsigned i = 0; i < d->addr_count; i++) {
        must(a[i].ns < d->ns_count && dname_under(delegation_ns(d, a[i].ns), ask_zone(ask)));
    }
}

static void check(const struct dns_msg *m, const struct ask *ask, enum asked_as as, enum reply_kind kind,
                  const struct scrubbed *s)
{
    bool content = kind == REPLY_ANSWER || kind == REPLY_ALIAS || kind == REPLY_NODATA || kind == REPLY_NXDOMAIN ||
                   kind == REPLY_YXDOMAIN;
    bool negative = kind == REPLY_NODATA || kind == REPLY_NXDOMAIN;

    must((m->flags & DNS_FLAG_AA) != 0 || s->rank <= RANK_NONAUTH_ANSWER);
    must(content || s->chain_count == 0);
    must(negative || s->soa == NULL);
    must((kind == REPLY_REFERRAL) == (s->cut != NULL));
    must(content || kind == REPLY_REFERRAL || (s->proof_count == 0 && s->ds == NULL && s->dropped == 0));
    must(s->proof_count <= SCRUB_PROOFS_MAX);
    if (content) {
        check_chain(ask, as, kind, s);
    }
    if (s->soa != NULL) {
        check_set(s->soa, ask_zone(ask));
        must(s->soa->count == 1 && dname_under(s->end, rrset_owner(s->soa)));
        must(s->negative_ttl_s <= s->soa->ttl_s);
    }
    for (unsigned i = 0; i < s->proof_count; i++) {
        check_set(s->proof[i], ask_zone(ask));
    }
    if (s->cut != NULL) {
        check_cut(ask, s->cut);
    }
    if (s->ds != NULL) {
        check_set(s->ds, delegation_zone(s->cut));
    }
}

static void judge(const struct dns_msg *m, const struct question *q, size_t arena_bytes)
{
    struct ask ask = {
        .qtype = q->qtype, .zone_labels = q->zone_labels, .tcp = q->tcp, .cased = q->cased, .edns_size = 1232};
    struct arena arena;
    struct scrubbed out;

    must(dname_scan(q->qname, strlen(q->qname), NULL, &ask.qname) == DNS_OK);
    enum reply_kind kind = classify(m, &ask, q->as);
    must(kind == classify(m, &ask, q->as));
    arena_init(&arena, NULL, 0, arena_bytes);
    enum dns_err err = scrub(m, &ask, kind, q->as, &arena, &out);
    must(err == DNS_OK || err == DNS_E_LIMIT || (err == DNS_E_NO_MEMORY && arena.exhausted));
    if (err == DNS_OK) {
        check(m, &ask, q->as, kind, &out);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct dns_msg m;

    arena_init(&arena, NULL, 0, 4u << 20);
    if (dns_msg_parse(data, size, &arena, &m) == DNS_OK) {
        for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
            judge(&m, &questions[i], 4u << 20);
            judge(&m, &questions[i], size); /* too little, now and then */
        }
        struct delegation *root = scrub_priming(&m, &arena);
        must(root == NULL || (root->addr_count > 0 && delegation_zone(root).len == 1));
    }
    arena_release(&arena);
    return 0;
}
