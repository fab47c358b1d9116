/*
 * sight.h - an answer as a row for who looks on, or for the query log (engine/watch.h)
 *
 * Threads: the worker's, whose ring it is.
 */
#ifndef RAIZ_SIGHT_H
#define RAIZ_SIGHT_H

#include "dns/now.h"
#include "resolver/engine/watch.h"
#include "resolver/io/client.h"

/* A query, and what was answered at once. */
struct answered {
    const uint8_t *data;
    size_t n;
    const uint8_t *out;
    size_t out_n;
};

void sight_hit(struct watch *watch, const struct client *client, const struct answered *a, struct now now);
void sight_miss(struct watch *watch, const struct client *client, const struct action *a, struct now now);

#endif
