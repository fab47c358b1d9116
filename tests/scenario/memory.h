/*
 * memory.h - a scenario played again and again, another allocation failing each time (X15)
 *
 * Allocations are told apart by who asked for them (the return addresses on the stack); of each kind the first one
 * fails once. What is expected by the scenario is not looked at. Every client must have its word, and one that is not a
 * failure must be the word it has when nothing fails; nothing is left behind, and when memory is there again the last
 * question gets the answer it should.
 */
#ifndef RAIZ_SCENARIO_MEMORY_H
#define RAIZ_SCENARIO_MEMORY_H

void memory_play(const char *path);

#endif
