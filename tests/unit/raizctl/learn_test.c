/* The sentences of trace --learn: what fills them, in which language, and what has none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/learn.h"

static const char *say(const char *event, const char *why, enum learn_language language, bool ascii)
{
    static char buf[400];
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "event", event, "why", why, "name", "www.example.", "zone",
                          "example.", "server", "192.0.2.1", "type", "MX");
    const char *text = learn_sentence(o, language, ascii, buf, sizeof buf);
    json_decref(o);
    return text;
}

static void sentences(void **state)
{
    (void)state;
    assert_string_equal(say("referral", "", LEARN_ENGLISH, true),
                        "The servers of example. do not hold the answer, but they know who serves www.example.: that "
                        "is where to ask next.");
    assert_string_equal(say("nodata", "", LEARN_ENGLISH, true),
                        "The name exists, but has no record of type MX. That is remembered, too.");
    assert_string_equal(say("unreachable", "", LEARN_ENGLISH, true),
                        "The network says that nothing can be delivered to 192.0.2.1; another server is tried.");
    assert_string_equal(
        say("alias", "", LEARN_SPANISH, false),
        "El nombre es un alias (CNAME): su nombre verdadero es www.example., y la búsqueda sigue con él.");
    assert_string_equal(
        say("alias", "", LEARN_SPANISH, true),
        "El nombre es un alias (CNAME): su nombre verdadero es www.example., y la busqueda sigue con el.");
    assert_non_null(say("cut", "root hints", LEARN_ENGLISH, true));
    assert_null(say("cut", "referral from the parent", LEARN_ENGLISH, true));
    assert_null(say("retry", "with the whole name", LEARN_ENGLISH, true));
    assert_non_null(say("cache_hit", "", LEARN_ENGLISH, true));
    assert_null(say("cache_hit", "no name server of the zone answered", LEARN_ENGLISH, true));
    assert_null(say("send", "", LEARN_ENGLISH, true));
    assert_null(say("", "", LEARN_ENGLISH, true));
}

static void bounds(void **state)
{
    (void)state;
    json_t *o = json_pack("{s:s, s:s}", "event", "referral", "name", "www.example.");
    char buf[32];
    for (size_t cap = 1; cap <= sizeof buf; cap++) {
        memset(buf, 'x', sizeof buf);
        assert_non_null(learn_sentence(o, LEARN_SPANISH, true, buf, cap));
        assert_int_equal(strlen(buf), cap - 1);
    }
    json_decref(o);
}

static void languages(void **state)
{
    (void)state;
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "es_CL.UTF-8", 1);
    assert_int_equal(learn_language(), LEARN_SPANISH);
    setenv("LC_MESSAGES", "en_GB.UTF-8", 1);
    assert_int_equal(learn_language(), LEARN_ENGLISH);
    setenv("LC_ALL", "es", 1);
    assert_int_equal(learn_language(), LEARN_SPANISH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sentences), cmocka_unit_test(bounds),
                                       cmocka_unit_test(languages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
