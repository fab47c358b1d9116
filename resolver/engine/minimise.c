/*
 * minimise.c - how much of the name the next question shows
 *
 * RFC 9156 section 2.3: the first steps show one label more each; the labels that are then left are spread over the
 * steps that are left, so a name of 120 labels costs as many questions as one of 14. When the steps are used up, or
 * several in a row met no zone cut, the whole name is shown: what lies below is most likely one zone, and an attacker
 * who chooses long names gains nothing (T38).
 */
#include "resolver/engine/minimise.h"

#include <assert.h>

#include "dns/seeded.h"
#include "resolver/engine/limits.h"

static_assert(ENGINE_MINIMISE_ONE_LABEL < ENGINE_MINIMISE_STEPS_MAX, "steps are left to spread the labels over");

/* Labels to add in this step; `left` labels are still hidden. */
static unsigned stride(unsigned steps, unsigned left)
{
    if (steps < ENGINE_MINIMISE_ONE_LABEL) {
        return 1;
    }
    if (steps + 1 >= ENGINE_MINIMISE_STEPS_MAX) {
        return left; /* the last step */
    }
    unsigned steps_left = ENGINE_MINIMISE_STEPS_MAX - steps;
    return (left + steps_left - 1) / steps_left;
}

uint8_t minimise_next(struct minimise *m, enum engine_minimise mode, uint8_t goal_labels, uint8_t cut_labels)
{
    uint8_t shown = m->labels > cut_labels ? m->labels : cut_labels;

    if (mode == MINIMISE_OFF || m->off || shown >= goal_labels) {
        m->labels = goal_labels;
        return goal_labels;
    }
    if (SEEDED(27, m->no_cut >= ENGINE_MINIMISE_NO_CUT_MAX, false)) {
        m->off = true;
        m->labels = goal_labels;
        return goal_labels;
    }
    unsigned next = shown + stride(m->steps, (unsigned)(goal_labels - shown));
    if (next >= goal_labels) {
        m->labels = goal_labels; /* hides nothing: no step */
        return goal_labels;
    }
    m->steps++;
    m->no_cut++;
    m->labels = (uint8_t)next;
    return m->labels;
}

void minimise_cut(struct minimise *m, uint8_t cut_labels)
{
    m->no_cut = 0;
    m->labels = cut_labels;
}
