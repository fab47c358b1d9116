/*
 * tap.h - which messages are tapped: those of clients where a worker takes and gives them, those of servers where they
 * leave and arrive
 *
 * Each call is one test of a pointer at its caller while nobody collects.
 */
#ifndef RAIZ_IO_TAP_H
#define RAIZ_IO_TAP_H

#include "resolver/io/client.h"
#include "resolver/io/dnstap.h"

/* What belongs to a message beside its octets. */
struct tap_about {
    struct dnstap *to;
    unsigned queue; /* of this thread */
    bool response;
    uint64_t age_us; /* of a response: since its query */
};

/* `listener`: the address that was asked, unless the client's own words say so. */
void tap_client(const struct tap_about *about, const struct client *client, const struct addr *listener,
                const uint8_t *wire, size_t n);
/* With RD it is for a resolver, not for a server of a zone. */
void tap_server(const struct tap_about *about, const struct addr *server, bool tcp, const uint8_t *wire, size_t n);

#endif
