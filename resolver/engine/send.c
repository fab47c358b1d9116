/*
 * send.c - ST_ASK: compose the question to the server chosen, and send it
 */
#include <assert.h>
#include <stddef.h>

#include "dns/seeded.h"
#include "resolver/engine/core.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/iterate.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/record.h"

/* Something is known of what a shortened question would ask: a step that needs no question. */
static bool step_known(struct job *j, uint8_t shown, struct now now)
{
    struct cache_hit hit;

    return !job_is_cold(j) && shown < j->qname.labels &&
           cache_get(j->engine->cache, dname_suffix(j->qname, shown), DNS_TYPE_A, now, &hit);
}

/* An alias leads to a name that its zone made up, not one that a client keeps to itself, and most often deep into a big
 * zone without cuts (www.example.com.cdn.example). Only the root and the zones at the top see no more of it than they
 * need; the steps below are saved. */
static bool is_public_path(const struct job *j)
{
    return j->engine->set->minimise == MINIMISE_RELAXED && j->qname.wire != j->goal.wire &&
           j->servers.cut->zone_labels >= ENGINE_MINIMISE_ALIAS_CUT;
}

/* Labels to show: decided once for a question, however many servers it goes to. */
static uint8_t decide_shown(struct job *j, struct now now)
{
    const struct delegation *cut = j->servers.cut;

    if (forward_is(cut)) {
        return j->qname.labels; /* a forwarder walks for us: it needs the whole question */
    }
    j->minimise.off |= is_public_path(j);
    uint8_t shown;
    do {
        shown = minimise_next(&j->minimise, j->engine->set->minimise, j->qname.labels, cut->zone_labels);
    } while (step_known(j, shown, now));
    return shown;
}

/* Some servers answer over TCP only: UDP is lost on the way, or dropped by a wall. Until a server has answered over UDP
 * its second try goes over TCP; that does not ask a dead one more often. Where it was in vain UDP has all three. */
static bool guesses_tcp(const struct job *j, const struct infra *infra)
{
    const struct server *server = &j->servers.server[j->pick.index];

    return server->tries_udp == 2 && server->tries_tcp == 0 && infra->answered == 0 && !infra->tcp_in_vain &&
           !infra->tcp_works && j->budget->connects < ENGINE_CONNECTS_MAX / 2 && !j->pick.last_resort;
}

/* Known to be of that kind. Now and then UDP is tried, as a wall may be mended. */
static bool only_tcp(struct job *j, const struct infra *infra)
{
    unsigned enough = infra->answered == 0 ? ENGINE_UDP_DEAD_TIMEOUTS : ENGINE_SILENT_TIMEOUTS;

    return infra->tcp_works && infra->timeouts >= enough && j->budget->connects < ENGINE_CONNECTS_MAX &&
           rng_below(j->engine->rng, ENGINE_UDP_PROBE) != 0;
}

/* Over TCP: when this server must be, when all others ways were silent, when it hears nothing else, and for ANY, whose
 * answers are big and a tool of reflection (L18, RFC 8482 section 4). ANY spends no more than half of the connections
 * (L11) on that: on a long walk without minimisation every zone is asked for it, and the last ones must be left for who
 * truncates. */
static bool wants_tcp(struct job *j, struct server_note *note, const struct infra *infra)
{
    bool any = j->qtype == DNS_TYPE_ANY && j->shown == j->qname.labels && j->budget->connects < ENGINE_CONNECTS_MAX / 2;

    if (note->tcp || j->pick.tcp) {
        return true;
    }
    note->guess = !note->no_tcp && guesses_tcp(j, infra);
    return !note->no_tcp && (any || note->guess || only_tcp(j, infra));
}

/* servers_pick has counted a try over UDP; this one goes over TCP. A guess is one of three all the same. */
static void count_tcp_try(struct job *j, struct server *server, const struct server_note *note)
{
    if (note->guess) {
        server->tries_tcp++;
    } else if (!j->pick.tcp) {
        if (server->tries_udp > 0) {
            server->tries_udp--;
        }
        server->tries_tcp++;
    }
}

/* A server that twice was silent and never showed that it knows EDNS is asked without it: some drop what they do not
 * know. One that is known not to know EDNS is tried with it now and then (X10: the mark does not last). */
static bool wants_edns(struct job *j, const struct server_note *note, const struct infra *infra)
{
    if (note->no_edns) {
        return false;
    }
    if (infra->edns == INFRA_EDNS_NONE) {
        return rng_below(j->engine->rng, ENGINE_EDNS_PROBE) == 0;
    }
    return !(note->timeouts >= 2 && infra->edns == INFRA_EDNS_UNKNOWN);
}

static void fill_ask(struct job *j, struct ask *ask, bool tcp, const struct infra *infra, struct server_note *note)
{
    const struct engine_settings *set = j->engine->set;
    const struct delegation *cut = j->servers.cut;
    bool edns = wants_edns(j, note, infra);

    *ask = (struct ask){
        .qtype = j->qtype,
        .edns_size = edns ? set->edns_size : 0,
        .dnssec_ok =
            edns, /* RFC 4035 section 3.2.1: clients that want signatures share the answer with those that do not */
        .recursion_desired = forward_is(cut),
        .checking_disabled =
            forward_is(cut) && ((j->flags & JOB_CD) != 0 || set->dnssec != DNSSEC_OFF), /* RFC 6840 section 5.9 */
        .tcp = tcp,
        .minimised = j->shown < j->qname.labels,
        .zone_labels = cut->zone_labels,
    };
    if (ask->minimised) {
        ask->qtype = j->minimised_ns ? DNS_TYPE_NS : DNS_TYPE_A; /* RFC 9156 section 2.1 */
    }
    dname_copy(dname_suffix(j->qname, j->shown), &ask->qname);
    note->no_edns |= !edns;
}

/* What the budget says against one more question; FAIL_NONE: nothing. */
static enum failure over_budget(const struct job *j)
{
    if (SEEDED(17, j->budget->sends >= ENGINE_SENDS_MAX, false)) {
        return FAIL_SEND_LIMIT;
    }
    return SEEDED(18, j->fetch_sends >= ENGINE_FETCH_SENDS_MAX, false) ? FAIL_FETCH_LIMIT : FAIL_NONE;
}

/* An old exchange that still listens keeps one place; the older of two gives way. */
static unsigned free_place(struct job *j)
{
    if (j->exchange[0] != NULL && j->exchange[1] != NULL) {
        exchange_close(j->engine, j->exchange[j->exchange[0]->sent_us <= j->exchange[1]->sent_us ? 0 : 1]);
    }
    return j->exchange[0] == NULL ? 0 : 1;
}

static void count_send(struct job *j, const struct exchange *x)
{
    struct engine *e = j->engine;

    j->budget->sends++;
    j->sends++;
    j->fetch_sends++;
    j->cut_sends++;
    if (x->ask.tcp) {
        j->budget->connects++; /* given back when the reply says that an open connection served */
        COUNT(e, sends_tcp);
    } else {
        COUNT(e, sends_udp);
    }
    if (x->ask.minimised) {
        COUNT(e, minimised);
    }
}

/* A guess is still listened for while others are asked: it takes no more of the query's time than UDP would. */
static uint64_t wait_us(const struct job *j, bool tcp)
{
    uint64_t us = j->pick.timeout_us;

    if (tcp && !j->note[j->pick.index].guess) {
        us = 2 * us < ENGINE_TCP_WAIT_US ? ENGINE_TCP_WAIT_US : 2 * us;
    }
    return us > ENGINE_SEND_TIME_MAX_US ? ENGINE_SEND_TIME_MAX_US : us;
}

/* ASK: compose the (minimised) question and send it to the server picked.
 * Out: WAIT_REPLY; TARGET when this server cannot be asked in the way it needs; failure when the budget is used up. */
enum job_state send_ask(struct job *j, struct now now)
{
    struct engine *e = j->engine;
    struct server *server = &j->servers.server[j->pick.index];
    struct server_note *note = &j->note[j->pick.index];
    struct infra infra;

    enum failure over = over_budget(j);
    if (over != FAIL_NONE) {
        return job_fail(j, over);
    }
    if (j->shown == SHOWN_NONE) {
        j->shown = decide_shown(j, now);
    }
    infra_get(e->cache, &server->addr, now, &infra);
    bool tcp = wants_tcp(j, note, &infra);
    if (tcp) {
        count_tcp_try(j, server, note);
        if (SEEDED(22, j->budget->connects >= ENGINE_CONNECTS_MAX, false) ||
            server->tries_tcp > ENGINE_TRIES_PER_SERVER) {
            j->limit = j->budget->connects >= ENGINE_CONNECTS_MAX ? FAIL_CONNECT_LIMIT : j->limit;
            server->out = true;
            return ST_TARGET;
        }
    }
    unsigned place = free_place(j);
    struct exchange *x = exchange_take(e);
    if (x == NULL) {
        return job_fail(j, FAIL_NO_MEMORY);
    }
    fill_ask(j, &x->ask, tcp, &infra, note);
    x->wire_len = (uint16_t)ask_compose(&x->ask, e->set->case_randomisation && !infra.case_lost, e->rng, x->wire);
    x->job = j;
    x->to = server->addr;
    x->server = (uint8_t)j->pick.index;
    x->as = forward_is(j->servers.cut) ? ASKED_FORWARDER : j->pick.last_resort ? ASKED_LAST_RESORT : ASKED_AUTHORITY;
    x->edns_known_ok = infra.edns == INFRA_EDNS_OK;
    x->sent_us = now.mono_us;
    x->due_us = now.mono_us + wait_us(j, tcp);
    j->exchange[place] = x;
    j->last_server = x->to;
    j->wait_until_us = 0;
    exchange_send(e, x);
    count_send(j, x);
    record_exchange(j, JOURNAL_SEND, x, 0, now);
    return ST_WAIT_REPLY;
}
