/*
 * edns.h - EDNS(0), RFC 6891
 *
 * What an OPT record says, as values, and the writing of one. Options that raiz understands are parsed; duplicates of
 * options that may come once are ignored after the first (L23), unknown ones are skipped.
 */
#ifndef RAIZ_DNS_EDNS_H
#define RAIZ_DNS_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/err.h"
#include "dns/limits.h"

#define EDNS_COOKIE_CLIENT 8  /* RFC 7873 section 4 */
#define EDNS_COOKIE_MAX 40    /* client 8 + server 8..32 */
#define EDNS_EDE_TEXT_MAX 255 /* longer texts are cut, at a UTF-8 boundary */

struct edns {
    bool present;
    bool dnssec_ok;       /* DO */
    uint8_t version;
    uint8_t ext_rcode;    /* upper eight bits of the rcode */
    uint16_t udp_size;    /* as sent; below 512 counts as 512 (RFC 6891 section 6.2.3) */
    uint16_t z;           /* the other 15 flag bits */
    bool has_cookie;
    uint8_t cookie_len;   /* 8, or 16..40; other lengths make the message malformed (RFC 7873 section 5.2.2) */
    uint8_t cookie[EDNS_COOKIE_MAX];
    bool has_nsid;        /* asked for, or given */
    bool has_keepalive;   /* RFC 7828 */
    bool has_padding;     /* RFC 7830 */
    bool has_ecs;         /* RFC 7871; checked: family 0, 1, 2, prefix bits, no bits beyond (T108) */
    uint8_t ecs_len;      /* octets of the option, kept to be able to answer with scope 0 */
    uint8_t ecs[20];
    int ede;              /* first extended error (RFC 8914), DNS_EDE_NONE (-1) if none */
    const uint8_t *ede_text; /* borrows the packet; may be NULL; not NUL-terminated */
    uint16_t ede_text_len;
};

/* Parse the OPT rdata; the fixed part comes from the caller. */
enum dns_err edns_parse(const uint8_t *rdata, uint16_t len, struct edns *io);

/* What to put into an OPT record. Zero-initialised is a plain OPT without options. */
struct edns_out {
    bool dnssec_ok;
    uint8_t version;
    uint8_t ext_rcode;
    uint16_t udp_size;
    const uint8_t *cookie;
    uint8_t cookie_len;
    const uint8_t *nsid;
    uint16_t nsid_len;
    bool nsid_request;    /* an empty NSID option */
    const uint8_t *ecs;
    uint8_t ecs_len;
    uint16_t keepalive;   /* units of 100 ms (RFC 7828); 0: none */
    int ede;              /* DNS_EDE_NONE: none. Note: zero is a code (Other): set it to DNS_EDE_NONE yourself */
    const char *ede_text; /* NUL-terminated or NULL */
    uint16_t pad_to;      /* pad the message to a multiple of this (RFC 8467); 0: none */
};
/* Octets that edns_write will use (without padding). */
size_t edns_size(const struct edns_out *o);
/* Appends the whole OPT RR. When it does not fit, options are dropped last first: padding, EDE text, EDE, NSID ... (T95);
 * false only if even the bare 11 octets do not fit. */
bool edns_write(struct writer *w, const struct edns_out *o);

#endif
