/*
 * lessons.c - what a reply teaches about the server that sent it
 */
#include "resolver/engine/lessons.h"

#include "cache/infra.h"
#include "dns/seeded.h"
#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/suspects.h"

void lessons_heard(struct job *j, const struct exchange *x, struct now now)
{
    struct cache *c = j->engine->cache;

    if (x->ask.tcp) {
        infra_set_tcp(c, &x->to, true, now); /* its time holds a connection's making: no round-trip time */
        return;
    }
    infra_answered(c, &x->to, (uint32_t)(now.mono_us - x->sent_us), now);
}

static void learn_edns(struct job *j, const struct exchange *x, const struct dns_msg *msg, struct now now)
{
    struct engine *e = j->engine;

    if (x->ask.edns_size != 0) {
        if (msg->edns.present && !x->edns_known_ok) {
            infra_set_edns(e->cache, &x->to, INFRA_EDNS_OK, now);
            suspects_clear(&e->suspects, &x->to);
        }
        return;
    }
    struct infra infra;
    infra_get(e->cache, &x->to, now, &infra);
    if (infra.edns == INFRA_EDNS_UNKNOWN && SEEDED(30, x->ask.tcp || suspects_add(&e->suspects, &x->to, now), true)) {
        infra_set_edns(e->cache, &x->to, INFRA_EDNS_NONE, now);
    }
}

/* Over TCP nobody but the server can have changed the case. */
static void learn_case(struct job *j, const struct exchange *x, const struct dns_msg *msg, struct now now)
{
    if (!x->ask.cased || !x->ask.tcp || msg->qdcount == 0) {
        return;
    }
    infra_set_case(j->engine->cache, &x->to, dname_same_case(msg->qname, dname_of(&x->ask.qname)), now);
}

void lessons_accepted(struct job *j, const struct exchange *x, const struct dns_msg *msg, struct now now)
{
    learn_edns(j, x, msg, now);
    learn_case(j, x, msg, now);
}

/* How the kind is remembered, and for how long; 0: not at all. */
static uint32_t memory_s(enum reply_kind kind, enum infra_lame *why)
{
    switch (kind) {
    case REPLY_LAME:
    case REPLY_RECURSION_LAME:
        *why = INFRA_NOT_AUTHORITATIVE;
        return ENGINE_LAME_S;
    case REPLY_REFUSED:
        *why = INFRA_REFUSED;
        return ENGINE_REFUSED_S;
    case REPLY_SERVFAIL:
        *why = INFRA_SERVFAIL;
        return ENGINE_SERVFAIL_S;
    default:
        *why = INFRA_BROKEN;
        return ENGINE_BROKEN_S;
    }
}

/* A forwarder's trouble is about the name, not the server; a lone one is asked once more (T40). */
static void forwarder_trouble(struct job *j, struct server *server, enum infra_lame why)
{
    j->forward_failures++;
    server->why = (uint8_t)why;
    server->out = j->servers.count > 1 || j->forward_failures >= ENGINE_FORWARD_TRIES;
}

void lessons_trouble(struct job *j, const struct exchange *x, enum reply_kind kind, struct now now)
{
    struct server *server = &j->servers.server[x->server];
    struct server_note *note = &j->note[x->server];
    enum infra_lame why;
    uint32_t keep_s = memory_s(kind, &why);

    if (forward_is(j->servers.cut)) {
        forwarder_trouble(j, server, why);
        return;
    }
    server->why = (uint8_t)why;
    if (kind == REPLY_RECURSION_LAME) {
        server->lame = true; /* asked once more when no other is left */
    } else {
        /* One malformed reply may be forged (T11): the server gets a second chance here, and others go first elsewhere.
         */
        server->out = why != INFRA_BROKEN || x->ask.tcp || ++note->broken >= ENGINE_BROKEN_MAX;
    }
    infra_lame_put(j->engine->cache, &x->to, delegation_zone(j->servers.cut), why, keep_s, now);
}
