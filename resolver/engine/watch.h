/*
 * watch.h - answers as they go out, for whoever looks on
 *
 * A ring between one worker, which writes what it answers while somebody looks, and the main thread, which reads.
 * Nobody waits for anybody: what finds no room is counted and lost. While nobody looks, a worker has no ring and pays
 * one test of a pointer for each answer.
 *
 * Threads: one writer, one reader.
 */
#ifndef RAIZ_ENGINE_WATCH_H
#define RAIZ_ENGINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/addr.h"
#include "dns/limits.h"
#include "dns/name.h"
#include "resolver/engine/failure.h"

#define WATCH_ROOM 4096 /* answers; a power of two */

enum seen_source {
    SEEN_HIT,  /* at once: from the cache, or refused */
    SEEN_MISS, /* by the engine */
};

struct seen {
    int64_t at_s;
    uint64_t took_us; /* SEEN_MISS */
    struct addr client;
    struct addr server; /* SEEN_MISS: asked last; family ADDR_NONE: nobody */
    enum failure failure;
    uint16_t type, rcode;
    uint8_t source;   /* enum seen_source */
    uint8_t security; /* enum cache_security; SEEN_HIT: SEC_SECURE if the answer said so */
    bool tcp, truncated;
    uint8_t name_len, name_labels;
    uint8_t name[DNAME_MAX];
};

struct watch;

struct watch *watch_new(void); /* NULL: out of memory */
void watch_free(struct watch *w);

/* A place to be filled, or NULL: full, and counted. */
struct seen *watch_next(struct watch *w);
void watch_put(struct watch *w);                    /* it is filled */
void watch_name(struct seen *s, struct dname name); /* in lower case */

/* The oldest that was not read, valid until watch_taken(); NULL: none. */
const struct seen *watch_oldest(struct watch *w);
void watch_taken(struct watch *w);
uint64_t watch_lost(const struct watch *w); /* since it was made */

static inline struct dname seen_name(const struct seen *s)
{
    return (struct dname){.wire = s->name, .len = s->name_len, .labels = s->name_labels};
}

#endif
