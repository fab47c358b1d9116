/*
 * support.h - records from text, for the tests of resolver/dnssec/
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_SUPPORT_H
#define RAIZ_TESTS_UNIT_DNSSEC_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/arena.h"
#include "dns/base.h"
#include "dns/nsec.h"
#include "dns/rrset.h"
#include "dns/text.h"
#include "dns/types.h"
#include "names.h"

/* Times mean something: the code is not slowed down by a sanitizer or valgrind. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(RAIZ_VALGRIND)
#define TIMED false
#elif defined(__has_feature)
#define TIMED                                                                                                          \
    (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer) && !__has_feature(memory_sanitizer))
#else
#define TIMED true
#endif

/* Rdata of one record from its text; 65535 octets of room in out. */
static inline struct rdata_ref scan_rdata(uint16_t type, const char *text, struct writer *out)
{
    struct scan_error error;
    size_t at = out->pos;
    if (rdata_scan_line(type, text, strlen(text), dname_root(), out, &error) != DNS_OK) {
        fail_msg("'%s': %s", text, error.message);
    }
    return (struct rdata_ref){.data = out->base + at, .len = (uint16_t)(out->pos - at)};
}

/* A set of `type` from texts of rdata, the last one NULL. */
static inline struct rrset *set_of(struct arena *a, const char *owner, const char *type, uint32_t ttl_s,
                                   const char *const *texts)
{
    static uint8_t room[65536];
    struct writer w = writer_of(room, sizeof room);
    struct rdata_ref rr[64];
    struct rrset *out = NULL;
    uint16_t n = 0;
    for (; texts[n] != NULL; n++) {
        assert_true(n < ROWS(rr));
        rr[n] = scan_rdata(type_in(type), texts[n], &w);
    }
    assert_int_equal(rrset_make(NAME(owner), type_in(type), ttl_s, rr, n, a, &out), DNS_OK);
    return out;
}

/* A set with these signatures behind it. */
static inline struct rrset *set_signed(struct arena *a, const struct rrset *set, const struct rdata_ref *sigs,
                                       uint16_t count)
{
    struct rdata_ref *rr = calloc((size_t)set->count + 1, sizeof *rr);
    assert_non_null(rr);
    struct rrset_iter it = rrset_rrs(set);
    for (unsigned i = 0; rrset_next(&it, &rr[i]); i++) {
    }
    struct rrset *out = arena_alloc(a, rrset_size(rrset_owner(set), rr, set->count, sigs, count));
    assert_non_null(out);
    rrset_fill(out, rrset_owner(set), set->type, set->ttl_s, rr, set->count, sigs, count);
    free(rr);
    return out;
}

#define HASH_TEXT (NSEC3_HASH_SIZE * 8 / 5 + 1)

/* base32hex, in lower case as RFC 5155 writes it. */
static inline void hash_text(const uint8_t hash[static NSEC3_HASH_SIZE], char out[static HASH_TEXT])
{
    struct text t = text_of(out, HASH_TEXT);
    base_print(BASE32HEX, hash, NSEC3_HASH_SIZE, &t);
    for (char *p = out; *p != '\0'; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    }
}

#endif
