/*
 * mutate_rdata.c - the data of a record with one field changed
 *
 * The fields that a validator goes by, each to the values that would help a liar; octets elsewhere, some of many.
 */
#include <ctype.h>
#include <string.h>

#include "dns/bytes.h"
#include "dns/types.h"
#include "mutate_parts.h"

#define SAMPLES 8 /* octets of a key, a digest, a signature, of data that means nothing to a validator */

/* ---- names ---- */

static bool set_name(struct dname_buf *name, struct dname to, const struct piece *p, const char *which, unsigned how,
                     struct pick *c)
{
    struct dname_buf copy;

    if (dname_same_case(dname_of(name), to) || !pick_it(c, p, which, how)) {
        return false;
    }
    dname_copy(to, &copy); /* `to` may lie in *name */
    *name = copy;
    return true;
}

static bool without_label(const struct dname_buf *name, unsigned label, struct dname_buf *out)
{
    unsigned at = 0;

    for (unsigned i = 0; i < label; i++) {
        at += name->wire[at] + 1u;
    }
    unsigned n = name->wire[at] + 1u;
    *out = *name;
    memmove(out->wire + at, out->wire + at + n, name->len - at - n);
    out->len = (uint8_t)(name->len - n);
    out->labels--;
    return true;
}

static bool change_labels(struct dname_buf *name, const struct piece *p, const char *which, struct pick *c)
{
    struct dname_buf to;
    struct dname now = dname_of(name), above = now.labels > 0 ? dname_parent(now) : now;

    for (unsigned i = 0; i < now.labels; i++) {
        if (without_label(name, i, &to) && set_name(name, dname_of(&to), p, which, 10 + i, c)) {
            return true;
        }
    }
    static const char *const labels[] = {"x", "*", "!"};
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *label = (const uint8_t *)labels[i];
        if ((dname_prepend(label, 1, now, &to) && set_name(name, dname_of(&to), p, which, 30 + i, c)) ||
            (now.labels > 0 && dname_prepend(label, 1, above, &to) &&
             set_name(name, dname_of(&to), p, which, 40 + i, c))) {
            return true;
        }
    }
    return false;
}

bool mutate_name(struct dname_buf *name, const struct piece *p, const char *which, const struct message *m,
                 struct pick *c)
{
    struct dname qname = dname_of(&m->qname), owner = dname_of(&p->owner);
    struct dname_buf to = *name;

    if (name->labels > 0) {
        to.wire[1] ^= 1;
        if (set_name(name, dname_of(&to), p, which, 0, c)) {
            return true;
        }
        to.wire[1] = isalpha(name->wire[1]) ? name->wire[1] ^ 0x20 : name->wire[1];
        if (set_name(name, dname_of(&to), p, which, 1, c)) {
            return true;
        }
        to = *name;
        to.wire[to.wire[0]] ^= 1; /* the first label's last */
        if (set_name(name, dname_of(&to), p, which, 2, c)) {
            return true;
        }
    }
    if (set_name(name, qname, p, which, 3, c) || set_name(name, dname_root(), p, which, 4, c) ||
        set_name(name, owner, p, which, 5, c) ||
        (qname.labels > 0 && set_name(name, dname_parent(qname), p, which, 6, c)) ||
        (owner.labels > 0 && set_name(name, dname_parent(owner), p, which, 7, c))) {
        return true;
    }
    return change_labels(name, p, which, c);
}

/* ---- fields ---- */

/* Replaces octets at..at+n by others. */
static void splice(struct piece *p, unsigned at, unsigned n, const void *by, unsigned by_len)
{
    memmove(p->rdata + at + by_len, p->rdata + at + n, p->len - at - n);
    memcpy(p->rdata + at, by, by_len);
    p->len = (uint16_t)(p->len - n + by_len);
}

static bool change_name_at(struct piece *p, unsigned at, const char *which, const struct message *m, struct pick *c)
{
    struct reader r = {.base = p->rdata, .pos = at, .end = p->len};
    struct dname was;
    struct dname_buf name;

    if (dname_read_plain(&r, &was) != DNS_OK) {
        return false;
    }
    dname_copy(was, &name);
    unsigned n = was.len;
    if (!mutate_name(&name, p, which, m, c)) {
        return false;
    }
    splice(p, at, n, name.wire, name.len);
    return true;
}

static bool put_u8(struct piece *p, unsigned at, unsigned value, const char *what, struct pick *c)
{
    if (p->rdata[at] == (uint8_t)value || !pick_it(c, p, what, value & 0xff)) {
        return false;
    }
    p->rdata[at] = (uint8_t)value;
    return true;
}

static bool put_u16(struct piece *p, unsigned at, unsigned value, const char *what, struct pick *c)
{
    uint8_t *d = p->rdata + at;

    if ((d[0] << 8 | d[1]) == (int)(value & 0xffff) || !pick_it(c, p, what, value & 0xffff)) {
        return false;
    }
    d[0] = (uint8_t)(value >> 8);
    d[1] = (uint8_t)value;
    return true;
}

static uint32_t get_u32(const struct piece *p, unsigned at)
{
    const uint8_t *d = p->rdata + at;

    return (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
}

static bool put_u32(struct piece *p, unsigned at, uint32_t value, const char *what, struct pick *c)
{
    if (get_u32(p, at) == value || !pick_it(c, p, what, value)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        p->rdata[at + i] = (uint8_t)(value >> (24 - 8 * i));
    }
    return true;
}

/* Some octets of those from `at` on, one bit each, which also moves; fewer of them; one more. */
static bool change_octets(struct piece *p, unsigned at, unsigned n, const char *what, struct pick *c)
{
    unsigned samples = n < SAMPLES ? n : SAMPLES;

    for (unsigned i = 0; i < samples; i++) {
        unsigned which = samples > 1 ? i * (n - 1) / (samples - 1) : 0;
        if (pick_it(c, p, what, which)) {
            p->rdata[at + which] ^= (uint8_t)(1u << i);
            return true;
        }
    }
    if (n > 0 && pick_it(c, p, "last octet away", 0)) {
        splice(p, at + n - 1, 1, "", 0);
        return true;
    }
    if (pick_it(c, p, "an octet more", 0)) {
        splice(p, at + n, 0, "", 1);
        return true;
    }
    return false;
}

/* ---- type bitmaps ---- */

struct types {
    uint8_t bit[65536 / 8];
};

static void read_bitmap(const uint8_t *d, unsigned n, struct types *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned at = 0; at + 2 <= n && at + 2u + d[at + 1] <= n; at += 2u + d[at + 1]) {
        memcpy(out->bit + d[at] * 32, d + at + 2, d[at + 1]);
    }
}

static unsigned write_bitmap(const struct types *t, uint8_t *out)
{
    unsigned n = 0;

    for (unsigned window = 0; window < 256; window++) {
        const uint8_t *bits = t->bit + window * 32;
        unsigned used = 32;
        while (used > 0 && bits[used - 1] == 0) {
            used--;
        }
        if (used > 0) {
            out[n++] = (uint8_t)window;
            out[n++] = (uint8_t)used;
            memcpy(out + n, bits, used);
            n += used;
        }
    }
    return n;
}

static bool change_bitmap(struct piece *p, unsigned at, const struct message *m, struct pick *c)
{
    const uint16_t types[] = {DNS_TYPE_A,     DNS_TYPE_NS,   DNS_TYPE_CNAME,  DNS_TYPE_SOA,        DNS_TYPE_TXT,
                              DNS_TYPE_DNAME, DNS_TYPE_DS,   DNS_TYPE_RRSIG,  DNS_TYPE_NSEC,       DNS_TYPE_DNSKEY,
                              DNS_TYPE_NSEC3, DNS_TYPE_AAAA, DNS_TYPE_NXNAME, DNS_TYPE_NSEC3PARAM, m->qtype};
    static struct types t; /* big; one thread */
    static uint8_t out[256 * 34];
    const unsigned count = sizeof types / sizeof types[0];

    read_bitmap(p->rdata + at, p->len - at, &t);
    for (unsigned i = 0; i < count; i++) {
        if (pick_it(c, p, "bit of type", types[i])) {
            t.bit[types[i] / 8] ^= (uint8_t)(0x80 >> types[i] % 8);
            splice(p, at, p->len - at, out, write_bitmap(&t, out));
            return true;
        }
    }
    if (p->len > at && pick_it(c, p, "no bitmap", 0)) {
        p->len = (uint16_t)at;
        return true;
    }
    return false;
}

/* ---- types ---- */

static bool change_rrsig(struct piece *p, const struct message *m, struct pick *c)
{
    static const uint16_t covered[] = {DNS_TYPE_A,    DNS_TYPE_TXT,   DNS_TYPE_DS,
                                       DNS_TYPE_NSEC, DNS_TYPE_CNAME, DNS_TYPE_ANY};
    static const uint8_t algorithms[] = {0, 5, 8, 13, 14, 15, 200, 253};
    uint32_t ttl_s = get_u32(p, 4), end = get_u32(p, 8), begin = get_u32(p, 12);
    const uint32_t ttls[] = {0, ttl_s - 1, ttl_s + 1, 0x7fffffff, 0xffffffff};
    const uint32_t ends[] = {0, begin, begin - 1, begin + 1, end - 1, end + 1, end ^ 0x80000000, begin + 0x7fffffff};
    const uint32_t begins[] = {0, end, end - 1, end + 1, begin - 1, begin + 1, begin ^ 0x80000000, end - 0x7fffffff};
    unsigned labels = p->rdata[3], tag = (unsigned)(p->rdata[16] << 8 | p->rdata[17]);
    const unsigned all_labels[] = {0, 1, labels - 1, labels + 1, p->owner.labels, 127, 255};

    for (unsigned i = 0; i < sizeof covered / sizeof covered[0]; i++) {
        if (put_u16(p, 0, covered[i], "type covered", c)) {
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof algorithms; i++) {
        if (put_u8(p, 2, algorithms[i], "algorithm", c)) {
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof all_labels / sizeof all_labels[0]; i++) {
        if (put_u8(p, 3, all_labels[i], "labels", c)) {
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof ttls / sizeof ttls[0]; i++) {
        if (put_u32(p, 4, ttls[i], "original TTL", c)) {
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (put_u32(p, 8, ends[i], "expiration", c) || put_u32(p, 12, begins[i], "inception", c)) {
            return true;
        }
    }
    if (put_u16(p, 16, tag ^ 1, "key tag", c) || put_u16(p, 16, tag ^ 0x8000, "key tag", c) ||
        put_u16(p, 16, 0, "key tag", c) || change_name_at(p, 18, "signer", m, c)) {
        return true;
    }
    struct reader r = {.base = p->rdata, .pos = 18, .end = p->len};
    struct dname signer;
    if (dname_read_plain(&r, &signer) != DNS_OK) {
        return false;
    }
    return change_octets(p, (unsigned)r.pos, p->len - (unsigned)r.pos, "signature's octet", c);
}

static bool change_dnskey(struct piece *p, struct pick *c)
{
    static const uint8_t algorithms[] = {0, 5, 8, 13, 14, 15, 200, 253};
    unsigned flags = (unsigned)(p->rdata[0] << 8 | p->rdata[1]);

    if (put_u16(p, 0, flags ^ 0x0100, "flags", c) || put_u16(p, 0, flags ^ 0x0080, "flags", c) ||
        put_u16(p, 0, flags ^ 0x0001, "flags", c) || put_u16(p, 0, flags ^ 0x8000, "flags", c) ||
        put_u16(p, 0, 0, "flags", c) || put_u8(p, 2, 0, "protocol", c) || put_u8(p, 2, 255, "protocol", c)) {
        return true;
    }
    for (unsigned i = 0; i < sizeof algorithms; i++) {
        if (put_u8(p, 3, algorithms[i], "algorithm", c)) {
            return true;
        }
    }
    return change_octets(p, 4, p->len - 4u, "key's octet", c);
}

static bool change_ds(struct piece *p, struct pick *c)
{
    static const uint8_t algorithms[] = {0, 5, 8, 13, 14, 15, 200, 253}, digests[] = {0, 1, 2, 3, 4, 255};
    unsigned tag = (unsigned)(p->rdata[0] << 8 | p->rdata[1]);

    if (put_u16(p, 0, tag ^ 1, "key tag", c) || put_u16(p, 0, tag ^ 0x8000, "key tag", c)) {
        return true;
    }
    for (unsigned i = 0; i < sizeof algorithms; i++) {
        if (put_u8(p, 2, algorithms[i], "algorithm", c)) {
            return true;
        }
    }
    for (unsigned i = 0; i < sizeof digests; i++) {
        if (put_u8(p, 3, digests[i], "digest type", c)) {
            return true;
        }
    }
    return change_octets(p, 4, p->len - 4u, "digest's octet", c);
}

static bool change_nsec(struct piece *p, const struct message *m, struct pick *c)
{
    struct reader r = reader_of(p->rdata, p->len);
    struct dname next;

    if (change_name_at(p, 0, "next name", m, c)) {
        return true;
    }
    return dname_read_plain(&r, &next) == DNS_OK && change_bitmap(p, next.len, m, c);
}

static unsigned base32_digit(uint8_t c)
{
    return isdigit(c) ? c - '0' : (tolower(c) - 'a' + 10) & 31;
}

/* The hash that the owner stands for. */
static void owner_hash(const struct piece *p, uint8_t out[20])
{
    memset(out, 0, 20);
    for (unsigned i = 0; i < 32 && i < p->owner.wire[0]; i++) {
        unsigned digit = base32_digit(p->owner.wire[1 + i]);
        for (unsigned bit = 0; bit < 5; bit++) {
            unsigned at = i * 5 + bit;
            out[at / 8] |= (uint8_t)((digit >> (4 - bit) & 1) << (7 - at % 8));
        }
    }
}

static bool change_next_hash(struct piece *p, unsigned at, struct pick *c)
{
    uint8_t hash[5][20];
    unsigned n = p->rdata[at - 1];

    if (n != 20) {
        return false;
    }
    memset(hash[0], 0, 20);
    memset(hash[1], 0xff, 20);
    owner_hash(p, hash[2]);
    memcpy(hash[3], p->rdata + at, 20);
    memcpy(hash[4], p->rdata + at, 20);
    hash[3][19]++;
    hash[4][0] ^= 0x80;
    for (unsigned i = 0; i < 5; i++) {
        if (pick_it(c, p, "next hash", i)) {
            splice(p, at, 20, hash[i], 20);
            return true;
        }
    }
    if (pick_it(c, p, "next hash shorter", 0)) {
        splice(p, at + 19, 1, "", 0);
        p->rdata[at - 1]--;
        return true;
    }
    return put_u8(p, at - 1, 0, "length of the next hash", c);
}

static bool change_nsec3(struct piece *p, const struct message *m, struct pick *c)
{
    static const uint16_t iterations[] = {0, 1, 2, 50, 51, 150, 151, 2500, 65535};
    unsigned salt = p->rdata[4], next = 6 + salt;

    if (put_u8(p, 0, 0, "hash algorithm", c) || put_u8(p, 0, 2, "hash algorithm", c) ||
        put_u8(p, 1, p->rdata[1] ^ 1u, "flags", c) || put_u8(p, 1, p->rdata[1] ^ 2u, "flags", c) ||
        put_u8(p, 1, p->rdata[1] ^ 0x80u, "flags", c)) {
        return true;
    }
    for (unsigned i = 0; i < sizeof iterations / sizeof iterations[0]; i++) {
        if (put_u16(p, 2, iterations[i], "iterations", c)) {
            return true;
        }
    }
    if (pick_it(c, p, "salt longer", 0)) {
        splice(p, 5, 0, "\1", 1);
        p->rdata[4]++;
        return true;
    }
    if (salt > 0 && pick_it(c, p, "no salt", 0)) {
        splice(p, 5, salt, "", 0);
        p->rdata[4] = 0;
        return true;
    }
    if ((salt > 0 && put_u8(p, 5, p->rdata[5] ^ 1u, "salt", c)) || change_next_hash(p, next, c)) {
        return true;
    }
    return change_bitmap(p, next + p->rdata[next - 1], m, c);
}

bool mutate_rdata(struct piece *p, const struct message *m, struct pick *c)
{
    if (p->type == DNS_TYPE_RRSIG && p->len > 19) {
        return change_rrsig(p, m, c);
    }
    if (p->type == DNS_TYPE_DNSKEY && p->len > 4) {
        return change_dnskey(p, c);
    }
    if (p->type == DNS_TYPE_DS && p->len > 4) {
        return change_ds(p, c);
    }
    if (p->type == DNS_TYPE_NSEC) {
        return change_nsec(p, m, c);
    }
    if (p->type == DNS_TYPE_NSEC3 && p->len > 26) {
        return change_nsec3(p, m, c);
    }
    if ((p->type == DNS_TYPE_CNAME || p->type == DNS_TYPE_DNAME || p->type == DNS_TYPE_NS) &&
        change_name_at(p, 0, "target", m, c)) {
        return true;
    }
    return change_octets(p, 0, p->len, "octet", c);
}
