/*
 * sim.h - the host of an engine in virtual time
 *
 * Plays what resolver/io plays in the daemon: pulls actions, carries questions to the simulated servers and their
 * answers back, keeps the clock. Nothing sleeps; time jumps to the next thing that happens. Everything the engine
 * wishes is written to a transcript, so that two runs can be compared octet for octet (invariant 6 of engine.h).
 */
#ifndef RAIZ_SCENARIO_SIM_H
#define RAIZ_SCENARIO_SIM_H

#include "authority.h"
#include "cache/cache.h"
#include "dns/arena.h"
#include "resolver/engine/engine.h"

#define SIM_CLIENT_LIMIT_US 8000000 /* L4: an answer, or word that there is none, comes within */

/* A question that was sent. */
struct sent {
    struct addr to;
    bool tcp, edns;
    struct dname_buf qname; /* lower case */
    uint16_t qtype, flags;
    uint64_t at_us;
};

struct client {
    struct word tag;
    uint64_t asked_us, answered_us;
    unsigned answers, drops;
    bool gone;
    struct dname_buf name;
    uint16_t type;
    bool cd, dnssec_ok, tcp;
    unsigned flags;
    uint16_t rcode;
    enum failure failure;
    size_t len;
    uint8_t *wire;
    char *journal; /* of a traced query: a line for each event */
};

struct flight; /* something on its way to the engine */
struct sim;

/* Who looks on. Each may be NULL. */
struct sim_watch {
    void (*drained)(void *arg, struct sim *s);                           /* after each event, its actions carried out */
    void (*answered)(void *arg, struct sim *s, struct client *c);        /* a client has its word */
    void (*arrives)(void *arg, struct sim *s, uint8_t *reply, size_t n); /* and may change its octets */
    void *arg;
};

struct sim {
    struct hosts hosts;
    struct engine_settings set;
    struct cache_config cache_config;
    uint32_t stale_max_age_s;
    uint64_t seed;
    bool prime;           /* let the engine prime; else the root's delegation is put into the cache */
    struct records hints; /* NS of the root and their addresses; empty: servers with a zone . */
    struct delegation *root_hints;
    const struct delegation *zones[64];
    struct addr own[16];
    struct anchors *anchors;
    struct dname_buf negative[16];
    struct arena arena, check_arena;

    struct engine *engine; /* NULL: not begun */
    struct cache *cache;
    struct rng_seeded rng, net_rng;
    struct now now;
    uint64_t begun_us;
    struct sim_watch watch;
    uint64_t stood_until_us; /* end of the last suspension */

    struct flight *flights;
    size_t flight_count, flight_cap;
    uint64_t flight_serial;
    bool *open; /* by exchange index: the host has a socket for it */
    uint32_t *generation;
    size_t open_cap, open_count, open_most;

    struct sent *sent;
    size_t sent_count, sent_cap;
    struct client *clients;
    size_t client_count, client_cap;

    uint8_t *transcript;
    size_t transcript_len, transcript_cap;
};

void sim_init(struct sim *s);
void sim_begin(struct sim *s); /* makes the engine, once the settings are known */
/* A new engine with a new cache; nothing is left of what was under way, nor of the clients and the transcript. */
void sim_renew(struct sim *s);
void sim_release(struct sim *s);

/* A client's query; returns its number. */
struct sim_query {
    struct dname name;
    uint16_t type;
    bool cd, ad, dnssec_ok, tcp, no_edns;
    uint16_t size;  /* EDNS; 0: 1232 */
    unsigned flags; /* QUERY_TRACE, QUERY_COLD */
    struct word tag;
};
size_t sim_ask(struct sim *s, const struct sim_query *q);
void sim_start(struct sim *s); /* engine_start */
void sim_gone(struct sim *s, size_t client);
/* Let things happen until the moment, or until this client has its word (SIZE_MAX: nobody's). */
void sim_run_until(struct sim *s, uint64_t until_us, size_t client);
/* The host stands still for so long; what arrives meanwhile is handed over at once at its end. */
void sim_suspend(struct sim *s, uint64_t us);
/* Until nothing is left to happen. False: it goes on for an hour. */
bool sim_run_idle(struct sim *s);

#endif
