/*
 * silence.c - when no server at all answers any more
 */
#include "resolver/engine/silence.h"

#include "dns/types.h"
#include "resolver/engine/core.h"
#include "resolver/engine/limits.h"

#define PROBE_FLAGS (JOB_LISTEN | JOB_COLD | JOB_CD | JOB_PROBE)

static void want(struct silence *s, uint64_t at_us)
{
    s->wanted = true;
    s->probe_us = at_us;
}

static bool is_asking(struct engine *e)
{
    return job_find(e, dname_root(), DNS_TYPE_NS, PROBE_FLAGS) != NULL;
}

void silence_in_vain(struct engine *e, struct now now)
{
    struct silence *s = &e->silence;

    if (!e->set->serve_stale) {
        return;
    }
    if (s->in_vain++ == 0) {
        s->since_us = now.mono_us;
    }
    if (s->in_vain >= ENGINE_SILENCE_SENDS && now.mono_us - s->since_us >= ENGINE_SILENCE_US && !s->deaf &&
        !s->wanted && !is_asking(e)) {
        want(s, now.mono_us);
    }
}

void silence_heard(struct engine *e, struct now now)
{
    struct silence *s = &e->silence;

    s->in_vain = 0;
    s->wanted = false;
    if (s->deaf) {
        s->deaf = false;
        cache_forgive(e->cache, now);
    }
}

void silence_query(struct engine *e, struct now now)
{
    struct silence *s = &e->silence;

    s->query_us = now.mono_us;
    if (s->deaf && !s->wanted && !is_asking(e)) {
        want(s, now.mono_us);
    }
}

uint64_t silence_due_us(const struct engine *e)
{
    return e->silence.wanted ? e->silence.probe_us : UINT64_MAX;
}

void silence_probe(struct engine *e, struct now now)
{
    struct silence *s = &e->silence;

    s->wanted = false;
    if (job_new(e, dname_root(), DNS_TYPE_NS, PROBE_FLAGS, NULL, 0, now) == NULL) {
        want(s, now.mono_us + ENGINE_SILENCE_PROBE_US);
    }
}

void silence_probed(struct engine *e, struct now now)
{
    struct silence *s = &e->silence;

    if (s->in_vain == 0) {
        return; /* somebody was heard */
    }
    s->deaf = true;
    if (now.mono_us - s->query_us < ENGINE_SILENCE_PATIENCE_US) {
        want(s, now.mono_us + ENGINE_SILENCE_PROBE_US);
    }
}
