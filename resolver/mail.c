/*
 * mail.c - what threads tell each other
 */
#include "resolver/mail.h"

#include <stdlib.h>
#include <string.h>

static void *letter(enum mail_kind kind, size_t n)
{
    struct mail *m = malloc(n);
    if (m != NULL) {
        *m = (struct mail){.kind = kind};
    }
    return m;
}

struct mail *mail_query_new(const struct client *client, const struct request *request, unsigned flags)
{
    struct mail_query *m = letter(MAIL_QUERY, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->client = *client;
    m->flags = flags;
    memcpy(&m->request, request, offsetof(struct request, qname.wire) + request->qname.len);
    return &m->mail;
}

struct mail *mail_gone_new(uint64_t id)
{
    struct mail_gone *m = letter(MAIL_GONE, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->id = id;
    return &m->mail;
}

struct mail *mail_answer_new(enum mail_kind kind, const struct client *client, const uint8_t *wire, size_t n)
{
    struct mail_answer *m = letter(kind, sizeof *m + n);
    if (m == NULL) {
        return NULL;
    }
    m->client = *client;
    m->n = n;
    if (n > 0) {
        memcpy(m->wire, wire, n);
    }
    return &m->mail;
}

struct mail *mail_world_new(const struct world *world, const struct listener *listeners, size_t slots)
{
    struct mail_world *m = letter(MAIL_WORLD, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->world = world;
    m->listeners = listeners;
    m->slots = slots;
    return &m->mail;
}

struct mail *mail_asked_new(enum mail_kind kind, uint32_t slot, uint32_t generation)
{
    struct mail_asked *m = letter(kind, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->slot = slot;
    m->generation = generation;
    return &m->mail;
}

struct mail *mail_row_new(uint32_t slot, uint32_t generation, uint16_t worker, const struct engine_inflight *row)
{
    struct mail_row *m = letter(MAIL_ROW, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->slot = slot;
    m->generation = generation;
    m->worker = worker;
    m->row = *row;
    dname_copy(row->name, &m->name);
    m->row.name = dname_of(&m->name);
    dname_copy(row->zone.wire != NULL ? row->zone : dname_root(), &m->zone);
    m->row.zone = dname_of(&m->zone);
    return &m->mail;
}

/* Puts a name behind what was written so far. */
static struct dname carry(struct dname name, uint8_t **at)
{
    struct dname copy = {.wire = *at, .len = name.len, .labels = name.labels};
    if (name.wire == NULL) {
        return name;
    }
    memcpy(*at, name.wire, name.len);
    *at += name.len;
    return copy;
}

struct mail *mail_traced_new(const struct client *client, const struct journal *journal, const uint8_t *wire, size_t n)
{
    unsigned count = journal != NULL ? journal->count : 0;
    size_t events = count * sizeof(struct journal_event), names = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct journal_event *e = &journal->events[i];
        names += (size_t)e->name.len + e->zone.len + e->server_name.len;
    }
    struct mail_traced *m = letter(MAIL_TRACED, sizeof *m + events + names + n);
    if (m == NULL) {
        return NULL;
    }
    struct journal_event *copy = (struct journal_event *)(m + 1);
    uint8_t *at = (uint8_t *)copy + events;
    m->slot = client->slot;
    m->generation = client->generation;
    m->journal = journal != NULL ? *journal : (struct journal){0};
    m->journal.events = copy;
    for (unsigned i = 0; i < count; i++) {
        copy[i] = journal->events[i];
        copy[i].name = carry(copy[i].name, &at);
        copy[i].zone = carry(copy[i].zone, &at);
        copy[i].server_name = carry(copy[i].server_name, &at);
    }
    m->n = n;
    m->wire = at;
    if (n > 0) {
        memcpy(at, wire, n);
    }
    return &m->mail;
}
