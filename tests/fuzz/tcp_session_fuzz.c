/*
 * tcp_session_fuzz.c - a TCP client that does anything in any order
 *
 * The input is a script for one connection over a socket pair. Each step is an octet and its operands:
 *
 *     0 N octets   the client sends N octets          4      the client shuts its side
 *     1 K          query K is answered                5      the client closes
 *     2 K          query K is dropped                 6 T    T tenths of a second pass
 *     3            the client reads what there is     7      the daemon's loop looks at the socket
 *
 * What becomes of a query says its first octet: answered at once (and how long), under way, or dropped. Checked: no
 * more than 32 under way, every query under way ends exactly once, answered, dropped, or reported gone, and nothing is
 * held when the connection has ended.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/io/tcp_conn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUERIES_MAX 4096

struct session {
    struct tcp_in *in;
    int peer; /* the client's end; -1: closed */
    uint64_t queries;
    struct client under_way[QUERIES_MAX];
    unsigned count;
    struct now now;
};

static enum client_verdict on_query(void *arg, struct client *client, const struct wire_query *q, struct now now,
                                    uint8_t *out, size_t *out_len)
{
    struct session *s = arg;
    (void)now;
    uint8_t what = q->n > 0 ? q->data[0] : 0;
    if (what % 4 == 0) {
        return CLIENT_DROP;
    }
    if (what % 4 == 1 && s->count < QUERIES_MAX) {
        client->id = ++s->queries;
        client->owner = 7;
        s->under_way[s->count++] = *client;
        assert(s->count <= TCP_IN_QUERIES_MAX);
        return CLIENT_PENDING;
    }
    *out_len = what == 255 ? 65535 : 12u * what;
    memset(out, 'a', *out_len);
    return CLIENT_ANSWER;
}

static void on_gone(void *arg, const struct addr *peer, uint64_t id, uint16_t owner)
{
    struct session *s = arg;
    unsigned i = 0;
    (void)peer;
    assert(owner == 7);
    while (i < s->count && s->under_way[i].id != id) {
        i++;
    }
    assert(i < s->count); /* once, and only of what is under way */
    s->under_way[i] = s->under_way[--s->count];
}

static void end_query(struct session *s, unsigned k, bool answer)
{
    static const uint8_t wire[512] = "an answer";
    if (s->count == 0) {
        return;
    }
    struct client c = s->under_way[k % s->count];
    s->under_way[k % s->count] = s->under_way[s->count - 1];
    s->count--;
    if (answer) {
        tcp_in_answer(s->in, &c, wire, k % 3 == 0 ? sizeof wire : 12);
    } else {
        tcp_in_drop(s->in, &c);
    }
    tcp_in_answer(s->in, &c, wire, 12); /* a second time: nobody listens */
}

static void client_reads(struct session *s)
{
    static uint8_t room[65536];
    while (s->peer >= 0 && recv(s->peer, room, sizeof room, MSG_DONTWAIT) > 0) {
    }
}

static size_t client_sends(struct session *s, const uint8_t *data, size_t size)
{
    size_t n = size > 0 && (size_t)data[0] < size - 1 ? data[0] : size > 0 ? size - 1 : 0;
    if (s->peer >= 0 && n > 0) {
        ssize_t sent = send(s->peer, data + 1, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent;
    }
    return n + (size > 0);
}

static void time_passes(struct session *s, uint8_t tenths)
{
    s->now.mono_us += tenths * (US_PER_S / 10);
    if (s->in->first != NULL && tcp_conn_expired(s->in->first, s->now, TCP_IN_IDLE_US)) {
        tcp_conn_close(s->in->first);
    }
}

static void play(struct session *s, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint8_t step = data[at++], operand = at < size ? data[at] : 0;
        switch (step % 8) {
        case 0:
            at += client_sends(s, data + at, size - at);
            break;
        case 1:
        case 2:
            at++;
            end_query(s, operand, step % 8 == 1);
            break;
        case 3:
            client_reads(s);
            break;
        case 4:
            if (s->peer >= 0) {
                shutdown(s->peer, SHUT_WR);
            }
            break;
        case 5:
            if (s->peer >= 0) {
                close(s->peer);
                s->peer = -1;
            }
            break;
        case 6:
            at++;
            time_passes(s, operand);
            break;
        default:
            poller_run(loop_poller(s->in->loop));
            break;
        }
    }
}

static void no_mail(void *arg, struct mail *letter)
{
    (void)arg;
    free(letter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loop *loop;
    static struct session s;
    static const uint8_t key[SIPHASH_KEY_SIZE] = "a key for tests";
    int fd[2];
    if (loop == NULL) {
        struct loop_handler on = {.mail = no_mail};
        cache_thread_begin();
        loop = loop_new(&on);
    }
    struct quota *quota = quota_new(4, 4, key);
    struct tcp_in_handler handler = {.arg = &s, .query = on_query, .gone = on_gone};
    struct addr peer = addr_ip4((const uint8_t[]){10, 1, 2, 3}, 4000);
    s = (struct session){.peer = -1};
    s.in = tcp_in_new(loop, NULL, 0, 0, quota, &handler);
    if (loop == NULL || quota == NULL || s.in == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0 ||
        quota_enter(quota, &peer) != QUOTA_OK) {
        abort();
    }
    s.now = loop_now(loop);
    s.peer = fd[1];
    assert(tcp_conn_open(s.in, fd[0], &peer, 0, s.now));
    play(&s, data, size);
    tcp_in_free(s.in);
    assert(s.count == 0 && quota_used(quota) == 0 && loop_poller(loop)->sources == 0);
    quota_free(quota);
    if (s.peer >= 0) {
        close(s.peer);
    }
    return 0;
}
