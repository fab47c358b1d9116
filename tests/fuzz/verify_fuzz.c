/*
 * verify_fuzz.c - a signature is good only for what was signed, by a key of the zone, within its time
 *
 * The octets describe a set, who signs it how (signer, labels, times, tag, algorithm, covered type: truthful or not),
 * and what is changed afterwards in the signature, the records, the owner or the keys. The octets that are signed are
 * put together here on their own, so it is known whether the change touched them: the verdict must be GOOD when nothing
 * signed was changed and every rule of RFC 4035 section 5.3.1 holds, and must not be GOOD otherwise. Ed25519 with fixed
 * keys: it takes little time and no chance.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/types.h"
#include "resolver/dnssec/verify.h"
#include "tests/fuzz/fuzz.h"

#define NOW     1767225600
#define KEYS    3 /* of the zone: two that may sign, one that is revoked */
#define RECORDS 4

/* ---- what is signed ---- */

struct record {
    uint8_t octets[64];
    uint16_t len;
};

struct statement {
    struct dname_buf owner, zone;
    uint16_t type;
    unsigned count;
    struct record record[RECORDS];
    uint8_t sig[18 + 64 + 64]; /* fixed fields, signer, signature */
    uint16_t signer_len, sig_len;
    uint8_t key[KEYS][36];
};

static const char *const names[] = {".",     "example.",     "www.example.", "*.example.",   "a.b.example.",
                                    "test.", "*.b.example.", "EXAMPLE.",     "Www.Example.", "x.test."};
#define NAMES (sizeof names / sizeof *names)

static void take_name(struct input *in, struct dname_buf *out)
{
    const char *text = names[take(in, NAMES)];
    must(dname_scan(text, strlen(text), NULL, out) == DNS_OK, "a name");
}

static void take_records(struct input *in, struct statement *s)
{
    static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_NS,   DNS_TYPE_TXT, DNS_TYPE_DS,
                                     DNS_TYPE_MX, DNS_TYPE_NSEC, 65280};
    s->type = types[take(in, sizeof types / sizeof *types)];
    s->count = 1 + take(in, RECORDS);
    for (unsigned i = 0; i < s->count; i++) {
        struct record *r = &s->record[i];
        struct writer w = writer_of(r->octets, sizeof r->octets);
        struct dname_buf n;
        take_name(in, &n);
        switch (s->type) {
        case DNS_TYPE_NSEC:
        case DNS_TYPE_NS:
        case DNS_TYPE_MX:
            if (s->type == DNS_TYPE_MX) {
                write_u16(&w, (uint16_t)i);
            }
            write_bytes(&w, n.wire, n.len);
            write_bytes(&w, "\0\1\100", s->type == DNS_TYPE_NSEC ? 3 : 0);
            break;
        case DNS_TYPE_TXT:
            write_u8(&w, 3);
            write_u8(&w, (uint8_t)i);
            write_u16(&w, (uint16_t)take(in, 256));
            break;
        default:
            write_u32(&w, (uint32_t)(take(in, 256) << 8 | i));
            write_u8(&w, 7);
            w.pos = s->type == DNS_TYPE_A ? 4 : w.pos;
            break;
        }
        r->len = (uint16_t)w.pos;
    }
}

/* Keys A, B and C of seeds 1, 2 and 3; C is revoked. */
static EVP_PKEY *private_key(unsigned i)
{
    uint8_t seed[32];
    memset(seed, (int)(i + 1), sizeof seed);
    EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    must(k != NULL, "a key");
    return k;
}

static void put_keys(struct statement *s)
{
    for (unsigned i = 0; i < KEYS; i++) {
        EVP_PKEY *k = private_key(i);
        size_t n = 32;
        memcpy(s->key[i], (const uint8_t[]){1, i == 2 ? 0x80 : 0, 3, 15}, 4);
        must(EVP_PKEY_get_raw_public_key(k, s->key[i] + 4, &n) == 1, "a public key");
        EVP_PKEY_free(k);
    }
}

static int by_octets(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return rdata_compare(x->octets, x->len, y->octets, y->len);
}

static struct dname signed_name(const struct statement *s, struct dname_buf *out)
{
    struct dname owner = dname_of(&s->owner);
    unsigned labels = s->sig[3];
    if (labels < owner.labels) {
        must(dname_prepend((const uint8_t *)"*", 1, dname_suffix(owner, labels), out), "a wildcard");
        return dname_of(out);
    }
    return owner;
}

/* RFC 4034 section 3.1.8.1: into out, its length. */
static size_t signed_octets(const struct statement *s, uint8_t out[static 4096])
{
    struct writer w = writer_of(out, 4096);
    struct record sorted[RECORDS];
    struct dname_buf buf, lower;
    unsigned n = 0;
    struct reader r = reader_of(s->sig + 18, s->signer_len);
    struct dname signer = dname_root();
    dname_read_plain(&r, &signer);
    write_bytes(&w, s->sig, 18);
    dname_lower(signer, &lower);
    write_bytes(&w, lower.wire, lower.len);
    for (unsigned i = 0; i < s->count; i++) {
        struct writer c = writer_of(sorted[n].octets, sizeof sorted[n].octets);
        if (rdata_canonical(s->type, s->record[i].octets, s->record[i].len, &c) != DNS_OK) {
            return 0;
        }
        sorted[n++].len = (uint16_t)c.pos;
    }
    qsort(sorted, n, sizeof sorted[0], by_octets);
    dname_lower(signed_name(s, &buf), &lower);
    for (unsigned i = 0; i < n; i++) {
        write_bytes(&w, lower.wire, lower.len);
        write_u16(&w, s->type);
        write_u16(&w, 1);
        write_bytes(&w, s->sig + 4, 4); /* original TTL */
        write_u16(&w, sorted[i].len);
        write_bytes(&w, sorted[i].octets, sorted[i].len);
    }
    must(!w.failed, "room");
    return w.pos;
}

static void take_signature(struct input *in, struct statement *s)
{
    struct dname_buf signer;
    struct writer w = writer_of(s->sig, sizeof s->sig);
    unsigned key = take(in, KEYS), owner_labels = s->owner.labels - (dname_is_wildcard(dname_of(&s->owner)) ? 1u : 0u);
    unsigned fewer = take(in, 4), time = take(in, 8);
    signer = s->zone;
    if (take(in, 4) == 3) {
        take_name(in, &signer);
    }
    write_u16(&w, take(in, 8) == 7 ? 1 : s->type);
    write_u8(&w, take(in, 8) == 7 ? 13 : 15);
    write_u8(&w, (uint8_t)(fewer == 3 ? owner_labels + 1 : owner_labels > fewer ? owner_labels - fewer : 0));
    write_u32(&w, 3600);
    write_u32(&w, time == 7 ? NOW - 1 : NOW + take(in, 3));
    write_u32(&w, time == 6 ? NOW + 1 : NOW - take(in, 3));
    write_u16(&w, take(in, 8) == 7 ? 4711 : dnssec_key_tag(s->key[key], 36));
    write_bytes(&w, signer.wire, signer.len);
    s->signer_len = signer.len;

    uint8_t data[4096];
    size_t n = 64, len = signed_octets(s, data);
    EVP_PKEY *k = private_key(key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t *sig = writer_take(&w, 64);
    must(ctx != NULL && sig != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k) == 1, "a signature");
    must(EVP_DigestSign(ctx, sig, &n, data, len) == 1, "a signature");
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(k);
    s->sig_len = (uint16_t)w.pos;
}

/* ---- changes ---- */

static void change(struct input *in, struct statement *s)
{
    struct record *r = &s->record[take(in, s->count)];
    uint8_t bit = (uint8_t)(1 << take(in, 8));
    switch (take(in, 7)) {
    case 0:
        s->sig[take(in, 18)] ^= bit;
        break;
    case 1:
        s->sig[18 + s->signer_len + take(in, 64)] ^= bit;
        break;
    case 2:
        if (s->signer_len > 1) { /* a letter, so that it remains a name */
            s->sig[18 + 1 + take(in, (unsigned)s->signer_len - 2)] ^= 0x20;
        }
        break;
    case 3:
        r->octets[take(in, r->len)] ^= bit;
        break;
    case 4:
        take_name(in, &s->owner);
        break;
    case 5:
        s->key[take(in, KEYS)][take(in, 36)] ^= bit;
        break;
    default: /* one record less */
        s->count -= s->count > 1;
        break;
    }
}

/* ---- the verdict ---- */

static bool before(uint32_t a, uint32_t b)
{
    return a != b && (int32_t)(a - b) < 0;
}

static uint32_t at32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A key that may sign and that the signature names; at most two are tried. */
static bool has_key(const struct statement *s, const uint8_t public_key[static 32])
{
    unsigned tried = 0;
    for (unsigned i = 0; i < KEYS && tried < 2; i++) {
        const uint8_t *k = s->key[i];
        bool usable = (k[0] & 1) != 0 && (k[1] & 0x80) == 0 && k[2] == 3 && k[3] == 15;
        if (usable && dnssec_key_tag(k, 36) == (s->sig[16] << 8 | s->sig[17])) {
            tried++;
            if (memcmp(k + 4, public_key, 32) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool rules_hold(const struct statement *s)
{
    struct reader r = reader_of(s->sig + 18, s->signer_len);
    struct dname signer, owner = dname_of(&s->owner), zone = dname_of(&s->zone);
    uint32_t expires = at32(s->sig + 8), begins = at32(s->sig + 12);
    unsigned labels = s->sig[3], own = owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
    return dname_read_plain(&r, &signer) == DNS_OK && dname_equal(signer, zone) && dname_under(owner, zone) &&
           (s->sig[0] << 8 | s->sig[1]) == s->type && s->sig[2] == 15 && labels <= own && labels >= zone.labels &&
           !(s->type == DNS_TYPE_DS && owner.labels == zone.labels) && !before(expires, begins) &&
           !before(expires, NOW) && !before(NOW, begins);
}

static struct rrset *make_set(const struct statement *s)
{
    struct rdata_ref rr[RECORDS], sig = {.data = s->sig, .len = s->sig_len};
    for (unsigned i = 0; i < s->count; i++) {
        rr[i] = (struct rdata_ref){.data = s->record[i].octets, .len = s->record[i].len};
    }
    struct rrset *set = malloc(rrset_size(dname_of(&s->owner), rr, (uint16_t)s->count, &sig, 1));
    must(set != NULL, "memory");
    rrset_fill(set, dname_of(&s->owner), s->type, 60, rr, (uint16_t)s->count, &sig, 1);
    return set;
}

static struct dnssec_keys *make_keys(const struct statement *s)
{
    static const struct dnssec_policy all = {.sha1 = true};
    struct rdata_ref rr[KEYS];
    for (unsigned i = 0; i < KEYS; i++) {
        rr[i] = (struct rdata_ref){.data = s->key[i], .len = 36};
    }
    struct rrset *set = malloc(rrset_size(dname_of(&s->zone), rr, KEYS, NULL, 0));
    must(set != NULL, "memory");
    rrset_fill(set, dname_of(&s->zone), DNS_TYPE_DNSKEY, 60, rr, KEYS, NULL, 0);
    struct dnssec_keys *keys = dnssec_keys_new(set, &all);
    must(keys != NULL, "memory");
    free(set);
    return keys;
}

static struct dnssec_check judge(const struct statement *s)
{
    static const struct dnssec_policy all = {.sha1 = true};
    struct dnssec_work work = {0};
    struct dnssec_check check;
    struct rrset *set = make_set(s);
    struct dnssec_keys *keys = make_keys(s);
    dnssec_verify(set, keys, &all, NOW, &work, &check);
    must(work.verifies <= 2 && work.failures <= 2, "work");
    dnssec_keys_free(keys);
    free(set);
    return check;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.data = data, .left = size};
    struct statement s = {.count = 0}, changed;
    uint8_t before_octets[4096], after_octets[4096];
    take_name(&in, &s.owner);
    take_name(&in, &s.zone);
    take_records(&in, &s);
    put_keys(&s);
    take_signature(&in, &s);
    changed = s;
    for (unsigned n = take(&in, 4); n > 0; n--) {
        change(&in, &changed);
    }
    /* What was signed, and by whom: the public key that fits the signature is the one of its tag, before the changes.
     */
    size_t n = signed_octets(&s, before_octets), m = signed_octets(&changed, after_octets);
    bool same = n == m && memcmp(before_octets, after_octets, n) == 0 &&
                memcmp(s.sig + 18 + s.signer_len, changed.sig + 18 + s.signer_len, 64) == 0;
    bool signer_there = false;
    for (unsigned i = 0; i < KEYS; i++) {
        bool signs = dnssec_key_tag(s.key[i], 36) == (s.sig[16] << 8 | s.sig[17]);
        signer_there |= signs && has_key(&changed, s.key[i] + 4);
    }
    struct dnssec_check check = judge(&changed);
    bool want = same && signer_there && rules_hold(&changed);
    must((check.verdict == DNSSEC_GOOD) == want, want ? "good, and refused" : "not good, and taken");
    if (want) {
        struct dname owner = dname_of(&changed.owner);
        unsigned own = owner.labels - (dname_is_wildcard(owner) ? 1u : 0u);
        must(check.wildcard == (changed.sig[3] < own) && check.labels == changed.sig[3], "expanded?");
    }
    return 0;
}
