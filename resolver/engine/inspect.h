/*
 * inspect.h - the invariants of engine.h, as functions
 *
 * For tests: a simulation calls them after every event, once its actions are pulled. Each returns NULL when all is
 * well, or what is wrong. They only read, and cost as much as there are jobs.
 *
 * Invariant 6 (same events, same actions) needs two engines and is checked by who has them.
 */
#ifndef RAIZ_ENGINE_INSPECT_H
#define RAIZ_ENGINE_INSPECT_H

#include "cache/cache.h"
#include "dns/now.h"
#include "resolver/engine/engine.h"

/* 1: who waits is known by its id, has a job that will speak to it, and has not waited too long. */
const char *inspect_waiters(const struct engine *e, struct now now);
/* 2: L1, L2, L3, L5, L7 to L13, L17, L24, L25: of every job and the budget it draws on. */
const char *inspect_budgets(const struct engine *e);
/* 3: an exchange that is open belongs to one job that waits; so a reply to any other finds nobody. */
const char *inspect_exchanges(const struct engine *e);
/* 4: what was learnt from a server lies within the zone that it was asked about, with a rank that its section allows.
 */
const char *inspect_entry(const struct cache_hit *hit);
/* 5: tables, lists and deadlines hold the same jobs; */
const char *inspect_tables(const struct engine *e);
/* and when all is over, nothing. */
const char *inspect_idle(const struct engine *e);

#endif
