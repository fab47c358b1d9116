/*
 * anchors_fuzz.c - trust anchors as they are configured: any line is taken as what it says, or refused with a reason
 *
 * The octets are lines. An anchor that was taken is there for its zone with at most one record more than before; its
 * record can be written as text and is the same when it is taken again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"
#include "resolver/dnssec/anchors.h"
#include "tests/fuzz/fuzz.h"

#define LINES_MAX 60

static unsigned records(const struct anchors *a)
{
    struct anchor one;
    unsigned count = 0;
    for (size_t i = 0; anchors_at(a, i, &one); i++) {
        must(one.ds != NULL || one.dnskey != NULL, "an anchor of nothing");
        count += (one.ds != NULL ? one.ds->count : 0u) + (one.dnskey != NULL ? one.dnskey->count : 0u);
        struct anchor closest;
        must(anchors_closest(a, one.zone, &closest) && dname_equal(closest.zone, one.zone), "not the closest");
    }
    return count;
}

static void check_set(const struct rrset *set, struct anchors *again)
{
    static char line[8 * 65536]; /* big; one thread */
    struct rrset_iter it = set != NULL ? rrset_rrs(set) : (struct rrset_iter){.left = 0};
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        struct text t = text_of(line, sizeof line);
        char error[ANCHORS_ERROR_MAX];
        unsigned before = records(again);
        rr_print(rrset_owner(set), 3600, DNS_CLASS_IN, set->type, rr.data, rr.len, &t);
        must(!t.cut, "room");
        if (t.len <= 8192) { /* else it came in a shorter form */
            must(anchors_add_text(again, line, t.len, error), "what was taken is not taken again");
            must(records(again) == before + 1, "it adds something else");
        }
    }
}

static void check_again(const struct anchors *a)
{
    struct anchors *again = anchors_new();
    struct anchor one, other;
    must(again != NULL, "memory");
    for (size_t i = 0; anchors_at(a, i, &one); i++) {
        check_set(one.ds, again);
        check_set(one.dnskey, again);
        if (anchors_closest(again, one.zone, &other) && one.ds != NULL && other.ds != NULL &&
            other.ds->count == one.ds->count) {
            struct rdata_ref x = rrset_first(one.ds), y = rrset_first(other.ds);
            must(x.len == y.len && memcmp(x.data, y.data, x.len) == 0, "another digest");
        }
    }
    anchors_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct anchors *a = anchors_new();
    const uint8_t *at = data, *end = data + size;
    unsigned count = 0;
    must(a != NULL, "memory");
    for (unsigned lines = 0; at < end && lines < LINES_MAX; lines++) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = (size_t)((newline != NULL ? newline : end) - at);
        char error[ANCHORS_ERROR_MAX] = "";
        bool taken = anchors_add_text(a, (const char *)at, n, error);
        unsigned now = records(a);
        must(taken || error[0] != '\0', "refused without a word");
        must(now == count || (taken && now == count + 1), "one record a line, unless it is there already");
        count = now;
        at += n + 1;
    }
    anchors_private_root(a);
    check_again(a);
    anchors_free(a);
    return 0;
}
