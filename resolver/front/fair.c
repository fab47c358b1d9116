/*
 * fair.c - who is refused first when there is more to do than can be done
 */
#include "resolver/front/fair.h"

#define FAIR_PLACES 2048 /* a place held for a second costs as much as this part of the worker's second */
#define FAIR_PILES  3    /* in one span, that are no accident */

static void bump(_Atomic uint64_t *counter)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + 1, memory_order_relaxed);
}

void fair_init(struct fair *f, struct meter *meter, unsigned places_max)
{
    f->meter = meter;
    f->places_max = places_max;
    f->limit_us = FAIR_LIMIT_NONE;
}

/* Somebody else has had something lately. */
static bool others_ask(const struct fair *f, const struct metered *had, struct now now)
{
    uint32_t all_us = meter_all(f->meter, now);
    return all_us > had->own && all_us - had->own >= FAIR_BEGIN_US / 2;
}

/* Half of the places are taken, and of what is left this client would have more than its part. */
static bool takes_most(const struct fair *f, const struct metered *had, unsigned places, struct now now)
{
    unsigned left = f->places_max > places ? f->places_max - places : 0;
    return left < f->places_max / 2 && had->most > FAIR_LIMIT_LEAST_US &&
           (uint64_t)had->most * f->places_max > (uint64_t)meter_all(f->meter, now) * left;
}

static enum fair_verdict judge(const struct fair *f, const struct metered *had, unsigned places, struct now now)
{
    bool above = had->most > f->limit_us;
    if ((!above && !takes_most(f, had, places, now)) || !others_ask(f, had, now)) {
        return FAIR_SERVE;
    }
    return above && had->most / FAIR_DROP_TIMES > f->limit_us ? FAIR_DROP : FAIR_REFUSE;
}

enum fair_verdict fair_question(struct fair *f, const struct addr *client, unsigned places, struct now now)
{
    if (f->meter == NULL) {
        return FAIR_SERVE;
    }
    enum fair_verdict verdict = FAIR_SERVE;
    struct metered had = {0};
    if (fair_limits(f) || places > f->places_max / 2) {
        had = meter_add(f->meter, client, 0, 0, now);
        verdict = judge(f, &had, places, now);
    }
    if (verdict == FAIR_REFUSE && ++f->refusals > FAIR_REFUSALS) {
        verdict = FAIR_DROP;
    }
    if (verdict != FAIR_SERVE) {
        bump(verdict == FAIR_DROP ? &f->dropped : &f->refused);
    }
    static const uint32_t price_us[] = {[FAIR_SERVE] = FAIR_BEGIN_US, [FAIR_REFUSE] = FAIR_REFUSED_US, [FAIR_DROP] = 0};
    had = meter_add(f->meter, client, 0, price_us[verdict], now);
    f->most_us = had.most > f->most_us ? had.most : f->most_us;
    return verdict;
}

void fair_charge(struct fair *f, const struct addr *client, uint32_t cost_us, uint64_t held_us, struct now now)
{
    if (f->meter == NULL) {
        return;
    }
    uint64_t all_us = cost_us + held_us / FAIR_PLACES;
    if (all_us > FAIR_BEGIN_US) {
        all_us -= FAIR_BEGIN_US;
        meter_add(f->meter, client, 0, all_us > UINT32_MAX ? UINT32_MAX : (uint32_t)all_us, now);
    }
}

static void tighten(struct fair *f, struct now now)
{
    uint32_t most_us = f->most_us > f->before_us ? f->most_us : f->before_us, all_us = meter_all(f->meter, now);
    uint32_t from_us = f->limit_us < most_us ? f->limit_us : most_us;
    from_us = from_us < all_us ? from_us : all_us;
    uint32_t to_us = from_us - from_us / 4;
    f->limit_us = to_us > FAIR_LIMIT_LEAST_US ? to_us : FAIR_LIMIT_LEAST_US;
}

static void loosen(struct fair *f)
{
    if (++f->calm >= FAIR_CALM_SPANS && (f->most_us < f->limit_us || f->limit_us > FAIR_LIMIT_NONE / 2)) {
        f->limit_us = FAIR_LIMIT_NONE;
    } else if (f->limit_us < FAIR_LIMIT_NONE / 2) {
        f->limit_us += f->limit_us / 32;
    }
}

void fair_turn(struct fair *f, const struct fair_work *work, struct now now)
{
    if (f->meter == NULL) {
        f->limit_us = FAIR_LIMIT_NONE;
        return;
    }
    f->late = f->late || work->places > f->places_max / 4 * 3 || work->turn_us > FAIR_TURN_US ||
              work->piles >= f->piles + FAIR_PILES;
    if (now.mono_us - f->span_us < FAIR_SPAN_US) {
        return;
    }
    if (now.mono_us - f->span_us > 4 * FAIR_SPAN_US) { /* nothing happened for a while */
        f->was_late = false;
    }
    /* Two spans on end to begin with: one alone may be the host's doing. */
    if (f->late && (f->was_late || fair_limits(f))) {
        f->calm = 0;
        tighten(f, now);
    } else if (!f->late && fair_limits(f)) {
        loosen(f);
    }
    f->was_late = f->late;
    f->late = false;
    f->before_us = f->most_us;
    f->most_us = 0;
    f->refusals = 0;
    f->span_us = now.mono_us;
    f->piles = work->piles;
    atomic_store_explicit(&f->limits, fair_limits(f), memory_order_relaxed);
}
