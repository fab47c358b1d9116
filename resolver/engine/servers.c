/*
 * servers.c - the servers of a zone, and which to ask next
 *
 * The order of preference, best first:
 *
 *     1. a server not yet asked for this question; of these the band of the fastest, now and then another to learn its
 * speed
 *     2. the address of an NS that has none yet, once every known server was asked in vain
 *     3. a server asked before, up to three times (L10)
 *     4. over TCP, twice, a server that is known to live but stayed silent over UDP
 *     5. the real address of an NS whose glue led nowhere
 *     6. a lame server, once
 *
 * Speed: with a server known that answers at once, there is little to win by trying others, so unknown ones are
 * explored rarely; the slower the fastest known is, the more often, and always once it is slower than most servers of
 * the Internet are. A zone's traffic therefore settles on its nearest servers within some dozen questions, and a server
 * that becomes slow is left as soon as its smoothed RTT leaves the band. Slower ones are not measured at the expense of
 * clients while what is known of them is fresh.
 */
#include "resolver/engine/servers.h"

#include <assert.h>
#include <string.h>

#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"

#define NO_NS           255     /* struct server.ns of addresses that belong to no NS name */
#define BAND_US         1000    /* as fast as the fastest: within this and an eighth of its RTT */
#define EXPLORE_ONE_IN  25      /* questions, when there is a server whose measurement is old */
#define UNKNOWN_US      75000   /* the fastest's RTT by this: the share of questions for servers not known, */
#define UNKNOWN_MIN_US  2000    /* ... which is no smaller than with this */
#define TCP_TRIES       2       /* of a server silent over UDP: a lossy path loses a handshake too */
#define TCP_TIME_MIN_US 1000000 /* a handshake and its SYN's first repetition */

static_assert(SERVERS_ADDRS_MAX <= UINT8_MAX, "candidates are counted in octets");
static_assert(DELEGATION_NS_MAX <= 16, "a bit per NS name");

/* Where addresses come from, and whether they may be used. NS names of one zone lie side by side most often: the
 * delegation that the last one's glue was looked for in serves the next. */
struct sources {
    const struct engine_settings *set;
    struct cache *cache;
    struct now now;
    bool has_beside;
    struct dname beside;           /* names just below this one have their glue, if any, */
    const struct delegation *glue; /* here; NULL: there is none */
};

/* T27: addresses that no authoritative server can have, or that would make us ask ourselves. What the operator wrote
 * into the configuration may be on this host. */
static bool may_ask(const struct addr *a, enum delegation_kind kind, const struct engine_settings *set)
{
    bool configured = kind == DELEGATION_STUB || kind == DELEGATION_FORWARD;

    if (SEEDED(31, addr_is_unaskable(a), false) || (a->family == ADDR_IP4 && !set->ipv4) ||
        (a->family == ADDR_IP6 && !set->ipv6)) {
        return false;
    }
    if (addr_is_loopback(a) && !set->query_loopback && !configured) {
        return false;
    }
    for (size_t i = 0; i < set->own_count; i++) {
        if (addr_equal(a, &set->own[i])) {
            return false;
        }
    }
    return true;
}

static unsigned addresses_of(const struct servers *s, unsigned ns)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->count; i++) {
        n += s->server[i].ns == ns;
    }
    return n;
}

static void add_address(struct servers *s, unsigned ns, const struct addr *a, const struct sources *from)
{
    if (s->count == SERVERS_ADDRS_MAX || (ns != NO_NS && addresses_of(s, ns) == SERVERS_ADDRS_PER_NS) ||
        !may_ask(a, (enum delegation_kind)s->cut->kind, from->set)) {
        return;
    }
    for (unsigned i = 0; i < s->count; i++) {
        if (addr_equal(&s->server[i].addr, a)) {
            return; /* T33 */
        }
    }
    /* What a resolver cannot answer says nothing of the next question. */
    s->server[s->count++] =
        (struct server){.addr = *a, .ns = (uint8_t)ns, .judged = s->cut->kind == DELEGATION_FORWARD};
}

/* Few of a zone's servers are ever asked: whether one is known to be lame is looked up when it is to be. */
static bool is_lame(const struct servers *s, struct server *one, struct cache *cache, struct now now)
{
    if (!one->judged) {
        one->judged = true;
        one->why = (uint8_t)infra_lame_get(cache, &one->addr, delegation_zone(s->cut), now);
        one->lame = one->why != INFRA_NOT_LAME;
    }
    return one->lame;
}

static void add_set(struct servers *s, unsigned ns, const struct rrset *found, const struct sources *from)
{
    struct rrset_iter it = rrset_rrs(found);
    struct rdata_ref rr;

    while (rrset_next(&it, &rr)) {
        struct addr a;
        if (found->type == DNS_TYPE_A && rr.len == 4) {
            a = addr_ip4(rr.data, from->set->port);
        } else if (found->type == DNS_TYPE_AAAA && rr.len == 16) {
            a = addr_ip6(rr.data, from->set->port);
        } else {
            continue;
        }
        add_address(s, ns, &a, from);
    }
}

static void mark_asked(struct servers *s, unsigned ns, uint16_t type)
{
    assert(ns < DELEGATION_NS_MAX);
    uint16_t *asked = type == DNS_TYPE_A ? &s->ns_asked4 : &s->ns_asked6;
    *asked = (uint16_t)(*asked | 1u << ns);
}

/* Addresses of one NS in the cache, or that it has none. */
static void consult_cache(struct servers *s, unsigned ns, uint16_t type, const struct sources *from)
{
    struct cache_hit hit;

    if (cache_get(from->cache, delegation_ns(s->cut, ns), type, from->now, &hit)) {
        mark_asked(s, ns, type);
        if (!hit.negative && hit.origin.rank >= RANK_NONAUTH_ANSWER) {
            add_set(s, ns, hit.rrset, from);
        }
    }
}

static void consult_families(struct servers *s, unsigned ns, const struct sources *from)
{
    if (from->set->ipv4) {
        consult_cache(s, ns, DNS_TYPE_A, from);
    }
    if (from->set->ipv6) {
        consult_cache(s, ns, DNS_TYPE_AAAA, from);
    }
}

/* The deepest delegation above the name. */
static const struct delegation *glue_for(struct sources *from, struct dname name)
{
    struct dname beside = dname_is_root(name) ? name : dname_parent(name);
    struct cache_hit hit;

    if (from->has_beside && dname_equal(beside, from->beside)) {
        return from->glue;
    }
    const struct delegation *d = NULL;
    if (cache_get_delegation(from->cache, name, false, from->now, &hit) &&
        hit.delegation->kind == DELEGATION_REFERRAL) {
        d = hit.delegation;
    }
    from->has_beside = d == NULL || d->zone_labels <= beside.labels; /* else the name is a cut itself */
    from->beside = beside;
    from->glue = d;
    return d;
}

/* Glue that the NS name's own delegation came with: the parent's word on how to reach that zone. It saves a question,
 * and it is another way when the address that the child gives does not answer. Only for names in the zone that it
 * delegates, whose parent may send us anywhere for that zone in any case (T15). */
static void consult_glue(struct servers *s, unsigned ns, struct sources *from)
{
    struct dname name = delegation_ns(s->cut, ns);
    const struct delegation *d = glue_for(from, name);
    unsigned at = 0;

    while (d != NULL && at < d->ns_count && !dname_equal(delegation_ns(d, at), name)) {
        at++;
    }
    if (d == NULL || at == d->ns_count) {
        return;
    }
    const struct delegation_addr *glue = delegation_addrs(d);
    for (unsigned i = 0; i < d->addr_count; i++) {
        if (glue[i].ns == at) {
            struct addr a = delegation_addr_of(&glue[i], from->set->port);
            add_address(s, ns, &a, from);
        }
    }
}

/* Names in the zone itself have no address but glue: to look them up one would need them (T34). */
static bool needs_itself(const struct servers *s, unsigned ns)
{
    return dname_under(delegation_ns(s->cut, ns), delegation_zone(s->cut));
}

static void note_if_hopeless(struct servers *s, unsigned ns)
{
    bool asked = ((s->ns_asked4 & s->ns_asked6) >> ns & 1) != 0;
    if (asked && addresses_of(s, ns) == 0) {
        s->ns_no_addr = (uint16_t)(s->ns_no_addr | 1u << ns);
    }
}

bool servers_init(struct servers *s, const struct delegation *cut, const struct engine_settings *set,
                  struct cache *cache, struct now now, struct arena *arena)
{
    uint16_t all = (uint16_t)((1u << cut->ns_count) - 1);
    struct sources from = {.set = set, .cache = cache, .now = now};

    *s = (struct servers){.cut = arena_dup(arena, cut, cut->size_bytes),
                          .server = arena_alloc(arena, SERVERS_ADDRS_MAX * sizeof(struct server)),
                          .ns_asked4 = set->ipv4 ? 0 : all,
                          .ns_asked6 = set->ipv6 ? 0 : all};
    if (s->cut == NULL || s->server == NULL) {
        return false;
    }
    const struct delegation_addr *glue = delegation_addrs(cut);
    for (unsigned i = 0; i < cut->addr_count; i++) {
        struct addr a = delegation_addr_of(&glue[i], set->port);
        add_address(s, glue[i].ns, &a, &from);
    }
    for (unsigned ns = 0; ns < cut->ns_count; ns++) {
        if (needs_itself(s, ns)) {
            mark_asked(s, ns, DNS_TYPE_A);
            mark_asked(s, ns, DNS_TYPE_AAAA);
        } else if (addresses_of(s, ns) == 0) {
            consult_families(s, ns, &from);
            consult_glue(s, ns, &from);
        }
        note_if_hopeless(s, ns);
    }
    return true;
}

void servers_add_found(struct servers *s, unsigned ns, const struct rrset *found, const struct engine_settings *set,
                       struct cache *cache, struct now now)
{
    struct sources from = {.set = set, .cache = cache, .now = now};

    if (found != NULL) {
        add_set(s, ns, found, &from);
    } else {
        consult_families(s, ns, &from);
    }
    consult_glue(s, ns, &from);
    note_if_hopeless(s, ns);
}

/* Which NS to look up: one without address, or (`again`) one whose glue was of no use. In random order, A first. */
static bool next_lookup(struct servers *s, bool again, struct rng *rng, struct pick *out)
{
    unsigned n = s->cut->ns_count;
    unsigned start = n > 1 ? rng_below(rng, n) : 0;

    for (unsigned k = 0; k < n; k++) {
        unsigned ns = (start + k) % n;
        if (!again && addresses_of(s, ns) > 0) {
            continue;
        }
        uint16_t type = (s->ns_asked4 >> ns & 1) == 0 ? DNS_TYPE_A : DNS_TYPE_AAAA;
        if (type == DNS_TYPE_AAAA && (s->ns_asked6 >> ns & 1) != 0) {
            continue;
        }
        mark_asked(s, ns, type);
        *out = (struct pick){.kind = PICK_NEEDS_ADDRESS, .ns = ns, .type = type};
        return true;
    }
    return false;
}

/* The cache says that it cannot be had at present (T31). Asked for only when it would be looked up. */
static bool in_vain(struct servers *s, const struct pick *p, struct cache *cache, struct now now)
{
    struct dname name = delegation_ns(s->cut, p->ns);
    struct cache_hit hit;

    if (cache_get_nxdomain(cache, name, now, &hit)) {
        return true;
    }
    bool failed = cache_get_failure(cache, name, p->type, now, &hit);
    s->circle |= failed && hit.failure == FAIL_CYCLE;
    return failed;
}

/* A server that may be asked now, and what is known of it. */
struct candidate {
    uint8_t index, tries;
    bool known, answers; /* answers: has done so at least once */
    bool old;            /* what is known of it */
    uint32_t cost_us;    /* its smoothed RTT, or, silent since, the timeout that doubles with each silence */
    uint32_t rto_us;
};
struct candidates {
    unsigned count, unknown, old;
    uint32_t fastest_us; /* smallest cost of those that answer; UINT32_MAX: none does */
    uint32_t rto_us;     /* smallest */
    struct candidate one[SERVERS_ADDRS_MAX];
};

static void add_candidate(struct candidates *c, unsigned index, const struct server *server, const struct infra *i)
{
    bool answers = i->known && i->answered > 0;
    bool old = i->known && i->idle_s >= INFRA_OLD_S;
    uint32_t cost_us = i->timeouts == 0 ? i->srtt_us : i->rto_us;
    c->one[c->count++] = (struct candidate){.index = (uint8_t)index,
                                            .tries = server->tries_udp,
                                            .known = i->known,
                                            .answers = answers,
                                            .old = old,
                                            .cost_us = cost_us,
                                            .rto_us = i->rto_us};
    c->unknown += !i->known;
    c->old += old;
    if (answers && cost_us < c->fastest_us) {
        c->fastest_us = cost_us;
    }
    if (i->rto_us < c->rto_us) {
        c->rto_us = i->rto_us;
    }
}

/* The servers with the fewest tries so far. */
static void collect(const struct servers *s, struct cache *cache, struct rng *rng, struct now now,
                    struct candidates *out)
{
    unsigned fewest = ENGINE_TRIES_PER_SERVER;
    bool probe_drawn = false, probe = false;

    for (unsigned i = 0; i < s->count; i++) {
        const struct server *one = &s->server[i];
        struct infra known;
        if (one->out || one->lame || one->tries_udp > fewest || one->tries_udp == ENGINE_TRIES_PER_SERVER) {
            continue;
        }
        infra_get(cache, &one->addr, now, &known);
        if (known.down_until_us > now.mono_us) { /* L33 */
            probe = probe_drawn ? probe : rng_below(rng, INFRA_DOWN_PROBE) == 0;
            probe_drawn = true;
            if (!probe) {
                continue;
            }
        }
        if (one->tries_udp < fewest || out->count == 0) {
            fewest = one->tries_udp;
            *out = (struct candidates){.fastest_us = UINT32_MAX, .rto_us = UINT32_MAX};
        }
        add_candidate(out, i, one, &known);
    }
}

enum group { GROUP_UNKNOWN, GROUP_OLD, GROUP_BAND, GROUP_LEAST_SILENT };

static bool belongs(const struct candidates *c, const struct candidate *one, enum group g)
{
    switch (g) {
    case GROUP_UNKNOWN:
        return !one->known;
    case GROUP_OLD:
        return one->old;
    case GROUP_BAND:
        return one->answers && one->cost_us <= c->fastest_us + c->fastest_us / 8 + BAND_US;
    case GROUP_LEAST_SILENT:
        break;
    }
    return one->rto_us <= c->rto_us + c->rto_us / 2;
}

/* Which group to draw from. */
static enum group choose_group(const struct candidates *c, struct rng *rng)
{
    if (c->fastest_us == UINT32_MAX) {
        return c->unknown > 0 ? GROUP_UNKNOWN : GROUP_LEAST_SILENT;
    }
    if (c->one[0].tries > 0 || c->count == 1) {
        return GROUP_BAND; /* the client has waited already */
    }
    uint32_t share_us = c->fastest_us > UNKNOWN_MIN_US ? c->fastest_us : UNKNOWN_MIN_US;
    if (c->unknown > 0 && rng_below(rng, UNKNOWN_US) < share_us) {
        return GROUP_UNKNOWN;
    }
    return c->old > 0 && rng_below(rng, EXPLORE_ONE_IN) == 0 ? GROUP_OLD : GROUP_BAND;
}

static const struct candidate *draw(const struct candidates *c, struct rng *rng)
{
    enum group g = choose_group(c, rng);
    unsigned members = 0;

    for (unsigned i = 0; i < c->count; i++) {
        members += belongs(c, &c->one[i], g);
    }
    unsigned wanted = members > 1 ? rng_below(rng, members) : 0;
    for (unsigned i = 0; i < c->count; i++) {
        if (belongs(c, &c->one[i], g) && wanted-- == 0) {
            return &c->one[i];
        }
    }
    return &c->one[0];
}

static uint32_t bounded(uint32_t timeout_us)
{
    return timeout_us < ENGINE_SEND_TIME_MAX_US ? timeout_us : ENGINE_SEND_TIME_MAX_US;
}

/* One of the servers with the fewest tries; NULL: nobody is left for UDP. */
static const struct candidate *draw_able(struct servers *s, struct cache *cache, struct rng *rng, struct now now,
                                         struct candidates *c)
{
    for (;;) {
        c->count = 0;
        collect(s, cache, rng, now, c);
        const struct candidate *one = c->count > 0 ? draw(c, rng) : NULL;
        if (one == NULL || !is_lame(s, &s->server[one->index], cache, now)) {
            return one;
        }
    }
}

static struct pick over_udp(struct servers *s, const struct candidate *chosen)
{
    s->server[chosen->index].tries_udp++;
    return (struct pick){.kind = PICK_ADDRESS, .index = chosen->index, .timeout_us = bounded(chosen->rto_us)};
}

static uint32_t tcp_timeout(const struct infra *known)
{
    uint32_t us = bounded(known->rto_us) * 2;
    return bounded(us > TCP_TIME_MIN_US ? us : TCP_TIME_MIN_US);
}

/* A server that has answered before and was silent thrice; `tries`: so often over TCP already. */
static bool pick_tcp_again(struct servers *s, struct cache *cache, unsigned tries, struct now now, struct pick *out)
{
    for (unsigned i = 0; i < s->count; i++) {
        struct server *one = &s->server[i];
        struct infra known;
        if (one->out || one->lame || one->tries_udp < ENGINE_TRIES_PER_SERVER || one->tries_tcp != tries) {
            continue;
        }
        infra_get(cache, &one->addr, now, &known);
        if (known.answered > 0 && known.down_until_us <= now.mono_us) {
            one->tries_tcp++;
            *out = (struct pick){.kind = PICK_ADDRESS, .index = i, .tcp = true, .timeout_us = tcp_timeout(&known)};
            return true;
        }
    }
    return false;
}

/* All once before anyone twice. Forwarders once: behind them there may be another way. */
static bool pick_tcp(struct servers *s, struct cache *cache, struct now now, struct pick *out)
{
    unsigned most = s->cut->kind == DELEGATION_FORWARD ? 1 : TCP_TRIES;

    for (unsigned tries = 0; tries < most; tries++) {
        if (pick_tcp_again(s, cache, tries, now, out)) {
            return true;
        }
    }
    return false;
}

static bool pick_last_resort(struct servers *s, struct cache *cache, struct rng *rng, struct now now, struct pick *out)
{
    unsigned start = s->count > 1 ? rng_below(rng, s->count) : 0;

    for (unsigned k = 0; k < s->count; k++) {
        unsigned i = (start + k) % s->count;
        struct server *one = &s->server[i];
        struct infra known;
        if (one->out || one->last_resort || !is_lame(s, one, cache, now)) {
            continue;
        }
        infra_get(cache, &one->addr, now, &known);
        if (known.down_until_us > now.mono_us) {
            continue;
        }
        one->last_resort = true;
        one->tries_udp++;
        *out =
            (struct pick){.kind = PICK_ADDRESS, .index = i, .last_resort = true, .timeout_us = bounded(known.rto_us)};
        return true;
    }
    return false;
}

struct pick servers_pick(struct servers *s, struct cache *cache, const struct engine_settings *set, struct rng *rng,
                         struct now now)
{
    struct candidates c;
    struct pick p;

    (void)set;
    const struct candidate *chosen = draw_able(s, cache, rng, now, &c);
    if (chosen != NULL && chosen->tries == 0) {
        return over_udp(s, chosen);
    }
    while (next_lookup(s, false, rng, &p)) {
        if (!in_vain(s, &p, cache, now)) {
            return p;
        }
    }
    if (chosen != NULL) {
        return over_udp(s, chosen);
    }
    if (pick_tcp(s, cache, now, &p) || next_lookup(s, true, rng, &p) || pick_last_resort(s, cache, rng, now, &p)) {
        return p;
    }
    return (struct pick){.kind = PICK_NONE};
}

enum failure servers_failure(const struct servers *s)
{
    unsigned replied = 0, servfail = 0, broken = 0;

    for (unsigned i = 0; i < s->count; i++) {
        replied += s->server[i].why != INFRA_NOT_LAME;
        servfail += s->server[i].why == INFRA_SERVFAIL;
        broken += s->server[i].why == INFRA_BROKEN;
    }
    if (s->count == 0) {
        return s->circle ? FAIL_CYCLE : FAIL_NO_ADDRESS;
    }
    if (replied == 0) {
        return FAIL_NO_REACHABLE;
    }
    if (servfail == replied) {
        return FAIL_UPSTREAM_SERVFAIL;
    }
    return broken == replied ? FAIL_BROKEN_REPLIES : FAIL_ALL_LAME;
}
