/*
 * entry.h - one entry of the cache, packed
 *
 * Everything of an entry lies in one run of bytes without pointers; what a lookup returns points into it. The owner's
 * name is there once, in lower case: an RRset's own (answers carry the question's case or point at the name in the
 * question, and what is received with 0x20 has the case that we made up), a zone's own, or else behind the fixed part.
 *
 *     kind                      what follows the sixteen bytes of struct packed
 *     RRSET, positive           struct rrset | server
 *     RRSET, NODATA; NXDOMAIN   struct negative, name, pad to 4 | struct rrset SOA, pad | proof, pad | ... | server
 *     RRSET with proofs         the same with the set in place of the SOA
 *     DELEGATION                struct delegation | server
 *     FAILURE                   struct failing, name
 *
 *     server: 4 or 16 octets of address, and, unless it is port 53 without scope, 2 octets port and 4 of scope
 *
 * So an A record of "www.example.com." takes 16 + 18 + 17 + 6 + 4 = 61 bytes, and 64 with padding.
 *
 * Time: ticks of an eighth of a second, 32 bits of them, compared as a circle. TTLs are at most ENTRY_TTL_MAX_S, far
 * less than half the circle; an entry that ended more than half a circle ago and seems to lie ahead is told by more TTL
 * left than it had. (Only after a whole circle, 17 years in a process whose memory never filled, would one be believed
 * again, for the length of its TTL.)
 *
 * Threads: values and entries, of which only end, marks and trust ever change.
 */
#ifndef RAIZ_CACHE_ENTRY_H
#define RAIZ_CACHE_ENTRY_H

#include "cache/cache.h"
#include "cache/table.h"

#define TICKS_PER_S     8u
#define ENTRY_TTL_MAX_S (UINT32_C(1) << 27) /* four years: a quarter of the circle */

struct packed {
    struct entry head;
    uint16_t type; /* 0 for kinds that have none */
    _Atomic uint8_t
        trust;    /* rank 3 bits, security 2, family of the server 2, port or scope 1; may change (entry_renew) */
    uint8_t zone; /* labels of the zone cut 7 bits, negative 1 */
    uint8_t body[];
};
static_assert(sizeof(struct packed) == 16, "what comes behind is aligned");

/* Also what an RRset with proofs looks like. */
enum negative_first { FIRST_NONE, FIRST_SOA, FIRST_SET };
struct negative {
    uint32_t ttl_s;
    uint32_t size_bytes; /* with what follows, without the server */
    uint8_t first;       /* what stands before the proofs: enum negative_first */
    uint8_t proof_count;
    uint8_t name_len, name_labels;
    uint8_t name[];
};

struct failing {
    uint32_t ends;           /* tick; the entry stays longer, to remember */
    uint16_t failure, ttl_s; /* ttl_s: that it lasted from the start */
    uint8_t count;
    uint8_t name_len, name_labels;
    uint8_t name[];
};

static inline uint32_t tick_of(struct now now)
{
    return (uint32_t)(now.mono_us / (US_PER_S / TICKS_PER_S));
}

struct entry_key {
    enum cache_kind kind;
    uint16_t type;
    struct dname name; /* any case */
    bool aside;        /* the one beside an ended entry (put.c) */
};
bool entry_match(const struct entry *e, const void *key); /* a table_match of struct entry_key */
struct dname entry_name(const struct packed *e);
enum cache_rank entry_rank(const struct packed *e);
enum cache_security entry_security(const struct packed *e);
/* Ended, validated, and kept for who finds nothing fresh (RFC 8767): `most_ticks` is for how long that is. */
bool entry_serves_ended(const struct packed *e, uint32_t tick, uint32_t most_ticks);
uint8_t entry_failures(const struct packed *e); /* kind FAILURE: in a row */
/* False when it has ended (a failure: when it may be tried again). */
bool entry_hit(const struct packed *e, uint32_t tick, struct cache_hit *out);

/* Also when it has ended, up to most_ticks ago: ttl_s is 0 then. *age_s: since it was stored. Not for failures. */
bool entry_hit_ended(const struct packed *e, uint32_t tick, uint32_t most_ticks, struct cache_hit *out,
                     uint32_t *age_s);

/* For bytes that come from elsewhere: are these n octets an entry, whatever its head says of hash, end and marks? */
bool entry_check(const struct packed *e, size_t n);
bool entry_is_laid_out_negative(const struct packed *e);
uint8_t entry_trust(const struct packed *e);
size_t entry_server_size(const struct packed *e); /* octets behind the rest */
uint8_t entry_zone_labels(const struct packed *e);

/* What an entry is to hold. */
struct entry_content {
    struct entry_key key;
    uint32_t ttl_s; /* clamped */
    const struct cache_origin *origin;
    const struct rrset *set; /* positive */
    const struct delegation *delegation;
    const struct rrset *soa; /* negative; may be NULL */
    const struct rrset *const *proof;
    unsigned proof_count;
    uint16_t failure;
    uint8_t failure_count;
};
size_t entry_size(const struct entry_content *c);
static inline const struct packed *packed_of(const struct entry *e)
{
    return (const struct packed *)(const void *)e;
}

/* Fills all but what the table fills. */
void entry_fill(struct packed *e, const struct entry_content *c, uint32_t tick);
/* Does `fresh`, of n octets, hold the same data as `old`, as when it has been validated or was fetched once more? Then
 * `old` has become as trusted as `fresh` is, and only its end may still differ. */
bool entry_renew(struct packed *old, const struct packed *fresh, size_t n);

#endif
