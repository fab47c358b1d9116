/*
 * redirect.c - aliases made from a DNAME that is already known
 */
#include "resolver/engine/redirect.h"

#include "dns/rdata.h"
#include "dns/types.h"
#include "resolver/engine/core.h"

/* The uppermost secure DNAME above the name: where a server's own descent would have stopped. */
static bool find(struct cache *cache, struct dname qname, unsigned least, struct now now, struct cache_hit *out)
{
    if (!cache_has_dname(cache)) {
        return false;
    }
    for (unsigned labels = least; labels < qname.labels; labels++) {
        if (cache_get(cache, dname_suffix(qname, labels), DNS_TYPE_DNAME, now, out) && !out->negative &&
            out->origin.security == SEC_SECURE && out->origin.rank >= RANK_NONAUTH_ANSWER) {
            return true;
        }
    }
    return false;
}

static void show(struct outcome *o, const struct rrset *set, uint32_t ttl_s)
{
    o->answer[o->answers++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
}

enum known redirect_lookup(struct cache *cache, struct arena *arena, struct dname qname, uint16_t qtype, unsigned least,
                           struct now now, struct outcome *out, struct dname_buf *end)
{
    struct cache_hit hit;
    struct dname to;
    struct rrset *cname;

    outcome_init(out);
    if (!find(cache, qname, least, now, &hit)) {
        return KNOWN_NOTHING;
    }
    struct rdata_ref rr = rrset_first(hit.rrset);
    if (!rdata_target(DNS_TYPE_DNAME, rr.data, rr.len, &to)) {
        return KNOWN_NOTHING;
    }
    show(out, hit.rrset, hit.ttl_s);
    if (!dname_replace_suffix(qname, rrset_owner(hit.rrset), to, end)) {
        out->rcode = DNS_RCODE_YXDOMAIN; /* RFC 6672 section 3.1 */
        return KNOWN_ALL;
    }
    struct rdata_ref target = {.data = end->wire, .len = end->len};
    if (rrset_make(qname, DNS_TYPE_CNAME, hit.ttl_s, &target, 1, arena, &cname) != DNS_OK) {
        out->answers = 0;
        return KNOWN_NOTHING;
    }
    show(out, cname, hit.ttl_s);
    return qtype == DNS_TYPE_CNAME || qtype == DNS_TYPE_ANY ? KNOWN_ALL : KNOWN_PART;
}

enum known redirect_try(struct job *j, unsigned least, struct now now, struct outcome *out, struct dname_buf *end)
{
    struct engine *e = j->engine;

    if (j->qtype == DNS_TYPE_DS) { /* is looked for where a chain of trust goes on: never below a DNAME (T79) */
        return KNOWN_NOTHING;
    }
    arena_clear(&e->scratch);
    return redirect_lookup(e->cache, &e->scratch, j->qname, j->qtype, least, now, out, end);
}
