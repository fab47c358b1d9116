/*
 * rfc5011.c - trust anchors that follow their zone's keys (RFC 5011)
 */
#include "resolver/dnssec/rfc5011.h"

#include <stdlib.h>
#include <string.h>

#include "dns/arena.h"
#include "dns/types.h"
#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/signature.h"

#define FLAG_ZONE   0x0100 /* RFC 4034 section 2.1.1 */
#define FLAG_REVOKE 0x0080 /* RFC 5011 section 3 */
#define FLAG_SEP    0x0001
#define HOUR_S      3600
#define SETS_BYTES  (256 * 1024)

const char *key_state_text(enum key_state s)
{
    static const char *const texts[] = {
#define X(name) #name,
        RFC5011_STATES(X)
#undef X
    };
    return texts[s];
}

bool managed_key_trusted(const struct managed_key *k)
{
    return k->state == KEY_VALID || k->state == KEY_MISSING;
}

uint16_t managed_key_tag(const struct managed_key *k)
{
    if (k->type == DNS_TYPE_DS) {
        return (uint16_t)(k->rdata[0] << 8 | k->rdata[1]);
    }
    return dnssec_key_tag(k->rdata, k->len);
}

uint8_t managed_key_algorithm(const struct managed_key *k)
{
    return k->type == DNS_TYPE_DS ? k->rdata[2] : k->rdata[3];
}

static uint16_t flags_of(struct rdata_ref key)
{
    return (uint16_t)(key.data[0] << 8 | key.data[1]);
}

/* The same key, whether revoked or not. */
static bool same_key(const struct managed_zone *z, const struct managed_key *k, struct rdata_ref key)
{
    if (k->type == DNS_TYPE_DNSKEY) {
        uint16_t differ = (uint16_t)(k->rdata[0] << 8 | k->rdata[1]) ^ flags_of(key);
        return k->len == key.len && (differ & ~FLAG_REVOKE) == 0 &&
               memcmp(k->rdata + 2, key.data + 2, key.len - 2u) == 0;
    }
    uint8_t plain[RFC5011_RDATA_MAX]; /* the digest is that of the key before it was revoked */
    struct rdata_ref unrevoked = {.data = plain, .len = key.len};
    memcpy(plain, key.data, key.len);
    plain[1] &= (uint8_t)~FLAG_REVOKE;
    return dnssec_names_key(dname_of(&z->zone), unrevoked, DNS_TYPE_DS,
                            (struct rdata_ref){.data = k->rdata, .len = k->len});
}

/* Can a key of a set be an anchor: zone key, entry point, protocol 3, of an algorithm that is checked here? */
static bool key_counts(struct rdata_ref key, const struct dnssec_policy *p)
{
    return key.len > 4 && key.len <= RFC5011_RDATA_MAX && key.data[2] == 3 &&
           (flags_of(key) & (FLAG_ZONE | FLAG_SEP)) == (FLAG_ZONE | FLAG_SEP) &&
           dnssec_algorithm_supported(p, key.data[3]);
}

static void note(struct rfc5011_result *out, const struct managed_key *k, enum key_state from, enum key_state to)
{
    bool was = from == KEY_VALID || from == KEY_MISSING, is = to == KEY_VALID || to == KEY_MISSING;
    out->anchors |= was != is;
    if (out->count < sizeof out->change / sizeof out->change[0]) {
        out->change[out->count++] = (struct rfc5011_change){
            .tag = managed_key_tag(k), .algorithm = managed_key_algorithm(k), .from = from, .to = to};
    }
}

static void enter(struct managed_key *k, enum key_state to, int64_t wall_s, struct rfc5011_result *out)
{
    note(out, k, k->state, to);
    k->state = to;
    k->since_s = wall_s;
}

static void forget(struct managed_zone *z, unsigned i, struct rfc5011_result *out)
{
    if (out != NULL) {
        note(out, &z->key[i], z->key[i].state, KEY_START);
    }
    z->count--;
    memmove(&z->key[i], &z->key[i + 1], (z->count - i) * sizeof z->key[0]);
}

/* A place for one more key; that of the key which was removed first, if there is no other. */
static struct managed_key *new_key(struct managed_zone *z)
{
    unsigned oldest = z->count;
    if (z->count < RFC5011_KEYS_MAX) {
        return &z->key[z->count++];
    }
    for (unsigned i = 0; i < z->count; i++) {
        if (z->key[i].state == KEY_REMOVED && (oldest == z->count || z->key[i].since_s < z->key[oldest].since_s)) {
            oldest = i;
        }
    }
    if (oldest == z->count) {
        return NULL;
    }
    forget(z, oldest, NULL);
    return &z->key[z->count++];
}

static void set_key(struct managed_key *k, uint16_t type, struct rdata_ref rr, enum key_state state, int64_t wall_s)
{
    memset(k, 0, sizeof *k);
    k->state = state;
    k->type = type;
    k->since_s = wall_s;
    k->len = rr.len;
    memcpy(k->rdata, rr.data, rr.len);
}

/* Does the state know the key that an anchor of the configuration names? */
static struct managed_key *find_anchor(struct managed_zone *z, uint16_t type, struct rdata_ref rr)
{
    for (unsigned i = 0; i < z->count; i++) {
        struct managed_key *k = &z->key[i];
        struct rdata_ref own = {.data = k->rdata, .len = k->len};
        if (type == DNS_TYPE_DNSKEY
                ? same_key(z, k, rr)
                : (k->type == DNS_TYPE_DS && own.len == rr.len && memcmp(own.data, rr.data, rr.len) == 0)) {
            return k;
        }
        struct managed_key as_ds = {.type = DNS_TYPE_DS, .len = rr.len};
        if (type == DNS_TYPE_DS && k->type == DNS_TYPE_DNSKEY) {
            memcpy(as_ds.rdata, rr.data, rr.len);
            if (same_key(z, &as_ds, own)) {
                return k;
            }
        }
    }
    return NULL;
}

static bool merge_set(struct managed_zone *z, const struct rrset *set, int64_t wall_s)
{
    bool changed = false;
    if (set == NULL) {
        return false;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (rr.len <= 4 || rr.len > RFC5011_RDATA_MAX) {
            continue;
        }
        struct managed_key *k = find_anchor(z, set->type, rr);
        if (k == NULL && (k = new_key(z)) != NULL) {
            set_key(k, set->type, rr, KEY_VALID, wall_s);
            changed = true;
        } else if (k != NULL && k->state == KEY_ADDPEND) {
            k->state = KEY_VALID;
            k->since_s = wall_s;
            changed = true;
        }
    }
    return changed;
}

bool rfc5011_merge(struct managed_zone *z, const struct anchors *initial, int64_t wall_s)
{
    struct anchor a;
    bool changed = false;
    for (size_t i = 0; anchors_at(initial, i, &a); i++) {
        if (dname_equal(a.zone, dname_of(&z->zone))) {
            changed |= merge_set(z, a.ds, wall_s);
            changed |= merge_set(z, a.dnskey, wall_s);
        }
    }
    return changed;
}

void rfc5011_begin(struct managed_zone *z, struct dname zone, const struct anchors *initial, int64_t wall_s)
{
    memset(z, 0, sizeof *z);
    dname_lower(zone, &z->zone);
    rfc5011_merge(z, initial, wall_s);
}

static bool times_fit(const struct signature *s, int64_t wall_s)
{
    uint32_t now = (uint32_t)wall_s; /* serial numbers: RFC 4034 section 3.1.5 */
    return (int32_t)(now - s->inception) >= 0 && (int32_t)(s->expiration - now) >= 0;
}

/* RFC 5011 section 2.1: the key that is revoked has signed the set that says so. */
static bool signs_itself(const struct rrset *dnskey, struct rdata_ref key, int64_t wall_s)
{
    bool no_memory;
    struct crypto_key *k = crypto_key_new(NULL, key.data[3], key.data + 4, key.len - 4u, &no_memory);
    struct rrset_iter it = rrset_sigs(dnskey);
    struct rdata_ref rr;
    bool good = false;
    while (k != NULL && !good && rrset_next(&it, &rr)) {
        struct signature s;
        size_t n;
        if (!signature_read(rr, &s) || s.covered != DNS_TYPE_DNSKEY || s.algorithm != key.data[3] ||
            s.key_tag != dnssec_key_tag(key.data, key.len) || !dname_equal(s.signer, rrset_owner(dnskey)) ||
            s.labels != rrset_owner(dnskey).labels || !times_fit(&s, wall_s)) {
            continue;
        }
        uint8_t *data = signature_data(&s, dnskey, &n);
        good = data != NULL && crypto_verify(k, data, n, s.octets, s.octets_len) == CRYPTO_GOOD;
        free(data);
    }
    crypto_key_free(k);
    return good;
}

/* Revocations, whoever else has signed the set. */
static void revoke(struct managed_zone *z, const struct rrset *dnskey, const struct dnssec_policy *p, int64_t wall_s,
                   struct rfc5011_result *out)
{
    struct rrset_iter it = rrset_rrs(dnskey);
    struct rdata_ref key;
    while (rrset_next(&it, &key)) {
        if (!key_counts(key, p) || (flags_of(key) & FLAG_REVOKE) == 0) {
            continue;
        }
        for (unsigned i = 0; i < z->count; i++) {
            struct managed_key *k = &z->key[i];
            if (managed_key_trusted(k) && same_key(z, k, key) && signs_itself(dnskey, key, wall_s)) {
                enter(k, KEY_REVOKED, wall_s, out);
                k->type = DNS_TYPE_DNSKEY;
                k->len = key.len;
                memcpy(k->rdata, key.data, key.len);
            }
        }
    }
}

/* Has a trusted key signed the set? */
static void verify(const struct managed_zone *z, const struct rrset *dnskey, const struct dnssec_policy *p,
                   int64_t wall_s, struct dnssec_check *out)
{
    *out = (struct dnssec_check){.verdict = DNSSEC_NO_KEY};
    for (unsigned i = 0; i < z->count && out->verdict != DNSSEC_GOOD; i++) {
        const struct managed_key *k = &z->key[i];
        struct dnssec_check check;
        struct dnssec_work work = {0};
        struct arena arena;
        struct rrset *anchor;
        struct rdata_ref rr = {.data = k->rdata, .len = k->len};
        if (!managed_key_trusted(k)) {
            continue;
        }
        arena_init(&arena, NULL, 0, SETS_BYTES);
        if (rrset_make(dname_of(&z->zone), k->type, 0, &rr, 1, &arena, &anchor) == DNS_OK) {
            dnssec_verify_dnskey(dnskey, anchor, p, wall_s, &work, &check);
            if (check.verdict == DNSSEC_GOOD || out->verdict == DNSSEC_NO_KEY) {
                *out = check;
            }
        }
        arena_release(&arena);
    }
}

/* The key as the set has it, not revoked; false: it is not there. */
static bool present(const struct managed_zone *z, const struct managed_key *k, const struct rrset *dnskey,
                    const struct dnssec_policy *p, struct rdata_ref *out)
{
    struct rrset_iter it = rrset_rrs(dnskey);
    while (rrset_next(&it, out)) {
        if (key_counts(*out, p) && (flags_of(*out) & FLAG_REVOKE) == 0 && same_key(z, k, *out)) {
            return true;
        }
    }
    return false;
}

/* Section 4.2, a key that is known. False: it is forgotten. */
static bool step(struct managed_zone *z, struct managed_key *k, const struct rrset *dnskey,
                 const struct dnssec_policy *p, int64_t wall_s, struct rfc5011_result *out)
{
    struct rdata_ref key;
    bool here = present(z, k, dnskey, p, &key);
    switch (k->state) {
    case KEY_ADDPEND:
        if (!here) {
            return false; /* KeyRem: the hold-down begins anew when it comes back */
        }
        k->seen++;
        if (k->seen >= RFC5011_SEEN_MIN && wall_s - k->since_s >= k->hold_s) {
            enter(k, KEY_VALID, wall_s, out);
        }
        return true;
    case KEY_VALID:
        if (here && k->type == DNS_TYPE_DS) {
            set_key(k, DNS_TYPE_DNSKEY, key, KEY_VALID, wall_s);
            out->anchors = true; /* the same trust in another form */
        } else if (!here && k->type == DNS_TYPE_DNSKEY) {
            enter(k, KEY_MISSING, wall_s, out); /* one that was never seen is not missed */
        }
        return true;
    case KEY_MISSING:
        if (here) {
            enter(k, KEY_VALID, wall_s, out);
        }
        return true;
    default:
        return true; /* REVOKED and REMOVED: never trusted again, also when it is published anew */
    }
}

static bool another_valid(const struct managed_zone *z)
{
    for (unsigned i = 0; i < z->count; i++) {
        if (z->key[i].state == KEY_VALID && z->key[i].type == DNS_TYPE_DNSKEY) {
            return true;
        }
    }
    return false;
}

/* Keys that nobody knows yet wait to be added. */
static void add_new(struct managed_zone *z, const struct rrset *dnskey, const struct dnssec_policy *p, int64_t wall_s,
                    uint32_t original_ttl_s, struct rfc5011_result *out)
{
    struct rrset_iter it = rrset_rrs(dnskey);
    struct rdata_ref key;
    while (rrset_next(&it, &key)) {
        if (!key_counts(key, p) || (flags_of(key) & FLAG_REVOKE) != 0) {
            continue;
        }
        unsigned i = 0;
        while (i < z->count && !same_key(z, &z->key[i], key)) {
            i++;
        }
        if (i < z->count) {
            continue;
        }
        struct managed_key *k = new_key(z);
        if (k == NULL) {
            out->full = true;
            return;
        }
        set_key(k, DNS_TYPE_DNSKEY, key, KEY_ADDPEND, wall_s);
        k->seen = 1;
        k->hold_s = original_ttl_s > RFC5011_ADD_HOLD_S ? original_ttl_s : RFC5011_ADD_HOLD_S; /* section 2.4.1 */
        note(out, k, KEY_START, KEY_ADDPEND);
    }
}

static void pass_time(struct managed_zone *z, int64_t wall_s, struct rfc5011_result *out)
{
    for (unsigned i = z->count; i-- > 0;) {
        struct managed_key *k = &z->key[i];
        if (k->state == KEY_REVOKED && wall_s - k->since_s >= RFC5011_REMOVE_HOLD_S) {
            enter(k, KEY_REMOVED, wall_s, out);
        } else if (k->state == KEY_MISSING && wall_s - k->since_s >= RFC5011_MISSING_S && another_valid(z)) {
            forget(z, i, out);
        }
    }
}

/* A moment that lies ahead was taken by a clock that has been set back since: waiting begins now, it never gets
 * shorter. */
static void mend_clock(struct managed_zone *z, int64_t wall_s)
{
    for (unsigned i = 0; i < z->count; i++) {
        if (z->key[i].since_s > wall_s) {
            z->key[i].since_s = wall_s;
        }
    }
}

static int64_t between(int64_t least, int64_t v, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* Section 2.3: half of the TTL or of what is left of the signature, an hour at least, fifteen days at most. */
static int64_t interval_s(const struct dnssec_check *c)
{
    int64_t shorter = c->original_ttl_s < c->valid_s ? c->original_ttl_s : c->valid_s;
    return between(HOUR_S, shorter / 2, 15 * RFC5011_DAY_S);
}

void rfc5011_failed(struct managed_zone *z, int64_t wall_s)
{
    /* Section 2.3 has a tenth of the TTL, which for the root is more than four hours: an hour is its least, so that a
     * cut cable does no harm; after a day of that, once a day is enough. */
    z->failed++;
    z->next_s = wall_s + (z->failed <= 24 ? HOUR_S : RFC5011_DAY_S);
}

void rfc5011_apply(struct managed_zone *z, const struct rrset *dnskey, const struct dnssec_policy *p, int64_t wall_s,
                   struct rfc5011_result *out)
{
    struct dnssec_check check;
    memset(out, 0, sizeof *out);
    mend_clock(z, wall_s);
    revoke(z, dnskey, p, wall_s, out);
    verify(z, dnskey, p, wall_s, &check);
    out->verdict = check.verdict;
    if (check.verdict == DNSSEC_GOOD) {
        for (unsigned i = z->count; i-- > 0;) {
            if (!step(z, &z->key[i], dnskey, p, wall_s, out)) {
                forget(z, i, out);
            }
        }
        add_new(z, dnskey, p, wall_s, check.original_ttl_s, out);
        z->refreshed_s = wall_s;
        z->next_s = wall_s + interval_s(&check);
        z->failed = 0;
    } else {
        rfc5011_failed(z, wall_s);
    }
    pass_time(z, wall_s, out);
}

int64_t rfc5011_wait_s(const struct managed_zone *z, int64_t wall_s)
{
    return between(0, z->next_s - wall_s, 15 * RFC5011_DAY_S);
}

bool rfc5011_anchors(const struct managed_zone *z, struct anchors *out)
{
    for (unsigned i = 0; i < z->count; i++) {
        const struct managed_key *k = &z->key[i];
        if (managed_key_trusted(k) &&
            !anchors_add_rdata(out, dname_of(&z->zone), k->type, (struct rdata_ref){.data = k->rdata, .len = k->len})) {
            return false;
        }
    }
    return true;
}
