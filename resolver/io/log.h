/*
 * log.h - lines for the operator
 *
 * Workers put lines into a ring; a thread of its own writes them to standard error. So a pipe that nobody reads, a full
 * disk or a stopped terminal never stalls an answer (X29): when the ring is full lines are dropped and counted, and the
 * next line that is written says how many. Control characters are replaced, so that one line stays one line (T106).
 *
 * Levels are those of the configuration (log.level): 0 error, 1 warning, 2 info, 3 debug. Nothing on the way of a cache
 * hit logs.
 *
 * Threads: any.
 */
#ifndef RAIZ_IO_LOG_H
#define RAIZ_IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/now.h"

#define LOG_LINE_MAX       1024
#define LOG_RING_BYTES     (64 * 1024)
#define LOG_PER_SECOND_MAX 500 /* lines of a second, debug apart; more are counted as dropped */

struct log;

/* Lines above `level` are not written. NULL: out of memory. */
struct log *log_new(unsigned level);
/* Starts the thread that writes; until then lines wait. False: the system gives no more threads. */
bool log_start(struct log *l);
/* Waits half a second at most for the last lines to be written. */
void log_free(struct log *l);
void log_set_level(struct log *l, unsigned level);
void log_set_json(struct log *l, bool json); /* {"at": ..., "level": ..., "text": ...} */
unsigned log_level(const struct log *l);
bool log_wants(const struct log *l, unsigned level);
uint64_t log_dropped(const struct log *l);

void log_error(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_warning(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_info(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_debug(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For what may happen often: true once a minute, with the number of times it was false since. Zero-initialised. */
struct log_once {
    uint64_t next_us, silent;
};
bool log_now(struct log_once *o, struct now now, uint64_t *silent);

#endif
