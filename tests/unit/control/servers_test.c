/*
 * servers_test.c - servers, servers.forget, cache.tree, log.level, and flushing for show
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cache/infra.h"
#include "fake_server.h"

static void test_servers(void **state)
{
    struct fake *f = *state;
    struct addr known, lame;
    struct dname_buf zone;
    assert_true(addr_scan("192.0.2.1", 53, &known));
    assert_true(addr_scan("2001:db8::1", 53, &lame));
    infra_answered(f->cache, &known, 20000, f->now);
    infra_lame_put(f->cache, &lame, name_of("example.", &zone), INFRA_REFUSED, 60, f->now);
    const char *got = ask(f, "{\"verb\": \"servers\", \"name\": \"www.example\"}");
    assert_non_null(strstr(got, "{\"server\":\"192.0.2.1\",\"known\":true,\"rtt_us\":20000,"));
    assert_non_null(strstr(got, "\"answered\":1,\"timeouts_in_a_row\":0,"));
    assert_non_null(
        strstr(got, "{\"server\":\"2001:db8::1\",\"known\":false,\"name\":\"ns.example.\",\"lame\":\"refused\"}"));
    assert_non_null(strstr(got, "{\"zone\":\"example.\",\"servers\":2,\"done\":true,\"ok\":true}\n"));
    assert_string_equal(ask(f, "{\"verb\": \"servers\", \"name\": \"test\"}"),
                        FAILED("no delegation at or above test. is in the cache", 1));
}

/* Those asked most, in order, whatever the order of the walk. */
static void test_most_asked(void **state)
{
    struct fake *f = *state;
    uint8_t ip[4] = {198, 51, 100, 0};
    for (unsigned i = 1; i <= 20; i++) {
        ip[3] = (uint8_t)(i * 7 % 20 + 1);
        struct addr server = addr_ip4(ip, 53);
        for (unsigned k = 0; k < ip[3]; k++) {
            infra_answered(f->cache, &server, 20000, f->now);
        }
    }
    const char *got = ask(f, "{\"verb\": \"servers\", \"limit\": 5}");
    for (unsigned i = 20; i > 15; i--) {
        char text[64];
        snprintf(text, sizeof text, "{\"server\":\"198.51.100.%u\",", i);
        assert_true(strncmp(got, text, strlen(text)) == 0);
        got = strchr(got, '\n') + 1;
    }
    assert_string_equal(got, "{\"servers\":5,\"known\":20,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"servers.forget\", \"server\": \"198.51.100.20\"}"),
                        "{\"forgotten\":1,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"servers.forget\"}"), "{\"forgotten\":19,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"servers.forget\", \"server\": \"x\"}"),
                        FAILED("server: 'x' is not an address", 2));
    as_reader(f);
    assert_non_null(strstr(ask(f, "{\"verb\": \"servers.forget\"}"), "\"code\":4"));
    assert_non_null(strstr(ask(f, "{\"verb\": \"log.level\"}"), "\"code\":4"));
}

static void test_tree(void **state)
{
    struct fake *f = *state;
    ask(f, "{\"verb\": \"cache.tree\", \"name\": \"example\"}");
    while (control_more(f->control, f->session)) {
    }
    assert_true(
        strncmp(f->reply,
                "{\"name\":\"example.\",\"depth\":0,\"entries\":7,\"rrsets\":3,\"nxdomains\":1,\"delegations\":1,"
                "\"failures\":1,\"nodata\":1}\n{\"name\":\"dead.example.\",\"depth\":1,\"entries\":1,",
                140) == 0);
    assert_non_null(strstr(f->reply,
                           "{\"name\":\"www.example.\",\"depth\":1,\"entries\":2,\"rrsets\":1,\"nxdomains\":0,"
                           "\"delegations\":0,\"failures\":0,\"nodata\":1}\n"));
    assert_non_null(strstr(f->reply, "{\"names\":5,\"left_out\":0,\"done\":true,\"ok\":true}\n"));
}

/* Thousands of names are put in order in many slices. */
static void test_tree_in_order(void **state)
{
    struct fake *f = *state;
    static const char *const a[] = {"192.0.2.9", NULL};
    struct dname_buf last, next;
    char name[64];
    unsigned slices = 1, names = 0;
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "host%u.example.net.", i * 7919 % 3001);
        put(f, name, DNS_TYPE_A, 600, a, "192.0.2.1", RANK_AUTH_ANSWER);
    }
    ask(f, "{\"verb\": \"cache.tree\", \"name\": \"example.net\", \"depth\": 1}");
    while (control_more(f->control, f->session)) {
        slices++;
    }
    for (const char *line = f->reply; sscanf(line, "{\"name\":\"%63[^\"]\"", name) == 1; names++) {
        name_of(name, &next);
        assert_true(names == 0 || dname_compare(dname_of(&last), dname_of(&next)) < 0);
        last = next;
        line = strchr(line, '\n') + 1;
    }
    assert_int_equal(names, 3001);
    assert_true(slices > 1000);
}

static void test_flush_for_show(void **state)
{
    struct fake *f = *state;
    static const char *const requests[] = {"\"name\": \"www.example\"",
                                           "\"name\": \"www.example\", \"type\": \"AAAA\"",
                                           "\"name\": \"gone.example\", \"type\": \"A\"",
                                           "\"name\": \"nothing.example\"",
                                           "\"name\": \"example\", \"type\": \"NS\"",
                                           "\"name\": \"example\", \"tree\": true"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        char line[200];
        unsigned would, flushed;
        snprintf(line, sizeof line, "{\"verb\": \"cache.flush\", %s, \"dry\": true}", requests[i]);
        assert_int_equal(sscanf(ask_all(f, line), "{\"would_flush\":%u,", &would), 1);
        snprintf(line, sizeof line, "{\"verb\": \"cache.flush\", %s}", requests[i]);
        assert_int_equal(sscanf(ask_all(f, line), "{\"flushed\":%u,", &flushed), 1);
        assert_int_equal(would, flushed);
    }
}

static void test_log_level(void **state)
{
    struct fake *f = *state;
    f->log_level = LOG_INFO;
    assert_string_equal(ask(f, "{\"verb\": \"log.level\"}"), "{\"level\":\"info\",\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"log.level\", \"level\": \"debug\"}"),
                        "{\"level\":\"debug\",\"done\":true,\"ok\":true}\n");
    assert_int_equal(f->log_level, LOG_DEBUG);
    assert_string_equal(ask(f, "{\"verb\": \"log.level\", \"level\": \"loud\"}"),
                        FAILED("level: error, warning, info or debug is expected, not 'loud'", 2));
    assert_int_equal(f->log_level, LOG_DEBUG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(test_servers),       TEST(test_most_asked),     TEST(test_tree),
                                       TEST(test_tree_in_order), TEST(test_flush_for_show), TEST(test_log_level)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
