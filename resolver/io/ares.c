/*
 * ares.c - host names of the configuration, through the system's resolvers
 */
#include "resolver/io/ares.h"

#include <ares.h>
#include <poll.h>
#include <string.h>

#include "resolver/io/clock.h"
#include "resolver/io/sockaddr.h"

#define TRY_MS 700 /* of one question to one resolver, the first time */
#define TRIES  2

static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct ares_host *host = arg;
    (void)timeouts;
    if (status != ARES_SUCCESS) {
        return;
    }
    for (const struct ares_addrinfo_node *node = info->nodes; node != NULL; node = node->ai_next) {
        union sockaddr_any sa;
        if (host->count == ARES_ADDRESSES_MAX || node->ai_addrlen > sizeof sa) {
            continue;
        }
        memcpy(&sa, node->ai_addr, node->ai_addrlen);
        if (sockaddr_to(&sa, &host->found[host->count])) {
            host->found[host->count].port = 0;
            host->count++;
        }
    }
    ares_freeaddrinfo(info);
}

/* Until all is answered or the time is over. */
static void run(ares_channel channel, uint64_t until_us)
{
    for (;;) {
        ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
        struct pollfd fds[ARES_GETSOCK_MAXNUM];
        struct timeval most = {.tv_sec = 1}, room;
        unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
        nfds_t n = 0;
        for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
            /* ARES_GETSOCK_READABLE and _WRITABLE, but for unsigned numbers */
            short events =
                (short)((bits >> i & 1 ? POLLIN : 0) | (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
            if (events != 0) {
                fds[n++] = (struct pollfd){.fd = sockets[i], .events = events};
            }
        }
        struct now now = clock_now();
        if (n == 0 || now.mono_us >= until_us) {
            return;
        }
        const struct timeval *wait = ares_timeout(channel, &most, &room);
        uint64_t wait_ms = (uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000 + 1;
        uint64_t left_ms = (until_us - now.mono_us) / US_PER_MS + 1;
        poll(fds, n, (int)(wait_ms < left_ms ? wait_ms : left_ms));
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timers */
        for (nfds_t i = 0; i < n; i++) {
            ares_process_fd(channel, (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? fds[i].fd : ARES_SOCKET_BAD,
                            (fds[i].revents & POLLOUT) != 0 ? fds[i].fd : ARES_SOCKET_BAD);
        }
    }
}

void ares_find(struct ares_host *hosts, size_t n, unsigned timeout_ms)
{
    struct ares_options options = {.timeout = TRY_MS, .tries = TRIES};
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    ares_channel channel;

    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return;
    }
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) == ARES_SUCCESS) {
        for (size_t i = 0; i < n; i++) {
            ares_getaddrinfo(channel, hosts[i].name, NULL, &hints, on_addresses, &hosts[i]);
        }
        run(channel, clock_now().mono_us + timeout_ms * US_PER_MS);
        ares_destroy(channel); /* ends what is still under way */
    }
    ares_library_cleanup();
}
