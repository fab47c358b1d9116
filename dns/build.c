/*
 * build.c - writing a message
 *
 * Compression. Each suffix of a name written is a candidate: `www.example.com` can be pointed at from its w, its e and
 * its c. The slots keep where a suffix was written, found by a hash of its octets; a hit is confirmed in the message
 * itself, so a collision costs time and nothing else, and L22 bounds the time. A name that equals the question's is
 * found without the hash: in most answers that is the only one.
 */
#include "dns/build.h"

#include "dns/rdata.h"
#include "dns/seeded.h"
#include "dns/wire_name.h"

#include <string.h>

#define POINTER      0xc000
#define POINTER_END  0x4000 /* offsets have 14 bits */
#define PROBES       4      /* slots that a suffix may stand in */
#define DEPTH_MAX    6      /* pointers that a name pointed at may have; readers allow few (DNAME_POINTERS_MAX) */
#define QUESTION_END 4      /* type and class */
#define RR_FIXED     10     /* type 2, class 2, TTL 4, RDLENGTH 2 */

static_assert((BUILD_SLOTS & (BUILD_SLOTS - 1)) == 0, "a power of two");
static_assert(DEPTH_MAX < DNAME_POINTERS_MAX, "what is written here can be read here");
static_assert(DNS_COMPRESS_ATTEMPTS_MAX <= UINT8_MAX, "attempts is an octet");

static void open_records(struct build *b)
{
    b->w.cap = b->limit > b->reserved + DNS_HEADER_SIZE ? b->limit - b->reserved : b->w.pos;
}

void build_init(struct build *b, uint8_t *buf, size_t limit, uint16_t id, uint16_t flags, size_t reserve)
{
    b->limit = limit < DNS_MSG_MAX ? limit : DNS_MSG_MAX;
    b->w = writer_of(buf, b->limit);
    b->reserved = reserve;
    memset(b->counts, 0, sizeof b->counts);
    b->flags = flags;
    b->section = 0;
    b->attempts = 0;
    b->question_len = 0;
    b->indexed = false;
    b->truncated = false;
    uint8_t *header = writer_take(&b->w, DNS_HEADER_SIZE);
    if (header != NULL) {
        memset(header, 0, DNS_HEADER_SIZE); /* flags and counts are known at the end */
        header[0] = (uint8_t)(id >> 8);
        header[1] = (uint8_t)id;
    }
    open_records(b);
}

/* The labels of a name and the hash of each suffix, which the label begins. */
struct suffixes {
    uint8_t at[DNAME_LABELS_MAX];
    uint16_t hash[DNAME_LABELS_MAX];
};

static void hash_suffixes(struct dname n, struct suffixes *s)
{
    size_t p = 0;
    for (unsigned i = 0; i < n.labels; i++) {
        s->at[i] = (uint8_t)p;
        p += 1 + (size_t)n.wire[p];
    }
    uint32_t h = 0x811c9dc5; /* FNV-1a, octet by octet from the last label to the first */
    for (unsigned i = n.labels; i-- > 0;) {
        const uint8_t *label = n.wire + s->at[i];
        for (unsigned k = 0; k <= label[0]; k++) {
            h = (h ^ label[k]) * 0x01000193;
        }
        s->hash[i] = (uint16_t)(h ^ h >> 16);
    }
}

/* Is the name that was written at `at` this one, octet for octet? No if it winds through too many pointers. */
static bool is_written(const uint8_t *base, size_t at, const uint8_t *suffix)
{
    for (unsigned pointers = 0;;) {
        size_t label = wire_label(base, at);
        pointers += label != at; /* a pointer of ours never leads to a pointer */
        size_t n = base[label];
        if (n != suffix[0] || memcmp(base + label, suffix, 1 + n) != 0 || pointers > DEPTH_MAX) {
            return false;
        }
        if (n == 0) {
            return true;
        }
        at = label + 1 + n;
        suffix += 1 + n;
    }
}

/* Where this suffix was written before; 0: nowhere known. */
static uint16_t find_suffix(const struct build *b, uint16_t hash, const uint8_t *suffix)
{
    for (unsigned i = 0; i < PROBES; i++) {
        unsigned slot = (hash + i) % BUILD_SLOTS;
        uint16_t at = b->slot_at[slot];
        if (at != 0 && b->slot_hash[slot] == hash && is_written(b->w.base, at, suffix)) {
            return at;
        }
    }
    return 0;
}

/* When all its slots are taken the suffix is not kept: the earlier ones, of question and zone, are the likelier
 * targets. */
static void keep_suffix(struct build *b, uint16_t hash, size_t at)
{
    for (unsigned i = 0; i < PROBES && at < POINTER_END; i++) {
        unsigned slot = (hash + i) % BUILD_SLOTS;
        if (b->slot_at[slot] == 0) {
            b->slot_at[slot] = (uint16_t)at;
            b->slot_hash[slot] = hash;
            return;
        }
    }
}

static void begin_index(struct build *b)
{
    struct suffixes s;
    struct reader r = {.base = b->w.base, .pos = DNS_HEADER_SIZE, .end = b->w.pos};
    struct dname question;
    b->indexed = true;
    memset(b->slot_at, 0, sizeof b->slot_at);
    if (b->question_len != 0 && dname_read_plain(&r, &question) == DNS_OK) {
        hash_suffixes(question, &s);
        for (unsigned i = 0; i < question.labels; i++) {
            keep_suffix(b, s.hash[i], DNS_HEADER_SIZE + (size_t)s.at[i]);
        }
    }
}

static bool is_question(const struct build *b, struct dname n)
{
    return n.len == b->question_len && memcmp(b->w.base + DNS_HEADER_SIZE, n.wire, n.len) == 0;
}

/* Write a name. Returns where it can be pointed at, 0: nowhere. */
static uint16_t put_name(struct build *b, struct dname n)
{
    struct suffixes s;
    if (dname_is_root(n)) {
        write_u8(&b->w, 0);
        return 0;
    }
    if (is_question(b, n)) {
        write_u16(&b->w, POINTER | DNS_HEADER_SIZE);
        return DNS_HEADER_SIZE;
    }
    if (SEEDED(6, b->attempts >= DNS_COMPRESS_ATTEMPTS_MAX, false)) {
        write_bytes(&b->w, n.wire, n.len);
        return 0;
    }
    if (!b->indexed) {
        begin_index(b);
    }
    hash_suffixes(n, &s);
    unsigned first = 0; /* labels that are written out */
    uint16_t target = 0;
    for (; first < n.labels && SEEDED(6, b->attempts < DNS_COMPRESS_ATTEMPTS_MAX, true); first++) {
        b->attempts++;
        target = find_suffix(b, s.hash[first], n.wire + s.at[first]);
        if (target != 0) {
            break;
        }
    }
    if (target != 0 && first == 0) {
        write_u16(&b->w, (uint16_t)(POINTER | target));
        return target;
    }
    size_t start = b->w.pos;
    if (target != 0) {
        write_bytes(&b->w, n.wire, s.at[first]);
        write_u16(&b->w, (uint16_t)(POINTER | target));
    } else {
        write_bytes(&b->w, n.wire, n.len);
    }
    for (unsigned i = 0; i < first && !b->w.failed; i++) {
        keep_suffix(b, s.hash[i], start + s.at[i]);
    }
    return start < POINTER_END ? (uint16_t)start : 0;
}

struct build_mark build_mark(const struct build *b)
{
    struct build_mark m = {.pos = b->w.pos, .section = b->section};
    memcpy(m.counts, b->counts, sizeof m.counts);
    return m;
}

void build_rewind(struct build *b, const struct build_mark *m)
{
    for (unsigned i = 0; i < BUILD_SLOTS && b->indexed; i++) {
        if (b->slot_at[i] >= m->pos) {
            b->slot_at[i] = 0;
        }
    }
    b->w.pos = m->pos;
    b->w.failed = false;
    b->section = m->section;
    memcpy(b->counts, m->counts, sizeof b->counts);
}

/* Keep what was written since the mark, or take it back if it did not fit. */
static bool settle(struct build *b, const struct build_mark *m)
{
    if (!b->w.failed) {
        return true;
    }
    build_rewind(b, m);
    return false;
}

bool build_question(struct build *b, struct dname qname, uint16_t qtype, uint16_t qclass)
{
    assert(b->section == 0 && b->counts[0] == 0);
    struct build_mark mark = build_mark(b);
    write_bytes(&b->w, qname.wire, qname.len);
    write_u16(&b->w, qtype);
    write_u16(&b->w, qclass);
    if (!settle(b, &mark)) {
        return false;
    }
    b->question_len = qname.len;
    b->counts[0] = 1;
    return true;
}

/* RFC 3597 section 4: only the names in rdata of RFC 1035's types may be compressed; the table marks them. */
static bool may_compress(uint16_t type)
{
    for (const uint8_t *f = rdata_type(type)->fields; *f != F_END; f++) {
        if (F_KIND(*f) == F_NAME_C) {
            return true;
        }
    }
    return false;
}

static void put_rdata_names(struct build *b, uint16_t type, const uint8_t *rdata, uint16_t len)
{
    struct rdata_walk walk = rdata_walk_of(type, rdata, len);
    struct rdata_piece piece;
    while (rdata_next(&walk, &piece)) {
        struct reader r = reader_of(piece.data, piece.len);
        struct dname name;
        if (piece.field == F_NAME_C && dname_read_plain(&r, &name) == DNS_OK) {
            put_name(b, name);
        } else {
            write_bytes(&b->w, piece.data, piece.len);
        }
    }
}

/* What all records of a set have in common. */
struct rr_head {
    struct dname owner;
    uint16_t owner_at; /* where a pointer finds the owner; 0: it must be written */
    uint16_t type, rclass;
    uint32_t ttl_s;
    bool compress; /* there may be names in the rdata that can be compressed */
};

static void put_rr(struct build *b, struct rr_head *h, const uint8_t *rdata, uint16_t len)
{
    if (h->owner_at != 0) {
        write_u16(&b->w, (uint16_t)(POINTER | h->owner_at));
    } else {
        h->owner_at = put_name(b, h->owner);
    }
    uint8_t *p = writer_take(&b->w, RR_FIXED);
    if (p == NULL) {
        return;
    }
    p[0] = (uint8_t)(h->type >> 8);
    p[1] = (uint8_t)h->type;
    p[2] = (uint8_t)(h->rclass >> 8);
    p[3] = (uint8_t)h->rclass;
    p[4] = (uint8_t)(h->ttl_s >> 24);
    p[5] = (uint8_t)(h->ttl_s >> 16);
    p[6] = (uint8_t)(h->ttl_s >> 8);
    p[7] = (uint8_t)h->ttl_s;
    size_t start = b->w.pos;
    if (h->compress) {
        put_rdata_names(b, h->type, rdata, len);
    } else {
        write_bytes(&b->w, rdata, len);
    }
    size_t written = b->w.pos - start;
    p[8] = (uint8_t)(written >> 8);
    p[9] = (uint8_t)written;
}

static void enter_section(struct build *b, enum dns_section s)
{
    assert(b->section <= (unsigned)s + 1);
    b->section = (uint8_t)(s + 1);
}

bool build_rr(struct build *b, enum dns_section s, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
              const uint8_t *rdata, uint16_t len)
{
    struct build_mark mark = build_mark(b);
    struct rr_head head = {
        .owner = owner,
        .type = type,
        .rclass = rclass,
        .ttl_s = ttl_s,
        .compress = may_compress(type),
    };
    enter_section(b, s);
    put_rr(b, &head, rdata, len);
    b->counts[b->section]++;
    return settle(b, &mark);
}

/* Records first .. count-1, then 0 .. first-1. */
static void put_rotated(struct build *b, struct rr_head *h, const struct rrset *set, unsigned first)
{
    struct rdata_ref rr;
    struct rrset_iter it = rrset_rrs(set);
    for (unsigned i = 0; rrset_next(&it, &rr); i++) {
        if (i >= first) {
            put_rr(b, h, rr.data, rr.len);
        }
    }
    it = rrset_rrs(set);
    for (unsigned i = 0; i < first && rrset_next(&it, &rr); i++) {
        put_rr(b, h, rr.data, rr.len);
    }
}

bool build_rrset(struct build *b, enum dns_section s, const struct rrset *set, const struct dname *owner,
                 uint32_t ttl_s, unsigned first, unsigned flags)
{
    struct build_mark mark = build_mark(b);
    struct rr_head head = {
        .owner = owner != NULL ? *owner : rrset_owner(set),
        .type = set->type,
        .rclass = set->rclass,
        .ttl_s = ttl_s,
        .compress = may_compress(set->type),
    };
    enter_section(b, s);
    put_rotated(b, &head, set, set->count != 0 ? first % set->count : 0);
    b->counts[b->section] = (uint16_t)(b->counts[b->section] + set->count);
    if ((flags & BUILD_SIGS) != 0 && set->sig_count != 0) {
        struct rrset_iter it = rrset_sigs(set);
        struct rdata_ref sig;
        head.type = DNS_TYPE_RRSIG;
        head.compress = false;
        while (rrset_next(&it, &sig)) {
            put_rr(b, &head, sig.data, sig.len);
        }
        b->counts[b->section] = (uint16_t)(b->counts[b->section] + set->sig_count);
    }
    return settle(b, &mark);
}

void build_truncate(struct build *b)
{
    struct build_mark body = {.pos = DNS_HEADER_SIZE, .counts = {b->counts[0]}};
    if (b->counts[0] != 0) {
        body.pos += (size_t)b->question_len + QUESTION_END;
    }
    if (b->w.pos > body.pos) {
        build_rewind(b, &body);
    }
    b->truncated = true;
    b->flags |= DNS_FLAG_TC;
}

size_t build_finish(struct build *b, const struct edns_out *opt)
{
    if (b->w.failed || b->w.pos < DNS_HEADER_SIZE) {
        return 0; /* no room for a header */
    }
    b->w.cap = b->limit;
    if (opt != NULL && edns_write(&b->w, opt)) {
        b->counts[DNS_ADDITIONAL + 1]++;
    }
    patch_u16(&b->w, 2, b->flags);
    for (unsigned i = 0; i < 4; i++) {
        patch_u16(&b->w, 4 + 2 * (size_t)i, b->counts[i]);
    }
    return b->w.pos;
}
