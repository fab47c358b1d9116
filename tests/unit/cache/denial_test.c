/* Spans of names that do not exist: what is kept, what is found, what ends, and that it stays within its bytes. */
#include "cache/denial.h"

#include <pthread.h>
#include <stdatomic.h>

#include "dns/base.h"
#include "dns/text.h"
#include "fixture.h"

struct shelf {
    struct cache *cache;
    struct arena arena;
};

static int setup(void **state)
{
    static struct shelf s;
    cache_thread_begin();
    s.cache = cache_of(MIB);
    arena_init(&s.arena, NULL, 0, 64 * MIB);
    *state = &s;
    return 0;
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

static struct rrset *set_of(struct shelf *s, const char *owner, const char *type, uint32_t ttl_s, const char *text)
{
    static uint8_t room[65536];
    struct writer w = writer_of(room, sizeof room);
    struct scan_error error;
    struct rrset *out = NULL;
    uint16_t number;
    assert_true(dns_type_scan(type, strlen(type), &number));
    if (rdata_scan_line(number, text, strlen(text), dname_root(), &w, &error) != DNS_OK) {
        fail_msg("'%s': %s", text, error.message);
    }
    struct rdata_ref rr = {.data = w.base, .len = (uint16_t)w.pos};
    assert_int_equal(rrset_make(name(owner), number, ttl_s, &rr, 1, &s->arena, &out), DNS_OK);
    return out;
}

static struct rrset *soa_of(struct shelf *s, const char *zone, uint32_t ttl_s, uint32_t minimum_s)
{
    char text[60];
    snprintf(text, sizeof text, "ns. host. 1 2 3 4 %u", minimum_s);
    return set_of(s, zone, "SOA", ttl_s, text);
}

static enum cache_put put(struct shelf *s, const char *zone, const char *owner, const char *rdata, struct now now)
{
    const char *type = strchr(rdata, ' ') != NULL && rdata[1] == ' ' ? "NSEC3" : "NSEC";
    return denial_put(s->cache, name(zone), set_of(s, owner, type, 1000, rdata), soa_of(s, zone, 900, 600), now);
}

/* "owner TTL" of what is found, with "=" before it when the name is the owner. */
static const char *find(struct shelf *s, const char *zone, const char *what, struct now now)
{
    static char out[DNAME_TEXT_MAX + 20];
    char owner[DNAME_TEXT_MAX];
    struct denial_zone z;
    struct denial_span span;
    if (!denial_zone_of(s->cache, name(zone), false, &z)) {
        return "no zone";
    }
    if (!denial_find(s->cache, &z, name(what), now, &s->arena, &span)) {
        return "-";
    }
    dname_print(rrset_owner(span.set), owner);
    snprintf(out, sizeof out, "%s%s %u", span.match ? "=" : "", owner, span.ttl_s);
    return out;
}

static uint64_t spans(struct shelf *s)
{
    struct cache_stats stats;
    cache_stats(s->cache, &stats);
    return stats.spans;
}

/* ---- NSEC ---- */

static void in_order(void **state)
{
    struct shelf *s = *state;
    struct now now = at_s(0);
    assert_int_equal(put(s, "t.", "m.t.", "X.z.t. A RRSIG NSEC", now), CACHE_STORED);
    assert_int_equal(put(s, "t.", "C.t.", "f.c.t. A RRSIG NSEC", now), CACHE_STORED);
    assert_int_equal(put(s, "t.", "x.z.t.", "t. A RRSIG NSEC", now), CACHE_STORED);
    assert_int_equal(put(s, "t.", "t.", "a.t. NS SOA RRSIG NSEC", now), CACHE_STORED);
    static const struct {
        const char *what, *found;
    } rows[] = {
        {"t.", "=t. 600"},
        {"0.t.", "t. 600"},
        {"a.t.", "-"},
        {"b.t.", "-"},
        {"c.t.", "=c.t. 600"},
        {"a.c.t.", "c.t. 600"},
        {"F.c.t.", "-"},
        {"g.c.t.", "-"},
        {"M.T.", "=m.t. 600"},
        {"a.m.t.", "m.t. 600"},
        {"z.t.", "m.t. 600"},
        {"a.z.t.", "m.t. 600"},
        {"x.Z.t.", "=x.z.t. 600"},
        {"y.z.t.", "x.z.t. 600"},
        {"zz.t.", "x.z.t. 600"},
        {"\\255.t.", "x.z.t. 600"},
        {"u.", "-"},
        {".", "-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(find(s, "t.", rows[i].what, now), rows[i].found);
    }
    assert_int_equal(spans(s), 4);
}

/* The newer word about the same names replaces the older, as a whole. */
static void newer_words(void **state)
{
    struct shelf *s = *state;
    static const struct {
        const char *owner, *rdata;
        const char *probe[3], *found[3];
        unsigned left;
    } rows[] = {
        {"b.t.", "y.t. A", {"c.t.", "y.t.", "b.t."}, {"b.t. 600", "-", "=b.t. 600"}, 1},
        {"b.t.", "x.t. A", {"c.t.", "x.t.", "b.t."}, {"b.t. 600", "-", "=b.t. 600"}, 1},
        {"d.t.", "f.t. A", {"c.t.", "e.t.", "g.t."}, {"-", "d.t. 600", "-"}, 1}, /* d exists, so b..x was wrong */
        {"f.t.", "h.t. A", {"e.t.", "g.t.", "i.t."}, {"d.t. 600", "f.t. 600", "-"}, 2},
        {"j.t.", "l.t. A", {"e.t.", "g.t.", "k.t."}, {"d.t. 600", "f.t. 600", "j.t. 600"}, 3},
        {"e.t.", "k.t. A", {"d.t.", "g.t.", "k.t."}, {"-", "e.t. 600", "-"}, 1}, /* no d..f, no f, no j */
        {"z.t.", "t. A", {"zz.t.", "g.t.", "a.t."}, {"z.t. 600", "e.t. 600", "-"}, 2},
        {"x.t.", "t. A", {"y.t.", "zz.t.", "z.t."}, {"x.t. 600", "x.t. 600", "x.t. 600"}, 2},
        {"t.", "t. A", {"y.t.", "e.t.", "t."}, {"t. 600", "t. 600", "=t. 600"}, 1}, /* nothing but the apex */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(put(s, "t.", rows[i].owner, rows[i].rdata, at_s(0)), CACHE_STORED);
        for (size_t k = 0; k < 3; k++) {
            assert_string_equal(find(s, "t.", rows[i].probe[k], at_s(0)), rows[i].found[k]);
        }
        assert_int_equal(spans(s), rows[i].left);
        assert_true(cache_check(s->cache));
    }
}

/* ---- NSEC3 ---- */

static const char *find_hash(struct shelf *s, const char *text, struct now now)
{
    static char out[DNAME_TEXT_MAX + 20];
    uint8_t hash[NSEC3_HASH_SIZE];
    struct writer w = writer_of(hash, sizeof hash);
    struct base_scan scan = base_scan_of(BASE32HEX, &w);
    struct denial_zone z;
    struct denial_span span;
    assert_true(base_feed(&scan, text, strlen(text)) && base_done(&scan) && !w.failed);
    if (!denial_zone_of(s->cache, name("t."), false, &z)) {
        return "no zone";
    }
    if (!denial_find_hash(s->cache, &z, hash, now, &s->arena, &span)) {
        return "-";
    }
    snprintf(out, sizeof out, "%s%c", span.match ? "=" : "", rrset_owner(span.set).wire[1]);
    return out;
}

#define H "0000000000000000000000000000000"

static void hashed(void **state)
{
    struct shelf *s = *state;
    struct now now = at_s(0);
    assert_int_equal(put(s, "t.", "4" H ".t.", "1 0 2 ABCD 8" H " A", now), CACHE_STORED);
    assert_int_equal(put(s, "t.", "8" H ".t.", "1 0 2 ABCD c" H " A", now), CACHE_STORED);
    assert_int_equal(put(s, "t.", "u" H ".t.", "1 0 2 ABCD 2" H " A", now), CACHE_STORED); /* the last goes round */
    static const struct {
        const char *what, *found;
    } rows[] = {
        {"4" H, "=4"}, {"5" H, "4"}, {"8" H, "=8"}, {"B" H, "8"}, {"C" H, "-"}, {"D" H, "-"},
        {"U" H, "=u"}, {"V" H, "u"}, {"0" H, "u"},  {"1" H, "u"}, {"2" H, "-"}, {"3" H, "-"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(find_hash(s, rows[i].what, now), rows[i].found);
    }
    /* A new name in the span that goes round, then one that swallows all. */
    assert_int_equal(put(s, "t.", "0" H ".t.", "1 0 2 ABCD 2" H " A", now), CACHE_STORED);
    assert_string_equal(find_hash(s, "V" H, now), "-");
    assert_string_equal(find_hash(s, "1" H, now), "0");
    assert_int_equal(put(s, "t.", "v" H ".t.", "1 0 2 ABCD t" H " A", now), CACHE_STORED);
    assert_int_equal(spans(s), 1);
    assert_string_equal(find_hash(s, "1" H, now), "v");
    assert_string_equal(find_hash(s, "U" H, now), "-");
    /* A chain of one covers all but itself (RFC 5155 section 7.1). */
    assert_int_equal(put(s, "t.", "v" H ".t.", "1 0 2 ABCD v" H " A", now), CACHE_STORED);
    assert_string_equal(find_hash(s, "U" H, now), "v");
    assert_string_equal(find_hash(s, "V" H, now), "=v");
    /* Names are not looked up among hashes. */
    assert_string_equal(find(s, "t.", "a.t.", now), "-");
}

/* T101, T61: one chain at a time. */
static void parameters(void **state)
{
    struct shelf *s = *state;
    static const struct {
        const char *owner, *rdata;
        bool nsec3;
        uint16_t iterations;
        uint8_t salt_len;
    } rows[] = {
        {"a.t.", "b.t. A", false, 0, 0},
        {"4" H ".t.", "1 0 0 - 8" H " A", true, 0, 0},
        {"8" H ".t.", "1 0 1 - c" H " A", true, 1, 0},
        {"4" H ".t.", "1 0 1 AA 8" H " A", true, 1, 1},
        {"8" H ".t.", "1 0 1 AB c" H " A", true, 1, 1},
        {"a.t.", "b.t. A", false, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct denial_zone z;
        assert_int_equal(put(s, "t.", rows[i].owner, rows[i].rdata, at_s(0)), CACHE_STORED);
        assert_true(denial_zone_of(s->cache, name("x.t."), false, &z));
        assert_true(z.nsec3 == rows[i].nsec3 && z.iterations == rows[i].iterations && z.salt_len == rows[i].salt_len);
        assert_int_equal(spans(s), 1);
    }
}

/* ---- what is refused ---- */

#define SALT64                                                                                                         \
    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F30313233343536"   \
    "3738393A3B3C3D3E3F"

static void refused(void **state)
{
    struct shelf *s = *state;
    static const struct {
        const char *zone, *owner, *rdata;
        enum cache_put want;
    } rows[] = {
        {"t.", "a.t.", "b.t. A", CACHE_STORED},
        {"t.", "a.u.", "b.t. A", CACHE_NOT_STORED}, /* owner outside */
        {"t.", "a.t.", "b.u. A", CACHE_NOT_STORED}, /* T64: next outside */
        {"a.t.", "a.t.", "t. A", CACHE_NOT_STORED},
        {"t.", "4" H ".t.", "1 0 0 - 8" H " A", CACHE_STORED},
        {"t.", "4" H ".x.t.", "1 0 0 - 8" H " A", CACHE_NOT_STORED}, /* T65: a child's hash */
        {"x.t.", "4" H ".t.", "1 0 0 - 8" H " A", CACHE_NOT_STORED},
        {"t.", "4" H "0.t.", "1 0 0 - 8" H " A", CACHE_NOT_STORED},
        {"t.", "4" H ".t.", "2 0 0 - 8" H " A", CACHE_NOT_STORED}, /* unknown hash */
        {"t.", "4" H ".t.", "1 1 0 - 8" H " A", CACHE_NOT_STORED}, /* opt-out */
        {"t.", "4" H ".t.", "1 2 0 - 8" H " A", CACHE_NOT_STORED}, /* unknown flag */
        {"t.", "4" H ".t.", "1 0 50 - 8" H " A", CACHE_STORED},
        {"t.", "4" H ".t.", "1 0 51 - 8" H " A", CACHE_NOT_STORED}, /* L16 */
        {"t.", "4" H ".t.", "1 0 0 " SALT64 " 8" H " A", CACHE_STORED},
        {"t.", "4" H ".t.", "1 0 0 " SALT64 "40 8" H " A", CACHE_NOT_STORED}, /* T60 */
        {"t.", "a.t.", "\\000.a.t. A", CACHE_NOT_STORED},                     /* made for one name */
        {"t.", "a.t.", "\\000.b.t. A", CACHE_STORED},
        {"t.", "4" H ".t.", "1 0 0 - 40000000000000000000000000000002 A", CACHE_NOT_STORED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        denial_forget(s->cache, dname_root(), true);
        if (put(s, rows[i].zone, rows[i].owner, rows[i].rdata, at_s(0)) != rows[i].want) {
            fail_msg("row %zu", i);
        }
        assert_int_equal(spans(s), rows[i].want == CACHE_STORED);
    }
}

static void odd_sets(void **state)
{
    struct shelf *s = *state;
    struct rrset *nsec = set_of(s, "a.t.", "NSEC", 1000, "b.t. A"), *soa = soa_of(s, "t.", 900, 600);
    struct now now = at_s(0);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, NULL, now), CACHE_STORED); /* with no SOA yet */
    struct denial_zone z;
    struct denial_span at;
    assert_true(denial_zone_of(s->cache, name("t."), false, &z));
    assert_false(denial_soa(s->cache, &z, now, &s->arena, &at));
    assert_int_equal(denial_forget(s->cache, name("t."), false), 1);
    assert_int_equal(denial_put(s->cache, name("t."), soa, soa, now), CACHE_NOT_STORED);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, nsec, now), CACHE_NOT_STORED);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, soa_of(s, "x.t.", 900, 600), now), CACHE_NOT_STORED);
    assert_int_equal(spans(s), 0);
    struct rdata_ref two[] = {rrset_first(nsec), rrset_first(set_of(s, "a.t.", "NSEC", 1000, "c.t. A"))};
    struct rrset *both;
    assert_int_equal(rrset_make(name("a.t."), DNS_TYPE_NSEC, 1000, two, 2, &s->arena, &both), DNS_OK);
    assert_int_equal(denial_put(s->cache, name("t."), both, soa, now), CACHE_NOT_STORED);
    /* T101: a set out of proportion. */
    static uint8_t big[DENIAL_SET_BYTES_MAX];
    struct rdata_ref sig = {.data = big, .len = sizeof big};
    size_t size = rrset_size(name("a.t."), two, 1, &sig, 1);
    struct rrset *large = arena_alloc(&s->arena, size);
    rrset_fill(large, name("a.t."), DNS_TYPE_NSEC, 1000, two, 1, &sig, 1);
    assert_int_equal(denial_put(s->cache, name("t."), large, soa, now), CACHE_TOO_BIG);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, large, now), CACHE_TOO_BIG);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, soa, now), CACHE_STORED);
    assert_int_equal(denial_put(s->cache, name("t."), nsec, NULL, now), CACHE_STORED); /* by the SOA before */
}

/* ---- time ---- */

static void ends(void **state)
{
    struct shelf *s = *state;
    static const struct {
        uint32_t set_s, soa_s, minimum_s, ttl_s;
    } rows[] = {
        {100, 200, 300, 100}, {300, 200, 250, 200},     {300, 200, 50, 50}, /* RFC 9077 */
        {0, 200, 300, 0},     {9000, 9000, 9000, 3600},                     /* the cache's own limit */
        {300, 0, 300, 0},     {300, 300, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[40];
        uint32_t ttl_s = rows[i].ttl_s;
        enum cache_put got = denial_put(s->cache, name("t."), set_of(s, "a.t.", "NSEC", rows[i].set_s, "b.t. A"),
                                        soa_of(s, "t.", rows[i].soa_s, rows[i].minimum_s), at_s(0));
        assert_int_equal(got, ttl_s > 0 ? CACHE_STORED : CACHE_NOT_STORED);
        snprintf(want, sizeof want, "a.t. %u", ttl_s);
        assert_string_equal(find(s, "t.", "aa.t.", at_s(0)), ttl_s > 0 ? want : "no zone");
        if (ttl_s > 0) {
            assert_string_equal(find(s, "t.", "aa.t.", at_ms(ttl_s * 1000 - 1)), "a.t. 1");
            assert_string_equal(find(s, "t.", "aa.t.", at_s(ttl_s)), "-");
        }
        denial_forget(s->cache, name("t."), false);
    }
}

/* What has ended goes when something else comes. */
static void swept(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(put(s, "t.", "a.t.", "b.t. A", at_s(0)), CACHE_STORED);
    assert_int_equal(put(s, "u.", "a.u.", "b.u. A", at_s(1)), CACHE_STORED);
    assert_int_equal(put(s, "v.", "a.v.", "b.v. A", at_s(600)), CACHE_STORED);
    assert_int_equal(spans(s), 2);
    assert_string_equal(find(s, "t.", "aa.t.", at_s(600)), "no zone");
    assert_string_equal(find(s, "u.", "aa.u.", at_s(600)), "a.u. 1");
}

/* ---- zones ---- */

static void deepest_zone(void **state)
{
    struct shelf *s = *state;
    put(s, ".", "a.", "z. A", at_s(0));
    put(s, "b.t.", "c.b.t.", "d.b.t. A", at_s(0));
    static const struct {
        const char *what;
        bool above;
        const char *zone;
    } rows[] = {
        {"x.b.t.", false, "b.t."}, {"b.t.", false, "b.t."}, {"B.T.", true, "."}, {"x.y.B.t.", true, "b.t."},
        {"c.t.", false, "."},      {".", false, "."},       {".", true, NULL},
    };
    struct denial_zone z;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool found = denial_zone_of(s->cache, name(rows[i].what), rows[i].above, &z);
        assert_int_equal(found, rows[i].zone != NULL);
        assert_true(!found || dname_equal(dname_of(&z.name), name(rows[i].zone)));
    }
    struct denial_span soa;
    assert_true(denial_soa(s->cache, &z, at_s(0), &s->arena, &soa));
    assert_int_equal(soa.ttl_s, 900);
    assert_false(denial_soa(s->cache, &z, at_s(900), &s->arena, &soa));
}

static void forgotten(void **state)
{
    struct shelf *s = *state;
    static const struct {
        const char *what;
        bool tree;
        size_t gone;
    } rows[] = {
        {"x.a.t.", false, 1}, /* a.t. */
        {"a.t.", false, 2},   /* and t., which may deny its DS */
        {"t.", false, 2},     /* t. and the root */
        {"t.", true, 4},      {"b.t.", true, 2}, {"u.", true, 1}, {".", true, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        denial_forget(s->cache, dname_root(), true);
        put(s, ".", "a.", "z. A", at_s(0));
        put(s, "t.", "a.t.", "z.t. A", at_s(0));
        put(s, "a.t.", "a.a.t.", "z.a.t. A", at_s(0));
        put(s, "b.t.", "a.b.t.", "z.b.t. A", at_s(0));
        assert_int_equal(spans(s), 4);
        if (rows[i].tree) {
            cache_flush_tree(s->cache, name(rows[i].what));
        } else {
            cache_flush(s->cache, name(rows[i].what), DNS_TYPE_A);
        }
        assert_int_equal(spans(s), 4 - rows[i].gone);
    }
}

/* ---- bytes ---- */

static void put_numbered(struct shelf *s, const char *zone, unsigned i)
{
    char owner[40], next[40];
    snprintf(owner, sizeof owner, "n%06u.%s", 2 * i, zone);
    snprintf(next, sizeof next, "n%06u.%s A", 2 * i + 1, zone);
    assert_int_equal(put(s, zone, owner, next, at_s(0)), CACHE_STORED);
    arena_clear(&s->arena);
}

/* T99: a zone never has more than half; all together never more than their share. */
static void bounded(void **state)
{
    struct shelf *s = *state;
    struct cache_stats before, one, all;
    cache_stats(s->cache, &before);
    for (unsigned i = 0; i < 2000; i++) {
        put_numbered(s, "t.", i * 7919 % 2000);
    }
    cache_stats(s->cache, &one);
    assert_in_range(one.bytes - before.bytes, MIB / 16 * 2 / 5, MIB / 16 / 2 + 2000);
    assert_true(cache_check(s->cache));
    /* Of what is there before the flood, what is used stays. */
    put_numbered(s, "hot.", 1);
    for (unsigned i = 0; i < 3000; i++) {
        char zone[20];
        snprintf(zone, sizeof zone, "z%u.", i % 500);
        put_numbered(s, zone, i);
        assert_string_equal(find(s, "hot.", "n000002x.hot.", at_s(0)), "n000002.hot. 600");
        arena_clear(&s->arena);
    }
    cache_stats(s->cache, &all);
    assert_in_range(all.bytes - before.bytes, MIB / 16 * 4 / 5, MIB / 16);
    assert_true(cache_check(s->cache));
    denial_forget(s->cache, dname_root(), true);
    cache_stats(s->cache, &all);
    assert_true(all.spans == 0 && all.bytes == before.bytes); /* T100 */
}

/* Ten thousand in an order of no pattern, each found, none between them. */
static void many(void **state)
{
    struct shelf *s = *state;
    struct cache *small = s->cache;
    s->cache = cache_of(256 * MIB);
    for (unsigned i = 0; i < 10000; i++) {
        put_numbered(s, "t.", i * 7919 % 10000);
    }
    assert_int_equal(spans(s), 10000);
    for (unsigned i = 0; i < 20000; i++) {
        char what[40], want[40];
        snprintf(what, sizeof what, "n%06ux.t.", i);
        snprintf(want, sizeof want, "n%06u.t. 600", i);
        assert_string_equal(find(s, "t.", what, at_s(0)), i % 2 == 0 ? want : "-");
        arena_clear(&s->arena);
    }
    assert_true(cache_check(s->cache));
    cache_free(s->cache);
    s->cache = small;
}

/* ---- threads ---- */

#define ROUNDS  20000
#define READERS 2

struct crew {
    struct shelf *shelf;
    const struct rrset *set[2][8], *soa;
    atomic_bool done;
    atomic_uint found; /* readers that found something */
};

/* NSEC and NSEC3 by turns, and now and then nothing. On a busy machine the readers may come late to it. */
static void *writer(void *arg)
{
    struct crew *crew = arg;
    cache_thread_begin();
    for (unsigned i = 0; i < ROUNDS || (atomic_load(&crew->found) < READERS && i < 10000 * ROUNDS); i++) {
        denial_put(crew->shelf->cache, dname_suffix(rrset_owner(crew->soa), 1), crew->set[i / 64 % 2][i % 8], crew->soa,
                   at_s(i % ROUNDS / 1000));
        if (i % 1009 == 0) {
            denial_forget(crew->shelf->cache, dname_root(), true);
        }
        cache_quiescent();
    }
    atomic_store(&crew->done, true);
    cache_thread_end();
    return NULL;
}

static void *reader(void *arg)
{
    struct crew *crew = arg;
    struct arena arena;
    uint8_t hash[NSEC3_HASH_SIZE] = {0};
    size_t found = 0;
    arena_init(&arena, NULL, 0, MIB);
    cache_thread_begin();
    for (unsigned i = 0; !atomic_load(&crew->done); i++) {
        struct denial_zone z;
        struct denial_span span;
        struct dname what = rrset_owner(crew->set[0][i % 8]);
        arena_clear(&arena);
        hash[0] = (uint8_t)(i * 8);
        if (denial_zone_of(crew->shelf->cache, what, false, &z) &&
            (z.nsec3 ? denial_find_hash(crew->shelf->cache, &z, hash, at_s(0), &arena, &span)
                     : denial_find(crew->shelf->cache, &z, what, at_s(0), &arena, &span))) {
            assert_true(span.set->type == (z.nsec3 ? DNS_TYPE_NSEC3 : DNS_TYPE_NSEC) && span.ttl_s > 0);
            atomic_fetch_add(&crew->found, found++ == 0);
        }
        cache_quiescent();
    }
    cache_thread_end();
    arena_release(&arena);
    return found > 0 ? arg : NULL;
}

static void by_many_threads(void **state)
{
    struct crew crew = {.shelf = *state};
    pthread_t thread[1 + READERS];
    for (unsigned i = 0; i < 8; i++) {
        char owner[60], rdata[80];
        snprintf(owner, sizeof owner, "%c.t.", (int)('a' + i));
        snprintf(rdata, sizeof rdata, "%c.t. A", (int)('b' + i));
        crew.set[0][i] = set_of(crew.shelf, owner, "NSEC", 1000, rdata);
        snprintf(owner, sizeof owner, "%u" H ".t.", i);
        snprintf(rdata, sizeof rdata, "1 0 0 - %u" H " A", i + 1);
        crew.set[1][i] = set_of(crew.shelf, owner, "NSEC3", 1000, rdata);
    }
    crew.soa = soa_of(crew.shelf, "t.", 900, 600);
    pthread_create(&thread[0], NULL, writer, &crew);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_create(&thread[1 + i], NULL, reader, &crew);
    }
    cache_offline();
    for (unsigned i = 0; i < 1 + READERS; i++) {
        void *out;
        pthread_join(thread[i], &out);
        assert_true(i == 0 || out != NULL);
    }
    cache_online();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(newer_words, setup, teardown),
        cmocka_unit_test_setup_teardown(hashed, setup, teardown),
        cmocka_unit_test_setup_teardown(parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_sets, setup, teardown),
        cmocka_unit_test_setup_teardown(ends, setup, teardown),
        cmocka_unit_test_setup_teardown(swept, setup, teardown),
        cmocka_unit_test_setup_teardown(deepest_zone, setup, teardown),
        cmocka_unit_test_setup_teardown(forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(many, setup, teardown),
        cmocka_unit_test_setup_teardown(by_many_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
