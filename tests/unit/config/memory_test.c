/*
 * memory_test.c - reading a configuration while the n-th allocation fails, for every n
 *
 * The linker sends malloc, calloc, realloc and strdup of our own code here (libfyaml's go past it). Whatever fails: the
 * result is settings or an error, and under AddressSanitizer nothing leaks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "resolver/config/address_map.h"
#include "resolver/config/world.h"

static const char good[] = "workers: 2\n"
                           "listen: [127.0.0.1, \"::1\"]\n"
                           "access: {allow: [10.0.0.0/8]}\n"
                           "state-dir: /tmp/x\n"
                           "forward: [{zone: ., to: [192.0.2.1, dns.example]}, {zone: x., to: [192.0.2.1]}]\n"
                           "stub: [{zone: corp., servers: [192.0.2.2]}]\n"
                           "identity: {version: x, id: y, nsid: z}\n";
static const char bad[] = "workers: many\nlissten: 1\nforward: [{zone: a..b, to: [x y]}]\n";

/* Reads the text, letting the n-th allocation fail; true if that many were made. */
static bool parse(const char *text, unsigned n)
{
    struct config_errors errors = {0};
    countdown = n;
    struct settings *s = config_parse(text, strlen(text), "raiz.yaml", &errors);
    bool reached = countdown == 0;
    countdown = 0;
    assert_true(s != NULL ? errors.count == 0 && errors.text == NULL : errors.count > 0);
    config_errors_clear(&errors);
    settings_free(s);
    return reached;
}

static void test_config(void **state)
{
    (void)state;
    unsigned n = 1, m = 1;
    while (parse(good, n)) {
        n++;
    }
    while (parse(bad, m)) {
        m++;
    }
    print_message("%u and %u allocations failed\n", n - 1, m - 1);
    assert_true(n > 15 && m > 8);
}

static bool build(unsigned n)
{
    struct config_errors errors = {0};
    struct settings *s = config_parse(good, strlen(good), "raiz.yaml", &errors);
    assert_non_null(s);
    countdown = n;
    struct world *w = world_build(s, NULL, 0, &errors);
    bool reached = countdown == 0;
    countdown = 0;
    /* One allocation may fail without harm: that of the key with which it is tried whether SHA-1 is allowed. */
    assert_true(w != NULL ? errors.count == 0 && (!reached || w->engine.dnssec_policy.sha1) : errors.count > 0);
    config_errors_clear(&errors);
    world_free(w);
    return reached;
}

static void test_world(void **state)
{
    (void)state;
    unsigned n = 1;
    while (build(n)) {
        n++;
    }
    print_message("%u allocations failed\n", n - 1);
    assert_true(n > 5);
}

static void test_address_map(void **state)
{
    (void)state;
    static const char text[] = "192.0.2.1 127.0.0.1\n192.0.2.2 127.0.0.2\n";
    bool reached = true;
    for (unsigned n = 1; reached; n++) {
        struct address_map_row *rows = NULL;
        size_t count = 0;
        struct config_errors errors = {0};
        countdown = n;
        bool ok = address_map_parse(text, sizeof text - 1, "map", &rows, &count, &errors);
        reached = countdown == 0;
        countdown = 0;
        assert_true(ok != reached);
        assert_true(ok ? count == 2 && rows != NULL : errors.count > 0 && rows == NULL);
        config_errors_clear(&errors);
        free(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_world),
        cmocka_unit_test(test_address_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
