/*
 * eviction_bench.c - which entries should go when the cache is full: raiz's table beside other policies
 *
 *     eviction_bench [QUESTIONS [NAMES [raiz]]]      default 6000000 questions for some of 4000000 names; raiz: only it
 *
 * Questions follow Zipf's law; then with entries that end, with names in between that nobody asks for twice, with scans
 * (a row of new names, each asked for once), and with a popularity that changes. Memory for 1, 5 and 20 per cent of the
 * names that the questions name is given to each policy, and the hits of the last three quarters of the questions are
 * counted.
 *
 * raiz is its own table (cache/table.h) with entries of 64 bytes in as much memory as so many entries and their index
 * take: what it keeps free for readers is at its expense. The others are models (eviction_model.c): they have a place
 * for each and spend nothing on lists. docs/design/003-cache-memory.md quotes the output.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/urcu-qsbr.h>

#include "cache/cache.h"
#include "cache/table.h"
#include "tests/bench/eviction_model.h"

#define ENTRY_BYTES 64
#define INDEX_BYTES 12 /* of a line of 64 bytes for each 5.5 entries */
#define SEGMENTS    1024

struct workload {
    const char *what;
    double exponent;
    unsigned strangers; /* among 100 questions */
    unsigned scan;      /* so many new names in a row, once for each million questions */
    unsigned change;    /* every so many questions a fortieth of the names gets another rank; 0: never */
    uint32_t ttl, ttl_to;
};

struct trace {
    uint32_t count, names, working_set;
    uint32_t *name, *next;
    uint32_t *ttl; /* by name */
};

static uint64_t draw(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);
    if (p == NULL) {
        abort();
    }
    return p;
}

static uint32_t draw_rank(const double *sums, uint32_t names, uint64_t *random)
{
    double u = (double)(draw(random) >> 11) / 9007199254740992.0;
    uint32_t low = 0, high = names - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sums[middle] < u) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static double *zipf(uint32_t names, double exponent)
{
    double *sums = room(names, sizeof *sums), sum = 0;
    for (uint32_t k = 0; k < names; k++) {
        sums[k] = sum += pow(k + 1, -exponent);
    }
    for (uint32_t k = 0; k < names; k++) {
        sums[k] /= sum;
    }
    return sums;
}

static void look_ahead(struct trace *t, uint32_t known)
{
    uint32_t *seen = room(t->names, sizeof *seen);
    memset(seen, 0xff, t->names * sizeof *seen);
    t->working_set = 0;
    for (uint32_t i = t->count; i-- > 0;) {
        t->working_set += t->name[i] < known && seen[t->name[i]] == NEVER;
        t->next[i] = seen[t->name[i]];
        seen[t->name[i]] = i;
    }
    free(seen);
}

/* Names from `known` on are strangers. */
static void make_trace(struct trace *t, const struct workload *w, uint32_t questions, uint32_t known)
{
    uint64_t random = 88172645463325252u;
    double *sums = zipf(known, w->exponent);
    uint32_t moved = 0, stranger = known, scanning = 0;
    *t = (struct trace){.count = questions, .names = known + questions};
    t->name = room(questions, sizeof *t->name);
    t->next = room(questions, sizeof *t->next);
    t->ttl = room(t->names, sizeof *t->ttl);
    for (uint32_t i = 0; i < questions; i++) {
        moved += w->change != 0 && i % w->change == 0 ? known / 40 : 0;
        scanning = i % 1000000 == 0 ? w->scan : scanning;
        if (scanning > 0 || draw(&random) % 100 < w->strangers) {
            scanning -= scanning > 0;
            t->name[i] = stranger++;
        } else {
            t->name[i] = (draw_rank(sums, known, &random) + moved) % known;
        }
    }
    for (uint32_t i = 0; i < t->names; i++) {
        t->ttl[i] = w->ttl + (uint32_t)((uint64_t)(i * 2654435761u % 1000) * (w->ttl_to - w->ttl) / 1000);
    }
    look_ahead(t, known);
    free(sums);
}

static double share(uint32_t hits, const struct trace *t)
{
    return 100.0 * hits / (double)(t->count - t->count / 4);
}

static double run_model(enum model_kind kind, const struct trace *t, uint32_t places)
{
    struct model *m = model_new(kind, t->names, places);
    uint32_t hits = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        hits += model_ask(m, t->name[i], i, t->ttl[t->name[i]], t->next[i]) && i >= t->count / 4;
    }
    model_free(m);
    return share(hits, t);
}

/* ---- raiz's own table ---- */

struct thing {
    struct entry head;
    uint32_t name;
    uint8_t rest[ENTRY_BYTES - sizeof(struct entry) - 4];
};

static bool is_thing(const struct entry *e, const void *key)
{
    return ((const struct thing *)(const void *)e)->name == *(const uint32_t *)key;
}

/* A key of the process in place of SipHash: spread well, and the same in each run. */
static uint64_t hash_of(uint32_t name)
{
    uint64_t h = (name + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return table_hash(h ^ h >> 32, 0);
}

/* The only thread looks at nothing when it puts. */
void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*done)(struct rcu_head *head));
void __wrap_urcu_qsbr_call_rcu(struct rcu_head *head, void (*done)(struct rcu_head *head))
{
    done(head);
}

static void put(struct table *t, uint32_t name, uint32_t now, uint32_t ttl)
{
    struct table_write w;
    table_begin(&w, t, hash_of(name), now, is_thing, &name);
    struct entry *e = table_reserve(&w, sizeof(struct thing));
    if (e != NULL) {
        e->kind = 0;
        atomic_store_explicit(&e->expires, now + ttl, memory_order_relaxed);
        ((struct thing *)(void *)e)->name = name;
    }
    if (e == NULL || !table_commit(&w)) {
        abort();
    }
    table_end(&w);
}

static bool ask(struct table *t, uint32_t name, uint32_t now, uint32_t ttl)
{
    struct entry *e = table_find(t, hash_of(name), is_thing, &name);
    if (e != NULL) {
        entry_touch(e);
        if (entry_left(e, now) > 0) {
            return true;
        }
    }
    put(t, name, now, ttl);
    return false;
}

static double run_table(const struct trace *trace, uint32_t places)
{
    size_t bytes = (size_t)places * (ENTRY_BYTES + INDEX_BYTES), segment = 2048;
    while (segment * 2 * SEGMENTS <= bytes && segment < 65536) {
        segment *= 2;
    }
    struct table *t = table_new(bytes, segment);
    uint32_t hits = 0;
    if (t == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < trace->count; i++) {
        hits += ask(t, trace->name[i], i, trace->ttl[trace->name[i]]) && i >= trace->count / 4;
    }
    table_free(t);
    return share(hits, trace);
}

/* ---- */

static const uint32_t always = UINT32_C(1) << 28;

int main(int argc, char **argv)
{
    const struct workload workloads[] = {
        {"Zipf 1.05", 1.05, 0, 0, 0, always, always},
        {"Zipf 0.9", 0.9, 0, 0, 0, always, always},
        {"and entries end", 0.9, 0, 0, 0, 100000, 4000000},
        {"Zipf 0.9, half are never asked for again", 0.9, 50, 0, 0, always, always},
        {"Zipf 0.9, and scans", 0.9, 0, 400000, 0, always, always},
        {"Zipf 0.9, popularity changes", 0.9, 0, 0, 500000, always, always},
        {"and entries end", 0.9, 0, 0, 500000, 100000, 4000000},
    };
    static const unsigned percent[] = {1, 5, 20};
    static const char *const head[] = {"LRU", "2nd chance", "SIEVE", "S3-FIFO", "optimum", "raiz"};
    uint32_t questions = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 6000000;
    bool alone = argc > 3 && strcmp(argv[3], "raiz") == 0;
    uint32_t names = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 4000000;
    cache_thread_begin();
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        struct trace t;
        make_trace(&t, &workloads[i], questions, names);
        printf("%s: %u names\n  places  ", workloads[i].what, t.working_set);
        for (size_t k = alone ? BELADY + 1 : LRU; k < sizeof head / sizeof head[0]; k++) {
            printf("%12s", head[k]);
        }
        printf("\n");
        for (size_t p = 0; p < sizeof percent / sizeof percent[0]; p++) {
            uint32_t places = (uint32_t)((uint64_t)t.working_set * percent[p] / 100);
            printf("  %4u %%  ", percent[p]);
            for (int k = LRU; k <= BELADY && !alone; k++) {
                printf("%12.2f", run_model((enum model_kind)k, &t, places));
                fflush(stdout);
            }
            printf("%12.2f\n", run_table(&t, places));
            fflush(stdout);
        }
        free(t.name);
        free(t.next);
        free(t.ttl);
    }
    cache_thread_end();
    return 0;
}
