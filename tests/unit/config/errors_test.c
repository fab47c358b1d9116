/*
 * errors_test.c - what a user reads when the configuration is wrong, word for word
 *
 * wrong/NAME.txt holds cases: "== what it is about", the file, "--", the errors. GOLDEN=write in the environment writes
 * what is said today into the files, to be read and judged before it is committed.
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

#define FILE_MAX (256 * 1024)

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = malloc(FILE_MAX);
    assert_non_null(text);
    size_t n = fread(text, 1, FILE_MAX - 1, f);
    assert_true(n < FILE_MAX - 1);
    text[n] = '\0';
    fclose(f);
    return text;
}

/* What the parser says about a file, to be freed. */
static char *errors_of(const char *text, size_t n)
{
    struct config_errors errors;
    struct settings *s = config_parse(text, n, "raiz.yaml", &errors);
    if (s != NULL) {
        settings_free(s);
        return strdup("no error\n");
    }
    assert_true(errors.count > 0);
    assert_non_null(errors.text);
    return errors.text;
}

static unsigned play(const char *name, bool write)
{
    char path[512];
    snprintf(path, sizeof path, "%s/wrong/%s.txt", TEST_DIR, name);
    char *all = slurp(path);
    FILE *out = write ? fopen(path, "w") : NULL;
    unsigned cases = 0;
    for (char *at = all; *at != '\0'; cases++) {
        assert_memory_equal(at, "== ", 3);
        char *body = strchr(at, '\n') + 1;
        char *next = strstr(body, "\n== ");
        char *end = next != NULL ? next + 1 : body + strlen(body);
        char *cut = strstr(body, "\n--\n");
        if (strncmp(body, "--\n", 3) == 0) {
            cut = body - 1; /* an empty file */
        }
        assert_true(cut != NULL && cut < end);
        char *want = strndup(cut + 4, (size_t)(end - (cut + 4)));
        char *got = errors_of(body, (size_t)(cut + 1 - body));
        if (write) {
            fprintf(out, "%.*s--\n%s", (int)(cut + 1 - at), at, got);
        } else if (strcmp(want, got) != 0) {
            print_error("%s: %.*s\n", name, (int)(body - at), at);
            assert_string_equal(got, want);
        }
        free(want);
        free(got);
        at = end;
    }
    if (out != NULL) {
        fclose(out);
    }
    free(all);
    return cases;
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const char *const names[] = {"syntax", "keys", "values", "upstreams", "relations"};
    const char *golden = getenv("GOLDEN");
    unsigned cases = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cases += play(names[i], golden != NULL && strcmp(golden, "write") == 0);
    }
    print_message("%u wrong configurations\n", cases);
    assert_true(cases >= 100);
}

/* What a text file of cases cannot hold. */
static void test_octets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
        const char *want;
    } rows[] = {
        {"workers: 1\nlog: \0{}\n", 20,
         "raiz.yaml:2:6: octet 0x00 is not text\n   2 | log: ?{}\n     |      ^\n"
         "     = the file must be UTF-8 text without NUL\n"},
        {"workers: \xff\n", 11,
         "raiz.yaml:1:10: octet 0xff is not text\n   1 | workers: ?\n     |          ^\n"
         "     = the file must be UTF-8 text without NUL\n"},
        {"workers: \xed\xa0\x80\n", 13, /* a surrogate */
         "raiz.yaml:1:10: octet 0xed is not text\n   1 | workers: ???\n     |          ^\n"
         "     = the file must be UTF-8 text without NUL\n"},
        {"workers: \xc0\xaf\n", 12, /* a long form */
         "raiz.yaml:1:10: octet 0xc0 is not text\n   1 | workers: ??\n     |          ^\n"
         "     = the file must be UTF-8 text without NUL\n"},
        {"state-dir: \"\\0\"\n", 16,
         "raiz.yaml:1:13: text with a NUL character\n   1 | state-dir: \"\\0\"\n     |             ^~\n"
         "     = take out the \\0\n"},
        {"\tworkers: 1\n", 12,
         "raiz.yaml:1:1: a tab indents this line\n   1 |  workers: 1\n     | ^\n"
         "     = YAML is indented by blanks only\n"},
        {"workers: \"\x1b[31m\"\n", 17, /* no escape sequence reaches the terminal */
         "raiz.yaml:1:11: workers: '?[31m' is not a number\n   1 | workers: \"?[31m\"\n     |           ^~~~~\n"
         "     = auto, or a number from 1 to 256\n"},
        {"workers: 1\r\nworkes: 2\r\n", 23,
         "raiz.yaml:2:1: unknown key 'workes'\n   2 | workes: 2\n     | ^~~~~~\n     = did you mean 'workers'?\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *got = errors_of(rows[i].text, rows[i].n);
        assert_string_equal(got, rows[i].want);
        free(got);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    size_t n = 1024 * 1024 + 1;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, '#', n);
    char *got = errors_of(text, n);
    assert_string_equal(got, "raiz.yaml: 1048577 octets are too many for a configuration; at most 1048576\n");
    free(got);
    got = errors_of(text, n - 1); /* a comment of the full size */
    assert_string_equal(got, "no error\n");
    free(got);

    memset(text, '[', n - 1);
    got = errors_of(text, n - 1);
    assert_non_null(strstr(got, "maps and lists are nested too deeply"));
    free(got);

    for (size_t i = 0; i + 4 <= n; i += 4) {
        memcpy(text + i, "- a\n", 4);
    }
    got = errors_of(text, n - 1);
    assert_non_null(strstr(got, "too many values for a configuration"));
    free(got);

    size_t at = 0;
    for (unsigned i = 0; i < 1000; i++) { /* many mistakes: the first 20 are shown, all are counted */
        at += (size_t)snprintf(text + at, n - at, "wrong%u: 1\n", i);
    }
    struct config_errors errors;
    assert_null(config_parse(text, at, "raiz.yaml", &errors));
    assert_int_equal(errors.count, 1000);
    assert_non_null(strstr(errors.text, "wrong19"));
    assert_null(strstr(errors.text, "wrong20"));
    assert_non_null(strstr(errors.text, "raiz.yaml: and 980 more errors\n"));
    config_errors_clear(&errors);
    free(text);
}

static void test_files(void **state)
{
    (void)state;
    struct config_errors errors;
    assert_null(config_load("/nonexistent/raiz.yaml", &errors));
    assert_string_equal(errors.text, "/nonexistent/raiz.yaml: No such file or directory\n");
    config_errors_clear(&errors);
    assert_null(config_load("/", &errors));
    assert_string_equal(errors.text, "/: a folder, not a file\n");
    config_errors_clear(&errors);
    assert_null(config_load("/dev/zero", &errors));
    assert_string_equal(errors.text, "/dev/zero: not a regular file\n");
    config_errors_clear(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_octets),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
