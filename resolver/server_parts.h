/*
 * server_parts.h - the server's own insides, for its four files
 *
 * server.c starts and stops; server_reload.c puts a new world in the place of the old one; server_control.c is the desk
 * at which the control socket asks; server_service.c is about the system around it.
 */
#ifndef RAIZ_SERVER_PARTS_H
#define RAIZ_SERVER_PARTS_H

#include "resolver/config/show.h"
#include "resolver/control/control.h"
#include "resolver/control/protocol.h"
#include "resolver/forget.h"
#include "resolver/io/http.h"
#include "resolver/io/local_in.h"
#include "resolver/io/notify.h"
#include "resolver/io/ports.h"
#include "resolver/io/sandbox.h"
#include "resolver/keeper.h"
#include "resolver/listeners.h"
#include "resolver/overrides.h"
#include "resolver/saver.h"
#include "resolver/warm.h"
#include "resolver/worker.h"

#define ASKED_MAX 64 /* questions of control sessions to workers, at one time */

/* A control session that waits for workers. */
struct asked {
    struct control_session *session; /* NULL: free, or its client has gone */
    uint32_t generation;
    unsigned waiting; /* workers, or 1 for a trace; 0: free */
};

/* The reload under way, or the last one. */
struct reload {
    bool running, forgetting, refused; /* forgetting: all workers have the world */
    bool forget_all;
    struct control_session *asked[CONTROL_CONNECTIONS_MAX]; /* who waits for it */
    struct control_session *next[CONTROL_CONNECTIONS_MAX];  /* who waits for the one after it */
    char changed[600], restart[600], opened[600], closed[600];
};

struct server {
    const char *config_path;
    struct world *world, *old_world; /* old: until all workers have the new one */
    unsigned takers;                 /* workers that have not */
    struct control_session *loading; /* waits for the end of a load; NULL: nobody does */
    bool reload_again, renew_again;  /* asked for meanwhile */
    struct worker_shared shared;
    _Atomic uint64_t clock_told_us;
    struct ports ports;
    struct listeners *listeners, *old_listeners; /* old: as long as old_world */
    struct settings_shown *shown, *started_with;
    struct reload reload;
    struct overrides overrides; /* of settings, until the end */
    struct forget forget;
    int lock_fd;
    struct log *log;
    struct loop *loop;
    struct local_in *local;
    struct http *http; /* NULL: metrics.listen is not given */
    struct control *control;
    struct keeper *keeper;
    struct watch **watches; /* of each worker, once somebody has looked on */
    struct loop_timer *watch_timer;
    uint64_t watch_lost; /* told so far */
    struct saver *saver;
    struct warm *warm;
    struct sandbox_report sandbox;
    struct control_sandbox sandbox_words; /* the same, as the control code wants it */
    struct notify *notify;                /* NULL: nobody wants to know */
    struct loop_timer *watchdog;
    struct loop_timer *look_timer;   /* at dnstap and the query log */
    bool dnstap_told, querylog_told; /* that it cannot be written */
    unsigned pings;                  /* workers that have not answered the last one */
    struct asked asked[ASKED_MAX];
    int64_t started_wall_s;
    uint64_t queries; /* asked by this thread */
    char error[512];
};

/* The control socket and what is said there. False: s->error. */
bool server_make_control(struct server *s);
void server_free_watches(struct server *s); /* no worker runs, no session is open */
/* A letter from a worker to a control session. False: it is none. */
bool server_control_mail(struct server *s, struct mail *letter);

/* Takes the world, and gives it with what is trusted now. */
struct world *server_dress(struct server *s, struct world *world);
/* What is trusted has changed. */
void server_renew(struct server *s);
void server_reload(struct server *s);
/* The session hears of its end by control_reloaded(). False: too many wait. */
bool server_reload_for(struct server *s, struct control_session *session);
/* A setting that stands above the file (value NULL: no longer), and a reload, whose end the session hears. NULL, or why
 * not. */
const char *server_override(struct server *s, struct control_session *session, const char *key, const char *value);
void server_reload_gone(struct server *s, const struct control_session *session);
void server_world_taken(struct server *s);
/* At the end of each turn of the loop. */
void server_forget(struct server *s);
void server_forget_all(struct server *s); /* no worker runs */
/* What the settings say of the cache: may data be given after its end, when is it saved? */
void server_keep_ended(struct server *s);

/* False: s->error. */
bool server_enter_sandbox(struct server *s);
/* Before the sandbox, since libraries are loaded, and after it, since a thread begins; both before the workers. False:
 * s->error. */
bool server_make_dnstap(struct server *s);
bool server_start_dnstap(struct server *s);
bool server_make_querylog(struct server *s); /* after the sandbox, whose user it is written as */
void server_free_dnstap(struct server *s);   /* no worker runs */
void server_notify_ready(struct server *s);
/* What the service manager keeps for the next start: listeners that came, and those that went. */
void server_store_listeners(struct server *s, const struct listeners *old, const struct listeners *now);
void server_pong(struct server *s); /* a worker has answered */

#endif
