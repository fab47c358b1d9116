/*
 * fair.h - who is refused first when there is more to do than can be done
 *
 * Each question that the cache cannot answer is charged to its client when it has been answered: what its resolution
 * cost (engine.h, cost_us), and the place that it held meanwhile. As long as all can be served nothing else happens.
 * When a worker cannot keep up, a limit is set to what a client may have had lately, and lowered, step by step, until
 * the rest can be served: so those who cost most are refused first, and who asks for little does not notice. When the
 * worker keeps up again the limit rises, and goes.
 *
 *     cost ^        ____ limit, falling while the worker does not keep up
 *          | #     /
 *          |-#----/--        refused: #
 *          | #   #
 *          | # : # : : . :   served
 *
 * Who is far above the limit gets no answer at all; nor do others, when many are refused.
 *
 * Places for resolutions can be taken in no time. So the last half of them is kept from those who cause most of the
 * work: with n of N left, whoever causes more than that part of all of it is refused, whether there is a limit or not.
 *
 * A client is never refused for its own sake alone: if nobody else
 * wants to be served, it is served as well as can be. Nothing here is met by a question that the cache answers.
 *
 * The worker does not keep up when, in two spans of FAIR_SPAN_US on end (then in any), most places for resolutions are
 * taken, or its clients' datagrams pile up in the socket, or a turn of its loop takes very long.
 *
 * Memory: the meter is shared and borrowed. Threads: one struct fair per worker.
 */
#ifndef RAIZ_FRONT_FAIR_H
#define RAIZ_FRONT_FAIR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "resolver/front/meter.h"

#define FAIR_HALF_LIFE_MS   1000
#define FAIR_SPAN_US        200000
#define FAIR_BEGIN_US       100        /* charged at once, for a question that costs nothing unusual */
#define FAIR_REFUSED_US     5          /* charged for being refused; who gets no answer is not charged */
#define FAIR_GONE_US        2000       /* charged to who leaves before the answer, as nobody says what it cost */
#define FAIR_LIMIT_LEAST_US 20000      /* who has had less is never refused: some 140 questions a second */
#define FAIR_LIMIT_NONE     UINT32_MAX /* everybody is served */
#define FAIR_DROP_TIMES     4          /* so far above the limit there is no answer */
#define FAIR_REFUSALS       50         /* in one span, then there is no answer either: to say no is work, too */
#define FAIR_CALM_SPANS     25         /* that end the limit */
#define FAIR_TURN_US        50000      /* a turn of the loop that takes longer is too long */

enum fair_verdict { FAIR_SERVE, FAIR_REFUSE, FAIR_DROP };

struct fair {
    struct meter *meter; /* NULL: everybody is served */
    unsigned places_max; /* resolutions that can be under way */
    uint32_t limit_us;
    uint32_t most_us;                  /* the most that a client has had, of those who asked in this span, */
    uint32_t before_us;                /* and in the one before */
    uint64_t span_us;                  /* when this span began */
    uint64_t piles;                    /* as struct fair_work says, when this span began */
    bool late, was_late;               /* there is more to do than can be done: in this span, in the one before */
    unsigned calm;                     /* spans on end without that */
    unsigned refusals;                 /* in this span */
    _Atomic uint64_t refused, dropped; /* questions */
    _Atomic uint64_t limits;           /* whether there is a limit now */
};

/* How busy the worker is; looked at each turn. */
struct fair_work {
    unsigned places;  /* resolutions under way */
    uint64_t piles;   /* how often so far datagrams were left unread at the end of a turn */
    uint64_t turn_us; /* what the turn before this one took */
};

/* f is zero at first. With a meter or none: all begins anew. */
void fair_init(struct fair *f, struct meter *meter, unsigned places_max);
/* A client's question that the cache could not answer; so many resolutions are under way. */
enum fair_verdict fair_question(struct fair *f, const struct addr *client, unsigned places, struct now now);
/* It has been answered, or dropped: the resolution cost this, and took so long. */
void fair_charge(struct fair *f, const struct addr *client, uint32_t cost_us, uint64_t held_us, struct now now);
void fair_turn(struct fair *f, const struct fair_work *work, struct now now);
static inline bool fair_limits(const struct fair *f)
{
    return f->limit_us != FAIR_LIMIT_NONE;
}

#endif
