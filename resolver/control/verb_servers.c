/*
 * verb_servers.c - servers, servers.forget: what is known of name servers
 *
 * Of a zone: the addresses of its delegation, as the cache has them, each with what is known of it. Of all: those that
 * were asked most, as many as are wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "cache/infra.h"
#include "dns/delegation.h"
#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define ROWS_USUAL 100
#define ROWS_MAX   5000

static json_t *server_json(const struct control *c, const struct addr *server, const struct infra *i, struct now now)
{
    static const char *const edns[] = {
        [INFRA_EDNS_UNKNOWN] = "unknown", [INFRA_EDNS_OK] = "yes", [INFRA_EDNS_NONE] = "no"};
    json_t *o = json_object();
    reply_put_server(&o, "server", server, c);
    reply_put(&o, "known", json_boolean(i->known));
    if (!i->known) {
        return o;
    }
    reply_put_number(&o, "rtt_us", i->srtt_us);
    reply_put_number(&o, "rtt_var_us", i->rttvar_us);
    reply_put_number(&o, "timeout_us", i->rto_us);
    reply_put_number(&o, "asked", i->asked);
    reply_put_number(&o, "answered", i->answered);
    reply_put_number(&o, "timeouts_in_a_row", i->timeouts);
    reply_put_text(&o, "edns", i->edns <= INFRA_EDNS_NONE ? edns[i->edns] : "unknown");
    reply_put(&o, "tcp", json_boolean(i->tcp_works));
    reply_put(&o, "keeps_case", json_boolean(i->case_kept && !i->case_lost));
    if (i->down_until_us > now.mono_us) {
        reply_put_number(&o, "down_s", (i->down_until_us - now.mono_us + US_PER_S - 1) / US_PER_S);
    }
    return o;
}

/* ---- of a zone ---- */

struct zone_walk {
    struct control_session *session;
    struct dname zone;
    struct now now;
    uint64_t rows;
    bool no_memory;
};

static void zone_row(struct zone_walk *w, struct dname ns, struct addr server)
{
    const struct control *c = w->session->control;
    char text[DNAME_TEXT_MAX];
    struct infra known;
    if (w->no_memory) {
        return;
    }
    server.port = c->ops.world(c->ops.server)->settings->port;
    infra_get(c->ops.cache, &server, w->now, &known);
    enum infra_lame lame = infra_lame_get(c->ops.cache, &server, w->zone, w->now);
    json_t *o = server_json(c, &server, &known, w->now);
    dname_print(ns, text);
    reply_put_text(&o, "name", text);
    if (lame != INFRA_NOT_LAME) {
        reply_put_text(&o, "lame", infra_lame_text(lame));
    }
    w->no_memory = reply_line(w->session, o) == 0;
    w->rows++;
}

/* Addresses that were looked up, as they were not beside the delegation. */
static void cached_addresses(struct zone_walk *w, struct dname ns, uint16_t type)
{
    struct cache_hit hit;
    struct rdata_ref rr;
    if (!cache_get(w->session->control->ops.cache, ns, type, w->now, &hit) || hit.negative) {
        return;
    }
    struct rrset_iter it = rrset_rrs(hit.rrset);
    while (rrset_next(&it, &rr)) {
        zone_row(w, ns, type == DNS_TYPE_A ? addr_ip4(rr.data, 0) : addr_ip6(rr.data, 0));
    }
}

static void zone_servers(struct control_session *s, struct dname name)
{
    struct control *c = s->control;
    struct zone_walk w = {.session = s, .now = c->ops.now(c->ops.server)};
    struct cache_hit hit;
    char text[DNAME_TEXT_MAX];
    if (!cache_get_delegation(c->ops.cache, name, false, w.now, &hit)) {
        dname_print(name, text);
        reply_error(s, CONTROL_FAILED, "no delegation at or above %s is in the cache", text);
        return;
    }
    const struct delegation *d = hit.delegation;
    const struct delegation_addr *addrs = delegation_addrs(d);
    w.zone = delegation_zone(d);
    for (unsigned ns = 0; ns < d->ns_count; ns++) {
        bool glue = false;
        for (unsigned i = 0; i < d->addr_count; i++) {
            if (addrs[i].ns == ns) {
                zone_row(&w, delegation_ns(d, ns),
                         addrs[i].family == ADDR_IP4 ? addr_ip4(addrs[i].ip, 0) : addr_ip6(addrs[i].ip, 0));
                glue = true;
            }
        }
        if (!glue) {
            cached_addresses(&w, delegation_ns(d, ns), DNS_TYPE_A);
            cached_addresses(&w, delegation_ns(d, ns), DNS_TYPE_AAAA);
        }
    }
    if (!w.no_memory) {
        json_t *o = json_object();
        dname_print(w.zone, text);
        reply_put_text(&o, "zone", text);
        reply_put_number(&o, "servers", w.rows);
        reply_done(s, o);
    }
}

/* ---- of all ---- */

struct known_server {
    struct addr addr;
    struct infra infra;
};

/* A heap with the one asked least at its root. */
struct most_asked {
    struct known_server *row;
    size_t count, most;
    uint64_t all;
};

static void sink(struct most_asked *m, size_t at, const struct known_server *r)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < m->count && m->row[child + 1].infra.asked < m->row[child].infra.asked) {
            child++;
        }
        if (child >= m->count || m->row[child].infra.asked >= r->infra.asked) {
            m->row[at] = *r;
            return;
        }
        m->row[at] = m->row[child];
        at = child;
    }
}

static void take(void *arg, const struct addr *server, const struct infra *infra, uint32_t keep_s)
{
    struct most_asked *m = arg;
    struct known_server r = {.addr = *server, .infra = *infra};
    (void)keep_s;
    m->all++;
    if (m->count < m->most) {
        size_t at = m->count++;
        for (; at > 0 && m->row[(at - 1) / 2].infra.asked > infra->asked; at = (at - 1) / 2) {
            m->row[at] = m->row[(at - 1) / 2];
        }
        m->row[at] = r;
    } else if (infra->asked > m->row[0].infra.asked) {
        sink(m, 0, &r);
    }
}

static int by_asked(const void *a, const void *b)
{
    const struct known_server *x = a, *y = b;
    return (x->infra.asked < y->infra.asked) - (x->infra.asked > y->infra.asked);
}

static void all_servers(struct control_session *s, size_t most)
{
    struct control *c = s->control;
    struct now now = c->ops.now(c->ops.server);
    struct most_asked m = {.row = calloc(most, sizeof *m.row), .most = most};
    if (m.row == NULL) {
        reply_error(s, CONTROL_FAILED, "out of memory");
        return;
    }
    infra_walk(c->ops.cache, now, take, &m);
    qsort(m.row, m.count, sizeof *m.row, by_asked);
    size_t i = 0;
    while (i < m.count && reply_line(s, server_json(c, &m.row[i].addr, &m.row[i].infra, now)) > 0) {
        i++;
    }
    if (i == m.count) {
        json_t *o = json_object();
        reply_put_number(&o, "servers", m.count);
        reply_put_number(&o, "known", m.all);
        reply_done(s, o);
    }
    free(m.row);
}

void verb_servers(struct control_session *s, const struct args *args)
{
    uint64_t most = (args->given & PARAM_LIMIT) != 0 ? args->limit : ROWS_USUAL;
    if ((args->given & PARAM_NAME) != 0) {
        zone_servers(s, dname_of(&args->name));
    } else {
        all_servers(s, most < ROWS_MAX ? (size_t)most : ROWS_MAX);
    }
}

void verb_servers_forget(struct control_session *s, const struct args *args)
{
    const struct control *c = s->control;
    struct addr server = args->client;
    bool one = (args->given & PARAM_SERVER) != 0;
    if (one && server.port == 0) {
        server.port = c->ops.world(c->ops.server)->settings->port;
    }
    json_t *o = json_object();
    reply_put_number(&o, "forgotten", infra_forget(c->ops.cache, one ? &server : NULL));
    reply_done(s, o);
}
