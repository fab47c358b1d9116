/*
 * fair_test.c - who is refused first: a worker that can do so much, and clients that ask for more
 *
 * The worker of these tests has a second of work for each second, in turns of 10 ms. What does not fit into a turn is
 * lost, though a socket would keep much of it for the next.
 */
#include "resolver/front/fair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof(a)[0])
#define TURN_US 10000
#define PLACES  2048

static const uint8_t key[SIPHASH_KEY_SIZE] = "a key for tests";

/* Somebody who asks `rate` questions a second that cost `cost_us` each. */
struct asker {
    uint8_t net; /* 10.NET.0.x */
    unsigned addresses;
    unsigned rate;
    uint32_t cost_us;
    uint64_t asked, served, refused, dropped, lost;
};

struct bench {
    struct fair fair;
    struct now now;
    uint64_t piles, spare_us; /* work that may be done in this turn */
    unsigned unread;
};

static void bench_begin(struct bench *b, bool on)
{
    *b = (struct bench){.now = {.mono_us = 1000 * US_PER_S}};
    fair_init(&b->fair, on ? meter_new(FAIR_HALF_LIFE_MS, key) : NULL, PLACES);
}

static void bench_end(struct bench *b)
{
    meter_free(b->fair.meter);
}

static void ask(struct bench *b, struct asker *a)
{
    uint8_t ip[4] = {10, a->net, 0, (uint8_t)(a->asked % a->addresses + 1)};
    struct addr client = addr_ip4(ip, 4000);
    a->asked++;
    if (b->spare_us < a->cost_us) { /* nobody has read it */
        b->unread++;
        a->lost++;
        return;
    }
    switch (fair_question(&b->fair, &client, 10, b->now)) {
    case FAIR_SERVE:
        b->spare_us -= a->cost_us;
        a->served++;
        fair_charge(&b->fair, &client, a->cost_us, 20000, b->now);
        break;
    case FAIR_REFUSE:
        b->spare_us -= b->spare_us < FAIR_REFUSED_US ? b->spare_us : FAIR_REFUSED_US;
        a->refused++;
        break;
    case FAIR_DROP:
        a->dropped++;
        break;
    }
}

/* The questions of one turn come in any order. */
static void turn(struct bench *b, struct asker *askers, size_t n, unsigned i)
{
    const unsigned parts = 50, turns = US_PER_S / TURN_US;
    b->spare_us = TURN_US;
    b->unread = 0;
    for (unsigned part = 0; part < parts; part++) {
        for (size_t k = 0; k < n; k++) {
            uint64_t rate = askers[k].rate;
            for (uint64_t q = i * rate / turns; q < (i + 1) * rate / turns; q++) {
                if ((uint32_t)(q * 2654435761u) % 65521 % parts == part) {
                    ask(b, &askers[k]);
                }
            }
        }
    }
    b->piles += b->unread > 0;
    b->now.mono_us += TURN_US;
    struct fair_work work = {.places = 10, .piles = b->piles, .turn_us = TURN_US};
    fair_turn(&b->fair, &work, b->now);
}

static void run(struct bench *b, struct asker *askers, size_t n, unsigned seconds)
{
    for (size_t k = 0; k < n; k++) {
        askers[k].asked = askers[k].served = askers[k].refused = askers[k].dropped = askers[k].lost = 0;
    }
    for (unsigned i = 0; i < seconds * US_PER_S / TURN_US; i++) {
        turn(b, askers, n, i);
    }
}

static unsigned percent(uint64_t part, uint64_t of)
{
    return (unsigned)(part * 100 / of);
}

/* However loud one is, the others are served, and the worker has something to do. */
static void test_loud_and_quiet(void **state)
{
    (void)state;
    static const struct {
        struct asker loud;
        unsigned least; /* percent of the quiet ones' questions that are served, */
        unsigned left;  /* and of the worker's time that the loud one has, who is not shut out */
    } rows[] = {
        {{.net = 1, .addresses = 1, .rate = 20000, .cost_us = 100}, 92, 10},   /* random names */
        {{.net = 1, .addresses = 1, .rate = 2000, .cost_us = 2400}, 92, 10},   /* KeyTrap */
        {{.net = 1, .addresses = 1, .rate = 100000, .cost_us = 60}, 92, 0},    /* refusing takes its time, too */
        {{.net = 1, .addresses = 200, .rate = 20000, .cost_us = 200}, 92, 10}, /* a whole network */
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench b;
        struct asker askers[] = {rows[i].loud,
                                 {.net = 2, .addresses = 50, .rate = 500, .cost_us = 150},
                                 {.net = 3, .addresses = 1, .rate = 5, .cost_us = 300}};
        bench_begin(&b, true);
        run(&b, askers, ROWS(askers), 5); /* it is found out meanwhile */
        run(&b, askers, ROWS(askers), 20);
        for (size_t k = 1; k < ROWS(askers); k++) {
            if (percent(askers[k].served, askers[k].asked) < rows[i].least) {
                fail_msg("row %zu: of %u questions %u were served, %u refused, %u dropped, %u lost", i,
                         (unsigned)askers[k].asked, (unsigned)askers[k].served, (unsigned)askers[k].refused,
                         (unsigned)askers[k].dropped, (unsigned)askers[k].lost);
            }
            assert_int_equal(askers[k].refused + askers[k].dropped, 0);
        }
        if (askers[0].served * rows[i].loud.cost_us < 20 * US_PER_S * rows[i].left / 100) {
            fail_msg("row %zu: the loud one got %u of %u", i, (unsigned)askers[0].served, (unsigned)askers[0].asked);
        }
        assert_true(fair_limits(&b.fair));
        bench_end(&b);
    }
}

/* The same without it, or the test would show nothing. */
static void test_without(void **state)
{
    (void)state;
    struct bench b;
    struct asker askers[] = {{.net = 1, .addresses = 1, .rate = 20000, .cost_us = 100},
                             {.net = 2, .addresses = 50, .rate = 500, .cost_us = 150}};
    bench_begin(&b, false);
    run(&b, askers, ROWS(askers), 20);
    assert_in_range(percent(askers[1].served, askers[1].asked), 0, 60);
    assert_int_equal(askers[0].refused + askers[0].dropped, 0);
    bench_end(&b);
}

/* Whoever is alone may have all there is: nobody gains from its being refused. */
static void test_alone(void **state)
{
    (void)state;
    struct bench b;
    struct asker one = {.net = 1, .addresses = 1, .rate = 30000, .cost_us = 70};
    bench_begin(&b, true);
    run(&b, &one, 1, 20);
    assert_int_equal(one.refused + one.dropped, 0);
    assert_true(one.lost > 0);
    bench_end(&b);
}

/* As long as the worker keeps up nobody is refused, and a while after it did not all is as before. */
static void test_calm(void **state)
{
    (void)state;
    struct bench b;
    struct asker busy[] = {{.net = 1, .addresses = 1, .rate = 7000, .cost_us = 100},
                           {.net = 2, .addresses = 50, .rate = 500, .cost_us = 150}};
    struct asker storm[] = {{.net = 1, .addresses = 1, .rate = 50000, .cost_us = 100},
                            {.net = 2, .addresses = 50, .rate = 500, .cost_us = 150}};
    bench_begin(&b, true);
    run(&b, busy, ROWS(busy), 20);
    assert_int_equal(busy[0].served, busy[0].asked);
    assert_false(fair_limits(&b.fair));
    run(&b, storm, ROWS(storm), 10);
    assert_true(fair_limits(&b.fair));
    run(&b, busy, ROWS(busy), 30);
    assert_false(fair_limits(&b.fair));
    run(&b, busy, ROWS(busy), 10);
    assert_int_equal(busy[0].served, busy[0].asked);
    bench_end(&b);
}

/* What tells that the worker does not keep up: two spans on end, of any of three kinds. */
static void test_signs(void **state)
{
    (void)state;
    static const struct {
        struct fair_work work;
        bool late;
    } rows[] = {
        {{.places = 100, .turn_us = 5000}, false},
        {{.places = 1537, .turn_us = 5000}, true},
        {{.places = 100, .turn_us = 60000}, true},
        {{.places = 100, .turn_us = 5000, .piles = 1}, true}, /* for each turn */
    };
    struct addr client;
    assert_true(addr_scan("10.0.0.1", 4000, &client));
    for (size_t i = 0; i < ROWS(rows); i++) {
        for (unsigned spans = 1; spans <= 3; spans++) {
            struct bench b;
            bench_begin(&b, true);
            struct fair_work work = rows[i].work, calm = {.places = 0};
            fair_charge(&b.fair, &client, 500000, 0, b.now);
            fair_turn(&b.fair, &calm, b.now); /* begins the first span */
            for (unsigned turns = 0; turns < spans * FAIR_SPAN_US / TURN_US; turns++) {
                fair_question(&b.fair, &client, 10, b.now);
                b.now.mono_us += TURN_US;
                work.piles += rows[i].work.piles;
                fair_turn(&b.fair, &work, b.now);
            }
            assert_int_equal(fair_limits(&b.fair), rows[i].late && spans >= 2);
            bench_end(&b);
        }
    }
}

/* Places are taken in no time: the last half is kept from who takes most, at once, unless nobody else asks. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        unsigned loud, quiet; /* that ask; 1,000 questions of each loud one */
        unsigned places;
        enum fair_verdict expected; /* of a loud one */
    } rows[] = {
        {1, 1, 1024, FAIR_SERVE},  {1, 1, 1025, FAIR_REFUSE}, {1, 0, 2047, FAIR_SERVE},   {3, 1, 1300, FAIR_SERVE},
        {3, 1, 1400, FAIR_REFUSE}, {20, 1, 1900, FAIR_SERVE}, {20, 1, 1960, FAIR_REFUSE}, {20, 1, 3000, FAIR_REFUSE},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench b;
        struct addr client, quiet;
        bench_begin(&b, true);
        assert_true(addr_scan("10.99.0.1", 4000, &quiet));
        for (unsigned k = 0; k < rows[i].loud; k++) {
            uint8_t ip[4] = {10, (uint8_t)k, 0, 1};
            client = addr_ip4(ip, 4000);
            for (unsigned q = 0; q < 1000; q++) {
                assert_int_equal(fair_question(&b.fair, &client, 10, b.now), FAIR_SERVE);
            }
        }
        for (unsigned k = 0; k < rows[i].quiet; k++) {
            assert_int_equal(fair_question(&b.fair, &quiet, rows[i].places, b.now), FAIR_SERVE);
        }
        if (fair_question(&b.fair, &client, rows[i].places, b.now) != rows[i].expected) {
            fail_msg("row %zu", i);
        }
        bench_end(&b);
    }
}

/* A place that is held is a part of the worker; the usual is charged at once, and what came for nothing is not. */
static void test_charges(void **state)
{
    (void)state;
    static const struct {
        uint32_t cost_us;
        uint64_t held_us;
        uint32_t expected_us;
    } rows[] = {{0, 0, 100}, {90, 1000, 100}, {2500, 0, 2500}, {0, 8000000, 3906}, {10000, 8000000, 13906}};
    struct addr client;
    assert_true(addr_scan("10.0.0.1", 4000, &client));
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench b;
        bench_begin(&b, true);
        fair_question(&b.fair, &client, 10, b.now);
        fair_charge(&b.fair, &client, rows[i].cost_us, rows[i].held_us, b.now);
        assert_int_equal(meter_add(b.fair.meter, &client, 0, 0, b.now).own, rows[i].expected_us);
        bench_end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loud_and_quiet), cmocka_unit_test(test_without), cmocka_unit_test(test_alone),
        cmocka_unit_test(test_calm),           cmocka_unit_test(test_signs),   cmocka_unit_test(test_charges),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
