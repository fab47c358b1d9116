/*
 * sentinel_test.c - root key sentinels: which answers become SERVFAIL (RFC 8509)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/types.h"
#include "resolver/engine/sentinel.h"

static const struct {
    const char *name;
    uint16_t type, flags;
    bool denies;
} rows[] = {
    /* the root's keys 20326 and 38696 are trusted */
    {"root-key-sentinel-is-ta-20326.example.", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-38696.example.", DNS_TYPE_AAAA, 0, false},
    {"root-key-sentinel-is-ta-19036.example.", DNS_TYPE_A, 0, true},
    {"root-key-sentinel-not-ta-20326.example.", DNS_TYPE_A, 0, true},
    {"Root-Key-Sentinel-NOT-ta-38696.example.", DNS_TYPE_AAAA, DNS_FLAG_RD, true},
    {"root-key-sentinel-not-ta-19036.example.", DNS_TYPE_A, 0, false},
    /* without checking, of another type: as usual */
    {"root-key-sentinel-is-ta-19036.example.", DNS_TYPE_A, DNS_FLAG_CD, false},
    {"root-key-sentinel-not-ta-20326.example.", DNS_TYPE_AAAA, DNS_FLAG_CD, false},
    {"root-key-sentinel-is-ta-19036.example.", DNS_TYPE_TXT, 0, false},
    /* not such a name */
    {".", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-.example.", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-1903.example.", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-019036.example.", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-1903x.example.", DNS_TYPE_A, 0, false},
    {"root-key-sentinel-is-ta-85862.example.", DNS_TYPE_A, 0, false}, /* 20326 + 65536 */
    {"xroot-key-sentinel-is-ta-19036.example.", DNS_TYPE_A, 0, false},
    {"www.root-key-sentinel-is-ta-19036.example.", DNS_TYPE_A, 0, false},
};

static void sentinels_answer(void **state)
{
    (void)state;
    struct anchors *anchors = anchors_new();
    assert_true(anchors != NULL && anchors_add_builtin(anchors));
    struct engine_settings set = {.dnssec = DNSSEC_VALIDATE, .anchors = anchors};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct request request = {.qtype = rows[i].type, .flags = rows[i].flags};
        assert_int_equal(dname_scan(rows[i].name, strlen(rows[i].name), NULL, &request.qname), DNS_OK);
        if (sentinel_fails(&request, &set) != rows[i].denies) {
            fail_msg("row %zu: %s", i, rows[i].name);
        }
    }
    anchors_free(anchors);
}

static bool is_trusted(const struct anchors *anchors, const char *name)
{
    struct engine_settings set = {.dnssec = DNSSEC_VALIDATE, .anchors = anchors};
    struct request request = {.qtype = DNS_TYPE_A};
    assert_int_equal(dname_scan(name, strlen(name), NULL, &request.qname), DNS_OK);
    return !sentinel_fails(&request, &set);
}

/* Anchors that are keys; no anchor at the root. */
static void tags_of_keys_count(void **state)
{
    static const char island[] =
        "example. DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000";
    static const char key[] = ". DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";
    (void)state;
    struct anchors *anchors = anchors_new();
    char error[ANCHORS_ERROR_MAX];
    assert_non_null(anchors);
    assert_false(is_trusted(anchors, "root-key-sentinel-is-ta-00000.example."));
    assert_true(anchors_add_text(anchors, island, sizeof island - 1, error));
    assert_false(is_trusted(anchors, "root-key-sentinel-is-ta-12345.example."));
    assert_true(anchors_add_text(anchors, key, sizeof key - 1, error));
    assert_true(is_trusted(anchors, "root-key-sentinel-is-ta-03613.example.")); /* RFC 8080 section 6.1 */
    assert_false(is_trusted(anchors, "root-key-sentinel-is-ta-12345.example."));
    anchors_free(anchors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentinels_answer),
        cmocka_unit_test(tags_of_keys_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
