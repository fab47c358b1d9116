/*
 * saver_files_test.c - one file of the state folder takes another's place
 */
#include "resolver/saver_files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD_SIZE ((size_t)300 << 10)

struct place {
    char folder[64], file[96], other[96];
    unsigned pieces;
};

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return -1;
    }
    *state = p;
    snprintf(p->folder, sizeof p->folder, "/tmp/raiz-saver-XXXXXX");
    if (mkdtemp(p->folder) == NULL) {
        return -1;
    }
    snprintf(p->file, sizeof p->file, "%s/cache.snapshot", p->folder);
    snprintf(p->other, sizeof p->other, "%s/other", p->folder);
    return 0;
}

static int clear_place(void **state)
{
    struct place *p = *state;
    unlink(p->file);
    unlink(p->other);
    int failed = rmdir(p->folder); /* nothing else may lie there */
    free(p);
    return failed;
}

/* As a save does: `size` octets of `filling` become the file of the folder. */
static void save(const struct place *p, char filling, size_t size)
{
    char error[200];
    int fd = saver_create(p->folder, error, sizeof error);
    assert_true(fd >= 0);
    char *data = malloc(size);
    assert_non_null(data);
    memset(data, filling, size);
    assert_true(saver_write(fd, data, size));
    saver_written(fd, size, size);
    free(data);
    assert_true(saver_finish(p->folder, fd, true, 0, error, sizeof error));
}

static off_t size_of(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 ? st.st_size : -1;
}

static char first_of(const char *file)
{
    char c = 0;
    int fd = open(file, O_RDONLY);
    if (fd >= 0) {
        (void)!read(fd, &c, 1);
        close(fd);
    }
    return c;
}

static void count(void *arg)
{
    struct place *p = arg;
    p->pieces++;
}

/* What the last file held is given back in pieces, and the new one is not touched. */
static void test_goes_in_pieces(void **state)
{
    struct place *p = *state;
    assert_int_equal(saver_last(p->folder), -1);
    save(p, 'a', OLD_SIZE);
    int last = saver_last(p->folder);
    assert_true(last >= 0);
    int seen = dup(last);
    save(p, 'b', OLD_SIZE + 1);
    struct stat st;
    assert_int_equal(fstat(seen, &st), 0);
    assert_int_equal(st.st_size, OLD_SIZE); /* whole until something stands in its place */
    saver_let_go(last, count, p);
    assert_int_equal(p->pieces, 3);
    assert_int_equal(fstat(seen, &st), 0);
    assert_int_equal(st.st_size, 0);
    close(seen);
    assert_int_equal(size_of(p->file), OLD_SIZE + 1);
    assert_int_equal(first_of(p->file), 'b');
}

/* A file that somebody gave another name keeps all that it has; so does one that was not replaced. */
static void test_named_file_stays(void **state)
{
    struct place *p = *state;
    save(p, 'a', OLD_SIZE);
    saver_let_go(saver_last(p->folder), count, p);
    assert_int_equal(size_of(p->file), OLD_SIZE);
    assert_int_equal(link(p->file, p->other), 0);
    int last = saver_last(p->folder);
    save(p, 'b', 1);
    saver_let_go(last, count, p);
    assert_int_equal(p->pieces, 0);
    assert_int_equal(size_of(p->other), OLD_SIZE);
    assert_int_equal(first_of(p->other), 'a');
    assert_int_equal(size_of(p->file), 1);
}

/* A link in the file's place is not followed. */
static void test_links_are_refused(void **state)
{
    struct place *p = *state;
    int fd = open(p->other, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "secret", 6), 6);
    close(fd);
    assert_int_equal(symlink(p->other, p->file), 0);
    assert_int_equal(saver_last(p->folder), -1);
    saver_let_go(-1, count, p);
    assert_int_equal(p->pieces, 0);
    assert_int_equal(size_of(p->other), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_goes_in_pieces, make_place, clear_place),
        cmocka_unit_test_setup_teardown(test_named_file_stays, make_place, clear_place),
        cmocka_unit_test_setup_teardown(test_links_are_refused, make_place, clear_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
