/*
 * name.c - domain names: reading, comparing, cutting, hashing
 *
 * Their text form is in name_text.c.
 */
#include "dns/name.h"

#include "dns/fold.h"
#include "dns/seeded.h"

#include <string.h>

#define POINTER_BITS 0xc0 /* RFC 1035 section 4.1.4; 0x40 and 0x80 are not used (RFC 6891 section 5) */

struct dname dname_root(void)
{
    static const uint8_t root[1] = {0};
    return (struct dname){.wire = root, .len = 1, .labels = 0};
}

enum dns_err dname_read_plain(struct reader *r, struct dname *out)
{
    const uint8_t *p = r->base + r->pos;
    size_t left = reader_left(r);
    size_t at = 0;
    unsigned labels = 0;
    enum dns_err err = DNS_E_TRUNCATED;
    while (at < left) {
        uint8_t n = p[at];
        if (n > DLABEL_MAX) {
            err = n >= POINTER_BITS ? DNS_E_POINTER : DNS_E_NAME;
            break;
        }
        at += 1 + (size_t)n;
        if (at > DNAME_MAX) {
            err = DNS_E_NAME;
            break;
        }
        if (n == 0) {
            *out = (struct dname){.wire = p, .len = (uint8_t)at, .labels = (uint8_t)labels};
            r->pos += at;
            return DNS_OK;
        }
        labels++;
    }
    r->failed = true;
    return err;
}

/* Life of a compressed name: runs of labels, each but the last ended by a pointer to the next.
 *
 *     at       where the walk is          run     where the current run began
 *     bound    pointers must aim below this: the start of this name, then of each earlier target (RFC 9267 section 2)
 *     after    what follows the name in the message; set by the first pointer
 */
struct unpack {
    const uint8_t *base;
    size_t at, run, end, bound, after;
    unsigned len, labels, pointers;
};

static void copy_run(const struct unpack *u, size_t n, struct dname_buf *out)
{
    if (out != NULL) {
        memcpy(out->wire + u->len, u->base + u->run, n);
    }
}

/* Labels from u->at to the end of the run. *stop is the octet that ended it, 0 or the first of a pointer. */
static enum dns_err unpack_run(struct unpack *u, struct name_work *work, uint8_t *stop)
{
    u->run = u->at;
    for (;;) {
        if (u->at >= u->end) {
            return DNS_E_TRUNCATED;
        }
        if (SEEDED(2, work->hops_left == 0, false)) {
            return DNS_E_LIMIT; /* L21 */
        }
        work->hops_left--;
        uint8_t n = u->base[u->at];
        if (n == 0 || n >= POINTER_BITS) {
            *stop = n;
            return DNS_OK;
        }
        if (n > DLABEL_MAX) {
            return DNS_E_NAME;
        }
        u->at += 1 + (size_t)n;
        u->labels++;
        if (u->len + (u->at - u->run) >= SEEDED(3, DNAME_MAX, DNAME_MAX + 1)) { /* the root label must still fit */
            return DNS_E_NAME;
        }
    }
}

static enum dns_err unpack_jump(struct unpack *u)
{
    if (u->end - u->at < 2) {
        return DNS_E_TRUNCATED;
    }
    size_t target = (size_t)(u->base[u->at] & ~POINTER_BITS) << 8 | u->base[u->at + 1];
    if (SEEDED(1, target >= u->bound, target >= u->end) || target < DNS_HEADER_SIZE ||
        ++u->pointers > DNAME_POINTERS_MAX) {
        return DNS_E_POINTER;
    }
    if (u->after == 0) {
        u->after = u->at + 2;
    }
    u->bound = u->at = target;
    return DNS_OK;
}

static enum dns_err unpack_all(struct unpack *u, struct name_work *work, struct dname_buf *out)
{
    for (;;) {
        uint8_t stop;
        enum dns_err err = unpack_run(u, work, &stop);
        if (err != DNS_OK) {
            return err;
        }
        size_t n = u->at - u->run;
        if (stop == 0) {
            n++;
            copy_run(u, n, out);
            u->len += (unsigned)n;
            if (u->after == 0) {
                u->after = u->at + 1;
            }
            return DNS_OK;
        }
        copy_run(u, n, out);
        u->len += (unsigned)n;
        err = unpack_jump(u);
        if (err != DNS_OK) {
            return err;
        }
    }
}

enum dns_err dname_unpack(struct reader *r, struct name_work *work, struct dname_buf *out)
{
    if (r->failed) {
        return DNS_E_TRUNCATED;
    }
    struct unpack u = {.base = r->base, .at = r->pos, .end = r->end, .bound = r->pos};
    enum dns_err err = unpack_all(&u, work, out);
    if (err != DNS_OK) {
        r->failed = true;
        return err;
    }
    r->pos = u.after;
    if (out != NULL) {
        out->len = (uint8_t)u.len;
        out->labels = (uint8_t)u.labels;
    }
    return DNS_OK;
}

void dname_copy(struct dname n, struct dname_buf *out)
{
    memmove(out->wire, n.wire, n.len); /* n may be a part of *out */
    out->len = n.len;
    out->labels = n.labels;
}

void dname_lower(struct dname n, struct dname_buf *out)
{
    fold_copy(out->wire, n.wire, n.len);
    out->len = n.len;
    out->labels = n.labels;
}

bool dname_equal(struct dname a, struct dname b)
{
    return a.len == b.len && fold_equal(a.wire, b.wire, a.len);
}

bool dname_same_case(struct dname a, struct dname b)
{
    return a.len == b.len && memcmp(a.wire, b.wire, a.len) == 0;
}

/* Offsets of the labels, from the first to the last before the root. */
static void label_offsets(struct dname n, uint8_t at[static DNAME_LABELS_MAX])
{
    size_t p = 0;
    for (unsigned i = 0; i < n.labels; i++) {
        at[i] = (uint8_t)p;
        p += 1 + (size_t)n.wire[p];
    }
}

static int label_compare(const uint8_t *a, const uint8_t *b)
{
    unsigned n = a[0] < b[0] ? a[0] : b[0];
    for (unsigned i = 1; i <= n; i++) {
        int d = (int)fold1(a[i]) - (int)fold1(b[i]);
        if (d != 0) {
            return d;
        }
    }
    return (int)a[0] - (int)b[0];
}

int dname_compare(struct dname a, struct dname b)
{
    uint8_t a_at[DNAME_LABELS_MAX], b_at[DNAME_LABELS_MAX];
    label_offsets(a, a_at);
    label_offsets(b, b_at);
    unsigned i = a.labels, k = b.labels;
    while (i > 0 && k > 0) {
        int d = label_compare(a.wire + a_at[--i], b.wire + b_at[--k]);
        if (d != 0) {
            return d;
        }
    }
    return (int)a.labels - (int)b.labels;
}

struct dname dname_parent(struct dname n)
{
    uint8_t skip = n.wire[0];
    if (skip == 0) {
        return n;
    }
    skip++;
    return (struct dname){.wire = n.wire + skip, .len = (uint8_t)(n.len - skip), .labels = (uint8_t)(n.labels - 1)};
}

struct dname dname_suffix(struct dname n, unsigned labels)
{
    assert(labels <= n.labels);
    size_t skip = 0;
    for (unsigned i = labels; i < n.labels; i++) {
        skip += 1 + (size_t)n.wire[skip];
    }
    return (struct dname){.wire = n.wire + skip, .len = (uint8_t)(n.len - skip), .labels = (uint8_t)labels};
}

bool dname_under(struct dname n, struct dname zone)
{
    return n.labels >= zone.labels && n.len >= zone.len && dname_equal(dname_suffix(n, zone.labels), zone);
}

bool dname_below(struct dname n, struct dname zone)
{
    return n.labels > zone.labels && dname_under(n, zone);
}

unsigned dname_common(struct dname a, struct dname b)
{
    unsigned left = a.labels < b.labels ? a.labels : b.labels;
    const uint8_t *p = dname_suffix(a, left).wire, *q = dname_suffix(b, left).wire;
    unsigned common = left;
    for (; left > 0; left--) {
        if (p[0] != q[0] || !fold_equal(p + 1, q + 1, p[0])) {
            common = left - 1; /* at most what follows */
        }
        p += 1 + (size_t)p[0];
        q += 1 + (size_t)q[0];
    }
    return common;
}

const uint8_t *dname_label(struct dname n, uint8_t *len)
{
    assert(n.len > 1);
    *len = n.wire[0];
    return n.wire + 1;
}

bool dname_is_wildcard(struct dname n)
{
    return n.len > 2 && n.wire[0] == 1 && n.wire[1] == '*';
}

bool dname_replace_suffix(struct dname n, struct dname from, struct dname to, struct dname_buf *out)
{
    assert(n.len > from.len && n.labels > from.labels);
    size_t prefix = (size_t)(n.len - from.len);
    if (prefix + to.len > DNAME_MAX) {
        return false;
    }
    memcpy(out->wire, n.wire, prefix);
    memcpy(out->wire + prefix, to.wire, to.len);
    out->len = (uint8_t)(prefix + to.len);
    out->labels = (uint8_t)(n.labels - from.labels + to.labels);
    return true;
}

bool dname_prepend(const uint8_t *label, uint8_t len, struct dname n, struct dname_buf *out)
{
    assert(len > 0 && len <= DLABEL_MAX);
    if (1 + (size_t)len + n.len > DNAME_MAX) {
        return false;
    }
    out->wire[0] = len;
    memcpy(out->wire + 1, label, len);
    memcpy(out->wire + 1 + len, n.wire, n.len);
    out->len = (uint8_t)(1 + len + n.len);
    out->labels = (uint8_t)(n.labels + 1);
    return true;
}

uint64_t dname_hash(const uint8_t key[static SIPHASH_KEY_SIZE], struct dname n)
{
    return siphash13_folded(key, n.wire, n.len);
}
