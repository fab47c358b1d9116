/*
 * checks.c - signature checks on their way to the host and back
 */
#include "resolver/engine/checks.h"

#include <assert.h>
#include <stdlib.h>

#include "resolver/engine/core.h"

enum job_state checks_begin(struct job *j)
{
    struct engine_check *c = malloc(sizeof *c);

    if (c == NULL) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    assert(j->check == NULL && j->later.wanted != NULL);
    *c = (struct engine_check){.job = j, .task = j->later.wanted};
    j->later.wanted = NULL;
    j->check = c;
    j->wait_until_us = 0;
    core_queue(j->engine, &c->act, ACT_CHECK);
    return ST_WAIT_CHECK;
}

void checks_leave(struct job *j)
{
    if (j->check != NULL) {
        j->check->job = NULL;
        j->check = NULL;
    }
    dnssec_task_free(j->later.wanted);
    j->later.wanted = NULL;
}

bool checks_pull(struct engine_check *c, struct action *out)
{
    if (c->job == NULL) {
        engine_check_free(c);
        return false;
    }
    out->check = c;
    return true;
}

void checks_done(struct engine *e, struct engine_check *c)
{
    struct job *j = c->job;

    if (j != NULL) {
        assert(j->state == ST_WAIT_CHECK && j->check == c);
        dnssec_later_settle(&j->later, c->task, &j->budget->work);
        COUNT_N(e, verify_failures, c->task->verdict == DNSSEC_BAD);
        j->check = NULL;
        j->state = ST_VALIDATE;
        job_ready(j);
    } else if (c->task->verdict == DNSSEC_GOOD) {
        dnssec_seen_add(e->seen, &c->task->id);
    }
    engine_check_free(c);
}

void engine_check_run(const struct engine *e, struct engine_check *c)
{
    if (dnssec_seen_has(e->seen, &c->task->id)) {
        c->task->verdict = DNSSEC_GOOD;
    } else if (c->job != NULL) {
        dnssec_task_run(c->task);
    }
}

void engine_check_free(struct engine_check *c)
{
    dnssec_task_free(c->task);
    free(c);
}
