/*
 * rrset.h - an RRset in one piece of memory
 *
 * The form in which RRsets travel between message, cache, zone and answer: one allocation without pointers, so that it
 * may be copied with memcpy, kept in an arena, a cache entry or a zone alike. Signatures that cover the set ride along
 * behind its records.
 *
 *     struct rrset | owner name, case as received | { u16 length, plain rdata } x (count + sig_count), host-order length
 *
 * All RRs of the set have one TTL: the smallest (RFC 2181 section 5.2). Duplicates are dropped when it is built.
 *
 * Memory: whoever allocated it frees it. Immutable once published. Limits: L14 and L19 of dns/limits.h.
 */
#ifndef RAIZ_DNS_RRSET_H
#define RAIZ_DNS_RRSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/arena.h"
#include "dns/err.h"
#include "dns/msg.h"
#include "dns/name.h"

struct rrset {
    uint32_t size_bytes; /* of the whole piece */
    uint32_t ttl_s;
    uint16_t type;
    uint16_t rclass;
    uint16_t count;      /* RRs */
    uint16_t sig_count;  /* RRSIGs behind them */
    uint8_t owner_len, owner_labels;
    uint8_t data[];
};

static inline struct dname rrset_owner(const struct rrset *s)
{
    return (struct dname){.wire = s->data, .len = s->owner_len, .labels = s->owner_labels};
}

/* Walk the records: indices 0 .. count-1 are the RRs, count .. count+sig_count-1 the RRSIGs. */
struct rrset_iter {
    const uint8_t *next;
    uint16_t left;
};
struct rdata_ref {
    const uint8_t *data;
    uint16_t len;
};
struct rrset_iter rrset_rrs(const struct rrset *s);
struct rrset_iter rrset_sigs(const struct rrset *s);
bool rrset_next(struct rrset_iter *it, struct rdata_ref *out);
/* First record; count > 0. */
struct rdata_ref rrset_first(const struct rrset *s);

/* From a message: the records of section `section` with this owner, type and class IN, and the RRSIGs that cover
 * them (the first 8: L14): those of the section, or, where it has none, of the others. The set's owner is spelt as `owner` is; its TTL is the smallest, that of the RRSIGs included. *out
 * is NULL when there are none. Result in arena. DNS_E_LIMIT past L19, DNS_E_NO_MEMORY. */
enum dns_err rrset_from_msg(const struct dns_msg *m, enum dns_section section, struct dname owner, uint16_t type,
                            struct arena *arena, struct rrset **out);
/* From plain rdata (checked by the caller). Any number of records, as local data may have; DNS_E_LIMIT when the rdata
 * would not fit into a message. */
enum dns_err rrset_make(struct dname owner, uint16_t type, uint32_t ttl_s, const struct rdata_ref *rrs, uint16_t count,
                        struct arena *arena, struct rrset **out);
/* Bytes needed and construction in the caller's memory, for builders that keep sets elsewhere. `sigs` may be NULL. */
size_t rrset_size(struct dname owner, const struct rdata_ref *rrs, uint16_t count, const struct rdata_ref *sigs,
                  uint16_t sig_count);
void rrset_fill(struct rrset *out, struct dname owner, uint16_t type, uint32_t ttl_s, const struct rdata_ref *rrs,
                uint16_t count, const struct rdata_ref *sigs, uint16_t sig_count);
struct rrset *rrset_dup(const struct rrset *s, struct arena *arena); /* NULL: out of memory */
/* The same records and signatures under another name, as a wildcard gives them. NULL: out of memory. */
struct rrset *rrset_with_owner(const struct rrset *s, struct dname owner, struct arena *arena);
/* Same records without regard to order, TTL and signatures. */
bool rrset_same_data(const struct rrset *a, const struct rrset *b);

#endif
