/*
 * mutate.c - a reply with one thing changed: header, records, sets
 */
#include "mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/edns.h"
#include "dns/text.h"
#include "dns/types.h"
#include "mutate_parts.h"

/* ---- taking apart, putting together ---- */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "a reply that is to be changed: %s\n", what);
    exit(1);
}

static void take_record(const struct dns_msg *msg, unsigned i, enum dns_section section, struct arena *arena,
                        struct message *m)
{
    static uint8_t rdata[DNS_MSG_MAX];
    struct writer w = writer_of(rdata, sizeof rdata);
    const struct rr_ref *rr = &msg->rr[i];

    if (rr->type == DNS_TYPE_OPT) {
        return;
    }
    if (m->pieces == PIECES_MAX || dns_msg_rdata(msg, i, &w) != DNS_OK) {
        fail("it has too many records");
    }
    struct piece *p = &m->piece[m->pieces++];
    *p = (struct piece){.type = rr->type, .rclass = rr->rclass, .ttl_s = rr->ttl_s, .section = section};
    p->covered = rr->type == DNS_TYPE_RRSIG ? dns_msg_covered(msg, i) : 0;
    struct dname owner = dns_msg_owner(msg, i, &p->owner);
    if (owner.wire != p->owner.wire) {
        dname_copy(owner, &p->owner);
    }
    p->len = (uint16_t)w.pos;
    p->rdata = arena_zalloc(arena, w.pos + PIECE_ROOM);
    if (p->rdata == NULL) {
        fail("out of memory");
    }
    memcpy(p->rdata, rdata, w.pos);
}

static void take_apart(const uint8_t *data, size_t len, struct arena *arena, struct message *m)
{
    static struct dns_msg msg;

    if (dns_msg_parse(data, len, arena, &msg) != DNS_OK) {
        fail("it is malformed");
    }
    m->id = msg.id;
    m->flags = msg.flags;
    m->opt = msg.edns.present;
    m->ext_rcode = msg.edns.ext_rcode;
    m->dnssec_ok = msg.edns.dnssec_ok;
    m->qtype = msg.qtype;
    m->qclass = msg.qclass;
    m->pieces = 0;
    dname_copy(msg.qname, &m->qname);
    for (unsigned s = 0; s < DNS_SECTIONS; s++) {
        for (unsigned i = dns_msg_begin(&msg, (enum dns_section)s); i < dns_msg_end(&msg, (enum dns_section)s); i++) {
            take_record(&msg, i, (enum dns_section)s, arena, m);
        }
    }
}

static void put_record(const struct piece *p, struct writer *w)
{
    write_bytes(w, p->owner.wire, p->owner.len);
    write_u16(w, p->type);
    write_u16(w, p->rclass);
    write_u32(w, p->ttl_s);
    write_u16(w, p->len);
    write_bytes(w, p->rdata, p->len);
}

/* Not by dns/build.h: that is for what is well-formed. */
static size_t put_together(const struct message *m, uint8_t *data)
{
    struct writer w = writer_of(data, DNS_MSG_MAX);
    uint16_t counts[DNS_SECTIONS] = {0, 0, m->opt};

    write_u16(&w, m->id);
    write_u16(&w, m->flags);
    write_u16(&w, 1);
    size_t counts_at = w.pos;
    write_bytes(&w, "\0\0\0\0\0", 6);
    write_bytes(&w, m->qname.wire, m->qname.len);
    write_u16(&w, m->qtype);
    write_u16(&w, m->qclass);
    for (unsigned s = 0; s < DNS_SECTIONS; s++) {
        for (unsigned i = 0; i < m->pieces; i++) {
            if (m->piece[i].section == (enum dns_section)s && !m->piece[i].gone) {
                put_record(&m->piece[i], &w);
                counts[s]++;
            }
        }
    }
    if (m->opt) {
        struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
        opt.dnssec_ok = m->dnssec_ok;
        opt.ext_rcode = m->ext_rcode;
        edns_write(&w, &opt);
    }
    for (unsigned s = 0; s < DNS_SECTIONS; s++) {
        patch_u16(&w, counts_at + 2 * s, counts[s]);
    }
    if (w.failed) {
        fail("it is too big");
    }
    return w.pos;
}

/* ---- counting ---- */

bool pick_it(struct pick *c, const struct piece *p, const char *what, unsigned detail)
{
    char owner[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], covered[DNS_TYPE_TEXT_MAX];

    if (c->left-- > 0) {
        return false;
    }
    if (p == NULL) {
        snprintf(c->what, MUTATE_TEXT_MAX, "%s %u", what, detail);
        return true;
    }
    dname_print(dname_of(&p->owner), owner);
    snprintf(c->what, MUTATE_TEXT_MAX, "%s %u of %.200s %s%s%s, section %u", what, detail, owner,
             dns_type_text(p->type, type), p->covered != 0 ? " of " : "",
             p->covered != 0 ? dns_type_text(p->covered, covered) : "", p->section);
    return true;
}

/* ---- header ---- */

static bool change_header(struct message *m, struct pick *c)
{
    for (unsigned rcode = 0; rcode < 12; rcode++) {
        if (rcode != (m->flags & 0xfu) && pick_it(c, NULL, "rcode", rcode)) {
            m->flags = (uint16_t)((m->flags & ~0xfu) | rcode);
            return true;
        }
    }
    for (unsigned bit = 4; bit < 15; bit++) { /* CD, AD, Z, RA, RD, TC, AA, opcode */
        if (pick_it(c, NULL, "bit of the flags", bit)) {
            m->flags ^= (uint16_t)(1u << bit);
            return true;
        }
    }
    if (m->opt && pick_it(c, NULL, "no OPT", 0)) {
        m->opt = false;
        return true;
    }
    if (m->opt && pick_it(c, NULL, "rcode of the OPT", 1)) {
        m->ext_rcode ^= 1;
        return true;
    }
    if (m->opt && pick_it(c, NULL, "DO", 0)) {
        m->dnssec_ok = !m->dnssec_ok;
        return true;
    }
    return false;
}

/* ---- many records at once ---- */

static void remove_all(struct message *m, uint16_t type)
{
    for (unsigned i = 0; i < m->pieces; i++) {
        m->piece[i].gone = type == DNS_TYPE_ANY || m->piece[i].type == type || m->piece[i].covered == type;
    }
}

static bool change_all(struct message *m, struct pick *c)
{
    static const uint16_t types[] = {DNS_TYPE_RRSIG, DNS_TYPE_NSEC,   DNS_TYPE_NSEC3, DNS_TYPE_SOA,  DNS_TYPE_NS,
                                     DNS_TYPE_DS,    DNS_TYPE_DNSKEY, DNS_TYPE_CNAME, DNS_TYPE_DNAME};

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (pick_it(c, NULL, "no records of type", types[i])) {
            remove_all(m, types[i]);
            return true;
        }
    }
    for (unsigned rcode = 0; rcode <= DNS_RCODE_NXDOMAIN; rcode += DNS_RCODE_NXDOMAIN) {
        if (pick_it(c, NULL, "no records at all, and rcode", rcode)) {
            remove_all(m, DNS_TYPE_ANY);
            m->flags = (uint16_t)((m->flags & ~0xfu) | rcode);
            return true;
        }
    }
    for (unsigned from = 0; from < DNS_SECTIONS; from++) {
        for (unsigned to = 0; to <= DNS_SECTIONS; to++) { /* the last is nowhere */
            if (to != from && pick_it(c, NULL, "a section moved", from * 10 + to)) {
                for (unsigned i = 0; i < m->pieces; i++) {
                    struct piece *p = &m->piece[i];
                    bool moves = p->section == (enum dns_section)from;
                    p->gone = moves && to == DNS_SECTIONS;
                    p->section = moves && to < DNS_SECTIONS ? (enum dns_section)to : p->section;
                }
                return true;
            }
        }
    }
    return false;
}

/* ---- one record ---- */

static bool change_type(struct piece *p, const struct message *m, struct pick *c)
{
    const uint16_t types[] = {DNS_TYPE_A,    DNS_TYPE_TXT,   DNS_TYPE_CNAME, DNS_TYPE_DNAME, DNS_TYPE_DS, DNS_TYPE_NS,
                              DNS_TYPE_NSEC, DNS_TYPE_NSEC3, DNS_TYPE_RRSIG, 65400,          m->qtype};
    static const uint16_t classes[] = {DNS_CLASS_CH, DNS_CLASS_NONE, DNS_CLASS_ANY, 0};

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i] != p->type && pick_it(c, p, "type", types[i])) {
            p->type = types[i];
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (pick_it(c, p, "class", classes[i])) {
            p->rclass = classes[i];
            return true;
        }
    }
    return false;
}

static bool change_ttl(struct piece *p, struct pick *c)
{
    const uint32_t ttls[] = {0, 1, p->ttl_s - 1, p->ttl_s + 1, 0x7fffffff, 0x80000000, 0xffffffff};

    for (unsigned i = 0; i < sizeof ttls / sizeof ttls[0]; i++) {
        if (pick_it(c, p, "TTL", i)) {
            p->ttl_s = ttls[i];
            return true;
        }
    }
    return false;
}

/* The record a second time; `other`: as another one of the same set. */
static void double_it(struct message *m, const struct piece *p, bool other)
{
    if (m->pieces == PIECES_MAX) {
        fail("it has too many records");
    }
    static uint8_t rdata[DNS_MSG_MAX]; /* only one is ever made of a message */
    struct piece *copy = &m->piece[m->pieces++];
    *copy = *p;
    memcpy(rdata, p->rdata, p->len);
    copy->rdata = rdata;
    if (other && copy->len > 0) {
        rdata[copy->len - 1] ^= 0x10; /* a bit that the lab does not spoil itself */
    }
}

static bool change_place(struct message *m, struct piece *p, struct pick *c)
{
    if (pick_it(c, p, "absence", 0)) {
        p->gone = true;
        return true;
    }
    for (unsigned s = 0; s < DNS_SECTIONS; s++) {
        if (p->section != (enum dns_section)s && pick_it(c, p, "to section", s)) {
            p->section = (enum dns_section)s;
            return true;
        }
    }
    for (unsigned other = 0; other < 2; other++) {
        if (pick_it(c, p, other ? "another one" : "twice", 0)) {
            double_it(m, p, other);
            return true;
        }
    }
    return false;
}

/* ---- a set with its signatures ---- */

static bool same_set(const struct piece *a, const struct piece *b, bool signatures)
{
    return a->section == b->section && dname_equal(dname_of(&a->owner), dname_of(&b->owner)) &&
           ((b->type == a->type && b->covered == a->covered && !signatures) || b->covered == a->type);
}

enum set_change { SET_GONE, SET_UNSIGNED, SET_BARE, SET_OWNER, SET_TTL, SET_SECTION };

static void change_set(struct message *m, const struct piece *like, enum set_change how, const struct dname_buf *owner,
                       uint32_t value)
{
    const struct piece first = *like;

    for (unsigned i = 0; i < m->pieces; i++) {
        struct piece *p = &m->piece[i];
        if (!same_set(&first, p, how == SET_UNSIGNED)) {
            continue;
        }
        switch (how) {
        case SET_GONE:
        case SET_UNSIGNED:
            p->gone = true;
            break;
        case SET_BARE: /* signatures of nothing */
            p->gone = p->covered == 0;
            break;
        case SET_OWNER:
            p->owner = *owner;
            break;
        case SET_TTL:
            p->ttl_s = value;
            break;
        case SET_SECTION:
            p->section = (enum dns_section)value;
            break;
        }
    }
}

static bool mutate_set(struct message *m, unsigned at, struct pick *c)
{
    static const char *const words[] = {"set gone", "set without signatures", "signatures without set"};
    static const uint32_t ttls[] = {0, 0x7fffffff};
    const struct piece *p = &m->piece[at];

    for (unsigned how = SET_GONE; how <= SET_BARE; how++) {
        if (pick_it(c, p, words[how], 0)) {
            change_set(m, p, (enum set_change)how, NULL, 0);
            return true;
        }
    }
    struct dname_buf owner = p->owner;
    if (mutate_name(&owner, p, "set's owner", m, c)) {
        change_set(m, p, SET_OWNER, &owner, 0);
        return true;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (pick_it(c, p, "set's TTL", i)) {
            change_set(m, p, SET_TTL, NULL, ttls[i]);
            return true;
        }
    }
    for (unsigned s = 0; s < DNS_SECTIONS; s++) {
        if ((enum dns_section)s != p->section && pick_it(c, p, "set to section", s)) {
            change_set(m, p, SET_SECTION, NULL, s);
            return true;
        }
    }
    return false;
}

static bool first_of_set(const struct message *m, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (same_set(&m->piece[i], &m->piece[at], false) || m->piece[at].covered != 0) {
            return false;
        }
    }
    return m->piece[at].covered == 0;
}

/* ---- all of it ---- */

static bool change(struct message *m, struct pick *c)
{
    if (change_header(m, c) || change_all(m, c)) {
        return true;
    }
    for (unsigned i = 0, count = m->pieces; i < count; i++) {
        struct piece *p = &m->piece[i];
        if ((first_of_set(m, i) && mutate_set(m, i, c)) || change_place(m, p, c) ||
            mutate_name(&p->owner, p, "owner", m, c) || change_type(p, m, c) || change_ttl(p, c) ||
            mutate_rdata(p, m, c)) {
            return true;
        }
    }
    return false;
}

static bool walk(const uint8_t *data, size_t len, struct pick *c, uint8_t *out, size_t *out_len)
{
    static struct message m; /* big; one thread */
    struct arena arena;

    arena_init(&arena, NULL, 0, 16 << 20);
    take_apart(data, len, &arena, &m);
    bool found = change(&m, c);
    if (found) {
        *out_len = put_together(&m, out);
    }
    arena_release(&arena);
    return found;
}

unsigned mutate_count(const uint8_t *data, size_t len)
{
    struct pick c = {.left = UINT32_MAX};

    walk(data, len, &c, NULL, NULL);
    return UINT32_MAX - c.left;
}

bool mutate(uint8_t *data, size_t *len, unsigned number, char what[MUTATE_TEXT_MAX])
{
    static uint8_t changed[DNS_MSG_MAX];
    struct pick c = {.left = number, .what = what};
    size_t n;

    if (!walk(data, *len, &c, changed, &n)) {
        return false;
    }
    memcpy(data, changed, n);
    *len = n;
    return true;
}

void mutate_replay(uint8_t *data, size_t *len, const uint8_t *other, size_t other_len, bool renamed)
{
    static struct message m, now; /* big; one thread */
    struct arena arena;

    arena_init(&arena, NULL, 0, 16 << 20);
    take_apart(data, *len, &arena, &now);
    take_apart(other, other_len, &arena, &m);
    for (unsigned i = 0; renamed && i < m.pieces; i++) {
        if (dname_equal(dname_of(&m.piece[i].owner), dname_of(&m.qname))) {
            m.piece[i].owner = now.qname;
        }
    }
    m.id = now.id;
    m.qname = now.qname;
    m.qtype = now.qtype;
    m.opt = now.opt;
    *len = put_together(&m, data);
    arena_release(&arena);
}
