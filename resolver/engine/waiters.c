/*
 * waiters.c - client queries that wait for an answer
 */
#include "resolver/engine/waiters.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/engine/core.h"

static struct waiter **bucket_of(struct engine *e, uint64_t id)
{
    return &e->client[id & (ENGINE_CLIENT_BUCKETS - 1)];
}

static struct waiter *take_spare(struct engine *e)
{
    for (unsigned i = 0; i < ENGINE_SPARE_WAITERS; i++) {
        if (!e->spare[i].spare) {
            memset(&e->spare[i], 0, sizeof e->spare[i]);
            e->spare[i].spare = true;
            return &e->spare[i];
        }
    }
    return NULL;
}

struct waiter *waiter_new(struct engine *e, const struct request *request, const struct client_ref *client,
                          struct now now)
{
    const size_t head = offsetof(struct request, qname) + offsetof(struct dname_buf, wire);
    struct waiter *w = calloc(1, offsetof(struct waiter, request) + head + request->qname.len);

    if (w != NULL) {
        memcpy((char *)w + offsetof(struct waiter, request), request, head + request->qname.len);
    } else {
        w = take_spare(e);
        if (w == NULL) {
            return NULL;
        }
    }
    w->client = *client;
    w->since_us = now.mono_us;
    struct waiter **bucket = bucket_of(e, client->id);
    w->id_next = *bucket;
    *bucket = w;
    return w;
}

void waiter_free(struct engine *e, struct waiter *w)
{
    struct waiter **p = bucket_of(e, w->client.id);

    while (*p != w) {
        p = &(*p)->id_next;
    }
    *p = w->id_next;
    if (w->spare) {
        w->spare = false;
    } else {
        free(w);
    }
}

struct waiter *waiter_find(struct engine *e, uint64_t client_id)
{
    for (struct waiter *w = *bucket_of(e, client_id); w != NULL; w = w->id_next) {
        if (w->client.id == client_id) {
            return w;
        }
    }
    return NULL;
}

void waiter_queue(struct waiter *w, enum action_kind kind)
{
    w->queued = true;
    w->job->answers_queued++;
    core_queue(w->job->engine, &w->act, kind);
}

void waiter_detach(struct waiter *w)
{
    struct job *j = w->job;
    struct waiter *before = NULL;

    for (struct waiter *at = j->first_waiter; at != w; at = at->next) {
        before = at;
    }
    *(before != NULL ? &before->next : &j->first_waiter) = w->next;
    if (j->last_waiter == w) {
        j->last_waiter = before;
    }
    j->waiters--;
    w->next = NULL;
    w->job = NULL;
}
