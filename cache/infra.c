/*
 * infra.c - round-trip times, abilities and lameness of servers
 *
 * Records change with every reply, so they are changed where they are, member by member, under the lock of their shard.
 * A reader may see one member of before and another of after a change; each is right by itself.
 */
#include "cache/infra.h"

#include <stddef.h>
#include <string.h>

#include "cache/entry.h"
#include "cache/store.h"
#include "dns/fold.h"

enum { KIND_SERVER, KIND_LAME };

#define FLAG_TCP       1
#define FLAG_CASE_KEPT 2
#define FLAG_CASE_LOST 4
#define FLAG_TCP_VAIN  8

struct server {
    struct entry head;
    uint8_t spare[4];
    struct addr addr;
    _Atomic uint32_t srtt_us; /* 0: never measured */
    _Atomic uint32_t rttvar_us;
    _Atomic uint32_t asked, answered;
    _Atomic uint64_t down_until_us;
    _Atomic uint64_t counted_us; /* when the last round without an answer was counted */
    _Atomic uint16_t timeouts;   /* in a row: questions, */
    _Atomic uint16_t rounds;     /* and rounds of them, one after the other */
    _Atomic uint8_t edns, flags;
};

struct lame {
    struct entry head;
    uint8_t why, zone_len, zone_labels;
    uint8_t spare;
    struct addr addr;
    uint8_t zone[];
};

struct lame_key {
    const struct addr *addr;
    struct dname zone;
};

#define GET(p)    atomic_load_explicit((p), memory_order_relaxed)
#define SET(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)

static struct server *server_of(struct entry *e)
{
    return (struct server *)(void *)e;
}

static const struct lame *lame_of(const struct entry *e)
{
    return (const struct lame *)(const void *)e;
}

static bool server_match(const struct entry *e, const void *key)
{
    return e->kind == KIND_SERVER && addr_equal(&((const struct server *)(const void *)e)->addr, key);
}

static bool lame_match(const struct entry *e, const void *key)
{
    const struct lame *l = lame_of(e);
    const struct lame_key *k = key;
    struct dname zone = {.wire = l->zone, .len = l->zone_len, .labels = l->zone_labels};
    return e->kind == KIND_LAME && addr_equal(&l->addr, k->addr) && dname_equal(zone, k->zone);
}

static uint64_t server_hash(const struct cache *c, const struct addr *a)
{
    return table_hash(addr_hash(c->config.hash_key, a), KIND_SERVER);
}

static uint64_t lame_hash(const struct cache *c, const struct addr *a, struct dname zone)
{
    return table_hash(addr_hash(c->config.hash_key, a) ^ dname_hash(c->config.hash_key, zone), KIND_LAME);
}

/* RFC 6298 section 2, with floor and ceiling of our own; section 5.5: doubled per round. */
static uint32_t retransmit_us(uint32_t srtt_us, uint32_t rttvar_us, uint16_t rounds)
{
    uint64_t rto = INFRA_RTT_UNKNOWN_US;
    if (srtt_us != 0) {
        uint64_t spread = 4 * (uint64_t)rttvar_us;
        rto = srtt_us + (spread > 5 * US_PER_MS ? spread : 5 * US_PER_MS);
    }
    rto = rto < INFRA_RTO_MIN_US ? INFRA_RTO_MIN_US : rto;
    for (unsigned i = 0; i < rounds && rto < INFRA_RTO_MAX_US; i++) {
        rto *= 2;
    }
    return (uint32_t)(rto < INFRA_RTO_MAX_US ? rto : INFRA_RTO_MAX_US);
}

/* Since the last answer; since it became known if there is none. */
static uint32_t silent_s(const struct server *s, struct now now)
{
    int32_t left = entry_left(&s->head, tick_of(now));

    return left < (int32_t)(INFRA_KEEP_S * TICKS_PER_S) ? INFRA_KEEP_S - (uint32_t)left / TICKS_PER_S : 0;
}

static uint32_t idle_s(const struct server *s, struct now now)
{
    uint64_t counted_us = GET(&s->counted_us);
    uint32_t silent = silent_s(s, now);
    uint64_t since_s = now.mono_us > counted_us ? (now.mono_us - counted_us) / US_PER_S : 0;

    return since_s < silent ? (uint32_t)since_s : silent;
}

static void read_server(const struct server *s, struct now now, struct infra *out)
{
    uint32_t srtt = GET(&s->srtt_us), rttvar = GET(&s->rttvar_us);
    uint64_t down = GET(&s->down_until_us);
    uint8_t flags = GET(&s->flags);
    *out = (struct infra){
        .known = true,
        .srtt_us = srtt != 0 ? srtt : INFRA_RTT_UNKNOWN_US,
        .rttvar_us = rttvar,
        .timeouts = GET(&s->timeouts),
        .edns = GET(&s->edns),
        .tcp_works = flags & FLAG_TCP,
        .tcp_in_vain = flags & FLAG_TCP_VAIN,
        .case_kept = flags & FLAG_CASE_KEPT,
        .case_lost = flags & FLAG_CASE_LOST,
        .down_until_us = down > now.mono_us ? down : 0,
        .idle_s = idle_s(s, now),
        .asked = GET(&s->asked),
        .answered = GET(&s->answered),
    };
    out->rto_us = retransmit_us(srtt, rttvar, GET(&s->rounds));
}

bool infra_get(struct cache *c, const struct addr *server, struct now now, struct infra *out)
{
    struct entry *e = table_find(c->servers, server_hash(c, server), server_match, server);
    if (e != NULL && entry_left(e, tick_of(now)) > 0) {
        entry_touch(e);
        read_server(server_of(e), now, out);
        return true;
    }
    *out = (struct infra){.srtt_us = INFRA_RTT_UNKNOWN_US, .rto_us = INFRA_RTT_UNKNOWN_US};
    return false;
}

/* Begins a change of a server's record, made if there is none. NULL: no memory; then, too, change_end is due. */
static struct server *change_begin(struct table_write *w, struct cache *c, const struct addr *server, struct now now)
{
    table_begin(w, c->servers, server_hash(c, server), tick_of(now), server_match, server);
    if (w->old != NULL && entry_left(w->old, w->tick) > 0) {
        return server_of(w->old);
    }
    struct entry *e = table_reserve(w, sizeof(struct server));
    if (e == NULL) {
        return NULL;
    }
    struct server *s = server_of(e);
    s->head.kind = KIND_SERVER;
    SET(&s->head.expires, w->tick + INFRA_KEEP_S * TICKS_PER_S);
    memset(s->spare, 0, sizeof *s - offsetof(struct server, spare));
    s->addr = *server;
    return table_commit(w) ? s : NULL;
}

static void change_end(struct table_write *w)
{
    table_end(w);
}

static void measure(struct server *s, uint32_t rtt_us, struct now now)
{
    uint32_t srtt = GET(&s->srtt_us), rttvar = GET(&s->rttvar_us);
    if (srtt == 0 || silent_s(s, now) >= INFRA_OLD_S) { /* RFC 6298 sections 2.2 and 5.7 */
        SET(&s->srtt_us, rtt_us);
        SET(&s->rttvar_us, rtt_us / 2);
        return;
    }
    uint32_t off = srtt > rtt_us ? srtt - rtt_us : rtt_us - srtt; /* section 2.3 */
    SET(&s->rttvar_us, (uint32_t)((3 * (uint64_t)rttvar + off) / 4));
    uint32_t next = (uint32_t)((7 * (uint64_t)srtt + rtt_us) / 8);
    SET(&s->srtt_us, next > 0 ? next : 1);
}

void infra_answered(struct cache *c, const struct addr *server, uint32_t rtt_us, struct now now)
{
    struct table_write w;
    struct server *s = change_begin(&w, c, server, now);
    if (s != NULL) {
        measure(s, rtt_us > 0 ? rtt_us : 1, now);
        SET(&s->timeouts, 0);
        SET(&s->rounds, 0);
        SET(&s->down_until_us, 0);
        SET(&s->asked, GET(&s->asked) + 1);
        SET(&s->answered, GET(&s->answered) + 1);
        SET(&s->head.expires, w.tick + INFRA_KEEP_S * TICKS_PER_S);
    }
    change_end(&w);
}

static uint16_t one_more(uint16_t n)
{
    return n < UINT16_MAX ? (uint16_t)(n + 1) : n;
}

/* Hundreds of questions may be under way to a busy server when it, or the way to it, stands still for a moment. They
 * all time out together, and that is one round, not hundreds: what was sent before the last round was counted belongs
 * to it. */
void infra_timed_out(struct cache *c, const struct addr *server, uint64_t sent_us, struct now now)
{
    struct table_write w;
    struct server *s = change_begin(&w, c, server, now);
    if (s != NULL) {
        SET(&s->timeouts, one_more(GET(&s->timeouts)));
        SET(&s->asked, GET(&s->asked) + 1);
        if (sent_us >= GET(&s->counted_us)) {
            SET(&s->counted_us, now.mono_us);
            SET(&s->rounds, one_more(GET(&s->rounds)));
        }
        bool lives = (GET(&s->flags) & FLAG_TCP) != 0; /* over TCP, whatever becomes of UDP */
        if (!lives && GET(&s->timeouts) >= INFRA_DOWN_TIMEOUTS && GET(&s->rounds) >= INFRA_DOWN_ROUNDS) {
            SET(&s->down_until_us, now.mono_us + INFRA_DOWN_S * US_PER_S);
        }
    }
    change_end(&w);
}

void infra_set_edns(struct cache *c, const struct addr *server, enum infra_edns edns, struct now now)
{
    struct table_write w;
    struct server *s = change_begin(&w, c, server, now);
    if (s != NULL) {
        SET(&s->edns, (uint8_t)edns);
    }
    change_end(&w);
}

static void set_flags(struct cache *c, const struct addr *server, uint8_t add, uint8_t remove, struct now now)
{
    struct table_write w;
    struct server *s = change_begin(&w, c, server, now);
    if (s != NULL) {
        SET(&s->flags, (uint8_t)((GET(&s->flags) & ~remove) | add));
    }
    change_end(&w);
}

void infra_set_case(struct cache *c, const struct addr *server, bool kept, struct now now)
{
    set_flags(c, server, kept ? FLAG_CASE_KEPT : FLAG_CASE_LOST, kept ? FLAG_CASE_LOST : FLAG_CASE_KEPT, now);
}

void infra_set_tcp(struct cache *c, const struct addr *server, bool works, struct now now)
{
    struct infra known;
    /* The first failure of what has worked may be an accident. */
    bool vain = !works && !(infra_get(c, server, now, &known) && known.tcp_works);
    set_flags(c, server, works ? FLAG_TCP : vain ? FLAG_TCP_VAIN : 0, works ? FLAG_TCP_VAIN : FLAG_TCP, now);
}

const char *infra_lame_text(enum infra_lame why)
{
    static const char *const text[] = {
#define X(name, t) t,
        INFRA_LAMES(X)
#undef X
    };
    return why < sizeof text / sizeof text[0] ? text[why] : "unknown";
}

enum infra_lame infra_lame_get(struct cache *c, const struct addr *server, struct dname zone, struct now now)
{
    struct lame_key key = {.addr = server, .zone = zone};
    struct entry *e = table_find(c->servers, lame_hash(c, server, zone), lame_match, &key);
    if (e == NULL || entry_left(e, tick_of(now)) <= 0) {
        return INFRA_NOT_LAME;
    }
    entry_touch(e);
    return (enum infra_lame)lame_of(e)->why;
}

void infra_lame_put(struct cache *c, const struct addr *server, struct dname zone, enum infra_lame why, uint32_t for_s,
                    struct now now)
{
    struct lame_key key = {.addr = server, .zone = zone};
    struct table_write w;
    table_begin(&w, c->servers, lame_hash(c, server, zone), tick_of(now), lame_match, &key);
    if (why == INFRA_NOT_LAME || for_s == 0) {
        table_drop(&w);
        table_end(&w);
        return;
    }
    struct entry *e = table_reserve(&w, sizeof(struct lame) + zone.len);
    if (e != NULL) { /* without memory it will be found out again */
        struct lame *l = (struct lame *)(void *)e;
        for_s = for_s < ENTRY_TTL_MAX_S ? for_s : ENTRY_TTL_MAX_S;
        SET(&e->expires, w.tick + for_s * TICKS_PER_S);
        e->kind = KIND_LAME;
        l->why = (uint8_t)why;
        l->zone_len = zone.len;
        l->zone_labels = zone.labels;
        l->spare = 0;
        l->addr = *server;
        fold_copy(l->zone, zone.wire, zone.len);
        table_commit(&w);
    }
    table_end(&w);
}

struct walk {
    infra_visit *visit;
    void *arg;
    struct now now;
};

static void walk_server(void *arg, struct entry *e)
{
    const struct walk *w = arg;
    int32_t left = entry_left(e, tick_of(w->now));
    if (e->kind == KIND_SERVER && left > 0) {
        struct infra infra;
        read_server(server_of(e), w->now, &infra);
        w->visit(w->arg, &server_of(e)->addr, &infra, ((uint32_t)left + TICKS_PER_S - 1) / TICKS_PER_S);
    }
}

void infra_walk(struct cache *c, struct now now, infra_visit *visit, void *arg)
{
    struct walk w = {.visit = visit, .arg = arg, .now = now};
    for (uint64_t cursor = 0;;) {
        cursor = table_walk(c->servers, cursor, 1024, walk_server, &w);
        if (cursor == 0) {
            return;
        }
    }
}

static bool forget(void *arg, const struct entry *e)
{
    const struct addr *a = arg;
    if (a == NULL) {
        return true;
    }
    return e->kind == KIND_SERVER ? server_match(e, a) : addr_equal(&lame_of(e)->addr, a);
}

size_t infra_forget(struct cache *c, const struct addr *server)
{
    struct addr copy = server != NULL ? *server : (struct addr){0};
    return table_sweep(c->servers, forget, server != NULL ? &copy : NULL);
}
