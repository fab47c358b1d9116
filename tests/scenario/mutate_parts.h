/*
 * mutate_parts.h - a message taken apart, and the count of its changes (between mutate*.c)
 *
 * All changes are gone through in one order; that which is wanted says so when it is come to. Thus counting and making
 * are the same walk.
 */
#ifndef RAIZ_SCENARIO_MUTATE_PARTS_H
#define RAIZ_SCENARIO_MUTATE_PARTS_H

#include "dns/msg.h"
#include "mutate.h"

#define PIECES_MAX 200
#define PIECE_ROOM 512 /* octets that data may grow by */

/* One record, taken out of its message. */
struct piece {
    struct dname_buf owner;
    uint16_t type, rclass;
    uint32_t ttl_s;
    enum dns_section section;
    uint16_t covered; /* of an RRSIG, as it came */
    bool gone;
    uint16_t len;
    uint8_t *rdata; /* with PIECE_ROOM octets behind */
};

struct message {
    uint16_t id, flags;
    uint8_t ext_rcode;
    bool opt, dnssec_ok;
    struct dname_buf qname;
    uint16_t qtype, qclass;
    struct piece piece[PIECES_MAX];
    unsigned pieces;
};

/* The change that is wanted. */
struct pick {
    unsigned left; /* changes before it */
    char *what;
};

/* Have we come to it? `p` may be NULL. */
bool pick_it(struct pick *c, const struct piece *p, const char *what, unsigned detail);

/* The fields of the data of a record. True: the change was made. */
bool mutate_rdata(struct piece *p, const struct message *m, struct pick *c);
/* A name, changed to this one and that: *name. */
bool mutate_name(struct dname_buf *name, const struct piece *p, const char *which, const struct message *m,
                 struct pick *c);

#endif
