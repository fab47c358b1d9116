/*
 * show_test.c - settings shown and read again; files that are merged; what has changed
 */
#include "resolver/config/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings *parse(const char *text)
{
    struct config_errors errors;
    struct settings *s = config_parse(text, strlen(text), "raiz.yaml", &errors);
    if (s == NULL) {
        fail_msg("%s\n%s", errors.text, text);
    }
    return s;
}

static char *shown(const struct settings *s, enum config_show what)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_true(config_show(s, what, f));
    assert_int_equal(fclose(f), 0);
    return text;
}

static const char everything[] =
    "workers: 4\n"
    "listen: [192.0.2.1, \"[2001:db8::1]:5300\"]\n"
    "state-dir: \"/tmp/a \\\"b\\\\\"\n"
    "access: {allow: [192.0.2.0/24, \"::1\"]}\n"
    "control: {socket: /tmp/s.sock}\n"
    "root: {hints: /tmp/hints}\n"
    "cache: {size: 1G, min-ttl: 1m, max-ttl: 12h, max-negative-ttl: 90}\n"
    "resolution: {qname-minimisation: off, case-randomisation: false, ipv4: false, local-zones: false, query-loopback: "
    "true, port: 5301, edns-size: 4096, address-map: /tmp/map}\n"
    "forward: [{zone: ., to: [192.0.2.1, dns.example, \"192.0.2.2:54\"], first: true}]\n"
    "stub: [{zone: \"corp.\", servers: [ns.corp]}]\n"
    "dnssec: {mode: permissive, trust-anchors: [\". DS 1 8 2 aa\"], trust-anchor-file: /x, negative-trust-anchors: "
    "[a., "
    "{zone: b., until: 2026-12-31}], sha1: false, aggressive: false}\n"
    "limits: {tcp-clients: 10, tcp-per-address: 10, fair-share: false}\n"
    "rate-limit: {answers: 5, exempt: [10.0.0.0/8], log-only: true}\n"
    "identity: {version: raiz, id: one, nsid: two}\n"
    "log: {level: debug}\n"
    "sandbox: {user: nobody, privileges: false, files: false, system-calls: kill}\n";

/* All that is shown can be read, and means the same; every setting of the table is in it. */
static void test_round_trip(void **state)
{
    (void)state;
    const char *const texts[] = {"", everything, "access: {allow: []}\nlisten: [0.0.0.0]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct settings *a = parse(texts[i]);
        for (enum config_show what = CONFIG_SHOW_EFFECTIVE; what <= CONFIG_SHOW_ORIGIN; what++) {
            char *text = shown(a, what), keys[1000];
            struct settings *b = parse(text);
            struct settings_shown *x = settings_shown_new(a), *y = settings_shown_new(b);
            assert_int_equal(settings_changes(x, y, true, keys, sizeof keys), 0);
            assert_int_equal(settings_changes(x, y, false, keys, sizeof keys), 0);
            settings_shown_free(x);
            settings_shown_free(y);
            settings_free(b);
            free(text);
        }
        settings_free(a);
    }
}

/* A setting whose values look alike when they differ would never be reloaded. */
static void test_every_setting_shows(void **state)
{
    (void)state;
    struct settings *a = parse(""), *b = parse(everything);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (!o->stored || o->list != NULL || o->kind == OPTION_SECTION || strcmp(o->key, "resolution.ipv6") == 0) {
            continue;
        }
        char *x = config_value(a, o), *y = config_value(b, o);
        if (b->origin[i].file != NULL && strcmp(x, y) == 0) {
            fail_msg("%s: '%s' both times", o->key, x);
        }
        free(x);
        free(y);
    }
    settings_free(a);
    settings_free(b);
}

static void test_forms(void **state)
{
    (void)state;
    struct settings *s = parse("cache: {size: 64M}\nlog:\n  level: debug\nforward: [{zone: ., to: [192.0.2.1]}]\n");
    char *text = shown(s, CONFIG_SHOW_DIFF);
    assert_string_equal(text,
                        "cache:\n  size: 64M\nforward: [{zone: \".\", to: [\"192.0.2.1\"]}]\nlog:\n  level: debug\n");
    free(text);
    text = shown(s, CONFIG_SHOW_ORIGIN);
    assert_non_null(strstr(text, "  size: 64M  # raiz.yaml:1\n"));
    assert_non_null(strstr(text, "  level: debug  # raiz.yaml:3\n"));
    assert_non_null(strstr(text, "workers: auto  # default\n"));
    assert_non_null(strstr(text, "  #hints:  # default\n"));
    free(text);
    settings_free(s);
}

/* ---- files beside the file ---- */

static char place[64];

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", place, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static int make_place(void **state)
{
    (void)state;
    char folder[80];
    snprintf(place, sizeof place, "/tmp/raiz-show-XXXXXX");
    if (mkdtemp(place) == NULL) {
        return -1;
    }
    snprintf(folder, sizeof folder, "%s/conf.d", place);
    return mkdir(folder, 0755);
}

static int clear_place(void **state)
{
    static const char *const names[] = {
        "raiz.yaml",       "conf.d/10-a.yaml", "conf.d/20-b.yaml", "conf.d/.hidden.yaml",
        "conf.d/no.yamlx", "conf.d/dir.yaml",  "conf.d",           ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        if (unlink(path) != 0) {
            rmdir(path);
        }
    }
    return access(place, F_OK) == 0;
}

static struct settings *load(char **errors_text)
{
    char path[80];
    struct config_errors errors;
    snprintf(path, sizeof path, "%s/raiz.yaml", place);
    struct settings *s = config_load(path, &errors);
    *errors_text = errors.text;
    return s;
}

static void test_merge(void **state)
{
    (void)state;
    char *why, want[200];
    put("raiz.yaml", "cache: {size: 64M, max-ttl: 1h}\nlisten: [127.0.0.1]\nforward:\nlog: {level: debug}\n");
    put("conf.d/20-b.yaml", "cache: {size: 128M}\nlisten: [127.0.0.3]\nforward: [{zone: b., to: [192.0.2.2]}]\n");
    put("conf.d/10-a.yaml", "cache: {size: 32M}\nlisten: [127.0.0.2]\nforward: [{zone: a., to: [192.0.2.1]}]\n"
                            "access: {allow: [10.0.0.0/8]}\n");
    put("conf.d/.hidden.yaml", "nonsense");
    put("conf.d/no.yamlx", "nonsense");
    struct settings *s = load(&why);
    assert_non_null(s);
    assert_int_equal(s->cache_bytes, 128 << 20); /* the last file wins */
    assert_int_equal(s->cache_max_ttl_s, 3600);  /* what others do not name stays */
    assert_int_equal(s->log_level, LOG_DEBUG);
    assert_int_equal(s->listen_count, 3); /* lists are joined, in the order of the files */
    assert_int_equal(s->listen[2].ip[3], 3);
    assert_int_equal(s->forward_count, 2);
    assert_int_equal(s->allow_count, 1);
    assert_false(s->allow_local_networks);
    char *text = shown(s, CONFIG_SHOW_ORIGIN);
    snprintf(want, sizeof want, "  size: 128M  # %s/conf.d/20-b.yaml:1\n", place);
    assert_non_null(strstr(text, want));
    snprintf(want, sizeof want, "  max-ttl: 1h  # %s/raiz.yaml:1\n", place);
    assert_non_null(strstr(text, want));
    free(text);
    settings_free(s);
}

/* The errors of all files, each with its own name, line and caret. */
static void test_merge_errors(void **state)
{
    (void)state;
    char *why, want[2000];
    put("raiz.yaml", "cache: {siez: 64M}\nlisten: [127.0.0.1]\n");
    put("conf.d/10-a.yaml", "workers: many\nlisten: [127.0.0.1]\nworkers: 3\nforward: 5\n");
    put("conf.d/20-b.yaml", "cache: {size: 32M\n");
    assert_int_equal(mkdir(strcat(strcpy(want, place), "/conf.d/dir.yaml"), 0755), 0);
    assert_null(load(&why));
    snprintf(
        want, sizeof want,
        "%s/raiz.yaml:1:9: unknown key 'siez' in cache\n   1 | cache: {siez: 64M}\n     |         ^~~~\n"
        "     = did you mean 'size'?\n"
        "%s/conf.d/10-a.yaml:1:10: workers: 'many' is not a number\n   1 | workers: many\n     |          ^~~~\n"
        "     = auto, or a number from 1 to 256\n"
        "%s/conf.d/10-a.yaml:2:10: listen: '127.0.0.1' stands there twice\n   2 | listen: [127.0.0.1]\n"
        "     |          ^~~~~~~~~\n"
        "     = addresses with or without a port, such as [\"127.0.0.1:53\", \"[::1]:53\"]\n"
        "%s/conf.d/10-a.yaml:3:1: 'workers' was given before, in line 1\n   3 | workers: 3\n     | ^~~~~~~\n"
        "     = take one of them out\n"
        "%s/conf.d/10-a.yaml:4:10: forward: one value, where a list belongs\n   4 | forward: 5\n     |          ^\n"
        "     = a list of zones, such as [{zone: \"example.org.\", to: [\"192.0.2.1\"]}]\n"
        "%s/conf.d/20-b.yaml:1:8: a comma is missing here, or a { is not closed\n   1 | cache: {size: 32M\n     |      "
        "  ^\n"
        "     = {key: value, key: value}\n"
        "%s/conf.d/dir.yaml: a folder, not a file\n",
        place, place, place, place, place, place, place);
    assert_string_equal(why, want);
    free(why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_setting_shows),
        cmocka_unit_test(test_forms),
        cmocka_unit_test_setup_teardown(test_merge, make_place, clear_place),
        cmocka_unit_test_setup_teardown(test_merge_errors, make_place, clear_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
