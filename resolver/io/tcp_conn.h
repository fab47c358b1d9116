/*
 * tcp_conn.h - one client's TCP connection (private to tcp_in.c and tcp_conn.c)
 */
#ifndef RAIZ_IO_TCP_CONN_H
#define RAIZ_IO_TCP_CONN_H

#include "resolver/io/buffer.h"
#include "resolver/io/frame.h"
#include "resolver/io/tcp_in.h"

#define TCP_CHUNK   4096        /* octets read at once: about a hundred queries */
#define TCP_READS   4           /* chunks read from one client before others have their turn */
#define TCP_SEND_AT (32 * 1024) /* answers are gathered up to this before they are written */

struct tcp_query {
    uint64_t id;
    uint16_t owner;
};

struct tcp_conn {
    struct poll_source source; /* first */
    struct tcp_in *in;
    struct tcp_conn *next, *prev;
    uint32_t slot, generation;
    uint16_t listener;
    bool shut; /* the client sends no more */
    struct addr peer;
    struct buffer unread; /* octets not yet taken as frames */
    struct buffer unsent;
    uint64_t heard_us;   /* last query, or last answer taken: silence counts from here */
    uint64_t frame_us;   /* when the unfinished frame began; 0: there is none */
    uint64_t stalled_us; /* since when the client takes none of `unsent`; 0: nothing waits */
    unsigned under_way;
    int lowat; /* octets that wake us: SO_RCVLOWAT */
    struct tcp_query query[TCP_IN_QUERIES_MAX];
};

struct tcp_listener {
    struct tcp_in *in;
    struct loop_watch *watch;
    int fd;
    uint16_t index;
};

struct tcp_in {
    struct loop *loop;
    struct quota *quota;
    struct tcp_in_handler handler;
    uint16_t worker;
    struct tcp_in_counters count;
    struct tcp_listener *listeners[LISTEN_SLOTS_MAX]; /* NULL: nothing is accepted there */
    int reserve_fd;
    struct loop_timer *tick, *pause;
    struct tcp_conn *first;
    struct tcp_conn **slot; /* by slot; NULL: free */
    uint32_t *generation;   /* by slot */
    uint32_t *spare;        /* free slots */
    unsigned slots, spares;
    size_t ready; /* octets of answers gathered for the connection that is being served */
    uint8_t chunk[TCP_CHUNK];
    uint8_t answers[TCP_SEND_AT + FRAME_MAX];
};

/* Takes the socket. False: out of memory; the socket is closed. */
bool tcp_conn_open(struct tcp_in *t, int fd, const struct addr *peer, uint16_t listener, struct now now);
/* Frees it; its queries under way are reported gone. */
void tcp_conn_close(struct tcp_conn *c);
void tcp_conn_reset(int fd); /* closes the socket with RST */
/* An answer, or with wire NULL none: the query is over. */
void tcp_conn_answer(struct tcp_conn *c, uint64_t id, const uint8_t *wire, size_t n, struct now now);
/* True if it has outlived its time. */
bool tcp_conn_expired(const struct tcp_conn *c, struct now now, uint64_t idle_us);

#endif
