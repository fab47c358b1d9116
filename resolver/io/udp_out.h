/*
 * udp_out.h - questions to name servers over UDP
 *
 * Each question has a socket of its own, bound to a fresh random port of the common pool (ports.h), connected to the
 * server, and closed when the exchange ends. So a stranger must guess the port anew each time (T1-T3), what other
 * addresses send is refused by the kernel before it costs us anything (T5, T8), and nothing is left that could be
 * probed.
 *
 * Datagrams go up as they come: whether one answers the question is for the engine to judge, which waits on when it
 * does not (T10).
 *
 * Memory: an exchange is freed by udp_out_end(). Threads: the loop's.
 */
#ifndef RAIZ_IO_UDP_OUT_H
#define RAIZ_IO_UDP_OUT_H

#include <stdatomic.h>

#include "dns/rng.h"
#include "resolver/engine/engine.h"
#include "resolver/io/loop.h"
#include "resolver/io/ports.h"

#define UDP_OUT_PORT_TRIES 64 /* random ports found in use, then the kernel chooses */

struct udp_out;
struct udp_exchange;

/* What an upstream side tells its host, which must not send or end exchanges from within. */
struct upstream_handler {
    void *arg;
    void (*reply)(void *arg, struct exchange_id id, const uint8_t *data, size_t n, bool new_connection);
    void (*unreachable)(void *arg, struct exchange_id id, enum unreachable why);
};

struct udp_out_counters {
    _Atomic uint64_t sent, received, open;
    _Atomic uint64_t port_retries;   /* random ports that were in use */
    _Atomic uint64_t port_by_kernel; /* questions whose port the kernel chose */
    _Atomic uint64_t strangers;      /* datagrams queued between bind and connect from another address */
    _Atomic uint64_t failed;         /* no socket, no route, no permission */
};

/* NULL: out of memory. */
struct udp_out *udp_out_new(struct loop *loop, const struct ports *ports, struct rng *rng,
                            const struct upstream_handler *handler);
void udp_out_free(struct udp_out *u); /* ends all exchanges */
void udp_out_trim(struct udp_out *u); /* frees what is kept for the next exchanges */
/* NULL: could not be sent, errno says why. Nothing is called back from within. */
struct udp_exchange *udp_out_send(struct udp_out *u, struct exchange_id id, const struct addr *to, const uint8_t *wire,
                                  size_t n);
void udp_out_end(struct udp_out *u, struct udp_exchange *x);
const struct udp_out_counters *udp_out_counters(const struct udp_out *u);

#endif
