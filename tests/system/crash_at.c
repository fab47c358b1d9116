/*
 * crash_at.c - a process that is killed at a chosen call (X20), to be preloaded
 *
 * CRASH_AT=N: the N-th call that changes a file whose path holds CRASH_FILE is the last: of what it was to write,
 * CRASH_PART thousandths are written, or it is done, then the process ends by a trap. CRASH_LOG names a file that gets a
 * line for each such call, so that a run without CRASH_AT tells how many there are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned calls;

/* Is this the one? */
static int last(const char *what)
{
    const char *at = getenv("CRASH_AT"), *log = getenv("CRASH_LOG");
    unsigned n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    if (log != NULL) {
        FILE *f = fopen(log, "a");
        if (f != NULL) {
            fprintf(f, "%u %s\n", n, what);
            fclose(f);
        }
    }
    return at != NULL && n == strtoul(at, NULL, 10);
}

/* At once, with nothing tidied up. (The sandbox lets no process send signals.) */
static void die(void)
{
    __builtin_trap();
}

static int is_path_ours(const char *path)
{
    const char *file = getenv("CRASH_FILE");
    return file != NULL && strstr(path, file) != NULL;
}

static int is_ours(int fd)
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return is_path_ours(path);
}

static size_t part_of(size_t n)
{
    const char *part = getenv("CRASH_PART");
    return n * (part != NULL ? strtoul(part, NULL, 10) : 500) / 1000;
}

ssize_t write(int fd, const void *data, size_t n)
{
    ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (is_ours(fd) && last("write")) {
        if (part_of(n) > 0) {
            real(fd, data, part_of(n));
        }
        die();
    }
    return real(fd, data, n);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    if (is_ours(fd) && last("fsync")) {
        die();
    }
    return real(fd);
}

int unlink(const char *path)
{
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    if (is_path_ours(path) && last("unlink")) {
        real(path);
        die();
    }
    return real(path);
}

int rename(const char *from, const char *to)
{
    int (*real)(const char *, const char *) = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    if (is_path_ours(from) && last("rename")) {
        die();
    }
    int result = real(from, to);
    if (is_path_ours(from) && last("renamed")) {
        die();
    }
    return result;
}

int open(const char *path, int flags, ...)
{
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    va_list more;
    va_start(more, flags);
    unsigned mode = flags & O_CREAT ? va_arg(more, unsigned) : 0;
    va_end(more);
    int fd = real(path, flags, mode);
    if (is_path_ours(path) && (flags & O_CREAT) && last("open")) {
        die();
    }
    return fd;
}
