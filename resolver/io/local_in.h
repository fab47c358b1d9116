/*
 * local_in.h - the control socket
 *
 * A Unix stream socket, mode 0660, whose name appears only when it is ready (bound under another name, then renamed).
 * Lines go up, bytes come down; who is at the other end is told by the kernel (SO_PEERCRED, SO_PEERGROUPS).
 *
 * Replies are only gathered by local_in_reply(); they are written, and connections closed, at the end of the turn
 * (local_in_turn) or when the socket takes more, never from within a handler. A further line of a client is handed up
 * when the reply to the one before has drained and more() says that there is nothing left.
 *
 * A client may hand over one open file with a line, so that the daemon, which sees few files itself, reads what the
 * client may read.
 *
 * Limits: connections, length of a line, seconds for a line to come (T127).
 *
 * Memory: a connection lives until handler.closed() returns. Threads: the loop's.
 */
#ifndef RAIZ_IO_LOCAL_IN_H
#define RAIZ_IO_LOCAL_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/io/loop.h"

#define LOCAL_IN_CONNECTIONS_MAX 16
#define LOCAL_IN_LINE_MAX        1024
#define LOCAL_IN_LINE_US         (5 * US_PER_S)

struct local_in;
struct local_conn;

struct local_in_handler {
    void *arg;
    /* The session that the other calls get; NULL: refused. admin: root, or the daemon's own user or group. */
    void *(*open)(void *arg, struct local_conn *c, bool admin);
    void (*line)(void *arg, void *session, const char *line, size_t n);
    bool (*more)(void *arg, void *session); /* everything was written; true while the reply goes on */
    void (*closed)(void *arg, void *session);
};

/* NULL: error says why and what to do. */
struct local_in *local_in_new(struct loop *loop, const char *path, const struct local_in_handler *handler, char *error,
                              size_t cap);
void local_in_free(struct local_in *l); /* removes the socket, if it is still ours */
void local_in_reply(struct local_conn *c, const char *data, size_t n);
/* A descriptor that the client has sent along with a line (SCM_RIGHTS), which is the caller's from now on; -1: none. */
int local_in_take_file(struct local_conn *c);
/* From `more`: a piece of the work has been done, so the thread rests (rest.h). It does so after `more` in any case. */
void local_in_rest(struct local_conn *c);
size_t local_in_unsent(const struct local_conn *c); /* octets */
void local_in_finish(struct local_conn *c);         /* close when everything is written */
void local_in_turn(struct local_in *l, struct now now);

#endif
