/*
 * finish.h - the end of a job
 *
 * ST_FINISH settles the outcome, remembers a failure (RFC 9520), tells the jobs and queues the answers of the clients
 * that wait. The job itself lasts until its last answer was pulled, because answers are built then.
 */
#ifndef RAIZ_ENGINE_FINISH_H
#define RAIZ_ENGINE_FINISH_H

#include "resolver/engine/job.h"

/* Nobody waits for the job any more: it ends without a word. */
void finish_abandon(struct job *j);
/* Fill the action of a waiter's pulled node, and let the waiter go. False: the client has left meanwhile. */
bool finish_pull(struct engine *e, struct waiter *w, struct action *out);
/* A client's query that never became a job's: ACT_DROP. */
void finish_drop(struct engine *e, struct waiter *w);

#endif
