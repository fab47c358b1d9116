/*
 * suspects.c - servers that answered only without EDNS
 */
#include "resolver/engine/suspects.h"

#include <stddef.h>

static struct suspect *find(struct suspects *s, const struct addr *server)
{
    for (unsigned i = 0; i < SUSPECTS_MAX; i++) {
        if (s->row[i].count != 0 && addr_equal(&s->row[i].server, server)) {
            return &s->row[i];
        }
    }
    return NULL;
}

bool suspects_add(struct suspects *s, const struct addr *server, struct now now)
{
    struct suspect *row = find(s, server);

    if (row != NULL && now.mono_us - row->since_us > SUSPECTS_KEEP_S * US_PER_S) {
        row->count = 0;
    }
    if (row == NULL) {
        row = &s->row[s->next];
        s->next = (s->next + 1) % SUSPECTS_MAX;
        row->server = *server;
        row->count = 0;
    }
    if (row->count == 0) {
        row->since_us = now.mono_us;
    }
    row->count++;
    if (row->count < SUSPECTS_PROOF) {
        return false;
    }
    row->count = 0;
    return true;
}

void suspects_clear(struct suspects *s, const struct addr *server)
{
    struct suspect *row = find(s, server);

    if (row != NULL) {
        row->count = 0;
    }
}
