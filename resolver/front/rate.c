/*
 * rate.c - how many answers a second a network gets over UDP
 */
#include "resolver/front/rate.h"

#include <string.h>

#include "dns/arena.h"
#include "dns/build.h"
#include "dns/types.h"

#define RATE_ANSWER 1000 /* in the meter, so that little is lost when it is halved */

static const struct {
    const char *text, *option;
} kinds[] = {[RATE_ANSWERS] = {"answers", "rate-limit.answers"},
             [RATE_NODATA] = {"empty answers", "rate-limit.nodata"},
             [RATE_NXDOMAIN] = {"denials", "rate-limit.nxdomain"},
             [RATE_ERRORS] = {"errors", "rate-limit.errors"}};

const char *rate_kind_text(enum rate_kind kind)
{
    return kinds[kind].text;
}

const char *rate_kind_option(enum rate_kind kind)
{
    return kinds[kind].option;
}

enum rate_kind rate_kind_of(const uint8_t *answer)
{
    switch (answer[3] & 0xf) {
    case DNS_RCODE_NOERROR:
        return answer[6] == 0 && answer[7] == 0 ? RATE_NODATA : RATE_ANSWERS;
    case DNS_RCODE_NXDOMAIN:
        return RATE_NXDOMAIN;
    default:
        return RATE_ERRORS;
    }
}

static uint32_t limit_of(const struct settings *s, enum rate_kind kind)
{
    const uint32_t most[] = {[RATE_ANSWERS] = s->rate_answers,
                             [RATE_NODATA] = s->rate_nodata,
                             [RATE_NXDOMAIN] = s->rate_nxdomain,
                             [RATE_ERRORS] = s->rate_errors};
    return most[kind];
}

uint32_t rate_limit_of(const struct world *world, const struct addr *client, enum rate_kind kind)
{
    uint32_t limit = limit_of(world->settings, kind);
    return limit == 0 || addr_is_loopback(client) || acl_allows(world->rate_exempt, client) ? 0 : limit;
}

void rate_init(struct rate *r, struct meter *meter, const struct world *world)
{
    const struct settings *s = world->settings;
    bool any = s->rate_answers > 0 || s->rate_nodata > 0 || s->rate_nxdomain > 0 || s->rate_errors > 0;

    r->meter = meter;
    r->world = any ? world : NULL;
}

/* The answer's header and question, empty and truncated. False: it cannot be made, as the answer has no question. */
static bool truncate_answer(const struct rate *r, const uint8_t *wire, size_t n, struct rate_slip *slip)
{
    char room[8192];
    struct arena arena;
    struct dns_msg m;
    struct build b;
    struct edns_out opt = {.udp_size = r->world->engine.edns_size, .ede = DNS_EDE_NONE};

    arena_init(&arena, room, sizeof room, sizeof room);
    bool readable = dns_msg_parse(wire, n, &arena, &m) == DNS_OK && m.qdcount == 1;
    arena_release(&arena);
    if (!readable) {
        return false;
    }
    build_init(&b, slip->wire, sizeof slip->wire, m.id,
               DNS_FLAG_QR | (m.flags & (DNS_FLAG_RD | DNS_FLAG_RA | DNS_FLAG_CD)), m.edns.present ? DNS_RR_MIN : 0);
    build_question(&b, m.qname, m.qtype, m.qclass);
    build_truncate(&b);
    slip->n = build_finish(&b, m.edns.present ? &opt : NULL);
    return true;
}

static void bump(_Atomic uint64_t *counter)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + 1, memory_order_relaxed);
}

static enum rate_verdict over_limit(struct rate *r, const uint8_t *wire, size_t n, struct rate_slip *slip)
{
    const struct settings *s = r->world->settings;

    bump(&r->limited);
    if (s->rate_log_only) {
        return RATE_SEND_OVER;
    }
    if (s->rate_slip == 0 || ++r->over % s->rate_slip != 0 || !truncate_answer(r, wire, n, slip)) {
        return RATE_WITHHOLD;
    }
    bump(&r->slipped);
    return RATE_SLIP;
}

enum rate_verdict rate_answer(struct rate *r, const struct addr *client, const uint8_t *wire, size_t n,
                              struct rate_slip *slip, struct now now)
{
    enum rate_kind kind = rate_kind_of(wire);
    uint64_t limit = r->world != NULL ? rate_limit_of(r->world, client, kind) : 0;

    if (limit == 0) {
        return RATE_SEND;
    }
    const struct settings *s = r->world->settings;
    struct metered had = meter_add(r->meter, client, (uint8_t)kind, 0, now);
    bool over = had.most > limit * RATE_ANSWER - RATE_ANSWER / 2;
    if (!over || s->rate_log_only) {
        meter_add(r->meter, client, (uint8_t)kind, RATE_ANSWER, now);
    }
    if (!over) {
        return RATE_SEND;
    }
    enum rate_verdict verdict = over_limit(r, wire, n, slip);
    limited_add(&r->whose,
                &(struct limited_row){.network = meter_prefix(client, had.bits),
                                      .kind = (uint8_t)kind,
                                      .limit = (uint32_t)limit,
                                      .withheld = verdict == RATE_WITHHOLD,
                                      .truncated = verdict == RATE_SLIP,
                                      .let_go = verdict == RATE_SEND_OVER},
                had.hash, now);
    return verdict;
}
