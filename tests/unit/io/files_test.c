/*
 * files_test.c - state files: read whole or not, replaced at once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/io/files.h"

struct place {
    char folder[32], path[64], new[80], error[400];
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    snprintf(p->folder, sizeof p->folder, "/tmp/raiz-files-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/state", p->folder);
    snprintf(p->new, sizeof p->new, "%s.new", p->path);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    unlink(p->new);
    rmdir(p->new);
    assert_int_equal(rmdir(p->folder), 0);
    free(p);
    return 0;
}

/* The file holds this. */
static void holds(struct place *p, const char *want)
{
    char *data;
    size_t n;
    assert_int_equal(files_read(p->path, 100, &data, &n, p->error, sizeof p->error), FILES_READ);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(data, want, n);
    free(data);
}

static void replaced_at_once(void **state)
{
    struct place *p = *state;
    struct stat before, after;
    char *data;
    size_t n;
    assert_int_equal(files_read(p->path, 100, &data, &n, p->error, sizeof p->error), FILES_ABSENT);
    assert_null(data);
    assert_true(files_replace(p->path, "one", 3, p->error, sizeof p->error));
    holds(p, "one");
    assert_int_equal(stat(p->path, &before), 0);
    /* who has the old one open goes on reading the old one */
    FILE *old = fopen(p->path, "r");
    assert_non_null(old);
    assert_true(files_replace(p->path, "other", 5, p->error, sizeof p->error));
    assert_int_equal(fgetc(old), 'o');
    assert_int_equal(fgetc(old), 'n');
    fclose(old);
    holds(p, "other");
    assert_int_equal(stat(p->path, &after), 0);
    assert_true(before.st_ino != after.st_ino || before.st_size != after.st_size);
    assert_int_equal(access(p->new, F_OK), -1);
    assert_true(files_replace(p->path, "", 0, p->error, sizeof p->error));
    holds(p, "");
    /* what a crash in the middle of writing left is no trouble */
    FILE *rest = fopen(p->new, "w");
    assert_non_null(rest);
    fputs("half a sta", rest);
    fclose(rest);
    holds(p, "");
    assert_true(files_replace(p->path, "two", 3, p->error, sizeof p->error));
    holds(p, "two");
}

static void failures_leave_the_old_one(void **state)
{
    struct place *p = *state;
    char *data, nowhere[80];
    size_t n;
    assert_true(files_replace(p->path, "one", 3, p->error, sizeof p->error));
    assert_int_equal(files_read(p->path, 2, &data, &n, p->error, sizeof p->error), FILES_FAILED);
    assert_non_null(strstr(p->error, "no file of at most 2 octets"));
    assert_int_equal(files_read(p->folder, 100000, &data, &n, p->error, sizeof p->error), FILES_FAILED);
    assert_null(data);
    assert_int_equal(mkdir(p->new, 0755), 0); /* the new one cannot be written */
    assert_false(files_replace(p->path, "two", 3, p->error, sizeof p->error));
    assert_non_null(strstr(p->error, "cannot write"));
    holds(p, "one");
    snprintf(nowhere, sizeof nowhere, "%s/no/state", p->folder);
    assert_false(files_replace(nowhere, "two", 3, p->error, sizeof p->error));
    assert_int_equal(files_read(nowhere, 100, &data, &n, p->error, sizeof p->error), FILES_ABSENT);
    /* a link that somebody put there is not followed */
    assert_int_equal(rmdir(p->new), 0);
    assert_int_equal(symlink(p->path, p->new), 0);
    assert_false(files_replace(p->path, "two", 3, p->error, sizeof p->error));
    holds(p, "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaced_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures_leave_the_old_one, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
