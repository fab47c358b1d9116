/*
 * querylog.c - answers to clients, a line of JSON each, in a file that turns
 */
#include "resolver/io/querylog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dns/types.h"
#include "resolver/io/json_text.h"

#define PIECE_BYTES (64 * 1024) /* written at once */
#define IDLE_MS     50
#define BUSY_MS     2   /* after a round that brought many */
#define MANY        256 /* answers */

struct querylog {
    struct querylog_plan plan;
    char *path, *older, *newer; /* room for FILE.N */
    int fd;
    uint64_t size; /* of the file */
    struct watch **rings;
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, end; /* guarded by lock */
    _Atomic bool turn, reopen;
    _Atomic uint64_t lines, unwritten;
    _Atomic int why;   /* errno of the last failure; 0: none */
    size_t n, n_lines; /* in `piece` */
    char piece[PIECE_BYTES];
};

/* ---- a line ---- */

/* As control verb "tail" has it, with the same words. */
size_t querylog_line(const struct seen *s, uint16_t port, char *out)
{
    static const char *const security[] = {
        [SEC_UNCHECKED] = "unchecked", [SEC_INSECURE] = "insecure", [SEC_SECURE] = "secure", [SEC_BOGUS] = "bogus"};
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX], where[ADDR_TEXT_MAX];
    struct addr peer = s->client, server = s->server;
    size_t cap = QUERYLOG_LINE_MAX;
    peer.port = 0;
    addr_print(&peer, where);
    size_t len = dname_print(seen_name(s), name);
    int n = snprintf(out, cap, "{\"at\":%" PRId64 ",\"client\":\"%s\",\"transport\":\"%s\",\"name\":\"", s->at_s, where,
                     s->tcp ? "tcp" : "udp");
    size_t at = (size_t)n;
    at += json_text(name, len, out + at, cap - at);
    n = snprintf(out + at, cap - at, "\",\"type\":\"%s\",\"rcode\":\"%s\",\"source\":\"%s\"",
                 dns_type_text(s->type, type), dns_rcode_text(s->rcode, rcode), s->source == SEEN_HIT ? "hit" : "miss");
    at += (size_t)n;
    if (s->source == SEEN_MISS) {
        server.port = server.port == port ? 0 : server.port;
        addr_print(&server, where);
        bool asked = server.family != ADDR_NONE;
        n = snprintf(out + at, cap - at, ",\"took_us\":%" PRIu64 ",\"security\":\"%s\",\"server\":%s%s%s", s->took_us,
                     security[s->security], asked ? "\"" : "", asked ? where : "null", asked ? "\"" : "");
        at += (size_t)n;
    }
    n = snprintf(out + at, cap - at, "%s", s->truncated ? ",\"truncated\":true" : "");
    at += (size_t)n;
    if (s->failure != FAIL_NONE) {
        n = snprintf(out + at, cap - at, ",\"failure\":\"%s\",\"text\":\"%s\"", failure_row(s->failure)->name,
                     failure_row(s->failure)->text);
        at += (size_t)n;
    }
    out[at] = '}';
    out[at + 1] = '\n';
    return at + 2;
}

/* ---- the file ---- */

static bool open_file(struct querylog *q)
{
    struct stat st;
    q->fd = open(q->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    atomic_store(&q->why, q->fd < 0 ? errno : 0);
    q->size = q->fd >= 0 && fstat(q->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    return q->fd >= 0;
}

static void close_file(struct querylog *q)
{
    if (q->fd >= 0) {
        close(q->fd);
        q->fd = -1;
    }
}

/* FILE.2 -> FILE.3, FILE.1 -> FILE.2, FILE -> FILE.1; what is older than is kept is written over. */
static void turn_files(struct querylog *q)
{
    size_t room = strlen(q->path) + 12;
    close_file(q);
    for (unsigned i = q->plan.keep; i > 1; i--) {
        snprintf(q->older, room, "%s.%u", q->path, i);
        snprintf(q->newer, room, "%s.%u", q->path, i - 1);
        (void)!rename(q->newer, q->older); /* it may not be there yet */
    }
    snprintf(q->newer, room, "%s.1", q->path);
    if (q->plan.keep > 0) {
        (void)!rename(q->path, q->newer);
    } else {
        unlink(q->path);
    }
    open_file(q);
}

/* The lines of the piece, whole or lost. */
static void write_piece(struct querylog *q)
{
    size_t done = 0;
    if (q->fd < 0) {
        open_file(q);
    }
    while (q->fd >= 0 && done < q->n) {
        ssize_t put = write(q->fd, q->piece + done, q->n - done);
        if (put > 0) {
            done += (size_t)put;
        } else if (errno != EINTR) {
            atomic_store(&q->why, errno);
            break;
        }
    }
    if (done == q->n && q->n > 0) {
        atomic_store(&q->why, 0);
        atomic_fetch_add(&q->lines, q->n_lines);
        q->size += done;
    } else if (done > 0 && ftruncate(q->fd, (off_t)q->size) != 0) { /* half a line is worth nothing */
        q->size += done;
    }
    if (done < q->n) {
        atomic_fetch_add(&q->unwritten, q->n_lines);
    }
    q->n = q->n_lines = 0;
    if (q->size >= q->plan.size_bytes) {
        turn_files(q);
    }
}

/* ---- the thread ---- */

static unsigned empty_rings(struct querylog *q)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < q->plan.rings; i++) {
        const struct seen *s;
        for (unsigned k = 0; k < WATCH_ROOM && (s = watch_oldest(q->rings[i])) != NULL; k++) {
            if (q->n > sizeof q->piece - QUERYLOG_LINE_MAX) {
                write_piece(q);
            }
            q->n += querylog_line(s, q->plan.port, q->piece + q->n);
            q->n_lines++;
            watch_taken(q->rings[i]);
            taken++;
        }
    }
    if (q->n > 0) {
        write_piece(q);
    }
    return taken;
}

static void obey(struct querylog *q)
{
    if (atomic_exchange(&q->turn, false)) {
        turn_files(q);
    }
    if (atomic_exchange(&q->reopen, false)) {
        close_file(q);
        open_file(q);
    }
}

/* False: the end. */
static bool wait_a_moment(struct querylog *q, unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&q->lock);
    if (!q->end) {
        pthread_cond_timedwait(&q->wake, &q->lock, &until);
    }
    bool more = !q->end;
    pthread_mutex_unlock(&q->lock);
    return more;
}

static void *write_lines(void *arg)
{
    struct querylog *q = arg;
    unsigned taken = 0;
    while (wait_a_moment(q, taken >= MANY ? BUSY_MS : IDLE_MS)) {
        taken = empty_rings(q);
        obey(q);
    }
    empty_rings(q);
    return NULL;
}

/* ---- life ---- */

static bool make_rings(struct querylog *q)
{
    q->rings = calloc(q->plan.rings, sizeof(struct watch *));
    for (unsigned i = 0; q->rings != NULL && i < q->plan.rings; i++) {
        q->rings[i] = watch_new();
        if (q->rings[i] == NULL) {
            return false;
        }
    }
    return q->rings != NULL;
}

struct querylog *querylog_new(const struct querylog_plan *plan, char *error, size_t size)
{
    struct querylog *q = calloc(1, sizeof *q);
    if (q == NULL) {
        snprintf(error, size, "out of memory");
        return NULL;
    }
    q->plan = *plan;
    q->fd = -1;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_t steady; /* the wall clock may be set while the thread waits (T86) */
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&q->wake, &steady);
    pthread_condattr_destroy(&steady);
    q->path = strdup(plan->path);
    q->older = malloc(strlen(plan->path) + 12);
    q->newer = malloc(strlen(plan->path) + 12);
    if (q->path == NULL || q->older == NULL || q->newer == NULL || !make_rings(q)) {
        snprintf(error, size, "out of memory");
    } else if (!open_file(q)) {
        snprintf(error, size, "%s cannot be written (query-log.file): %s", q->path, strerror(atomic_load(&q->why)));
    } else {
        return q;
    }
    querylog_free(q);
    return NULL;
}

bool querylog_start(struct querylog *q)
{
    q->started = pthread_create(&q->writer, NULL, write_lines, q) == 0;
    return q->started;
}

void querylog_free(struct querylog *q)
{
    if (q == NULL) {
        return;
    }
    if (q->started) {
        pthread_mutex_lock(&q->lock);
        q->end = true;
        pthread_cond_signal(&q->wake);
        pthread_mutex_unlock(&q->lock);
        pthread_join(q->writer, NULL);
    }
    close_file(q);
    for (unsigned i = 0; q->rings != NULL && i < q->plan.rings; i++) {
        watch_free(q->rings[i]);
    }
    free(q->rings);
    free(q->path);
    free(q->older);
    free(q->newer);
    pthread_cond_destroy(&q->wake);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

struct watch *querylog_ring(struct querylog *q, unsigned i)
{
    return q->rings[i];
}

void querylog_turn(struct querylog *q)
{
    atomic_store(&q->turn, true);
}

void querylog_reopen(struct querylog *q)
{
    atomic_store(&q->reopen, true);
}

uint64_t querylog_lines(const struct querylog *q)
{
    return atomic_load(&q->lines);
}

uint64_t querylog_lost(const struct querylog *q)
{
    uint64_t lost = atomic_load(&q->unwritten);
    for (unsigned i = 0; i < q->plan.rings; i++) {
        lost += watch_lost(q->rings[i]);
    }
    return lost;
}

const char *querylog_trouble(const struct querylog *q)
{
    int why = atomic_load(&q->why);
    return why != 0 ? strerror(why) : NULL;
}
