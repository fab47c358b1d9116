/*
 * world.c - a random Internet, its troubles and its clients, written as a scenario
 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"

unsigned draw(struct draft *d, unsigned n)
{
    return rng_below(d->rng, n);
}

bool chance(struct draft *d, unsigned percent)
{
    return draw(d, 100) < percent;
}

const char *any_name(struct draft *d)
{
    return d->name[draw(d, d->names)];
}

const char *pick_word(struct draft *d, const char *words)
{
    static char word[8][64]; /* several in one printf */
    char *out = word[d->serial++ % 8];
    unsigned count = 1;

    for (const char *p = words; *p != '\0'; p++) {
        count += *p == ' ';
    }
    const char *at = words;
    for (unsigned skip = draw(d, count); skip > 0; skip--) {
        at = strchr(at, ' ') + 1;
    }
    snprintf(out, sizeof word[0], "%.*s", (int)strcspn(at, " "), at);
    return out;
}

void append(char **text, const char *line)
{
    size_t len = *text == NULL ? 0 : strlen(*text), more = strlen(line);
    char *longer = realloc(*text, len + more + 1);

    if (longer == NULL) {
        fprintf(stderr, "making a world: no room\n");
        exit(2);
    }
    memcpy(longer + len, line, more + 1);
    *text = longer;
}

void say(char **text, const char *fmt, ...)
{
    char line[1024];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof line) {
        fprintf(stderr, "making a world: a line too long\n");
        exit(2);
    }
    append(text, line);
}

static void settings(struct draft *d, uint64_t seed)
{
    say(&d->text, "# sim %llu\n", (unsigned long long)seed);
    say(&d->text, "clock 2026-01-01T00:00:00Z\n");
    say(&d->text, "set seed %llu\n", (unsigned long long)seed);
    say(&d->text, "set minimise %s\n", pick_word(d, "relaxed relaxed relaxed strict off"));
    say(&d->text, "set case %s\n", pick_word(d, "on on on off"));
    say(&d->text, "set aggressive %s\n", pick_word(d, "on on off"));
    say(&d->text, "set prime %s\n", pick_word(d, "off off on"));
    say(&d->text, "set rtt %s\n", pick_word(d, "10ms 1ms 40ms 120ms"));
    say(&d->text, "set cache-size %s\n", pick_word(d, "1048576 2097152"));
    if (chance(d, 20)) {
        say(&d->text, "set max-ttl %s\n", pick_word(d, "60 600 86400"));
    }
    if (chance(d, 10)) {
        say(&d->text, "set edns-size %s\n", pick_word(d, "512 4096"));
    }
    if (chance(d, 35)) {
        say(&d->text, "set prefetch on\n");
    }
    if (chance(d, 35)) {
        say(&d->text, "set stale %s\n", pick_word(d, "60s 10m 1h 24h"));
        say(&d->text, "set stale-client-timer %s\n", pick_word(d, "0ms 300ms 1800ms 1800ms"));
    }
    if (d->dnssec && chance(d, 80)) {
        say(&d->text, "anchor .\n");
    }
    if (d->configured != NULL) {
        append(&d->text, d->configured);
    }
}

/* Zones of one world, then settings, troubles and questions, each drawn from where it says. */
static char *make(uint64_t world, uint64_t seed, struct rng *troubles, struct rng *questions)
{
    struct draft *d = calloc(1, sizeof *d);
    struct rng_seeded of_world;

    if (d == NULL) {
        exit(2);
    }
    rng_seeded_init(&of_world, world * 2);
    d->rng = &of_world.rng;
    draft_zones(d);
    char *zones = d->text;
    d->text = NULL;
    d->rng = troubles;
    settings(d, seed);
    append(&d->text, zones);
    free(zones);
    draft_troubles(d);
    d->rng = questions;
    draft_questions(d);
    char *text = d->text;
    for (unsigned i = 0; i < d->zones; i++) {
        free(d->zone[i].records);
    }
    free(d->configured);
    free(d);
    return text;
}

char *world_text(uint64_t seed)
{
    struct rng_seeded rng;

    rng_seeded_init(&rng, seed * 2 + 1);
    return make(seed / WORLD_SEEDS, seed, &rng.rng, &rng.rng);
}

/* Octets as randomness; when they are used up, it goes on from a seed. */
struct rng_octets {
    struct rng rng;
    const uint8_t *data;
    size_t left;
    struct rng_seeded rest;
};

static void take_octets(struct rng *rng, uint8_t *out, size_t n)
{
    struct rng_octets *r = (struct rng_octets *)(void *)rng;
    size_t own = n < r->left ? n : r->left;

    memcpy(out, r->data, own);
    r->data += own;
    r->left -= own;
    r->rest.rng.fill(&r->rest.rng, out + own, n - own);
}

char *world_of_octets(const uint8_t *data, size_t n)
{
    uint64_t world = n > 0 ? data[0] : 0;
    size_t half = n / 2;
    struct rng_octets troubles = {.rng = {take_octets}, .data = data, .left = half};
    struct rng_octets questions = {.rng = {take_octets}, .data = data + half, .left = n - half};

    rng_seeded_init(&troubles.rest, 1);
    rng_seeded_init(&questions.rest, 2);
    return make(world, 1, &troubles.rng, &questions.rng);
}
