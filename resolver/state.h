/*
 * state.h - files of the state folder
 *
 * What goes wrong is logged: the daemon goes on without.
 */
#ifndef RAIZ_STATE_H
#define RAIZ_STATE_H

#include <stddef.h>

#include "resolver/io/log.h"

/* n 0: the text did not fit where it was made. */
void state_save(const char *folder, const char *name, const char *text, size_t n, struct log *log);
/* The file's text, malloc'ed; NULL: there is none, or it cannot be read. */
char *state_load(const char *folder, const char *name, size_t most, size_t *n, struct log *log);

#endif
