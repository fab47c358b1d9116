/*
 * querylog.h - answers to clients, a line of JSON each, in a file that turns
 *
 * Each worker has a ring (engine/watch.h) that it fills as it answers; a thread of its own empties the rings into the
 * file. No answer waits for the disk: what finds no room in a ring, or cannot be written, is lost and counted. When the
 * file has reached its size it becomes FILE.1, that FILE.2 and so on, and the oldest goes.
 *
 * Threads: querylog_new(), _start(), _free() and the requests the main thread's; each ring its worker's; the counters
 * any.
 */
#ifndef RAIZ_IO_QUERYLOG_H
#define RAIZ_IO_QUERYLOG_H

#include "resolver/engine/watch.h"

struct querylog;

struct querylog_plan {
    const char *path;
    uint64_t size_bytes; /* then it turns */
    unsigned keep;       /* older files */
    unsigned rings;      /* one for each worker */
    uint16_t port;       /* of servers that needs no mention */
};

/* Opens the file. NULL: `error` says why. */
struct querylog *querylog_new(const struct querylog_plan *plan, char *error, size_t size);
bool querylog_start(struct querylog *q); /* false: the system gives no more threads */
/* No ring is filled any more: what they hold is written. */
void querylog_free(struct querylog *q);

struct watch *querylog_ring(struct querylog *q, unsigned i);
/* Soon: the file turns now; or it is opened anew by its name, since somebody else has moved it. */
void querylog_turn(struct querylog *q);
void querylog_reopen(struct querylog *q);

uint64_t querylog_lines(const struct querylog *q);
uint64_t querylog_lost(const struct querylog *q);
/* NULL, or why it cannot be written now. */
const char *querylog_trouble(const struct querylog *q);

/* One line, with its end. Returns its length; cap is QUERYLOG_LINE_MAX. */
#define QUERYLOG_LINE_MAX 3072 /* a name takes at most 4 * 255 octets as text, and twice that with escapes */
size_t querylog_line(const struct seen *s, uint16_t port, char *out);

#endif
