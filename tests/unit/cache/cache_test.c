/*
 * cache_test.c - lookups: what a hit holds, and which of several entries is found
 */
#include "fixture.h"

#include <sys/resource.h>

static void test_empty(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    assert_false(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(0), &hit));
    assert_false(cache_get_nxdomain(c, name("a.test."), at_s(0), &hit));
    assert_false(cache_get_nxdomain_above(c, name("a.test."), dname_root(), at_s(0), &hit));
    assert_false(cache_get_delegation(c, name("a.test."), false, at_s(0), &hit));
    assert_false(cache_get_delegation(c, dname_root(), true, at_s(0), &hit));
    assert_false(cache_get_failure(c, name("a.test."), DNS_TYPE_A, at_s(0), &hit));
    cache_free(c);
    cache_free(NULL);
}

static void test_rank_text(void **state)
{
    (void)state;
    assert_string_equal(cache_rank_text(RANK_ADDITIONAL), "additional data");
    assert_string_equal(cache_rank_text(RANK_AUTH_ANSWER), "authoritative answer");
    assert_string_equal(cache_rank_text((enum cache_rank)99), "unknown");
}

/* A sixteenth of all types, kinds and names must not get in each other's way. */
static void test_keys(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct set_memory m;
    struct cache_hit hit;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    static const char *const names[] = {".", "test.", "a.test.", "b.test.", "a.b.test.", "ab.test."};
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA, DNS_TYPE_MX, 65280};
    for (unsigned i = 0; i < COUNT(names); i++) {
        for (unsigned k = 0; k < COUNT(types); k++) {
            struct rrset *set = make_set(&m, names[i], types[k], 300, (uint8_t)(16 * i + k), 1);
            assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
        }
        cache_put_failure(c, name(names[i]), DNS_TYPE_A, (uint16_t)i, 0, at_s(0));
    }
    for (unsigned i = 0; i < COUNT(names); i++) {
        for (unsigned k = 0; k < COUNT(types); k++) {
            assert_true(cache_get(c, name(names[i]), types[k], at_s(1), &hit));
            assert_int_equal(rrset_first(hit.rrset).data[3], 16 * i + k);
            assert_int_equal(hit.type, types[k]);
            assert_true(dname_same_case(hit.name, name(names[i])));
        }
        assert_true(cache_get_failure(c, name(names[i]), DNS_TYPE_A, at_s(1), &hit));
        assert_int_equal(hit.failure, i);
        assert_false(cache_get_failure(c, name(names[i]), DNS_TYPE_AAAA, at_s(1), &hit));
        assert_false(cache_get(c, name(names[i]), DNS_TYPE_TXT, at_s(1), &hit));
    }
    assert_true(cache_check(c));
    cache_free(c);
}

/* One name hashed once, looked up several ways. */
static void test_find(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    put_a(c, "a.test.", 300, 1, RANK_AUTH_ANSWER, at_s(0));
    cache_put_nxdomain(c, name("a.test."), 300, NULL, NULL, 0, &o, at_s(0));
    struct cache_name n = cache_name_of(c, name("A.tesT."));
    assert_true(cache_find(c, &n, CACHE_RRSET, DNS_TYPE_A, at_s(0), &hit));
    assert_true(cache_find(c, &n, CACHE_NXDOMAIN, 0, at_s(0), &hit));
    assert_false(cache_find(c, &n, CACHE_RRSET, DNS_TYPE_CNAME, at_s(0), &hit));
    assert_false(cache_find(c, &n, CACHE_DELEGATION, 0, at_s(0), &hit));
    cache_free(c);
}

static void test_case(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    put_a(c, "wWw.ExAmPlE.TEST.", 300, 1, RANK_AUTH_ANSWER, at_s(0));
    put_a(c, "www.example.test.", 300, 2, RANK_AUTH_ANSWER, at_s(0));
    assert_true(cache_get(c, name("WWW.EXAMPLE.test."), DNS_TYPE_A, at_s(0), &hit));
    assert_int_equal(rrset_first(hit.rrset).data[3], 2);
    assert_true(dname_same_case(hit.name, name("www.example.test.")));
    assert_true(dname_same_case(rrset_owner(hit.rrset), name("www.example.test.")));
    struct cache_stats s;
    cache_stats(c, &s);
    assert_int_equal(s.entries[CACHE_RRSET], 1);
    cache_free(c);
}

struct origin_row {
    const char *server; /* "": not from a server */
    enum cache_rank rank;
    enum cache_security security;
    uint8_t zone_labels;
};

static const struct origin_row origins[] = {
    {"", RANK_ADDITIONAL, SEC_UNCHECKED, 0},
    {"192.0.2.1:53", RANK_AUTH_ANSWER, SEC_SECURE, 1},
    {"192.0.2.1:5353", RANK_NONAUTH_ANSWER, SEC_BOGUS, 127},
    {"[2001:db8::1]:53", RANK_AUTH_AUTHORITY, SEC_INSECURE, 2},
    {"[2001:db8::1]:1", RANK_NONAUTH_AUTHORITY, SEC_SECURE, 3},
    {"[fe80::1%7]:53", RANK_AUTH_ANSWER, SEC_SECURE, 3},
};

static void assert_origin(const struct cache_hit *hit, const struct cache_origin *o)
{
    assert_int_equal(hit->origin.rank, o->rank);
    assert_int_equal(hit->origin.security, o->security);
    assert_int_equal(hit->origin.zone_labels, o->zone_labels);
    assert_true(addr_equal(&hit->origin.server, &o->server));
}

static void test_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(origins); i++) {
        struct cache *c = cache_of(MIB);
        struct set_memory m;
        struct cache_hit hit;
        struct cache_origin o = {
            .rank = origins[i].rank, .security = origins[i].security, .zone_labels = origins[i].zone_labels};
        assert_true(origins[i].server[0] == 0 || addr_scan(origins[i].server, 0, &o.server));
        struct rrset *set = make_set(&m, "a.test.", DNS_TYPE_A, 30, 1, 3);
        assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
        assert_true(cache_get(c, name("a.test."), DNS_TYPE_A, at_s(0), &hit));
        assert_origin(&hit, &o);
        assert_int_equal(hit.rrset->count, 3);
        assert_true(rrset_same_data(hit.rrset, set));
        assert_int_equal(cache_put_nxdomain(c, name("odd.test."), 30, set, NULL, 0, &o, at_s(0)), CACHE_STORED);
        assert_true(cache_get_nxdomain(c, name("odd.test."), at_s(0), &hit));
        assert_origin(&hit, &o);
        cache_free(c);
    }
}

struct parts {
    struct set_memory memory[CACHE_PROOFS_MAX + 1];
    const struct rrset *sets[CACHE_PROOFS_MAX + 2]; /* the last twice */
};

/* Sets of different sizes, so that each lies at another alignment. */
static void make_parts(struct parts *p, uint16_t first_type)
{
    for (unsigned i = 0; i <= CACHE_PROOFS_MAX; i++) {
        char owner[32];
        snprintf(owner, sizeof owner, "%.*s.test.", (int)i, "abcdefghijklm");
        p->sets[i] = make_set(&p->memory[i], i == 0 ? "w.test." : owner, i == 0 ? first_type : DNS_TYPE_NSEC, 77,
                              (uint8_t)(10 * i), (uint16_t)(1 + i));
    }
    p->sets[CACHE_PROOFS_MAX + 1] = p->sets[CACHE_PROOFS_MAX];
}

static void assert_proofs(const struct cache_hit *hit, const struct parts *p, unsigned count)
{
    assert_int_equal(hit->proof_count, count);
    for (unsigned i = 0; i < count; i++) {
        assert_memory_equal(hit->proof[i], p->sets[i + 1], p->sets[i + 1]->size_bytes);
    }
}

/* A negative entry brings its SOA and its proof, each readable where it lies. */
static void test_negative_parts(void **state)
{
    (void)state;
    static struct parts p;
    make_parts(&p, DNS_TYPE_SOA);
    struct cache_origin o = origin_of(RANK_AUTH_AUTHORITY, SEC_SECURE);
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    for (unsigned proofs = 0; proofs <= CACHE_PROOFS_MAX; proofs++) {
        for (unsigned soa = 0; soa < 2; soa++) {
            assert_int_equal(cache_put_nodata(c, name("w.test."), DNS_TYPE_MX, 77, soa ? p.sets[0] : NULL, p.sets + 1,
                                              proofs, &o, at_s(0)),
                             CACHE_STORED);
            assert_true(cache_get(c, name("w.test."), DNS_TYPE_MX, at_s(7), &hit));
            assert_true(hit.negative);
            assert_int_equal(hit.kind, CACHE_RRSET);
            assert_int_equal(hit.type, DNS_TYPE_MX);
            assert_int_equal(hit.ttl_s, 70);
            assert_int_equal(hit.original_ttl_s, 77);
            assert_null(hit.rrset);
            assert_null(hit.delegation);
            assert_origin(&hit, &o);
            assert_int_equal(hit.soa != NULL, soa);
            if (soa) {
                assert_memory_equal(hit.soa, p.sets[0], p.sets[0]->size_bytes);
            }
            assert_proofs(&hit, &p, proofs);
        }
    }
    assert_int_equal(
        cache_put_nodata(c, name("w.test."), DNS_TYPE_A, 77, NULL, p.sets, CACHE_PROOFS_MAX + 1, &o, at_s(0)),
        CACHE_TOO_BIG);
    assert_true(cache_check(c));
    cache_free(c);
}

/* An RRset from a wildcard with the proof that nothing closer exists; replaced by one without, and the other way round.
 */
static void test_proven_set(void **state)
{
    (void)state;
    static struct parts p;
    make_parts(&p, DNS_TYPE_A);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_SECURE);
    struct cache *c = cache_of(MIB);
    struct cache_hit hit;
    for (unsigned proofs = 0; proofs <= CACHE_PROOFS_MAX; proofs++) {
        assert_int_equal(cache_put_rrset_proven(c, p.sets[0], p.sets + 1, proofs, &o, at_s(0)), CACHE_STORED);
        assert_true(cache_get(c, name("W.test."), DNS_TYPE_A, at_s(7), &hit));
        assert_false(hit.negative);
        assert_null(hit.soa);
        assert_int_equal(hit.ttl_s, 70);
        assert_int_equal(hit.original_ttl_s, 77);
        assert_memory_equal(hit.rrset, p.sets[0], p.sets[0]->size_bytes);
        assert_true(dname_same_case(hit.name, name("w.test.")));
        assert_origin(&hit, &o);
        assert_proofs(&hit, &p, proofs);
        assert_int_equal(put_a(c, "w.test.", 77, 1, RANK_AUTH_ANSWER, at_s(0)), CACHE_KEPT_OLD);
    }
    assert_int_equal(cache_put_rrset(c, p.sets[0], &o, at_s(0)), CACHE_STORED);
    assert_true(cache_get(c, name("w.test."), DNS_TYPE_A, at_s(7), &hit));
    assert_int_equal(hit.proof_count, 0);
    assert_int_equal(cache_put_rrset_proven(c, p.sets[0], p.sets + 1, CACHE_PROOFS_MAX + 1, &o, at_s(0)),
                     CACHE_TOO_BIG);
    assert_true(cache_check(c));
    cache_free(c);
}

struct above_row {
    const char *asked, *stop, *want; /* want NULL: nothing */
};

/* NXDOMAIN stored for: gone.test. and deep.down.test.; expired for old.test. RFC 8020 section 2. */
static const struct above_row aboves[] = {
    {"gone.test.", ".", "gone.test."},
    {"www.gone.test.", ".", "gone.test."},
    {"a.b.c.d.gone.test.", ".", "gone.test."},
    {"a.b.c.d.gone.test.", "test.", "gone.test."},
    {"a.b.c.d.gone.test.", "gone.test.", NULL},
    {"gone.test.", "gone.test.", NULL},
    {"agone.test.", ".", NULL},
    {"test.", ".", NULL},
    {"down.test.", ".", NULL},
    {"x.deep.down.test.", "test.", "deep.down.test."},
    {"www.old.test.", ".", NULL},
    {".", ".", NULL},
};

static void test_nxdomain_above(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    cache_put_nxdomain(c, name("gone.test."), 60, NULL, NULL, 0, &o, at_s(0));
    cache_put_nxdomain(c, name("deep.down.test."), 60, NULL, NULL, 0, &o, at_s(0));
    cache_put_nxdomain(c, name("old.test."), 5, NULL, NULL, 0, &o, at_s(0));
    for (size_t i = 0; i < COUNT(aboves); i++) {
        struct cache_hit hit;
        bool found = cache_get_nxdomain_above(c, name(aboves[i].asked), name(aboves[i].stop), at_s(10), &hit);
        if (found != (aboves[i].want != NULL) || (found && !dname_equal(hit.name, name(aboves[i].want)))) {
            fail_msg("%s below %s", aboves[i].asked, aboves[i].stop);
        }
        assert_true(!found || (hit.kind == CACHE_NXDOMAIN && hit.negative && hit.type == 0));
    }
    /* The nearest, when there are several. */
    cache_put_nxdomain(c, name("www.gone.test."), 60, NULL, NULL, 0, &o, at_s(0));
    struct cache_hit hit;
    assert_true(cache_get_nxdomain_above(c, name("x.www.gone.test."), dname_root(), at_s(0), &hit));
    assert_true(dname_equal(hit.name, name("www.gone.test.")));
    cache_free(c);
}

static void put_cut(struct cache *c, const char *zone, uint32_t ttl_s)
{
    static struct delegation_builder b;
    static _Alignas(8) uint8_t memory[16384];
    struct cache_origin o = origin_of(RANK_NONAUTH_AUTHORITY, SEC_UNCHECKED);
    struct addr glue;
    assert_true(addr_scan("192.0.2.53", 0, &glue));
    delegation_begin(&b, name(zone), DELEGATION_REFERRAL, ttl_s);
    int ns = delegation_add_ns(&b, name("NS1.Servers.test."));
    assert_true(delegation_add_addr(&b, ns, &glue));
    delegation_add_ns(&b, name("ns2.servers.test."));
    struct delegation *d = (struct delegation *)(void *)memory;
    assert_true(delegation_size(&b) <= sizeof memory);
    delegation_fill(&b, d);
    assert_int_equal(cache_put_delegation(c, d, &o, at_s(0)), CACHE_STORED);
}

struct cut_row {
    const char *asked;
    bool above;
    const char *want;
};

/* Cuts at the root, com., example.com., a.b.example.com., and one at short.com. that has ended. */
static const struct cut_row cuts[] = {
    {"www.example.com.", false, "example.com."},
    {"example.com.", false, "example.com."},
    {"EXAMPLE.com.", false, "example.com."},
    {"example.com.", true, "com."},
    {"www.example.com.", true, "example.com."},
    {"com.", false, "com."},
    {"com.", true, "."},
    {".", false, "."},
    {".", true, NULL},
    {"org.", false, "."},
    {"b.example.com.", false, "example.com."},
    {"a.b.example.com.", false, "a.b.example.com."},
    {"z.y.x.a.b.example.com.", false, "a.b.example.com."},
    {"www.short.com.", false, "com."},
    {"xexample.com.", false, "com."},
};

static void test_delegation(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    put_cut(c, ".", 86400);
    put_cut(c, "com.", 86400);
    put_cut(c, "Example.COM.", 3600);
    put_cut(c, "a.b.example.com.", 3600);
    put_cut(c, "short.com.", 60);
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct cache_hit hit;
        bool found = cache_get_delegation(c, name(cuts[i].asked), cuts[i].above, at_s(60), &hit);
        if (found != (cuts[i].want != NULL) || (found && !dname_same_case(hit.name, name(cuts[i].want)))) {
            fail_msg("%s%s", cuts[i].above ? "above " : "", cuts[i].asked);
        }
        if (found) {
            assert_int_equal(hit.kind, CACHE_DELEGATION);
            assert_int_equal(hit.delegation->ns_count, 2);
            assert_int_equal(hit.delegation->addr_count, 1);
            assert_true(dname_same_case(delegation_ns(hit.delegation, 0), name("NS1.Servers.test.")));
            assert_true(dname_equal(delegation_zone(hit.delegation), hit.name));
            assert_int_equal(hit.ttl_s, hit.original_ttl_s - 60);
            assert_int_equal(hit.delegation->ttl_s, hit.original_ttl_s);
            assert_false(hit.negative);
            assert_null(hit.rrset);
        }
    }
    cache_free(c);
}

/* The longest names there are. */
static void test_long_names(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct cache_hit hit;
    struct dname_buf deep = {.len = 255, .labels = 127}, wide = {.len = 255, .labels = 4};
    memset(deep.wire, 1, 254);
    deep.wire[254] = 0;
    memset(wide.wire, 'w', sizeof wide.wire);
    wide.wire[0] = wide.wire[64] = wide.wire[128] = 63;
    wide.wire[192] = 61;
    wide.wire[254] = 0;
    struct dname both[] = {dname_of(&deep), dname_of(&wide)};
    for (unsigned i = 0; i < COUNT(both); i++) {
        assert_int_equal(cache_put_nxdomain(c, both[i], 60, NULL, NULL, 0, &o, at_s(0)), CACHE_STORED);
        cache_put_failure(c, both[i], DNS_TYPE_A, 1, 0, at_s(0));
        assert_true(cache_get_nxdomain_above(c, both[i], dname_root(), at_s(0), &hit));
        assert_true(dname_equal(hit.name, both[i]));
        assert_true(cache_get_failure(c, both[i], DNS_TYPE_A, at_s(0), &hit));
        assert_false(cache_get_nxdomain_above(c, dname_parent(both[i]), dname_root(), at_s(0), &hit));
        assert_int_equal(cache_put_nodata(c, both[i], DNS_TYPE_A, 60, NULL, NULL, 0, &o, at_s(0)), CACHE_STORED);
        assert_false(cache_get_nxdomain(c, both[i], at_s(0), &hit));
    }
    assert_true(cache_check(c));
    cache_free(c);
}

/* No address space left: cache_new says so, whatever it was that did not fit. */
static void test_no_memory_at_start(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(RAIZ_VALGRIND)
    skip(); /* they need address space themselves */
#endif
    struct rlimit old, tight;
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    cache_free(cache_of(MIB)); /* liburcu's thread is there */
    tight = old;
    tight.rlim_cur = 64 * MIB;
    struct cache_config config = config_of(1024 * MIB);
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    struct cache *c = cache_new(&config);
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),          cmocka_unit_test(test_rank_text),
        cmocka_unit_test(test_keys),           cmocka_unit_test(test_find),
        cmocka_unit_test(test_case),           cmocka_unit_test(test_origin),
        cmocka_unit_test(test_negative_parts), cmocka_unit_test(test_proven_set),
        cmocka_unit_test(test_nxdomain_above), cmocka_unit_test(test_delegation),
        cmocka_unit_test(test_long_names),     cmocka_unit_test(test_no_memory_at_start),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
