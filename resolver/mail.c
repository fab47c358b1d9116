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
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
    return &m->mail;
}

struct mail *mail_gone_new(uint64_t id)
{
    struct mail_gone *m = letter(MAIL_GONE, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->id = id;
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
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
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
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
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
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
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
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

struct mail *mail_recall_new(uint32_t slot, uint32_t generation, enum recall_which which, struct dname name,
                             uint16_t type)
{
    struct mail_recall *m = letter(MAIL_RECALL, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->asked.slot = slot;
    m->asked.generation = generation;
    m->which = which;
    m->type = type;
    dname_copy(name, &m->name);
    return &m->asked.mail;
}

struct mail *mail_recalled_new(uint32_t slot, uint32_t generation, const struct recalled *r)
{
    struct mail_recalled *m = letter(MAIL_RECALLED, offsetof(struct mail_recalled, recalled) + r->bytes);
    if (m == NULL) {
        return NULL;
    }
    m->slot = slot;
    m->generation = generation;
    recalled_copy(r, &m->recalled);
    return &m->mail;
}

struct mail *mail_watch_new(struct watch *watch)
{
    struct mail_watch *m = letter(MAIL_WATCH, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->watch = watch;
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
    return &m->mail;
}

struct mail *mail_traced_new(const struct client *client, const struct journal *journal, const uint8_t *wire, size_t n)
{
    static const struct journal none;
    size_t packed = journal_packed_bytes(journal != NULL ? journal : &none);
    struct mail_traced *m = letter(MAIL_TRACED, sizeof *m + packed + n);
    if (m == NULL) {
        return NULL;
    }
    uint8_t *at = journal_pack(journal != NULL ? journal : &none, m + 1, &m->journal);
    m->slot = client->slot;
    m->generation = client->generation;
    m->n = n;
    m->wire = at;
    if (n > 0) {
        memcpy(at, wire, n);
    }
    return &m->mail;
}
