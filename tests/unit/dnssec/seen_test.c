/*
 * Signatures that were good before: what is remembered, what is not, and that all else is looked at each time.
 */
#include "fixture.h"
#include "resolver/dnssec/seen.h"

static struct dnssec_check verify_at(const struct rrset *set, const struct dnssec_keys *keys, int64_t wall_s,
                                     struct dnssec_work *work)
{
    struct dnssec_check check;
    dnssec_verify(set, keys, &all, wall_s, work, &check);
    return check;
}

static void test_second_check_is_free(void **state)
{
    struct fixture *f = *state;
    struct dnssec_seen *seen = dnssec_seen_new();
    assert_non_null(seen);
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *k = &f->key[algorithms[i]];
        struct how how = HOW("example.");
        const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), k, &how);
        struct dnssec_work first = {.seen = seen}, second = {.seen = seen};
        struct dnssec_keys *keys = one_key(f, "example.", k);
        struct dnssec_check a = verify_at(set, keys, NOW, &first);
        dnssec_keys_free(keys);
        keys = one_key(f, "example.", k); /* the same key, read again */
        struct dnssec_check b = verify_at(set, keys, NOW, &second);
        dnssec_keys_free(keys);
        assert_verdict(a.verdict, DNSSEC_GOOD, "first");
        assert_verdict(b.verdict, DNSSEC_GOOD, "second");
        assert_int_equal(first.verifies, 1);
        assert_int_equal(second.verifies, 0);
        assert_int_equal(second.cost, 0);
        assert_int_equal(a.valid_s, b.valid_s);
        assert_int_equal(a.key_tag, b.key_tag);
        assert_int_equal(a.labels, b.labels);
    }
    dnssec_seen_free(seen);
}

static void test_times_count_each_time(void **state)
{
    struct fixture *f = *state;
    struct dnssec_seen *seen = dnssec_seen_new();
    struct dnssec_work work = {.seen = seen};
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
    struct how how = HOW("example.");
    const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[13], &how);
    assert_verdict(verify_at(set, keys, NOW, &work).verdict, DNSSEC_GOOD, "now");
    assert_verdict(verify_at(set, keys, NOW + 3601, &work).verdict, DNSSEC_EXPIRED, "later");
    assert_verdict(verify_at(set, keys, NOW - 3601, &work).verdict, DNSSEC_NOT_YET_VALID, "before");
    assert_int_equal(verify_at(set, keys, NOW + 3600, &work).valid_s, 0);
    dnssec_keys_free(keys);
    dnssec_seen_free(seen);
}

/* Each difference is a check of its own, and what failed fails again, counted. */
static void test_only_the_same(void **state)
{
    struct fixture *f = *state;
    struct dnssec_seen *seen = dnssec_seen_new();
    const struct key *k = &f->key[8];
    struct dnssec_keys *keys = one_key(f, "example.", k);
    struct how how = HOW("example.");
    struct rrset *set = addresses(f, "www.example.");
    struct rdata_ref sig = sign(&f->arena, set, k, &how);
    struct dnssec_work work = {.seen = seen};
    assert_verdict(verify_at(set_signed(&f->arena, set, &sig, 1), keys, NOW, &work).verdict, DNSSEC_GOOD, "as signed");
    uint8_t *octets = arena_dup(&f->arena, sig.data, sig.len);
    octets[sig.len - 1] ^= 1;
    struct rdata_ref changed = {.data = octets, .len = sig.len};
    for (unsigned i = 0; i < 2; i++) {
        assert_verdict(verify_at(set_signed(&f->arena, set, &changed, 1), keys, NOW, &work).verdict, DNSSEC_BAD,
                       "other signature");
        assert_int_equal(work.failures, i + 1);
    }
    assert_verdict(verify_at(set_signed(&f->arena, addresses(f, "wwx.example."), &sig, 1), keys, NOW, &work).verdict,
                   DNSSEC_BAD, "other name");
    assert_int_equal(work.verifies, 4);
    dnssec_keys_free(keys);

    struct key other;
    key_make(&other, 8, 256);
    keys = one_key(f, "example.", &other);
    how.tag = dnssec_key_tag(k->rdata, k->len);
    work = (struct dnssec_work){.seen = seen};
    assert_verdict(verify_at(set_signed(&f->arena, set, &sig, 1), keys, NOW, &work).verdict, DNSSEC_NO_KEY,
                   "other key, whose tag differs");
    dnssec_keys_free(keys);
    key_free(&other);
    dnssec_seen_free(seen);
}

/* A budget that is used up is not got around by what is remembered. */
static void test_limits_come_first(void **state)
{
    struct fixture *f = *state;
    struct dnssec_seen *seen = dnssec_seen_new();
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
    struct how how = HOW("example.");
    const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[13], &how);
    struct dnssec_work work = {.seen = seen};
    assert_verdict(verify_at(set, keys, NOW, &work).verdict, DNSSEC_GOOD, "first");
    work.failures = DNSSEC_FAILURES_MAX;
    assert_verdict(verify_at(set, keys, NOW, &work).verdict, DNSSEC_TOO_MUCH_WORK, "used up");
    dnssec_keys_free(keys);
    dnssec_seen_free(seen);
}

/* What went in, part by part: moving an octet from one part to the next makes another check. */
static void test_parts_are_apart(void **state)
{
    static const uint8_t octets[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct seen_check check[3];
    struct dnssec_seen *seen = dnssec_seen_new();
    (void)state;
    for (uint16_t i = 0; i < 3; i++) {
        struct rdata_ref key = {octets, (uint16_t)(2 + (i == 1))};
        struct rdata_ref sig = {octets + key.len, (uint16_t)(2 + (i == 2))};
        size_t at = (size_t)key.len + sig.len;
        assert_true(dnssec_seen_check(key, sig, octets + at, sizeof octets - at, &check[i]));
        assert_false(dnssec_seen_has(seen, &check[i]));
        dnssec_seen_add(seen, &check[i]);
        assert_true(dnssec_seen_has(seen, &check[i]));
    }
    dnssec_seen_free(seen);
}

/* New ones push out the oldest of their group, and no others. */
static void test_full(void **state)
{
    struct dnssec_seen *seen = dnssec_seen_new();
    struct seen_check check = {{9, 9, 9, 9}}, apart = {{8, 9, 9, 9}};
    unsigned kept = 0;
    (void)state;
    dnssec_seen_add(seen, &apart);
    for (uint8_t i = 1; i <= 100; i++) {
        check.digest[31] = i;
        dnssec_seen_add(seen, &check);
        assert_true(dnssec_seen_has(seen, &check));
    }
    for (uint8_t i = 1; i <= 100; i++) {
        check.digest[31] = i;
        bool has = dnssec_seen_has(seen, &check);
        assert_int_equal(has, i > 92);
        kept += has;
    }
    assert_int_equal(kept, 8);
    assert_true(dnssec_seen_has(seen, &apart));
    dnssec_seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(second_check_is_free), TEST(times_count_each_time), TEST(only_the_same),
        TEST(limits_come_first),    TEST(parts_are_apart),       TEST(full),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
