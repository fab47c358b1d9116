/*
 * snapshot_test.c - the cache as a file: what comes back, what is refused, and that nothing wrong ever comes back
 * (T143)
 *
 * RAIZ_SNAPSHOT_KIB=1024 in the environment flips every byte of a snapshot of that size; without it a small one is
 * used.
 */
#include "fixture.h"

#include "cache/denial.h"
#include "cache/snapshot.h"

#define WALL 1767268800

static const uint8_t key[SNAPSHOT_KEY_SIZE] = "a key of 32 octets for the test.";
static const uint8_t other_key[SNAPSHOT_KEY_SIZE] = "A key of 32 octets for the test.";
static const uint8_t id[SNAPSHOT_ID_SIZE] = "a random file id";
static const struct snapshot_tags tags = {.tag = {"trust", "exempt", "upstream"}};

struct file {
    uint8_t *data;
    size_t n;
};

static struct now at(uint64_t s)
{
    struct now now = at_s(s);
    now.wall_s = WALL + (int64_t)s;
    return now;
}

static void append(struct file *f, const void *data, size_t n)
{
    f->data = realloc(f->data, f->n + n);
    assert_non_null(f->data);
    memcpy(f->data + f->n, data, n);
    f->n += n;
}

static struct file save(struct cache *c, struct now now)
{
    struct file f = {0};
    struct snapshot_writer w;
    struct snapshot_head head;
    struct snapshot_block block;
    const uint8_t *records;
    assert_true(snapshot_begin(&w, c, key, id, &tags, now, &head));
    append(&f, &head, sizeof head);
    while (snapshot_next(&w, &block, &records)) {
        append(&f, &block, sizeof block);
        append(&f, records, block.size);
        cache_quiescent();
    }
    assert_true(w.walked && !w.lost);
    snapshot_end(&w);
    return f;
}

/* As resolver/saver.c does it. */
static enum snapshot_verdict load(struct cache *c, const struct file *f, const uint8_t *with, struct now now,
                                  struct snapshot_reader *r)
{
    static _Alignas(8) uint8_t records[SNAPSHOT_BLOCK_MAX];
    struct snapshot_head head;
    size_t pos = sizeof head;
    *r = (struct snapshot_reader){0};
    if (f->n < sizeof head) {
        return SNAPSHOT_SHORT;
    }
    memcpy(&head, f->data, sizeof head);
    enum snapshot_verdict v = snapshot_open(r, c, with, &tags, &head, now);
    while (v == SNAPSHOT_GOOD) {
        struct snapshot_block block;
        if (f->n - pos < sizeof block) {
            return SNAPSHOT_SHORT;
        }
        memcpy(&block, f->data + pos, sizeof block);
        pos += sizeof block;
        if (!snapshot_block_fits(&block) || f->n - pos < block.size) {
            return SNAPSHOT_SHORT;
        }
        memcpy(records, f->data + pos, block.size);
        pos += block.size;
        v = snapshot_restore(r, &block, records, now);
    }
    return v;
}

static struct rrset *soa_of(struct set_memory *m, const char *zone)
{
    static const uint8_t rdata[] = {0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 2, 88, 0, 1, 81, 128, 0, 0, 0, 60};
    struct rdata_ref rr = {.data = rdata, .len = sizeof rdata};
    struct rrset *set = (struct rrset *)(void *)m->bytes;
    rrset_fill(set, name(zone), DNS_TYPE_SOA, 300, &rr, 1, NULL, 0);
    return set;
}

/* owner NSEC next A */
static struct rrset *nsec_of(struct set_memory *m, const char *owner, const char *next)
{
    uint8_t rdata[DNAME_MAX + 3];
    struct dname to = name(next);
    memcpy(rdata, to.wire, to.len);
    memcpy(rdata + to.len, "\0\1\x40", 3);
    struct rdata_ref rr = {.data = rdata, .len = (uint16_t)(to.len + 3)};
    struct rrset *set = (struct rrset *)(void *)m->bytes;
    rrset_fill(set, name(owner), DNS_TYPE_NSEC, 300, &rr, 1, NULL, 0);
    return set;
}

/* Everything that there is to save. */
static void fill(struct cache *c, struct now now)
{
    struct set_memory m, soa, nsec;
    struct cache_origin secure = origin_of(RANK_AUTH_ANSWER, SEC_SECURE), far = origin_of(RANK_NONAUTH_ANSWER, 0);
    far.server = (struct addr){.family = ADDR_IP6, .port = 5353, .scope = 7, .ip = {0xfe, 0x80, [15] = 1}};
    put_a(c, "www.test.", 300, 1, RANK_AUTH_ANSWER, now);
    cache_put_rrset(c, make_set(&m, "many.test.", DNS_TYPE_A, 3600, 1, 50), &secure, now);
    cache_put_rrset(c, make_set(&m, "far.test.", DNS_TYPE_A, 3600, 9, 1), &far, now);
    put_a(c, "short.test.", 20, 4, RANK_AUTH_ANSWER, now);
    const struct rrset *proof = nsec_of(&nsec, "a.test.", "m.test.");
    cache_put_nxdomain(c, name("b.test."), 300, soa_of(&soa, "test."), &proof, 1, &secure, now);
    cache_put_nodata(c, name("www.test."), DNS_TYPE_MX, 200, soa_of(&soa, "test."), NULL, 0, &far, now);
    cache_put_rrset_proven(c, make_set(&m, "wild.test.", DNS_TYPE_A, 300, 8, 2), &proof, 1, &secure, now);
    static struct delegation_builder b;
    static _Alignas(8) uint8_t memory[16384];
    struct addr glue;
    addr_scan("192.0.2.53", 0, &glue);
    delegation_begin(&b, name("cut.test."), DELEGATION_REFERRAL, 7200);
    delegation_add_addr(&b, delegation_add_ns(&b, name("NS1.cut.test.")), &glue);
    delegation_add_ns(&b, name("ns2.other.test."));
    delegation_fill(&b, (struct delegation *)(void *)memory);
    cache_put_delegation(c, (struct delegation *)(void *)memory, &far, now);
    cache_put_failure(c, name("bad.test."), DNS_TYPE_A, 3, 0, now);
    secure.security = SEC_BOGUS;
    cache_put_rrset(c, make_set(&m, "bogus.test.", DNS_TYPE_A, 300, 5, 1), &secure, now);
}

static bool same_hit(const struct cache_hit *a, const struct cache_hit *b)
{
    bool same = a->kind == b->kind && a->negative == b->negative && a->type == b->type &&
                dname_same_case(a->name, b->name) && a->origin.rank == b->origin.rank &&
                a->origin.security == b->origin.security && a->origin.zone_labels == b->origin.zone_labels &&
                addr_equal(&a->origin.server, &b->origin.server) && a->original_ttl_s == b->original_ttl_s &&
                a->proof_count == b->proof_count && (a->rrset == NULL) == (b->rrset == NULL) &&
                (a->soa == NULL) == (b->soa == NULL) && (a->delegation == NULL) == (b->delegation == NULL);
    const struct rrset *x[] = {a->rrset, a->soa}, *y[] = {b->rrset, b->soa};
    for (unsigned i = 0; same && i < 2; i++) {
        same = x[i] == NULL || (x[i]->size_bytes == y[i]->size_bytes && memcmp(x[i], y[i], x[i]->size_bytes) == 0);
    }
    for (unsigned i = 0; same && i < a->proof_count; i++) {
        same = memcmp(a->proof[i], b->proof[i], a->proof[i]->size_bytes) == 0;
    }
    return same && (a->delegation == NULL || memcmp(a->delegation, b->delegation, a->delegation->size_bytes) == 0);
}

/* What the cache under test holds is in the original, the same but for its time. */
struct compare {
    struct cache *original;
    struct now then, now; /* when it was saved, when it was restored */
    unsigned count, wrong;
};

static void compare_hit(void *arg, const struct cache_hit *hit)
{
    struct compare *k = arg;
    struct cache_hit was;
    struct cache_name n = cache_name_of(k->original, hit->name);
    bool there = cache_find(k->original, &n, hit->kind, hit->type, k->then, &was);
    uint64_t later_s = (k->now.mono_us - k->then.mono_us) / US_PER_S;
    k->count++;
    k->wrong += !there || !same_hit(hit, &was) || hit->kind == CACHE_FAILURE || hit->origin.security == SEC_BOGUS ||
                hit->ttl_s + later_s > was.ttl_s + 1;
}

static struct compare compare(struct cache *original, struct cache *c, struct now then, struct now now)
{
    struct compare k = {.original = original, .then = then, .now = now};
    for (uint64_t cursor = 0; (cursor = cache_walk(c, cursor, 1000, now, compare_hit, &k)) != 0;) {
    }
    return k;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct cache *a = cache_of(2 * MIB), *b = cache_of(2 * MIB);
    struct snapshot_reader r;
    struct cache_hit hit;
    fill(a, at(0));
    struct file f = save(a, at(10));
    assert_int_equal(load(b, &f, key, at(70), &r), SNAPSHOT_LAST);
    assert_int_equal(r.restored, 7);
    assert_int_equal(r.ended, 1); /* short.test. */
    struct compare k = compare(a, b, at(10), at(70));
    assert_int_equal(k.wrong, 0);
    assert_int_equal(k.count, 7);
    assert_true(cache_get(b, name("www.test."), DNS_TYPE_A, at(70), &hit));
    assert_int_equal(hit.ttl_s, 230);
    assert_true(cache_get(b, name("www.test."), DNS_TYPE_A, at(299), &hit));
    assert_false(cache_get(b, name("www.test."), DNS_TYPE_A, at(301), &hit));
    assert_true(cache_get_delegation(b, name("x.cut.test."), false, at(71), &hit));
    assert_int_equal(hit.delegation->ns_count, 2);
    assert_true(cache_check(b));
    free(f.data);
    cache_free(a);
    cache_free(b);
}

/* The proof of a validated denial answers for its neighbours again (RFC 8198), and not for longer. */
static void test_spans(void **state)
{
    (void)state;
    struct cache *a = cache_of(2 * MIB), *b = cache_of(2 * MIB);
    struct snapshot_reader r;
    struct denial_zone zone;
    struct denial_span span;
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 16);
    fill(a, at(0));
    struct file f = save(a, at(10));
    assert_int_equal(load(b, &f, key, at(20), &r), SNAPSHOT_LAST);
    assert_true(denial_zone_of(b, name("c.test."), false, &zone));
    assert_true(denial_find(b, &zone, name("c.test."), at(20), &arena, &span));
    assert_false(span.match);
    assert_true(span.ttl_s <= 60); /* the SOA's MINIMUM */
    assert_true(denial_soa(b, &zone, at(20), &arena, &span));
    assert_true(span.ttl_s <= 280);
    assert_false(denial_find(b, &zone, name("z.test."), at(20), &arena, &span));
    arena_release(&arena);
    free(f.data);
    cache_free(a);
    cache_free(b);
}

/* What was learnt since the start is newer. */
/* A DNAME that comes back is looked for again. */
static void test_dname_comes_back(void **state)
{
    (void)state;
    static const uint8_t target[] = {4, 'e', 'l', 's', 'e', 0};
    const struct rdata_ref rr = {.data = target, .len = sizeof target};
    const struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_UNCHECKED);
    for (unsigned with = 0; with < 2; with++) {
        struct cache *from = cache_of(MIB), *to = cache_of(MIB);
        struct set_memory m;
        struct snapshot_reader r;
        put_a(from, "www.test.", 60, 1, RANK_AUTH_ANSWER, at(0));
        if (with) {
            struct rrset *set = (struct rrset *)(void *)m.bytes;
            rrset_fill(set, name("old.test."), DNS_TYPE_DNAME, 60, &rr, 1, NULL, 0);
            assert_int_equal(cache_put_rrset(from, set, &o, at(0)), CACHE_STORED);
        }
        struct file f = save(from, at(1));
        assert_int_equal(load(to, &f, key, at(2), &r), SNAPSHOT_LAST);
        assert_int_equal(cache_has_dname(to), with);
        free(f.data);
        cache_free(from);
        cache_free(to);
    }
}

/* What stands aside of what has ended is not saved: it would come back in the place of that (put.c). */
static void test_aside_is_not_saved(void **state)
{
    (void)state;
    struct cache *from = cache_of(MIB), *to = cache_of(MIB);
    const struct cache_origin o = origin_of(RANK_AUTH_ANSWER, SEC_SECURE);
    struct set_memory m;
    struct snapshot_reader r;
    struct cache_hit hit;
    struct cache_name www = cache_name_of(to, name("www.test."));
    uint32_t age_s;
    cache_keep_ended(from, 1000);
    cache_keep_ended(to, 1000);
    cache_put_rrset(from, make_set(&m, "www.test.", DNS_TYPE_A, 60, 7, 1), &o, at(0));
    put_a(from, "www.test.", 60, 8, RANK_AUTH_ANSWER, at(100));
    assert_int_equal(get_a(from, "www.test.", at(101)), 8);
    struct file f = save(from, at(101));
    assert_int_equal(load(to, &f, key, at(102), &r), SNAPSHOT_LAST);
    assert_int_equal(get_a(to, "www.test.", at(103)), -1);
    assert_true(cache_find_ended(to, &www, CACHE_RRSET, DNS_TYPE_A, at(103), &hit, &age_s));
    assert_int_equal(rrset_first(hit.rrset).data[3], 7);
    free(f.data);
    cache_free(from);
    cache_free(to);
}

static void test_newer_stays(void **state)
{
    (void)state;
    struct cache *a = cache_of(2 * MIB), *b = cache_of(2 * MIB);
    struct snapshot_reader r;
    put_a(a, "www.test.", 3600, 1, RANK_AUTH_ANSWER, at(0));
    put_a(a, "old.test.", 3600, 2, RANK_AUTH_ANSWER, at(0));
    struct file f = save(a, at(0));
    put_a(b, "www.test.", 60, 3, RANK_NONAUTH_ANSWER, at(50));
    put_a(b, "old.test.", 60, 4, RANK_AUTH_ANSWER, at(0));
    assert_int_equal(load(b, &f, key, at(100), &r), SNAPSHOT_LAST);
    assert_int_equal(get_a(b, "www.test.", at(100)), 3);
    assert_int_equal(get_a(b, "old.test.", at(100)), 2);
    assert_int_equal(r.kept, 1);
    free(f.data);
    cache_free(a);
    cache_free(b);
}

/* Data that has ended is saved while it may still be given. */
static void test_ended(void **state)
{
    (void)state;
    for (int keep = 0; keep < 2; keep++) {
        struct cache *a = cache_of(2 * MIB), *b = cache_of(2 * MIB);
        struct snapshot_reader r;
        struct cache_hit hit;
        struct cache_name n = cache_name_of(b, name("www.test."));
        uint32_t age_s;
        cache_keep_ended(a, 1000);
        cache_keep_ended(b, keep ? 1000 : 0);
        put_a(a, "www.test.", 60, 1, RANK_AUTH_ANSWER, at(0));
        struct file f = save(a, at(500));
        assert_int_equal(load(b, &f, key, at(600), &r), SNAPSHOT_LAST);
        assert_int_equal(cache_find_ended(b, &n, CACHE_RRSET, DNS_TYPE_A, at(600), &hit, &age_s), keep);
        assert_true(!keep || age_s == 600);
        assert_int_equal(get_a(b, "www.test.", at(600)), -1);
        free(f.data);
        cache_free(a);
        cache_free(b);
    }
}

struct refused_row {
    const char *what;
    size_t offset;
    uint8_t mask;
    bool other_key;
    int64_t at_s;
    enum snapshot_verdict verdict;
};

static const struct refused_row refused[] = {
    {"nothing wrong", 0, 0, false, 10, SNAPSHOT_LAST},
    {"magic", 3, 1, false, 10, SNAPSHOT_NONE},
    {"byte order", 8, 1, false, 10, SNAPSHOT_OTHER_VERSION},
    {"version", 12, 2, false, 10, SNAPSHOT_OTHER_VERSION},
    {"time", 16, 1, false, 10, SNAPSHOT_FORGED},
    {"id", 24, 1, false, 10, SNAPSHOT_FORGED},
    {"tag", 40, 1, false, 10, SNAPSHOT_FORGED},
    {"head's checksum", 100, 1, false, 10, SNAPSHOT_FORGED},
    {"block's number", 124, 1, false, 10, SNAPSHOT_FORGED},
    {"last block", 132, 1, false, 10, SNAPSHOT_FORGED},
    {"block's checksum", 140, 1, false, 10, SNAPSHOT_FORGED},
    {"record", 180, 1, false, 10, SNAPSHOT_FORGED},
    {"key", 0, 0, true, 10, SNAPSHOT_FORGED},
    {"clock a little back", 0, 0, false, -50, SNAPSHOT_LAST},
    {"clock set back", 0, 0, false, -70, SNAPSHOT_FUTURE},
};

static void test_refused(void **state)
{
    (void)state;
    struct cache *a = cache_of(2 * MIB);
    fill(a, at(0));
    struct file f = save(a, at(0));
    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct refused_row *row = &refused[i];
        struct cache *b = cache_of(2 * MIB);
        struct snapshot_reader r;
        f.data[row->offset] ^= row->mask;
        struct now now = at(10);
        now.wall_s = WALL + row->at_s;
        enum snapshot_verdict v = load(b, &f, row->other_key ? other_key : key, now, &r);
        if (v != row->verdict || (v != SNAPSHOT_LAST && r.restored != 0) || strlen(snapshot_verdict_text(v)) < 5) {
            fail_msg("%s: %s", row->what, snapshot_verdict_text(v));
        }
        f.data[row->offset] ^= row->mask;
        cache_free(b);
    }
    free(f.data);
    cache_free(a);
}

static void test_tags(void **state)
{
    (void)state;
    struct cache *a = cache_of(2 * MIB);
    struct snapshot_head head;
    fill(a, at(0));
    struct file f = save(a, at(0));
    memcpy(&head, f.data, sizeof head);
    for (unsigned i = 0; i < SNAPSHOT_TAG_COUNT; i++) {
        struct snapshot_tags other = tags;
        struct snapshot_reader r = {0};
        other.tag[i][3] ^= 1;
        assert_int_equal(snapshot_open(&r, a, key, &other, &head, at(10)), SNAPSHOT_OTHER_TAG + i);
    }
    free(f.data);
    cache_free(a);
}

/* A cache with about as many octets of entries. */
static struct cache *filled(size_t bytes)
{
    struct cache *c = cache_of(8 * MIB);
    char owner[64];
    fill(c, at(0));
    for (unsigned i = 0; i < bytes / 76; i++) {
        snprintf(owner, sizeof owner, "host%u.test.", i);
        put_a(c, owner, 3600, (uint8_t)i, RANK_AUTH_ANSWER, at(0));
    }
    return c;
}

static size_t wanted_bytes(void)
{
    const char *kib = getenv("RAIZ_SNAPSHOT_KIB");
    return kib != NULL ? (size_t)strtoul(kib, NULL, 10) * 1024 : 6 * 1024;
}

/* The whole file, with one octet changed: what is restored all the same is as it was. */
static size_t load_flipped(struct cache *original, struct cache *c, const struct file *f, size_t i)
{
    struct snapshot_reader r;
    enum snapshot_verdict v = load(c, f, key, at(10), &r);
    if (v == SNAPSHOT_GOOD || v == SNAPSHOT_LAST) {
        fail_msg("octet %zu of %zu is not missed", i, f->n);
    }
    if (r.restored > 0) {
        struct compare k = compare(original, c, at(0), at(10));
        if (k.wrong > 0 || k.count > r.restored) {
            fail_msg("octet %zu: %u wrong entries of %u", i, k.wrong, k.count);
        }
        cache_flush_tree(c, dname_root());
        cache_settle(c);
    }
    return r.restored;
}

/* The block in which octet i is: it is refused as a whole, before any of it is believed. */
static void restore_flipped(struct cache *c, const struct file *f, size_t i)
{
    static _Alignas(8) uint8_t records[SNAPSHOT_BLOCK_MAX];
    struct snapshot_reader r = {0};
    struct snapshot_head head;
    struct snapshot_block block;
    size_t pos = sizeof head, next;
    memcpy(&head, f->data, sizeof head);
    assert_int_equal(snapshot_open(&r, c, key, &tags, &head, at(10)), SNAPSHOT_GOOD);
    for (;; r.number++, pos = next) {
        memcpy(&block, f->data + pos, sizeof block);
        next = pos + sizeof block + block.size;
        if (i < pos + sizeof block || i < next) {
            break;
        }
    }
    if (!snapshot_block_fits(&block) || next > f->n) {
        return; /* as the reader finds */
    }
    memcpy(records, f->data + pos + sizeof block, block.size);
    enum snapshot_verdict v = snapshot_restore(&r, &block, records, at(10));
    if (v != SNAPSHOT_FORGED || r.restored + r.kept + r.ended > 0) {
        fail_msg("octet %zu of %zu: %s", i, f->n, snapshot_verdict_text(v));
    }
}

/* Each octet in turn. As a change spoils its own block alone, the whole file is loaded for every 4096th of them only.
 */
static void test_each_byte_flipped(void **state)
{
    (void)state;
    struct cache *a = filled(wanted_bytes()), *b = cache_of(8 * MIB);
    struct file f = save(a, at(0));
    size_t restored = 0;
    for (size_t i = 0; i < f.n; i++) {
        f.data[i] ^= (uint8_t)(1u << i % 8);
        if (i < sizeof(struct snapshot_head) || i % 4096 == 0) {
            restored += load_flipped(a, b, &f, i);
        } else {
            restore_flipped(b, &f, i);
        }
        f.data[i] ^= (uint8_t)(1u << i % 8);
    }
    assert_true(f.n > 2 * SNAPSHOT_BLOCK_MAX ? restored > 0 : restored == 0);
    free(f.data);
    cache_free(a);
    cache_free(b);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    struct cache *a = filled(900 * 1024), *b = cache_of(8 * MIB);
    struct file f = save(a, at(0)), part = f;
    struct snapshot_reader r;
    uint64_t before = 0;
    assert_true(f.n > 2 * SNAPSHOT_BLOCK_MAX);
    for (part.n = 0; part.n < f.n; part.n += part.n < 512 ? 1 : 4096) {
        assert_int_equal(load(b, &part, key, at(10), &r), SNAPSHOT_SHORT);
        if (r.restored != before) {
            assert_int_equal(compare(a, b, at(0), at(10)).wrong, 0);
            before = r.restored;
        }
        cache_flush_tree(b, dname_root());
        cache_settle(b);
    }
    assert_true(before > 1000); /* of the blocks that were whole */
    free(f.data);
    cache_free(a);
    cache_free(b);
}

/* Blocks of another file, in another order, or twice. */
static void test_blocks_stay_in_place(void **state)
{
    (void)state;
    struct cache *a = filled(900 * 1024), *b = cache_of(8 * MIB);
    struct file f = save(a, at(0)), g = {0};
    struct snapshot_reader r;
    struct snapshot_block first;
    size_t at_first = sizeof(struct snapshot_head);
    memcpy(&first, f.data + at_first, sizeof first);
    size_t whole = sizeof first + first.size;
    append(&g, f.data, at_first + whole);
    append(&g, f.data + at_first, f.n - at_first); /* the first once more */
    assert_int_equal(load(b, &g, key, at(10), &r), SNAPSHOT_FORGED);
    g.n = 0;
    append(&g, f.data, at_first);
    append(&g, f.data + at_first + whole, f.n - at_first - whole); /* without the first */
    assert_int_equal(load(b, &g, key, at(10), &r), SNAPSHOT_FORGED);
    assert_int_equal(r.restored, 0);
    free(f.data);
    free(g.data);
    cache_free(a);
    cache_free(b);
}

/* Into a smaller cache: no more than fits. */
static void test_smaller(void **state)
{
    (void)state;
    struct cache *a = filled(3 * MIB), *b = cache_of(MIB);
    struct file f = save(a, at(0));
    struct snapshot_reader r;
    assert_int_equal(load(b, &f, key, at(10), &r), SNAPSHOT_LAST);
    assert_int_equal(compare(a, b, at(0), at(10)).wrong, 0);
    struct cache_stats stats;
    cache_stats(b, &stats);
    assert_true(stats.bytes <= MIB && cache_check(b));
    free(f.data);
    cache_free(a);
    cache_free(b);
}

/* What was asked for comes first. */
static void test_order(void **state)
{
    (void)state;
    struct cache *a = filled(900 * 1024), *b = cache_of(8 * MIB);
    struct snapshot_reader r;
    char owner[64];
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(owner, sizeof owner, "host%u.test.", i * 5);
        assert_true(get_a(a, owner, at(1)) >= 0);
    }
    struct file f = save(a, at(2));
    f.n = sizeof(struct snapshot_head) + sizeof(struct snapshot_block) + SNAPSHOT_BLOCK_MAX + 1000;
    assert_int_equal(load(b, &f, key, at(10), &r), SNAPSHOT_SHORT);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(owner, sizeof owner, "host%u.test.", i * 5);
        assert_true(get_a(b, owner, at(10)) >= 0);
    }
    free(f.data);
    cache_free(a);
    cache_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_newer_stays),
        cmocka_unit_test(test_dname_comes_back),
        cmocka_unit_test(test_aside_is_not_saved),
        cmocka_unit_test(test_ended),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_each_byte_flipped),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_blocks_stay_in_place),
        cmocka_unit_test(test_smaller),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, thread_begin, thread_end);
}
