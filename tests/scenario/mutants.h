/*
 * mutants.h - replies changed one thing at a time, and what comes of it
 *
 *     mutants NAME TYPE... least N     in a scenario with signed zones
 *     mutants lab least N              all questions of the lab (statement `lab`)
 *
 * For each question: every reply that a resolution from nothing got is changed in every way that mutate.h knows, at all
 * servers alike, and the question is asked anew each time, and once again of what the cache has then. What the client
 * is told must be a failure or the same as ever (judge.h), whatever was changed. Only where nobody can prove that there
 * is no unsigned delegation (mutants.c, may_be_unsigned) it may be other data, and then never secure.
 *
 * And in the place of each answer all others are replayed that the same zone signed, as they are and renamed to what
 * was asked: a wildcard's, or the denial of another name.
 *
 * A reply that helps with several questions is changed for the first of them, and again when it is itself the answer.
 *
 * Of all changes RAIZ_MUTANT_STRIDE (environment) says which share is made: one in so many, those whose number leaves
 * RAIZ_MUTANT_PHASE. 1 is all. The statement prints how many were made, and ends the program if one of them survives,
 * or if fewer than N make a difference.
 */
#ifndef RAIZ_SCENARIO_MUTANTS_H
#define RAIZ_SCENARIO_MUTANTS_H

#include "sim.h"

void mutants_statement(struct sim *s, struct words *w);

#endif
