/*
 * guard.h - what a worker refuses its clients, so that others are served and left in peace
 *
 * Fair shares of the work (front/fair.h), limits of answers a second (front/rate.h), and what the log is told of them,
 * once a minute.
 *
 * Threads: one struct guard per worker.
 */
#ifndef RAIZ_GUARD_H
#define RAIZ_GUARD_H

#include "resolver/front/fair.h"
#include "resolver/front/rate.h"
#include "resolver/io/log.h"

/* Of all workers. */
struct guard_meters {
    struct meter *work, *answers;
};

struct guard {
    struct fair fair;
    struct rate rate;
    struct log *log;
    struct log_once share_told, rate_told;
};

/* False: out of memory. */
bool guard_meters_make(struct guard_meters *m, const uint8_t key[static SIPHASH_KEY_SIZE]);
void guard_meters_free(struct guard_meters *m);

/* At the start, and whenever there is a new world. g is zero at first. */
void guard_init(struct guard *g, const struct guard_meters *m, const struct world *world, struct log *log);
/* A client's question that the cache could not answer. */
enum fair_verdict guard_question(struct guard *g, const struct addr *client, unsigned places, struct now now);
/* An answer over UDP, if there are limits: as rate_answer(). */
enum rate_verdict guard_answer(struct guard *g, const struct addr *client, const uint8_t *wire, size_t n,
                               struct rate_slip *slip, struct now now);
static inline bool guard_limits_answers(const struct guard *g)
{
    return g->rate.world != NULL;
}

#endif
