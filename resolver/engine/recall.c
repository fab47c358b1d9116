/*
 * recall.c - answers that somebody may ask about later
 */
#include "resolver/engine/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind the struct: events and their names, then the question's name. */
static void unfold(struct recalled *r, const struct journal *journal, struct dname name)
{
    struct dname_buf lower;
    uint8_t *at = journal_pack(journal, r + 1, &r->journal);
    dname_lower(name, &lower);
    memcpy(at, lower.wire, lower.len);
    r->name = (struct dname){.wire = at, .len = lower.len, .labels = lower.labels};
}

struct recalled *recalled_new(const struct recalled *about, const char *detail, const struct journal *journal)
{
    static const struct journal none;
    const struct journal *kept = journal != NULL ? journal : &none;
    size_t bytes = sizeof *about + journal_packed_bytes(kept) + about->name.len;
    struct recalled *r = malloc(bytes);
    if (r == NULL) {
        return NULL;
    }
    *r = *about;
    r->bytes = bytes;
    r->times = 1;
    snprintf(r->detail, sizeof r->detail, "%s", detail != NULL ? detail : "");
    unfold(r, kept, about->name);
    return r;
}

struct recalled *recalled_copy(const struct recalled *r, void *room)
{
    struct recalled *copy = room;
    *copy = *r;
    unfold(copy, &r->journal, r->name);
    return copy;
}

static bool same_question(const struct recalled *r, struct dname name, uint16_t type)
{
    return r->type == type && dname_equal(r->name, name);
}

/* Into the ring; the same question's last place is emptied. */
static void put(struct recalled **ring, unsigned size, unsigned *next, struct recalled *r)
{
    for (unsigned i = 0; i < size; i++) {
        if (ring[i] != NULL && same_question(ring[i], r->name, r->type)) {
            r->times += ring[i]->times;
            free(ring[i]);
            ring[i] = NULL;
            break;
        }
    }
    free(ring[*next]);
    ring[*next] = r;
    *next = (*next + 1) % size;
}

void recall_keep(struct recall *all, struct recalled *r)
{
    if (r == NULL) {
        return;
    }
    if (r->failure != FAIL_NONE) {
        put(all->failed, RECALL_FAILED_MAX, &all->next_failed, r);
    } else {
        put(all->slow, RECALL_SLOW_MAX, &all->next_slow, r);
    }
}

void recall_clear(struct recall *all)
{
    for (unsigned i = 0; i < RECALL_FAILED_MAX; i++) {
        free(all->failed[i]);
    }
    for (unsigned i = 0; i < RECALL_SLOW_MAX; i++) {
        free(all->slow[i]);
    }
    *all = (struct recall){.next_failed = 0};
}

struct search {
    struct dname name;
    uint16_t type;
    bool all;
    recall_visit *visit;
    void *arg;
};

static void each(struct recalled *const *ring, unsigned size, unsigned next, const struct search *s)
{
    for (unsigned i = 1; i <= size; i++) {
        const struct recalled *r = ring[(next + size - i) % size];
        if (r != NULL && (s->all || same_question(r, s->name, s->type))) {
            s->visit(s->arg, r);
        }
    }
}

void recall_each(const struct recall *all, enum recall_which which, struct dname name, uint16_t type,
                 recall_visit *visit, void *arg)
{
    struct search s = {.name = name, .type = type, .all = which != RECALL_QUESTION, .visit = visit, .arg = arg};
    if (which != RECALL_SLOW) {
        each(all->failed, RECALL_FAILED_MAX, all->next_failed, &s);
    }
    if (which != RECALL_FAILED) {
        each(all->slow, RECALL_SLOW_MAX, all->next_slow, &s);
    }
}
