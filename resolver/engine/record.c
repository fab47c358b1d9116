/*
 * record.c - writing the journal of a query
 */
#include "resolver/engine/record.h"

#include <string.h>

#include "resolver/engine/core.h"

#define EVENTS_FIRST 8

bool record_begin(struct job *j, bool whole, struct now now)
{
    struct journal *journal = ARENA_NEW(&j->arena, struct journal);

    if (journal == NULL) {
        return false;
    }
    journal->whole = whole;
    journal->begun_us = now.mono_us;
    journal->arena = &j->arena;
    j->journal = journal;
    j->budget->journal = journal;
    return true;
}

static bool grow(struct journal *journal)
{
    unsigned room = journal->room == 0 ? EVENTS_FIRST : 2 * journal->room;
    struct journal_event *events = arena_alloc(journal->arena, room * sizeof *events);

    if (events == NULL) {
        return false;
    }
    if (journal->count > 0) {
        memcpy(events, journal->events, journal->count * sizeof *events);
    }
    journal->events = events;
    journal->room = room;
    return true;
}

/* Room for one more event: a new place, or that of the oldest. NULL: none. */
static struct journal_event *place(struct journal *journal)
{
    unsigned most = journal->whole ? JOURNAL_EVENTS_MAX : JOURNAL_END_EVENTS;

    if (journal->count < most && (journal->count < journal->room || grow(journal))) {
        return &journal->events[journal->count++];
    }
    journal->lost++;
    if (journal->whole || journal->count == 0) {
        return NULL;
    }
    struct journal_event *oldest = &journal->events[journal->first];
    journal->first = journal->first + 1 == journal->count ? 0 : journal->first + 1;
    return oldest;
}

/* What the events around it tell as well is left out where room is short. */
static bool goes_without_saying(enum journal_kind kind)
{
    return kind == JOURNAL_CACHE_MISS || kind == JOURNAL_ANSWER || kind == JOURNAL_NODATA || kind == JOURNAL_NXDOMAIN;
}

/* A cleared event, or NULL when there is no journal or no room. */
static struct journal_event *event_new(struct job *j, enum journal_kind kind, struct now now)
{
    struct journal *journal = j->budget->journal;

    if (journal == NULL || (!journal->whole && goes_without_saying(kind))) {
        return NULL;
    }
    struct journal_event *ev = place(journal);
    if (ev == NULL) {
        return NULL;
    }
    memset(ev, 0, sizeof *ev);
    ev->kind = (uint8_t)kind;
    ev->depth = j->depth;
    ev->at_us = now.mono_us;
    ev->name = ev->zone = ev->server_name = dname_root();
    return ev;
}

static bool same_octets(struct dname a, struct dname b)
{
    return a.len == b.len && (a.wire == b.wire || memcmp(a.wire, b.wire, a.len) == 0);
}

/* The name's copy in the journal's arena; the root if there is no memory left. */
static struct dname keep(struct job *j, struct dname n)
{
    struct journal *journal = j->budget->journal;

    if (dname_is_root(n)) {
        return dname_root();
    }
    if (!journal->whole && journal->names + n.len > JOURNAL_END_NAMES) {
        return dname_root();
    }
    const uint8_t *wire = arena_dup(journal->arena, n.wire, n.len);
    if (wire == NULL) {
        return dname_root();
    }
    journal->names += n.len;
    return (struct dname){.wire = wire, .len = n.len, .labels = n.labels};
}

/* The same, or the copy that the event before has. */
static struct dname keep_or(struct job *j, struct dname n, struct dname before)
{
    return same_octets(n, before) ? before : keep(j, n);
}

/* The event before the newest one; the newest if it is alone. */
static const struct journal_event *before_newest(const struct journal *journal)
{
    return journal_at(journal, journal->count > 1 ? journal->count - 2 : 0);
}

void record_name(struct job *j, enum journal_kind kind, struct dname name, uint16_t type, unsigned why, struct now now)
{
    struct journal_event *ev = event_new(j, kind, now);

    if (ev == NULL) {
        return;
    }
    const struct journal_event *before = before_newest(j->budget->journal);
    ev->name = keep_or(j, name, before->name);
    ev->type = type;
    ev->why = (uint8_t)why;
    if (j->servers.cut != NULL) {
        ev->zone = keep_or(j, delegation_zone(j->servers.cut), before->zone);
    }
}

static struct journal_event *exchange_event(struct job *j, enum journal_kind kind, const struct exchange *x,
                                            struct now now)
{
    struct journal_event *ev = event_new(j, kind, now);

    if (ev == NULL) {
        return NULL;
    }
    const struct journal_event *before = before_newest(j->budget->journal);
    struct dname_buf lower;
    dname_lower(dname_of(&x->ask.qname), &lower); /* without the case bits, which mean nothing to a reader */
    ev->name = keep_or(j, dname_of(&lower), before->name);
    ev->type = x->ask.qtype;
    ev->server = x->to;
    ev->tcp = x->ask.tcp;
    ev->size_bytes = x->wire_len;
    ev->rtt_us = kind == JOURNAL_SEND ? 0 : (uint32_t)(now.mono_us - x->sent_us);
    if (j->servers.cut != NULL) {
        ev->zone = keep_or(j, delegation_zone(j->servers.cut), before->zone);
        unsigned ns = j->servers.server[x->server].ns;
        if (ns < j->servers.cut->ns_count) {
            ev->server_name = keep_or(j, delegation_ns(j->servers.cut, ns), before->server_name);
        }
    }
    return ev;
}

void record_exchange(struct job *j, enum journal_kind kind, const struct exchange *x, unsigned why, struct now now)
{
    struct journal_event *ev = exchange_event(j, kind, x, now);

    if (ev != NULL) {
        ev->why = (uint8_t)why;
    }
}

void record_reply(struct job *j, const struct exchange *x, uint16_t rcode, unsigned why, size_t size, struct now now)
{
    struct journal_event *ev = exchange_event(j, JOURNAL_RECEIVE, x, now);

    histogram_add(&j->engine->rtts, now.mono_us - x->sent_us);
    if (ev == NULL) {
        return;
    }
    ev->why = (uint8_t)why;
    ev->rcode = (uint8_t)rcode;
    ev->size_bytes = (uint16_t)size;
}
