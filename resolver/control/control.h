/*
 * control.h - the verbs of the control socket
 *
 * A request line comes in, reply lines go out. The verbs read the cache directly (the control thread is a registered
 * reader) and reach workers through the operations that the server hands over, so nothing here knows a socket or a
 * loop. Long walks go in slices: control_more() continues them, so that the control thread stays responsive and memory
 * bounded.
 *
 * Threads: the control thread only.
 */
#ifndef RAIZ_CONTROL_CONTROL_H
#define RAIZ_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/now.h"
#include "resolver/config/world.h"
#include "resolver/control/protocol.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/recall.h"
#include "resolver/engine/tally.h"
#include "resolver/engine/watch.h"
#include "resolver/front/front.h"
#include "resolver/front/limited.h"

struct control;
struct control_session; /* one connection */

/* What is not validated, and why; and what everything is validated by. For nta.ls and anchors. */
struct control_nta {
    struct dname name;
    int64_t since_s, until_s; /* 0: by the configuration; without end */
    int64_t probe_s;          /* the next look whether the zone would validate; 0: none */
    bool configured;
    const char *reason;
};
struct control_anchor {
    struct dname zone;
    uint16_t type, tag;
    uint8_t algorithm;
    const char *state;                    /* of RFC 5011, or CONFIGURED */
    int64_t since_s, refreshed_s, next_s; /* 0: not followed, or never */
};

/* What the process has given up, in words. */
struct control_sandbox {
    const char *user, *capabilities, *files, *calls;
    bool no_new_privs;
};

/* How a reload ended. The texts are lists of keys or addresses, "" when there are none. */
struct control_reload {
    bool ok;
    const char *error;   /* all that is wrong with the configuration, lines with places and carets */
    const char *changed; /* settings that are others now */
    const char *restart; /* that differ from those we were started with, and wait for the next start */
    const char *opened, *closed;
};

/* How a load ended. */
struct control_load {
    const char *error; /* NULL: everything was good; else why the rest was dropped */
    uint64_t restored, ended, kept, took_ms;
    int64_t age_s; /* of what was loaded */
};

/* What the server offers. All are called on the control thread. */
struct control_server {
    void *server;
    unsigned workers;
    struct cache *cache;
    const struct world *(*world)(void *server);
    struct now (*now)(void *server);
    uint64_t (*started_wall_s)(void *server);
    const struct control_sandbox *sandbox; /* NULL: not known */
    /* Counters of worker i, readable at any time. */
    const struct engine_counters *(*engine_counters)(void *server, unsigned worker);
    const struct front_counters *(*front_counters)(void *server, unsigned worker);
    const struct tally *(*tally)(void *server, unsigned worker);
    const struct histogram *(*rtts)(void *server, unsigned worker);
    struct limited *(*limited)(void *server, unsigned worker);
    /* More figures of the listeners: name and value, until false. */
    bool (*extra_counter)(void *server, unsigned index, const char **name, uint64_t *value);
    /* Asynchronous: the answer comes by control_inflight_row/_end or control_traced on the control thread. */
    void (*inflight)(void *server, struct control_session *session);
    /* Resolve with a journal. */
    bool (*trace)(void *server, struct control_session *session, const struct request *request, unsigned flags);
    /* What the workers remember of questions: control_recalled, then control_recalled_end. */
    void (*recall)(void *server, struct control_session *session, enum recall_which which, struct dname name,
                   uint16_t type);
    /* Rows until false. */
    bool (*nta_row)(void *server, size_t i, struct control_nta *out);
    bool (*anchor_row)(void *server, size_t i, struct control_anchor *out);
    /* NULL, or what is wrong. */
    const char *(*nta_add)(void *server, struct dname name, uint32_t for_s, bool force, const char *reason);
    bool (*nta_remove)(void *server, struct dname name);           /* false: there is none */
    bool (*reload)(void *server, struct control_session *session); /* false: too many wait for it */
    /* A setting above the configuration file (value NULL: no longer), then as reload. NULL, or why not. */
    const char *(*set)(void *server, struct control_session *session, const char *key, const char *value);
    /* Sets the level of the log unless it is below 0; returns it. */
    unsigned (*log_level)(void *server, int level);
    const char *(*log_rotate)(void *server); /* the query log turns. NULL, or why it does not */
    void (*stop)(void *server);
    /* The cache is to be saved now, in the background. NULL, or why it is not. */
    const char *(*save)(void *server);
    /* The file that the session's client sent along, or the last that was saved, is to be put into the cache, in the
     * background; then control_loaded(). NULL, or why it is not. */
    const char *(*load)(void *server, struct control_session *session);
    /* From now on, or no longer: what is answered goes to control_seen, then control_watched. False: out of memory. */
    bool (*watch)(void *server, bool on);
    /* Octets that a session's client has not read yet. */
    size_t (*unsent)(void *server, struct control_session *session);
    /* A step of a long reply, some 5 us of work, has been made: others have their turn. May be NULL. */
    void (*rest)(void *server, struct control_session *session);
    /* Where the control code writes its reply: bytes of whole lines. */
    void (*reply)(void *server, struct control_session *session, const char *data, size_t n);
    void (*close)(void *server, struct control_session *session); /* after the last reply: flush and close */
};

/* The page that readers of figures get; malloc'ed, NULL: out of memory. */
char *control_metrics(void *control, bool openmetrics, size_t *n, const char **type);

struct control *control_new(const struct control_server *ops); /* NULL: out of memory */
void control_free(struct control *c);

enum control_peer {
    CONTROL_PEER_READ,
    CONTROL_PEER_ADMIN
}; /* by SO_PEERCRED: admin is root, the daemon's own user or group */
struct control_session *control_open(struct control *c, enum control_peer peer, void *connection);
void *control_connection(const struct control_session *s);
void control_closed(struct control *c, struct control_session *s); /* the peer has gone: forget it */
/* One request line without its newline. */
void control_line(struct control *c, struct control_session *s, const char *line, size_t n);
/* Call when all that was written to s has drained: continues a long reply. True while there is more. */
bool control_more(struct control *c, struct control_session *s);

/* The answer to reload. */
void control_reloaded(struct control *c, struct control_session *s, const struct control_reload *result);

/* The answer to cache.load. */
void control_loaded(struct control *c, struct control_session *s, const struct control_load *result);

/* Answers to inflight, recall and trace, brought by the server from the workers. */
void control_inflight_row(struct control *c, struct control_session *s, unsigned worker,
                          const struct engine_inflight *row);
void control_inflight_end(struct control *c, struct control_session *s);
void control_recalled(struct control *c, struct control_session *s, const struct recalled *r);
void control_recalled_end(struct control *c, struct control_session *s);
/* While somebody looks on: an answer; and the end of a round, with the number of those that were lost since the last.
 */
void control_seen(struct control *c, const struct seen *seen);
void control_watched(struct control *c, uint64_t lost);
void control_traced(struct control *c, struct control_session *s, const uint8_t *answer, size_t n,
                    const struct journal *journal);

#endif
