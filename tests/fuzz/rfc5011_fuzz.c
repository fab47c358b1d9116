/*
 * rfc5011_fuzz.c - the state of managed trust anchors: any text is read whole or refused, and lives on
 *
 * The octets are the text below its first line; that one, with the checksum, is made here, or nothing else would ever
 * get past it. What is read must be what is written again, keep to the bounds, and bear all that may happen to a state:
 * to be trusted, to be asked about, to be merged with the configuration, to meet a set that nobody trusted signed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/digest.h"
#include "dns/types.h"
#include "resolver/dnssec/rfc5011.h"
#include "tests/fuzz/fuzz.h"

#define NOW_S     1767225600
#define FIRST_MAX 100

static char *with_checksum(const uint8_t *body, size_t n, size_t *len)
{
    uint8_t hash[DIGEST_SHA256_SIZE];
    char *text = malloc(FIRST_MAX + n);
    must(text != NULL && digest_sha256(body, n, hash), "memory");
    size_t at = (size_t)snprintf(text, FIRST_MAX, "raiz-anchors 1 ");
    for (size_t i = 0; i < sizeof hash; i++) {
        at += (size_t)snprintf(text + at, 3, "%02x", hash[i]);
    }
    text[at++] = '\n';
    memcpy(text + at, body, n);
    *len = at + n;
    return realloc(text, *len); /* no octet more: a sanitizer sees what is read behind it */
}

static bool same(const struct managed_zone *a, const struct managed_zone *b)
{
    bool same = dname_same_case(dname_of(&a->zone), dname_of(&b->zone)) && a->refreshed_s == b->refreshed_s &&
                a->next_s == b->next_s && a->failed == b->failed && a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++) {
        const struct managed_key *x = &a->key[i], *y = &b->key[i];
        same = x->state == y->state && x->type == y->type && x->since_s == y->since_s && x->hold_s == y->hold_s &&
               x->seen == y->seen && x->len == y->len && memcmp(x->rdata, y->rdata, x->len) == 0;
    }
    return same;
}

static void check_bounds(const struct managed_zone *z)
{
    must(z->count <= RFC5011_KEYS_MAX, "too many keys");
    must(z->refreshed_s >= 0 && z->next_s >= 0, "times");
    for (unsigned i = 0; i < z->count; i++) {
        const struct managed_key *k = &z->key[i];
        must(k->state > KEY_START && k->state < KEY_STATES, "a state");
        must(k->len > 4 && k->len <= RFC5011_RDATA_MAX, "a length");
        must(k->type == DNS_TYPE_DNSKEY || (k->type == DNS_TYPE_DS && k->state == KEY_VALID), "a type");
        must(managed_key_algorithm(k) == k->rdata[k->type == DNS_TYPE_DS ? 2 : 3], "an algorithm");
    }
}

static void check_written(const struct managed_zone *z, char *text, struct managed_zone *back)
{
    char error[RFC5011_ERROR_MAX];
    size_t n = rfc5011_write(z, text, RFC5011_TEXT_MAX);
    must(n > 0, "what was read cannot be written");
    must(rfc5011_read(text, n, back, error), "what was written is not read");
    must(same(z, back), "another state comes back");
}

static unsigned trusted(const struct managed_zone *z)
{
    unsigned count = 0;
    for (unsigned i = 0; i < z->count; i++) {
        count += managed_key_trusted(&z->key[i]);
    }
    return count;
}

/* Keys that were missed for a year are forgotten with time. */
static unsigned overdue(const struct managed_zone *z)
{
    unsigned count = 0;
    for (unsigned i = 0; i < z->count; i++) {
        count += z->key[i].state == KEY_MISSING && NOW_S - z->key[i].since_s >= RFC5011_MISSING_S;
    }
    return count;
}

/* A set of the zone's own keys that nobody has signed changes nothing that is trusted, whatever the state. */
static void check_unsigned(struct managed_zone *z, unsigned before)
{
    static const struct dnssec_policy policy = {.sha1 = true};
    struct rdata_ref rr[RFC5011_KEYS_MAX];
    struct rfc5011_result result;
    struct arena arena;
    struct rrset *set;
    uint16_t n = 0;
    for (unsigned i = 0; i < z->count; i++) {
        if (z->key[i].type == DNS_TYPE_DNSKEY) {
            rr[n++] = (struct rdata_ref){.data = z->key[i].rdata, .len = z->key[i].len};
        }
    }
    arena_init(&arena, NULL, 0, 1 << 20);
    if (n > 0 && rrset_make(dname_of(&z->zone), DNS_TYPE_DNSKEY, 3600, rr, n, &arena, &set) == DNS_OK) {
        unsigned most = overdue(z);
        rfc5011_apply(z, set, &policy, NOW_S, &result);
        unsigned gone = before - trusted(z);
        must(result.verdict != DNSSEC_GOOD, "unsigned, and taken");
        must(gone <= most && result.anchors == (gone > 0), "unsigned, and changes what is trusted");
        must(before == 0 || trusted(z) > 0, "nothing is trusted any more");
    }
    arena_release(&arena);
}

static void live_on(struct managed_zone *z)
{
    struct anchors *all = anchors_new(), *none = anchors_new();
    struct anchor a;
    unsigned before = trusted(z);
    must(all != NULL && none != NULL, "memory");
    must(rfc5011_anchors(z, all), "no anchors");
    must(anchors_count(all) == (before > 0), "as many anchors as zones");
    must(before == 0 || anchors_closest(all, dname_of(&z->zone), &a), "no anchor of the zone");
    must(rfc5011_wait_s(z, NOW_S) >= 0, "the next time has gone by");
    must(!rfc5011_merge(z, none, NOW_S) && trusted(z) == before, "nothing configured, and something changes");
    check_unsigned(z, before);
    before = trusted(z);
    rfc5011_failed(z, NOW_S);
    must(rfc5011_wait_s(z, NOW_S) > 0 && trusted(z) == before, "a failure changes what is trusted");
    anchors_free(all);
    anchors_free(none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct managed_zone z, back; /* big; one thread */
    static char written[RFC5011_TEXT_MAX];
    char error[RFC5011_ERROR_MAX] = "";
    size_t len;
    must(!rfc5011_read((const char *)data, size, &back, error) || size > FIRST_MAX / 2, "short, and read");
    char *text = with_checksum(data, size, &len);
    if (rfc5011_read(text, len, &z, error)) {
        check_bounds(&z);
        check_written(&z, written, &back);
        live_on(&z);
    } else {
        must(error[0] != '\0' && memchr(error, '\0', sizeof error) != NULL, "refused without a word");
    }
    free(text);
    return 0;
}
