/*
 * prime.c - the root's own word on its servers (RFC 9609)
 */
#include "resolver/engine/prime.h"

#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/scrub.h"

/* The last tenth of its life: renewed in time, while the old answer still serves. */
static bool near_its_end(const struct cache_hit *known)
{
    return known->ttl_s <= known->original_ttl_s / 10;
}

void prime_consider(struct engine *e, const struct cache_hit *known, struct now now)
{
    if (known != NULL && !near_its_end(known)) {
        return;
    }
    if (now.mono_us < e->prime_after_us || job_find(e, dname_root(), DNS_TYPE_NS, JOB_PRIME) != NULL) {
        return;
    }
    if (forward_zone_of(e->set, dname_root(), false, false) != NULL) {
        return; /* the root itself is configured: there is nothing to learn */
    }
    if (job_new(e, dname_root(), DNS_TYPE_NS, JOB_PRIME, NULL, 0, now) == NULL) {
        prime_failed(e, now);
    }
}

bool prime_take(struct job *j, const struct dns_msg *msg, const struct addr *server, struct now now)
{
    struct engine *e = j->engine;
    struct delegation *d = scrub_priming(msg, &e->scratch);

    if (d == NULL) {
        return false;
    }
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER, .security = SEC_UNCHECKED, .server = *server};
    enum cache_put put = cache_put_delegation(e->cache, d, &origin, now);
    if (put != CACHE_STORED) {
        prime_failed(e, now); /* a TTL of zero, or no memory: not with every query */
    }
    return true;
}

void prime_failed(struct engine *e, struct now now)
{
    e->prime_after_us = now.mono_us + ENGINE_PRIME_RETRY_US;
}
