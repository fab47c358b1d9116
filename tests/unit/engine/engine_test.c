/*
 * engine_test.c - the door of the engine, as a host that does not behave well may use it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dns/build.h"
#include "dns/types.h"
#include "resolver/engine/cost.h"
#include "resolver/engine/engine.h"

struct bed {
    struct engine_settings set;
    struct cache *cache;
    struct engine *engine;
    struct rng_seeded rng;
    struct arena arena;
    struct now now;
};

static int setup(void **state)
{
    static struct bed bed;
    static struct delegation_builder hints; /* big */
    struct cache_config config = {.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    const uint8_t ip[4] = {192, 0, 2, 1};
    struct addr root = addr_ip4(ip, 0);
    struct dname_buf ns;

    memset(&bed, 0, sizeof bed);
    arena_init(&bed.arena, NULL, 0, 1 << 20);
    delegation_begin(&hints, dname_root(), DELEGATION_HINTS, 3600);
    dname_scan("ns.", 3, NULL, &ns);
    delegation_add_addr(&hints, delegation_add_ns(&hints, dname_of(&ns)), &root);
    bed.set = (struct engine_settings){.ipv4 = true,
                                       .port = 53,
                                       .edns_size = 1232,
                                       .answer_udp_max = 1232,
                                       .max_ttl_s = 86400,
                                       .root_hints = delegation_pack(&hints, &bed.arena)};
    bed.now = (struct now){.mono_us = 1000000};
    rng_seeded_init(&bed.rng, 1);
    cache_thread_begin();
    bed.cache = cache_new(&config);
    bed.engine = engine_new(&bed.set, bed.cache, &bed.rng.rng);
    assert_non_null(bed.engine);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    struct bed *bed = *state;

    engine_free(bed->engine);
    cache_free(bed->cache);
    cache_thread_end();
    arena_release(&bed->arena);
    return 0;
}

static void ask(struct bed *bed, const char *name, uint64_t client)
{
    struct request request = {.id = 1, .flags = DNS_FLAG_RD, .qtype = DNS_TYPE_A, .qclass = DNS_CLASS_IN, .limit = 512};
    struct event ev = {.kind = EV_QUERY};

    assert_int_equal(dname_scan(name, strlen(name), NULL, &request.qname), DNS_OK);
    ev.query.request = &request;
    ev.query.client.id = client;
    ev.query.client.word[10] = client * 7;
    engine_push(bed->engine, &ev, bed->now);
}

/* What the root says to the last question: no such name, or (rcode -1) nothing that could be read. */
static void answer(struct bed *bed, const struct action *sent, int rcode)
{
    struct build b;
    struct dns_msg q;
    uint8_t out[512], rdata[22] = {0};
    struct event ev = {.kind = EV_REPLY, .exchange = sent->exchange};

    rdata[21] = 60;
    assert_int_equal(dns_query_parse(sent->wire, sent->len, &q), DNS_OK);
    build_init(&b, out, sizeof out, q.id, DNS_FLAG_QR | DNS_FLAG_AA | (uint16_t)rcode, 0);
    build_question(&b, q.qname, q.qtype, q.qclass);
    build_rr(&b, DNS_AUTHORITY, dname_root(), DNS_TYPE_SOA, DNS_CLASS_IN, 60, rdata, sizeof rdata);
    ev.reply.data = out;
    ev.reply.len = build_finish(&b, NULL);
    engine_push(bed->engine, &ev, bed->now);
}

/* The next action of this kind; others are passed over. */
static bool next(struct bed *bed, enum action_kind kind, struct action *out)
{
    while (engine_pull(bed->engine, out)) {
        if (out->kind == kind) {
            return true;
        }
    }
    return false;
}

/* The question about a name; the priming question goes elsewhere. */
static void next_question(struct bed *bed, struct action *out)
{
    do {
        assert_true(next(bed, ACT_SEND, out));
    } while (out->wire[DNS_HEADER_SIZE] == 0);
}

static void client_words_come_back(void **state)
{
    struct bed *bed = *state;
    struct action a, got;

    ask(bed, "nope.", 1);
    next_question(bed, &a);
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
    assert_true(next(bed, ACT_ANSWER, &got));
    assert_int_equal(got.client.id, 1);
    assert_int_equal(got.client.word[10], 7);
    assert_int_equal(got.rcode, DNS_RCODE_NXDOMAIN);
    assert_int_equal(got.len > DNS_HEADER_SIZE, 1);
}

/* The client leaves between the push that made its answer and the pull that would have handed it out. */
static void gone_before_the_pull(void **state)
{
    struct bed *bed = *state;
    struct action a, got;
    struct event ev = {.kind = EV_GONE};

    ask(bed, "nope.", 1);
    ask(bed, "NOPE.", 2);
    next_question(bed, &a);
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
    ev.gone = 1;
    engine_push(bed->engine, &ev, bed->now);
    assert_true(next(bed, ACT_ANSWER, &got));
    assert_int_equal(got.client.id, 2);
    assert_false(next(bed, ACT_ANSWER, &got));
    engine_push(bed->engine, &ev, bed->now); /* once more: unknown by now */
    assert_false(next(bed, ACT_ANSWER, &got));
}

/* A question that is not to be begun joins one that is under way, or fails and says why; what it costs is told once, to
 * who began it. */
static void only_joins(void **state)
{
    struct bed *bed = *state;
    struct action a, got;
    struct event ev = {.kind = EV_QUERY, .query = {.flags = QUERY_JOIN}};
    struct request request = {.id = 4, .flags = DNS_FLAG_RD, .qtype = DNS_TYPE_A, .qclass = DNS_CLASS_IN, .limit = 512};

    dname_scan("other.", 6, NULL, &request.qname);
    ev.query.request = &request;
    ev.query.client.id = 1;
    engine_push(bed->engine, &ev, bed->now);
    assert_true(next(bed, ACT_ANSWER, &got));
    assert_int_equal(got.failure, FAIL_SHARE);
    assert_int_equal(got.rcode, DNS_RCODE_SERVFAIL);
    assert_non_null(got.journal);
    assert_int_equal(got.cost_us, COST_QUERY_US);
    assert_int_equal(engine_counters(bed->engine)->sends_udp, 0);

    ask(bed, "nope.", 2);
    assert_int_equal(engine_places(bed->engine), 1);
    assert_true(engine_places_max() > 1);
    dname_scan("nope.", 5, NULL, &request.qname);
    ev.query.client.id = 3;
    engine_push(bed->engine, &ev, bed->now);
    next_question(bed, &a);
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
    for (uint64_t id = 2; id <= 3; id++) {
        assert_true(next(bed, ACT_ANSWER, &got));
        assert_int_equal(got.client.id, id);
        assert_int_equal(got.failure, FAIL_NONE);
        assert_int_equal(got.cost_us, id == 2 ? COST_QUERY_US + COST_SEND_US : 0);
    }
    /* It is not remembered: the next one may be begun. */
    ask(bed, "other.", 5);
    next_question(bed, &a);
    assert_int_equal(engine_places(bed->engine), 1);
}

/* Several pushes before a pull: nothing is lost, and a question that is over before it left is not sent at all. */
static void pulls_late(void **state)
{
    struct bed *bed = *state;
    struct action a;
    unsigned answers = 0, sends = 0;

    ask(bed, "a.", 1);
    ask(bed, "b.", 2);
    ask(bed, "c.", 3);
    while (engine_deadline(bed->engine) != UINT64_MAX) {
        bed->now.mono_us = engine_deadline(bed->engine);
        engine_push(bed->engine, NULL, bed->now);
    }
    while (engine_pull(bed->engine, &a)) {
        answers += a.kind == ACT_ANSWER;
        sends += a.kind == ACT_SEND;
    }
    assert_int_equal(answers, 3);
    assert_int_equal(sends, 0);
}

static void old_exchanges_are_nobodys(void **state)
{
    struct bed *bed = *state;
    struct action a, got;
    struct event ev = {.kind = EV_UNREACHABLE};

    ask(bed, "nope.", 1);
    next_question(bed, &a);
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
    assert_true(next(bed, ACT_ANSWER, &got));
    ev.exchange = a.exchange;
    engine_push(bed->engine, &ev, bed->now);
    ev.exchange.index = 4000000000u;
    engine_push(bed->engine, &ev, bed->now);
    while (engine_pull(bed->engine, &got)) {
        assert_int_not_equal(got.kind, ACT_ANSWER);
    }
    assert_int_equal(engine_counters(bed->engine)->unreachable, 0);
}

static void count_row(void *arg, const struct engine_inflight *row)
{
    unsigned *rows = arg;

    ++*rows;
    assert_string_equal(row->state, "wait-reply");
    assert_int_equal(row->server.family, ADDR_IP4);
    assert_int_equal(row->age_ms, 100);
}

static void shows_what_is_under_way(void **state)
{
    struct bed *bed = *state;
    struct action a;
    unsigned rows = 0;

    ask(bed, "a.", 1);
    while (engine_pull(bed->engine, &a)) {
    }
    bed->now.mono_us += 100 * US_PER_MS;
    engine_inflight(bed->engine, bed->now, count_row, &rows);
    assert_int_equal(rows, 2); /* and the priming */
}

/* Memory is given back in the midst of work: what is under way goes on, and a reply to a question of before is
 * nobody's. */
static void trims(void **state)
{
    struct bed *bed = *state;
    struct action old, a;
    struct event gone = {.kind = EV_GONE, .gone = 2};
    uint8_t wire[512];

    ask(bed, "nope.", 1);
    next_question(bed, &old);
    assert_true(old.len <= sizeof wire);
    memcpy(wire, old.wire, old.len);
    old.wire = wire;
    for (unsigned i = 0; i < 50; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%u.", i);
        ask(bed, name, 2);
        next_question(bed, &a);
        engine_push(bed->engine, &gone, bed->now);
        answer(bed, &a, DNS_RCODE_NXDOMAIN);
        while (engine_pull(bed->engine, &a)) {
        }
        if (i % 10 == 9) {
            engine_trim(bed->engine);
        }
    }
    answer(bed, &old, DNS_RCODE_NXDOMAIN);
    unsigned answers = 0;
    while (engine_pull(bed->engine, &a)) {
        answers += a.kind == ACT_ANSWER && a.client.id == 1;
    }
    assert_int_equal(answers, 1);
    engine_trim(bed->engine);
    ask(bed, "again.", 3);
    next_question(bed, &a);
    assert_int_not_equal(a.exchange.generation, old.exchange.generation); /* whatever its number */
    answer(bed, &old, DNS_RCODE_NXDOMAIN);
    while (engine_pull(bed->engine, &a)) {
        assert_int_not_equal(a.kind, ACT_ANSWER);
    }
}

/* Ended with work under way and answers not pulled: nothing leaks. */
static void ends_in_the_midst(void **state)
{
    struct bed *bed = *state;
    struct action a;

    ask(bed, "nope.", 1);
    next_question(bed, &a);
    ask(bed, "other.", 2);
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
}

static void learn(struct bed *bed, const char *owner, uint16_t type, const uint8_t *data, uint16_t n)
{
    const struct rdata_ref rr = {.data = data, .len = n};
    const struct cache_origin origin = {.rank = RANK_AUTH_ANSWER};
    struct dname_buf name;
    struct rrset *set;

    assert_int_equal(dname_scan(owner, strlen(owner), NULL, &name), DNS_OK);
    assert_int_equal(rrset_make(dname_of(&name), type, 300, &rr, 1, &bed->arena, &set), DNS_OK);
    assert_int_equal(cache_put_rrset(bed->cache, set, &origin, bed->now), CACHE_STORED);
}

static void ask_unknown(struct bed *bed, const char *name, uint64_t client)
{
    struct request request = {.id = 1, .flags = DNS_FLAG_RD, .qtype = DNS_TYPE_A, .qclass = DNS_CLASS_IN, .limit = 512};
    struct event ev = {.kind = EV_QUERY, .query = {.flags = QUERY_UNKNOWN}};

    assert_int_equal(dname_scan(name, strlen(name), NULL, &request.qname), DNS_OK);
    ev.query.request = &request;
    ev.query.client.id = client;
    engine_push(bed->engine, &ev, bed->now);
}

/* QUERY_UNKNOWN: the host has looked, so the engine does not look for the name once more. */
static void unknown_is_not_looked_up(void **state)
{
    struct bed *bed = *state;
    struct action a;

    learn(bed, "known.", DNS_TYPE_A, (const uint8_t[]){192, 0, 2, 7}, 4);
    ask(bed, "known.", 1);
    assert_true(next(bed, ACT_ANSWER, &a));
    assert_int_equal(engine_counters(bed->engine)->sends_udp, 0);
    ask_unknown(bed, "known.", 2);
    next_question(bed, &a);
    ask_unknown(bed, "known.", 3); /* joins, like any other */
    answer(bed, &a, DNS_RCODE_NXDOMAIN);
    assert_true(next(bed, ACT_ANSWER, &a));
    assert_int_equal(a.rcode, DNS_RCODE_NXDOMAIN);
    assert_true(next(bed, ACT_ANSWER, &a));
    assert_int_equal(engine_counters(bed->engine)->joined, 1);
}

/* It is said of the name asked, not of where an alias leads. */
static void unknown_alias_to_the_known(void **state)
{
    struct bed *bed = *state;
    struct action a;
    struct build b;
    struct dns_msg q;
    uint8_t out[512];
    const uint8_t target[] = {5, 'k', 'n', 'o', 'w', 'n', 0};

    learn(bed, "known.", DNS_TYPE_A, (const uint8_t[]){192, 0, 2, 7}, 4);
    ask_unknown(bed, "alias.", 1);
    next_question(bed, &a);
    assert_int_equal(dns_query_parse(a.wire, a.len, &q), DNS_OK);
    build_init(&b, out, sizeof out, q.id, DNS_FLAG_QR | DNS_FLAG_AA, 0);
    build_question(&b, q.qname, q.qtype, q.qclass);
    build_rr(&b, DNS_ANSWER, q.qname, DNS_TYPE_CNAME, DNS_CLASS_IN, 60, target, sizeof target);
    struct event ev = {.kind = EV_REPLY, .exchange = a.exchange, .reply = {.data = out, .len = build_finish(&b, NULL)}};
    uint64_t before = engine_counters(bed->engine)->sends_udp;
    engine_push(bed->engine, &ev, bed->now);
    assert_true(next(bed, ACT_ANSWER, &a));
    assert_int_equal(a.rcode, DNS_RCODE_NOERROR);
    assert_int_equal(engine_counters(bed->engine)->sends_udp, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(client_words_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(gone_before_the_pull, setup, teardown),
        cmocka_unit_test_setup_teardown(only_joins, setup, teardown),
        cmocka_unit_test_setup_teardown(pulls_late, setup, teardown),
        cmocka_unit_test_setup_teardown(old_exchanges_are_nobodys, setup, teardown),
        cmocka_unit_test_setup_teardown(shows_what_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(trims, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_in_the_midst, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_is_not_looked_up, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_alias_to_the_known, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
