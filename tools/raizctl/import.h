/*
 * import.h - the configuration of another resolver, as one of raiz
 *
 * What the common options mean is taken over; what has no counterpart, or another meaning here, becomes a comment with
 * its line, so that nothing gets lost silently. Pure: text in, text out.
 */
#ifndef RAIZ_RAIZCTL_IMPORT_H
#define RAIZ_RAIZCTL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* unbound.conf(5) -> YAML. False: out of memory. */
bool import_unbound(const char *text, size_t n, const char *name, FILE *out);

#endif
