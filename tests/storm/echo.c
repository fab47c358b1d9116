/*
 * echo.c - the least that a server can do: every question gets the same address, whatever it is
 *
 * No resolver that reads and answers in batches through the kernel's sockets can cost less than this, so benches show
 * it as the floor. It reads the header and walks over the name, and nothing else.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/storm/storm.h"

#define BATCH 64

struct echo {
    struct mmsghdr message[BATCH];
    struct iovec part[BATCH];
    struct sockaddr_in from[BATCH];
    uint8_t data[BATCH][1500];
};

/* The length of the answer, written over the question; 0: none. */
static size_t turn_round(uint8_t *data, size_t n)
{
    static const uint8_t answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1};
    static const uint8_t counts[] = {0, 1, 0, 1, 0, 0, 0, 0};
    size_t at = 12;

    while (at < n && data[at] != 0 && data[at] < 64) {
        at += data[at] + 1u;
    }
    at += 5;
    if (n < 12 || at > n || at + sizeof answer > sizeof((struct echo *)0)->data[0]) {
        return 0;
    }
    data[2] |= 0x80;
    data[3] = 0x80;
    memcpy(data + COUNT_QD, counts, sizeof counts);
    memcpy(data + at, answer, sizeof answer);
    return at + sizeof answer;
}

static void make_ready(struct echo *e, int n)
{
    for (int i = 0; i < n; i++) {
        e->part[i] = (struct iovec){e->data[i], sizeof e->data[i]};
        e->message[i].msg_hdr = (struct msghdr){
            .msg_name = &e->from[i], .msg_namelen = sizeof e->from[i], .msg_iov = &e->part[i], .msg_iovlen = 1};
    }
}

int echo(const struct sockaddr_in *listen)
{
    static struct echo e;
    struct pollfd wait = {.fd = udp_socket(listen, true, NULL), .events = POLLIN};

    make_ready(&e, BATCH);
    while (wait.fd >= 0 && poll(&wait, 1, -1) > 0) {
        int got;
        do {
            got = recvmmsg(wait.fd, e.message, BATCH, MSG_DONTWAIT, NULL);
            for (int i = 0; i < got; i++) {
                e.part[i].iov_len = turn_round(e.data[i], e.message[i].msg_len);
            }
            for (int sent = 0, n; sent<got; sent += n> 0 ? n : 1) {
                n = sendmmsg(wait.fd, e.message + sent, (unsigned)(got - sent), 0);
            }
            make_ready(&e, got);
        } while (got > 0);
    }
    return 1;
}
