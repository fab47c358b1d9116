/*
 * suspects.h - servers that answered only without EDNS
 *
 * A forged FORMERR without OPT must not teach the cache that a server knows no EDNS (T11: then DNSSEC is gone too). So
 * one resolution may go on without EDNS, and the cache is told only after several did, or when TCP proves it. The few
 * servers in between are remembered here. When the table is full the oldest suspicion makes room: forgetting is
 * harmless.
 */
#ifndef RAIZ_ENGINE_SUSPECTS_H
#define RAIZ_ENGINE_SUSPECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/now.h"

#define SUSPECTS_MAX    64
#define SUSPECTS_PROOF  3 /* resolutions that answered without EDNS only, to believe it */
#define SUSPECTS_KEEP_S 900

struct suspects {
    struct suspect {
        struct addr server;
        uint64_t since_us;
        uint8_t count;
    } row[SUSPECTS_MAX];
    unsigned next; /* place of the oldest */
};

/* One more resolution went on without EDNS. True: that is proof enough. */
bool suspects_add(struct suspects *s, const struct addr *server, struct now now);
/* The server showed an OPT. */
void suspects_clear(struct suspects *s, const struct addr *server);

#endif
