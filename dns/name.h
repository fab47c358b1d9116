/*
 * name.h - domain names
 *
 * A struct dname is a checked, uncompressed view in wire form, passed by value: never NULL, never compressed, at most
 * DNAME_MAX octets, root label included. Only name.c and msg.c make one, so whoever holds one need not check again.
 *
 * Case is kept as received (0x20, RFC 4343: ASCII letters only); equality, order and hash fold it. dname_lower() gives
 * the canonical copy used for keys and for DNSSEC (RFC 4034 section 6.2).
 *
 *     wire   3 w w w 7 e x a m p l e 3 c o m 0      len 17, labels 3
 *     text   www.example.com.                       the dot at the end is always printed
 *
 * Memory: a dname borrows; a dname_buf owns its octets. Threads: values.
 */
#ifndef RAIZ_DNS_NAME_H
#define RAIZ_DNS_NAME_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/bytes.h"
#include "dns/err.h"
#include "dns/limits.h"
#include "dns/siphash.h"

struct dname {
    const uint8_t *wire;
    uint8_t len;    /* octets, 1 .. DNAME_MAX */
    uint8_t labels; /* without the root label, 0 .. DNAME_LABELS_MAX */
};
static_assert(sizeof(struct dname) == 16, "two registers");

struct dname_buf {
    uint8_t len, labels, wire[DNAME_MAX];
};

static inline struct dname dname_of(const struct dname_buf *b)
{
    return (struct dname){.wire = b->wire, .len = b->len, .labels = b->labels};
}

struct dname dname_root(void);
static inline bool dname_is_root(struct dname n)
{
    return n.len == 1;
}

/* Uncompressed name at the reader's position; pointers are refused. On success the view borrows the reader's buffer. */
enum dns_err dname_read_plain(struct reader *r, struct dname *out);
/* Work left for names of one message (L21): counted down by labels and pointers walked. */
struct name_work {
    uint32_t hops_left;
};
static inline struct name_work name_work_of(size_t msg_len)
{
    return (struct name_work){.hops_left = (uint32_t)(msg_len * DNS_HOPS_PER_BYTE)};
}
/* Possibly compressed name at r->pos of the message r->base .. r->end (pos and pointers count from r->base). The
 * octets after the name are next. Unpacks to `out`, which may be NULL to check and skip only. RFC 1035 section 4.1.4;
 * each pointer must aim behind the header and strictly before the start of this name and of every earlier target
 * (RFC 9267). */
enum dns_err dname_unpack(struct reader *r, struct name_work *work, struct dname_buf *out);

void dname_copy(struct dname n, struct dname_buf *out);
void dname_lower(struct dname n, struct dname_buf *out); /* RFC 4034 section 6.2 */
bool dname_equal(struct dname a, struct dname b);        /* ASCII case folded */
bool dname_same_case(struct dname a, struct dname b);    /* octet for octet, for 0x20 */
/* Canonical order of RFC 4034 section 6.1: <0, 0, >0. */
int dname_compare(struct dname a, struct dname b);
/* n equals or lies below `zone`. */
bool dname_under(struct dname n, struct dname zone);
/* n lies strictly below `zone`. */
bool dname_below(struct dname n, struct dname zone);
/* Number of labels both names share at their ends (0: only the root). */
unsigned dname_common(struct dname a, struct dname b);
/* The name without its first label: pointer and length, no copy. Root has no parent: the root itself is returned. */
struct dname dname_parent(struct dname n);
/* The last `labels` labels; labels <= n.labels. dname_suffix(n, 0) is the root. */
struct dname dname_suffix(struct dname n, unsigned labels);
/* First label of n: octets and length; n must not be the root. */
const uint8_t *dname_label(struct dname n, uint8_t *len);
bool dname_is_wildcard(struct dname n); /* first label is "*" (RFC 4592) */
/* out = prefix labels of `n` above `from` replaced: n must lie strictly below `from` (RFC 6672 section 2.2). False:
 * the result would exceed DNAME_MAX (then YXDOMAIN). */
bool dname_replace_suffix(struct dname n, struct dname from, struct dname to, struct dname_buf *out);
/* out = label + n, e.g. "*" + closest encloser. False if too long. */
bool dname_prepend(const uint8_t *label, uint8_t len, struct dname n, struct dname_buf *out);

/* Keyed hash of the folded name. */
uint64_t dname_hash(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname n);

/* Text -> name, RFC 1035 section 5.1 escapes (\DDD, \X). `origin` completes names without a final dot, and "@" is the
 * origin; NULL: all are taken as absolute. text need not be NUL-terminated. */
enum dns_err dname_scan(const char *text, size_t n, const struct dname *origin, struct dname_buf *out);
/* Name -> text with final dot, NUL-terminated; special characters as \X, unprintable ones as \DDD, so that the text is
 * one line and safe in logs (T106) and scans back to the same octets. Returns the length. */
size_t dname_print(struct dname n, char out[static DNAME_TEXT_MAX]);

#endif
