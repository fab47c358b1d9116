/*
 * backlog.c - queries whose resolution has not begun yet
 */
#include "resolver/backlog.h"

#include <assert.h>
#include <stdlib.h>

void backlog_init(struct backlog *b)
{
    *b = (struct backlog){.first = NULL};
    b->last = &b->first;
}

bool backlog_put(struct backlog *b, struct mail *letter)
{
    if (letter == NULL || b->n == BACKLOG_MAX) {
        return false;
    }
    assert(letter->kind == MAIL_QUERY);
    letter->next = NULL;
    *b->last = letter;
    b->last = &letter->next;
    b->n++;
    uint64_t old = atomic_load_explicit(&b->waited, memory_order_relaxed);
    atomic_store_explicit(&b->waited, old + 1, memory_order_relaxed);
    return true;
}

struct mail_query *backlog_take(struct backlog *b)
{
    struct mail *letter = b->first;
    if (letter == NULL) {
        return NULL;
    }
    b->first = letter->next;
    if (b->first == NULL) {
        b->last = &b->first;
    }
    b->n--;
    return (struct mail_query *)letter;
}

void backlog_clear(struct backlog *b)
{
    struct mail_query *q;
    while ((q = backlog_take(b)) != NULL) {
        free(q);
    }
}
