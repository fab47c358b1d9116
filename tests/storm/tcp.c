/*
 * tcp.c - many connections that stay: each carries one question at a time, and so many at once are under way in all
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/storm/storm.h"

struct line {
    int fd;
    uint64_t asked_us; /* 0: idle */
    size_t n;          /* of the answer, so far */
    uint8_t data[2 + 4096];
};

struct lines {
    const struct ask_options *o;
    struct counts *counts;
    int epoll;
    struct line *line;
    uint32_t *idle; /* a ring: who had to wait longest is next */
    unsigned count, first_idle, idles, under_way;
    uint64_t number;
    struct message m;
};

static void make_idle(struct lines *l, uint32_t i)
{
    l->line[i].asked_us = 0;
    l->idle[(l->first_idle + l->idles++) % l->count] = i;
}

static bool open_line(struct lines *l, uint32_t i)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    l->line[i].fd = fd;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&l->o->server, sizeof l->o->server) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("storm: connection");
        return false;
    }
    make_idle(l, i);
    return true;
}

static bool ask_next(struct lines *l)
{
    uint32_t i = l->idle[l->first_idle];
    char name[512];
    uint8_t framed[2 + 600];

    l->first_idle = (l->first_idle + 1) % l->count;
    l->idles--;
    form_name(l->o->name, l->o->first + l->number++, name, sizeof name);
    message_begin(&l->m, i % 65536, FLAG_RD);
    message_question(&l->m, name, l->o->type);
    message_opt(&l->m, 1232, false);
    framed[0] = (uint8_t)(l->m.n >> 8);
    framed[1] = (uint8_t)l->m.n;
    memcpy(framed + 2, l->m.data, l->m.n);
    l->line[i].asked_us = now_us();
    l->line[i].n = 0;
    l->under_way++;
    count_add(&l->counts->asked, 1);
    return send(l->line[i].fd, framed, l->m.n + 2, 0) == (ssize_t)l->m.n + 2;
}

static bool take_answer(struct lines *l, uint32_t i)
{
    struct line *line = &l->line[i];
    ssize_t n = recv(line->fd, line->data + line->n, sizeof line->data - line->n, MSG_DONTWAIT);

    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    line->n += (size_t)n;
    if (line->n < 14 || line->n < 2 + get_u16(line->data)) {
        return true;
    }
    times_add(&l->counts->times, now_us() - line->asked_us);
    count_add((line->data[5] & 0xf) == 0 ? &l->counts->answered : &l->counts->failed, 1);
    l->under_way--;
    make_idle(l, i);
    return true;
}

static bool talk(struct lines *l)
{
    struct epoll_event event[64];
    bool ok = true;

    while (ok && (l->number < l->o->names || l->under_way > 0)) {
        while (ok && l->idles > 0 && l->under_way < l->o->window && l->number < l->o->names) {
            ok = ask_next(l);
        }
        int n = epoll_wait(l->epoll, event, 64, (int)l->o->timeout_ms);
        ok = ok && n > 0;
        for (int i = 0; ok && i < n; i++) {
            ok = take_answer(l, event[i].data.u32);
        }
    }
    return ok;
}

int ask_tcp(const struct ask_options *o, struct counts *counts)
{
    struct lines l = {.o = o, .counts = counts, .count = o->connections, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    l.line = calloc(o->connections, sizeof *l.line);
    l.idle = calloc(o->connections, sizeof *l.idle);
    bool ok = l.line != NULL && l.idle != NULL && l.epoll >= 0;
    for (uint32_t i = 0; ok && i < o->connections; i++) {
        ok = open_line(&l, i);
    }
    ok = ok && talk(&l);
    if (!ok) {
        fprintf(stderr, "storm: the server closes connections, or does not answer\n");
    }
    free(l.line); /* the connections end with the process */
    free(l.idle);
    return ok ? 0 : 1;
}
