/*
 * listeners.c - the sockets that clients ask, of all workers, and how a reload changes them
 */
#include "resolver/listeners.h"

#include <stdio.h>
#include <stdlib.h>

#include "dns/text.h"
#include "resolver/io/sockaddr.h"

static bool in_use(const struct listeners *l, size_t slot)
{
    return l->table[slot].udp >= 0;
}

const struct listener *listeners_of(const struct listeners *l, unsigned worker)
{
    return &l->table[worker * l->slots];
}

/* The slot of an address; SIZE_MAX: it has none. */
static size_t find(const struct listeners *l, const struct addr *a)
{
    for (size_t i = 0; l != NULL && i < l->slots; i++) {
        if (in_use(l, i) && addr_equal(&l->table[i].addr, a)) {
            return i;
        }
    }
    return SIZE_MAX;
}

bool listeners_have(const struct listeners *l, const struct addr *a)
{
    return find(l, a) != SIZE_MAX;
}

static struct listeners *make(unsigned workers, size_t slots)
{
    struct listeners *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return NULL;
    }
    l->workers = workers;
    l->slots = slots;
    l->empty_us = calloc(slots, sizeof *l->empty_us);
    l->table = calloc(workers * slots, sizeof *l->table);
    if (l->empty_us == NULL || l->table == NULL) {
        free(l->empty_us);
        free(l->table);
        free(l);
        return NULL;
    }
    for (size_t i = 0; i < workers * slots; i++) {
        l->table[i] = (struct listener){.udp = -1, .tcp = -1};
    }
    return l;
}

/* What stays, in its slots. */
static void keep(struct listeners *next, const struct listeners *now, const struct settings *s, uint64_t mono_us)
{
    for (size_t i = 0; i < now->slots; i++) {
        next->empty_us[i] = in_use(now, i) ? mono_us : now->empty_us[i];
    }
    for (size_t k = 0; k < s->listen_count; k++) {
        size_t slot = find(now, &s->listen[k]);
        for (unsigned w = 0; slot != SIZE_MAX && w < now->workers; w++) {
            next->table[w * next->slots + slot] = now->table[w * now->slots + slot];
        }
    }
}

static bool is_free(const struct listeners *l, size_t slot, uint64_t mono_us)
{
    return !in_use(l, slot) && (l->empty_us[slot] == 0 || mono_us - l->empty_us[slot] > LISTENERS_REST_US);
}

static size_t free_slot(const struct listeners *l, uint64_t mono_us)
{
    for (size_t i = 0; i < l->slots; i++) {
        if (is_free(l, i, mono_us)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Enough for what is new, and no more than the workers have room for. */
static size_t slots_for(const struct listeners *now, const struct settings *s, uint64_t mono_us)
{
    size_t have = now != NULL ? now->slots : 0, unused = 0, wanted = 0;
    for (size_t i = 0; i < have; i++) {
        unused += is_free(now, i, mono_us);
    }
    for (size_t k = 0; k < s->listen_count; k++) {
        wanted += find(now, &s->listen[k]) == SIZE_MAX;
    }
    size_t slots = wanted > unused ? have + wanted - unused : have;
    return slots < LISTEN_SLOTS_MAX ? slots : LISTEN_SLOTS_MAX;
}

/* The same port on all addresses and on one of them: the kernel sees a conflict, although we hold both. */
static bool overlaps(const struct listeners *now, const struct addr *a)
{
    for (size_t i = 0; now != NULL && i < now->slots; i++) {
        const struct listener *l = &now->table[i];
        if (in_use(now, i) && l->addr.port == a->port && l->addr.family == a->family &&
            (l->wildcard || sockaddr_is_wildcard(a))) {
            return true;
        }
    }
    return false;
}

static bool open_new(struct listeners *next, const struct listeners *now, struct inherit *inherited,
                     const struct settings *s, uint64_t mono_us, char error[static 512])
{
    for (size_t k = 0; k < s->listen_count; k++) {
        const struct addr *a = &s->listen[k];
        if (find(next, a) != SIZE_MAX) {
            continue;
        }
        size_t slot = free_slot(next, mono_us);
        if (slot == SIZE_MAX) {
            snprintf(error, 512, "listen: the addresses have changed too often; try again in 30 seconds");
            return false;
        }
        struct listen_plan plan = {
            .workers = next->workers, .stride = next->slots, .inherited = inherited, .joins = overlaps(now, a)};
        if (!listen_open(a, &plan, &next->table[slot], error, 512)) {
            return false;
        }
    }
    return true;
}

struct listeners *listeners_next(const struct listeners *now, const struct settings *s, unsigned workers,
                                 uint64_t mono_us, char error[static 512])
{
    struct listeners *next = make(workers, slots_for(now, s, mono_us));
    if (next == NULL) {
        snprintf(error, 512, "out of memory");
        return NULL;
    }
    keep(next, now, s, mono_us);
    if (!open_new(next, now, NULL, s, mono_us, error)) {
        listeners_free(next, now);
        return NULL;
    }
    return next;
}

struct listeners *listeners_first(struct inherit *inherited, const struct settings *s, unsigned workers,
                                  char error[static 512])
{
    struct listeners *first = make(workers, s->listen_count);
    if (first == NULL) {
        snprintf(error, 512, "out of memory");
    } else if (!open_new(first, NULL, inherited, s, 0, error)) {
        listeners_free(first, NULL);
        first = NULL;
    }
    return first;
}

void listeners_free(struct listeners *l, const struct listeners *kept)
{
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < l->slots; i++) {
        if (!in_use(l, i) || find(kept, &l->table[i].addr) != SIZE_MAX) {
            continue;
        }
        for (unsigned w = 0; w < l->workers; w++) {
            listen_close(&l->table[w * l->slots + i]);
        }
    }
    free(l->empty_us);
    free(l->table);
    free(l);
}

size_t listeners_only(const struct listeners *a, const struct listeners *b, char *text, size_t cap)
{
    struct text out = text_of(text, cap);
    char where[ADDR_TEXT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < a->slots; i++) {
        if (in_use(a, i) && find(b, &a->table[i].addr) == SIZE_MAX) {
            addr_print(&a->table[i].addr, where);
            text_addf(&out, "%s%s", n++ > 0 ? ", " : "", where);
        }
    }
    return n;
}
