/*
 * classify.c - what kind of reply a name server gave
 */
#include "resolver/engine/classify.h"

#include "dns/types.h"
#include "resolver/engine/authority.h"
#include "resolver/engine/chain.h"

const char *reply_kind_text(enum reply_kind k)
{
    static const char *const texts[] = {
#define X(name, text) [REPLY_##name] = text,
        REPLY_KINDS(X)
#undef X
    };
    size_t i = (size_t)k;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "unknown";
}

/* Who may say "no" without a SOA: who has the zone. Its records of denial show that as well as a flag does. */
static bool may_be_bare(const struct dns_msg *m, const struct ask *ask, enum asked_as as)
{
    return (m->flags & DNS_FLAG_AA) != 0 || as == ASKED_FORWARDER || authority_denies(m, ask);
}

/* No alias and no data: negative, a referral, or what no server of the zone would say. */
static enum reply_kind judge_empty(const struct dns_msg *m, const struct ask *ask, bool nxdomain, enum asked_as as)
{
    struct dname qname = dname_of(&ask->qname);
    bool bare = may_be_bare(m, ask, as);
    unsigned at = 0;

    if (authority_soa(m, ask, qname, &at)) {
        return nxdomain ? REPLY_NXDOMAIN : REPLY_NODATA; /* RFC 2308 section 2 */
    }
    if (nxdomain) {
        return bare ? REPLY_NXDOMAIN : REPLY_LAME;
    }
    switch (authority_ns(m, ask, &at)) {
    case AUTHORITY_NS_BELOW:
        if (ask->qtype == DNS_TYPE_DS && dns_msg_owner_is(m, at, qname)) {
            return REPLY_NODATA; /* the parent knows the cut and no DS of it: there is none (RFC 4035 section 3.1.4.1)
                                  */
        }
        return as == ASKED_FORWARDER ? REPLY_LAME : REPLY_REFERRAL;
    case AUTHORITY_NS_SELF:
        return bare ? REPLY_NODATA : REPLY_LAME;
    case AUTHORITY_NS_ELSEWHERE:
        return REPLY_LAME; /* T19; also with AA, from load balancers that know nothing of the type */
    case AUTHORITY_NS_NONE:
        break;
    }
    return bare ? REPLY_NODATA : REPLY_LAME; /* RFC 2308 section 2.2, type 3 */
}

/* Aliases, and no data at their end. What is said of the end counts if it lies in the zone asked (RFC 6604 section 3).
 */
static enum reply_kind judge_alias(const struct dns_msg *m, const struct ask *ask, const struct chain *c, bool nxdomain,
                                   enum asked_as as)
{
    unsigned at = 0;

    if (c->end != CHAIN_OPEN) {
        return REPLY_ALIAS;
    }
    if (authority_soa(m, ask, chain_last(c), &at)) {
        return nxdomain ? REPLY_NXDOMAIN : REPLY_NODATA;
    }
    return nxdomain && may_be_bare(m, ask, as) ? REPLY_NXDOMAIN : REPLY_ALIAS;
}

/* What a reply says whose rcode is NOERROR, NXDOMAIN or YXDOMAIN. */
static enum reply_kind judge_content(const struct dns_msg *m, const struct ask *ask, uint16_t rcode, enum asked_as as)
{
    struct chain c;

    chain_walk(m, ask, as, &c);
    if (c.end == CHAIN_TOO_LONG) {
        return c.count == 0 ? REPLY_YXDOMAIN : REPLY_ALIAS; /* the end is asked for anew, and judged then */
    }
    if (rcode == DNS_RCODE_YXDOMAIN) {
        return REPLY_BROKEN; /* T17: only a DNAME can be the reason */
    }
    if (c.end == CHAIN_ANSWERED) {
        return REPLY_ANSWER;
    }
    bool nxdomain = rcode == DNS_RCODE_NXDOMAIN;
    return c.count > 0 ? judge_alias(m, ask, &c, nxdomain, as) : judge_empty(m, ask, nxdomain, as);
}

/* Said without AA but with RA: from a cache, which an authority should not have. A referral does no harm. */
static bool from_recursion(const struct dns_msg *m, enum asked_as as, enum reply_kind k)
{
    bool content =
        k == REPLY_ANSWER || k == REPLY_ALIAS || k == REPLY_NODATA || k == REPLY_NXDOMAIN || k == REPLY_YXDOMAIN;

    return content && as == ASKED_AUTHORITY && (m->flags & (DNS_FLAG_AA | DNS_FLAG_RA)) == DNS_FLAG_RA;
}

enum reply_kind classify(const struct dns_msg *msg, const struct ask *ask, enum asked_as as)
{
    uint16_t rcode = dns_msg_rcode(msg);

    if ((msg->flags & DNS_FLAG_TC) != 0) {
        return ask->tcp ? REPLY_BROKEN : REPLY_TRUNCATED; /* T42 */
    }
    switch (rcode) {
    case DNS_RCODE_NOERROR:
    case DNS_RCODE_NXDOMAIN:
    case DNS_RCODE_YXDOMAIN: {
        enum reply_kind k = judge_content(msg, ask, rcode, as);
        return from_recursion(msg, as, k) ? REPLY_RECURSION_LAME : k;
    }
    case DNS_RCODE_FORMERR:
    case DNS_RCODE_NOTIMP:
        /* A server that does not know EDNS answers without an OPT of its own (RFC 6891 section 7). */
        return ask->edns_size != 0 && !msg->edns.present ? REPLY_NO_EDNS : REPLY_BROKEN;
    case DNS_RCODE_BADVERS:
        return ask->edns_size != 0 ? REPLY_NO_EDNS : REPLY_BROKEN;
    case DNS_RCODE_SERVFAIL:
        return REPLY_SERVFAIL;
    case DNS_RCODE_REFUSED:
        return REPLY_REFUSED;
    case DNS_RCODE_NOTAUTH:
        return REPLY_LAME;
    default:
        return REPLY_BROKEN;
    }
}
