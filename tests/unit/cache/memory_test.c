/*
 * memory_test.c - allocations that fail
 *
 * The cache allocates at its start only; afterwards memory is a matter of segments (table_test.c: test_no_memory), but
 * for spans of names that do not exist.
 */
#include "cache/denial.h"
#include "failing_memory.h"
#include "fixture.h"

static void test_start(void **state)
{
    (void)state;
    struct cache_config config = config_of(MIB);
    countdown = asked = 0;
    struct cache *c = cache_new(&config);
    unsigned needed = asked;
    assert_non_null(c);
    assert_true(needed >= 7); /* the cache; each of two tables, its segments, and the list of its lines */
    cache_free(c);
    for (unsigned i = 1; i <= needed; i++) {
        countdown = i;
        assert_null(cache_new(&config));
    }
    countdown = asked = 0;
    c = cache_new(&config);
    assert_non_null(c);
    cache_free(c);
}

/* Once it runs it allocates nothing, whatever is done to it. */
static void test_no_more(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct set_memory m;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct cache_hit hit;
    unsigned before = asked;
    for (unsigned i = 0; i < 20000; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%u.test.", i);
        put_a(c, text, 300, 1, RANK_AUTH_ANSWER, at_s(0));
        cache_put_nxdomain(c, name(text), 60, make_set(&m, "test.", DNS_TYPE_SOA, 60, 1, 1), NULL, 0, &o, at_s(0));
        cache_put_failure(c, name(text), DNS_TYPE_A, 1, 0, at_s(0));
        cache_get(c, name(text), DNS_TYPE_A, at_s(0), &hit);
        cache_quiescent();
    }
    cache_flush_tree(c, name("test."));
    assert_int_equal(asked, before);
    assert_true(cache_check(c));
    cache_free(c);
}

static struct rrset *nsec(struct set_memory *m, const char *owner)
{
    static const uint8_t rdata[] = {1, 'z', 4, 't', 'e', 's', 't', 0, 0, 1, 0x40};
    struct rdata_ref rr = {.data = rdata, .len = sizeof rdata};
    struct rrset *set = (struct rrset *)(void *)m->bytes;
    rrset_fill(set, name(owner), DNS_TYPE_NSEC, 300, &rr, 1, NULL, 0);
    return set;
}

static struct rrset *soa(struct set_memory *m, uint8_t serial)
{
    const uint8_t rdata[22] = {0, 0, 0, 0, 0, serial, [21] = 60};
    struct rdata_ref rr = {.data = rdata, .len = sizeof rdata};
    struct rrset *set = (struct rrset *)(void *)m->bytes;
    rrset_fill(set, name("test."), DNS_TYPE_SOA, 300, &rr, 1, NULL, 0);
    return set;
}

/* Of a zone's first span each of three allocations may fail, of one that brings a new SOA two: then all is as before.
 */
static void test_spans(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct set_memory set, zone;
    struct cache_stats before, after;
    cache_stats(c, &before);
    for (unsigned i = 1; i <= 3; i++) {
        countdown = i;
        assert_int_equal(denial_put(c, name("test."), nsec(&set, "a.test."), soa(&zone, 1), at_s(0)), CACHE_NO_MEMORY);
        cache_stats(c, &after);
        assert_int_equal(after.bytes, before.bytes);
        assert_true(cache_check(c));
    }
    countdown = 4;
    assert_int_equal(denial_put(c, name("test."), nsec(&set, "a.test."), soa(&zone, 1), at_s(0)), CACHE_STORED);
    cache_stats(c, &before);
    for (unsigned i = 1; i <= 2; i++) {
        countdown = i;
        assert_int_equal(denial_put(c, name("test."), nsec(&set, "b.test."), soa(&zone, 2), at_s(0)), CACHE_NO_MEMORY);
        cache_stats(c, &after);
        assert_true(after.bytes == before.bytes && after.spans == 1 && cache_check(c));
    }
    countdown = asked = 0;
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_start), cmocka_unit_test(test_no_more),
                                       cmocka_unit_test(test_spans)};
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
