/*
 * rfc5011.h - trust anchors that follow their zone's keys (RFC 5011)
 *
 * A zone announces its next key by publishing it, signed by a key that is trusted already. One that has been seen for
 * thirty days without a gap is trusted too: a thief of the old key would have been noticed by then. A key that signs
 * its own revocation is never trusted again.
 *
 *     START --seen--> ADDPEND --30 days, and seen twice--> VALID <--not seen / seen--> MISSING
 *       ^-- a set without it --'                              `------- revoked ---------'--> REVOKED --30 days-->
 * REMOVED
 *
 * All of this is a function of the old state, the DNSKEY RRset as it came, and the time. What is trusted is VALID and
 * MISSING. A key that the configuration names by its digest (DS) is VALID, and becomes a DNSKEY when it is first seen.
 * Only sets that a trusted key has signed count, but for a revocation, which its own key signs (section 2.1).
 *
 * The state outlives the process as text, one line a key, below a header with the version and a checksum of the rest;
 * what does not read whole does not read at all.
 *
 * Memory: a value; large, so on the heap. Threads: pure.
 */
#ifndef RAIZ_DNSSEC_RFC5011_H
#define RAIZ_DNSSEC_RFC5011_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/verify.h"

#define RFC5011_KEYS_MAX      32   /* of a zone, those that are gone included */
#define RFC5011_RDATA_MAX     2048 /* octets of a key; RSA with 4096 bits takes 520 */
#define RFC5011_DAY_S         86400
#define RFC5011_ADD_HOLD_S    (30 * RFC5011_DAY_S) /* section 2.4.1 */
#define RFC5011_REMOVE_HOLD_S (30 * RFC5011_DAY_S) /* section 2.4.2 */
#define RFC5011_MISSING_S                                                                                              \
    (366 * RFC5011_DAY_S)  /* a key that was not seen for so long is forgotten, if another serves */
#define RFC5011_SEEN_MIN 2 /* section 2.4.1: validated sets that hold a new key */

#define RFC5011_STATES(X) X(START) X(ADDPEND) X(VALID) X(MISSING) X(REVOKED) X(REMOVED)
enum key_state {
#define X(name) KEY_##name,
    RFC5011_STATES(X)
#undef X
        KEY_STATES
};
const char *key_state_text(enum key_state s);

struct managed_key {
    enum key_state state;
    uint16_t type;   /* DNSKEY; DS: named by the configuration, not seen yet */
    int64_t since_s; /* in this state */
    uint32_t hold_s; /* ADDPEND: to stay there */
    uint32_t seen;   /* ADDPEND: sets that held it */
    uint16_t len;
    uint8_t rdata[RFC5011_RDATA_MAX];
};

struct managed_zone {
    struct dname_buf zone;
    int64_t refreshed_s; /* the last validated set; 0: none yet */
    int64_t next_s;      /* ask again then */
    unsigned failed;     /* refreshes since the last validated set */
    unsigned count;
    struct managed_key key[RFC5011_KEYS_MAX];
};

/* The zone as the configuration has it: its anchors in `initial`, all VALID. */
void rfc5011_begin(struct managed_zone *z, struct dname zone, const struct anchors *initial, int64_t wall_s);
/* After the state was read: what the configuration names and the state does not know is trusted, as is a key that is
 * waiting to be added. True: something has changed. */
bool rfc5011_merge(struct managed_zone *z, const struct anchors *initial, int64_t wall_s);

/* What a refresh did, for the log. */
struct rfc5011_change {
    uint16_t tag;
    uint8_t algorithm;
    enum key_state from, to; /* START: unknown before, forgotten now */
};
struct rfc5011_result {
    enum dnssec_verdict verdict; /* GOOD: a trusted key has signed the set */
    bool anchors;                /* what is trusted has changed */
    bool full;                   /* a new key had no place */
    unsigned count;
    struct rfc5011_change change[2 * RFC5011_KEYS_MAX];
};
/* The zone's DNSKEY RRset with its signatures, as it came. */
void rfc5011_apply(struct managed_zone *z, const struct rrset *dnskey, const struct dnssec_policy *p, int64_t wall_s,
                   struct rfc5011_result *out);
/* No set came at all. */
void rfc5011_failed(struct managed_zone *z, int64_t wall_s);
/* Seconds from now until the zone should be asked; right also after the clock has been set back. */
int64_t rfc5011_wait_s(const struct managed_zone *z, int64_t wall_s);

bool managed_key_trusted(const struct managed_key *k);
uint16_t managed_key_tag(const struct managed_key *k);
uint8_t managed_key_algorithm(const struct managed_key *k);
/* Adds what is trusted. No key at all: the zone has no anchor any more (section 5). False: out of memory. */
bool rfc5011_anchors(const struct managed_zone *z, struct anchors *out);

/* ---- as text (rfc5011_text.c) ---- */

#define RFC5011_TEXT_MAX  (RFC5011_KEYS_MAX * (3 * RFC5011_RDATA_MAX + 200) + 2048)
#define RFC5011_ERROR_MAX 200

/* Returns the length; 0: the text does not fit, or the library gives no checksum. */
size_t rfc5011_write(const struct managed_zone *z, char *out, size_t cap);
/* False: error (RFC5011_ERROR_MAX bytes) says which line and why; *z is undefined. */
bool rfc5011_read(const char *text, size_t n, struct managed_zone *z, char *error);

#endif
