/*
 * log.c - lines for the operator
 */
#include "resolver/io/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "resolver/io/json_text.h"

struct log {
    _Atomic unsigned level;
    _Atomic bool json;
    _Atomic uint64_t dropped;
    pthread_t writer;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t filled, drained;
    bool end, ended, started;
    uint64_t unreported; /* dropped since the last line that said so */
    int64_t second;      /* the rate limit's window, and what it let through */
    unsigned in_second;
    size_t start, n;
    char ring[LOG_RING_BYTES];
};

static const char *const level_text[] = {"error", "warning", "info", "debug"};

static void write_all(const char *data, size_t n)
{
    while (n > 0) {
        ssize_t put = write(STDERR_FILENO, data, n);
        if (put > 0) {
            data += put;
            n -= (size_t)put;
        } else if (errno == EAGAIN) { /* somebody made the descriptor non-blocking: it is theirs, wait for it */
            nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
        } else if (errno != EINTR) {
            return; /* /dev/full, a closed pipe: nobody is listening */
        }
    }
}

static void *write_lines(void *arg)
{
    struct log *l = arg;
    char chunk[4096];

    pthread_mutex_lock(&l->lock);
    for (;;) {
        while (l->n == 0 && !l->end) {
            pthread_cond_wait(&l->filled, &l->lock);
        }
        if (l->n == 0) {
            break;
        }
        size_t n = l->n < sizeof chunk ? l->n : sizeof chunk;
        if (n > sizeof l->ring - l->start) {
            n = sizeof l->ring - l->start;
        }
        memcpy(chunk, l->ring + l->start, n);
        l->start = (l->start + n) % sizeof l->ring;
        l->n -= n;
        pthread_mutex_unlock(&l->lock);
        write_all(chunk, n);
        pthread_mutex_lock(&l->lock);
    }
    l->ended = true;
    pthread_cond_signal(&l->drained);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

struct log *log_new(unsigned level)
{
    struct log *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return NULL;
    }
    atomic_init(&l->level, level);
    pthread_mutex_init(&l->lock, NULL);
    pthread_condattr_t steady; /* the wall clock may be set while somebody waits (T86) */
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&l->filled, NULL);
    pthread_cond_init(&l->drained, &steady);
    pthread_condattr_destroy(&steady);
    return l;
}

bool log_start(struct log *l)
{
    l->started = pthread_create(&l->writer, NULL, write_lines, l) == 0;
    return l->started;
}

static void free_log(struct log *l)
{
    pthread_cond_destroy(&l->filled);
    pthread_cond_destroy(&l->drained);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void log_free(struct log *l)
{
    if (l == NULL) {
        return;
    }
    if (!l->started) {
        l->end = true;
        write_lines(l);
        free_log(l);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 500 * 1000 * 1000;
    if (until.tv_nsec >= 1000 * 1000 * 1000) {
        until.tv_nsec -= 1000 * 1000 * 1000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&l->lock);
    l->end = true;
    pthread_cond_signal(&l->filled);
    int rc = 0;
    while (!l->ended && rc == 0) {
        rc = pthread_cond_timedwait(&l->drained, &l->lock, &until);
    }
    bool ended = l->ended;
    pthread_mutex_unlock(&l->lock);
    if (!ended) { /* stuck in a write that nobody reads: the end of the process ends it */
        pthread_detach(l->writer);
        return;
    }
    pthread_join(l->writer, NULL);
    free_log(l);
}

void log_set_level(struct log *l, unsigned level)
{
    atomic_store_explicit(&l->level, level, memory_order_relaxed);
}

void log_set_json(struct log *l, bool json)
{
    atomic_store_explicit(&l->json, json, memory_order_relaxed);
}

unsigned log_level(const struct log *l)
{
    return atomic_load_explicit(&l->level, memory_order_relaxed);
}

bool log_wants(const struct log *l, unsigned level)
{
    return level <= atomic_load_explicit(&l->level, memory_order_relaxed);
}

uint64_t log_dropped(const struct log *l)
{
    return atomic_load_explicit(&l->dropped, memory_order_relaxed);
}

static void ring_add(struct log *l, const char *line, size_t n)
{
    size_t at = (l->start + l->n) % sizeof l->ring;
    size_t first = n < sizeof l->ring - at ? n : sizeof l->ring - at;
    /* cppcheck-suppress uninitvar ; make_line, which runs before, fills `n` of it */
    memcpy(l->ring + at, line, first);
    memcpy(l->ring, line + first, n - first);
    l->n += n;
}

/* Within the lock. False: the line must be dropped. */
static bool admitted(struct log *l, unsigned level, int64_t second, size_t n)
{
    if (second != l->second) {
        l->second = second;
        l->in_second = 0;
    }
    if (level < 3 && ++l->in_second > LOG_PER_SECOND_MAX) {
        return false;
    }
    return n + LOG_LINE_MAX <= sizeof l->ring - l->n; /* room for a line about lost ones, too */
}

/* The line, with its end, in room of LOG_LINE_MAX. */
static size_t make_line(const struct log *l, char *line, const struct timespec *now, unsigned level, char *text)
{
    bool json = atomic_load_explicit(&l->json, memory_order_relaxed);
    char when[40];
    struct tm tm;
    when[0] = '\0';
    if (gmtime_r(&now->tv_sec, &tm) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    int head = snprintf(line, LOG_LINE_MAX,
                        json ? "{\"at\":\"%s.%03ldZ\",\"level\":\"%s\",\"text\":\"" : "%s.%03ldZ %s: ", when,
                        now->tv_nsec / 1000000, level_text[level]);
    size_t n = (size_t)head, len = strlen(text);
    if (json) {
        n += json_text(text, len, line + n, LOG_LINE_MAX - n - 3);
        memcpy(line + n, "\"}\n", 3);
        return n + 3;
    }
    len = len < LOG_LINE_MAX - n - 1 ? len : LOG_LINE_MAX - n - 1;
    for (size_t i = 0; i < len; i++) {
        line[n++] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
    }
    line[n++] = '\n';
    return n;
}

__attribute__((format(printf, 3, 0))) static void put_line(struct log *l, unsigned level, const char *format,
                                                           va_list args)
{
    char line[LOG_LINE_MAX], text[LOG_LINE_MAX];
    struct timespec now;

    if (!log_wants(l, level)) {
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    if (vsnprintf(text, sizeof text, format, args) < 0) {
        text[0] = '\0';
    }
    size_t n = make_line(l, line, &now, level, text);

    pthread_mutex_lock(&l->lock);
    if (!admitted(l, level, now.tv_sec, n)) {
        atomic_fetch_add_explicit(&l->dropped, 1, memory_order_relaxed);
        l->unreported++;
        pthread_mutex_unlock(&l->lock);
        return;
    }
    if (l->unreported > 0) {
        char lost[LOG_LINE_MAX];
        snprintf(text, sizeof text, "%llu lines of the log were dropped", (unsigned long long)l->unreported);
        ring_add(l, lost, make_line(l, lost, &now, 1, text));
        l->unreported = 0;
    }
    ring_add(l, line, n);
    pthread_cond_signal(&l->filled);
    pthread_mutex_unlock(&l->lock);
}

#define LOG_FUNCTION(name, level)                                                                                      \
    void name(struct log *l, const char *format, ...)                                                                  \
    {                                                                                                                  \
        va_list args;                                                                                                  \
        va_start(args, format);                                                                                        \
        put_line(l, level, format, args);                                                                              \
        va_end(args);                                                                                                  \
    }
LOG_FUNCTION(log_error, 0)
LOG_FUNCTION(log_warning, 1)
LOG_FUNCTION(log_info, 2)
LOG_FUNCTION(log_debug, 3)

bool log_now(struct log_once *o, struct now now, uint64_t *silent)
{
    if (now.mono_us < o->next_us) {
        o->silent++;
        return false;
    }
    o->next_us = now.mono_us + 60 * US_PER_S;
    *silent = o->silent;
    o->silent = 0;
    return true;
}
