/*
 * classify.h - what kind of reply a name server gave
 *
 * A reply is judged once, here, and becomes one word that the state machine branches on. All that depends on the zone cut
 * or on policy is an argument, so the judgement is tested from a table and fuzzed alone.
 *
 * The order of the checks matters and the first match wins: faults of the transport, faults of the server, then content,
 * because a lame server may well send an answer that looks good (RFC 2308 section 2 lists the shapes of negative replies).
 *
 * Memory: borrows both arguments, keeps nothing. Threads: pure.
 */
#ifndef RAIZ_ENGINE_CLASSIFY_H
#define RAIZ_ENGINE_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/msg.h"
#include "resolver/engine/ask.h"

#define REPLY_KINDS(X)                                                                                                 \
    X(ANSWER, "answer")                                                                                                \
    X(ALIAS, "alias, its target's data not here")                                                                      \
    X(REFERRAL, "referral")                                                                                            \
    X(NODATA, "no such data")                                                                                          \
    X(NXDOMAIN, "no such name")                                                                                        \
    X(YXDOMAIN, "DNAME makes the name too long")                                                                       \
    X(TRUNCATED, "truncated")                                                                                          \
    X(NO_EDNS, "server does not know EDNS")                                                                            \
    X(LAME, "server does not serve the zone")                                                                          \
    X(RECURSION_LAME, "server answers from a recursion of its own")                                                    \
    X(REFUSED, "refused")                                                                                              \
    X(SERVFAIL, "server failure")                                                                                      \
    X(BROKEN, "nonsensical")
enum reply_kind {
#define X(name, text) REPLY_##name,
    REPLY_KINDS(X)
#undef X
};
const char *reply_kind_text(enum reply_kind k);

/* msg matched the ask. REFERRAL: NS in authority for a cut strictly below the zone asked and at or above qname (T19);
 * anything upward, sideways or to itself is LAME. A forwarder never refers. */
enum reply_kind classify(const struct dns_msg *msg, const struct ask *ask, enum asked_as as);

#endif
