/*
 * quota_test.c - how many TCP clients, in all and from one place (L27)
 */
#include "resolver/io/quota.h"

#include "support.h"

static const uint8_t key[SIPHASH_KEY_SIZE] = "a key for tests";

static struct addr at(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 1234, &a));
    return a;
}

static enum quota_result enter(struct quota *q, const char *text)
{
    struct addr a = at(text);
    return quota_enter(q, &a);
}

static void leave(struct quota *q, const char *text)
{
    struct addr a = at(text);
    quota_leave(q, &a);
}

static void test_one_place(void **state)
{
    (void)state;
    struct quota *q = quota_new(10, 2, key);
    assert_non_null(q);
    assert_int_equal(enter(q, "192.0.2.1:1000"), QUOTA_OK);
    assert_int_equal(enter(q, "192.0.2.1:2000"), QUOTA_OK);
    assert_int_equal(enter(q, "192.0.2.1:3000"), QUOTA_ADDRESS_FULL);
    assert_int_equal(enter(q, "192.0.2.2:1000"), QUOTA_OK);
    leave(q, "192.0.2.1:9999");
    assert_int_equal(enter(q, "192.0.2.1:3000"), QUOTA_OK);
    /* A /64 is one place, whatever the rest of the address; another /64 is another. */
    assert_int_equal(enter(q, "2001:db8::1"), QUOTA_OK);
    assert_int_equal(enter(q, "2001:db8::ffff:1"), QUOTA_OK);
    assert_int_equal(enter(q, "2001:db8::2"), QUOTA_ADDRESS_FULL);
    assert_int_equal(enter(q, "2001:db8:0:1::2"), QUOTA_OK);
    assert_int_equal(quota_used(q), 6);
    quota_free(q);
}

static void test_total(void **state)
{
    (void)state;
    struct quota *q = quota_new(300, 64, key);
    char text[32];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 300; i++) {
            snprintf(text, sizeof text, "10.%u.%u.1", i / 200, i % 200);
            assert_int_equal(enter(q, text), QUOTA_OK);
        }
        assert_int_equal(enter(q, "192.0.2.1"), QUOTA_FULL);
        assert_int_equal(quota_used(q), quota_total(q));
        for (unsigned i = 0; i < 300; i++) {
            snprintf(text, sizeof text, "10.%u.%u.1", i / 200, i % 200);
            leave(q, text);
        }
        assert_int_equal(quota_used(q), 0);
    }
    quota_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_place),
        cmocka_unit_test(test_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
