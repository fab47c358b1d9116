/* What the codes of lists mean: refusals are no listings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/dnsbl.h"

static void codes(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        uint8_t code[4];
        enum dnsbl_code is;
        const char *text;
    } rows[] = {
        {"bl.example", {127, 0, 0, 2}, DNSBL_LISTED, ""},
        {"bl.example", {127, 0, 0, 255}, DNSBL_LISTED, ""},
        {"bl.example", {127, 1, 255, 255}, DNSBL_LISTED, ""},
        {"bl.example", {127, 0, 0, 1}, DNSBL_REFUSED, "NOT a listing"},
        {"bl.example", {127, 255, 255, 252}, DNSBL_REFUSED, "misspelt"},
        {"zen.spamhaus.org", {127, 255, 255, 254}, DNSBL_REFUSED, "public or open resolvers"},
        {"zen.spamhaus.org", {127, 255, 255, 255}, DNSBL_REFUSED, "too many questions"},
        {"bl.example", {127, 255, 255, 0}, DNSBL_REFUSED, "refuses to answer"},
        {"bl.example", {192, 0, 2, 1}, DNSBL_NO_LIST, "parked"},
        {"bl.example", {128, 0, 0, 2}, DNSBL_NO_LIST, "parked"},
        {"ZEN.spamhaus.org", {127, 0, 0, 10}, DNSBL_LISTED, "PBL"},
        {"zen.spamhaus.org", {127, 0, 0, 4}, DNSBL_LISTED, "XBL"},
        {"zen.spamhaus.org", {127, 0, 1, 4}, DNSBL_LISTED, ""},
        {"dbl.spamhaus.org", {127, 0, 1, 104}, DNSBL_LISTED, "abused"},
        {"list.dnswl.org", {127, 0, 5, 1}, DNSBL_WELCOME, "low"},
        {"list.dnswl.org", {127, 0, 5, 3}, DNSBL_WELCOME, "high"},
        {"list.dnswl.org", {127, 0, 0, 255}, DNSBL_REFUSED, "NOT a listing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = NULL;
        enum dnsbl_code is = dnsbl_judge(rows[i].zone, rows[i].code, &text);
        if (is != rows[i].is || strstr(text, rows[i].text) == NULL || (rows[i].text[0] == '\0' && text[0] != '\0')) {
            fail_msg("row %zu: %d, '%s'", i, is, text);
        }
    }
}

/* Each list has a test entry, and there are some of either kind. */
static void lists(void **state)
{
    (void)state;
    size_t domains = 0;
    for (size_t i = 0; i < dnsbl_list_count; i++) {
        assert_true(strlen(dnsbl_lists[i].test) > 0 && strchr(dnsbl_lists[i].zone, '.') != NULL);
        assert_true(dnsbl_lists[i].domains || strcmp(dnsbl_lists[i].test, DNSBL_TEST_ADDRESS) == 0);
        domains += dnsbl_lists[i].domains;
    }
    assert_true(domains > 0 && domains < dnsbl_list_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes), cmocka_unit_test(lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
