#include "tools/raiz-lab/serve.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dns/limits.h"

#define IDLE_MS         10000
#define CONNECTIONS_MAX 512
#define WAITING_MAX     65536
#define SOCKET_BYTES    (1024 * 1024)

struct endpoint {
    struct host *host;
    struct lab_server *server;
    size_t address; /* index of server->real */
    uv_udp_t udp;
    uv_tcp_t tcp;
};

struct host {
    uv_loop_t *loop;
    struct lab *lab;
    const struct record *record;
    struct rng *rng;
    struct endpoint *endpoint;
    size_t endpoints;
    size_t connections, waiting;
    bool stopping;
    uint8_t in[DNS_MSG_MAX];  /* the datagram at hand */
    uint8_t out[DNS_MSG_MAX]; /* the answer at hand */
};

/* ---- addresses ---- */

static void to_socket(const struct addr *a, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == ADDR_IP4) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
        memcpy(&in.sin_addr, a->ip, 4);
        memcpy(out, &in, sizeof in);
    } else {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope};
        memcpy(&in.sin6_addr, a->ip, 16);
        memcpy(out, &in, sizeof in);
    }
}

static struct addr from_socket(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, sa, sizeof in);
        return addr_ip6(in.sin6_addr.s6_addr, ntohs(in.sin6_port));
    }
    struct sockaddr_in in;
    memcpy(&in, sa, sizeof in);
    uint8_t ip[4];
    memcpy(ip, &in.sin_addr, 4);
    return addr_ip4(ip, ntohs(in.sin_port));
}

static const struct sockaddr *generic(const struct sockaddr_storage *s)
{
    return (const struct sockaddr *)s;
}

/* One question: asks respond.c, counts and records it. */
static void respond(struct endpoint *e, bool tcp, const uint8_t *query, size_t n, const struct addr *client,
                    struct lab_reply *reply)
{
    struct host *h = e->host;
    uv_timeval64_t wall;
    uv_gettimeofday(&wall);
    lab_respond(h->lab, e->server, tcp, query, n, h->rng, h->out, reply);
    record_count(e->server, e->address, tcp, reply);
    struct record_line line = {.wall_us = wall.tv_sec * 1000000 + wall.tv_usec,
                               .server = e->server,
                               .address = e->address,
                               .tcp = tcp,
                               .client = client,
                               .reply = reply};
    record_question(h->record, &line);
}

/* ---- UDP ---- */

struct late_datagram {
    uv_timer_t timer;
    struct endpoint *endpoint;
    struct sockaddr_storage to;
    size_t len;
    uint8_t data[];
};

static void free_late_datagram(uv_handle_t *handle)
{
    struct late_datagram *l = handle->data;
    l->endpoint->host->waiting--;
    free(l);
}

static void send_datagram(struct endpoint *e, uint8_t *data, size_t n, const struct sockaddr *to)
{
    uv_buf_t buf = uv_buf_init((char *)data, (unsigned)n);
    if (!e->host->stopping) {
        uv_udp_try_send(&e->udp, &buf, 1, to); /* a full socket loses it, as networks do */
    }
}

static void on_late_datagram(uv_timer_t *timer)
{
    struct late_datagram *l = timer->data;
    send_datagram(l->endpoint, l->data, l->len, generic(&l->to));
    uv_close((uv_handle_t *)timer, free_late_datagram);
}

static void send_late(struct endpoint *e, const struct lab_reply *reply, const struct addr *client)
{
    struct host *h = e->host;
    struct late_datagram *l = h->waiting < WAITING_MAX ? malloc(sizeof *l + reply->len) : NULL;
    if (l == NULL) {
        return;
    }
    h->waiting++;
    l->endpoint = e;
    to_socket(client, &l->to);
    l->len = reply->len;
    memcpy(l->data, h->out, reply->len);
    uv_timer_init(h->loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, on_late_datagram, reply->delay_ms, 0);
}

static void on_udp_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct endpoint *e = handle->data;
    (void)wanted;
    *buf = uv_buf_init((char *)e->host->in, sizeof e->host->in);
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from, unsigned flags)
{
    struct endpoint *e = udp->data;
    (void)flags;
    if (n <= 0 || from == NULL) {
        return;
    }
    struct addr client = from_socket(from);
    struct lab_reply reply;
    respond(e, false, (const uint8_t *)buf->base, (size_t)n, &client, &reply);
    if (reply.fate != LAB_FATE_ANSWERED) {
        return;
    }
    if (reply.delay_ms > 0) {
        send_late(e, &reply, &client);
    } else {
        send_datagram(e, e->host->out, reply.len, from);
    }
}

/* ---- TCP ---- */

struct connection {
    uv_tcp_t tcp;
    uv_timer_t idle;
    struct endpoint *endpoint;
    struct addr client;
    unsigned parts; /* open handles and waiting answers; freed with the last */
    size_t have;
    uint8_t in[2 + DNS_MSG_MAX];
};

struct stream_answer {
    uv_write_t write;
    uv_timer_t timer;
    struct connection *connection;
    size_t len;
    uint8_t data[];
};

static void let_go(struct connection *c)
{
    if (--c->parts == 0) {
        c->endpoint->host->connections--;
        free(c);
    }
}

static void on_part_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

static void hang_up(struct connection *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->tcp)) {
        uv_close((uv_handle_t *)&c->tcp, on_part_closed);
        uv_close((uv_handle_t *)&c->idle, on_part_closed);
    }
}

static void on_idle(uv_timer_t *timer)
{
    hang_up(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
    struct stream_answer *s = write->data;
    if (status < 0) {
        hang_up(s->connection);
    }
    let_go(s->connection);
    free(s);
}

static void write_answer(struct stream_answer *s)
{
    uv_buf_t buf = uv_buf_init((char *)s->data, (unsigned)s->len);
    s->write.data = s;
    if (uv_is_closing((uv_handle_t *)&s->connection->tcp) ||
        uv_write(&s->write, (uv_stream_t *)&s->connection->tcp, &buf, 1, on_written) != 0) {
        on_written(&s->write, -1);
    }
}

static void on_waited(uv_handle_t *timer)
{
    write_answer(timer->data);
}

static void on_late_answer(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_waited);
}

static void send_answer(struct connection *c, const struct lab_reply *reply)
{
    struct host *h = c->endpoint->host;
    struct stream_answer *s = malloc(sizeof *s + 2 + reply->len);
    if (s == NULL) {
        hang_up(c);
        return;
    }
    s->connection = c;
    s->len = 2 + reply->len;
    s->data[0] = (uint8_t)(reply->len >> 8);
    s->data[1] = (uint8_t)reply->len;
    memcpy(s->data + 2, h->out, reply->len);
    c->parts++;
    if (reply->delay_ms == 0) {
        write_answer(s);
        return;
    }
    uv_timer_init(h->loop, &s->timer);
    s->timer.data = s;
    uv_timer_start(&s->timer, on_late_answer, reply->delay_ms, 0);
}

/* All questions that are there whole. */
static void take_questions(struct connection *c)
{
    size_t at = 0;
    while (c->have - at >= 2) {
        size_t n = (size_t)c->in[at] << 8 | c->in[at + 1];
        if (c->have - at - 2 < n) {
            break;
        }
        struct lab_reply reply;
        respond(c->endpoint, true, c->in + at + 2, n, &c->client, &reply);
        at += 2 + n;
        if (reply.fate == LAB_FATE_BAD) {
            hang_up(c);
            return;
        }
        if (reply.fate == LAB_FATE_ANSWERED) {
            send_answer(c, &reply);
        }
    }
    c->have -= at;
    memmove(c->in, c->in + at, c->have);
}

static void on_stream_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    (void)wanted;
    *buf = uv_buf_init((char *)c->in + c->have, (unsigned)(sizeof c->in - c->have));
}

static void on_stream(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    (void)buf;
    if (n < 0) {
        hang_up(c);
        return;
    }
    c->have += (size_t)n;
    uv_timer_again(&c->idle);
    take_questions(c);
}

static bool get_client(struct connection *c)
{
    struct sockaddr_storage from;
    int len = sizeof from;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&from, &len) != 0) {
        return false;
    }
    c->client = from_socket(generic(&from));
    return true;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct endpoint *e = listener->data;
    struct host *h = e->host;
    if (status < 0) {
        return;
    }
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return;
    }
    h->connections++;
    c->endpoint = e;
    c->parts = 2;
    uv_tcp_init(h->loop, &c->tcp);
    uv_timer_init(h->loop, &c->idle);
    c->tcp.data = c->idle.data = c;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 || h->connections > CONNECTIONS_MAX || !get_client(c)) {
        hang_up(c);
        return;
    }
    e->server->counts[e->address].connections++;
    uv_tcp_nodelay(&c->tcp, 1);
    uv_timer_start(&c->idle, on_idle, IDLE_MS, IDLE_MS);
    uv_read_start((uv_stream_t *)&c->tcp, on_stream_room, on_stream);
}

/* ---- the whole ---- */

struct host *host_new(uv_loop_t *loop, struct lab *lab, const struct record *record, struct rng *rng)
{
    struct host *h = calloc(1, sizeof *h);
    size_t count = 0;
    for (size_t i = 0; i < lab->servers; i++) {
        count += lab->server[i].addresses;
    }
    if (h == NULL || (h->endpoint = calloc(count + 1, sizeof *h->endpoint)) == NULL) {
        free(h);
        return NULL;
    }
    h->loop = loop;
    h->lab = lab;
    h->record = record;
    h->rng = rng;
    return h;
}

/* 0 or libuv's error. */
static int listen_at(struct host *h, struct endpoint *e, const struct addr *at)
{
    struct sockaddr_storage sa;
    int size = SOCKET_BYTES;
    to_socket(at, &sa);
    e->host = h;
    e->udp.data = e->tcp.data = e;
    int err = uv_udp_bind(&e->udp, generic(&sa), 0);
    if (err == 0) {
        uv_recv_buffer_size((uv_handle_t *)&e->udp, &size);
        err = uv_udp_recv_start(&e->udp, on_udp_room, on_datagram);
    }
    if (err == 0 && (e->server->habits & LAB_NOTCP) == 0) {
        err = uv_tcp_bind(&e->tcp, generic(&sa), 0);
        if (err == 0) {
            err = uv_listen((uv_stream_t *)&e->tcp, 128, on_connection);
        }
    }
    return err;
}

static void report_refusal(const struct addr *at, int err, lab_report *report, void *arg)
{
    char text[ADDR_TEXT_MAX], message[300];
    const char *remedy = "";
    if (err == UV_EADDRNOTAVAIL) {
        remedy = "; this host has no such address: use --add-addresses in a namespace, or --map";
    } else if (err == UV_EADDRINUSE) {
        remedy = "; is another lab running? choose another --port";
    } else if (err == UV_EACCES) {
        remedy = "; ports below 1024 need root: choose another --port";
    }
    addr_print(at, text);
    snprintf(message, sizeof message, "cannot listen at %s: %s%s", text, uv_strerror(err), remedy);
    report(arg, message);
}

bool host_listen(struct host *h, bool pass_over_ip6, lab_report *report, void *arg)
{
    for (size_t i = 0; i < h->lab->servers; i++) {
        struct lab_server *s = &h->lab->server[i];
        for (size_t a = 0; a < s->addresses; a++) {
            struct endpoint *e = &h->endpoint[h->endpoints];
            e->server = s;
            e->address = a;
            if (uv_udp_init(h->loop, &e->udp) != 0 || uv_tcp_init(h->loop, &e->tcp) != 0) {
                report(arg, "out of memory");
                return false;
            }
            h->endpoints++;
            int err = listen_at(h, e, &s->bound[a]);
            if (err == 0) {
                continue;
            }
            report_refusal(&s->bound[a], err, report, arg);
            if (!pass_over_ip6 || s->bound[a].family != ADDR_IP6) {
                return false;
            }
        }
    }
    return true;
}

static bool is_listener(const struct host *h, const uv_handle_t *handle)
{
    for (size_t i = 0; i < h->endpoints; i++) {
        const struct endpoint *e = &h->endpoint[i];
        if (handle == (const uv_handle_t *)&e->udp || handle == (const uv_handle_t *)&e->tcp) {
            return true;
        }
    }
    return false;
}

/* Handles that live on their own end by the way they would end anyway. */
static void close_each(uv_handle_t *handle, void *arg)
{
    struct host *h = arg;
    if (uv_is_closing(handle)) {
        return;
    }
    if (is_listener(h, handle) || handle->data == NULL) {
        uv_close(handle, NULL);
    } else if (handle->type == UV_TCP) {
        hang_up(handle->data);
    } else if (handle->type == UV_TIMER) {
        uv_timer_start((uv_timer_t *)handle, ((uv_timer_t *)handle)->timer_cb, 0, 0);
    }
}

void host_free(struct host *h)
{
    if (h == NULL) {
        return;
    }
    h->stopping = true;
    uv_walk(h->loop, close_each, h);
    uv_run(h->loop, UV_RUN_DEFAULT);
    free(h->endpoint);
    free(h);
}
