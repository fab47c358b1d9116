/*
 * notify.c - telling the service manager how we are
 */
#include "resolver/io/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NOTIFY_FDS_MAX 250 /* the kernel passes 253 at a time */

struct notify {
    int fd;
    struct sockaddr_un to;
    socklen_t len;
    uint64_t watchdog_us;
};

struct notify *notify_new(void)
{
    const char *path = getenv("NOTIFY_SOCKET"), *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    struct notify *n = calloc(1, sizeof *n);
    size_t length = path != NULL ? strlen(path) : 0;
    if (n == NULL || length == 0 || length >= sizeof n->to.sun_path || (path[0] != '/' && path[0] != '@')) {
        free(n);
        return NULL;
    }
    n->to.sun_family = AF_UNIX;
    memcpy(n->to.sun_path, path, length);
    if (path[0] == '@') {
        n->to.sun_path[0] = '\0'; /* a name that no file has */
    }
    /* -Wanalyzer-possible-null-dereference: looked at above */
    n->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (us != NULL && (pid == NULL || strtol(pid, NULL, 10) == (long)getpid())) {
        n->watchdog_us = strtoull(us, NULL, 10);
    }
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0) {
        free(n);
        return NULL;
    }
    return n;
}

void notify_free(struct notify *n)
{
    if (n != NULL) {
        close(n->fd);
        free(n);
    }
}

void notify_send(struct notify *n, const char *text)
{
    if (n != NULL && sendto(n->fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->len) < 0) {
        return; /* the manager has gone, or has too much to do: it is not ours to mend */
    }
}

void notify_store(struct notify *n, const char *name, const int *fds, unsigned count)
{
    char text[200];
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(NOTIFY_FDS_MAX * sizeof(int))];
    } control;
    if (n == NULL || count > NOTIFY_FDS_MAX) {
        return;
    }
    int length = snprintf(text, sizeof text, "%s=1\nFDNAME=%s", count > 0 ? "FDSTORE" : "FDSTOREREMOVE", name);
    struct iovec iov = {.iov_base = text, .iov_len = (size_t)length};
    struct msghdr m = {.msg_name = &n->to, .msg_namelen = n->len, .msg_iov = &iov, .msg_iovlen = 1};
    if (count > 0) {
        memset(&control, 0, sizeof control);
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        /* -Wanalyzer-null-dereference: there is room for a header */
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    if (sendmsg(n->fd, &m, MSG_NOSIGNAL) < 0) {
        return; /* they are opened anew, then */
    }
}

uint64_t notify_watchdog_us(const struct notify *n)
{
    return n != NULL ? n->watchdog_us : 0;
}
