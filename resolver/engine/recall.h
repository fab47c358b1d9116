/*
 * recall.h - answers that somebody may ask about later
 *
 * A worker keeps the last questions that failed, and the last that were slow, each with the end of its journal, so that
 * "why?" is answered afterwards, without asking again. Both are rings of a fixed number; a question that fails again
 * takes its old place's memory and counts on.
 *
 * Memory: each answer is one block of malloc'ed memory, journal and names included; bounded by the rings' size and
 * JOURNAL_END_EVENTS. Threads: the worker's own; copies travel.
 */
#ifndef RAIZ_ENGINE_RECALL_H
#define RAIZ_ENGINE_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "resolver/engine/failure.h"
#include "resolver/engine/journal.h"

#define RECALL_FAILED_MAX 256
#define RECALL_SLOW_MAX   128
#define RECALL_SLOW_US    300000 /* an answer that took so long is slow */
#define RECALL_DETAIL_MAX 96

struct recalled {
    int64_t at_s; /* when the answer was given */
    uint64_t took_us;
    struct addr client; /* family ADDR_NONE: raizd itself, or a trace */
    bool tcp;
    uint16_t type, rcode;
    enum failure failure;           /* FAIL_NONE: it was only slow */
    char detail[RECALL_DETAIL_MAX]; /* what failed more precisely, or "" */
    uint32_t times;                 /* in all */
    struct dname name;              /* lower case */
    struct journal journal;         /* its end */
    size_t bytes;                   /* of the whole block */
};

struct recall {
    struct recalled *failed[RECALL_FAILED_MAX], *slow[RECALL_SLOW_MAX];
    unsigned next_failed, next_slow;
};

/* Is it worth it? */
static inline bool recall_wants(enum failure failure, uint64_t took_us)
{
    return failure != FAIL_NONE || took_us >= RECALL_SLOW_US;
}

/* One block; journal may be NULL, `about` gives all that stands before it in struct recalled, and detail apart. NULL:
 * out of memory. */
struct recalled *recalled_new(const struct recalled *about, const char *detail, const struct journal *journal);
struct recalled *recalled_copy(const struct recalled *r, void *room); /* room of r->bytes */

/* Takes r (NULL: nothing happens). */
void recall_keep(struct recall *all, struct recalled *r);
void recall_clear(struct recall *all);

/* Which of them. */
enum recall_which { RECALL_QUESTION, RECALL_FAILED, RECALL_SLOW };
typedef void recall_visit(void *arg, const struct recalled *r);
/* Newest first; `name` and `type` for RECALL_QUESTION, of which there is one failure and one slow answer at most. */
void recall_each(const struct recall *all, enum recall_which which, struct dname name, uint16_t type,
                 recall_visit *visit, void *arg);

#endif
