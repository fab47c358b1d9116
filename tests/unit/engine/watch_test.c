/* The ring of answers: in order, bounded, and what is lost is counted. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/engine/watch.h"

static void a_ring(void **state)
{
    (void)state;
    struct watch *w = watch_new();
    struct dname_buf name;
    assert_non_null(w);
    assert_null(watch_oldest(w));
    assert_int_equal(dname_scan("WWW.Example.", 12, NULL, &name), DNS_OK);
    for (unsigned i = 0; i < WATCH_ROOM + 5; i++) {
        struct seen *s = watch_next(w);
        assert_true((s == NULL) == (i >= WATCH_ROOM));
        if (s != NULL) {
            s->took_us = i;
            watch_name(s, dname_of(&name));
            watch_put(w);
        }
    }
    assert_int_equal(watch_lost(w), 5);
    for (unsigned i = 0; i < WATCH_ROOM; i++) {
        const struct seen *s = watch_oldest(w);
        assert_non_null(s);
        assert_int_equal(s->took_us, i);
        assert_memory_equal(seen_name(s).wire, "\3www\7example", 13);
        watch_taken(w);
    }
    assert_null(watch_oldest(w));
    assert_non_null(watch_next(w));
    assert_null(watch_oldest(w)); /* it is not put yet */
    watch_free(w);
}

#define ANSWERS 200000

static void *write_answers(void *arg)
{
    struct watch *w = arg;
    for (uint64_t i = 1; i <= ANSWERS; i++) {
        struct seen *s = watch_next(w);
        if (s != NULL) {
            s->took_us = i;
            s->rcode = (uint16_t)(i % 7);
            watch_put(w);
        }
    }
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct watch *w = watch_new();
    pthread_t writer;
    uint64_t got = 0, last = 0;
    bool ended = false;
    assert_non_null(w);
    assert_int_equal(pthread_create(&writer, NULL, write_answers, w), 0);
    while (!ended || watch_oldest(w) != NULL) {
        const struct seen *s = watch_oldest(w);
        if (s != NULL) {
            assert_true(s->took_us > last && s->rcode == s->took_us % 7);
            last = s->took_us;
            got++;
            watch_taken(w);
        } else if (got + watch_lost(w) == ANSWERS) {
            ended = true;
        }
    }
    pthread_join(writer, NULL);
    assert_int_equal(got + watch_lost(w), ANSWERS);
    watch_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_ring), cmocka_unit_test(two_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
