/*
 * files.c - folders, locks and descriptors
 */
#include "resolver/io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_standard_descriptors(void)
{
    for (;;) {
        int fd = open("/dev/null", O_RDWR); /* takes the lowest free number */
        if (fd < 0) {
            return false;
        }
        if (fd > STDERR_FILENO) {
            close(fd);
            return true;
        }
    }
}

size_t files_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return (size_t)limit.rlim_cur;
}

size_t files_open_descriptors(void)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        n += e->d_name[0] != '.';
    }
    closedir(dir);
    return n - 1; /* this folder's own */
}

/* Of a folder that was made a moment ago, by its descriptor: its name may lead elsewhere by now. */
static void give_folder(const char *path, const struct files_owner *owner)
{
    int fd = owner->uid != geteuid() ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    struct stat st;
    if (fd >= 0) {
        if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && fchown(fd, owner->uid, owner->gid) != 0) {
            errno = 0; /* whether it can be written is looked at later */
        }
        close(fd);
    }
}

bool files_make_folder(const char *path, const struct files_owner *owner, char *error, size_t cap)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part) {
        snprintf(error, cap, "'%.60s...' is no folder's name", path);
        return false;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        struct stat st;
        if (mkdir(part, 0755) == 0) {
            if (i == n) {
                give_folder(part, owner);
            }
        } else if ((errno != EEXIST || stat(part, &st) != 0 || !S_ISDIR(st.st_mode))) {
            snprintf(
                error, cap,
                "cannot make the folder %s: %s; choose another one, or make it and give it to the user who runs raizd",
                part, errno == EEXIST ? "a file has that name" : strerror(errno));
            return false;
        }
    }
    return true;
}

bool files_make_parent(const char *path, const struct files_owner *owner, char *error, size_t cap)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash != NULL ? (size_t)(slash - path) : 0;
    if (n == 0) {
        return true; /* "/name", or in the current folder */
    }
    if (n >= sizeof folder) {
        snprintf(error, cap, "the path is too long: %.60s...", path);
        return false;
    }
    memcpy(folder, path, n);
    folder[n] = '\0';
    return files_make_folder(folder, owner, error, cap);
}

static void name_holder(int fd, const char *folder, char *error, size_t cap)
{
    char pid[16] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
    snprintf(error, cap,
             "another raizd (process %s) uses the state-dir %s; stop it, or give this one a state-dir of its own",
             pid[0] != '\0' ? pid : "unknown", folder);
}

int files_lock(const char *folder, const struct files_owner *owner, char *error, size_t cap)
{
    char path[PATH_MAX], pid[16];
    int n = snprintf(path, sizeof path, "%s/raizd.lock", folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        snprintf(error, cap, "the path is too long: %.60s...", folder);
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        snprintf(error, cap, "cannot write %s: %s; the user who runs raizd must own state-dir", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        name_holder(fd, folder, error, cap);
        close(fd);
        return -1;
    }
    if (owner->uid != geteuid() && fchown(fd, owner->uid, owner->gid) != 0) {
        name_holder(fd, folder, error, cap);
        close(fd);
        return -1;
    }
    n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 ||
        pwrite(fd, pid, (size_t)n, 0) != n) { /* only for the message above: not worth ending for */
        return fd;
    }
    return fd;
}

static bool failed(const char *what, const char *path, char *error, size_t cap)
{
    snprintf(error, cap, "cannot %s %s: %s", what, path, strerror(errno));
    return false;
}

enum files_read files_read(const char *path, size_t most, char **data, size_t *n, char *error, size_t cap)
{
    struct stat st;
    *data = NULL;
    *n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return FILES_ABSENT;
    }
    if (fd < 0 || fstat(fd, &st) != 0) {
        failed("read", path, error, cap);
    } else if (!S_ISREG(st.st_mode) || (unsigned long long)st.st_size > most) {
        snprintf(error, cap, "%s is no file of at most %zu octets", path, most);
    } else if ((*data = malloc((size_t)st.st_size + 1)) == NULL) {
        snprintf(error, cap, "%s: out of memory", path);
    } else {
        ssize_t got = 1;
        while (*n < (size_t)st.st_size && (got = read(fd, *data + *n, (size_t)st.st_size - *n)) > 0) {
            *n += (size_t)got;
        }
        if (got < 0) {
            failed("read", path, error, cap);
            free(*data);
            *data = NULL;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return *data != NULL ? FILES_READ : FILES_FAILED;
}

static bool write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, data, n);
        if (put < 0) {
            return false;
        }
        data += put;
        n -= (size_t)put;
    }
    return fsync(fd) == 0;
}

/* So that the new name outlives a crash, too. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

bool files_replace(const char *path, const char *data, size_t n, char *error, size_t cap)
{
    char new[PATH_MAX];
    int len = snprintf(new, sizeof new, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof new) {
        snprintf(error, cap, "the path is too long: %.60s...", path);
        return false;
    }
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        return failed("write", new, error, cap);
    }
    bool ok = write_all(fd, data, n) || failed("write", new, error, cap);
    close(fd);
    if (ok && rename(new, path) != 0) {
        ok = failed("replace", path, error, cap);
    }
    if (!ok) {
        unlink(new);
        return false;
    }
    sync_folder_of(path);
    return true;
}
