/*
 * frame_test.c - messages in a TCP stream (T113)
 */
#include "resolver/io/frame.h"

#include "resolver/io/buffer.h"
#include "support.h"

static void test_cuts(void **state)
{
    (void)state;
    static const struct {
        size_t n, used, len;
    } rows[] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {4, 0, 0}, {5, 5, 3}, {6, 5, 3}, {9, 5, 3}};
    static const uint8_t stream[] = {0, 3, 'a', 'b', 'c', 0, 2, 'd', 'e'};
    for (size_t i = 0; i < ROWS(rows); i++) {
        const uint8_t *msg = NULL;
        size_t len = 0;
        assert_int_equal(frame_take(stream, rows[i].n, &msg, &len), rows[i].used);
        assert_int_equal(len, rows[i].len);
        assert_true(rows[i].used == 0 || msg == stream + 2);
    }
}

static void test_empty_and_largest(void **state)
{
    (void)state;
    static uint8_t stream[FRAME_MAX + 1] = {0, 0, 0xff, 0xff};
    const uint8_t *msg;
    size_t len;
    assert_int_equal(frame_take(stream, 2, &msg, &len), 2);
    assert_int_equal(len, 0);
    assert_int_equal(frame_take(stream + 2, FRAME_MAX - 1, &msg, &len), 0);
    stream[0] = stream[1] = 0xff;
    assert_int_equal(frame_take(stream, FRAME_MAX - 1, &msg, &len), 0);
    assert_int_equal(frame_take(stream, FRAME_MAX + 1, &msg, &len), FRAME_MAX);
    assert_int_equal(len, 65535);
    uint8_t head[FRAME_HEADER];
    frame_header(head, 65535);
    assert_memory_equal(head, stream, 2);
}

/* How much more must come: of a frame whose length is known its rest, else of the least that could be a message. */
static void test_missing(void **state)
{
    (void)state;
    static const uint8_t shortest[] = {0, 1}, usual[] = {0, 40, 'a', 'b', 'c'}, longest[] = {0xff, 0xff, 'a'};
    const struct {
        const uint8_t *data;
        size_t n, missing;
    } rows[] = {{usual, 1, 13},   {usual, 2, 40},   {usual, 3, 39},      {usual, 5, 37},
                {shortest, 2, 1}, {longest, 1, 13}, {longest, 2, 65535}, {longest, 3, 65534}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_int_equal(frame_missing(rows[i].data, rows[i].n), rows[i].missing);
    }
}

/* Three messages, their stream cut in three at every pair of places, put together again by a buffer. */
static void test_all_splits(void **state)
{
    (void)state;
    uint8_t stream[64];
    size_t n = 0;
    for (uint8_t m = 0; m < 3; m++) {
        size_t len = m * 7u;
        frame_header(stream + n, len);
        memset(stream + n + 2, 'A' + m, len);
        n += 2 + len;
    }
    for (size_t a = 0; a <= n; a++) {
        for (size_t b = a; b <= n; b++) {
            const size_t cut[] = {a, b - a, n - b};
            struct buffer buf = {0};
            size_t at = 0;
            unsigned seen = 0;
            for (unsigned part = 0; part < 3; part++) {
                const uint8_t *msg;
                size_t len, used;
                assert_true(buffer_add(&buf, stream + at, cut[part]));
                at += cut[part];
                while (buf.n > 0 && (used = frame_take(buffer_at(&buf), buf.n, &msg, &len)) > 0) {
                    assert_int_equal(len, seen * 7);
                    assert_true(len == 0 || (msg[0] == 'A' + seen && msg[len - 1] == 'A' + seen));
                    seen++;
                    buffer_drop(&buf, used);
                }
            }
            assert_int_equal(seen, 3);
            assert_int_equal(buf.n, 0);
            assert_null(buf.data); /* an empty buffer holds no memory */
        }
    }
}

static void test_buffer_moves_and_grows(void **state)
{
    (void)state;
    struct buffer b = {0};
    uint8_t next_in = 0, next_out = 0;
    for (unsigned round = 1; round < 300; round++) {
        for (unsigned i = 0; i < round; i++, next_in++) {
            assert_true(buffer_add(&b, &next_in, 1));
        }
        for (unsigned i = 0; i + 1 < round; i++, next_out++) {
            assert_int_equal(buffer_at(&b)[0], next_out);
            buffer_drop(&b, 1);
        }
    }
    assert_int_equal(b.n, 299);
    assert_true(b.cap <= 2048);
    uint8_t *room = buffer_room(&b, 5000);
    assert_non_null(room);
    memset(room, 1, 5000);
    buffer_added(&b, 5000);
    assert_int_equal(buffer_at(&b)[0], next_out);
    assert_int_equal(b.n, 5299);
    buffer_clear(&b);
    assert_null(b.data);
    assert_true(buffer_add(&b, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_empty_and_largest),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_all_splits),
        cmocka_unit_test(test_buffer_moves_and_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
