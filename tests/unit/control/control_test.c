/*
 * control_test.c - requests and replies of the control socket, word for word, against a server that is made up
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "fake_server.h"

static void test_wrong_requests(void **state)
{
    struct fake *f = *state;
    static const struct {
        const char *line, *reply;
    } rows[] = {
        {"", FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"status", FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"[\"status\"]", FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{\"verb\": \"status\"", FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{\"verb\": \"status\", \"verb\": \"stop\"}",
         FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{\"verb\": \"sta\\u0000tus\"}",
         FAILED("a request is one line of JSON, such as {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{}", FAILED("the verb is missing: {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{\"verb\": 1}", FAILED("the verb is missing: {\\\"verb\\\": \\\"status\\\"}", 2)},
        {"{\"verb\": \"statsu\"}", FAILED("unknown verb 'statsu'; did you mean 'status'?", 2)},
        {"{\"verb\": \"cache.sho\"}", FAILED("unknown verb 'cache.sho'; did you mean 'cache.show'?", 2)},
        {"{\"verb\": \"dance\"}", FAILED("unknown verb 'dance'", 2)},
        {"{\"verb\": \"status\", \"name\": \"example.\"}", FAILED("status: unknown parameter 'name'", 2)},
        {"{\"verb\": \"cache.show\"}", FAILED("cache.show: the parameter 'name' is missing", 2)},
        {"{\"verb\": \"cache.show\", \"nam\": \"example.\"}",
         FAILED("cache.show: unknown parameter 'nam'; did you mean 'name'?", 2)},
        {"{\"verb\": \"cache.show\", \"name\": \"a..b\"}", FAILED("name: 'a..b' is not a domain name", 2)},
        {"{\"verb\": \"cache.show\", \"name\": 7}", FAILED("name: '' is not a domain name", 2)},
        {"{\"verb\": \"cache.show\", \"name\": \"\"}", FAILED("name: '' is not a domain name", 2)},
        {"{\"verb\": \"cache.ls\", \"limit\": 0}", FAILED("limit: a number above 0 is expected", 2)},
        {"{\"verb\": \"cache.ls\", \"limit\": \"1\"}", FAILED("limit: a number above 0 is expected", 2)},
        {"{\"verb\": \"cache.flush\", \"name\": \"a.\", \"tree\": 1}", FAILED("tree: true or false is expected", 2)},
        {"{\"verb\": \"cache.flush\", \"name\": \"a.\", \"tree\": true, \"type\": \"A\"}",
         FAILED("cache.flush: 'tree' takes all types; leave 'type' out", 2)},
        {"{\"verb\": \"trace\", \"name\": \"a.\", \"type\": \"AAAAA\"}",
         FAILED("type: 'AAAAA' is not a record type", 2)},
        {"{\"verb\": \"trace\", \"name\": \"a.\", \"type\": \"AXFR\"}",
         FAILED("trace: this type cannot be asked for", 2)},
        {"{\"verb\":[[[[[[1]]]]]]}", FAILED("a request has at most 4 levels of brackets", 2)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(ask(f, rows[i].line), rows[i].reply);
    }
    assert_int_equal(f->stopped, 0);
}

static void test_long_request(void **state)
{
    struct fake *f = *state;
    char line[CONTROL_LINE_MAX + 2];
    memset(line, ' ', sizeof line);
    memcpy(line, "{\"verb\":\"help\"}", 15);
    line[CONTROL_LINE_MAX] = '\0';
    assert_non_null(strstr(ask(f, line), "\"ok\":true"));
    line[CONTROL_LINE_MAX] = ' ';
    line[CONTROL_LINE_MAX + 1] = '\0';
    assert_string_equal(ask(f, line), FAILED("a request has at most 1024 octets", 2));
}

static void test_permissions(void **state)
{
    struct fake *f = *state;
    as_reader(f);
    assert_string_equal(ask(f, "{\"verb\": \"stop\"}"),
                        FAILED("stop is for root and for the daemon's own user and group", 4));
    assert_string_equal(ask(f, "{\"verb\": \"cache.flush\", \"name\": \".\", \"tree\": true}"),
                        FAILED("cache.flush is for root and for the daemon's own user and group", 4));
    assert_non_null(strstr(ask(f, "{\"verb\": \"status\"}"), "\"ok\":true"));
    assert_non_null(strstr(ask(f, "{\"verb\": \"cache.show\", \"name\": \"www.example.\"}"), "192.0.2.7"));
    assert_int_equal(f->stopped, 0);
}

static void test_status(void **state)
{
    struct fake *f = *state;
    json_t *o = json_loads(ask(f, "{\"verb\": \"status\"}"), 0, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_array_get(json_object_get(o, "listen"), 1)), "[::1]:53");
    static const struct {
        const char *key;
        json_int_t value;
    } rows[] = {
        {"protocol", 1},
        {"started", 1700000000},
        {"uptime_s", 3661},
        {"workers", 2},
        {"queries", 16},
        {"hits", 9},
        {"misses", 3},
        {"under_way", 1},
        {"upstream", 12},
        {"cache_entries", 7},
        {"cache_bytes_max", 16 << 20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(json_integer_value(json_object_get(o, rows[i].key)), rows[i].value);
    }
    assert_true(json_is_true(json_object_get(o, "done")) && json_is_true(json_object_get(o, "ok")));
    json_decref(o);
}

static void test_stats(void **state)
{
    struct fake *f = *state;
    json_t *o = json_loads(ask(f, "{\"verb\": \"stats\", \"texts\": true}"), 0, NULL);
    json_int_t udp = 0, tcp = 0, rrsets = 0;
    const char *text = NULL;
    assert_non_null(o);
    assert_int_equal(json_unpack(o, "{s:{s:I}, s:{s:I}, s:{s:I}, s:{s:{s:s}}}", "front", "udp", &udp, "listeners",
                                 "tcp_connections", &tcp, "cache", "rrsets", &rrsets, "texts", "engine", "timeouts",
                                 &text),
                     0);
    assert_int_equal(udp, 15);
    assert_int_equal(tcp, 7);
    assert_int_equal(rrsets, 4);
    assert_string_equal(text, "questions without a reply in time");
    json_decref(o);
    assert_null(strstr(ask(f, "{\"verb\": \"stats\"}"), "texts"));
}

static void test_cache_show(void **state)
{
    struct fake *f = *state;
    f->now.mono_us += 60 * US_PER_S;
    assert_string_equal(ask(f, "{\"verb\": \"cache.show\", \"name\": \"example.\"}"),
                        "{\"kind\":\"rrset\",\"name\":\"example.\",\"type\":\"MX\",\"ttl\":240,\"original_ttl\":300,"
                        "\"trust\":\"authoritative "
                        "answer\",\"security\":\"unchecked\",\"server\":\"[2001:db8::53]:5353\",\"zone\":\"example.\","
                        "\"records\":[\"example. 240 IN MX 10 mail.example.\"],\"signatures\":[]}\n"
                        "{\"kind\":\"delegation\",\"name\":\"example.\",\"ttl\":86340,\"original_ttl\":86400,"
                        "\"trust\":\"authority section, not "
                        "authoritative\",\"security\":\"unchecked\",\"server\":\"198.41.0.4\",\"zone\":\".\","
                        "\"records\":[\"example. 86340 IN NS ns.example.\",\"ns.example. 86340 IN A 192.0.2.1\","
                        "\"ns.example. 86340 IN AAAA 2001:db8::1\"]}\n"
                        "{\"entries\":2,\"done\":true,\"ok\":true}\n");
    /* A name that an NXDOMAIN above it answers, and the delegation on the way to it. */
    const char *got = ask(f, "{\"verb\": \"cache.show\", \"name\": \"x.Gone.EXAMPLE\"}");
    assert_non_null(strstr(got, "{\"kind\":\"nxdomain\",\"name\":\"gone.example.\",\"ttl\":240,\"original_ttl\":300,"));
    assert_non_null(strstr(got, "\"records\":[\"example. 240 IN SOA ns.example. admin.example. 1 3600 600 86400 300\"],"
                                "\"bears_on\":\"x.Gone.EXAMPLE.\"}\n"));
    assert_non_null(strstr(got, "{\"kind\":\"delegation\",\"name\":\"example.\","));
    assert_non_null(strstr(got, "{\"entries\":0,\"done\":true,\"ok\":true}\n"));
    got = ask(f, "{\"verb\": \"cache.show\", \"name\": \"www.example.\"}");
    assert_non_null(strstr(got, "\"kind\":\"rrset\",\"name\":\"www.example.\",\"type\":\"A\",\"ttl\":3540"));
    assert_non_null(strstr(got, "\"kind\":\"nodata\",\"name\":\"www.example.\",\"type\":\"AAAA\",\"ttl\":240"));
}

static void test_cache_show_failure(void **state)
{
    struct fake *f = *state;
    assert_non_null(
        strstr(ask(f, "{\"verb\": \"cache.show\", \"name\": \"dead.example\"}"),
               "{\"kind\":\"failure\",\"name\":\"dead.example.\",\"type\":\"A\",\"ttl\":5,\"failure\":\"NO_REACHABLE\","
               "\"text\":\"no name server of the zone answered\",\"in_a_row\":1}\n"));
}

/* Octets of names and texts that JSON, a terminal or a zone file would stumble over. */
static void test_escapes(void **state)
{
    struct fake *f = *state;
    const char *got = ask(f, "{\"verb\": \"cache.show\", \"name\": \"we\\\\000ird\\\\\\\"\\\\\\\\.example\"}");
    assert_non_null(strstr(got, "\"name\":\"we\\\\000ird\\\\\\\"\\\\\\\\.example.\""));
    assert_non_null(strstr(got, "60 IN TXT \\\"say \\\\\\\"hi\\\\\\\" \\\\\\\\ \\\\009\\\\255 \\\\195\\\\164\\\"\""));
    for (const char *p = got; *p != '\0'; p++) {
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    }
}

static void test_cache_ls(void **state)
{
    struct fake *f = *state;
    const char *got = ask(f, "{\"verb\": \"cache.ls\"}");
    while (control_more(f->control, f->session)) {
    }
    assert_non_null(strstr(got, "{\"entries\":7,\"complete\":true,\"done\":true,\"ok\":true}\n"));
    got = ask(f, "{\"verb\": \"cache.ls\", \"under\": \"WWW.example\"}");
    while (control_more(f->control, f->session)) {
    }
    assert_non_null(strstr(got, "{\"entries\":2,\"complete\":true,\"done\":true,\"ok\":true}\n"));
    assert_null(strstr(got, "dead"));
    got = ask(f, "{\"verb\": \"cache.ls\", \"limit\": 3}");
    while (control_more(f->control, f->session)) {
    }
    assert_non_null(strstr(got, "{\"entries\":3,\"complete\":false,\"done\":true,\"ok\":true}\n"));
}

/* Flushing many goes in slices, too; a client that goes away halfway leaves the rest. */
static void test_flush_slices(void **state)
{
    struct fake *f = *state;
    static const char *const a[] = {"192.0.2.9", NULL};
    struct cache_stats before, after;
    for (unsigned i = 0; i < 5000; i++) {
        char name[64];
        snprintf(name, sizeof name, "host%u.example.net.", i);
        put(f, name, DNS_TYPE_A, 600, a, "192.0.2.1", RANK_AUTH_ANSWER);
    }
    cache_stats(f->cache, &before);
    assert_string_equal(ask(f, "{\"verb\": \"cache.flush\", \"name\": \"example.net\", \"tree\": true}"), "");
    uint64_t gone = 0;
    while (gone < 1000) {
        assert_true(control_more(f->control, f->session));
        cache_stats(f->cache, &after);
        assert_true(after.flushed - before.flushed - gone < 400);
        gone = after.flushed - before.flushed;
    }
    as_peer(f, CONTROL_PEER_ADMIN);
    char want[100];
    snprintf(want, sizeof want, "{\"flushed\":%u,\"done\":true,\"ok\":true}\n", 5000 - (unsigned)gone);
    assert_string_equal(ask_all(f, "{\"verb\": \"cache.flush\", \"name\": \"example.net\", \"tree\": true}"), want);
    cache_stats(f->cache, &after);
    assert_int_equal(after.flushed - before.flushed, 5000);
}

/* A long list comes in slices of bounded size, and other connections are served between them. */
static void test_slices(void **state)
{
    struct fake *f = *state;
    static const char *const a[] = {"192.0.2.9", NULL};
    for (unsigned i = 0; i < 5000; i++) {
        char name[64];
        snprintf(name, sizeof name, "host%u.example.net.", i);
        put(f, name, DNS_TYPE_A, 600, a, "192.0.2.1", RANK_AUTH_ANSWER);
    }
    char *got = f->reply;
    ask(f, "{\"verb\": \"cache.ls\", \"under\": \"example.net\"}");
    unsigned slices = 1;
    size_t before = f->reply_len, largest = f->reply_len;
    struct control_session *first = f->session;
    while (control_more(f->control, first)) {
        slices++;
        largest = f->reply_len - before > largest ? f->reply_len - before : largest;
        before = f->reply_len;
        cache_quiescent(); /* as the loop does between slices */
        f->now.mono_us += US_PER_MS;
    }
    assert_true(slices > 10);
    assert_true(largest < 2 * 65536);
    assert_non_null(strstr(got, "{\"entries\":5000,\"complete\":true,\"done\":true,\"ok\":true}\n"));
    unsigned lines = 0;
    for (const char *p = got; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    assert_int_equal(lines, 5001);
    assert_false(control_more(f->control, first));
}

static void test_cache_flush(void **state)
{
    struct fake *f = *state;
    assert_string_equal(ask(f, "{\"verb\": \"cache.flush\", \"name\": \"www.example\", \"type\": \"AAAA\"}"),
                        "{\"flushed\":1,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"cache.flush\", \"name\": \"www.example\", \"type\": \"AAAA\"}"),
                        "{\"flushed\":0,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"cache.flush\", \"name\": \"WWW.example\"}"),
                        "{\"flushed\":1,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask_all(f, "{\"verb\": \"cache.flush\", \"name\": \"example\", \"tree\": true}"),
                        "{\"flushed\":5,\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask_all(f, "{\"verb\": \"cache.ls\"}"),
                        "{\"entries\":0,\"complete\":true,\"done\":true,\"ok\":true}\n");
}

static void test_cache_save(void **state)
{
    struct fake *f = *state;
    assert_string_equal(ask(f, "{\"verb\": \"cache.save\"}"), "{\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"cache.save\"}"), FAILED("it is being saved already", 1));
}

static void test_cache_load(void **state)
{
    struct fake *f = *state;
    const struct control_load good = {.restored = 3, .ended = 2, .kept = 1, .took_ms = 7, .age_s = 60};
    const struct control_load bad = {.error = "it is cut short", .restored = 5};
    assert_string_equal(ask(f, "{\"verb\": \"cache.load\"}"), FAILED("the cache is being restored", 1));
    f->load = &good;
    assert_string_equal(
        ask(f, "{\"verb\": \"cache.load\"}"),
        "{\"restored\":3,\"ended\":2,\"kept\":1,\"age_s\":60,\"took_ms\":7,\"done\":true,\"ok\":true}\n");
    f->load = &bad;
    assert_string_equal(ask(f, "{\"verb\": \"cache.load\"}"),
                        FAILED("the file is dropped, because it is cut short; entries restored before that: 5", 1));
    as_reader(f);
    assert_string_equal(ask(f, "{\"verb\": \"cache.load\"}"),
                        FAILED("cache.load is for root and for the daemon's own user and group", 4));
}

static void test_settings(void **state)
{
    struct fake *f = *state;
    assert_string_equal(ask(f, "{\"verb\": \"config.get\", \"key\": \"cache.serve-stale\"}"),
                        "{\"key\":\"cache.serve-stale\",\"value\":\"false\",\"live\":true,\"origin\":null}\n"
                        "{\"settings\":1,\"done\":true,\"ok\":true}\n");
    assert_non_null(strstr(ask(f, "{\"verb\": \"config.get\"}"), "{\"key\":\"workers\","));
    assert_string_equal(ask(f, "{\"verb\": \"config.get\", \"key\": \"cache.serve-stael\"}"),
                        FAILED("key: 'cache.serve-stael' is no setting; did you mean 'cache.serve-stale'?", 2));
    assert_string_equal(ask(f, "{\"verb\": \"config.set\", \"key\": \"cache\", \"value\": \"1\"}"),
                        FAILED("key: 'cache' is no setting", 2));
    assert_string_equal(
        ask(f, "{\"verb\": \"config.set\", \"key\": \"workers\", \"value\": \"1\"}"),
        FAILED("workers is taken at the start only: write it into the configuration file, then restart", 1));
    assert_string_equal(ask(f, "{\"verb\": \"config.set\", \"key\": \"listen\", \"value\": \"::\"}"),
                        FAILED("listen is a list: write it into the configuration file, then reload", 1));
    assert_string_equal(f->set, "");
    assert_non_null(strstr(ask(f, "{\"verb\": \"config.set\", \"key\": \"log.level\", \"value\": \"debug\"}"),
                           "{\"changed\":\"log.level\","));
    assert_string_equal(f->set, "log.level=debug");
    ask(f, "{\"verb\": \"config.set\", \"key\": \"log.level\"}");
    assert_string_equal(f->set, "log.level=(none)");
    as_reader(f);
    assert_string_equal(ask(f, "{\"verb\": \"config.set\", \"key\": \"log.level\"}"),
                        FAILED("config.set is for root and for the daemon's own user and group", 4));
}

static void test_reload(void **state)
{
    struct fake *f = *state;
    const struct control_reload good = {
        .ok = true, .changed = "log.level", .restart = "workers", .opened = "127.0.0.2:53", .closed = ""};
    const struct control_reload bad = {.error = "raiz.yaml:1:1: no\n   1 | \"x\"\n"};
    assert_string_equal(ask(f, "{\"verb\": \"reload\"}"), FAILED("too many wait for a reload already", 1));
    f->reload = &good;
    assert_string_equal(
        ask(f, "{\"verb\": \"reload\"}"),
        "{\"changed\":\"log.level\",\"opened\":\"127.0.0.2:53\",\"closed\":\"\",\"restart\":\"workers\","
        "\"done\":true,\"ok\":true}\n");
    f->reload = &bad;
    assert_string_equal(ask(f, "{\"verb\": \"reload\"}"),
                        FAILED("nothing has changed, because of this:\\nraiz.yaml:1:1: no\\n   1 | \\\"x\\\"\\n", 1));
    as_reader(f);
    assert_string_equal(ask(f, "{\"verb\": \"reload\"}"),
                        FAILED("reload is for root and for the daemon's own user and group", 4));
}

static void test_stop(void **state)
{
    struct fake *f = *state;
    assert_non_null(strstr(ask(f, "{\"verb\": \"stop\"}"), "\"done\":true,\"ok\":true}\n"));
    assert_int_equal(f->stopped, 1);
    assert_int_equal(f->closed, 1);
}

static void test_metrics(void **state)
{
    struct fake *f = *state;
    const char *got = ask(f, "{\"verb\": \"metrics\"}"), *type;
    size_t n;
    assert_non_null(strstr(got, "# TYPE raiz_queries counter\\nraiz_queries_total{transport=\\\"udp\\\"} 15\\n"));
    assert_non_null(strstr(got, "raiz_failures_total{reason=\\\"NO_REACHABLE\\\",ede=\\\"22\\\"} 2\\n"));
    assert_non_null(strstr(got, "raiz_answer_duration_seconds_bucket{le=\\\"0.001\\\"} 0\\n"
                                "raiz_answer_duration_seconds_bucket{le=\\\"0.0025\\\"} 3\\n"));
    assert_non_null(strstr(got, "raiz_answer_duration_seconds_sum 1.500000\\nraiz_answer_duration_seconds_count 3\\n"));
    assert_non_null(strstr(got, "\\n# EOF\\n\""));
    char *text = control_metrics(f->control, false, &n, &type);
    assert_non_null(text);
    assert_int_equal(n, strlen(text));
    assert_string_equal(type, "text/plain; version=0.0.4; charset=utf-8");
    assert_non_null(strstr(text, "# TYPE raiz_queries_total counter\nraiz_queries_total{transport=\"udp\"} 15\n"));
    assert_null(strstr(text, "# EOF"));
    free(text);
}

static void test_help(void **state)
{
    struct fake *f = *state;
    const char *got = ask(f, "{\"verb\": \"help\"}");
    assert_non_null(strstr(got, "\"cache.flush\":\"forget a name, one type of it, or the tree below it\""));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_wrong_requests),
        TEST(test_long_request),
        TEST(test_permissions),
        TEST(test_status),
        TEST(test_stats),
        TEST(test_cache_show),
        TEST(test_cache_show_failure),
        TEST(test_escapes),
        TEST(test_cache_ls),
        TEST(test_slices),
        TEST(test_cache_flush),
        TEST(test_flush_slices),
        TEST(test_cache_save),
        TEST(test_cache_load),
        TEST(test_stop),
        TEST(test_metrics),
        TEST(test_help),
        TEST(test_reload),
        TEST(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
