/* Arenas: alignment, the budget, many chunks, the inline first chunk, trimming. */
#include "dns/arena.h"

#include "support.h"

#include <stdalign.h>

#define PLENTY ((size_t)16 << 20)

static void aligned_and_apart(void **state)
{
    (void)state;
    struct arena a;
    alignas(max_align_t) char first[300];
    unsigned char *p[400];
    arena_init(&a, first + 1, sizeof first - 1, PLENTY); /* the first chunk need not be aligned */
    for (size_t i = 0; i < ROWS(p); i++) {
        size_t n = 1 + i * 37 % 5000; /* small, and large ones with chunks of their own */
        p[i] = arena_alloc(&a, n);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
        memset(p[i], (int)i & 0xff, n);
    }
    for (size_t i = 0; i < ROWS(p); i++) {
        for (size_t k = 0; k < 1 + i * 37 % 5000; k++) {
            assert_int_equal(p[i][k], i & 0xff);
        }
    }
    assert_false(a.exhausted);
    arena_release(&a);
}

static void first_chunk_is_used_and_used_again(void **state)
{
    (void)state;
    struct arena a;
    alignas(max_align_t) char first[256];
    arena_init(&a, first, sizeof first, PLENTY);
    char *p = arena_alloc(&a, 100);
    assert_ptr_equal(p, first);
    assert_null(a.chunks);
    assert_non_null(arena_alloc(&a, 200)); /* does not fit there */
    assert_non_null(a.chunks);
    arena_clear(&a);
    assert_null(a.chunks);
    assert_int_equal(a.used_bytes, 0);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    arena_release(&a);
}

static void large_objects_do_not_end_the_chunk(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, NULL, 0, PLENTY);
    char *p = arena_alloc(&a, 16);
    assert_non_null(arena_alloc(&a, 100000));
    assert_ptr_equal(arena_alloc(&a, 16), p + 16);
    arena_release(&a);

    arena_init(&a, NULL, 0, PLENTY); /* and as the very first */
    assert_non_null(arena_alloc(&a, 100000));
    assert_non_null(arena_alloc(&a, 16));
    assert_non_null(arena_alloc(&a, 100000));
    arena_release(&a);
}

static void budget(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, NULL, 0, 10000);
    size_t got = 0;
    while (arena_alloc(&a, 100) != NULL) {
        got += 100;
        assert_true(got <= 10000);
    }
    assert_true(a.exhausted);
    assert_in_range(got, 8000, 10000); /* the rest is rounding and chunk heads */
    assert_true(a.used_bytes <= 10000);
    arena_clear(&a);
    assert_false(a.exhausted);
    assert_null(arena_alloc(&a, 10001));
    assert_true(a.exhausted);
    assert_non_null(arena_alloc(&a, 5000)); /* it still works for what fits */
    arena_release(&a);
}

static void absurd_sizes(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, NULL, 0, SIZE_MAX);
    for (size_t less = 0; less < 20; less++) {
        assert_null(arena_alloc(&a, SIZE_MAX - less)); /* would round to nothing, or malloc refuses */
    }
    assert_true(a.exhausted);
    assert_non_null(arena_alloc(&a, 1));
    arena_release(&a);
}

static void zeroed_and_copied(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, NULL, 0, PLENTY);
    memset(arena_alloc(&a, 64), 0xff, 64);
    arena_clear(&a);
    unsigned char *zero = arena_zalloc(&a, 64);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(zero[i], 0);
    }
    int *x = ARENA_NEW(&a, int);
    assert_int_equal(*x, 0);
    assert_string_equal(arena_dup(&a, "text", 5), "text");
    arena_release(&a);

    arena_init(&a, NULL, 0, 8);
    assert_null(arena_zalloc(&a, 64));
    assert_null(arena_dup(&a, "text of more than eight", 24));
    arena_release(&a);
}

static void trim(void **state)
{
    (void)state;
    struct arena a;
    alignas(max_align_t) char first[1024];
    arena_init(&a, first, sizeof first, PLENTY);
    char *p = arena_alloc(&a, 500);
    arena_trim(&a, p, 500, 20);
    assert_int_equal(a.used_bytes, 32);
    assert_ptr_equal(arena_alloc(&a, 1), p + 32);
    arena_trim(&a, p, 20, 1); /* not the newest any more: stays */
    assert_ptr_equal(arena_alloc(&a, 1), p + 48);
    char *all = arena_alloc(&a, 100);
    arena_trim(&a, all, 100, 0);
    assert_ptr_equal(arena_alloc(&a, 1), all);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligned_and_apart),
        cmocka_unit_test(first_chunk_is_used_and_used_again),
        cmocka_unit_test(large_objects_do_not_end_the_chunk),
        cmocka_unit_test(budget),
        cmocka_unit_test(absurd_sizes),
        cmocka_unit_test(zeroed_and_copied),
        cmocka_unit_test(trim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
