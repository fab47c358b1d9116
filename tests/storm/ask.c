/*
 * ask.c - many questions: distinct names, so many outstanding or so many a second, a hot set among them
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/storm/storm.h"

#define SOCKETS_MAX 16
#define IDS         65536

#define BATCH_MAX  64
#define PACKET_MAX 600

/* Questions that wait for others to be sent with, and room for answers that come at once. */
struct batch {
    unsigned n;
    struct mmsghdr message[BATCH_MAX];
    struct iovec part[BATCH_MAX];
    uint8_t data[BATCH_MAX][4096];
};

/* One question under way; its place is socket and id. */
struct asked {
    uint64_t number, asked_us, due_us;
    uint32_t next; /* in order of time */
    uint8_t tries; /* left; */
    bool used, hot;
};

struct asker {
    const struct ask_options *o;
    struct counts *counts;
    struct chance chance;
    int fd[SOCKETS_MAX];
    struct asked *asked;
    uint32_t first, last, next_id; /* the order of time: first is due first */
    unsigned under_way;
    uint64_t number, hot_number, begun_us;
    struct message m;
    struct batch out[SOCKETS_MAX], in;
};
#define NOBODY UINT32_MAX

static void name_of(const struct asker *a, const struct asked *one, char *out, size_t size)
{
    if (a->o->list.count > 0 && !one->hot) {
        snprintf(out, size, "%s", a->o->list.name[one->number % a->o->list.count]);
    } else {
        form_name(one->hot ? a->o->hot_name : a->o->name, one->number, out, size);
    }
}

static unsigned type_of(const struct asker *a, const struct asked *one)
{
    static const uint16_t types[] = {1,  1,  1,  2,  5,  6,  12, 15, 16, 28,  33,
                                     35, 39, 43, 46, 47, 48, 52, 64, 65, 255, 257};
    struct chance c = {one->number}; /* the same when it is asked again */
    return a->o->any_type && !one->hot ? types[chance_below(&c, sizeof types / sizeof types[0])] : a->o->type;
}

static void send_batch(struct asker *a, unsigned socket)
{
    struct batch *b = &a->out[socket];

    for (unsigned sent = 0; sent < b->n;) {
        int n = sendmmsg(a->fd[socket], b->message + sent, b->n - sent, 0);
        sent += n > 0 ? (unsigned)n : 1; /* what is not taken is lost, and asked again */
    }
    b->n = 0;
}

/* Sends the message at once, or with others when there are enough. */
static void pass_on(struct asker *a, unsigned socket)
{
    struct batch *b = &a->out[socket];

    if (a->o->batch <= 1 || a->m.n > PACKET_MAX) {
        if (send(a->fd[socket], a->m.data, a->m.n, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED) {
            perror("storm: send");
        }
        return;
    }
    memcpy(b->data[b->n], a->m.data, a->m.n);
    b->part[b->n] = (struct iovec){b->data[b->n], a->m.n};
    b->message[b->n].msg_hdr = (struct msghdr){.msg_iov = &b->part[b->n], .msg_iovlen = 1};
    if (++b->n == a->o->batch) {
        send_batch(a, socket);
    }
}

static void send_one(struct asker *a, uint32_t place)
{
    struct asked *one = &a->asked[place];
    char name[512];

    name_of(a, one, name, sizeof name);
    message_begin(&a->m, place % IDS, FLAG_RD);
    message_question(&a->m, name, type_of(a, one));
    message_opt(&a->m, 1232, false);
    uint64_t now = now_us();
    one->asked_us = one->asked_us == 0 ? now : one->asked_us;
    one->due_us = now + a->o->timeout_ms * 1000ul;
    one->next = NOBODY;
    if (a->last == NOBODY) {
        a->first = place;
    } else {
        a->asked[a->last].next = place;
    }
    a->last = place;
    pass_on(a, place / IDS);
}

/* The next new question; false: no place is free. */
static bool ask_new(struct asker *a)
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        uint32_t place = a->next_id;
        a->next_id = (a->next_id + 1) % (a->o->sockets * IDS);
        struct asked *one = &a->asked[place];
        if (one->used || one->next != NOBODY || place == a->last) {
            continue; /* still in the order of time, if only to be passed over */
        }
        bool hot = a->o->hot_every > 0 && (a->number + a->hot_number) % a->o->hot_every == 0 && a->o->hot > 0;
        uint64_t number = hot ? a->hot_number++ % a->o->hot : a->o->first + a->number++;
        *one =
            (struct asked){.number = number, .tries = (uint8_t)a->o->tries, .used = true, .hot = hot, .next = NOBODY};
        a->under_way++;
        count_add(hot ? &a->counts->hot_asked : &a->counts->asked, 1);
        send_one(a, place);
        return true;
    }
    return false;
}

static void done(struct asker *a, struct asked *one)
{
    one->used = false;
    a->under_way--;
}

static void count_answer(struct counts *c, const struct asked *one, unsigned rcode)
{
    if (rcode == 0) {
        count_add(&c->answered, 1);
    } else if (one->hot) {
        count_add(&c->hot_failed, 1);
    } else {
        count_add(rcode == 3 ? &c->denied : &c->failed, 1); /* NXDOMAIN, or a failure */
    }
}

static void take_answer(struct asker *a, unsigned socket, const uint8_t *data, size_t n)
{
    struct asked *one = &a->asked[socket * IDS + (n < 12 ? 0 : get_u16(data))];

    if (n < 12 || !one->used) {
        return;
    }
    if (!one->hot) {
        times_add(&a->counts->times, now_us() - one->asked_us);
    }
    count_answer(a->counts, one, data[3] & 0xf);
    done(a, one);
}

static void read_answers(struct asker *a, unsigned socket)
{
    unsigned wanted = a->o->batch > 1 ? a->o->batch : 1;

    for (int n = (int)wanted; n == (int)wanted;) {
        for (unsigned i = 0; i < wanted; i++) {
            a->in.part[i] = (struct iovec){a->in.data[i], sizeof a->in.data[i]};
            a->in.message[i].msg_hdr = (struct msghdr){.msg_iov = &a->in.part[i], .msg_iovlen = 1};
        }
        n = recvmmsg(a->fd[socket], a->in.message, wanted, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            take_answer(a, socket, a->in.data[i], a->in.message[i].msg_len);
        }
    }
}

static void expire(struct asker *a)
{
    uint64_t now = now_us();

    while (a->first != NOBODY && (!a->asked[a->first].used || a->asked[a->first].due_us <= now)) {
        uint32_t place = a->first;
        struct asked *one = &a->asked[place];
        a->first = one->next;
        one->next = NOBODY;
        if (a->first == NOBODY) {
            a->last = NOBODY;
        }
        if (!one->used) {
            continue;
        }
        if (--one->tries > 0) {
            send_one(a, place);
        } else {
            count_add(one->hot ? &a->counts->hot_failed : &a->counts->lost, 1);
            done(a, one);
        }
    }
}

/* How many may be asked now. */
static unsigned allowance(const struct asker *a)
{
    uint64_t left = a->o->names - a->number;
    uint64_t room = a->under_way < a->o->window ? a->o->window - a->under_way : 0;

    if (a->o->rate > 0) {
        uint64_t due = (now_us() - a->begun_us) * a->o->rate / 1000000, had = a->number + a->hot_number;
        room = due > had ? (room < due - had ? room : due - had) : 0;
    }
    room = room < left ? room : left;
    return room < 64 ? (unsigned)room : 64;
}

static bool begin(struct asker *a)
{
    a->asked = calloc((size_t)a->o->sockets * IDS, sizeof *a->asked);
    if (a->asked == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < a->o->sockets * IDS; i++) {
        a->asked[i].next = NOBODY;
    }
    for (unsigned i = 0; i < a->o->sockets; i++) {
        a->fd[i] = udp_socket(&a->o->server, false, &a->o->from);
        if (a->fd[i] < 0) {
            return false;
        }
    }
    a->begun_us = now_us();
    return true;
}

int ask(const struct ask_options *o, struct counts *counts)
{
    struct asker *a = calloc(1, sizeof *a);
    struct pollfd wait[SOCKETS_MAX];

    if (a == NULL) {
        return 1;
    }
    a->o = o;
    a->counts = counts;
    a->first = a->last = NOBODY;
    bool ok = begin(a);
    while (ok && !counts->stop && (a->number < o->names || a->under_way > 0)) {
        for (unsigned n = allowance(a); n > 0 && ask_new(a); n--) {
        }
        for (unsigned i = 0; i < o->sockets; i++) {
            send_batch(a, i);
            wait[i] = (struct pollfd){.fd = a->fd[i], .events = POLLIN};
        }
        if (poll(wait, o->sockets, allowance(a) > 0 ? 0 : 1) > 0) {
            for (unsigned i = 0; i < o->sockets; i++) {
                read_answers(a, i);
            }
        }
        expire(a);
    }
    for (unsigned i = 0; i < o->sockets && a->fd[i] > 0; i++) {
        close(a->fd[i]);
    }
    free(a->asked);
    free(a);
    return ok ? 0 : 1;
}
