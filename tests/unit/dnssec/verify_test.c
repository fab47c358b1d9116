/*
 * Signatures of RRsets: every algorithm, times, shapes (T63), canonical form and sizes (T83), which of several verdicts
 * is told.
 */
#include <pthread.h>
#include <time.h>

#include "fixture.h"
#include "resolver/dnssec/signature.h"

/* ---- algorithms ---- */

static void test_algorithms(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *k = &f->key[algorithms[i]];
        struct dnssec_keys *keys = one_key(f, "example.", k);
        struct how how = HOW("example.");
        const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), k, &how);
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify(set, keys, &all, NOW, &work, &check);
        assert_verdict(check.verdict, DNSSEC_GOOD, "as signed");
        assert_int_equal(check.algorithm, algorithms[i]);
        assert_int_equal(check.key_tag, dnssec_key_tag(k->rdata, k->len));
        assert_int_equal(check.labels, 2);
        assert_false(check.wildcard);
        assert_int_equal(check.valid_s, 3600);
        assert_int_equal(check.original_ttl_s, 3600);
        assert_int_equal(check.expired, NOW + 3600);
        assert_int_equal(check.inception, NOW - 3600);
        assert_int_equal(work.verifies, 1);
        assert_int_equal(work.failures, 0);
        assert_int_equal(work.cost, dnssec_algorithm_cost(algorithms[i]));
        dnssec_keys_free(keys);
    }
}

/* Whatever is changed after signing, the set is not good. */
static void test_changed(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *k = &f->key[algorithms[i]];
        struct dnssec_keys *keys = one_key(f, "example.", k);
        struct how how = HOW("example.");
        struct rrset *set = addresses(f, "www.example.");
        struct rdata_ref sig = sign(&f->arena, set, k, &how);
        uint8_t *octets = arena_dup(&f->arena, sig.data, sig.len);
        assert_non_null(octets);
        unsigned good = 0;
        /* Every bit of the RRSIG but those of the expiration, inception that only move the times within the valid ones.
         */
        for (unsigned bit = 0; bit < sig.len * 8u; bit++) {
            octets[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            struct rdata_ref changed = {.data = octets, .len = sig.len};
            struct dnssec_check check = verify_with(set_signed(&f->arena, set, &changed, 1), keys);
            good += check.verdict == DNSSEC_GOOD;
            octets[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        }
        /* 0x20 of a letter of the signer's name is case, and does not count: example has seven letters. */
        assert_int_equal(good, 7);
        assert_verdict(verify_with(set_signed(&f->arena, addresses(f, "wwx.example."), &sig, 1), keys).verdict,
                       DNSSEC_BAD, "other owner");
        struct rrset *fewer =
            set_of(&f->arena, "www.example.", "A", 3600, (const char *[]){"192.0.2.3", "192.0.2.1", NULL});
        assert_verdict(verify_with(set_signed(&f->arena, fewer, &sig, 1), keys).verdict, DNSSEC_BAD, "one record less");
        sig.len--;
        assert_verdict(verify_with(set_signed(&f->arena, set, &sig, 1), keys).verdict, DNSSEC_BAD, "one octet less");
        uint8_t *more = arena_zalloc(&f->arena, sig.len + 2u);
        memcpy(more, sig.data, sig.len + 1u);
        struct rdata_ref longer = {.data = more, .len = (uint16_t)(sig.len + 2)};
        assert_verdict(verify_with(set_signed(&f->arena, set, &longer, 1), keys).verdict, DNSSEC_BAD, "one octet more");
        dnssec_keys_free(keys);
    }
}

static void test_other_key(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        struct key other;
        key_make(&other, algorithms[i], 256);
        struct dnssec_keys *keys = one_key(f, "example.", &f->key[algorithms[i]]);
        struct how how = HOW("example.");
        assert_verdict(verify_with(signed_by(&f->arena, addresses(f, "www.example."), &other, &how), keys).verdict,
                       DNSSEC_NO_KEY, "another tag");
        how.tag = dnssec_key_tag(f->key[algorithms[i]].rdata, f->key[algorithms[i]].len);
        assert_verdict(verify_with(signed_by(&f->arena, addresses(f, "www.example."), &other, &how), keys).verdict,
                       DNSSEC_BAD, "another key with this tag");
        dnssec_keys_free(keys);
        key_free(&other);
    }
}

/* ---- times ---- */

static void test_times(void **state)
{
    static const struct {
        const char *what;
        int64_t wall_s;
        uint32_t inception, expiration;
        enum dnssec_verdict verdict;
    } rows[] = {
        {"within", NOW, NOW - 1, NOW + 1, DNSSEC_GOOD},
        {"the last second", NOW, NOW - 1, NOW, DNSSEC_GOOD},
        {"the first second", NOW, NOW, NOW + 1, DNSSEC_GOOD},
        {"one second", NOW, NOW, NOW, DNSSEC_GOOD},
        {"expired", NOW, NOW - 10, NOW - 1, DNSSEC_EXPIRED},
        {"expired years ago", NOW, NOW - 200000000, NOW - 100000000, DNSSEC_EXPIRED},
        {"not yet", NOW, NOW + 1, NOW + 10, DNSSEC_NOT_YET_VALID},
        {"ends before it begins", NOW, NOW + 10, NOW - 10, DNSSEC_EXPIRED_BEFORE_VALID},
        {"ends before it begins, both behind us", NOW, NOW - 5, NOW - 10, DNSSEC_EXPIRED_BEFORE_VALID},
        {"over the turn of 2106", 0xfffffff0, 0xffffff00, 0x00000010, DNSSEC_GOOD},
        {"behind the turn of 2106", INT64_C(0x100000005), 0xffffff00, 0x00000010, DNSSEC_GOOD},
        {"behind it, expired", INT64_C(0x100000011), 0xffffff00, 0x00000010, DNSSEC_EXPIRED},
        {"before it, not yet", 0xfffffff0, 0x00000001, 0x00000010, DNSSEC_NOT_YET_VALID},
    };
    struct fixture *f = *state;
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[15]);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct how how = HOW("example.");
        how.inception = rows[i].inception;
        how.expiration = rows[i].expiration;
        const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[15], &how);
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify(set, keys, &all, rows[i].wall_s, &work, &check);
        assert_verdict(check.verdict, rows[i].verdict, rows[i].what);
        assert_int_equal(check.valid_s,
                         check.verdict == DNSSEC_GOOD ? rows[i].expiration - (uint32_t)rows[i].wall_s : 0);
        assert_int_equal(work.verifies, rows[i].verdict == DNSSEC_GOOD); /* times are cheap, and come first */
    }
    dnssec_keys_free(keys);
}

/* ---- shapes ---- */

struct shape {
    const char *what, *zone, *owner, *signer;
    int labels;
    const char *type, *rdata;
    uint16_t covered;
    enum dnssec_verdict verdict;
    bool wildcard;
};
static const struct shape shapes[] = {
    {"plain", "example.", "www.example.", "example.", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"at the apex", "example.", "example.", "example.", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"of the root", ".", ".", ".", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"of the root, below it", ".", "www.example.", ".", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"case of the owner", "example.", "WwW.EXAMPLE.", "example.", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"case of the signer", "example.", "www.example.", "eXAMple.", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"case of a name within", "example.", "www.example.", "example.", -1, "NS", "nS.EXample.", 0, DNSSEC_GOOD, false},
    {"expanded", "example.", "www.example.", "example.", 1, "A", "192.0.2.1", 0, DNSSEC_GOOD, true},
    {"expanded, several labels", "example.", "a.b.c.w.example.", "example.", 2, "A", "192.0.2.1", 0, DNSSEC_GOOD, true},
    {"expanded in the root", ".", "www.example.", ".", 0, "A", "192.0.2.1", 0, DNSSEC_GOOD, true},
    {"a wildcard itself", "example.", "*.example.", "example.", -1, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"a wildcard from a higher one", "example.", "*.w.example.", "example.", 1, "A", "192.0.2.1", 0, DNSSEC_GOOD, true},
    {"a wildcard below a wildcard", "example.", "*.*.example.", "example.", 2, "A", "192.0.2.1", 0, DNSSEC_GOOD, false},
    {"DS by the zone above", "example.", "child.example.", "example.", -1, "DS", "1 8 2 00", 0, DNSSEC_GOOD, false},
    {"T63: labels fewer than the signer's", "evil.test.", "x.evil.test.", "evil.test.", 1, "A", "192.0.2.1", 0,
     DNSSEC_MALFORMED, false},
    {"T63: none", "evil.test.", "x.evil.test.", "evil.test.", 0, "A", "192.0.2.1", 0, DNSSEC_MALFORMED, false},
    {"T63: owner beside the signer", "evil.test.", "victim.test.", "evil.test.", -1, "A", "192.0.2.1", 0,
     DNSSEC_MALFORMED, false},
    {"T63: owner above the signer", "evil.test.", "test.", "evil.test.", -1, "A", "192.0.2.1", 0, DNSSEC_MALFORMED,
     false},
    {"more labels than the owner", "example.", "www.example.", "example.", 3, "A", "192.0.2.1", 0, DNSSEC_MALFORMED,
     false},
    {"the star counted", "example.", "*.example.", "example.", 2, "A", "192.0.2.1", 0, DNSSEC_MALFORMED, false},
    {"T68: signer above the zone", "child.example.", "www.child.example.", "example.", -1, "A", "192.0.2.1", 0,
     DNSSEC_MALFORMED, false},
    {"signer below the zone", "example.", "www.child.example.", "child.example.", -1, "A", "192.0.2.1", 0,
     DNSSEC_MALFORMED, false},
    {"signer beside the zone", "example.", "www.example.", "test.", -1, "A", "192.0.2.1", 0, DNSSEC_MALFORMED, false},
    {"another type covered", "example.", "www.example.", "example.", -1, "A", "192.0.2.1", DNS_TYPE_AAAA,
     DNSSEC_MALFORMED, false},
    {"T67: DS by the zone itself", "child.example.", "child.example.", "child.example.", -1, "DS", "1 8 2 00", 0,
     DNSSEC_MALFORMED, false},
};

static void test_shapes(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(shapes); i++) {
        struct dnssec_keys *keys = one_key(f, shapes[i].zone, &f->key[15]);
        struct how how = HOW(shapes[i].signer);
        how.labels = shapes[i].labels > 2 ? -1 : shapes[i].labels;
        how.covered = shapes[i].covered;
        struct rrset *set =
            set_of(&f->arena, shapes[i].owner, shapes[i].type, 60, (const char *[]){shapes[i].rdata, NULL});
        struct rdata_ref sig = sign(&f->arena, set, &f->key[15], &how);
        uint8_t *octets = arena_dup(&f->arena, sig.data, sig.len);
        if (shapes[i].labels > 2) {
            octets[3] = (uint8_t)shapes[i].labels;
        }
        sig.data = octets;
        struct dnssec_check check = verify_with(set_signed(&f->arena, set, &sig, 1), keys);
        assert_verdict(check.verdict, shapes[i].verdict, shapes[i].what);
        if (check.verdict == DNSSEC_GOOD && check.wildcard != shapes[i].wildcard) {
            fail_msg("%s: expanded from a wildcard?", shapes[i].what);
        }
        dnssec_keys_free(keys);
    }
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[15]);
    struct how how = HOW("example.");
    struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[15], &how);
    set->rclass = 3;
    assert_verdict(verify_with(set, keys).verdict, DNSSEC_MALFORMED, "another class");
    assert_verdict(verify_with(addresses(f, "www.example."), keys).verdict, DNSSEC_NO_SIGNATURE, "no signature");
    dnssec_keys_free(keys);
}

/* RFC 4034 section 6.2 as RFC 6840 section 5.1 amends it: what may change in case, and what may not; the TTL in the
 * cache does not count. */
static void test_canonical(void **state)
{
    static const struct {
        const char *type, *as_signed, *as_read;
        bool good;
    } rows[] = {
        {"NS", "ns.example.", "NS.Example.", true},
        {"MX", "10 mail.example.", "10 MAIL.example.", true},
        {"SOA", "ns.example. admin.example. 1 2 3 4 5", "NS.example. ADMIN.example. 1 2 3 4 5", true},
        {"SRV", "1 2 3 www.example.", "1 2 3 WWW.example.", true},
        {"DNAME", "new.example.", "NEW.example.", true},
        {"PX", "1 a.example. b.example.", "1 A.example. B.example.", true},
        {"RP", "a.example. b.example.", "A.example. B.example.", true},
        {"NSEC", "next.example. A", "NEXT.example. A", false},
        {"SVCB", "1 www.example.", "1 WWW.example.", false},
        {"TXT", "\"text\"", "\"TEXT\"", false},
    };
    struct fixture *f = *state;
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
    struct how how = HOW("example.");
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct rrset *set =
            set_of(&f->arena, "www.example.", rows[i].type, 60, (const char *[]){rows[i].as_signed, NULL});
        struct rdata_ref sig = sign(&f->arena, set, &f->key[13], &how);
        assert_verdict(verify_with(set_signed(&f->arena, set, &sig, 1), keys).verdict, DNSSEC_GOOD, rows[i].type);
        set = set_of(&f->arena, "wWw.eXaMple.", rows[i].type, 1, (const char *[]){rows[i].as_read, NULL});
        assert_verdict(verify_with(set_signed(&f->arena, set, &sig, 1), keys).verdict,
                       rows[i].good ? DNSSEC_GOOD : DNSSEC_BAD, rows[i].as_read);
    }
    dnssec_keys_free(keys);
}

/* ---- several signatures ---- */

static void test_which_verdict(void **state)
{
    struct fixture *f = *state;
    struct rdata_ref refs[] = {key_ref(&f->key[13]), key_ref(&f->key[15])};
    struct dnssec_keys *keys = dnssec_keys_new(keys_set(&f->arena, "example.", refs, 2), &all);
    struct rrset *set = addresses(f, "www.example.");
    struct how how = HOW("example."), how_expired = how, how_early = how, how_alien = HOW("test.");
    how_expired.expiration = NOW - 1;
    how_early.inception = NOW + 1;
    struct rdata_ref good = sign(&f->arena, set, &f->key[13], &how), good_too = sign(&f->arena, set, &f->key[15], &how);
    struct rdata_ref expired = sign(&f->arena, set, &f->key[13], &how_expired);
    struct rdata_ref early = sign(&f->arena, set, &f->key[15], &how_early),
                     alien = sign(&f->arena, set, &f->key[13], &how_alien);
    struct rdata_ref bad = {.data = arena_dup(&f->arena, good.data, good.len), .len = good.len};
    ((uint8_t *)(uintptr_t)bad.data)[bad.len - 1] ^= 1;
    struct rdata_ref unknown = {.data = arena_dup(&f->arena, good.data, good.len), .len = good.len};
    ((uint8_t *)(uintptr_t)unknown.data)[2] = 99;
    struct rdata_ref stranger = {.data = arena_dup(&f->arena, good.data, good.len), .len = good.len};
    ((uint8_t *)(uintptr_t)stranger.data)[17] ^= 1; /* key tag */
    const struct {
        const char *what;
        struct rdata_ref sig[5];
        uint16_t count;
        enum dnssec_verdict verdict;
    } rows[] = {
        {"either of two is enough", {bad, good_too}, 2, DNSSEC_GOOD},
        {"the other way round", {good_too, bad}, 2, DNSSEC_GOOD},
        {"behind expired, unknown, alien", {expired, unknown, alien, stranger, good}, 5, DNSSEC_GOOD},
        {"expired is told before bad", {bad, expired}, 2, DNSSEC_EXPIRED},
        {"expired is told before early", {early, expired}, 2, DNSSEC_EXPIRED},
        {"bad is told before no key", {stranger, bad}, 2, DNSSEC_BAD},
        {"no key is told before unknown", {unknown, stranger}, 2, DNSSEC_NO_KEY},
        {"T76: unknown alone is never good", {unknown}, 1, DNSSEC_UNSUPPORTED},
        {"unknown is told before alien", {alien, unknown}, 2, DNSSEC_UNSUPPORTED},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_verdict(verify_with(set_signed(&f->arena, set, rows[i].sig, rows[i].count), keys).verdict,
                       rows[i].verdict, rows[i].what);
    }
    /* L14: four signatures are tried. */
    struct rdata_ref many[] = {stranger, stranger, stranger, good, stranger, good};
    assert_verdict(verify_with(set_signed(&f->arena, set, many, 4), keys).verdict, DNSSEC_GOOD, "the fourth");
    many[3] = stranger;
    assert_verdict(verify_with(set_signed(&f->arena, set, many, 6), keys).verdict, DNSSEC_NO_KEY, "the sixth");
    dnssec_keys_free(keys);
}

/* ---- T83: sizes ---- */

static void test_sizes(void **state)
{
    struct fixture *f = *state;
    char owner[DNAME_TEXT_MAX] = "", signer[DNAME_TEXT_MAX];
    for (int i = 0; i < 3; i++) { /* 3 x 64 + 62 + 1: 255 octets */
        char label[65];
        memset(label, 'a' + i, 63);
        label[63] = '.';
        label[64] = '\0';
        strcat(owner, label);
    }
    memset(owner + strlen(owner), 'd', 61);
    strcat(owner, ".");
    strcpy(signer, owner);
    assert_int_equal(NAME(owner).len, DNAME_MAX);

    /* A set that fills a message: 253 TXT records of 255 octets. */
    struct rdata_ref rr[253];
    for (unsigned i = 0; i < ROWS(rr); i++) {
        uint8_t *p = arena_alloc(&f->arena, 255);
        memset(p, (int)(255 - i), 255);
        p[0] = 254;
        rr[i] = (struct rdata_ref){.data = p, .len = 255};
    }
    struct rrset *set;
    assert_int_equal(rrset_make(NAME(owner), DNS_TYPE_TXT, 60, rr, ROWS(rr), &f->arena, &set), DNS_OK);
    struct dnssec_keys *keys = one_key(f, signer, &f->key[15]);
    struct how how = HOW(signer);
    assert_verdict(verify_with(signed_by(&f->arena, set, &f->key[15], &how), keys).verdict, DNSSEC_GOOD,
                   "255 octets of owner");
    dnssec_keys_free(keys);

    /* And one of the most records, all but the last octets alike, in the worst order for sorting. */
    static struct rdata_ref many[256];
    for (unsigned i = 0; i < ROWS(many); i++) {
        uint8_t *p = arena_zalloc(&f->arena, 250);
        p[0] = 249;
        p[249] = (uint8_t)(255 - i);
        many[i] = (struct rdata_ref){.data = p, .len = 250};
    }
    assert_int_equal(rrset_make(NAME("www.example."), DNS_TYPE_TXT, 60, many, ROWS(many), &f->arena, &set), DNS_OK);
    how = HOW("example.");
    struct rrset *whole = signed_by(&f->arena, set, &f->key[15], &how);
    keys = one_key(f, "example.", &f->key[15]);
    clock_t start = clock();
    assert_verdict(verify_with(whole, keys).verdict, DNSSEC_GOOD, "256 records");
    print_message("256 records of 250 octets: %.2f ms\n", (double)(clock() - start) * 1000 / CLOCKS_PER_SEC);
    dnssec_keys_free(keys);
}

/* Rdata that ends within a name does not come this far; should it, it is no crash and not good. */
static void test_broken_rdata(void **state)
{
    static const struct {
        const char *type;
        uint8_t rdata[12];
        uint16_t len;
    } rows[] = {
        {"PX", {0, 1, 3, 'a', 'b'}, 5},
        {"PX", {0, 1, 1, 'a', 0, 63, 'b'}, 7},
        {"PX", {0}, 1},
        {"RP", {1, 'a', 0, 5, 'b'}, 5},
        {"RP", {1, 'a'}, 2},
        {"SOA", {1, 'a', 0, 1, 'b', 0, 1, 2}, 8},
        {"SRV", {0, 1, 0, 2, 0, 3, 9}, 7},
        {"SRV", {0, 1, 0}, 3},
        {"MX", {0}, 1},
        {"NS", {0}, 0},
        {"DNAME", {0xc0, 0x0c}, 2},
        {"NSEC", {63}, 1},
        {"NAPTR", {0, 1, 0, 1, 200, 1}, 6},
        {"KX", {0, 1}, 2},
    };
    struct fixture *f = *state;
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[15]);
    struct how how = HOW("example.");
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct rdata_ref rr = {.data = rows[i].rdata, .len = rows[i].len}, sig;
        struct rrset *set;
        sig = sign(&f->arena, addresses(f, "www.example."), &f->key[15], &how);
        uint8_t *octets = arena_dup(&f->arena, sig.data, sig.len);
        octets[0] = (uint8_t)(type_in(rows[i].type) >> 8);
        octets[1] = (uint8_t)type_in(rows[i].type);
        sig.data = octets;
        assert_int_equal(rrset_make(NAME("www.example."), type_in(rows[i].type), 60, &rr, 1, &f->arena, &set), DNS_OK);
        assert_true(verify_with(set_signed(&f->arena, set, &sig, 1), keys).verdict != DNSSEC_GOOD);
    }
    dnssec_keys_free(keys);
}

/* ---- small things ---- */

static void test_signature_read(void **state)
{
    struct fixture *f = *state;
    struct how how = HOW("example.");
    struct rdata_ref sig = sign(&f->arena, addresses(f, "www.example."), &f->key[13], &how);
    struct signature s;
    assert_true(signature_read(sig, &s));
    assert_int_equal(s.octets_len, 64);
    for (uint16_t len = 0; len < sig.len; len++) {
        struct rdata_ref cut = {.data = sig.data, .len = len};
        assert_int_equal(signature_read(cut, &s), len > 18 + 9);
    }
}

static void test_signer(void **state)
{
    struct fixture *f = *state;
    struct rrset *set = addresses(f, "www.example.");
    struct how above = HOW("example."), beside = HOW("test.");
    struct rdata_ref sigs[] = {sign(&f->arena, set, &f->key[15], &beside), sign(&f->arena, set, &f->key[15], &above)};
    struct dname signer;
    assert_false(dnssec_signer(set, &signer));
    assert_false(dnssec_signer(set_signed(&f->arena, set, sigs, 1), &signer));
    assert_true(dnssec_signer(set_signed(&f->arena, set, sigs, 2), &signer));
    assert_true(dname_equal(signer, NAME("example.")));
    struct dnssec_keys *keys = one_key(f, "eXample.", &f->key[15]);
    assert_true(dname_equal(dnssec_keys_zone(keys), NAME("example.")));
    dnssec_keys_free(keys);
}

static void test_words(void **state)
{
    (void)state;
    for (enum dnssec_verdict v = DNSSEC_GOOD; v <= DNSSEC_NO_MEMORY; v++) {
        assert_true(strlen(dnssec_verdict_text(v)) > 3);
    }
    assert_int_equal(dnssec_verdict_ede(DNSSEC_GOOD), DNS_EDE_NONE);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_EXPIRED), 7);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_NOT_YET_VALID), 8);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_NO_KEY), 9);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_NO_SIGNATURE), 10);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_NO_ZONE_KEY), 11);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_EXPIRED_BEFORE_VALID), 25);
    assert_int_equal(dnssec_verdict_ede(DNSSEC_TOO_MUCH_WORK), 6);
}

/* ---- threads ---- */

struct together {
    const struct rrset *set;
    const struct dnssec_keys *keys;
    unsigned good;
};

static void *verify_often(void *arg)
{
    struct together *t = arg;
    for (int i = 0; i < 200; i++) {
        t->good += verify_with(t->set, t->keys).verdict == DNSSEC_GOOD;
    }
    return NULL;
}

/* Keys are shared: the first use parses them. */
static void test_threads(void **state)
{
    struct fixture *f = *state;
    struct dnssec_keys *keys = one_key(f, "example.", &f->key[13]);
    struct how how = HOW("example.");
    const struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[13], &how);
    struct together t[4];
    pthread_t thread[4];
    for (unsigned i = 0; i < 4; i++) {
        t[i] = (struct together){.set = set, .keys = keys};
        assert_int_equal(pthread_create(&thread[i], NULL, verify_often, &t[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(t[i].good, 200);
    }
    dnssec_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(algorithms), TEST(changed),       TEST(other_key), TEST(times),        TEST(shapes),
        TEST(canonical),  TEST(which_verdict), TEST(sizes),     TEST(broken_rdata), TEST(signature_read),
        TEST(signer),     TEST(words),         TEST(threads),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
