/*
 * args_test.c - the command line of raizctl: exit codes and what is said, without a daemon
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/args.h"
#include "tools/raizctl/question.h"

#define NOT_THERE "/nonexistent/raizctl.sock"

struct output {
    char *out, *err;
    size_t out_len, err_len;
    int code;
};

/* Runs raizctl with the words of a line. */
static struct output run(const char *line)
{
    struct output o = {.code = -1};
    char program[] = "raizctl", text[256], *argv[20] = {program}, *rest = text;
    int argc = 1;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        if (word[0] != '\0') {
            argv[argc++] = word;
        }
    }
    FILE *out = open_memstream(&o.out, &o.out_len), *err = open_memstream(&o.err, &o.err_len);
    assert_non_null(out);
    assert_non_null(err);
    o.code = raizctl_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return o;
}

static void done(struct output *o)
{
    free(o->out);
    free(o->err);
}

static const struct {
    const char *line;
    int code;
    const char *err;
} wrong_lines[] = {
    {"statsu", 2, "raizctl: unknown command 'statsu'; did you mean 'status'?\n"},
    {"dance", 2, "raizctl: unknown command 'dance'; see raizctl help\n"},
    {"cache", 2, "raizctl: cache what? cache show NAME, cache ls, cache flush NAME\n"},
    {"nta", 2, "raizctl: nta what? nta add NAME, nta rm NAME, nta ls\n"},
    {"nta dd x", 2, "raizctl: unknown command 'nta dd'; did you mean 'nta add'?\n"},
    {"nta add", 2, "raizctl: usage: raizctl nta add NAME\n"},
    {"nta add x --for soon", 2, "raizctl: --for takes a time such as 30m, 12h or 2d, not 'soon'\n"},
    {"nta add x --for 0", 2, "raizctl: --for takes a time such as 30m, 12h or 2d, not '0'\n"},
    {"nta rm x --force", 2, "raizctl: nta rm does not take --force\n"},
    {"cache shwo x", 2, "raizctl: unknown command 'cache shwo'; did you mean 'cache show'?\n"},
    {"cache dance", 2, "raizctl: unknown command 'cache dance'; see raizctl help\n"},
    {"chace ls", 2, "raizctl: unknown command 'chace'; did you mean 'cache ls'?\n"},
    {"st", 2, "raizctl: 'st' may be more than one command; see raizctl help\n"},
    {"--sockt x status", 2, "raizctl: unknown option '--sockt'; did you mean '--socket'?\n"},
    {"-x status", 2, "raizctl: unknown option '-x'; see raizctl help\n"},
    {"status --socket", 2, "raizctl: --socket needs PATH behind it\n"},
    {"status --json=yes", 2, "raizctl: --json takes no value\n"},
    {"status --color sometimes", 2, "raizctl: --color takes auto, always or never, not 'sometimes'\n"},
    {"status --timeout 0", 2, "raizctl: --timeout takes seconds, 1 to 3600, not '0'\n"},
    {"status --timeout=1h", 2, "raizctl: --timeout takes seconds, 1 to 3600, not '1h'\n"},
    {"cache ls --limit -3", 2, "raizctl: --limit takes a number above 0, not '-3'\n"},
    {"status --tree", 2, "raizctl: status does not take --tree\n"},
    {"status now", 2, "raizctl: usage: raizctl status\n"},
    {"cache show", 2, "raizctl: usage: raizctl cache show NAME\n"},
    {"query", 2, "raizctl: usage: raizctl query NAME [TYPE] [@SERVER]\n"},
    {"query www b c", 2, "raizctl: 'b' is no record type, and 'www' is the name already\n"},
    {"query a..b", 2, "raizctl: 'a..b' is not a domain name\n"},
    {"query @127.0.0.1", 2, "raizctl: the name is missing\n"},
    {"query example.org @dns.example", 2,
     "raizctl: 'dns.example' is not an address; a server is named as 192.0.2.1, 192.0.2.1:53 or "
     "[2001:db8::1]:53\n"},
    {"trace example.org @192.0.2.1", 2,
     "raizctl: only raizd itself can be traced; see raizctl query for other servers\n"},
    {"cache flush example.org --tree --type A", 2, "raizctl: --tree takes all types; leave --type out\n"},
    {"completion tcsh", 2, "raizctl: completion is known for bash, fish and zsh, not for 'tcsh'\n"},
    {"a b c d e f g h i", 2, "raizctl: too many words; see raizctl help\n"},
    {"-s " NOT_THERE " status", 3,
     "raizctl: raizd is not running: nobody listens on " NOT_THERE " (-s PATH or RAIZ_SOCKET names another socket)\n"},
    {"-s /dev/null status", 3,
     "raizctl: raizd is not running: nobody listens on /dev/null (-s PATH or RAIZ_SOCKET names another socket)\n"},
    {"stop --socket=" NOT_THERE, 3,
     "raizctl: raizd is not running: nobody listens on " NOT_THERE " (-s PATH or RAIZ_SOCKET names another socket)\n"},
    {"status -s "
     "/nonexistent/a/path/that/is/far/too/long/for/a/socket/of/the/unix/family/as/its/address/has/room/for/only/"
     "108/octets",
     2,
     "raizctl: the path of the socket is too long: "
     "/nonexistent/a/path/that/is/far/too/long/for/a/socket/of/the/unix/"
     "family/as/its/address/has/room/for/only/108/octets\n"},
};

static void test_wrong_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_lines / sizeof wrong_lines[0]; i++) {
        struct output o = run(wrong_lines[i].line);
        assert_string_equal(o.err, wrong_lines[i].err);
        assert_string_equal(o.out, "");
        assert_int_equal(o.code, wrong_lines[i].code);
        done(&o);
    }
}

static void test_help(void **state)
{
    (void)state;
    struct output o = run("help");
    assert_int_equal(o.code, 0);
    for (size_t i = 0; i < ctl_command_count; i++) {
        assert_non_null(strstr(o.out, ctl_commands[i].name));
        assert_non_null(strstr(o.out, ctl_commands[i].summary));
    }
    struct output same = run("--help status");
    assert_string_equal(same.out, "raizctl status - what is running, since when, and how it is doing\n");
    done(&same);
    done(&o);
    o = run("help cache flush");
    assert_string_equal(o.out, "raizctl cache flush NAME [TYPE] - forget what is known of a name\n"
                               "      --dry-run            only say how many entries it would be\n"
                               "      --tree               with all names below\n"
                               "  -t, --type TYPE          only this record type\n");
    done(&o);
    o = run(""); /* no command: the same text, on the error stream */
    assert_int_equal(o.code, 2);
    assert_string_equal(o.out, "");
    assert_non_null(strstr(o.err, "usage: raizctl"));
    done(&o);
    o = run("--version");
    assert_memory_equal(o.out, "raizctl ", 8);
    assert_int_equal(o.code, 0);
    done(&o);
}

static void test_completion(void **state)
{
    (void)state;
    struct output o = run("completion bash");
    assert_int_equal(o.code, 0);
    assert_non_null(strstr(o.out, "compgen -W 'status stats "));
    assert_non_null(strstr(o.out, " nta "));
    assert_non_null(strstr(o.out, "compgen -W 'show ls flush save load tree stats '"));
    assert_non_null(strstr(o.out, "--timeout "));
    /* bash expands the words it is given: no name from the network may hold what it would run. */
    assert_non_null(strstr(o.out, "s/.*\"name\":\"\\([A-Za-z0-9._-]*\\)\".*/\\1/p"));
    done(&o);
}

/* Words to a command: whole names, names cut short, and what is left of the words. */
static void test_commands(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        const char *command; /* NULL: none */
        unsigned left;
    } rows[] = {
        {"status", NULL, "status", 0},
        {"statu", NULL, "status", 0},
        {"stats", NULL, "stats", 0},
        {"in", NULL, "inflight", 0},
        {"q", "name.", "query", 1},
        {"tr", "name.", "trace", 1},
        {"cache", "ls", "cache ls", 0},
        {"ca", "ls", "cache ls", 0},
        {"ca", "lo", "cache load", 0},
        {"ca", "l", NULL, 0},
        {"cache", "show", "cache show", 0},
        {"cache", "sh", "cache show", 0},
        {"cache", "", NULL, 0},
        {"statusx", NULL, NULL, 0},
        {"cache", "s", NULL, 0},
        {"dump_cache", NULL, "cache ls", 0},
        {"flushtree", "name.", "cache flush", 1},
        {"quit", NULL, "stop", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *err = NULL;
        size_t n = 0;
        struct ctl ctl = {.words = {rows[i].first, rows[i].second}, .word_count = rows[i].second != NULL ? 2 : 1};
        ctl.out = ctl.err = open_memstream(&err, &n);
        const struct command *c = args_command(&ctl);
        fclose(ctl.err);
        free(err);
        assert_true((c == NULL) == (rows[i].command == NULL));
        if (c != NULL) {
            assert_string_equal(c->name, rows[i].command);
            assert_int_equal(ctl.word_count, rows[i].left);
        }
    }
}

static void test_questions(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *name, *type, *server;
    } rows[] = {
        {{"www.example.org"}, "www.example.org.", "A", NULL},
        {{"example.org", "mx"}, "example.org.", "MX", NULL},
        {{"MX", "example.org"}, "example.org.", "MX", NULL},
        {{"@192.0.2.1", "TYPE65", "example.org"}, "example.org.", "HTTPS", "192.0.2.1"},
        {{"mx"}, "mx.", "A", NULL},
        {{"mx", "mx"}, "mx.", "MX", NULL},
        {{"200.1.17.5"}, "5.17.1.200.in-addr.arpa.", "PTR", NULL},
        {{"200.1.17.5", "TXT"}, "5.17.1.200.in-addr.arpa.", "TXT", NULL},
        {{"2001:db8::2f"}, "f.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", "PTR", NULL},
        {{"."}, ".", "A", NULL},
        {{"ns", "."}, ".", "NS", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ctl ctl = {.out = stdout, .err = stderr};
        struct question q;
        while (ctl.word_count < 4 && rows[i].words[ctl.word_count] != NULL) {
            ctl.words[ctl.word_count] = rows[i].words[ctl.word_count];
            ctl.word_count++;
        }
        assert_int_equal(question_read(&ctl, &q), 0);
        assert_string_equal(q.name, rows[i].name);
        assert_string_equal(q.type, rows[i].type);
        if (rows[i].server != NULL) {
            assert_string_equal(q.server, rows[i].server);
        } else {
            assert_null(q.server);
        }
    }
}

int main(void)
{
    unsetenv("RAIZ_SOCKET");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_lines), cmocka_unit_test(test_help),      cmocka_unit_test(test_completion),
        cmocka_unit_test(test_commands),    cmocka_unit_test(test_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
