/*
 * build.h - writing a message
 *
 * A builder writes header, question, sections in order and the OPT at the end into the caller's buffer, compressing names
 * (RFC 1035 section 4.1.4) through a small hash of names already written (L22). A name is compressed only against octets
 * that are the same in case too, so every name is read back exactly as it was given. RRsets go in whole or not at all:
 * when one does not fit, the builder says so and the caller sets TC (answer, authority) or leaves it out (additional,
 * RFC 2181 section 9).
 *
 *     build_init -> build_question -> build_rrset* (sections in order) -> build_finish
 *
 * Memory: borrows the buffer; ~1 KiB on the caller's stack. Threads: values.
 */
#ifndef RAIZ_DNS_BUILD_H
#define RAIZ_DNS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/edns.h"
#include "dns/limits.h"
#include "dns/msg.h"
#include "dns/name.h"
#include "dns/rrset.h"

#define BUILD_SLOTS 64 /* compression hash; power of two */

struct build {
    struct writer w;
    size_t limit;              /* message may not exceed this: UDP size, 65535 */
    size_t reserved;           /* kept free for the OPT */
    uint16_t counts[4];        /* question, answer, authority, additional */
    uint16_t flags;
    uint8_t section;           /* 0 question .. 3 additional: only grows */
    uint8_t attempts;          /* L22 */
    uint8_t question_len;      /* octets of its name, at offset 12; 0: no question */
    bool indexed;              /* the slots are in use: only once a name other than the question's needs them */
    bool truncated;
    uint16_t slot_hash[BUILD_SLOTS];
    uint16_t slot_at[BUILD_SLOTS]; /* offset of a name, 0: empty */
};

/* Flags: QR, opcode, AA ... and low rcode as on the wire. `reserve` bytes are kept for what build_finish adds. */
void build_init(struct build *b, uint8_t *buf, size_t limit, uint16_t id, uint16_t flags, size_t reserve);
bool build_question(struct build *b, struct dname qname, uint16_t qtype, uint16_t qclass);
/* One RR with plain rdata. False: did not fit, nothing was written. */
bool build_rr(struct build *b, enum dns_section s, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
              const uint8_t *rdata, uint16_t len);
/* Flags of build_rrset. */
enum { BUILD_SIGS = 1 }; /* with the RRSIGs */
/* A whole RRset with TTL ttl_s, its records beginning with number `first` (modulo count: rotation, RFC 1794). `owner`
 * replaces the set's own name when not NULL (0x20 of the question; wildcard expansion). Whole or not at all. */
bool build_rrset(struct build *b, enum dns_section s, const struct rrset *set, const struct dname *owner, uint32_t ttl_s,
                 unsigned first, unsigned flags);
/* Mark for going back: forget everything written since. */
struct build_mark {
    size_t pos;
    uint16_t counts[4];
    uint8_t section;
};
struct build_mark build_mark(const struct build *b);
void build_rewind(struct build *b, const struct build_mark *m);
void build_truncate(struct build *b); /* sets TC and forgets all records */
/* Add the OPT (opt may be NULL) and write the counts; returns the message's length. */
size_t build_finish(struct build *b, const struct edns_out *opt);

#endif
