/*
 * wire_name.h - names inside a checked message, followed through their pointers
 *
 * For msg.c, which has checked the message, and build.c, which wrote it: every pointer there aims backwards and every
 * name ends, so these walks end too and stay inside without checks of their own.
 */
#ifndef RAIZ_DNS_WIRE_NAME_H
#define RAIZ_DNS_WIRE_NAME_H

#include "dns/fold.h"
#include "dns/name.h"

/* Where the label that stands at `at`, or that the pointer there leads to, really is. */
static inline size_t wire_label(const uint8_t *base, size_t at)
{
    while (base[at] > DLABEL_MAX) {
        at = (size_t)(base[at] & 0x3f) << 8 | base[at + 1];
    }
    return at;
}

static inline size_t wire_skip_label(const uint8_t *base, size_t label)
{
    return label + 1 + base[label];
}

static inline unsigned wire_labels(const uint8_t *base, size_t at)
{
    unsigned labels = 0;
    for (at = wire_label(base, at); base[at] != 0; at = wire_label(base, wire_skip_label(base, at))) {
        labels++;
    }
    return labels;
}

/* Is the name at `at` this one? Case folded. */
static inline bool wire_name_is(const uint8_t *base, size_t at, struct dname name)
{
    const uint8_t *p = name.wire;
    for (;;) {
        at = wire_label(base, at);
        uint8_t n = base[at];
        if (base + at == p) {
            return true; /* the very same octets: `name` is a view into this message */
        }
        if (n != p[0]) {
            return false;
        }
        if (n == 0) {
            return true;
        }
        if (!fold_equal(base + at + 1, p + 1, n)) {
            return false;
        }
        at += 1 + (size_t)n;
        p += 1 + (size_t)n;
    }
}

#endif
