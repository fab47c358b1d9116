/*
 * entry_check.c - is a run of bytes an entry?
 *
 * What lookups take for granted of an entry in memory is checked here, for bytes that come from a file: every length,
 * every name, every rdata. Nothing is believed of what has not been checked before it.
 */
#include "cache/entry.h"

#include <string.h>

#include "dns/bytes.h"
#include "dns/fold.h"
#include "dns/limits.h"
#include "dns/rdata.h"
#include "dns/types.h"

/* A name of exactly n octets, in lower case as names are stored. */
static bool name_is_good(const uint8_t *p, size_t n, uint8_t labels)
{
    struct reader r = reader_of(p, n);
    struct dname name;
    uint8_t lower[DNAME_MAX];

    if (n > DNAME_MAX || dname_read_plain(&r, &name) != DNS_OK || name.len != n || name.labels != labels) {
        return false;
    }
    fold_copy(lower, p, n);
    return memcmp(lower, p, n) == 0;
}

static bool records_are_good(const struct rrset *set)
{
    const uint8_t *p = set->data + set->owner_len, *end = (const uint8_t *)set + set->size_bytes;
    for (unsigned i = 0; i < (unsigned)set->count + set->sig_count; i++) {
        uint16_t len;
        if ((size_t)(end - p) < sizeof len) {
            return false;
        }
        memcpy(&len, p, sizeof len);
        p += sizeof len;
        if ((size_t)(end - p) < len || rdata_check(i < set->count ? set->type : DNS_TYPE_RRSIG, p, len) != DNS_OK) {
            return false;
        }
        p += len;
    }
    return p == end || (set->size_bytes == sizeof *set && p < end);
}

/* An RRset in at most n octets. */
static bool set_is_good(const struct rrset *set, size_t n)
{
    return n >= sizeof *set && set->size_bytes >= sizeof *set && set->size_bytes <= n && set->rclass == DNS_CLASS_IN &&
           set->type != 0 && !dns_type_is_meta(set->type) && set->count > 0 && set->count <= DNS_RRSET_RRS_MAX &&
           set->sig_count <= DNS_RRSET_SIGS_MAX && set->ttl_s <= DNS_TTL_MAX &&
           set->owner_len <= set->size_bytes - offsetof(struct rrset, data) &&
           name_is_good(set->data, set->owner_len, set->owner_labels) && records_are_good(set);
}

/* Of an entry: what has none is not kept (RFC 1035 section 3.2.1), so there is none such to be restored. */
static bool ttl_is_good(uint32_t ttl_s)
{
    return ttl_s > 0 && ttl_s <= ENTRY_TTL_MAX_S;
}

/* The sets behind the fixed part of a negative entry. *at: where the next one begins. */
static bool next_set(const struct packed *e, size_t n, size_t *at, const struct rrset **out)
{
    if (*at > n) {
        return false;
    }
    *out = (const struct rrset *)(const void *)(e->body + *at);
    if (!set_is_good(*out, n - *at)) {
        return false;
    }
    *at += ((*out)->size_bytes + 3u) & ~3u;
    return true;
}

static bool first_is_good(const struct packed *e, const struct negative *f, const struct rrset *set)
{
    struct dname name = {.wire = f->name, .len = f->name_len, .labels = f->name_labels};
    if (f->first == FIRST_SOA) {
        return set->type == DNS_TYPE_SOA;
    }
    return e->head.kind == CACHE_RRSET && set->type == e->type && f->proof_count > 0 &&
           dname_equal(rrset_owner(set), name);
}

static bool negative_is_good(const struct packed *e, size_t n, size_t *used)
{
    const struct negative *f = (const struct negative *)(const void *)e->body;
    const struct rrset *set;
    if (n < sizeof *f || f->name_len > n - offsetof(struct negative, name) || f->first > FIRST_SET ||
        f->proof_count > CACHE_PROOFS_MAX || !ttl_is_good(f->ttl_s) ||
        !name_is_good(f->name, f->name_len, f->name_labels)) {
        return false;
    }
    size_t at = (sizeof *f + f->name_len + 3u) & ~(size_t)3;
    if (f->first != FIRST_NONE && (!next_set(e, n, &at, &set) || !first_is_good(e, f, set))) {
        return false;
    }
    for (unsigned i = 0; i < f->proof_count; i++) {
        if (!next_set(e, n, &at, &set)) {
            return false;
        }
    }
    *used = at;
    return at <= n && f->size_bytes == at;
}

static bool servers_are_good(const struct delegation *d, const uint8_t *p)
{
    const uint8_t *end = (const uint8_t *)d + d->size_bytes - d->addr_count * sizeof(struct delegation_addr);
    for (unsigned i = 0; i < d->ns_count; i++) {
        if (end - p < 2 || end - p - 2 < p[0]) {
            return false;
        }
        struct reader r = reader_of(p + 2, p[0]);
        struct dname name;
        if (dname_read_plain(&r, &name) != DNS_OK || name.len != p[0] || name.labels != p[1]) {
            return false;
        }
        p += 2 + (size_t)p[0];
    }
    for (unsigned i = 0; i < d->addr_count; i++) {
        const struct delegation_addr *a = &delegation_addrs(d)[i];
        if ((a->ns != UINT8_MAX && a->ns >= d->ns_count) || (a->family != ADDR_IP4 && a->family != ADDR_IP6)) {
            return false;
        }
    }
    return p == end;
}

static bool delegation_is_good(const struct packed *e, size_t n, size_t *used)
{
    const struct delegation *d = (const struct delegation *)(const void *)e->body;
    if (n < sizeof *d || d->size_bytes > n || d->ns_count > DELEGATION_NS_MAX ||
        d->addr_count > DELEGATION_NS_MAX * DELEGATION_GLUE_MAX || !ttl_is_good(d->ttl_s) || d->flags != 0 ||
        (d->kind != DELEGATION_REFERRAL && d->kind != DELEGATION_PRIMED) ||
        d->size_bytes < sizeof *d + d->zone_len + d->addr_count * sizeof(struct delegation_addr) ||
        !name_is_good(d->data, d->zone_len, d->zone_labels) || !servers_are_good(d, d->data + d->zone_len)) {
        return false;
    }
    *used = d->size_bytes;
    return true;
}

static bool positive_is_good(const struct packed *e, size_t n, size_t *used)
{
    const struct rrset *set = (const struct rrset *)(const void *)e->body;
    if (!set_is_good(set, n) || set->type != e->type || !ttl_is_good(set->ttl_s)) {
        return false;
    }
    *used = set->size_bytes;
    return true;
}

bool entry_check(const struct packed *e, size_t n)
{
    size_t used = 0, room = n - sizeof *e;
    bool negative = entry_is_laid_out_negative(e), typed = e->head.kind == CACHE_RRSET;
    if (n < sizeof *e || n % ENTRY_UNIT != 0 || n / ENTRY_UNIT > UINT16_MAX || (e->type != 0) != typed ||
        entry_rank(e) > RANK_AUTH_ANSWER || entry_security(e) == SEC_BOGUS ||
        (negative && e->head.kind == CACHE_DELEGATION) || (!negative && e->head.kind == CACHE_NXDOMAIN)) {
        return false;
    }
    switch (e->head.kind) {
    case CACHE_RRSET:
    case CACHE_NXDOMAIN:
        if (!(negative ? negative_is_good(e, room, &used) : positive_is_good(e, room, &used))) {
            return false;
        }
        break;
    case CACHE_DELEGATION:
        if (!delegation_is_good(e, room, &used)) {
            return false;
        }
        break;
    default:
        return false;
    }
    used += entry_server_size(e);
    return used <= room && room - used < ENTRY_UNIT && entry_zone_labels(e) <= entry_name(e).labels;
}
