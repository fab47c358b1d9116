/*
 * rest.c - long work in small pieces, with rests between them
 */
#include "resolver/io/rest.h"

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include "resolver/io/clock.h"

#define STEP_US   4
#define PIECE_US  40 /* sleeping and waking cost some 5 to 10 */
#define TIMES_MAX 4
#define LATE_US   20   /* waking takes 5 to 10 where nobody else wants the processor */
#define WORKED_US 200  /* when a piece took longer, others had the processor meanwhile */
#define SLACK_NS  1000 /* of the kernel's timers */

void rest_precisely(void)
{
    prctl(PR_SET_TIMERSLACK, SLACK_NS);
}

void rest_begin(struct rest *r)
{
    r->begun_us = r->stepped_us = clock_mono_us();
}

unsigned rest_times(unsigned times, uint64_t late_us)
{
    if (late_us > LATE_US) {
        return times < TIMES_MAX / 2 ? 2 * (times > 0 ? times : 1) : TIMES_MAX;
    }
    return times > 1 ? times / 2 : 1;
}

/* What they take is not work of this piece. */
static void let_others(struct rest *r, uint64_t now_us)
{
    if (now_us - r->stepped_us >= STEP_US) {
        sched_yield();
        r->stepped_us = clock_mono_us();
        r->begun_us += r->stepped_us - now_us;
    }
}

void rest_after(struct rest *r)
{
    uint64_t ended_us = clock_mono_us(), worked_us = ended_us - r->begun_us;
    if (worked_us < PIECE_US) {
        let_others(r, ended_us);
        return;
    }
    uint64_t us = (worked_us < WORKED_US ? worked_us : WORKED_US) * (r->times > 0 ? r->times : 1);
    nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
    rest_begin(r);
    uint64_t slept_us = r->begun_us - ended_us;
    r->times = rest_times(r->times, slept_us > us ? slept_us - us : 0);
}
