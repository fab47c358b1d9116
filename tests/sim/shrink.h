/*
 * shrink.h - a scenario that fails, made shorter while it fails for the same reason
 *
 * Lines are left out, many at once and then fewer (delta debugging); each attempt is a process of its own, so a crash
 * is a reason like any other. The reason is the first line that the process wrote on standard error, without its
 * numbers.
 *
 * Memory: texts are malloc'ed. Threads: none; it forks.
 */
#ifndef RAIZ_SIM_SHRINK_H
#define RAIZ_SIM_SHRINK_H

#include <stdbool.h>
#include <stddef.h>

#define REASON_MAX 200

/* Plays the text in this process and returns if all is well. */
typedef void shrink_play(char *text);

/* Of what a process wrote before it ended, and how it ended. */
void shrink_reason(const char *output, int status, char out[static REASON_MAX]);
/* In a process of its own: true if it ended well; else why it did not, and what it wrote. */
bool shrink_try(const char *text, shrink_play *play, char why[static REASON_MAX], char *output, size_t cap);
/* The shortest text found in so many seconds that fails for the same reason. */
char *shrink(const char *text, shrink_play *play, const char *why, unsigned seconds);

#endif
