/*
 * authority.c - the things of an authority section that may matter
 */
#include "resolver/engine/authority.h"

#include "dns/seeded.h"
#include "dns/types.h"

bool authority_soa(const struct dns_msg *m, const struct ask *ask, struct dname end, unsigned *at)
{
    for (unsigned i = dns_msg_begin(m, DNS_AUTHORITY); i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        if (m->rr[i].type != DNS_TYPE_SOA || m->rr[i].rclass != DNS_CLASS_IN) {
            continue;
        }
        struct dname_buf buf;
        struct dname owner = dns_msg_owner(m, i, &buf);
        if (dname_under(end, owner) && dname_under(owner, ask_zone(ask))) {
            *at = i;
            return true;
        }
    }
    return false;
}

bool authority_denies(const struct dns_msg *m, const struct ask *ask)
{
    for (unsigned i = dns_msg_begin(m, DNS_AUTHORITY); i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        bool denial = m->rr[i].type == DNS_TYPE_NSEC || m->rr[i].type == DNS_TYPE_NSEC3;
        if (denial && m->rr[i].rclass == DNS_CLASS_IN && dns_msg_owner_under(m, i, ask_zone(ask))) {
            return true;
        }
    }
    return false;
}

/* Where one NS record's owner stands. */
static enum authority_ns judge_owner(const struct ask *ask, struct dname owner)
{
    struct dname zone = ask_zone(ask);

    if (dname_equal(owner, zone)) {
        return AUTHORITY_NS_SELF;
    }
    if (dname_below(owner, zone) && SEEDED(16, dname_under(dname_of(&ask->qname), owner), true)) {
        return AUTHORITY_NS_BELOW;
    }
    return AUTHORITY_NS_ELSEWHERE;
}

enum authority_ns authority_ns(const struct dns_msg *m, const struct ask *ask, unsigned *at)
{
    enum authority_ns found = AUTHORITY_NS_NONE;
    unsigned labels = DNAME_LABELS_MAX + 1;

    for (unsigned i = dns_msg_begin(m, DNS_AUTHORITY); i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        if (m->rr[i].type != DNS_TYPE_NS || m->rr[i].rclass != DNS_CLASS_IN) {
            continue;
        }
        struct dname_buf buf;
        struct dname owner = dns_msg_owner(m, i, &buf);
        enum authority_ns one = judge_owner(ask, owner);
        if (one == AUTHORITY_NS_BELOW && owner.labels < labels) {
            labels = owner.labels;
            *at = i;
            found = one;
        } else if (found == AUTHORITY_NS_NONE || (found == AUTHORITY_NS_ELSEWHERE && one == AUTHORITY_NS_SELF)) {
            found = one;
        }
    }
    return found;
}
