/*
 * limited.c - whose answers were withheld lately
 */
#include "resolver/front/limited.h"

#include <sched.h>
#include <string.h>

static bool is_same(const struct limited_row *a, const struct limited_row *b)
{
    return a->kind == b->kind && a->network.bits == b->network.bits && addr_same_ip(&a->network.addr, &b->network.addr);
}

static uint64_t since(uint64_t then_us, struct now now)
{
    return now.mono_us > then_us ? now.mono_us - then_us : 0; /* another thread's turn began a little later */
}

static void add_counts(struct limited_row *to, const struct limited_row *more)
{
    to->withheld += more->withheld;
    to->truncated += more->truncated;
    to->let_go += more->let_go;
}

void limited_add(struct limited *l, const struct limited_row *more, uint64_t hash, struct now now)
{
    struct limited_row *set = &l->row[hash % LIMITED_SETS * LIMITED_WAYS], *row = &set[0];

    if (atomic_exchange_explicit(&l->busy, true, memory_order_acquire)) {
        return;
    }
    for (unsigned i = 0; i < LIMITED_WAYS; i++) {
        if (is_same(&set[i], more)) {
            row = &set[i];
            break;
        }
        row = set[i].last_us < row->last_us ? &set[i] : row;
    }
    if (!is_same(row, more) || since(row->last_us, now) > LIMITED_GAP_S * US_PER_S) {
        *row = (struct limited_row){.network = more->network, .kind = more->kind, .since_us = now.mono_us};
    }
    row->limit = more->limit;
    row->last_us = now.mono_us;
    add_counts(row, more);
    atomic_store_explicit(&l->busy, false, memory_order_release);
}

/* Into what has been gathered: to its like, to a free place, or to that of the one that is longest over. */
static unsigned gather(const struct limited_row *row, struct limited_row *rows, unsigned have, unsigned max)
{
    unsigned oldest = 0;

    for (unsigned i = 0; i < have; i++) {
        if (is_same(&rows[i], row)) {
            add_counts(&rows[i], row);
            rows[i].since_us = row->since_us < rows[i].since_us ? row->since_us : rows[i].since_us;
            rows[i].last_us = row->last_us > rows[i].last_us ? row->last_us : rows[i].last_us;
            return have;
        }
        oldest = rows[i].last_us < rows[oldest].last_us ? i : oldest;
    }
    if (have < max) {
        rows[have++] = *row;
    } else if (rows[oldest].last_us < row->last_us) {
        rows[oldest] = *row;
    }
    return have;
}

unsigned limited_read(struct limited *l, const struct addr *client, int kind, struct limited_row *rows, unsigned have,
                      unsigned max, struct now now)
{
    while (atomic_exchange_explicit(&l->busy, true, memory_order_acquire)) {
        sched_yield();
    }
    for (unsigned i = 0; i < LIMITED_ROWS; i++) {
        const struct limited_row *row = &l->row[i];
        if (row->network.addr.family != ADDR_NONE && since(row->last_us, now) <= LIMITED_KEPT_S * US_PER_S &&
            (client == NULL || addr_in(client, &row->network)) && (kind < 0 || row->kind == kind)) {
            have = gather(row, rows, have, max);
        }
    }
    atomic_store_explicit(&l->busy, false, memory_order_release);
    return have;
}
