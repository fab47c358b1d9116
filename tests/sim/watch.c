/*
 * watch.c - what must hold at every moment of a simulated world
 */
#include "watch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "birth.h"
#include "dns/siphash.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/engine/inspect.h"
#include "resolver/engine/limits.h"

#define FAULT_STATUS    3
#define SIGNED_BEFORE_S 3000 /* signatures begin an hour before they are made */

/* `why` stays the same for the same fault; what follows tells this case. */
__attribute__((format(printf, 2, 3))) static _Noreturn void fault(const char *why, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s\n", why);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    exit(FAULT_STATUS);
}

static void learn_truth(struct watch *w, const struct sim *s)
{
    if (!w->truth_known) {
        truth_read(&w->truth, s);
        w->truth_known = true;
        w->signed_s = s->now.wall_s;
    }
}

static void after_event(void *arg, struct sim *s)
{
    struct watch *w = arg;
    bool late = engine_deadline(s->engine) < s->now.mono_us; /* the host stood still, and reads what came meanwhile */
    const char *wrong = late ? NULL : inspect_waiters(s->engine, s->now);

    learn_truth(w, s);
    w->events++;
    wrong = wrong != NULL ? wrong : inspect_budgets(s->engine);
    wrong = wrong != NULL ? wrong : inspect_exchanges(s->engine);
    wrong = wrong != NULL ? wrong : inspect_tables(s->engine);
    if (wrong != NULL) {
        fault(wrong, "after event %llu", (unsigned long long)w->events);
    }
}

static void tell_answer(const struct sim *s, const struct client *c)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], buf[16384];
    struct dns_msg m;
    struct arena arena;

    dname_print(dname_of(&c->name), name);
    fprintf(stderr, "client %td: %s %s%s after %llu us: %s\n", c - s->clients + 1, name, dns_type_text(c->type, type),
            c->cd ? " cd" : "", (unsigned long long)(c->answered_us - c->asked_us),
            c->drops > 0 ? "dropped" : failure_row(c->failure)->name);
    arena_init(&arena, NULL, 0, 4 << 20);
    if (c->drops == 0 && dns_msg_parse(c->wire, c->len, &arena, &m) == DNS_OK) {
        struct text t = text_of(buf, sizeof buf);
        dns_msg_print(&m, &t);
        fprintf(stderr, "%s\n", buf);
    }
    arena_release(&arena);
}

static void on_answer(void *arg, struct sim *s, struct client *c)
{
    struct watch *w = arg;

    w->tally->resolutions++;
    w->tally->drops += c->drops;
    w->tally->failures += c->drops == 0 && c->rcode == DNS_RCODE_SERVFAIL;
    w->tally->certain += truth_is_clean(&w->truth, dname_of(&c->name), c->type);
    w->truth.clock_off |= s->now.wall_s < w->signed_s - SIGNED_BEFORE_S;
    const char *wrong = truth_of_answer(&w->truth, s, c);
    if (wrong == NULL && c->answered_us - c->asked_us > ENGINE_QUERY_TIME_US && c->asked_us >= s->stood_until_us) {
        wrong = "1: an answer after more than eight seconds";
    }
    if (wrong != NULL) {
        fprintf(stderr, "%s (%s)\n", wrong, failure_row(c->failure)->name);
        tell_answer(s, c);
        exit(FAULT_STATUS);
    }
}

static void on_entry(void *arg, const struct cache_hit *hit)
{
    struct play *p = arg;
    const struct watch *w = p->arg;
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    const char *wrong = inspect_entry(hit);

    wrong = wrong != NULL ? wrong : truth_of_entry(&w->truth, &p->sim, hit);
    if (wrong != NULL) {
        dname_print(hit->name, name);
        fault(wrong, "%s %s in the cache", name, dns_type_text(hit->type, type));
    }
}

static void look_through_cache(struct play *p)
{
    uint64_t cursor = 0;

    learn_truth(p->arg, &p->sim);
    do {
        cursor = cache_walk(p->sim.cache, cursor, 4096, p->sim.now, on_entry, p);
    } while (cursor != 0);
}

static void on_reply(void *arg, struct sim *s, uint8_t *reply, size_t n)
{
    (void)arg;
    birth_write(reply, n, s->now.mono_us - s->begun_us);
}

static void prepare(struct play *p, void *arg)
{
    p->sim.watch = (struct sim_watch){.drained = after_event, .answered = on_answer, .arrives = on_reply, .arg = arg};
}

void watch_play(const struct script *script, struct watch *w, uint64_t *digest)
{
    static struct play p;
    static const uint8_t key[SIPHASH_KEY_SIZE] = {1};

    w->truth_known = false;
    w->truth.clock_off = false;
    w->events = 0;
    p.prepare = prepare;
    p.arg = w;
    play_script(script, &p);
    if (inspect_idle(p.sim.engine) != NULL) {
        fault(inspect_idle(p.sim.engine), "at the end");
    }
    look_through_cache(&p);
    if (p.sim.sent_count > (p.sim.client_count + 1 + p.sim.client_count / 4) * ENGINE_SENDS_MAX) {
        fault("2: more questions than all budgets together", "%zu", p.sim.sent_count);
    }
    *digest = siphash24(key, p.sim.transcript, p.sim.transcript_len);
    w->tally->events += w->events;
    w->tally->sends += p.sim.sent_count;
    w->tally->stale += engine_counters(p.sim.engine)->stale;
    w->tally->prefetches += engine_counters(p.sim.engine)->prefetches;
    sim_release(&p.sim);
}
