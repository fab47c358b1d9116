/*
 * dispatch.c - the engine's hands
 */
#include "resolver/io/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dns/msg.h"
#include "dns/types.h"
#include "resolver/io/clock.h"

#define LEVEL_DEBUG 3 /* of io/log.h */

/* What the engine's exchange number `index` is at the moment. Both pointers NULL: nothing. */
struct slot {
    uint32_t generation;
    struct addr to; /* as asked for, before the address map */
    uint64_t sent_us;
    struct udp_exchange *udp;
    struct tcp_exchange *tcp;
};

struct dispatch {
    struct loop *loop;
    struct engine *engine;
    struct log *log;
    struct log_once unsent;
    struct dispatch_handler handler;
    struct udp_out *udp;
    struct tcp_out *tcp;
    struct loop_timer *timer;
    struct slot *slots;
    uint32_t slot_count;
    struct engine_check **checks; /* that the engine left to us in this turn */
    size_t check_count, check_room;
};

static void end_slot(struct dispatch *d, struct slot *s)
{
    if (s->udp != NULL) {
        udp_out_end(d->udp, s->udp);
    }
    if (s->tcp != NULL) {
        tcp_out_end(d->tcp, s->tcp);
    }
    s->udp = NULL;
    s->tcp = NULL;
}

static struct slot *slot_of(struct dispatch *d, uint32_t index)
{
    if (index >= d->slot_count) {
        uint32_t n = d->slot_count > 0 ? d->slot_count : 64;
        while (n <= index && n < DISPATCH_EXCHANGES_MAX) {
            n *= 2;
        }
        struct slot *slots = index < n ? realloc(d->slots, n * sizeof *slots) : NULL;
        if (slots == NULL) {
            return NULL;
        }
        memset(slots + d->slot_count, 0, (n - d->slot_count) * sizeof *slots);
        d->slots = slots;
        d->slot_count = n;
    }
    return &d->slots[index];
}

/* A message to or from a server, as one line. */
static void log_message(const struct dispatch *d, const char *what, const struct addr *server, const uint8_t *wire,
                        size_t n)
{
    char where[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX] = "?", type[DNS_TYPE_TEXT_MAX] = "", rcode[DNS_TYPE_TEXT_MAX];
    struct dns_msg m;
    if (!log_wants(d->log, LEVEL_DEBUG)) {
        return;
    }
    addr_print(server, where);
    if (dns_query_parse(wire, n, &m) == DNS_OK) {
        dname_print(m.qname, name);
    }
    log_debug(d->log, "%s %s: %s %s%s%s, %zu octets", what, where, name, dns_type_text(m.qtype, type),
              (m.flags & DNS_FLAG_QR) != 0 ? " " : "",
              (m.flags & DNS_FLAG_QR) != 0 ? dns_rcode_text(dns_msg_rcode(&m), rcode) : "", n);
}

static void complain(struct dispatch *d, const struct addr *to, int why, struct now now)
{
    char text[ADDR_TEXT_MAX];
    uint64_t silent;
    if (log_now(&d->unsent, now, &silent)) { /* X13: once a minute */
        addr_print(to, text);
        log_warning(d->log, "cannot send to %s: %s (and %llu more since the last such line)", text, strerror(why),
                    (unsigned long long)silent);
    }
}

static void send_question(struct dispatch *d, const struct action *a, struct now now)
{
    struct slot *s = slot_of(d, a->exchange.index);
    struct addr to = a->to;
    int why = ENOMEM;

    if (s != NULL) {
        end_slot(d, s);
        if (d->handler.map != NULL) {
            d->handler.map(d->handler.arg, &to);
        }
        s->generation = a->exchange.generation;
        s->to = a->to;
        s->sent_us = now.mono_us;
        if (d->handler.message != NULL) {
            d->handler.message(d->handler.arg, &(struct dispatch_message){
                                                   .tcp = a->tcp, .server = &s->to, .wire = a->wire, .n = a->len});
        }
        log_message(d, a->tcp ? "question over TCP to" : "question to", &a->to, a->wire, a->len);
        if (a->tcp) {
            s->tcp = tcp_out_send(d->tcp, a->exchange, &to, a->wire, a->len);
        } else {
            s->udp = udp_out_send(d->udp, a->exchange, &to, a->wire, a->len);
        }
        why = errno;
    }
    if (s == NULL || (s->udp == NULL && s->tcp == NULL)) {
        complain(d, &to, why, now);
        struct event e = {.kind = EV_UNREACHABLE, .exchange = a->exchange, .unreachable = UNREACHABLE_LOCAL};
        engine_push(d->engine, &e, now);
    }
}

static void cancel(struct dispatch *d, struct exchange_id id)
{
    if (id.index < d->slot_count && d->slots[id.index].generation == id.generation) {
        end_slot(d, &d->slots[id.index]);
    }
}

static void look_after_clients(struct dispatch *d, unsigned after_us)
{
    if (d->handler.clients != NULL) {
        d->handler.clients(d->handler.arg, after_us);
    }
}

static void make_check(struct dispatch *d, struct engine_check *c, struct now now)
{
    struct event e = {.kind = EV_CHECKED, .check = c};
    look_after_clients(d, DISPATCH_LOOK_SOON_US);
    engine_check_run(d->engine, c);
    look_after_clients(d, DISPATCH_LOOK_US);
    engine_push(d->engine, &e, now);
}

static void keep_check(struct dispatch *d, struct engine_check *c, struct now now)
{
    if (d->check_count == d->check_room) {
        size_t room = d->check_room > 0 ? d->check_room * 2 : 64;
        struct engine_check **checks = realloc(d->checks, room * sizeof(struct engine_check *));
        if (checks == NULL) {
            make_check(d, c, now);
            return;
        }
        d->checks = checks;
        d->check_room = room;
    }
    d->checks[d->check_count++] = c;
}

static void drain(struct dispatch *d, struct now now)
{
    struct action a;
    while (engine_pull(d->engine, &a)) {
        switch (a.kind) {
        case ACT_SEND:
            send_question(d, &a, now);
            break;
        case ACT_CANCEL:
            cancel(d, a.exchange);
            break;
        case ACT_ANSWER:
        case ACT_DROP:
            d->handler.answer(d->handler.arg, &a);
            break;
        case ACT_CHECK:
            keep_check(d, a.check, now);
            break;
        }
        look_after_clients(d, DISPATCH_LOOK_US);
    }
}

/* All that the engine wants. What follows from checks goes out when they are done, or have taken a while: questions
 * that leave one by one wake up a peer each. */
static void carry_out(struct dispatch *d, struct now now)
{
    drain(d, now);
    uint64_t since_us = d->check_count > 0 ? clock_mono_us() : 0;
    for (size_t i = 0; i < d->check_count;) {
        make_check(d, d->checks[i++], now);
        if (i == d->check_count || clock_mono_us() - since_us >= DISPATCH_GATHER_US) {
            drain(d, now);
            since_us = clock_mono_us();
        }
    }
    d->check_count = 0;
}

void dispatch_turn(struct dispatch *d, struct now now)
{
    carry_out(d, now);
    if (engine_deadline(d->engine) <= now.mono_us) { /* no need to wait for the timer, which is coarser */
        /* When it is us who come late, what has arrived meanwhile is in time: it goes before any timeout. */
        poller_run_all(loop_poller(d->loop));
        carry_out(d, now);
        engine_push(d->engine, NULL, now);
        carry_out(d, now);
    }
    loop_timer_set(d->timer, engine_deadline(d->engine));
}

static void on_reply(void *arg, struct exchange_id id, const uint8_t *data, size_t n, bool new_connection)
{
    struct dispatch *d = arg;
    const struct slot *s = &d->slots[id.index];
    log_message(d, "reply from", &s->to, data, n);
    if (d->handler.message != NULL) {
        d->handler.message(d->handler.arg, &(struct dispatch_message){.reply = true,
                                                                      .tcp = s->tcp != NULL,
                                                                      .server = &s->to,
                                                                      .age_us = loop_now(d->loop).mono_us - s->sent_us,
                                                                      .wire = data,
                                                                      .n = n});
    }
    struct event e = {
        .kind = EV_REPLY, .exchange = id, .reply = {.data = data, .len = n, .new_connection = new_connection}};
    engine_push(d->engine, &e, loop_now(d->loop));
    look_after_clients(d, DISPATCH_LOOK_US);
}

static void on_unreachable(void *arg, struct exchange_id id, enum unreachable why)
{
    struct dispatch *d = arg;
    struct event e = {.kind = EV_UNREACHABLE, .exchange = id, .unreachable = why};
    engine_push(d->engine, &e, loop_now(d->loop));
}

static void on_deadline(void *arg, struct now now)
{
    (void)arg; /* this makes a turn, whose end does the rest */
    (void)now;
}

struct dispatch *dispatch_new(struct loop *loop, struct engine *engine, const struct ports *ports, struct rng *rng,
                              struct log *log, const struct dispatch_handler *handler)
{
    struct dispatch *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->loop = loop;
    d->engine = engine;
    d->log = log;
    d->handler = *handler;
    engine_leave_checks(engine);
    struct upstream_handler up = {.arg = d, .reply = on_reply, .unreachable = on_unreachable};
    d->udp = udp_out_new(loop, ports, rng, &up);
    d->tcp = tcp_out_new(loop, &up);
    d->timer = loop_timer_new(loop, on_deadline, d);
    if (d->udp == NULL || d->tcp == NULL || d->timer == NULL) {
        dispatch_free(d);
        return NULL;
    }
    return d;
}

void dispatch_trim(struct dispatch *d)
{
    udp_out_trim(d->udp);
}

void dispatch_free(struct dispatch *d)
{
    if (d == NULL) {
        return;
    }
    for (uint32_t i = 0; i < d->slot_count; i++) {
        end_slot(d, &d->slots[i]);
    }
    udp_out_free(d->udp);
    tcp_out_free(d->tcp);
    loop_timer_free(d->timer);
    free(d->checks);
    free(d->slots);
    free(d);
}

const struct udp_out_counters *dispatch_udp(const struct dispatch *d)
{
    return udp_out_counters(d->udp);
}

const struct tcp_out_counters *dispatch_tcp(const struct dispatch *d)
{
    return tcp_out_counters(d->tcp);
}
