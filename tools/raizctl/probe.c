/*
 * probe.c - single questions to one server, and what comes of them
 */
#include "tools/raizctl/probe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dns/build.h"
#include "dns/msg.h"
#include "resolver/io/clock.h"
#include "resolver/io/sockaddr.h"

#define PROBE_EDNS_SIZE 1232

/* With room for the length of TCP before it. */
static size_t compose(const struct probe *p, uint16_t id, uint8_t wire[static DNS_UDP_PLAIN + 2])
{
    struct build b;
    struct edns_out opt = {.dnssec_ok = p->dnssec_ok, .udp_size = PROBE_EDNS_SIZE, .ede = DNS_EDE_NONE};
    build_init(&b, wire + 2, DNS_UDP_PLAIN, id, p->recurse ? DNS_FLAG_RD : 0, p->edns ? 64 : 0);
    build_question(&b, p->name, p->type, DNS_CLASS_IN);
    size_t n = build_finish(&b, p->edns ? &opt : NULL);
    wire[0] = (uint8_t)(n >> 8);
    wire[1] = (uint8_t)n;
    return n;
}

/* False: the time is over, or errno says what else. */
static bool wait_for(int fd, short what, uint64_t end_ms)
{
    for (uint64_t now = clock_mono_us() / US_PER_MS; now < end_ms; now = clock_mono_us() / US_PER_MS) {
        struct pollfd p = {.fd = fd, .events = what};
        int rc = poll(&p, 1, (int)(end_ms - now));
        if (rc > 0) {
            return true;
        }
        if (rc < 0 && errno != EINTR) {
            return false;
        }
    }
    errno = ETIMEDOUT;
    return false;
}

static bool is_reply(const struct probe *p, uint16_t id, const struct probe_reply *r)
{
    struct dns_msg m;
    return dns_query_parse(r->wire, r->n, &m) == DNS_OK && m.id == id && (m.flags & DNS_FLAG_QR) != 0 &&
           m.qdcount == 1 && dname_equal(m.qname, p->name) && m.qtype == p->type;
}

static bool udp_exchange(const struct probe *p, int fd, uint16_t id, struct probe_reply *out, uint64_t end_ms)
{
    uint8_t wire[DNS_UDP_PLAIN + 2];
    size_t n = compose(p, id, wire);
    if (send(fd, wire + 2, n, 0) != (ssize_t)n) {
        return false;
    }
    while (wait_for(fd, POLLIN, end_ms)) {
        ssize_t got = recv(fd, out->wire, sizeof out->wire, 0);
        if (got < 0) {
            return false; /* refused by ICMP */
        }
        out->n = (size_t)got;
        if (is_reply(p, id, out)) {
            return true;
        }
    }
    return false;
}

static bool read_all(int fd, uint8_t *data, size_t n, uint64_t end_ms)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = wait_for(fd, POLLIN, end_ms) ? recv(fd, data + have, n - have, 0) : -1;
        if (got <= 0) {
            errno = got == 0 ? ECONNRESET : errno;
            return false;
        }
        have += (size_t)got;
    }
    return true;
}

static bool tcp_exchange(const struct probe *p, int fd, uint16_t id, struct probe_reply *out, uint64_t end_ms)
{
    uint8_t wire[DNS_UDP_PLAIN + 2], length[2];
    size_t n = compose(p, id, wire) + 2;
    int why = 0;
    socklen_t size = sizeof why;
    if (!wait_for(fd, POLLOUT, end_ms)) {
        return false;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0 || why != 0) {
        errno = why != 0 ? why : errno;
        return false;
    }
    if (send(fd, wire, n, MSG_NOSIGNAL) != (ssize_t)n || !read_all(fd, length, 2, end_ms)) {
        return false;
    }
    size_t whole = (size_t)(length[0] << 8 | length[1]);
    out->n = whole < sizeof out->wire ? whole : sizeof out->wire;
    if (!read_all(fd, out->wire, out->n, end_ms)) {
        return false;
    }
    errno = EPROTO;
    return is_reply(p, id, out);
}

void probe_ask(const struct probe *p, struct probe_reply *out)
{
    union sockaddr_any to;
    socklen_t len = sockaddr_from(&p->server, &to);
    uint64_t begun_us = clock_mono_us(), end_ms = clock_mono_us() / US_PER_MS + p->timeout_ms;
    uint16_t id = 0;
    out->n = 0;
    out->why = 0;
    int fd = socket(to.sa.sa_family, (p->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && getrandom(&id, sizeof id, 0) == sizeof id;
    if (good && connect(fd, &to.sa, len) != 0 && errno != EINPROGRESS) {
        good = false;
    }
    good = good && (p->tcp ? tcp_exchange(p, fd, id, out, end_ms) : udp_exchange(p, fd, id, out, end_ms));
    out->what = good ? PROBED_REPLY : errno == ETIMEDOUT ? PROBED_SILENT : PROBED_FAILED;
    out->why = good ? 0 : errno;
    out->took_us = clock_mono_us() - begun_us;
    if (fd >= 0) {
        close(fd);
    }
}
