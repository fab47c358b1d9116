/*
 * rrset.c - an RRset in one piece of memory
 *
 * A set is built in place: the piece is allocated as large as it can get, records are appended and taken back when they
 * turn out to be duplicates, and what is left over goes back to the arena. Duplicates are found through a small hash
 * table of the records' folded octets. The hash has no key: a stranger can make records collide, but no more than L19
 * of them.
 */
#include "dns/rrset.h"

#include "dns/bytes.h"
#include "dns/fold.h"
#include "dns/limits.h"
#include "dns/rdata.h"

#include <string.h>

/* A piece is never smaller than its struct, whose end is padding. */
static size_t whole_size(size_t data_size)
{
    size_t n = offsetof(struct rrset, data) + data_size;
    return n < sizeof(struct rrset) ? sizeof(struct rrset) : n;
}

struct rrset_iter rrset_rrs(const struct rrset *s)
{
    return (struct rrset_iter){.next = s->data + s->owner_len, .left = s->count};
}

struct rrset_iter rrset_sigs(const struct rrset *s)
{
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref skipped;
    while (rrset_next(&it, &skipped)) {
    }
    it.left = s->sig_count;
    return it;
}

bool rrset_next(struct rrset_iter *it, struct rdata_ref *out)
{
    if (it->left == 0) {
        return false;
    }
    memcpy(&out->len, it->next, sizeof out->len);
    out->data = it->next + sizeof out->len;
    it->next = out->data + out->len;
    it->left--;
    return true;
}

struct rdata_ref rrset_first(const struct rrset *s)
{
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref first = {.data = it.next, .len = 0};
    rrset_next(&it, &first);
    return first;
}

/* One of the records of a set under construction. */
struct slot {
    uint32_t hash; /* of its folded octets */
    uint32_t at;   /* where it begins in the set's data; 0: empty, for the owner stands there */
};
#define SLOTS_FEW (2 * DNS_RRSET_RRS_MAX) /* enough for the records of a message */

/* A set under construction at the end of its arena. */
struct making {
    struct rrset *set;
    struct writer w;    /* set->data */
    struct slot *slots; /* open addressing, at most half full */
    size_t slot_mask;   /* their number - 1 */
    size_t room;        /* of the whole piece */
    struct arena *arena;
};

static uint32_t folded_hash(const uint8_t *p, size_t n)
{
    uint64_t h = n;
    for (; n >= 8; n -= 8, p += 8) {
        h = (h ^ fold8(load8(p))) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    for (; n > 0; n--, p++) {
        h = (h ^ fold1(*p)) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

/* The slot in which this record stands, or the empty one in which it belongs. */
static struct slot *find_slot(const struct making *m, uint32_t hash, struct rdata_ref rr)
{
    size_t i = hash & m->slot_mask;
    for (; m->slots[i].at != 0; i = (i + 1) & m->slot_mask) {
        const uint8_t *old = m->w.base + m->slots[i].at;
        uint16_t len;
        memcpy(&len, old, sizeof len);
        if (m->slots[i].hash == hash && rdata_equal(m->set->type, old + sizeof len, len, rr.data, rr.len)) {
            break;
        }
    }
    return &m->slots[i];
}

static size_t slots_for(size_t count)
{
    size_t n = 2;
    while (n < 2 * count) {
        n *= 2;
    }
    return n;
}

static void use_slots(struct making *m, struct slot *slots, size_t n)
{
    m->slots = slots;
    m->slot_mask = n - 1;
    memset(slots, 0, n * sizeof *slots);
}

static bool making_begin(struct making *m, struct dname owner, size_t records_room, struct arena *arena)
{
    *m = (struct making){.arena = arena};
    m->room = whole_size(owner.len + records_room);
    m->set = arena_alloc(arena, m->room);
    if (m->set == NULL) {
        return false;
    }
    *m->set = (struct rrset){.owner_len = owner.len, .owner_labels = owner.labels};
    m->w = writer_of(m->set->data, m->room - offsetof(struct rrset, data));
    write_bytes(&m->w, owner.wire, owner.len);
    return true;
}

/* A record is appended between these two calls; its length is known at the end. */
static size_t begin_record(struct making *m)
{
    size_t at = m->w.pos;
    writer_take(&m->w, sizeof(uint16_t));
    return at;
}

static struct rdata_ref record_at(struct making *m, size_t at)
{
    struct rdata_ref rr = {.data = m->w.base + at + sizeof rr.len, .len = (uint16_t)(m->w.pos - at - sizeof rr.len)};
    memcpy(m->w.base + at, &rr.len, sizeof rr.len);
    return rr;
}

/* Count it, or take it back. */
static void end_rr(struct making *m, size_t at)
{
    struct rdata_ref rr = record_at(m, at);
    uint32_t hash = folded_hash(rr.data, rr.len);
    struct slot *slot = find_slot(m, hash, rr);
    if (slot->at != 0) {
        m->w.pos = at; /* RFC 2181 section 5 */
        return;
    }
    *slot = (struct slot){.hash = hash, .at = (uint32_t)at};
    m->set->count++;
}

static void end_sig(struct making *m, size_t at)
{
    record_at(m, at);
    m->set->sig_count++;
}

static enum dns_err making_end(struct making *m, struct rrset **out)
{
    if (m->w.failed) {
        return DNS_E_NO_SPACE; /* the room was not reckoned right */
    }
    size_t records = (size_t)m->set->count + m->set->sig_count;
    size_t rdata = m->w.pos - m->set->owner_len - records * sizeof(uint16_t);
    if (rdata > DNS_RRSET_BYTES_MAX) {
        return DNS_E_LIMIT;
    }
    m->set->size_bytes = (uint32_t)whole_size(m->w.pos);
    arena_trim(m->arena, m->set, m->room, m->set->size_bytes);
    *out = m->set;
    return DNS_OK;
}

/* How much longer than on the wire rdata of this type can get when its names are unpacked. */
static size_t growth(uint16_t type)
{
    size_t n = 0;
    for (const uint8_t *f = rdata_type(type)->fields; *f != F_END; f++) {
        n += F_KIND(*f) == F_NAME_C || F_KIND(*f) == F_NAME_D ? DNAME_MAX : 0;
    }
    return n;
}

/* What of a message belongs to a set: indices of records. */
struct found {
    uint16_t rr[DNS_RRSET_RRS_MAX], sig[DNS_RRSET_SIGS_MAX];
    unsigned rrs, sigs;
    uint32_t ttl_s;
    size_t bytes; /* rdata on the wire and length fields */
};

static bool is_sig_of(const struct dns_msg *m, unsigned i, uint16_t type)
{
    return m->rr[i].type == DNS_TYPE_RRSIG && type != DNS_TYPE_RRSIG && dns_msg_covered(m, i) == type;
}

static bool is_at(const struct dns_msg *m, unsigned i, struct dname owner)
{
    return m->rr[i].rclass == DNS_CLASS_IN && dns_msg_owner_is(m, i, owner);
}

static void keep(struct found *f, const struct dns_msg *m, unsigned i, bool sig)
{
    const struct rr_ref *rr = &m->rr[i];

    *(sig ? &f->sig[f->sigs++] : &f->rr[f->rrs++]) = (uint16_t)i;
    f->bytes += 2 + (size_t)rr->rdlen;
    f->ttl_s = rr->ttl_s < f->ttl_s ? rr->ttl_s : f->ttl_s; /* RFC 2181 section 5.2; RFC 4034 section 3 */
}

static enum dns_err find_records(const struct dns_msg *m, enum dns_section section, struct dname owner, uint16_t type,
                                 struct found *f)
{
    f->rrs = f->sigs = 0;
    f->ttl_s = UINT32_MAX;
    f->bytes = 0;
    unsigned end = dns_msg_end(m, section);
    for (unsigned i = dns_msg_begin(m, section); i < end; i++) {
        bool sig = is_sig_of(m, i, type);
        if ((m->rr[i].type != type && !sig) || !is_at(m, i, owner)) {
            continue;
        }
        if (sig && f->sigs == DNS_RRSET_SIGS_MAX) {
            continue; /* L14 */
        }
        if (!sig && f->rrs == DNS_RRSET_RRS_MAX) {
            return DNS_E_LIMIT; /* L19 */
        }
        keep(f, m, i, sig);
    }
    return DNS_OK;
}

/* Some servers put the signatures of one section into another. What a signature covers is said by itself, not by where
 * it stands, so one found elsewhere is as good as its verification. */
static void find_stray_sigs(const struct dns_msg *m, struct dname owner, uint16_t type, struct found *f)
{
    unsigned end = dns_msg_end(m, DNS_ADDITIONAL);
    for (unsigned i = dns_msg_begin(m, DNS_ANSWER); i < end && f->sigs < DNS_RRSET_SIGS_MAX; i++) {
        if (is_sig_of(m, i, type) && is_at(m, i, owner)) {
            keep(f, m, i, true);
        }
    }
}

enum dns_err rrset_from_msg(const struct dns_msg *m, enum dns_section section, struct dname owner, uint16_t type,
                            struct arena *arena, struct rrset **out)
{
    struct found f;
    struct slot slots[SLOTS_FEW];
    struct making mk;
    *out = NULL;
    enum dns_err err = find_records(m, section, owner, type, &f);
    if (err != DNS_OK || f.rrs == 0) {
        return err;
    }
    if (f.sigs == 0) {
        find_stray_sigs(m, owner, type, &f);
    }
    if (!making_begin(&mk, owner, f.bytes + f.rrs * growth(type), arena)) {
        return DNS_E_NO_MEMORY;
    }
    use_slots(&mk, slots, slots_for(f.rrs));
    mk.set->type = type;
    mk.set->rclass = DNS_CLASS_IN;
    mk.set->ttl_s = f.ttl_s;
    for (unsigned i = 0; i < f.rrs; i++) {
        size_t at = begin_record(&mk);
        dns_msg_rdata(m, f.rr[i], &mk.w); /* there is room: making_begin() took the most it can need */
        end_rr(&mk, at);
    }
    for (unsigned i = 0; i < f.sigs; i++) {
        size_t at = begin_record(&mk);
        dns_msg_rdata(m, f.sig[i], &mk.w);
        end_sig(&mk, at);
    }
    return making_end(&mk, out);
}

static size_t records_size(const struct rdata_ref *rrs, uint16_t count)
{
    size_t n = 0;
    for (unsigned i = 0; i < count; i++) {
        n += sizeof rrs[i].len + rrs[i].len;
    }
    return n;
}

enum dns_err rrset_make(struct dname owner, uint16_t type, uint32_t ttl_s, const struct rdata_ref *rrs, uint16_t count,
                        struct arena *arena, struct rrset **out)
{
    struct slot few[SLOTS_FEW], *many = NULL;
    struct making mk;
    size_t slot_count = slots_for(count);
    *out = NULL;
    if (!making_begin(&mk, owner, records_size(rrs, count), arena)) {
        return DNS_E_NO_MEMORY;
    }
    if (slot_count > SLOTS_FEW) {
        many = arena_alloc(arena, slot_count * sizeof *many);
        if (many == NULL) {
            return DNS_E_NO_MEMORY;
        }
    }
    use_slots(&mk, many != NULL ? many : few, slot_count);
    mk.set->type = type;
    mk.set->rclass = DNS_CLASS_IN;
    mk.set->ttl_s = ttl_s;
    for (unsigned i = 0; i < count; i++) {
        size_t at = begin_record(&mk);
        write_bytes(&mk.w, rrs[i].data, rrs[i].len);
        end_rr(&mk, at);
    }
    if (many != NULL) {
        arena_trim(arena, many, slot_count * sizeof *many, 0);
    }
    return making_end(&mk, out);
}

size_t rrset_size(struct dname owner, const struct rdata_ref *rrs, uint16_t count, const struct rdata_ref *sigs,
                  uint16_t sig_count)
{
    return whole_size(owner.len + records_size(rrs, count) + records_size(sigs, sig_count));
}

static uint8_t *put_records(uint8_t *p, const struct rdata_ref *rrs, uint16_t count)
{
    for (unsigned i = 0; i < count; i++) {
        memcpy(p, &rrs[i].len, sizeof rrs[i].len);
        p += sizeof rrs[i].len;
        if (rrs[i].len != 0) {
            memcpy(p, rrs[i].data, rrs[i].len);
            p += rrs[i].len;
        }
    }
    return p;
}

void rrset_fill(struct rrset *out, struct dname owner, uint16_t type, uint32_t ttl_s, const struct rdata_ref *rrs,
                uint16_t count, const struct rdata_ref *sigs, uint16_t sig_count)
{
    *out = (struct rrset){
        .size_bytes = (uint32_t)rrset_size(owner, rrs, count, sigs, sig_count),
        .ttl_s = ttl_s,
        .type = type,
        .rclass = DNS_CLASS_IN,
        .count = count,
        .sig_count = sig_count,
        .owner_len = owner.len,
        .owner_labels = owner.labels,
    };
    memcpy(out->data, owner.wire, owner.len);
    uint8_t *p = put_records(out->data + owner.len, rrs, count);
    put_records(p, sigs, sig_count);
}

struct rrset *rrset_dup(const struct rrset *s, struct arena *arena)
{
    return arena_dup(arena, s, s->size_bytes);
}

struct rrset *rrset_with_owner(const struct rrset *s, struct dname owner, struct arena *arena)
{
    size_t tail = s->size_bytes - offsetof(struct rrset, data) - s->owner_len; /* padding included, if there is any */
    size_t size = whole_size(owner.len + tail);
    struct rrset *out = arena_alloc(arena, size);
    if (out != NULL) {
        memcpy(out, s, offsetof(struct rrset, data));
        out->size_bytes = (uint32_t)size;
        out->owner_len = owner.len;
        out->owner_labels = owner.labels;
        memcpy(out->data, owner.wire, owner.len);
        memcpy(out->data + owner.len, s->data + s->owner_len, tail);
    }
    return out;
}

static bool has_record(const struct rrset *s, const struct rdata_ref *rr)
{
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref other;
    while (rrset_next(&it, &other)) {
        if (rdata_equal(s->type, rr->data, rr->len, other.data, other.len)) {
            return true;
        }
    }
    return false;
}

bool rrset_same_data(const struct rrset *a, const struct rrset *b)
{
    if (a->type != b->type || a->count != b->count) {
        return false;
    }
    struct rrset_iter a_it = rrset_rrs(a), b_it = rrset_rrs(b);
    struct rdata_ref x, y;
    while (rrset_next(&a_it, &x) && rrset_next(&b_it, &y)) {
        bool same_place = rdata_equal(a->type, x.data, x.len, y.data, y.len); /* usual, and cheap */
        if (!same_place && !has_record(b, &x)) {
            return false;
        }
    }
    return true; /* no set has a record twice, so as many of a's are in b as b has */
}
