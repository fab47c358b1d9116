/*
 * udp_in.h - queries over UDP
 *
 * Datagrams are read and answers written in batches of 32 (recvmmsg, sendmmsg). On a wildcard address each answer
 * leaves from the address that was asked (IP_PKTINFO, IPV6_RECVPKTINFO), or clients would throw it away. Answers that
 * come later from the engine join a batch of their own, which udp_in_flush() sends.
 *
 * A datagram that cannot be sent at once is dropped and counted: clients ask again, and nothing may queue up here.
 *
 * Memory: the sockets stay the caller's. Threads: the loop's.
 */
#ifndef RAIZ_IO_UDP_IN_H
#define RAIZ_IO_UDP_IN_H

#include <stdatomic.h>

#include "resolver/io/client.h"
#include "resolver/io/listen.h"
#include "resolver/io/loop.h"

#define UDP_IN_BATCH      32
#define UDP_IN_QUERY_MAX  4096 /* octets read of a query; a longer one is cut and so malformed */
#define UDP_IN_ANSWER_MAX 4096
#define UDP_IN_ROUNDS     8   /* batches read from one socket before others have their turn */
#define UDP_IN_GATHER_US  250 /* of long turns: answers of the engine are gathered for so long, to leave together */

struct udp_in;

struct udp_in_counters {
    _Atomic uint64_t received, sent;
    _Atomic uint64_t bad_source; /* source port 0 (T28) */
    _Atomic uint64_t unsent;     /* the socket's buffer was full, or the system refused */
    _Atomic uint64_t piles;      /* turns that left datagrams unread: more come in than are answered */
};

struct udp_in_handler {
    void *arg;
    client_query *query;
    client_expect *expect; /* of batches of more than one */
};

/* NULL: out of memory. */
struct udp_in *udp_in_new(struct loop *loop, const struct listener *listeners, size_t n, uint16_t worker,
                          const struct udp_in_handler *handler);
/* From now on these are read, by their slots; sockets that were read before and stay are not disturbed. False: out of
 * memory, and some of the new ones are not read. */
bool udp_in_listen(struct udp_in *u, const struct listener *listeners, size_t n);
void udp_in_free(struct udp_in *u);
void udp_in_answer(struct udp_in *u, const struct client *client, const uint8_t *wire, size_t n);
void udp_in_flush(struct udp_in *u);
/* In the midst of a turn, if the last time is `after_us` ago: answers those who wait, at once if from the cache. */
void udp_in_look(struct udp_in *u, unsigned after_us);
const struct udp_in_counters *udp_in_counters(const struct udp_in *u);

#endif
