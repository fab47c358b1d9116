/*
 * latency_bench.c - how long cache hits wait, with and without other work
 *
 *     latency_bench HOST PORT HITS MISSES [HITS_A_SECOND MISSES_A_SECOND ROUNDS SECONDS]
 *
 * HITS and MISSES are files of names, one a line. Hits are asked over and over, at random; of the misses each once, in
 * order. After each hit was asked once, windows without and with misses take turns, so that what the machine does
 * besides meets both; the medians of the windows are told, and their ratio.
 *
 * Open loop: questions go out by the clock, at random intervals (exponential), whether answers come or not; when this
 * program is late, those that should have gone out meanwhile are left out. The time of
 * a hit is that from before its send() to the kernel's own stamp of the answer: how late this program is to read it
 * does not count, so it may share a processor with the name servers. The server must have one of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dns/build.h"
#include "dns/types.h"

#define ROUNDS_MAX 50
#define IDS        65536
#define SETTLE_NS  300000000 /* after each window */
#define NS_PER_S   1000000000
#define LATE_NS    200000 /* when this program is so late, others had its processor */

struct names {
    char **name;
    size_t n, next;
};

struct stream {
    int fd;
    double rate;
    uint64_t due_ns;
    uint16_t id;
    uint64_t asked, answered, failed, late;
    int64_t sent_ns[IDS]; /* 0: not under way */
};

struct window {
    double p50_us, p99_us, p999_us, max_us;
    uint64_t asked, answered, misses, missed_well, late;
};

struct run {
    struct names hits, misses;
    struct stream hit, miss;
    uint32_t *took_ns;
    size_t took, room;
    uint64_t chance;
};

static void die(const char *what)
{
    fprintf(stderr, "latency_bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t clock_ns(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static double uniform(struct run *r)
{
    r->chance ^= r->chance << 13;
    r->chance ^= r->chance >> 7;
    r->chance ^= r->chance << 17;
    return (double)(r->chance >> 11) / 9007199254740992.0;
}

static struct names read_names(const char *path)
{
    struct names list = {0};
    char line[300];
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        die(path);
    }
    for (size_t room = 0; fgets(line, sizeof line, f) != NULL; list.n++) {
        if (list.n == room) {
            room = room * 2 + 1024;
            list.name = realloc(list.name, room * sizeof *list.name);
        }
        line[strcspn(line, "\r\n")] = '\0';
        list.name[list.n] = strdup(line);
    }
    fclose(f);
    return list;
}

static int open_socket(const char *host, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, room = 4 << 20;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        die(host);
    }
    return fd;
}

static void ask(struct stream *s, const char *text)
{
    uint8_t wire[512];
    struct dname_buf name;
    struct build b;
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE, .dnssec_ok = true};
    if (dname_scan(text, strlen(text), NULL, &name) != DNS_OK) {
        errno = EINVAL;
        die(text);
    }
    build_init(&b, wire, sizeof wire, ++s->id, DNS_FLAG_RD, DNS_RR_MIN);
    build_question(&b, dname_of(&name), DNS_TYPE_A, DNS_CLASS_IN);
    size_t n = build_finish(&b, &opt);
    s->sent_ns[s->id] = clock_ns(CLOCK_REALTIME);
    send(s->fd, wire, n, 0);
    s->asked++;
}

static int64_t stamp_of(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
        }
    }
    errno = EPROTO;
    die("the kernel gives no time stamps");
    return 0;
}

static void note_time(struct run *r, int64_t took_ns)
{
    if (r->took == r->room) {
        r->room = r->room * 2 + 65536;
        r->took_ns = realloc(r->took_ns, r->room * sizeof *r->took_ns);
        if (r->took_ns == NULL) {
            die("times");
        }
    }
    r->took_ns[r->took++] = took_ns < 0 ? 0 : took_ns > UINT32_MAX ? UINT32_MAX : (uint32_t)took_ns;
}

static void read_answers(struct run *r, struct stream *s)
{
    uint8_t data[4096], control[256];
    for (;;) {
        struct iovec iov = {.iov_base = data, .iov_len = sizeof data};
        struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(s->fd, &m, 0);
        if (n < 4) {
            return;
        }
        uint16_t id = (uint16_t)(data[0] << 8 | data[1]);
        if (s->sent_ns[id] == 0) {
            continue;
        }
        if (s == &r->hit) {
            note_time(r, stamp_of(&m) - s->sent_ns[id]);
        }
        s->sent_ns[id] = 0;
        s->answered++;
        s->failed += (data[3] & 0xf) != DNS_RCODE_NOERROR || (data[3] & DNS_FLAG_AD) == 0;
    }
}

static void schedule(struct run *r, struct stream *s, uint64_t now)
{
    if (s->due_ns + LATE_NS < now) {
        s->due_ns = now; /* what should have gone out meanwhile does not: all at once it would wait for itself */
        s->late++;
    }
    s->due_ns += (uint64_t)(-log(1.0 - uniform(r)) / s->rate * NS_PER_S);
}

/* Asks and reads for so long. No misses unless there are to be some. */
static void run_for(struct run *r, int64_t length_ns, bool hits, bool misses)
{
    uint64_t now = (uint64_t)clock_ns(CLOCK_MONOTONIC), end = now + (uint64_t)length_ns;
    r->hit.due_ns = hits ? now : UINT64_MAX;
    r->miss.due_ns = misses ? now : UINT64_MAX;
    while (now < end) {
        while (hits && r->hit.due_ns <= now) {
            ask(&r->hit, r->hits.name[(size_t)(uniform(r) * (double)r->hits.n)]);
            schedule(r, &r->hit, now);
        }
        while (misses && r->miss.due_ns <= now && r->misses.next < r->misses.n) {
            ask(&r->miss, r->misses.name[r->misses.next++]);
            schedule(r, &r->miss, now);
        }
        read_answers(r, &r->hit);
        read_answers(r, &r->miss);
        uint64_t next = r->hit.due_ns < r->miss.due_ns ? r->hit.due_ns : r->miss.due_ns;
        next = next > now + 1000000 ? now + 1000000 : next;
        struct timespec until = {.tv_sec = (time_t)(next / NS_PER_S), .tv_nsec = (long)(next % NS_PER_S)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        now = (uint64_t)clock_ns(CLOCK_MONOTONIC);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double share_us(const struct run *r, double share)
{
    size_t at = (size_t)((double)r->took * share);
    return r->took > 0 ? r->took_ns[at < r->took ? at : r->took - 1] / 1e3 : 0;
}

static struct window measure(struct run *r, double seconds, bool misses)
{
    struct stream *h = &r->hit, *m = &r->miss;
    h->asked = h->answered = h->late = m->asked = m->answered = m->failed = 0;
    r->took = 0;
    run_for(r, (int64_t)(seconds * NS_PER_S), true, misses);
    run_for(r, SETTLE_NS, false, false);
    qsort(r->took_ns, r->took, sizeof *r->took_ns, by_size);
    return (struct window){
        .p50_us = share_us(r, 0.5),
        .p99_us = share_us(r, 0.99),
        .p999_us = share_us(r, 0.999),
        .max_us = share_us(r, 1),
        .asked = h->asked,
        .answered = h->answered,
        .misses = m->asked,
        .missed_well = m->answered - m->failed,
        .late = h->late,
    };
}

static void print_window(const char *what, const struct window *w)
{
    printf("%-8s p50 %7.1f  p99 %7.1f  p99.9 %7.1f  max %8.1f us   hits %llu of %llu, misses proven %llu of %llu; late "
           "%llu times\n",
           what, w->p50_us, w->p99_us, w->p999_us, w->max_us, (unsigned long long)w->answered,
           (unsigned long long)w->asked, (unsigned long long)w->missed_well, (unsigned long long)w->misses,
           (unsigned long long)w->late);
    fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const struct window *w, int n, size_t offset)
{
    double v[ROUNDS_MAX];
    for (int i = 0; i < n; i++) {
        memcpy(&v[i], (const char *)&w[i] + offset, sizeof v[i]);
    }
    qsort(v, (size_t)n, sizeof v[0], by_value);
    return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void print_medians(const struct window *idle, const struct window *busy, int n)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        {"p50", offsetof(struct window, p50_us)},
        {"p99", offsetof(struct window, p99_us)},
        {"p99.9", offsetof(struct window, p999_us)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double a = median(idle, n, rows[i].offset), b = median(busy, n, rows[i].offset);
        printf("%-6s idle %8.1f us   with misses %8.1f us   ratio %.2f\n", rows[i].name, a, b, b / a);
    }
}

static void warm(struct run *r)
{
    for (size_t i = 0; i < r->hits.n; i++) {
        ask(&r->hit, r->hits.name[i]);
        if (i % 10 == 9) {
            run_for(r, 10000000, false, false);
        }
    }
    run_for(r, NS_PER_S, false, false);
    if (r->hit.answered < r->hits.n) {
        fprintf(stderr, "latency_bench: only %llu of %zu hits were answered before the start\n",
                (unsigned long long)r->hit.answered, r->hits.n);
    }
}

int main(int argc, char **argv)
{
    static struct run r = {.chance = 88172645463325252};
    static struct window idle[ROUNDS_MAX], busy[ROUNDS_MAX];
    if (argc < 5) {
        fputs("usage: latency_bench HOST PORT HITS MISSES [HITS_A_SECOND MISSES_A_SECOND ROUNDS SECONDS]\n", stderr);
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    r.hits = read_names(argv[3]);
    r.misses = read_names(argv[4]);
    r.hit.rate = argc > 5 ? atof(argv[5]) : 5000;
    r.miss.rate = argc > 6 ? atof(argv[6]) : 2000;
    int rounds = argc > 7 ? atoi(argv[7]) : 5;
    double seconds = argc > 8 ? atof(argv[8]) : 2;
    rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    r.hit.fd = open_socket(argv[1], (unsigned)atoi(argv[2]));
    r.miss.fd = open_socket(argv[1], (unsigned)atoi(argv[2]));
    warm(&r);
    for (int i = 0; i < rounds; i++) {
        idle[i] = measure(&r, seconds, false);
        print_window("idle", &idle[i]);
        busy[i] = measure(&r, seconds, true);
        print_window("misses", &busy[i]);
    }
    print_medians(idle, busy, rounds);
    return 0;
}
