/* SipHash against the vectors of its paper (appendix A) and of its authors' reference code, and its basic properties.
 */
#include "dns/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void fill_counting(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)i;
    }
}

/* Key 00 .. 0f, message 00 01 02 ...; lengths around the word size. */
static void known_values(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        uint64_t h24;
    } rows[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)}, {1, UINT64_C(0x74f839c593dc67fd)},  {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)}, {15, UINT64_C(0xa129ca6149be45e5)}, /* the paper's own example */
    };
    uint8_t key[SIPHASH_KEY_SIZE], data[64];
    fill_counting(key, sizeof key);
    fill_counting(data, sizeof data);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(siphash24(key, data, rows[i].n), rows[i].h24);
    }
}

static void every_octet_and_key_bit_counts(void **state)
{
    (void)state;
    uint8_t key[SIPHASH_KEY_SIZE], data[40];
    fill_counting(key, sizeof key);
    fill_counting(data, sizeof data);
    for (size_t n = 1; n <= sizeof data; n++) {
        uint64_t before = siphash13(key, data, n);
        assert_int_not_equal(before, siphash13(key, data, n - 1));
        for (size_t i = 0; i < n; i++) {
            data[i] ^= 0x20;
            assert_int_not_equal(siphash13(key, data, n), before);
            data[i] ^= 0x20;
        }
        for (size_t i = 0; i < sizeof key; i++) {
            key[i] ^= 1;
            assert_int_not_equal(siphash13(key, data, n), before);
            key[i] ^= 1;
        }
        assert_int_equal(siphash13(key, data, n), before);
    }
}

/* Folding while hashing is folding before hashing, at every length and for every octet. */
static void folded(void **state)
{
    (void)state;
    uint8_t key[SIPHASH_KEY_SIZE], data[256], low[256];
    fill_counting(key, sizeof key);
    for (unsigned i = 0; i < 256; i++) {
        data[i] = (uint8_t)(i + 60);
        low[i] = data[i] >= 'A' && data[i] <= 'Z' ? data[i] | 0x20 : data[i];
    }
    for (size_t n = 0; n <= sizeof data; n++) {
        assert_int_equal(siphash13_folded(key, data, n), siphash13(key, low, n));
        assert_int_equal(siphash13_folded(key, data + 256 - n, n), siphash13(key, low + 256 - n, n));
    }
}

static void variants_differ(void **state)
{
    (void)state;
    uint8_t key[SIPHASH_KEY_SIZE] = {0};
    assert_int_not_equal(siphash13(key, "abc", 3), siphash24(key, "abc", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(every_octet_and_key_bit_counts),
        cmocka_unit_test(folded),
        cmocka_unit_test(variants_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
