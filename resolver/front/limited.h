/*
 * limited.h - whose answers were withheld lately
 *
 * A client that gets no answer cannot be told why, so whoever runs raizd is told afterwards (raizctl explain): for each
 * network and kind of answers that met a rate limit, how many were withheld, sent truncated, or let go, and since when.
 * It is written only where a limit has been met.
 *
 *     hash -> a set of four rows; who comes fifth takes the place of who was limited least lately
 *
 * Memory: a table of fixed size. Threads: one worker writes, any other thread reads; the worker never waits for it, but
 * does not count what it limits while somebody reads.
 */
#ifndef RAIZ_FRONT_LIMITED_H
#define RAIZ_FRONT_LIMITED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/now.h"

#define LIMITED_SETS   32
#define LIMITED_WAYS   4
#define LIMITED_ROWS   (LIMITED_SETS * LIMITED_WAYS)
#define LIMITED_GAP_S  60  /* so long without a limit, and the next counts from one */
#define LIMITED_KEPT_S 600 /* what is older is not told: nobody asks why any more */

struct limited_row {
    struct addr_prefix network; /* family ADDR_NONE: free */
    uint8_t kind;               /* of answers, as rate.h names them */
    uint32_t limit;             /* that was met, answers a second */
    uint64_t withheld, truncated, let_go;
    uint64_t since_us, last_us;
};

struct limited {
    atomic_bool busy;
    struct limited_row row[LIMITED_ROWS];
};

/* One more, of which `more` says what became of it: its counts are added. hash: of network and kind, keyed. */
void limited_add(struct limited *l, const struct limited_row *more, uint64_t hash, struct now now);
/* Adds the rows of the last LIMITED_KEPT_S to `rows`, those of the same network and kind into one, and only those with
 * this client (NULL: any) and of this kind (below 0: any). Returns how many there are now, at most `max`: if there are
 * more the latest stay. */
unsigned limited_read(struct limited *l, const struct addr *client, int kind, struct limited_row *rows, unsigned have,
                      unsigned max, struct now now);

#endif
