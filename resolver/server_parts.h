/*
 * server_parts.h - the server's own insides, for its two files
 *
 * server.c starts, publishes and stops; server_control.c is the desk at which the control socket asks.
 */
#ifndef RAIZ_SERVER_PARTS_H
#define RAIZ_SERVER_PARTS_H

#include "resolver/control/control.h"
#include "resolver/io/local_in.h"
#include "resolver/io/ports.h"
#include "resolver/keeper.h"
#include "resolver/worker.h"

#define ASKED_MAX 64 /* questions of control sessions to workers, at one time */

/* A control session that waits for workers. */
struct asked {
    struct control_session *session; /* NULL: free, or its client has gone */
    uint32_t generation;
    unsigned waiting; /* workers, or 1 for a trace; 0: free */
};

struct server {
    const char *config_path;
    struct world *world, *old_world; /* old: until all workers have the new one */
    unsigned takers;                 /* workers that have not */
    bool reload_again, renew_again;  /* asked for meanwhile */
    struct worker_shared shared;
    struct ports ports;
    struct listener *listeners; /* workers x addresses */
    size_t addresses;
    int lock_fd;
    struct log *log;
    struct loop *loop;
    struct local_in *local;
    struct control *control;
    struct keeper *keeper;
    struct asked asked[ASKED_MAX];
    int64_t started_wall_s;
    uint64_t queries; /* asked by this thread */
    char error[512];
};

/* The control socket and what is said there. False: s->error. */
bool server_make_control(struct server *s);
/* A letter from a worker to a control session. False: it is none. */
bool server_control_mail(struct server *s, struct mail *letter);

#endif
