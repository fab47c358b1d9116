/*
 * infra_test.c - round-trip times, timeouts and lameness of servers
 */
#include "fixture.h"

#include "cache/infra.h"

static struct addr server(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 53, &a));
    return a;
}

struct rtt_row {
    uint32_t rtt_us; /* 0: a timeout */
    uint32_t srtt_us, rttvar_us, rto_us;
};

/* RFC 6298 section 2, worked out by hand: srtt' = 7/8 srtt + 1/8 rtt, rttvar' = 3/4 rttvar + 1/4 |srtt - rtt|. */
static const struct rtt_row rtts[] = {
    {0, 376000, 0, 752000},        {0, 376000, 0, 1504000},       {0, 376000, 0, 3000000},
    {0, 376000, 0, 3000000},       {40000, 40000, 20000, 120000}, {40000, 40000, 15000, 100000},
    {80000, 45000, 21250, 130000}, {0, 45000, 21250, 260000},     {0, 45000, 21250, 520000},
    {45000, 45000, 15937, 108748},
};

static void test_rtt(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1");
    struct infra i;
    assert_false(infra_get(c, &a, at_s(0), &i));
    assert_false(i.known);
    assert_int_equal(i.srtt_us, INFRA_RTT_UNKNOWN_US);
    assert_int_equal(i.rto_us, INFRA_RTT_UNKNOWN_US);
    for (size_t k = 0; k < COUNT(rtts); k++) {
        if (rtts[k].rtt_us != 0) {
            infra_answered(c, &a, rtts[k].rtt_us, at_s(k));
        } else {
            infra_timed_out(c, &a, at_s(k).mono_us, at_s(k));
        }
        assert_true(infra_get(c, &a, at_s(k), &i));
        assert_true(i.known);
        if (i.srtt_us != rtts[k].srtt_us || i.rttvar_us != rtts[k].rttvar_us || i.rto_us != rtts[k].rto_us) {
            fail_msg("row %zu: srtt %u rttvar %u rto %u", k, i.srtt_us, i.rttvar_us, i.rto_us);
        }
        assert_int_equal(i.asked, k + 1);
    }
    assert_int_equal(i.answered, 4);
    cache_free(c);
}

/* RFC 6298 section 5.7: what was measured a minute ago says little of now, and gives way to the next measurement. */
static void test_old(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1");
    struct infra i;
    infra_answered(c, &a, 100000, at_s(0));
    infra_answered(c, &a, 20000, at_s(INFRA_OLD_S - 1));
    assert_true(infra_get(c, &a, at_s(INFRA_OLD_S - 1), &i));
    assert_int_equal(i.srtt_us, 90000);
    assert_int_equal(i.idle_s, 0);
    assert_true(infra_get(c, &a, at_s(INFRA_OLD_S + 9), &i));
    assert_int_equal(i.idle_s, 10);
    infra_answered(c, &a, 20000, at_s(2 * INFRA_OLD_S));
    assert_true(infra_get(c, &a, at_s(2 * INFRA_OLD_S), &i));
    assert_int_equal(i.srtt_us, 20000);
    assert_int_equal(i.rttvar_us, 10000);
    infra_timed_out(c, &a, at_s(300).mono_us, at_s(300)); /* it was tried, too */
    assert_true(infra_get(c, &a, at_s(305), &i));
    assert_int_equal(i.idle_s, 5);
    cache_free(c);
}

/* A very near server's timeout does not fall below the floor, a very far one's not above the ceiling. */
static void test_rto_bounds(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr near = server("192.0.2.1"), far = server("192.0.2.2"), odd = server("192.0.2.3");
    struct infra i;
    for (unsigned k = 0; k < 50; k++) {
        infra_answered(c, &near, 100, at_s(0));
        infra_answered(c, &far, 20000000, at_s(0));
        infra_answered(c, &odd, k % 2 ? UINT32_MAX : 0, at_s(0));
    }
    infra_get(c, &near, at_s(0), &i);
    assert_int_equal(i.rto_us, INFRA_RTO_MIN_US);
    infra_get(c, &far, at_s(0), &i);
    assert_int_equal(i.rto_us, INFRA_RTO_MAX_US);
    infra_get(c, &odd, at_s(0), &i);
    assert_int_equal(i.rto_us, INFRA_RTO_MAX_US);
    cache_free(c);
}

/* L33: 64 timeouts in a row, for 60 s; an answer ends it. */
static void test_down(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1");
    struct infra i;
    for (unsigned k = 1; k <= 64; k++) {
        assert_true(!infra_get(c, &a, at_s(0), &i) || i.down_until_us == 0);
        infra_timed_out(c, &a, at_s(0).mono_us, at_s(0));
    }
    infra_get(c, &a, at_s(0), &i);
    assert_int_equal(i.timeouts, 64);
    assert_true(i.down_until_us == at_s(60).mono_us);
    infra_get(c, &a, at_ms(59999), &i);
    assert_true(i.down_until_us != 0);
    infra_get(c, &a, at_s(60), &i);
    assert_true(i.down_until_us == 0);
    infra_timed_out(c, &a, at_s(60).mono_us, at_s(60)); /* the probe failed: down again */
    infra_get(c, &a, at_s(61), &i);
    assert_true(i.down_until_us == at_s(120).mono_us);
    infra_answered(c, &a, 1000, at_s(62));
    infra_get(c, &a, at_s(62), &i);
    assert_true(i.down_until_us == 0);
    assert_int_equal(i.timeouts, 0);
    for (unsigned k = 0; k < 70000; k++) {
        infra_timed_out(c, &a, at_s(62).mono_us, at_s(62));
    }
    infra_get(c, &a, at_s(62), &i);
    assert_int_equal(i.timeouts, UINT16_MAX);
    cache_free(c);
}

/* A busy server stands still for a moment: the questions that wait for it time out together, as one round. */
static void test_hiccup(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1");
    struct infra i;
    infra_answered(c, &a, 1000, at_ms(0));
    for (unsigned round = 1; round <= INFRA_DOWN_ROUNDS; round++) {
        for (unsigned k = 0; k < 400; k++) { /* sent in the last ten milliseconds of the round before */
            infra_get(c, &a, at_ms(100 * round), &i);
            assert_true(i.down_until_us == 0);
            infra_timed_out(c, &a, at_ms(100 * round - 100 + k % 10).mono_us, at_ms(100 * round + k % 10));
            if (round == INFRA_DOWN_ROUNDS) {
                break;
            }
        }
        infra_get(c, &a, at_ms(100 * round), &i);
        assert_int_equal(i.rto_us, INFRA_RTO_MIN_US << round);
    }
    assert_true(i.down_until_us != 0);
    assert_int_equal(i.timeouts, 400 * (INFRA_DOWN_ROUNDS - 1) + 1);
    infra_answered(c, &a, 1000, at_ms(1000));
    infra_get(c, &a, at_ms(1000), &i);
    assert_int_equal(i.rto_us, INFRA_RTO_MIN_US);
    assert_true(i.timeouts == 0 && i.down_until_us == 0);
    cache_free(c);
}

/* Answers prolong what is known, timeouts do not: a server that is mended is found again. */
static void test_keep(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1");
    struct infra i;
    infra_answered(c, &a, 1000, at_s(0));
    infra_answered(c, &a, 1000, at_s(800));
    assert_true(infra_get(c, &a, at_s(1699), &i));
    infra_timed_out(c, &a, at_s(1600).mono_us, at_s(1600));
    assert_true(infra_get(c, &a, at_s(1699), &i));
    assert_false(infra_get(c, &a, at_s(1700), &i));
    assert_int_equal(i.rto_us, INFRA_RTT_UNKNOWN_US);
    infra_timed_out(c, &a, at_s(1700).mono_us, at_s(1700));
    assert_true(infra_get(c, &a, at_s(1700), &i));
    assert_int_equal(i.asked, 1);
    assert_true(cache_check(c));
    cache_free(c);
}

static void test_abilities(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1"), port = server("192.0.2.1:5353"), six = server("2001:db8::1");
    struct infra i;
    infra_set_edns(c, &a, INFRA_EDNS_NONE, at_s(0));
    infra_set_case(c, &a, false, at_s(0));
    infra_set_tcp(c, &a, true, at_s(0));
    assert_true(infra_get(c, &a, at_s(0), &i));
    assert_int_equal(i.edns, INFRA_EDNS_NONE);
    assert_true(i.case_lost && !i.case_kept && i.tcp_works);
    assert_int_equal(i.rto_us, INFRA_RTT_UNKNOWN_US);
    infra_set_case(c, &a, true, at_s(0));
    infra_set_tcp(c, &a, false, at_s(0));
    infra_answered(c, &a, 7000, at_s(0));
    assert_true(infra_get(c, &a, at_s(0), &i));
    assert_int_equal(i.edns, INFRA_EDNS_NONE);
    assert_true(!i.case_lost && i.case_kept && !i.tcp_works);
    assert_false(infra_get(c, &port, at_s(0), &i));
    assert_false(infra_get(c, &six, at_s(0), &i));
    cache_free(c);
}

/* The first failure of TCP after a success is an accident; and who answers over TCP is not marked down for silence. */
static void test_tcp(void **state)
{
    (void)state;
    static const struct {
        const char *heard; /* y: over TCP; n: in vain */
        bool works, in_vain;
    } rows[] = {{"", false, false},   {"y", true, false},  {"n", false, true},    {"yn", false, false},
                {"ynn", false, true}, {"ny", true, false}, {"ynyn", false, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cache *c = cache_of(MIB);
        struct addr a = server("192.0.2.1");
        struct infra known;
        for (const char *p = rows[i].heard; *p != '\0'; p++) {
            infra_set_tcp(c, &a, *p == 'y', at_s(0));
        }
        for (uint32_t k = 0; k < INFRA_DOWN_TIMEOUTS + INFRA_DOWN_ROUNDS; k++) {
            infra_timed_out(c, &a, at_s(k).mono_us, at_s(k));
        }
        infra_get(c, &a, at_s(INFRA_DOWN_TIMEOUTS), &known);
        if (known.tcp_works != rows[i].works || known.tcp_in_vain != rows[i].in_vain ||
            (known.down_until_us == 0) != rows[i].works) {
            fail_msg("row %zu: works %d, in vain %d, down %d", i, known.tcp_works, known.tcp_in_vain,
                     known.down_until_us != 0);
        }
        cache_free(c);
    }
}

static void test_lame(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr a = server("192.0.2.1"), b = server("192.0.2.2");
    assert_int_equal(infra_lame_get(c, &a, name("test."), at_s(0)), INFRA_NOT_LAME);
    infra_lame_put(c, &a, name("Test."), INFRA_REFUSED, 60, at_s(0));
    infra_lame_put(c, &a, name("other."), INFRA_BROKEN, 600, at_s(0));
    assert_int_equal(infra_lame_get(c, &a, name("tesT."), at_s(59)), INFRA_REFUSED);
    assert_int_equal(infra_lame_get(c, &a, name("test."), at_s(60)), INFRA_NOT_LAME);
    assert_int_equal(infra_lame_get(c, &a, name("other."), at_s(60)), INFRA_BROKEN);
    assert_int_equal(infra_lame_get(c, &b, name("test."), at_s(0)), INFRA_NOT_LAME);
    assert_int_equal(infra_lame_get(c, &a, name("a.test."), at_s(0)), INFRA_NOT_LAME);
    infra_lame_put(c, &a, name("test."), INFRA_SERVFAIL, 60, at_s(1));
    assert_int_equal(infra_lame_get(c, &a, name("test."), at_s(1)), INFRA_SERVFAIL);
    infra_lame_put(c, &a, name("test."), INFRA_NOT_LAME, 60, at_s(2));
    assert_int_equal(infra_lame_get(c, &a, name("test."), at_s(2)), INFRA_NOT_LAME);
    struct infra i;
    assert_false(infra_get(c, &a, at_s(0), &i)); /* lameness is no knowledge of the server itself */
    assert_string_equal(infra_lame_text(INFRA_REFUSED), "refused");
    assert_string_equal(infra_lame_text((enum infra_lame)99), "unknown");
    assert_true(cache_check(c));
    cache_free(c);
}

struct seen {
    unsigned count, keep_sum;
    bool each[256];
};

static void see(void *arg, const struct addr *a, const struct infra *i, uint32_t keep_s)
{
    struct seen *s = arg;
    assert_true(i->known);
    assert_false(s->each[a->ip[3]]);
    s->each[a->ip[3]] = true;
    s->count++;
    s->keep_sum += keep_s;
}

static void test_walk_and_forget(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    for (unsigned k = 0; k < 200; k++) {
        char text[32];
        snprintf(text, sizeof text, "192.0.2.%u", k);
        struct addr a = server(text);
        infra_answered(c, &a, 1000, at_s(k < 100 ? 0 : 500));
        infra_lame_put(c, &a, name("test."), INFRA_REFUSED, 3600, at_s(0));
        infra_lame_put(c, &a, name("other."), INFRA_REFUSED, 3600, at_s(0));
    }
    struct seen all = {0}, late = {0}, rest = {0};
    infra_walk(c, at_s(600), see, &all);
    assert_int_equal(all.count, 200);
    assert_int_equal(all.keep_sum, 100 * 300 + 100 * 800);
    infra_walk(c, at_s(901), see, &late);
    assert_int_equal(late.count, 100);
    struct addr a = server("192.0.2.150");
    assert_int_equal(infra_forget(c, &a), 3);
    assert_int_equal(infra_forget(c, &a), 0);
    assert_int_equal(infra_lame_get(c, &a, name("test."), at_s(600)), INFRA_NOT_LAME);
    infra_walk(c, at_s(600), see, &rest);
    assert_int_equal(rest.count, 199);
    assert_false(rest.each[150]);
    assert_int_equal(infra_forget(c, NULL), 597);
    assert_true(cache_check(c));
    cache_free(c);
}

/* Far more servers than there is room for: those in use stay known. */
static void test_flood(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct addr used = server("192.0.2.1");
    struct infra i;
    unsigned known = 0;
    for (unsigned k = 0; k < 20000; k++) {
        struct addr a = {.family = ADDR_IP4, .port = 53, .ip = {10, (uint8_t)(k >> 16), (uint8_t)(k >> 8), (uint8_t)k}};
        infra_timed_out(c, &a, at_s(0).mono_us, at_s(0));
        known += infra_get(c, &used, at_s(0), &i);
        infra_answered(c, &used, 1000, at_s(0));
        if (k % 300 == 0) {
            cache_quiescent();
            cache_settle(c);
        }
    }
    assert_true(known > 19900);
    assert_true(cache_check(c));
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rtt),   cmocka_unit_test(test_rto_bounds),
        cmocka_unit_test(test_down),  cmocka_unit_test(test_hiccup),
        cmocka_unit_test(test_keep),  cmocka_unit_test(test_abilities),
        cmocka_unit_test(test_lame),  cmocka_unit_test(test_walk_and_forget),
        cmocka_unit_test(test_flood), cmocka_unit_test(test_old),
        cmocka_unit_test(test_tcp),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
