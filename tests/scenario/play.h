/*
 * play.h - the statements of a scenario, carried out
 *
 * Told in tests/scenario/README.md. Whatever is not as it should be ends the program with file:line.
 */
#ifndef RAIZ_SCENARIO_PLAY_H
#define RAIZ_SCENARIO_PLAY_H

#include "scn.h"
#include "sim.h"

struct play {
    struct sim sim;
    bool lenient; /* what is expected is not looked at */
    bool again;   /* for the second time */
    size_t mark;  /* questions before this one were asked for earlier statements */
    /* Called when the simulation is made, before the first statement; NULL: nothing is. */
    void (*prepare)(struct play *p, void *arg);
    void *arg;
};

/* All of it, then the invariants of engine.h. The caller releases p->sim. */
void play_script(const struct script *script, struct play *p);

#endif
