/*
 * walk_test.c - walks as they are drawn
 *
 * walk/NAME.json is what the control verb "trace" replied in the lab, walk/NAME.txt what is drawn of it, in ASCII
 * without colour. GOLDEN=write in the environment draws them anew, to be looked at before they are committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/out.h"
#include "tools/raizctl/walk.h"

#define FILE_MAX 65536

static const struct {
    const char *file, *name, *type;
} walks[] = {
    {"networkutopia", "www.networkutopia.com.", "A"},
    {"cached", "www.networkutopia.com.", "A"},
    {"alias", "www.ibm.com.", "A"},
    {"reverse", "5.17.1.200.in-addr.arpa.", "PTR"},
    {"glueless", "www.glueless.org.", "A"},
    {"truncated", "www.truncate.org.", "A"},
    {"noedns", "www.noedns.org.", "A"},
    {"lame", "www.lame.org.", "A"},
    {"broken", "www.broken.org.", "A"},
    {"dead", "www.dead.org.", "A"},
    {"failed-before", "www.dead.org.", "A"},
    {"loop", "a.loop.org.", "A"},
    {"nxdomain", "nothing.networkutopia.com.", "A"},
    {"nodata", "www.networkutopia.com.", "TXT"},
    {"local", "localhost.", "A"},
};

static size_t slurp(const char *name, const char *suffix, char text[static FILE_MAX])
{
    char path[512];
    snprintf(path, sizeof path, "%s/walk/%s.%s", TEST_DIR, name, suffix);
    FILE *f = fopen(path, "r");
    size_t n = f != NULL ? fread(text, 1, FILE_MAX - 1, f) : 0;
    text[n] = '\0';
    if (f != NULL) {
        fclose(f);
    }
    return n;
}

typedef void drawer(const struct walk *w, const json_t *end, const struct style *style, FILE *out);

/* To be freed. */
static char *draw_as(size_t i, const struct style *style, drawer *how)
{
    static char text[FILE_MAX];
    struct walk *w = walk_new(walks[i].name, walks[i].type);
    assert_non_null(w);
    assert_true(slurp(walks[i].file, "json", text) > 0);
    char *drawn = NULL, *rest = text;
    size_t n = 0;
    FILE *out = open_memstream(&drawn, &n);
    assert_non_null(out);
    for (char *line = strsep(&rest, "\n"); line != NULL && line[0] != '\0'; line = strsep(&rest, "\n")) {
        json_t *o = json_loads(line, 0, NULL);
        assert_non_null(o);
        if (json_object_get(o, "event") != NULL) {
            assert_true(walk_event(w, o));
        } else {
            how(w, o, style, out);
        }
        json_decref(o);
    }
    fclose(out);
    walk_free(w);
    return drawn;
}

static char *draw(size_t i, const struct style *style)
{
    return draw_as(i, style, walk_draw);
}

static void test_walks(void **state)
{
    (void)state;
    static char want[FILE_MAX];
    const char *golden = getenv("GOLDEN");
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        char *got = draw(i, &(struct style){.colour = false});
        if (golden != NULL && strcmp(golden, "write") == 0) {
            char path[512];
            snprintf(path, sizeof path, "%s/walk/%s.txt", TEST_DIR, walks[i].file);
            FILE *f = fopen(path, "w");
            assert_non_null(f);
            fputs(got, f);
            fclose(f);
        } else {
            slurp(walks[i].file, "txt", want);
            assert_string_equal(got, want);
        }
        free(got);
    }
}

static void test_style(void **state)
{
    (void)state;
    char *plain = draw(3, &(struct style){.colour = false});
    char *unicode = draw(3, &(struct style){.unicode = true});
    char *colour = draw(3, &(struct style){.colour = true});
    assert_non_null(strstr(plain, "\n`- 5.17.1.200.in-addr.arpa. PTR"));
    assert_non_null(strstr(unicode, "\n└─ 5.17.1.200.in-addr.arpa. PTR"));
    assert_non_null(strstr(unicode, "\n│  └─ ns.elo.utfsm.cl. A"));
    assert_null(strchr(plain, '\033'));
    assert_non_null(strstr(colour, "\033[32manswer\033[0m"));
    for (const char *p = plain; *p != '\0'; p++) {
        assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
    }
    free(plain);
    free(unicode);
    free(colour);
}

/* Events of a newer daemon, in an order that makes no sense, with members missing: drawn somehow, without harm. */
static void test_strange_events(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{}",
        "{\"event\": \"dance\"}",
        "{\"event\": \"referral\", \"name\": \"com.\", \"depth\": 3}",
        "{\"event\": \"receive\", \"depth\": 99}",
        "{\"event\": \"timeout\", \"name\": 7}",
        "{\"event\": \"retry\"}",
        "{\"event\": \"send\", \"at_us\": -5}",
        "{\"event\": \"need_address\", \"depth\": 15}",
        "{\"event\": \"failed\", \"depth\": 1000000}",
        "{\"event\": \"cut\", \"zone\": \"a..b\"}",
        "{\"event\": \"dropped\", \"records\": 1}",
    };
    struct walk *w = walk_new("x.", "A");
    char *drawn = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&drawn, &n);
    assert_non_null(w);
    for (unsigned round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            json_t *o = json_loads(lines[i], 0, NULL);
            assert_true(walk_event(w, o));
            json_decref(o);
        }
    }
    walk_draw(w, NULL, &(struct style){.unicode = true}, out);
    fclose(out);
    assert_true(n > 0);
    free(drawn);
    walk_free(w);
}

/* The same as a picture: every server and every reply in a box, in plain ASCII where there is no UTF-8. */
static void test_picture(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        static char events[FILE_MAX];
        slurp(walks[i].file, "json", events);
        char *plain = draw_as(i, &(struct style){.colour = false}, walk_picture);
        char *unicode = draw_as(i, &(struct style){.unicode = true}, walk_picture);
        size_t asked = 0, boxed = 0;
        for (const char *p = events; (p = strstr(p, "\"event\":\"send\"")) != NULL; p++) {
            asked++;
        }
        for (const char *p = plain; (p = strstr(p, "->|")) != NULL; p++) {
            boxed++;
        }
        assert_int_equal(boxed, asked);
        for (const char *p = plain; *p != '\0'; p++) {
            assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
        }
        assert_ptr_equal(strstr(plain, " you\n  | "), plain);
        assert_true(asked == 0 || strstr(unicode, "├──▶") != NULL);
        free(plain);
        free(unicode);
    }
    char *plain = draw_as(0, &(struct style){.colour = false}, walk_picture);
    assert_non_null(strstr(plain, "|<--| referral to com. (minimised)  "));
    assert_non_null(strstr(plain, "\n  | NOERROR\n you\n"));
    free(plain);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        uint64_t v;
        const char *duration, *us, *bytes, *count;
    } rows[] = {
        {0, "0s", "0.00 ms", "0", "0"},
        {59, "59s", "0.06 ms", "59", "59"},
        {60, "1m", "0.06 ms", "60", "60"},
        {999, "16m 39s", "1.00 ms", "999", "999"},
        {1024, "17m 4s", "1.02 ms", "1K", "1,024"},
        {3600, "1h", "3.60 ms", "3.5K", "3,600"},
        {3601, "1h", "3.60 ms", "3.5K", "3,601"},
        {86399, "23h 59m", "86.4 ms", "84K", "86,399"},
        {604800, "7d", "604.8 ms", "591K", "604,800"},
        {1500000, "17d 8h", "1.50 s", "1.4M", "1,500,000"},
        {268435456, "3106d 21h", "268.44 s", "256M", "268,435,456"},
    };
    char buf[OUT_TEXT_MAX], words[8];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(out_duration(rows[i].v, buf), rows[i].duration);
        assert_string_equal(out_us(rows[i].v, buf), rows[i].us);
        assert_string_equal(out_bytes(rows[i].v, buf), rows[i].bytes);
        assert_string_equal(out_count(rows[i].v, buf), rows[i].count);
    }
    assert_string_equal(out_printable((const uint8_t *)"a\033[1m\xff"
                                                       "bcdefgh",
                                      13, words, sizeof words),
                        "a?[1m?b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walks),   cmocka_unit_test(test_style), cmocka_unit_test(test_strange_events),
        cmocka_unit_test(test_picture), cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
