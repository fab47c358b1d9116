/*
 * zones.c - random zones, their servers and records
 *
 * A zone's servers have names in the zone itself, with glue, or in zones made before it: so every zone can be reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "birth.h"
#include "draft.h"

#define DETOURS_MAX 2 /* well within L5 and L7 */

static void note_name(struct draft *d, const char *name)
{
    if (d->names < DRAFT_NAMES_MAX && strlen(name) < DRAFT_NAME_MAX) {
        strcpy(d->name[d->names++], name);
    }
}

static unsigned new_host(struct draft *d)
{
    if (d->hosts == DRAFT_HOSTS_MAX || (d->hosts > 2 && chance(d, 20))) {
        return 2 + draw(d, d->hosts - 2); /* the root's are its own */
    }
    unsigned n = d->hosts++;
    if (chance(d, 85)) {
        snprintf(d->host[n], sizeof d->host[n], "192.0.2.%u", n + 1);
    } else {
        snprintf(d->host[n], sizeof d->host[n], "2001:db8::%x", n + 1);
    }
    return n;
}

static const char *address_type(const char *host)
{
    return strchr(host, ':') != NULL ? "AAAA" : "A";
}

static const char *ttl(struct draft *d)
{
    return pick_word(d, "0 1 5 60 300 300 3600 3600 86400 604800");
}

static bool serves(const struct draft_zone *z, unsigned host)
{
    for (unsigned i = 0; i < z->hosts; i++) {
        if (z->host[i] == host) {
            return true;
        }
    }
    return false;
}

static void add_server(struct draft_zone *z, unsigned host, const char *ns)
{
    if (z->hosts < 4 && !serves(z, host)) {
        z->host[z->hosts] = host;
        strcpy(z->ns[z->hosts++], ns);
    }
}

/* A server whose name lies in a zone made before: one that it has already, or a new one. */
static void server_elsewhere(struct draft *d, struct draft_zone *z, unsigned number)
{
    struct draft_zone *other = &d->zone[1 + draw(d, d->zones - 1)];
    char ns[2 * DRAFT_NAME_MAX];
    unsigned host;

    if (other == z || other->detours >= DETOURS_MAX) {
        return;
    }
    if (chance(d, 50)) {
        unsigned k = draw(d, other->hosts);
        host = other->host[k];
        snprintf(ns, sizeof ns, "%s", other->ns[k]);
    } else {
        host = new_host(d);
        snprintf(ns, sizeof ns, "ns-%u-%u.%s", d->zones, number, other->name);
        if (strlen(ns) >= DRAFT_NAME_MAX) {
            return;
        }
        say(&other->records, "  %s %s %s %s\n", ns, ttl(d), address_type(d->host[host]), d->host[host]);
    }
    add_server(z, host, ns);
    if (z->detours <= other->detours) {
        z->detours = other->detours + 1;
    }
}

static void add_servers(struct draft *d, struct draft_zone *z)
{
    unsigned count = 1 + draw(d, 3);
    char ns[2 * DRAFT_NAME_MAX];

    for (unsigned i = 0; i < count; i++) {
        if (d->zones > 2 && chance(d, 30)) {
            server_elsewhere(d, z, i);
        }
        if (z->hosts == i) {
            snprintf(ns, sizeof ns, "ns%u.%s", i, z->name);
            add_server(z, new_host(d), ns);
        }
    }
}

/* The cut, in the parent: NS, and addresses of servers below it; a DS when both are signed. */
static void delegate(struct draft *d, struct draft_zone *z)
{
    char *nowhere = NULL;
    struct draft_zone *p = &d->zone[z->parent];
    char **above = z->is_private ? &nowhere : &p->records;
    const char *seconds = pick_word(d, "60 300 3600 86400");
    size_t n = strlen(z->name);

    for (unsigned i = 0; i < z->hosts; i++) {
        const char *ns = z->ns[i], *host = d->host[z->host[i]];
        size_t len = strlen(ns);
        say(above, "  %s %s NS %s\n", z->name, seconds, ns);
        say(&z->records, "  %s %s NS %s\n", z->name, seconds, ns);
        if (len > n && strcmp(ns + len - n, z->name) == 0 && ns[len - n - 1] == '.') {
            say(above, "  %s %s %s %s\n", ns, seconds, address_type(host), host);
            say(&z->records, "  %s %s %s %s\n", ns, seconds, address_type(host), host);
            note_name(d, ns);
        }
    }
    if (z->is_signed && p->is_signed && chance(d, 90)) {
        say(above, "  ds %s\n", z->name);
    }
    free(nowhere);
}

/* Its servers are told by the configuration: those of a private zone, or another way to one that is delegated, too. */
static void configure(struct draft *d, struct draft_zone *z)
{
    if (z->is_private && d->dnssec) {
        say(&d->configured, "nta %s\n", z->name);
    }
    if (z->is_private || chance(d, 7)) {
        say(&d->configured, "stub %s", z->name);
        for (unsigned i = 0; i < z->hosts; i++) {
            say(&d->configured, " %s", d->host[z->host[i]]);
        }
        say(&d->configured, "\n");
    } else if (chance(d, 8)) {
        z->forwarded = true;
        z->forwarder = new_host(d);
        say(&d->configured, "forward %s %s%s\n", z->name, d->host[z->forwarder], chance(d, 30) ? " first" : "");
    }
}

static void add_zone(struct draft *d)
{
    struct draft_zone *z = &d->zone[d->zones];
    unsigned parent = d->zones < 3 ? 0 : draw(d, d->zones);
    struct draft_zone *p = &d->zone[parent];
    char name[2 * DRAFT_NAME_MAX];
    unsigned depth = 0;

    for (const char *c = p->name; *c != '\0'; c++) {
        depth += *c == '.';
    }
    if (depth > 5) {
        p = &d->zone[parent = 0];
    }
    bool is_private = chance(d, 6);
    snprintf(name, sizeof name, "%s%s%u.%s", chance(d, 8) ? "deep." : "",
             is_private ? "corp" : pick_word(d, "z co org net x"), d->zones, parent == 0 ? "" : p->name);
    if (strlen(name) >= DRAFT_NAME_MAX / 2) {
        return;
    }
    strcpy(z->name, name);
    z->parent = (int)parent;
    z->is_private = is_private;
    z->detours = p->detours;
    z->is_signed = d->dnssec && chance(d, p->is_signed ? 75 : 10);
    z->nsec3 = chance(d, 40);
    z->opt_out = z->nsec3 && chance(d, 25);
    d->zones++;
    add_servers(d, z);
    delegate(d, z);
    configure(d, z);
    note_name(d, z->name);
}

/* One name of the zone. */
static void add_data(struct draft *d, struct draft_zone *z, unsigned number)
{
    static const char *const labels[] = {"www", "mail", "a", "b.c", "x.y.w", "*", "*.w", "api", "*.x.y"};
    const char *label = labels[draw(d, sizeof labels / sizeof labels[0])];
    char owner[2 * DRAFT_NAME_MAX], below[3 * DRAFT_NAME_MAX];

    snprintf(owner, sizeof owner, "%s%s%s", label, strcmp(z->name, ".") == 0 ? "" : ".", z->name);
    if (strcmp(z->name, ".") == 0) {
        snprintf(owner, sizeof owner, "%s.", label);
    }
    if (strlen(owner) >= DRAFT_NAME_MAX) {
        return;
    }
    snprintf(below, sizeof below, "%s.%s", pick_word(d, "q no deep.er"), owner[0] == '*' ? owner + 2 : owner);
    note_name(d, owner);
    note_name(d, below);
    const char *seconds = ttl(d);
    if (z->is_signed || chance(d, 50)) {
        say(&z->records, "  %s %s A 198.51.100.%u\n", owner, seconds, number + 1);
    } else {
        say(&z->records, "  %s %s A %u.0.0.0\n", owner, seconds, BIRTH_NET_FIRST + number);
    }
    if (chance(d, 30)) {
        say(&z->records, "  %s %s AAAA 2001:db8:1::%u\n", owner, seconds, number + 1);
    }
    if (chance(d, 20)) {
        say(&z->records, "  %s %s TXT \"text %u\"\n", owner, ttl(d), number);
    }
    if (chance(d, 10)) {
        say(&z->records, "  %s %s MX 10 %s\n", owner, ttl(d), any_name(d));
    }
    if (chance(d, 4)) {
        say(&z->records, "  repeat 60 %s 300 TXT \"a longer text, number %%\"\n", owner);
    }
}

static void add_aliases(struct draft *d, struct draft_zone *z)
{
    char owner[2 * DRAFT_NAME_MAX];

    for (unsigned i = 0; i < 3 && strcmp(z->name, ".") != 0; i++) {
        if (!chance(d, 40)) {
            continue;
        }
        snprintf(owner, sizeof owner, "al%u.%s", i, z->name);
        say(&z->records, "  %s %s CNAME %s\n", owner, ttl(d), any_name(d));
        note_name(d, owner);
    }
    if (strcmp(z->name, ".") != 0 && chance(d, 20)) {
        snprintf(owner, sizeof owner, "dn.%s", z->name);
        say(&z->records, "  %s %s DNAME %s\n", owner, ttl(d), d->zone[draw(d, d->zones)].name);
        note_name(d, owner);
        snprintf(owner, sizeof owner, "%s.dn.%s", pick_word(d, "www a mail ns0 no"), z->name);
        note_name(d, owner);
    }
}

/* Its own servers, and the resolvers to which it or a zone above is forwarded. */
static void print_servers(struct draft *d, const struct draft_zone *z)
{
    for (unsigned i = 0; i < z->hosts; i++) {
        say(&d->text, "%s%s", i > 0 ? "," : "", d->host[z->host[i]]);
    }
    for (const struct draft_zone *above = z;; above = &d->zone[above->parent]) {
        if (above->forwarded && !serves(z, above->forwarder)) {
            say(&d->text, ",%s", d->host[above->forwarder]);
        }
        if (above->parent < 0) {
            return;
        }
    }
}

static void print_zone(struct draft *d, const struct draft_zone *z)
{
    say(&d->text, "server ");
    print_servers(d, z);
    say(&d->text, "  zone %s%s%s%s\n", z->name, z->is_signed ? " signed" : "", z->is_signed && z->nsec3 ? " nsec3" : "",
        z->is_signed && z->opt_out ? " opt-out" : "");
    say(&d->text, "  %s 3600 SOA ns.%s host.invalid. 1 3600 600 86400 %s\n", z->name,
        strcmp(z->name, ".") == 0 ? "invalid." : z->name, pick_word(d, "0 5 60 300 3600"));
    if (z->records != NULL) {
        append(&d->text, z->records);
    }
}

void draft_zones(struct draft *d)
{
    struct draft_zone *root = &d->zone[0];
    unsigned wanted = 3 + draw(d, DRAFT_ZONES_MAX - 3);

    d->dnssec = chance(d, 55);
    strcpy(root->name, ".");
    root->parent = -1;
    root->is_signed = d->dnssec;
    root->nsec3 = chance(d, 20);
    d->zones = 1;
    for (unsigned i = 0; i < 2; i++) {
        char ns[32];
        d->hosts++;
        snprintf(d->host[i], sizeof d->host[i], "192.0.2.%u", i + 1);
        snprintf(ns, sizeof ns, "root%u.hints.", i + 1);
        add_server(root, i, ns);
        say(&root->records, "  . 86400 NS %s\n", ns);
        say(&root->records, "  %s 86400 A %s\n", ns, d->host[i]);
    }
    note_name(d, ".");
    note_name(d, "no.");
    note_name(d, "no.such.tld.");
    for (unsigned i = 1; i < wanted; i++) {
        add_zone(d);
    }
    for (unsigned i = 1; i < d->zones; i++) {
        unsigned names = 1 + draw(d, 5);
        for (unsigned k = 0; k < names; k++) {
            add_data(d, &d->zone[i], k);
        }
    }
    for (unsigned i = 1; i < d->zones; i++) {
        add_aliases(d, &d->zone[i]);
    }
    for (unsigned i = 0; i < d->zones; i++) {
        print_zone(d, &d->zone[i]);
    }
}
