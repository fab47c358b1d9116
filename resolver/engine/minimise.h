/*
 * minimise.h - how much of the name the next question shows (RFC 9156)
 *
 * From the zone cut downwards one label at a time, in bigger steps for long names so that a bounded number of questions
 * suffices, type A in place of the real type until the whole name is asked. Limits L9. Pure.
 */
#ifndef RAIZ_ENGINE_MINIMISE_H
#define RAIZ_ENGINE_MINIMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/engine/engine.h"

struct minimise {
    uint8_t labels;     /* of the name shown last; 0: none yet */
    uint8_t steps;      /* questions that hid something */
    uint8_t no_cut;     /* of these in a row, without a referral */
    bool off;           /* show the whole name from now on (RFC 9156 section 2.3: limits, or a server that cannot) */
};

/* Labels to show next of a name with goal_labels, under a cut with cut_labels (cut_labels < goal_labels, or equal: then
 * all). goal_labels: the whole name and its real type. Records the step. */
uint8_t minimise_next(struct minimise *m, enum engine_minimise mode, uint8_t goal_labels, uint8_t cut_labels);
/* A referral came: the next question starts from its cut. */
void minimise_cut(struct minimise *m, uint8_t cut_labels);

#endif
