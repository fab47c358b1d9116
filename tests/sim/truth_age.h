/*
 * truth_age.h - how old the data may be that a client is told
 *
 * Records that tell when they were learnt (birth.h) are given no longer than their TTL, with what is left of it. When
 * it is over they are given only where serve-stale is on, marked, with the short TTL of such answers, and not past the
 * age that is configured (RFC 8767).
 *
 * Threads: pure.
 */
#ifndef RAIZ_SIM_TRUTH_AGE_H
#define RAIZ_SIM_TRUTH_AGE_H

#include "cache/cache.h"
#include "dns/msg.h"
#include "sim.h"

/* NULL: all is well. ttl_s: the zone's own. */
const char *truth_age_of_answer(const struct sim *s, const struct client *c, const struct dns_msg *m);
const char *truth_age_of_record(const struct sim *s, const struct client *c, const struct dns_msg *m,
                                const struct rr_ref *rr, struct rdata_ref rdata, uint32_t ttl_s);
const char *truth_age_of_entry(const struct sim *s, const struct cache_hit *hit, struct rdata_ref rdata,
                               uint32_t ttl_s);

#endif
