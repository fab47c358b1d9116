/*
 * witness_test.c - which answers are shown to whom, and which are remembered
 */
#include "resolver/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns/types.h"
#include "names.h"
#include "resolver/config/config.h"

#define MINUTE_US (UINT64_C(60) * US_PER_S)

static const struct now later = {.mono_us = MINUTE_US, .wall_s = 1700000000};

static struct client client_of(enum client_kind kind)
{
    struct client c = {.kind = (uint8_t)kind};
    assert_true(addr_scan("192.0.2.7", 53, &c.peer));
    return c;
}

/* Takes all that the ring holds. */
static unsigned taken(struct watch *ring)
{
    unsigned n = 0;
    for (; watch_oldest(ring) != NULL; n++) {
        assert_int_equal(watch_oldest(ring)->at_s, later.wall_s);
        watch_taken(ring);
    }
    return n;
}

struct kept {
    unsigned n;
    struct addr client;
};

static void count_kept(void *arg, const struct recalled *r)
{
    struct kept *k = arg;
    k->n++;
    k->client = r->client;
}

static void test_who_looks(void **state)
{
    (void)state;
    struct watch *ring = watch_new();
    struct witness w = {.log = NULL};
    witness_watch(&w, NULL);
    assert_false(witness_any(&w));
    witness_watch(&w, ring);
    assert_true(witness_any(&w));
    witness_watch(&w, NULL);
    assert_false(witness_any(&w));
    w.written = ring; /* the log goes on when the onlooker leaves */
    witness_watch(&w, NULL);
    assert_true(witness_any(&w));
    watch_free(ring);
}

static void test_hit(void **state)
{
    (void)state;
    static const uint8_t query[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1};
    static const uint8_t answer[] = {0, 7, 0x81, 0x80 | DNS_RCODE_NXDOMAIN, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0, 0,
                                     1, 0, 1};
    const struct answered a = {.data = query, .n = sizeof query, .out = answer, .out_n = sizeof answer};
    struct client client = client_of(CLIENT_UDP);
    struct watch *rings[2] = {watch_new(), watch_new()};
    for (unsigned both = 0; both < 4; both++) {
        struct witness w = {.written = both & 2 ? rings[1] : NULL};
        witness_watch(&w, both & 1 ? rings[0] : NULL);
        witness_hit(&w, &client, &a, later);
        if (both & 1) {
            assert_int_equal(watch_oldest(rings[0])->rcode, DNS_RCODE_NXDOMAIN);
            assert_int_equal(watch_oldest(rings[0])->source, SEEN_HIT);
        }
        assert_int_equal(taken(rings[0]), both & 1);
        assert_int_equal(taken(rings[1]), both >> 1);
    }
    watch_free(rings[0]);
    watch_free(rings[1]);
}

/* Clients on the network are shown; raizd's own questions are not, and the keeper's are not remembered either. What was
 * dropped is neither. */
static void test_answer(void **state)
{
    (void)state;
    static const struct {
        enum client_kind client;
        enum action_kind kind;
        enum failure failure;
        uint64_t took_us;
        unsigned shown, failed, slow;
    } rows[] = {
        {CLIENT_UDP, ACT_ANSWER, FAIL_NONE, 1000, 1, 0, 0},
        {CLIENT_TCP, ACT_ANSWER, FAIL_NONE, 1000, 1, 0, 0},
        {CLIENT_UDP, ACT_ANSWER, FAIL_NO_REACHABLE, 1000, 1, 1, 0},
        {CLIENT_TCP, ACT_ANSWER, FAIL_NONE, RECALL_SLOW_US, 1, 0, 1},
        {CLIENT_UDP, ACT_ANSWER, FAIL_NONE, RECALL_SLOW_US - 1, 1, 0, 0},
        {CLIENT_UDP, ACT_DROP, FAIL_NO_REACHABLE, RECALL_SLOW_US, 0, 0, 0},
        {CLIENT_TRACE, ACT_ANSWER, FAIL_NO_REACHABLE, 1000, 0, 1, 0},
        {CLIENT_TRACE, ACT_ANSWER, FAIL_NONE, 1000, 0, 0, 0},
        {CLIENT_KEEPER, ACT_ANSWER, FAIL_NO_REACHABLE, RECALL_SLOW_US, 0, 0, 0},
    };
    static const uint8_t wire[DNS_HEADER_SIZE] = {0};
    struct dname name = NAME("www.example.");
    for (unsigned i = 0; i < ROWS(rows); i++) {
        struct witness w = {.written = watch_new(), .log = log_new(LOG_INFO)};
        struct client client = client_of(rows[i].client);
        struct action a = {.kind = rows[i].kind,
                           .failure = rows[i].failure,
                           .name = name,
                           .type = DNS_TYPE_A,
                           .since_us = later.mono_us - rows[i].took_us,
                           .wire = wire,
                           .len = sizeof wire};
        struct watch *ring = watch_new();
        witness_watch(&w, ring);
        witness_answer(&w, &client, &a, later);
        if (rows[i].shown > 0) {
            assert_int_equal(watch_oldest(ring)->took_us, rows[i].took_us);
            assert_int_equal(watch_oldest(ring)->source, SEEN_MISS);
        }
        assert_int_equal(taken(ring), rows[i].shown);
        assert_int_equal(taken(w.written), rows[i].shown);
        struct kept failed = {0}, slow = {0};
        recall_each(&w.recall, RECALL_FAILED, name, DNS_TYPE_A, count_kept, &failed);
        recall_each(&w.recall, RECALL_SLOW, name, DNS_TYPE_A, count_kept, &slow);
        assert_int_equal(failed.n, rows[i].failed);
        assert_int_equal(slow.n, rows[i].slow);
        if (failed.n > 0) {
            assert_int_equal(failed.client.family, client_is_remote(&client) ? ADDR_IP4 : ADDR_NONE);
        }
        witness_release(&w);
        watch_free(ring);
        watch_free(w.written);
        log_free(w.log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_looks),
        cmocka_unit_test(test_hit),
        cmocka_unit_test(test_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
