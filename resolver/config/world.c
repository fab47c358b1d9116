/*
 * world.c - the configuration, made ready for use
 */
#include "resolver/config/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "resolver/config/address_map.h"
#include "zones/hints.h"

/* What world_free() needs beside the world itself, which shows its settings as const. */
struct owned_world {
    struct world world; /* first: a pointer to it is a pointer to this */
    struct settings *settings;
    struct owned_world *base;   /* whose parts these are, but for the anchors; itself if it has them of its own */
    unsigned users;             /* of a base: worlds with its parts */
    struct dname_buf *negative; /* made by world_renew() */
};

static void add_error(struct config_errors *errors, const char *text)
{
    size_t have = errors->text != NULL ? strlen(errors->text) : 0, more = strlen(text);
    char *joined = realloc(errors->text, have + more + 2);
    errors->count++;
    if (joined != NULL) {
        memcpy(joined + have, text, more);
        memcpy(joined + have + more, "\n", 2);
        errors->text = joined;
    }
}

static void add_errors(struct config_errors *errors, struct config_errors *more)
{
    if (more->text != NULL && more->text[0] != '\0') {
        more->text[strlen(more->text) - 1] = '\0'; /* add_error ends the line itself */
    }
    add_error(errors, more->text != NULL ? more->text : "out of memory");
    errors->count += more->count - 1;
    config_errors_clear(more);
}

static struct delegation *pack(const struct delegation_builder *b, struct config_errors *errors)
{
    struct delegation *d = malloc(delegation_size(b));
    if (d == NULL) {
        add_error(errors, "out of memory");
    } else {
        delegation_fill(b, d);
    }
    return d;
}

static void build_hints(struct world *w, struct config_errors *errors)
{
    struct delegation_builder b;
    if (w->settings->root_hints == NULL) {
        hints_builtin(&b);
        w->root_hints = pack(&b, errors);
        return;
    }
    struct zonefile *zf = calloc(1, sizeof *zf);
    if (zf == NULL) {
        add_error(errors, "out of memory");
        return;
    }
    zf->path = w->settings->root_hints;
    zf->origin = dname_root();
    zf->default_ttl_s = 3600000; /* the file's own customary TTL; hints are primed away anyway (RFC 9609) */
    if (hints_load(zf, &b)) {
        w->root_hints = pack(&b, errors);
    } else {
        char line[600];
        for (size_t i = 0; i < zf->error_count && i < ZONEFILE_ERRORS_MAX; i++) {
            zonefile_error_print(&zf->errors[i], line, sizeof line);
            add_error(errors, line);
        }
        if (zf->error_count == 0) {
            add_error(errors, "root.hints: out of memory");
        }
    }
    free(zf);
}

/* A stub or forward zone as a delegation: its servers by address have no name, those by name no address yet. */
static struct delegation *zone_of(const struct settings_zone *z, enum delegation_kind kind,
                                  struct config_errors *errors)
{
    struct delegation_builder b;
    struct dname_buf host;
    bool fits = true;
    delegation_begin(&b, dname_of(&z->zone), kind, DNS_TTL_MAX);
    b.flags = z->first ? DELEGATION_FORWARD_FIRST : 0;
    for (size_t i = 0; i < z->server_count; i++) {
        fits &= delegation_add_addr(&b, -1, &z->servers[i]);
    }
    for (size_t i = 0; i < z->host_count; i++) {
        fits &= dname_scan(z->hosts[i], strlen(z->hosts[i]), NULL, &host) == DNS_OK &&
                delegation_add_ns(&b, dname_of(&host)) >= 0;
    }
    if (!fits) {
        char name[DNAME_TEXT_MAX], message[DNAME_TEXT_MAX + 100];
        dname_print(dname_of(&z->zone), name);
        snprintf(message, sizeof message, "%s: the zone %s has more servers than fit",
                 kind == DELEGATION_FORWARD ? "forward" : "stub", name);
        add_error(errors, message);
        return NULL;
    }
    return pack(&b, errors);
}

static void build_zones(struct world *w, struct config_errors *errors)
{
    const struct settings *s = w->settings;
    size_t count = s->forward_count + s->stub_count;
    w->zones = count > 0 ? calloc(count, sizeof(struct delegation *)) : NULL;
    if (count > 0 && w->zones == NULL) {
        add_error(errors, "out of memory");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool forward = i < s->forward_count;
        w->zones[i] = zone_of(forward ? &s->forward[i] : &s->stub[i - s->forward_count],
                              forward ? DELEGATION_FORWARD : DELEGATION_STUB, errors);
    }
    w->engine.zone_count = count;
}

/* access.allow, or else this host and its own private networks (T126's spirit: closed by default). */
static void build_acl(struct world *w, const struct addr_prefix *local, size_t local_count,
                      struct config_errors *errors)
{
    const struct settings *s = w->settings;
    if (!s->allow_local_networks) {
        w->acl = acl_new(s->allow, s->allow_count);
    } else {
        struct addr_prefix *allow = calloc(local_count + 2, sizeof *allow);
        if (allow != NULL) {
            addr_prefix_scan("127.0.0.0/8", &allow[0]);
            addr_prefix_scan("::1", &allow[1]);
            for (size_t i = 0; i < local_count; i++) {
                allow[i + 2] = local[i];
            }
            w->acl = acl_new(allow, local_count + 2);
        }
        free(allow);
    }
    w->rate_exempt = acl_new(s->rate_exempt, s->rate_exempt_count);
    if (w->acl == NULL || w->rate_exempt == NULL) {
        add_error(errors, "out of memory");
    }
}

/* Those of the configuration; the root's own keys when it names none. */
static void build_anchors(struct world *w, struct config_errors *errors)
{
    const struct settings *s = w->settings;
    char error[ANCHORS_ERROR_MAX], line[ANCHORS_ERROR_MAX + 40];
    bool ok = true;
    w->anchors = anchors_new();
    if (w->anchors == NULL) {
        add_error(errors, "out of memory");
        return;
    }
    for (size_t i = 0; i < s->trust_anchors_count; i++) {
        ok &= anchors_add_text(w->anchors, s->trust_anchors[i], strlen(s->trust_anchors[i]), error);
    }
    if (s->trust_anchor_file != NULL && !anchors_add_file(w->anchors, s->trust_anchor_file, error)) {
        snprintf(line, sizeof line, "dnssec.trust-anchor-file: %s", error);
        add_error(errors, line);
    } else if (!ok || (anchors_count(w->anchors) == 0 && !anchors_add_builtin(w->anchors))) {
        add_error(errors, "dnssec.trust-anchors: out of memory");
    }
}

static void build_engine(struct world *w)
{
    const struct settings *s = w->settings;
    w->engine = (struct engine_settings){
        .minimise = s->minimise,
        .case_randomisation = s->case_randomisation,
        .ipv4 = s->ipv4,
        .ipv6 = s->ipv6,
        .query_loopback = s->query_loopback,
        .local_zones = s->local_zones,
        .port = s->port,
        .edns_size = s->edns_size,
        .answer_udp_max = s->edns_size,
        .prefetch = s->cache_prefetch,
        .serve_stale = s->cache_serve_stale,
        .stale_client_timer_ms = s->cache_stale_client_timer_ms,
        .stale_reply_ttl_s = s->cache_stale_reply_ttl_s,
        .max_ttl_s = s->cache_max_ttl_s,
        .root_hints = w->root_hints,
        .zones = (const struct delegation *const *)w->zones,
        .zone_count = w->engine.zone_count,
        .own = s->listen,
        .own_count = s->listen_count,
        .nsid = s->identity_nsid,
        .dnssec = s->dnssec,
        .dnssec_policy = dnssec_policy_of(s->dnssec_sha1),
        .aggressive = s->dnssec_aggressive,
        .anchors = w->anchors,
        .private_root = anchors_private_root(w->anchors),
        .negative_anchors = s->negative_anchors,
        .negative_anchor_count = s->negative_anchors_count,
    };
}

struct world *world_build(struct settings *settings, const struct addr_prefix *local, size_t local_count,
                          struct config_errors *errors)
{
    struct owned_world *owned = calloc(1, sizeof *owned);
    *errors = (struct config_errors){0};
    if (owned == NULL) {
        settings_free(settings);
        add_error(errors, "out of memory");
        return NULL;
    }
    struct world *w = &owned->world;
    struct config_errors map_errors = {0};
    owned->base = owned;
    owned->users = 1;
    owned->settings = settings;
    w->settings = settings;
    build_acl(w, local, local_count, errors);
    build_hints(w, errors);
    build_zones(w, errors);
    build_anchors(w, errors);
    if (settings->address_map != NULL &&
        !address_map_load(settings->address_map, &w->address_map, &w->address_map_count, &map_errors)) {
        add_errors(errors, &map_errors);
    }
    if (errors->count != 0) {
        world_free(w);
        return NULL;
    }
    build_engine(w);
    return w;
}

struct world *world_renew(struct world *w, struct anchors *anchors, struct dname_buf *negative, size_t negative_count)
{
    struct owned_world *from = (struct owned_world *)w, *owned = malloc(sizeof *owned);
    if (owned == NULL) {
        anchors_free(anchors);
        free(negative);
        return NULL;
    }
    *owned = (struct owned_world){.world = *w, .base = from->base, .negative = negative};
    owned->base->users++;
    owned->world.anchors = anchors;
    owned->world.engine.anchors = anchors;
    owned->world.engine.negative_anchors = negative;
    owned->world.engine.negative_anchor_count = negative_count;
    /* -Wanalyzer-malloc-leak: what is returned is the first of it */
    return &owned->world;
}

static void free_base(struct owned_world *owned)
{
    struct world *w = &owned->world;
    for (size_t i = 0; w->zones != NULL && i < w->engine.zone_count; i++) {
        free(w->zones[i]);
    }
    free(w->zones);
    free(w->root_hints);
    free(w->address_map);
    acl_free(w->acl);
    acl_free(w->rate_exempt);
    settings_free(owned->settings);
    free(owned);
}

void world_free(struct world *w)
{
    if (w == NULL) {
        return;
    }
    struct owned_world *owned = (struct owned_world *)w, *base = owned->base;
    anchors_free(w->anchors);
    w->anchors = NULL;
    if (owned != base) {
        free(owned->negative);
        free(owned);
    }
    if (--base->users == 0) {
        free_base(base);
    }
}

struct addr world_substitute(const struct world *w, const struct addr *a)
{
    const struct address_map_row *row = address_map_find(w->address_map, w->address_map_count, a);
    if (row == NULL) {
        return *a;
    }
    struct addr to = row->to;
    if (to.port == 0) {
        to.port = a->port;
    }
    return to;
}
