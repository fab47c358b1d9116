/*
 * rfc5011_text_test.c - the state of managed trust anchors as text: what is wrong with it is told, and nothing is taken
 */
#include "keys.h"

/* A zone with a key, and a digest of one that was not seen yet. */
static void two_anchors(struct managed_zone *z)
{
    struct rfc5011_result result;
    struct arena arena;
    struct anchors *initial = configured(dname_root(), "ds A B");
    char states[1024];
    arena_init(&arena, NULL, 0, 1 << 20);
    rfc5011_begin(z, dname_root(), initial, BASE_S);
    rfc5011_apply(z, dnskey_set(&arena, dname_root(), "A", "A", BASE_S, 172800), &policy, BASE_S, &result);
    describe(z, states);
    assert_string_equal(states, "A VALID, b VALID");
    arena_release(&arena);
    anchors_free(initial);
}

/* A file that was cut anywhere, or in which one octet is another, is not read. */
static void broken_text_is_refused(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z), *back = malloc(sizeof *back);
    char *text = malloc(RFC5011_TEXT_MAX), error[RFC5011_ERROR_MAX];
    assert_true(z != NULL && back != NULL && text != NULL);
    two_anchors(z);
    size_t n = rfc5011_write(z, text, RFC5011_TEXT_MAX);
    for (size_t cut = 0; cut < n; cut++) {
        assert_false(rfc5011_read(text, cut, back, error));
    }
    for (size_t at = 0; at < n; at++) {
        text[at] ^= 1;
        assert_false(rfc5011_read(text, n, back, error));
        text[at] ^= 1;
    }
    assert_true(rfc5011_read(text, n, back, error));
    assert_int_equal(rfc5011_write(z, text, n - 1), 0); /* no room */
    free(text);
    free(back);
    free(z);
}

static const struct {
    const char *body, *error;
} wrong_bodies[] = {
    {"", "line 1: no zone"},
    {"zone .", "line 2: does not end"},
    {"zone\n", "line 2: 'zone NAME' is expected"},
    {"zone a..b refreshed 0 next 0 failed 0\n", "line 2: 'zone NAME' is expected"},
    {"zone . refreshed 0 next 0\n", "line 2: 'failed' is expected"},
    {"zone . refreshed -1 next 0 failed 0\n", "line 2: refreshed: a number is expected"},
    {"zone . refreshed 9999999999999999 next 0 failed 0\n", "line 2: refreshed: a number is expected"},
    {"zone . refreshed 1 next 1 failed 99999999999\n", "line 2: failed: too large"},
    {"zone . refreshed 1 next 1 failed 1 more\n", "line 2: more than is expected"},
    {"zone . refreshed 1 next 1 failed 1\n\n", "line 3: begins with the state of a key"},
    {"zone . refreshed 1 next 1 failed 1\nSTART since 1 hold 0 seen 0 DNSKEY 257 3 15 AAAA\n",
     "line 3: begins with the state of a key"},
    {"zone . refreshed 1 next 1 failed 1\nVALID since 1 hold 0 seen x DNSKEY 257 3 15 AAAA\n",
     "line 3: seen: a number is expected"},
    {"zone . refreshed 1 next 1 failed 1\nVALID since 1 hold 0 seen 0 A 192.0.2.1\n",
     "line 3: DNSKEY is expected, or DS of a valid key"},
    {"zone . refreshed 1 next 1 failed 1\nREVOKED since 1 hold 0 seen 0 DS 1 8 2 00\n",
     "line 3: DNSKEY is expected, or DS of a valid key"},
    {"zone . refreshed 1 next 1 failed 1\nVALID since 1 hold 0 seen 0 DNSKEY\n", "line 3: the key: "},
    {"zone . refreshed 1 next 1 failed 1\nVALID since 1 hold 0 seen 0 DNSKEY 257 3 15 ====\n", "line 3: the key: "},
};

static bool read_body(const char *body, size_t n, struct managed_zone *z, char *error)
{
    uint8_t hash[32];
    char *text = malloc(n + 100);
    unsigned len;
    assert_non_null(text);
    assert_int_equal(EVP_Digest(body, n, hash, &len, EVP_sha256(), NULL), 1);
    int at = snprintf(text, 100, "raiz-anchors 1 ");
    for (unsigned i = 0; i < len; i++) {
        at += snprintf(text + at, 4, "%02x", hash[i]);
    }
    text[at++] = '\n';
    memcpy(text + at, body, n);
    bool ok = rfc5011_read(text, (size_t)at + n, z, error);
    free(text);
    return ok;
}

/* The checksum is right, the rest is not. */
static void wrong_text_is_explained(void **state)
{
    (void)state;
    struct managed_zone *z = malloc(sizeof *z);
    char error[RFC5011_ERROR_MAX];
    assert_non_null(z);
    for (size_t i = 0; i < ROWS(wrong_bodies); i++) {
        const char *body = wrong_bodies[i].body;
        error[0] = '\0';
        if (read_body(body, strlen(body), z, error) ||
            strncmp(error, wrong_bodies[i].error, strlen(wrong_bodies[i].error)) != 0) {
            fail_msg("row %zu: %s", i, error);
        }
    }
    char *body = malloc(100000);
    assert_non_null(body);
    int head = snprintf(body, 100, "zone . refreshed 1 next 1 failed 1\n");
    memset(body + head, 'A', 10000);
    body[head + 10000] = '\n';
    assert_false(read_body(body, (size_t)head + 10001, z, error));
    assert_string_equal(error, "line 3: longer than 6144 characters");
    int at = head;
    for (unsigned i = 0; i <= RFC5011_KEYS_MAX; i++) {
        at += snprintf(body + at, 200, "VALID since 1 hold 0 seen 0 DNSKEY 257 3 15 AAAA\n");
    }
    assert_false(read_body(body, (size_t)at, z, error));
    assert_string_equal(error, "line 35: more than 32 keys");
    free(body);
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_text_is_refused),
        cmocka_unit_test(wrong_text_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
