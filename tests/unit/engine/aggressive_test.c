/*
 * Answers made from proofs that came with other answers: held against what the zone's own server says, for every name
 * and type of a small zone with all that is awkward in it; then what random names cost.
 */
#include "resolver/engine/aggressive.h"

#include "awkward.h"
#include "chains.h"
#include "names.h"

#include <stdio.h>

static const struct now start = {.mono_us = 1000 * US_PER_S, .wall_s = 1767225600};

struct shelf {
    struct cache *cache;
    struct arena arena;
    struct dnssec_work work;
    struct outcome out;
    struct dname_buf end;
};

static int setup(void **state)
{
    static struct shelf s;
    struct cache_config config = {
        .size_bytes = 32u << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600, .hash_key = {1, 2, 3}};
    cache_thread_begin();
    s = (struct shelf){.cache = cache_new(&config)};
    arena_init(&s.arena, NULL, 0, 1u << 20);
    *state = &s;
    return s.cache != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    bool good = cache_check(s->cache);
    cache_quiescent();
    cache_free(s->cache);
    cache_thread_end();
    arena_release(&s->arena);
    return good ? 0 : -1;
}

static enum known look(struct shelf *s, struct dname qname, uint16_t qtype, unsigned least_labels, struct now now)
{
    arena_clear(&s->arena);
    s->work = (struct dnssec_work){0};
    struct aggressive a = {.cache = s->cache, .arena = &s->arena, .work = &s->work, .least_labels = least_labels};
    return aggressive_lookup(&a, qname, qtype, now, &s->out, &s->end);
}

static void fail_at(struct dname qname, uint16_t qtype, const char *why)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    dname_print(qname, name);
    fail_msg("%s %s: %s", name, dns_type_text(qtype, type), why);
}

/* ---- what is made agrees with the server ---- */

static void agree_on_data(const struct shelf *s, const struct lookup *truth, struct dname qname, uint16_t qtype)
{
    if (truth->answers == 0 || s->out.answers != 1 || s->out.rcode != DNS_RCODE_NOERROR ||
        !rrset_same_data(s->out.answer[0].set, truth->answer[0].set) ||
        !dname_equal(rrset_owner(s->out.answer[0].set), qname)) {
        fail_at(qname, qtype, "other data than the server's");
    }
    assert_int_equal(s->out.authorities, 1); /* that nothing closer exists, and no SOA */
}

static void agree(const struct shelf *s, enum known known, const struct lookup *truth, struct dname qname,
                  uint16_t qtype)
{
    bool made = known == KNOWN_ALL && s->out.answers == 0;
    uint16_t rcode = s->out.rcode;
    switch (truth->kind) {
    case LOOKUP_NXDOMAIN:
        if (truth->answers == 0 && !(made && rcode == DNS_RCODE_NXDOMAIN)) {
            fail_at(qname, qtype, "is NXDOMAIN");
        }
        break;
    case LOOKUP_NODATA:
        if (truth->answers == 0 && !(made && rcode == DNS_RCODE_NOERROR)) {
            fail_at(qname, qtype, "is NODATA");
        }
        break;
    case LOOKUP_REFERRAL:
        fail_at(qname, qtype, "lies below a cut");
        break;
    default:
        agree_on_data(s, truth, qname, qtype);
        if ((known == KNOWN_PART) != (s->out.answer[0].set->type == DNS_TYPE_CNAME && qtype != DNS_TYPE_CNAME)) {
            fail_at(qname, qtype, "an alias or none");
        }
    }
    if (s->out.security != SEC_SECURE || s->out.ede != DNS_EDE_SYNTHESIZED || s->out.authorities == 0) {
        fail_at(qname, qtype, "is not shown to be proven");
    }
}

/* ---- a small zone with all that is awkward ---- */

static const char awkward[] = AWKWARD_ZONE "zz A 192.0.2.8\n";

static const char *const labels[] = {"*",   "a",     "alias", "b",    "c",    "ent",  "m",      "ns",
                                     "old", "other", "q0",    "safe", "stop", "sub",  "walias", "wild",
                                     "ww",  "www",   "x",     "zz",   "zzz",  "\\000"};
static const uint16_t types[] = {DNS_TYPE_A,  DNS_TYPE_TXT, DNS_TYPE_DS, DNS_TYPE_CNAME,
                                 DNS_TYPE_NS, DNS_TYPE_SOA, DNS_TYPE_ANY};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

typedef void each_name(void *arg, struct dname name);

/* The apex and all names of one or two of the labels below it, and every eleventh of three. */
static void for_each_name(each_name *visit, void *arg)
{
    size_t n = COUNT(labels);
    visit(arg, NAME("example."));
    for (size_t i = 0; i < n + n * n + n * n * n; i += i < n + n * n ? 1 : 11) {
        char text[200];
        if (i < n) {
            snprintf(text, sizeof text, "%s.example.", labels[i]);
        } else if (i < n + n * n) {
            snprintf(text, sizeof text, "%s.%s.example.", labels[(i - n) / n], labels[i % n]);
        } else {
            size_t k = i - n - n * n;
            snprintf(text, sizeof text, "%s.%s.%s.example.", labels[k / n / n], labels[k / n % n], labels[k % n]);
        }
        struct dname_buf buf;
        visit(arg, name_in(text, &buf));
    }
}

struct trial {
    struct shelf *s;
    struct chain_zone *zone;
    bool complete; /* all is known: what is denied must be denied here */
    size_t made, nothing;
};

/* A wildcard's data that came with an answer is known as well. */
static bool must_be_made(const struct lookup *truth, uint16_t qtype)
{
    return (truth->kind == LOOKUP_NXDOMAIN || truth->kind == LOOKUP_NODATA) && truth->answers == 0 &&
           qtype != DNS_TYPE_ANY;
}

static void try_name(void *arg, struct dname name)
{
    struct trial *t = arg;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct lookup truth;
        zone_lookup(t->zone->zone, name, types[i], true, &truth);
        bool at_apex = types[i] == DNS_TYPE_DS && name.labels == 1;
        enum known known = look(t->s, name, types[i], 0, start);
        if (known != KNOWN_NOTHING) {
            t->made++;
            agree(t->s, known, &truth, name, types[i]);
            assert_false(at_apex);
        } else {
            t->nothing++;
            if (t->complete && must_be_made(&truth, types[i]) && !at_apex) {
                fail_at(name, types[i], "could have been told");
            }
        }
    }
}

static void everything_known(void **state)
{
    struct shelf *s = *state;
    static const struct {
        enum chain_kind kind;
        unsigned iterations;
    } rows[] = {{CHAIN_NSEC, 0}, {CHAIN_NSEC3, 0}, {CHAIN_NSEC3, 50}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lookup truth;
        struct trial t = {.s = s, .zone = chain_make("example.", awkward, rows[i].kind, rows[i].iterations)};
        chain_learn_all(s->cache, t.zone, start);
        t.complete = true;
        for_each_name(try_name, &t);
        size_t without = t.made;
        chain_ask(s->cache, t.zone, NAME("q0.wild.example."), DNS_TYPE_A, start, &truth);
        chain_ask(s->cache, t.zone, NAME("q0.walias.example."), DNS_TYPE_A, start, &truth);
        t.made = 0;
        for_each_name(try_name, &t);
        assert_true(t.made > without + 100); /* the wildcards' data */
        chain_free(t.zone);
        cache_flush(s->cache, NAME("*.wild.example."), 0);
        cache_flush(s->cache, NAME("*.walias.example."), 0);
    }
}

/* With only a part of the spans there are fewer answers, and none is wrong. */
static void a_part_known(void **state)
{
    struct shelf *s = *state;
    static const enum chain_kind kinds[] = {CHAIN_NSEC, CHAIN_NSEC3};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct trial t = {.s = s, .zone = chain_make("example.", awkward, kinds[i], 1)};
        static const char *const asked[] = {"m.example.", "q0.wild.example.", "b.c.example.", "sub.example.",
                                            "q.q.q.example."};
        size_t before = 0;
        for (size_t k = 0; k < COUNT(asked); k++) {
            struct lookup truth;
            chain_ask(s->cache, t.zone, NAME(asked[k]), DNS_TYPE_A, start, &truth);
            t.made = t.nothing = 0;
            for_each_name(try_name, &t);
            assert_true(t.made >= before && t.nothing > 0);
            before = t.made;
        }
        assert_true(before > 0);
        chain_free(t.zone);
        denial_forget(s->cache, NAME("example."), true);
    }
}

/* RFC 8198 section 5.2: opt-out spans leave out names that exist. */
static void opt_out_denies_nothing(void **state)
{
    struct shelf *s = *state;
    struct trial t = {.s = s, .zone = chain_make("example.", awkward, CHAIN_OPT_OUT, 0)};
    chain_learn_all(s->cache, t.zone, start);
    for_each_name(try_name, &t);
    assert_true(t.made == 0 && t.nothing > 0);
    chain_free(t.zone);
}

/* T101: the zone changes its chain, and in the end has none. */
static void chain_changes(void **state)
{
    struct shelf *s = *state;
    struct chain_zone *nsec = chain_make("example.", awkward, CHAIN_NSEC, 0);
    struct chain_zone *nsec3 = chain_make("example.", awkward, CHAIN_NSEC3, 3);
    struct chain_zone *rehashed = chain_make("example.", awkward, CHAIN_NSEC3, 4);
    struct chain_zone *const steps[] = {nsec, nsec3, rehashed, nsec, rehashed};
    struct lookup truth;
    for (size_t i = 0; i < COUNT(steps); i++) {
        chain_learn_all(s->cache, steps[i], start);
        struct cache_stats stats;
        cache_stats(s->cache, &stats);
        assert_int_equal(stats.spans, steps[i]->owners);
        struct trial t = {.s = s, .zone = steps[i], .complete = true};
        for_each_name(try_name, &t);
        /* One record of the next chain ends this one. */
        struct chain_zone *next = steps[(i + 1) % COUNT(steps)];
        chain_ask(s->cache, next, NAME("example."), DNS_TYPE_TXT, start, &truth);
        cache_stats(s->cache, &stats);
        assert_int_equal(stats.spans, next == steps[i] ? next->owners : 1);
    }
    assert_true(denial_forget(s->cache, NAME("example."), false) > 0);
    assert_int_equal(look(s, NAME("q0.example."), DNS_TYPE_A, 0, start), KNOWN_NOTHING);
    chain_free(nsec);
    chain_free(nsec3);
    chain_free(rehashed);
}

/* A DS is the parent's to deny, though spans of the child are known (RFC 4035 section 3.1.4.1). */
static void parent_denies_ds(void **state)
{
    struct shelf *s = *state;
    static const enum chain_kind kinds[] = {CHAIN_NSEC, CHAIN_NSEC3};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct chain_zone *parent = chain_make("example.", awkward, kinds[i], 0);
        struct chain_zone *child = chain_make("sub.example.", awkward, kinds[i], 0);
        chain_learn_all(s->cache, parent, start);
        chain_learn_all(s->cache, child, start);
        assert_int_equal(look(s, NAME("sub.example."), DNS_TYPE_DS, 0, start), KNOWN_ALL);
        assert_int_equal(s->out.rcode, DNS_RCODE_NOERROR);
        assert_true(dname_equal(rrset_owner(s->out.authority[0].set), NAME("example.")));
        assert_int_equal(look(s, NAME("sub.example."), DNS_TYPE_TXT, 0, start), KNOWN_ALL);
        assert_true(dname_equal(rrset_owner(s->out.authority[0].set), NAME("sub.example.")));
        chain_free(parent);
        chain_free(child);
    }
}

static void ends_and_limits(void **state)
{
    struct shelf *s = *state;
    struct chain_zone *z = chain_make("example.", awkward, CHAIN_NSEC3, 50);
    chain_learn_all(s->cache, z, start);
    static const struct {
        unsigned later_s, least;
        enum known known;
        uint32_t ttl_s;
    } rows[] = {
        {0, 0, KNOWN_ALL, 300}, {299, 0, KNOWN_ALL, 1},   {300, 0, KNOWN_NOTHING, 0}, /* RFC 9077: MINIMUM is 300 */
        {0, 1, KNOWN_ALL, 300}, {0, 2, KNOWN_NOTHING, 0}, /* something nearer is configured */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct now now = {.mono_us = start.mono_us + rows[i].later_s * US_PER_S};
        assert_int_equal(look(s, NAME("q0.example."), DNS_TYPE_A, rows[i].least, now), rows[i].known);
        for (unsigned k = 0; rows[i].ttl_s > 0 && k < s->out.authorities; k++) {
            assert_int_equal(s->out.authority[k].ttl_s, rows[i].ttl_s);
        }
    }
    /* T60: 120 labels cost no more than a few hashes, and none when the query has hashed much already. */
    char deep[300] = "";
    for (unsigned i = 0; i < 120; i++) {
        strcat(deep, "a.");
    }
    strcat(deep, "example.");
    assert_int_equal(look(s, NAME(deep), DNS_TYPE_A, 0, start), KNOWN_ALL);
    assert_in_range(s->work.hashes, 1, 2 * AGGRESSIVE_HASHES_MAX + 4);
    struct aggressive a = {.cache = s->cache, .arena = &s->arena, .work = &s->work};
    s->work.hashes = DNSSEC_HASHES_MAX / 2 + 1;
    assert_int_equal(aggressive_lookup(&a, NAME(deep), DNS_TYPE_A, start, &s->out, &s->end), KNOWN_NOTHING);
    assert_int_equal(s->work.hashes, DNSSEC_HASHES_MAX / 2 + 1);
    chain_free(z);
}

/* Names that exist all the way down: the search gives up after eight. */
static void deep_names_give_up(void **state)
{
    struct shelf *s = *state;
    char text[1000] = "@ SOA ns admin 1 2 3 4 300\n@ NS ns\nns A 192.0.2.1\n";
    for (unsigned i = 0; i < 30; i++) {
        strcat(text, i == 0 ? "a" : ".a");
    }
    strcat(text, " A 192.0.2.1\n");
    struct chain_zone *z = chain_make("example.", text, CHAIN_NSEC3, 50);
    chain_learn_all(s->cache, z, start);
    char deep[100] = "b.";
    for (unsigned i = 0; i < 30; i++) {
        strcat(deep, "a.");
    }
    strcat(deep, "example.");
    assert_int_equal(look(s, NAME(deep), DNS_TYPE_A, 0, start), KNOWN_NOTHING);
    assert_int_equal(s->work.hashes, AGGRESSIVE_HASHES_MAX);
    chain_free(z);
}

/* T72: a wildcard's data that was not validated makes no answer; nor does one that failed. */
static void only_secure_wildcards(void **state)
{
    struct shelf *s = *state;
    struct chain_zone *z = chain_make("example.", awkward, CHAIN_NSEC, 0);
    const struct rrset *wild = zone_find(z->zone, NAME("*.wild.example."), DNS_TYPE_A);
    chain_learn_all(s->cache, z, start);
    static const enum cache_security rows[] = {SEC_BOGUS, SEC_UNCHECKED, SEC_INSECURE, SEC_SECURE};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cache_origin o = {.rank = RANK_AUTH_ANSWER, .security = rows[i]};
        assert_int_equal(cache_put_rrset(s->cache, wild, &o, start), CACHE_STORED);
        assert_int_equal(look(s, NAME("q0.wild.example."), DNS_TYPE_A, 0, start),
                         rows[i] == SEC_SECURE ? KNOWN_ALL : KNOWN_NOTHING);
    }
    chain_free(z);
}

/* ---- what random names cost ---- */

#define FLOOD_NAMES 500
#define FLOOD_ASKED 100000

static char *flood_zone(void)
{
    static char text[64 * FLOOD_NAMES];
    struct text t = text_of(text, sizeof text);
    text_add(&t, "@ SOA ns admin 1 2 3 4 300\n@ NS ns\nns A 192.0.2.1\n");
    uint32_t x = 12345;
    for (unsigned i = 0; i < FLOOD_NAMES - 2; i++) {
        x = x * 1664525 + 1013904223;
        text_addf(&t, "%c%c%u A 192.0.2.1\n", (int)('a' + x % 26), (int)('a' + (x >> 8) % 26), i);
    }
    return text;
}

static void flood(struct shelf *s, enum chain_kind kind, unsigned iterations)
{
    struct chain_zone *z = chain_make("example.", flood_zone(), kind, iterations);
    uint64_t x = 42;
    unsigned asked = 0;
    assert_int_equal(z->owners, FLOOD_NAMES);
    for (unsigned i = 0; i < FLOOD_ASKED; i++) {
        char text[60];
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        snprintf(text, sizeof text, "%c%c%x.example.", (int)('a' + (x >> 60) + (x >> 57 & 7)),
                 (int)('a' + (x >> 40) % 26), (unsigned)(x >> 20));
        struct lookup truth;
        struct dname_buf buf;
        struct dname name = name_in(text, &buf);
        enum known known = look(s, name, DNS_TYPE_A, 0, start);
        if (known == KNOWN_NOTHING) {
            asked++;
            chain_ask(s->cache, z, name, DNS_TYPE_A, start, &truth);
            assert_int_equal(truth.kind, LOOKUP_NXDOMAIN);
        } else {
            assert_int_equal(s->out.rcode, DNS_RCODE_NXDOMAIN);
        }
    }
    print_message("%u random names, %zu spans, %u iterations: %u questions, %.3f %%\n", FLOOD_ASKED, z->owners,
                  iterations, asked, 100.0 * asked / FLOOD_ASKED);
    assert_true(asked <= z->owners); /* each question brings one span at least */
    assert_true(asked * 100 <= FLOOD_ASKED);
    chain_free(z);
}

static void flood_of_nsec(void **state)
{
    flood(*state, CHAIN_NSEC, 0);
}

static void flood_of_nsec3(void **state)
{
    flood(*state, CHAIN_NSEC3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_known, setup, teardown),
        cmocka_unit_test_setup_teardown(a_part_known, setup, teardown),
        cmocka_unit_test_setup_teardown(opt_out_denies_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(chain_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(parent_denies_ds, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_and_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_names_give_up, setup, teardown),
        cmocka_unit_test_setup_teardown(only_secure_wildcards, setup, teardown),
        cmocka_unit_test_setup_teardown(flood_of_nsec, setup, teardown),
        cmocka_unit_test_setup_teardown(flood_of_nsec3, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
