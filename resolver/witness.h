/*
 * witness.h - who sees what a worker does
 *
 * Answers pass before whoever looks on (raizctl tail) and the query log, messages before a collector (dnstap). The log,
 * where it tells all, has a line for each question that the cache could not answer and one for its end. What failed or
 * took long is remembered, in case somebody wants to know why.
 *
 *     query                            collector
 *     answer from the cache            onlooker, query log, collector
 *     not in the cache                 log
 *     answer of the engine             log, memory, onlooker, query log, collector
 *     message to or from a server      collector
 *
 * While nobody wants to see anything a query costs one test of a pointer and an answer one of a flag, here in the
 * header.
 *
 * Memory: borrows all but what it remembers. Threads: the worker's own.
 */
#ifndef RAIZ_WITNESS_H
#define RAIZ_WITNESS_H

#include "resolver/engine/recall.h"
#include "resolver/io/dispatch.h"
#include "resolver/io/listen.h"
#include "resolver/io/log.h"
#include "resolver/io/tap.h"
#include "resolver/sight.h"

struct witness {
    bool any;                         /* somebody wants to see answers: set by witness_watch() */
    uint16_t queue;                   /* of this thread, at the collector's */
    struct dnstap *collector;         /* NULL: nobody collects messages */
    const struct listener *listeners; /* by their slots: where clients ask */
    struct watch *watch;              /* NULL: nobody looks on */
    struct watch *written;            /* answers for the query log; NULL: there is none */
    struct log *log;
    struct recall recall; /* failures and slow answers; zero at first */
};

/* From now on this one looks on; NULL: nobody. Called once before all others. */
void witness_watch(struct witness *w, struct watch *watch);
void witness_release(struct witness *w);

/* A message to or from a server, for the collector that there is. */
void witness_upstream(const struct witness *w, const struct dispatch_message *m);

/* A client's query, as it came. */
void witness_tap(const struct witness *w, const struct client *client, const uint8_t *wire, size_t n);
static inline void witness_query(const struct witness *w, const struct client *client, const uint8_t *wire, size_t n)
{
    if (w->collector != NULL) {
        witness_tap(w, client, wire, n);
    }
}

/* Is there anybody who wants to see a hit? */
static inline bool witness_any(const struct witness *w)
{
    return w->any;
}
void witness_hit(const struct witness *w, const struct client *client, const struct answered *a, struct now now);

/* The cache has no answer. */
void witness_miss(const struct witness *w, const struct client *client, const struct request *request);
/* The engine has one, or drops the question. */
void witness_answer(struct witness *w, const struct client *client, const struct action *a, struct now now);

#endif
