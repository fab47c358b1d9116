/*
 * ended_test.c - what is kept beyond its end (cache_keep_ended), and failures that are forgiven
 */
#include "fixture.h"

/* Data number, -1: none; what the probe says of time. */
static int find_ended(struct cache *c, const char *owner, struct now now, uint32_t *ttl_s, uint32_t *age_s)
{
    struct cache_hit hit;
    struct cache_name n = cache_name_of(c, name(owner));
    if (!cache_find_ended(c, &n, CACHE_RRSET, DNS_TYPE_A, now, &hit, age_s)) {
        return -1;
    }
    *ttl_s = hit.ttl_s;
    return hit.negative ? -2 : rrset_first(hit.rrset).data[3];
}

struct age_row {
    uint32_t keep_s, at_s;
    int found;
    uint32_t ttl_s, age_s;
};

/* Of data with a TTL of 60 s, stored at 0. */
static const struct age_row ages[] = {
    {0, 10, 7, 50, 10},   {0, 60, -1, 0, 0},           {0, 61, -1, 0, 0},        {100, 10, 7, 50, 10},
    {100, 59, 7, 1, 59},  {100, 60, 7, 0, 60},         {100, 61, 7, 0, 61},      {100, 160, 7, 0, 160},
    {100, 161, -1, 0, 0}, {86400, 86460, 7, 0, 86460}, {86400, 86461, -1, 0, 0},
};

static void test_ages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ages); i++) {
        const struct age_row *row = &ages[i];
        struct cache *c = cache_of(MIB);
        uint32_t ttl_s = 0, age_s = 0;
        cache_keep_ended(c, row->keep_s);
        put_a(c, "www.test.", 60, 7, RANK_AUTH_ANSWER, at_s(0));
        int found = find_ended(c, "www.test.", at_s(row->at_s), &ttl_s, &age_s);
        if (found != row->found || ttl_s != row->ttl_s || age_s != row->age_s) {
            fail_msg("kept %u s, at %u s: data %d, TTL %u, age %u", row->keep_s, row->at_s, found, ttl_s, age_s);
        }
        assert_int_equal(get_a(c, "www.test.", at_s(row->at_s)), row->ttl_s > 0 ? 7 : -1);
        cache_free(c);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct cache_hit hit;
    uint32_t age_s;
    cache_keep_ended(c, 1000);
    cache_put_nodata(c, name("www.test."), DNS_TYPE_MX, 60, NULL, NULL, 0, &o, at_s(0));
    cache_put_nxdomain(c, name("no.test."), 60, NULL, NULL, 0, &o, at_s(0));
    cache_put_failure(c, name("bad.test."), DNS_TYPE_A, 3, 0, at_s(0));
    struct cache_name www = cache_name_of(c, name("www.test.")), no = cache_name_of(c, name("no.test.")),
                      bad = cache_name_of(c, name("bad.test."));
    assert_true(cache_find_ended(c, &www, CACHE_RRSET, DNS_TYPE_MX, at_s(200), &hit, &age_s));
    assert_true(hit.negative && hit.ttl_s == 0 && age_s == 200);
    assert_true(cache_find_ended(c, &no, CACHE_NXDOMAIN, 0, at_s(200), &hit, &age_s));
    assert_true(hit.negative && hit.kind == CACHE_NXDOMAIN && hit.ttl_s == 0);
    assert_true(cache_find_ended(c, &bad, CACHE_FAILURE, DNS_TYPE_A, at_s(1), &hit, &age_s));
    assert_false(cache_find_ended(c, &bad, CACHE_FAILURE, DNS_TYPE_A, at_s(200), &hit, &age_s));
    /* What has ended gives way to whatever comes. */
    assert_int_equal(put_a(c, "www.test.", 60, 1, RANK_AUTH_ANSWER, at_s(0)), CACHE_STORED);
    assert_int_equal(put_a(c, "www.test.", 60, 2, RANK_NONAUTH_ANSWER, at_s(30)), CACHE_KEPT_OLD);
    assert_int_equal(put_a(c, "www.test.", 60, 3, RANK_NONAUTH_ANSWER, at_s(61)), CACHE_STORED);
    cache_free(c);
}

/* Junk that nobody asks for, until the cache has taken in several times its size. */
static void flood(struct cache *c, unsigned from, struct now now, const char *asked)
{
    char owner[64];
    for (unsigned i = 0; i < 30000; i++) {
        snprintf(owner, sizeof owner, "junk%u.test.", from + i);
        assert_int_not_equal(put_a(c, owner, 3600, 1, RANK_AUTH_ANSWER, now), CACHE_TOO_BIG);
        if (asked != NULL) {
            get_a(c, asked, now);
        }
        if (i % 64 == 0) {
            cache_settle(c);
        }
    }
}

/* When memory is short the ended go, but those that are still asked for stay. */
static void test_pressure(void **state)
{
    (void)state;
    static const struct {
        uint32_t keep_s;
        bool asked;
        int found;
    } rows[] = {{1000, true, 7}, {1000, false, -1}, {0, true, -1}, {50, true, -1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cache *c = cache_of(MIB);
        uint32_t ttl_s, age_s;
        cache_keep_ended(c, rows[i].keep_s);
        put_a(c, "www.test.", 60, 7, RANK_AUTH_ANSWER, at_s(0));
        flood(c, 0, at_s(200), rows[i].asked ? "www.test." : NULL);
        flood(c, 100000, at_s(250), rows[i].asked ? "www.test." : NULL);
        if (find_ended(c, "www.test.", at_s(250), &ttl_s, &age_s) != rows[i].found) {
            fail_msg("row %zu", i);
        }
        assert_true(cache_check(c));
        cache_free(c);
    }
}

/* Ended before, and after, live data that nobody asks for either. */
static void test_ended_go_first(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    char owner[64];
    unsigned live = 0, ended = 0;
    cache_keep_ended(c, 86400);
    for (unsigned i = 0; i < 4000; i++) { /* half of them end; all were asked for while they were good */
        snprintf(owner, sizeof owner, "n%u.test.", i);
        put_a(c, owner, i % 2 == 0 ? 3600 : 10, 1, RANK_AUTH_ANSWER, at_s(0));
        assert_int_equal(get_a(c, owner, at_s(1)), 1);
    }
    flood(c, 0, at_s(100), NULL);
    for (unsigned i = 0; i < 4000; i++) {
        uint32_t ttl_s, age_s;
        snprintf(owner, sizeof owner, "n%u.test.", i);
        bool there = find_ended(c, owner, at_s(100), &ttl_s, &age_s) == 1;
        live += there && i % 2 == 0;
        ended += there && i % 2 == 1;
    }
    if (ended > live) {
        fail_msg("%u live ones are left, and %u ended ones", live, ended);
    }
    cache_free(c);
}

static enum cache_put put_as(struct cache *c, enum cache_security security, uint8_t n, uint64_t at)
{
    struct set_memory m;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, security);
    return cache_put_rrset(c, make_set(&m, "www.test.", DNS_TYPE_A, 60, n, 1), &o, at_s(at));
}

static enum cache_put deny_as(struct cache *c, enum cache_security security, uint64_t at)
{
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, security);
    return cache_put_nxdomain(c, name("www.test."), 60, NULL, NULL, 0, &o, at_s(at));
}

static bool denied(struct cache *c, uint64_t at)
{
    struct cache_hit hit;
    return cache_get_nxdomain(c, name("www.test."), at_s(at), &hit);
}

/* The entry that has ended, what came later, and what is found where: fresh, and for want of better. */
static const struct {
    uint32_t keep_s;
    enum cache_security first, second;
    uint64_t at_s;
    int fresh, ended;
} asides[] = {
    {1000, SEC_SECURE, SEC_UNCHECKED, 100, 8, 7},    {1000, SEC_INSECURE, SEC_UNCHECKED, 100, 8, 7},
    {1000, SEC_UNCHECKED, SEC_UNCHECKED, 100, 8, 8}, {1000, SEC_SECURE, SEC_INSECURE, 100, 8, 8},
    {1000, SEC_SECURE, SEC_SECURE, 100, 8, 8},       {1000, SEC_SECURE, SEC_UNCHECKED, 1061, 8, 8},
    {1000, SEC_SECURE, SEC_UNCHECKED, 60, 8, 7},     {1000, SEC_SECURE, SEC_UNCHECKED, 59, 7, 7},
    {0, SEC_SECURE, SEC_UNCHECKED, 100, 8, -1},
};

static void test_unchecked_stands_aside(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(asides); i++) {
        struct cache *c = cache_of(MIB);
        uint64_t at = asides[i].at_s;
        uint32_t ttl_s, age_s;
        cache_keep_ended(c, asides[i].keep_s);
        assert_int_equal(put_as(c, asides[i].first, 7, 0), CACHE_STORED);
        put_as(c, asides[i].second, 8, at);
        int fresh = get_a(c, "www.test.", at_s(at)), ended = find_ended(c, "www.test.", at_s(at), &ttl_s, &age_s);
        if (fresh != asides[i].fresh || (asides[i].keep_s > 0 && ended != asides[i].ended)) {
            fail_msg("row %zu: data %d, for want of better %d", i, fresh, ended);
        }
        assert_true(cache_check(c));
        cache_free(c);
    }
}

/* It ends like any other, gives way to its like, goes when validated data comes, and with the name when it is flushed.
 */
static void test_aside_goes(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    uint32_t ttl_s, age_s;
    cache_keep_ended(c, 86400);
    put_as(c, SEC_SECURE, 7, 0);
    put_as(c, SEC_UNCHECKED, 8, 100);
    put_as(c, SEC_UNCHECKED, 8, 120); /* renewed */
    assert_int_equal(get_a(c, "www.test.", at_s(179)), 8);
    put_as(c, SEC_UNCHECKED, 9, 170);
    assert_int_equal(get_a(c, "www.test.", at_s(229)), 9);
    assert_int_equal(get_a(c, "www.test.", at_s(230)), -1);
    assert_int_equal(find_ended(c, "www.test.", at_s(230), &ttl_s, &age_s), 7);
    put_as(c, SEC_UNCHECKED, 9, 250);
    put_as(c, SEC_SECURE, 5, 251); /* ends one second after that, which has nothing to say any more */
    assert_int_equal(get_a(c, "www.test.", at_s(252)), 5);
    assert_int_equal(cache_flush(c, name("www.test."), DNS_TYPE_A), 1);
    put_as(c, SEC_SECURE, 5, 300);
    put_as(c, SEC_UNCHECKED, 6, 400);
    assert_int_equal(cache_flush(c, name("www.test."), DNS_TYPE_A), 2);
    assert_int_equal(get_a(c, "www.test.", at_s(401)), -1);
    assert_true(cache_check(c));
    cache_free(c);
}

/* Unchecked data takes no denial away that was validated, but its own like. */
static void test_denials_aside(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_name n = cache_name_of(c, name("www.test."));
    struct cache_hit hit;
    uint32_t age_s;
    cache_keep_ended(c, 86400);
    deny_as(c, SEC_SECURE, 0);
    deny_as(c, SEC_UNCHECKED, 100);
    assert_true(denied(c, 101));
    assert_int_equal(put_as(c, SEC_UNCHECKED, 1, 102), CACHE_STORED);
    assert_false(denied(c, 103));
    assert_true(cache_find_ended(c, &n, CACHE_NXDOMAIN, 0, at_s(103), &hit, &age_s));
    assert_int_equal(hit.origin.security, SEC_SECURE);
    assert_int_equal(put_as(c, SEC_SECURE, 2, 104), CACHE_STORED);
    assert_false(cache_find_ended(c, &n, CACHE_NXDOMAIN, 0, at_s(105), &hit, &age_s));
    cache_free(c);
}

/* When segments are emptied both move, and stay what they are. */
static void test_aside_moves(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    cache_keep_ended(c, 86400);
    put_as(c, SEC_SECURE, 7, 0);
    put_as(c, SEC_UNCHECKED, 8, 100);
    unsigned found = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t ttl_s, age_s;
        flood(c, i * 100000, at_s(101), "www.test.");
        int fresh = get_a(c, "www.test.", at_s(102)), ended = find_ended(c, "www.test.", at_s(102), &ttl_s, &age_s);
        assert_true(ended == 7 || ended == -1);
        assert_true(fresh == 8 || fresh == -1);
        found += ended == 7 && fresh == 8;
    }
    assert_int_equal(found, 4);
    assert_true(cache_check(c));
    cache_free(c);
}

static void test_failures(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    static const uint32_t wait_s[] = {5, 10, 20, 30, 30, 30};
    uint64_t t = 0;
    cache_keep_ended(c, 86400);
    for (size_t i = 0; i < COUNT(wait_s); i++) {
        assert_int_equal(cache_put_failure(c, name("bad.test."), DNS_TYPE_A, 3, 0, at_s(t)), wait_s[i]);
        t += wait_s[i];
    }
    t -= 30;
    assert_true(cache_get_failure(c, name("bad.test."), DNS_TYPE_A, at_s(t + 1), &hit));
    cache_forgive(c, at_s(t + 1));
    assert_false(cache_get_failure(c, name("bad.test."), DNS_TYPE_A, at_s(t + 2), &hit));
    /* What fails later counts again, and the backoff with it. */
    assert_int_equal(cache_put_failure(c, name("bad.test."), DNS_TYPE_A, 3, 0, at_s(t + 3)), 30);
    assert_true(cache_get_failure(c, name("bad.test."), DNS_TYPE_A, at_s(t + 4), &hit));
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ages),        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_pressure),    cmocka_unit_test(test_ended_go_first),
        cmocka_unit_test(test_failures),    cmocka_unit_test(test_unchecked_stands_aside),
        cmocka_unit_test(test_aside_goes),  cmocka_unit_test(test_denials_aside),
        cmocka_unit_test(test_aside_moves),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
