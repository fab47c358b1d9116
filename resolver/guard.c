/*
 * guard.c - what a worker refuses its clients, so that others are served and left in peace
 */
#include "resolver/guard.h"

#include "resolver/engine/engine.h"

bool guard_meters_make(struct guard_meters *m, const uint8_t key[static SIPHASH_KEY_SIZE])
{
    m->work = meter_new(FAIR_HALF_LIFE_MS, key);
    m->answers = meter_new(RATE_HALF_LIFE_MS, key);
    return m->work != NULL && m->answers != NULL;
}

void guard_meters_free(struct guard_meters *m)
{
    meter_free(m->work);
    meter_free(m->answers);
}

void guard_init(struct guard *g, const struct guard_meters *m, const struct world *world, struct log *log)
{
    g->log = log;
    fair_init(&g->fair, world->settings->fair_share ? m->work : NULL, engine_places_max());
    rate_init(&g->rate, m->answers, world);
}

enum fair_verdict guard_question(struct guard *g, const struct addr *client, unsigned places, struct now now)
{
    enum fair_verdict verdict = fair_question(&g->fair, client, places, now);
    char network[ADDR_TEXT_MAX];
    uint64_t silent;

    if (verdict != FAIR_SERVE && log_now(&g->share_told, now, &silent)) {
        struct addr_prefix p = meter_network(g->fair.meter, client, 0, now);
        addr_prefix_print(&p, network);
        log_warning(g->log,
                    "more is asked than can be answered: those who cost most are refused first, now %s (and %llu more "
                    "queries since the last such line)",
                    network, (unsigned long long)silent);
    }
    return verdict;
}

enum rate_verdict guard_answer(struct guard *g, const struct addr *client, const uint8_t *wire, size_t n,
                               struct rate_slip *slip, struct now now)
{
    enum rate_verdict verdict = rate_answer(&g->rate, client, wire, n, slip, now);
    char network[ADDR_TEXT_MAX];
    uint64_t silent;

    if (verdict != RATE_SEND && log_now(&g->rate_told, now, &silent)) {
        enum rate_kind kind = rate_kind_of(wire);
        struct addr_prefix p = meter_network(g->rate.meter, client, (uint8_t)kind, now);
        addr_prefix_print(&p, network);
        log_warning(g->log, "rate limit: %s to %s are too many%s (and %llu more since the last such line)",
                    rate_kind_text(kind), network,
                    verdict == RATE_SEND_OVER ? "; rate-limit.log-only lets them go" : "", (unsigned long long)silent);
    }
    return verdict;
}
