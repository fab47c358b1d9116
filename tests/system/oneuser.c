/*
 * oneuser.c - lets servers that change their user run where there is only one (LD_PRELOAD)
 *
 * A test runs in a user namespace of one user, root of nothing else; there setuid() to another user fails, and mail
 * servers end when it does. Here such calls succeed and are remembered, so that a process that has given up being root
 * sees that it has. What the kernel allows stays as it is, and chown() does nothing.
 *
 * And a server that is unpacked somewhere and not installed finds the modules that it looks for in a place of its own:
 * what lies below /usr/lib/dovecot is looked for below $UNPACKED/usr/lib/dovecot.
 *
 * Threads: none; the servers have one.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTALLED "/usr/lib/dovecot"

static uid_t real_user, user;
static gid_t real_group, group;

static int refused(void)
{
    errno = EPERM;
    return -1;
}

uid_t getuid(void)
{
    return real_user;
}

uid_t geteuid(void)
{
    return user;
}

gid_t getgid(void)
{
    return real_group;
}

gid_t getegid(void)
{
    return group;
}

int setuid(uid_t u)
{
    if (user != 0 && u != real_user) {
        return refused();
    }
    real_user = user == 0 ? u : real_user;
    user = u;
    return 0;
}

int seteuid(uid_t u)
{
    if (user != 0 && real_user != 0 && u != real_user) {
        return refused();
    }
    user = u;
    return 0;
}

int setgid(gid_t g)
{
    if (user != 0 && g != real_group) {
        return refused();
    }
    real_group = group = g;
    return 0;
}

int setegid(gid_t g)
{
    if (user != 0 && g != real_group) {
        return refused();
    }
    group = g;
    return 0;
}

int setgroups(size_t n, const gid_t *list)
{
    (void)n;
    (void)list;
    return 0;
}

int initgroups(const char *name, gid_t g)
{
    (void)name;
    (void)g;
    return 0;
}

int chown(const char *path, uid_t u, gid_t g)
{
    (void)path;
    (void)u;
    (void)g;
    return 0;
}

int fchown(int fd, uid_t u, gid_t g)
{
    (void)fd;
    (void)u;
    (void)g;
    return 0;
}

/* Where a path of an installed server is here. */
static const char *unpacked(const char *path, char *buf, size_t cap)
{
    const char *root = getenv("UNPACKED");
    if (root == NULL || path == NULL || strncmp(path, INSTALLED, strlen(INSTALLED)) != 0) {
        return path;
    }
    snprintf(buf, cap, "%s%s", root, path);
    return buf;
}

DIR *opendir(const char *path)
{
    DIR *(*next)(const char *);
    char buf[4096];
    *(void **)&next = dlsym(RTLD_NEXT, "opendir");
    return next(unpacked(path, buf, sizeof buf));
}

void *dlopen(const char *path, int flags)
{
    void *(*next)(const char *, int);
    char buf[4096];
    *(void **)&next = dlsym(RTLD_NEXT, "dlopen");
    return next(unpacked(path, buf, sizeof buf), flags);
}
