/*
 * children.h - jobs that wait for jobs: addresses of name servers, keys of zones
 *
 * A zone whose servers' addresses are not known makes its job wait for others. Three things keep that in bounds: the
 * budget (L7), the depth (L5), and a walk over who waits for whom, which finds a circle before it closes (TsuNAME):
 * then this name server is of no use, and the next one is tried at once.
 */
#ifndef RAIZ_ENGINE_CHILDREN_H
#define RAIZ_ENGINE_CHILDREN_H

#include "resolver/engine/job.h"

/* Look up the address (A or AAAA) of name server ns of the cut. True: wait for it. False: its addresses are in
 * j->servers already, or it has none that can be had; choose again. */
bool children_want(struct job *j, unsigned ns, uint16_t type, struct now now);
/* Look up a DS or DNSKEY that the job's validation needs. FAIL_NONE: wait for it; else why it cannot be had. */
enum failure children_want_trust(struct job *j, struct dname name, uint16_t type, struct now now);
/* The keys of a zone whose DS set just came with the referral to it, beside the question to its servers: its answer
 * will need them. A question that is asked in any case, so whatever stands in the way of it now is told of then. */
void children_want_keys_ahead(struct job *j, struct dname zone, struct now now);
/* Does the job wait for the address of a name server? */
bool children_bring_addresses(const struct job *j);
/* The job waits for its children, or only for addresses, no longer. One that nobody waits for any more ends. */
void children_drop(struct job *j);
void children_drop_addresses(struct job *j);
/* The job has ended: tell those who waited for it. It is out of the table already. */
void children_tell(struct job *child, struct now now);

#endif
