/*
 * crowd_test.c - when a zone has enough waiting for it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolver/engine/crowd.h"
#include "resolver/engine/limits.h"

static struct crowd crowd; /* big */

static struct now at(uint64_t us)
{
    return (struct now){.mono_us = us};
}

static void silence_ends_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ENGINE_ZONE_CROWD; i++) {
        assert_true(crowd_join(&crowd, 1, at(1000)));
    }
    assert_true(crowd_join(&crowd, 1, at(1000 + ENGINE_ZONE_SILENT_US))); /* not silent for long enough */
    assert_false(crowd_join(&crowd, 1, at(1001 + ENGINE_ZONE_SILENT_US)));
    assert_true(crowd_join(&crowd, 2, at(1001 + ENGINE_ZONE_SILENT_US))); /* another zone */
    crowd_heard(&crowd, 1, at(2000 + ENGINE_ZONE_SILENT_US));
    assert_true(crowd_join(&crowd, 1, at(2001 + ENGINE_ZONE_SILENT_US)));
    assert_false(crowd_join(&crowd, 1, at(2001 + 2 * ENGINE_ZONE_SILENT_US)));
}

static void leaving_makes_room(void **state)
{
    uint64_t late_us = 10 * ENGINE_ZONE_SILENT_US;

    (void)state;
    for (unsigned i = 0; i < ENGINE_ZONE_CROWD; i++) {
        assert_true(crowd_join(&crowd, 3, at(1)));
    }
    assert_false(crowd_join(&crowd, 3, at(late_us)));
    crowd_leave(&crowd, 3);
    assert_true(crowd_join(&crowd, 3, at(late_us)));
    for (unsigned i = 0; i < ENGINE_ZONE_CROWD; i++) {
        crowd_leave(&crowd, 3);
    }
    for (unsigned i = 0; i < ENGINE_ZONE_CROWD; i++) {
        assert_true(crowd_join(&crowd, 3, at(late_us))); /* an empty zone begins anew */
    }
    assert_true(crowd_join(&crowd, 3, at(late_us + ENGINE_ZONE_SILENT_US)));
}

static void half_the_places(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ENGINE_ZONE_JOBS_MAX; i++) {
        assert_true(crowd_join(&crowd, 4, at(1)));
    }
    crowd_heard(&crowd, 4, at(2));
    assert_false(crowd_join(&crowd, 4, at(3)));
    assert_true(ENGINE_ZONE_JOBS_MAX <= ENGINE_JOBS_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(silence_ends_it), cmocka_unit_test(leaving_makes_room),
                                       cmocka_unit_test(half_the_places)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
