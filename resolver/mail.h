/*
 * mail.h - what threads tell each other
 *
 * Every letter is one block of malloc'ed memory without pointers into its sender, freed by its receiver.
 *
 *     to the owner of a question   QUERY, GONE
 *     to the owner of a client     ANSWER, DROP
 *     to a worker                  WORLD, INFLIGHT, RECALL, WATCH, STOP, PING
 *     to the main thread           WORLD_TAKEN, ROW, RECALLED, ROWS_END, TRACED, PONG; ANSWER, DROP to what its keeper
 *                                  asked
 */
#ifndef RAIZ_MAIL_H
#define RAIZ_MAIL_H

#include "resolver/config/world.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/recall.h"
#include "resolver/engine/request.h"
#include "resolver/engine/watch.h"
#include "resolver/io/client.h"
#include "resolver/io/listen.h"
#include "resolver/io/loop.h"

enum mail_kind {
    MAIL_QUERY,
    MAIL_GONE,
    MAIL_ANSWER,
    MAIL_DROP,
    MAIL_WORLD,
    MAIL_WORLD_TAKEN,
    MAIL_INFLIGHT,
    MAIL_ROW,
    MAIL_ROWS_END,
    MAIL_TRACED,
    MAIL_RECALL,
    MAIL_RECALLED,
    MAIL_WATCH,
    MAIL_STOP,
    MAIL_PING,
    MAIL_PONG,
    MAIL_LOADED,
};

struct mail_query {
    struct mail mail; /* first in each */
    struct client client;
    unsigned flags;
    struct request request; /* last: only as much of the name as there is */
};
struct mail_gone {
    struct mail mail;
    uint64_t id;
};
struct mail_answer { /* ANSWER, DROP */
    struct mail mail;
    struct client client;
    size_t n;
    uint8_t wire[];
};
struct mail_world {
    struct mail mail;
    const struct world *world;
    const struct listener *listeners; /* the worker's, by slot; NULL: as before */
    size_t slots;
};
/* The main thread's number of a question that a control session asked: INFLIGHT, ROWS_END, and of rows and traces. */
struct mail_asked {
    struct mail mail;
    uint32_t slot, generation;
};
struct mail_row {
    struct mail mail;
    uint32_t slot, generation;
    uint16_t worker;
    struct engine_inflight row; /* its names lie in the next two */
    struct dname_buf name, zone;
};
struct mail_recall {
    struct mail_asked asked;
    enum recall_which which;
    uint16_t type;
    struct dname_buf name;
};
struct mail_recalled {
    struct mail mail;
    uint32_t slot, generation;
    struct recalled recalled; /* last: its journal and name lie behind it */
};
struct mail_watch {
    struct mail mail;
    struct watch *watch; /* the server's; NULL: nobody looks any more */
};
struct mail_traced {
    struct mail mail;
    uint32_t slot, generation;
    struct journal journal; /* events and their names lie behind it, then the answer */
    size_t n;
    const uint8_t *wire;
};

/* NULL: out of memory. */
struct mail *mail_query_new(const struct client *client, const struct request *request, unsigned flags);
struct mail *mail_gone_new(uint64_t id);
struct mail *mail_answer_new(enum mail_kind kind, const struct client *client, const uint8_t *wire, size_t n);
struct mail *mail_world_new(const struct world *world, const struct listener *listeners, size_t slots);
struct mail *mail_asked_new(enum mail_kind kind, uint32_t slot, uint32_t generation);
struct mail *mail_row_new(uint32_t slot, uint32_t generation, uint16_t worker, const struct engine_inflight *row);
struct mail *mail_recall_new(uint32_t slot, uint32_t generation, enum recall_which which, struct dname name,
                             uint16_t type);
struct mail *mail_recalled_new(uint32_t slot, uint32_t generation, const struct recalled *r);
struct mail *mail_watch_new(struct watch *watch);
/* journal may be NULL, wire too (n 0): the query was dropped. */
struct mail *mail_traced_new(const struct client *client, const struct journal *journal, const uint8_t *wire, size_t n);

#endif
