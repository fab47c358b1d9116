/*
 * rfc5011_test.c - trust anchors that follow their zone's keys: each situation is a story of a few days
 */
#include "keys.h"

#define STEPS 12

struct step {
    int day;
    const char *keys, *signers; /* keys NULL: the end */
    enum dnssec_verdict verdict;
    const char *states;
};

struct story {
    const char *name, *zone, *initial;
    struct step step[STEPS];
};

#define GOOD  DNSSEC_GOOD
#define NOKEY DNSSEC_NO_KEY
#define BAD   DNSSEC_BAD
#define NONE  DNSSEC_NO_SIGNATURE
#define OLD   DNSSEC_EXPIRED
#define EARLY DNSSEC_NOT_YET_VALID

static const struct story stories[] = {
    {"a digest becomes a key when it is seen", ".", "ds A", {{0, "A Zz", "A", GOOD, "A VALID"}}},
    {"a key that was configured is valid", ".", "key A", {{0, "A", "A", GOOD, "A VALID"}}},
    {"two digests, one of them not published yet",
     ".",
     "ds A B",
     {{0, "A", "A", GOOD, "A VALID, b VALID"}, {40, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"the first set is not signed by the anchor", ".", "ds A", {{0, "A B", "B", NOKEY, "a VALID"}}},
    {"the first set has a wrong signature", ".", "ds A", {{0, "A", "A!", BAD, "a VALID"}}},
    {"the first set has no signature", ".", "ds A", {{0, "A", "", NONE, "a VALID"}}},
    {"the first set lacks the anchor's key", ".", "ds A", {{0, "B", "B", NOKEY, "a VALID"}}},
    {"keys without the entry point flag are not followed",
     ".",
     "ds A",
     {{0, "A Bz", "A", GOOD, "A VALID"}, {31, "A Bz", "A", GOOD, "A VALID"}}},
    {"keys of unknown algorithms are not followed",
     ".",
     "ds A",
     {{0, "A Bu", "A", GOOD, "A VALID"}, {31, "A Bu", "A", GOOD, "A VALID"}}},
    {"keys of another protocol are not followed", ".", "ds A", {{0, "A Bp", "A", GOOD, "A VALID"}}},
    {"ten keys at once",
     ".",
     "ds A",
     {{0, "A B C D E F G H I J", "A", GOOD,
       "A VALID, B ADDPEND, C ADDPEND, D ADDPEND, E ADDPEND, F ADDPEND, G ADDPEND, H ADDPEND, I ADDPEND, J ADDPEND"}}},
    {"a new key is added after thirty days",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {15, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {30, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"a new key that asks to be added early waits",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {1, "A B", "A B", GOOD, "A VALID, B ADDPEND"},
      {29, "A B", "A B", GOOD, "A VALID, B ADDPEND"},
      {29, "B", "B", NOKEY, "A VALID, B ADDPEND"}}},
    {"a new key is seen once, and again when the time is up",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"}, {31, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"a new key whose hold-down is interrupted begins anew",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {20, "A", "A", GOOD, "A VALID"},
      {21, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {40, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {51, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"sets that prove nothing do not count for the hold-down",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {15, "A", "", NONE, "A VALID, B ADDPEND"},
      {31, "A B", "B", NOKEY, "A VALID, B ADDPEND"},
      {32, "A B", "A-", OLD, "A VALID, B ADDPEND"},
      {33, "A B", "A+", EARLY, "A VALID, B ADDPEND"},
      {34, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"a new key in a set that only itself has signed",
     ".",
     "ds A",
     {{0, "A", "A", GOOD, "A VALID"}, {1, "A B", "B", NOKEY, "A VALID"}, {40, "A B", "B", NOKEY, "A VALID"}}},
    {"a new key that is withdrawn by its revocation",
     ".",
     "ds A",
     {{0, "A B", "A", GOOD, "A VALID, B ADDPEND"}, {1, "A Br", "A Br", GOOD, "A VALID"}}},
    {"a key is missing",
     ".",
     "ds A B",
     {{0, "A B", "A B", GOOD, "A VALID, B VALID"}, {1, "A", "A", GOOD, "A VALID, B MISSING"}}},
    {"a missing key returns",
     ".",
     "ds A B",
     {{0, "A B", "A B", GOOD, "A VALID, B VALID"},
      {1, "A", "A", GOOD, "A VALID, B MISSING"},
      {90, "A B", "B", GOOD, "A VALID, B VALID"}}},
    {"a missing key is still trusted when it comes back alone",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A", "A", GOOD, "A VALID, B MISSING"},
      {2, "B", "B", GOOD, "A MISSING, B VALID"}}},
    {"a key that was missing for more than a year is forgotten",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A", "A", GOOD, "A VALID, B MISSING"},
      {366, "A", "A", GOOD, "A VALID, B MISSING"},
      {367, "A", "A", GOOD, "A VALID"}}},
    {"keys are missing, all of them",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "C", "C", NOKEY, "A VALID, B VALID"},
      {500, "C", "C", NOKEY, "A VALID, B VALID"}}},
    {"a key is revoked, and removed after thirty days",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A Br", "A Br", GOOD, "A VALID, B REVOKED"},
      {30, "A Br", "A Br", GOOD, "A VALID, B REVOKED"},
      {31, "A", "A", GOOD, "A VALID, B REMOVED"}}},
    {"a revoked key signs for nothing",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A Br", "A Br", GOOD, "A VALID, B REVOKED"},
      {2, "A Br C", "Br", NOKEY, "A VALID, B REVOKED"},
      {3, "A B C", "B", NOKEY, "A VALID, B REVOKED"}}},
    {"a revoked key that is published again stays out",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A Br", "A Br", GOOD, "A VALID, B REVOKED"},
      {2, "A B", "A B", GOOD, "A VALID, B REVOKED"},
      {40, "A B", "A B", GOOD, "A VALID, B REMOVED"},
      {80, "A B", "A B", GOOD, "A VALID, B REMOVED"}}},
    {"somebody else says that a key is revoked",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A Br", "A", GOOD, "A VALID, B MISSING"},
      {2, "A Br", "A Br!", GOOD, "A VALID, B MISSING"},
      {3, "A Br", "A Br-", GOOD, "A VALID, B MISSING"},
      {4, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"a missing key comes back revoked",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "A", "A", GOOD, "A VALID, B MISSING"},
      {2, "A Br", "A Br", GOOD, "A VALID, B REVOKED"}}},
    {"a revocation in a set that nobody else has signed",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"}, {1, "A Br C", "Br", NOKEY, "A VALID, B REVOKED"}}},
    {"a digest whose key is seen revoked first", ".", "ds A B", {{0, "A Br", "A Br", GOOD, "A VALID, B REVOKED"}}},
    {"all keys are revoked",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {1, "Ar Br", "Ar Br", NOKEY, "A REVOKED, B REVOKED"},
      {2, "A B C", "A B C", NOKEY, "A REVOKED, B REVOKED"},
      {32, "C", "C", NOKEY, "A REMOVED, B REMOVED"}}},
    {"a whole rollover",
     "example.",
     "key A",
     {{0, "A", "A", GOOD, "A VALID"},
      {10, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {25, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {41, "A B", "A", GOOD, "A VALID, B VALID"},
      {50, "A B", "B", GOOD, "A VALID, B VALID"},
      {60, "Ar B", "Ar B", GOOD, "A REVOKED, B VALID"},
      {91, "B", "B", GOOD, "A REMOVED, B VALID"}}},
    {"the clock is set back while a key waits",
     ".",
     "ds A",
     {{100, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {0, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {29, "A B", "A", GOOD, "A VALID, B ADDPEND"},
      {30, "A B", "A", GOOD, "A VALID, B VALID"}}},
    {"the clock is set back after a revocation",
     ".",
     "ds A B",
     {{0, "A B", "A", GOOD, "A VALID, B VALID"},
      {400, "A Br", "A Br", GOOD, "A VALID, B REVOKED"},
      {10, "A", "A", GOOD, "A VALID, B REVOKED"},
      {39, "A", "A", GOOD, "A VALID, B REVOKED"},
      {40, "A", "A", GOOD, "A VALID, B REMOVED"}}},
};

static void tell(const struct story *s, struct managed_zone *z)
{
    struct rfc5011_result result;
    struct anchors *initial = configured(NAME(s->zone), s->initial);
    rfc5011_begin(z, NAME(s->zone), initial, BASE_S);
    for (const struct step *step = s->step; step < s->step + STEPS && step->keys != NULL; step++) {
        struct arena arena;
        char states[1024];
        arena_init(&arena, NULL, 0, 1 << 20);
        int64_t wall_s = BASE_S + step->day * DAY;
        rfc5011_apply(z, dnskey_set(&arena, NAME(s->zone), step->keys, step->signers, wall_s, 172800), &policy, wall_s,
                      &result);
        describe(z, states);
        if (result.verdict != step->verdict || strcmp(states, step->states) != 0) {
            fail_msg("%s, day %d: %s: %s", s->name, step->day, dnssec_verdict_text(result.verdict), states);
        }
        arena_release(&arena);
    }
    anchors_free(initial);
}

static void stories_end_well(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    assert_non_null(z);
    for (size_t i = 0; i < ROWS(stories); i++) {
        tell(&stories[i], z);
    }
    free(z);
}

/* After every step of every story the text reads back to the same state. */
static void text_reads_back(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z), *back = malloc(sizeof *back);
    char *text = malloc(RFC5011_TEXT_MAX), *again = malloc(RFC5011_TEXT_MAX), error[RFC5011_ERROR_MAX];
    assert_true(z != NULL && back != NULL && text != NULL && again != NULL);
    for (size_t i = 0; i < ROWS(stories); i++) {
        tell(&stories[i], z);
        size_t n = rfc5011_write(z, text, RFC5011_TEXT_MAX);
        assert_true(n > 0);
        if (!rfc5011_read(text, n, back, error)) {
            fail_msg("%s: %s\n%s", stories[i].name, error, text);
        }
        assert_int_equal(back->count, z->count);
        assert_int_equal(back->next_s, z->next_s);
        assert_int_equal(back->refreshed_s, z->refreshed_s);
        assert_int_equal(rfc5011_write(back, again, RFC5011_TEXT_MAX), n);
        assert_memory_equal(text, again, n);
    }
    free(again);
    free(text);
    free(back);
    free(z);
}

/* Section 2.3: when to ask again. */
static void asks_again_in_time(void **state)
{
    (void)state;
    static const struct {
        uint32_t ttl_s;
        int64_t wait_s;
    } rows[] = {{172800, 86400}, {600, HOUR}, {7200, HOUR}, {10 * 86400, 5 * DAY}, {60 * 86400, 7 * DAY}};
    struct managed_zone *z = malloc(sizeof *z);
    struct rfc5011_result result;
    struct anchors *initial = configured(dname_root(), "ds A");
    assert_non_null(z);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        arena_init(&arena, NULL, 0, 1 << 20);
        rfc5011_begin(z, dname_root(), initial, BASE_S);
        assert_int_equal(rfc5011_wait_s(z, BASE_S), 0);
        rfc5011_apply(z, dnskey_set(&arena, dname_root(), "A", "A", BASE_S, rows[i].ttl_s), &policy, BASE_S, &result);
        assert_int_equal(rfc5011_wait_s(z, BASE_S), rows[i].wait_s);
        assert_int_equal(rfc5011_wait_s(z, BASE_S + 100 * DAY), 0);
        assert_int_equal(rfc5011_wait_s(z, BASE_S - 1000 * DAY), 15 * DAY); /* the clock was set back */
        arena_release(&arena);
    }
    rfc5011_failed(z, BASE_S);
    assert_int_equal(rfc5011_wait_s(z, BASE_S), HOUR);
    for (unsigned i = 0; i < 24; i++) {
        rfc5011_failed(z, BASE_S);
    }
    assert_int_equal(rfc5011_wait_s(z, BASE_S), DAY);
    anchors_free(initial);
    free(z);
}

/* A TTL longer than thirty days holds a new key as long (section 2.4.1). */
static void long_ttl_holds_longer(void **state)
{
    (void)state;
    static const struct {
        int day;
        enum key_state state;
    } rows[] = {{0, KEY_ADDPEND}, {35, KEY_ADDPEND}, {39, KEY_ADDPEND}, {40, KEY_VALID}};
    struct managed_zone *z = malloc(sizeof *z);
    struct rfc5011_result result;
    struct anchors *initial = configured(dname_root(), "ds A");
    assert_non_null(z);
    rfc5011_begin(z, dname_root(), initial, BASE_S);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct arena arena;
        int64_t wall_s = BASE_S + rows[i].day * DAY;
        arena_init(&arena, NULL, 0, 1 << 20);
        rfc5011_apply(z, dnskey_set(&arena, dname_root(), "A B", "A", wall_s, 40 * 86400), &policy, wall_s, &result);
        assert_int_equal(z->key[1].state, rows[i].state);
        assert_int_equal(result.anchors, i == 0 || i == 3);
        arena_release(&arena);
    }
    anchors_free(initial);
    free(z);
}

/* No more places: keys that are gone make room, those that are trusted never do. */
static void places_are_bounded(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    struct rfc5011_result result;
    struct arena arena;
    struct anchors *initial = configured(dname_root(), "ds A");
    assert_non_null(z);
    arena_init(&arena, NULL, 0, 1 << 20);
    rfc5011_begin(z, dname_root(), initial, BASE_S);
    const struct rrset *set = dnskey_set(&arena, dname_root(), "A B", "A", BASE_S, 172800);
    for (z->count = 1; z->count < RFC5011_KEYS_MAX; z->count++) {
        struct managed_key *k = &z->key[z->count];
        *k = (struct managed_key){.state = KEY_REVOKED, .type = DNS_TYPE_DNSKEY, .since_s = BASE_S, .len = KEY_LEN};
        memset(k->rdata, (int)z->count, KEY_LEN);
    }
    rfc5011_apply(z, set, &policy, BASE_S, &result);
    assert_int_equal(result.verdict, DNSSEC_GOOD);
    assert_true(result.full);
    assert_int_equal(z->count, RFC5011_KEYS_MAX);
    z->key[7].state = KEY_REMOVED;
    z->key[9].state = KEY_REMOVED;
    z->key[9].since_s -= 1;
    rfc5011_apply(z, set, &policy, BASE_S, &result);
    assert_false(result.full);
    assert_int_equal(z->count, RFC5011_KEYS_MAX);
    assert_int_equal(z->key[7].rdata[10], 7);
    assert_int_equal(z->key[9].rdata[10], 10); /* the ninth has gone */
    assert_int_equal(z->key[RFC5011_KEYS_MAX - 1].state, KEY_ADDPEND);
    arena_release(&arena);
    anchors_free(initial);
    free(z);
}

/* The configuration names a new key: the state takes it over, but for what was revoked. */
static void configuration_is_merged(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    char states[1024];
    assert_non_null(z);
    tell(&(struct story){"", ".", "ds A B", {{0, "A Br C", "A Br", GOOD, "A VALID, B REVOKED, C ADDPEND"}}}, z);
    struct anchors *ds = configured(dname_root(), "ds A B C D"), *key = configured(dname_root(), "key A B C D E");
    struct anchors *other = configured(NAME("example."), "ds Z");
    assert_false(rfc5011_merge(z, other, BASE_S));
    assert_true(rfc5011_merge(z, ds, BASE_S));
    describe(z, states);
    assert_string_equal(states, "A VALID, B REVOKED, C VALID, d VALID");
    assert_false(rfc5011_merge(z, ds, BASE_S));
    assert_true(rfc5011_merge(z, key, BASE_S));
    describe(z, states);
    assert_string_equal(states, "A VALID, B REVOKED, C VALID, d VALID, E VALID");
    anchors_free(other);
    anchors_free(key);
    anchors_free(ds);
    free(z);
}

/* What is trusted, as the validator sees it. */
static void trusted_keys_are_anchors(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    struct anchor a;
    assert_non_null(z);
    tell(&(struct story){"",
                         ".",
                         "ds A B C",
                         {{0, "A B D", "A", GOOD, "A VALID, B VALID, c VALID, D ADDPEND"},
                          {1, "A", "A", GOOD, "A VALID, B MISSING, c VALID"}}},
         z);
    struct anchors *trusted = anchors_new();
    assert_true(rfc5011_anchors(z, trusted));
    assert_true(anchors_closest(trusted, NAME("example."), &a));
    assert_int_equal(a.dnskey->count, 2);
    assert_int_equal(a.ds->count, 1);
    anchors_free(trusted);
    tell(&(struct story){"", ".", "key A", {{0, "Ar", "Ar", NOKEY, "A REVOKED"}}}, z);
    trusted = anchors_new();
    assert_true(rfc5011_anchors(z, trusted));
    assert_int_equal(anchors_count(trusted), 0); /* section 5: as if it had never been configured */
    anchors_free(trusted);
    free(z);
}

/* T82: the root's anchors are in both forms, and the second one is followed as the first is withdrawn. */
static void root_has_both_anchors(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    struct anchors *builtin = anchors_new();
    assert_true(z != NULL && builtin != NULL && anchors_add_builtin(builtin));
    rfc5011_begin(z, dname_root(), builtin, BASE_S);
    assert_int_equal(z->count, 2);
    assert_int_equal(managed_key_tag(&z->key[0]), 20326);
    assert_int_equal(managed_key_tag(&z->key[1]), 38696);
    assert_int_equal(managed_key_algorithm(&z->key[1]), 8);
    static const struct story roll[] = {
        {"signed by the first", ".", "ds A B", {{0, "A", "A", GOOD, "A VALID, b VALID"}}},
        {"signed by both", ".", "ds A B", {{0, "A B", "A B", GOOD, "A VALID, B VALID"}}},
        {"both published, signed by the second", ".", "ds A B", {{0, "A B", "B", GOOD, "A VALID, B VALID"}}},
        {"signed by the second", ".", "ds A B", {{0, "B", "B", GOOD, "a VALID, B VALID"}}},
        {"signed by a third", ".", "ds A B", {{0, "C", "C", NOKEY, "a VALID, b VALID"}}},
        {"signed by a third, with both published", ".", "ds A B", {{0, "A B C", "C", NOKEY, "a VALID, b VALID"}}},
    };
    for (size_t i = 0; i < ROWS(roll); i++) {
        tell(&roll[i], z);
    }
    anchors_free(builtin);
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_end_well),         cmocka_unit_test(text_reads_back),

        cmocka_unit_test(asks_again_in_time),       cmocka_unit_test(long_ttl_holds_longer),
        cmocka_unit_test(places_are_bounded),       cmocka_unit_test(configuration_is_merged),
        cmocka_unit_test(trusted_keys_are_anchors), cmocka_unit_test(root_has_both_anchors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
