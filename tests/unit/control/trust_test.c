/*
 * trust_test.c - anchors, nta.add, nta.rm, nta.ls
 */
#include "fake_server.h"

static void anchors_are_listed(void **state)
{
    struct fake *f = *state;
    assert_string_equal(
        ask(f, "{\"verb\": \"anchors\"}"),
        "{\"zone\":\".\",\"type\":\"DS\",\"tag\":20326,\"algorithm\":8,\"state\":\"CONFIGURED\",\"since\":null,"
        "\"refreshed\":null,\"next_refresh\":null}\n"
        "{\"zone\":\".\",\"type\":\"DNSKEY\",\"tag\":20326,\"algorithm\":8,\"state\":\"VALID\",\"since\":1700000000,"
        "\"refreshed\":1700000001,\"next_refresh\":1700086400}\n"
        "{\"now\":1700003661,\"anchors\":2,\"done\":true,\"ok\":true}\n");
    f->no_trust = true;
    assert_string_equal(ask(f, "{\"verb\": \"anchors\"}"),
                        "{\"now\":1700003661,\"anchors\":0,\"done\":true,\"ok\":true}\n");
}

static void ntas_are_listed(void **state)
{
    struct fake *f = *state;
    assert_string_equal(
        ask(f, "{\"verb\": \"nta.ls\"}"),
        "{\"name\":\"broken.example.\",\"configured\":false,\"since\":1700000000,\"until\":1700003600,"
        "\"next_check\":1700000300,\"reason\":\"why \\\"not\\\"\"}\n"
        "{\"name\":\"broken.example.\",\"configured\":true,\"since\":null,\"until\":null,\"next_check\":null,"
        "\"reason\":\"why \\\"not\\\"\"}\n"
        "{\"now\":1700003661,\"ntas\":2,\"done\":true,\"ok\":true}\n");
    f->no_trust = true;
    assert_string_equal(ask(f, "{\"verb\": \"nta.ls\"}"),
                        "{\"now\":1700003661,\"ntas\":0,\"done\":true,\"ok\":true}\n");
}

static void ntas_are_added(void **state)
{
    struct fake *f = *state;
    struct dname_buf name;
    assert_string_equal(ask(f, "{\"verb\": \"nta.add\", \"name\": \"Broken.example\"}"),
                        "{\"name\":\"Broken.example.\",\"for\":3600,\"done\":true,\"ok\":true}\n");
    assert_true(dname_equal(dname_of(&f->nta), name_of("broken.example.", &name)));
    assert_int_equal(f->nta_for_s, 3600);
    assert_false(f->nta_force);
    assert_string_equal(f->nta_reason, "(none)");
    ask(f, "{\"verb\": \"nta.add\", \"name\": \"b.\", \"for\": 604800, \"reason\": \"their signer\", \"force\": true}");
    assert_int_equal(f->nta_for_s, 604800);
    assert_true(f->nta_force);
    assert_string_equal(f->nta_reason, "their signer");
    f->nta_wrong = "too many";
    assert_string_equal(ask(f, "{\"verb\": \"nta.add\", \"name\": \"b.\"}"), FAILED("too many", 1));
}

static void ntas_are_taken_out(void **state)
{
    struct fake *f = *state;
    assert_string_equal(ask(f, "{\"verb\": \"nta.rm\", \"name\": \"BROKEN.example\"}"),
                        "{\"name\":\"BROKEN.example.\",\"done\":true,\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"verb\": \"nta.rm\", \"name\": \"other.\"}"),
                        FAILED("other. has no negative trust anchor that was added at run time", 1));
}

static void wrong_requests_are_refused(void **state)
{
    static const struct {
        const char *line, *reply;
    } rows[] = {
        {"{\"verb\": \"nta.add\"}", FAILED("nta.add: the parameter 'name' is missing", 2)},
        {"{\"verb\": \"nta.add\", \"name\": \"b.\", \"for\": 0}", FAILED("for: a number above 0 is expected", 2)},
        {"{\"verb\": \"nta.add\", \"name\": \"b.\", \"for\": \"1h\"}", FAILED("for: a number above 0 is expected", 2)},
        {"{\"verb\": \"nta.add\", \"name\": \"b.\", \"for\": 604801}",
         FAILED("for: 604800 seconds (7 days) at most (RFC 7646)", 2)},
        {"{\"verb\": \"nta.add\", \"name\": \"b.\", \"reason\": 1}", FAILED("reason: a text is expected", 2)},
        {"{\"verb\": \"nta.add\", \"name\": \"b.\", \"force\": 1}", FAILED("force: true or false is expected", 2)},
        {"{\"verb\": \"nta.rm\", \"name\": \"a..b\"}", FAILED("name: 'a..b' is not a domain name", 2)},
        {"{\"verb\": \"nta.ls\", \"name\": \"b.\"}", FAILED("nta.ls: unknown parameter 'name'", 2)},
    };
    struct fake *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(ask(f, rows[i].line), rows[i].reply);
    }
    as_reader(f); /* T126: whoever may only look */
    assert_string_equal(ask(f, "{\"verb\": \"nta.add\", \"name\": \"b.\"}"),
                        FAILED("nta.add is for root and for the daemon's own user and group", 4));
    assert_string_equal(ask(f, "{\"verb\": \"nta.rm\", \"name\": \"b.\"}"),
                        FAILED("nta.rm is for root and for the daemon's own user and group", 4));
    assert_non_null(strstr(ask(f, "{\"verb\": \"nta.ls\"}"), "\"ok\":true"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(anchors_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(ntas_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(ntas_are_added, setup, teardown),
        cmocka_unit_test_setup_teardown(ntas_are_taken_out, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_requests_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
