/*
 * checks.h - signature checks on their way to the host and back
 *
 * A check belongs to the job that waits for it and, from when it was pulled, to the host. The job may end first: then
 * the check is nobody's, and what becomes of it does not matter; that a signature was good is worth knowing all the
 * same.
 *
 * Memory: the engine frees what the host gives back, the host what it keeps.
 */
#ifndef RAIZ_ENGINE_CHECKS_H
#define RAIZ_ENGINE_CHECKS_H

#include "resolver/engine/job.h"

struct dnssec_task;

struct engine_check {
    struct act act;
    struct job *job; /* NULL: it ended */
    struct dnssec_task *task;
};

/* The job wants the check that its validation left (job.later). */
enum job_state checks_begin(struct job *j);
/* Nobody waits any more. */
void checks_leave(struct job *j);
/* False: it ended before the host heard of it. */
bool checks_pull(struct engine_check *c, struct action *out);
void checks_done(struct engine *e, struct engine_check *c);

#endif
