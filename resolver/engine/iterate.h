/*
 * iterate.h - the walk from the root to the answer: the states of a job
 *
 * A state function returns the next state; waiting is a state without a function. The diagram stands in engine.h. State
 * functions change their job, queue actions and mark jobs ready; they call no other job's states, so nothing is entered
 * twice.
 */
#ifndef RAIZ_ENGINE_ITERATE_H
#define RAIZ_ENGINE_ITERATE_H

#include "resolver/engine/exchange.h"
#include "resolver/engine/job.h"

/* Runs the job until it waits or has ended (then it must not be touched any more). */
void iterate_run(struct job *j, struct now now);
/* The next moment at which something happens to the job by itself, to the engine's deadlines. */
void iterate_arm(struct job *j);
/* Its deadline has come. */
void iterate_expire(struct job *j, struct now now);
/* EV_UNREACHABLE for its exchange. */
void iterate_unreachable(struct job *j, struct exchange *x, enum unreachable why, struct now now);

/* Pieces that the state functions share. */
/* From now on the servers of `cut` are asked; it is copied. `until_us`: when the parent's word for it ends, UINT64_MAX
 * for what is configured or the root's. */
enum job_state iterate_enter(struct job *j, const struct delegation *cut, uint64_t until_us, struct now now);
/* The present cut is left: nothing of it is asked or waited for any more. */
void iterate_leave(struct job *j);
/* After trouble with one server: where to go, given what is still open. */
enum job_state iterate_onward(struct job *j);
/* The question changes: tries of the last one do not count against it (L10 is per question). */
void iterate_next_question(struct job *j);
void iterate_close_exchanges(struct job *j);
/* The same question to the same server in another way: ST_ASK. */
enum job_state iterate_again(struct job *j, unsigned server);
/* A question that hides labels met trouble: ask for NS in place of A, which every parent must know. False: it did. */
bool iterate_ask_ns(struct job *j, const struct ask *ask);
/* A question that hides labels met trouble: show the whole name from now on. False: it showed all already, or must not.
 */
bool iterate_show_all(struct job *j, const struct ask *ask);

/* ST_ASK (send.c), ST_REPLY (reply.c), ST_VALIDATE (validate.c), ST_FINISH (finish.c) */
enum job_state send_ask(struct job *j, struct now now);
enum job_state reply_read(struct job *j, struct now now);
enum job_state validate_finding(struct job *j, struct now now);
enum job_state finish_job(struct job *j, struct now now);

#endif
