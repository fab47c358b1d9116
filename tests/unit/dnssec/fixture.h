/*
 * fixture.h - a key of each algorithm, made once, and an arena for each test
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_FIXTURE_H
#define RAIZ_TESTS_UNIT_DNSSEC_FIXTURE_H

#include "signing.h"

static const uint8_t algorithms[] = {5, 7, 8, 10, 13, 14, 15, 16};
static const struct dnssec_policy all = {.sha1 = true};

struct fixture {
    struct arena arena;
    struct key key[17]; /* by algorithm; of a zone */
};
static struct fixture fix;

static inline int make_keys(void **state)
{
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        key_make(&fix.key[algorithms[i]], algorithms[i], 256);
    }
    *state = &fix;
    return 0;
}

static inline int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        key_free(&fix.key[algorithms[i]]);
    }
    return 0;
}

static inline int set_up(void **state)
{
    arena_init(&fix.arena, NULL, 0, 1 << 25);
    *state = &fix;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_release(&fix.arena);
    return 0;
}

static inline struct dnssec_keys *one_key(struct fixture *f, const char *zone, const struct key *k)
{
    struct rdata_ref ref = key_ref(k);
    struct dnssec_keys *keys = dnssec_keys_new(keys_set(&f->arena, zone, &ref, 1), &all);
    assert_non_null(keys);
    return keys;
}

static inline struct dnssec_check verify_with(const struct rrset *set, const struct dnssec_keys *keys)
{
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify(set, keys, &all, NOW, &work, &check);
    return check;
}

static inline void assert_verdict(enum dnssec_verdict got, enum dnssec_verdict want, const char *what)
{
    if (got != want) {
        fail_msg("%s: '%s', not '%s'", what, dnssec_verdict_text(got), dnssec_verdict_text(want));
    }
}

static inline struct rrset *addresses(struct fixture *f, const char *owner)
{
    return set_of(&f->arena, owner, "A", 3600, (const char *[]){"192.0.2.3", "192.0.2.1", "192.0.2.2", NULL});
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

#endif
