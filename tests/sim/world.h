/*
 * world.h - a random Internet, its troubles and its clients, written as a scenario
 *
 * A seed becomes the text of a scenario (tests/scenario/README.md): zones and their servers, rules by which servers
 * fail or lie, and what clients ask when. So a seed that fails can be made shorter line by line, and what is left can
 * be read and played like any other scenario.
 *
 * Seeds that follow one another share their zones (WORLD_SEEDS of them), because signing is dear; troubles and
 * questions are each seed's own.
 *
 * Memory: the text is malloc'ed and the caller's. Threads: pure.
 */
#ifndef RAIZ_SIM_WORLD_H
#define RAIZ_SIM_WORLD_H

#include <stddef.h>
#include <stdint.h>

#define WORLD_SEEDS 16 /* seeds that share a world */

char *world_text(uint64_t seed);
/* The same, with troubles and questions drawn from these octets, for fuzzing: half of them for each. */
char *world_of_octets(const uint8_t *data, size_t n);

#endif
