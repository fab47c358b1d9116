/*
 * exchange.h - a question that was sent, until its reply comes or nobody wants it any more
 *
 * The host names an exchange by index and generation; closing one ends its generation, so a late, doubled or forged
 * reply finds nothing. A place is used again only after its ACT_CANCEL was pulled.
 *
 * Memory: places are allocated one by one and kept for reuse, so that pointers to them stay valid; exchanges_trim()
 * frees the last ones, as far as they are free. A place that is made anew goes on with the generations of the one
 * before it.
 */
#ifndef RAIZ_ENGINE_EXCHANGE_H
#define RAIZ_ENGINE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/addr.h"
#include "resolver/engine/ask.h"
#include "resolver/engine/classify.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/job.h"

struct exchange {
    struct exchange_id id;
    struct act send, cancel;
    struct exchange *free_next;
    struct job *job;  /* NULL: closed */
    bool free;        /* among the free ones: nobody, nor the host, knows of it */
    bool send_queued; /* ACT_SEND was not pulled yet: the host knows nothing of it */
    uint64_t sent_us;
    uint64_t due_us; /* 0: timed out, still listening */
    struct addr to;
    uint8_t server;     /* number in the job's servers */
    bool edns_known_ok; /* infra said so when it was sent */
    enum asked_as as;
    struct ask ask;
    uint16_t wire_len;
    uint8_t wire[ASK_WIRE_MAX];
};

struct exchanges {
    struct exchange **place;
    size_t count, cap;
    struct exchange *free;
    uint32_t generation; /* of places to be made: above all that were given away */
};

struct engine;

/* A closed exchange to be filled by the caller; NULL: out of memory. */
struct exchange *exchange_take(struct engine *e);
/* Queue ACT_SEND; x->job, to, ask, wire are set. */
void exchange_send(struct engine *e, struct exchange *x);
/* The open exchange of this id, or NULL. */
struct exchange *exchange_find(struct engine *e, struct exchange_id id);
/* Ends it; detached from its job. */
void exchange_close(struct engine *e, struct exchange *x);
/* Fill `out` for a pulled node. False: nothing to say after all. */
bool exchange_pull_send(struct engine *e, struct exchange *x, struct action *out);
void exchange_pull_cancel(struct engine *e, struct exchange *x, struct action *out);
void exchanges_trim(struct exchanges *x);
void exchanges_release(struct exchanges *x);

#endif
