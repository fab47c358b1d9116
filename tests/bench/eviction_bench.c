/*
 * eviction_bench.c - which entries should go when the cache is full: a simulation
 *
 * A hundred thousand places of equal size; two million names whose popularity follows Zipf's law, with TTLs, with names
 * that nobody asks for twice in between, and with a popularity that changes. Counted are the hits of the last three
 * quarters of the questions. docs/design/003-cache-memory.md quotes its output.
 *
 *   second chance   one queue; the oldest goes, unless it was asked for: then it begins anew as the newest
 *   SIEVE           one queue with a hand; what was asked for stays where it is, and the hand goes on to the newer ones
 *   generations     young and old; the oldest young one goes, or becomes old if it was asked for; the old ones have at
 * most a share of the places, and among them it is second chance
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES     2000000
#define PLACES    100000
#define QUESTIONS 6000000
#define NOBODY    NAMES /* a name that is not asked for again */
#define SHIFT     50000 /* ranks by which popularity moves on */

struct place {
    int32_t newer, older;
    uint32_t name;
    uint64_t ends;
    bool visited;
};

struct queue {
    int32_t newest, oldest;
    unsigned count;
};

struct workload {
    const char *what;
    double exponent;
    unsigned strangers;   /* for each question */
    unsigned change;      /* every so many questions; 0: never */
    uint64_t ttl, ttl_to; /* in questions */
};

struct policy {
    const char *what;
    enum { SECOND_CHANCE, SIEVE, GENERATIONS } kind;
    double share;
};

struct simulation {
    struct policy policy;
    struct queue young, old;
    int32_t free, hand;
    uint64_t now, random;
    double *sums;
    int32_t *at; /* place of each name, -1: none */
    struct place place[PLACES];
};

static uint64_t draw(struct simulation *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    return s->random ^= s->random << 17;
}

static uint32_t draw_name(struct simulation *s)
{
    double u = (double)(draw(s) >> 11) / 9007199254740992.0;
    uint32_t low = 0, high = NAMES - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (s->sums[middle] < u) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void add(struct simulation *s, struct queue *q, int32_t i)
{
    s->place[i].newer = -1;
    s->place[i].older = q->newest;
    *(q->newest >= 0 ? &s->place[q->newest].newer : &q->oldest) = i;
    q->newest = i;
    q->count++;
}

static void take(struct simulation *s, struct queue *q, int32_t i)
{
    struct place *p = &s->place[i];
    *(p->newer >= 0 ? &s->place[p->newer].older : &q->newest) = p->older;
    *(p->older >= 0 ? &s->place[p->older].newer : &q->oldest) = p->newer;
    q->count--;
}

static void evict(struct simulation *s, int32_t i)
{
    if (s->place[i].name != NOBODY) {
        s->at[s->place[i].name] = -1;
    }
    s->place[i].newer = s->free;
    s->free = i;
}

/* Whether the place is worth keeping; its mark is taken off. */
static bool worth(struct simulation *s, int32_t i)
{
    bool worth = s->place[i].visited && s->place[i].ends > s->now;
    s->place[i].visited = false;
    return worth;
}

/* The oldest of `from` goes, or to the newest end of `to`. */
static void pass(struct simulation *s, struct queue *from, struct queue *to)
{
    int32_t i = from->oldest;
    take(s, from, i);
    if (worth(s, i)) {
        add(s, to, i);
    } else {
        evict(s, i);
    }
}

static void sieve(struct simulation *s)
{
    int32_t i = s->hand >= 0 ? s->hand : s->young.oldest;
    while (worth(s, i)) {
        i = s->place[i].newer >= 0 ? s->place[i].newer : s->young.oldest;
    }
    s->hand = s->place[i].newer;
    take(s, &s->young, i);
    evict(s, i);
}

static void generations(struct simulation *s)
{
    if (s->old.count > s->policy.share * PLACES) {
        pass(s, &s->old, &s->old);
        return;
    }
    pass(s, &s->young, &s->old);
    int32_t i = s->old.oldest; /* one look at an old one for each young one: has it ended? */
    if (i >= 0) {
        take(s, &s->old, i);
        if (s->place[i].ends > s->now) {
            add(s, &s->old, i);
        } else {
            evict(s, i);
        }
    }
}

static int32_t make_room(struct simulation *s)
{
    while (s->free < 0) {
        if (s->policy.kind == SIEVE) {
            sieve(s);
        } else if (s->policy.kind == SECOND_CHANCE) {
            pass(s, &s->young, &s->young);
        } else {
            generations(s);
        }
    }
    int32_t i = s->free;
    s->free = s->place[i].newer;
    return i;
}

static void store(struct simulation *s, uint32_t name, uint64_t ttl)
{
    int32_t i = make_room(s);
    s->place[i].name = name;
    s->place[i].ends = s->now + ttl;
    s->place[i].visited = false;
    add(s, &s->young, i);
    if (name != NOBODY) {
        s->at[name] = i;
    }
}

static bool ask(struct simulation *s, uint32_t name, uint64_t ttl)
{
    int32_t i = s->at[name];
    if (i < 0) {
        store(s, name, ttl);
        return false;
    }
    bool hit = s->place[i].ends > s->now;
    s->place[i].visited = true;
    s->place[i].ends = hit ? s->place[i].ends : s->now + ttl;
    return hit;
}

static double simulate(struct simulation *s, const struct policy *policy, const struct workload *w)
{
    s->policy = *policy;
    s->young = s->old = (struct queue){.newest = -1, .oldest = -1};
    s->hand = s->free = -1;
    s->now = 0;
    s->random = 88172645463325252u;
    for (int32_t i = 0; i < PLACES; i++) {
        s->place[i].newer = s->free;
        s->free = i;
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        s->at[i] = -1;
    }
    uint32_t moved = 0;
    uint64_t hits = 0;
    for (uint32_t i = 0; i < QUESTIONS; i++, s->now++) {
        moved += w->change != 0 && i % w->change == 0 ? SHIFT : 0;
        uint32_t name = (draw_name(s) + moved) % NAMES;
        uint64_t ttl = w->ttl + (uint64_t)(name * 2654435761u % 1000) * (w->ttl_to - w->ttl) / 1000;
        hits += ask(s, name, ttl) && i >= QUESTIONS / 4;
        for (unsigned k = 0; k < w->strangers; k++) {
            store(s, NOBODY, w->ttl_to);
        }
    }
    return 100.0 * (double)hits / (QUESTIONS - QUESTIONS / 4);
}

int main(void)
{
    static const uint64_t always = UINT64_C(1) << 40;
    const struct workload workloads[] = {
        {"popularity stays the same", 0.9, 0, 0, always, always},
        {"and entries end", 1.0, 0, 0, 100000, 2000000},
        {"and one stranger a question", 0.9, 1, 0, 50000, 1000000},
        {"five strangers a question", 0.9, 5, 0, always, always},
        {"popularity changes", 0.9, 0, 200000, always, always},
        {"and entries end", 0.9, 0, 200000, 50000, 3000000},
        {"and one stranger a question", 0.9, 1, 200000, always, always},
    };
    static const struct policy policies[] = {
        {"second chance", SECOND_CHANCE, 0},    {"SIEVE", SIEVE, 0},
        {"generations, 1/2", GENERATIONS, 0.5}, {"generations, 3/5", GENERATIONS, 0.6},
        {"generations, 4/5", GENERATIONS, 0.8},
    };
    struct simulation *s = calloc(1, sizeof *s);
    double *sums = calloc(NAMES, sizeof *sums);
    int32_t *at = calloc(NAMES, sizeof *at);
    if (s == NULL || sums == NULL || at == NULL) {
        return 1;
    }
    s->sums = sums;
    s->at = at;
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < NAMES; k++) {
            sums[k] = sum += pow(k + 1, -workloads[i].exponent);
        }
        for (uint32_t k = 0; k < NAMES; k++) {
            sums[k] /= sum;
        }
        printf("%s\n", workloads[i].what);
        for (size_t k = 0; k < sizeof policies / sizeof policies[0]; k++) {
            printf("  %-20s %6.2f %%\n", policies[k].what, simulate(s, &policies[k], &workloads[i]));
        }
    }
    free(at);
    free(sums);
    free(s);
    return 0;
}
