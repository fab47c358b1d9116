/*
 * warm.h - questions whose answers are kept fresh whether somebody asks or not (cache.keep-warm)
 *
 * Once a second each is looked up in the cache; what is not there, or near its end, is fetched by the worker that owns the
 * question, as a prefetch is (resolver/engine/prefetch.h). One that failed waits until its failure's backoff has ended.
 *
 * Threads: the main thread's.
 */
#ifndef RAIZ_WARM_H
#define RAIZ_WARM_H

#include "cache/cache.h"
#include "resolver/config/world.h"
#include "resolver/engine/request.h"
#include "resolver/io/loop.h"

struct warm;

struct warm_ops {
    void *arg;
    void (*fetch)(void *arg, const struct request *request); /* QUERY_REFRESH, to its owner */
};

/* NULL: out of memory. */
struct warm *warm_new(struct loop *loop, struct cache *cache, const struct warm_ops *ops);
/* From now on those of this world's settings, which it borrows. */
void warm_world(struct warm *w, const struct world *world);
void warm_free(struct warm *w);

#endif
