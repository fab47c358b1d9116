/*
 * config_test.c - configurations that are right: what they mean
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/config/config.h"
#include "resolver/config/show.h"

static struct settings *parse(const char *text)
{
    struct config_errors errors;
    struct settings *s = config_parse(text, strlen(text), "raiz.yaml", &errors);
    if (s == NULL) {
        fail_msg("%s", errors.text);
    }
    return s;
}

static void assert_addr(const struct addr *a, const char *want)
{
    char text[ADDR_TEXT_MAX];
    addr_print(a, text);
    assert_string_equal(text, want);
}

static void check_defaults(const struct settings *s)
{
    assert_int_equal(s->workers, 0);
    assert_int_equal(s->listen_count, 2);
    assert_addr(&s->listen[0], "127.0.0.1:53");
    assert_addr(&s->listen[1], "[::1]:53");
    assert_true(s->allow_local_networks);
    assert_int_equal(s->allow_count, 0);
    assert_string_equal(s->state_dir, "/var/lib/raiz");
    assert_string_equal(s->control_socket, "/run/raiz/raizctl.sock");
    assert_null(s->root_hints);
    assert_int_equal(s->cache_bytes, 256 << 20);
    assert_int_equal(s->cache_min_ttl_s, 0);
    assert_int_equal(s->cache_max_ttl_s, 86400);
    assert_int_equal(s->cache_max_negative_ttl_s, 3600);
    assert_false(s->cache_serve_stale);
    assert_true(s->cache_prefetch);
    assert_int_equal(s->cache_stale_client_timer_ms, 1800);
    assert_int_equal(s->cache_stale_reply_ttl_s, 30);
    assert_int_equal(s->cache_stale_max_age_s, 86400);
    assert_int_equal(s->minimise, MINIMISE_RELAXED);
    assert_true(s->case_randomisation && s->ipv4 && s->ipv6 && s->local_zones);
    assert_false(s->query_loopback);
    assert_int_equal(s->port, 53);
    assert_int_equal(s->edns_size, 1232);
    assert_null(s->address_map);
    assert_int_equal(s->forward_count, 0);
    assert_int_equal(s->stub_count, 0);
    assert_int_equal(s->dnssec, DNSSEC_VALIDATE);
    assert_int_equal(s->tcp_clients, 1024);
    assert_int_equal(s->tcp_per_address, 64);
    assert_int_equal(s->log_level, LOG_INFO);
    assert_null(s->identity_version);
    assert_null(s->identity_id);
    assert_null(s->identity_nsid);
}

static void test_nothing(void **state)
{
    (void)state;
    static const char *const empty[] = {
        "", "\n", "# only a comment\n", "---\n", "{}", "~\n", "cache:\nlog: {}\nforward: []\n"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        struct settings *s = parse(empty[i]);
        check_defaults(s);
        settings_free(s);
    }
    struct config_errors errors;
    struct settings *s = config_load(NULL, &errors);
    assert_non_null(s);
    check_defaults(s);
    settings_free(s);
}

/* The sample that is installed as /etc/raiz/raiz.yaml: everything in it is the default. */
static void test_sample(void **state)
{
    (void)state;
    struct config_errors errors;
    struct settings *s = config_load(SOURCE_DIR "/config/raiz.yaml", &errors);
    if (s == NULL) {
        fail_msg("%s", errors.text);
    }
    check_defaults(s);
    settings_free(s);
}

/* The sample with its comment signs taken off: every setting shown there is spelt right. */
static void test_sample_uncommented(void **state)
{
    (void)state;
    FILE *f = fopen(SOURCE_DIR "/config/raiz.yaml", "r");
    assert_non_null(f);
    char all[16384], line[256];
    size_t n = 0, shown = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] == '#' && line[1] != '\n' && (line[1] != ' ' || line[2] == ' ')) { /* prose has one blank */
            assert_true(n + strlen(line) < sizeof all);
            memcpy(all + n, line + 1, strlen(line) - 1);
            n += strlen(line) - 1;
            shown++;
        }
    }
    fclose(f);
    assert_true(shown >= 27);
    struct config_errors errors;
    struct settings *s = config_parse(all, n, "raiz.yaml without #", &errors);
    if (s == NULL) {
        fail_msg("%s", errors.text);
    }
    assert_int_equal(s->forward_count, 1);
    assert_int_equal(s->stub_count, 1);
    settings_free(s);
}

static void test_cache_lists(void **state)
{
    (void)state;
    struct settings *s = parse("cache: {keep-warm: [www.example.org, \"example.org. MX\"],\n"
                               "  zone-ttl: [{zone: corp.example, min: 1m}, {zone: lab.example, min: 0s, max: 1h}],\n"
                               "  snapshot: {interval: 1h}}\n");
    struct dname_buf name;
    uint16_t type;
    char text[DNAME_TEXT_MAX];
    assert_int_equal(s->snapshot_interval_s, 3600);
    assert_int_equal(s->keep_warm_count, 2);
    assert_true(config_question(s->keep_warm[0], &name, &type) && type == 0);
    assert_true(config_question(s->keep_warm[1], &name, &type) && type == 15);
    dname_print(dname_of(&name), text);
    assert_string_equal(text, "example.org.");
    assert_int_equal(s->zone_ttl_count, 2);
    assert_int_equal(s->zone_ttl[0].min_ttl_s, 60);
    assert_true(s->zone_ttl[0].max_ttl_s == UINT32_MAX);
    assert_int_equal(s->zone_ttl[1].max_ttl_s, 3600);
    settings_free(s);
}

static void test_stale(void **state)
{
    (void)state;
    struct settings *s =
        parse("cache: {serve-stale: true, stale-client-timer: 0.5s, stale-reply-ttl: 10s, stale-max-age: 12h}\n");
    assert_true(s->cache_serve_stale);
    assert_int_equal(s->cache_stale_client_timer_ms, 500);
    assert_int_equal(s->cache_stale_reply_ttl_s, 10);
    assert_int_equal(s->cache_stale_max_age_s, 43200);
    settings_free(s);
}

static void test_everything(void **state)
{
    (void)state;
    struct settings *s = parse(
        "workers: 4\n"
        "listen: [192.0.2.1, \"[2001:db8::1]:5300\", \"192.0.2.1@5353\"]\n"
        "state-dir: /tmp/state\n"
        "access: {allow: [192.0.2.0/24, \"::1\"]}\n"
        "control: {socket: /tmp/s.sock}\n"
        "root: {hints: /tmp/hints}\n"
        "cache: {size: 1G, min-ttl: 1m, max-ttl: 12h, max-negative-ttl: 90, serve-stale: false, prefetch: false}\n"
        "resolution:\n"
        "  qname-minimisation: off\n"
        "  case-randomisation: false\n"
        "  ipv4: false\n"
        "  local-zones: false\n"
        "  query-loopback: true\n"
        "  port: 5301\n"
        "  edns-size: 4096\n"
        "  address-map: /tmp/map\n"
        "dnssec: {mode: permissive, trust-anchors: [\". DS 1 8 2 aa\", \"a. IN DS 2 8 2 bb\"], trust-anchor-file: /x, "
        "negative-trust-anchors: [example.], sha1: false, aggressive: false}\n"
        "limits: {tcp-clients: 10, tcp-per-address: 10}\n"
        "identity: {version: raiz, id: one, nsid: hidden}\n"
        "log: {level: debug}\n");
    assert_int_equal(s->workers, 4);
    assert_int_equal(s->listen_count, 3);
    assert_addr(&s->listen[0], "192.0.2.1:53");
    assert_addr(&s->listen[1], "[2001:db8::1]:5300");
    assert_addr(&s->listen[2], "192.0.2.1:5353");
    assert_string_equal(s->state_dir, "/tmp/state");
    assert_false(s->allow_local_networks);
    assert_int_equal(s->allow_count, 2);
    assert_int_equal(s->allow[0].bits, 24);
    assert_int_equal(s->allow[1].bits, 128);
    assert_string_equal(s->control_socket, "/tmp/s.sock");
    assert_string_equal(s->root_hints, "/tmp/hints");
    assert_int_equal(s->cache_bytes, 1 << 30);
    assert_int_equal(s->cache_min_ttl_s, 60);
    assert_int_equal(s->cache_max_ttl_s, 43200);
    assert_int_equal(s->cache_max_negative_ttl_s, 90);
    assert_int_equal(s->minimise, MINIMISE_OFF);
    assert_false(s->case_randomisation || s->ipv4 || s->local_zones);
    assert_true(s->ipv6 && s->query_loopback);
    assert_int_equal(s->port, 5301);
    assert_int_equal(s->edns_size, 4096);
    assert_string_equal(s->address_map, "/tmp/map");
    assert_int_equal(s->dnssec, DNSSEC_PERMISSIVE);
    assert_int_equal(s->trust_anchors_count, 2);
    assert_string_equal(s->trust_anchors[1], "a. IN DS 2 8 2 bb");
    assert_string_equal(s->trust_anchor_file, "/x");
    assert_true(s->negative_anchors_count == 1 && s->negative_anchors[0].labels == 1 && !s->dnssec_sha1);
    assert_false(s->dnssec_aggressive);
    assert_int_equal(s->tcp_clients, 10);
    assert_int_equal(s->tcp_per_address, 10);
    assert_string_equal(s->identity_version, "raiz");
    assert_string_equal(s->identity_id, "one");
    assert_null(s->identity_nsid);
    assert_int_equal(s->log_level, LOG_DEBUG);
    settings_free(s);
}

static void test_negative_anchors(void **state)
{
    static const int64_t until_s[] = {0, 1798675200, 0};
    (void)state;
    struct settings *s = parse(
        "dnssec: {negative-trust-anchors: [example., {zone: b.example., until: 2026-12-31}, {zone: c.b.example.}]}\n");
    assert_int_equal(s->negative_anchors_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(s->negative_anchors[i].labels, i + 1);
        assert_int_equal(s->negative_until_s[i], until_s[i]);
    }
    settings_free(s);
}

static void test_nobody_allowed(void **state)
{
    (void)state;
    struct settings *s = parse("access: {allow: []}\n"); /* not the same as no word about it */
    assert_false(s->allow_local_networks);
    assert_int_equal(s->allow_count, 0);
    settings_free(s);
}

static void test_upstreams(void **state)
{
    (void)state;
    struct settings *s = parse("forward:\n"
                               "  - zone: .\n"
                               "    to: [192.0.2.1, dns.example.net, \"[2001:db8::1]:5353\", 192.0.2.2@54]\n"
                               "    first: true\n"
                               "  - {zone: example.org, to: [_odd-host.example]}\n"
                               "stub: [{zone: \"Corp.Example.\", servers: [\"192.0.2.9:53\"]}]\n");
    assert_int_equal(s->forward_count, 2);
    const struct settings_zone *z = &s->forward[0];
    assert_true(dname_is_root(dname_of(&z->zone)));
    assert_true(z->first);
    assert_int_equal(z->server_count, 3);
    assert_addr(&z->servers[0], "192.0.2.1"); /* no port: resolution.port */
    assert_addr(&z->servers[1], "[2001:db8::1]:5353");
    assert_addr(&z->servers[2], "192.0.2.2:54");
    assert_int_equal(z->host_count, 1);
    assert_string_equal(z->hosts[0], "dns.example.net");
    assert_false(s->forward[1].first);
    assert_int_equal(s->forward[1].server_count, 0);
    assert_int_equal(s->forward[1].host_count, 1);
    char name[DNAME_TEXT_MAX];
    dname_print(dname_of(&s->stub[0].zone), name);
    assert_string_equal(name, "Corp.Example.");
    assert_int_equal(s->stub_count, 1);
    assert_addr(&s->stub[0].servers[0], "192.0.2.9:53");
    settings_free(s);
}

/* JSON is YAML: tabs for layout, escapes, all values in quotes. */
static void test_json(void **state)
{
    (void)state;
    struct settings *s =
        parse("{\"workers\": 1, \"listen\": [\"127.0.0.1:5300\", \"[::1]:5300\"],\n"
              " \"access\": {\"allow\": [\"0.0.0.0\\/0\", \"::/0\"]},\n"
              " \"state-dir\": \"\\u002ftmp/st\\u00e4te\", \"cache\": {\"max-ttl\": \"3600s\", \"size\": \"64M\"},\n"
              " \"resolution\": {\"ipv6\": false, \"port\": 53, \"qname-minimisation\": \"off\"},\n"
              " \"forward\": [{\"zone\": \".\", \"to\": [\"192.0.2.1:53\"], \"first\": false}],\n"
              " \"dnssec\": {\"mode\": \"off\"}}\n");
    assert_int_equal(s->workers, 1);
    assert_int_equal(s->allow_count, 2);
    assert_int_equal(s->allow[0].bits, 0);
    assert_string_equal(s->state_dir, "/tmp/st\xc3\xa4te");
    assert_int_equal(s->cache_max_ttl_s, 3600);
    assert_false(s->ipv6);
    assert_int_equal(s->forward_count, 1);
    settings_free(s);
}

static void test_restart(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *keys;
    } rows[] = {
        {"", "", ""},
        {"", "workers: auto\nlisten: [\"127.0.0.1\", \"::1\"]\ncache: {size: 256M}\n", ""},
        {"", "workers: 2", "workers"},
        {"", "listen: [\"127.0.0.1:53\"]", ""},
        {"", "cache: {size: 64M, max-ttl: 1h}\nlimits: {tcp-clients: 100}",
         "cache.size, cache.max-ttl, limits.tcp-clients"},
        {"", "state-dir: /tmp\ncontrol: {socket: /tmp/s}", "state-dir, control.socket"},
        {"",
         "log: {level: debug}\naccess: {allow: [10.0.0.0/8]}\nidentity: {id: x}\nroot: {hints: /x}\n"
         "resolution: {port: 54, ipv6: false}\nforward: [{zone: ., to: [192.0.2.1]}]",
         ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings *old = parse(rows[i].old), *new = parse(rows[i].new);
        char keys[200];
        struct settings_shown *a = settings_shown_new(old), *b = settings_shown_new(new);
        size_t n = settings_changes(a, b, false, keys, sizeof keys);
        settings_shown_free(a);
        settings_shown_free(b);
        assert_string_equal(keys, rows[i].keys);
        assert_true((n == 0) == (keys[0] == '\0'));
        settings_free(old);
        settings_free(new);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_sample_uncommented),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_cache_lists),
        cmocka_unit_test(test_negative_anchors),
        cmocka_unit_test(test_nobody_allowed),
        cmocka_unit_test(test_upstreams),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
