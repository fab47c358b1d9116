/*
 * changes_test.c - which changed settings a reload cannot take
 */
#include "resolver/changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/config/options.h"

static struct settings *parse(const char *yaml)
{
    struct config_errors errors = {0};
    struct settings *s = config_parse(yaml, strlen(yaml), "raiz.yaml", &errors);
    if (s == NULL) {
        fail_msg("%s", errors.text);
    }
    return s;
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *keys;
    } rows[] = {
        {"", "", ""},
        {"", "listen: [\"[::1]:53\", \"127.0.0.1:53\"]\n", "listen"},
        {"listen: [\"127.0.0.1:53\"]\n", "listen: [\"127.0.0.1:53\", \"127.0.0.2:53\"]\n", "listen"},
        {"listen: [\"127.0.0.1\"]\n", "listen: [\"127.0.0.1:53\"]\n", ""},
        {"workers: 2\n", "workers: 3\n", "workers"},
        {"cache: {size: 64M}\n", "cache: {size: 65M}\n", "cache.size"},
        {"", "control: {socket: /tmp/x}\nstate-dir: /tmp/y\n", "state-dir, control.socket"},
        {"limits: {tcp-clients: 10, tcp-per-address: 5}\n", "limits: {tcp-clients: 11, tcp-per-address: 5}\n",
         "limits.tcp-clients"},
        {"access: {allow: [\"10.0.0.0/8\"]}\n", "log: {level: debug}\nresolution: {ipv6: false, port: 5353}\n", ""},
        {"identity: {version: one}\n", "forward: [{zone: \".\", to: [\"192.0.2.1\"]}]\n", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings *a = parse(rows[i].old), *b = parse(rows[i].new);
        char keys[200];
        changes_for_restart(a, b, keys, sizeof keys);
        assert_string_equal(keys, rows[i].keys);
        assert_int_equal(changes_for_restart(b, a, keys, sizeof keys) > 0, rows[i].keys[0] != '\0');
        settings_free(a);
        settings_free(b);
    }
}

/* The comparison knows every kind that such an option has: a new one must be added to it. */
static void test_kinds(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->list == NULL && o->stored && !o->live && o->kind != OPTION_SECTION) {
            seen++;
            assert_true(o->kind == OPTION_PATH || o->kind == OPTION_TEXT_OR_HIDDEN || o->kind == OPTION_ADDRESSES ||
                        o->kind == OPTION_COUNT || o->kind == OPTION_COUNT_OR_AUTO || o->kind == OPTION_SIZE ||
                        o->kind == OPTION_DURATION || o->kind == OPTION_BOOL);
        }
    }
    assert_true(seen >= 8);
}

static void test_short_room(void **state)
{
    (void)state;
    struct settings *a = parse(""), *b = parse("workers: 3\nlisten: [\"127.0.0.9:53\"]\nstate-dir: /tmp/y\n");
    char keys[12];
    assert_int_equal(changes_for_restart(a, b, keys, sizeof keys), 3);
    assert_int_equal(strlen(keys), sizeof keys - 1);
    settings_free(a);
    settings_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_short_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
