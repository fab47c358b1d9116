/*
 * poller_test.c - closing takes effect at once, also for events already fetched
 */
#include "resolver/io/poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

struct pair {
    struct poll_source source; /* first */
    struct poller *poller;
    int other;
    unsigned calls;
    struct pair *closes; /* when it is ready */
};

static void on_ready(struct poll_source *s, uint32_t events)
{
    struct pair *p = (struct pair *)s;
    assert_true((events & (EPOLLIN | EPOLLOUT)) != 0);
    p->calls++;
    if (p->closes != NULL) {
        poller_close(p->poller, &p->closes->source);
        p->closes = NULL;
    }
}

static void pair_open(struct pair *p, struct poller *poller, uint32_t events)
{
    int fd[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    *p = (struct pair){.source.ready = on_ready, .poller = poller, .other = fd[1]};
    assert_true(poller_add(poller, &p->source, fd[0], events));
}

static void test_events(void **state)
{
    (void)state;
    struct poller poller;
    struct pair p;
    assert_true(poller_init(&poller));
    pair_open(&p, &poller, EPOLLIN);
    poller_run(&poller);
    assert_int_equal(p.calls, 0);
    assert_int_equal(write(p.other, "x", 1), 1);
    poller_run(&poller);
    poller_run(&poller); /* level-triggered */
    assert_int_equal(p.calls, 2);
    poller_change(&poller, &p.source, 0);
    poller_run(&poller);
    assert_int_equal(p.calls, 2);
    poller_change(&poller, &p.source, EPOLLOUT);
    poller_run(&poller);
    assert_int_equal(p.calls, 3);
    poller_close(&poller, &p.source);
    assert_int_equal(poller.sources, 0);
    close(p.other);
    poller_release(&poller);
}

static void test_closed_while_fetched(void **state)
{
    (void)state;
    enum { N = POLLER_BATCH };
    struct poller poller;
    static struct pair p[N];
    unsigned calls = 0;
    assert_true(poller_init(&poller));
    for (unsigned i = 0; i < N; i++) {
        pair_open(&p[i], &poller, EPOLLIN);
        p[i].closes = &p[i ^ 1]; /* whichever of two comes first closes the other */
        assert_int_equal(write(p[i].other, "x", 1), 1);
    }
    poller_run(&poller);
    for (unsigned i = 0; i < N; i++) {
        calls += p[i].calls;
    }
    assert_int_equal(calls, N / 2);
    assert_int_equal(poller.sources, N / 2);
    for (unsigned i = 0; i < N; i++) {
        if (p[i].source.fd >= 0) {
            poller_close(&poller, &p[i].source);
        }
        close(p[i].other);
    }
    poller_release(&poller);
}

static void test_close_itself(void **state)
{
    (void)state;
    struct poller poller;
    struct pair p;
    assert_true(poller_init(&poller));
    pair_open(&p, &poller, EPOLLIN);
    p.closes = &p;
    assert_int_equal(write(p.other, "x", 1), 1);
    poller_run(&poller);
    poller_run(&poller);
    assert_int_equal(p.calls, 1);
    assert_int_equal(poller.sources, 0);
    close(p.other);
    poller_release(&poller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_closed_while_fetched),
        cmocka_unit_test(test_close_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
