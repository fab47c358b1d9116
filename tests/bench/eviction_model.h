/*
 * eviction_model.h - policies of eviction, simulated with places of equal size (eviction_bench.c)
 *
 *   LRU             a hit makes the entry the newest; the oldest goes
 *   second chance   the oldest goes, unless it was asked for: then it begins anew as the newest
 *   SIEVE           one queue with a hand; what was asked for stays where it is, and the hand goes on to the newer ones
 *   S3-FIFO         a tenth of the places for new entries, the rest for those that were asked for more than once or
 * come back soon after they went (the names of as many as there are places are remembered) Belady          goes what is
 * asked for last, or not at all before its end: the optimum, which knows the future
 */
#ifndef RAIZ_BENCH_EVICTION_MODEL_H
#define RAIZ_BENCH_EVICTION_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum model_kind { LRU, SECOND_CHANCE, SIEVE, S3_FIFO, BELADY };

#define NEVER UINT32_MAX

struct model;

/* Aborts when there is no memory, as benches may. */
struct model *model_new(enum model_kind kind, uint32_t names, uint32_t places);
void model_free(struct model *m);
/* Question number `now`; an entry made for it ends `ttl` questions later. next: the question at which the name is asked
 * for again. True: a hit. */
bool model_ask(struct model *m, uint32_t name, uint32_t now, uint32_t ttl, uint32_t next);

#endif
