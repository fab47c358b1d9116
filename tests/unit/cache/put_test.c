/*
 * put_test.c - what is stored, for how long, and what takes the place of what
 */
#include "fixture.h"

struct put_row {
    const char *what;
    enum cache_rank old_rank;
    enum cache_security old_security;
    enum cache_rank rank;
    enum cache_security security;
    uint64_t after_s; /* between both puts; TTL of the old is 100 */
    enum cache_put want;
};

static const struct put_row replaces[] = {
    {"same rank", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_AUTH_ANSWER, SEC_UNCHECKED, 1, CACHE_STORED},
    {"higher rank", RANK_ADDITIONAL, SEC_UNCHECKED, RANK_AUTH_ANSWER, SEC_UNCHECKED, 1, CACHE_STORED},
    {"one rank higher", RANK_NONAUTH_ANSWER, SEC_UNCHECKED, RANK_AUTH_AUTHORITY, SEC_UNCHECKED, 1, CACHE_STORED},
    {"lower rank", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_ADDITIONAL, SEC_UNCHECKED, 1, CACHE_KEPT_OLD},
    {"one rank lower", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_AUTH_AUTHORITY, SEC_UNCHECKED, 1, CACHE_KEPT_OLD},
    {"lower rank, old expired", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_ADDITIONAL, SEC_UNCHECKED, 100, CACHE_STORED},
    {"lower rank, old about to expire", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_ADDITIONAL, SEC_UNCHECKED, 99,
     CACHE_KEPT_OLD},
    {"T73: unchecked over secure", RANK_AUTH_ANSWER, SEC_SECURE, RANK_AUTH_ANSWER, SEC_UNCHECKED, 1, CACHE_KEPT_OLD},
    {"T73: bogus over secure", RANK_AUTH_ANSWER, SEC_SECURE, RANK_AUTH_ANSWER, SEC_BOGUS, 1, CACHE_KEPT_OLD},
    {"T73: insecure of higher rank over secure", RANK_AUTH_AUTHORITY, SEC_SECURE, RANK_AUTH_ANSWER, SEC_INSECURE, 1,
     CACHE_KEPT_OLD},
    {"secure over secure", RANK_AUTH_ANSWER, SEC_SECURE, RANK_AUTH_ANSWER, SEC_SECURE, 1, CACHE_STORED},
    {"secure of lower rank over secure", RANK_AUTH_ANSWER, SEC_SECURE, RANK_AUTH_AUTHORITY, SEC_SECURE, 1,
     CACHE_KEPT_OLD},
    {"unchecked over expired secure", RANK_AUTH_ANSWER, SEC_SECURE, RANK_AUTH_ANSWER, SEC_UNCHECKED, 100, CACHE_STORED},
    {"secure over unchecked", RANK_AUTH_ANSWER, SEC_UNCHECKED, RANK_AUTH_ANSWER, SEC_SECURE, 1, CACHE_STORED},
    {"unchecked over bogus", RANK_AUTH_ANSWER, SEC_BOGUS, RANK_AUTH_ANSWER, SEC_UNCHECKED, 1, CACHE_STORED},
};

static void test_replaces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(replaces); i++) {
        const struct put_row *r = &replaces[i];
        for (unsigned negative = 0; negative < 4; negative++) { /* data or NODATA, old and new */
            struct cache *c = cache_of(MIB);
            struct set_memory m;
            struct cache_origin old = origin_of(r->old_rank, r->old_security), o = origin_of(r->rank, r->security);
            enum cache_put got =
                negative & 1 ? cache_put_nodata(c, name("w.test."), DNS_TYPE_A, 100, NULL, NULL, 0, &old, at_s(0))
                             : cache_put_rrset(c, make_set(&m, "w.test.", DNS_TYPE_A, 100, 1, 1), &old, at_s(0));
            assert_int_equal(got, CACHE_STORED);
            struct now then = at_s(r->after_s);
            got = negative & 2 ? cache_put_nodata(c, name("w.test."), DNS_TYPE_A, 50, NULL, NULL, 0, &o, then)
                               : cache_put_rrset(c, make_set(&m, "w.test.", DNS_TYPE_A, 50, 2, 1), &o, then);
            int old_is = negative & 1 ? -2 : 1, new_is = negative & 2 ? -2 : 2;
            bool bogus_left = r->old_security == SEC_BOGUS && r->want == CACHE_KEPT_OLD;
            if (got != r->want ||
                (get_a(c, "w.test.", then) != (r->want == CACHE_STORED ? new_is : old_is) && !bogus_left)) {
                fail_msg("%s (%u): got %d", r->what, negative, got);
            }
            assert_true(cache_check(c));
            cache_free(c);
        }
    }
}

struct ttl_row {
    uint32_t min_s, max_s, max_negative_s, ttl_s, want_s, want_negative_s; /* 0: not stored */
};

static const struct ttl_row ttls[] = {
    {0, 86400, 3600, 300, 300, 300},
    {0, 86400, 3600, 0, 0, 0},
    {0, 86400, 3600, 1, 1, 1},
    {0, 86400, 3600, 3601, 3601, 3600},
    {0, 86400, 3600, 86401, 86400, 3600},
    {0, 86400, 3600, 0x7fffffff, 86400, 3600},
    {60, 86400, 3600, 0, 60, 60},
    {60, 86400, 3600, 59, 60, 60},
    {60, 86400, 3600, 61, 61, 61},
    {60, 86400, 30, 10, 60, 30},
    {60, 40, 3600, 10, 40, 40},
    {0, 0, 0, 10, 0, 0},
    {0, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_C(1) << 27, UINT32_C(1) << 27},
};

static void test_ttl(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ttls); i++) {
        const struct ttl_row *r = &ttls[i];
        struct cache_config config = config_of(MIB);
        config.min_ttl_s = r->min_s;
        config.max_ttl_s = r->max_s;
        config.max_negative_ttl_s = r->max_negative_s;
        struct cache *c = cache_new(&config);
        struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
        struct cache_hit hit;
        assert_int_equal(put_a(c, "a.test.", r->ttl_s, 1, RANK_AUTH_ANSWER, at_s(0)),
                         r->want_s != 0 ? CACHE_STORED : CACHE_NOT_STORED);
        assert_int_equal(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(0), &hit), r->want_s != 0);
        if (r->want_s != 0) {
            assert_int_equal(hit.ttl_s, r->want_s);
            assert_int_equal(hit.original_ttl_s, r->want_s);
            assert_int_equal(hit.rrset->ttl_s, r->want_s);
        }
        enum cache_put want = r->want_negative_s != 0 ? CACHE_STORED : CACHE_NOT_STORED;
        assert_int_equal(cache_put_nodata(c, name("b.test."), DNS_TYPE_A, r->ttl_s, NULL, NULL, 0, &o, at_s(0)), want);
        assert_int_equal(cache_put_nxdomain(c, name("c.test."), r->ttl_s, NULL, NULL, 0, &o, at_s(0)), want);
        if (r->want_negative_s != 0) {
            assert_true(cache_get(c, name("b.test."), DNS_TYPE_A, at_s(0), &hit));
            assert_int_equal(hit.ttl_s, r->want_negative_s);
            assert_true(cache_get_nxdomain(c, name("c.test."), at_s(0), &hit));
            assert_int_equal(hit.original_ttl_s, r->want_negative_s);
        }
        cache_free(c);
    }
}

struct left_row {
    uint64_t put_ms, get_ms;
    uint32_t ttl_s, want_s; /* 0: gone */
};

static const struct left_row lefts[] = {
    {0, 0, 300, 300},         {0, 999, 300, 300},    {0, 1000, 300, 299},    {700, 1700, 300, 299},
    {10999, 11999, 300, 299}, {0, 299000, 300, 1},   {0, 299999, 300, 1},    {0, 300000, 300, 0},
    {0, 300001, 300, 0},      {500, 300499, 300, 1}, {500, 300500, 300, 0},  {0, 999, 1, 1},
    {999, 1800, 1, 1},        {0, 1000, 1, 0},       {0, 500, 86400, 86400}, {0, 86399000, 86400, 1},
};

struct clamp_row {
    const char *owner;
    uint32_t ttl_s, stored_s; /* 0: not */
};

/* The cache: 10 s to 1 h; corp.test.: 60 s to 300 s; lab.corp.test.: from 0 s; far.test.: up to 2 d. */
static const struct clamp_row clamped[] = {
    {"www.test.", 5, 10},          {"www.test.", 9999, 3600},        {"corp.test.", 5, 60},
    {"a.b.corp.test.", 9999, 300}, {"www.corp.test.", 100, 100},     {"lab.corp.test.", 1, 1},
    {"x.lab.corp.test.", 0, 0},    {"x.lab.corp.test.", 9999, 3600}, {"xcorp.test.", 5, 10},
    {"far.test.", 200000, 172800}, {"WWW.CORP.TEST.", 5, 60},
};

static void test_zone_ttl(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        uint32_t min_s, max_s;
    } zones[] = {{"corp.test.", 60, 300}, {"lab.corp.test.", 0, UINT32_MAX}, {"far.test.", 0, 172800}};
    struct cache_clamp clamp[COUNT(zones)];
    struct cache_config config = config_of(MIB);
    struct cache_hit hit;
    for (size_t i = 0; i < COUNT(zones); i++) {
        dname_copy(name(zones[i].zone), &clamp[i].zone);
        clamp[i].min_ttl_s = zones[i].min_s;
        clamp[i].max_ttl_s = zones[i].max_s;
    }
    config.min_ttl_s = 10;
    config.max_ttl_s = 3600;
    config.clamp = clamp;
    config.clamp_count = COUNT(clamp);
    for (size_t i = 0; i < COUNT(clamped); i++) {
        struct cache *c = cache_new(&config);
        put_a(c, clamped[i].owner, clamped[i].ttl_s, 1, RANK_AUTH_ANSWER, at_s(0));
        bool there = cache_get(c, name(clamped[i].owner), DNS_TYPE_A, at_s(0), &hit);
        if (there != (clamped[i].stored_s > 0) || (there && hit.original_ttl_s != clamped[i].stored_s)) {
            fail_msg("%s with a TTL of %u s", clamped[i].owner, clamped[i].ttl_s);
        }
        cache_free(c);
    }
    /* Denials: the cache's own bound for them, and the zone's. */
    struct cache *c = cache_new(&config);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    cache_put_nxdomain(c, name("no.corp.test."), 9999, NULL, NULL, 0, &o, at_s(0));
    assert_true(cache_get_nxdomain(c, name("no.corp.test."), at_s(0), &hit));
    assert_int_equal(hit.original_ttl_s, 300);
    cache_put_nxdomain(c, name("no.far.test."), 9999, NULL, NULL, 0, &o, at_s(0));
    assert_true(cache_get_nxdomain(c, name("no.far.test."), at_s(0), &hit));
    assert_int_equal(hit.original_ttl_s, 3600);
    cache_free(c);
}

static void test_ttl_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lefts); i++) {
        const struct left_row *r = &lefts[i];
        struct cache *c = cache_of(MIB);
        struct cache_hit hit = {.ttl_s = 0};
        put_a(c, "a.test.", r->ttl_s, 1, RANK_AUTH_ANSWER, at_ms(r->put_ms));
        bool found = cache_get(c, name("a.test."), DNS_TYPE_A, at_ms(r->get_ms), &hit);
        if (found != (r->want_s != 0) || (found && hit.ttl_s != r->want_s)) {
            fail_msg("row %zu: %s, %u s left", i, found ? "found" : "gone", hit.ttl_s);
        }
        cache_free(c);
    }
}

/* The clock of 32 bits goes round every 17 years: what ended long ago must not come back. */
static void test_ttl_circle(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    const uint64_t round_s = (UINT64_C(1) << 32) / 8;
    put_a(c, "a.test.", 300, 1, RANK_AUTH_ANSWER, at_s(0));
    for (uint64_t s = 300; s < round_s - 400; s += 1000000) {
        assert_int_equal(get_a(c, "a.test.", at_s(s)), -1);
    }
    put_a(c, "b.test.", 300, 1, RANK_AUTH_ANSWER, at_s(round_s - 5000 - 100)); /* ends after the turn */
    assert_int_equal(get_a(c, "b.test.", at_s(round_s - 5000 + 199)), 1);
    assert_int_equal(get_a(c, "b.test.", at_s(round_s - 5000 + 200)), -1);
    cache_free(c);
}

/* A refresh by data of equal rank begins the TTL anew. */
static void test_refresh(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    put_a(c, "a.test.", 300, 1, RANK_AUTH_ANSWER, at_s(0));
    assert_int_equal(put_a(c, "a.test.", 300, 1, RANK_AUTH_ANSWER, at_s(200)), CACHE_STORED);
    assert_true(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(200), &hit));
    assert_int_equal(hit.ttl_s, 300);
    struct cache_stats s;
    cache_stats(c, &s);
    assert_int_equal(s.entries[CACHE_RRSET], 1);
    assert_int_equal(s.inserted, 2);
    assert_int_equal(s.replaced, 1);
    cache_free(c);
}

/* The same data once more, as when they have been validated, stay where they are; anything else is a new entry. */
static void test_renewed_in_place(void **state)
{
    (void)state;
    static const struct {
        uint8_t n;
        uint32_t ttl_s;
        enum cache_rank rank;
        enum cache_security security;
        uint8_t server, zone_labels;
        bool in_place;
    } rows[] = {
        {1, 300, RANK_AUTH_ANSWER, SEC_SECURE, 7, 1, true},    {1, 300, RANK_AUTH_ANSWER, SEC_UNCHECKED, 7, 1, true},
        {1, 300, RANK_AUTH_AUTHORITY, SEC_SECURE, 7, 1, true}, {2, 300, RANK_AUTH_ANSWER, SEC_SECURE, 7, 1, false},
        {1, 301, RANK_AUTH_ANSWER, SEC_SECURE, 7, 1, false},   {1, 300, RANK_AUTH_ANSWER, SEC_SECURE, 8, 1, false},
        {1, 300, RANK_AUTH_ANSWER, SEC_SECURE, 7, 2, false},   {1, 300, RANK_AUTH_ANSWER, SEC_BOGUS, 7, 1, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cache *c = cache_of(MIB);
        struct set_memory m;
        struct cache_hit before, after;
        struct cache_stats s;
        struct cache_origin o = origin_of(RANK_AUTH_AUTHORITY, SEC_UNCHECKED);
        assert_int_equal(cache_put_rrset(c, make_set(&m, "a.test.", DNS_TYPE_A, 300, 1, 1), &o, at_s(0)), CACHE_STORED);
        assert_true(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(0), &before));
        assert_true(cache_claim(c, name("a.test."), DNS_TYPE_A, true));

        o = origin_of(rows[i].rank, rows[i].security);
        o.server.ip[3] = rows[i].server;
        o.zone_labels = rows[i].zone_labels;
        const struct rrset *set = make_set(&m, "a.test.", DNS_TYPE_A, rows[i].ttl_s, rows[i].n, 1);
        assert_int_equal(cache_put_rrset(c, set, &o, at_s(10)), CACHE_STORED);
        assert_true(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(10), &after));
        if ((after.rrset == before.rrset) != rows[i].in_place) {
            fail_msg("row %zu", i);
        }
        assert_int_equal(after.ttl_s, rows[i].security == SEC_BOGUS ? 60 : rows[i].ttl_s);
        assert_int_equal(after.origin.security, rows[i].security);
        assert_int_equal(after.origin.rank, rows[i].rank);
        assert_int_equal(after.origin.zone_labels, rows[i].zone_labels);
        assert_int_equal(after.origin.server.ip[3], rows[i].server);
        assert_int_equal(rrset_first(after.rrset).data[3], rows[i].n);
        assert_true(cache_claim(c, name("a.test."), DNS_TYPE_A, true)); /* who fetched it has done so */
        cache_stats(c, &s);
        assert_int_equal(s.entries[CACHE_RRSET], 1);
        assert_int_equal(s.inserted, 2);
        assert_int_equal(s.replaced, 1);
        assert_true(cache_check(c));
        cache_free(c);
    }
}

static void test_bogus_is_short(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct set_memory m;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_BOGUS);
    struct cache_hit hit;
    assert_int_equal(cache_put_rrset(c, make_set(&m, "a.test.", DNS_TYPE_A, 86400, 1, 1), &o, at_s(0)), CACHE_STORED);
    assert_true(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(59), &hit));
    assert_int_equal(hit.origin.security, SEC_BOGUS);
    assert_int_equal(get_a(c, "a.test.", at_s(60)), -1);
    cache_free(c);
}

/* T93, L19, L14 */
static void test_too_big(void **state)
{
    (void)state;
    struct cache *c = cache_of(64 * MIB);
    static struct set_memory m;
    static uint8_t text[65000];
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct cache_hit hit;
    assert_int_equal(cache_put_rrset(c, make_set(&m, "a.test.", DNS_TYPE_A, 300, 0, 256), &o, at_s(0)), CACHE_STORED);
    assert_int_equal(cache_put_rrset(c, make_set(&m, "b.test.", DNS_TYPE_A, 300, 0, 257), &o, at_s(0)), CACHE_TOO_BIG);
    assert_false(cache_get(c, name("b.test."), DNS_TYPE_A, at_s(0), &hit));

    struct rdata_ref rr = {.data = text, .len = 60000}, sigs[9];
    struct rrset *set = (struct rrset *)(void *)m.bytes;
    rrset_fill(set, name("c.test."), DNS_TYPE_TXT, 300, &rr, 1, NULL, 0);
    assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
    assert_true(cache_get(c, name("c.test."), DNS_TYPE_TXT, at_s(0), &hit));
    assert_int_equal(rrset_first(hit.rrset).len, 60000);
    assert_int_equal(
        cache_put_nodata(c, name("d.test."), DNS_TYPE_A, 60, set, (const struct rrset *[]){set}, 1, &o, at_s(0)),
        CACHE_TOO_BIG);

    for (unsigned i = 0; i < COUNT(sigs); i++) {
        sigs[i] = (struct rdata_ref){.data = text + i, .len = 20};
    }
    rr.len = 4;
    rrset_fill(set, name("e.test."), DNS_TYPE_A, 300, &rr, 1, sigs, 8);
    assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
    rrset_fill(set, name("e.test."), DNS_TYPE_A, 300, &rr, 1, sigs, 9);
    assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_TOO_BIG);
    assert_true(cache_check(c));
    cache_free(c);
}

/* L19: of a hundred types of a name and more, those go that end first. */
static void test_many_types(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct cache_hit hit;
    put_a(c, "w.test.", 3600, 1, RANK_AUTH_ANSWER, at_s(0));
    for (uint16_t type = 1000; type < 4000; type++) {
        assert_int_equal(cache_put_nodata(c, name("w.test."), type, 60, NULL, NULL, 0, &o, at_s(0)), CACHE_STORED);
    }
    struct cache_stats s;
    cache_stats(c, &s);
    assert_int_equal(s.entries[CACHE_RRSET], 100);
    assert_int_equal(get_a(c, "w.test.", at_s(0)), 1);
    assert_true(cache_get(c, name("w.test."), 3999, at_s(0), &hit));
    assert_true(cache_check(c));
    cache_free(c);
}

static void put_nx(struct cache *c, const char *owner, enum cache_rank rank, enum cache_security security)
{
    struct cache_origin o = origin_of(rank, security);
    assert_int_equal(cache_put_nxdomain(c, name(owner), 600, NULL, NULL, 0, &o, at_s(0)), CACHE_STORED);
}

struct denial_row {
    const char *denied;
    enum cache_rank denied_rank;
    enum cache_security denied_security;
    const char *stored;
    enum cache_rank rank;
    enum cache_security security;
    bool stays;
};

/* All with zone_labels 1: the zone test. was asked. */
static const struct denial_row denials[] = {
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, false},
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "b.a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, false},
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "d.c.b.a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, false},
    {"test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, false},
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, true},
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "b.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, true},
    {"a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, "a.test.", RANK_ADDITIONAL, SEC_UNCHECKED, true},
    {"a.test.", RANK_AUTH_ANSWER, SEC_SECURE, "a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED, true},
    {"a.test.", RANK_AUTH_ANSWER, SEC_SECURE, "b.a.test.", RANK_AUTH_ANSWER, SEC_SECURE, false},
};

static void test_data_against_nxdomain(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(denials); i++) {
        const struct denial_row *r = &denials[i];
        for (unsigned nodata = 0; nodata < 2; nodata++) {
            struct cache *c = cache_of(MIB);
            struct set_memory m;
            struct cache_hit hit;
            struct cache_origin o = origin_of(r->rank, r->security);
            put_nx(c, r->denied, r->denied_rank, r->denied_security);
            enum cache_put got = nodata
                                     ? cache_put_nodata(c, name(r->stored), DNS_TYPE_A, 60, NULL, NULL, 0, &o, at_s(1))
                                     : cache_put_rrset(c, make_set(&m, r->stored, DNS_TYPE_A, 60, 1, 1), &o, at_s(1));
            assert_int_equal(got, CACHE_STORED);
            if (cache_get_nxdomain(c, name(r->denied), at_s(1), &hit) != r->stays) {
                fail_msg("row %zu", i);
            }
            assert_true(cache_check(c));
            cache_free(c);
        }
    }
}

/* NXDOMAIN leaves what is there; the caller's order of lookups decides. */
static void test_nxdomain_removes_nothing(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    put_a(c, "a.test.", 300, 1, RANK_AUTH_ANSWER, at_s(0));
    put_nx(c, "a.test.", RANK_AUTH_ANSWER, SEC_UNCHECKED);
    assert_int_equal(get_a(c, "a.test.", at_s(0)), 1);
    assert_true(cache_get_nxdomain(c, name("a.test."), at_s(0), &hit));
    cache_free(c);
}

static void put_cut(struct cache *c, const char *zone, const char *ns, uint32_t ttl_s, struct now now)
{
    static struct delegation_builder b;
    static _Alignas(8) uint8_t memory[16384];
    struct cache_origin o = origin_of(RANK_NONAUTH_AUTHORITY, SEC_UNCHECKED);
    delegation_begin(&b, name(zone), DELEGATION_REFERRAL, ttl_s);
    delegation_add_ns(&b, name(ns));
    struct delegation *d = (struct delegation *)(void *)memory;
    assert_true(delegation_size(&b) <= sizeof memory);
    delegation_fill(&b, d);
    assert_int_equal(cache_put_delegation(c, d, &o, now), CACHE_STORED);
}

/* T20: the child's NS records neither change nor prolong the delegation, nor outlive it; the parent's next word counts.
 */
static void test_ghost(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct set_memory m;
    struct cache_hit hit;
    struct cache_origin child = origin_of(RANK_AUTH_ANSWER, SEC_SECURE);
    put_cut(c, "ghost.test.", "ns.parent.test.", 100, at_s(0));
    for (uint64_t s = 10; s < 100; s += 10) {
        assert_int_equal(cache_put_rrset(c, make_set(&m, "ghost.test.", DNS_TYPE_NS, 86400, 1, 1), &child, at_s(s)),
                         CACHE_STORED);
        assert_true(cache_get_delegation(c, name("www.ghost.test."), false, at_s(s), &hit));
        assert_int_equal(hit.ttl_s, 100 - s);
        assert_true(dname_equal(delegation_ns(hit.delegation, 0), name("ns.parent.test.")));
        assert_true(cache_get(c, name("ghost.test."), DNS_TYPE_NS, at_s(s), &hit));
        assert_int_equal(hit.ttl_s, 100 - s);
    }
    assert_false(cache_get_delegation(c, name("www.ghost.test."), false, at_s(100), &hit));
    assert_false(cache_get(c, name("ghost.test."), DNS_TYPE_NS, at_s(100), &hit));

    put_cut(c, "ghost.test.", "ns.one.test.", 1000, at_s(200));
    put_cut(c, "ghost.test.", "ns.two.test.", 100, at_s(201)); /* shorter, but newer */
    assert_true(cache_get_delegation(c, name("ghost.test."), false, at_s(201), &hit));
    assert_int_equal(hit.ttl_s, 100);
    assert_true(dname_equal(delegation_ns(hit.delegation, 0), name("ns.two.test.")));
    put_cut(c, "ghost.test.", "ns.two.test.", 0, at_s(300));
    assert_true(cache_get_delegation(c, name("ghost.test."), false, at_s(300), &hit));
    assert_int_equal(hit.ttl_s, CACHE_DELEGATION_MIN_S);
    assert_true(cache_check(c));
    cache_free(c);
}

/* RFC 9520: 5, 10, 20, ... 300 s, remembered as long again, or for 20 s at least. */
/* Whether DNAMEs above a name need to be looked for: not before there was one, wherever it came from. */
static void test_has_dname(void **state)
{
    (void)state;
    static const uint8_t target[] = {4, 'e', 'l', 's', 'e', 0};
    const struct rdata_ref rr = {.data = target, .len = sizeof target};
    struct cache *c = cache_of(MIB);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct set_memory m;
    put_a(c, "www.test.", 60, 1, RANK_AUTH_ANSWER, at_s(0));
    cache_put_nxdomain(c, name("no.test."), 60, NULL, NULL, 0, &o, at_s(0));
    cache_put_failure(c, name("bad.test."), DNS_TYPE_DNAME, 3, 0, at_s(0)); /* no data */
    assert_false(cache_has_dname(c));
    struct rrset *set = (struct rrset *)(void *)m.bytes;
    rrset_fill(set, name("old.test."), DNS_TYPE_DNAME, 60, &rr, 1, NULL, 0);
    assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
    assert_true(cache_has_dname(c));
    assert_int_equal(cache_flush(c, name("old.test."), 0), 1);
    assert_true(cache_has_dname(c)); /* there may be others */
    cache_free(c);
}

static void test_failure_backoff(void **state)
{
    (void)state;
    static const uint32_t want_s[] = {5, 10, 20, 40, 80, 160, 300, 300, 300};
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    uint64_t s = 0;
    for (size_t i = 0; i < COUNT(want_s); i++) {
        assert_int_equal(cache_put_failure(c, name("dead.test."), DNS_TYPE_A, 42, 0, at_s(s)), want_s[i]);
        assert_true(cache_get_failure(c, name("DEAD.test."), DNS_TYPE_A, at_s(s), &hit));
        assert_int_equal(hit.failure, 42);
        assert_int_equal(hit.failure_count, i + 1);
        assert_int_equal(hit.ttl_s, want_s[i]);
        assert_int_equal(hit.original_ttl_s, want_s[i]);
        assert_true(cache_get_failure(c, name("dead.test."), DNS_TYPE_A, at_s(s + want_s[i] - 1), &hit));
        assert_int_equal(hit.ttl_s, 1);
        s += want_s[i];
        assert_false(cache_get_failure(c, name("dead.test."), DNS_TYPE_A, at_s(s), &hit));
        s += (want_s[i] > CACHE_FAILURE_MEMORY_S ? want_s[i] : CACHE_FAILURE_MEMORY_S) - 1; /* the last moment of it */
    }
    s += 1;
    assert_int_equal(cache_put_failure(c, name("dead.test."), DNS_TYPE_A, 42, 0, at_s(s)), 5);
    assert_int_equal(cache_put_failure(c, name("dead.test."), DNS_TYPE_AAAA, 42, 0, at_s(s)), 5);
    cache_clear_failure(c, name("dead.test."), DNS_TYPE_A);
    assert_false(cache_get_failure(c, name("dead.test."), DNS_TYPE_A, at_s(s), &hit));
    assert_true(cache_get_failure(c, name("dead.test."), DNS_TYPE_AAAA, at_s(s), &hit));
    assert_int_equal(cache_put_failure(c, name("dead.test."), DNS_TYPE_A, 42, 0, at_s(s)), 5);

    for (unsigned i = 0; i < 9; i++) { /* T87 */
        uint32_t lasts_s = cache_put_bogus(c, name("bogus.test."), DNS_TYPE_A, 1, at_s(0));
        assert_int_equal(lasts_s, i < 4 ? 5u << i : CACHE_BOGUS_MAX_S);
    }
    assert_int_equal(cache_put_failure(c, name("b.test."), DNS_TYPE_A, 1, 60, at_s(0)), 60);
    assert_int_equal(cache_put_failure(c, name("b.test."), DNS_TYPE_A, 1, 60, at_s(60)), 120);
    assert_int_equal(cache_put_failure(c, name("c.test."), DNS_TYPE_A, 1, 1, at_s(0)), 1);
    assert_int_equal(cache_put_failure(c, name("d.test."), DNS_TYPE_A, 1, 9999, at_s(0)), 300);
    for (unsigned i = 0; i < 300; i++) {
        cache_put_failure(c, name("d.test."), DNS_TYPE_A, 1, 0, at_s(0));
    }
    assert_true(cache_get_failure(c, name("d.test."), DNS_TYPE_A, at_s(299), &hit));
    assert_int_equal(hit.failure_count, 255);
    assert_true(cache_check(c));
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaces),
        cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_zone_ttl),
        cmocka_unit_test(test_ttl_left),
        cmocka_unit_test(test_ttl_circle),
        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_renewed_in_place),
        cmocka_unit_test(test_bogus_is_short),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_many_types),
        cmocka_unit_test(test_data_against_nxdomain),
        cmocka_unit_test(test_nxdomain_removes_nothing),
        cmocka_unit_test(test_ghost),
        cmocka_unit_test(test_failure_backoff),
        cmocka_unit_test(test_has_dname),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
