/*
 * ports_test.c - which source ports questions may leave from
 */
#include "resolver/io/ports.h"

#include "support.h"

static bool usable(const struct ports *p, unsigned port)
{
    return (p->avoid[port / 64] >> port % 64 & 1) == 0;
}

static void test_pool(void **state)
{
    (void)state;
    struct ports p;
    ports_init(&p);
    assert_int_equal(p.usable, 65536 - 1024 - 2);
    static const struct {
        unsigned port;
        bool usable;
    } rows[] = {{0, false},    {53, false},  {1023, false},  {1024, true},
                {4791, false}, {4790, true}, {11211, false}, {65535, true}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_int_equal(usable(&p, rows[i].port), rows[i].usable);
    }
    ports_avoid(&p, 5300, 5300);
    ports_avoid(&p, 5300, 5300); /* twice counts once */
    assert_int_equal(p.usable, 65536 - 1024 - 3);
}

static void test_reserved_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t avoided;
    } rows[] = {
        {"\n", true, 0},         {"", true, 0},      {"8080\n", true, 1}, {"8080,9148-9150\n", true, 4},
        {"1-1024", true, 1},     {"65535", true, 1}, {"65536", false, 0}, {"9-8", false, 0},
        {"8080;9000", false, 1}, {"x", false, 0},    {"8080-", false, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct ports p;
        ports_init(&p);
        uint32_t before = p.usable;
        assert_int_equal(ports_avoid_text(&p, rows[i].text), rows[i].good);
        assert_int_equal(before - p.usable, rows[i].avoided);
    }
}

/* T3: every port of the pool comes, none outside it, all equally often (chi-square over 64 cells). */
static void test_uniform(void **state)
{
    (void)state;
    enum { PICKS = 1 << 18, CELLS = 63 }; /* cell 0 of 64 holds the ports below 1024 */
    struct rng_seeded rng;
    struct ports p;
    static unsigned cell[64];
    rng_seeded_init(&rng, 7);
    ports_init(&p);
    for (unsigned i = 0; i < PICKS; i++) {
        uint16_t port = ports_pick(&p, &rng.rng);
        assert_true(usable(&p, port));
        cell[port / 1024]++;
    }
    double chi = 0, expected = (double)PICKS / CELLS;
    for (unsigned i = 1; i < 64; i++) {
        chi += (cell[i] - expected) * (cell[i] - expected) / expected;
    }
    assert_int_equal(cell[0], 0);
    assert_true(chi < 103); /* 62 degrees of freedom: exceeded once in a thousand seeds */
}

static void test_small_pool_is_left_to_the_kernel(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct ports p;
    rng_seeded_init(&rng, 7);
    ports_init(&p);
    ports_avoid(&p, 1024, 65535 - PORTS_POOL_MIN);
    assert_int_equal(p.usable, PORTS_POOL_MIN);
    assert_true(ports_pick(&p, &rng.rng) > 65535 - PORTS_POOL_MIN);
    ports_avoid(&p, 65535, 65535);
    assert_int_equal(ports_pick(&p, &rng.rng), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_reserved_text),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_small_pool_is_left_to_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
