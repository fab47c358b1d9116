/*
 * A zone's keys by its DS or an anchor: downgrades (T76), SHA-1 (T77), what is told.
 */
#include "fixture.h"

/* ---- DS and DNSKEY ---- */

enum ds_kind { DS_GOOD, DS_WRONG, DS_ALGORITHM, DS_DIGEST, DS_SHA1, DS_SHA1_WRONG, DS_SHA384, DS_KINDS };
enum sig_kind { SIG_GOOD, SIG_BAD, SIG_UNKNOWN, SIG_EXPIRED, SIG_BY_OTHER, SIG_KINDS };

/* RFC 4035 section 5.2, RFC 4509 section 3, RFC 6840 section 5: what the whole matrix of DS and signatures means. */
static enum dnssec_verdict meaning(unsigned ds, unsigned sigs, bool sha1)
{
    bool better = (ds & (1u << DS_GOOD | 1u << DS_WRONG | 1u << DS_SHA384)) != 0;
    unsigned heeded = ds & ~(1u << DS_ALGORITHM | 1u << DS_DIGEST);
    if (better || !sha1) {
        heeded &= ~(1u << DS_SHA1 | 1u << DS_SHA1_WRONG);
    }
    if (heeded == 0) {
        return DNSSEC_UNSUPPORTED;
    }
    bool named = (heeded & (1u << DS_GOOD | 1u << DS_SHA1 | 1u << DS_SHA384)) != 0;
    return named && (sigs & 1u << SIG_GOOD) != 0 ? DNSSEC_GOOD : DNSSEC_BAD;
}

static void make_ds(struct fixture *f, struct rdata_ref out[DS_KINDS])
{
    struct rdata_ref key = key_ref(&f->key[13]);
    for (unsigned i = 0; i < DS_KINDS; i++) {
        static const uint8_t digest[DS_KINDS] = {
            [DS_GOOD] = 2, [DS_WRONG] = 2,      [DS_ALGORITHM] = 2, [DS_DIGEST] = 3,
            [DS_SHA1] = 1, [DS_SHA1_WRONG] = 1, [DS_SHA384] = 4};
        out[i] = ds_of(&f->arena, "example.", key, digest[i]);
        uint8_t *octets = (uint8_t *)(uintptr_t)out[i].data;
        if (i == DS_WRONG || i == DS_SHA1_WRONG) {
            octets[10] ^= 1;
        } else if (i == DS_ALGORITHM) {
            octets[2] = 99;
        }
    }
}

static void make_sigs(struct fixture *f, const struct rrset *dnskey, struct rdata_ref out[SIG_KINDS])
{
    struct how how = HOW("example."), late = how, unknown = how;
    late.expiration = NOW - 1;
    unknown.algorithm = 99;
    out[SIG_GOOD] = sign(&f->arena, dnskey, &f->key[13], &how);
    out[SIG_BAD] = (struct rdata_ref){.data = arena_dup(&f->arena, out[SIG_GOOD].data, out[SIG_GOOD].len),
                                      .len = out[SIG_GOOD].len};
    ((uint8_t *)(uintptr_t)out[SIG_BAD].data)[40] ^= 1;
    out[SIG_UNKNOWN] = sign(&f->arena, dnskey, &f->key[13], &unknown);
    out[SIG_EXPIRED] = sign(&f->arena, dnskey, &f->key[13], &late);
    out[SIG_BY_OTHER] = sign(&f->arena, dnskey, &f->key[15], &how);
}

/* T76: every set of DS with every set of signatures: insecure only where no DS is to be heeded, good only by a key that
 * one names. */
static void test_downgrade(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref ds[DS_KINDS], sig[SIG_KINDS], keys[] = {key_ref(&f->key[15]), key_ref(&f->key[13])};
    struct rrset *dnskey = keys_set(&f->arena, "example.", keys, 2);
    unsigned cases = 0;
    make_ds(f, ds);
    make_sigs(f, dnskey, sig);
    for (unsigned choice = 0; choice < 2u << (DS_KINDS + SIG_KINDS); choice++) {
        unsigned with_ds = choice & ((1u << DS_KINDS) - 1), with_sig = choice >> DS_KINDS & ((1u << SIG_KINDS) - 1);
        struct dnssec_policy p = {.sha1 = choice >> (DS_KINDS + SIG_KINDS) != 0};
        struct rdata_ref d[DS_KINDS], s[SIG_KINDS];
        uint16_t ds_count = 0, sig_count = 0;
        for (unsigned i = 0; i < DS_KINDS; i++) {
            if ((with_ds >> i & 1) != 0) {
                d[ds_count++] = ds[i];
            }
        }
        for (unsigned i = SIG_KINDS; i-- > 0;) { /* the good one last */
            if ((with_sig >> i & 1) != 0) {
                s[sig_count++] = sig[i];
            }
        }
        struct arena a;
        arena_init(&a, NULL, 0, 1 << 16);
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify_dnskey(set_signed(&a, dnskey, s, sig_count), ds_set(&a, "example.", d, ds_count), &p, NOW, &work,
                             &check);
        enum dnssec_verdict want = meaning(with_ds, with_sig, p.sha1);
        bool bogus = check.verdict != DNSSEC_GOOD && check.verdict != DNSSEC_UNSUPPORTED;
        if (want == DNSSEC_BAD ? !bogus : check.verdict != want) {
            fail_msg("DS %02x, signatures %02x: %s", with_ds, with_sig, dnssec_verdict_text(check.verdict));
        }
        arena_release(&a);
        cases++;
    }
    print_message("%u combinations of DS and signatures\n", cases);
}

static void check_dnskey_tells(struct fixture *f, const char *what, const struct rdata_ref *ds, uint16_t ds_count,
                               const struct rdata_ref *sigs, uint16_t sig_count, enum dnssec_verdict want)
{
    struct rdata_ref keys[] = {key_ref(&f->key[15]), key_ref(&f->key[13])};
    struct rrset *dnskey = set_signed(&f->arena, keys_set(&f->arena, "example.", keys, 2), sigs, sig_count);
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", ds, ds_count), &all, NOW, &work, &check);
    assert_verdict(check.verdict, want, what);
    assert_int_equal(check.key_tag, dnssec_key_tag(keys[1].data, keys[1].len));
    assert_int_equal(check.algorithm, 13);
}

/* What the client is told. */
static void test_dnskey_tells(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref ds[DS_KINDS], sig[SIG_KINDS], keys[] = {key_ref(&f->key[15]), key_ref(&f->key[13])};
    make_ds(f, ds);
    make_sigs(f, keys_set(&f->arena, "example.", keys, 2), sig);
    struct rdata_ref expired_and_unknown[] = {sig[SIG_UNKNOWN], sig[SIG_EXPIRED], sig[SIG_BY_OTHER]};
    check_dnskey_tells(f, "the DS names no key", &ds[DS_WRONG], 1, &sig[SIG_GOOD], 1, DNSSEC_NO_KEY);
    check_dnskey_tells(f, "the set is not signed", &ds[DS_GOOD], 1, NULL, 0, DNSSEC_NO_SIGNATURE);
    check_dnskey_tells(f, "expired", &ds[DS_GOOD], 1, expired_and_unknown, 3, DNSSEC_EXPIRED);
    check_dnskey_tells(f, "does not match", &ds[DS_GOOD], 1, &sig[SIG_BAD], 1, DNSSEC_BAD);
    check_dnskey_tells(f, "good", &ds[DS_GOOD], 1, &sig[SIG_GOOD], 1, DNSSEC_GOOD);
}

/* A digest of another length, or of another algorithm's key. */
static void test_ds_shapes(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref kinds[DS_KINDS], key = key_ref(&f->key[13]);
    make_ds(f, kinds);
    struct how how = HOW("example.");
    struct rrset *dnskey = signed_by(&f->arena, keys_set(&f->arena, "example.", &key, 1), &f->key[13], &how);
    for (unsigned len = 0; len < 60; len++) {
        static uint8_t octets[60];
        memset(octets, 0, sizeof octets);
        memcpy(octets, kinds[DS_GOOD].data, len < kinds[DS_GOOD].len ? len : kinds[DS_GOOD].len);
        struct rdata_ref ds = {.data = octets, .len = (uint16_t)len};
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &all, NOW, &work, &check);
        assert_verdict(check.verdict,
                       len <= 4    ? DNSSEC_UNSUPPORTED
                       : len == 36 ? DNSSEC_GOOD
                                   : DNSSEC_NO_KEY,
                       "length of a DS");
    }
    ((uint8_t *)(uintptr_t)kinds[DS_GOOD].data)[2] = 15;
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &kinds[DS_GOOD], 1), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_NO_KEY, "DS of another algorithm");
}

/* A trust anchor may be the key itself. */
static void test_dnskey_anchor(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref keys[] = {key_ref(&f->key[15]), key_ref(&f->key[13])};
    struct rrset *dnskey = keys_set(&f->arena, "example.", keys, 2);
    struct how how = HOW("example.");
    struct dnssec_work work = {0};
    struct dnssec_check check;
    struct rrset *by_13 = signed_by(&f->arena, dnskey, &f->key[13], &how);
    dnssec_verify_dnskey(by_13, keys_set(&f->arena, "example.", &keys[1], 1), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_GOOD, "the anchor signed");
    dnssec_verify_dnskey(by_13, keys_set(&f->arena, "example.", &keys[0], 1), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_NO_KEY, "the anchor did not sign");
    dnssec_verify_dnskey(by_13, keys_set(&f->arena, "example.", keys, 2), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_GOOD, "one of two anchors signed");
    struct key stranger = f->key[13];
    stranger.rdata[20] ^= 1;
    struct rdata_ref strange = key_ref(&stranger);
    dnssec_verify_dnskey(by_13, keys_set(&f->arena, "example.", &strange, 1), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_NO_KEY, "the anchor is not there");
    stranger.rdata[3] = 99;
    dnssec_verify_dnskey(by_13, keys_set(&f->arena, "example.", &strange, 1), &all, NOW, &work, &check);
    assert_verdict(check.verdict, DNSSEC_UNSUPPORTED, "the anchor's algorithm is not known");
}

/* L14: of many DS the first eight count. */
static void test_many_ds(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref kinds[DS_KINDS], ds[10], keys[] = {key_ref(&f->key[13])};
    make_ds(f, kinds);
    struct how how = HOW("example.");
    struct rrset *dnskey = signed_by(&f->arena, keys_set(&f->arena, "example.", keys, 1), &f->key[13], &how);
    for (unsigned at = 0; at < ROWS(ds); at++) {
        for (unsigned i = 0; i < ROWS(ds); i++) {
            ds[i] = kinds[i == at ? DS_GOOD : DS_WRONG];
        }
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", ds, ROWS(ds)), &all, NOW, &work, &check);
        assert_verdict(check.verdict, at < DNSSEC_DS_MAX ? DNSSEC_GOOD : DNSSEC_NO_KEY, "good DS among wrong ones");
    }
}

/* ---- T77: SHA-1 ---- */

static void test_sha1(void **state)
{
    static const struct dnssec_policy none = {.sha1 = false};
    struct fixture *f = *state;
    for (uint8_t algorithm = 0; algorithm < 20; algorithm++) {
        bool known = memchr(algorithms, algorithm, sizeof algorithms) != NULL;
        assert_int_equal(dnssec_algorithm_supported(&all, algorithm), known);
        assert_int_equal(dnssec_algorithm_supported(&none, algorithm), known && algorithm != 5 && algorithm != 7);
    }
    for (unsigned n = 20; n < 256; n++) {
        assert_false(dnssec_algorithm_supported(&all, (uint8_t)n));
    }
    for (unsigned n = 0; n < 256; n++) {
        assert_int_equal(dnssec_digest_supported(&all, (uint8_t)n), n == 1 || n == 2 || n == 4);
        assert_int_equal(dnssec_digest_supported(&none, (uint8_t)n), n == 2 || n == 4);
    }
    for (uint8_t algorithm = 5; algorithm <= 7; algorithm += 2) {
        struct rdata_ref ref = key_ref(&f->key[algorithm]), ds = ds_of(&f->arena, "example.", ref, 2);
        struct how how = HOW("example.");
        struct rrset *dnskey = signed_by(&f->arena, keys_set(&f->arena, "example.", &ref, 1), &f->key[algorithm], &how);
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &all, NOW, &work, &check);
        assert_verdict(check.verdict, DNSSEC_GOOD, "SHA-1 allowed");
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &none, NOW, &work, &check);
        assert_verdict(check.verdict, DNSSEC_UNSUPPORTED, "SHA-1 not wanted");
        struct dnssec_policy refused = {.sha1 = true, .refused = UINT32_C(1) << algorithm};
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &refused, NOW, &work, &check);
        assert_verdict(check.verdict, DNSSEC_UNSUPPORTED, "SHA-1 refused by the library");
        struct dnssec_keys *keys = dnssec_keys_new(dnskey, &none);
        assert_false(dnssec_keys_any(keys));
        dnssec_keys_free(keys);
    }
}

/* The library as it is checks all; one that is configured to refuse makes zones insecure, not bogus. */
static void test_library(void **state)
{
    struct fixture *f = *state;
    struct dnssec_policy p = dnssec_policy_of(true);
    assert_int_equal(p.refused, 0);
    assert_true(p.sha1);
    assert_false(dnssec_policy_of(false).sha1);

    struct rdata_ref ref = key_ref(&f->key[13]), ds = ds_of(&f->arena, "example.", ref, 2);
    struct how how = HOW("example.");
    struct rrset *dnskey = signed_by(&f->arena, keys_set(&f->arena, "example.", &ref, 1), &f->key[13], &how);
    assert_int_equal(EVP_set_default_properties(NULL, "fips=yes"), 1); /* nobody provides that here */
    p = dnssec_policy_of(true);
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &p, NOW, &work, &check);
    assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        assert_false(dnssec_algorithm_supported(&p, algorithms[i]));
    }
    assert_verdict(check.verdict, DNSSEC_UNSUPPORTED, "nothing is supported");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(downgrade), TEST(dnskey_tells), TEST(ds_shapes), TEST(dnskey_anchor),
        TEST(many_ds),   TEST(sha1),         TEST(library),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
