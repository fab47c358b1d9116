/*
 * clock_watch.c - the log is told when this host's clock is far behind, and when it is right again
 */
#include "resolver/clock_watch.h"

#define CLOCK_IS_BEHIND UINT64_MAX
#define CLOCK_TOLD_US   (UINT64_C(120) * US_PER_S) /* what was found before is remembered for a while */

static bool has_moved(const _Atomic uint64_t *counter, uint64_t *seen)
{
    uint64_t is = atomic_load_explicit(counter, memory_order_relaxed), was = *seen;
    *seen = is;
    return is != was;
}

void clock_watch(struct clock_seen *seen, const struct engine_counters *c, _Atomic uint64_t *told_us, struct log *log,
                 struct now now)
{
    uint64_t told = atomic_load_explicit(told_us, memory_order_relaxed);

    if (has_moved(&c->clock_behind, &seen->clock_behind)) {
        if (told != CLOCK_IS_BEHIND && (told == 0 || now.mono_us - told > CLOCK_TOLD_US) &&
            atomic_compare_exchange_strong(told_us, &told, CLOCK_IS_BEHIND)) {
            log_error(log, "the clock of this host is far behind, the root's keys are not valid yet: answers are not "
                           "validated until it is set");
        }
    } else if (has_moved(&c->secure, &seen->secure)) {
        if (told == CLOCK_IS_BEHIND && atomic_compare_exchange_strong(told_us, &told, now.mono_us)) {
            log_warning(log, "the clock of this host is right again: answers are validated");
        }
    }
}
