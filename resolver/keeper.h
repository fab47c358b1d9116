/*
 * keeper.h - keeps what is trusted up to date
 *
 * The root's keys follow RFC 5011 when the configuration names no anchors of its own; negative trust anchors come and
 * go while the daemon runs. Both live in the state folder (root.anchors, ntas). What is asked for that: the root's
 * DNSKEY set, as often as RFC 5011 says; once a day, in each zone with an anchor, which keys are trusted there (RFC
 * 8145); and zones that are not validated, whether they would validate again (RFC 7646).
 *
 *     server --keeper_dress(new world)--> world with what is trusted now      keeper --changed--> server publishes
 *     keeper --ask--> a worker's engine --keeper_answer--> keeper
 *
 * Threads: the main thread's.
 */
#ifndef RAIZ_KEEPER_H
#define RAIZ_KEEPER_H

#include "cache/cache.h"
#include "resolver/config/world.h"
#include "resolver/control/control.h"
#include "resolver/forget.h"
#include "resolver/io/log.h"
#include "resolver/io/loop.h"

struct keeper;

struct keeper_ops {
    void *arg;
    /* Resolve: the answer comes by keeper_answer(slot). False: not now. */
    bool (*ask)(void *arg, uint32_t slot, const struct request *request, unsigned flags);
    void (*changed)(void *arg); /* what is trusted has changed: publish keeper_dress() of the world */
};

/* Reads the state folder. NULL: out of memory. */
struct keeper *keeper_new(struct loop *loop, struct log *log, struct cache *cache, const struct settings *settings,
                          const struct keeper_ops *ops, struct now now);
void keeper_free(struct keeper *k);
/* The workers run: asks may begin. */
void keeper_start(struct keeper *k, struct now now);
/* The world with what is trusted now: a new one made of it, or itself. Both are the caller's. */
struct world *keeper_dress(struct keeper *k, struct world *w, struct now now);
/* All workers have what keeper_dress() gave: notes what the cache is to forget, as it was learnt by the old rules. */
void keeper_published(struct keeper *k, struct forget *forget, struct now now);
/* n 0: there is none. */
void keeper_answer(struct keeper *k, uint32_t slot, const uint8_t *wire, size_t n, struct now now);

/* For the control socket. NULL, or what is wrong. */
const char *keeper_nta_add(struct keeper *k, struct dname name, uint32_t for_s, bool force, const char *reason,
                           struct now now);
bool keeper_nta_remove(struct keeper *k, struct dname name, struct now now);
bool keeper_nta_row(const struct keeper *k, size_t i, struct control_nta *out);
bool keeper_anchor_row(const struct keeper *k, size_t i, struct control_anchor *out);

#endif
