/*
 * deadlines_test.c - the heap of deadlines against a plain search
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dns/rng.h"
#include "resolver/engine/deadlines.h"
#include "resolver/engine/job.h"

#define JOBS 60

static struct job *make_job(void)
{
    struct job *j = calloc(1, sizeof *j);

    assert_non_null(j);
    j->heap_at = DEADLINES_NOWHERE;
    return j;
}

static const struct job *earliest(struct job *const *jobs)
{
    const struct job *best = NULL;

    for (unsigned i = 0; i < JOBS; i++) {
        if (jobs[i]->heap_at != DEADLINES_NOWHERE && (best == NULL || jobs[i]->due_us < best->due_us)) {
            best = jobs[i];
        }
    }
    return best;
}

static void agrees_with_search(void **state)
{
    struct deadlines d = {0};
    struct job *jobs[JOBS];
    struct rng_seeded rng;

    (void)state;
    rng_seeded_init(&rng, 7);
    for (unsigned i = 0; i < JOBS; i++) {
        jobs[i] = make_job();
    }
    assert_true(deadlines_reserve(&d, JOBS));
    for (unsigned n = 0; n < 20000; n++) {
        struct job *j = jobs[rng_below(&rng.rng, JOBS)];
        if (rng_below(&rng.rng, 3) == 0) {
            deadlines_clear(&d, j);
        } else {
            deadlines_set(&d, j, rng_below(&rng.rng, 1000));
        }
        const struct job *want = earliest(jobs);
        const struct job *got = deadlines_first(&d);
        assert_int_equal(want == NULL, got == NULL);
        if (want != NULL) {
            assert_int_equal(got->due_us, want->due_us);
        }
    }
    for (unsigned i = 0; i < JOBS; i++) {
        deadlines_clear(&d, jobs[i]);
        deadlines_clear(&d, jobs[i]); /* twice does no harm */
        free(jobs[i]);
    }
    assert_null(deadlines_first(&d));
    deadlines_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_search)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
