/*
 * Keys that collide, that are malformed, or that may not sign (T54-T57, T80), and what they may cost.
 */
#include <time.h>

#include "fixture.h"
#include "resolver/dnssec/crypto.h"

/* ---- keys ---- */

/* T80: who may not sign does not, whoever else there is. */
static void test_usable(void **state)
{
    static const struct {
        const char *what;
        uint16_t flags;
        uint8_t protocol;
        enum dnssec_verdict verdict;
    } rows[] = {
        {"zone key", 0x0100, 3, DNSSEC_GOOD},
        {"secure entry point", 0x0101, 3, DNSSEC_GOOD},
        {"reserved flags are ignored", 0xff7f, 3, DNSSEC_GOOD},
        {"no zone key", 0x0000, 3, DNSSEC_NO_ZONE_KEY},
        {"no zone key, SEP", 0x0001, 3, DNSSEC_NO_ZONE_KEY},
        {"revoked", 0x0180, 3, DNSSEC_NO_ZONE_KEY},
        {"revoked, SEP", 0x0181, 3, DNSSEC_NO_ZONE_KEY},
        {"protocol 2", 0x0100, 2, DNSSEC_NO_ZONE_KEY},
        {"protocol 0", 0x0100, 0, DNSSEC_NO_ZONE_KEY},
        {"protocol 255", 0x0100, 255, DNSSEC_NO_ZONE_KEY},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct key k = f->key[13];
        put_key_fields(k.rdata, rows[i].flags, rows[i].protocol, 13);
        struct dnssec_keys *keys = one_key(f, "example.", &k);
        struct how how = HOW("example.");
        assert_int_equal(dnssec_keys_any(keys), rows[i].verdict == DNSSEC_GOOD);
        assert_verdict(verify_with(signed_by(&f->arena, addresses(f, "www.example."), &k, &how), keys).verdict,
                       rows[i].verdict, rows[i].what);
        dnssec_keys_free(keys);

        /* Named by a DS, too, it does not sign its own set. */
        struct rdata_ref ref = key_ref(&k), ds = ds_of(&f->arena, "example.", ref, 2);
        const struct rrset *dnskey = signed_by(&f->arena, keys_set(&f->arena, "example.", &ref, 1), &k, &how);
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify_dnskey(dnskey, ds_set(&f->arena, "example.", &ds, 1), &all, NOW, &work, &check);
        assert_verdict(check.verdict, rows[i].verdict, rows[i].what);

        /* A sibling still works. */
        struct rdata_ref both[] = {ref, key_ref(&f->key[15])};
        keys = dnssec_keys_new(keys_set(&f->arena, "example.", both, 2), &all);
        assert_true(dnssec_keys_any(keys));
        assert_verdict(verify_with(signed_by(&f->arena, addresses(f, "www.example."), &f->key[15], &how), keys).verdict,
                       DNSSEC_GOOD, rows[i].what);
        dnssec_keys_free(keys);
    }
}

static void test_same_tag(void **state)
{
    struct fixture *f = *state;
    struct key k[3];
    uint16_t tag = 0;
    for (unsigned i = 0; i < ROWS(k); i++) {
        key_make(&k[i], 13, 256);
        tag = i == 0 ? dnssec_key_tag(k[i].rdata, k[i].len) : tag;
        while (!key_retag(k[i].rdata, k[i].len, tag)) {
            key_free(&k[i]);
            key_make(&k[i], 13, 256);
        }
    }
    struct rdata_ref refs[] = {key_ref(&k[0]), key_ref(&k[1]), key_ref(&k[2])};
    struct dnssec_keys *keys = dnssec_keys_new(keys_set(&f->arena, "example.", refs, 3), &all);
    static const struct {
        enum dnssec_verdict verdict;
        unsigned verifies, failures;
    } by[] = {{DNSSEC_GOOD, 1, 0}, {DNSSEC_GOOD, 2, 1}, {DNSSEC_BAD, 2, 2}}; /* L14: two keys of a tag are tried */
    for (unsigned i = 0; i < ROWS(k); i++) {
        struct how how = HOW("example.");
        struct dnssec_work work = {0};
        struct dnssec_check check;
        dnssec_verify(signed_by(&f->arena, addresses(f, "www.example."), &k[i], &how), keys, &all, NOW, &work, &check);
        assert_verdict(check.verdict, by[i].verdict, "same tag");
        assert_int_equal(work.verifies, by[i].verifies);
        assert_int_equal(work.failures, by[i].failures);
    }
    dnssec_keys_free(keys);
    for (unsigned i = 0; i < ROWS(k); i++) {
        key_free(&k[i]);
    }
}

/* One tag, two algorithms: only the signature's own is tried. */
static void test_same_tag_other_algorithm(void **state)
{
    struct fixture *f = *state;
    struct key k = f->key[13];
    uint16_t tag = dnssec_key_tag(f->key[15].rdata, f->key[15].len);
    EVP_PKEY *made = NULL;
    while (!key_retag(k.rdata, k.len, tag)) {
        EVP_PKEY_free(made);
        key_make(&k, 13, 256);
        made = k.pkey;
    }
    struct rdata_ref refs[] = {key_ref(&k), key_ref(&f->key[15])};
    struct dnssec_keys *keys = dnssec_keys_new(keys_set(&f->arena, "example.", refs, 2), &all);
    struct how how = HOW("example.");
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify(signed_by(&f->arena, addresses(f, "www.example."), &f->key[15], &how), keys, &all, NOW, &work,
                  &check);
    assert_verdict(check.verdict, DNSSEC_GOOD, "same tag, other algorithm");
    assert_int_equal(work.verifies, 1);
    assert_int_equal(work.failures, 0);
    dnssec_keys_free(keys);
    EVP_PKEY_free(made);
}

static void test_key_tag(void **state)
{
    /* RFC 4034 section 5.4: the DNSKEY of dskey.example.com has the tag 60485. */
    static uint8_t room[300];
    struct writer w = writer_of(room, sizeof room);
    struct rdata_ref rr =
        scan_rdata(DNS_TYPE_DNSKEY,
                   "256 3 5 AQOeiiR0GOMYkDshWoSKz9Xz fwJr1AYtsmx3TGkJaNXVbfi/ 2pHm822aJ5iI9BMzNXxeYCmZ "
                   "DRD99WYwYqUSdjMmmAphXdvx egXd/M5+X7OrzKBaMbCVdFLU Uh6DhweJBjEVv5f2wwjM9Xzc "
                   "nOf+EPbtG9DMBmADjFDc2w/r ljwvFw==",
                   &w);
    (void)state;
    assert_int_equal(dnssec_key_tag(rr.data, rr.len), 60485);
    assert_int_equal(dnssec_key_tag((const uint8_t[]){0xff, 0xff, 0xff, 0xff, 0xff}, 5),
                     0xff00); /* carries, odd length */
}

/* T56 and L15: the shapes of RSA keys that are taken. */
static void test_rsa_shapes(void **state)
{
    static const struct {
        const char *what;
        unsigned modulus_bits;
        const char *exponent; /* hex */
        uint8_t last;         /* octet of the modulus */
        bool long_form;       /* RFC 3110: a zero and two octets of length */
        bool taken;
    } rows[] = {
        {"1024 bits", 1024, "010001", 0xff, false, true},
        {"2048 bits", 2048, "010001", 0xff, false, true},
        {"4096 bits", 4096, "010001", 0xff, false, true},
        {"512 bits", 512, "010001", 0xff, false, true},
        {"511 bits", 511, "010001", 0xff, false, false},
        {"504 bits", 504, "010001", 0xff, false, false},
        {"4097 bits", 4097, "010001", 0xff, false, false},
        {"16384 bits", 16384, "010001", 0xff, false, false},
        {"1024 bits and a leading zero", 0, "010001", 0xff, false, false},
        {"even modulus", 2048, "010001", 0xfe, false, false},
        {"exponent 3", 2048, "03", 0xff, false, true},
        {"exponent 1", 2048, "01", 0xff, false, false},
        {"exponent 0", 2048, "00", 0xff, false, false},
        {"exponent 2", 2048, "02", 0xff, false, false},
        {"even exponent", 2048, "010000", 0xff, false, false},
        {"exponent 2^32 + 1", 2048, "0100000001", 0xff, false, true},
        {"exponent 2^32 + 3", 2048, "0100000003", 0xff, false, false},
        {"exponent of 48 bits", 2048, "800000000001", 0xff, false, false},
        {"exponent of 72 bits", 2048, "010000000000010001", 0xff, false, false},
        {"leading zero", 2048, "00010001", 0xff, false, false},
        {"long form", 2048, "010001", 0xff, true, true},
        {"no exponent", 2048, "", 0xff, false, false},
    };
    struct fixture *f = *state;
    (void)f;
    for (size_t i = 0; i < ROWS(rows); i++) {
        uint8_t key[2200];
        struct writer w = writer_of(key, sizeof key);
        size_t e_len = strlen(rows[i].exponent) / 2,
               m_len = rows[i].modulus_bits == 0 ? 129 : (rows[i].modulus_bits + 7) / 8;
        if (rows[i].long_form) {
            write_u8(&w, 0);
            write_u8(&w, 0);
        }
        write_u8(&w, (uint8_t)e_len);
        for (size_t k = 0; k < e_len; k++) {
            unsigned octet;
            assert_int_equal(sscanf(rows[i].exponent + 2 * k, "%2x", &octet), 1);
            write_u8(&w, (uint8_t)octet);
        }
        uint8_t *m = writer_take(&w, m_len);
        memset(m, 0xff, m_len);
        m[0] = rows[i].modulus_bits == 0 ? 0 : (uint8_t)(0xff >> (m_len * 8 - rows[i].modulus_bits));
        m[m_len - 1] = rows[i].last;
        bool no_memory;
        struct crypto_key *k = crypto_key_new(NULL, 8, key, w.pos, &no_memory);
        if ((k != NULL) != rows[i].taken) {
            fail_msg("%s", rows[i].what);
        }
        crypto_key_free(k);
    }
}

/* An exponent as long as the modulus: refused before it costs anything. */
static void test_giant_exponent(void **state)
{
    uint8_t key[3 + 256 + 256];
    bool no_memory;
    (void)state;
    memset(key, 0xff, sizeof key);
    memcpy(key, (const uint8_t[]){0, 1, 0}, 3);
    clock_t start = clock();
    assert_null(crypto_key_new(NULL, 8, key, sizeof key, &no_memory));
    clock_t took = clock() - start;
    print_message("exponent of 2048 bits: %.3f ms\n", (double)took * 1000 / CLOCKS_PER_SEC);
    assert_true(took < CLOCKS_PER_SEC / 1000);
}

struct bad_key {
    const char *what;
    uint8_t algorithm;
    uint16_t len;
    uint8_t fill;
};
static const struct bad_key bad_keys[] = {
    {"P-256: not on the curve", 13, 64, 0x11},
    {"P-256: infinity", 13, 64, 0},
    {"P-256: beyond the field", 13, 64, 0xff},
    {"P-256: short", 13, 63, 0x11},
    {"P-256: long", 13, 65, 0x11},
    {"P-256: one octet", 13, 1, 4},
    {"P-384: not on the curve", 14, 96, 0x11},
    {"P-384: infinity", 14, 96, 0},
    {"P-384: short", 14, 64, 0x11},
    {"Ed25519: short", 15, 31, 0x11},
    {"Ed25519: long", 15, 33, 0x11},
    {"Ed448: short", 16, 56, 0x11},
    {"Ed448: long", 16, 58, 0x11},
    {"RSA: one octet", 8, 1, 3},
    {"RSA: no modulus", 8, 4, 3},
    {"RSA: zeros", 8, 260, 0},
    {"RSA: cut in the exponent", 8, 30, 200},
    {"RSA: long form, cut", 8, 2, 0},
    {"RSA/SHA-1: even", 5, 200, 4},
    {"RSA/SHA-512: short", 10, 60, 3},
};

/* T55: a key that is named and cannot be used is a failure that is counted. */
static void malformed_keys(struct fixture *f, const struct crypto_kit *kit)
{
    for (size_t i = 0; i < ROWS(bad_keys); i++) {
        const struct bad_key *b = &bad_keys[i];
        struct key k = {.algorithm = b->algorithm};
        k.len = put_key_fields(k.rdata, 256, 3, b->algorithm);
        memset(k.rdata + k.len, b->fill, b->len);
        k.len = (uint16_t)(k.len + b->len);
        struct how how = HOW("example.");
        how.tag = dnssec_key_tag(k.rdata, k.len);
        struct dnssec_keys *keys = one_key(f, "example.", &k);
        struct dnssec_work work = {.kit = kit};
        struct dnssec_check check;
        struct rrset *set = signed_by(&f->arena, addresses(f, "www.example."), &f->key[b->algorithm], &how);
        dnssec_verify(set, keys, &all, NOW, &work, &check);
        if (check.verdict != DNSSEC_BAD || work.failures != 1) {
            fail_msg("%s: %s, %u failures", b->what, dnssec_verdict_text(check.verdict), work.failures);
        }
        dnssec_keys_free(keys);
    }
    /* Good keys with an octet more. */
    for (size_t i = 4; i < ROWS(algorithms); i++) {
        struct key k = f->key[algorithms[i]];
        bool no_memory;
        k.rdata[k.len] = 0;
        assert_null(crypto_key_new(kit, k.algorithm, k.rdata + 4, k.len - 3u, &no_memory));
    }
    /* A key without any octets is no DNSKEY that could be named. */
    struct key none = {.algorithm = 13};
    none.len = put_key_fields(none.rdata, 256, 3, 13);
    struct dnssec_keys *keys = one_key(f, "example.", &none);
    assert_false(dnssec_keys_any(keys));
    dnssec_keys_free(keys);
}

static void test_malformed_keys(void **state)
{
    struct crypto_kit *kit = crypto_kit_new();

    malformed_keys(*state, NULL);
    malformed_keys(*state, kit);
    crypto_kit_free(kit);
}

struct check_row {
    const char *text;
    enum crypto_result expected;
};
static const struct check_row check_rows[] = {
    {"signed", CRYPTO_GOOD}, {"signed", CRYPTO_GOOD}, {"forged", CRYPTO_BAD},
    {"signe", CRYPTO_BAD},   {"", CRYPTO_BAD},        {"signed", CRYPTO_GOOD},
};

/* One key is used for many checks, and nothing of one shows in the next. */
static void test_key_again(void **state)
{
    struct fixture *f = *state;
    struct crypto_kit *kit = crypto_kit_new();
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct key *from = &f->key[algorithms[i]];
        uint8_t sig[1024];
        bool no_memory;
        struct writer w = writer_of(sig, sizeof sig);
        raw_signature(from, (const uint8_t *)"signed", 6, &w);
        struct crypto_key *k = crypto_key_new(kit, from->algorithm, from->rdata + 4, from->len - 4u, &no_memory);
        struct crypto_key *other = crypto_key_share(k);
        for (size_t r = 0; r < ROWS(check_rows); r++) {
            const struct check_row *row = &check_rows[r];
            enum crypto_result got =
                crypto_verify(r % 2 == 0 ? k : other, (const uint8_t *)row->text, strlen(row->text), sig, w.pos);
            if (got != row->expected) {
                fail_msg("algorithm %u, check %zu: %d", from->algorithm, r, got);
            }
        }
        crypto_key_free(k);
        assert_int_equal(crypto_verify(other, (const uint8_t *)"signed", 6, sig, w.pos), CRYPTO_GOOD);
        crypto_key_free(other);
    }
    crypto_kit_free(kit);
}

/* ---- work ---- */

struct attack {
    struct rdata_ref keys[600], sigs[600];
    uint16_t key_count, sig_count;
    struct dnssec_work work;
    struct dnssec_check check;
    double ms;
};

/* The set is verified again and again with one budget, as all the sets of a client query are. */
static void play(struct fixture *f, struct attack *a, unsigned rounds)
{
    struct rrset *set = set_signed(&f->arena, addresses(f, "www.example."), a->sigs, a->sig_count);
    struct rrset *dnskey = keys_set(&f->arena, "example.", a->keys, a->key_count);
    clock_t best = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        a->work = (struct dnssec_work){0};
        clock_t start = clock();
        struct dnssec_keys *keys = dnssec_keys_new(dnskey, &all);
        assert_non_null(keys);
        for (unsigned i = 0; i < rounds; i++) {
            dnssec_verify(set, keys, &all, NOW, &a->work, &a->check);
        }
        dnssec_keys_free(keys);
        clock_t took = clock() - start;
        best = attempt == 0 || took < best ? took : best;
    }
    a->ms = (double)best * 1000 / CLOCKS_PER_SEC;
}

static void report(const char *what, const struct attack *a, double most_ms)
{
    print_message("%s: %u verifies, %u failures, %.2f ms, %s\n", what, a->work.verifies, a->work.failures, a->ms,
                  dnssec_verdict_text(a->check.verdict));
    assert_true(a->work.verifies <= DNSSEC_VERIFIES_MAX && a->work.failures <= DNSSEC_FAILURES_MAX);
    assert_true(a->work.cost <= DNSSEC_VERIFY_COST_MAX);
    assert_true(!TIMED || a->ms < most_ms);
}

static struct rdata_ref junk_signature(struct fixture *f, const struct key *k, unsigned n)
{
    struct how how = HOW("example.");
    how.ttl_s = n; /* each another one */
    struct rdata_ref sig = sign(&f->arena, addresses(f, "www.example."), k, &how);
    uint8_t *octets = arena_dup(&f->arena, sig.data, sig.len);
    octets[sig.len - 1] ^= 1;
    return (struct rdata_ref){.data = octets, .len = sig.len};
}

/* T54, KeySigTrap: 500 keys of one tag, 300 signatures that fit none. */
static void test_keytrap(void **state)
{
    static struct attack a;
    static struct key spare;
    struct fixture *f = *state;
    const struct key *k = &f->key[13];
    memset(&a, 0, sizeof a);
    uint16_t tag = dnssec_key_tag(k->rdata, k->len);
    a.keys[a.key_count++] = key_ref(k);
    while (a.key_count < 500) {
        key_make(&spare, 13, 256);
        if (key_retag(spare.rdata, spare.len, tag)) {
            a.keys[a.key_count++] =
                (struct rdata_ref){.data = arena_dup(&f->arena, spare.rdata, spare.len), .len = spare.len};
        }
        key_free(&spare);
    }
    while (a.sig_count < 300) {
        a.sigs[a.sig_count] = junk_signature(f, k, a.sig_count);
        a.sig_count++;
    }
    play(f, &a, 50);
    report("500 keys of one tag, 300 signatures, 50 times", &a, 15);
    assert_verdict(a.check.verdict, DNSSEC_TOO_MUCH_WORK, "KeyTrap");

    /* LockCram and SigJam: one key, 600 signatures. */
    a.key_count = 1;
    while (a.sig_count < 600) {
        a.sigs[a.sig_count] = junk_signature(f, k, a.sig_count);
        a.sig_count++;
    }
    play(f, &a, 50);
    report("1 key, 600 signatures, 50 times", &a, 15);
    assert_verdict(a.check.verdict, DNSSEC_TOO_MUCH_WORK, "SigJam");

    /* Good ones are limited, too: 50 sets of an ANY answer. */
    struct how how = HOW("example.");
    a.sigs[0] = sign(&f->arena, addresses(f, "www.example."), k, &how);
    a.sig_count = 1;
    play(f, &a, 50);
    report("50 good signatures", &a, 15);
    assert_int_equal(a.work.verifies, DNSSEC_VERIFIES_MAX);
    assert_verdict(a.check.verdict, DNSSEC_TOO_MUCH_WORK, "50 sets");
}

/* T54, HashTrap: 600 DS and 500 keys of one tag. */
static void test_hashtrap(void **state)
{
    static struct attack a;
    struct fixture *f = *state;
    const struct key *k = &f->key[13];
    memset(&a, 0, sizeof a);
    uint16_t tag = dnssec_key_tag(k->rdata, k->len);
    for (unsigned i = 0; a.key_count < 500; i++) {
        uint8_t *p = arena_dup(&f->arena, k->rdata, k->len);
        memcpy(p + 4, &i, sizeof i);
        if (key_retag(p, k->len, tag)) {
            a.keys[a.key_count++] = (struct rdata_ref){.data = p, .len = k->len};
        }
    }
    static struct rdata_ref ds[600];
    for (unsigned i = 0; i < 600; i++) {
        ds[i] = ds_of(&f->arena, "example.", key_ref(k), 4);
        ((uint8_t *)(uintptr_t)ds[i].data)[10] ^= 1;
    }
    struct rrset *dnskey = keys_set(&f->arena, "example.", a.keys, a.key_count);
    a.sigs[0] = junk_signature(f, k, 1);
    dnskey = set_signed(&f->arena, dnskey, a.sigs, 1);
    struct rrset *set = ds_set(&f->arena, "example.", ds, 600);
    clock_t start = clock();
    dnssec_verify_dnskey(dnskey, set, &all, NOW, &a.work, &a.check);
    a.ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
    report("600 DS, 500 keys of one tag", &a, 15);
    assert_verdict(a.check.verdict, DNSSEC_NO_KEY, "HashTrap");
}

/* T55: 400 malformed keys of one tag, 8 signatures. */
static void test_malformed_cost(void **state)
{
    static struct attack a;
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(bad_keys); i++) {
        const struct bad_key *b = &bad_keys[i];
        memset(&a, 0, sizeof a);
        uint8_t first[KEY_RDATA_MAX];
        uint16_t len = (uint16_t)(put_key_fields(first, 256, 3, b->algorithm) + b->len);
        memset(first + 4, b->fill, b->len);
        for (unsigned n = 0; n < 400; n++) {
            a.keys[a.key_count++] = (struct rdata_ref){.data = arena_dup(&f->arena, first, len), .len = len};
        }
        struct how how = HOW("example.");
        how.tag = dnssec_key_tag(first, len);
        while (a.sig_count < 8) {
            a.sigs[a.sig_count++] = sign(&f->arena, addresses(f, "www.example."), &f->key[b->algorithm], &how);
        }
        play(f, &a, 8);
        report(b->what, &a, 2);
        assert_int_equal(a.work.failures, DNSSEC_FAILURES_MAX);
        assert_int_equal(a.work.verifies, 0);
        assert_verdict(a.check.verdict, DNSSEC_TOO_MUCH_WORK, b->what);
        arena_clear(&f->arena);
    }
}

/* T57: the budget weighs what algorithms cost. */
static void test_cost(void **state)
{
    static const struct {
        uint8_t algorithm;
        unsigned good; /* that fit into the budget */
    } rows[] = {{8, 32}, {13, 32}, {14, 14}, {15, 32}, {16, 32}};
    static struct attack a;
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct key *k = &f->key[rows[i].algorithm];
        char what[60];
        memset(&a, 0, sizeof a);
        a.keys[a.key_count++] = key_ref(k);
        for (; a.sig_count < 32; a.sig_count++) {
            a.sigs[a.sig_count] = junk_signature(f, k, a.sig_count);
        }
        play(f, &a, 32);
        snprintf(what, sizeof what, "algorithm %u, 32 wrong signatures", rows[i].algorithm);
        report(what, &a, 12);
        struct how how = HOW("example.");
        a.sigs[0] = sign(&f->arena, addresses(f, "www.example."), k, &how);
        play(f, &a, 40);
        snprintf(what, sizeof what, "algorithm %u, 40 good signatures", rows[i].algorithm);
        report(what, &a, 50);
        assert_int_equal(a.work.verifies, rows[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(usable),     TEST(same_tag),       TEST(same_tag_other_algorithm), TEST(key_tag),
        TEST(rsa_shapes), TEST(giant_exponent), TEST(malformed_keys),           TEST(key_again),
        TEST(keytrap),    TEST(hashtrap),       TEST(malformed_cost),           TEST(cost),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
