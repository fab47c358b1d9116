/*
 * sign.c - the lab's zones, signed in memory: keys, DS, signatures
 */
#include "tools/raiz-lab/sign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/digest.h"
#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"

#define DAY_S     86400
#define LASTING_S (365 * DAY_S)
#define DS_SIZE   (4 + SIGN_DIGEST_SIZE)
#define SIG_FIXED 18 /* RFC 4034 section 3.1 */

/* ---- zones, copied ---- */

struct copying {
    struct zone_builder *b;
    sign_skip *skip;
    const void *arg;
    bool ok;
};

static bool add_all(struct zone_builder *b, const struct rrset *set)
{
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (zone_builder_add(b, rrset_owner(set), set->type, set->ttl_s, rr.data, rr.len) != DNS_OK) {
            return false;
        }
    }
    return true;
}

static void copy_set(void *arg, const struct rrset *set)
{
    struct copying *c = arg;
    if (c->skip == NULL || !c->skip(c->arg, set)) {
        c->ok = c->ok && add_all(c->b, set);
    }
}

struct zone_builder *sign_copy(const struct zone *z, sign_skip *skip, const void *arg)
{
    struct copying c = {.b = zone_builder_new(zone_origin(z)), .skip = skip, .arg = arg, .ok = true};
    if (c.b == NULL) {
        return NULL;
    }
    zone_walk(z, copy_set, &c);
    if (!c.ok) {
        zone_builder_free(c.b);
        return NULL;
    }
    return c.b;
}

bool sign_finish(struct zone_builder *b, struct zone **out)
{
    struct zone *made;
    char message[200];
    if (zone_builder_finish(b, true, &made, message) != DNS_OK) { /* it was checked when it was read */
        zone_builder_free(b);
        return false;
    }
    zone_free(*out);
    *out = made;
    return true;
}

enum sign_place sign_place(struct sign_walk *w, const struct zone *z, struct dname name)
{
    if (w->cut.len != 0 && dname_below(name, w->cut)) {
        return SIGN_HIDDEN;
    }
    if (!dname_equal(name, w->origin) && zone_find(z, name, DNS_TYPE_NS) != NULL) {
        w->cut = name;
        return SIGN_CUT;
    }
    return SIGN_AUTHORITATIVE;
}

/* ---- DNSKEY and DS ---- */

static const struct lab_zone *zone_of(const struct lab *lab, struct dname origin)
{
    for (size_t i = 0; i < lab->zones; i++) {
        if (dname_equal(dname_of(&lab->zone[i].origin), origin)) {
            return &lab->zone[i];
        }
    }
    return NULL;
}

/* RFC 4034 section 5.1. */
static bool make_ds(const struct lab_zone *z, uint8_t out[static DS_SIZE])
{
    struct dname_buf lower;
    uint8_t data[DNAME_MAX + SIGN_DNSKEY_MAX];
    uint16_t tag = sign_key_tag(z->key), n;
    const uint8_t *key = sign_key_rdata(z->key, &n);
    dname_lower(dname_of(&z->origin), &lower);
    memcpy(data, lower.wire, lower.len);
    memcpy(data + lower.len, key, n);
    memcpy(out, (const uint8_t[]){(uint8_t)(tag >> 8), (uint8_t)tag, sign_key_algorithm(z->key), 2}, 4);
    return digest_sha256(data, (size_t)lower.len + n, out + 4);
}

/* What the files hold of this is made anew; the DS of a zone that the lab does not have stays. */
static bool is_made_anew(const void *arg, const struct rrset *set)
{
    switch (set->type) {
    case DNS_TYPE_DNSKEY:
    case DNS_TYPE_NSEC:
    case DNS_TYPE_NSEC3:
    case DNS_TYPE_NSEC3PARAM:
        return true;
    case DNS_TYPE_DS:
        return zone_of(arg, rrset_owner(set)) != NULL;
    default:
        return false;
    }
}

static bool add_keys(const struct lab *lab, const struct lab_zone *z, uint32_t ttl_s, struct zone_builder *b)
{
    struct dname origin = dname_of(&z->origin);
    uint16_t n;
    const uint8_t *key = sign_key_rdata(z->key, &n);
    bool ok = zone_builder_add(b, origin, DNS_TYPE_DNSKEY, ttl_s, key, n) == DNS_OK;
    for (size_t i = 0; ok && i < lab->zones; i++) {
        const struct lab_zone *child = &lab->zone[i];
        struct dname name = dname_of(&child->origin);
        uint8_t ds[DS_SIZE];
        if (child->key == NULL || (child->signing & LAB_ISLAND) != 0 || !dname_below(name, origin) ||
            zone_find(z->zone, name, DNS_TYPE_NS) == NULL) {
            continue;
        }
        ok = make_ds(child, ds);
        if ((child->signing & LAB_BROKEN_DS) != 0) {
            ds[4] ^= 1;
        }
        if ((child->signing & LAB_DIGEST) != 0) {
            ds[3] = SIGN_UNKNOWN;
        }
        ok = ok && zone_builder_add(b, name, DNS_TYPE_DS, ttl_s, ds, sizeof ds) == DNS_OK;
    }
    return ok;
}

/* ---- signatures ---- */

struct signing {
    const struct lab_zone *z;
    uint32_t inception, expiration;
    struct sign_walk walk;
    struct zone_builder *b;
    bool ok;
};

static int by_octets(const void *a, const void *b)
{
    const struct rdata_ref *x = a, *y = b;
    return rdata_compare(x->data, x->len, y->data, y->len);
}

/* The records as they are signed: canonical, in order (RFC 4034 sections 3.1.8.1 and 6). */
static bool put_records(const struct rrset *set, struct writer *out)
{
    struct rdata_ref *rr = calloc(set->count, sizeof *rr), one;
    uint8_t *octets = malloc(set->size_bytes);
    struct writer w = writer_of(octets, octets != NULL ? set->size_bytes : 0);
    struct rrset_iter it = rrset_rrs(set);
    struct dname_buf owner;
    bool ok = rr != NULL && octets != NULL;
    dname_lower(rrset_owner(set), &owner);
    for (size_t i = 0; ok && rrset_next(&it, &one); i++) {
        rr[i] = (struct rdata_ref){.data = octets + w.pos, .len = one.len};
        ok = rdata_canonical(set->type, one.data, one.len, &w) == DNS_OK;
    }
    if (ok) {
        qsort(rr, set->count, sizeof *rr, by_octets);
    }
    for (size_t i = 0; ok && i < set->count; i++) {
        write_bytes(out, owner.wire, owner.len);
        write_u16(out, set->type);
        write_u16(out, DNS_CLASS_IN);
        write_u32(out, set->ttl_s);
        write_u16(out, rr[i].len);
        write_bytes(out, rr[i].data, rr[i].len);
    }
    free(rr);
    free(octets);
    return ok && !out->failed;
}

static bool add_signature(const struct signing *s, const struct rrset *set)
{
    const struct sign_key *key = s->z->key;
    struct dname owner = rrset_owner(set);
    struct dname_buf zone;
    uint8_t rdata[SIG_FIXED + DNAME_MAX + SIGN_SIGNATURE_MAX];
    struct writer r = writer_of(rdata, sizeof rdata);
    dname_lower(dname_of(&s->z->origin), &zone);
    write_u16(&r, set->type);
    write_u8(&r, sign_key_algorithm(key));
    write_u8(&r, (uint8_t)(owner.labels - (dname_is_wildcard(owner) ? 1 : 0)));
    write_u32(&r, set->ttl_s);
    write_u32(&r, s->expiration);
    write_u32(&r, s->inception);
    write_u16(&r, sign_key_tag(key));
    write_bytes(&r, zone.wire, zone.len);

    size_t room = r.pos + set->size_bytes + (size_t)set->count * (DNAME_MAX + 10);
    size_t size = sign_signature_size(key);
    uint8_t *data = malloc(room), *octets;
    struct writer w = writer_of(data, data != NULL ? room : 0);
    write_bytes(&w, rdata, r.pos);
    bool ok = data != NULL && put_records(set, &w) && (octets = writer_take(&r, size)) != NULL &&
              sign_octets(key, data, w.pos, octets);
    if (ok && (s->z->signing & LAB_WRONG) != 0 && set->type != DNS_TYPE_DNSKEY) {
        octets[size - 1] ^= 1;
    }
    ok = ok && zone_builder_add(s->b, owner, DNS_TYPE_RRSIG, set->ttl_s, rdata, (uint16_t)r.pos) == DNS_OK;
    free(data);
    return ok;
}

/* RFC 4035 section 2.2: all authoritative data; at a cut the DS and the denial. */
static void sign_set(void *arg, const struct rrset *set)
{
    struct signing *s = arg;
    bool denial = set->type == DNS_TYPE_NSEC || set->type == DNS_TYPE_NSEC3;
    enum sign_place place =
        set->type == DNS_TYPE_NSEC3 ? SIGN_AUTHORITATIVE : sign_place(&s->walk, s->z->zone, rrset_owner(set));
    if ((s->z->signing & LAB_BARE) != 0 && set->type != DNS_TYPE_DNSKEY) {
        return;
    }
    if (place == SIGN_AUTHORITATIVE || (place == SIGN_CUT && (denial || set->type == DNS_TYPE_DS))) {
        s->ok = s->ok && add_signature(s, set);
    }
}

/* ---- the whole ---- */

static bool sign_zone(const struct lab *lab, struct lab_zone *z, int64_t wall_s)
{
    const struct rrset *soa = zone_find(z->zone, dname_of(&z->origin), DNS_TYPE_SOA);
    struct zone_builder *b = soa != NULL ? sign_copy(z->zone, is_made_anew, lab) : NULL;
    if (b == NULL || !add_keys(lab, z, soa->ttl_s, b)) {
        zone_builder_free(b);
        return false;
    }
    if (!sign_finish(b, &z->zone) || (b = sign_copy(z->zone, NULL, NULL)) == NULL) {
        return false;
    }
    if ((z->signing & LAB_NO_NSEC) == 0 && !sign_chain(z->zone, z->signing, b)) {
        zone_builder_free(b);
        return false;
    }
    if (!sign_finish(b, &z->zone) || (b = sign_copy(z->zone, NULL, NULL)) == NULL) {
        return false;
    }
    int64_t begin_s = (z->signing & LAB_EARLY) != 0 ? wall_s + 30 * DAY_S : wall_s - 60 * DAY_S;
    int64_t end_s = (z->signing & LAB_EXPIRED) != 0 ? wall_s - 30 * DAY_S : wall_s + LASTING_S;
    struct signing s = {
        .z = z,
        .inception = (uint32_t)begin_s,
        .expiration = (uint32_t)end_s,
        .walk = {.origin = dname_of(&z->origin)},
        .b = b,
        .ok = true,
    };
    zone_walk(z->zone, sign_set, &s);
    if (!s.ok) {
        zone_builder_free(b);
        return false;
    }
    return sign_finish(b, &z->zone);
}

static uint8_t algorithm_of(const struct lab_zone *z)
{
    return (z->signing & LAB_UNKNOWN) != 0 ? SIGN_UNKNOWN : (z->signing & LAB_RSA) != 0 ? SIGN_RSA : SIGN_ALGORITHM;
}

bool lab_sign(struct lab *lab, int64_t wall_s)
{
    for (size_t i = 0; i < lab->zones; i++) {
        struct lab_zone *z = &lab->zone[i];
        const struct lab_zone *same =
            zone_of(lab, dname_of(&z->origin)); /* the first, if several files have this zone */
        if ((z->signing & LAB_UNSIGNED) != 0) {
            continue;
        }
        /* -Wanalyzer-null-dereference: if no other, the zone itself is found */
        z->key = same != z ? same->key : sign_key_new(algorithm_of(z));
        z->owns_key = same == z;
        if (z->key == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < lab->zones; i++) {
        if (lab->zone[i].key != NULL && !sign_zone(lab, &lab->zone[i], wall_s)) {
            return false;
        }
    }
    return true;
}

static bool print_ds(const struct lab_zone *z, const char *before, FILE *f)
{
    uint8_t ds[DS_SIZE];
    char text[DNAME_TEXT_MAX + 200];
    struct text t = text_of(text, sizeof text);
    if (!make_ds(z, ds)) {
        errno = ENOMEM;
        return false;
    }
    text_name(&t, dname_of(&z->origin));
    text_add(&t, " IN DS ");
    rdata_print(DNS_TYPE_DS, ds, sizeof ds, &t);
    return fprintf(f, "%s%s\n", before, text) > 0;
}

bool lab_anchor_write(const struct lab *lab, const char *path)
{
    const struct lab_zone *root = zone_of(lab, dname_root());
    char *other = NULL;
    if (root == NULL || root->key == NULL) {
        errno = ENOENT;
        return false;
    }
    if (asprintf(&other, "%s.new", path) < 0) {
        return false;
    }
    FILE *f = fopen(other, "we");
    bool ok =
        f != NULL && fputs("; The key of the lab's root, made when it was started.\n", f) >= 0 && print_ds(root, "", f);
    for (size_t i = 0; ok && i < lab->zones; i++) {
        const struct lab_zone *z = &lab->zone[i];
        if ((z->signing & LAB_ISLAND) != 0 && z->owns_key) {
            ok = print_ds(z, "; an island: ", f);
        }
    }
    ok = f != NULL && fclose(f) == 0 && ok && rename(other, path) == 0;
    free(other);
    return ok;
}
