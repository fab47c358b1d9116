/* What stands between the quotes of a JSON string, for every octet and every room. */
#include "resolver/io/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } row[] = {
        {"", ""},
        {"www.example.org.", "www.example.org."},
        {"say \"yes\"", "say \\\"yes\\\""},
        {"a\\032b.", "a\\\\032b."},
        {"one\ntwo\t\x7f", "one\\u000atwo\\u0009\\u007f"},
        {"m\xc3\xbcller", "m??ller"},
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char out[64];
        size_t n = json_text(row[i].text, strlen(row[i].text), out, sizeof out);
        assert_int_equal(n, strlen(row[i].want));
        assert_memory_equal(out, row[i].want, n);
    }
}

/* Never more than there is room for, and never half a character. */
static void room(void **state)
{
    (void)state;
    char every[256];
    for (unsigned i = 0; i < sizeof every; i++) {
        every[i] = (char)i;
    }
    char whole[6 * sizeof every];
    size_t all = json_text(every, sizeof every, whole, sizeof whole);
    for (size_t cap = 0; cap <= all; cap++) {
        char *out = malloc(cap > 0 ? cap : 1); /* exact, so that a sanitizer sees what is written beyond */
        size_t n = json_text(every, sizeof every, out, cap);
        assert_true(n <= cap && cap - n < 6);
        assert_memory_equal(out, whole, n);
        for (size_t i = 0; i < n; i++) {
            assert_in_range((unsigned char)out[i], ' ', '~');
        }
        assert_true(n == 0 || out[n - 1] != '\\' || (n > 1 && out[n - 2] == '\\'));
        free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
