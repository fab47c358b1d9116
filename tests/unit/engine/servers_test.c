/* Which server is asked: the set (L6, T27, T33, T34), the order of preference (L10, L33). */
#include "resolver/engine/limits.h"
#include "servers_support.h"

static const struct engine_settings only4 = {.ipv4 = true, .port = 53};
static const struct engine_settings only6 = {.ipv6 = true, .port = 53};
static const struct engine_settings loops = {.ipv4 = true, .ipv6 = true, .port = 53, .query_loopback = true};

/* "192.0.2.1 2001:db8::1" in the order of the set. */
static const char *set_text(const struct bench *b)
{
    static char out[8192];
    struct text t = text_of(out, sizeof out);
    for (unsigned i = 0; i < b->s.count; i++) {
        char a[ADDR_TEXT_MAX];
        struct addr bare = b->s.server[i].addr;
        assert_int_equal(bare.port, 53);
        bare.port = 0;
        addr_print(&bare, a);
        text_addf(&t, "%s%s", i > 0 ? " " : "", a);
    }
    return out;
}

static void the_set(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *what, *cut;
        enum delegation_kind kind;
        const struct engine_settings *set;
        const char *addrs;
    } rows[] = {
        {"both families", "a. | n.a. 192.0.2.1 2001:db8::1", DELEGATION_REFERRAL, &dual, "192.0.2.1 2001:db8::1"},
        {"IPv4 only", "a. | n.a. 192.0.2.1 2001:db8::1", DELEGATION_REFERRAL, &only4, "192.0.2.1"},
        {"IPv6 only", "a. | n.a. 192.0.2.1 2001:db8::1", DELEGATION_REFERRAL, &only6, "2001:db8::1"},
        {"one address, two NS (T33)", "a. | n.a. 192.0.2.1 192.0.2.2 | m.a. 192.0.2.2 192.0.2.1 192.0.2.3",
         DELEGATION_REFERRAL, &dual, "192.0.2.1 192.0.2.2 192.0.2.3"},
        {"six addresses of one NS (L6)",
         "a. | n.a. 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 | m.a. 192.0.2.8",
         DELEGATION_REFERRAL, &dual, "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.8"},
        {"no address that can be asked (T27)",
         "a. | n.a. 0.0.0.0 0.1.2.3 127.0.0.1 127.255.255.255 224.0.0.1 | m.a. 255.255.255.255 240.0.0.1 :: ::1 "
         "ff02::1 "
         "::ffff:192.0.2.1 ::ffff:0.0.0.0",
         DELEGATION_REFERRAL, &dual, ""},
        {"loopback in a lab", "a. | n.a. 127.0.0.2 ::1 0.0.0.0", DELEGATION_REFERRAL, &loops, "127.0.0.2 ::1"},
        {"loopback that the operator wrote down", "a. | - 127.0.0.2 192.0.2.1 0.0.0.0", DELEGATION_FORWARD, &dual,
         "127.0.0.2 192.0.2.1"},
        {"private addresses may serve", "a. | n.a. 10.0.0.1 fd00::1", DELEGATION_REFERRAL, &dual, "10.0.0.1 fd00::1"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_true(servers_init(&b->s, cut_in(b, rows[i].cut, rows[i].kind), rows[i].set, b->cache, start, &b->arena));
        if (strcmp(set_text(b), rows[i].addrs) != 0) {
            fail_msg("%s: %s, not %s", rows[i].what, set_text(b), rows[i].addrs);
        }
    }
}

/* T27: our own listening addresses, by address and port. */
static void never_ourselves(void **state)
{
    struct bench *b = *state;
    const struct addr own[] = {address("192.0.2.1:53"), address("192.0.2.2:5300")};
    const struct engine_settings set = {.ipv4 = true, .port = 53, .own = own, .own_count = ROWS(own)};
    begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &set);
    assert_string_equal(set_text(b), "192.0.2.2");
}

/* 13 NS with 20 addresses each: 64 of them, no more than 6 of one. */
static void large_sets(void **state)
{
    struct bench *b = *state;
    struct delegation_builder d;
    delegation_begin(&d, NAME("a."), DELEGATION_REFERRAL, 300);
    for (unsigned ns = 0; ns < DELEGATION_NS_MAX; ns++) {
        char name[32];
        snprintf(name, sizeof name, "n%u.a.", ns);
        int index = delegation_add_ns(&d, NAME(name));
        for (unsigned k = 0; k < DELEGATION_GLUE_MAX; k++) {
            struct addr a = addr_ip4((const uint8_t[]){198, 51, (uint8_t)(ns + 1), (uint8_t)(k + 1)}, 0);
            assert_true(delegation_add_addr(&d, index, &a));
        }
    }
    assert_true(servers_init(&b->s, delegation_pack(&d, &b->arena), &dual, b->cache, start, &b->arena));
    assert_int_equal(b->s.count, SERVERS_ADDRS_MAX);
    unsigned of_ns[DELEGATION_NS_MAX] = {0};
    for (unsigned i = 0; i < b->s.count; i++) {
        of_ns[b->s.server[i].ns]++;
    }
    for (unsigned ns = 0; ns < DELEGATION_NS_MAX; ns++) {
        assert_true(of_ns[ns] <= SERVERS_ADDRS_PER_NS);
    }
}

static void put(struct bench *b, const char *owner, const char *type, const char *rdata, enum cache_rank rank)
{
    struct cache_origin o = {.rank = rank};
    assert_int_equal(cache_put_rrset(b->cache, one_in(&b->arena, owner, 300, type, rdata), &o, start), CACHE_STORED);
}

/* Addresses that were answered before are used where there is no glue; glue goes before them. */
static void addresses_from_the_cache(void **state)
{
    struct bench *b = *state;
    put(b, "n.net.", "A", "192.0.2.9", RANK_AUTH_ANSWER);
    put(b, "n.net.", "AAAA", "2001:db8::9", RANK_NONAUTH_ANSWER);
    put(b, "low.net.", "A", "192.0.2.66", RANK_ADDITIONAL);
    begin(b, "com. | n.net.", &dual);
    assert_string_equal(set_text(b), "192.0.2.9 2001:db8::9");
    begin(b, "com. | n.net.", &only4);
    assert_string_equal(set_text(b), "192.0.2.9");
    begin(b, "com. | n.net. 192.0.2.1", &dual);
    assert_string_equal(set_text(b), "192.0.2.1");
    begin(b, "com. | low.net.", &dual);
    assert_string_equal(set_text(b), "");
}

/* What is to be looked up, in this order of types; `known` are addresses or denials in the cache. */
static void look_ups(void **state)
{
    struct bench *b = *state;
    struct cache_origin o = {.rank = RANK_AUTH_AUTHORITY};
    cache_put_nodata(b->cache, NAME("no4.net."), DNS_TYPE_A, 60, NULL, NULL, 0, &o, start);
    cache_put_nxdomain(b->cache, NAME("none.net."), 60, NULL, NULL, 0, &o, start);
    cache_put_failure(b->cache, NAME("fails.net."), DNS_TYPE_A, FAIL_NO_REACHABLE, 0, start);
    cache_put_failure(b->cache, NAME("fails.net."), DNS_TYPE_AAAA, FAIL_NO_REACHABLE, 0, start);
    static const struct {
        const char *what, *cut;
        const struct engine_settings *set;
        const char *asked; /* types in order */
        enum failure failure;
    } rows[] = {
        {"A, then AAAA", "com. | n.net.", &dual, "A AAAA", FAIL_NO_ADDRESS},
        {"IPv4 only", "com. | n.net.", &only4, "A", FAIL_NO_ADDRESS},
        {"IPv6 only", "com. | n.net.", &only6, "AAAA", FAIL_NO_ADDRESS},
        {"known to have no A", "com. | no4.net.", &dual, "AAAA", FAIL_NO_ADDRESS},
        {"known not to exist", "com. | none.net.", &dual, "", FAIL_NO_ADDRESS},
        {"failed a short while ago (T31)", "com. | fails.net.", &dual, "", FAIL_NO_ADDRESS},
        {"needs itself (T34)", "com. | ns.com. | a.b.com. | com.", &dual, "", FAIL_NO_ADDRESS},
        {"the root's need it too", ". | ns.net.", &dual, "", FAIL_NO_ADDRESS},
        {"glue that cannot be asked, looked up", "com. | n.net. 127.0.0.1", &dual, "A AAAA", FAIL_NO_ADDRESS},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char got[100];
        struct text t = text_of(got, sizeof got);
        struct pick p;
        begin(b, rows[i].cut, rows[i].set);
        for (p = pick(b); p.kind == PICK_NEEDS_ADDRESS; p = pick(b)) {
            char type[DNS_TYPE_TEXT_MAX];
            text_addf(&t, "%s%s", t.len > 0 ? " " : "", dns_type_text(p.type, type));
            servers_add_found(&b->s, p.ns, NULL, rows[i].set, b->cache, start);
        }
        assert_int_equal(p.kind, PICK_NONE);
        if (strcmp(got, rows[i].asked) != 0) {
            fail_msg("%s: %s, not %s", rows[i].what, got, rows[i].asked);
        }
        assert_int_equal(servers_failure(&b->s), rows[i].failure);
    }
}

/* One address is enough: the others of 13 NS are not looked up while it answers. All are, in random order, if none is
 * had. */
static void only_as_many_as_needed(void **state)
{
    struct bench *b = *state;
    static const char cut[] = "com. | n0.net. | n1.net. | n2.net. | n3.net. | n4.net. | n5.net. | n6.net. | n7.net. | "
                              "n8.net. | n9.net. | n10.net. | n11.net. | n12.net.";
    unsigned first[DELEGATION_NS_MAX] = {0};
    for (unsigned run = 0; run < 400; run++) {
        begin(b, cut, &dual);
        struct pick p = pick(b);
        assert_int_equal(p.kind, PICK_NEEDS_ADDRESS);
        assert_int_equal(p.type, DNS_TYPE_A);
        first[p.ns]++;
        servers_add_found(&b->s, p.ns, one_in(&b->arena, "x.", 60, "A", "192.0.2.1"), &dual, b->cache, start);
        p = pick(b);
        assert_int_equal(p.kind, PICK_ADDRESS);
        assert_int_equal(pick(b).kind, PICK_NEEDS_ADDRESS); /* asked in vain: another */
    }
    for (unsigned ns = 0; ns < DELEGATION_NS_MAX; ns++) {
        assert_in_range(first[ns], 10, 60);
    }
    begin(b, cut, &only4);
    uint16_t seen = 0;
    for (unsigned i = 0; i < DELEGATION_NS_MAX; i++) {
        struct pick p = pick(b);
        assert_int_equal(p.kind, PICK_NEEDS_ADDRESS);
        assert_int_equal(seen >> p.ns & 1, 0);
        seen = (uint16_t)(seen | 1u << p.ns);
    }
    assert_int_equal(pick(b).kind, PICK_NONE);
}

/* Records of the other family, and rdata of the wrong size, are no addresses; a full NS takes no more. */
static void found_addresses(void **state)
{
    struct bench *b = *state;
    static const char *const eight[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",
                                        "192.0.2.5", "192.0.2.6", "192.0.2.7", "127.0.0.1"};
    begin(b, "com. | n.net.", &only4);
    servers_add_found(&b->s, 0, one_in(&b->arena, "n.net.", 60, "AAAA", "2001:db8::1"), &only4, b->cache, start);
    servers_add_found(&b->s, 0, one_in(&b->arena, "n.net.", 60, "TXT", "abc"), &only4, b->cache, start);
    assert_string_equal(set_text(b), "");
    servers_add_found(&b->s, 0, set_in(&b->arena, "n.net.", 60, "A", eight, 8), &only4, b->cache, start);
    assert_int_equal(b->s.count, SERVERS_ADDRS_PER_NS);
    begin(b, "com. | n.net.", &dual);
    put(b, "n.net.", "AAAA", "2001:db8::9", RANK_AUTH_ANSWER);
    servers_add_found(&b->s, 0, NULL, &dual, b->cache, start);
    assert_string_equal(set_text(b), "2001:db8::9");
}

/* L10: three times over UDP; over TCP once more, who has answered before; then the end. */
static void tries_are_bounded(void **state)
{
    struct bench *b = *state;
    struct addr alive = address("192.0.2.1:53");
    infra_answered(b->cache, &alive, 20000, start);
    begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &dual);
    unsigned udp[2] = {0}, tcp[2] = {0};
    struct pick p;
    for (p = pick(b); p.kind == PICK_ADDRESS; p = pick(b)) {
        assert_false(p.last_resort);
        assert_in_range(p.timeout_us, INFRA_RTO_MIN_US, ENGINE_SEND_TIME_MAX_US);
        *(p.tcp ? &tcp[p.index] : &udp[p.index]) += 1;
        infra_timed_out(b->cache, &b->s.server[p.index].addr, start.mono_us, start);
    }
    assert_int_equal(p.kind, PICK_NONE);
    assert_int_equal(udp[0], ENGINE_TRIES_PER_SERVER);
    assert_int_equal(udp[1], ENGINE_TRIES_PER_SERVER);
    assert_int_equal(tcp[0], 2);
    assert_int_equal(tcp[1], 0);
    assert_int_equal(servers_failure(&b->s), FAIL_NO_REACHABLE);
}

/* Whoever was not asked yet comes first, each once before anyone twice. */
static void everyone_once_first(void **state)
{
    struct bench *b = *state;
    for (unsigned run = 0; run < 50; run++) {
        unsigned asked[4] = {0};
        begin(b, "a. | n.a. 192.0.2.1 192.0.2.2 | m.a. 192.0.2.3 192.0.2.4", &dual);
        for (unsigned k = 0; k < 12; k++) {
            struct pick p = pick(b);
            assert_int_equal(p.kind, PICK_ADDRESS);
            assert_int_equal(asked[p.index]++, k / 4);
        }
        assert_int_equal(pick(b).kind, PICK_NONE);
    }
}

/* A server that gave a useless answer is out at once. */
static void out_is_out(void **state)
{
    struct bench *b = *state;
    begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &dual);
    struct pick p = pick(b);
    b->s.server[p.index].out = true;
    b->s.server[p.index].why = INFRA_REFUSED;
    for (unsigned k = 0; k < ENGINE_TRIES_PER_SERVER; k++) {
        assert_int_equal(pick(b).index, 1 - p.index);
    }
    assert_int_equal(pick(b).kind, PICK_NONE);
}

/* A lame server: when no other is left, once. It may have been forged lame, or be mended. */
static void lame_servers_last(void **state)
{
    struct bench *b = *state;
    struct addr lame = address("192.0.2.1:53");
    infra_lame_put(b->cache, &lame, NAME("a."), INFRA_REFUSED, 900, start);
    begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &dual);
    for (unsigned k = 0; k < ENGINE_TRIES_PER_SERVER; k++) {
        struct pick p = pick(b);
        assert_int_equal(p.kind, PICK_ADDRESS);
        assert_int_equal(p.index, 1);
        assert_false(p.last_resort);
    }
    struct pick p = pick(b);
    assert_int_equal(p.kind, PICK_ADDRESS);
    assert_int_equal(p.index, 0);
    assert_true(p.last_resort);
    assert_int_equal(pick(b).kind, PICK_NONE);
    assert_int_equal(servers_failure(&b->s), FAIL_ALL_LAME);

    begin(b, "b. | n.b. 192.0.2.1", &dual); /* lame for a. only */
    assert_false(pick(b).last_resort);

    assert_true(
        servers_init(&b->s, cut_in(b, "a. | - 192.0.2.1", DELEGATION_FORWARD), &dual, b->cache, start, &b->arena));
    assert_false(pick(b).last_resort); /* a forwarder is never lame for a zone */
}

/* All recursion-lame: each is asked, found so, and one of them asked again. */
static void recursion_lame_again(void **state)
{
    struct bench *b = *state;
    begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &dual);
    for (unsigned k = 0; k < 2; k++) {
        struct pick p = pick(b);
        assert_false(p.last_resort);
        b->s.server[p.index].lame = true;
        b->s.server[p.index].why = INFRA_NOT_AUTHORITATIVE;
    }
    assert_true(pick(b).last_resort);
    assert_true(pick(b).last_resort);
    assert_int_equal(pick(b).kind, PICK_NONE);
}

/* Glue that leads nowhere is not the last word, if the name can be looked up elsewhere. */
static void bad_glue(void **state)
{
    struct bench *b = *state;
    begin(b, "com. | n.net. 192.0.2.1", &only4);
    for (unsigned k = 0; k < ENGINE_TRIES_PER_SERVER; k++) {
        assert_int_equal(pick(b).kind, PICK_ADDRESS);
    }
    struct pick p = pick(b);
    assert_int_equal(p.kind, PICK_NEEDS_ADDRESS);
    assert_int_equal(p.type, DNS_TYPE_A);
    servers_add_found(&b->s, p.ns, one_in(&b->arena, "n.net.", 60, "A", "192.0.2.2"), &only4, b->cache, start);
    p = pick(b);
    assert_int_equal(p.kind, PICK_ADDRESS);
    assert_int_equal(p.index, 1);
}

/* L33: 64 timeouts in a row mark a server down; one question in 25 still tries it. */
static void down_servers(void **state)
{
    struct bench *b = *state;
    struct addr down = address("192.0.2.1:53");
    for (unsigned i = 0; i < INFRA_DOWN_TIMEOUTS; i++) {
        infra_timed_out(b->cache, &down, start.mono_us, start);
    }
    unsigned alone = 0, beside = 0;
    for (unsigned run = 0; run < 5000; run++) {
        begin(b, "a. | n.a. 192.0.2.1", &dual);
        alone += pick(b).kind == PICK_ADDRESS;
        arena_clear(&b->arena);
    }
    assert_in_range(alone, 150, 250);
    for (unsigned run = 0; run < 5000; run++) {
        begin(b, "a. | n.a. 192.0.2.1 192.0.2.2", &dual);
        struct pick p = pick(b);
        beside += p.kind == PICK_ADDRESS && p.index == 0;
        arena_clear(&b->arena);
    }
    assert_true(beside < 250);
    struct now later = {.mono_us = start.mono_us + (INFRA_DOWN_S + 1) * US_PER_S,
                        .wall_s = start.wall_s + INFRA_DOWN_S + 1};
    assert_true(
        servers_init(&b->s, cut_in(b, "a. | n.a. 192.0.2.1", DELEGATION_REFERRAL), &dual, b->cache, later, &b->arena));
    assert_int_equal(servers_pick(&b->s, b->cache, &dual, &b->rng.rng, later).kind, PICK_ADDRESS);
}

static void failure_rows(void **state)
{
    struct bench *b = *state;
    static const struct {
        enum infra_lame why[3];
        enum failure failure;
    } rows[] = {
        {{INFRA_NOT_LAME, INFRA_NOT_LAME, INFRA_NOT_LAME}, FAIL_NO_REACHABLE},
        {{INFRA_SERVFAIL, INFRA_SERVFAIL, INFRA_SERVFAIL}, FAIL_UPSTREAM_SERVFAIL},
        {{INFRA_SERVFAIL, INFRA_NOT_LAME, INFRA_SERVFAIL}, FAIL_UPSTREAM_SERVFAIL},
        {{INFRA_BROKEN, INFRA_NOT_LAME, INFRA_BROKEN}, FAIL_BROKEN_REPLIES},
        {{INFRA_REFUSED, INFRA_SERVFAIL, INFRA_BROKEN}, FAIL_ALL_LAME},
        {{INFRA_NOT_AUTHORITATIVE, INFRA_NOT_AUTHORITATIVE, INFRA_NOT_AUTHORITATIVE}, FAIL_ALL_LAME},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        begin(b, "a. | n.a. 192.0.2.1 192.0.2.2 192.0.2.3", &dual);
        for (unsigned k = 0; k < 3; k++) {
            b->s.server[k].why = (uint8_t)rows[i].why[k];
        }
        assert_int_equal(servers_failure(&b->s), rows[i].failure);
    }
}

static void out_of_memory(void **state)
{
    struct bench *b = *state;
    const struct delegation *cut = cut_in(b, "a. | n.a. 192.0.2.1", DELEGATION_REFERRAL);
    for (size_t budget = 0;; budget += 64) {
        struct arena small;
        struct servers s;
        arena_init(&small, NULL, 0, budget);
        bool done = servers_init(&s, cut, &dual, b->cache, start, &small);
        assert_int_equal(done, !small.exhausted);
        arena_release(&small);
        if (done) {
            assert_true(budget > 0);
            break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_set),
        TEST(never_ourselves),
        TEST(large_sets),
        TEST(addresses_from_the_cache),
        TEST(look_ups),
        TEST(only_as_many_as_needed),
        TEST(found_addresses),
        TEST(tries_are_bounded),
        TEST(everyone_once_first),
        TEST(out_is_out),
        TEST(lame_servers_last),
        TEST(recursion_lame_again),
        TEST(bad_glue),
        TEST(down_servers),
        TEST(failure_rows),
        TEST(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
