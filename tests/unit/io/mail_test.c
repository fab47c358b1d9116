/*
 * mail_test.c - letters between threads carry all they need with them
 */
#include "resolver/mail.h"

#include "support.h"

static struct dname name_of(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

static void test_query(void **state)
{
    (void)state;
    struct client client = {.kind = CLIENT_TCP, .worker = 3, .slot = 7, .generation = 9, .id = 42};
    struct request request = {.id = 0x4711, .qtype = 28};
    name_of("www.example.com.", &request.qname);
    struct mail *m = mail_query_new(&client, &request, 5);
    memset(&request, 0xff, sizeof request);
    const struct mail_query *q = (const struct mail_query *)m;
    char text[DNAME_TEXT_MAX];
    dname_print(dname_of(&q->request.qname), text);
    assert_string_equal(text, "www.example.com.");
    assert_int_equal(q->request.id, 0x4711);
    assert_int_equal(q->request.qtype, 28);
    assert_int_equal(q->flags, 5);
    struct client_ref ref = client_pack(&q->client);
    assert_int_equal(ref.id, 42);
    struct client back = client_unpack(&ref);
    assert_memory_equal(&back, &client, sizeof client);
    free(m);
}

static void test_traced(void **state)
{
    (void)state;
    struct dname_buf a, b;
    struct journal_event events[3] = {
        {.kind = JOURNAL_SEND, .type = 1, .name = name_of("www.example.com.", &a), .zone = name_of("com.", &b)},
        {.kind = JOURNAL_TIMEOUT},
        {.kind = JOURNAL_ANSWER, .rcode = 3, .name = dname_root(), .zone = dname_root(), .server_name = dname_root()},
    };
    struct journal journal = {.events = events, .count = 3, .lost = 1, .begun_us = 77};
    struct client client = {.kind = CLIENT_TRACE, .slot = 4, .generation = 2};
    uint8_t wire[] = "an answer";
    struct mail *m = mail_traced_new(&client, &journal, wire, sizeof wire);
    memset(&a, 0xee, sizeof a);
    memset(&b, 0xee, sizeof b);
    memset(events, 0xee, sizeof events);
    memset(wire, 0xee, sizeof wire);
    const struct mail_traced *t = (const struct mail_traced *)m;
    char text[DNAME_TEXT_MAX];
    assert_int_equal(t->slot, 4);
    assert_int_equal(t->journal.count, 3);
    assert_int_equal(t->journal.lost, 1);
    assert_int_equal(t->journal.begun_us, 77);
    dname_print(t->journal.events[0].name, text);
    assert_string_equal(text, "www.example.com.");
    dname_print(t->journal.events[0].zone, text);
    assert_string_equal(text, "com.");
    assert_null(t->journal.events[1].name.wire);
    assert_int_equal(t->journal.events[2].rcode, 3);
    assert_int_equal(t->n, sizeof wire);
    assert_string_equal((const char *)t->wire, "an answer");
    free(m);
    m = mail_traced_new(&client, NULL, NULL, 0);
    assert_int_equal(((const struct mail_traced *)m)->journal.count, 0);
    assert_int_equal(((const struct mail_traced *)m)->n, 0);
    free(m);
}

static void test_row(void **state)
{
    (void)state;
    struct dname_buf a, b;
    struct engine_inflight row = {.name = name_of("www.example.com.", &a),
                                  .type = 1,
                                  .state = "WAIT_REPLY",
                                  .sends = 3,
                                  .zone = name_of("example.com.", &b)};
    struct mail *m = mail_row_new(1, 2, 3, &row);
    memset(&a, 0xee, sizeof a);
    memset(&b, 0xee, sizeof b);
    const struct mail_row *r = (const struct mail_row *)m;
    char text[DNAME_TEXT_MAX];
    dname_print(r->row.name, text);
    assert_string_equal(text, "www.example.com.");
    dname_print(r->row.zone, text);
    assert_string_equal(text, "example.com.");
    assert_int_equal(r->worker, 3);
    assert_int_equal(r->row.sends, 3);
    free(m);
    row = (struct engine_inflight){.name = dname_root()}; /* no cut is known yet */
    m = mail_row_new(1, 2, 3, &row);
    assert_true(dname_is_root(((const struct mail_row *)m)->row.zone));
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_traced),
        cmocka_unit_test(test_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
