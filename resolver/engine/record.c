/*
 * record.c - writing the journal of a traced query
 */
#include "resolver/engine/record.h"

#include <string.h>

#include "resolver/engine/core.h"

#define EVENTS_FIRST 32

bool record_begin(struct job *j, struct now now)
{
    struct journal *journal = ARENA_NEW(&j->arena, struct journal);

    if (journal == NULL) {
        return false;
    }
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

/* A cleared event, or NULL when there is no journal or no room. */
static struct journal_event *event_new(struct job *j, enum journal_kind kind, struct now now)
{
    struct journal *journal = j->budget->journal;

    if (journal == NULL) {
        return NULL;
    }
    if (journal->count >= JOURNAL_EVENTS_MAX || (journal->count == journal->room && !grow(journal))) {
        journal->lost++;
        return NULL;
    }
    struct journal_event *ev = &journal->events[journal->count++];
    memset(ev, 0, sizeof *ev);
    ev->kind = (uint8_t)kind;
    ev->depth = j->depth;
    ev->at_us = now.mono_us;
    ev->name = ev->zone = ev->server_name = dname_root();
    return ev;
}

/* The name's copy in the journal's arena; the root if there is no memory left. */
static struct dname keep(struct job *j, struct dname n)
{
    const uint8_t *wire = arena_dup(j->budget->journal->arena, n.wire, n.len);

    return wire == NULL ? dname_root() : (struct dname){.wire = wire, .len = n.len, .labels = n.labels};
}

void record_name(struct job *j, enum journal_kind kind, struct dname name, uint16_t type, unsigned why, struct now now)
{
    struct journal_event *ev = event_new(j, kind, now);

    if (ev == NULL) {
        return;
    }
    ev->name = keep(j, name);
    ev->type = type;
    ev->why = (uint8_t)why;
    if (j->servers.cut != NULL) {
        ev->zone = keep(j, delegation_zone(j->servers.cut));
    }
}

static struct journal_event *exchange_event(struct job *j, enum journal_kind kind, const struct exchange *x,
                                            struct now now)
{
    struct journal_event *ev = event_new(j, kind, now);

    if (ev == NULL) {
        return NULL;
    }
    struct dname_buf lower;
    dname_lower(dname_of(&x->ask.qname), &lower); /* without the case bits, which mean nothing to a reader */
    ev->name = keep(j, dname_of(&lower));
    ev->type = x->ask.qtype;
    ev->server = x->to;
    ev->tcp = x->ask.tcp;
    ev->size_bytes = x->wire_len;
    if (j->servers.cut != NULL) {
        ev->zone = keep(j, delegation_zone(j->servers.cut));
        unsigned ns = j->servers.server[x->server].ns;
        if (ns < j->servers.cut->ns_count) {
            ev->server_name = keep(j, delegation_ns(j->servers.cut, ns));
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

    if (ev == NULL) {
        return;
    }
    ev->why = (uint8_t)why;
    ev->rcode = (uint8_t)rcode;
    ev->size_bytes = (uint16_t)size;
    ev->rtt_us = (uint32_t)(now.mono_us - x->sent_us);
}
