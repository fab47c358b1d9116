/*
 * rdata.h - the data of records, by one table
 *
 * Each RR type is one line of rdata.def: its fields in order. Five walkers go over the fields with one switch each:
 * unpack/check, write, canonical form, print and scan (the last two in text.h). Types without a line are opaque octets
 * (RFC 3597).
 *
 *     wire in a message --rdata_unpack--> plain rdata (names uncompressed) --rdata_write--> wire, names compressed
 *                                             |  rdata_print / rdata_scan: zone-file text (text.h)
 *                                             +- rdata_canonical: names lower-cased (RFC 4034 section 6.2)
 *
 * Plain rdata is what caches and zones keep: every name uncompressed, checked, at most 65535 octets.
 */
#ifndef RAIZ_DNS_RDATA_H
#define RAIZ_DNS_RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/err.h"
#include "dns/name.h"
#include "dns/types.h"

/* The kinds of field. A kind that runs "to the end" takes all octets that are left, at least one unless F_EMPTY is
 * or-ed to it. Names may only follow fields of fixed size, character-strings and other names; rdata_next() relies on
 * it. */
enum rdata_field {
    F_END = 0,
    F_U8, /* decimal */
    F_U16,
    F_U32,
    F_U64,
    F_TTL,        /* 32 bits of seconds; zone files may say 1h30m */
    F_TIME,       /* 32 bits, YYYYMMDDHHMMSS (RFC 4034 section 3.2) */
    F_TIME48,     /* 48 bits of seconds, decimal (TSIG) */
    F_TYPE,       /* 16 bits, type mnemonic */
    F_COVERED,    /* the same, and neither RRSIG nor a meta type (RFC 4034 section 3) */
    F_ALG,        /* 8 bits, DNSSEC algorithm: decimal, scan also takes mnemonics */
    F_CERT,       /* 16 bits, certificate type mnemonic or decimal (RFC 4398) */
    F_SCHEME,     /* 8 bits, mnemonic or decimal (DSYNC: RFC 9859) */
    F_NAME_C,     /* name that may be compressed in messages (types of RFC 1035) */
    F_NAME_D,     /* name that is decompressed when read, never compressed when written (RFC 3597 section 4) */
    F_NAME,       /* name that must not be compressed */
    F_IP4,
    F_IP6,
    F_STR,        /* one <character-string> */
    F_STRS,       /* one or more, to the end */
    F_TEXT,       /* octets to the end, quoted (URI target, CAA value) */
    F_TAG,        /* CAA tag: length octet, letters and digits, printed bare */
    F_HEX,        /* octets to the end, hex; blanks allowed */
    F_HEX12,      /* the same, at least 12 octets (ZONEMD: RFC 8976 section 2.2.4) */
    F_HEX8,       /* length octet and octets as hex; "-" when empty (NSEC3 salt) */
    F_B64,        /* octets to the end, base64; blanks allowed */
    F_B64_DASH,   /* the same; "-" when empty (DOA) */
    F_B64_16,     /* 16 bits of length and octets, printed as length and, unless empty, base64 (TKEY, TSIG) */
    F_B32,        /* length octet and octets as base32hex (NSEC3 next owner) */
    F_BITMAP,     /* type bitmap to the end (RFC 4034 section 4.1.2) */
    F_NXT,        /* old type bitmap to the end (RFC 2535 section 5.2) */
    F_EUI48,      /* 00-00-5e-00-53-2a (RFC 7043) */
    F_EUI64,
    F_NSAP,       /* octets to the end as 0x... (RFC 1706) */
    F_ILNP64,     /* 64 bits as four groups of hex (NID, L64: RFC 6742) */
    F_LOC,        /* RFC 1876; an unknown version takes all */
    F_WKS,        /* protocol and bitmap of ports, to the end (RFC 1035 section 3.4.2) */
    F_APL,        /* to the end (RFC 3123) */
    F_SVCB,       /* SvcParams to the end (RFC 9460) */
    F_GATEWAY,    /* IPSECKEY: gateway type, algorithm, gateway (RFC 4025); an unknown gateway type takes all */
    F_RELAY,      /* AMTRELAY: discovery bit and type, relay (RFC 8777); likewise */
    F_HIP,        /* lengths, algorithm, HIT, key, servers, to the end (RFC 8005) */
    F_OPAQUE,     /* to the end, anything: \# form only (RFC 3597) */
    F_KINDS       /* how many kinds */
};

/* Or-ed to a field: it may be missing when the rdata ends before it. */
#define F_EMPTY 0x80
#define F_KIND(field) ((enum rdata_field)((field) & 0x7f))

#define RDATA_FIELDS_MAX 10

enum rdata_flag {
    RR_SINGLE = 1 << 0, /* at most one RR of the type at a name (SOA, CNAME, DNAME) */
    RR_ADDL = 1 << 1,   /* has a name whose addresses belong into the additional section (MX, NS, SRV, ...) */
    RR_DNSSEC = 1 << 2, /* shown only to who set DO, or asked for it (RFC 4035 section 3.2.1) */
    RR_META = 1 << 3,   /* not data: OPT, TSIG, TKEY */
    RR_LOWER = 1 << 4,  /* canonical form lower-cases names of kind F_NAME, too (F_NAME_C and F_NAME_D always) */
};

struct rdata_type {
    const char *name;
    const char *labels; /* what the fields are called in messages, separated by commas */
    uint16_t code;
    uint16_t flags;
    uint8_t fields[RDATA_FIELDS_MAX]; /* enum rdata_field, some with F_EMPTY; ends with F_END */
};

/* The line of a type; for types without one a line with the single field F_OPAQUE and no name. Never NULL. */
const struct rdata_type *rdata_type(uint16_t type);
/* All lines in order of code; for tests, completion and docs. */
const struct rdata_type *rdata_types(size_t *count);

/* Check rdata as it stands in a message (r->base is the message; names may point back) and write its plain form to
 * `out`. r->pos is at the rdata, rdlen its length; on success r->pos is just past it. `out` may be NULL: only check.
 * DNS_E_TRUNCATED: rdlen exceeds the message. DNS_E_RDATA: does not fit the type. DNS_E_NAME, _POINTER, _LIMIT: a name
 * in it is bad. DNS_E_NO_SPACE: `out` is full. On failure `out` is left as it was, but for its mark of failure. */
enum dns_err rdata_unpack(uint16_t type, struct reader *r, uint16_t rdlen, struct name_work *work, struct writer *out);
/* Check plain rdata, for data that does not come from a message. */
enum dns_err rdata_check(uint16_t type, const uint8_t *rdata, uint16_t len);
/* Write plain rdata's canonical form: for the types of RFC 4034 section 6.2 (as amended by RFC 6840 section 5.1) names
 * are lower-cased. Same length as the input. */
enum dns_err rdata_canonical(uint16_t type, const uint8_t *rdata, uint16_t len, struct writer *out);
/* Order of RFC 4034 section 6.3, on canonical or plain rdata: as left-justified octets. */
int rdata_compare(const uint8_t *a, uint16_t a_len, const uint8_t *b, uint16_t b_len);
/* Same data (to find duplicates, RFC 2181 section 5): equal canonical forms, so the names that rdata_canonical() would
 * lower-case are compared without regard to case. */
bool rdata_equal(uint16_t type, const uint8_t *a, uint16_t a_len, const uint8_t *b, uint16_t b_len);

/* Walk plain rdata's names, for compression and additional data: calls nothing, fills spans.
 * struct rdata_piece: either a name or a run of other octets. */
struct rdata_piece {
    const uint8_t *data;
    uint16_t len;
    uint8_t field; /* F_NAME_C, F_NAME_D, F_NAME, or F_OPAQUE for a run of other octets */
};
struct rdata_walk {
    const struct rdata_type *type;
    const uint8_t *rdata;
    uint16_t len, pos;
    uint8_t field;
};
struct rdata_walk rdata_walk_of(uint16_t type, const uint8_t *rdata, uint16_t len);
bool rdata_next(struct rdata_walk *w, struct rdata_piece *out);

/* The name in NS, CNAME, DNAME, PTR, MX, SRV rdata ... : the first (MX, SRV, NAPTR ...: the last) name field. The rdata
 * is plain and checked. False if the type has none. */
bool rdata_target(uint16_t type, const uint8_t *rdata, uint16_t len, struct dname *out);

/* Serial number, minimum and names of a SOA. */
struct rdata_soa {
    struct dname mname, rname;
    uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;
};
bool rdata_soa(const uint8_t *rdata, uint16_t len, struct rdata_soa *out);

#endif
