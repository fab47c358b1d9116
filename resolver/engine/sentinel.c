/*
 * sentinel.c - telling users which root keys are trusted here (RFC 8509)
 */
#include "resolver/engine/sentinel.h"

#include <string.h>
#include <strings.h>

#include "dns/types.h"

#define TAG_DIGITS 5

static bool names_key(const struct rrset *set, uint16_t tag)
{
    struct rrset_iter it;
    struct rdata_ref rr;

    if (set == NULL) {
        return false;
    }
    it = rrset_rrs(set);
    while (rrset_next(&it, &rr)) {
        unsigned its =
            set->type == DNS_TYPE_DS ? (unsigned)rr.data[0] << 8 | rr.data[1] : dnssec_key_tag(rr.data, rr.len);
        if (its == tag) {
            return true;
        }
    }
    return false;
}

static bool is_trusted(const struct engine_settings *set, uint16_t tag)
{
    struct anchor root;

    return anchors_closest(set->anchors, dname_root(), &root) &&
           (names_key(root.ds, tag) || names_key(root.dnskey, tag));
}

/* The tag behind the prefix, five digits (RFC 8509 section 2). */
static bool tag_behind(const char *prefix, const uint8_t *label, uint8_t len, uint16_t *tag)
{
    size_t n = strlen(prefix);
    unsigned long v = 0;

    if (len != n + TAG_DIGITS || strncasecmp((const char *)label, prefix, n) != 0) {
        return false;
    }
    for (size_t i = n; i < len; i++) {
        if (label[i] < '0' || label[i] > '9') {
            return false;
        }
        v = 10 * v + (unsigned long)(label[i] - '0');
    }
    *tag = (uint16_t)v;
    return v <= UINT16_MAX;
}

bool sentinel_fails(const struct request *r, const struct engine_settings *set)
{
    struct dname qname = dname_of(&r->qname);
    uint16_t tag;
    uint8_t len;

    if ((r->qtype != DNS_TYPE_A && r->qtype != DNS_TYPE_AAAA) || dname_is_root(qname) ||
        (r->flags & DNS_FLAG_CD) != 0 || set->dnssec == DNSSEC_OFF) {
        return false;
    }
    const uint8_t *label = dname_label(qname, &len);
    if (tag_behind("root-key-sentinel-is-ta-", label, len, &tag)) {
        return !is_trusted(set, tag);
    }
    return tag_behind("root-key-sentinel-not-ta-", label, len, &tag) && is_trusted(set, tag);
}
