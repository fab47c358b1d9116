/*
 * record.h - writing the journal of a query
 *
 * Jobs that serve no client (priming, children that outlive their query) have none, and pay one test of a pointer.
 */
#ifndef RAIZ_ENGINE_RECORD_H
#define RAIZ_ENGINE_RECORD_H

#include "resolver/engine/exchange.h"
#include "resolver/engine/job.h"
#include "resolver/engine/journal.h"

/* Begins the journal of a query's own job; false: out of memory. `whole`: it is traced. */
bool record_begin(struct job *j, bool whole, struct now now);

/* Something about a name; `why` by kind of event. */
void record_name(struct job *j, enum journal_kind kind, struct dname name, uint16_t type, unsigned why, struct now now);
/* Something about a server: of an exchange. rtt_us and size for RECEIVE. */
void record_exchange(struct job *j, enum journal_kind kind, const struct exchange *x, unsigned why, struct now now);
void record_reply(struct job *j, const struct exchange *x, uint16_t rcode, unsigned why, size_t size, struct now now);

#endif
