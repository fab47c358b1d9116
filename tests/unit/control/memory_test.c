/*
 * memory_test.c - requests while the n-th allocation fails, for every n
 *
 * Both our own allocations and those of jansson can fail. Each request still ends with one well-formed line that says
 * "done", and the next request works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "failing_memory.h"
#include "fake_server.h"

static unsigned done_lines(const char *reply)
{
    unsigned done = 0;
    for (const char *at = reply; *at != '\0';) {
        const char *end = strchr(at, '\n');
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        assert_true(json_is_object(line));
        done += json_is_true(json_object_get(line, "done"));
        json_decref(line);
        at = end + 1;
    }
    return done;
}

/* The request with its n-th allocation failing; true if that many were made. */
static bool play(struct fake *f, const char *line, unsigned n)
{
    static const uint8_t answer[12] = {0, 0, 0x81, 0x80};
    struct journal_event event = {.name = dname_root(), .zone = dname_root(), .server_name = dname_root()};
    struct journal journal = {.events = &event, .count = 1};
    struct engine_inflight row = {.name = dname_root(), .type = 1, .state = "CUT", .zone = dname_root()};
    struct recalled about = {.type = 1, .failure = FAIL_ALL_LAME, .name = dname_root()};
    struct recalled *r = recalled_new(&about, "why", &journal);
    bool recalled = strstr(line, "explain") != NULL || strstr(line, "failures") != NULL;
    assert_non_null(r);
    f->reply_len = 0;
    f->reply[0] = '\0';
    countdown = n;
    control_line(f->control, f->session, line, strlen(line));
    while (control_more(f->control, f->session)) {
    }
    if (strstr(line, "inflight") != NULL) {
        control_inflight_row(f->control, f->session, 0, &row);
        control_inflight_end(f->control, f->session);
    } else if (strstr(line, "trace") != NULL) {
        control_traced(f->control, f->session, answer, sizeof answer, &journal);
    }
    if (recalled) {
        control_recalled(f->control, f->session, r);
        control_recalled_end(f->control, f->session);
    }
    bool reached = countdown == 0;
    countdown = 0;
    free(r);
    assert_int_equal(done_lines(f->reply), 1);
    assert_non_null(strstr(ask(f, "{\"verb\":\"help\"}"), "\"ok\":true"));
    return reached;
}

static void test_requests(void **state)
{
    static const char *const lines[] = {
        "{\"verb\":\"status\"}",
        "{\"verb\":\"stats\",\"texts\":true}",
        "{\"verb\":\"cache.show\",\"name\":\"www.example\"}",
        "{\"verb\":\"cache.show\",\"name\":\"dead.example\"}",
        "{\"verb\":\"cache.ls\",\"limit\":10}",
        "{\"verb\":\"cache.flush\",\"name\":\"nothing\"}",
        "{\"verb\":\"inflight\"}",
        "{\"verb\":\"trace\",\"name\":\"www.example\"}",
        "{\"verb\":\"explain\",\"name\":\"dead.example\"}",
        "{\"verb\":\"explain\",\"name\":\".\"}",
        "{\"verb\":\"explain\",\"name\":\"www.example\"}", /* whose answers are limited */
        "{\"verb\":\"failures\"}",
        "{\"verb\":\"servers\",\"name\":\"www.example\"}",
        "{\"verb\":\"servers\"}",
        "{\"verb\":\"cache.tree\"}",
        "{\"verb\":\"metrics\"}",
        "{\"verb\":\"log.level\"}",
        "{\"verb\":\"statsu\"}",
    };
    struct fake *f = *state;
    unsigned failed = 0;
    struct limited_row row = {.withheld = 1};
    assert_true(addr_prefix_scan("192.0.2.0/24", &row.network));
    f->world.engine.dnssec = DNSSEC_OFF;
    limited_add(&f->limited[0], &row, 0, f->now);
    json_set_alloc_funcs(__wrap_malloc, free);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        unsigned n = 1;
        while (play(f, lines[i], n)) {
            n++;
        }
        failed += n - 1;
    }
    print_message("%u allocations failed\n", failed);
    assert_true(failed > 500);
}

static void test_sessions(void **state)
{
    struct fake *f = *state;
    countdown = 1;
    assert_null(control_open(f->control, CONTROL_PEER_READ, f));
    countdown = 0;
    for (unsigned n = 1; n <= 3; n++) {
        countdown = n;
        assert_null(control_new(&(struct control_server){.server = f, .world = fake_world}));
        countdown = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
