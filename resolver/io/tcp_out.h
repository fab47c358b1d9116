/*
 * tcp_out.h - questions to name servers over TCP
 *
 * A connection to a server is kept for some seconds after its last reply and used again, also for several questions at
 * once; replies may come in any order and are told apart by id (RFC 7766 sections 6.2.1 and 7). Ids of questions under
 * way on one connection differ; a question whose id is taken opens another connection.
 *
 *     send -> an open connection to that server with room, else a new one -> reply frames -> handler.reply()
 *
 * Time limits are the engine's: it cancels an exchange when its time is over. A connection on which that happened is
 * not used for new questions, because a server that drips would be met again (X27); it ends with its last exchange. A
 * connection that the server closed while idle is no failure: the question moves to a fresh one, once (RFC 7766 section
 * 6.2.4).
 *
 * Memory: an exchange is freed by tcp_out_end(). Threads: the loop's.
 */
#ifndef RAIZ_IO_TCP_OUT_H
#define RAIZ_IO_TCP_OUT_H

#include "resolver/io/udp_out.h"

#define TCP_OUT_PIPELINE_MAX 16             /* questions under way on one connection */
#define TCP_OUT_IDLE_US      (5 * US_PER_S) /* kept so long after the last reply */
#define TCP_OUT_IDLE_MAX     32             /* idle connections kept; the one idle longest goes first */
#define TCP_OUT_QUERY_MAX    512            /* questions are short: name, OPT, cookie */
#define TCP_OUT_UNASKED_MAX  4              /* frames that answer nothing, then the connection is closed */

struct tcp_out;
struct tcp_exchange;

struct tcp_out_counters {
    _Atomic uint64_t sent, received, open;
    _Atomic uint64_t connects, reused;
    _Atomic uint64_t unasked; /* frames that answered nothing under way */
    _Atomic uint64_t moved;   /* questions moved from a connection that the server had closed */
    _Atomic uint64_t failed;
};

struct tcp_out *tcp_out_new(struct loop *loop, const struct upstream_handler *handler); /* NULL: out of memory */
void tcp_out_free(struct tcp_out *t);
/* NULL: could not be sent. Nothing is called back from within. */
struct tcp_exchange *tcp_out_send(struct tcp_out *t, struct exchange_id id, const struct addr *to, const uint8_t *wire,
                                  size_t n);
void tcp_out_end(struct tcp_out *t, struct tcp_exchange *x);
const struct tcp_out_counters *tcp_out_counters(const struct tcp_out *t);

#endif
