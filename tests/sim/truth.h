/*
 * truth.h - what the zones of a scenario say, whatever its servers do
 *
 * Each zone is judged by who has a hand in it: its own servers, those of the zones above, and those of the zones in
 * which the names of its servers lie. Servers that only fail make it `troubled`: its answers are right, or honest
 * failures. A server that lies makes it `tainted`, and nothing is certain, unless it is secure. Of all others every
 * answer must be right, and a failure is an error: this is non-interference.
 *
 * Memory: struct truth is a value that borrows the zones. Threads: one.
 */
#ifndef RAIZ_SIM_TRUTH_H
#define RAIZ_SIM_TRUTH_H

#include "sim.h"

#define TRUTH_ZONES_MAX 64

struct truth_zone {
    const struct zone *zone;
    struct dname origin;
    bool troubled, tainted; /* with all that it depends on */
    bool secure;            /* there is a chain of trust from the anchor */
    bool opt_out;
    bool configured; /* the configuration names its servers */
    bool walked;     /* ... and still what the zones above say counts: they have its DS, or are the way out */
};

struct truth {
    struct truth_zone zone[TRUTH_ZONES_MAX];
    unsigned zones;
    bool anchored;
    bool clock_off; /* the wall clock was set; signatures may be out of date */
};

void truth_read(struct truth *t, const struct sim *s);
/* NULL: the client's word is as it should be; else what is wrong with it. Counts an answer in *right or *failed. */
const char *truth_of_answer(const struct truth *t, struct sim *s, const struct client *c);
/* The same of an entry of the cache. */
const char *truth_of_entry(const struct truth *t, const struct sim *s, const struct cache_hit *hit);
/* All that depends on nobody who fails or lies. */
bool truth_is_clean(const struct truth *t, struct dname name, uint16_t type);

#endif
