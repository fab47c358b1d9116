/*
 * lessons.h - what a reply teaches about the server that sent it
 *
 * Round-trip times, EDNS, the copying of case, lameness: kept for all resolutions in cache/infra.h, with care for what
 * a stranger may forge (T11, L33): a mark that weakens later questions needs TCP or repetition.
 */
#ifndef RAIZ_ENGINE_LESSONS_H
#define RAIZ_ENGINE_LESSONS_H

#include "dns/msg.h"
#include "resolver/engine/classify.h"
#include "resolver/engine/exchange.h"

/* A reply that matched, whatever it says. */
void lessons_heard(struct job *j, const struct exchange *x, struct now now);
/* A reply that serves: what it shows of EDNS and case. */
void lessons_accepted(struct job *j, const struct exchange *x, const struct dns_msg *msg, struct now now);
/* A reply that does not serve: the server is left out of this resolution as far as the kind says, and remembered. */
void lessons_trouble(struct job *j, const struct exchange *x, enum reply_kind kind, struct now now);

#endif
