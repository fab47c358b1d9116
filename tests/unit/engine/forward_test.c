/*
 * forward_test.c - which configured zone a name belongs to
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/engine/forward.h"

static struct arena arena;
static const struct delegation *zones[5];
static struct engine_settings set = {.zones = zones};

static struct dname name(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

static void add(const char *zone, enum delegation_kind kind, uint8_t flags)
{
    static struct delegation_builder b; /* big */
    struct dname_buf buf;

    delegation_begin(&b, name(zone, &buf), kind, 60);
    b.flags = flags;
    zones[set.zone_count++] = delegation_pack(&b, &arena);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0, 1 << 20);
    add(".", DELEGATION_STUB, 0);
    add(".", DELEGATION_FORWARD, DELEGATION_FORWARD_FIRST);
    add("corp.example.", DELEGATION_STUB, 0);
    add("deep.corp.example.", DELEGATION_FORWARD, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void finds_the_deepest(void **state)
{
    static const struct {
        const char *name;
        bool above, skip_forward;
        int zone; /* -1: none */
    } rows[] = {
        {"www.example.", false, false, 1},
        {"www.example.", false, true, 0},
        {"corp.example.", false, false, 2},
        {"corp.example.", true, false, 1},
        {"WWW.Corp.Example.", false, false, 2},
        {"x.corp.example.", true, false, 2},
        {"deep.corp.example.", false, false, 3},
        {"deep.corp.example.", true, false, 2},
        {"x.deep.corp.example.", false, true, 2},
        {"xcorp.example.", false, false, 1},
        {".", false, false, 1},
        {".", true, false, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dname_buf buf;
        const struct delegation *d =
            forward_zone_of(&set, name(rows[i].name, &buf), rows[i].above, rows[i].skip_forward);
        assert_ptr_equal(d, rows[i].zone < 0 ? NULL : zones[rows[i].zone]);
    }
}

static void only_zones_of_their_own_override(void **state)
{
    struct dname_buf buf;

    (void)state;
    assert_true(forward_overrides_local(&set, name("x.corp.example.", &buf)));
    assert_false(forward_overrides_local(&set, name("x.test.", &buf)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_deepest),
                                       cmocka_unit_test(only_zones_of_their_own_override)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
