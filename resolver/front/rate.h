/*
 * rate.h - how many answers a second a network gets over UDP
 *
 * The source of a datagram can be forged, so that answers hit somebody who asked for nothing. Whoever is open to forged
 * sources can limit what one network is sent in a second: answers with data, empty ones, denials and errors, each for
 * itself (rate-limit in the configuration; off by default, for a resolver's own clients ask a lot at times). Of what
 * is over the limit every slip-th goes out empty and truncated, so that who really asked comes back over TCP, whose
 * sources cannot be forged.
 *
 * A limit is for an address; networks may have more (meter.h, L35). This host itself is never limited, nor who stands
 * in rate-limit.exempt. Only what is sent is counted, so a limit of N lets N answers pass each second, and N at once.
 *
 * Memory: the meter and the world are borrowed. Threads: one struct rate per worker; the meter is shared.
 */
#ifndef RAIZ_FRONT_RATE_H
#define RAIZ_FRONT_RATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/config/world.h"
#include "resolver/front/limited.h"
#include "resolver/front/meter.h"

#define RATE_HALF_LIFE_MS 693 /* ln 2 of a second: what comes evenly adds up to what comes in a second */
#define RATE_SLIP_MAX     512 /* header, question, OPT */

enum rate_kind { RATE_ANSWERS, RATE_NODATA, RATE_NXDOMAIN, RATE_ERRORS };
const char *rate_kind_text(enum rate_kind kind);
const char *rate_kind_option(enum rate_kind kind);
enum rate_kind rate_kind_of(const uint8_t *answer);

struct rate {
    struct meter *meter;
    const struct world *world; /* NULL: no limits */
    unsigned over;             /* answers over a limit so far */
    _Atomic uint64_t limited, slipped;
    struct limited whose;
};

/* Is the client bound to a limit of answers of this kind now? 0: it is not. */
uint32_t rate_limit_of(const struct world *world, const struct addr *client, enum rate_kind kind);

/* At the start, and whenever there is a new world. r is zero at first. */
void rate_init(struct rate *r, struct meter *meter, const struct world *world);

/* What goes in the place of an answer. */
struct rate_slip {
    size_t n;
    uint8_t wire[RATE_SLIP_MAX];
};

enum rate_verdict {
    RATE_SEND,
    RATE_SEND_OVER, /* it is over a limit, but goes (rate-limit.log-only) */
    RATE_WITHHOLD,
    RATE_SLIP, /* *slip goes in its place */
};
enum rate_verdict rate_answer(struct rate *r, const struct addr *client, const uint8_t *wire, size_t n,
                              struct rate_slip *slip, struct now now);

#endif
