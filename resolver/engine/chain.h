/*
 * chain.h - the way from a question to its answer within one reply
 *
 * A reply's answer section is a heap of records that any order and any company may come in. The chain is the one way
 * through it that the question itself leads: an alias at the question's name, an alias at the alias' target, and so on
 * until the type asked for is found or nothing more is. What the chain does not touch was not asked for (T14).
 *
 *     question  www.a.  --CNAME at www.a.-->  x.b.a.  --DNAME at b.a.-->  x.c.a.  --A at x.c.a.--> answered
 *
 * How far it is followed depends on how well the reply can be trusted. Over UDP a stranger who guesses one reply would
 * get as many names as he cares to chain (random.a. CNAME www.a., www.a. A evil), so only the first alias is believed
 * and its target is asked for anew; over TCP, which cannot be guessed into, and from a forwarder, whose whole work this
 * is, all of it.
 *
 * It never leaves the zone asked: a target outside ends it, because the server has no word there; nor in a zone below
 * that the configuration names servers for. Of several CNAMEs at
 * one name the first counts; data of the type asked for goes before a CNAME beside it (T25); a DNAME above a name goes
 * before all that stands at the name (RFC 6672 section 2.4). A name met before ends it too.
 *
 * Shared by classify (which kind of reply) and scrub (which records to take), so that both mean the same chain.
 *
 * Memory: the caller's, about 8 KiB; indices refer to the message. Threads: pure.
 */
#ifndef RAIZ_ENGINE_CHAIN_H
#define RAIZ_ENGINE_CHAIN_H

#include <stdbool.h>

#include "dns/msg.h"
#include "dns/name.h"
#include "resolver/engine/ask.h"
#include "resolver/engine/limits.h"

enum chain_end {
    CHAIN_ANSWERED, /* records of the type asked for stand at the end */
    CHAIN_OPEN,     /* nothing more in this section; the end lies in the zone asked */
    CHAIN_OUTSIDE,  /* the end lies outside the zone asked */
    CHAIN_LOOP,     /* the end is a name of the chain */
    CHAIN_UNPROVEN, /* after the first alias: the rest could be forged */
    CHAIN_LIMIT,    /* L8 */
    CHAIN_TOO_LONG, /* a DNAME makes a name of more than 255 octets (RFC 6672 section 2.2) */
};

struct chain_link {
    unsigned rr;   /* index of the CNAME or DNAME record */
    bool is_dname; /* the CNAME from name to the next name follows from it */
};

struct chain {
    enum chain_end end;
    unsigned too_long_rr; /* CHAIN_TOO_LONG: index of that DNAME */
    unsigned count;       /* links */
    struct chain_link link[ENGINE_ALIASES_MAX];
    struct dname_buf name[ENGINE_ALIASES_MAX + 1]; /* name[i] is link[i]'s owner, name[count] where the chain ends */
};

/* The names begin with the question's, lower-cased if its case was drawn at random. */
void chain_walk(const struct dns_msg *msg, const struct ask *ask, enum asked_as as, struct chain *out);

/* The first record of the answer section with this owner and type; if ANY, of any type but RRSIG, which is nothing
 * without what it signs. */
bool chain_find(const struct dns_msg *msg, struct dname name, uint16_t type, unsigned *at);

static inline struct dname chain_last(const struct chain *c)
{
    return dname_of(&c->name[c->count]);
}

#endif
