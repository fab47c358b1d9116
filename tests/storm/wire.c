/*
 * wire.c - messages, written and read without raiz' own codec
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/storm/storm.h"

uint64_t chance_u64(struct chance *c)
{
    uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned chance_below(struct chance *c, unsigned n)
{
    return (unsigned)((chance_u64(c) >> 32) * n >> 32);
}

bool chance_one_in(struct chance *c, unsigned n)
{
    return chance_below(c, n) == 0;
}

void put_bytes(struct message *m, const void *p, size_t n)
{
    if (n > MESSAGE_MAX - m->n) {
        n = MESSAGE_MAX - m->n; /* a message that is cut off is as good a storm as any */
    }
    memcpy(m->data + m->n, p, n);
    m->n += n;
}

void put_u8(struct message *m, unsigned v)
{
    uint8_t b = (uint8_t)v;
    put_bytes(m, &b, 1);
}

void put_u16(struct message *m, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    put_bytes(m, b, 2);
}

void put_u32(struct message *m, uint32_t v)
{
    put_u16(m, v >> 16);
    put_u16(m, v & 0xffff);
}

void put_name(struct message *m, const char *text)
{
    while (*text != '\0' && strcmp(text, ".") != 0) {
        size_t n = strcspn(text, ".");
        put_u8(m, (unsigned)n);
        put_bytes(m, text, n);
        text += n;
        text += *text == '.';
    }
    put_u8(m, 0);
}

void set_u16(struct message *m, size_t at, unsigned v)
{
    if (at + 2 <= m->n) {
        m->data[at] = (uint8_t)(v >> 8);
        m->data[at + 1] = (uint8_t)v;
    }
}

unsigned get_u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

void count_up(struct message *m, size_t which)
{
    set_u16(m, which, get_u16(m->data + which) + 1);
}

void message_begin(struct message *m, unsigned id, unsigned flags)
{
    m->n = 0;
    put_u16(m, id);
    put_u16(m, flags);
    put_u32(m, 0);
    put_u32(m, 0);
}

void message_question(struct message *m, const char *name, unsigned type)
{
    put_name(m, name);
    put_u16(m, type);
    put_u16(m, 1);
    count_up(m, COUNT_QD);
}

void message_opt(struct message *m, unsigned size, bool dnssec_ok)
{
    put_u8(m, 0);
    put_u16(m, TYPE_OPT);
    put_u16(m, size);
    put_u32(m, dnssec_ok ? 0x8000 : 0);
    put_u16(m, 0);
    count_up(m, COUNT_AR);
}

size_t begin_record(struct message *m, size_t section, const char *owner, unsigned type, uint32_t ttl_s)
{
    if (owner == NULL) {
        put_u16(m, 0xc00c);
    } else {
        put_name(m, owner);
    }
    put_u16(m, type);
    put_u16(m, 1);
    put_u32(m, ttl_s);
    put_u16(m, 0);
    count_up(m, section);
    return m->n;
}

void end_record(struct message *m, size_t begun)
{
    set_u16(m, begun - 2, (unsigned)(m->n - begun));
}

/* Plain labels only, as raizd sends. */
static bool read_name(struct question *q, size_t *at)
{
    size_t out = 0;

    q->labels = 0;
    while (*at < q->n && q->data[*at] != 0) {
        size_t len = q->data[(*at)++];
        if (len > 63 || *at + len > q->n || out + len + 2 > sizeof q->name || q->labels == 127) {
            return false;
        }
        q->label[q->labels++] = q->name + out;
        for (size_t i = 0; i < len; i++) {
            uint8_t c = q->data[*at + i];
            q->name[out++] = c == '.' || !isprint(c) ? '?' : (char)tolower(c);
        }
        q->name[out++] = '.';
        *at += len;
    }
    if (out == 0) {
        q->name[out++] = '.';
    }
    q->name[out] = '\0';
    q->label[q->labels] = q->name + out;
    return (*at)++ < q->n;
}

bool question_read(struct question *q, const uint8_t *data, size_t n)
{
    size_t at = 12;

    q->data = data;
    q->n = n;
    if (n < 12 || (data[2] & 0x80) != 0 || get_u16(data + COUNT_QD) != 1 || !read_name(q, &at) || at + 4 > n) {
        return false;
    }
    q->type = get_u16(data + at);
    q->end = at + 4;
    q->edns = get_u16(data + COUNT_AR) > 0;
    return true;
}

void reply_begin(struct message *m, const struct question *q, unsigned flags)
{
    message_begin(m, get_u16(q->data), FLAG_QR | flags);
    put_bytes(m, q->data + 12, q->end - 12);
    set_u16(m, COUNT_QD, 1);
}

uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int udp_socket(const struct sockaddr_in *to, bool bind_it, const struct sockaddr_in *from)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int size = 8 << 20, on = 1;

    if (fd < 0) {
        perror("storm: socket");
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (from != NULL && from->sin_family == AF_INET && bind(fd, (const struct sockaddr *)from, sizeof *from) != 0) {
        perror("storm: bind");
        return -1;
    }
    int err = bind_it ? bind(fd, (const struct sockaddr *)to, sizeof *to)
                      : connect(fd, (const struct sockaddr *)to, sizeof *to);
    if (err != 0) {
        perror(bind_it ? "storm: bind" : "storm: connect");
        return -1;
    }
    return fd;
}
