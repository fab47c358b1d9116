/*
 * serve.c - a quick authoritative server: one thread, batches of datagrams, TCP for who wants it
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/storm/storm.h"

#define BATCH        64
#define OUT_MAX      256
#define OUT_BYTES    (1 << 20)
#define FD_MAX       4096
#define CLEAN_ONE_IN 10 /* questions to a mutating server that get no clean reply in the end */

struct connection {
    size_t n;
    uint8_t data[2 + MESSAGE_MAX];
};

struct server {
    const struct serve_options *o;
    struct counts *counts;
    struct chance chance;
    int udp, tcp, poll;
    struct message reply;
    struct question question;
    /* datagrams that wait to be sent */
    struct mmsghdr out[OUT_MAX];
    struct iovec piece[OUT_MAX];
    struct sockaddr_in to[OUT_MAX];
    unsigned outs;
    size_t out_used;
    uint8_t out_data[OUT_BYTES];
    struct connection *connection[FD_MAX];
};

static void flush(struct server *s)
{
    unsigned done = 0;
    while (done < s->outs) {
        int n = sendmmsg(s->udp, s->out + done, s->outs - done, 0);
        done += n > 0 ? (unsigned)n : 1; /* one that cannot be sent is lost */
    }
    s->outs = 0;
    s->out_used = 0;
}

/* To a client over UDP (fd < 0) or TCP. False: the connection is broken. */
static bool deliver(struct server *s, int fd, const struct sockaddr_in *to)
{
    const struct message *m = &s->reply;

    count_add(&s->counts->replies, 1);
    if (fd >= 0) {
        uint8_t frame[2 + MESSAGE_MAX];
        frame[0] = (uint8_t)(m->n >> 8);
        frame[1] = (uint8_t)m->n;
        memcpy(frame + 2, m->data, m->n);
        return send(fd, frame, m->n + 2, MSG_NOSIGNAL) == (ssize_t)m->n + 2;
    }
    if (s->outs == OUT_MAX || s->out_used + m->n > OUT_BYTES) {
        flush(s);
    }
    unsigned i = s->outs++;
    memcpy(s->out_data + s->out_used, m->data, m->n);
    s->piece[i] = (struct iovec){.iov_base = s->out_data + s->out_used, .iov_len = m->n};
    s->out_used += m->n;
    s->to[i] = *to;
    s->out[i] = (struct mmsghdr){
        .msg_hdr = {.msg_name = &s->to[i], .msg_namelen = sizeof s->to[i], .msg_iov = &s->piece[i], .msg_iovlen = 1}};
    return true;
}

/* ---- what it answers ---- */

static bool under(const struct question *q, const char *zone, unsigned *above)
{
    for (unsigned i = 0; i <= q->labels; i++) {
        if (strcmp(q->label[i], zone) == 0) {
            *above = i;
            return true;
        }
    }
    return false;
}

static bool refer(struct server *s)
{
    struct message *m = &s->reply;
    const struct question *q = &s->question;

    for (unsigned d = 0; d < s->o->delegations; d++) {
        unsigned at = 0;
        bool child = s->o->delegation[d].each_child;
        if (!under(q, s->o->delegation[d].zone, &at) || (child && at == 0)) {
            continue;
        }
        const char *zone = q->label[child ? at - 1 : at];
        char ns[1100];
        reply_begin(m, q, 0);
        for (unsigned i = 0; i < s->o->delegation[d].count; i++) {
            snprintf(ns, sizeof ns, "ns%u.%s", i, zone);
            size_t begun = begin_record(m, COUNT_NS, zone, TYPE_NS, s->o->ttl_s);
            put_name(m, ns);
            end_record(m, begun);
        }
        for (unsigned i = 0; i < s->o->delegation[d].count; i++) {
            snprintf(ns, sizeof ns, "ns%u.%s", i, zone);
            size_t begun = begin_record(m, COUNT_AR, ns, TYPE_A, s->o->ttl_s);
            put_bytes(m, &s->o->delegation[d].to[i], 4);
            end_record(m, begun);
        }
        return true;
    }
    return false;
}

static void answer_root(struct server *s)
{
    struct message *m = &s->reply;

    reply_begin(m, &s->question, FLAG_AA);
    size_t begun = begin_record(m, COUNT_AN, ".", TYPE_NS, 86400);
    put_name(m, "ns.test.");
    end_record(m, begun);
    begun = begin_record(m, COUNT_AR, "ns.test.", TYPE_A, 86400);
    put_bytes(m, &s->o->listen.sin_addr, 4);
    end_record(m, begun);
}

static void answer_plainly(struct server *s)
{
    struct message *m = &s->reply;
    const struct question *q = &s->question;
    bool nothing = strncmp(q->name, "nx", 2) == 0;

    reply_begin(m, q, FLAG_AA);
    if (q->type == TYPE_A && !nothing) {
        size_t begun = begin_record(m, COUNT_AN, NULL, TYPE_A, s->o->ttl_s);
        put_bytes(m, "\300\0\2\1", 4); /* 192.0.2.1 */
        end_record(m, begun);
        return;
    }
    m->data[3] |= nothing ? 3 : 0;
    const char *zone = s->o->delegations > 0 || q->labels == 0 ? "." : q->label[q->labels - 1];
    size_t begun = begin_record(m, COUNT_NS, zone, TYPE_SOA, 300);
    put_name(m, "ns.test.");
    put_name(m, "host.test.");
    for (unsigned i = 0; i < 5; i++) {
        put_u32(m, 300);
    }
    end_record(m, begun);
}

static void make_plain(struct server *s)
{
    if (s->question.labels == 0 && s->question.type == TYPE_NS) {
        answer_root(s);
    } else if (!refer(s)) {
        answer_plainly(s);
    }
    if (s->question.edns) {
        message_opt(&s->reply, 1232, false);
    }
}

/* Some mutated replies, most with id and question as they should be, and mostly a clean one at last. */
static bool reply_mutated(struct server *s, bool tcp, int fd, const struct sockaddr_in *to)
{
    struct chance *c = &s->chance;

    for (unsigned n = 1 + chance_below(c, 2); n > 0; n--) {
        seed_reply(&s->reply, &s->question, tcp, s->o->listen.sin_addr, c);
        unsigned how = chance_below(c, 20);
        if (how > 0) {
            mutate(&s->reply, how > 2 ? s->question.end : 0, c);
        }
        count_add(&s->counts->mutated, 1);
        if (!deliver(s, fd, to)) {
            return false;
        }
    }
    if (!chance_one_in(c, CLEAN_ONE_IN)) {
        make_plain(s);
        return deliver(s, fd, to);
    }
    return !tcp || !chance_one_in(c, 4); /* some connections just end */
}

static bool take(struct server *s, const uint8_t *data, size_t n, int fd, const struct sockaddr_in *from)
{
    bool tcp = fd >= 0;

    if (!question_read(&s->question, data, n)) {
        return false;
    }
    count_add(&s->counts->questions, 1);
    count_add(&s->counts->tcp_questions, tcp);
    count_add(&s->counts->hot, strncmp(s->question.name, "hot", 3) == 0);
    if (s->o->mutates) {
        return reply_mutated(s, tcp, fd, from);
    }
    make_plain(s);
    return deliver(s, fd, from);
}

/* ---- the loop ---- */

static void read_datagrams(struct server *s)
{
    static uint8_t data[BATCH][2048];
    struct mmsghdr in[BATCH];
    struct iovec piece[BATCH];
    struct sockaddr_in from[BATCH];
    int n;

    do {
        for (unsigned i = 0; i < BATCH; i++) {
            piece[i] = (struct iovec){.iov_base = data[i], .iov_len = sizeof data[i]};
            in[i] = (struct mmsghdr){
                .msg_hdr = {
                    .msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &piece[i], .msg_iovlen = 1}};
        }
        n = recvmmsg(s->udp, in, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            take(s, data[i], in[i].msg_len, -1, &from[i]);
        }
        flush(s);
    } while (n == BATCH);
}

static void end_connection(struct server *s, int fd)
{
    free(s->connection[fd]);
    s->connection[fd] = NULL;
    close(fd);
}

static void accept_one(struct server *s)
{
    int fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), size = 4 << 20;
    if (fd < 0) {
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (fd >= FD_MAX || (s->connection[fd] = calloc(1, sizeof(struct connection))) == NULL) {
        close(fd);
        return;
    }
    epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

static void read_stream(struct server *s, int fd)
{
    struct connection *c = s->connection[fd];
    ssize_t n = recv(fd, c->data + c->n, sizeof c->data - c->n, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            end_connection(s, fd);
        }
        return;
    }
    c->n += (size_t)n;
    size_t at = 0;
    while (c->n - at >= 2 && c->n - at >= 2 + get_u16(c->data + at)) {
        size_t len = get_u16(c->data + at);
        if (!take(s, c->data + at + 2, len, fd, NULL)) {
            end_connection(s, fd);
            return;
        }
        at += 2 + len;
    }
    memmove(c->data, c->data + at, c->n - at);
    c->n -= at;
}

static void report(const struct counts *c)
{
    printf("{\"questions\": %lu, \"tcp_questions\": %lu, \"hot\": %lu, \"replies\": %lu, \"mutated\": %lu}\n",
           c->questions, c->tcp_questions, c->hot, c->replies, c->mutated);
    fflush(stdout);
}

/* False: nobody is interested any more. */
static bool read_stdin(struct server *s)
{
    char line[256];
    ssize_t n = read(STDIN_FILENO, line, sizeof line);
    if (n > 0) {
        report(s->counts);
    }
    return n > 0;
}

static bool open_sockets(struct server *s)
{
    int on = 1;
    struct epoll_event ev = {.events = EPOLLIN};

    s->udp = udp_socket(&s->o->listen, true, NULL);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    if (s->udp < 0 || s->tcp < 0 || s->poll < 0) {
        return false;
    }
    setsockopt(s->tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(s->tcp, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(s->tcp, (const struct sockaddr *)&s->o->listen, sizeof s->o->listen) != 0 || listen(s->tcp, 1024) != 0) {
        perror("storm: serve over TCP");
        return false;
    }
    int fds[] = {s->udp, s->tcp, STDIN_FILENO};
    for (unsigned i = 0; i < (s->o->by_stdin ? 3u : 2u); i++) {
        ev.data.fd = fds[i];
        if (epoll_ctl(s->poll, EPOLL_CTL_ADD, fds[i], &ev) != 0) {
            perror("storm: epoll");
            return false;
        }
    }
    return true;
}

int serve(const struct serve_options *o, struct counts *counts)
{
    struct server *s = calloc(1, sizeof *s);
    struct epoll_event events[BATCH];
    bool going = s != NULL;

    if (!going) {
        return 1;
    }
    s->o = o;
    s->counts = counts;
    s->chance.state = o->seed;
    if (!open_sockets(s)) {
        free(s);
        return 1;
    }
    while (going && !counts->stop) {
        int n = epoll_wait(s->poll, events, BATCH, 100);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == s->udp) {
                read_datagrams(s);
            } else if (fd == s->tcp) {
                accept_one(s);
            } else if (fd == STDIN_FILENO && o->by_stdin) {
                going = read_stdin(s);
            } else {
                read_stream(s, fd);
            }
        }
    }
    for (int fd = 0; fd < FD_MAX; fd++) {
        free(s->connection[fd]);
    }
    free(s);
    return 0;
}
