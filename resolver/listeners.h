/*
 * listeners.h - the sockets that clients ask, of all workers, and how a reload changes them
 *
 * A table of slots for each worker. An address keeps its slot, and its sockets, for as long as it is configured: a
 * query that is under way while the configuration changes is answered from the socket that it came in by. A reload
 * makes the next table beside the one in use, opens what is new, and only then says whether it can be had; sockets that
 * are no longer wanted are closed when no worker reads them any more. A slot that was given up stays empty until no
 * query that came in by it can be under way.
 *
 * Memory: a table owns the sockets that the other one does not hold. Threads: the main thread; workers read the table
 * that they were given until they have taken the next.
 */
#ifndef RAIZ_LISTENERS_H
#define RAIZ_LISTENERS_H

#include "resolver/config/config.h"
#include "resolver/io/listen.h"

#define LISTENERS_REST_US UINT64_C(30000000) /* a query ends within 8 s; connections carry no slot */

struct listeners {
    unsigned workers;
    size_t slots;
    uint64_t *empty_us;     /* since when each is empty; 0: it was never used */
    struct listener *table; /* workers x slots; a slot that is empty has -1 for its sockets */
};

/* The table for these settings; NULL: error says which address, why and what to do, and
 * nothing has changed. */
struct listeners *listeners_next(const struct listeners *now, const struct settings *s, unsigned workers,
                                 uint64_t mono_us, char error[static 512]);
/* The first table, of sockets that were handed to us where there are such. */
struct listeners *listeners_first(struct inherit *inherited, const struct settings *s, unsigned workers,
                                  char error[static 512]);
const struct listener *listeners_of(const struct listeners *l, unsigned worker);
/* Frees the table, and closes the sockets that `kept` (NULL: nothing) does not hold. */
void listeners_free(struct listeners *l, const struct listeners *kept);
bool listeners_have(const struct listeners *l, const struct addr *a);
/* Addresses of `a` that `b` does not have, "192.0.2.1:53, [::1]:53". Returns how many. */
size_t listeners_only(const struct listeners *a, const struct listeners *b, char *text, size_t cap);

#endif
