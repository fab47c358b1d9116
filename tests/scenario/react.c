/*
 * react.c - the simulated servers: what goes back for a question
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "dns/build.h"
#include "dns/types.h"
#include "zones/lookup.h"

#define AFTER_JUNK_US 50000

/* A question as the server reads it. */
struct question {
    struct dns_msg msg;
    const uint8_t *wire;
    bool tcp;
};

static bool holds(struct rule *r, const struct question *q, uint64_t since_us, struct rng *rng)
{
    bool edns = q->msg.edns.present;

    if (r->name_given &&
        !(r->below ? dname_under(q->msg.qname, dname_of(&r->name)) : dname_equal(q->msg.qname, dname_of(&r->name)))) {
        return false;
    }
    if ((r->type != 0 && r->type != q->msg.qtype) || (r->udp_only && q->tcp) || (r->tcp_only && !q->tcp) ||
        (r->edns_only && !edns) || (r->no_edns_only && edns) || since_us < r->from_us || since_us >= r->until_us) {
        return false;
    }
    if (r->chance_percent != 0 && rng_below(rng, 100) >= r->chance_percent) {
        return false;
    }
    r->matched++;
    return r->matched > r->after && (r->first == 0 || r->matched <= r->after + r->first);
}

static const struct doing *find_rule(struct host *h, const struct question *q, uint64_t since_us, struct rng *rng)
{
    for (size_t i = 0; i < h->rules; i++) {
        if (holds(&h->rule[i], q, since_us, rng)) {
            return &h->rule[i].doing;
        }
    }
    return NULL;
}

/* DS is the parent's (RFC 4035 section 3.1.4.1): a zone whose apex is the name does not count if another holds it. */
static const struct zone *deepest_zone(const struct host *h, const struct question *q)
{
    const struct zone *best = NULL;

    for (size_t i = 0; i < h->zones; i++) {
        struct dname origin = zone_origin(h->zone[i]);
        bool parents = q->msg.qtype == DNS_TYPE_DS && dname_equal(origin, q->msg.qname) && h->zones > 1;
        if (dname_under(q->msg.qname, origin) && !parents &&
            (best == NULL || origin.labels > zone_origin(best).labels)) {
            best = h->zone[i];
        }
    }
    return best;
}

/* An owner written as ? stands for the name asked. */
static struct dname owner_of(const struct record *r, const struct question *q)
{
    struct dname owner = dname_of(&r->owner);

    return owner.len == 3 && owner.wire[1] == '?' ? q->msg.qname : owner;
}

static void add_records(struct build *b, const struct records *records, enum dns_section section,
                        const struct question *q)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *r = &records->record[i];
        if (!build_rr(b, section, owner_of(r, q), r->type, r->rclass, r->has_ttl ? r->ttl_s : 3600, r->rdata, r->len)) {
            build_truncate(b);
            return;
        }
    }
}

static size_t udp_limit(const struct question *q)
{
    if (q->tcp) {
        return DNS_MSG_MAX;
    }
    return q->msg.edns.present && q->msg.edns.udp_size > DNS_UDP_PLAIN ? q->msg.edns.udp_size : DNS_UDP_PLAIN;
}

static void fill(struct build *b, const struct host *h, const struct question *q, const struct doing *d)
{
    static struct lookup l; /* big; one thread */

    if (d->truncate) {
        build_truncate(b);
    } else if (d->message) {
        for (unsigned s = 0; s < 3; s++) {
            add_records(b, &d->section[s], (enum dns_section)s, q);
        }
    } else if (d->rcode < 0) {
        const struct zone *z = deepest_zone(h, q);
        if (z == NULL) {
            b->flags |= DNS_RCODE_REFUSED;
            return;
        }
        bool as = d->as.len > 0;
        zone_lookup(z, as ? dname_of(&d->as) : q->msg.qname, as ? d->as_type : q->msg.qtype, q->msg.edns.dnssec_ok, &l);
        lookup_write(&l, b);
    }
}

static void change_case(uint8_t *name, bool fold)
{
    for (unsigned at = 0; name[at] != 0; at += name[at] + 1u) {
        for (unsigned i = at + 1; i <= at + name[at]; i++) {
            if (isalpha(name[i])) {
                name[i] = (uint8_t)(fold ? tolower(name[i]) : name[i] ^ 0x20);
            }
        }
    }
}

static bool lists(const uint16_t list[4], uint16_t type)
{
    for (unsigned i = 0; i < 4; i++) {
        if (list[i] != 0 && list[i] == type) {
            return true;
        }
    }
    return false;
}

/* Puts record i of the answer into section s of the new one, with what is to be wrong. */
static void put_again(struct build *b, const struct doing *d, const struct dns_msg *m, unsigned i, enum dns_section s)
{
    static uint8_t rdata[DNS_MSG_MAX];
    struct dname_buf owner;
    struct writer w = writer_of(rdata, sizeof rdata);
    uint16_t covered = m->rr[i].type == DNS_TYPE_RRSIG ? dns_msg_covered(m, i) : 0;

    if (dns_msg_rdata(m, i, &w) != DNS_OK) {
        return;
    }
    rdata[w.pos - 1] ^= lists(d->spoil, covered);
    build_rr(b, s, dns_msg_owner(m, i, &owner), m->rr[i].type, m->rr[i].rclass, m->rr[i].ttl_s, rdata, (uint16_t)w.pos);
}

/* The answer again, without what is to be left out, and with what is to be wrong or in the wrong place. */
static size_t twist(const struct doing *d, size_t len, uint8_t *data)
{
    static uint8_t copy[DNS_MSG_MAX];
    struct dns_msg m;
    struct arena arena;
    struct build b;
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE, .dnssec_ok = true};

    arena_init(&arena, NULL, 0, 4 << 20);
    memcpy(copy, data, len);
    if (dns_msg_parse(copy, len, &arena, &m) != DNS_OK) {
        exit(2);
    }
    build_init(&b, data, DNS_MSG_MAX, m.id, d->turn >= 0 ? (uint16_t)((m.flags & ~0xf) | d->turn) : m.flags, 0);
    build_question(&b, m.qname, m.qtype, m.qclass);
    for (unsigned strays = 0; strays < 2; strays++) { /* behind all others */
        for (unsigned s = 0; s < 3; s++) {
            for (unsigned i = dns_msg_begin(&m, (enum dns_section)s); i < dns_msg_end(&m, (enum dns_section)s); i++) {
                uint16_t type = m.rr[i].type, covered = type == DNS_TYPE_RRSIG ? dns_msg_covered(&m, i) : 0;
                bool left_out = type == DNS_TYPE_OPT || lists(d->strip, type) || lists(d->strip, covered) ||
                                lists(d->unsign, covered);
                if (!left_out && lists(d->stray, covered) == (strays == 1)) {
                    put_again(&b, d, &m, i, strays == 1 ? DNS_ADDITIONAL : (enum dns_section)s);
                }
            }
        }
    }
    arena_release(&arena);
    return build_finish(&b, m.edns.present ? &opt : NULL);
}

static bool is_twisted(const struct doing *d)
{
    return d->strip[0] != 0 || d->unsign[0] != 0 || d->stray[0] != 0 || d->spoil[0] != 0 || d->turn >= 0;
}

static size_t build_answer(const struct host *h, const struct question *q, const struct doing *d, uint8_t *out)
{
    struct build b;
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE, .dnssec_ok = q->msg.edns.dnssec_ok};
    bool with_opt = q->msg.edns.present && !d->no_opt;
    uint16_t flags = DNS_FLAG_QR | (q->msg.flags & DNS_FLAG_RD) | (d->rcode > 0 ? d->rcode & 0xf : 0);

    opt.ext_rcode = d->rcode > 15 ? (uint8_t)(d->rcode >> 4) : 0;
    build_init(&b, out, udp_limit(q), q->msg.id, flags, with_opt ? edns_size(&opt) : 0);
    if (!d->no_question) {
        build_question(&b, q->msg.qname, q->msg.qtype, q->msg.qclass);
    }
    fill(&b, h, q, d);
    size_t len = build_finish(&b, with_opt ? &opt : NULL);
    uint16_t now = (uint16_t)((out[2] << 8 | out[3]) | d->set_flags);
    now &= (uint16_t)~d->clear_flags;
    out[2] = (uint8_t)(now >> 8);
    out[3] = (uint8_t)now;
    if (is_twisted(d)) {
        len = twist(d, len, out);
    }
    if (d->wrong_id) {
        out[1] ^= 0x55;
    }
    if (!d->no_question && (d->flip_case || d->fold_case)) {
        change_case(out + DNS_HEADER_SIZE, d->fold_case);
    }
    return len;
}

static size_t from_hex(struct word hex, const struct question *q, uint8_t *out)
{
    size_t len = 0;

    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        char pair[3] = {hex.text[i], hex.text[i + 1], '\0'};
        out[len++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    if (len >= 2 && hex.text[0] == 'i') { /* ii ii: the question's own id */
        out[0] = q->wire[0];
        out[1] = q->wire[1];
    }
    return len;
}

/* The query sent back with something changed. */
static size_t echo(const struct question *q, uint16_t set_flags, uint16_t clear_flags, uint8_t *out)
{
    size_t len = DNS_HEADER_SIZE + q->msg.qname.len + 4u;

    memcpy(out, q->wire, len);
    uint16_t flags = (uint16_t)(((out[2] << 8 | out[3]) | DNS_FLAG_QR | set_flags) & ~clear_flags);
    out[2] = (uint8_t)(flags >> 8);
    out[3] = (uint8_t)flags;
    out[11] = 0; /* no OPT */
    return len;
}

/* Junk that arrives ahead of the answer. */
static size_t make_junk(struct word what, const struct question *q, uint8_t *out)
{
    size_t len = echo(q, 0, 0, out);
    size_t end = DNS_HEADER_SIZE + q->msg.qname.len;

    if (word_is(what, "qr0")) {
        return echo(q, 0, DNS_FLAG_QR, out);
    }
    if (word_is(what, "opcode")) {
        return echo(q, 5 << 11, 0, out);
    }
    if (word_is(what, "empty")) {
        return 0;
    }
    if (word_is(what, "one")) {
        return 1;
    }
    if (word_is(what, "eleven")) {
        return 11;
    }
    if (word_is(what, "header")) {
        out[5] = 0;
        return DNS_HEADER_SIZE;
    }
    if (word_is(what, "wrong-id")) {
        out[1] ^= 0x21;
    } else if (word_is(what, "wrong-case")) {
        change_case(out + DNS_HEADER_SIZE, false);
    } else if (word_is(what, "wrong-type")) {
        out[end + 1] ^= 1;
    } else if (word_is(what, "wrong-class")) {
        out[end + 3] = 3;
    } else if (word_is(what, "wrong-name")) {
        out[DNS_HEADER_SIZE + 1] = tolower(out[DNS_HEADER_SIZE + 1]) == 'q' ? 'z' : 'q';
    } else if (word_is(what, "two-questions")) {
        out[5] = 2;
    } else if (word_is(what, "no-question")) {
        out[5] = 0;
    } else if (word_is(what, "formerr")) {
        out[3] |= DNS_RCODE_FORMERR;
    } else if (word_is(what, "servfail-bare")) {
        out[3] |= DNS_RCODE_SERVFAIL;
        out[5] = 0;
        return DNS_HEADER_SIZE;
    } else {
        return from_hex(what, q, out);
    }
    return len;
}

static void add_packet(struct reaction *r, uint64_t later_us, size_t len)
{
    r->packet[r->packets].later_us = later_us;
    r->packet[r->packets++].len = len;
}

void host_react(const struct hosts *all, struct host *h, const uint8_t *query, size_t n, bool tcp, uint64_t since_us,
                struct rng *rng, struct reaction *out)
{
    static const struct doing usual = {.rcode = -1, .turn = -1};
    struct question q = {.wire = query, .tcp = tcp};

    out->packets = 0;
    out->conduct = CONDUCT_SILENT;
    if (dns_query_parse(query, n, &q.msg) != DNS_OK) {
        return;
    }
    const struct doing *d = find_rule(h, &q, since_us, rng);
    if (d == NULL) {
        d = &usual;
    }
    out->delay_us = d->has_delay ? d->delay_us : all->delay_us;
    if (d->jitter_us != 0) {
        out->delay_us += rng_below(rng, (uint32_t)d->jitter_us);
    }
    out->conduct = d->conduct;
    if (d->conduct != CONDUCT_ANSWER || (d->drop_percent != 0 && rng_below(rng, 100) < d->drop_percent)) {
        out->conduct = d->conduct == CONDUCT_ANSWER ? CONDUCT_SILENT : d->conduct;
        return;
    }
    uint64_t later_us = 0;
    if (d->before.len != 0 && !tcp) {
        add_packet(out, 0, make_junk(d->before, &q, out->packet[0].data));
        later_us = AFTER_JUNK_US;
    }
    uint8_t *data = out->packet[out->packets].data;
    add_packet(out, later_us, d->hex.len != 0 ? from_hex(d->hex, &q, data) : build_answer(h, &q, d, data));
    for (unsigned i = 1; i < d->copies && out->packets < REACTION_PACKETS_MAX; i++) {
        struct packet *last = &out->packet[out->packets - 1];
        memcpy(out->packet[out->packets].data, last->data, last->len);
        add_packet(out, later_us + 1000 * i, last->len);
    }
}
