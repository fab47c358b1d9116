/*
 * request.h - what a client asked, as values
 *
 * Made from the wire by the front end once (request_from_query), kept with the waiting client, and used to build its
 * own answer: its id, its case of the name, its size.
 */
#ifndef RAIZ_ENGINE_REQUEST_H
#define RAIZ_ENGINE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/msg.h"
#include "dns/name.h"

#define REQUEST_KEEPALIVE_100MS 100 /* L28: an idle TCP client is kept for 10 s */

struct request {
    uint16_t id;
    uint16_t flags; /* as sent: RD, AD, CD and opcode matter */
    uint16_t qtype, qclass;
    uint16_t limit; /* octets that the answer may have: 512, the client's EDNS size up to ours, or 65535 over TCP */
    bool edns;      /* the client sent an OPT, so it gets one (RFC 6891 section 6.1.1) */
    bool dnssec_ok;
    bool tcp;
    bool unknown;       /* the cache had nothing at all for it when it was looked at, a moment ago */
    bool nsid;          /* NSID asked for */
    uint16_t keepalive; /* how long an idle connection is kept, in 100 ms, for who asked (RFC 7828); 0: say nothing */
    uint8_t ecs_len;    /* ECS option to be echoed with scope 0 (RFC 7871 section 7.2.1); 0: none */
    uint8_t ecs[20];
    struct dname_buf qname; /* last: only its first len octets are copied with waiting clients */
};

/* A message of a client, as it came. */
struct wire_query {
    const uint8_t *data;
    size_t n;
    uint64_t hash; /* of its name, where somebody looked at it before its turn (front_expect); 0: not known */
    struct cache_place place; /* then, too */
};

/* The message is checked and has one question. edns_max: our limit for UDP answers (L34). */
void request_from_query(struct request *out, const struct dns_msg *query, bool tcp, uint16_t edns_max);

#endif
