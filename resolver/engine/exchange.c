/*
 * exchange.c - a question that was sent, until its reply comes or nobody wants it any more
 */
#include "resolver/engine/exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "dns/seeded.h"
#include "resolver/engine/core.h"

static void give_back(struct exchanges *all, struct exchange *x)
{
    x->id.generation++;
    x->free = true;
    x->free_next = all->free;
    all->free = x;
}

struct exchange *exchange_take(struct engine *e)
{
    struct exchanges *all = &e->exchanges;

    if (all->free != NULL) {
        struct exchange *x = all->free;
        all->free = x->free_next;
        x->free = false;
        return x;
    }
    if (all->count == all->cap) {
        size_t cap = all->cap == 0 ? 64 : 2 * all->cap;
        struct exchange **place = realloc(all->place, cap * sizeof *place);
        if (place == NULL) {
            return NULL;
        }
        all->place = place;
        all->cap = cap;
    }
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL) {
        return NULL;
    }
    x->id = (struct exchange_id){.index = (uint32_t)all->count, .generation = all->generation + 1};
    all->place[all->count++] = x;
    return x;
}

void exchange_send(struct engine *e, struct exchange *x)
{
    assert(x->job != NULL);
    x->send_queued = true;
    core_queue(e, &x->send, ACT_SEND);
}

struct exchange *exchange_find(struct engine *e, struct exchange_id id)
{
    if (id.index >= e->exchanges.count) {
        return NULL;
    }
    struct exchange *x = e->exchanges.place[id.index];
    return x->job != NULL && !x->send_queued && SEEDED(25, x->id.generation == id.generation, true) ? x : NULL;
}

void exchange_close(struct engine *e, struct exchange *x)
{
    struct job *j = x->job;

    for (unsigned i = 0; i < 2; i++) {
        if (j->exchange[i] == x) {
            j->exchange[i] = NULL;
        }
    }
    x->job = NULL;
    if (!x->send_queued) {
        core_queue(e, &x->cancel, ACT_CANCEL);
    }
}

bool exchange_pull_send(struct engine *e, struct exchange *x, struct action *out)
{
    x->send_queued = false;
    if (x->job == NULL) {
        give_back(&e->exchanges, x); /* closed before it was sent */
        return false;
    }
    out->exchange = x->id;
    out->to = x->to;
    out->tcp = x->ask.tcp;
    out->wire = x->wire;
    out->len = x->wire_len;
    return true;
}

void exchange_pull_cancel(struct engine *e, struct exchange *x, struct action *out)
{
    out->exchange = x->id;
    give_back(&e->exchanges, x);
}

/* The lowest free places are used first from then on, so that the next time more can go. */
void exchanges_trim(struct exchanges *x)
{
    while (x->count > 0 && x->place[x->count - 1]->free) {
        struct exchange *last = x->place[--x->count];
        x->generation = last->id.generation > x->generation ? last->id.generation : x->generation;
        free(last);
    }
    x->free = NULL;
    for (size_t i = x->count; i-- > 0;) {
        if (x->place[i]->free) {
            x->place[i]->free_next = x->free;
            x->free = x->place[i];
        }
    }
}

void exchanges_release(struct exchanges *x)
{
    for (size_t i = 0; i < x->count; i++) {
        free(x->place[i]);
    }
    free(x->place);
    *x = (struct exchanges){0};
}
