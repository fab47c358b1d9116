/*
 * listen.c - opening the sockets that clients ask
 */
#include "resolver/io/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "resolver/io/holder.h"
#include "resolver/io/sockaddr.h"

#define LISTEN_BACKLOG      1024
#define LISTEN_BUFFER_BYTES (4 * 1024 * 1024) /* asked for; the kernel caps it at net.core.rmem_max */
#define LISTEN_TCP_BUFFER_BYTES                                                                                        \
    (64 * 1024) /* connections inherit it: else the kernel keeps megabytes for each (T110) */

static void set(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof value);
}

static void prepare(int fd, const struct addr *a, int type, bool shared)
{
    if (a->family == ADDR_IP6) {
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    }
    if (shared) {
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (type == SOCK_STREAM) {
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* connections of the last run may linger in TIME_WAIT */
        set(fd, SOL_SOCKET, SO_RCVBUF, LISTEN_TCP_BUFFER_BYTES);
        set(fd, SOL_SOCKET, SO_SNDBUF, LISTEN_TCP_BUFFER_BYTES);
        return;
    }
    sockaddr_no_pmtu(fd, a);
    set(fd, SOL_SOCKET, SO_RCVBUF, LISTEN_BUFFER_BYTES);
    set(fd, SOL_SOCKET, SO_SNDBUF, LISTEN_BUFFER_BYTES);
    if (sockaddr_is_wildcard(a)) {
        set(fd, a->family == ADDR_IP4 ? IPPROTO_IP : IPPROTO_IPV6,
            a->family == ADDR_IP4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
    }
}

/* -1 with errno. */
static int open_one(const struct addr *a, int type, bool shared)
{
    union sockaddr_any sa;
    socklen_t len = sockaddr_from(a, &sa);
    int fd = sockaddr_socket(a, type);
    if (fd < 0) {
        return -1;
    }
    prepare(fd, a, type, shared);
    if (bind(fd, &sa.sa, len) != 0 || (type == SOCK_STREAM && listen(fd, LISTEN_BACKLOG) != 0)) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* errno says why. */
static void explain(const struct addr *a, int type, char *error, size_t cap)
{
    int why = errno;
    char where[ADDR_TEXT_MAX], who[128];
    bool tcp = type == SOCK_STREAM;
    addr_print(a, where);
    int n = snprintf(error, cap, "cannot listen on %s (%s): %s", where, tcp ? "TCP" : "UDP", strerror(why));
    if (n < 0 || (size_t)n >= cap) {
        return;
    }
    error += n;
    cap -= (size_t)n;
    if (why == EADDRINUSE && holder_find(a, tcp, who, sizeof who)) {
        snprintf(error, cap, " by %s; stop it, or choose another address or port in listen:", who);
    } else if (why == EADDRINUSE) {
        snprintf(error, cap,
                 "; find who with: ss -lntup 'sport = :%u', or choose another address or port in listen:", a->port);
    } else if (why == EACCES) {
        snprintf(error, cap,
                 "; ports below 1024 need root or CAP_NET_BIND_SERVICE, or choose a port such as 5300 in listen:");
    } else if (why == EADDRNOTAVAIL) {
        snprintf(error, cap, "; no interface of this host has that address (see: ip addr); correct listen:");
    } else if (why == EAFNOSUPPORT) {
        snprintf(error, cap,
                 "; this host has no %s; take the address out of listen:", a->family == ADDR_IP6 ? "IPv6" : "IPv4");
    }
}

void listen_close(struct listener *l)
{
    if (l->udp >= 0) {
        close(l->udp);
    }
    if (l->tcp >= 0) {
        close(l->tcp);
    }
    l->udp = l->tcp = -1;
}

static bool free_for_us(const struct addr *a, int type)
{
    int fd = open_one(a, type, false);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* For worker w: one that was handed to us, or a new one beside those, or else the first once more. -1 with errno. */
static int open_for(const struct addr *a, int type, const struct listen_plan *plan, unsigned w, int first)
{
    int fd = plan->inherited != NULL ? inherit_take(plan->inherited, a, type) : -1;
    if (fd >= 0) {
        prepare(fd, a, type, false);
        return fd;
    }
    fd = open_one(a, type, true);
    if (fd < 0 && w > 0 && errno == EADDRINUSE) { /* theirs was bound without SO_REUSEPORT, or by another user */
        fd = fcntl(first, F_DUPFD_CLOEXEC, 0);
    }
    return fd;
}

static bool open_all(const struct addr *a, int type, const struct listen_plan *plan, struct listener *out)
{
    bool ours = plan->joins || (plan->inherited != NULL && inherit_has(plan->inherited, a, type));
    if (!ours && !free_for_us(a, type)) {
        return false;
    }
    int first = -1;
    for (unsigned w = 0; w < plan->workers; w++) {
        int fd = open_for(a, type, plan, w, first);
        if (fd < 0) {
            return false;
        }
        first = w == 0 ? fd : first;
        *(type == SOCK_DGRAM ? &out[w * plan->stride].udp : &out[w * plan->stride].tcp) = fd;
    }
    return true;
}

bool listen_open(const struct addr *a, const struct listen_plan *plan, struct listener *out, char *error, size_t cap)
{
    for (unsigned w = 0; w < plan->workers; w++) {
        out[w * plan->stride] =
            (struct listener){.addr = *a, .udp = -1, .tcp = -1, .wildcard = sockaddr_is_wildcard(a)};
    }
    bool udp = open_all(a, SOCK_DGRAM, plan, out);
    if (udp && open_all(a, SOCK_STREAM, plan, out)) {
        return true;
    }
    explain(a, udp ? SOCK_STREAM : SOCK_DGRAM, error, cap);
    for (unsigned w = 0; w < plan->workers; w++) {
        listen_close(&out[w * plan->stride]);
    }
    return false;
}
