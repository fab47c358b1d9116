/*
 * Memory: for every n the n-th allocation fails once while a zone is read and built; each time there is an error that
 * says so, nothing is left behind, and the next reading works. Reading a long file does not take more memory than a
 * short.
 */
#include <stdio.h>
#include <unistd.h>

#include "support.h"
#include "zones/hints.h"

/* The sanitizers and valgrind bring allocators of their own; there the readings run without a failure and leaks are
 * theirs to find. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(RAIZ_VALGRIND)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTED 0
#endif
#endif
#ifndef COUNTED
#define COUNTED 1
#endif

static long fail_at;  /* the allocation that fails, from 1; 0: none */
static long made;     /* since the count began */
static long live;     /* not freed yet */
static bool counting; /* not while cmocka and stdio work */

#if COUNTED
/* Seen by the C library too, which calls them from strdup() and the like. */
#define SHOWN __attribute__((visibility("default")))

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

static bool refused(void)
{
    return counting && ++made == fail_at;
}

static void *counted(void *p)
{
    live += counting && p != NULL;
    return p;
}

SHOWN void *malloc(size_t n)
{
    return refused() ? NULL : counted(__libc_malloc(n));
}

SHOWN void *calloc(size_t count, size_t n)
{
    return refused() ? NULL : counted(__libc_calloc(count, n));
}

SHOWN void *realloc(void *p, size_t n)
{
    if (refused()) {
        return NULL;
    }
    void *q = __libc_realloc(p, n);
    return p == NULL ? counted(q) : q;
}

SHOWN void free(void *p)
{
    live -= counting && p != NULL;
    __libc_free(p);
}
#endif

static const char text[] = "$TTL 60\n@ SOA ns admin 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
                           "$GENERATE 1-300 h$ TXT \"some text to fill the memory of the zone\"\n"
                           "a.b.c.d MX 10 ns\nx CNAME ns\n";

/* One reading in which the n-th allocation fails; its number of allocations. */
static long reading(long n, bool *ok, char *message, size_t cap)
{
    static struct zonefile zf;
    struct dname_buf origin;
    zf = (struct zonefile){.text = text, .text_len = sizeof text - 1, .origin = name_in("example.", &origin)};
    made = live = 0;
    fail_at = n;
    counting = true;
    struct zone *z = zonefile_load(&zf, false);
    *ok = z != NULL;
    zone_free(z);
    counting = false;
    assert_int_equal(live, 0);
    message[0] = '\0';
    if (!*ok) {
        assert_true(zf.error_count > 0);
        snprintf(message, cap, "%s", zf.errors[zf.error_count < ZONEFILE_ERRORS_MAX ? zf.error_count - 1 : 0].message);
    }
    return made;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    bool ok;
    char message[300];
    long all = reading(0, &ok, message, sizeof message);
    assert_true(ok);
    assert_true(!COUNTED || all > 20);
    for (long n = 1; COUNTED && n <= all; n++) {
        reading(n, &ok, message, sizeof message);
        /* glibc's qsort does without its own buffer */
        assert_true(ok || strstr(message, "out of memory") != NULL);
        reading(0, &ok, message, sizeof message);
        assert_true(ok);
    }
}

static enum dns_err ignore(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                           const uint8_t *rdata, uint16_t len)
{
    (void)arg, (void)owner, (void)type, (void)rclass, (void)ttl_s, (void)rdata, (void)len;
    return DNS_OK;
}

/* Ten megabytes of records are read with the allocations of one. */
static void long_file(void **state)
{
    (void)state;
    char path[] = "/tmp/raiz-long-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    fputs("$TTL 60\n", f);
    for (int i = 0; i < 250000; i++) {
        fprintf(f, "host%d.example. IN A 192.0.2.%d ; one\n", i, i % 256);
    }
    assert_int_equal(fclose(f), 0);
    struct zonefile zf = {.path = path, .origin = dname_root(), .record = ignore};
    made = live = fail_at = 0;
    counting = true;
    bool ok = zonefile_read(&zf);
    counting = false;
    unlink(path);
    assert_true(ok);
    assert_int_equal(zf.records, 250000);
    assert_int_equal(live, 0);
    assert_in_range(made, 0, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(long_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
