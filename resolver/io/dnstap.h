/*
 * dnstap.h - messages as they pass, for whoever collects them (https://dnstap.info)
 *
 * Each message becomes a frame, which a thread of libfstrm writes to a collector's Unix socket or to a file. Nobody
 * waits for it: what finds no room in the queue, or no collector at the other end, is dropped and counted. Both
 * libraries, libfstrm and libprotobuf-c, are loaded when this is asked for, and only then.
 *
 * Threads: dnstap_new() and dnstap_free() the main thread's; dnstap_put() one thread for each queue; the counters any.
 */
#ifndef RAIZ_IO_DNSTAP_H
#define RAIZ_IO_DNSTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/siphash.h"

struct dnstap;

struct dnstap_plan {
    const char *socket, *file;      /* one of them; the other is NULL */
    const char *identity, *version; /* NULL: not told */
    bool clients, servers;          /* whose messages */
    uint32_t sample;                /* one message of so many, its answer with it; 1: all */
    unsigned queues;
    uint8_t key[SIPHASH_KEY_SIZE]; /* decides which */
};

enum dnstap_kind { /* as Message.Type of dnstap.proto */
                   DNSTAP_RESOLVER_QUERY = 3,
                   DNSTAP_RESOLVER_RESPONSE,
                   DNSTAP_CLIENT_QUERY,
                   DNSTAP_CLIENT_RESPONSE,
                   DNSTAP_FORWARDER_QUERY,
                   DNSTAP_FORWARDER_RESPONSE,
};

struct dnstap_message {
    enum dnstap_kind kind;
    bool tcp;
    struct addr asker, asked; /* family ADDR_NONE: not known */
    uint64_t age_us;          /* of a response: since its query */
    const uint8_t *wire;
    size_t n;
};

/* Loads the libraries, which a sandbox may forbid later. NULL: `error` says why. */
struct dnstap *dnstap_new(const struct dnstap_plan *plan, char *error, size_t size);
bool dnstap_start(struct dnstap *d); /* the thread that writes. False: out of memory */
/* No queue is used any more. What waits is written, if that takes less than a second. */
void dnstap_free(struct dnstap *d);
/* May be wanted: kind and sample. */
void dnstap_put(struct dnstap *d, unsigned queue, const struct dnstap_message *m);
uint64_t dnstap_frames(const struct dnstap *d); /* given to the writer */
uint64_t dnstap_dropped(const struct dnstap *d);
/* NULL, or why it cannot be written now. */
const char *dnstap_trouble(const struct dnstap *d);

#endif
