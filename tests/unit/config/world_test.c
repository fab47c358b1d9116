/*
 * world_test.c - settings made ready for use, and the files that they name
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/config/address_map.h"
#include "resolver/config/world.h"

static struct settings *parse(const char *text)
{
    struct config_errors errors;
    struct settings *s = config_parse(text, strlen(text), "raiz.yaml", &errors);
    if (s == NULL) {
        fail_msg("%s", errors.text);
    }
    return s;
}

static struct world *build(const char *text)
{
    struct config_errors errors;
    struct world *w = world_build(parse(text), NULL, 0, &errors);
    if (w == NULL) {
        fail_msg("%s", errors.text);
    }
    return w;
}

/* A file that is gone at the end of the test: path has room for "/tmp/raiz-XXXXXX". */
static void write_file(char *path, const char *text)
{
    snprintf(path, 32, "/tmp/raiz-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static bool allows(const struct world *w, const char *client)
{
    struct addr a;
    assert_true(addr_scan(client, 1, &a));
    return acl_allows(w->acl, &a);
}

static void test_defaults(void **state)
{
    (void)state;
    struct config_errors errors;
    struct addr_prefix local;
    assert_true(addr_prefix_scan("192.168.7.0/24", &local));
    struct world *w = world_build(parse(""), &local, 1, &errors);
    assert_non_null(w);
    assert_true(allows(w, "127.0.0.1"));
    assert_true(allows(w, "::1"));
    assert_true(allows(w, "192.168.7.9"));
    assert_false(allows(w, "192.168.8.9"));
    assert_false(allows(w, "8.8.8.8"));
    assert_int_equal(w->root_hints->kind, DELEGATION_HINTS);
    assert_int_equal(w->root_hints->ns_count, 13);
    assert_int_equal(w->root_hints->addr_count, 26);
    assert_ptr_equal(w->engine.root_hints, w->root_hints);
    assert_int_equal(w->engine.zone_count, 0);
    assert_int_equal(w->engine.own_count, 2);
    assert_int_equal(w->engine.port, 53);
    assert_int_equal(w->engine.edns_size, 1232);
    assert_int_equal(w->engine.answer_udp_max, 1232);
    assert_int_equal(w->engine.max_ttl_s, 86400);
    assert_null(w->engine.nsid);
    struct addr a;
    assert_true(addr_scan("192.0.2.1:53", 0, &a));
    struct addr same = world_substitute(w, &a);
    assert_true(addr_equal(&a, &same));
    world_free(w);
    world_free(NULL);
}

static void test_given_access_is_all(void **state)
{
    (void)state;
    struct config_errors errors;
    struct addr_prefix local;
    assert_true(addr_prefix_scan("192.168.7.0/24", &local));
    struct world *w = world_build(parse("access: {allow: [192.0.2.0/24]}"), &local, 1, &errors);
    assert_non_null(w);
    assert_true(allows(w, "192.0.2.7"));
    assert_false(allows(w, "192.168.7.9"));
    assert_false(allows(w, "127.0.0.1"));
    world_free(w);
}

static void test_zones(void **state)
{
    (void)state;
    struct world *w =
        build("forward: [{zone: ., to: [192.0.2.1, \"[2001:db8::1]:5353\", dns.example.net], first: true}]\n"
              "stub: [{zone: corp., servers: [192.0.2.2]}]\n"
              "resolution: {port: 5301, qname-minimisation: strict, ipv6: false, query-loopback: true}\n"
              "identity: {nsid: here}\n");
    assert_int_equal(w->engine.zone_count, 2);
    const struct delegation *f = w->engine.zones[0], *s = w->engine.zones[1];
    assert_int_equal(f->kind, DELEGATION_FORWARD);
    assert_int_equal(f->flags, DELEGATION_FORWARD_FIRST);
    assert_true(dname_is_root(delegation_zone(f)));
    assert_int_equal(f->addr_count, 2);
    assert_int_equal(f->ns_count, 1);
    struct addr a = delegation_addr_of(&delegation_addrs(f)[0], 5301),
                b = delegation_addr_of(&delegation_addrs(f)[1], 5301);
    assert_int_equal(a.port, 5301);
    assert_int_equal(b.port, 5353);
    assert_int_equal(delegation_addrs(f)[0].ns, 255);
    assert_int_equal(s->kind, DELEGATION_STUB);
    assert_int_equal(s->flags, 0);
    assert_int_equal(s->addr_count, 1);
    assert_int_equal(w->engine.port, 5301);
    assert_int_equal(w->engine.minimise, MINIMISE_STRICT);
    assert_true(w->engine.ipv4 && w->engine.query_loopback);
    assert_false(w->engine.ipv6);
    assert_string_equal(w->engine.nsid, "here");
    world_free(w);
}

static void test_hints_file(void **state)
{
    (void)state;
    char path[32], text[256];
    write_file(path, ". 3600000 NS k.lab.\nk.lab. 3600000 A 127.0.0.11\nk.lab. 3600000 AAAA ::1\n");
    snprintf(text, sizeof text, "root: {hints: %s}", path);
    struct world *w = build(text);
    assert_int_equal(w->root_hints->ns_count, 1);
    assert_int_equal(w->root_hints->addr_count, 2);
    world_free(w);
    unlink(path);
}

/* Every file that is wrong is told about, in one go. */
static void test_wrong_files(void **state)
{
    (void)state;
    char hints[32], map[32], text[256], want[1024];
    write_file(hints, ". 3600000 NS k.lab.\nk.lab. 3600000 A 127.0.0.256\n");
    write_file(map, "192.0.2.1 127.0.0.2\n192.0.2.2\n");
    snprintf(text, sizeof text, "root: {hints: %s}\nresolution: {address-map: %s}", hints, map);
    struct config_errors errors;
    assert_null(world_build(parse(text), NULL, 0, &errors));
    assert_non_null(errors.text);
    snprintf(want, sizeof want, "%s:2:18: ", hints);
    assert_non_null(strstr(errors.text, want));
    snprintf(want, sizeof want, "%s:2:10: the substitute is missing\n", map);
    assert_non_null(strstr(errors.text, want));
    assert_true(errors.count >= 2);
    assert_int_equal(errors.text[strlen(errors.text) - 1], '\n');
    config_errors_clear(&errors);
    unlink(hints);
    unlink(map);

    assert_null(world_build(parse("root: {hints: /nonexistent/hints}\nresolution: {address-map: /nonexistent/map}"),
                            NULL, 0, &errors));
    assert_non_null(strstr(errors.text, "/nonexistent/hints"));
    assert_non_null(strstr(errors.text, "/nonexistent/map: No such file or directory\n"
                                        "     = resolution.address-map names this file\n"));
    config_errors_clear(&errors);
}

static void test_address_map(void **state)
{
    (void)state;
    static const char text[] = "# servers of the lab\n"
                               "198.41.0.4       127.0.0.10\n"
                               "192.0.2.1\t127.0.0.11:5301 # with a port\r\n"
                               "\n"
                               "2001:db8::1  [::1]:5302";
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"198.41.0.4:53", "127.0.0.10:53"},
        {"198.41.0.4:853", "127.0.0.10:853"},
        {"192.0.2.1:53", "127.0.0.11:5301"},
        {"[2001:db8::1]:53", "[::1]:5302"},
        {"192.0.2.2:53", NULL},
        {"[2001:db8::2]:53", NULL},
    };
    struct address_map_row *map;
    size_t count;
    struct config_errors errors;
    assert_true(address_map_parse(text, sizeof text - 1, "map", &map, &count, &errors));
    assert_int_equal(count, 3);
    struct world w = {.address_map = map, .address_map_count = count};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a;
        char got[ADDR_TEXT_MAX];
        assert_true(addr_scan(rows[i].from, 0, &a));
        struct addr to = world_substitute(&w, &a);
        addr_print(&to, got);
        assert_string_equal(got, rows[i].to != NULL ? rows[i].to : rows[i].from);
    }
    free(map);
    assert_true(address_map_parse("# nothing\n", 10, "map", &map, &count, &errors));
    assert_null(map);
    assert_int_equal(count, 0);
}

static void test_wrong_address_maps(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"192.0.2.300 127.0.0.1", "map:1:1: '192.0.2.300' is not an address without a port\n"},
        {"192.0.2.3:53 127.0.0.1", "map:1:1: '192.0.2.3:53' is not an address without a port\n"},
        {"192.0.2.3 localhost", "map:1:11: 'localhost' is not an address\n"},
        {"192.0.2.3", "map:1:10: the substitute is missing\n"},
        {"192.0.2.3 127.0.0.1 127.0.0.2", "map:1:21: a third word\n"},
        {"192.0.2.3 127.0.0.1\n\n192.0.2.3 127.0.0.2\n", "map: 192.0.2.3 has two substitutes\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct address_map_row *map;
        size_t count;
        struct config_errors errors = {0};
        assert_false(address_map_parse(rows[i].text, strlen(rows[i].text), "map", &map, &count, &errors));
        assert_null(map);
        assert_int_equal(errors.count, 1);
        assert_memory_equal(errors.text, rows[i].want, strlen(rows[i].want));
        config_errors_clear(&errors);
    }
}

/* Three of one family, freed in each order: parts are shared, anchors are not. */
static void test_renewed(void **state)
{
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct config_errors errors;
        struct settings *settings = config_load(NULL, &errors);
        struct world *w[3];
        assert_non_null(settings);
        w[0] = world_build(settings, NULL, 0, &errors);
        assert_non_null(w[0]);
        for (unsigned k = 1; k < 3; k++) {
            struct dname_buf *negative = calloc(1, sizeof *negative);
            struct anchors *anchors = anchors_new();
            assert_true(negative != NULL && anchors != NULL);
            dname_copy(dname_root(), negative);
            w[k] = world_renew(w[k - 1], anchors, negative, 1);
            assert_non_null(w[k]);
            assert_ptr_equal(w[k]->anchors, anchors);
            assert_ptr_equal(w[k]->engine.anchors, anchors);
            assert_ptr_equal(w[k]->engine.negative_anchors, negative);
            assert_int_equal(w[k]->engine.negative_anchor_count, 1);
            assert_ptr_equal(w[k]->settings, w[0]->settings);
            assert_ptr_equal(w[k]->engine.root_hints, w[0]->engine.root_hints);
        }
        assert_int_equal(anchors_count(w[0]->anchors), 1);
        for (unsigned k = 0; k < 3; k++) {
            world_free(w[orders[i][k]]);
            for (unsigned left = k + 1; left < 3; left++) { /* the others still have all */
                assert_int_equal(w[orders[i][left]]->settings->port, 53);
                assert_non_null(w[orders[i][left]]->engine.root_hints);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),    cmocka_unit_test(test_given_access_is_all),
        cmocka_unit_test(test_zones),       cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_hints_file),  cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_address_map), cmocka_unit_test(test_wrong_address_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
