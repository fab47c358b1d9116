/*
 * backlog.h - queries whose resolution has not begun yet
 *
 * To begin a resolution costs what ten answers from the cache do. When many begin at the same time they wait here, not
 * in the socket, where whoever is behind them would wait as well, for an answer that the cache has.
 *
 *     socket -> known: answered
 *            -> unknown: begun at once while few are; else -> backlog -> begun, a few in each turn
 *
 * Only queries over UDP wait: they need not be told if their client goes.
 *
 * Memory: letters are the backlog's until they are taken. Threads: one.
 */
#ifndef RAIZ_BACKLOG_H
#define RAIZ_BACKLOG_H

#include <stdatomic.h>

#include "resolver/mail.h"

#define BACKLOG_MAX 2048 /* as many as there are places for resolutions */

struct backlog {
    struct mail *first, **last; /* struct mail_query */
    unsigned n;
    _Atomic uint64_t waited; /* queries that ever did */
};

void backlog_init(struct backlog *b);
/* Takes the letter, which may be NULL. False: it was, or too many wait; then it is the caller's still. */
bool backlog_put(struct backlog *b, struct mail *letter);
/* The one that has waited longest, for the caller to free; NULL: none waits. */
struct mail_query *backlog_take(struct backlog *b);
void backlog_clear(struct backlog *b);

#endif
