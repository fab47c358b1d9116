/*
 * saver.h - the cache in the state folder, so that a restart begins where the last one ended
 *
 *     start      cache.snapshot -> a thread puts it into the cache, while the workers answer already
 *     interval   a thread writes cache.snapshot.new, then it takes the name cache.snapshot
 *     stop       the same once more, when the workers have gone
 *     load       a thread puts a file that the operator names into the cache
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
/* How it went. */
struct saver_loaded {
    const char *why; /* NULL: everything was good; else why the rest was dropped */
    uint64_t restored, ended, kept, took_us;
    int64_t age_s;
};
typedef void saver_told(void *arg, const struct saver_loaded *result);
/* Puts the file back into the cache, in the background; -1: the one that was saved last. It is verified as at the
 * start: only what was saved under this host's key is believed. NULL: told() will be called, unless the daemon ends
 * before; or why not. Takes the file. */
const char *saver_load(struct saver *s, int fd, saver_told *told, void *arg);
/* MAIL_LOADED has come. */
void saver_joins(struct saver *s);
/* The world is another: what is being loaded under other rules is loaded no further. */
void saver_world(struct saver *s);
/* The cache holds, or again does not, what was learnt under other settings than the world's: meanwhile nothing is
 * saved. */
void saver_hold(struct saver *s, bool hold);
/* The workers have gone: saves for the last time, unless the cache is not whole. */
void saver_stop(struct saver *s);
void saver_free(struct saver *s);

#endif
