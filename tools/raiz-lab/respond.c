#include "tools/raiz-lab/respond.h"

#include <string.h>

#include "dns/build.h"
#include "dns/edns.h"
#include "dns/types.h"
#include "zones/lookup.h"

/* One answer under way. */
struct answer {
    const struct lab *lab;
    const struct lab_server *server;
    const struct dns_msg *query;
    bool tcp;
    struct build build;
    struct lab_reply *reply;
};

/* ---- the zone's data ---- */

static const struct zone *zone_for(const struct answer *a)
{
    struct dname qname = a->query->qname;
    for (size_t i = 0; i < a->server->served; i++) {
        const struct lab_zone *z = &a->lab->zone[a->server->zone[i]];
        struct dname origin = dname_of(&z->origin);
        if (!dname_under(qname, origin)) {
            continue;
        }
        /* RFC 4035 section 3.1.4.1: a server of both sides answers for DS from the parent's. */
        if (a->query->qtype == DNS_TYPE_DS && dname_equal(qname, origin) && !dname_is_root(qname)) {
            for (size_t k = i + 1; k < a->server->served; k++) {
                const struct lab_zone *parent = &a->lab->zone[a->server->zone[k]];
                if (dname_below(qname, dname_of(&parent->origin))) {
                    return parent->zone;
                }
            }
        }
        return z->zone;
    }
    return NULL;
}

static void set_rcode(struct answer *a, uint16_t rcode)
{
    a->build.flags = (uint16_t)((a->build.flags & ~0xfu) | (rcode & 0xfu));
    a->reply->rcode = rcode;
}

/* The name exists only through names below it. */
static bool is_empty(const struct zone *z, struct dname name)
{
    struct lookup l;
    zone_lookup(z, name, DNS_TYPE_ANY, false, &l);
    return l.kind == LOOKUP_NODATA;
}

/* Glue that is none of its business, and wrong: a resolver that believes it can be led astray. */
static void add_stray_glue(struct answer *a, const struct zone *z, const struct lookup *l)
{
    static const uint8_t nowhere[4] = {192, 0, 2, 66};
    for (unsigned i = 0; i < l->authorities; i++) {
        struct rrset_iter it = rrset_rrs(l->authority[i]);
        struct rdata_ref rdata;
        while (l->authority[i]->type == DNS_TYPE_NS && rrset_next(&it, &rdata)) {
            struct reader r = reader_of(rdata.data, rdata.len);
            struct dname name;
            if (dname_read_plain(&r, &name) == DNS_OK && !dname_under(name, zone_origin(z))) {
                build_rr(&a->build, DNS_ADDITIONAL, name, DNS_TYPE_A, DNS_CLASS_IN, 3600, nowhere, sizeof nowhere);
            }
        }
    }
}

static void answer_from_zone(struct answer *a)
{
    const struct zone *z = zone_for(a);
    uint16_t qtype = a->query->qtype;
    if (z == NULL || a->query->qclass != DNS_CLASS_IN || qtype == DNS_TYPE_AXFR || qtype == DNS_TYPE_IXFR) {
        set_rcode(a, DNS_RCODE_REFUSED);
        return;
    }
    struct lookup l;
    zone_lookup(z, a->query->qname, qtype, a->query->edns.present && a->query->edns.dnssec_ok, &l);
    if (l.kind == LOOKUP_NODATA && (a->server->habits & LAB_ENTNXDOMAIN) != 0 && is_empty(z, a->query->qname)) {
        l.kind = LOOKUP_NXDOMAIN;
    }
    lookup_write(&l, &a->build);
    if (l.kind == LOOKUP_REFERRAL && (a->server->habits & LAB_STRAYGLUE) != 0) {
        add_stray_glue(a, z, &l);
    }
    a->reply->rcode = a->build.flags & 0xf;
}

/* A server that was named for a zone and does not know it; this kind refers upwards, to the root. */
static void answer_lame(struct answer *a)
{
    for (size_t i = 0; i < a->lab->zones; i++) {
        const struct lab_zone *z = &a->lab->zone[i];
        const struct rrset *ns = z->origin.labels == 0 ? zone_find(z->zone, dname_root(), DNS_TYPE_NS) : NULL;
        if (ns != NULL) {
            build_rrset(&a->build, DNS_AUTHORITY, ns, NULL, ns->ttl_s, 0, 0);
            return;
        }
    }
}

/* ---- habits ---- */

/* True: that is the whole answer. */
static bool answer_by_habit(struct answer *a)
{
    static const struct {
        unsigned habit;
        uint16_t rcode;
    } fixed[] = {
        {LAB_REFUSE, DNS_RCODE_REFUSED},
        {LAB_SERVFAIL, DNS_RCODE_SERVFAIL},
        {LAB_FORMERR, DNS_RCODE_FORMERR},
        {LAB_NOTIMP, DNS_RCODE_NOTIMP},
    };
    unsigned habits = a->server->habits;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if ((habits & fixed[i].habit) != 0) {
            set_rcode(a, fixed[i].rcode);
            return true;
        }
    }
    if ((habits & LAB_NOEDNS) != 0 && a->query->edns.present) {
        set_rcode(a, DNS_RCODE_FORMERR);
        return true;
    }
    if ((habits & LAB_TRUNCATE) != 0 && !a->tcp) {
        build_truncate(&a->build);
        return true;
    }
    if ((habits & LAB_LAME) != 0) {
        answer_lame(a);
        return true;
    }
    return false;
}

static bool is_dropped(const struct lab_server *s, bool tcp, const struct dns_msg *q)
{
    return (s->habits & LAB_SILENT) != 0 || (!tcp && (s->habits & LAB_TCPONLY) != 0) ||
           (q->edns.present && (s->habits & LAB_DROPEDNS) != 0);
}

static size_t write_garbage(const struct dns_msg *q, struct rng *rng, uint8_t *out)
{
    size_t n = 12 + rng_below(rng, 100);
    rng->fill(rng, out, n);
    out[0] = (uint8_t)(q->id >> 8);
    out[1] = (uint8_t)q->id;
    out[2] |= 0x80;
    out[4] = 0xff; /* more questions than octets */
    return n;
}

/* ---- the message ---- */

static size_t size_limit(const struct answer *a)
{
    if (a->tcp) {
        return DNS_MSG_MAX;
    }
    const struct edns *e = &a->query->edns;
    if (!e->present) {
        return DNS_UDP_PLAIN;
    }
    size_t wanted = e->udp_size < DNS_UDP_PLAIN ? DNS_UDP_PLAIN : e->udp_size; /* RFC 6891 section 6.2.3 */
    return wanted < a->server->edns_size ? wanted : a->server->edns_size;
}

/* A server with habits older than EDNS has no OPT to give. */
static bool wants_opt(const struct answer *a)
{
    return a->query->edns.present && (a->server->habits & (LAB_NOEDNS | LAB_PLAIN)) == 0;
}

/* Octets that end_message will add for the OPT. */
static struct edns_out make_opt(const struct answer *a)
{
    struct edns_out opt = {.udp_size = a->server->edns_size, .ede = DNS_EDE_NONE};
    opt.dnssec_ok = a->query->edns.dnssec_ok;
    if (a->query->edns.has_nsid) {
        opt.nsid = (const uint8_t *)a->server->name;
        opt.nsid_len = (uint16_t)strlen(a->server->name);
    }
    return opt;
}

static void write_question(struct answer *a)
{
    struct dname_buf lower;
    struct dname qname = a->query->qname;
    if ((a->server->habits & LAB_LOWERCASE) != 0) {
        dname_lower(qname, &lower);
        qname = dname_of(&lower);
    }
    build_question(&a->build, qname, a->query->qtype, a->query->qclass);
}

static void write_answer(struct answer *a, struct edns_out *opt)
{
    const struct dns_msg *q = a->query;
    if (q->edns.present && q->edns.version > 0 && wants_opt(a)) {
        opt->ext_rcode = DNS_RCODE_BADVERS >> 4; /* RFC 6891 section 6.1.3 */
        set_rcode(a, DNS_RCODE_BADVERS);
        return;
    }
    if (!answer_by_habit(a)) {
        answer_from_zone(a);
    }
}

static size_t write_message(struct answer *a, uint8_t *out)
{
    const struct dns_msg *q = a->query;
    uint16_t id = (a->server->habits & LAB_WRONGID) != 0 ? (uint16_t)(q->id + 1) : q->id;
    uint16_t keep = q->flags & (0x7800 | DNS_FLAG_RD | DNS_FLAG_CD);
    struct edns_out opt = make_opt(a);
    build_init(&a->build, out, size_limit(a), id, (uint16_t)(DNS_FLAG_QR | keep), wants_opt(a) ? edns_size(&opt) : 0);
    if (dns_msg_opcode(q) != DNS_OPCODE_QUERY) {
        set_rcode(a, DNS_RCODE_NOTIMP);
    } else if (q->qdcount != 1) {
        set_rcode(a, DNS_RCODE_FORMERR);
    } else {
        write_question(a);
        write_answer(a, &opt);
    }
    a->reply->truncated = (a->build.flags & DNS_FLAG_TC) != 0 || a->build.truncated;
    return build_finish(&a->build, wants_opt(a) ? &opt : NULL);
}

/* The bare header with FORMERR for what cannot be understood. */
static void respond_formerr(const struct dns_msg *q, uint8_t *out, struct lab_reply *reply)
{
    struct build b;
    build_init(&b, out, DNS_UDP_PLAIN, q->id, (uint16_t)(DNS_FLAG_QR | (q->flags & 0x7900) | DNS_RCODE_FORMERR), 0);
    reply->fate = LAB_FATE_ANSWERED;
    reply->rcode = DNS_RCODE_FORMERR;
    reply->len = build_finish(&b, NULL);
}

void lab_respond(const struct lab *lab, const struct lab_server *s, bool tcp, const uint8_t *query, size_t n,
                 struct rng *rng, uint8_t *out, struct lab_reply *reply)
{
    *reply = (struct lab_reply){.fate = LAB_FATE_BAD};
    enum dns_err err = dns_query_parse(query, n, &reply->query);
    const struct dns_msg *q = &reply->query;
    if (n < DNS_HEADER_SIZE || (q->flags & DNS_FLAG_QR) != 0) {
        return;
    }
    if (err != DNS_OK && dns_msg_opcode(q) == DNS_OPCODE_QUERY) {
        respond_formerr(q, out, reply);
        return;
    }
    reply->parsed = err == DNS_OK;
    if (is_dropped(s, tcp, q)) {
        reply->fate = LAB_FATE_DROPPED;
        return;
    }
    if (!tcp && s->loss_permille > 0 && rng_below(rng, 1000) < s->loss_permille) {
        reply->fate = LAB_FATE_LOST;
        return;
    }
    reply->fate = LAB_FATE_ANSWERED;
    reply->delay_ms = s->delay_ms + (s->jitter_ms > 0 ? rng_below(rng, s->jitter_ms + 1) : 0);
    struct answer a = {.lab = lab, .server = s, .query = q, .tcp = tcp, .reply = reply};
    reply->len = (s->habits & LAB_GARBAGE) != 0 ? write_garbage(q, rng, out) : write_message(&a, out);
}
