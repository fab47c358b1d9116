/*
 * rate_test.c - how many answers a second a network gets over UDP
 */
#include "resolver/front/rate.h"

#include "support.h"

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

#define YAML(rates) "access: {allow: [\"0.0.0.0/0\"]}\nrate-limit: {" rates "}\n"

static const uint8_t key[SIPHASH_KEY_SIZE] = "a key for tests";
static const struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};

struct bench {
    struct rate rate;
    struct world *world;
    struct now now;
    struct addr client;
    struct rate_slip slip;
    unsigned whole, slipped, none;
};

static void bench_begin(struct bench *b, const char *yaml, const char *client)
{
    *b = (struct bench){.world = desk_world(yaml), .now = noon};
    rate_init(&b->rate, meter_new(RATE_HALF_LIFE_MS, key), b->world);
    assert_true(addr_scan(client, 4000, &b->client));
}

static void bench_end(struct bench *b)
{
    meter_free(b->rate.meter);
    world_free(b->world);
}

/* An answer of this kind to a question for www.example.com. A. */
static size_t answer_wire(enum rate_kind kind, const struct edns_out *edns, uint8_t out[static 512])
{
    static const uint16_t rcodes[] = {[RATE_NXDOMAIN] = DNS_RCODE_NXDOMAIN, [RATE_ERRORS] = DNS_RCODE_SERVFAIL};
    static const uint8_t address[4] = {192, 0, 2, 1};
    struct build b;
    struct dname_buf buf;
    uint16_t rcode = kind == RATE_NXDOMAIN || kind == RATE_ERRORS ? rcodes[kind] : 0;
    build_init(&b, out, 512, 0x4711, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | rcode, edns != NULL ? DNS_RR_MIN : 0);
    assert_true(build_question(&b, desk_name("www.example.com.", &buf), DNS_TYPE_A, DNS_CLASS_IN));
    if (kind == RATE_ANSWERS) {
        assert_true(
            build_rr(&b, DNS_ANSWER, desk_name("www.example.com.", &buf), DNS_TYPE_A, DNS_CLASS_IN, 300, address, 4));
    }
    size_t n = build_finish(&b, edns);
    assert_int_equal(rate_kind_of(out), kind);
    return n;
}

static void answer(struct bench *b, enum rate_kind kind)
{
    uint8_t wire[512];
    size_t n = answer_wire(kind, &opt, wire);
    enum rate_verdict verdict = rate_answer(&b->rate, &b->client, wire, n, &b->slip, b->now);
    b->whole += verdict == RATE_SEND || verdict == RATE_SEND_OVER;
    b->none += verdict == RATE_WITHHOLD;
    b->slipped += verdict == RATE_SLIP;
}

/* So many a second, evenly, for so many seconds. */
static void answers(struct bench *b, enum rate_kind kind, unsigned rate, unsigned seconds)
{
    b->whole = b->slipped = b->none = 0;
    for (unsigned i = 0; i < rate * seconds; i++) {
        answer(b, kind);
        b->now.mono_us += US_PER_S / rate;
    }
}

static void test_rates(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum rate_kind kind;
        unsigned rate, least, most; /* whole answers of ten seconds */
    } rows[] = {
        {YAML(""), RATE_ANSWERS, 5000, 50000, 50000},
        {YAML("answers: 100"), RATE_ANSWERS, 80, 800, 800},
        {YAML("answers: 100"), RATE_ANSWERS, 2000, 1000, 1150},
        {YAML("answers: 1"), RATE_ANSWERS, 100, 7, 12},
        {YAML("answers: 100"), RATE_NXDOMAIN, 2000, 20000, 20000},
        {YAML("nxdomain: 100"), RATE_NXDOMAIN, 2000, 1000, 1150},
        {YAML("nodata: 100"), RATE_NODATA, 2000, 1000, 1150},
        {YAML("errors: 100"), RATE_ERRORS, 2000, 1000, 1150},
        {YAML("errors: 100, log-only: true"), RATE_ERRORS, 2000, 20000, 20000},
        {YAML("answers: 100, exempt: [\"192.0.2.0/25\"]"), RATE_ANSWERS, 2000, 20000, 20000},
        {YAML("answers: 100, exempt: [\"192.0.2.128/25\"]"), RATE_ANSWERS, 2000, 1000, 1150},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench b;
        bench_begin(&b, rows[i].yaml, "192.0.2.1");
        answers(&b, rows[i].kind, rows[i].rate, 10);
        if (b.whole < rows[i].least || b.whole > rows[i].most) {
            fail_msg("row %zu: %u whole, %u truncated, %u withheld", i, b.whole, b.slipped, b.none);
        }
        bool limited = rows[i].most < rows[i].rate * 10 || strstr(rows[i].yaml, "log-only") != NULL;
        assert_int_equal(b.rate.limited > 0, limited);
        assert_int_equal(b.rate.limited, limited && b.none + b.slipped > 0 ? b.none + b.slipped : b.rate.limited);
        bench_end(&b);
    }
}

/* A client that is quiet again gets its answers again; a neighbour is not to blame, until the whole network is. */
static void test_who(void **state)
{
    (void)state;
    struct bench b;
    bench_begin(&b, YAML("answers: 10"), "192.0.2.1");
    answers(&b, RATE_ANSWERS, 1000, 2);
    assert_in_range(b.none, 900, 2000);
    assert_true(addr_scan("192.0.2.2", 4000, &b.client));
    answers(&b, RATE_ANSWERS, 5, 2);
    assert_int_equal(b.whole, 10);
    b.now.mono_us += 2 * US_PER_S;
    assert_true(addr_scan("192.0.2.1", 4000, &b.client));
    answers(&b, RATE_ANSWERS, 5, 2);
    assert_int_equal(b.whole, 10);
    unsigned whole = 0;
    for (unsigned i = 0; i < 20000; i++) { /* forged sources, all over the network */
        uint8_t ip[4] = {198, 51, 100, (uint8_t)i};
        b.client = addr_ip4(ip, 4000);
        b.whole = 0;
        answer(&b, RATE_ANSWERS);
        whole += b.whole;
        b.now.mono_us += 100;
    }
    assert_in_range(whole, 2 * 320, 2 * 320 + 400); /* as 32 addresses, for two seconds */
    struct limited_row row;
    assert_int_equal(limited_read(&b.rate.whose, &b.client, RATE_ANSWERS, &row, 0, 1, b.now), 1);
    assert_int_equal(row.network.bits, 24); /* it is the network that had too many */
    assert_true(addr_scan("127.0.0.9", 4000, &b.client));
    answers(&b, RATE_ANSWERS, 1000, 2);
    assert_int_equal(b.whole, 2000);
    bench_end(&b);
}

static void test_slip(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        unsigned of; /* one of so many; 0: none */
    } rows[] = {{YAML("errors: 1"), 2},
                {YAML("errors: 1, slip: 1"), 1},
                {YAML("errors: 1, slip: 3"), 3},
                {YAML("errors: 1, slip: 0"), 0}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct bench b;
        bench_begin(&b, rows[i].yaml, "192.0.2.1");
        answers(&b, RATE_ERRORS, 1000, 3);
        unsigned over = b.slipped + b.none;
        assert_int_equal(b.slipped, rows[i].of > 0 ? over / rows[i].of : 0);
        assert_int_equal(b.rate.slipped, b.slipped);
        assert_int_equal(b.rate.limited, over);
        struct limited_row row;
        assert_int_equal(limited_read(&b.rate.whose, &b.client, RATE_ERRORS, &row, 0, 1, b.now), 1);
        assert_int_equal(row.withheld, b.none);
        assert_int_equal(row.truncated, b.slipped);
        assert_int_equal(row.limit, 1);
        assert_int_equal(row.network.bits, 32);
        assert_int_equal(limited_read(&b.rate.whose, NULL, RATE_ANSWERS, &row, 0, 1, b.now), 0);
        bench_end(&b);
    }
}

/* What slips says: come back over TCP. It has the OPT that the answer had, and no data. */
static void test_what_slips(void **state)
{
    (void)state;
    static const enum rate_kind kinds[] = {RATE_ANSWERS, RATE_NXDOMAIN, RATE_NODATA, RATE_ERRORS};
    struct bench b;
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 20);
    bench_begin(&b, YAML("answers: 1, nodata: 1, nxdomain: 1, errors: 1, slip: 1"), "192.0.2.1");
    for (size_t i = 0; i < 2 * ROWS(kinds); i++) {
        uint8_t wire[512];
        struct dns_msg m;
        enum rate_verdict verdict = RATE_SEND;
        const struct edns_out *edns = i % 2 != 0 ? &opt : NULL;
        size_t n = answer_wire(kinds[i / 2], edns, wire);
        for (unsigned tries = 0; tries < 3 && verdict == RATE_SEND; tries++) {
            verdict = rate_answer(&b.rate, &b.client, wire, n, &b.slip, b.now);
        }
        assert_int_equal(verdict, RATE_SLIP);
        assert_true(b.slip.n <= n);
        assert_int_equal(dns_msg_parse(b.slip.wire, b.slip.n, &arena, &m), DNS_OK);
        assert_int_equal(m.id, 0x4711);
        assert_int_equal(m.flags, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | DNS_FLAG_TC);
        assert_int_equal(m.count[DNS_ANSWER] + m.count[DNS_AUTHORITY], 0);
        assert_int_equal(m.edns.present, edns != NULL);
        assert_int_equal(m.qtype, DNS_TYPE_A);
    }
    uint8_t bare[12] = {0x47, 0x11, 0x80, 0x01}; /* FORMERR without a question: nothing to come back with */
    assert_int_equal(rate_answer(&b.rate, &b.client, bare, sizeof bare, &b.slip, b.now), RATE_WITHHOLD);
    arena_release(&arena);
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_slip),
        cmocka_unit_test(test_what_slips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
