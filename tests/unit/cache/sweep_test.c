/*
 * sweep_test.c - flushing, walking, figures
 */
#include "fixture.h"

static void fill(struct cache *c)
{
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    struct set_memory m;
    static const char *const names[] = {"test.", "a.test.", "b.a.test.", "ba.test.", "c.b.a.test.", "other."};
    for (unsigned i = 0; i < COUNT(names); i++) {
        put_a(c, names[i], 300, 1, RANK_AUTH_ANSWER, at_s(0));
        cache_put_rrset(c, make_set(&m, names[i], DNS_TYPE_MX, 300, 1, 1), &o, at_s(0));
        cache_put_nodata(c, name(names[i]), DNS_TYPE_AAAA, 300, NULL, NULL, 0, &o, at_s(0));
        cache_put_failure(c, name(names[i]), DNS_TYPE_A, 1, 0, at_s(0));
    }
    for (unsigned i = 0; i < COUNT(names); i++) { /* last, as data removes it */
        cache_put_nxdomain(c, name(names[i]), 300, NULL, NULL, 0, &o, at_s(0));
        static struct delegation_builder b;
        static _Alignas(8) uint8_t memory[16384];
        o.zone_labels = 127;
        delegation_begin(&b, name(names[i]), DELEGATION_REFERRAL, 300);
        delegation_add_ns(&b, name("ns.test."));
        struct delegation *d = (struct delegation *)(void *)memory;
        delegation_fill(&b, d);
        cache_put_delegation(c, d, &o, at_s(0));
        o.zone_labels = 1;
    }
}

struct flush_row {
    const char *name;
    bool tree;
    uint16_t type;
    size_t want;
};

/* Each of six names: A, MX, no AAAA, failure for A, NXDOMAIN, delegation. */
static const struct flush_row flushes[] = {
    {"A.test.", false, 0, 6},
    {"a.test.", false, DNS_TYPE_A, 3}, /* set, failure, NXDOMAIN */
    {"a.test.", false, DNS_TYPE_AAAA, 2},
    {"a.test.", false, DNS_TYPE_TXT, 1},
    {"a.test.", false, DNS_TYPE_NS, 2}, /* NXDOMAIN, delegation */
    {"nothing.test.", false, 0, 0},
    {".", false, 0, 0},
    {"A.test.", true, 0, 18},
    {"test.", true, 0, 30},
    {".", true, 0, 36},
    {"c.b.a.test.", true, 0, 6},
    {"d.c.b.a.test.", true, 0, 0},
};

static void count_hit(void *arg, const struct cache_hit *hit)
{
    (void)hit;
    ++*(size_t *)arg;
}

static size_t walk_all(struct cache *c, size_t slots, struct now now)
{
    size_t n = 0;
    uint64_t cursor = 0;
    do {
        cursor = cache_walk(c, cursor, slots, now, count_hit, &n);
    } while (cursor != 0);
    return n;
}

static void test_flush(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flushes); i++) {
        const struct flush_row *r = &flushes[i];
        struct cache *c = cache_of(MIB);
        struct cache_stats s;
        fill(c);
        assert_int_equal(walk_all(c, 1000, at_s(0)), 36);
        size_t got = r->tree ? cache_flush_tree(c, name(r->name)) : cache_flush(c, name(r->name), r->type);
        if (got != r->want) {
            fail_msg("%s type %u%s: %zu flushed", r->name, r->type, r->tree ? " and below" : "", got);
        }
        assert_int_equal(walk_all(c, 1000, at_s(0)), 36 - r->want);
        cache_stats(c, &s);
        assert_int_equal(s.flushed, r->want);
        assert_int_equal(s.entries[0] + s.entries[1] + s.entries[2] + s.entries[3], 36 - r->want);
        assert_true(cache_check(c));
        cache_free(c);
    }
}

/* Many trees in one pass: as many entries go as if each went by itself, whatever their order and however they lie in
 * each other. */
static void test_flush_many(void **state)
{
    (void)state;
    static const struct {
        const char *names[6];
        size_t kept, left;
    } rows[] = {
        {{"a.test."}, 1, 18},
        {{"a.test.", "A.TEST.", "a.test."}, 1, 18},
        {{"b.a.test.", "a.test.", "c.b.a.test."}, 1, 18},
        {{"ba.test.", "b.a.test."}, 2, 18},
        {{"other.", "ba.test.", "c.b.a.test."}, 3, 18},
        {{"z.test.", "b.a.test.", "0.test.", "d.c.b.a.test.", "test.invalid.", "zz.other."}, 5, 24},
        {{"test.", "other."}, 2, 0},
        {{"ba.test.", ".", "other."}, 1, 0},
        {{"nothing."}, 1, 36},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t slots = 1; slots < 100; slots *= 9) {
            struct cache *c = cache_of(MIB);
            struct dname_buf names[6];
            struct cache_flushing f;
            size_t n = 0;
            fill(c);
            for (; n < 6 && rows[i].names[n] != NULL; n++) {
                dname_copy(name(rows[i].names[n]), &names[n]);
            }
            n = cache_flush_order(names, n);
            assert_int_equal(n, rows[i].kept);
            cache_flush_begin_many(names, n, &f);
            while (cache_flush_more(c, &f, slots)) {
            }
            if (f.flushed != 36 - rows[i].left || walk_all(c, 1000, at_s(0)) != rows[i].left) {
                fail_msg("row %zu: %zu flushed", i, f.flushed);
            }
            assert_true(cache_check(c));
            cache_free(c);
        }
    }
}

static void test_visit_name(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    size_t n = 0;
    fill(c);
    cache_visit_name(c, name("A.TEST."), at_s(0), count_hit, &n);
    assert_int_equal(n, 6);
    cache_visit_name(c, name("nothing.test."), at_s(0), count_hit, &n);
    assert_int_equal(n, 6);
    n = 0;
    cache_visit_name(c, name("a.test."), at_s(6), count_hit, &n); /* the failure may be tried again */
    assert_int_equal(n, 5);
    n = 0;
    cache_visit_name(c, name("a.test."), at_s(300), count_hit, &n);
    assert_int_equal(n, 0);
    assert_int_equal(walk_all(c, 3, at_s(6)), 30);
    assert_int_equal(walk_all(c, 3, at_s(300)), 0);
    cache_free(c);
}

#define WALKED 3000

struct tally {
    uint8_t seen[WALKED];
    size_t others;
};

static void tally_hit(void *arg, const struct cache_hit *hit)
{
    struct tally *t = arg;
    const uint8_t *ip = rrset_first(hit->rrset).data;
    unsigned i = (unsigned)(ip[2] << 8 | ip[3]);
    if (ip[1] == 1 && i < WALKED) {
        t->seen[i]++;
    } else {
        t->others++;
    }
}

static const char *number_name(uint8_t series, unsigned i, char text[static 32])
{
    snprintf(text, 32, "n%u-%u.s%u.test.", i, series, series);
    return text;
}

static void put_number(struct cache *c, uint8_t series, unsigned i)
{
    struct set_memory m;
    char text[32];
    number_name(series, i, text);
    struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    uint8_t ip[] = {10, series, (uint8_t)(i >> 8), (uint8_t)i};
    struct rdata_ref rr = {.data = ip, .len = 4};
    struct rrset *set = (struct rrset *)(void *)m.bytes;
    rrset_fill(set, name(text), DNS_TYPE_A, 3600, &rr, 1, NULL, 0);
    assert_int_equal(cache_put_rrset(c, set, &o, at_s(0)), CACHE_STORED);
}

static void remove_number(struct cache *c, uint8_t series, unsigned i)
{
    char text[32];
    cache_flush(c, name(number_name(series, i, text)), 0);
}

/* Entries that stay are seen exactly once, also when between the slices others come and go and the index grows
 * manyfold. */
static void test_walk_exactly_once(void **state)
{
    (void)state;
    static const struct {
        size_t slots;
        unsigned more; /* entries added after each slice */
        bool replace;  /* or the walked ones put anew */
        bool remove;   /* and half of the added ones taken out again */
    } rows[] = {{1, 0, false, false}, {7, 0, false, false},     {100000, 0, false, false}, {1, 100, false, false},
                {3, 50, true, false}, {64, 1000, false, false}, {1, 100, false, true},     {16, 400, false, true}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct cache *c = cache_of(16 * MIB);
        static struct tally t;
        memset(&t, 0, sizeof t);
        for (unsigned i = 0; i < WALKED; i++) {
            put_number(c, 1, i);
        }
        uint64_t cursor = 0;
        unsigned added = 0;
        do {
            cursor = cache_walk(c, cursor, rows[k].slots, at_s(0), tally_hit, &t);
            for (unsigned i = 0; i < rows[k].more && added < 40000; i++, added++) {
                if (rows[k].replace) {
                    put_number(c, 1, added % WALKED);
                } else {
                    put_number(c, 2, added);
                    if (rows[k].remove && added % 2 == 1) {
                        remove_number(c, 2, added - added / 3);
                    }
                }
            }
            cache_quiescent();
        } while (cursor != 0);
        for (unsigned i = 0; i < WALKED; i++) {
            if (t.seen[i] != 1) {
                fail_msg("row %zu: entry %u seen %u times", k, i, t.seen[i]);
            }
        }
        assert_true(rows[k].more == 0 || added > 100);
        assert_true(cache_check(c));
        cache_free(c);
    }
}

/* A flush in slices takes all that was there when it began, and nothing else, while the index grows manyfold under it.
 */
static void test_flush_in_slices(void **state)
{
    (void)state;
    static const struct {
        size_t slots;
        unsigned more; /* entries added after each slice, half of them in the tree */
    } rows[] = {{1, 0}, {4, 30}, {16, 0}, {16, 400}, {100000, 10}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        struct cache *c = cache_of(16 * MIB);
        struct cache_flushing f;
        struct cache_stats stats;
        static struct tally t;
        unsigned added = 0, slices = 1;
        memset(&t, 0, sizeof t);
        for (unsigned i = 0; i < WALKED; i++) {
            put_number(c, 1, i);
            put_number(c, 2, i);
        }
        cache_flush_begin(c, name("s1.test."), &f);
        while (cache_flush_more(c, &f, rows[k].slots)) {
            for (unsigned i = 0; i < rows[k].more && added < 40000; i++, added++) {
                put_number(c, added % 2 == 0 ? 1 : 2, WALKED + added / 2);
            }
            cache_quiescent();
            slices++;
        }
        for (uint64_t cursor = 0; (cursor = cache_walk(c, cursor, 1000, at_s(0), tally_hit, &t)) != 0;) {
        }
        for (unsigned i = 0; i < WALKED; i++) {
            char text[32];
            if (t.seen[i] != 0) {
                fail_msg("row %zu: entry %u is still there", k, i);
            }
            struct cache_hit hit;
            assert_true(cache_get(c, name(number_name(2, i, text)), DNS_TYPE_A, at_s(0), &hit));
        }
        cache_stats(c, &stats);
        assert_true(f.flushed >= WALKED && f.flushed <= WALKED + (added + 1) / 2);
        assert_int_equal(stats.flushed, f.flushed);
        assert_int_equal(stats.entries[CACHE_RRSET], 2 * WALKED + added - f.flushed);
        assert_true(slices >= WALKED / 6 / (rows[k].slots > 4 ? rows[k].slots : 4)); /* four lines at least */
        assert_true(cache_check(c));
        cache_free(c);
    }
}

static void test_stats(void **state)
{
    (void)state;
    struct cache *c = cache_of(MIB);
    struct cache_stats before, after;
    cache_stats(c, &before);
    assert_int_equal(before.bytes_max, MIB);
    assert_true(before.bytes < MIB / 8);
    fill(c);
    cache_stats(c, &after);
    assert_int_equal(after.entries[CACHE_RRSET], 18);
    assert_int_equal(after.entries[CACHE_NXDOMAIN], 6);
    assert_int_equal(after.entries[CACHE_DELEGATION], 6);
    assert_int_equal(after.entries[CACHE_FAILURE], 6);
    assert_int_equal(after.inserted, 36);
    assert_true(after.bytes > before.bytes + 36 * 16);
    assert_int_equal(put_a(c, "a.test.", 300, 1, RANK_ADDITIONAL, at_s(0)), CACHE_KEPT_OLD);
    cache_flush_tree(c, dname_root());
    cache_stats(c, &after);
    assert_int_equal(after.kept_old, 1);
    assert_int_equal(after.flushed, 36);
    assert_int_equal(after.bytes, before.bytes);
    cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flush),      cmocka_unit_test(test_flush_in_slices),   cmocka_unit_test(test_flush_many),
        cmocka_unit_test(test_visit_name), cmocka_unit_test(test_walk_exactly_once), cmocka_unit_test(test_stats),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
