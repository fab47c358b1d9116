/*
 * nta_test.c - negative trust anchors: their end, their looks, and their text
 */
#include "resolver/dnssec/nta.h"
#include "support.h"

#define T0 INT64_C(1767225600)

static void they_end(void **state)
{
    (void)state;
    struct ntas n = {0};
    assert_int_equal(ntas_due_s(&n), INT64_MAX);
    assert_non_null(ntas_add(&n, NAME("Broken.example."), T0, 3600, true, "why not"));
    assert_non_null(ntas_add(&n, NAME("other.example."), T0, 60, true, NULL));
    assert_int_equal(n.count, 2);
    assert_int_equal(ntas_due_s(&n), T0 + 60);
    assert_null(ntas_expired(&n, T0 + 59));
    struct nta *a = ntas_expired(&n, T0 + 60);
    assert_non_null(a);
    assert_true(dname_equal(dname_of(&a->name), NAME("other.example.")));
    assert_true(ntas_remove(&n, NAME("OTHER.example.")));
    assert_false(ntas_remove(&n, NAME("other.example.")));
    assert_null(ntas_expired(&n, T0 + 3599));
    assert_non_null(ntas_expired(&n, T0 + 3600));
    /* a second one of the same name takes the first one's place */
    assert_non_null(ntas_add(&n, NAME("broken.EXAMPLE."), T0 + 100, 100 * 86400, true, ""));
    assert_int_equal(n.count, 1);
    assert_int_equal(n.list[0].until_s, T0 + 100 + NTA_MAX_S);
    /* the clock was a year ahead: a week from now, not a year and a week */
    assert_null(ntas_expired(&n, T0 - 365 * 86400));
    assert_int_equal(n.list[0].until_s, T0 - 365 * 86400 + NTA_MAX_S);
    ntas_free(&n);
}

static void they_are_looked_at(void **state)
{
    (void)state;
    struct ntas n = {0};
    assert_non_null(ntas_add(&n, NAME("forced.example."), T0, 86400, true, ""));
    assert_null(ntas_to_probe(&n, T0 + 86399));
    assert_non_null(ntas_add(&n, NAME("broken.example."), T0, 86400, false, ""));
    assert_int_equal(ntas_due_s(&n), T0 + NTA_PROBE_S);
    assert_null(ntas_to_probe(&n, T0 + NTA_PROBE_S - 1));
    struct nta *a = ntas_to_probe(&n, T0 + NTA_PROBE_S);
    assert_non_null(a);
    assert_true(dname_equal(dname_of(&a->name), NAME("broken.example.")));
    assert_null(ntas_to_probe(&n, T0 - 86400)); /* the clock was set back: not in a day, but soon */
    assert_int_equal(a->probe_s, T0 - 86400 + NTA_PROBE_S);
    ntas_free(&n);
}

static void text_reads_back(void **state)
{
    (void)state;
    struct ntas n = {0}, back = {0};
    char text[4096], again[4096], error[NTA_ERROR_MAX];
    assert_non_null(ntas_add(&n, NAME("broken.example."), T0, 3600, false, "their\nsigner \x7f\xc3\xa4 has stopped"));
    assert_non_null(ntas_add(&n, NAME("we\\032ird.example."), T0 + 5, 7, true, ""));
    assert_non_null(ntas_add(&n, NAME("."), T0 + 5, 70, true, "all"));
    size_t len = ntas_write(&n, text, sizeof text);
    assert_true(len > 0);
    if (!ntas_read(&back, text, len, T0 + 50, error)) {
        fail_msg("%s", error);
    }
    assert_int_equal(back.count, 3);
    assert_string_equal(back.list[0].reason, "their?signer ??? has stopped");
    assert_int_equal(back.list[0].probe_s, T0 + 50);
    assert_int_equal(back.list[1].probe_s, INT64_MAX);
    assert_true(back.list[1].force);
    assert_int_equal(ntas_write(&back, again, sizeof again), len);
    assert_memory_equal(text, again, len);
    assert_int_equal(ntas_write(&n, text, 20), 0);
    ntas_free(&back);
    ntas_free(&n);
}

static const struct {
    const char *text, *error;
} wrong_texts[] = {
    {"", "line 1: 'raiz-ntas 1' is expected"},
    {"raiz-ntas 2\n", "line 1: 'raiz-ntas 1' is expected"},
    {"raiz-ntas 1\nexample.", "line 2: does not end"},
    {"raiz-ntas 1\nexample.\n", "line 2: begins with a name"},
    {"raiz-ntas 1\na..b since 1 until 2 force 0 \n", "line 2: begins with a name"},
    {"raiz-ntas 1\nexample. since 1 until x force 0 \n", "line 2: 'since N until N force 0' is expected"},
    {"raiz-ntas 1\nexample. since 2 until 1 force 0 \n", "line 2: 'since N until N force 0' is expected"},
    {"raiz-ntas 1\nexample. since 1 until 999999999 force 0 \n", "line 2: 'since N until N force 0' is expected"},
    {"raiz-ntas 1\nexample. since 1 until 2 force 0 ok\nexample. since 1\n",
     "line 3: 'since N until N force 0' is expected"},
};

static void wrong_text_is_explained(void **state)
{
    (void)state;
    struct ntas n = {0};
    char error[NTA_ERROR_MAX], *text = malloc(2000);
    for (size_t i = 0; i < ROWS(wrong_texts); i++) {
        assert_false(ntas_read(&n, wrong_texts[i].text, strlen(wrong_texts[i].text), T0, error));
        assert_string_equal(error, wrong_texts[i].error);
        assert_int_equal(n.count, 0);
    }
    assert_non_null(text);
    int at = snprintf(text, 2000, "raiz-ntas 1\nexample. since 1 until 2 force 0 ");
    memset(text + at, 'x', (size_t)(1950 - at));
    text[1950] = '\n';
    assert_false(ntas_read(&n, text, 1951, T0, error));
    assert_string_equal(error, "line 2: too long");
    free(text);
}

static void places_are_bounded(void **state)
{
    (void)state;
    struct ntas n = {0};
    char name[32];
    for (unsigned i = 0; i < NTA_COUNT_MAX; i++) {
        snprintf(name, sizeof name, "n%u.example.", i);
        assert_non_null(ntas_add(&n, NAME(name), T0, 60, false, ""));
    }
    assert_null(ntas_add(&n, NAME("one.too.many."), T0, 60, false, ""));
    assert_non_null(ntas_add(&n, NAME("n7.example."), T0, 61, false, ""));
    assert_int_equal(n.count, NTA_COUNT_MAX);
    ntas_free(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_end),
        cmocka_unit_test(they_are_looked_at),
        cmocka_unit_test(text_reads_back),
        cmocka_unit_test(places_are_bounded),
        cmocka_unit_test(wrong_text_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
