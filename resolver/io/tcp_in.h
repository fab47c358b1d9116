/*
 * tcp_in.h - queries over TCP
 *
 * RFC 7766: a connection carries many queries, which are answered in the order in which answers become ready. A
 * connection is a socket, what has come of an unfinished frame, what the client has not taken yet, and the queries
 * under way; idle, it holds no buffers at all.
 *
 *     accept -> read -> frames -> query() -> answer at once, or later by tcp_in_answer() -> write
 *
 * What a client can hold of us (L27, L28):
 *   connections      limits.tcp-clients in all and limits.tcp-per-address from one place (quota.h). When full, the
 *                    connection that has been silent longest makes room; if none is, the new one is reset.
 *   queries          32 under way on a connection; then it is not read any more until one is answered.
 *   output           128 KiB waiting; then it is not read any more. Not taking a single octet for 1.5 s ends it (T110),
 *                    and so does letting what was under way add up to 512 KiB.
 *   a frame          5 s from its first octet to its last, however it drips (T109). We are woken for the first octet,
 *                    and then when the frame is whole.
 *   silence          10 s; 1 s when more than half of all connections are in use, 200 ms from four fifths on.
 *
 * A client that has shut its side still gets the answers under way (half-close); one that resets takes its queries with
 * it (T111). When descriptors run out, one held in reserve lets the connection at the head of the queue be taken and
 * reset, and accepting pauses for 50 ms (X17).
 *
 * Memory: the sockets listened on stay the caller's. Threads: the loop's; the quota is shared.
 */
#ifndef RAIZ_IO_TCP_IN_H
#define RAIZ_IO_TCP_IN_H

#include <stdatomic.h>

#include "resolver/io/client.h"
#include "resolver/io/listen.h"
#include "resolver/io/loop.h"
#include "resolver/io/quota.h"

#define TCP_IN_QUERIES_MAX  32           /* L27 */
#define TCP_IN_OUTPUT_MAX   (128 * 1024) /* L27 */
#define TCP_IN_OUTPUT_END   (512 * 1024)
#define TCP_IN_FRAME_US     (5 * US_PER_S)     /* L28 */
#define TCP_IN_IDLE_US      (10 * US_PER_S)    /* L28 */
#define TCP_IN_IDLE_HALF_US (1 * US_PER_S)     /* L28: more than 50 % in use */
#define TCP_IN_IDLE_FULL_US (200 * US_PER_MS)  /* L28: more than 80 % in use */
#define TCP_IN_STALL_US     (1500 * US_PER_MS) /* T110: ends within two seconds, the tick included */
#define TCP_IN_TICK_US      (50 * US_PER_MS)   /* how often deadlines are looked at, */
#define TCP_IN_TICK_CALM_US (250 * US_PER_MS)  /* and while no more than half of all connections are in use */
#define TCP_IN_PAUSE_US     (50 * US_PER_MS)   /* X17 */

struct tcp_in;

struct tcp_in_counters {
    _Atomic uint64_t accepted, open;
    _Atomic uint64_t refused;       /* over a limit, reset at once */
    _Atomic uint64_t displaced;     /* silent ones that made room */
    _Atomic uint64_t timed_out;     /* idle, slow frame, or not reading */
    _Atomic uint64_t accept_paused; /* out of descriptors or memory */
};

struct tcp_in_handler {
    void *arg;
    client_query *query;
    /* The client of a query under way has gone. */
    void (*gone)(void *arg, const struct addr *peer, uint64_t id, uint16_t owner);
};

/* NULL: out of memory or descriptors. */
struct tcp_in *tcp_in_new(struct loop *loop, const struct listener *listeners, size_t n, uint16_t worker,
                          struct quota *quota, const struct tcp_in_handler *handler);
/* From now on these are accepted from, by their slots; connections stay. False: out of memory, and some of the new ones
 * are not. */
bool tcp_in_listen(struct tcp_in *t, const struct listener *listeners, size_t n);
void tcp_in_free(struct tcp_in *t);
void tcp_in_answer(struct tcp_in *t, const struct client *client, const uint8_t *wire, size_t n);
/* The query ends without an answer: no more are taken on its connection, which closes after those under way. */
void tcp_in_drop(struct tcp_in *t, const struct client *client);
const struct tcp_in_counters *tcp_in_counters(const struct tcp_in *t);

#endif
