/*
 * scrub.c - what of a reply may be believed
 *
 * Nothing is crossed out: what is believed is taken out of the reply, by name and type, along the chain of chain.h and
 * the authority section's two things (authority.h). So a record that no rule asks for cannot slip through, whatever
 * section, order or rcode it comes with.
 *
 * Names that the engine drew the case of (0x20) come back in it; sets at such names are stored in lower case, and each
 * client sees its own spelling (respond.c).
 */
#include "resolver/engine/scrub.h"

#include "dns/rdata.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/engine/authority.h"
#include "resolver/engine/chain.h"

struct job {
    const struct dns_msg *m;
    const struct ask *ask;
    struct arena *arena;
    struct scrubbed *out;
};

/* Names in the rdata that the server compressed into our question (only types of RFC 1035 may be: RFC 3597 section 4;
 * those have no case in DNSSEC, RFC 4034 section 6.2). The set is ours, and new. */
static void restore_case(const struct ask *ask, struct rrset *set)
{
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;

    while (ask->cased && rrset_next(&it, &rr)) {
        struct rdata_walk walk = rdata_walk_of(set->type, rr.data, rr.len);
        struct rdata_piece piece;
        while (rdata_next(&walk, &piece)) {
            if (piece.field == F_NAME_C) {
                ask_restore_case(ask, set->data + (piece.data - set->data), piece.len);
            }
        }
    }
}

/* The set of this owner and type; NULL if there is none. */
static enum dns_err take(const struct job *j, enum dns_section s, struct dname owner, uint16_t type, struct rrset **out)
{
    enum dns_err err = rrset_from_msg(j->m, s, owner, type, j->arena, out);
    if (err == DNS_OK && *out != NULL) {
        restore_case(j->ask, *out);
    }
    return err;
}

/* One record, of a type that may stand but once at a name: the first counts (T25). Its signatures would cover it alone.
 */
static enum dns_err take_single(const struct job *j, enum dns_section s, struct dname owner, unsigned rr,
                                struct rrset **out)
{
    uint8_t rdata[2 * DNAME_MAX + 20]; /* SOA is the longest */
    const struct rr_ref *ref = &j->m->rr[rr];
    enum dns_err err = take(j, s, owner, ref->type, out);
    if (err == DNS_OK && *out != NULL && (*out)->count == 1) {
        return DNS_OK;
    }
    if (err == DNS_E_NO_MEMORY) {
        return err;
    }
    struct writer w = writer_of(rdata, sizeof rdata);
    err = dns_msg_rdata(j->m, rr, &w);
    if (err != DNS_OK) {
        return err;
    }
    struct rdata_ref one = {.data = rdata, .len = (uint16_t)w.pos};
    err = rrset_make(owner, ref->type, ref->ttl_s, &one, 1, j->arena, out);
    if (err == DNS_OK) {
        restore_case(j->ask, *out);
    }
    return err;
}

static void add_to_chain(struct scrubbed *out, struct rrset *set, bool made)
{
    out->made |= made ? UINT32_C(1) << out->chain_count : 0;
    out->chain[out->chain_count++] = set;
}

static bool in_chain(const struct scrubbed *out, const struct rrset *set)
{
    for (unsigned i = 0; i < out->chain_count; i++) {
        if (out->chain[i]->type == set->type && dname_equal(rrset_owner(out->chain[i]), rrset_owner(set))) {
            return true;
        }
    }
    return false;
}

/* The DNAME of record rr, unless the chain went through it before. */
static enum dns_err take_dname_set(const struct job *j, unsigned rr, struct rrset **out)
{
    struct dname_buf owner, lower;
    dname_lower(dns_msg_owner(j->m, rr, &owner), &lower);
    enum dns_err err = take_single(j, DNS_ANSWER, dname_of(&lower), rr, out);
    if (err == DNS_OK && !in_chain(j->out, *out)) {
        add_to_chain(j->out, *out, false);
    }
    return err;
}

/* A DNAME and the CNAME that follows from it (RFC 6672 section 3.1). */
static enum dns_err take_dname(const struct job *j, const struct chain *c, unsigned i)
{
    struct rrset *dname, *cname;
    enum dns_err err = take_dname_set(j, c->link[i].rr, &dname);
    if (err != DNS_OK) {
        return err;
    }
    struct rdata_ref target = {.data = c->name[i + 1].wire, .len = c->name[i + 1].len};
    err = rrset_make(dname_of(&c->name[i]), DNS_TYPE_CNAME, dname->ttl_s, &target, 1, j->arena, &cname);
    if (err == DNS_OK) {
        add_to_chain(j->out, cname, true);
    }
    return err;
}

static enum dns_err take_aliases(const struct job *j, const struct chain *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        enum dns_err err;
        if (c->link[i].is_dname) {
            err = take_dname(j, c, i);
        } else {
            struct rrset *cname = NULL;
            err = take_single(j, DNS_ANSWER, dname_of(&c->name[i]), c->link[i].rr, &cname);
            if (err == DNS_OK) {
                add_to_chain(j->out, cname, false);
            }
        }
        if (err != DNS_OK) {
            return err;
        }
    }
    return DNS_OK;
}

/* Every set at the name, as far as there is room (L18). Signatures ride with what they cover. */
static enum dns_err take_any(const struct job *j, struct dname name)
{
    const struct dns_msg *m = j->m;

    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < dns_msg_end(m, DNS_ANSWER); i++) {
        uint16_t type = m->rr[i].type;
        if (type == DNS_TYPE_RRSIG || m->rr[i].rclass != DNS_CLASS_IN || !dns_msg_owner_is(m, i, name)) {
            continue;
        }
        if (j->out->chain_count == SCRUB_CHAIN_MAX) {
            break;
        }
        bool seen = false;
        for (unsigned k = 0; k < j->out->chain_count; k++) {
            seen = seen || j->out->chain[k]->type == type;
        }
        if (seen) {
            continue;
        }
        struct rrset *set;
        enum dns_err err = take(j, DNS_ANSWER, name, type, &set);
        if (err != DNS_OK) {
            return err;
        }
        add_to_chain(j->out, set, false);
    }
    return DNS_OK;
}

/* The data asked for, at the end of the chain. */
static enum dns_err take_answer(const struct job *j, const struct chain *c)
{
    struct dname name = chain_last(c);
    uint16_t qtype = j->ask->qtype;
    unsigned aliases = j->out->chain_count;

    if (j->out->made != 0 && (qtype == DNS_TYPE_CNAME || qtype == DNS_TYPE_ANY)) {
        j->out->chain_complete = true; /* the CNAME just made is the answer */
        return DNS_OK;
    }
    struct rrset *set = NULL;
    unsigned first = 0;
    enum dns_err err;
    if (qtype == DNS_TYPE_ANY) {
        err = take_any(j, name);
    } else if ((rdata_type(qtype)->flags & RR_SINGLE) != 0 && chain_find(j->m, name, qtype, &first)) {
        err = take_single(j, DNS_ANSWER, name, first, &set);
    } else {
        err = take(j, DNS_ANSWER, name, qtype, &set);
    }
    if (err == DNS_OK && set != NULL) {
        add_to_chain(j->out, set, false);
    }
    j->out->chain_complete = j->out->chain_count > aliases;
    return err;
}

static enum dns_err take_soa(const struct job *j, struct dname end)
{
    struct rdata_soa soa;
    struct dname_buf owner, lower;
    struct rrset *set;
    unsigned at = 0;

    if (!authority_soa(j->m, j->ask, end, &at)) {
        return DNS_OK;
    }
    dname_lower(dns_msg_owner(j->m, at, &owner), &lower);
    enum dns_err err = take_single(j, DNS_AUTHORITY, dname_of(&lower), at, &set);
    if (err != DNS_OK) {
        return err;
    }
    struct rdata_ref rr = rrset_first(set);
    if (rdata_soa(rr.data, rr.len, &soa)) {
        j->out->soa = set;
        j->out->negative_ttl_s = set->ttl_s < soa.minimum_s ? set->ttl_s : soa.minimum_s; /* RFC 2308 section 5 */
    }
    return DNS_OK;
}

/* NSEC and NSEC3 sets of the zone asked, for who checks them. */
static enum dns_err take_proofs(const struct job *j)
{
    const struct dns_msg *m = j->m;
    struct scrubbed *out = j->out;

    for (unsigned i = dns_msg_begin(m, DNS_AUTHORITY); i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        const struct rr_ref *rr = &m->rr[i];
        bool wanted = rr->type == DNS_TYPE_NSEC || rr->type == DNS_TYPE_NSEC3;
        if (!wanted || rr->rclass != DNS_CLASS_IN || !dns_msg_owner_under(m, i, ask_zone(j->ask))) {
            continue;
        }
        bool seen = false;
        for (unsigned k = 0; k < out->proof_count; k++) {
            seen = seen || (out->proof[k]->type == rr->type && dns_msg_owner_is(m, i, rrset_owner(out->proof[k])));
        }
        if (seen) {
            continue;
        }
        if (out->proof_count == SCRUB_PROOFS_MAX) {
            break;
        }
        struct dname_buf buf, lower;
        dname_lower(dns_msg_owner(m, i, &buf), &lower);
        enum dns_err err =
            rrset_from_msg(m, DNS_AUTHORITY, dname_of(&lower), rr->type, j->arena, &out->proof[out->proof_count]);
        if (err != DNS_OK) {
            return err;
        }
        out->proof_count++;
    }
    return DNS_OK;
}

static bool addr_from_rr(const struct dns_msg *m, unsigned i, struct addr *out)
{
    uint8_t ip[16];
    struct writer w = writer_of(ip, sizeof ip);

    if (m->rr[i].rclass != DNS_CLASS_IN || (m->rr[i].type != DNS_TYPE_A && m->rr[i].type != DNS_TYPE_AAAA) ||
        dns_msg_rdata(m, i, &w) != DNS_OK || w.pos != (m->rr[i].type == DNS_TYPE_A ? 4u : 16u)) {
        return false;
    }
    *out = m->rr[i].type == DNS_TYPE_A ? addr_ip4(ip, 0) : addr_ip6(ip, 0);
    return true;
}

/* NS names of the zone in a section, and the smallest TTL of these records. Returns how many there are. */
static unsigned collect_ns(const struct dns_msg *m, enum dns_section s, struct delegation_builder *b)
{
    unsigned n = 0;

    for (unsigned i = dns_msg_begin(m, s); i < dns_msg_end(m, s); i++) {
        struct dname_buf target, lower;
        if (m->rr[i].type != DNS_TYPE_NS || m->rr[i].rclass != DNS_CLASS_IN ||
            !dns_msg_owner_is(m, i, dname_of(&b->zone)) || !dns_msg_target(m, i, &target)) {
            continue;
        }
        dname_lower(dname_of(&target), &lower);
        delegation_add_ns(b, dname_of(&lower)); /* beyond L6: not used */
        b->ttl_s = m->rr[i].ttl_s < b->ttl_s ? m->rr[i].ttl_s : b->ttl_s;
        n++;
    }
    return n;
}

/* Addresses for these NS names only, and only of the zone asked (T13, T15). A delegation ends with its glue, so that a
 * server that moves is not looked for at its old place, but a small TTL there cannot make every question a walk. */
static void collect_glue(const struct dns_msg *m, struct dname zone, struct delegation_builder *b)
{
    for (unsigned i = dns_msg_begin(m, DNS_ADDITIONAL); i < dns_msg_end(m, DNS_ADDITIONAL); i++) {
        struct addr a;
        if (!addr_from_rr(m, i, &a) || !SEEDED(13, dns_msg_owner_under(m, i, zone), true)) {
            continue;
        }
        for (int ns = 0; ns < b->ns_count; ns++) {
            if (dns_msg_owner_is(m, i, dname_of(&b->ns[ns])) && delegation_add_addr(b, ns, &a)) {
                uint32_t ttl_s = m->rr[i].ttl_s > ENGINE_GLUE_TTL_MIN_S ? m->rr[i].ttl_s : ENGINE_GLUE_TTL_MIN_S;
                b->ttl_s = ttl_s < b->ttl_s ? ttl_s : b->ttl_s;
            }
        }
    }
}

static enum dns_err take_cut(const struct job *j)
{
    struct delegation_builder b;
    struct dname_buf owner, lower;
    unsigned at = 0;

    if (authority_ns(j->m, j->ask, &at) != AUTHORITY_NS_BELOW) {
        return DNS_OK;
    }
    dname_lower(dns_msg_owner(j->m, at, &owner), &lower);
    delegation_begin(&b, dname_of(&lower), DELEGATION_REFERRAL, DNS_TTL_MAX);
    j->out->ns_records = collect_ns(j->m, DNS_AUTHORITY, &b);
    collect_glue(j->m, ask_zone(j->ask), &b);
    j->out->cut = delegation_pack(&b, j->arena);
    if (j->out->cut == NULL) {
        return DNS_E_NO_MEMORY;
    }
    return rrset_from_msg(j->m, DNS_AUTHORITY, dname_of(&lower), DNS_TYPE_DS, j->arena, &j->out->ds);
}

/* A CNAME that the server made from its DNAME: ours stands in its place, and it is no surprise. */
static bool is_doubled_cname(const struct dns_msg *m, unsigned i, const struct scrubbed *out)
{
    for (unsigned k = 0; k < out->chain_count; k++) {
        if (m->rr[i].type == DNS_TYPE_CNAME && (out->made >> k & 1) != 0 &&
            dns_msg_owner_is(m, i, rrset_owner(out->chain[k]))) {
            return true;
        }
    }
    return false;
}

/* Is record i of the answer section, which lies in the zone, part of what was taken? */
static bool was_taken(const struct dns_msg *m, unsigned i, const struct scrubbed *out)
{
    uint16_t type = m->rr[i].type == DNS_TYPE_RRSIG ? dns_msg_covered(m, i) : m->rr[i].type;

    for (unsigned k = 0; k < out->chain_count; k++) {
        bool same_type = out->chain[k]->type == type || out->chain[k]->type == m->rr[i].type;
        if (same_type && dns_msg_owner_is(m, i, rrset_owner(out->chain[k]))) {
            return true;
        }
    }
    return is_doubled_cname(m, i, out);
}

/* Records outside the zone asked in any section, and answers that were not asked for (T14, T15). */
static unsigned count_dropped(const struct job *j)
{
    const struct dns_msg *m = j->m;
    unsigned dropped = 0;

    for (unsigned i = 0; i < dns_msg_end(m, DNS_ADDITIONAL); i++) {
        if (m->rr[i].type == DNS_TYPE_OPT || m->rr[i].type == DNS_TYPE_TSIG) {
            continue;
        }
        bool outside = m->rr[i].rclass != DNS_CLASS_IN || !dns_msg_owner_under(m, i, ask_zone(j->ask));
        dropped += outside || (i < dns_msg_end(m, DNS_ANSWER) && !was_taken(m, i, j->out));
    }
    return dropped;
}

static enum dns_err take_chain(const struct job *j, enum asked_as as)
{
    struct chain c;

    chain_walk(j->m, j->ask, as, &c);
    struct dname last = chain_last(&c);
    uint8_t *end = arena_dup(j->arena, last.wire, last.len);
    if (end == NULL) {
        return DNS_E_NO_MEMORY;
    }
    j->out->end = (struct dname){.wire = end, .len = last.len, .labels = last.labels};
    enum dns_err err = take_aliases(j, &c);
    if (err == DNS_OK && c.end == CHAIN_ANSWERED) {
        err = take_answer(j, &c);
    } else if (err == DNS_OK && c.end == CHAIN_TOO_LONG) {
        struct rrset *dname;
        err = take_dname_set(j, c.too_long_rr, &dname); /* shown with YXDOMAIN: RFC 6672 section 3.1 */
    }
    return err;
}

enum dns_err scrub(const struct dns_msg *msg, const struct ask *ask, enum reply_kind kind, enum asked_as as,
                   struct arena *arena, struct scrubbed *out)
{
    const struct job j = {.m = msg, .ask = ask, .arena = arena, .out = out};
    enum dns_err err = DNS_OK;

    *out = (struct scrubbed){.end = dname_of(&ask->qname)};
    out->rank = (msg->flags & DNS_FLAG_AA) != 0 && as != ASKED_FORWARDER ? RANK_AUTH_ANSWER : RANK_NONAUTH_ANSWER;
    switch (kind) {
    case REPLY_ANSWER:
    case REPLY_ALIAS:
    case REPLY_YXDOMAIN:
        err = take_chain(&j, as);
        break;
    case REPLY_NODATA:
    case REPLY_NXDOMAIN:
        err = take_chain(&j, as);
        if (err == DNS_OK) {
            err = take_soa(&j, out->end);
        }
        break;
    case REPLY_REFERRAL:
        err = take_cut(&j);
        break;
    default: /* T18: nothing of a failure, of a lame server or of a broken reply is believed */
        return DNS_OK;
    }
    if (err == DNS_OK) {
        err = take_proofs(&j);
    }
    out->dropped = count_dropped(&j);
    return err;
}

struct delegation *scrub_priming(const struct dns_msg *msg, struct arena *arena)
{
    struct delegation_builder b;

    if (dns_msg_rcode(msg) != DNS_RCODE_NOERROR || (msg->flags & DNS_FLAG_TC) != 0) {
        return NULL;
    }
    delegation_begin(&b, dname_root(), DELEGATION_PRIMED, DNS_TTL_MAX);
    collect_ns(msg, DNS_ANSWER, &b);
    collect_glue(msg, dname_root(), &b);
    return b.addr_count > 0 ? delegation_pack(&b, arena) : NULL;
}
