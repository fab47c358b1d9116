/*
 * session.h - what the verbs share: the connection, the request, the table of verbs
 *
 * A connection has one request at a time. Most verbs reply at once; a list goes in slices (LISTING), and what comes
 * from other threads is waited for (IN_FLIGHT, TRACING, RELOADING, LOADING).
 */
#ifndef RAIZ_CONTROL_SESSION_H
#define RAIZ_CONTROL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "resolver/control/control.h"
#include "resolver/engine/recall.h"

/* Room for one record as text: each of its 65535 octets may take four characters, and the owner stands before it. */
#define CONTROL_TEXT_MAX (4 * 65536 + 2 * DNAME_TEXT_MAX)

enum session_state {
    SESSION_IDLE,
    SESSION_LISTING,
    SESSION_IN_FLIGHT,
    SESSION_TRACING,
    SESSION_RECALLING,
    SESSION_WATCHING,
    SESSION_RELOADING,
    SESSION_LOADING
};

struct control {
    struct control_server ops;
    struct control_session *sessions;
    unsigned watchers; /* sessions that look on */
    char *text;        /* CONTROL_TEXT_MAX, for whoever prints a record right now */
    uint8_t *rdata;    /* DNS_MSG_MAX, for the record's octets */
    char *line;        /* the reply line being made; grows, and is given back when it has grown large */
    size_t line_len, line_cap;
};

/* RECALLING: what was asked, and what has come. */
struct session_recall {
    enum recall_which which;
    struct dname_buf name; /* lists: those at or below it */
    uint16_t type;
    struct addr client; /* family ADDR_NONE: not given */
    struct recalled *failed, *slow;
};

struct control_session {
    struct control *control;
    struct control_session *next;
    void *connection;
    enum control_peer peer;
    enum session_state state;
    /* LISTING */
    bool (*more)(struct control_session *s); /* the next slice; false when it has ended */
    uint64_t cursor;
    struct dname_buf under;
    uint64_t limit, rows;
    size_t slice_bytes;      /* written in this slice */
    bool out_of_memory, cut; /* cut: an entry was left out for the limit */
    /* IN_FLIGHT */
    uint64_t jobs;
    struct session_recall *recall;
    struct session_tail *tail;      /* WATCHING */
    struct session_tree *tree;      /* LISTING, of cache.tree; else NULL */
    struct cache_flushing flushing; /* LISTING, of cache.flush */
};

/* Is the connection still open, and waiting for this? The workers may speak after it has gone. */
bool session_expects(const struct control *c, const struct control_session *s, enum session_state state);
void session_forget_recall(struct control_session *s);
void session_forget_tail(struct control_session *s);
void session_forget_tree(struct control_session *s);

/* Parameters of requests. */
enum {
    PARAM_NAME = 1,   /* domain name */
    PARAM_TYPE = 2,   /* RR type */
    PARAM_TREE = 4,   /* with all names below */
    PARAM_UNDER = 8,  /* domain name */
    PARAM_LIMIT = 16, /* at most so many rows */
    PARAM_COLD = 32,  /* without the cache */
    PARAM_TEXTS = 64, /* with explanations */
    PARAM_FOR = 128,  /* seconds */
    PARAM_REASON = 256,
    PARAM_FORCE = 512,
    PARAM_CLIENT = 1024, /* address */
    PARAM_RCODE = 2048,
    PARAM_SLOW = 4096, /* milliseconds */
    PARAM_BOGUS = 8192,
    PARAM_TRANSPORT = 16384,
    PARAM_SERVER = 32768, /* address */
    PARAM_DRY = 65536,
    PARAM_DEPTH = 131072,
    PARAM_LEVEL = 262144,
    PARAM_KEY = 524288,
    PARAM_VALUE = 1048576,
    PARAM_COUNT = 21
};

struct args {
    unsigned given; /* PARAM_ bits */
    struct dname_buf name, under;
    uint16_t type;
    bool tree, cold, texts, force;
    uint64_t limit, for_s;
    struct addr client; /* or `server` */
    uint64_t slow_ms, depth;
    bool bogus, dry;
    const char *rcode, *transport, *level, *key, *value;
    const char *reason; /* these last as long as the request */
};

struct verb {
    const char *name;
    bool admin; /* changes something: for CONTROL_PEER_ADMIN only */
    unsigned allowed, required;
    void (*run)(struct control_session *s, const struct args *args);
    const char *help;
};
extern const struct verb control_verbs[];
extern const size_t control_verb_count;

/* One file for each family. */
void verb_status(struct control_session *s, const struct args *args);
void verb_stats(struct control_session *s, const struct args *args);
void verb_metrics(struct control_session *s, const struct args *args);
void verb_help(struct control_session *s, const struct args *args);
void verb_config_get(struct control_session *s, const struct args *args);
void verb_config_set(struct control_session *s, const struct args *args);
void verb_reload(struct control_session *s, const struct args *args);
void verb_stop(struct control_session *s, const struct args *args);
void verb_cache_show(struct control_session *s, const struct args *args);
void verb_cache_ls(struct control_session *s, const struct args *args);
void verb_cache_flush(struct control_session *s, const struct args *args);
void verb_cache_save(struct control_session *s, const struct args *args);
void verb_cache_load(struct control_session *s, const struct args *args);
void verb_inflight(struct control_session *s, const struct args *args);
void verb_explain(struct control_session *s, const struct args *args);
void verb_failures(struct control_session *s, const struct args *args);
void verb_slow(struct control_session *s, const struct args *args);
void verb_servers(struct control_session *s, const struct args *args);
void verb_servers_forget(struct control_session *s, const struct args *args);
void verb_cache_tree(struct control_session *s, const struct args *args);
void verb_log_level(struct control_session *s, const struct args *args);
void verb_log_rotate(struct control_session *s, const struct args *args);
void verb_tail(struct control_session *s, const struct args *args);
void verb_top(struct control_session *s, const struct args *args);
void verb_trace(struct control_session *s, const struct args *args);
void verb_anchors(struct control_session *s, const struct args *args);
void verb_nta_add(struct control_session *s, const struct args *args);
void verb_nta_rm(struct control_session *s, const struct args *args);
void verb_nta_ls(struct control_session *s, const struct args *args);

/* Begins a list, or what else goes over the whole cache, with its first slice. A slice is some 5 us of work. */
void session_list(struct control_session *s, bool (*more)(struct control_session *s));

#endif
