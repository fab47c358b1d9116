/*
 * saver_files.c - the files of the saved cache
 */
#include "resolver/saver_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/io/entropy.h"

#define KEY_FILE  "cache.key"
#define FILE_NAME "cache.snapshot"
#define NEW_NAME  "cache.snapshot.new"
#define PATH_ROOM (PATH_MAX + 32)
#define TO_DISK   (64u << 10)  /* octets: handing them to the disk takes the kernel some 30 us */
#define LET_GO    (128u << 10) /* some 20 us */

static const char *path_of(const char *folder, const char *name, char path[static PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%s", folder, name);
    return path;
}

/* An own file that nobody else may write; `secret`: nor read. NULL: it is; else what it is not. */
static const char *is_not_mine(int fd, bool secret)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return "it is no file";
    }
    if (st.st_uid != geteuid()) {
        return "it belongs to another user";
    }
    return (st.st_mode & (secret ? 077u : 022u)) != 0 ? "others may read or write it" : NULL;
}

/* Without waiting for the other end of a pipe, and through no link. */
static int open_mine(const char *path, int how, bool secret, const char **why)
{
    *why = NULL;
    int fd = open(path, how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        *why = errno == ENOENT ? NULL : errno == ELOOP ? "it is a link" : strerror(errno);
        return -1;
    }
    *why = is_not_mine(fd, secret);
    if (*why != NULL) {
        close(fd);
        return -1;
    }
    return fd;
}

const char *saver_given(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return strerror(errno);
    }
    if (!S_ISREG(st.st_mode)) {
        return "it is no file";
    }
    return lseek(fd, 0, SEEK_SET) == 0 ? NULL : strerror(errno);
}

bool saver_read(int fd, void *data, size_t n)
{
    uint8_t *p = data;
    while (n > 0) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        p += got;
        n -= (size_t)got;
    }
    return true;
}

bool saver_write(int fd, const void *data, size_t n)
{
    const uint8_t *p = data;
    while (n > 0) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        p += put;
        n -= (size_t)put;
    }
    return true;
}

void saver_written(int fd, uint64_t end, size_t n)
{
    uint64_t done = end / TO_DISK * TO_DISK;
    if (done > end - n) {
        sync_file_range(fd, (off_t)(done - TO_DISK), TO_DISK, SYNC_FILE_RANGE_WRITE); /* else it is done at the end */
    }
}

static bool make_key(const char *path, uint8_t *key, struct log *log)
{
    struct entropy entropy;
    entropy_init(&entropy);
    entropy.rng.fill(&entropy.rng, key, SNAPSHOT_KEY_SIZE);
    unlink(path); /* what is there is no key */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && saver_write(fd, key, SNAPSHOT_KEY_SIZE) && fsync(fd) == 0;
    if (!ok) {
        log_warning(log, "cache: it is not saved, because %s cannot be written: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool saver_key(const char *folder, uint8_t key[static SNAPSHOT_KEY_SIZE], struct log *log)
{
    char path[PATH_ROOM];
    const char *why;
    uint8_t more;
    int fd = open_mine(path_of(folder, KEY_FILE, path), O_RDONLY, true, &why);
    if (fd >= 0) {
        bool whole = saver_read(fd, key, SNAPSHOT_KEY_SIZE) && !saver_read(fd, &more, 1);
        close(fd);
        if (whole) {
            return true;
        }
        why = "it is no key";
    }
    if (why != NULL) {
        log_warning(log, "cache: %s is made anew, because %s; what was saved under the old one is dropped", path, why);
    }
    return make_key(path, key, log);
}

int saver_open(const char *folder, struct log *log)
{
    char path[PATH_ROOM];
    const char *why;
    int fd = open_mine(path_of(folder, FILE_NAME, path), O_RDONLY, false, &why);
    if (why != NULL) {
        log_warning(log, "cache: %s is dropped, because %s", path, why);
    }
    return fd;
}

int saver_create(const char *folder, char *error, size_t cap)
{
    char path[PATH_ROOM];
    path_of(folder, NEW_NAME, path);
    unlink(path); /* of a process that was killed, or no file at all */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        snprintf(error, cap, "cannot write %s: %s", path, strerror(errno));
    }
    return fd;
}

bool saver_finish(const char *folder, int fd, bool written, int why, char *error, size_t cap)
{
    char path[PATH_ROOM], new[PATH_ROOM];
    bool ok = written && fsync(fd) == 0;
    why = written ? errno : why;
    close(fd);
    path_of(folder, FILE_NAME, path);
    path_of(folder, NEW_NAME, new);
    if (ok && rename(new, path) != 0) {
        why = errno;
        ok = false;
    }
    if (!ok) {
        unlink(new);
        snprintf(error, cap, "%s: %s", new, why != 0 ? strerror(why) : "no SHA-256, or no memory");
        return false;
    }
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) { /* so that the new name outlives a crash, too */
        fsync(dir);
        close(dir);
    }
    return true;
}

int saver_last(const char *folder)
{
    char path[PATH_ROOM];
    const char *why;
    return open_mine(path_of(folder, FILE_NAME, path), O_RDWR, false, &why);
}

void saver_let_go(int fd, void (*between)(void *arg), void *arg)
{
    struct stat st;
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && st.st_nlink == 0) {
        off_t size = st.st_size;
        do {
            between(arg);
            size = size > LET_GO ? size - LET_GO : 0;
        } while (ftruncate(fd, size) == 0 && size > 0); /* when it is refused close() does the same at one go */
    }
    close(fd);
}
