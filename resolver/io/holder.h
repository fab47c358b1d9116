/*
 * holder.h - who holds a port
 *
 * "Address already in use" leaves the operator searching; this finds the process (from /proc, as far as permissions
 * allow) so that the message can name it.
 */
#ifndef RAIZ_IO_HOLDER_H
#define RAIZ_IO_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/addr.h"

/* "systemd-resolve (process 612)"; false: nobody found or not visible. */
bool holder_find(const struct addr *a, bool tcp, char *out, size_t cap);

#endif
