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

/* One question under way; its place is socket and id. */
struct asked {
    uint64_t number, due_us;
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
};
#define NOBODY UINT32_MAX

static void name_of(const struct asker *a, const struct asked *one, char *out, size_t size)
{
    const char *form = one->hot ? a->o->hot_name : a->o->name;
    size_t n = 0;

    for (; *form != '\0' && n + 21 < size; form++) {
        if (*form == '%') { /* "%." counts, "%/20." counts every twentieth, "%:20." to twenty
                              and anew, "%~." is random but never the same */
            uint64_t number = one->number;
            if (form[1] == '~') {
                struct chance c = {number};
                n += (size_t)snprintf(out + n, size - n, "%016lx", chance_u64(&c));
                form++;
                continue;
            }
            if (form[1] == '/' || form[1] == ':') {
                char *end;
                unsigned long by = strtoul(form + 2, &end, 10);
                number = by == 0 ? 0 : form[1] == '/' ? number / by : number % by;
                form = end - 1;
            }
            n += (size_t)snprintf(out + n, size - n, "%lu", number);
        } else {
            out[n++] = *form;
        }
    }
    out[n] = '\0';
}

static unsigned type_of(const struct asker *a, const struct asked *one)
{
    static const uint16_t types[] = {1,  1,  1,  2,  5,  6,  12, 15, 16, 28,  33,
                                     35, 39, 43, 46, 47, 48, 52, 64, 65, 255, 257};
    struct chance c = {one->number}; /* the same when it is asked again */
    return a->o->any_type && !one->hot ? types[chance_below(&c, sizeof types / sizeof types[0])] : a->o->type;
}

static void send_one(struct asker *a, uint32_t place)
{
    struct asked *one = &a->asked[place];
    char name[512];

    name_of(a, one, name, sizeof name);
    message_begin(&a->m, place % IDS, FLAG_RD);
    message_question(&a->m, name, type_of(a, one));
    message_opt(&a->m, 1232, false);
    one->due_us = now_us() + a->o->timeout_ms * 1000ul;
    one->next = NOBODY;
    if (a->last == NOBODY) {
        a->first = place;
    } else {
        a->asked[a->last].next = place;
    }
    a->last = place;
    if (send(a->fd[place / IDS], a->m.data, a->m.n, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED) {
        perror("storm: send");
    }
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

static void read_answers(struct asker *a, unsigned socket)
{
    uint8_t data[4096];
    ssize_t n;

    while ((n = recv(a->fd[socket], data, sizeof data, MSG_DONTWAIT)) >= 12) {
        struct asked *one = &a->asked[socket * IDS + get_u16(data)];
        if (!one->used) {
            continue;
        }
        count_answer(a->counts, one, data[3] & 0xf);
        done(a, one);
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
