/*
 * waiters.h - client queries that wait for an answer
 *
 * Found by the client's id when the client leaves.
 */
#ifndef RAIZ_ENGINE_WAITERS_H
#define RAIZ_ENGINE_WAITERS_H

#include "resolver/engine/job.h"

/* A waiter with a copy of request and client. When memory is short, one of the engine's few spare ones, good for being
 * dropped only (w->spare); NULL when those are used up too. */
struct waiter *waiter_new(struct engine *e, const struct request *request, const struct client_ref *client,
                          struct now now);
void waiter_free(struct engine *e, struct waiter *w);
struct waiter *waiter_find(struct engine *e, uint64_t client_id);
/* The host will pull what becomes of it, ACT_ANSWER or ACT_DROP; the job counts it among the answers not yet pulled. */
void waiter_queue(struct waiter *w, enum action_kind kind);
/* Takes it from its job's list. */
void waiter_detach(struct waiter *w);

#endif
