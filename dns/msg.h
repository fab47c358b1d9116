/*
 * msg.h - a message, checked once
 *
 * dns_msg_parse() checks header, counts, every name, every rdata against the table and the rules of the sections, and
 * fills an index of its records in the caller's memory. Afterwards reading cannot fail: readers return values. The packet
 * is not copied; names are compared through their compression pointers, and unpacked only when one must be kept.
 *
 * What makes a message bad: counts that cannot fit (T91), a name beyond its limits or the message's hop budget (L21),
 * rdata that does not fit its type, an OPT outside the additional section or twice (RFC 6891 section 6.1.1), meta types
 * as data (T24), octets after the end. Whether a well-formed message is welcome is judged elsewhere (engine/classify.h).
 *
 * Memory: borrows packet and index. Threads: values. It takes bytes and gives a view; no policy.
 */
#ifndef RAIZ_DNS_MSG_H
#define RAIZ_DNS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/arena.h"
#include "dns/bytes.h"
#include "dns/edns.h"
#include "dns/err.h"
#include "dns/name.h"
#include "dns/types.h"

enum dns_section { DNS_ANSWER = 0, DNS_AUTHORITY = 1, DNS_ADDITIONAL = 2 };
#define DNS_SECTIONS 3

#define DNS_FLAG_QR 0x8000
#define DNS_FLAG_AA 0x0400
#define DNS_FLAG_TC 0x0200
#define DNS_FLAG_RD 0x0100
#define DNS_FLAG_RA 0x0080
#define DNS_FLAG_Z 0x0040
#define DNS_FLAG_AD 0x0020
#define DNS_FLAG_CD 0x0010

struct rr_ref {
    uint16_t owner;  /* offset of the owner name */
    uint16_t type, rclass;
    uint16_t rdata;  /* offset of the rdata */
    uint16_t rdlen;
    uint32_t ttl_s;  /* RFC 2181 section 8 / RFC 8767 section 4 applied: top bit set -> DNS_TTL_MAX; caps are the cache's */
};
static_assert(sizeof(struct rr_ref) == 16, "sixteen bytes an RR");

struct dns_msg {
    const uint8_t *wire;
    uint16_t len;
    uint16_t id, flags;        /* flags as on the wire, with opcode and low rcode */
    uint16_t qdcount;          /* 0 or 1; a message with more is refused with DNS_E_COUNT */
    uint16_t count[DNS_SECTIONS]; /* RRs in the index; OPT and TSIG included in their section */
    const struct rr_ref *rr;   /* answer, then authority, then additional */
    struct dname qname;        /* view into the packet when it is uncompressed (always: offset 12); root if qdcount 0 */
    uint16_t qtype, qclass;
    struct edns edns;          /* edns.present tells */
};

/* n octets at data, at most DNS_MSG_MAX. The index is taken from `arena`. */
enum dns_err dns_msg_parse(const uint8_t *data, size_t n, struct arena *arena, struct dns_msg *out);

/* A client's query, parsed without arena or index: header, one question, and only OPT and TSIG looked for in the
 * additional section, records elsewhere checked and skipped. For the fast path. DNS_E_TRUNCATED if shorter than a
 * header (then nothing may be answered); on any other error out->id, flags hold and a FORMERR can be sent. The records
 * are not indexed: out->count is zero. */
enum dns_err dns_query_parse(const uint8_t *data, size_t n, struct dns_msg *out);

static inline uint8_t dns_msg_opcode(const struct dns_msg *m)
{
    return (uint8_t)(m->flags >> 11 & 0xf);
}
/* Extended rcode: EDNS supplies the upper eight bits (RFC 6891 section 6.1.3). */
static inline uint16_t dns_msg_rcode(const struct dns_msg *m)
{
    return (uint16_t)((m->flags & 0xf) | (m->edns.present ? m->edns.ext_rcode << 4 : 0));
}

/* First index of a section, and one past its last, for loops. */
unsigned dns_msg_begin(const struct dns_msg *m, enum dns_section s);
unsigned dns_msg_end(const struct dns_msg *m, enum dns_section s);

bool dns_msg_owner_is(const struct dns_msg *m, unsigned i, struct dname name);    /* case folded, through pointers */
bool dns_msg_owner_under(const struct dns_msg *m, unsigned i, struct dname zone); /* owner equals or lies below */
struct dname dns_msg_owner(const struct dns_msg *m, unsigned i, struct dname_buf *buf);
/* Same owner as record k? Cheap when both point at the same octets. */
bool dns_msg_same_owner(const struct dns_msg *m, unsigned i, unsigned k);
/* Plain rdata of record i appended to out (names decompressed). DNS_E_NO_SPACE only. */
enum dns_err dns_msg_rdata(const struct dns_msg *m, unsigned i, struct writer *out);
/* The target name of an NS, CNAME, DNAME, MX ... record; see rdata_target(). */
bool dns_msg_target(const struct dns_msg *m, unsigned i, struct dname_buf *out);
/* RRSIG's type covered; 0 if record i is no RRSIG. */
uint16_t dns_msg_covered(const struct dns_msg *m, unsigned i);

/* dig-like text of a whole message, for logs and tests; cut when `out` is full. */
struct text;
void dns_msg_print(const struct dns_msg *m, struct text *out);

#endif
