/*
 * prefetch.c - data that is asked for shortly before its end is fetched anew while it still serves
 */
#include "resolver/engine/prefetch.h"

#include "dns/types.h"
#include "resolver/engine/core.h"
#include "resolver/engine/limits.h"

static bool is_late(const struct outcome_set *one)
{
    return one->set->ttl_s > PREFETCH_TTL_MIN_S && (uint64_t)one->ttl_s * 10 <= (uint64_t)one->set->ttl_s + 10;
}

bool prefetch_claim(struct cache *cache, const struct outcome *o, uint16_t qtype, struct now now, struct prefetch *out)
{
    for (unsigned i = 0; i < o->answers; i++) {
        const struct rrset *set = o->answer[i].set;
        struct cache_hit failed;
        if (!is_late(&o->answer[i]) || set->type == DNS_TYPE_DNAME) {
            continue; /* a DNAME comes again with the CNAME that was made from it */
        }
        *out = (struct prefetch){.name = rrset_owner(set), .type = qtype};
        if (!cache_get_failure(cache, out->name, qtype, now, &failed) &&
            cache_claim(cache, out->name, set->type, true)) {
            return true;
        }
    }
    return false;
}

static void begin(struct engine *e, struct dname name, uint16_t type, uint8_t flags, struct now now)
{
    if (job_find(e, name, type, flags | JOB_REFRESH) != NULL) {
        return;
    }
    struct job *j =
        e->refreshes < ENGINE_REFRESHES_MAX ? job_new(e, name, type, flags | JOB_REFRESH, NULL, 0, now) : NULL;
    if (j == NULL) { /* the next hit may */
        cache_claim(e->cache, name, type, false);
        cache_claim(e->cache, name, DNS_TYPE_CNAME, false);
        return;
    }
    e->refreshes++;
    COUNT(e, prefetches);
}

void prefetch_begin(struct engine *e, struct dname name, uint16_t type, uint8_t flags, struct now now)
{
    if (job_find(e, name, type, flags) == NULL) {
        begin(e, name, type, flags, now);
    }
}

void prefetch_consider(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    struct prefetch what;

    if (e->set->prefetch && e->found.failure == FAIL_NONE && (j->flags & (JOB_REFRESH | JOB_TRACE)) == 0 &&
        prefetch_is_late(&e->found) && prefetch_claim(e->cache, &e->found, j->qtype, now, &what)) {
        /* The job itself asks nobody. What was validated is to be so again, whoever asks (T73). */
        begin(e, what.name, what.type, e->found.security == SEC_UNCHECKED ? j->flags & JOB_CD : 0, now);
    }
}

void prefetch_ended(struct job *j)
{
    struct engine *e = j->engine;

    e->refreshes--;
    if (j->outcome.failure != FAIL_NONE) {
        cache_claim(e->cache, j->goal, j->qtype, false);
        cache_claim(e->cache, j->goal, DNS_TYPE_CNAME, false);
    }
}
