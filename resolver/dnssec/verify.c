/*
 * verify.c - does this signature make this RRset?
 */
#include "resolver/dnssec/verify.h"

#include "dns/bytes.h"
#include "dns/digest.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/dnssec/crypto.h"
#include "resolver/dnssec/later.h"
#include "resolver/dnssec/seen.h"
#include "resolver/dnssec/signature.h"

#include <stdatomic.h>
#include <stdlib.h>

#define KEY_ZONE      0x0100 /* RFC 4034 section 2.1.1 */
#define KEY_REVOKE    0x0080 /* RFC 5011 section 3 */
#define KEY_PROTOCOL  3      /* RFC 4034 section 2.1.2 */
#define DIGEST_SHA1   1
#define DIGEST_SHA256 2
#define DIGEST_SHA384 4

const char *dnssec_verdict_text(enum dnssec_verdict v)
{
    static const char *const texts[] = {
#define X(name, ede, text) text,
        DNSSEC_VERDICTS(X)
#undef X
    };
    return texts[v];
}

int dnssec_verdict_ede(enum dnssec_verdict v)
{
    static const int edes[] = {
#define X(name, ede, text) DNS_EDE_##ede,
        DNSSEC_VERDICTS(X)
#undef X
    };
    return edes[v];
}

bool dnssec_algorithm_supported(const struct dnssec_policy *p, uint8_t algorithm)
{
    return crypto_algorithm_known(algorithm) && (p->sha1 || (algorithm != 5 && algorithm != 7)) &&
           (p->refused >> algorithm & 1) == 0;
}

struct dnssec_policy dnssec_policy_of(bool sha1)
{
    struct dnssec_policy p = {.sha1 = sha1};
    for (uint8_t algorithm = 1; algorithm < 32; algorithm++) {
        if (crypto_algorithm_known(algorithm) && !crypto_algorithm_works(algorithm)) {
            p.refused |= UINT32_C(1) << algorithm;
        }
    }
    return p;
}

bool dnssec_digest_supported(const struct dnssec_policy *p, uint8_t digest)
{
    /* RFC 9904: SHA-1 digests are still to be understood by validators; they depend on the same setting. */
    return digest == DIGEST_SHA256 || digest == DIGEST_SHA384 || (digest == DIGEST_SHA1 && p->sha1);
}

unsigned dnssec_algorithm_cost(uint8_t algorithm)
{
    switch (algorithm) { /* L12, in checks of RSA-2048 */
    case 13:
        return 4;
    case 14:
        return 35;
    case 15:
        return 6;
    case 16:
        return 10;
    default:
        return 2; /* RSA up to 4096 bits */
    }
}

uint16_t dnssec_key_tag(const uint8_t *rdata, uint16_t len)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < len; i++) {
        sum += (i & 1) != 0 ? rdata[i] : (uint32_t)rdata[i] << 8;
    }
    return (uint16_t)(sum + (sum >> 16));
}

struct parsed {
    _Atomic(struct crypto_key *) key; /* NULL: not yet; what is malformed stays so, and each try is counted (T55) */
};

struct zone_key {
    struct rdata_ref rdata; /* in the block of the keys */
    uint16_t tag;
    uint8_t algorithm;
    bool usable; /* a zone key, protocol 3, not revoked */
    struct parsed *parsed;
};

/* One block: this, the parsed keys, the rdata. */
struct dnssec_keys {
    struct dname_buf zone;
    unsigned count, supported;
    struct zone_key key[];
};

static bool key_usable(struct rdata_ref rr)
{
    struct reader r = reader_of(rr.data, rr.len);
    uint16_t flags = read_u16(&r);
    uint8_t protocol = read_u8(&r);
    return !r.failed && (flags & KEY_ZONE) != 0 && SEEDED(42, (flags & KEY_REVOKE) == 0, true) &&
           protocol == KEY_PROTOCOL;
}

/* Keys of algorithms that are checked, and the octets of their rdata. */
static unsigned count_keys(const struct rrset *dnskey, const struct dnssec_policy *p, size_t *bytes)
{
    struct rrset_iter it = rrset_rrs(dnskey);
    struct rdata_ref rr;
    unsigned n = 0;
    *bytes = 0;
    while (rrset_next(&it, &rr)) {
        if (rr.len >= 5 && dnssec_algorithm_supported(p, rr.data[3])) {
            *bytes += rr.len;
            n++;
        }
    }
    return n;
}

struct dnssec_keys *dnssec_keys_new(const struct rrset *dnskey, const struct dnssec_policy *p)
{
    size_t bytes;
    unsigned n = count_keys(dnskey, p, &bytes);
    struct dnssec_keys *k = calloc(1, sizeof *k + n * (sizeof k->key[0] + sizeof *k->key[0].parsed) + bytes);
    if (k == NULL) {
        return NULL;
    }
    struct parsed *parsed = (void *)&k->key[n];
    uint8_t *octets = (void *)&parsed[n];
    dname_lower(rrset_owner(dnskey), &k->zone);
    struct rrset_iter it = rrset_rrs(dnskey);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (rr.len < 5 || !dnssec_algorithm_supported(p, rr.data[3])) {
            continue;
        }
        struct zone_key *key = &k->key[k->count];
        memcpy(octets, rr.data, rr.len);
        key->rdata = (struct rdata_ref){.data = octets, .len = rr.len};
        octets += rr.len;
        key->tag = dnssec_key_tag(rr.data, rr.len);
        key->algorithm = rr.data[3];
        key->usable = key_usable(rr);
        key->parsed = &parsed[k->count++];
        k->supported += key->usable;
    }
    return k;
}

void dnssec_keys_free(struct dnssec_keys *k)
{
    for (unsigned i = 0; k != NULL && i < k->count; i++) {
        crypto_key_free(atomic_load_explicit(&k->key[i].parsed->key, memory_order_relaxed));
    }
    free(k);
}

/* NULL: malformed, or of a refused shape, or *no_memory. */
static struct crypto_key *parsed_key(const struct zone_key *k, const struct crypto_kit *kit, bool *no_memory)
{
    struct crypto_key *key = atomic_load_explicit(&k->parsed->key, memory_order_acquire), *first = NULL;
    if (key != NULL) {
        return key;
    }
    key = crypto_key_new(kit, k->algorithm, k->rdata.data + 4, k->rdata.len - 4u, no_memory);
    if (key != NULL && !atomic_compare_exchange_strong(&k->parsed->key, &first, key)) {
        crypto_key_free(key); /* another thread was first */
        key = first;
    }
    return key;
}

struct dname dnssec_keys_zone(const struct dnssec_keys *k)
{
    return dname_of(&k->zone);
}

bool dnssec_keys_any(const struct dnssec_keys *k)
{
    return k->supported != 0;
}

bool dnssec_signer(const struct rrset *set, struct dname *out)
{
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref rr;
    struct signature s;
    while (rrset_next(&it, &rr)) {
        if (signature_read(rr, &s) && dname_under(rrset_owner(set), s.signer)) {
            *out = s.signer;
            return true;
        }
    }
    return false;
}

/* RFC 4034 section 3.1.5: 32-bit times compare as serial numbers (RFC 1982). */
static bool before(uint32_t a, uint32_t b)
{
    return a != b && (int32_t)(a - b) < 0;
}

static enum dnssec_verdict check_times(const struct signature *s, int64_t wall_s)
{
    uint32_t now = (uint32_t)wall_s;
    if (before(s->expiration, s->inception)) {
        return DNSSEC_EXPIRED_BEFORE_VALID;
    }
    if (SEEDED(43, before(s->expiration, now), false)) {
        return DNSSEC_EXPIRED;
    }
    return before(now, s->inception) ? DNSSEC_NOT_YET_VALID : DNSSEC_GOOD;
}

/* RFC 4035 section 5.3.1, and T63: the shape of a signature that can speak for this set. A zone does not speak for its
 * own DS: that belongs to the zone above (RFC 4035 section 2.4). */
static bool shape_fits(const struct signature *s, const struct rrset *set, struct dname zone)
{
    struct dname owner = rrset_owner(set);
    unsigned owner_labels = owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
    return s->covered == set->type && set->rclass == DNS_CLASS_IN && SEEDED(39, dname_equal(s->signer, zone), true) &&
           dname_under(owner, zone) && s->labels <= owner_labels && SEEDED(38, s->labels >= s->signer.labels, true) &&
           !(set->type == DNS_TYPE_DS && owner.labels == zone.labels);
}

/* What one key and one signature come to. */
struct trial {
    const struct zone_key *key;
    struct rdata_ref signature;
    uint8_t algorithm;
    uint8_t *data; /* that is signed */
    size_t len;
    bool remembers; /* it has an id */
    struct seen_check id;
};

static bool spent(struct dnssec_work *work, unsigned cost)
{
    bool all = SEEDED(40, work->verifies >= DNSSEC_VERIFIES_MAX, false) || work->cost + cost > DNSSEC_VERIFY_COST_MAX ||
               SEEDED(40, work->failures >= DNSSEC_FAILURES_MAX, false);
    work->given_up |= all;
    return all;
}

/* A check that has to be made, counted. Takes the data. */
static enum dnssec_verdict check_octets(struct trial *t, struct dnssec_work *work)
{
    bool no_memory;
    unsigned cost = dnssec_algorithm_cost(t->algorithm);
    struct crypto_key *key = parsed_key(t->key, work->kit, &no_memory);
    if (key == NULL) {
        work->failures = (uint16_t)(work->failures +
                                    SEEDED(41, !no_memory, 0)); /* T55: a key that is named but malformed is not free */
        free(t->data);
        return no_memory ? DNSSEC_NO_MEMORY : DNSSEC_BAD;
    }
    struct dnssec_task *task = dnssec_task_new(key, t->data, t->len, t->signature, &t->id);
    if (task == NULL) {
        return DNSSEC_NO_MEMORY;
    }
    task->cost = cost;
    work->verifies++;
    work->cost += cost;
    if (work->later != NULL && t->remembers) {
        dnssec_task_free(work->later->wanted);
        work->later->wanted = task;
        return DNSSEC_LATER;
    }
    dnssec_task_run(task);
    enum dnssec_verdict verdict = task->verdict;
    work->failures = (uint16_t)(work->failures + (verdict == DNSSEC_BAD));
    if (t->remembers && verdict == DNSSEC_GOOD) {
        dnssec_seen_add(work->seen, &t->id);
    }
    dnssec_task_free(task);
    return verdict;
}

/* GOOD or a failure, if the check was made before. */
static bool is_settled(const struct trial *t, const struct dnssec_work *work, enum dnssec_verdict *out)
{
    *out = DNSSEC_GOOD;
    if (!t->remembers) {
        return false;
    }
    if (work->later != NULL) {
        *out = dnssec_later_failed(work->later, &t->id);
    }
    return *out != DNSSEC_GOOD || dnssec_seen_has(work->seen, &t->id);
}

/* One signature with one key. */
static enum dnssec_verdict try_key(const struct zone_key *zone_key, const struct signature *s, const struct rrset *set,
                                   struct dnssec_work *work)
{
    struct trial t = {
        .key = zone_key, .signature = {.data = s->octets, .len = s->octets_len}, .algorithm = s->algorithm};
    unsigned cost = dnssec_algorithm_cost(s->algorithm);
    enum dnssec_verdict verdict;
    if (work->later == NULL && spent(work, cost)) {
        return DNSSEC_TOO_MUCH_WORK;
    }
    t.data = signature_data(s, set, &t.len);
    if (t.data == NULL) {
        return DNSSEC_NO_MEMORY;
    }
    t.remembers = work->seen != NULL && dnssec_seen_check(zone_key->rdata, t.signature, t.data, t.len, &t.id);
    if (is_settled(&t, work, &verdict)) { /* the budget may have gone on just this */
        free(t.data);
        return verdict;
    }
    if (spent(work, cost)) {
        free(t.data);
        return DNSSEC_TOO_MUCH_WORK;
    }
    return check_octets(&t, work);
}

/* The keys that a signature names, at most two (L14). */
static enum dnssec_verdict try_keys(const struct dnssec_keys *keys, const struct signature *s, const struct rrset *set,
                                    struct dnssec_work *work)
{
    enum dnssec_verdict verdict = DNSSEC_NO_KEY;
    unsigned tried = 0;
    for (unsigned i = 0; i < keys->count && tried < DNSSEC_KEYS_PER_TAG_MAX; i++) {
        const struct zone_key *key = &keys->key[i];
        if (key->tag != s->key_tag || key->algorithm != s->algorithm) {
            continue;
        }
        if (!key->usable) {
            verdict = verdict == DNSSEC_NO_KEY ? DNSSEC_NO_ZONE_KEY : verdict;
            continue;
        }
        tried++;
        verdict = try_key(key, s, set, work);
        if (verdict == DNSSEC_GOOD || verdict >= DNSSEC_TOO_MUCH_WORK) {
            break;
        }
    }
    return verdict;
}

static void note(struct dnssec_check *out, enum dnssec_verdict verdict, const struct signature *s, int64_t wall_s,
                 struct dname owner)
{
    bool first = out->verdict == DNSSEC_NO_SIGNATURE;
    if (!first && verdict >= out->verdict && verdict < DNSSEC_TOO_MUCH_WORK) {
        return;
    }
    unsigned owner_labels = owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
    *out = (struct dnssec_check){
        .verdict = verdict,
        .wildcard = s->labels < owner_labels,
        .labels = s->labels,
        .key_tag = s->key_tag,
        .algorithm = s->algorithm,
        .valid_s = verdict == DNSSEC_GOOD ? s->expiration - (uint32_t)wall_s : 0,
        .original_ttl_s = s->original_ttl_s,
        .expired = s->expiration,
        .inception = s->inception,
    };
}

void dnssec_verify(const struct rrset *set, const struct dnssec_keys *keys, const struct dnssec_policy *p,
                   int64_t wall_s, struct dnssec_work *work, struct dnssec_check *out)
{
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref rr;
    unsigned tried = 0;
    *out = (struct dnssec_check){.verdict = DNSSEC_NO_SIGNATURE};
    while (tried < DNSSEC_SIGS_TRIED_MAX && rrset_next(&it, &rr)) {
        struct signature s;
        enum dnssec_verdict verdict;
        if (!signature_read(rr, &s)) {
            continue;
        }
        if (!shape_fits(&s, set, dname_of(&keys->zone))) {
            verdict = DNSSEC_MALFORMED;
        } else if (!dnssec_algorithm_supported(p, s.algorithm)) {
            verdict = DNSSEC_UNSUPPORTED;
        } else if ((verdict = check_times(&s, wall_s)) == DNSSEC_GOOD) {
            tried++;
            verdict = try_keys(keys, &s, set, work);
        }
        note(out, verdict, &s, wall_s, rrset_owner(set));
        if (out->verdict == DNSSEC_GOOD || verdict >= DNSSEC_TOO_MUCH_WORK) {
            return;
        }
    }
}

/* RFC 4034 section 5.1.4: digest of the key's owner and rdata. GOOD, NO_KEY or NO_MEMORY. */
static enum dnssec_verdict digest_matches(struct dname zone, struct rdata_ref key, struct rdata_ref ds)
{
    struct dname_buf owner;
    uint8_t hash[DIGEST_SHA384_SIZE];
    size_t n;
    bool ok;
    dname_lower(zone, &owner);
    size_t len = (size_t)owner.len + key.len;
    uint8_t *data = malloc(len);
    if (data == NULL) {
        return DNSSEC_NO_MEMORY;
    }
    memcpy(data, owner.wire, owner.len);
    memcpy(data + owner.len, key.data, key.len);
    switch (ds.data[3]) {
    case DIGEST_SHA1:
        n = DIGEST_SHA1_SIZE;
        ok = digest_sha1(data, len, hash);
        break;
    case DIGEST_SHA256:
        n = DIGEST_SHA256_SIZE;
        ok = digest_sha256(data, len, hash);
        break;
    default:
        n = DIGEST_SHA384_SIZE;
        ok = digest_sha384(data, len, hash);
        break;
    }
    free(data);
    if (!ok) {
        return DNSSEC_NO_MEMORY;
    }
    return ds.len == 4 + n && memcmp(ds.data + 4, hash, n) == 0 ? DNSSEC_GOOD : DNSSEC_NO_KEY;
}

static bool ds_supported(struct rdata_ref ds, const struct dnssec_policy *p)
{
    return ds.len > 4 && dnssec_algorithm_supported(p, ds.data[2]) && dnssec_digest_supported(p, ds.data[3]);
}

/* Does the DS (or, from an anchor, the DNSKEY) name this key? GOOD, NO_KEY or NO_MEMORY. */
static enum dnssec_verdict names_key(struct dname zone, struct rdata_ref key, uint16_t anchor_type,
                                     struct rdata_ref anchor)
{
    if (key.len < 5 || anchor.len < 5) {
        return DNSSEC_NO_KEY;
    }
    if (anchor_type == DNS_TYPE_DNSKEY) {
        return key.len == anchor.len && memcmp(key.data, anchor.data, key.len) == 0 ? DNSSEC_GOOD : DNSSEC_NO_KEY;
    }
    if (key.data[3] != anchor.data[2] || dnssec_key_tag(key.data, key.len) != (anchor.data[0] << 8 | anchor.data[1])) {
        return DNSSEC_NO_KEY;
    }
    return digest_matches(zone, key, anchor);
}

bool dnssec_names_key(struct dname zone, struct rdata_ref key, uint16_t anchor_type, struct rdata_ref anchor)
{
    return names_key(zone, key, anchor_type, anchor) == DNSSEC_GOOD;
}

/* The set's own signatures by this one key. */
static void verify_by_key(const struct rrset *dnskey, struct rdata_ref key, const struct dnssec_policy *p,
                          int64_t wall_s, struct dnssec_work *work, struct dnssec_check *out)
{
    struct arena arena;
    struct rrset *alone;
    struct dnssec_keys *keys = NULL;
    arena_init(&arena, NULL, 0, 128 * 1024);
    if (rrset_make(rrset_owner(dnskey), DNS_TYPE_DNSKEY, 0, &key, 1, &arena, &alone) == DNS_OK) {
        keys = dnssec_keys_new(alone, p);
    }
    if (keys == NULL) {
        out->verdict = DNSSEC_NO_MEMORY;
    } else {
        dnssec_verify(dnskey, keys, p, wall_s, work, out);
        if (out->verdict == DNSSEC_NO_SIGNATURE) { /* by the key that was asked for */
            out->key_tag = dnssec_key_tag(key.data, key.len);
            out->algorithm = key.data[3];
        }
    }
    dnssec_keys_free(keys);
    arena_release(&arena);
}

/* RFC 4509 section 3: SHA-1 digests are ignored where a better one is there. */
static bool has_better_digest(const struct rrset *ds, const struct dnssec_policy *p)
{
    struct rrset_iter it = rrset_rrs(ds);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (ds_supported(rr, p) && rr.data[3] != DIGEST_SHA1) {
            return true;
        }
    }
    return false;
}

/* Every key of the zone that one DS or anchor names: one, unless a digest collides. */
static void verify_by_anchor(const struct rrset *dnskey, uint16_t anchor_type, struct rdata_ref anchor,
                             const struct dnssec_policy *p, int64_t wall_s, struct dnssec_work *work,
                             struct dnssec_check *best)
{
    struct rrset_iter it = rrset_rrs(dnskey);
    struct rdata_ref key;
    while (best->verdict != DNSSEC_GOOD && best->verdict < DNSSEC_TOO_MUCH_WORK && rrset_next(&it, &key)) {
        struct dnssec_check check = {
            .verdict = names_key(rrset_owner(dnskey), key, anchor_type, anchor),
            .key_tag = best->key_tag,
            .algorithm = best->algorithm,
        };
        if (check.verdict == DNSSEC_NO_KEY) {
            continue;
        }
        if (check.verdict == DNSSEC_GOOD) {
            verify_by_key(dnskey, key, p, wall_s, work, &check);
        }
        if (check.verdict == DNSSEC_UNSUPPORTED) {
            check.verdict = DNSSEC_NO_KEY; /* T76: a DS that we support asks for a signature that we support */
        }
        if (best->verdict == DNSSEC_NO_KEY || check.verdict < best->verdict || check.verdict >= DNSSEC_TOO_MUCH_WORK) {
            *best = check;
        }
    }
}

void dnssec_verify_dnskey(const struct rrset *dnskey, const struct rrset *ds, const struct dnssec_policy *p,
                          int64_t wall_s, struct dnssec_work *work, struct dnssec_check *out)
{
    struct rrset_iter it = rrset_rrs(ds);
    struct rdata_ref rr;
    unsigned considered = 0;
    bool better = ds->type == DNS_TYPE_DS && has_better_digest(ds, p);
    *out = (struct dnssec_check){.verdict = DNSSEC_NO_KEY};
    while (considered < DNSSEC_DS_MAX && rrset_next(&it, &rr)) {
        if (ds->type == DNS_TYPE_DS ? !ds_supported(rr, p) || (better && rr.data[3] == DIGEST_SHA1)
                                    : rr.len < 5 || !dnssec_algorithm_supported(p, rr.data[3])) {
            continue;
        }
        if (considered++ == 0) { /* to be told, should no key fit */
            out->algorithm = ds->type == DNS_TYPE_DS ? rr.data[2] : rr.data[3];
            out->key_tag =
                ds->type == DNS_TYPE_DS ? (uint16_t)(rr.data[0] << 8 | rr.data[1]) : dnssec_key_tag(rr.data, rr.len);
        }
        verify_by_anchor(dnskey, ds->type, rr, p, wall_s, work, out);
        if (out->verdict == DNSSEC_GOOD || out->verdict >= DNSSEC_TOO_MUCH_WORK) {
            return;
        }
    }
    if (considered == 0) {
        out->verdict = DNSSEC_UNSUPPORTED; /* RFC 4035 section 5.2: the zone is insecure */
    }
}
