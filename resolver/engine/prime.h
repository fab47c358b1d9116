/*
 * prime.h - the root's own word on its servers (RFC 9609)
 *
 * The hints are only good enough to ask one of the servers they name for the root's NS. The answer becomes the
 * delegation of the root in the cache, until its TTL ends. It is asked for anew when a walk begins at the root and the
 * answer is missing or near its end; a resolver that has nothing to do asks for nothing. Queries do not wait for it:
 * the hints, or what the last priming gave, serve meanwhile.
 */
#ifndef RAIZ_ENGINE_PRIME_H
#define RAIZ_ENGINE_PRIME_H

#include "cache/cache.h"
#include "dns/msg.h"
#include "resolver/engine/job.h"

struct engine;

/* A walk begins at the root, whose cached delegation is `known` (NULL: none): prime if it is time. */
void prime_consider(struct engine *e, const struct cache_hit *known, struct now now);
/* Store what a priming job was answered. False: not usable. */
bool prime_take(struct job *j, const struct dns_msg *msg, const struct addr *server, struct now now);
void prime_failed(struct engine *e, struct now now);

#endif
