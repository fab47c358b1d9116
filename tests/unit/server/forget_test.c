/*
 * forget_test.c - what is noted is forgotten, turn by turn, and nothing else
 */
#include "resolver/forget.h"

#include <stdio.h>

#include "names.h"

#define NAMES 20000

static const struct now early = {.mono_us = US_PER_S, .wall_s = 1700000000};

static struct dname number(unsigned zone, unsigned i, struct dname_buf *buf)
{
    char text[64];
    snprintf(text, sizeof text, "n%u.zone%u.test.", i, zone);
    return name_in(text, buf);
}

/* Failures: each is an entry, and needs nothing else. */
static struct cache *filled(unsigned zones)
{
    struct cache_config config = {.size_bytes = 64 << 20};
    struct cache *c = cache_new(&config);
    struct dname_buf buf;
    assert_non_null(c);
    for (unsigned zone = 0; zone < zones; zone++) {
        for (unsigned i = 0; i < NAMES; i++) {
            assert_int_not_equal(cache_put_failure(c, number(zone, i, &buf), DNS_TYPE_A, 1, 0, early), 0);
        }
    }
    return c;
}

static unsigned count(struct cache *c, unsigned zone)
{
    unsigned n = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        struct dname_buf buf;
        struct cache_hit hit;
        struct cache_name name = cache_name_of(c, number(zone, i, &buf));
        n += cache_find_failure(c, &name, DNS_TYPE_A, early, &hit);
    }
    return n;
}

static unsigned turns(struct forget *f)
{
    unsigned n = 1;
    while (forget_more(f)) {
        n++;
        cache_quiescent();
    }
    return n;
}

static void test_many(void **state)
{
    (void)state;
    struct cache *c = filled(4);
    struct forget f;
    forget_init(&f, c);
    assert_false(forget_wants(&f));
    assert_false(forget_more(&f));
    assert_int_equal(count(c, 0), NAMES);
    for (unsigned i = 0; i < 40; i++) { /* again and again, and what lies below */
        struct dname_buf buf;
        forget_below(&f, i % 2 == 0 ? NAME("zone1.test.") : number(1, i, &buf));
        forget_below(&f, NAME("zone3.test."));
    }
    assert_true(forget_wants(&f));
    assert_int_equal(count(c, 1), NAMES); /* not before its turn */
    assert_true(turns(&f) > 5);
    assert_false(forget_wants(&f));
    static const unsigned left[] = {NAMES, 0, NAMES, 0};
    for (unsigned zone = 0; zone < 4; zone++) {
        assert_int_equal(count(c, zone), left[zone]);
    }
    forget_release(&f);
    cache_free(c);
}

/* What is noted while something else is under way is forgotten after it. */
static void test_meanwhile(void **state)
{
    (void)state;
    struct cache *c = filled(2);
    struct forget f;
    forget_init(&f, c);
    forget_below(&f, NAME("zone0.test."));
    assert_true(forget_more(&f));
    assert_int_equal(count(c, 1), NAMES);
    forget_below(&f, NAME("zone1.test."));
    assert_true(turns(&f) > 5);
    assert_int_equal(count(c, 0), 0);
    assert_int_equal(count(c, 1), 0);
    forget_release(&f);
    cache_free(c);
}

static void test_in_the_end(void **state)
{
    (void)state;
    struct cache *c = filled(2);
    struct forget f;
    forget_init(&f, c);
    forget_below(&f, NAME("zone0.test."));
    assert_true(forget_more(&f));
    forget_below(&f, NAME("n7.zone1.test."));
    forget_all(&f);
    assert_false(forget_wants(&f));
    assert_int_equal(count(c, 0), 0);
    assert_int_equal(count(c, 1), NAMES - 1);
    forget_below(&f, dname_root());
    assert_true(forget_more(&f));
    forget_release(&f); /* in the midst of it */
    assert_false(forget_wants(&f));
    cache_free(c);
}

static int begin(void **state)
{
    (void)state;
    cache_thread_begin();
    return 0;
}

static int end(void **state)
{
    (void)state;
    cache_thread_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many), cmocka_unit_test(test_meanwhile),
                                       cmocka_unit_test(test_in_the_end)};
    return cmocka_run_group_tests(tests, begin, end);
}
