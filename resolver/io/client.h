/*
 * client.h - who asked, and how the answer gets back
 *
 * Made by the listener that took the query, carried through the engine as the opaque words of a struct client_ref, and
 * read again when the answer goes out. A TCP connection is named by slot and generation, never by pointer, so that an
 * answer for a connection that has gone finds nobody.
 */
#ifndef RAIZ_IO_CLIENT_H
#define RAIZ_IO_CLIENT_H

#include <string.h>

#include "resolver/engine/engine.h"

enum client_kind { CLIENT_UDP, CLIENT_TCP, CLIENT_TRACE, CLIENT_KEEPER, CLIENT_NOBODY };

struct client {
    uint8_t kind; /* enum client_kind */
    uint8_t spare;
    uint16_t listener;         /* index of the listener it came in by */
    uint16_t worker;           /* whose listener or connection it is */
    uint16_t owner;            /* whose engine resolves it */
    uint32_t slot, generation; /* TCP: connection; trace, keeper: the main thread's own number */
    uint64_t id;               /* client_ref.id */
    struct addr peer;
    struct addr local; /* UDP on a wildcard address: where the query arrived; family ADDR_NONE otherwise */
};
static_assert(sizeof(struct client) <= sizeof((struct client_ref *)NULL)->word, "fits the engine's words");

static inline struct client_ref client_pack(const struct client *c)
{
    struct client_ref ref = {.id = c->id};
    memcpy(ref.word, c, sizeof *c);
    return ref;
}

static inline struct client client_unpack(const struct client_ref *ref)
{
    struct client c;
    memcpy(&c, ref->word, sizeof c);
    return c;
}

/* Somebody on the network, not raizd itself. */
static inline bool client_is_remote(const struct client *c)
{
    return c->kind == CLIENT_UDP || c->kind == CLIENT_TCP;
}

/* What became of a query that a listener handed up. */
enum client_verdict {
    CLIENT_ANSWER,  /* the answer stands in `out` */
    CLIENT_PENDING, /* it comes later; client->id and ->owner are set */
    CLIENT_DROP,
};
/* out has room for 65535 octets over TCP, UDP_IN_ANSWER_MAX over UDP. Must not call back into the listener. */
typedef enum client_verdict client_query(void *arg, struct client *client, const struct wire_query *q, struct now now,
                                         uint8_t *out, size_t *out_len);
/* These will come, in this order: the first look at them. */
typedef void client_expect(void *arg, struct wire_query *batch, size_t n);

#endif
