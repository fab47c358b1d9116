/*
 * backlog_test.c - queries that wait are begun in the order in which they came, and no more than so many wait
 */
#include "resolver/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct mail *query(uint64_t id)
{
    static const struct request request; /* the root's name */
    struct client client = {.kind = CLIENT_UDP, .id = id};
    return mail_query_new(&client, &request, 0);
}

static void test_order(void **state)
{
    (void)state;
    struct backlog b;
    uint64_t in = 0, out = 0;
    backlog_init(&b);
    assert_null(backlog_take(&b));
    for (unsigned round = 1; round < 50; round++) { /* empty again and again, and between */
        for (unsigned i = 0; i < round; i++) {
            assert_true(backlog_put(&b, query(in++)));
        }
        for (unsigned i = 0; i < round && (round % 7 == 0 || i + 1 < round); i++) {
            struct mail_query *q = backlog_take(&b);
            assert_int_equal(q->client.id, out++);
            free(q);
        }
        assert_int_equal(b.n, in - out);
    }
    backlog_clear(&b);
    assert_int_equal(b.n, 0);
    assert_null(backlog_take(&b));
    assert_true(backlog_put(&b, query(7)));
    assert_int_equal(b.waited, in + 1);
    backlog_clear(&b);
}

static void test_full(void **state)
{
    (void)state;
    struct backlog b;
    backlog_init(&b);
    for (unsigned i = 0; i < BACKLOG_MAX; i++) {
        assert_true(backlog_put(&b, query(i)));
    }
    struct mail *more = query(BACKLOG_MAX);
    assert_false(backlog_put(&b, more));
    assert_false(backlog_put(&b, NULL)); /* out of memory */
    assert_int_equal(b.n, BACKLOG_MAX);
    assert_int_equal(b.waited, BACKLOG_MAX);
    free(backlog_take(&b));
    assert_true(backlog_put(&b, more));
    backlog_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
