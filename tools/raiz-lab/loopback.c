#include "tools/raiz-lab/loopback.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A netlink request: header, one fixed part, attributes. */
struct request {
    struct nlmsghdr head;
    char data[256];
};

/* Sends it and waits for the kernel's word: 0 or a negative errno. */
static int ask_kernel(int fd, struct request *r)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char rest[512];
    } reply;
    r->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    if (send(fd, r, r->head.nlmsg_len, 0) < 0) {
        return -errno;
    }
    ssize_t n = recv(fd, &reply, sizeof reply, 0);
    if (n < 0) {
        return -errno;
    }
    if ((size_t)n < sizeof reply.head + sizeof reply.error || reply.head.nlmsg_type != NLMSG_ERROR) {
        return -EPROTO;
    }
    return reply.error.error;
}

static int bring_up(int fd, unsigned lo)
{
    struct request r = {.head = {.nlmsg_type = RTM_NEWLINK, .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg))}};
    struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)lo, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    memcpy(r.data, &link, sizeof link);
    return ask_kernel(fd, &r);
}

static void attribute(struct request *r, uint16_t type, const uint8_t *data, uint16_t len)
{
    struct rtattr a = {.rta_type = type, .rta_len = (uint16_t)(RTA_LENGTH(0) + len)};
    char *at = (char *)r + NLMSG_ALIGN(r->head.nlmsg_len);
    memcpy(at, &a, sizeof a);
    memcpy(at + RTA_LENGTH(0), data, len);
    r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a.rta_len);
}

static int add_address(int fd, unsigned lo, const struct addr *a)
{
    bool ip4 = a->family == ADDR_IP4;
    uint16_t len = ip4 ? 4 : 16;
    struct request r = {.head = {.nlmsg_type = RTM_NEWADDR,
                                 .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL,
                                 .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg))}};
    struct ifaddrmsg address = {.ifa_family = ip4 ? AF_INET : AF_INET6,
                                .ifa_prefixlen = (uint8_t)(len * 8),
                                .ifa_flags = ip4 ? 0 : IFA_F_NODAD,
                                .ifa_scope = RT_SCOPE_UNIVERSE,
                                .ifa_index = lo};
    memcpy(r.data, &address, sizeof address);
    attribute(&r, IFA_LOCAL, a->ip, len);
    attribute(&r, IFA_ADDRESS, a->ip, len);
    return ask_kernel(fd, &r);
}

static bool add_all(const struct lab *lab, int fd, unsigned lo, lab_report *report, void *arg)
{
    char text[ADDR_TEXT_MAX], message[200];
    for (size_t i = 0; i < lab->servers; i++) {
        const struct lab_server *s = &lab->server[i];
        for (size_t k = 0; k < s->addresses; k++) {
            int err = add_address(fd, lo, &s->real[k]);
            if (err == 0 || err == -EEXIST) {
                continue;
            }
            addr_print(&s->real[k], text);
            snprintf(message, sizeof message, "cannot add %s to lo: %s%s", text, strerror(-err),
                     err == -EPERM ? "; run in a namespace: unshare -rn" : "");
            report(arg, message);
            if (s->real[k].family == ADDR_IP4) {
                return false;
            }
        }
    }
    return true;
}

bool lab_add_addresses(const struct lab *lab, lab_report *report, void *arg)
{
    unsigned lo = if_nametoindex("lo");
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    char message[200];
    if (lo == 0 || fd < 0) {
        snprintf(message, sizeof message, "cannot reach the interface lo: %s", strerror(errno));
        report(arg, message);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    int err = bring_up(fd, lo);
    bool ok = err == 0;
    if (!ok) {
        snprintf(message, sizeof message, "cannot bring lo up: %s%s", strerror(-err),
                 err == -EPERM ? "; run in a namespace: unshare -rn" : "");
        report(arg, message);
    }
    ok = ok && add_all(lab, fd, lo, report, arg);
    close(fd);
    return ok;
}
