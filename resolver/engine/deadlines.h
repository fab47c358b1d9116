/*
 * deadlines.h - which job is due next
 *
 * A binary heap of jobs by due_us; each job knows its place, so that setting and clearing are logarithmic. Room for
 * every job is reserved when the job is made: setting cannot fail.
 */
#ifndef RAIZ_ENGINE_DEADLINES_H
#define RAIZ_ENGINE_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job;

struct deadlines {
    struct job **heap;
    size_t count, cap;
};

#define DEADLINES_NOWHERE SIZE_MAX

bool deadlines_reserve(struct deadlines *d, size_t jobs); /* false: out of memory */
void deadlines_set(struct deadlines *d, struct job *j, uint64_t due_us);
void deadlines_clear(struct deadlines *d, struct job *j);
struct job *deadlines_first(const struct deadlines *d); /* NULL: none */
void deadlines_release(struct deadlines *d);

#endif
