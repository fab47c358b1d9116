/*
 * forget.h - what the cache must forget because it was learnt under other settings
 *
 * Names are noted as they turn up; all that the cache holds of them and below them goes in one pass over the table, in
 * small pieces with rests between them (io/rest.h), a few in each turn of the loop: a million entries are a second of
 * work, and neither a worker nor whoever asks on the control socket is to wait for it.
 *
 *     forget_below() ... -> noted -> under way -> gone
 *
 * What is noted while others are under way has its turn after them. When memory ends everything is forgotten.
 *
 * Memory: its lists. Threads: the main thread's.
 */
#ifndef RAIZ_FORGET_H
#define RAIZ_FORGET_H

#include "cache/cache.h"
#include "resolver/io/rest.h"

struct forget_list {
    struct dname_buf *names;
    size_t n, room;
    bool all; /* whatever the names are */
};

struct forget {
    struct cache *cache;
    struct forget_list noted, going; /* going: in order, if any */
    bool running;
    struct cache_flushing flushing; /* while running */
    struct rest rest;
};

void forget_init(struct forget *f, struct cache *cache);
void forget_release(struct forget *f);
void forget_below(struct forget *f, struct dname name);
/* Is there anything? */
bool forget_wants(const struct forget *f);
/* As much as fits into a turn of a loop. False: all that was noted is forgotten. */
bool forget_more(struct forget *f);
void forget_all(struct forget *f); /* at once */

#endif
