/*
 * nta.h - negative trust anchors (RFC 7646): zones that are not validated for a while
 *
 * Each has an end, a day or so away, and a reason, so that nobody forgets why it is there. Between times the zone is
 * probed: when it validates again its anchor goes, unless it was forced. Kept as text over restarts.
 *
 * Memory: the list belongs to ntas_free(). Threads: one.
 */
#ifndef RAIZ_DNSSEC_NTA_H
#define RAIZ_DNSSEC_NTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

#define NTA_DEFAULT_S  3600        /* section 2: as short as will do */
#define NTA_MAX_S      (7 * 86400) /* section 2: a week at most */
#define NTA_PROBE_S    300         /* section 4: between two looks */
#define NTA_COUNT_MAX  1024
#define NTA_REASON_MAX 128 /* with NUL */
#define NTA_ERROR_MAX  200
#define NTA_TEXT_MAX   (NTA_COUNT_MAX * (DNAME_TEXT_MAX + NTA_REASON_MAX + 100))

struct nta {
    struct dname_buf name;
    int64_t since_s, until_s;
    int64_t probe_s; /* the next look; INT64_MAX: forced */
    bool force;
    char reason[NTA_REASON_MAX];
};

struct ntas {
    struct nta *list;
    size_t count, room;
};

void ntas_free(struct ntas *n);
/* Replaces one of the same name. NULL: as many as may be, or out of memory. What is not printable in the reason is "?".
 */
struct nta *ntas_add(struct ntas *n, struct dname name, int64_t wall_s, uint32_t for_s, bool force, const char *reason);
struct nta *ntas_find(const struct ntas *n, struct dname name);
bool ntas_remove(struct ntas *n, struct dname name);
/* One whose time has ended; NULL: none. A clock that was set back does not make them last longer than a week. */
struct nta *ntas_expired(struct ntas *n, int64_t wall_s);
/* One that is to be looked at; NULL: none. */
struct nta *ntas_to_probe(struct ntas *n, int64_t wall_s);
/* The next moment at which one of the two has something; INT64_MAX: never. */
int64_t ntas_due_s(const struct ntas *n);

/* Returns the length; 0: does not fit. */
size_t ntas_write(const struct ntas *n, char *out, size_t cap);
/* False: error (NTA_ERROR_MAX bytes) says which line and why, and the list is empty. */
bool ntas_read(struct ntas *n, const char *text, size_t len, int64_t wall_s, char *error);

#endif
