/*
 * truth_age.c - how old the data may be that a client is told
 */
#include "truth_age.h"

#include "birth.h"
#include "dns/types.h"
#include "resolver/engine/limits.h"

#define SLACK_US 2100000 /* TTLs are whole seconds, time for validation is counted in such; births are tenths */

static bool is_marked(const struct sim *s, const struct dns_msg *m)
{
    int ede = m->edns.present ? m->edns.ede : DNS_EDE_STALE_ANSWER; /* without EDNS nothing can be said */

    return s->set.serve_stale && (ede == DNS_EDE_STALE_ANSWER || ede == DNS_EDE_STALE_NXDOMAIN_ANSWER);
}

static uint32_t kept_s(const struct sim *s, uint32_t ttl_s)
{
    const struct cache_config *c = &s->cache_config;

    ttl_s = c->max_ttl_s != 0 && ttl_s > c->max_ttl_s ? c->max_ttl_s : ttl_s;
    return ttl_s < c->min_ttl_s ? c->min_ttl_s : ttl_s;
}

const char *truth_age_of_answer(const struct sim *s, const struct client *c, const struct dns_msg *m)
{
    bool stale = m->edns.present && m->edns.ede == DNS_EDE_STALE_ANSWER;
    bool denied = m->edns.present && m->edns.ede == DNS_EDE_STALE_NXDOMAIN_ANSWER;

    if (!stale && !denied) {
        return NULL;
    }
    if (!s->set.serve_stale || (c->flags & QUERY_COLD) != 0) {
        return "expired data for who should have none";
    }
    return denied == (dns_msg_rcode(m) == DNS_RCODE_NXDOMAIN) ? NULL : "the wrong mark of expired data";
}

const char *truth_age_of_record(const struct sim *s, const struct client *c, const struct dns_msg *m,
                                const struct rr_ref *rr, struct rdata_ref rdata, uint32_t ttl_s)
{
    bool marked = is_marked(s, m);
    uint64_t since_us, now_us = s->now.mono_us;

    if (rr->ttl_s > ttl_s && rr->ttl_s > s->cache_config.min_ttl_s &&
        !(marked && rr->ttl_s <= s->set.stale_reply_ttl_s)) {
        return "a TTL longer than its zone's";
    }
    if (!birth_read(rr->type, rdata, &since_us)) {
        return NULL;
    }
    uint64_t end_us = s->begun_us + since_us + kept_s(s, ttl_s) * UINT64_C(1000000) + SLACK_US;
    uint64_t waited_us = now_us - c->asked_us; /* what was fresh while the client waited is */
    if (s->set.dnssec != DNSSEC_OFF && waited_us > 0 && waited_us < ENGINE_QUERY_TIME_US) {
        waited_us = ENGINE_QUERY_TIME_US; /* it may have joined a job whose data waits for keys */
    }
    if (end_us + waited_us >= now_us + rr->ttl_s * UINT64_C(1000000)) {
        return NULL;
    }
    if (!marked) {
        return end_us + waited_us >= now_us ? "a TTL longer than what is left of it" : "expired data without a mark";
    }
    if (rr->ttl_s > s->set.stale_reply_ttl_s) {
        return "expired data with a long TTL";
    }
    return end_us + waited_us + s->stale_max_age_s * UINT64_C(1000000) >= now_us ? NULL : "expired data past its age";
}

const char *truth_age_of_entry(const struct sim *s, const struct cache_hit *hit, struct rdata_ref rdata, uint32_t ttl_s)
{
    uint64_t since_us;

    if (!birth_read(hit->type, rdata, &since_us) || hit->ttl_s == 0) {
        return NULL;
    }
    uint64_t end_us = s->begun_us + since_us + kept_s(s, ttl_s) * UINT64_C(1000000) + SLACK_US;
    return end_us >= s->now.mono_us + hit->ttl_s * UINT64_C(1000000) ? NULL : "a cached record that outlives its TTL";
}
