/*
 * forget.c - what the cache must forget because it was learnt under other settings
 */
#include "resolver/forget.h"

#include <stdlib.h>

#define PIECE_SLOTS 4 /* of the table, with some five entries each: 4 us when all of them go */
#define ALL_SLOTS   1024
#define PIECES      16 /* in a turn, before others have theirs: on a busy machine each may cost a rest of ms */

void forget_init(struct forget *f, struct cache *cache)
{
    *f = (struct forget){.cache = cache};
}

static void clear(struct forget_list *l)
{
    free(l->names);
    *l = (struct forget_list){.n = 0};
}

void forget_release(struct forget *f)
{
    clear(&f->noted);
    clear(&f->going);
    f->running = false;
}

void forget_below(struct forget *f, struct dname name)
{
    struct forget_list *l = &f->noted;
    if (l->n == l->room) {
        size_t room = l->room > 0 ? 2 * l->room : 8;
        struct dname_buf *grown = realloc(l->names, room * sizeof *grown);
        if (grown == NULL) {
            l->all = true;
            return;
        }
        l->names = grown;
        l->room = room;
    }
    dname_copy(name, &l->names[l->n++]);
}

bool forget_wants(const struct forget *f)
{
    return f->running || f->noted.n > 0 || f->noted.all;
}

static void begin(struct forget *f)
{
    struct forget_list *l = &f->going;
    *l = f->noted;
    f->noted = (struct forget_list){.n = 0};
    f->running = true;
    if (l->all) {
        cache_flush_begin(f->cache, dname_root(), &f->flushing);
    } else {
        l->n = cache_flush_order(l->names, l->n);
        cache_flush_begin_many(l->names, l->n, &f->flushing);
    }
}

static void step(struct forget *f, size_t slots)
{
    if (!f->running) {
        begin(f);
    } else if (!cache_flush_more(f->cache, &f->flushing, slots)) {
        clear(&f->going);
        f->running = false;
    }
}

bool forget_more(struct forget *f)
{
    rest_begin(&f->rest);
    for (unsigned i = 0; i < PIECES && forget_wants(f); i++) {
        step(f, PIECE_SLOTS);
        rest_after(&f->rest);
    }
    return forget_wants(f);
}

void forget_all(struct forget *f)
{
    while (forget_wants(f)) {
        step(f, ALL_SLOTS);
    }
}
