/*
 * inherit.h - sockets that are open already when we start
 *
 * A service manager that holds the listening sockets (LISTEN_FDS and LISTEN_PID of sd_listen_fds(3)) lets queries wait
 * for us while we are started, or started anew: nothing is lost. What nobody asks for is closed.
 *
 * Memory: a socket belongs to who takes it. Threads: the main thread, before others.
 */
#ifndef RAIZ_IO_INHERIT_H
#define RAIZ_IO_INHERIT_H

#include <stdbool.h>

#include "dns/addr.h"

#define INHERIT_MAX 1024

struct inherit {
    int fd[INHERIT_MAX]; /* -1: taken */
    int type[INHERIT_MAX];
    struct addr addr[INHERIT_MAX];
    unsigned count;
};

/* What there is; the variables are removed from the environment. */
void inherit_begin(struct inherit *h);
/* A socket of the type that is bound to the address; -1: there is none, or no more. */
int inherit_take(struct inherit *h, const struct addr *a, int type);
bool inherit_has(const struct inherit *h, const struct addr *a, int type);
void inherit_end(struct inherit *h);

#endif
