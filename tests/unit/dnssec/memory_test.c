/*
 * memory_test.c - signatures, keys and anchors while the n-th allocation fails, for every n
 *
 * The linker sends our own malloc, calloc and realloc here, and OpenSSL is told to ask here, too. Whatever fails,
 * nothing is good that was not made so, nothing is insecure, and under AddressSanitizer nothing leaks.
 */
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "failing_memory.h"
#include "resolver/dnssec/anchors.h"
#include "signing.h"

static bool library; /* OpenSSL's allocations count, too */

static void *library_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return library && fails() ? NULL : __real_malloc(n);
}

static void *library_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return library && fails() ? NULL : __real_realloc(p, n);
}

static void library_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

static const struct dnssec_policy all = {.sha1 = true};
static const uint8_t algorithms[] = {8, 13, 14, 15, 16};
static struct arena arena;

static enum dnssec_verdict check_set(const struct rrset *set, const struct rrset *dnskey)
{
    struct dnssec_work work = {0};
    struct dnssec_check check = {.verdict = DNSSEC_NO_MEMORY};
    struct dnssec_keys *keys = dnssec_keys_new(dnskey, &all);
    if (keys != NULL) {
        dnssec_verify(set, keys, &all, NOW, &work, &check);
    }
    dnssec_keys_free(keys);
    return check.verdict;
}

static enum dnssec_verdict check_dnskey(const struct rrset *dnskey, const struct rrset *ds)
{
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify_dnskey(dnskey, ds, &all, NOW, &work, &check);
    return check.verdict;
}

/* Counts the allocations, then fails each. What fails is told as such, or as bad where OpenSSL does not tell the two
 * apart. */
static unsigned each_fails(const struct rrset *set, const struct rrset *dnskey, const struct rrset *ds)
{
    asked = 0;
    assert_int_equal(check_set(set, dnskey), DNSSEC_GOOD);
    assert_int_equal(check_dnskey(dnskey, ds), DNSSEC_GOOD);
    unsigned count = asked, failed = 0;
    for (unsigned n = 1; n <= count; n++) {
        countdown = n;
        enum dnssec_verdict one = check_set(set, dnskey);
        enum dnssec_verdict two = check_dnskey(dnskey, ds);
        countdown = 0;
        for (unsigned i = 0; i < 2; i++) {
            enum dnssec_verdict v = i == 0 ? one : two;
            if (v != DNSSEC_GOOD && v != DNSSEC_NO_MEMORY && !(library && v == DNSSEC_BAD)) {
                fail_msg("allocation %u of %u: %s", n, count, dnssec_verdict_text(v));
            }
        }
        failed += one != DNSSEC_GOOD || two != DNSSEC_GOOD;
    }
    assert_int_equal(ERR_peek_error(), 0);
    assert_true(failed > 0 && (library || failed == count));
    return count;
}

static void test_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        struct key k;
        struct how how = HOW("example.");
        arena_init(&arena, NULL, 0, 1 << 20);
        key_make(&k, algorithms[i], 257);
        struct rdata_ref ref = key_ref(&k), ds = ds_of(&arena, "example.", ref, 2);
        struct rrset *set =
            signed_by(&arena, set_of(&arena, "www.example.", "A", 60, (const char *[]){"192.0.2.1", NULL}), &k, &how);
        struct rrset *dnskey = signed_by(&arena, keys_set(&arena, "example.", &ref, 1), &k, &how);
        struct rrset *ds_rrset = ds_set(&arena, "example.", &ds, 1);
        unsigned own = each_fails(set, dnskey, ds_rrset);
        library = true;
        unsigned with = each_fails(set, dnskey, ds_rrset);
        library = false;
        print_message("algorithm %u: %u allocations, %u with the library's\n", algorithms[i], own, with);
        assert_true(with > own);
        key_free(&k);
        arena_release(&arena);
    }
}

static unsigned add_all(void)
{
    static const char *const texts[] = {
        "example. DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
        "a.example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
        "b.example. DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
        "c.example. DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
        "d.example. DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
        "d.example. DS 2 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
    };
    struct anchors *a = anchors_new();
    unsigned taken = 0;
    if (a == NULL) {
        return 0;
    }
    taken += anchors_add_builtin(a);
    for (size_t i = 0; i < ROWS(texts); i++) {
        char error[ANCHORS_ERROR_MAX];
        taken += anchors_add_text(a, texts[i], strlen(texts[i]), error);
    }
    for (size_t i = 0; i < anchors_count(a); i++) {
        struct anchor anchor;
        assert_true(anchors_at(a, i, &anchor));
        assert_true(anchor.ds != NULL || anchor.dnskey != NULL); /* no anchor that holds nothing */
    }
    anchors_free(a);
    return taken;
}

static void test_anchors(void **state)
{
    (void)state;
    asked = 0;
    assert_int_equal(add_all(), 7);
    unsigned count = asked;
    for (unsigned n = 1; n <= count; n++) {
        countdown = n;
        assert_true(add_all() < 7);
        countdown = 0;
    }
    print_message("%u allocations\n", count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_anchors),
    };
    if (CRYPTO_set_mem_functions(library_malloc, library_realloc, library_free) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
