/*
 * sign_chain.c - a zone's chain of NSEC (RFC 4034 section 4) or NSEC3 records (RFC 5155 section 7.1)
 */
#include <stdlib.h>
#include <string.h>

#include "dns/digest.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "tools/raiz-lab/sign.h"

#define TYPES_MAX  64 /* at one name */
#define BITMAP_MAX (TYPES_MAX * 34)
#define HASH_LABEL 32  /* base32hex of 20 octets */
#define ITERATIONS 100 /* for who wants too many: RFC 9276 section 3.2 lets validators refuse any */

/* One name of the chain with its types. */
struct link {
    struct dname name;
    uint16_t type[TYPES_MAX];
    unsigned types;
    bool insecure; /* a cut without DS, or a name that is there only because of such cuts */
    uint8_t hash[DIGEST_SHA1_SIZE];
};

struct links {
    const struct zone *z;
    struct sign_walk walk;
    struct link *link;
    size_t count, room;
    bool opt_out;
    uint8_t iterations;
    bool ok;
};

static struct link *add_link(struct links *l, struct dname name)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 32 : l->room * 2;
        struct link *more = realloc(l->link, room * sizeof *more);
        if (more == NULL) {
            l->ok = false;
            return NULL;
        }
        l->link = more;
        l->room = room;
    }
    struct link *k = &l->link[l->count++];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room: made above, or left */
    *k = (struct link){.name = name};
    return k;
}

static void add_type(struct links *l, struct link *k, uint16_t type)
{
    if (k->types == TYPES_MAX) {
        l->ok = false;
        return;
    }
    unsigned at = k->types++;
    for (; at > 0 && k->type[at - 1] > type; at--) {
        k->type[at] = k->type[at - 1];
    }
    k->type[at] = type;
}

/* Sets come in canonical order of names. At a cut the zone has only NS and DS. */
static void see_set(void *arg, const struct rrset *set)
{
    struct links *l = arg;
    struct dname name = rrset_owner(set);
    enum sign_place place = sign_place(&l->walk, l->z, name);
    if (!l->ok || place == SIGN_HIDDEN || (place == SIGN_CUT && set->type != DNS_TYPE_NS && set->type != DNS_TYPE_DS)) {
        return;
    }
    struct link *k = l->count > 0 ? &l->link[l->count - 1] : NULL;
    if (k == NULL || !dname_equal(k->name, name)) {
        k = add_link(l, name);
    }
    if (k != NULL) {
        k->insecure =
            place == SIGN_CUT && (k->types == 0 ? set->type != DNS_TYPE_DS : k->insecure && set->type != DNS_TYPE_DS);
        add_type(l, k, set->type);
    }
}

/* RFC 4034 section 4.1.2. */
static void put_bitmap(const struct link *k, struct writer *w)
{
    for (unsigned i = 0; i < k->types;) {
        uint8_t bits[32] = {0}, window = (uint8_t)(k->type[i] >> 8), n = 0;
        for (; i < k->types && k->type[i] >> 8 == window; i++) {
            uint8_t low = (uint8_t)k->type[i];
            bits[low / 8] |= (uint8_t)(0x80 >> low % 8);
            n = (uint8_t)(low / 8 + 1);
        }
        write_u8(w, window);
        write_u8(w, n);
        write_bytes(w, bits, n);
    }
}

/* RFC 9077: no denial lives longer than a negative answer. */
static uint32_t denial_ttl(const struct zone *z)
{
    const struct rrset *set = zone_find(z, zone_origin(z), DNS_TYPE_SOA);
    struct rdata_ref rr = rrset_first(set);
    struct rdata_soa soa;
    rdata_soa(rr.data, rr.len, &soa);
    return soa.minimum_s < set->ttl_s ? soa.minimum_s : set->ttl_s;
}

/* ---- NSEC ---- */

static bool put_nsec(struct links *l, uint32_t ttl_s, struct zone_builder *b)
{
    for (size_t i = 0; l->ok && i < l->count; i++) {
        struct link *k = &l->link[i];
        struct dname next = l->link[(i + 1) % l->count].name;
        uint8_t rdata[DNAME_MAX + BITMAP_MAX];
        struct writer w = writer_of(rdata, sizeof rdata);
        add_type(l, k, DNS_TYPE_RRSIG);
        add_type(l, k, DNS_TYPE_NSEC);
        write_bytes(&w, next.wire, next.len);
        put_bitmap(k, &w);
        l->ok = l->ok && zone_builder_add(b, k->name, DNS_TYPE_NSEC, ttl_s, rdata, (uint16_t)w.pos) == DNS_OK;
    }
    return l->ok;
}

/* ---- NSEC3 ---- */

/* Empty non-terminals have records of their own; those above unsigned cuts alone go where these go (RFC 5155
 * section 7.1). */
static void add_empty(struct links *l)
{
    size_t named = l->count;
    for (size_t i = 0; i < named && l->ok; i++) {
        bool insecure = l->link[i].insecure;
        for (unsigned labels = l->walk.origin.labels + 1u; labels < l->link[i].name.labels; labels++) {
            struct dname above = dname_suffix(l->link[i].name, labels);
            struct link *k = NULL;
            for (size_t n = 0; n < l->count && k == NULL; n++) {
                k = dname_equal(l->link[n].name, above) ? &l->link[n] : NULL;
            }
            if (k == NULL && (k = add_link(l, above)) != NULL) {
                k->insecure = insecure;
            } else if (k != NULL && k->types == 0) {
                k->insecure = k->insecure && insecure;
            }
        }
    }
}

static int by_hash(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    return memcmp(x->hash, y->hash, sizeof x->hash);
}

/* RFC 5155 section 5, without salt. */
static bool hash_name(struct dname name, uint8_t iterations, uint8_t out[static DIGEST_SHA1_SIZE])
{
    struct dname_buf lower;
    dname_lower(name, &lower);
    bool ok = digest_sha1(lower.wire, lower.len, out);
    for (unsigned i = 0; ok && i < iterations; i++) {
        uint8_t last[DIGEST_SHA1_SIZE];
        memcpy(last, out, sizeof last);
        ok = digest_sha1(last, sizeof last, out);
    }
    return ok;
}

static bool hash_all(struct links *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->opt_out && l->link[i].insecure) {
            continue;
        }
        struct link *k = &l->link[kept++];
        *k = l->link[i];
        if (!hash_name(k->name, l->iterations, k->hash)) {
            return false;
        }
    }
    l->count = kept;
    qsort(l->link, l->count, sizeof *l->link, by_hash);
    return true;
}

static bool hashed_owner(struct dname origin, const uint8_t hash[static DIGEST_SHA1_SIZE], struct dname_buf *out)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t label[HASH_LABEL];
    for (unsigned i = 0; i < HASH_LABEL; i++) {
        unsigned value = 0;
        for (unsigned bit = i * 5; bit < i * 5 + 5; bit++) {
            value = value << 1 | (hash[bit / 8] >> (7 - bit % 8) & 1);
        }
        label[i] = (uint8_t)digits[value];
    }
    return dname_prepend(label, sizeof label, origin, out);
}

/* SHA-1 and no salt; else no more iterations, as RFC 9276 wants. */
static bool put_nsec3(struct links *l, uint32_t ttl_s, struct zone_builder *b)
{
    const uint8_t parameters[] = {1, 0, 0, l->iterations, 0};
    add_empty(l);
    bool ok = l->ok && hash_all(l) &&
              zone_builder_add(b, l->walk.origin, DNS_TYPE_NSEC3PARAM, 0, parameters, sizeof parameters) == DNS_OK;
    for (size_t i = 0; ok && l->ok && i < l->count; i++) {
        struct link *k = &l->link[i];
        uint8_t rdata[6 + DIGEST_SHA1_SIZE + BITMAP_MAX];
        struct writer w = writer_of(rdata, sizeof rdata);
        struct dname_buf owner;
        if (k->types > 0 && !k->insecure) {
            add_type(l, k, DNS_TYPE_RRSIG);
        }
        if (dname_equal(k->name, l->walk.origin)) {
            add_type(l, k, DNS_TYPE_NSEC3PARAM);
        }
        write_bytes(&w, parameters, sizeof parameters);
        rdata[1] = l->opt_out;
        write_u8(&w, DIGEST_SHA1_SIZE);
        write_bytes(&w, l->link[(i + 1) % l->count].hash, DIGEST_SHA1_SIZE);
        put_bitmap(k, &w);
        ok = hashed_owner(l->walk.origin, k->hash, &owner) &&
             zone_builder_add(b, dname_of(&owner), DNS_TYPE_NSEC3, ttl_s, rdata, (uint16_t)w.pos) == DNS_OK;
    }
    return ok && l->ok;
}

bool sign_chain(const struct zone *z, unsigned signing, struct zone_builder *b)
{
    struct links l = {
        .z = z,
        .walk = {.origin = zone_origin(z)},
        .opt_out = (signing & LAB_OPT_OUT) != 0,
        .iterations = (signing & LAB_ITERATIONS) != 0 ? ITERATIONS : 0,
        .ok = true,
    };
    bool hashed = (signing & (LAB_NSEC3 | LAB_OPT_OUT | LAB_ITERATIONS)) != 0;
    uint32_t ttl_s = denial_ttl(z);
    zone_walk(z, see_set, &l);
    bool ok = l.ok && (hashed ? put_nsec3(&l, ttl_s, b) : put_nsec(&l, ttl_s, b));
    free(l.link);
    return ok;
}
