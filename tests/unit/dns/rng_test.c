/* Numbers from a struct rng: all bits used, bounds kept without bias, and the seeded source replays. */
#include "dns/rng.h"

#include "support.h"

/* Hands out what it is told, so that the arithmetic can be seen. */
struct script {
    struct rng rng;
    const uint32_t *words;
    size_t drawn;
};

static void script_fill(struct rng *rng, uint8_t *out, size_t n)
{
    struct script *s = (struct script *)rng;
    uint32_t w = s->words[s->drawn++];
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(w >> (8 * i));
    }
}

static void below_is_unbiased(void **state)
{
    (void)state;
    /* 2^32 = 3 * 1431655765 + 1: one word is surplus, the one whose product's low half is 0 */
    static const uint32_t words[] = {0, 1, 0x55555556, 0xffffffff, 0xaaaaaaab};
    struct script s = {.rng = {script_fill}, .words = words};
    assert_int_equal(rng_below(&s.rng, 3), 0); /* 0 is drawn again, 1 counts */
    assert_int_equal(s.drawn, 2);
    assert_int_equal(rng_below(&s.rng, 3), 1);
    assert_int_equal(rng_below(&s.rng, 3), 2);
    assert_int_equal(rng_below(&s.rng, 3), 2);
    assert_int_equal(s.drawn, 5);
}

static void below_covers_its_range(void **state)
{
    (void)state;
    struct rng_seeded s;
    rng_seeded_init(&s, 42);
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint32_t v = rng_below(&s.rng, 7);
        assert_true(v < 7);
        seen[v]++;
    }
    for (int i = 0; i < 7; i++) {
        assert_in_range(seen[i], 850, 1150); /* five standard deviations */
    }
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rng_below(&s.rng, 1), 0);
    }
}

static void every_bit_varies(void **state)
{
    (void)state;
    struct rng_seeded s;
    rng_seeded_init(&s, 1);
    uint64_t ones = 0, zeros = 0;
    uint32_t ones32 = 0, zeros32 = 0;
    uint16_t ones16 = 0, zeros16 = 0;
    for (int i = 0; i < 64; i++) {
        uint64_t a = rng_u64(&s.rng);
        uint32_t b = rng_u32(&s.rng);
        uint16_t c = rng_u16(&s.rng);
        ones |= a;
        zeros |= ~a;
        ones32 |= b;
        zeros32 |= ~b;
        ones16 |= c;
        zeros16 |= (uint16_t)~c;
    }
    assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
    assert_true(ones32 == UINT32_MAX && zeros32 == UINT32_MAX);
    assert_true(ones16 == UINT16_MAX && zeros16 == UINT16_MAX);
}

static void seeds_replay(void **state)
{
    (void)state;
    struct rng_seeded a, b, c;
    rng_seeded_init(&a, 7);
    rng_seeded_init(&b, 7);
    rng_seeded_init(&c, 8);
    unsigned same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_u64(&a.rng);
        assert_int_equal(x, rng_u64(&b.rng));
        same += x == rng_u64(&c.rng);
    }
    assert_int_equal(same, 0);
    uint8_t many[100], again[100];
    a.rng.fill(&a.rng, many, sizeof many);
    b.rng.fill(&b.rng, again, sizeof again);
    assert_memory_equal(many, again, sizeof many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(below_covers_its_range),
        cmocka_unit_test(every_bit_varies),
        cmocka_unit_test(seeds_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
