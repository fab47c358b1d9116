/* lab.conf: what is read, and what is said about what cannot be read; the map of addresses. */
#include <stdio.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"
#include "tools/raiz-lab/lab.h"

#define LAB_FOLDER SOURCE_DIR "/tools/lab"

struct heard {
    char text[4096];
    unsigned faults;
};

static void hear(void *arg, const char *message)
{
    struct heard *h = arg;
    size_t n = strlen(h->text);
    snprintf(h->text + n, sizeof h->text - n, "%s\n", message);
    h->faults++;
}

static void good(void **state)
{
    (void)state;
    struct heard h = {0};
    struct lab *lab = lab_parse("lab.conf",
                                "# comment\n\n"
                                "server a. 192.0.2.1 2001:db8::1 ibm.com. com. delay=20ms jitter=1.5s # more\r\n"
                                "\tserver\tb.example.\t192.0.2.2\tcom.\tloss=0.5%\tlame\tno-tcp\tedns-size=512\n"
                                "server c 192.0.2.3 edu.=com.zone",
                                LAB_FOLDER, hear, &h);
    /* Records of com are none of edu: the last line is wrong by its content. */
    assert_null(lab);
    assert_non_null(strstr(h.text, "com.zone:22:1: networkutopia.com. lies outside the zone"));
    h = (struct heard){0};
    lab = lab_parse("lab.conf",
                    "# comment\n\n"
                    "server a. 192.0.2.1 2001:db8::1 com. ibm.com. delay=20ms jitter=1.5s # more\r\n"
                    "\tserver\tb.example.\t192.0.2.2\tcom.\tloss=0.5%\tlame\tno-tcp\tedns-size=512\n"
                    "server c 192.0.2.3 com.=com.zone",
                    LAB_FOLDER, hear, &h);
    assert_non_null(lab);
    assert_int_equal(h.faults, 0);
    assert_int_equal(lab->servers, 3);
    assert_int_equal(lab->zones, 2); /* each file once */
    const struct lab_server *s = lab->server;
    assert_string_equal(s[0].name, "a.");
    assert_int_equal(s[0].addresses, 2);
    assert_int_equal(s[0].delay_ms, 20);
    assert_int_equal(s[0].jitter_ms, 1500);
    assert_int_equal(s[0].edns_size, 1232);
    assert_int_equal(s[0].served, 2);
    assert_int_equal(lab->zone[s[0].zone[0]].origin.labels, 2); /* the longest first */
    assert_int_equal(s[1].loss_permille, 5);
    assert_int_equal(s[1].habits, LAB_LAME | LAB_NOTCP);
    assert_int_equal(s[1].edns_size, 512);
    assert_string_equal(s[2].name, "c.");
    assert_int_equal(s[2].zone[0], s[1].zone[0]);
    lab_free(lab);
}

static void bad(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "lab.conf: there is no server\n"},
        {"# nothing\n", "lab.conf: there is no server\n"},
        {"servers a 192.0.2.1\n",
         "lab.conf:1: a line begins with 'server' or 'zone', not 'servers'\nlab.conf: there is no server\n"},
        {"server a\n", "lab.conf:1: write: server NAME ADDRESS... [ZONE]... [WORD]...\nlab.conf: there is no server\n"},
        {"\nserver a..b 192.0.2.1\n", "lab.conf:2: 'a..b' is no name of a server\nlab.conf: there is no server\n"},
        {"server a silent\n", "lab.conf:1: server a. has no address\n"},
        {"server a 192.0.2.1 192.0.2.1\nserver b 192.0.2.2\nserver c 192.0.2.2\n",
         "lab.conf:3: 192.0.2.2 is the address of b. already\nlab.conf:3: server c. has no address\n"},
        {"server a 192.0.2.1:53\n", "lab.conf:1: '192.0.2.1:53' is no address, no zone (with a dot at its end) and no "
                                    "habit; see raiz-lab --help\nlab.conf:1: server a. has no address\n"},
        {"server a 192.0.2.1 lazy\n", "lab.conf:1: 'lazy' is no address, no zone (with a dot at its end) and no habit; "
                                      "see raiz-lab --help\n"},
        {"server a 192.0.2.1 delay=20\n", "lab.conf:1: delay=20: write a time up to 60s, as 20ms\n"},
        {"server a 192.0.2.1 delay=61s\n", "lab.conf:1: delay=61s: write a time up to 60s, as 20ms\n"},
        {"server a 192.0.2.1 jitter=-1ms\n", "lab.conf:1: jitter=-1ms: write a time up to 60s, as 20ms\n"},
        {"server a 192.0.2.1 loss=5\n", "lab.conf:1: loss=5: write a share, as 5%\n"},
        {"server a 192.0.2.1 loss=101%\n", "lab.conf:1: loss=101%: write a share, as 5%\n"},
        {"server a 192.0.2.1 edns-size=511\n", "lab.conf:1: edns-size=511: write a number from 512 to 65535\n"},
        {"server a 192.0.2.1 mood=bad\n", "lab.conf:1: unknown word 'mood=bad'; see raiz-lab --help\n"},
        {"server a 192.0.2.1 nozone.\n",
         LAB_FOLDER "/nozone.zone: cannot open the zone file: No such file or directory\n"},
        {"server a 192.0.2.1 ../lab/com.\n", "lab.conf:1: '../lab/com.' is no name of a zone\n"},
        {"server a 192.0.2.1 a..\n", "lab.conf:1: 'a..' is no name of a zone\n"},
        {"server a 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9\n",
         "lab.conf:1: more than 8 addresses at one server\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct heard h = {0};
        struct lab *lab = lab_parse("lab.conf", rows[i].text, LAB_FOLDER, hear, &h);
        if (i == 6) { /* an address twice at one server is the same mistake */
            assert_non_null(strstr(h.text, "lab.conf:3: 192.0.2.2 is the address of b. already\n"));
        } else {
            assert_string_equal(h.text, rows[i].message);
        }
        assert_null(lab);
    }
}

static void values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint32_t value;
    } delays[] = {{"0ms", true, 0},   {"20ms", true, 20},    {"1.5s", true, 1500}, {"60s", true, 60000},
                  {"61s", false, 0},  {"60001ms", false, 0}, {"20", false, 0},     {"ms", false, 0},
                  {"-1ms", false, 0}, {"1m", false, 0},      {"", false, 0},       {"nans", false, 0},
                  {"1e9s", false, 0}},
      shares[] = {{"0%", true, 0},    {"5%", true, 50}, {"0.5%", true, 5}, {"100%", true, 1000},
                  {"101%", false, 0}, {"5", false, 0},  {"%", false, 0},   {"5%%", false, 0}};
    for (size_t i = 0; i < ROWS(delays); i++) {
        uint32_t ms = 99;
        assert_int_equal(lab_scan_delay(delays[i].text, &ms), delays[i].ok);
        if (delays[i].ok) {
            assert_int_equal(ms, delays[i].value);
        }
    }
    for (size_t i = 0; i < ROWS(shares); i++) {
        uint32_t permille = 99;
        assert_int_equal(lab_scan_share(shares[i].text, &permille), shares[i].ok);
        if (shares[i].ok) {
            assert_int_equal(permille, shares[i].value);
        }
    }
}

/* The lab that comes along: read without a fault, mapped in its order, and the map as raizd reads it. */
static void own_lab(void **state)
{
    (void)state;
    struct heard h = {0};
    struct lab *lab = lab_load(LAB_FOLDER, hear, &h);
    assert_string_equal(h.text, "");
    assert_non_null(lab);
    struct addr_prefix net;
    assert_true(addr_prefix_scan("127.54.0.0/16", &net));
    assert_true(lab_map(lab, &net, 5301));
    char path[] = "/tmp/raiz-map-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(lab_map_write(lab, path));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char line[256], real[128], bound[128];
    unsigned lines = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] == '#') {
            continue;
        }
        assert_int_equal(sscanf(line, "%127s %127s", real, bound), 2);
        struct addr a, b;
        char want[32];
        assert_true(addr_scan(real, 0, &a) && addr_scan(bound, 0, &b));
        lines++;
        snprintf(want, sizeof want, "127.54.0.%u", lines);
        assert_string_equal(bound, want);
    }
    fclose(f);
    unlink(path);
    assert_true(lines > 50);
    assert_true(addr_prefix_scan("127.54.0.0/27", &net));
    assert_false(lab_map(lab, &net, 5301)); /* too small */
    lab_real(lab, 53);
    char text[ADDR_TEXT_MAX];
    addr_print(&lab->server[0].bound[0], text);
    assert_string_equal(text, "198.41.0.4:53");
    assert_false(lab_map_write(lab, "/nonexistent/map"));
    lab_free(lab);
}

static void no_lab(void **state)
{
    (void)state;
    struct heard h = {0};
    assert_null(lab_load("/nonexistent", hear, &h));
    assert_string_equal(h.text,
                        "/nonexistent/lab.conf: No such file or directory; --dir names the folder of the lab\n");
    lab_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),    cmocka_unit_test(bad),    cmocka_unit_test(values),
        cmocka_unit_test(own_lab), cmocka_unit_test(no_lab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
