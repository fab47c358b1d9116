/*
 * quota.c - how many TCP clients, in all and from one place
 */
#include "resolver/io/quota.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct place *next; /* in its bucket, or in the list of spare ones */
    struct addr addr;
    unsigned used;
};

struct quota {
    uint8_t key[SIPHASH_KEY_SIZE];
    unsigned total, per_address;
    _Atomic unsigned used;
    pthread_mutex_t lock; /* guards what follows */
    struct place *spare;
    size_t begun; /* places that were ever in use: those behind have not been touched */
    struct place **bucket;
    size_t buckets; /* a power of two */
    struct place place[];
};

struct quota *quota_new(unsigned total, unsigned per_address, const uint8_t key[static SIPHASH_KEY_SIZE])
{
    struct quota *q = calloc(1, sizeof *q + total * sizeof q->place[0]);
    if (q == NULL) {
        return NULL;
    }
    for (q->buckets = 16; q->buckets < total; q->buckets *= 2) {
    }
    q->bucket = calloc(q->buckets, sizeof(struct place *));
    if (q->bucket == NULL) {
        free(q);
        return NULL;
    }
    memcpy(q->key, key, sizeof q->key);
    q->total = total;
    q->per_address = per_address;
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void quota_free(struct quota *q)
{
    if (q != NULL) {
        pthread_mutex_destroy(&q->lock);
        free(q->bucket);
        free(q);
    }
}

static struct addr place_of(const struct addr *client)
{
    struct addr a = *client;
    a.port = 0;
    a.scope = 0;
    if (a.family == ADDR_IP6) {
        memset(a.ip + 8, 0, 8);
    }
    return a;
}

static struct place **find(struct quota *q, const struct addr *a)
{
    struct place **p = &q->bucket[addr_hash(q->key, a) & (q->buckets - 1)];
    while (*p != NULL && !addr_equal(&(*p)->addr, a)) {
        p = &(*p)->next;
    }
    return p;
}

/* There are as many places as clients at most. */
static struct place *take(struct quota *q)
{
    struct place *p = q->spare;
    if (p == NULL) {
        return &q->place[q->begun++];
    }
    q->spare = p->next;
    return p;
}

enum quota_result quota_enter(struct quota *q, const struct addr *client)
{
    struct addr a = place_of(client);
    enum quota_result result = QUOTA_OK;

    pthread_mutex_lock(&q->lock);
    struct place **at = find(q, &a);
    struct place *p = *at;
    if (p != NULL && p->used >= q->per_address) {
        result = QUOTA_ADDRESS_FULL;
    } else if (q->used >= q->total) {
        result = QUOTA_FULL;
    } else {
        if (p == NULL) {
            p = take(q);
            *p = (struct place){.addr = a};
            *at = p;
        }
        p->used++;
        q->used++;
    }
    pthread_mutex_unlock(&q->lock);
    return result;
}

void quota_leave(struct quota *q, const struct addr *client)
{
    struct addr a = place_of(client);

    pthread_mutex_lock(&q->lock);
    struct place **at = find(q, &a);
    struct place *p = *at;
    assert(p != NULL);
    q->used--;
    if (--p->used == 0) {
        *at = p->next;
        p->next = q->spare;
        q->spare = p;
    }
    pthread_mutex_unlock(&q->lock);
}

unsigned quota_used(const struct quota *q)
{
    return atomic_load_explicit(&q->used, memory_order_relaxed);
}

unsigned quota_total(const struct quota *q)
{
    return q->total;
}
