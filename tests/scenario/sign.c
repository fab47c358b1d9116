/*
 * sign.c - signed zones and messages of a scenario
 */
#include "sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/base.h"
#include "dns/bytes.h"
#include "dns/digest.h"
#include "dns/nsec.h"
#include "dns/rdata.h"
#include "dns/rrset.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/dnssec/signature.h"
#include "resolver/dnssec/verify.h"
#include "sign_key.h"

#define TTL_S  3600
#define HOUR_S 3600
#define DAY_S  86400

/* ---- records ---- */

static void add(struct records *io, struct dname owner, uint16_t type, uint32_t ttl_s, const uint8_t *rdata, size_t n)
{
    io->record = realloc(io->record, (io->count + 1) * sizeof *io->record);
    if (io->record == NULL) {
        sign_give_up("memory");
    }
    struct record *r = &io->record[io->count++];
    *r = (struct record){.has_ttl = true, .ttl_s = ttl_s, .type = type, .rclass = DNS_CLASS_IN, .len = (uint16_t)n};
    dname_copy(owner, &r->owner);
    r->rdata = malloc(n + 1);
    if (r->rdata == NULL) {
        sign_give_up("memory");
    }
    memcpy(r->rdata, rdata, n);
}

static struct dname owner_of(const struct record *r)
{
    return dname_of(&r->owner);
}

static uint32_t ttl_of(const struct record *r)
{
    return r->has_ttl ? r->ttl_s : TTL_S;
}

void sign_ds(struct dname zone, const struct signing *how, struct record *out)
{
    uint8_t digest = how->digest;
    uint8_t data[DNAME_MAX + SIGN_RDATA_MAX], rdata[64];
    struct dname_buf lower;
    dname_lower(zone, &lower);
    memcpy(data, lower.wire, lower.len);
    uint16_t n = sign_key_dnskey(zone, how, data + lower.len);
    struct writer w = writer_of(rdata, sizeof rdata);
    write_u16(&w, dnssec_key_tag(data + lower.len, n));
    write_u8(&w, how->algorithm);
    write_u8(&w, digest);
    size_t len = digest == 1 ? DIGEST_SHA1_SIZE : digest == 4 ? DIGEST_SHA384_SIZE : DIGEST_SHA256_SIZE;
    (void)(digest == 1   ? digest_sha1(data, lower.len + n, rdata + 4)
           : digest == 4 ? digest_sha384(data, lower.len + n, rdata + 4)
                         : digest_sha256(data, lower.len + n, rdata + 4));
    struct records one = {0};
    add(&one, zone, DNS_TYPE_DS, TTL_S, rdata, 4 + len);
    *out = one.record[0];
    free(one.record);
}

void sign_ds_all(struct dname zone, const struct signing *how, struct records *io)
{
    struct record ds;
    sign_ds(zone, how, &ds);
    for (unsigned i = 1; i <= how->forged; i++) {
        struct writer w = writer_of(ds.rdata + ds.len - 2, 2);
        write_u16(&w, (uint16_t)((ds.rdata[ds.len - 2] << 8 | ds.rdata[ds.len - 1]) + 1));
        add(io, zone, DNS_TYPE_DS, TTL_S, ds.rdata, ds.len);
    }
    free(ds.rdata);
    sign_ds(zone, how, &ds);
    add(io, zone, DNS_TYPE_DS, TTL_S, ds.rdata, ds.len);
    free(ds.rdata);
}

/* ---- signatures ---- */

/* The RRSIG of one set. */
static void sign_set(struct dname zone, const struct signing *how, const struct rrset *set, struct records *io)
{
    struct dname owner = rrset_owner(set);
    uint8_t dnskey[SIGN_RDATA_MAX], rdata[2 * SIGN_RDATA_MAX], octets[SIGN_RDATA_MAX];
    uint16_t dnskey_len = sign_key_dnskey(zone, how, dnskey);
    struct writer w = writer_of(rdata, sizeof rdata);
    write_u16(&w, set->type);
    write_u8(&w, how->algorithm);
    write_u8(&w, (uint8_t)(how->labels >= 0 ? how->labels : owner.labels - (dname_is_wildcard(owner) ? 1 : 0)));
    write_u32(&w, set->ttl_s);
    write_u32(&w, (uint32_t)(how->now_s + how->until_s));
    write_u32(&w, (uint32_t)(how->now_s + how->from_s));
    write_u16(&w, dnssec_key_tag(dnskey, dnskey_len));
    write_bytes(&w, zone.wire, zone.len);
    write_u8(&w, 0); /* some signature, to be read back */
    struct signature s;
    size_t n;
    if (!signature_read((struct rdata_ref){.data = rdata, .len = (uint16_t)w.pos}, &s)) {
        sign_give_up("reading a signature");
    }
    uint8_t *data = signature_data(&s, set, &n);
    if (data == NULL) {
        sign_give_up("memory");
    }
    size_t len = sign_key_sign(zone, how, data, n, octets);
    free(data);
    w.pos--;
    write_bytes(&w, octets, len);
    for (unsigned i = 0; i < how->forged; i++) {
        rdata[w.pos - 2] = (uint8_t)(octets[len - 2] + i + 1);
        rdata[w.pos - 3] = (uint8_t)(octets[len - 3] + i / 255);
        add(io, owner, DNS_TYPE_RRSIG, set->ttl_s, rdata, w.pos);
    }
    memcpy(rdata + w.pos - len, octets, len);
    add(io, owner, DNS_TYPE_RRSIG, set->ttl_s, rdata, w.pos);
}

void sign_records(const struct words *w, struct dname zone, const struct signing *how, struct records *io, size_t from)
{
    size_t count = io->count;
    struct rdata_ref rr[DNS_RRSET_RRS_MAX];
    struct arena arena;
    arena_init(&arena, NULL, 0, 64 << 20);
    for (size_t i = from; i < count; i++) {
        struct dname owner = owner_of(&io->record[i]);
        uint16_t type = io->record[i].type, n = 0;
        bool first = type != DNS_TYPE_RRSIG;
        for (size_t k = from; k < count && first; k++) {
            if (io->record[k].type != type || !dname_equal(owner_of(&io->record[k]), owner)) {
                continue;
            }
            first = k >= i;
            if (first && n < DNS_RRSET_RRS_MAX) {
                rr[n++] = (struct rdata_ref){.data = io->record[k].rdata, .len = io->record[k].len};
            }
        }
        struct rrset *set;
        if (!first) {
            continue;
        }
        if (rrset_make(owner, type, ttl_of(&io->record[i]), rr, n, &arena, &set) != DNS_OK) {
            words_fail(w, "a set that cannot be signed");
        }
        sign_set(zone, how, set, io);
    }
    arena_release(&arena);
}

/* ---- zones ---- */

/* A name of the zone and what is there. */
struct node {
    struct dname_buf name;
    uint16_t type[64];
    unsigned types;
    bool cut, below_cut;
    uint8_t hash[NSEC3_HASH_SIZE];
};

struct nodes {
    struct node *node;
    size_t count;
};

static bool has(const struct node *n, uint16_t type)
{
    for (unsigned i = 0; i < n->types; i++) {
        if (n->type[i] == type) {
            return true;
        }
    }
    return false;
}

static struct node *node_of(struct nodes *nodes, struct dname name)
{
    for (size_t i = 0; i < nodes->count; i++) {
        if (dname_equal(dname_of(&nodes->node[i].name), name)) {
            return &nodes->node[i];
        }
    }
    nodes->node = realloc(nodes->node, (nodes->count + 1) * sizeof *nodes->node);
    if (nodes->node == NULL) {
        sign_give_up("memory");
    }
    struct node *n = &nodes->node[nodes->count++];
    memset(n, 0, sizeof *n);
    dname_lower(name, &n->name);
    return n;
}

static void collect(const struct records *r, struct dname origin, struct nodes *out)
{
    *out = (struct nodes){0};
    for (size_t i = 0; i < r->count; i++) {
        struct node *n = node_of(out, owner_of(&r->record[i]));
        if (!has(n, r->record[i].type) && n->types < 60) {
            n->type[n->types++] = r->record[i].type;
        }
        n->cut = has(n, DNS_TYPE_NS) && !dname_equal(dname_of(&n->name), origin);
    }
    for (size_t i = 0; i < out->count; i++) {
        for (size_t k = 0; k < out->count; k++) {
            out->node[i].below_cut |= (out->node[k].cut || has(&out->node[k], DNS_TYPE_DNAME)) &&
                                      dname_below(dname_of(&out->node[i].name), dname_of(&out->node[k].name));
        }
    }
}

static int by_type(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* RFC 4034 section 4.1.2, types below 256 and those of other windows. */
static void write_bitmap(struct writer *w, uint16_t *type, unsigned count)
{
    qsort(type, count, sizeof *type, by_type);
    for (unsigned i = 0; i < count;) {
        uint8_t bits[32] = {0};
        unsigned window = type[i] >> 8, last = 0;
        for (; i < count && type[i] >> 8 == window; i++) {
            last = (type[i] & 0xffu) / 8;
            bits[last] |= (uint8_t)(0x80 >> (type[i] & 7));
        }
        write_u8(w, (uint8_t)window);
        write_u8(w, (uint8_t)(last + 1));
        write_bytes(w, bits, last + 1);
    }
}

static void bitmap_of(const struct node *n, uint16_t own, struct writer *w)
{
    uint16_t type[66];
    unsigned count = 0;
    bool sigs = false;
    for (unsigned i = 0; i < n->types; i++) {
        bool shown = !n->cut || n->type[i] == DNS_TYPE_NS || n->type[i] == DNS_TYPE_DS;
        if (shown) {
            type[count++] = n->type[i];
            sigs |= !n->cut || n->type[i] == DNS_TYPE_DS;
        }
    }
    if (own != 0) {
        type[count++] = own;
        sigs = true;
    }
    if (sigs) {
        type[count++] = DNS_TYPE_RRSIG;
    }
    write_bitmap(w, type, count);
}

static int by_name(const void *a, const void *b)
{
    return dname_compare(dname_of(&((const struct node *)a)->name), dname_of(&((const struct node *)b)->name));
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct node *)a)->hash, ((const struct node *)b)->hash, NSEC3_HASH_SIZE);
}

static void drop_hidden(struct nodes *nodes, bool opt_out)
{
    size_t kept = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *n = &nodes->node[i];
        if (!n->below_cut && !(opt_out && n->cut && !has(n, DNS_TYPE_DS))) {
            nodes->node[kept++] = *n;
        }
    }
    nodes->count = kept;
}

static void add_nsec(struct nodes *nodes, uint32_t ttl_s, struct records *io)
{
    drop_hidden(nodes, false);
    qsort(nodes->node, nodes->count, sizeof nodes->node[0], by_name);
    for (size_t i = 0; i < nodes->count; i++) {
        uint8_t rdata[SIGN_RDATA_MAX];
        struct writer w = writer_of(rdata, sizeof rdata);
        const struct dname_buf *next = &nodes->node[(i + 1) % nodes->count].name;
        write_bytes(&w, next->wire, next->len);
        bitmap_of(&nodes->node[i], DNS_TYPE_NSEC, &w);
        add(io, dname_of(&nodes->node[i].name), DNS_TYPE_NSEC, ttl_s, rdata, w.pos);
    }
}

static void add_nsec3(struct nodes *nodes, struct dname origin, const struct signing *how, uint32_t ttl_s,
                      struct records *io)
{
    const struct nsec3 parameters = {.iterations = how->iterations, .salt_len = how->salt_len, .salt = how->salt};
    uint8_t flags = (how->flags & SIGN_OPT_OUT) != 0 ? NSEC3_OPT_OUT : 0, rdata[SIGN_RDATA_MAX];
    drop_hidden(nodes, flags != 0);
    for (size_t i = 0; i < nodes->count; i++) { /* empty non-terminals; grows as it goes */
        struct dname_buf up;
        dname_copy(dname_parent(dname_of(&nodes->node[i].name)), &up);
        if (dname_below(dname_of(&up), origin)) {
            node_of(nodes, dname_of(&up));
        }
    }
    for (size_t i = 0; i < nodes->count; i++) {
        nsec3_hash(dname_of(&nodes->node[i].name), &parameters, nodes->node[i].hash);
    }
    qsort(nodes->node, nodes->count, sizeof nodes->node[0], by_hash);
    for (size_t i = 0; i < nodes->count; i++) {
        char label[64];
        struct text text = text_of(label, sizeof label);
        struct dname_buf owner, lower;
        base_print(BASE32HEX, nodes->node[i].hash, NSEC3_HASH_SIZE, &text);
        dname_prepend((const uint8_t *)label, (uint8_t)text.len, origin, &owner);
        dname_lower(dname_of(&owner), &lower);
        struct writer w = writer_of(rdata, sizeof rdata);
        write_u8(&w, NSEC3_SHA1);
        write_u8(&w, flags);
        write_u16(&w, how->iterations);
        write_u8(&w, how->salt_len);
        write_bytes(&w, how->salt, how->salt_len);
        write_u8(&w, NSEC3_HASH_SIZE);
        write_bytes(&w, nodes->node[(i + 1) % nodes->count].hash, NSEC3_HASH_SIZE);
        bitmap_of(&nodes->node[i], 0, &w);
        add(io, dname_of(&lower), DNS_TYPE_NSEC3, ttl_s, rdata, w.pos);
    }
}

static void add_nsec3param(struct dname origin, const struct signing *how, struct records *io)
{
    uint8_t rdata[SIGN_RDATA_MAX];
    struct writer w = writer_of(rdata, sizeof rdata);
    write_u8(&w, NSEC3_SHA1);
    write_u8(&w, 0);
    write_u16(&w, how->iterations);
    write_u8(&w, how->salt_len);
    write_bytes(&w, how->salt, how->salt_len);
    add(io, origin, DNS_TYPE_NSEC3PARAM, 0, rdata, w.pos);
}

/* The sets that the zone has the word on: not the NS of a cut, and nothing below one. */
static void sign_authoritative(const struct words *w, struct dname origin, const struct signing *how,
                               const struct nodes *nodes, struct records *io)
{
    struct records own = {0};
    for (size_t i = 0; i < io->count; i++) {
        const struct record *r = &io->record[i];
        bool hidden = false;
        for (size_t k = 0; k < nodes->count; k++) {
            const struct node *n = &nodes->node[k];
            hidden |= dname_equal(dname_of(&n->name), owner_of(r)) &&
                      (n->below_cut || (n->cut && r->type != DNS_TYPE_DS && r->type != DNS_TYPE_NSEC));
        }
        if (!hidden) {
            add(&own, owner_of(r), r->type, ttl_of(r), r->rdata, r->len);
        }
    }
    size_t from = own.count;
    sign_records(w, origin, how, &own, 0);
    for (size_t i = from; i < own.count; i++) {
        const struct record *r = &own.record[i];
        add(io, owner_of(r), r->type, r->ttl_s, r->rdata, r->len);
    }
    records_free(&own);
}

static uint32_t minimum_of(const struct records *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct rdata_soa soa;
        if (r->record[i].type == DNS_TYPE_SOA && rdata_soa(r->record[i].rdata, r->record[i].len, &soa)) {
            return soa.minimum_s;
        }
    }
    return 300;
}

void sign_zone(const struct words *w, struct dname origin, const struct signing *how, struct records *io)
{
    uint8_t rdata[SIGN_RDATA_MAX];
    struct nodes nodes, chain;
    bool nsec3 = (how->flags & SIGN_NSEC3) != 0;
    if ((how->flags & SIGN_NO_KEY) == 0) {
        uint16_t n = sign_key_dnskey(origin, how, rdata);
        add(io, origin, DNS_TYPE_DNSKEY, TTL_S, rdata, n);
        uint16_t tag = dnssec_key_tag(rdata, n);
        for (unsigned i = 1; i <= how->twins; i++) {
            n = sign_key_twin(how->algorithm, tag, i, rdata);
            add(io, origin, DNS_TYPE_DNSKEY, TTL_S, rdata, n);
        }
        for (unsigned i = 1; i <= how->husks; i++) {
            n = sign_key_husk(how->algorithm, tag, i, rdata);
            add(io, origin, DNS_TYPE_DNSKEY, TTL_S, rdata, n);
        }
    }
    if (nsec3) {
        add_nsec3param(origin, how, io);
    }
    collect(io, origin, &nodes);
    collect(io, origin, &chain);
    if ((how->flags & SIGN_NO_DENIAL) == 0) {
        uint32_t ttl_s = minimum_of(io);
        if (nsec3) {
            add_nsec3(&chain, origin, how, ttl_s, io);
        } else {
            add_nsec(&chain, ttl_s, io);
        }
    }
    sign_authoritative(w, origin, how, &nodes, io);
    free(nodes.node);
    free(chain.node);
}

/* ---- options ---- */

struct signing signing_usual(int64_t now_s)
{
    return (struct signing){.on = true,
                            .algorithm = 15,
                            .key_flags = 257,
                            .key_protocol = 3,
                            .from_s = -HOUR_S,
                            .until_s = 30 * DAY_S,
                            .labels = -1,
                            .exponent_bits = 17,
                            .digest = 2,
                            .now_s = now_s};
}

/* "-1h", "30d", "90s" */
static int64_t read_offset(struct words *w)
{
    struct word t = words_take(w, "a time");
    char text[24], unit = 's';
    long long n = 0;
    snprintf(text, sizeof text, "%.*s", (int)t.len, t.text);
    if (sscanf(text, "%lld%c", &n, &unit) < 1) {
        words_fail(w, "a time such as -1h or 30d expected");
    }
    return n * (unit == 'd' ? DAY_S : unit == 'h' ? HOUR_S : unit == 'm' ? 60 : 1);
}

static void read_salt(struct words *w, struct signing *out)
{
    struct word hex = words_take(w, "a salt");
    struct writer to = writer_of(out->salt, sizeof out->salt);
    struct base_scan scan = base_scan_of(BASE16, &to);
    if (!base_feed(&scan, hex.text, hex.len) || !base_done(&scan)) {
        words_fail(w, "salt in hex expected");
    }
    out->salt_len = (uint8_t)to.pos;
}

void signing_read(struct words *w, struct signing *out)
{
    static const struct {
        const char *word;
        unsigned flag;
    } flags[] = {{"nsec3", SIGN_NSEC3},
                 {"opt-out", SIGN_NSEC3 | SIGN_OPT_OUT},
                 {"no-denial", SIGN_NO_DENIAL},
                 {"no-key", SIGN_NO_KEY}};

    while (!words_at_piece(w)) {
        bool found = false;
        for (size_t i = 0; i < sizeof flags / sizeof flags[0] && !found; i++) {
            found = words_accept(w, flags[i].word);
            out->flags |= found ? flags[i].flag : 0;
        }
        if (found) {
            continue;
        }
        if (words_accept(w, "alg")) {
            out->algorithm = (uint8_t)words_number(w);
        } else if (words_accept(w, "iterations")) {
            out->iterations = (uint16_t)words_number(w);
        } else if (words_accept(w, "salt")) {
            read_salt(w, out);
        } else if (words_accept(w, "flags")) {
            out->key_flags = (uint16_t)words_number(w);
        } else if (words_accept(w, "protocol")) {
            out->key_protocol = (uint8_t)words_number(w);
        } else if (words_accept(w, "from")) {
            out->from_s = read_offset(w);
        } else if (words_accept(w, "until")) {
            out->until_s = read_offset(w);
        } else if (words_accept(w, "twins")) {
            out->twins = (unsigned)words_number(w);
        } else if (words_accept(w, "husks")) {
            out->husks = (unsigned)words_number(w);
        } else if (words_accept(w, "modulus")) {
            out->modulus_bits = (unsigned)words_number(w);
        } else if (words_accept(w, "exponent")) {
            out->exponent_bits = (unsigned)words_number(w);
        } else if (words_accept(w, "forged")) {
            out->forged = (unsigned)words_number(w);
        } else if (words_accept(w, "digest")) {
            out->digest = (uint8_t)words_number(w);
        } else if (words_accept(w, "labels")) {
            out->labels = (int)words_number(w);
        } else {
            struct word bad = words_take(w, "an option of signing");
            words_fail(w, "not an option of signing: %.*s", (int)bad.len, bad.text);
        }
    }
}
