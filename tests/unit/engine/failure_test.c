/* The table of failures: each row complete, each site tag its own. And the words of journal events. */
#include "resolver/engine/failure.h"

#include "resolver/engine/journal.h"
#include "support.h"

enum {
#define FAIL(name, rcode, ede, tag, text) ROW_##name,
#include "resolver/engine/failure.def"
    FAILURES
};

static void rows_are_complete(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAILURES; i++) {
        const struct failure_row *row = failure_row((enum failure)i);
        assert_int_equal(strlen(row->tag), 4);
        assert_int_equal(strspn(row->tag, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), 4);
        assert_true(strlen(row->text) >= 8 && strlen(row->text) < 120);
        assert_true(i == FAIL_NONE || row->rcode != DNS_RCODE_NOERROR);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(row->tag, failure_row((enum failure)k)->tag);
        }
    }
    assert_string_equal(failure_row(FAIL_CACHED_FAILURE)->name, "CACHED_FAILURE");
    assert_int_equal(failure_row(FAIL_CACHED_FAILURE)->ede, DNS_EDE_CACHED_ERROR);
    assert_int_equal(failure_row(FAIL_BAD_NAME)->rcode, DNS_RCODE_YXDOMAIN);
    assert_ptr_equal(failure_row((enum failure)9999), failure_row(FAIL_NONE));
}

static void journal_words(void **state)
{
    (void)state;
    enum {
#define X(name, word, text) WORD_##name,
        JOURNAL_KINDS(X)
#undef X
            KINDS
    };
    for (unsigned i = 0; i < KINDS; i++) {
        const char *word = journal_kind_name((enum journal_kind)i);
        assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz_"), strlen(word));
        assert_true(strlen(word) > 0 && strlen(journal_kind_text((enum journal_kind)i)) > 0);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(word, journal_kind_name((enum journal_kind)k));
        }
    }
    assert_string_equal(journal_kind_name(JOURNAL_SEND), "send");
    assert_string_equal(journal_kind_text(JOURNAL_SEND), "asks");
    assert_string_equal(journal_kind_name((enum journal_kind)9999), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(journal_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
