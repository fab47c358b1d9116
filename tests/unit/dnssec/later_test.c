/*
 * Signature checks that are left to others: the verdict is the same as at once, and so is what is counted.
 */
#include "fixture.h"
#include "resolver/dnssec/later.h"

struct bed {
    struct dnssec_later later;
    struct dnssec_work work;
    unsigned tasks;
};

static struct bed *begin(void)
{
    static struct bed bed;
    bed = (struct bed){.work = {.seen = dnssec_seen_new()}};
    bed.work.later = &bed.later;
    assert_non_null(bed.work.seen);
    return &bed;
}

static void end(struct bed *b)
{
    assert_null(b->later.wanted);
    dnssec_seen_free(b->work.seen);
}

/* Makes the checks that are wanted, until there is a verdict. */
static struct dnssec_check verify(struct bed *b, const struct rrset *set, const struct dnssec_keys *keys)
{
    struct dnssec_check check;
    for (dnssec_verify(set, keys, &all, NOW, &b->work, &check); check.verdict == DNSSEC_LATER;
         dnssec_verify(set, keys, &all, NOW, &b->work, &check)) {
        struct dnssec_task *t = b->later.wanted;
        assert_non_null(t);
        b->later.wanted = NULL;
        b->tasks++;
        dnssec_task_run(t);
        dnssec_later_settle(&b->later, t, &b->work);
        dnssec_task_free(t);
    }
    return check;
}

static void test_good(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *k = &f->key[algorithms[i]];
        struct how how = HOW("example.");
        const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), k, &how);
        struct dnssec_keys *keys = one_key(f, "example.", k);
        struct bed *b = begin();
        struct dnssec_work at_once = {.cost = 0};
        struct dnssec_check want, got = verify(b, set, keys);
        dnssec_verify(set, keys, &all, NOW, &at_once, &want);
        assert_verdict(got.verdict, DNSSEC_GOOD, "left to others");
        assert_memory_equal(&got, &want, sizeof got);
        assert_int_equal(b->tasks, 1);
        assert_int_equal(b->work.verifies, at_once.verifies);
        assert_int_equal(b->work.cost, at_once.cost);
        assert_int_equal(b->work.failures, 0);
        assert_verdict(verify(b, set, keys).verdict, DNSSEC_GOOD, "again");
        assert_int_equal(b->tasks, 1);
        dnssec_keys_free(keys);
        end(b);
    }
}

/* `count` signatures by one key, of which only that at `good` is. */
static const struct rrset *mostly_bad(struct fixture *f, unsigned count, unsigned good)
{
    struct how how = HOW("example.");
    struct rrset *set = addresses(f, "www.example.");
    struct rdata_ref sig[8];
    for (unsigned i = 0; i < count; i++) {
        struct rdata_ref one = sign(&f->arena, set, &f->key[13], &how);
        uint8_t *octets = arena_dup(&f->arena, one.data, one.len);
        octets[one.len - 1] ^= i != good ? (uint8_t)(i + 1) : 0;
        sig[i] = (struct rdata_ref){.data = octets, .len = one.len};
    }
    return set_signed(&f->arena, set, sig, (uint16_t)count);
}

static void test_bad(void **state)
{
    struct fixture *f = *state;
    static const struct {
        unsigned count, good;
        unsigned failures; /* there were before */
        enum dnssec_verdict verdict;
        unsigned tasks, failures_after;
    } rows[] = {
        {1, 9, 0, DNSSEC_BAD, 1, 1},           {3, 9, 0, DNSSEC_BAD, 3, 3},
        {3, 2, 0, DNSSEC_GOOD, 3, 2},          {4, 3, 0, DNSSEC_GOOD, 4, 3},
        {4, 9, 0, DNSSEC_BAD, 4, 4},           {3, 2, 2, DNSSEC_TOO_MUCH_WORK, 2, 4},
        {3, 9, 3, DNSSEC_TOO_MUCH_WORK, 1, 4}, {1, 0, 4, DNSSEC_TOO_MUCH_WORK, 0, 4},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct rrset *set = mostly_bad(f, rows[i].count, rows[i].good);
        struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
        struct dnssec_seen *seen = dnssec_seen_new();
        struct dnssec_work at_once = {.seen = seen, .failures = (uint16_t)rows[i].failures};
        struct dnssec_check want;
        struct bed *b = begin();
        b->work.failures = (uint16_t)rows[i].failures;
        dnssec_verify(set, keys, &all, NOW, &at_once, &want);
        struct dnssec_check got = verify(b, set, keys);
        assert_verdict(got.verdict, rows[i].verdict, "left to others");
        assert_verdict(want.verdict, rows[i].verdict, "at once");
        assert_int_equal(b->tasks, rows[i].tasks);
        assert_int_equal(b->work.failures, rows[i].failures_after);
        assert_int_equal(at_once.failures, rows[i].failures_after);
        assert_int_equal(b->work.verifies, at_once.verifies);
        dnssec_keys_free(keys);
        dnssec_seen_free(seen);
        end(b);
    }
}

/* The very last check that the budget has counts. */
static void test_last_of_the_budget(void **state)
{
    struct fixture *f = *state;
    const struct rrset *set = mostly_bad(f, 1, 0);
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
    struct bed *b = begin();
    b->work.verifies = DNSSEC_VERIFIES_MAX - 1;
    assert_verdict(verify(b, set, keys).verdict, DNSSEC_GOOD, "the last");
    assert_int_equal(b->work.verifies, DNSSEC_VERIFIES_MAX);
    assert_verdict(verify(b, mostly_bad(f, 1, 9), keys).verdict, DNSSEC_TOO_MUCH_WORK, "one more");
    dnssec_keys_free(keys);
    end(b);
}

/* A task that nobody runs is no verdict; it holds its key, whatever becomes of the zone's. */
static void test_task_outlives_keys(void **state)
{
    struct fixture *f = *state;
    struct how how = HOW("example.");
    struct dnssec_check check;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *k = &f->key[algorithms[i]];
        const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), k, &how);
        struct dnssec_keys *keys = one_key(f, "example.", k);
        struct bed *b = begin();
        dnssec_verify(set, keys, &all, NOW, &b->work, &check);
        assert_verdict(check.verdict, DNSSEC_LATER, "first");
        dnssec_keys_free(keys);
        struct dnssec_task *t = b->later.wanted;
        b->later.wanted = NULL;
        assert_int_equal(t->verdict, DNSSEC_NO_MEMORY);
        dnssec_task_run(t);
        assert_verdict(t->verdict, DNSSEC_GOOD, "without the zone's keys");
        dnssec_task_free(t);
        end(b);
    }
}

/* A zone's own keys by its DS: the key is read anew each time, and checked once. */
static void test_dnskey(void **state)
{
    struct fixture *f = *state;
    const struct key *k = &f->key[8];
    struct rdata_ref key = key_ref(k), ds = ds_of(&f->arena, "example.", key, 2);
    struct rrset *parent;
    struct how how = HOW("example.");
    const struct rrset *set = signed_by(&f->arena, keys_set(&f->arena, "example.", &key, 1), k, &how);
    struct bed *b = begin();
    assert_int_equal(rrset_make(NAME("example."), DNS_TYPE_DS, 3600, &ds, 1, &f->arena, &parent), DNS_OK);
    struct dnssec_check check;
    dnssec_verify_dnskey(set, parent, &all, NOW, &b->work, &check);
    assert_verdict(check.verdict, DNSSEC_LATER, "first");
    struct dnssec_task *t = b->later.wanted;
    b->later.wanted = NULL;
    dnssec_task_run(t);
    dnssec_later_settle(&b->later, t, &b->work);
    dnssec_task_free(t);
    dnssec_verify_dnskey(set, parent, &all, NOW, &b->work, &check);
    assert_verdict(check.verdict, DNSSEC_GOOD, "second");
    assert_int_equal(b->work.verifies, 1);
    end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good), TEST(bad), TEST(last_of_the_budget), TEST(task_outlives_keys), TEST(dnskey),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
