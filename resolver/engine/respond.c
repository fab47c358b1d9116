/*
 * respond.c - from an outcome to a client's message
 *
 * Answers are minimal: the chain and the data, the SOA of a negative answer, no NS, nothing additional (T50). What the
 * client did not ask to see is left out: signatures and proofs without DO (RFC 4035 section 3.2.1), the OPT without an
 * OPT.
 */
#include "resolver/engine/respond.h"

#include <stdio.h>
#include <string.h>

#include "dns/build.h"
#include "dns/edns.h"
#include "dns/limits.h"
#include "dns/types.h"
#include "resolver/engine/sentinel.h"
#include "resolver/engine/trust.h"

#define EDE_TEXT_MAX 256

/* RFC 6840 section 5.8: AD is for who asked with DO or AD. */
static bool wants_ad(const struct request *r)
{
    return r->dnssec_ok || (r->flags & DNS_FLAG_AD) != 0;
}

static uint16_t answer_flags(const struct request *r, const struct outcome *o)
{
    uint16_t flags = DNS_FLAG_QR | DNS_FLAG_RA | (r->flags & (DNS_FLAG_RD | DNS_FLAG_CD)) | (o->rcode & 0xf);

    if (o->authentic && o->answers + o->authorities > 0 && o->failure == FAIL_NONE && wants_ad(r) &&
        (r->flags & DNS_FLAG_CD) == 0) {
        flags |= DNS_FLAG_AD;
    }
    return flags;
}

/* Not validated, because somebody said so (RFC 7646 section 3)? */
static bool is_exempt(const struct request *r, const struct outcome *o, const struct engine_settings *set)
{
    return o->failure == FAIL_NONE && o->security == SEC_INSECURE && set->dnssec != DNSSEC_OFF &&
           (trust_exempt(set, dname_of(&r->qname)) ||
            (o->answers > 0 && trust_exempt(set, rrset_owner(o->answer[o->answers - 1].set))));
}

/* "NRCH: no name server of the zone answered"; with a text of the outcome's own behind it, if there is one. */
static void fill_ede(const struct outcome *o, struct edns_out *opt, char text[static EDE_TEXT_MAX])
{
    const struct failure_row *row = failure_row(o->failure);

    opt->ede = o->ede;
    opt->ede_text = o->ede_text;
    if (o->failure == FAIL_NONE || row->ede == DNS_EDE_NONE) {
        return;
    }
    opt->ede = row->ede;
    opt->ede_text = text;
    if (o->ede_text != NULL) {
        snprintf(text, EDE_TEXT_MAX, "%s: %s (%s)", row->tag, row->text, o->ede_text);
    } else {
        snprintf(text, EDE_TEXT_MAX, "%s: %s", row->tag, row->text);
    }
}

/* What a client's OPT is answered with. `text` and `ecs` are the caller's memory for it. */
static void fill_opt(const struct request *r, const struct outcome *o, const struct engine_settings *set,
                     struct edns_out *opt, uint8_t ecs[static sizeof r->ecs])
{
    opt->dnssec_ok = r->dnssec_ok; /* RFC 3225 section 3 */
    opt->ext_rcode = (uint8_t)(o->rcode >> 4);
    opt->udp_size = set->edns_size;
    opt->keepalive = r->keepalive;
    if (r->nsid && set->nsid != NULL) {
        opt->nsid = (const uint8_t *)set->nsid;
        opt->nsid_len = (uint16_t)strlen(set->nsid);
    }
    if (r->ecs_len >= 4) {
        memcpy(ecs, r->ecs, r->ecs_len);
        ecs[3] = 0; /* scope: the answer is the same for all (RFC 7871 section 7.2.1) */
        opt->ecs = ecs;
        opt->ecs_len = r->ecs_len;
    }
}

static bool is_dnssec_type(uint16_t type)
{
    return type == DNS_TYPE_NSEC || type == DNS_TYPE_NSEC3 || type == DNS_TYPE_RRSIG;
}

static bool is_address(uint16_t type)
{
    return type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
}

/* RFC 1794: which record comes first. The turns are spread by the golden ratio, so that a client that asks for two
 * names by turns (A and AAAA, say) does not always meet the same one of two addresses. */
static unsigned first_of(const struct rrset *set, unsigned turn)
{
    if (!is_address(set->type)) {
        return 0;
    }
    return (unsigned)((uint64_t)(uint32_t)(turn * UINT32_C(2654435769)) * set->count >> 32);
}

/* One set into the answer section; the question's own spelling goes for owners that equal it. */
static bool add_answer(struct build *b, const struct request *r, const struct outcome_set *one, unsigned turn)
{
    const struct rrset *set = one->set;
    struct dname qname = dname_of(&r->qname);
    const struct dname *owner = dname_equal(rrset_owner(set), qname) ? &qname : NULL;
    bool sigs = r->dnssec_ok || r->qtype == DNS_TYPE_RRSIG || r->qtype == DNS_TYPE_ANY;
    unsigned first = first_of(set, turn);

    return build_rrset(b, DNS_ANSWER, set, owner, one->ttl_s, first, sigs ? BUILD_SIGS : 0);
}

/* A DNAME stands once, though several aliases of the chain may be made from it. */
static bool stands_before(const struct outcome *o, unsigned i)
{
    const struct rrset *set = o->answer[i].set;

    for (unsigned k = 0; set->type == DNS_TYPE_DNAME && k < i; k++) {
        const struct rrset *other = o->answer[k].set;
        if (other->type == set->type && dname_equal(rrset_owner(other), rrset_owner(set))) {
            return true;
        }
    }
    return false;
}

static bool add_sections(struct build *b, const struct request *r, const struct outcome *o, unsigned turn)
{
    for (unsigned i = 0; i < o->answers; i++) {
        if (!stands_before(o, i) && !add_answer(b, r, &o->answer[i], turn)) {
            return false;
        }
    }
    for (unsigned i = 0; i < o->authorities; i++) {
        const struct outcome_set *one = &o->authority[i];
        if (is_dnssec_type(one->set->type) && !r->dnssec_ok) {
            continue; /* RFC 4035 section 3.2.1 */
        }
        if (!build_rrset(b, DNS_AUTHORITY, one->set, NULL, one->ttl_s, 0, r->dnssec_ok ? BUILD_SIGS : 0)) {
            return false;
        }
    }
    return true;
}

static size_t build_answer(const struct request *request, const struct outcome *o, const struct engine_settings *set,
                           unsigned turn, uint8_t *out)
{
    struct build b;
    struct edns_out opt = {.ede = DNS_EDE_NONE};
    char text[EDE_TEXT_MAX];
    uint8_t ecs[sizeof request->ecs];
    size_t reserve = 0;

    if (request->edns) {
        fill_opt(request, o, set, &opt, ecs);
        reserve = edns_size(&opt); /* the extended error only takes what is left (T95) */
        fill_ede(o, &opt, text);
        if (opt.ede == DNS_EDE_NONE && is_exempt(request, o, set)) {
            opt.ede = DNS_EDE_NEGATIVE_TRUST_ANCHOR;
        }
    }
    build_init(&b, out, request->limit, request->id, answer_flags(request, o), reserve);
    build_question(&b, dname_of(&request->qname), request->qtype, request->qclass);
    if (!add_sections(&b, request, o, turn)) {
        build_truncate(&b); /* RFC 2181 section 9: whole or not at all */
    }
    return build_finish(&b, request->edns ? &opt : NULL);
}

/* Types whose rdata goes out octet for octet. */
static bool is_verbatim(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
    case DNS_TYPE_TXT:
    case DNS_TYPE_HTTPS:
    case DNS_TYPE_SVCB:
    case DNS_TYPE_SRV:
    case DNS_TYPE_CAA:
    case DNS_TYPE_TLSA:
    case DNS_TYPE_DS:
    case DNS_TYPE_DNSKEY:
        return true;
    default:
        return false;
    }
}

/* One set, at the very name that was asked for, and nothing else to say? (A single set of the type that was asked for
 * stands at that name: to be elsewhere it would need an alias before it.) */
static bool is_plain(const struct request *r, const struct outcome *o, const struct engine_settings *set)
{
    const struct rrset *s = o->answer[0].set;

    return o->answers == 1 && o->authorities == 0 && o->rcode == DNS_RCODE_NOERROR && o->failure == FAIL_NONE &&
           o->ede == DNS_EDE_NONE && s->type == r->qtype && s->owner_len == r->qname.len && r->qname.len > 1 &&
           is_verbatim(s->type) && s->rclass == r->qclass && !r->nsid && r->keepalive == 0 && r->ecs_len == 0 &&
           set->negative_anchor_count == 0;
}

static uint8_t *put2(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
    return p + 2;
}

/* `n` records of the set, from `it` on, as records of `type`. */
static uint8_t *put_records(uint8_t *p, struct rrset_iter *it, unsigned n, uint16_t type, uint32_t ttl_s)
{
    struct rdata_ref rr;

    while (n-- > 0 && rrset_next(it, &rr)) {
        p = put2(p, 0xc000 | DNS_HEADER_SIZE); /* the name of the question (RFC 1035 section 4.1.4) */
        p = put2(p, type);
        p = put2(p, DNS_CLASS_IN);
        p = put2(p, ttl_s >> 16);
        p = put2(p, ttl_s & 0xffff);
        p = put2(p, rr.len);
        memcpy(p, rr.data, rr.len);
        p += rr.len;
    }
    return p;
}

/* The answer that most questions get, written straight away; what build_answer() would write, at a fifth of its price.
 * 0: this is none, or it might not fit. */
static size_t build_plain(const struct request *r, const struct outcome *o, const struct engine_settings *set,
                          unsigned turn, uint8_t *out)
{
    if (!is_plain(r, o, set)) {
        return 0;
    }
    const struct outcome_set *one = &o->answer[0];
    const struct rrset *s = one->set;
    unsigned sigs = r->dnssec_ok ? s->sig_count : 0, count = s->count, first = first_of(s, turn);
    size_t most = DNS_HEADER_SIZE + r->qname.len + 4u + s->size_bytes + 12u * (count + sigs) + DNS_RR_MIN;

    if (most > r->limit || s->rclass != DNS_CLASS_IN) {
        return 0;
    }
    uint8_t *p = put2(out, r->id);
    p = put2(p, answer_flags(r, o));
    p = put2(p, 1);
    p = put2(p, count + sigs);
    p = put2(p, 0);
    p = put2(p, r->edns);
    memcpy(p, r->qname.wire, r->qname.len);
    p = put2(p + r->qname.len, r->qtype);
    p = put2(p, r->qclass);
    struct rrset_iter it = rrset_rrs(s), from = it;
    struct rdata_ref skipped;
    for (unsigned i = 0; i < first; i++) {
        rrset_next(&from, &skipped);
    }
    p = put_records(p, &from, count - first, s->type, one->ttl_s);
    p = put_records(p, &it, first, s->type, one->ttl_s);
    if (sigs != 0) {
        it = rrset_sigs(s);
        p = put_records(p, &it, sigs, DNS_TYPE_RRSIG, one->ttl_s);
    }
    if (r->edns) { /* RFC 6891 section 6.1.2 */
        *p++ = 0;
        p = put2(p, DNS_TYPE_OPT);
        p = put2(p, set->edns_size < DNS_UDP_PLAIN ? DNS_UDP_PLAIN : set->edns_size);
        p = put2(p, 0); /* rcode's upper bits, version */
        p = put2(p, r->dnssec_ok ? 0x8000 : 0);
        p = put2(p, 0);
    }
    return (size_t)(p - out);
}

static size_t build_sentinel(const struct request *request, const struct engine_settings *set, uint8_t *out)
{
    struct outcome o;

    outcome_init(&o);
    o.failure = FAIL_SENTINEL;
    o.rcode = failure_row(o.failure)->rcode;
    return build_answer(request, &o, set, 0, out);
}

size_t respond_build(const struct request *request, const struct outcome *o, const struct engine_settings *set,
                     unsigned turn, uint8_t *out)
{
    if (o->authentic && o->failure == FAIL_NONE && sentinel_fails(request, set)) {
        return build_sentinel(request, set, out);
    }
    size_t n = build_plain(request, o, set, turn, out);
    return n != 0 ? n : build_answer(request, o, set, turn, out);
}

/* A question that could be read; class 0 is no class (RFC 6895 section 3.2). */
static bool has_question(const struct dns_msg *query)
{
    return query->qdcount == 1 && query->qclass != 0;
}

size_t respond_error(const struct dns_msg *query, uint16_t rcode, int ede, const char *ede_text, uint16_t edns_size,
                     uint8_t *out, size_t cap)
{
    struct build b;
    struct edns_out opt = {
        .dnssec_ok = query->edns.dnssec_ok,
        .ext_rcode = (uint8_t)(rcode >> 4),
        .udp_size = edns_size,
        .ede = ede,
        .ede_text = ede_text,
    };
    uint16_t kept = (uint16_t)(query->flags & (0xf << 11 | DNS_FLAG_RD | DNS_FLAG_CD));

    /* T28, T29: never longer than the question and an OPT, and never the client's payload. */
    build_init(&b, out, cap, query->id, (uint16_t)(DNS_FLAG_QR | DNS_FLAG_RA | kept | (rcode & 0xf)),
               query->edns.present ? DNS_RR_MIN : 0);
    if (has_question(query)) {
        build_question(&b, query->qname, query->qtype, query->qclass);
    }
    return build_finish(&b, query->edns.present ? &opt : NULL);
}
