/*
 * inherit.c - sockets that are open already when we start
 */
#include "resolver/io/inherit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "resolver/io/sockaddr.h"

#define FIRST 3 /* SD_LISTEN_FDS_START */

/* Bound, of a kind that we can use, and listening if it is of TCP. */
static bool usable(int fd, struct addr *addr, int *type)
{
    union sockaddr_any sa;
    socklen_t len = sizeof sa, size = sizeof *type;
    int listens = 0;
    socklen_t size_listens = sizeof listens;
    if (getsockname(fd, &sa.sa, &len) != 0 || !sockaddr_to(&sa, addr) ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &size) != 0) {
        return false;
    }
    return *type == SOCK_DGRAM ||
           (*type == SOCK_STREAM && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size_listens) == 0 &&
            listens != 0);
}

void inherit_begin(struct inherit *h)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
    long n = pid != NULL && fds != NULL && strtol(pid, NULL, 10) == (long)getpid() ? strtol(fds, NULL, 10) : 0;
    h->count = 0;
    for (int fd = FIRST; n > 0 && fd < FIRST + n; fd++) {
        struct addr addr;
        int type;
        if (h->count < INHERIT_MAX && usable(fd, &addr, &type)) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
            h->fd[h->count] = fd;
            h->type[h->count] = type;
            h->addr[h->count++] = addr;
        } else if (n <= INHERIT_MAX) {
            close(fd);
        }
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static unsigned find(const struct inherit *h, const struct addr *a, int type)
{
    unsigned i = 0;
    while (i < h->count && !(h->fd[i] >= 0 && h->type[i] == type && addr_equal(&h->addr[i], a))) {
        i++;
    }
    return i;
}

bool inherit_has(const struct inherit *h, const struct addr *a, int type)
{
    return find(h, a, type) < h->count;
}

int inherit_take(struct inherit *h, const struct addr *a, int type)
{
    unsigned i = find(h, a, type);
    int fd = i < h->count ? h->fd[i] : -1;
    if (fd >= 0) {
        h->fd[i] = -1;
    }
    return fd;
}

void inherit_end(struct inherit *h)
{
    for (unsigned i = 0; i < h->count; i++) {
        if (h->fd[i] >= 0) {
            close(h->fd[i]);
        }
    }
    h->count = 0;
}
