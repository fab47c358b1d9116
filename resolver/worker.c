/*
 * worker.c - one thread that answers
 */
#include "resolver/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/types.h"
#include "resolver/backlog.h"
#include "resolver/clock_watch.h"
#include "resolver/io/entropy.h"
#include "resolver/quiet.h"
#include "resolver/witness.h"

struct worker {
    const struct worker_shared *shared;
    uint16_t index;
    bool started;
    bool ending;       /* being freed: nobody else is told anything */
    struct mail *stop; /* the letter that ends it, made in time */
    pthread_t thread;
    const struct world *world;
    struct loop *loop;
    struct entropy entropy;
    struct front front;
    struct engine *engine;
    struct dispatch *dispatch;
    struct udp_in *udp;
    struct tcp_in *tcp;
    struct tally tally;
    struct witness witness;
    uint64_t queries; /* handed to engines so far: their ids */
    struct clock_seen clock;
    struct backlog backlog;
    struct quiet quiet;
    unsigned begun; /* queries handed to our engine since the last turn ended */
    struct guard guard;
    struct request request; /* of the query in hand */
};

static_assert(TCP_IN_IDLE_US == REQUEST_KEEPALIVE_100MS * 100 * US_PER_MS, "clients are told the truth (RFC 7828)");

bool worker_post(struct worker *w, struct mail *letter, unsigned most)
{
    if (letter == NULL) {
        return false;
    }
    if (!loop_post(w->loop, letter, most)) {
        free(letter);
        return false;
    }
    return true;
}

void worker_stop(struct worker *w)
{
    struct mail *letter = w->stop;
    w->stop = NULL;
    worker_post(w, letter, 0);
}

static void post_main(struct worker *w, struct mail *letter)
{
    if (letter != NULL && !loop_post(w->shared->main, letter, 0)) {
        free(letter);
    }
}

unsigned worker_owner(const struct worker_shared *shared, const struct request *request)
{
    if (shared->count == 1) {
        return 0;
    }
    uint64_t hash = dname_hash(shared->hash_key, dname_of(&request->qname));
    hash ^= (uint64_t)request->qtype * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)((hash >> 32) % shared->count);
}

static void push_query(struct worker *w, const struct client *client, const struct request *request, unsigned flags,
                       struct now now)
{
    struct event e = {.kind = EV_QUERY, .query = {.request = request, .client = client_pack(client), .flags = flags}};
    engine_push(w->engine, &e, now);
}

static unsigned places(const struct worker *w)
{
    return engine_places(w->engine) + w->backlog.n;
}

/* A query that the cache could not answer, for our engine; in a letter, or letter is NULL. The letter is taken. False:
 * it is dropped. */
static bool take_query(struct worker *w, struct mail *letter, const struct client *client,
                       const struct request *request, unsigned flags)
{
    struct now now = loop_now(w->loop);
    enum fair_verdict verdict =
        client_is_remote(client) ? guard_question(&w->guard, &client->peer, places(w), now) : FAIR_SERVE;
    if (verdict == FAIR_DROP) {
        free(letter);
        return false;
    }
    flags |= verdict == FAIR_REFUSE ? QUERY_JOIN : 0;
    if (client->kind == CLIENT_UDP && (w->begun >= WORKER_BEGUN_MAX || w->backlog.n > 0)) {
        unsigned later = flags & ~(unsigned)QUERY_UNKNOWN; /* the cache may have learnt it by then */
        if (letter == NULL) {
            letter = mail_query_new(client, request, later);
        } else {
            ((struct mail_query *)letter)->flags = later;
        }
        if (backlog_put(&w->backlog, letter)) {
            return true;
        }
    }
    w->begun++;
    push_query(w, client, request, flags, now);
    free(letter);
    return true;
}

/* The data in the cache nears its end: its owner is to fetch it anew, and nobody waits for it. */
static void refresh(struct worker *w, struct now now)
{
    struct client nobody = {.kind = CLIENT_NOBODY, .owner = (uint16_t)worker_owner(w->shared, &w->request)};
    if (nobody.owner == w->index) {
        push_query(w, &nobody, &w->request, QUERY_REFRESH, now);
    } else {
        worker_post(w->shared->workers[nobody.owner], mail_query_new(&nobody, &w->request, QUERY_REFRESH),
                    WORKER_QUERIES_WAITING_MAX);
    }
}

static void on_message(void *arg, const struct dispatch_message *m)
{
    const struct worker *w = arg;
    witness_upstream(&w->witness, m);
}

/* False: there are too many for this client. */
static bool limit_answer(struct worker *w, const struct client *client, uint8_t *out, size_t *n, struct now now)
{
    struct rate_slip slip;
    enum rate_verdict verdict = guard_answer(&w->guard, &client->peer, out, *n, &slip, now);
    if (verdict == RATE_SLIP) {
        memcpy(out, slip.wire, slip.n);
        *n = slip.n;
    }
    return verdict != RATE_WITHHOLD;
}

/* A client's query, from a listener. */
static enum client_verdict on_query(void *arg, struct client *client, const struct wire_query *q, struct now now,
                                    uint8_t *out, size_t *out_len)
{
    struct worker *w = arg;
    witness_query(&w->witness, client, q->data, q->n);
    switch (front_query(&w->front, &client->peer, client->kind == CLIENT_TCP, q, now, &w->request, out, out_len)) {
    case FRONT_ANSWER_LATE:
        refresh(w, now);
        /* fallthrough */
    case FRONT_ANSWER:
        if (guard_limits_answers(&w->guard) && client->kind == CLIENT_UDP &&
            !limit_answer(w, client, out, out_len, now)) {
            return CLIENT_DROP;
        }
        if (witness_any(&w->witness)) {
            const struct answered a = {.data = q->data, .n = q->n, .out = out, .out_n = *out_len};
            witness_hit(&w->witness, client, &a, now);
        }
        return CLIENT_ANSWER;
    case FRONT_DROP:
        return CLIENT_DROP;
    case FRONT_MISS:
        break;
    }
    client->id = (uint64_t)w->index << 48 | ++w->queries;
    client->owner = (uint16_t)worker_owner(w->shared, &w->request);
    witness_miss(&w->witness, client, &w->request);
    bool sent = client->owner == w->index
                    ? take_query(w, NULL, client, &w->request, w->request.unknown ? QUERY_UNKNOWN : 0)
                    : worker_post(w->shared->workers[client->owner], mail_query_new(client, &w->request, 0),
                                  WORKER_QUERIES_WAITING_MAX);
    return sent ? CLIENT_PENDING : CLIENT_DROP;
}

static void on_expect(void *arg, struct wire_query *batch, size_t n)
{
    const struct worker *w = arg;
    front_expect(&w->front, batch, n);
}

static void push_gone(struct worker *w, uint64_t id, struct now now)
{
    struct event e = {.kind = EV_GONE, .gone = id};
    engine_push(w->engine, &e, now);
}

static void on_gone(void *arg, const struct addr *peer, uint64_t id, uint16_t owner)
{
    struct worker *w = arg;
    if (w->ending) {
        return;
    }
    fair_charge(&w->guard.fair, peer, FAIR_GONE_US, 0, loop_now(w->loop));
    if (owner == w->index) {
        push_gone(w, id, loop_now(w->loop));
    } else {
        worker_post(w->shared->workers[owner], mail_gone_new(id), 0);
    }
}

/* The client gets no answer: its connection, if it has one, is to know. */
static void drop(struct worker *w, const struct client *client)
{
    if (client->kind != CLIENT_TCP) {
        return;
    }
    if (client->worker != w->index) {
        worker_post(w->shared->workers[client->worker], mail_answer_new(MAIL_DROP, client, NULL, 0), 0);
    } else {
        tcp_in_drop(w->tcp, client);
    }
}

static void answer_udp(struct worker *w, const struct client *client, const struct action *a)
{
    struct rate_slip slip = {.n = 0};
    enum rate_verdict verdict = guard_answer(&w->guard, &client->peer, a->wire, a->len, &slip, loop_now(w->loop));
    if (verdict == RATE_SLIP) {
        udp_in_answer(w->udp, client, slip.wire, slip.n);
    } else if (verdict != RATE_WITHHOLD) {
        udp_in_answer(w->udp, client, a->wire, a->len);
    }
}

/* An answer of our engine, for a client of this or another worker. */
static void on_answer(void *arg, const struct action *a)
{
    struct worker *w = arg;
    struct client client = client_unpack(&a->client);
    struct now now = loop_now(w->loop);
    bool dropped = a->kind == ACT_DROP;

    witness_answer(&w->witness, &client, a, now);
    clock_watch(&w->clock, engine_counters(w->engine), w->shared->clock_told_us, w->shared->log, now);
    if (client_is_remote(&client)) {
        fair_charge(&w->guard.fair, &client.peer, a->cost_us, a->since_us != 0 ? now.mono_us - a->since_us : 0, now);
    }
    if (!dropped && client.kind != CLIENT_KEEPER) {
        tally_answer(&w->tally, a->failure, now.mono_us - a->since_us);
    }
    if (client.kind == CLIENT_TRACE) {
        post_main(
            w, mail_traced_new(&client, dropped ? NULL : a->journal, dropped ? NULL : a->wire, dropped ? 0 : a->len));
        return;
    }
    if (client.kind == CLIENT_KEEPER) {
        post_main(w, mail_answer_new(dropped ? MAIL_DROP : MAIL_ANSWER, &client, a->wire, dropped ? 0 : a->len));
        return;
    }
    if (!dropped) {
        front_answered(&w->front, a->wire);
    }
    if (client.kind == CLIENT_UDP) {
        if (!dropped) {
            answer_udp(w, &client, a);
        }
    } else if (dropped) {
        drop(w, &client);
    } else if (client.worker != w->index) {
        worker_post(w->shared->workers[client.worker], mail_answer_new(MAIL_ANSWER, &client, a->wire, a->len), 0);
    } else {
        tcp_in_answer(w->tcp, &client, a->wire, a->len);
    }
}

/* resolution.address-map: for labs, whose servers live on other addresses than their zones say. */
static void map_address(void *arg, struct addr *to)
{
    const struct worker *w = arg;
    *to = world_substitute(w->world, to);
}

/* Clients are looked after between what has to be done, for what the cache knows. What it does not know waits: but not
 * without end. */
static void on_clients(void *arg, unsigned after_us)
{
    const struct worker *w = arg;
    if (w->backlog.n < BACKLOG_MAX) {
        udp_in_look(w->udp, after_us);
    }
}

/* Some of those that wait. */
static void begin_waiting(struct worker *w, struct now now)
{
    struct mail_query *q;
    for (unsigned i = 0; i < WORKER_BEGIN_MAX && (q = backlog_take(&w->backlog)) != NULL; i++) {
        push_query(w, &q->client, &q->request, q->flags, now);
        free(q);
        on_clients(w, DISPATCH_LOOK_US);
    }
}

struct inflight_walk {
    struct worker *worker;
    const struct mail_asked *asked;
};

static void on_row(void *arg, const struct engine_inflight *row)
{
    const struct inflight_walk *walk = arg;
    post_main(walk->worker, mail_row_new(walk->asked->slot, walk->asked->generation, walk->worker->index, row));
}

static void tell_inflight(struct worker *w, const struct mail_asked *asked, struct now now)
{
    struct inflight_walk walk = {.worker = w, .asked = asked};
    engine_inflight(w->engine, now, on_row, &walk);
    post_main(w, mail_asked_new(MAIL_ROWS_END, asked->slot, asked->generation));
}

/* The letter goes back as the word that the world was taken: for want of a new one no reload would ever end again. */
static void take_world(struct worker *w, struct mail_world *m)
{
    w->world = m->world;
    w->front.world = w->world;
    guard_init(&w->guard, &w->shared->meters, w->world, w->shared->log);
    engine_set_settings(w->engine, &w->world->engine);
    if (m->listeners != NULL) {
        w->witness.listeners = m->listeners;
        bool udp = udp_in_listen(w->udp, m->listeners, m->slots), tcp = tcp_in_listen(w->tcp, m->listeners, m->slots);
        if (!udp || !tcp) {
            log_error(w->shared->log, "worker %u: out of memory: it does not listen on all addresses", w->index);
        }
    }
    m->mail.kind = MAIL_WORLD_TAKEN;
    post_main(w, &m->mail);
}

static void on_recalled(void *arg, const struct recalled *r)
{
    const struct inflight_walk *walk = arg;
    post_main(walk->worker, mail_recalled_new(walk->asked->slot, walk->asked->generation, r));
}

static void tell_recalled(struct worker *w, const struct mail_recall *m)
{
    struct inflight_walk walk = {.worker = w, .asked = &m->asked};
    recall_each(&w->witness.recall, m->which, dname_of(&m->name), m->type, on_recalled, &walk);
    post_main(w, mail_asked_new(MAIL_ROWS_END, m->asked.slot, m->asked.generation));
}

static void on_mail(void *arg, struct mail *letter)
{
    struct worker *w = arg;
    struct now now = loop_now(w->loop);
    switch ((enum mail_kind)letter->kind) {
    case MAIL_QUERY: {
        const struct mail_query *m = (const struct mail_query *)letter;
        struct client client = m->client;
        if (!take_query(w, letter, &m->client, &m->request, m->flags)) {
            drop(w, &client);
        }
        return; /* it may wait */
    }
    case MAIL_GONE:
        push_gone(w, ((const struct mail_gone *)letter)->id, now);
        break;
    case MAIL_ANSWER: {
        const struct mail_answer *m = (const struct mail_answer *)letter;
        tcp_in_answer(w->tcp, &m->client, m->wire, m->n);
        break;
    }
    case MAIL_DROP:
        tcp_in_drop(w->tcp, &((const struct mail_answer *)letter)->client);
        break;
    case MAIL_WORLD:
        take_world(w, (struct mail_world *)letter);
        return; /* it is the main thread's now */
    case MAIL_INFLIGHT:
        tell_inflight(w, (const struct mail_asked *)letter, now);
        break;
    case MAIL_WATCH:
        witness_watch(&w->witness, ((const struct mail_watch *)letter)->watch);
        break;
    case MAIL_RECALL:
        tell_recalled(w, (const struct mail_recall *)letter);
        break;
    case MAIL_PING:
        post_main(w, mail_asked_new(MAIL_PONG, w->index, 0));
        break;
    case MAIL_STOP:
        loop_stop(w->loop);
        break;
    default:
        break;
    }
    free(letter);
}

static void on_turn(void *arg, struct now now)
{
    struct worker *w = arg;
    struct fair_work work = {.places = places(w),
                             .piles = worker_counter(w, WORKER_COUNT_udp_piles),
                             .turn_us = loop_turn_ms(w->loop) * US_PER_MS};
    fair_turn(&w->guard.fair, &work, now);
    quiet_turn(&w->quiet, work.places + worker_counter(w, WORKER_COUNT_tcp_open), now);
    begin_waiting(w, now);
    dispatch_turn(w->dispatch, now);
    udp_in_flush(w->udp);
    w->begun = 0;
    if (w->backlog.n > 0) {
        loop_again(w->loop);
    }
}

struct worker *worker_new(const struct worker_shared *shared, unsigned index, const struct world *world,
                          const struct listener *listeners, size_t n)
{
    struct worker *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return NULL;
    }
    w->shared = shared;
    w->index = (uint16_t)index;
    w->world = world;
    w->front.world = world;
    w->front.cache = shared->cache;
    w->witness = (struct witness){
        .queue = w->index,
        .collector = shared->dnstap,
        .listeners = listeners,
        .written = shared->querylog != NULL ? querylog_ring(shared->querylog, index) : NULL,
        .log = shared->log,
    };
    witness_watch(&w->witness, NULL);
    backlog_init(&w->backlog);
    guard_init(&w->guard, &shared->meters, world, shared->log);
    entropy_init(&w->entropy);
    struct loop_handler on = {.arg = w, .turn = on_turn, .mail = on_mail};
    struct dispatch_handler dispatch_on = {.arg = w,
                                           .answer = on_answer,
                                           .map = map_address,
                                           .clients = on_clients,
                                           .message = shared->dnstap != NULL ? on_message : NULL};
    struct udp_in_handler udp_on = {.arg = w, .query = on_query, .expect = on_expect};
    struct tcp_in_handler tcp_on = {.arg = w, .query = on_query, .gone = on_gone};
    w->loop = loop_new(&on);
    w->engine = engine_new(&world->engine, shared->cache, &w->entropy.rng);
    if (w->loop != NULL && w->engine != NULL) {
        w->dispatch = dispatch_new(w->loop, w->engine, shared->ports, &w->entropy.rng, shared->log, &dispatch_on);
        w->udp = udp_in_new(w->loop, listeners, n, w->index, &udp_on);
        w->tcp = tcp_in_new(w->loop, listeners, n, w->index, shared->quota, &tcp_on);
    }
    w->stop = mail_asked_new(MAIL_STOP, 0, 0);
    if (w->dispatch == NULL || w->udp == NULL || w->tcp == NULL || w->stop == NULL ||
        !quiet_init(&w->quiet, w->loop, w->engine, w->dispatch)) {
        worker_free(w);
        return NULL;
    }
    return w;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    char name[16]; /* for top -H and the like */
    snprintf(name, sizeof name, "raizd-%u", w->index);
    pthread_setname_np(pthread_self(), name);
    cache_thread_begin();
    engine_start(w->engine, loop_now(w->loop));
    loop_run(w->loop);
    cache_thread_end();
    return NULL;
}

bool worker_start(struct worker *w)
{
    w->started = pthread_create(&w->thread, NULL, run, w) == 0;
    return w->started;
}

void worker_join(struct worker *w)
{
    if (w->started) {
        pthread_join(w->thread, NULL);
        w->started = false;
    }
}

void worker_free(struct worker *w)
{
    if (w == NULL) {
        return;
    }
    w->ending = true;
    free(w->stop);
    tcp_in_free(w->tcp);
    udp_in_free(w->udp);
    dispatch_free(w->dispatch);
    quiet_release(&w->quiet);
    if (w->engine != NULL) {
        engine_free(w->engine);
    }
    if (w->loop != NULL) {
        loop_free(w->loop);
    }
    witness_release(&w->witness);
    backlog_clear(&w->backlog);
    free(w);
}

const struct engine_counters *worker_engine_counters(const struct worker *w)
{
    return engine_counters(w->engine);
}

const struct tally *worker_tally(const struct worker *w)
{
    return &w->tally;
}

struct limited *worker_limited(struct worker *w)
{
    return &w->guard.rate.whose;
}

const struct histogram *worker_rtts(const struct worker *w)
{
    return engine_rtts(w->engine);
}

const struct front_counters *worker_front_counters(const struct worker *w)
{
    return &w->front.count;
}

const char *worker_counter_name(enum worker_counter c)
{
    static const char *const names[] = {
#define X(name, from) #name,
        WORKER_COUNTERS(X)
#undef X
    };
    return names[c];
}

uint64_t worker_counter(const struct worker *w, enum worker_counter c)
{
    switch (c) {
#define X(name, from)                                                                                                  \
    case WORKER_COUNT_##name:                                                                                          \
        return atomic_load_explicit(&from, memory_order_relaxed);
        WORKER_COUNTERS(X)
#undef X
    case WORKER_COUNTS:
        break;
    }
    return 0;
}
