/* $INCLUDE: what is read, what it leaves behind, and that it cannot leave the folder. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

struct folder {
    char path[64];
};

static void put(const struct folder *f, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static struct folder f;
    snprintf(f.path, sizeof f.path, "/tmp/raiz-include-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    char path[256], target[256];
    snprintf(path, sizeof path, "%s/zones", f.path);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/zones/sub", f.path);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/zones-too", f.path);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/zones/fifo", f.path);
    assert_int_equal(mkfifo(path, 0600), 0);
    put(&f, "outside", "secret 1 A 192.0.2.99\n");
    put(&f, "zones-too/outside", "secret 1 A 192.0.2.99\n");
    snprintf(path, sizeof path, "%s/zones/link-out", f.path);
    snprintf(target, sizeof target, "%s/outside", f.path);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof path, "%s/zones/link-in", f.path);
    assert_int_equal(symlink("sub/b", path), 0);
    snprintf(path, sizeof path, "%s/zones/sub/up", f.path);
    assert_int_equal(symlink("../..", path), 0);
    put(&f, "zones/sub/b", "b A 192.0.2.2\n A 192.0.2.3\n$TTL 7\n$ORIGIN other\n@ A 192.0.2.4\n");
    put(&f, "zones/bad", "x 1 A 192.0.2.1\n\ny 1 MX z\n");
    put(&f, "zones/self", "$INCLUDE self\n");
    put(&f, "zones/ping", "$INCLUDE pong\n");
    put(&f, "zones/pong", "$INCLUDE ping\n");
    put(&f, "zones/empty", "");
    put(&f, "zones/odd name", "odd 1 A 192.0.2.7\n");
    for (int i = 1; i <= 11; i++) {
        char name[32], text[64];
        snprintf(name, sizeof name, "zones/deep%d", i);
        snprintf(text, sizeof text, "d%d 1 A 192.0.2.1\n$INCLUDE deep%d\n", i, i + 1);
        put(&f, name, text);
    }
    put(&f, "zones/deep10", "$GENERATE 1-2 g$ 1 A 192.0.2.$\n");
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "outside",     "zones/fifo",  "zones/link-out", "zones/link-in", "zones/sub/up",
        "zones/sub/b", "zones/bad",   "zones/self",     "zones/ping",    "zones/pong",
        "zones/empty", "zones/main",  "zones/odd name", "zones/deep1",   "zones/deep2",
        "zones/deep3", "zones/deep4", "zones/deep5",    "zones/deep6",   "zones/deep7",
        "zones/deep8", "zones/deep9", "zones/deep10",   "zones/deep11",  "zones-too/outside"};
    struct folder *f = *state;
    char path[256];
    for (size_t i = 0; i < ROWS(names); i++) {
        snprintf(path, sizeof path, "%s/%s", f->path, names[i]);
        unlink(path);
    }
    static const char *const folders[] = {"/zones/sub", "/zones", "/zones-too", ""};
    for (size_t i = 0; i < ROWS(folders); i++) {
        snprintf(path, sizeof path, "%s%s", f->path, folders[i]);
        rmdir(path);
    }
    return 0;
}

/* The records of zones/main with this text, and the first error, "" if none, without the folder's path. */
static void read_main(const struct folder *f, const char *text, char *records, size_t cap, char error[600])
{
    put(f, "zones/main", text);
    char path[256];
    snprintf(path, sizeof path, "%s/zones/main", f->path);
    struct zonefile zf = {.path = path};
    struct dname_buf origin;
    zf.origin = name_in("example.", &origin);
    struct zone *z = zonefile_load(&zf, true);
    struct text t = text_of(records, cap);
    error[0] = '\0';
    if (z != NULL) {
        zone_walk(z, show_line, &t);
        zone_free(z);
    } else {
        char whole[600];
        zonefile_error_print(&zf.errors[0], whole, sizeof whole);
        assert_memory_equal(whole, f->path, strlen(f->path));
        snprintf(error, 600, "%s", whole + strlen(f->path) + 1);
    }
}

static void included(void **state)
{
    static const struct {
        const char *text, *records;
    } rows[] = {
        {"$TTL 5\na A 192.0.2.1\n$INCLUDE sub/b\n A 192.0.2.5\nc A 192.0.2.6\n",
         "a.example. 5 IN A 192.0.2.1\na.example. 5 IN A 192.0.2.5\n"},
        {"$TTL 5\n$INCLUDE sub/b sub\n", "b.sub.example. 5 IN A 192.0.2.2\n"},
        {"$TTL 5\n$INCLUDE link-in\n", "b.example. 5 IN A 192.0.2.2\n"},
        {"$TTL 5\n$INCLUDE ./sub/../sub/b\n", "b.example. 5 IN A 192.0.2.2\n"},
        {"a 1 A 192.0.2.1\n$INCLUDE empty\n", "a.example. 1 IN A 192.0.2.1\n"},
        {"$INCLUDE \"odd name\"\n", "odd.example. 1 IN A 192.0.2.7\n"},
        {"$INCLUDE odd\\ name\n", "odd.example. 1 IN A 192.0.2.7\n"},
    };
    const struct folder *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char records[2000], error[600];
        read_main(f, rows[i].text, records, sizeof records, error);
        assert_string_equal(error, "");
        assert_memory_equal(records, rows[i].records, i < 4 ? strlen(rows[i].records) : strlen(records) + 1);
    }
    /* Origin and owner come back, the TTL of $TTL stays. */
    char records[2000], error[600];
    read_main(f, rows[0].text, records, sizeof records, error);
    assert_non_null(strstr(records, "\na.example. 5 IN A 192.0.2.5\n"));
    assert_non_null(strstr(records, "\nb.example. 5 IN A 192.0.2.3\n"));
    assert_non_null(strstr(records, "\nc.example. 7 IN A 192.0.2.6\n"));
    assert_non_null(strstr(records, "\nother.example. 7 IN A 192.0.2.4\n"));
}

static void refused(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"\n$INCLUDE missing\n", "zones/main:2:10: cannot include 'missing': No such file or directory"},
        {"$INCLUDE sub\n", "zones/main:1:10: cannot include 'sub': not a regular file"},
        {"$INCLUDE fifo\n", "zones/main:1:10: cannot include 'fifo': not a regular file"},
        {"$INCLUDE ../outside\n",
         "zones/main:1:10: '../outside' lies outside the folder of the zone file; only files in "
         "it or below are read"},
        {"$INCLUDE link-out\n",
         "zones/main:1:10: 'link-out' lies outside the folder of the zone file; only files in it "
         "or below are read"},
        {"$INCLUDE sub/up/outside\n",
         "zones/main:1:10: 'sub/up/outside' lies outside the folder of the zone file; only "
         "files in it or below are read"},
        {"$INCLUDE ../zones-too/outside\n",
         "zones/main:1:10: '../zones-too/outside' lies outside the folder of the zone "
         "file; only files in it or below are read"},
        {"$INCLUDE /etc/passwd\n",
         "zones/main:1:10: '/etc/passwd' lies outside the folder of the zone file; only files "
         "in it or below are read"},
        {"$INCLUDE \"\"\n", "zones/main:1:10: '' is no file name"},
        {"$INCLUDE self\n", "zones/self:1:10: 'self' includes itself"},
        {"$INCLUDE ping\n", "zones/pong:1:10: 'ping' includes itself"},
        {"$INCLUDE main\n", "zones/main:1:10: 'main' includes itself"},
        {"$INCLUDE bad\n", "zones/bad:3:8: MX preference must be 0..65535, not 'z'"},
        {"$INCLUDE empty a..b\n", "zones/main:1:16: origin of $INCLUDE 'a..b' is no domain name: labels have 1 to 63 "
                                  "octets, the whole 255 (with the origin)"},
    };
    const struct folder *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char records[2000], error[600];
        read_main(f, rows[i].text, records, sizeof records, error);
        assert_string_equal(error, rows[i].error);
    }
}

/* Ten deep is allowed, a $GENERATE there too; eleven is not. */
static void depth(void **state)
{
    const struct folder *f = *state;
    char records[2000], error[600];
    read_main(f, "$INCLUDE deep1\n", records, sizeof records, error);
    assert_string_equal(error, "");
    assert_non_null(strstr(records, "g2.example. 1 IN A 192.0.2.2\n"));
    put(f, "zones/deep10", "$INCLUDE deep11\n");
    read_main(f, "$INCLUDE deep1\n", records, sizeof records, error);
    assert_string_equal(error, "zones/deep10:1:1: $INCLUDE is nested more than 10 deep");
}

/* The sum of all includes is bounded too: a tree of ten levels could hold any number. */
static void number(void **state)
{
    const struct folder *f = *state;
    char *text = malloc(32000), records[2000], error[600];
    struct text t = text_of(text, 32000);
    for (int i = 0; i < 1000; i++) {
        text_add(&t, "$INCLUDE empty\n");
    }
    read_main(f, text, records, sizeof records, error);
    assert_string_equal(error, "");
    text_add(&t, "$INCLUDE empty\n");
    read_main(f, text, records, sizeof records, error);
    assert_string_equal(error, "zones/main:1001:1: more than 1000 files are included");
    free(text);
}

static void first_file(void **state)
{
    const struct folder *f = *state;
    char path[256], message[600];
    struct dname_buf origin;
    snprintf(path, sizeof path, "%s/zones/fifo", f->path);
    struct zonefile zf = {.path = path};
    zf.origin = name_in("example.", &origin);
    assert_null(zonefile_load(&zf, true));
    zonefile_error_print(&zf.errors[0], message, sizeof message);
    assert_non_null(strstr(message, "/zones/fifo: cannot open the zone file: not a regular file"));
    zf.path = f->path;
    assert_null(zonefile_load(&zf, true));
    zf.path = "/nonexistent/zone";
    assert_null(zonefile_load(&zf, true));
    zonefile_error_print(&zf.errors[0], message, sizeof message);
    assert_string_equal(message, "/nonexistent/zone: cannot open the zone file: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(included), cmocka_unit_test(refused),    cmocka_unit_test(depth),
        cmocka_unit_test(number),   cmocka_unit_test(first_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
