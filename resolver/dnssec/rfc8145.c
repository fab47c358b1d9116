/*
 * rfc8145.c - the name that signals trust anchors
 */
#include "resolver/dnssec/rfc8145.h"

#include <stdio.h>

#include "dns/types.h"
#include "resolver/dnssec/verify.h"

#define TAGS_MAX 12 /* what fits into one label; the lowest, if there are more */

/* Into its place; equal ones once. */
static void insert(uint16_t tags[static TAGS_MAX + 1], size_t *count, uint16_t tag)
{
    size_t at = *count;
    while (at > 0 && tags[at - 1] > tag) {
        at--;
    }
    if (at > 0 && tags[at - 1] == tag) {
        return;
    }
    for (size_t i = *count; i > at; i--) {
        tags[i] = tags[i - 1];
    }
    tags[at] = tag;
    *count += *count < TAGS_MAX;
}

static void collect(const struct rrset *set, uint16_t tags[static TAGS_MAX + 1], size_t *count)
{
    if (set == NULL) {
        return;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        insert(tags, count,
               set->type == DNS_TYPE_DS ? (uint16_t)(rr.data[0] << 8 | rr.data[1]) : dnssec_key_tag(rr.data, rr.len));
    }
}

bool rfc8145_name(const struct anchor *a, struct dname_buf *out)
{
    uint16_t tags[TAGS_MAX + 1];
    size_t count = 0, at = 3;
    char label[64] = "_ta";
    collect(a->ds, tags, &count);
    collect(a->dnskey, tags, &count);
    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(label + at, sizeof label - at, "-%04x", tags[i]);
    }
    return count > 0 && dname_prepend((const uint8_t *)label, (uint8_t)at, a->zone, out);
}
