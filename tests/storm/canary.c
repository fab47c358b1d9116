/*
 * canary.c - how well others are served meanwhile
 *
 * A steady trickle of benign questions: cached ones, uncached ones, and as a reference the cached ones' twins to
 * another server. What the machine's other work adds to the times it adds to the reference's as well, so the difference
 * is the resolver's own. Each line read from stdin ends a count: what is under way is waited for, the figures are
 * printed, and the next count begins.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/storm/storm.h"

enum kind { CACHED, UNCACHED, REFERENCE, KINDS };
static const char *const kind_text[] = {"cached", "uncached", "reference"};

#define TIMES_MAX 65536 /* of one kind in one count */
#define UNDER_WAY 4096

struct bird {
    const struct canary_options *o;
    int fd[KINDS];
    uint64_t sent_us[KINDS][UNDER_WAY]; /* by id; 0: answered */
    unsigned sent[KINDS], failed[KINDS], answered[KINDS];
    uint16_t id[KINDS];
    uint64_t due_us[KINDS];
    uint64_t number;
    uint32_t times[KINDS][TIMES_MAX];
    struct message m;
};

static void ask_one(struct bird *b, enum kind k)
{
    char name[320];
    uint16_t id = b->id[k]++ % UNDER_WAY;

    if (b->sent[k] == TIMES_MAX) {
        return;
    }
    if (k == UNCACHED) {
        snprintf(name, sizeof name, "u%lu.%s", b->number++, b->o->zone);
    } else {
        snprintf(name, sizeof name, "c%u.%s", b->sent[k] % 10, b->o->zone);
    }
    message_begin(&b->m, id, FLAG_RD);
    message_question(&b->m, name, TYPE_A);
    message_opt(&b->m, 1232, false);
    b->sent[k]++;
    b->sent_us[k][id] = now_us();
    if (send(b->fd[k], b->m.data, b->m.n, 0) < 0) {
        b->failed[k]++;
        b->sent_us[k][id] = 0;
    }
}

static void read_answers(struct bird *b, enum kind k)
{
    uint8_t data[4096];
    ssize_t n;

    while ((n = recv(b->fd[k], data, sizeof data, MSG_DONTWAIT)) > 0) {
        if (n < 12 || get_u16(data) >= UNDER_WAY || b->sent_us[k][get_u16(data)] == 0) {
            continue;
        }
        uint64_t *sent = &b->sent_us[k][get_u16(data)];
        if ((data[3] & 0xf) == 0 && get_u16(data + COUNT_AN) > 0) {
            b->times[k][b->answered[k]++] = (uint32_t)(now_us() - *sent);
        } else {
            b->failed[k]++;
        }
        *sent = 0;
    }
}

static void read_all(struct bird *b, int wait_ms)
{
    struct pollfd p[KINDS + 1];

    for (unsigned k = 0; k < KINDS; k++) {
        p[k] = (struct pollfd){.fd = b->fd[k], .events = POLLIN};
    }
    p[KINDS] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}; /* wakes, and is read by the caller */
    poll(p, KINDS + 1, wait_ms);
    for (unsigned k = 0; k < KINDS; k++) {
        read_answers(b, (enum kind)k);
    }
}

static unsigned missing(const struct bird *b)
{
    unsigned n = 0;
    for (unsigned k = 0; k < KINDS; k++) {
        n += b->sent[k] - b->answered[k] - b->failed[k];
    }
    return n;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(struct bird *b)
{
    uint64_t until = now_us() + b->o->patience_ms * 1000ul;

    while (missing(b) > 0 && now_us() < until) {
        for (unsigned k = 0; k < KINDS; k++) {
            read_answers(b, (enum kind)k);
        }
        usleep(1000);
    }
    for (unsigned k = 0; k < KINDS; k++) {
        unsigned n = b->answered[k];
        qsort(b->times[k], n, sizeof b->times[k][0], by_size);
        printf("%s\"%s\": {\"sent\": %u, \"answered\": %u, \"p50_us\": %u, \"p99_us\": %u, \"max_us\": %u}",
               k == 0 ? "{" : ", ", kind_text[k], b->sent[k], n, n > 0 ? b->times[k][n / 2] : 0,
               n > 0 ? b->times[k][(n - 1) * 99 / 100] : 0, n > 0 ? b->times[k][n - 1] : 0);
        b->sent[k] = b->failed[k] = b->answered[k] = 0;
        memset(b->sent_us[k], 0, sizeof b->sent_us[k]);
        b->due_us[k] = now_us();
    }
    printf("}\n");
    fflush(stdout);
}

static bool read_line(void)
{
    char line[64];
    return read(STDIN_FILENO, line, sizeof line) > 0;
}

static bool line_waits(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

int canary(const struct canary_options *o)
{
    struct bird *b = calloc(1, sizeof *b);
    const unsigned rate[KINDS] = {o->cached_rate, o->uncached_rate, o->cached_rate};

    if (b == NULL) {
        return 1;
    }
    b->o = o;
    b->number = now_us() % 1000000000;
    b->fd[CACHED] = udp_socket(&o->server, false, NULL);
    b->fd[UNCACHED] = udp_socket(&o->server, false, NULL);
    b->fd[REFERENCE] = udp_socket(&o->reference, false, NULL);
    for (unsigned k = 0; k < KINDS; k++) {
        b->due_us[k] = now_us() + 1000 * k;
        if (b->fd[k] < 0) {
            return 1;
        }
    }
    for (;;) {
        uint64_t next = UINT64_MAX;
        for (unsigned k = 0; k < KINDS; k++) {
            if (b->due_us[k] <= now_us()) {
                ask_one(b, (enum kind)k);
                b->due_us[k] += 1000000 / rate[k];
            }
            next = b->due_us[k] < next ? b->due_us[k] : next;
        }
        uint64_t now = now_us();
        read_all(b, next > now ? (int)((next - now) / 1000 + 1) : 0);
        if (line_waits()) {
            if (!read_line()) {
                break;
            }
            report(b);
        }
    }
    free(b);
    return 0;
}
