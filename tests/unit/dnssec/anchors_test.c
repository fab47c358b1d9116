/*
 * Trust anchors: built in, from text, from files whose errors are told by file and line, and which is the closest
 * (T78).
 */
#include <unistd.h>

#include "resolver/dnssec/anchors.h"
#include "signing.h"

static int set_up(void **state)
{
    *state = anchors_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    anchors_free(*state);
    return 0;
}

static unsigned records(const struct rrset *set)
{
    return set == NULL ? 0 : set->count;
}

/* The digest of each DS of a zone as text, one a line. */
static void assert_ds(const struct anchors *a, const char *zone, const char *expected)
{
    struct anchor anchor;
    char buf[2000] = "";
    struct text t = text_of(buf, sizeof buf);
    assert_true(anchors_closest(a, NAME(zone), &anchor));
    assert_true(dname_equal(anchor.zone, NAME(zone)));
    struct rrset_iter it = rrset_rrs(anchor.ds);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        rdata_print(DNS_TYPE_DS, rr.data, rr.len, &t);
        text_add(&t, "\n");
    }
    assert_string_equal(buf, expected);
}

static void test_builtin(void **state)
{
    struct anchors *a = *state;
    struct anchor anchor;
    assert_false(anchors_private_root(a));
    assert_true(anchors_add_builtin(a));
    assert_int_equal(anchors_count(a), 1);
    assert_ds(a, ".",
              "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
              "38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n");
    assert_true(anchors_closest(a, NAME("www.example."), &anchor) && dname_is_root(anchor.zone));
    assert_true(anchors_add_builtin(a)); /* twice is once */
    assert_true(anchors_at(a, 0, &anchor) && records(anchor.ds) == 2 && anchor.dnskey == NULL);
    assert_false(anchors_at(a, 1, &anchor));
    assert_false(anchors_private_root(a));
}

/* The keys themselves, as Debian's dns-root-data writes them, have the digests that are built in. */
static void test_root_keys(void **state)
{
    static const char *const keys[] = {
        ".\t172800\tIN\tDNSKEY\t257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3"
        "+/"
        "4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+"
        "B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwV"
        "N8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/"
        "ilBmSVIzuDWfdRUfhHdY6+cn8H"
        "FRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU= ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  "
        "]",
        ". IN DNSKEY 257 3 8 "
        "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZs"
        "jICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8Pkc"
        "RU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyv"
        "aBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc=",
    };
    struct anchors *a = *state;
    struct anchor anchor;
    char error[ANCHORS_ERROR_MAX];
    assert_true(anchors_add_builtin(a));
    for (size_t i = 0; i < ROWS(keys); i++) {
        if (!anchors_add_text(a, keys[i], strlen(keys[i]), error)) {
            fail_msg("%s", error);
        }
    }
    assert_true(anchors_at(a, 0, &anchor));
    static const uint16_t tags[] = {20326, 38696};
    struct rrset_iter keys_it = rrset_rrs(anchor.dnskey), ds_it = rrset_rrs(anchor.ds);
    struct rdata_ref key, ds;
    assert_int_equal(records(anchor.dnskey), ROWS(tags));
    for (size_t i = 0; rrset_next(&keys_it, &key) && rrset_next(&ds_it, &ds); i++) {
        assert_int_equal(dnssec_key_tag(key.data, key.len), tags[i]);
        assert_true(dnssec_names_key(anchor.zone, key, DNS_TYPE_DS, ds));
    }
}

static void test_text(void **state)
{
    static const struct {
        const char *text, *error; /* NULL: taken */
    } rows[] = {
        {"example. DS 12345 13 2 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE49FD46E6C4B45C55D4AC69CB", NULL},
        {"example. IN DS 12345 13 2 49fd46e6c4b45c55d4ac69cbd3cd34ac1afe51de49fd46e6c4b45c55d4ac69cb", NULL},
        {"example. 1h IN DS 12345 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", NULL},
        {"example. IN 3600 DS 1 13 1 49FD46E6C4B45C55 D4AC69CBD3CD34AC1AFE51DE ; with blanks", NULL},
        {"  example.  \t DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE\r", NULL},
        {"example DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", NULL}, /* the dot may be missing */
        {"example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=", NULL},
        {"", "begins with the name of the zone"},
        {"; nothing", "begins with the name of the zone"},
        {"exa..mple. DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", "begins with the name of the zone"},
        {"example.", "a trust anchor is a DS or DNSKEY record"},
        {"example. A 192.0.2.1", "a trust anchor is a DS or DNSKEY record"},
        {"example. CH DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", "a trust anchor is a DS or DNSKEY record"},
        {"example. DS", "DS"},
        {"example. DS 12345 13", "DS"},
        {"example. DS 123456 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", "DS"},
        {"example. DS 1 13 1 xyz", "DS"},
        {"example. DNSKEY 257 3 15 !", "DNSKEY"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct anchors *a = anchors_new();
        char error[ANCHORS_ERROR_MAX];
        bool taken = anchors_add_text(a, rows[i].text, strlen(rows[i].text), error);
        if (taken != (rows[i].error == NULL) || (!taken && strstr(error, rows[i].error) == NULL)) {
            fail_msg("'%s': %s", rows[i].text, taken ? "taken" : error);
        }
        assert_int_equal(anchors_count(a), taken); /* what is refused leaves nothing behind */
        anchors_free(a);
    }
    static char longer[9000];
    char error[ANCHORS_ERROR_MAX];
    memset(longer, ' ', sizeof longer - 1);
    assert_false(anchors_add_text(*state, longer, sizeof longer - 1, error));
    assert_non_null(strstr(error, "longer than 8192"));
}

static void test_many(void **state)
{
    struct anchors *a = *state;
    char error[ANCHORS_ERROR_MAX], text[200];
    struct anchor anchor;
    for (unsigned i = 0; i < 256; i++) {
        snprintf(text, sizeof text, "example. DS %u 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE", i);
        assert_true(anchors_add_text(a, text, strlen(text), error));
    }
    snprintf(text, sizeof text, "example. DS 256 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE");
    assert_false(anchors_add_text(a, text, strlen(text), error));
    assert_non_null(strstr(error, "too many"));
    assert_true(anchors_at(a, 0, &anchor) && records(anchor.ds) == 256);
}

/* T78: the closest enclosing anchor, whatever the order in which they came. */
static void test_closest(void **state)
{
    static const char *const zones[] = {"example.", "island.insecure.example.", "a.test.",
                                        ".",        "deep.a.b.c.test.",         "insecure.example."};
    static const struct {
        const char *name, *closest;
    } rows[] = {
        {"www.example.", "example."},
        {"EXAMPLE.", "example."},
        {"island.insecure.example.", "island.insecure.example."},
        {"www.Island.insecure.example.", "island.insecure.example."},
        {"land.insecure.example.", "insecure.example."},
        {"xisland.insecure.example.", "insecure.example."},
        {"test.", "."},
        {".", "."},
        {"b.test.", "."},
        {"x.a.test.", "a.test."},
        {"a.b.c.test.", "."},
        {"deep.a.b.c.test.", "deep.a.b.c.test."},
    };
    struct anchor anchor;
    char error[ANCHORS_ERROR_MAX], text[200];
    (void)state;
    for (unsigned first = 0; first < ROWS(zones); first++) {
        struct anchors *a = anchors_new();
        for (unsigned i = 0; i < ROWS(zones); i++) {
            snprintf(text, sizeof text, "%s DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE",
                     zones[(first + i) % ROWS(zones)]);
            assert_true(anchors_add_text(a, text, strlen(text), error));
        }
        assert_int_equal(anchors_count(a), ROWS(zones));
        for (size_t i = 0; i < ROWS(rows); i++) {
            if (!anchors_closest(a, NAME(rows[i].name), &anchor) || !dname_equal(anchor.zone, NAME(rows[i].closest))) {
                fail_msg("%s", rows[i].name);
            }
        }
        assert_true(anchors_private_root(a));
        anchors_free(a);
    }
    struct anchors *a = anchors_new();
    assert_false(anchors_closest(a, NAME("example."), &anchor));
    snprintf(text, sizeof text, "example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=");
    assert_true(anchors_add_text(a, text, strlen(text), error));
    assert_false(anchors_closest(a, NAME("test."), &anchor));
    assert_false(anchors_closest(a, NAME("."), &anchor));
    assert_true(anchors_closest(a, NAME("a.example."), &anchor) && anchor.ds == NULL && records(anchor.dnskey) == 1);
    anchors_free(a);
}

static bool add_file(struct anchors *a, const char *text, char *error)
{
    char path[] = "/tmp/anchors_testXXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    bool ok = anchors_add_file(a, path, error);
    unlink(path);
    return ok;
}

static void test_file(void **state)
{
    struct anchors *a = *state;
    char error[ANCHORS_ERROR_MAX];
    struct anchor anchor;
    assert_true(add_file(a,
                         "; comment\n# comment\n\n  \t\n"
                         ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\r\n"
                         "example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4= ; no newline behind",
                         error));
    assert_int_equal(anchors_count(a), 2);
    assert_true(anchors_at(a, 0, &anchor) && dname_equal(anchor.zone, NAME("example.")));
    assert_true(anchors_at(a, 1, &anchor) && dname_is_root(anchor.zone));
}

static void test_file_errors(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {". DS 1 13 1 49FD46E6C4B45C55D4AC69CBD3CD34AC1AFE51DE\n\n. DS what\n", ":3: DS"},
        {"example. A 192.0.2.1\n", ":1: a trust anchor is"},
        {"", "holds no trust anchor"},
        {"; only\n# comments\n", "holds no trust anchor"},
        {"\xff\xfe\n", ":1: "},
    };
    char error[ANCHORS_ERROR_MAX];
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (add_file(*state, rows[i].text, error) || strstr(error, rows[i].error) == NULL) {
            fail_msg("row %zu: %s", i, error);
        }
        assert_non_null(strstr(error, "/tmp/anchors_test"));
    }
    assert_false(anchors_add_file(*state, "/nonexistent/root.key", error));
    assert_string_equal(error, "/nonexistent/root.key: No such file or directory");
    assert_false(anchors_add_file(*state, "/tmp", error));
    assert_non_null(strstr(error, "/tmp: "));
    /* A line that is too long is one error, whatever its pieces look like. */
    static char longer[9000];
    memset(longer, 'a', sizeof longer - 1);
    assert_false(add_file(*state, longer, error));
    assert_non_null(strstr(error, ":1: "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(builtin), TEST(root_keys), TEST(text), TEST(many), TEST(closest), TEST(file), TEST(file_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
