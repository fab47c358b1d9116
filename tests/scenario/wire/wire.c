/*
 * wire.c - the servers of scenarios on real sockets
 *
 * The system tests of raizd need the same signed zones and the same lies as the scenarios of the engine. This program
 * takes their `server` statements on standard input and serves them at port 53 of the addresses that they name, over
 * UDP and TCP. A line with a lone "." ends a part of the input, which is then done and answered with a line of JSON:
 *
 *     server ADDR ...          as in the scenarios (README.md); signatures are made for the present time
 *     anchor ZONE [OPTIONS]    adds the DS of the zone's key to the answer: {"anchors": ["zone. 3600 IN DS ..."]}
 *     report                   adds the questions since the last report: how many reached each address, and the first
 *                              of them one by one: {"counts": {"10.55.1.1": 3}, "questions": [["10.55.1.1",
 *                              "www.test.", "A", "udp"], ...]}
 *
 * Delays hold for UDP only. It ends with its standard input. One thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "authority.h"
#include "dns/build.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/io/sockaddr.h"

#define EVENTS        64
#define QUESTIONS_MAX 4096
#define DATAGRAMS     64 /* of one socket in a turn */
#define SEND_BYTES    (4 << 20)

enum place_kind { PLACE_STDIN, PLACE_UDP, PLACE_LISTEN, PLACE_STREAM };

/* What a descriptor is. */
struct place {
    enum place_kind kind;
    int fd;
    struct site *site;
    size_t n;
    uint8_t data[2 + 65535]; /* of a stream, not yet read as a message */
};

/* A server and what reached it. */
struct site {
    struct host *host;
    unsigned long count;
};

struct question_seen {
    const struct site *site;
    struct dname_buf name;
    uint16_t type;
    bool tcp;
};

struct delayed {
    struct delayed *next;
    uint64_t due_us;
    int fd;
    struct sockaddr_storage to;
    socklen_t to_len;
    size_t len;
    uint8_t data[];
};

struct wire {
    struct hosts hosts;
    struct site site[HOSTS_MAX];
    struct rng_seeded rng;
    int poll;
    uint64_t begun_us;
    struct question_seen seen[QUESTIONS_MAX];
    size_t seen_count;
    struct delayed *delayed;
    char *input;
    size_t input_len, input_cap;
};

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "scn-serve: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- sockets ---- */

static struct place *place_new(struct wire *w, enum place_kind kind, int fd, struct site *site)
{
    struct place *p = calloc(1, sizeof *p);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

    if (p == NULL || epoll_ctl(w->poll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        give_up("a descriptor");
    }
    *p = (struct place){.kind = kind, .fd = fd, .site = site};
    return p;
}

static int socket_at(const struct addr *a, int type)
{
    union sockaddr_any at;
    socklen_t n = sockaddr_from(a, &at);
    int on = 1, size = SEND_BYTES, fd = socket(at.sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (fd < 0 || bind(fd, &at.sa, n) != 0 || (type == SOCK_STREAM && listen(fd, 1024) != 0)) {
        give_up("a socket");
    }
    return fd;
}

static void open_new_sites(struct wire *w)
{
    for (size_t i = 0; i < w->hosts.count; i++) {
        struct site *s = &w->site[i];
        if (s->host == NULL) {
            s->host = w->hosts.host[i];
            place_new(w, PLACE_UDP, socket_at(&s->host->addr, SOCK_DGRAM), s);
            place_new(w, PLACE_LISTEN, socket_at(&s->host->addr, SOCK_STREAM), s);
        }
    }
}

/* ---- what is asked and answered ---- */

static void note_question(struct wire *w, struct site *s, const uint8_t *data, size_t n, bool tcp)
{
    struct dns_msg m;

    s->count++;
    if (w->seen_count < QUESTIONS_MAX && dns_query_parse(data, n, &m) == DNS_OK) {
        struct question_seen *q = &w->seen[w->seen_count++];
        *q = (struct question_seen){.site = s, .type = m.qtype, .tcp = tcp};
        dname_lower(m.qname, &q->name);
    }
}

static void send_later(struct wire *w, uint64_t due_us, int fd, const struct sockaddr_storage *to, socklen_t to_len,
                       const struct packet *packet)
{
    struct delayed *d = malloc(sizeof *d + packet->len), **at = &w->delayed;

    if (d == NULL) {
        give_up("memory");
    }
    *d = (struct delayed){.due_us = due_us, .fd = fd, .to = *to, .to_len = to_len, .len = packet->len};
    memcpy(d->data, packet->data, packet->len);
    while (*at != NULL && (*at)->due_us <= due_us) {
        at = &(*at)->next;
    }
    d->next = *at;
    *at = d;
}

static void send_due(struct wire *w)
{
    while (w->delayed != NULL && w->delayed->due_us <= now_us()) {
        struct delayed *d = w->delayed;
        w->delayed = d->next;
        (void)sendto(d->fd, d->data, d->len, 0, (const struct sockaddr *)&d->to, d->to_len);
        free(d);
    }
}

static struct reaction *react(struct wire *w, struct site *s, const uint8_t *data, size_t n, bool tcp)
{
    static struct reaction r; /* big */

    note_question(w, s, data, n, tcp);
    host_react(&w->hosts, s->host, data, n, tcp, now_us() - w->begun_us, &w->rng.rng, &r);
    return &r;
}

static void read_datagrams(struct wire *w, struct place *p)
{
    for (unsigned i = 0; i < DATAGRAMS; i++) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(p->fd, p->data, sizeof p->data, 0, (struct sockaddr *)&from, &from_len);
        if (n < 0) {
            return;
        }
        struct reaction *r = react(w, p->site, p->data, (size_t)n, false);
        for (unsigned k = 0; r->conduct == CONDUCT_ANSWER && k < r->packets; k++) {
            uint64_t wait_us = r->delay_us + r->packet[k].later_us;
            if (wait_us > 0) {
                send_later(w, now_us() + wait_us, p->fd, &from, from_len, &r->packet[k]);
            } else {
                (void)sendto(p->fd, r->packet[k].data, r->packet[k].len, 0, (struct sockaddr *)&from, from_len);
            }
        }
    }
}

static void accept_stream(struct wire *w, struct place *p)
{
    int size = SEND_BYTES, fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        place_new(w, PLACE_STREAM, fd, p->site);
    }
}

/* False: the connection ends. */
static bool answer_stream(struct wire *w, struct place *p, const uint8_t *data, size_t n)
{
    static uint8_t frame[2 + 65535];
    struct reaction *r = react(w, p->site, data, n, true);

    if (r->conduct == CONDUCT_CLOSED || r->conduct == CONDUCT_ICMP) {
        return false;
    }
    for (unsigned k = 0; r->conduct == CONDUCT_ANSWER && k < r->packets; k++) {
        size_t len = r->packet[k].len;
        frame[0] = (uint8_t)(len >> 8);
        frame[1] = (uint8_t)len;
        memcpy(frame + 2, r->packet[k].data, len);
        if (send(p->fd, frame, len + 2, MSG_NOSIGNAL) != (ssize_t)len + 2) {
            return false;
        }
    }
    return true;
}

static void read_stream(struct wire *w, struct place *p)
{
    ssize_t got = recv(p->fd, p->data + p->n, sizeof p->data - p->n, 0);
    size_t at = 0;
    bool goes_on = got > 0 || (got < 0 && errno == EAGAIN);

    p->n += got > 0 ? (size_t)got : 0;
    while (goes_on && p->n - at >= 2) {
        size_t len = (size_t)p->data[at] << 8 | p->data[at + 1];
        if (p->n - at < 2 + len) {
            break;
        }
        goes_on = answer_stream(w, p, p->data + at + 2, len);
        at += 2 + len;
    }
    if (!goes_on) {
        close(p->fd);
        free(p);
        return;
    }
    memmove(p->data, p->data + at, p->n - at);
    p->n -= at;
}

/* ---- statements ---- */

static void print_anchor(struct words *w, bool first)
{
    struct dname_buf zone;
    struct signing how = signing_usual(0);
    struct record ds;
    char line[1024];
    struct text text = text_of(line, sizeof line);

    words_name(w, NULL, &zone);
    signing_read(w, &how);
    sign_ds(dname_of(&zone), &how, &ds);
    rr_print(dname_of(&zone), 3600, DNS_CLASS_IN, ds.type, ds.rdata, ds.len, &text);
    free(ds.rdata);
    for (size_t i = 0; i < text.len; i++) {
        line[i] = line[i] == '\t' ? ' ' : line[i];
    }
    printf("%s\"%.*s\"", first ? "" : ", ", (int)text.len, line);
}

static void print_address(const struct addr *a, char out[static ADDR_TEXT_MAX])
{
    struct addr plain = *a;

    plain.port = 0;
    addr_print(&plain, out);
}

static void print_report(struct wire *w)
{
    const char *comma = "";
    char address[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];

    printf(", \"counts\": {");
    for (size_t i = 0; i < w->hosts.count; i++) {
        print_address(&w->site[i].host->addr, address);
        printf("%s\"%s\": %lu", i == 0 ? "" : ", ", address, w->site[i].count);
        w->site[i].count = 0;
    }
    printf("}, \"questions\": [");
    for (size_t i = 0; i < w->seen_count; i++, comma = ", ") {
        const struct question_seen *q = &w->seen[i];
        print_address(&q->site->host->addr, address);
        printf("%s[\"%s\", \"", comma, address);
        dname_print(dname_of(&q->name), name);
        for (const char *c = name; *c != '\0'; c++) {
            printf("%s%c", *c == '\\' || *c == '"' ? "\\" : "", *c);
        }
        printf("\", \"%s\", \"%s\"]", dns_type_text(q->type, type), q->tcp ? "tcp" : "udp");
    }
    printf("]");
    w->seen_count = 0;
}

/* One part of the input. The script stays: rules point into its text. */
static void play(struct wire *w, char *text)
{
    struct script *script = calloc(1, sizeof *script);
    bool report = false, first = true;

    if (script == NULL) {
        give_up("memory");
    }
    script_parse("input", text, script);
    w->hosts.now_s = (int64_t)time(NULL);
    printf("{\"anchors\": [");
    for (size_t i = 0; i < script->count; i++) {
        struct words words = {.script = script, .st = &script->statements[i]};
        if (words_accept(&words, "server")) {
            hosts_statement(&w->hosts, &words);
        } else if (words_accept(&words, "anchor")) {
            print_anchor(&words, first);
            first = false;
        } else if (words_accept(&words, "report")) {
            report = true;
        }
        if (words_more(&words)) {
            words_fail(&words, "not understood: %.*s", (int)words_peek(&words).len, words_peek(&words).text);
        }
    }
    open_new_sites(w);
    printf("]");
    if (report) {
        print_report(w);
    }
    printf("}\n");
    fflush(stdout);
}

/* False: it has ended. */
static bool read_input(struct wire *w)
{
    char *end;

    if (w->input_cap - w->input_len < 65536) {
        w->input_cap = 2 * w->input_cap + 131072;
        w->input = realloc(w->input, w->input_cap);
        if (w->input == NULL) {
            give_up("memory");
        }
    }
    ssize_t n = read(STDIN_FILENO, w->input + w->input_len, w->input_cap - w->input_len - 1);
    if (n <= 0) {
        return false;
    }
    w->input_len += (size_t)n;
    w->input[w->input_len] = '\0';
    while ((end = strstr(w->input, "\n.\n")) != NULL) {
        *end = '\0';
        play(w, strdup(w->input));
        size_t used = (size_t)(end + 3 - w->input);
        memmove(w->input, end + 3, w->input_len - used + 1);
        w->input_len -= used;
    }
    return true;
}

static bool take(struct wire *w, struct place *p)
{
    switch (p->kind) {
    case PLACE_STDIN:
        return read_input(w);
    case PLACE_UDP:
        read_datagrams(w, p);
        return true;
    case PLACE_LISTEN:
        accept_stream(w, p);
        return true;
    default:
        read_stream(w, p);
        return true;
    }
}

int main(void)
{
    static struct wire w; /* big */
    struct epoll_event events[EVENTS];
    bool goes_on = true;

    w.poll = epoll_create1(EPOLL_CLOEXEC);
    w.begun_us = now_us();
    rng_seeded_init(&w.rng, 1);
    place_new(&w, PLACE_STDIN, STDIN_FILENO, NULL);
    while (goes_on) {
        int wait_ms = -1;
        if (w.delayed != NULL) {
            uint64_t now = now_us();
            wait_ms = w.delayed->due_us > now ? (int)((w.delayed->due_us - now) / 1000 + 1) : 0;
        }
        int n = epoll_wait(w.poll, events, EVENTS, wait_ms);
        for (int i = 0; i < n && goes_on; i++) {
            goes_on = take(&w, events[i].data.ptr);
        }
        send_due(&w);
    }
    return 0;
}
