/*
 * draft.h - a world while it is made: zones, servers, names; and the text that it becomes
 *
 * Memory: struct draft is big and lives where its maker puts it; text grows by realloc.
 */
#ifndef RAIZ_SIM_DRAFT_H
#define RAIZ_SIM_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/rng.h"

#define DRAFT_ZONES_MAX 24
#define DRAFT_HOSTS_MAX 64
#define DRAFT_NAMES_MAX 600
#define DRAFT_NAME_MAX  160
#define DRAFT_EVIL      "203.0.113.66" /* a server of the attacker's, where poison leads */
#define DRAFT_FORGED    "203.0.113.99" /* an address that nobody has */

struct draft_zone {
    int parent;
    char name[DRAFT_NAME_MAX]; /* with the dot at its end */
    bool is_signed, nsec3, opt_out;
    bool is_private;            /* no zone delegates it: only the configuration knows its servers */
    bool forwarded;             /* a resolver is asked for it and all below */
    unsigned forwarder;         /* that resolver, when forwarded */
    unsigned detours;           /* names of servers in other zones, one within the other, on the way here */
    unsigned host[4], hosts;    /* servers */
    char ns[4][DRAFT_NAME_MAX]; /* their names */
    char *records;              /* lines; malloc'ed */
};

struct draft {
    struct rng *rng;
    struct draft_zone zone[DRAFT_ZONES_MAX];
    unsigned zones;
    char host[DRAFT_HOSTS_MAX][40]; /* addresses */
    unsigned hosts;
    char *configured;                           /* lines: stub and forward zones, negative trust anchors; malloc'ed */
    char name[DRAFT_NAMES_MAX][DRAFT_NAME_MAX]; /* owners of records, and some names that are not there */
    unsigned names;
    bool dnssec;
    char *text;
    unsigned serial;
};

unsigned draw(struct draft *d, unsigned n); /* 0 .. n-1 */
bool chance(struct draft *d, unsigned percent);
const char *any_name(struct draft *d);                     /* of those that were noted */
const char *pick_word(struct draft *d, const char *words); /* one of words divided by blanks, in one static buffer */
void append(char **text, const char *line);
void say(char **text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Zones, servers, records: draws from the world's own randomness. */
void draft_zones(struct draft *d);
/* Servers that fail, servers that lie. */
void draft_troubles(struct draft *d);
/* What clients ask. */
void draft_questions(struct draft *d);

#endif
