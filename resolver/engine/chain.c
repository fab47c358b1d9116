/*
 * chain.c - the way from a question to its answer within one reply
 */
#include "resolver/engine/chain.h"

#include <assert.h>

#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/engine/forward.h"

enum step { STEP_DONE, STEP_ON, STEP_NOTHING, STEP_TOO_LONG };

bool chain_find(const struct dns_msg *m, struct dname name, uint16_t type, unsigned *at)
{
    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        bool wanted = type == DNS_TYPE_ANY ? m->rr[i].type != DNS_TYPE_RRSIG : m->rr[i].type == type;
        if (wanted && m->rr[i].rclass == DNS_CLASS_IN && dns_msg_owner_is(m, i, name)) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* The uppermost DNAME above `name` within the zone: where the server's own descent would have stopped. */
static bool find_dname(const struct dns_msg *m, struct dname name, struct dname zone, unsigned *at)
{
    unsigned best = DNAME_LABELS_MAX + 1;

    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        if (m->rr[i].type != DNS_TYPE_DNAME || m->rr[i].rclass != DNS_CLASS_IN) {
            continue;
        }
        struct dname_buf buf;
        struct dname owner = dns_msg_owner(m, i, &buf);
        if (owner.labels < best && dname_below(name, owner) && SEEDED(15, dname_under(owner, zone), true)) { /* T17 */
            best = owner.labels;
            *at = i;
        }
    }
    return best <= DNAME_LABELS_MAX;
}

/* What stands at `name`: an alias into *link and its target into *next, the answer, or nothing. */
static enum step step(const struct dns_msg *m, const struct ask *ask, struct dname name, struct chain_link *link,
                      struct dname_buf *next)
{
    if (find_dname(m, name, ask_zone(ask), &link->rr)) {
        struct dname_buf owner, target;
        link->is_dname = true;
        if (!dns_msg_target(m, link->rr, &target)) {
            return STEP_NOTHING;
        }
        bool fits = dname_replace_suffix(name, dns_msg_owner(m, link->rr, &owner), dname_of(&target), next);
        return fits ? STEP_ON : STEP_TOO_LONG;
    }
    if (chain_find(m, name, ask->qtype, &link->rr)) {
        return STEP_DONE;
    }
    if (chain_find(m, name, DNS_TYPE_CNAME, &link->rr) && dns_msg_target(m, link->rr, next)) {
        link->is_dname = false;
        return STEP_ON;
    }
    return STEP_NOTHING;
}

/* In the zone asked, and not in one below that the configuration knows: what a zone's public servers say of names in
 * its private part is not what the private servers say (CVE-2026-44687). The zone's own DS is its parent's. */
static bool has_word(const struct ask *ask, struct dname name)
{
    bool parents = ask->qtype == DNS_TYPE_DS && name.labels == ask->zone_labels && name.labels > 0;

    return dname_under(name, ask_zone(ask)) && !parents &&
           (ask->set == NULL || !forward_shields(ask->set, name, ask->qtype, ask->zone_labels));
}

static bool met_before(const struct chain *c, struct dname name)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (dname_equal(dname_of(&c->name[i]), name)) {
            return true;
        }
    }
    return false;
}

/* The CNAME that follows from a DNAME is the answer itself when a CNAME, or anything, was asked for. */
static bool made_cname_answers(uint16_t qtype)
{
    return qtype == DNS_TYPE_CNAME || qtype == DNS_TYPE_ANY;
}

/* One link on, or the end. */
static bool walk_on(const struct dns_msg *m, const struct ask *ask, enum asked_as as, struct chain *c)
{
    struct chain_link link = {0};
    struct dname_buf next;

    switch (step(m, ask, chain_last(c), &link, &next)) {
    case STEP_DONE:
        c->end = CHAIN_ANSWERED;
        return false;
    case STEP_NOTHING:
        c->end = CHAIN_OPEN;
        return false;
    case STEP_TOO_LONG:
        c->too_long_rr = link.rr;
        c->end = CHAIN_TOO_LONG;
        return false;
    case STEP_ON:
        break;
    }
    if (c->count == ENGINE_ALIASES_MAX) {
        c->end = CHAIN_LIMIT;
        return false;
    }
    ask_restore_case(ask, next.wire, next.len);
    c->link[c->count++] = link;
    c->name[c->count] = next;
    if (made_cname_answers(ask->qtype)) {
        c->end = CHAIN_ANSWERED;
        return false;
    }
    if (!SEEDED(14, has_word(ask, chain_last(c)), true)) {
        c->end = CHAIN_OUTSIDE;
        return false;
    }
    if (met_before(c, chain_last(c))) {
        c->end = CHAIN_LOOP;
        return false;
    }
    if (!ask->tcp && as != ASKED_FORWARDER) {
        c->end = CHAIN_UNPROVEN;
        return false;
    }
    return true;
}

void chain_walk(const struct dns_msg *msg, const struct ask *ask, enum asked_as as, struct chain *out)
{
    out->count = 0;
    if (ask->cased) {
        dname_lower(dname_of(&ask->qname), &out->name[0]);
    } else {
        out->name[0] = ask->qname;
    }
    while (walk_on(msg, ask, as, out)) {
    }
}
