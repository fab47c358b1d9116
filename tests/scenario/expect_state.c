/*
 * expect_state.c - comparing what was sent, and what cache and counters hold, with what the scenario expects
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/infra.h"
#include "dns/types.h"
#include "expect.h"

bool expect_compare(struct words *w, uint64_t got, char *text, size_t cap)
{
    struct word how = words_peek(w);
    uint64_t n;
    bool fine;

    if (words_accept(w, "never") || words_accept(w, "once") || words_accept(w, "twice")) {
        n = word_is(how, "never") ? 0 : word_is(how, "once") ? 1 : 2;
        fine = got == n;
    } else if (words_accept(w, "<=")) {
        n = words_number(w);
        fine = got <= n;
    } else if (words_accept(w, ">=")) {
        n = words_number(w);
        fine = got >= n;
    } else {
        words_accept(w, "=");
        n = words_number(w);
        words_accept(w, "times");
        fine = got == n;
    }
    snprintf(text, cap, "expected %.*s %llu, got %llu", (int)how.len, how.text, (unsigned long long)n,
             (unsigned long long)got);
    return fine;
}

static void print_sent(const struct sim *s, size_t since)
{
    for (size_t i = since; i < s->sent_count && i < since + 200; i++) {
        const struct sent *one = &s->sent[i];
        char to[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
        addr_print(&one->to, to);
        dname_print(dname_of(&one->qname), name);
        fprintf(stderr, "  %8.3f s  %s %s %s%s%s\n", (double)(one->at_us - s->begun_us) / 1e6, to, name,
                dns_type_text(one->qtype, type), one->tcp ? " tcp" : "", one->edns ? "" : " no-edns");
    }
}

/* What a "sent" counts. */
struct filter {
    bool total, to_given, name_given, below;
    struct addr to;
    struct dname_buf name;
    uint16_t type;
    bool udp, tcp, edns, no_edns;
};

static bool passes(const struct filter *f, const struct sent *one)
{
    if (f->to_given && !addr_same_ip(&f->to, &one->to)) {
        return false;
    }
    if (f->name_given && !(f->below ? dname_under(dname_of(&one->qname), dname_of(&f->name))
                                    : dname_equal(dname_of(&one->qname), dname_of(&f->name)))) {
        return false;
    }
    return (f->type == 0 || f->type == one->qtype) && !(f->udp && one->tcp) && !(f->tcp && !one->tcp) &&
           !(f->edns && !one->edns) && !(f->no_edns && one->edns);
}

static void read_filter(struct words *w, struct filter *f)
{
    *f = (struct filter){0};
    if (!words_accept(w, "total")) {
        f->to_given = true;
        f->to = words_addr(w);
    }
    for (;;) {
        if (words_accept(w, "name")) {
            f->name_given = true;
            words_name(w, NULL, &f->name);
        } else if (words_accept(w, "below")) {
            f->name_given = f->below = true;
            words_name(w, NULL, &f->name);
        } else if (words_accept(w, "type")) {
            f->type = words_type(w);
        } else if (words_accept(w, "udp")) {
            f->udp = true;
        } else if (words_accept(w, "tcp")) {
            f->tcp = true;
        } else if (words_accept(w, "edns")) {
            f->edns = true;
        } else if (words_accept(w, "no-edns")) {
            f->no_edns = true;
        } else {
            return;
        }
    }
}

void expect_sent(struct words *w, const struct sim *s, size_t since)
{
    struct filter f = {0};
    uint64_t got = 0;
    char text[128];
    bool nothing = words_accept(w, "nothing");

    if (!nothing) {
        read_filter(w, &f);
    }
    for (size_t i = since; i < s->sent_count; i++) {
        got += passes(&f, &s->sent[i]);
    }
    if (nothing ? got != 0 : !expect_compare(w, got, text, sizeof text)) {
        print_sent(s, since);
        words_fail(w, "sent: %s", nothing ? "something, though nothing was to be" : text);
    }
}

void expect_asked(struct words *w, const struct sim *s, size_t since)
{
    struct addr to = words_addr(w);
    size_t at = since;

    while (words_more(w) && !word_is(words_peek(w), "sent") && !word_is(words_peek(w), "asked")) {
        struct dname_buf name;
        words_name(w, NULL, &name);
        uint16_t type = words_type(w);
        while (at < s->sent_count && !addr_same_ip(&s->sent[at].to, &to)) {
            at++;
        }
        if (at == s->sent_count || s->sent[at].qtype != type ||
            !dname_equal(dname_of(&s->sent[at].qname), dname_of(&name))) {
            print_sent(s, since);
            words_fail(w, "other questions were asked");
        }
        at++;
    }
    for (; at < s->sent_count; at++) {
        if (addr_same_ip(&s->sent[at].to, &to)) {
            print_sent(s, since);
            words_fail(w, "more questions were asked");
        }
    }
}

static void want(const struct words *w, bool right, const char *what)
{
    if (!right) {
        words_fail(w, "cache: %s", what);
    }
}

static void expect_cut(struct words *w, struct sim *s, bool has)
{
    struct dname_buf buf, other;
    struct dname zone = words_name(w, NULL, &buf);
    struct cache_hit hit;
    bool found =
        cache_get_delegation(s->cache, zone, false, s->now, &hit) && dname_equal(delegation_zone(hit.delegation), zone);

    want(w, found == has, has ? "no such delegation" : "there is such a delegation");
    if (!has || words_at_piece(w)) {
        return;
    }
    unsigned n = 0;
    while (!words_at_piece(w)) {
        struct dname ns = words_name(w, NULL, &other);
        bool there = false;
        for (unsigned i = 0; i < hit.delegation->ns_count; i++) {
            there |= dname_equal(delegation_ns(hit.delegation, i), ns);
        }
        want(w, there, "the delegation has another NS");
        n++;
    }
    want(w, n == hit.delegation->ns_count, "the delegation has more NS");
}

/* cache has NAME TYPE [TTL] | lacks NAME TYPE | cut ZONE [NS...] | no-cut ZONE | nxdomain NAME | no-nxdomain NAME |
 * failure NAME TYPE | no-failure NAME TYPE */
void expect_cache(struct words *w, struct sim *s)
{
    struct word what = words_take(w, "what");
    struct dname_buf buf;
    struct cache_hit hit;

    sim_begin(s);
    if (word_is(what, "cut") || word_is(what, "no-cut")) {
        expect_cut(w, s, word_is(what, "cut"));
        return;
    }
    struct dname name = words_name(w, NULL, &buf);
    if (word_is(what, "nxdomain")) {
        want(w, cache_get_nxdomain(s->cache, name, s->now, &hit), "no NXDOMAIN");
    } else if (word_is(what, "no-nxdomain")) {
        want(w, !cache_get_nxdomain(s->cache, name, s->now, &hit), "there is an NXDOMAIN");
    } else if (word_is(what, "failure")) {
        want(w, cache_get_failure(s->cache, name, words_type(w), s->now, &hit), "no failure");
    } else if (word_is(what, "zone-failure")) {
        want(w, cache_get_failure(s->cache, name, 0, s->now, &hit), "no failure of the zone");
    } else if (word_is(what, "no-zone-failure")) {
        want(w, !cache_get_failure(s->cache, name, 0, s->now, &hit), "a failure of the zone");
    } else if (word_is(what, "no-failure")) {
        want(w, !cache_get_failure(s->cache, name, words_type(w), s->now, &hit), "there is a failure");
    } else if (word_is(what, "lacks")) {
        want(w, !cache_get(s->cache, name, words_type(w), s->now, &hit), "the set is there");
    } else if (word_is(what, "has")) {
        want(w, cache_get(s->cache, name, words_type(w), s->now, &hit), "the set is not there");
        if (!words_at_piece(w)) {
            want(w, hit.ttl_s == words_number(w), "the set has another TTL");
        }
    } else {
        words_fail(w, "cache what?");
    }
}

/* infra ADDR edns ok|none|unknown | lame ZONE | not-lame ZONE | timeouts CMP N | case-lost | case-fine */
void expect_infra(struct words *w, struct sim *s)
{
    struct addr a = words_addr(w);
    struct infra i;
    struct dname_buf zone;
    char text[128];

    sim_begin(s);
    infra_get(s->cache, &a, s->now, &i);
    if (words_accept(w, "edns")) {
        enum infra_edns e = words_accept(w, "ok")     ? INFRA_EDNS_OK
                            : words_accept(w, "none") ? INFRA_EDNS_NONE
                                                      : (words_accept(w, "unknown"), INFRA_EDNS_UNKNOWN);
        want(w, i.edns == e, "other word on EDNS");
    } else if (words_accept(w, "lame")) {
        want(w, infra_lame_get(s->cache, &a, words_name(w, NULL, &zone), s->now) != INFRA_NOT_LAME, "not lame");
    } else if (words_accept(w, "not-lame")) {
        want(w, infra_lame_get(s->cache, &a, words_name(w, NULL, &zone), s->now) == INFRA_NOT_LAME, "lame");
    } else if (words_accept(w, "timeouts")) {
        want(w, expect_compare(w, i.timeouts, text, sizeof text), text);
    } else if (words_accept(w, "case-lost")) {
        want(w, i.case_lost, "case is kept");
    } else if (words_accept(w, "case-fine")) {
        want(w, !i.case_lost, "case was lost");
    } else if (words_accept(w, "up")) {
        want(w, i.down_until_us == 0, "marked down");
    } else {
        words_fail(w, "infra what?");
    }
}

void expect_counter(struct words *w, const struct sim *s)
{
    const struct engine_counters *c = engine_counters(s->engine);
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {
#define X(name, text) {#name, c->name},
        ENGINE_COUNTERS(X)
#undef X
    };
    struct word name = words_take(w, "a counter");
    char text[128];

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (word_is(name, all[i].name)) {
            if (!expect_compare(w, all[i].value, text, sizeof text)) {
                words_fail(w, "counter %s: %s", all[i].name, text);
            }
            return;
        }
    }
    words_fail(w, "no such counter: %.*s", (int)name.len, name.text);
}
