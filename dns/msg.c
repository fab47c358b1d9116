/*
 * msg.c - a message, checked once
 *
 * One pass, in the order of the octets. Two shortcuts keep it short for what most replies are, an RRset or two with
 * compressed owners: an owner that is a pointer to the question's name, or the pointer that the record before had, is
 * known to be good and not walked again; and A and AAAA records, whose rdata has no inside, are not looked up in the
 * table.
 */
#include "dns/msg.h"

#include "dns/bytes.h"
#include "dns/limits.h"
#include "dns/rdata.h"
#include "dns/seeded.h"
#include "dns/wire_name.h"

#include <string.h>

#define COUNTS_AT      4  /* RFC 1035 section 4.1.1 */
#define RR_FIXED       10 /* type 2, class 2, TTL 4, RDLENGTH 2 */
#define OPT_DO         0x8000
#define OPT_BARE       11 /* an OPT without options: root, and RR_FIXED */
#define QUESTION_FIXED 4  /* type and class */
#define NOT_A_TARGET   0  /* no name starts in the header */

struct parse {
    struct reader r;
    struct name_work work;
    struct dns_msg *msg;
    struct rr_ref *index; /* NULL: records are only checked */
    unsigned done;        /* records so far */
    uint16_t counts[DNS_SECTIONS];
    uint16_t question_at; /* pointers to here are good */
    uint16_t last_target; /* and to here */
    bool tsig;            /* seen: nothing may follow */
};

/* Member by member: that is a few stores, where the compiler would clear the struct with a slow string instruction,
 * which was half the time of parsing a query. What the flags has_cookie and has_ecs guard is left as it is. */
static void clear(struct dns_msg *m, const uint8_t *data)
{
    struct edns *e = &m->edns;
    m->wire = data;
    m->len = m->id = m->flags = m->qdcount = 0;
    m->count[0] = m->count[1] = m->count[2] = 0;
    m->rr = NULL;
    m->qname = dname_root();
    m->qtype = m->qclass = 0;
    e->present = e->dnssec_ok = false;
    e->version = e->ext_rcode = 0;
    e->udp_size = e->z = 0;
    e->has_cookie = e->has_nsid = e->has_keepalive = e->has_padding = e->has_ecs = false;
    e->cookie_len = e->ecs_len = 0;
    e->ede = DNS_EDE_NONE;
    e->ede_text = NULL;
    e->ede_text_len = 0;
}

static enum dns_err parse_header(const uint8_t *data, size_t n, struct dns_msg *out, struct parse *p)
{
    clear(out, data);
    if (n < DNS_HEADER_SIZE) {
        return DNS_E_TRUNCATED;
    }
    if (n > DNS_MSG_MAX) {
        return DNS_E_LIMIT;
    }
    *p = (struct parse){.r = reader_of(data, n), .work = name_work_of(n), .msg = out};
    out->len = (uint16_t)n;
    out->id = read_u16(&p->r);
    out->flags = read_u16(&p->r);
    unsigned questions = read_u16(&p->r);
    size_t least = (size_t)questions * DNS_QUESTION_MIN;
    for (int s = 0; s < DNS_SECTIONS; s++) {
        p->counts[s] = read_u16(&p->r);
        least += (size_t)p->counts[s] * DNS_RR_MIN;
    }
    /* T91: before anything is allocated. RFC 9619 section 4: a query has one question. */
    if (questions > 1 || SEEDED(4, least > n - DNS_HEADER_SIZE, false)) {
        return DNS_E_COUNT;
    }
    out->qdcount = (uint16_t)questions;
    return DNS_OK;
}

static enum dns_err parse_question(struct parse *p)
{
    struct dns_msg *out = p->msg;
    if (out->qdcount == 0) {
        return DNS_OK;
    }
    p->question_at = (uint16_t)p->r.pos;
    enum dns_err err = dname_read_plain(&p->r, &out->qname); /* nothing stands before it that it could point at */
    if (err != DNS_OK) {
        out->qname = dname_root();
        return err;
    }
    out->qtype = read_u16(&p->r);
    out->qclass = read_u16(&p->r);
    return p->r.failed ? DNS_E_TRUNCATED : DNS_OK;
}

static enum dns_err parse_owner(struct parse *p)
{
    const uint8_t *at = p->r.base + p->r.pos;
    if (reader_left(&p->r) >= 2 && at[0] > DLABEL_MAX) {
        uint16_t target = (uint16_t)((at[0] & 0x3f) << 8 | at[1]);
        if (at[0] >= 0xc0 && target != NOT_A_TARGET && (target == p->question_at || target == p->last_target)) {
            p->r.pos += 2;
            return DNS_OK;
        }
        p->last_target = target; /* good, or the whole message is bad */
    }
    return dname_unpack(&p->r, &p->work, NULL);
}

/* RFC 6891 section 6.1.1 and 6.1.2: at most one, in the additional section, owned by the root. */
static enum dns_err parse_opt(struct parse *p, enum dns_section s, const struct rr_ref *rr, uint32_t ttl)
{
    struct edns *e = &p->msg->edns;
    if (s != DNS_ADDITIONAL || e->present || p->r.base[rr->owner] != 0) {
        return DNS_E_EDNS;
    }
    e->present = true;
    e->udp_size = rr->rclass;
    e->ext_rcode = (uint8_t)(ttl >> 24);
    e->version = (uint8_t)(ttl >> 16);
    e->dnssec_ok = (ttl & OPT_DO) != 0;
    e->z = (uint16_t)(ttl & (OPT_DO - 1));
    const uint8_t *rdata = reader_take(&p->r, rr->rdlen);
    enum dns_err err = edns_parse(rdata, rr->rdlen, e);
    if (err == DNS_OK && e->has_ecs && (p->msg->flags & DNS_FLAG_QR) == 0 && e->ecs[3] != 0) {
        return DNS_E_EDNS; /* RFC 7871 section 6: no scope in queries */
    }
    return err;
}

/* RFC 2136 section 2.4 and 2.5: prerequisites and deletions have class ANY or NONE and may have no rdata. */
static bool is_update_form(const struct parse *p, const struct rr_ref *rr)
{
    return rr->rdlen == 0 && (rr->rclass == DNS_CLASS_ANY || rr->rclass == DNS_CLASS_NONE) &&
           dns_msg_opcode(p->msg) == DNS_OPCODE_UPDATE;
}

/* T24: meta types are no data; each has its place or none (RFC 6895 section 3.1). */
static bool meta_is_in_place(struct parse *p, enum dns_section s, const struct rr_ref *rr)
{
    switch (rr->type) {
    case DNS_TYPE_TSIG: /* RFC 8945 section 5.1: the last record of the message */
        p->tsig = true;
        return s == DNS_ADDITIONAL;
    case DNS_TYPE_TKEY: /* RFC 2930 section 3: queries have it in the additional section, replies in the answer */
        return s == DNS_ADDITIONAL || s == DNS_ANSWER;
    case DNS_TYPE_ANY:
        return is_update_form(p, rr);
    default:
        return false;
    }
}

/* The two types that most records have; their rdata is nothing but its octets. */
static bool is_address(const struct rr_ref *rr)
{
    return (rr->type == DNS_TYPE_A && rr->rdlen == 4) || (rr->type == DNS_TYPE_AAAA && rr->rdlen == 16);
}

static enum dns_err parse_rdata(struct parse *p, enum dns_section s, const struct rr_ref *rr, uint32_t ttl)
{
    if (is_address(rr)) {
        p->r.pos += rr->rdlen; /* known to be there */
        return DNS_OK;
    }
    if (rr->type == DNS_TYPE_OPT) {
        return parse_opt(p, s, rr, ttl);
    }
    if (dns_type_is_meta(rr->type) && !meta_is_in_place(p, s, rr)) {
        return DNS_E_SECTION;
    }
    if (rr->rdlen == 0 && is_update_form(p, rr)) {
        return DNS_OK;
    }
    return rdata_unpack(rr->type, &p->r, rr->rdlen, &p->work, NULL);
}

static enum dns_err parse_rr(struct parse *p, enum dns_section s, struct rr_ref *rr)
{
    if (p->tsig) {
        return DNS_E_SECTION;
    }
    rr->owner = (uint16_t)p->r.pos;
    enum dns_err err = parse_owner(p);
    if (err != DNS_OK) {
        return err;
    }
    const uint8_t *f = reader_take(&p->r, RR_FIXED);
    if (f == NULL) {
        return DNS_E_TRUNCATED;
    }
    uint32_t ttl = (uint32_t)f[4] << 24 | (uint32_t)f[5] << 16 | (uint32_t)f[6] << 8 | f[7];
    rr->type = (uint16_t)(f[0] << 8 | f[1]);
    rr->rclass = (uint16_t)(f[2] << 8 | f[3]);
    rr->rdlen = (uint16_t)(f[8] << 8 | f[9]);
    rr->rdata = (uint16_t)p->r.pos;
    rr->ttl_s = ttl <= DNS_TTL_MAX ? ttl : DNS_TTL_MAX; /* RFC 8767 section 4 */
    if (rr->rdlen > reader_left(&p->r)) {
        return DNS_E_TRUNCATED;
    }
    return parse_rdata(p, s, rr, ttl);
}

static enum dns_err parse_sections(struct parse *p)
{
    struct rr_ref unkept;
    for (int s = 0; s < DNS_SECTIONS; s++) {
        for (unsigned i = 0; i < p->counts[s]; i++) {
            /* cppcheck-suppress uninitvar ; parse_rr fills it */
            struct rr_ref *rr = p->index != NULL ? &p->index[p->done] : &unkept;
            enum dns_err err = parse_rr(p, (enum dns_section)s, rr);
            if (err != DNS_OK) {
                return err;
            }
            p->done++;
        }
    }
    return reader_left(&p->r) == 0 ? DNS_OK : DNS_E_TRAILING;
}

enum dns_err dns_msg_parse(const uint8_t *data, size_t n, struct arena *arena, struct dns_msg *out)
{
    struct parse p;
    enum dns_err err = parse_header(data, n, out, &p);
    if (err == DNS_OK) {
        err = parse_question(&p);
    }
    if (err != DNS_OK) {
        return err;
    }
    size_t records = (size_t)p.counts[0] + p.counts[1] + p.counts[2];
    if (records != 0) {
        p.index = arena_alloc(arena, records * sizeof *p.index);
        if (p.index == NULL) {
            return DNS_E_NO_MEMORY;
        }
    }
    err = parse_sections(&p);
    if (err == DNS_OK) {
        out->rr = p.index;
        memcpy(out->count, p.counts, sizeof out->count);
    }
    return err;
}

/* What nearly all queries are: one question, and behind it nothing, or an OPT without options. False: anything else,
 * right or wrong; *out is as it was. */
static bool parse_usual_query(const uint8_t *data, size_t n, struct dns_msg *out)
{
    size_t opt = n > COUNTS_AT + 7 ? data[COUNTS_AT + 7] : 0; /* records of the additional section, if all is usual */
    size_t behind = QUESTION_FIXED + opt * OPT_BARE, at = DNS_HEADER_SIZE;
    uint8_t counts[8] = {0, 1, 0, 0, 0, 0, 0, (uint8_t)opt};
    if (opt > 1 || n < DNS_HEADER_SIZE + 1 + behind || n > DNS_HEADER_SIZE + DNAME_MAX + behind ||
        memcmp(data + COUNTS_AT, counts, sizeof counts) != 0) {
        return false;
    }
    const uint8_t *after = data + n - behind, *o = after + QUESTION_FIXED;
    unsigned labels = 0;
    for (; data + at < after && data[at] != 0; labels++) {
        if (data[at] > DLABEL_MAX) {
            return false;
        }
        at += 1 + (size_t)data[at];
    }
    if (data + at + 1 != after) {
        return false;
    }
    if (opt != 0 && (o[0] != 0 || o[1] != 0 || o[2] != DNS_TYPE_OPT || o[9] != 0 || o[10] != 0)) {
        return false;
    }
    clear(out, data);
    out->len = (uint16_t)n;
    out->id = (uint16_t)(data[0] << 8 | data[1]);
    out->flags = (uint16_t)(data[2] << 8 | data[3]);
    out->qdcount = 1;
    out->qname.wire = data + DNS_HEADER_SIZE;
    out->qname.len = (uint8_t)(at + 1 - DNS_HEADER_SIZE);
    out->qname.labels = (uint8_t)labels;
    out->qtype = (uint16_t)(after[0] << 8 | after[1]);
    out->qclass = (uint16_t)(after[2] << 8 | after[3]);
    if (opt != 0) {
        struct edns *e = &out->edns;
        e->present = true;
        e->udp_size = (uint16_t)(o[3] << 8 | o[4]);
        e->ext_rcode = o[5];
        e->version = o[6];
        e->z = (uint16_t)((o[7] << 8 | o[8]) & (OPT_DO - 1));
        e->dnssec_ok = (o[7] & OPT_DO >> 8) != 0;
    }
    return true;
}

enum dns_err dns_query_parse(const uint8_t *data, size_t n, struct dns_msg *out)
{
    struct parse p;
    if (parse_usual_query(data, n, out)) {
        return DNS_OK;
    }
    enum dns_err err = parse_header(data, n, out, &p);
    if (err == DNS_OK) {
        err = parse_question(&p);
    }
    return err == DNS_OK ? parse_sections(&p) : err;
}

unsigned dns_msg_begin(const struct dns_msg *m, enum dns_section s)
{
    unsigned i = 0;
    for (unsigned before = 0; before < (unsigned)s; before++) {
        i += m->count[before];
    }
    return i;
}

unsigned dns_msg_end(const struct dns_msg *m, enum dns_section s)
{
    return dns_msg_begin(m, s) + m->count[s];
}

bool dns_msg_owner_is(const struct dns_msg *m, unsigned i, struct dname name)
{
    return wire_name_is(m->wire, m->rr[i].owner, name);
}

bool dns_msg_owner_under(const struct dns_msg *m, unsigned i, struct dname zone)
{
    size_t at = wire_label(m->wire, m->rr[i].owner);
    unsigned labels = wire_labels(m->wire, at);
    for (; labels > zone.labels; labels--) {
        at = wire_label(m->wire, wire_skip_label(m->wire, at));
    }
    return labels == zone.labels && wire_name_is(m->wire, at, zone);
}

/* For names and rdata of a checked message: the budget of the whole message is more than one record took. */
static struct name_work enough_work(const struct dns_msg *m)
{
    return name_work_of(m->len);
}

static struct reader reader_at(const struct dns_msg *m, size_t pos)
{
    return (struct reader){.base = m->wire, .pos = pos, .end = m->len};
}

struct dname dns_msg_owner(const struct dns_msg *m, unsigned i, struct dname_buf *buf)
{
    struct reader r = reader_at(m, m->rr[i].owner);
    struct name_work work = enough_work(m);
    enum dns_err err = dname_unpack(&r, &work, buf);
    return err == DNS_OK ? dname_of(buf) : dname_root();
}

bool dns_msg_same_owner(const struct dns_msg *m, unsigned i, unsigned k)
{
    const uint8_t *base = m->wire;
    size_t a = wire_label(base, m->rr[i].owner), b = wire_label(base, m->rr[k].owner);
    while (a != b) {
        uint8_t n = base[a];
        if (n != base[b] || !fold_equal(base + a + 1, base + b + 1, n)) {
            return false;
        }
        if (n == 0) {
            return true;
        }
        a = wire_label(base, a + 1 + n);
        b = wire_label(base, b + 1 + n);
    }
    return true;
}

enum dns_err dns_msg_rdata(const struct dns_msg *m, unsigned i, struct writer *out)
{
    const struct rr_ref *rr = &m->rr[i];
    if (rr->rdlen == 0) {
        return DNS_OK; /* of an update message, or of a type that may be empty */
    }
    if (is_address(rr) || rr->type == DNS_TYPE_OPT) { /* an OPT was checked as options, not by the table */
        write_bytes(out, m->wire + rr->rdata, rr->rdlen);
        return out->failed ? DNS_E_NO_SPACE : DNS_OK;
    }
    struct reader r = reader_at(m, rr->rdata);
    struct name_work work = enough_work(m);
    return rdata_unpack(rr->type, &r, rr->rdlen, &work, out);
}

/* Skip a field that may stand before a name. */
static bool skip_field(struct reader *r, enum rdata_field field)
{
    switch (field) {
    case F_U8:
    case F_ALG:
    case F_SCHEME:
        return reader_take(r, 1) != NULL;
    case F_U16:
    case F_TYPE:
    case F_COVERED:
        return reader_take(r, 2) != NULL;
    case F_U32:
    case F_TTL:
    case F_TIME:
        return reader_take(r, 4) != NULL;
    case F_STR:
        return reader_take(r, read_u8(r)) != NULL;
    default:
        return false;
    }
}

bool dns_msg_target(const struct dns_msg *m, unsigned i, struct dname_buf *out)
{
    const struct rr_ref *rr = &m->rr[i];
    struct reader r = reader_at(m, rr->rdata);
    r.end = (size_t)rr->rdata + rr->rdlen;
    struct name_work work = enough_work(m);
    for (const uint8_t *f = rdata_type(rr->type)->fields; *f != F_END; f++) {
        enum rdata_field field = F_KIND(*f);
        if (field == F_NAME_C || field == F_NAME_D || field == F_NAME) {
            return dname_unpack(&r, &work, out) == DNS_OK;
        }
        if (!skip_field(&r, field)) {
            return false;
        }
    }
    return false;
}

uint16_t dns_msg_covered(const struct dns_msg *m, unsigned i)
{
    if (m->rr[i].type != DNS_TYPE_RRSIG || m->rr[i].rdlen < 2) {
        return 0;
    }
    const uint8_t *p = m->wire + m->rr[i].rdata;
    return (uint16_t)(p[0] << 8 | p[1]);
}
