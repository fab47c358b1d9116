/*
 * limits.h - numbers of the protocol, each with its source
 *
 * What the RFCs fix, and the bounds that a message must keep so that its cost stays in proportion to its size. Policy
 * of the resolver (how often, how long, how many servers) lives in resolver/engine/limits.h.
 */
#ifndef RAIZ_DNS_LIMITS_H
#define RAIZ_DNS_LIMITS_H

#define DNAME_MAX 255          /* octets of a name on the wire, root label included (RFC 1035 section 2.3.4) */
#define DLABEL_MAX 63          /* octets of one label (RFC 1035 section 2.3.4) */
#define DNAME_LABELS_MAX 127   /* labels of a name without the root label: 127 * 2 + 1 = 255 octets */
#define DNAME_TEXT_MAX 1024    /* bytes of a name as text with NUL: 250 octets as \DDD, dots, root (4 * 254 + 2, rounded) */

#define DNS_HEADER_SIZE 12     /* RFC 1035 section 4.1.1 */
#define DNS_MSG_MAX 65535      /* two-octet length on TCP (RFC 1035 section 4.2.2) */
#define DNS_UDP_PLAIN 512      /* UDP without EDNS (RFC 1035 section 4.2.1) */
#define DNS_UDP_EDNS 1232      /* L34: avoids fragments (RFC 9715, DNS flag day 2020) */
#define DNS_RR_MIN 11          /* smallest RR on the wire: root owner 1, type 2, class 2, TTL 4, RDLENGTH 2 */
#define DNS_QUESTION_MIN 5     /* smallest question: root name 1, type 2, class 2 */

/* L21 (CVE-2026-96405 and its kin): each pointer must point strictly before the start of the name it is part of. */
#define DNAME_POINTERS_MAX 16  /* pointers followed in one name; real encoders need 1, rarely 2 */
#define DNS_HOPS_PER_BYTE 4    /* pointers and labels walked in a whole message: at most this times its length */

#define DNS_RRSET_RRS_MAX 256  /* L19: RRs of one RRset (CVE-2024-1737); BIND 100, PowerDNS 256 */
#define DNS_RRSET_SIGS_MAX 8   /* L14: RRSIGs kept for one RRset on receipt */
#define DNS_RRSET_BYTES_MAX 65535 /* L19: rdata bytes of one RRset: it must fit in one message anyway */
#define DNS_ADDITIONAL_NAMES_MAX 13 /* L20: names whose addresses go into an additional section (CVE-2024-11187) */
#define DNS_COMPRESS_ATTEMPTS_MAX 120 /* L22: compression look-ups while writing one message (CVE-2024-8508) */
#define EDNS_OPTIONS_MAX 32    /* L23: EDNS options read from one message */

#define DNS_TTL_MAX 0x7fffffff /* RFC 2181 section 8: 31 bits; with the top bit set a TTL is read as RFC 8767 section 4 says */

#endif
