/* What is remembered of failures and of slow answers: the last ones, with the end of their journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/engine/recall.h"

static struct dname name_of(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

static struct recalled *make(const char *name, enum failure failure, const struct journal *journal)
{
    struct dname_buf buf;
    struct recalled about = {.type = 1, .failure = failure, .took_us = 5, .name = name_of(name, &buf)};
    struct recalled *r = recalled_new(&about, "because", journal);
    assert_non_null(r);
    return r;
}

struct seen {
    unsigned count;
    char names[4][DNAME_TEXT_MAX];
    uint32_t times;
};

static void see(void *arg, const struct recalled *r)
{
    struct seen *s = arg;
    if (s->count < 4) {
        dname_print(r->name, s->names[s->count]);
    }
    s->times = r->times;
    s->count++;
}

static void what_is_worth_it(void **state)
{
    (void)state;
    assert_true(recall_wants(FAIL_NO_REACHABLE, 0));
    assert_true(recall_wants(FAIL_NONE, RECALL_SLOW_US));
    assert_false(recall_wants(FAIL_NONE, RECALL_SLOW_US - 1));
}

/* A ring that has gone round is read from its oldest event, and its copy needs nothing of it. */
static void the_journal_comes_along(void **state)
{
    (void)state;
    struct dname_buf zone, name, server;
    struct journal_event events[3] = {{.kind = JOURNAL_ANSWER}, {.kind = JOURNAL_SEND}, {.kind = JOURNAL_TIMEOUT}};
    for (unsigned i = 0; i < 3; i++) {
        events[i].name = name_of("www.example.", &name);
        events[i].zone = name_of("example.", &zone);
        events[i].server_name = name_of("ns.example.", &server);
    }
    struct journal journal = {.events = events, .count = 3, .room = 3, .first = 1, .lost = 7, .begun_us = 11};
    struct recalled *r = make("WWW.example.", FAIL_NO_REACHABLE, &journal);
    memset(events, 0xff, sizeof events);
    memset(&name, 0xff, sizeof name);
    struct recalled *copy = malloc(r->bytes);
    assert_non_null(copy);
    recalled_copy(r, copy);
    free(r);
    assert_string_equal(copy->detail, "because");
    assert_int_equal(copy->journal.lost, 7);
    assert_int_equal(journal_at(&copy->journal, 0)->kind, JOURNAL_SEND);
    assert_int_equal(journal_at(&copy->journal, 1)->kind, JOURNAL_TIMEOUT);
    assert_int_equal(journal_at(&copy->journal, 2)->kind, JOURNAL_ANSWER);
    char text[DNAME_TEXT_MAX];
    dname_print(journal_at(&copy->journal, 2)->server_name, text);
    assert_string_equal(text, "ns.example.");
    dname_print(copy->name, text);
    assert_string_equal(text, "www.example.");
    free(copy);
}

static void the_last_ones_stay(void **state)
{
    (void)state;
    struct recall *all = calloc(1, sizeof *all);
    assert_non_null(all);
    char text[40];
    for (unsigned i = 0; i < RECALL_FAILED_MAX + 2; i++) {
        snprintf(text, sizeof text, "n%u.example.", i);
        recall_keep(all, make(text, FAIL_ALL_LAME, NULL));
    }
    recall_keep(all, make("slow.example.", FAIL_NONE, NULL));
    recall_keep(all, NULL);
    struct seen s = {0};
    recall_each(all, RECALL_FAILED, dname_root(), 0, see, &s);
    assert_int_equal(s.count, RECALL_FAILED_MAX);
    assert_string_equal(s.names[0], "n257.example.");
    assert_string_equal(s.names[1], "n256.example.");
    s = (struct seen){0};
    recall_each(all, RECALL_SLOW, dname_root(), 0, see, &s);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.names[0], "slow.example.");
    recall_clear(all);
    s = (struct seen){0};
    recall_each(all, RECALL_FAILED, dname_root(), 0, see, &s);
    assert_int_equal(s.count, 0);
    free(all);
}

static void a_question_is_kept_once(void **state)
{
    (void)state;
    struct recall *all = calloc(1, sizeof *all);
    struct dname_buf name;
    assert_non_null(all);
    recall_keep(all, make("a.example.", FAIL_ALL_LAME, NULL));
    recall_keep(all, make("b.example.", FAIL_ALL_LAME, NULL));
    recall_keep(all, make("A.example.", FAIL_NO_REACHABLE, NULL));
    recall_keep(all, make("a.example.", FAIL_NONE, NULL));
    struct seen s = {0};
    recall_each(all, RECALL_FAILED, dname_root(), 0, see, &s);
    assert_int_equal(s.count, 2);
    assert_string_equal(s.names[0], "a.example.");
    s = (struct seen){0};
    recall_each(all, RECALL_QUESTION, name_of("a.EXAMPLE.", &name), 1, see, &s);
    assert_int_equal(s.count, 2);
    s = (struct seen){0};
    recall_each(all, RECALL_QUESTION, name_of("a.example.", &name), 28, see, &s);
    assert_int_equal(s.count, 0);
    s = (struct seen){0};
    recall_each(all, RECALL_QUESTION, name_of("b.example.", &name), 1, see, &s);
    assert_int_equal(s.times, 1);
    recall_clear(all);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_worth_it),
        cmocka_unit_test(the_journal_comes_along),
        cmocka_unit_test(the_last_ones_stay),
        cmocka_unit_test(a_question_is_kept_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
