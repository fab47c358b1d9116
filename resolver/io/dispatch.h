/*
 * dispatch.h - the engine's hands: its wishes become datagrams, connections and answers
 *
 * Events are pushed as they happen; at the end of each turn dispatch_turn() pulls all actions, carries them out, and
 * sets the one timer to the engine's deadline. So nothing here calls the engine from within one of its own actions'
 * effects, and the engine sees the events of a turn in order.
 *
 * Clients first: a turn may bring many replies and signature checks, each of which costs what ten answers from the
 * cache do. Between any two of them the clients are looked after. Questions and answers leave several at a time.
 *
 * Memory: borrows engine and handlers. Threads: the loop's.
 */
#ifndef RAIZ_IO_DISPATCH_H
#define RAIZ_IO_DISPATCH_H

#include "resolver/engine/engine.h"
#include "resolver/io/log.h"
#include "resolver/io/loop.h"
#include "resolver/io/tcp_out.h"
#include "resolver/io/udp_out.h"

#define DISPATCH_EXCHANGES_MAX (1u << 18) /* indices that the engine may use */
#define DISPATCH_LOOK_US       50         /* clients are looked after so often in long turns, */
#define DISPATCH_LOOK_SOON_US  20         /* and before a check, which takes longer */
#define DISPATCH_GATHER_US     250        /* checks are made for so long before what follows from them is carried out */

struct dispatch;

/* A question as it leaves, or the reply to it as it arrives. */
struct dispatch_message {
    bool reply, tcp;
    const struct addr *server; /* as the zone names it */
    uint64_t age_us;           /* of a reply: since its question */
    const uint8_t *wire;
    size_t n;
};

struct dispatch_handler {
    void *arg;
    void (*answer)(void *arg, const struct action *a);            /* ACT_ANSWER and ACT_DROP */
    void (*map)(void *arg, struct addr *to);                      /* resolution.address-map; may be NULL */
    void (*message)(void *arg, const struct dispatch_message *m); /* NULL: nobody wants to see them */
    /* In long turns: whoever waits, if nobody was looked after for `after_us`; may be NULL. */
    void (*clients)(void *arg, unsigned after_us);
};

/* NULL: out of memory. */
struct dispatch *dispatch_new(struct loop *loop, struct engine *engine, const struct ports *ports, struct rng *rng,
                              struct log *log, const struct dispatch_handler *handler);
void dispatch_trim(struct dispatch *d); /* frees what is kept for the next exchanges */
void dispatch_free(struct dispatch *d);
/* Carries out what the engine wants, and sets the timer. */
void dispatch_turn(struct dispatch *d, struct now now);

const struct udp_out_counters *dispatch_udp(const struct dispatch *d);
const struct tcp_out_counters *dispatch_tcp(const struct dispatch *d);

#endif
