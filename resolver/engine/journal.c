/*
 * journal.c - the words of journal events, and copies of a journal
 */
#include "resolver/engine/journal.h"

#include <stddef.h>
#include <string.h>

const char *journal_kind_name(enum journal_kind k)
{
    static const char *const words[] = {
#define X(name, word, text) [JOURNAL_##name] = word,
        JOURNAL_KINDS(X)
#undef X
    };
    size_t i = (size_t)k;
    return i < sizeof words / sizeof words[0] ? words[i] : "unknown";
}

const char *journal_kind_text(enum journal_kind k)
{
    static const char *const texts[] = {
#define X(name, word, text) [JOURNAL_##name] = text,
        JOURNAL_KINDS(X)
#undef X
    };
    size_t i = (size_t)k;
    return i < sizeof texts / sizeof texts[0] ? texts[i] : "does something unknown";
}

size_t journal_packed_bytes(const struct journal *j)
{
    size_t bytes = j->count * sizeof *j->events;
    for (unsigned i = 0; i < j->count; i++) {
        const struct journal_event *e = &j->events[i];
        bytes += (size_t)e->name.len + e->zone.len + e->server_name.len;
    }
    return bytes;
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

uint8_t *journal_pack(const struct journal *j, void *room, struct journal *out)
{
    struct journal_event *events = room;
    uint8_t *at = (uint8_t *)(events + j->count);
    for (unsigned i = 0; i < j->count; i++) {
        events[i] = *journal_at(j, i);
        events[i].name = carry(events[i].name, &at);
        events[i].zone = carry(events[i].zone, &at);
        events[i].server_name = carry(events[i].server_name, &at);
    }
    *out = *j;
    out->events = events;
    out->first = 0;
    out->room = j->count;
    out->arena = NULL;
    return at;
}
