/*
 * saver.h - the cache in the state folder, so that a restart begins where the last one ended
 *
 *     start      cache.snapshot -> a thread puts it into the cache, while the workers answer already
 *     interval   a thread writes cache.snapshot.new, then it takes the name cache.snapshot
 *     stop       the same once more, when the workers have gone
 *
 * Whoever looks, also after a crash at any moment, finds the old file or the new one, whole (cache/snapshot.h has the
 * form). The key of its checksums is cache.key, 32 random octets that only the owner may read; a new one is made when
 * it is missing, and then an old snapshot is worth nothing. What is dropped, and why, the log says.
 *
 * Threads: the main thread's; it has one helper at a time, which is a reader of the cache and holds up nobody.
 */
#ifndef RAIZ_SAVER_H
#define RAIZ_SAVER_H

#include "cache/cache.h"
#include "resolver/config/world.h"
#include "resolver/io/log.h"
#include "resolver/io/loop.h"

struct saver;

/* Makes sure of the key. NULL: out of memory. */
struct saver *saver_new(struct loop *loop, struct log *log, struct cache *cache, const struct settings *settings);
/* Loads what was saved, if it was learnt under this world; from now on, saves what `*world` shows at the time. */
void saver_start(struct saver *s, const struct world *const *world);
/* The interval may be another. */
void saver_settings(struct saver *s, const struct settings *settings);
/* Saves now, in the background; the log says how it went. NULL, or why not. */
const char *saver_save(struct saver *s);
/* The workers have gone: saves for the last time, unless the cache is not whole. */
void saver_stop(struct saver *s);
void saver_free(struct saver *s);

#endif
