/*
 * work_test.c - inflight and trace: what workers tell later, after the connection may have gone
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/build.h"
#include "fake_server.h"

static void test_inflight(void **state)
{
    struct fake *f = *state;
    struct dname_buf name, zone;
    struct engine_inflight row = {.name = name_of("www.example.", &name),
                                  .type = DNS_TYPE_A,
                                  .state = "WAIT_REPLY",
                                  .age_ms = 120,
                                  .sends = 3,
                                  .waiters = 2,
                                  .zone = name_of("example.", &zone)};
    assert_string_equal(ask(f, "{\"verb\": \"inflight\"}"), "");
    assert_int_equal(f->inflight_asked, 1);
    control_inflight_row(f->control, f->session, 1, &row);
    assert_true(addr_scan("192.0.2.1", 53, &row.server));
    row.child = true;
    control_inflight_row(f->control, f->session, 0, &row);
    control_inflight_end(f->control, f->session);
    assert_string_equal(
        f->reply,
        "{\"name\":\"www.example.\",\"type\":\"A\",\"state\":\"WAIT_REPLY\",\"age_ms\":120,\"sends\":3,\"waiters\":2,"
        "\"child\":false,\"zone\":\"example.\",\"server\":null,\"worker\":1}\n"
        "{\"name\":\"www.example.\",\"type\":\"A\",\"state\":\"WAIT_REPLY\",\"age_ms\":120,\"sends\":3,\"waiters\":2,"
        "\"child\":true,\"zone\":\"example.\",\"server\":\"192.0.2.1\",\"worker\":0}\n"
        "{\"jobs\":2,\"done\":true,\"ok\":true}\n");
    size_t before = f->reply_len;
    control_inflight_row(f->control, f->session, 0, &row); /* nobody waits for these */
    control_inflight_end(f->control, f->session);
    control_traced(f->control, f->session, NULL, 0, NULL);
    assert_int_equal(f->reply_len, before);
}

/* An impatient client ends its own reply; one that has gone is forgotten. */
static void test_out_of_turn(void **state)
{
    struct fake *f = *state;
    ask(f, "{\"verb\": \"inflight\"}");
    assert_string_equal(ask(f, "{\"verb\": \"status\"}"),
                        FAILED("one request at a time: the last one had not been answered yet", 2));
    assert_int_equal(f->closed, 1);
    struct control_session *gone = f->session;
    control_closed(f->control, gone);
    f->session = NULL;
    f->reply_len = 0;
    control_inflight_end(f->control, gone);
    control_traced(f->control, gone, NULL, 0, NULL);
    control_closed(f->control, gone);
    assert_int_equal(f->reply_len, 0);
}

static void test_trace(void **state)
{
    struct fake *f = *state;
    struct dname_buf com, www, ns;
    struct journal_event events[2] = {
        {.kind = JOURNAL_SEND, .type = DNS_TYPE_A, .at_us = 5000100, .size_bytes = 40},
        {.kind = JOURNAL_RECEIVE,
         .type = DNS_TYPE_A,
         .at_us = 5011900,
         .size_bytes = 512,
         .rtt_us = 11800,
         .why = 2 /* REFERRAL */},
    };
    for (unsigned i = 0; i < 2; i++) {
        events[i].name = name_of("com.", &com);
        events[i].zone = dname_root();
        events[i].server_name = name_of("a.root-servers.net.", &ns);
        assert_true(addr_scan("198.41.0.4", 53, &events[i].server));
    }
    struct journal journal = {.events = events, .count = 2, .begun_us = 5000000, .lost = 4};
    f->now.mono_us = 5030000;

    assert_string_equal(
        ask(f, "{\"verb\": \"trace\", \"name\": \"www.example.com\", \"type\": \"mx\", \"cold\": true}"), "");
    assert_int_equal(f->traced.qtype, DNS_TYPE_MX);
    assert_int_equal(f->traced.qclass, DNS_CLASS_IN);
    assert_int_equal(f->traced.flags, DNS_FLAG_RD);
    assert_int_equal(f->trace_flags, QUERY_TRACE | QUERY_COLD);
    assert_true(dname_equal(dname_of(&f->traced.qname), name_of("www.example.com.", &www)));

    uint8_t wire[512];
    struct build b;
    build_init(&b, wire, sizeof wire, 0, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | DNS_RCODE_SERVFAIL, 100);
    assert_true(build_question(&b, dname_of(&www), DNS_TYPE_MX, DNS_CLASS_IN));
    assert_true(
        build_rr(&b, DNS_ANSWER, dname_of(&www), DNS_TYPE_A, DNS_CLASS_IN, 300, (const uint8_t[]){192, 0, 2, 1}, 4));
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NO_REACHABLE_AUTHORITY, .ede_text = "NRCH: nobody"};
    size_t n = build_finish(&b, &opt);
    control_traced(f->control, f->session, wire, n, &journal);
    assert_string_equal(
        f->reply,
        "{\"event\":\"send\",\"text\":\"asks\",\"depth\":0,\"at_us\":100,\"name\":\"com.\",\"type\":\"A\",\"zone\":\"."
        "\","
        "\"server\":\"198.41.0.4\",\"server_name\":\"a.root-servers.net.\",\"transport\":\"udp\",\"bytes\":40}\n"
        "{\"event\":\"receive\",\"text\":\"is "
        "answered\",\"depth\":0,\"at_us\":11900,\"name\":\"com.\",\"type\":\"A\",\"zone\":\".\","
        "\"server\":\"198.41.0.4\",\"server_name\":\"a.root-servers.net.\",\"transport\":\"udp\",\"bytes\":512,"
        "\"rtt_us\":11800,"
        "\"rcode\":\"NOERROR\",\"why\":\"referral\"}\n"
        "{\"took_us\":30000,\"events_lost\":4,\"answer\":{\"rcode\":\"SERVFAIL\",\"flags\":\"qr rd ra\","
        "\"answer\":[\"www.example.com. 300 IN A 192.0.2.1\"],\"authority\":[],\"ede\":22,"
        "\"ede_name\":\"No Reachable Authority\",\"ede_text\":\"NRCH: nobody\"},\"done\":true,\"ok\":true}\n");
}

static void test_trace_without_answer(void **state)
{
    struct fake *f = *state;
    ask(f, "{\"verb\": \"trace\", \"name\": \"www.example.com\"}");
    assert_int_equal(f->traced.qtype, DNS_TYPE_A);
    assert_int_equal(f->trace_flags, QUERY_TRACE);
    control_traced(f->control, f->session, NULL, 0, NULL);
    assert_string_equal(f->reply, FAILED("the resolver gave no answer", 9));
    f->trace_refused = true;
    assert_string_equal(ask(f, "{\"verb\": \"trace\", \"name\": \"www.example.com\"}"),
                        FAILED("the resolver has too much to do right now", 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_inflight),
        TEST(test_out_of_turn),
        TEST(test_trace),
        TEST(test_trace_without_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
