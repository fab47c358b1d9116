/*
 * doctor_network.c - what the way to the root servers lets through, and what time they sign with
 *
 * Three servers of each family are asked at most: one that answers is enough, and three that do not are no chance.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "dns/arena.h"
#include "dns/bytes.h"
#include "dns/delegation.h"
#include "dns/msg.h"
#include "dns/types.h"
#include "tools/raizctl/doctor.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/probe.h"

#define ASKED_MAX  3
#define TIMEOUT_MS 1200
#define ARENA_MAX  (1024 * 1024)

static const struct dname root = {.wire = (const uint8_t *)"", .len = 1, .labels = 0};

/* What some server of a family did at best. */
struct family {
    enum addr_family family;
    const char *name;
    struct addr servers[ASKED_MAX];
    unsigned count;
};

static void find_servers(const struct doctor *d, struct family *f)
{
    const struct delegation *hints = d->world->root_hints;
    const struct delegation_addr *addrs = delegation_addrs(hints);
    for (unsigned i = 0; i < hints->addr_count && f->count < ASKED_MAX; i++) {
        struct addr a = delegation_addr_of(&addrs[i], d->world->settings->port);
        if (a.family == f->family) {
            f->servers[f->count++] = world_substitute(d->world, &a);
        }
    }
}

/* The first reply, or how the last server failed. */
static bool ask_any(const struct family *f, struct probe p, struct probe_reply *out)
{
    out->what = PROBED_SILENT;
    out->why = 0;
    p.timeout_ms = TIMEOUT_MS;
    p.name = root;
    for (unsigned i = 0; i < f->count; i++) {
        p.server = f->servers[i];
        probe_ask(&p, out);
        if (out->what == PROBED_REPLY) {
            return true;
        }
    }
    return false;
}

static const char *failure(const struct probe_reply *r)
{
    return r->what == PROBED_SILENT ? "no reply" : strerror(r->why);
}

/* The times of the first signature of the answer. */
static bool signed_between(const struct probe_reply *r, uint32_t *from, uint32_t *to)
{
    struct arena arena;
    struct dns_msg m;
    bool found = false;
    arena_init(&arena, NULL, 0, ARENA_MAX);
    if (dns_msg_parse(r->wire, r->n, &arena, &m) == DNS_OK) {
        for (unsigned i = 0; i < m.count[DNS_ANSWER] && !found; i++) {
            const struct rr_ref *rr = &m.rr[i];
            if (rr->type == DNS_TYPE_RRSIG && rr->rdlen >= 18) {
                struct reader at = reader_of(m.wire + rr->rdata, rr->rdlen);
                reader_take(&at, 8); /* type covered, algorithm, labels, TTL */
                *to = read_u32(&at);
                *from = read_u32(&at);
                found = true;
            }
        }
    }
    arena_release(&arena);
    return found;
}

/* RFC 1982: 32 bits of seconds. */
static void check_clock(struct doctor *d, const struct probe_reply *r)
{
    static const char remedy[] = "set the clock, and let it be kept right: timedatectl set-ntp true";
    uint32_t from, to;
    struct timespec t;
    char text[OUT_TEXT_MAX];
    if (d->world->settings->dnssec == DNSSEC_OFF || !signed_between(r, &from, &to)) {
        return;
    }
    clock_gettime(CLOCK_REALTIME, &t);
    uint32_t now = (uint32_t)t.tv_sec;
    if ((int32_t)(now - from) < 0) {
        doctor_tell(d, "clock", HEALTH_BAD, remedy,
                    "the clock is at least %s behind: the root's signatures begin later",
                    out_duration(from - now, text));
    } else if ((int32_t)(to - now) < 0) {
        doctor_tell(d, "clock", HEALTH_BAD, remedy, "the clock is at least %s ahead: the root's signatures have ended",
                    out_duration(now - to, text));
    } else {
        doctor_tell(d, "clock", HEALTH_GOOD, NULL, "the clock is within the time of the root's signatures");
    }
}

static void check_tcp(struct doctor *d, const struct family *f, struct probe_reply *r)
{
    char took[OUT_TEXT_MAX];
    if (ask_any(f, (struct probe){.tcp = true, .type = DNS_TYPE_NS}, r)) {
        doctor_tell(d, "tcp", HEALTH_GOOD, NULL, "root servers answer over TCP on %s, in %s", f->name,
                    out_us(r->took_us, took));
    } else {
        doctor_tell(
            d, "tcp", HEALTH_BAD,
            "let TCP to port 53 out of this network: answers that are too large for a datagram need it (RFC 7766)",
            "TCP is blocked on %s: no root server answers over it (%s)", f->name, failure(r));
    }
}

/* Nobody answers questions with EDNS: is it EDNS, or everything? */
static void tell_silence(struct doctor *d, const struct family *f, struct probe_reply *r)
{
    bool is_6 = f->family == ADDR_IP6;
    const char *why = failure(r);
    if (r->what == PROBED_FAILED) {
        doctor_tell(d, is_6 ? "ipv6" : "ipv4", HEALTH_BAD,
                    is_6 ? "give this host an IPv6 route, or set resolution: {ipv6: false}"
                         : "look at the routes of this host (ip route), or set resolution: {ipv4: false}",
                    "there is no %s way to the root servers: %s", f->name, why);
    } else if (ask_any(f, (struct probe){.type = DNS_TYPE_NS}, r)) {
        doctor_tell(d, "edns", HEALTH_BAD,
                    "a firewall or router on the way drops questions with EDNS (RFC 6891): let it pass UDP port 53 as "
                    "it is, up to "
                    "1232 octets; without it nothing can be validated",
                    "EDNS is blocked on %s: root servers answer only questions without it", f->name);
        check_tcp(d, f, r);
    } else {
        doctor_tell(d, is_6 ? "ipv6" : "ipv4", HEALTH_BAD,
                    is_6 ? "let UDP port 53 out, or set resolution: {ipv6: false}"
                         : "let UDP port 53 out of this network; where that cannot be, name a resolver in forward:",
                    "no root server answers over %s", f->name);
    }
}

/* True: a server has told the time that it signs with. */
static bool check_family(struct doctor *d, struct family *f, struct probe_reply *r)
{
    char took[OUT_TEXT_MAX];
    find_servers(d, f);
    if (f->count == 0) {
        return false;
    }
    if (!ask_any(f, (struct probe){.edns = true, .dnssec_ok = true, .type = DNS_TYPE_SOA}, r)) {
        tell_silence(d, f, r);
        return false;
    }
    doctor_tell(d, f->family == ADDR_IP6 ? "ipv6" : "ipv4", HEALTH_GOOD, NULL, "root servers answer over %s, in %s",
                f->name, out_us(r->took_us, took));
    struct probe_reply tcp;
    check_tcp(d, f, &tcp);
    return true;
}

/* Does raizd itself answer, with recursion and without (which `dig +trace` begins with)? */
static void check_answers(struct doctor *d)
{
    struct probe p = {.server = d->world->settings->listen[0],
                      .name = root,
                      .type = DNS_TYPE_SOA,
                      .edns = true,
                      .recurse = true,
                      .timeout_ms = 5 * TIMEOUT_MS};
    struct probe_reply r;
    char where[ADDR_TEXT_MAX], took[OUT_TEXT_MAX];
    addr_print(&p.server, where);
    probe_ask(&p, &r);
    if (r.what != PROBED_REPLY || (r.wire[3] & 0xf) != DNS_RCODE_NOERROR) {
        doctor_tell(d, "answers", HEALTH_BAD, "raizctl explain .", "raizd at %s does not resolve the root: %s", where,
                    r.what != PROBED_REPLY ? failure(&r) : "see its answer");
        return;
    }
    doctor_tell(d, "answers", HEALTH_GOOD, NULL, "raizd answers at %s, in %s", where, out_us(r.took_us, took));
}

void doctor_network(struct doctor *d)
{
    const struct settings *set = d->world->settings;
    struct family families[] = {{.family = ADDR_IP4, .name = "IPv4"}, {.family = ADDR_IP6, .name = "IPv6"}};
    bool clock_told = false;
    for (size_t i = 0; i < 2; i++) {
        struct probe_reply r;
        bool wanted = families[i].family == ADDR_IP4 ? set->ipv4 : set->ipv6;
        if (wanted && check_family(d, &families[i], &r) && !clock_told) {
            check_clock(d, &r);
            clock_told = true;
        }
        fflush(d->ctl->out);
    }
    if (d->running) {
        check_answers(d);
    }
}
