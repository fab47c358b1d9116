/*
 * explain_test.c - explain, failures, slow: from the cache and from what the workers remember
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_server.h"
#include "resolver/control/explain.h"
#include "resolver/front/rate.h"

/* What the server sent before its time was over did not fit, so many times. */
static struct recalled *remember_rubbish(const char *name, enum failure failure, unsigned ignored)
{
    struct dname_buf buf, zone, ns;
    struct journal_event events[5] = {{.kind = JOURNAL_SEND, .at_us = 100}};
    unsigned n = 1;
    while (n <= ignored) {
        events[n++] = (struct journal_event){.kind = JOURNAL_IGNORE, .at_us = 200};
    }
    events[n++] = (struct journal_event){.kind = JOURNAL_TIMEOUT, .at_us = 400100, .rtt_us = 400000};
    events[n++] = (struct journal_event){.kind = JOURNAL_FAILED, .why = (uint8_t)failure};
    for (unsigned i = 0; i < n; i++) {
        events[i].type = DNS_TYPE_A;
        events[i].name = name_of(name, &buf);
        events[i].zone = name_of("example.", &zone);
        events[i].server_name = name_of("ns.example.", &ns);
        if (i + 1 < n) {
            assert_true(addr_scan("192.0.2.1", 53, &events[i].server));
        }
    }
    struct journal journal = {.events = events, .count = n, .room = n, .begun_us = 100};
    struct recalled about = {.at_s = 1700003651,
                             .took_us = 400000,
                             .type = DNS_TYPE_A,
                             .rcode = failure_row(failure)->rcode,
                             .failure = failure,
                             .name = name_of(name, &buf)};
    assert_true(addr_scan("192.0.2.99", 4242, &about.client));
    struct recalled *r = recalled_new(&about, failure == FAIL_NONE ? NULL : "all of them", &journal);
    assert_non_null(r);
    return r;
}

static struct recalled *remember(const char *name, enum failure failure)
{
    return remember_rubbish(name, failure, 0);
}

static const char *explain_it(struct fake *f, const char *request, struct recalled *r)
{
    assert_string_equal(ask(f, request), "");
    if (r != NULL) {
        control_recalled(f->control, f->session, r);
    }
    control_recalled_end(f->control, f->session);
    free(r);
    return f->reply;
}

static bool says(const char *reply, const char *member)
{
    return strstr(reply, member) != NULL;
}

static void test_failed(void **state)
{
    struct fake *f = *state;
    const char *got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"DEAD.example\", \"type\": \"A\"}",
                                 remember("dead.example.", FAIL_NO_REACHABLE));
    assert_int_equal(f->recall_asked, 1);
    assert_int_equal(f->recall_which, RECALL_QUESTION);
    assert_int_equal(f->recall_type, DNS_TYPE_A);
    assert_true(says(got, "\"rcode\":\"SERVFAIL\",\"cause\":\"FAILED\",\"failure\":\"NO_REACHABLE\""));
    assert_true(
        says(got, "\"tag\":\"NRCH\",\"ede\":22,\"ede_name\":\"No Reachable Authority\",\"detail\":\"all of them\""));
    assert_true(says(got, "\"not_tried_again_s\":5,\"in_a_row\":1"));
    assert_true(says(got, "\"age_s\":10,\"took_us\":400000,\"client\":\"192.0.2.99\",\"transport\":\"udp\""));
    assert_true(
        says(got, "\"servers\":[{\"server\":\"192.0.2.1\",\"name\":\"ns.example.\",\"zone\":\"example.\",\"asked\":1,"
                  "\"timeouts\":1,\"lost_us\":400000,\"ignored\":0,\"said\":\"no reply\"}]"));
    assert_true(says(got, "\"event\":\"timeout\"") && says(got, "\"waited_us\":400000"));
    /* What the cache holds is known without the workers. */
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"dead.example\"}", NULL);
    assert_true(says(got, "\"failure\":\"NO_REACHABLE\"") && !says(got, "\"last\""));
}

static void test_rubbish(void **state)
{
    struct fake *f = *state;
    const char *got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"dead.example\", \"type\": \"A\"}",
                                 remember_rubbish("dead.example.", FAIL_NO_REACHABLE, 2));
    assert_true(says(got, "\"asked\":1,\"timeouts\":1,\"lost_us\":400000,\"ignored\":2,"
                          "\"said\":\"what came did not fit the question: ignored\"}]"));
}

/* Its time is over: it would be tried again, but what happened is still told. */
static void test_forgotten_failure(void **state)
{
    struct fake *f = *state;
    const char *got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"old.example\"}",
                                 remember("old.example.", FAIL_BOGUS_EXPIRED));
    assert_true(says(got, "\"cause\":\"FAILED\",\"failure\":\"BOGUS_EXPIRED\""));
    assert_false(says(got, "not_tried_again_s"));
}

static void test_known(void **state)
{
    struct fake *f = *state;
    f->world.engine.dnssec = DNSSEC_OFF;
    const char *got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\"}", NULL);
    assert_true(says(got, "\"rcode\":\"NOERROR\",\"cause\":\"CACHED\""));
    assert_true(says(got, "\"ttl\":3600,\"original_ttl\":3600,\"server\":\"192.0.2.1\",\"zone\":\"example.\""));
    assert_true(says(got, "\"not_validated\":\"validation is off (dnssec.mode)\""));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\", \"type\": \"AAAA\"}", NULL);
    assert_true(says(got, "\"rcode\":\"NOERROR\",\"cause\":\"NODATA\""));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"a.b.gone.example\"}", NULL);
    assert_true(says(got, "\"rcode\":\"NXDOMAIN\",\"cause\":\"NXDOMAIN\"") &&
                says(got, "\"denied\":\"gone.example.\""));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"slow.example\"}", remember("slow.example.", FAIL_NONE));
    assert_true(says(got, "\"cause\":\"SLOW\"") && says(got, "\"lost_us\":400000"));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"never.example\"}", NULL);
    assert_true(says(got, "\"cause\":\"UNKNOWN\"") && !says(got, "\"rcode\""));
    f->world.engine.local_zones = true;
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"localhost\"}", NULL);
    assert_true(says(got, "\"cause\":\"LOCAL\"") && !says(got, "not_validated"));
}

static void test_nta(void **state)
{
    struct fake *f = *state;
    struct dname_buf broken;
    name_of("broken.example.", &broken);
    f->world.engine.dnssec = DNSSEC_VALIDATE;
    f->world.engine.negative_anchors = &broken;
    f->world.engine.negative_anchor_count = 1;
    const char *got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.broken.example\"}", NULL);
    assert_true(says(
        got, "\"not_validated_zone\":\"broken.example.\",\"nta_reason\":\"why \\\"not\\\"\",\"nta_until\":1700003600"));
}

static void test_client(void **state)
{
    struct fake *f = *state;
    struct addr_prefix prefix;
    assert_true(addr_prefix_scan("192.0.2.0/24", &prefix));
    f->world.acl = acl_new(&prefix, 1);
    assert_non_null(f->world.acl);
    f->world.engine.dnssec = DNSSEC_OFF;
    const char *got =
        explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\", \"client\": \"198.51.100.1\"}", NULL);
    assert_true(says(got, "\"rcode\":\"REFUSED\",\"cause\":\"ACL\"") && says(got, "access.allow"));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\", \"client\": \"192.0.2.1\"}", NULL);
    assert_true(says(got, "\"cause\":\"CACHED\""));
    assert_string_equal(ask(f, "{\"verb\": \"explain\", \"name\": \"www.example\", \"client\": \"here\"}"),
                        FAILED("client: 'here' is not an address", 2));
    acl_free(f->world.acl);
    f->world.acl = NULL;
}

/* One answer of this kind withheld, three truncated, for 192.0.2.0/24. */
static void limit(struct fake *f, enum rate_kind kind, uint64_t let_go)
{
    struct limited_row row = {.kind = (uint8_t)kind, .limit = 20, .let_go = let_go};
    assert_true(addr_prefix_scan("192.0.2.0/24", &row.network));
    memset(f->limited, 0, sizeof f->limited);
    row.withheld = let_go == 0;
    limited_add(&f->limited[0], &row, 1, (struct now){.mono_us = f->now.mono_us - 9 * US_PER_S});
    row.withheld = 0;
    row.truncated = let_go == 0 ? 3 : 0;
    limited_add(&f->limited[1], &row, 1, (struct now){.mono_us = f->now.mono_us - 2 * US_PER_S});
}

#define LIMITED "\"limited\":[{\"network\":\"192.0.2.0/24\",\"kind\":\"answers\",\"option\":\"rate-limit.answers\","

static void test_rate_limit(void **state)
{
    struct fake *f = *state;
    static const char theirs[] = "{\"verb\": \"explain\", \"name\": \"www.example\", \"client\": \"192.0.2.7\"}";
    f->world.engine.dnssec = DNSSEC_OFF;
    f->settings.rate_answers = 20;
    f->settings.rate_errors = 20;
    struct addr_prefix exempt;
    assert_true(addr_prefix_scan("10.0.0.0/8", &exempt));
    f->world.rate_exempt = acl_new(&exempt, 1);
    struct addr_prefix all;
    assert_true(addr_prefix_scan("192.0.2.0/23", &all));
    f->world.acl = acl_new(&all, 1);
    limit(f, RATE_ANSWERS, 0);
    const char *got = explain_it(f, theirs, NULL);
    assert_true(says(got, "\"rcode\":\"NOERROR\",\"cause\":\"RATE_LIMIT\"") && says(got, "rate-limit.exempt"));
    assert_true(says(got, LIMITED "\"limit\":20,\"withheld\":1,\"truncated\":3,\"let_go\":0,\"since_age_s\":9,"
                                  "\"age_s\":2}]"));
    assert_true(says(got, "\"ttl\":3600")); /* what it would have been sent */
    /* Others, other kinds, and who asks for nobody: not the cause. */
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\", \"client\": \"192.0.3.7\"}", NULL);
    assert_true(says(got, "\"cause\":\"CACHED\"") && !says(got, "\"limited\""));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"a.gone.example\", \"client\": \"192.0.2.7\"}", NULL);
    assert_true(says(got, "\"cause\":\"NXDOMAIN\"") && !says(got, "\"limited\""));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"www.example\"}", NULL);
    assert_true(says(got, "\"cause\":\"CACHED\"") && says(got, LIMITED));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"never.example\", \"client\": \"192.0.2.7\"}", NULL);
    assert_true(says(got, "\"cause\":\"UNKNOWN\"") && says(got, LIMITED));
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"never.example\"}", NULL);
    assert_false(says(got, "\"limited\""));
    /* A failure is one whether it is sent or not. */
    limit(f, RATE_ERRORS, 0);
    got = explain_it(f, "{\"verb\": \"explain\", \"name\": \"dead.example\", \"client\": \"192.0.2.7\"}", NULL);
    assert_true(says(got, "\"cause\":\"FAILED\"") && says(got, "\"option\":\"rate-limit.errors\""));
    /* All were sent; the limit is gone; the client is let off. */
    limit(f, RATE_ANSWERS, 4);
    got = explain_it(f, theirs, NULL);
    assert_true(says(got, "\"cause\":\"CACHED\"") && says(got, "\"withheld\":0,\"truncated\":0,\"let_go\":8"));
    limit(f, RATE_ANSWERS, 0);
    f->settings.rate_answers = 0;
    assert_false(says(explain_it(f, theirs, NULL), "\"limited\""));
    f->settings.rate_answers = 20;
    acl_free(f->world.rate_exempt);
    assert_true(addr_prefix_scan("192.0.2.0/28", &exempt));
    f->world.rate_exempt = acl_new(&exempt, 1);
    assert_false(says(explain_it(f, theirs, NULL), "\"limited\""));
    acl_free(f->world.rate_exempt);
    acl_free(f->world.acl);
    f->world.rate_exempt = f->world.acl = NULL;
}

static void test_lists(void **state)
{
    struct fake *f = *state;
    struct recalled *a = remember("a.example.", FAIL_ALL_LAME), *b = remember("b.test.", FAIL_NO_ROOT);
    assert_string_equal(ask(f, "{\"verb\": \"failures\", \"under\": \"example\"}"), "");
    assert_int_equal(f->recall_which, RECALL_FAILED);
    control_recalled(f->control, f->session, a);
    control_recalled(f->control, f->session, b);
    control_recalled_end(f->control, f->session);
    assert_true(says(f->reply, "{\"name\":\"a.example.\",\"type\":\"A\",\"at\":1700003651,"));
    assert_false(says(f->reply, "b.test."));
    assert_true(says(f->reply, "{\"rows\":1,\"now\":1700003661,\"done\":true,\"ok\":true}\n"));
    assert_string_equal(ask(f, "{\"verb\": \"slow\", \"limit\": 1}"), "");
    assert_int_equal(f->recall_which, RECALL_SLOW);
    control_recalled(f->control, f->session, a);
    control_recalled(f->control, f->session, b);
    control_recalled_end(f->control, f->session);
    assert_true(says(f->reply, "{\"rows\":1,"));
    size_t before = f->reply_len;
    control_recalled(f->control, f->session, a); /* nobody waits */
    control_recalled_end(f->control, f->session);
    assert_int_equal(f->reply_len, before);
    free(a);
    free(b);
}

static void test_every_failure_has_a_remedy(void **state)
{
    (void)state;
    const char *fine = explain_remedy(FAIL_NONE);
    for (int i = 1; i <= FAIL_BOGUS_CHAIN; i++) {
        assert_true(strlen(explain_remedy((enum failure)i)) > 20);
        assert_string_not_equal(explain_remedy((enum failure)i), fine);
    }
    assert_string_equal(explain_remedy((enum failure)9999), fine);
    assert_string_equal(failure_row((enum failure)(FAIL_BOGUS_CHAIN + 1))->name, "NONE"); /* it is the last row */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_failed),     TEST(test_rubbish), TEST(test_forgotten_failure),
        TEST(test_known),      TEST(test_nta),     TEST(test_client),
        TEST(test_rate_limit), TEST(test_lists),   cmocka_unit_test(test_every_failure_has_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
