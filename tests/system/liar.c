/*
 * liar.c - a kernel that makes trouble (X32), to be preloaded
 *
 * Three calls in ten on sockets are interrupted, would block, find no buffer, or write a few octets only. All of it may
 * happen on any system, so a program must cope.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

static uint64_t state = 88172645463325252u;

/* Marsaglia's xorshift: the same lies in every run. */
static unsigned chance(unsigned n)
{
    uint64_t x = __atomic_load_n(&state, __ATOMIC_RELAXED);
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    __atomic_store_n(&state, x, __ATOMIC_RELAXED);
    return (unsigned)(x >> 33) % n;
}

static int lie(int sending)
{
    unsigned c = chance(10);
    if (c > 2) {
        return 0;
    }
    errno = c == 0 ? EINTR : c == 1 ? EAGAIN : sending ? ENOBUFS : EINTR;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t send(int fd, const void *data, size_t n, int flags)
{
    if (lie(1)) {
        return -1;
    }
    return NEXT(send)(fd, data, chance(4) == 0 && n > 7 && (flags & MSG_NOSIGNAL) != 0 && n > 600 ? 7 : n, flags);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
    return lie(0) ? -1 : NEXT(recv)(fd, data, n, flags);
}

ssize_t recvfrom(int fd, void *data, size_t n, int flags, struct sockaddr *from, socklen_t *len)
{
    return lie(0) ? -1 : NEXT(recvfrom)(fd, data, n, flags, from, len);
}

int sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
    if (lie(1)) {
        return -1;
    }
    return NEXT(sendmmsg)(fd, msg, n > 1 && chance(2) == 0 ? n / 2 : n, flags);
}

int recvmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags, struct timespec *timeout)
{
    return lie(0) ? -1 : NEXT(recvmmsg)(fd, msg, n, flags, timeout);
}

int accept4(int fd, struct sockaddr *from, socklen_t *len, int flags)
{
    return lie(0) ? -1 : NEXT(accept4)(fd, from, len, flags);
}
