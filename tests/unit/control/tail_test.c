/*
 * tail_test.c - tail and top: who sees which answers, how many at most, and what they are told of the others
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"

static struct seen answer_of(const char *name, const char *client)
{
    struct dname_buf buf;
    struct seen s = {.at_s = 1700003661, .type = DNS_TYPE_A, .source = SEEN_HIT};
    watch_name(&s, name_of(name, &buf));
    assert_true(addr_scan(client, 4242, &s.client));
    return s;
}

static unsigned lines_of(const char *reply)
{
    unsigned n = 0;
    for (; *reply != '\0'; reply++) {
        n += *reply == '\n';
    }
    return n;
}

/* How many of five answers pass the filter. */
static unsigned passing(struct fake *f, const char *request)
{
    struct seen hit = answer_of("www.example.", "192.0.2.1"), failed = answer_of("a.example.", "192.0.2.1"),
                slow = answer_of("b.test.", "192.0.2.1"), other = answer_of("www.example.", "192.0.2.2"),
                tcp = answer_of("www.example.", "192.0.2.1");
    failed.source = slow.source = SEEN_MISS;
    failed.failure = FAIL_BOGUS_EXPIRED;
    failed.rcode = DNS_RCODE_SERVFAIL;
    slow.took_us = 700000;
    tcp.tcp = true;
    assert_string_equal(ask(f, request), "");
    const struct seen *const all[] = {&hit, &failed, &slow, &other, &tcp};
    for (unsigned i = 0; i < 5; i++) {
        control_seen(f->control, all[i]);
    }
    unsigned n = lines_of(f->reply);
    control_closed(f->control, f->session);
    f->session = control_open(f->control, CONTROL_PEER_READ, f);
    assert_false(f->watched);
    return n;
}

static void test_filters(void **state)
{
    struct fake *f = *state;
    assert_int_equal(passing(f, "{\"verb\": \"tail\"}"), 5);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"client\": \"192.0.2.2\"}"), 1);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"under\": \"example\"}"), 4);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"rcode\": \"servfail\"}"), 1);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"slow\": 700}"), 1);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"slow\": 701}"), 0);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"bogus\": true}"), 1);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"bogus\": false}"), 5);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"transport\": \"tcp\"}"), 1);
    assert_int_equal(passing(f, "{\"verb\": \"tail\", \"transport\": \"udp\", \"under\": \"example\"}"), 3);
    assert_string_equal(ask(f, "{\"verb\": \"tail\", \"transport\": \"pigeon\"}"),
                        FAILED("transport: udp or tcp is expected", 2));
    assert_string_equal(ask(f, "{\"verb\": \"tail\", \"rcode\": \"BAD\"}"),
                        FAILED("rcode: 'BAD' is none; NOERROR, NXDOMAIN, SERVFAIL and REFUSED are", 2));
    assert_false(f->watched);
}

static void test_rows(void **state)
{
    struct fake *f = *state;
    struct seen hit = answer_of("WWW.example.", "192.0.2.1"), miss = answer_of("a.example.", "[2001:db8::1]:53");
    miss.source = SEEN_MISS;
    miss.took_us = 4000;
    miss.security = SEC_INSECURE;
    miss.tcp = miss.truncated = true;
    miss.rcode = DNS_RCODE_SERVFAIL;
    miss.failure = FAIL_ALL_LAME;
    assert_true(addr_scan("192.0.2.53", 53, &miss.server));
    ask(f, "{\"verb\": \"tail\", \"limit\": 2}");
    assert_true(f->watched);
    control_seen(f->control, &hit);
    control_watched(f->control, 0);
    control_seen(f->control, &miss);
    control_seen(f->control, &hit); /* more than was asked for */
    control_watched(f->control, 0);
    assert_string_equal(
        f->reply,
        "{\"at\":1700003661,\"client\":\"192.0.2.1\",\"transport\":\"udp\",\"name\":\"www.example.\",\"type\":\"A\","
        "\"rcode\":\"NOERROR\",\"source\":\"hit\"}\n"
        "{\"at\":1700003661,\"client\":\"2001:db8::1\",\"transport\":\"tcp\",\"name\":\"a.example.\",\"type\":\"A\","
        "\"rcode\":\"SERVFAIL\",\"source\":\"miss\",\"took_us\":4000,\"security\":\"insecure\",\"server\":\"192.0.2."
        "53\","
        "\"truncated\":true,\"failure\":\"ALL_LAME\","
        "\"text\":\"every name server of the zone refused, failed or does not serve it\"}\n"
        "{\"rows\":2,\"dropped\":0,\"done\":true,\"ok\":true}\n");
    assert_false(f->watched);
    size_t before = f->reply_len;
    control_seen(f->control, &hit);
    control_watched(f->control, 1);
    assert_int_equal(f->reply_len, before);
}

/* A round has so many lines; a client that does not read gets none; both are told. */
static void test_bounds(void **state)
{
    struct fake *f = *state;
    struct seen hit = answer_of("www.example.", "192.0.2.1");
    ask(f, "{\"verb\": \"tail\", \"for\": 10}");
    for (unsigned i = 0; i < 1000; i++) {
        control_seen(f->control, &hit);
    }
    assert_int_equal(lines_of(f->reply), 200);
    control_watched(f->control, 7);
    assert_non_null(strstr(f->reply, "\n{\"dropped\":807}\n"));
    f->unsent = 1 << 20;
    size_t before = f->reply_len;
    control_seen(f->control, &hit);
    control_watched(f->control, 0);
    assert_int_equal(f->reply_len, before);
    f->unsent = 0;
    control_watched(f->control, 0);
    assert_string_equal(f->reply + before, "{\"dropped\":1}\n");
    f->now.mono_us += 10 * US_PER_S;
    control_watched(f->control, 0);
    assert_non_null(strstr(f->reply, "{\"rows\":200,\"dropped\":808,\"done\":true,\"ok\":true}\n"));
    assert_false(f->watched);
}

static void test_top(void **state)
{
    struct fake *f = *state;
    struct seen a = answer_of("a.example.", "192.0.2.1"), b = answer_of("b.example.", "192.0.2.2");
    b.source = SEEN_MISS;
    b.failure = FAIL_ALL_LAME;
    assert_true(addr_scan("192.0.2.53", 53, &b.server));
    ask(f, "{\"verb\": \"top\", \"limit\": 1}");
    for (unsigned i = 0; i < 3; i++) {
        control_seen(f->control, &a);
        a.client.port++;
    }
    control_seen(f->control, &b);
    control_watched(f->control, 4);
    assert_string_equal(f->reply, "");
    f->now.mono_us += 5 * US_PER_S;
    control_watched(f->control, 0);
    assert_string_equal(f->reply,
                        "{\"list\":\"names\",\"name\":\"a.example.\",\"type\":\"A\",\"count\":3,\"error\":0}\n"
                        "{\"list\":\"clients\",\"address\":\"192.0.2.1\",\"count\":3,\"error\":0}\n"
                        "{\"list\":\"servers\",\"address\":\"192.0.2.53\",\"count\":1,\"error\":0}\n"
                        "{\"list\":\"failures\",\"name\":\"b.example.\",\"type\":\"A\",\"count\":1,\"error\":0}\n"
                        "{\"queries\":4,\"hits\":3,\"failures\":1,\"took_us\":5000000,\"dropped\":4,\"done\":true,"
                        "\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"top\", \"for\": 3601}"), FAILED("top: 'for' is at most an hour", 2));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(test_filters), TEST(test_rows), TEST(test_bounds), TEST(test_top)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
