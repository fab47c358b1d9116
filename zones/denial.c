#include "zones/denial.h"

#include <string.h>

#include "dns/nsec.h"
#include "dns/types.h"

static void add(struct lookup *l, const struct rrset *set)
{
    if (set == NULL || l->authorities == sizeof l->authority / sizeof *l->authority) {
        return;
    }
    for (unsigned i = 0; i < l->authorities; i++) {
        if (l->authority[i] == set) {
            return;
        }
    }
    l->authority[l->authorities++] = set;
}

/* ---- NSEC ---- */

static bool has_nsec(const struct zone *z)
{
    return tree_set(z, &z->node[0], DNS_TYPE_NSEC) != NULL;
}

/* The NSEC at the name, or the one whose span covers it. */
static void add_nsec(const struct zone *z, struct dname name, struct lookup *out)
{
    const struct zone_node *n = tree_before(z, name, DNS_TYPE_NSEC);
    if (n != NULL) {
        add(out, tree_set(z, n, DNS_TYPE_NSEC));
    }
}

/* ---- NSEC3 ---- */

#define NSEC3_LABEL 32 /* base32hex of 20 octets */

/* What NSEC3PARAM and NSEC3 have in common (RFC 5155 sections 3.2 and 4.2). */
struct nsec3_params {
    uint16_t iterations;
    uint8_t salt_len;
    const uint8_t *salt;
};

static bool read_params(struct rdata_ref rr, struct nsec3_params *out)
{
    struct reader r = reader_of(rr.data, rr.len);
    uint8_t algorithm = read_u8(&r);
    read_u8(&r); /* flags */
    out->iterations = read_u16(&r);
    out->salt_len = read_u8(&r);
    out->salt = reader_take(&r, out->salt_len);
    return !r.failed && algorithm == NSEC3_SHA1;
}

/* The parameters of the zone's chain. */
static bool zone_params(const struct zone *z, struct nsec3_params *out)
{
    const struct rrset *set = z->nsec3s == 0 ? NULL : tree_set(z, &z->node[0], DNS_TYPE_NSEC3PARAM);
    if (set == NULL) {
        return false;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (read_params(rr, out) && out->iterations <= NSEC3_ITERATIONS_MAX) {
            return true;
        }
    }
    return false;
}

/* Does this NSEC3 belong to the chain? A zone may carry two while its parameters change (RFC 5155 section 7.3). */
static bool in_chain(const struct rrset *set, const struct nsec3_params *p)
{
    struct nsec3_params own;
    return read_params(rrset_first(set), &own) && own.iterations == p->iterations && own.salt_len == p->salt_len &&
           memcmp(own.salt, p->salt, p->salt_len) == 0;
}

/* The owner an NSEC3 for `name` has: base32hex of the hash (RFC 4648 section 7), five octets to eight digits. */
static bool hashed_owner(const struct zone *z, struct dname name, const struct nsec3_params *p, struct dname_buf *out)
{
    static const char digit[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t hash[NSEC3_HASH_SIZE], label[NSEC3_LABEL];
    const struct nsec3 parameters = {.iterations = p->iterations, .salt_len = p->salt_len, .salt = p->salt};
    if (!nsec3_hash(name, &parameters, hash)) {
        return false;
    }
    for (size_t i = 0; i < NSEC3_LABEL; i++) {
        size_t bit = i * 5, at = bit / 8;
        unsigned pair = (unsigned)hash[at] << 8 | (at + 1 < NSEC3_HASH_SIZE ? hash[at + 1] : 0);
        label[i] = (uint8_t)digit[pair >> (11 - bit % 8) & 31];
    }
    return dname_prepend(label, NSEC3_LABEL, zone_origin(z), out);
}

/* The NSEC3 that matches the name (*matches true), or else covers its hash. NULL: the chain is broken. */
static const struct rrset *find_nsec3(const struct zone *z, struct dname name, const struct nsec3_params *p,
                                      bool *matches)
{
    struct dname_buf owner;
    *matches = false;
    if (!hashed_owner(z, name, p, &owner)) {
        return NULL;
    }
    size_t low = 0, high = z->nsec3s; /* first that sorts after the owner */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (dname_compare(rrset_owner(z->nsec3[mid]), dname_of(&owner)) <= 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t tried = 0; tried < z->nsec3s; tried++) {
        low = low == 0 ? z->nsec3s - 1 : low - 1; /* the chain is a circle */
        if (in_chain(z->nsec3[low], p)) {
            *matches = dname_equal(rrset_owner(z->nsec3[low]), dname_of(&owner));
            return z->nsec3[low];
        }
    }
    return NULL;
}

static void add_matching(const struct zone *z, struct dname name, const struct nsec3_params *p, struct lookup *out)
{
    bool matches;
    const struct rrset *set = find_nsec3(z, name, p, &matches);
    if (matches) {
        add(out, set);
    }
}

static void add_covering(const struct zone *z, struct dname name, const struct nsec3_params *p, struct lookup *out)
{
    bool matches;
    const struct rrset *set = find_nsec3(z, name, p, &matches);
    if (!matches) {
        add(out, set);
    }
}

/* RFC 5155 section 7.2.1: the closest encloser that has an NSEC3, and the one that covers the next closer name. With
 * opt-out an empty non-terminal may lack one; then the search goes up. Returns the encloser's number of labels. */
static unsigned add_encloser(const struct zone *z, struct dname name, unsigned labels, const struct nsec3_params *p,
                             struct lookup *out)
{
    for (;; labels--) {
        bool matches;
        const struct rrset *set = find_nsec3(z, dname_suffix(name, labels), p, &matches);
        if (matches) {
            add(out, set);
            break;
        }
        if (labels == z->origin.labels) {
            break;
        }
    }
    add_covering(z, dname_suffix(name, labels + 1), p, out);
    return labels;
}

/* ---- by kind of answer ---- */

void denial_nodata(const struct zone *z, const struct zone_node *n, struct dname name, bool wildcard,
                   struct lookup *out)
{
    struct nsec3_params p;
    if (has_nsec(z)) {
        add_nsec(z, name, out); /* for a wildcard: no closer match */
        add_nsec(z, node_name(n), out);
    } else if (zone_params(z, &p) && wildcard) {
        add_encloser(z, name, n->labels - 1u, &p, out);
        add_matching(z, node_name(n), &p, out);
    } else if (zone_params(z, &p)) {
        bool matches;
        const struct rrset *set = find_nsec3(z, name, &p, &matches);
        if (matches) {
            add(out, set);
        } else if (name.labels > z->origin.labels) {
            add_encloser(z, name, name.labels - 1u, &p, out); /* opt-out (RFC 5155 section 7.2.4) */
        }
    }
}

void denial_nxdomain(const struct zone *z, const struct zone_node *encloser, struct dname name, struct lookup *out)
{
    struct nsec3_params p;
    struct dname_buf star;
    if (has_nsec(z)) {
        add_nsec(z, name, out);
        if (dname_prepend((const uint8_t *)"*", 1, node_name(encloser), &star)) {
            add_nsec(z, dname_of(&star), out);
        }
    } else if (zone_params(z, &p)) {
        unsigned labels = add_encloser(z, name, encloser->labels, &p, out);
        if (dname_prepend((const uint8_t *)"*", 1, dname_suffix(name, labels), &star)) {
            add_covering(z, dname_of(&star), &p, out);
        }
    }
}

void denial_wildcard(const struct zone *z, const struct zone_node *encloser, struct dname name, struct lookup *out)
{
    struct nsec3_params p;
    if (has_nsec(z)) {
        add_nsec(z, name, out);
    } else if (zone_params(z, &p)) {
        add_covering(z, dname_suffix(name, encloser->labels + 1u), &p, out);
    }
}

void denial_referral(const struct zone *z, const struct zone_node *cut, struct lookup *out)
{
    const struct rrset *ds = tree_set(z, cut, DNS_TYPE_DS);
    if (ds != NULL) {
        add(out, ds);
        return;
    }
    denial_nodata(z, cut, node_name(cut), false, out);
}
