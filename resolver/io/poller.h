/*
 * poller.h - many short-lived sockets behind one handle of the loop
 *
 * Every question upstream gets a socket of its own that lives for one round trip. As uv_poll_t handles they would cost
 * six more system calls each (libuv 1.44 tries a descriptor out before it takes it) and could be freed only a turn
 * after they were closed. So they are registered with an epoll descriptor, and the loop watches that one. Closing takes
 * effect at once: once poller_close() returns, the source is never called again, not even for an event that was already
 * fetched.
 *
 *     loop -> poller -> source->ready(source, events)
 *
 * Memory: sources belong to the caller. Threads: one.
 */
#ifndef RAIZ_IO_POLLER_H
#define RAIZ_IO_POLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define POLLER_BATCH  16  /* so that a turn ends before long */
#define POLLER_ROUNDS 256 /* that poller_run_all makes at most: as many events as questions can be under way */

struct poll_source {
    void (*ready)(struct poll_source *s, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP */
    int fd;
    uint32_t events; /* asked for */
};

struct poller {
    int fd;
    int at, fetched; /* while events are handed out: the next one, and how many */
    unsigned sources;
    struct epoll_event event[POLLER_BATCH];
};

bool poller_init(struct poller *p); /* false: errno */
void poller_release(struct poller *p);

/* Level-triggered. False: errno; the source is not registered. */
bool poller_add(struct poller *p, struct poll_source *s, int fd, uint32_t events);
void poller_change(struct poller *p, struct poll_source *s, uint32_t events);
/* Forgets the source and closes its descriptor. */
void poller_close(struct poller *p, struct poll_source *s);
/* Hands out what is ready: a batch of it, called by the loop; or all. */
void poller_run(struct poller *p);
void poller_run_all(struct poller *p);

#endif
