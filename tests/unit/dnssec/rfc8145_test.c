/*
 * rfc8145_test.c - the name that signals trust anchors
 */
#include "resolver/dnssec/rfc8145.h"
#include "support.h"

#define DIGEST " 8 2 0000000000000000000000000000000000000000000000000000000000000000"
#define KEY    "DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=" /* RFC 8080 section 6.1: tag 3613, 0e1d */

static const struct {
    const char *zone, *anchors, *name;
} rows[] = {
    {".", ". DS 20326" DIGEST "\n. DS 38696" DIGEST "\n", "_ta-4f66-9728."},
    {".", ". DS 38696" DIGEST "\n. DS 20326" DIGEST "\n", "_ta-4f66-9728."}, /* sorted */
    {".", ". DS 7" DIGEST "\n", "_ta-0007."},
    {"example.", "example. " KEY "\n", "_ta-0e1d.example."},
    {"example.", "example. " KEY "\nexample. DS 3613" DIGEST "\n", "_ta-0e1d.example."}, /* once */
    {"example.", "example. " KEY "\nexample. DS 3612" DIGEST "\nexample. DS 65535" DIGEST "\n",
     "_ta-0e1c-0e1d-ffff.example."},
    {".",
     ". DS 14" DIGEST "\n. DS 13" DIGEST "\n. DS 12" DIGEST "\n. DS 11" DIGEST "\n. DS 10" DIGEST "\n. DS 9" DIGEST
     "\n. DS 8" DIGEST "\n. DS 1" DIGEST "\n. DS 2" DIGEST "\n. DS 3" DIGEST "\n. DS 4" DIGEST "\n. DS 5" DIGEST
     "\n. DS 6" DIGEST "\n. DS 7" DIGEST "\n",
     "_ta-0001-0002-0003-0004-0005-0006-0007-0008-0009-000a-000b-000c."}, /* what fits */
};

static void names_are_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct anchors *a = anchors_new();
        struct anchor one;
        struct dname_buf name;
        char error[ANCHORS_ERROR_MAX], text[DNAME_TEXT_MAX];
        assert_non_null(a);
        for (const char *line = rows[i].anchors, *end; *line != '\0'; line = end + 1) {
            end = strchr(line, '\n');
            if (!anchors_add_text(a, line, (size_t)(end - line), error)) {
                fail_msg("row %zu: %s", i, error);
            }
        }
        assert_true(anchors_closest(a, NAME(rows[i].zone), &one));
        assert_true(rfc8145_name(&one, &name));
        dname_print(dname_of(&name), text);
        assert_string_equal(text, rows[i].name);
        anchors_free(a);
    }
    struct dname_buf name;
    assert_false(rfc8145_name(&(struct anchor){.zone = dname_root()}, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
